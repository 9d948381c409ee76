"""What it costs to write one submission into the gradebook: SQLite against PostgreSQL, in one run.

The server is one of its own on this machine, reached through a socket, with the settings that PostgreSQL
comes with: every commit is on the disk before it counts, as with SQLite. The databases take turns in blocks,
so that a busy moment hits both.

    python -m benchmarks.gradebook --submissions 400
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from autograder import Course, Outcome, Status
from autograder.gradebook_move import move_gradebook
from autograder.grades import GradeBook
from autograder.worker import Graded
from tests.autograder.postgres_kit import Server, find_tools, running_server, set_url

from .grading_course import twelve_tests

BLOCK = 20
WORK = ("first time", "again")


@dataclass
class Times:
    """What blocks of one kind of work took, for each submission, in seconds."""

    wall: list[float] = field(default_factory=list)
    here: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)


def graded(student: str, assignment: str) -> Graded:
    """A submission with twelve cells that have points."""
    points = {f"test-{number}": float(number % 3 != 0) for number in range(1, 13)}
    return Graded(
        Outcome(student, assignment, Status.GRADED), {assignment: points}, {assignment: ["answer-3"]}
    )


def cpu_of(server: Server) -> float:
    """Processor time of a server so far, with that of the processes that it has waited for."""
    first = psutil.Process(int((server.data / "postmaster.pid").read_text("utf-8").split()[0]))
    spent = first.cpu_times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    return total + sum(sum(process.cpu_times()[:2]) for process in first.children(recursive=True))


def block(times: Times, write: Callable[[str], None], names: Sequence[str], server: Server | None) -> None:
    """Write some submissions and note what each took."""
    before = cpu_of(server) if server else 0.0
    wall, here = time.perf_counter(), time.process_time()
    for name in names:
        write(name)
    times.wall.append((time.perf_counter() - wall) / len(names))
    times.here.append((time.process_time() - here) / len(names))
    times.server.append(((cpu_of(server) if server else 0.0) - before) / len(names))


def measure(courses: dict[str, Course], server: Server, count: int) -> dict[tuple[str, str], Times]:
    """Let the databases take turns: who begins changes with every block."""
    found = {(name, work): Times() for work in WORK for name in courses}
    books = {name: GradeBook(course, "twelve") for name, course in courses.items()}
    names = [f"student{number:05d}" for number in range(count)]
    order = list(books)
    for start in range(0, count, BLOCK):
        some = names[start : start + BLOCK]
        for name in order:
            asked = server if name == "PostgreSQL" else None
            for work in WORK:
                write = partial(_write, books[name])
                block(found[name, work], write, some, asked)
        order.reverse()
    for book in books.values():
        book.__exit__()
    return found


def _write(book: GradeBook, student: str) -> None:
    book.write(graded(student, "twelve"), None)


def show(found: dict[tuple[str, str], Times]) -> None:
    """Print medians over the blocks; of the server's processor time, counted in steps of 10 ms, means."""
    print(f"{'one submission, twelve cells':34}{'wall ms':>9}{'CPU here ms':>13}{'CPU server ms':>15}")
    for (name, work), times in found.items():
        server = f"{1000 * sum(times.server) / len(times.server):.1f}" if any(times.server) else "–"
        print(
            f"{f'{name}, {work}':34}{1000 * median(times.wall):>9.1f}"
            f"{1000 * median(times.here):>13.1f}{server:>15}"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and remove everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=400)
    options = parser.parse_args(arguments)
    if find_tools() is None:
        parser.exit(
            1, "There is no PostgreSQL server on this machine (Debian: apt-get install postgresql).\n"
        )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        running_server(durable=True) as server,
    ):
        server.ask("create database grades")
        here = twelve_tests(Path(folder) / "here", 0, figure=False).course
        there = twelve_tests(Path(folder) / "there", 0, figure=False).course
        move_gradebook(there, server.url("grades"))
        there = set_url(there, server.url("grades"))
        show(measure({"SQLite": here, "PostgreSQL": there}, server, options.submissions))


if __name__ == "__main__":
    main()
