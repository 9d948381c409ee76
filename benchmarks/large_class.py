"""A class of thousands on this machine: throughput against its size, memory, gradebook, report.

    python -m benchmarks.large_class [--sizes 250 1000 5000] [--draw docs/images/large-class.svg]

Each class is the generated one of a problem set again and again, with all its mistakes, endless loops and
broken files; it is graded from nothing, confined as always. The pages of the first hundred students are
written as well. Says at the end what a hundred thousand would take by these figures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import create_engine, inspect, text

from autograder import (
    Course,
    grade,
    load_class,
    release,
    write_class,
    write_feedback,
    write_report,
)
from autograder.classroom import resize
from autograder.export import export
from autograder.gradebook import open_gradebook

from .grading_course import ROOT

PAGES = 100
MANY, WORKERS = 100_000, 50


@dataclass(frozen=True)
class Moment:
    """The state of a run at one time.

    Parameters
    ----------
    done : int
        Submissions graded.
    seconds : float
        Since the start.
    grader, workers : int
        Resident memory of the process that grades and of all processes below it, in bytes.
    """

    done: int
    seconds: float
    grader: int
    workers: int


@dataclass(frozen=True)
class Result:
    """What one class took.

    Parameters
    ----------
    students : int
        How many hands there are.
    moments : tuple of Moment
        The course of the grading, about one a second.
    wall : float
        Seconds of grading.
    submitted, gradebook : int
        Bytes of what was handed in, and of the gradebook.
    table, rows : str, int
        The largest table of the gradebook.
    report, export, again, page, lists : float
        Seconds that the report took, the exported files, grading when nothing has changed, one page, and
        what Formgrader asks the gradebook for its two lists of the class.
    report_bytes : int
        Size of the report.
    """

    students: int
    moments: tuple[Moment, ...]
    wall: float
    submitted: int
    gradebook: int
    table: str
    rows: int
    report: float
    export: float
    again: float
    page: float
    lists: float
    report_bytes: int

    @property
    def rate(self) -> float:
        """Submissions a second."""
        return self.students / self.wall

    def grader(self, part: slice) -> float:
        """Mean memory of the grading process in a part of the run, in MB."""
        values = [moment.grader for moment in self.moments[part]]
        return sum(values) / len(values) / 1e6


class Watch:
    """Writes down once a second how far a run is and what memory it takes."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.done = 0
        self._began = time.perf_counter()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def count(self, _student: str, done: int, _total: int) -> None:
        """Take note that so many are done."""
        self.done = done

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._end.wait(1.0):
            below = 0
            for process in me.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    below += process.memory_info().rss
            seconds = time.perf_counter() - self._began
            self.moments.append(Moment(self.done, seconds, me.memory_info().rss, below))


def classroom(folder: Path, assignment: str, students: int) -> Course:
    """Make a course whose class has handed in."""
    for name in ("source", "authoring"):
        shutil.copytree(ROOT / "assignments" / name, folder / name)
    shutil.copy(ROOT / "assignments" / "nbgrader_config.py", folder)
    course = Course(folder)
    release(course, assignment)
    write_class(course, assignment, resize(load_class(course, assignment), students))
    return course


def measure(course: Course, assignment: str, students: int, *, jobs: int, timeout: float) -> Result:
    """Grade a class and do with it what a teacher does."""
    began = time.perf_counter()
    with Watch() as watch:
        outcomes = grade(course, assignment, jobs=jobs, timeout=timeout, on_start=watch.count)
    wall = time.perf_counter() - began
    assert len(outcomes) == students
    some = [outcome.student for outcome in outcomes if outcome.graded][:PAGES]
    table, rows = _largest_table(course)
    page, _ = _timed(lambda: write_feedback(course, assignment, some))
    report, (path, _summary) = _timed(lambda: write_report(course, assignment))
    exported, _ = _timed(lambda: export(course, assignment))
    again, _ = _timed(lambda: grade(course, assignment, jobs=jobs, timeout=timeout))
    lists, _ = _timed(lambda: _ask_for_lists(course, assignment))
    handed_in = sum(file.stat().st_size for file in (course.root / "submitted").rglob("*") if file.is_file())
    return Result(
        students,
        tuple(watch.moments),
        wall,
        handed_in,
        (course.root / "gradebook.db").stat().st_size,
        table,
        rows,
        report,
        exported,
        again,
        page / max(1, len(some)),
        lists,
        path.stat().st_size,
    )


def run(assignment: str, students: int, jobs: int, timeout: float) -> Result:
    """Make a class and measure it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        course = classroom(Path(folder), assignment, students)
        return measure(course, assignment, students, jobs=jobs, timeout=timeout)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    value = work()
    return time.perf_counter() - began, value


def _ask_for_lists(course: Course, assignment: str) -> None:
    """What Formgrader's pages of submissions and of grading by hand ask for."""
    with open_gradebook(course) as gradebook:
        notebook = gradebook.find_assignment(assignment).notebooks[0].name
        assert gradebook.submission_dicts(assignment)
        assert gradebook.notebook_submission_dicts(notebook, assignment)


def _largest_table(course: Course) -> tuple[str, int]:
    """Which table of the gradebook has most rows, and how many."""
    engine = create_engine(course.gradebook_url)
    with engine.connect() as connection:
        rows = {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in inspect(engine).get_table_names()
        }
    engine.dispose()
    name = max(rows, key=lambda table: rows[table])
    return name, rows[name]


def show(results: Sequence[Result]) -> None:
    """Print a table, a row for each class."""
    print(
        f"{'students':>9}{'wall s':>9}{'per s':>8}{'grader MB':>20}{'all MB':>8}{'gradebook MB':>14}"
        f"{'largest table':>22}{'report s':>10}{'MB':>6}{'export s':>10}{'again s':>9}{'page ms':>9}"
        f"{'lists s':>9}"
    )
    for one in results:
        tenth = max(1, len(one.moments) // 10)
        early, late = one.grader(slice(tenth, 2 * tenth)), one.grader(slice(-tenth, None))
        peak = max(moment.grader + moment.workers for moment in one.moments) / 1e6
        print(
            f"{one.students:>9}{one.wall:>9.0f}{one.rate:>8.2f}{f'{early:.0f} → {late:.0f}':>20}{peak:>8.0f}"
            f"{one.gradebook / 1e6:>14.1f}{f'{one.table}: {one.rows}':>22}{one.report:>10.1f}"
            f"{one.report_bytes / 1e6:>6.1f}{one.export:>10.1f}{one.again:>9.1f}{1000 * one.page:>9.0f}"
            f"{one.lists:>9.1f}"
        )
    print("grader MB: the process that grades, in the second tenth of the run and in its last.")
    print("lists s: what Formgrader asks the gradebook for its two lists of the class.")


def on_paper(largest: Result, jobs: int) -> str:
    """Work out what many more would take on many machines, and say what that rests on."""
    each = jobs / largest.rate
    hours = MANY * each / WORKERS / 3600
    submitted = largest.submitted / largest.students
    rows = largest.rows / largest.students
    return (
        f"On paper: {MANY} submissions on {WORKERS} workers of one core each take {60 * hours:.0f} minutes "
        f"({each:.2f} s of one core each), {MANY * submitted / 1e9:.1f} GB handed in, "
        f"{MANY * rows / 1e6:.1f} million rows in {largest.table}, a gradebook of "
        f"{MANY * largest.gradebook / largest.students / 1e9:.1f} GB."
    )


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw throughput against size, and memory during the largest run."""
    from mlpkit import plots  # noqa: PLC0415  (a run without a picture needs no Matplotlib)

    figure, (left, right) = plots.figure(8.4, 3.2, columns=2)
    sizes = [one.students for one in results]
    left.plot(sizes, [one.rate for one in results], "o-")
    left.set(xscale="log", xticks=sizes, xticklabels=[str(size) for size in sizes])
    left.minorticks_off()
    left.set(xlabel="size of the class", ylabel="submissions a second")
    left.set_ylim(0, 1.15 * max(one.rate for one in results))
    last = results[-1]
    done = [moment.done for moment in last.moments]
    right.plot(
        done, [(moment.grader + moment.workers) / 1e6 for moment in last.moments], label="all processes"
    )
    right.plot(done, [moment.grader / 1e6 for moment in last.moments], label="the one that grades")
    right.set(xlabel="submissions graded", ylabel="memory (MB)")
    right.set_ylim(0, 1.15 * max(moment.grader + moment.workers for moment in last.moments) / 1e6)
    right.legend()
    with plots.theme():
        figure.savefig(path, metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade classes of several sizes and print what they took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assignment", default="ps2")
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 1000, 5000])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--timeout", type=float, default=2.0)
    parser.add_argument("--draw", type=Path)
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {load:.1f} before the start")
    results = []
    for size in sorted(options.sizes):
        # In a process of its own: memory that a smaller class has left would be counted with the next one.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            results.append(
                process.submit(run, options.assignment, size, options.jobs, options.timeout).result()
            )
        show(results[-1:])
    print()
    show(results)
    print(on_paper(results[-1], options.jobs))
    if options.draw:
        draw(results, options.draw)


if __name__ == "__main__":
    main()
