"""Entry point of ``python -m tools.build_notebooks``."""

from tools.build_notebooks.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
