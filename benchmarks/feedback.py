"""Feedback pages of one graded class by nbgrader's own command and by this one, in one run.

    python -m benchmarks.feedback [--students N] [--rounds R]

The class of problem set 2 is graded once. Then the commands take turns; each writes the pages of everybody,
and in another run that of one student, which tells what starting costs. Processor time is counted, of all
processes of a command: on a busy machine the clock on the wall says little.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from autograder import grade
from autograder.course import CONFIG_NAME, put_tools_on_path

from .grading_course import Class, problem_set_two

__all__ = ["Way", "main"]

#: The line of the course's settings by which nbgrader's command writes the pages of this project.
SECURE = "secure(c)"


@dataclass(frozen=True)
class Way:
    """One way of writing pages.

    Parameters
    ----------
    name : str
        What the table says of it.
    command : tuple of str
        What follows ``python -m``, with ``{}`` for the assignment.
    one : str
        The option that names one student, with ``{}`` for the name.
    secured : bool
        Whether nbgrader's settings are those of the course.
    """

    name: str
    command: tuple[str, ...]
    one: str
    secured: bool = True

    def words(self, assignment: str, student: str | None) -> list[str]:
        """The whole command, for everybody or for one student."""
        chosen = [] if student is None else [self.one.format(student)]
        return [sys.executable, "-m", *(word.format(assignment) for word in self.command), *chosen]


WAYS = (
    Way(
        "nbgrader generate_feedback",
        ("nbgrader", "generate_feedback", "{}", "--force"),
        "--student={}",
        False,
    ),
    Way(
        "the same, with the course's pages",
        ("nbgrader", "generate_feedback", "{}", "--force"),
        "--student={}",
    ),
    Way("autograder feedback", ("autograder", "feedback", "{}"), "--students={}"),
)


@dataclass(frozen=True)
class Times:
    """Processor time of one way, in seconds.

    Parameters
    ----------
    one, everybody : float
        For one page, and for all.
    pages : int
        How many all are.
    """

    one: float
    everybody: float
    pages: int

    @property
    def each(self) -> float:
        """A page, with its share of the start, in milliseconds."""
        return 1000 * self.everybody / self.pages

    @property
    def more(self) -> float:
        """One page more, in milliseconds."""
        return 1000 * (self.everybody - self.one) / (self.pages - 1)


def run(room: Class, way: Way, student: str | None) -> float:
    """Write pages anew; return the processor time."""
    shutil.rmtree(room.course.root / "feedback", ignore_errors=True)
    config = room.course.root / CONFIG_NAME
    before = config.read_text("utf-8")
    config.write_text(before if way.secured else before.replace(SECURE, ""), "utf-8")
    began = _cpu()
    try:
        words = way.words(room.assignment, student)
        subprocess.run(words, cwd=room.course.root, check=True, capture_output=True)
    finally:
        config.write_text(before, "utf-8")
    spent = _cpu() - began
    wanted = 1 if student else len(room.students)
    written = sorted(room.course.root.glob("feedback/*/*/*.html"))
    assert len(written) == wanted, f"{way.name} wrote {len(written)} pages, not {wanted}."
    return spent


def _cpu() -> float:
    """Processor time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(room: Class, rounds: int) -> dict[str, list[Times]]:
    """Let the ways take turns."""
    found: dict[str, list[Times]] = {way.name: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            one = run(room, way, room.students[0])
            found[way.name].append(Times(one, run(room, way, None), len(room.students)))
    return found


def table(found: dict[str, list[Times]]) -> str:
    """Medians over the rounds; ratios are taken round by round."""
    base = found[WAYS[0].name]
    heads = ("one page", "all pages", "each", "ratio", "one more", "ratio")
    lines = [f"{'processor time':<36}" + "".join(f"{head:>11}" for head in heads)]
    for name, times in found.items():
        whole = median(theirs.each / mine.each for theirs, mine in zip(base, times, strict=True))
        more = median(theirs.more / mine.more for theirs, mine in zip(base, times, strict=True))
        figures = (
            f"{median(time.one for time in times):.2f} s",
            f"{median(time.everybody for time in times):.2f} s",
            f"{median(time.each for time in times):.1f} ms",
            f"{whole:.1f} x",
            f"{median(time.more for time in times):.1f} ms",
            f"{more:.1f} x",
        )
        lines.append(f"{name:<36}" + "".join(f"{figure:>11}" for figure in figures))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade, write, print, and remove everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=60, help="at least 2 (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of every way (default %(default)s)")
    options = parser.parse_args(arguments)
    put_tools_on_path()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        room = problem_set_two(Path(folder) / "ps2", max(2, options.students))
        assert all(outcome.graded for outcome in grade(room.course, room.assignment))
        found = measure(room, options.rounds)
    version = sys.version.split()[0]
    print(f"{room.title}, {options.students} students, {options.rounds} rounds")
    print(table(found))
    print(f"{os.cpu_count()} cores, Python {version}, load {load:.1f} before, {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
