"""The command line: build the site into a folder, or say what is wrong with it."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.build_site.build import SiteError, build
from tools.build_site.check import problems

__all__ = ["main", "write"]

#: Says that a folder was made here, and may be made anew.
MARK = ".made-by-build-site"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    arguments = argparse.ArgumentParser(
        prog="python -m tools.build_site",
        description="Make the course's static site from the built notebooks. Nothing is executed or fetched.",
    )
    repository = Path(__file__).parents[2]
    arguments.add_argument(
        "--root", type=Path, default=repository, help="root of the course (default: this one)"
    )
    arguments.add_argument(
        "--into", type=Path, help="folder of the site (default: site/ in the course's root)"
    )
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if the site was written, 1 if something is wrong with a source or a link."""
    options = parser().parse_args(argv)
    root = options.root.resolve()
    into = (options.into or root / "site").resolve()
    started = time.perf_counter()
    try:
        files = build(root)
        wrong = problems(files)
        if not wrong:
            write(files, into)
    except (SiteError, OSError) as failure:
        wrong = [str(failure)]
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    pages = sum(address.endswith(".html") for address in files)
    size = sum(map(len, files.values())) / 1e6
    took = time.perf_counter() - started
    print(f"{pages} pages, {len(files)} files, {size:.1f} MB in {took:.1f} s: open {into / 'index.html'}")
    return 0


def write(files: Mapping[str, bytes], into: Path) -> None:
    """Write the files into a folder, in place of the site that is there.

    Raises
    ------
    FileExistsError
        If the folder holds something that was not made here.
    """
    if into.exists() and any(into.iterdir()) and not (into / MARK).is_file():
        raise FileExistsError(f"{into} holds something else: choose another folder with --into, or empty it")
    shutil.rmtree(into, ignore_errors=True)
    for address, content in files.items():
        path = into / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (into / MARK).write_text("Made by python -m tools.build_site; made anew each time.\n", encoding="utf-8")
