"""The same classes graded by nbgrader's own command and by the fast engine, in one run.

    python -m benchmarks.grading [--students N] [--yardstick M] [--jobs J]

Three classes: twelve answers with a test each, the same with a figure, and problem set 2 (39 code cells).
nbgrader is slow, so it grades the first M students only. Processor time is that of all processes of a run,
their start included; for that reason bubblewrap, which costs each worker one start, is left out.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from autograder import grade
from autograder.course import put_tools_on_path

from .grading_course import Class, in_process, problem_set_two, twelve_tests


@dataclass(frozen=True)
class Run:
    """What grading some submissions took.

    Parameters
    ----------
    name : str
        Which engine.
    notebooks : int
        How many were graded.
    wall, cpu : float
        Seconds, of all processes together.
    peak : int
        Largest resident memory of all processes at one time, in bytes; shared pages count once
        for each process.
    """

    name: str
    notebooks: int
    wall: float
    cpu: float
    peak: int

    @property
    def rate(self) -> float:
        """Notebooks a second."""
        return self.notebooks / self.wall

    @property
    def cpu_each(self) -> float:
        """Processor time of a notebook, in milliseconds."""
        return 1000 * self.cpu / self.notebooks


def measure(name: str, notebooks: int, work: Callable[[], None]) -> Run:
    """Run something and add up the time and memory of all its processes."""
    peak = Peak()
    before, began = _cpu(), time.perf_counter()
    with peak:
        work()
    return Run(name, notebooks, time.perf_counter() - began, _cpu() - before, peak.bytes)


def _cpu() -> float:
    """Processor time of this process and of those that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


class Peak:
    """Watches the memory of all processes below this one."""

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._done.wait(0.5):
            total = 0
            for process in me.children(recursive=True):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.bytes = max(self.bytes, total)


def by_nbgrader(room: Class, students: Sequence[str]) -> None:
    """Grade with nbgrader's own command, as a teacher would."""
    put_tools_on_path()
    pattern = "student000[0-9][0-9]" if len(students) > 10 else "student0000[0-9]"
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "autograde",
        room.assignment,
        f"--student={pattern}",
        "--force",
    ]
    subprocess.run(command, cwd=room.course.root, check=True, capture_output=True)


def by_engine(room: Class, students: Sequence[str], jobs: int) -> None:
    """Grade with the fast engine."""
    outcomes = grade(room.course, room.assignment, students, jobs=jobs, force=True)
    assert all(outcome.graded and outcome.protection == "full" for outcome in outcomes)


def profile(room: Class, students: Sequence[str]) -> list[tuple[str, float]]:
    """Where the processor time of a notebook goes, in milliseconds, measured in this process."""
    from autograder.apart import Terms  # noqa: PLC0415
    from autograder.fast_engine import assignment_of  # noqa: PLC0415
    from autograder.grades import GradeBook  # noqa: PLC0415
    from autograder.record import append  # noqa: PLC0415
    from autograder.sandbox import NotebookRun, Step  # noqa: PLC0415
    from autograder.settings import GradingLimits  # noqa: PLC0415
    from autograder.worker import Folders, Worker, grade_submission  # noqa: PLC0415

    course, wanted, limits = room.course, assignment_of(room.course, room.assignment), GradingLimits()
    settings = {"assignment": wanted.to_dict(), "limits": limits.to_dict(), "confined": True, "slot": 0}
    spent = dict.fromkeys(("processes of the notebook", "watching them", "reading and writing"), 0.0)
    spent |= dict.fromkeys(("gradebook", "record of outcomes"), 0.0)

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = work()
        spent[name] += time.process_time() - began
        return result

    def run(steps: Sequence[Step], folders: Folders, terms: Terms) -> NotebookRun:
        result = timed("watching them", lambda: worker.run(steps, folders, terms))
        spent["processes of the notebook"] += result.cpu_seconds
        return result

    with tempfile.TemporaryDirectory() as place, GradeBook(course, room.assignment) as book:
        scratch = Path(place)
        worker = Worker(settings, scratch)
        for number, student in enumerate(students):
            folder, out = course.submitted(student, room.assignment), scratch / f"out{number}"
            graded = timed(
                "reading and writing",
                partial(grade_submission, student, folder, wanted, limits, run, out, scratch),
            )
            timed("gradebook", partial(book.write, graded, None))
            timed("record of outcomes", partial(append, course.outcomes("profile"), graded.outcome))
        worker.close()
    spent["reading and writing"] -= spent["watching them"]
    return [(name, 1000 * seconds / len(students)) for name, seconds in spent.items()]


def show(runs: Sequence[Run]) -> None:
    """Print runs as a table, with ratios to the first: of throughput, and of processor time.

    Throughput suffers from whatever else the machine does; processor time much less.
    """
    head = f"{'':40}{'notebooks':>10}{'wall s':>9}{'per s':>9}{'CPU ms each':>13}{'peak MB':>9}"
    print(f"{head}{'ratio':>8}{'CPU ratio':>11}")
    for run in runs:
        print(
            f"{run.name:40}{run.notebooks:>10}{run.wall:>9.1f}{run.rate:>9.2f}{run.cpu_each:>13.0f}"
            f"{run.peak / 1e6:>9.0f}{run.rate / runs[0].rate:>7.1f}x{runs[0].cpu_each / run.cpu_each:>10.1f}x"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade, print, and remove everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--yardstick", type=int, default=10, choices=(10, 100))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    version, load = sys.version.split()[0], os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {version}, load {load:.1f} before the start")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        _compare(twelve_tests(place / "plain", options.students, figure=False), options)
        _compare(twelve_tests(place / "figure", options.students, figure=True), options)
        _compare(problem_set_two(place / "ps2", options.students), options)


def _compare(room: Class, options: argparse.Namespace) -> None:
    """Grade one class in every way and print what it took."""
    everybody = room.students
    few = everybody[: options.yardstick]
    print(f"\n{room.title}")
    runs = [measure("nbgrader autograde", len(few), lambda: by_nbgrader(room, few))]
    for jobs in sorted({1, options.jobs}):
        name = f"tests apart, {jobs} job{'s' * (jobs > 1)}"
        runs.append(measure(name, len(everybody), partial(by_engine, room, everybody, jobs)))
    spent = profile(room, everybody[:50])
    in_process(room)
    name = f"tests in the student's process, {options.jobs} jobs"
    runs.append(measure(name, len(everybody), partial(by_engine, room, everybody, options.jobs)))
    show(runs)
    print("Where the processor time of a notebook goes, tests apart (ms):")
    for name, milliseconds in spent:
        print(f"  {name:28}{milliseconds:>8.1f}")


if __name__ == "__main__":
    main()
