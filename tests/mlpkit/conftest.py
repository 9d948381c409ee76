"""What the tests of the mathematics share: reproducible hypothesis runs."""

from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True, max_examples=40, print_blob=True)
settings.load_profile("course")
