"""Entry point of ``python -m tools.build_site``."""

from tools.build_site.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
