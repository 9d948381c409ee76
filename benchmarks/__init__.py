"""How fast mlpkit is, beside other ways to do the same: one command each, `python -m benchmarks.passes`."""
