"""The command line: build everything, or check that everything committed is up to date."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tools.build_notebooks.build import Built, build, check, write
from tools.build_notebooks.course import Target, find_orphans, find_targets
from tools.build_notebooks.errors import BuildError, Problem, fail
from tools.build_notebooks.formulas import Registry, course_registry
from tools.build_notebooks.percent import load_jupytext

SHOWN = 5  # differences a notebook


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    arguments = argparse.ArgumentParser(
        prog="python -m tools.build_notebooks",
        description="Build lectures (executed) and assignments (both copies) from their sources.",
    )
    add = arguments.add_argument
    add("--check", action="store_true", help="write nothing; fail if a committed notebook differs")
    add("--sources", action="store_true", help="with --check: compare all but outputs; run no lecture")
    add("--only", nargs="+", metavar="STEM", help="these sources only, such as 09-name or ps2 (default: all)")
    add("--jobs", type=_positive, default=2, help="notebooks at a time (default: %(default)s)")
    add("--timeout", type=_positive, default=120, help="seconds for one cell (default: %(default)s)")
    repository = Path(__file__).parents[2]
    add("--root", type=Path, default=repository, help="root of the course (default: this repository)")
    return arguments


def _positive(text: str) -> int:
    """Read a number of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def main(argv: Sequence[str] | None = None, registry: Registry | None = None) -> int:
    """Run the command; return 0 if all is well, 1 if something is wrong with a source or a notebook."""
    arguments = parser()
    options = arguments.parse_args(argv)
    if options.sources and not options.check:
        arguments.error("--sources goes with --check: a notebook is built only by running it")
    root = options.root.resolve()
    try:
        load_jupytext()
        targets = choose(find_targets(root), options.only)
    except BuildError as failure:
        report(failure.problems)
        return 1
    formulas = registry or course_registry()
    making = partial(build, registry=formulas, timeout=options.timeout, execute_lectures=not options.sources)
    failed = run(targets, making, options.jobs, checking=options.check)
    if options.check:
        orphans = [] if options.only else find_orphans(root, targets)
        report(orphans)
        failed = failed or bool(orphans)
        if failed:
            print("Notebooks and sources differ: run `make build` and look at the changes.", file=sys.stderr)
    return int(failed)


def choose(targets: list[Target], only: list[str] | None) -> list[Target]:
    """Return the targets with the given stems, all without; BuildError for a stem that is not there."""
    if only is None:
        return targets
    known = {target.stem for target in targets}
    for stem in only:
        if stem not in known:
            raise fail("--only", 0, f"no source {stem!r}; there are: {', '.join(sorted(known)) or 'none'}")
    return [target for target in targets if target.stem in only]


def run(targets: list[Target], making: Callable[[Target], Built], jobs: int, *, checking: bool) -> bool:
    """Build the targets, each in a process of its own, and write or check them; tell whether any failed."""
    failed = False
    # A thread only waits: the work is done by the kernel, or by nbgrader, which is a process of its own.
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_timed, target, making): target for target in targets}
        try:
            for future in as_completed(futures):
                failed |= _finish(futures[future], future, checking)
        except KeyboardInterrupt:
            # A thread that waits for a kernel cannot be stopped, and leaving the pool would wait for it;
            # the kernels end by themselves when this process does.
            print("interrupted", file=sys.stderr, flush=True)
            os._exit(130)
    return failed


def _timed(target: Target, making: Callable[[Target], Built]) -> tuple[Built, float]:
    """Build a target; return it with the seconds that it took."""
    start = time.perf_counter()
    return making(target), time.perf_counter() - start


def _finish(target: Target, future: Future[tuple[Built, float]], checking: bool) -> bool:
    """Write or check what was built, print one line on it, and tell whether it failed."""
    try:
        built, seconds = future.result()
    except BuildError as failure:
        print(f"{target.notebook_name}  failed", flush=True)
        report(failure.problems)
        return True
    problems = check(built) if checking else []
    if checking:
        verdict = "differs" if problems else "up to date"
    else:
        verdict = "written" if write(built) else "unchanged"
    print(f"{target.notebook_name}  {verdict}  {seconds:.1f} s", flush=True)
    for name in dict.fromkeys(problem.file for problem in problems):
        of_file = [problem for problem in problems if problem.file == name]
        report(of_file[:SHOWN])
        if len(of_file) > SHOWN:
            print(f"{name}: and {len(of_file) - SHOWN} more", file=sys.stderr, flush=True)
    return bool(problems)


def report(problems: Sequence[Problem]) -> None:
    """Print problems, one a line."""
    for problem in problems:
        print(problem, file=sys.stderr, flush=True)
