"""The same class graded by nbgrader's own command and by the fast engine, in one run.

    python -m benchmarks.grading [--students N] [--yardstick M] [--jobs J]

The students are those of problem set 2's sample class whose notebooks run to their end (a time-out measures
a clock), repeated under new names. nbgrader is slow, so it grades the first M of them. Processor time is that
of all processes of a run, their start included.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from autograder import Course, grade, load_class, release, write_class
from autograder.classroom import Mangle
from autograder.course import put_tools_on_path

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = "ps2"
FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);\n"


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


def make_course(folder: Path, students: int, *, figures: bool) -> Course:
    """Copy the course, release the assignment, and hand in the class over and over."""
    for name in ("source", "authoring"):
        shutil.copytree(ROOT / "assignments" / name, folder / name)
    shutil.copyfile(ROOT / "assignments" / "nbgrader_config.py", folder / "nbgrader_config.py")
    course = Course(folder)
    release(course, ASSIGNMENT)
    hands = load_class(course, ASSIGNMENT)
    write_class(course, ASSIGNMENT, hands)
    good = [hand.student for hand in hands if hand.mangle is Mangle.NONE and hand.kind != "endless"]
    for hand in hands:
        if hand.student not in good:
            shutil.rmtree(folder / "submitted" / hand.student)
    for number in range(students):
        source = folder / "submitted" / good[number % len(good)]
        target = folder / "submitted" / f"student{number:05d}"
        shutil.copytree(source, target)
        if figures:
            _add_figure(target / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    for name in good:
        shutil.rmtree(folder / "submitted" / name)
    return course


def _add_figure(path: Path) -> None:
    """Let the first answer of a notebook draw a figure."""
    import nbformat  # noqa: PLC0415

    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution"))
    cell.source += "\n" + FIGURE
    nbformat.write(notebook, path)


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


def by_nbgrader(course: Course, students: Sequence[str]) -> None:
    """Grade with nbgrader's own command, as a teacher would."""
    put_tools_on_path()
    pattern = "student000[0-9][0-9]" if len(students) > 10 else "student0000[0-9]"
    command = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT, f"--student={pattern}", "--force"]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)


def by_engine(course: Course, students: Sequence[str], jobs: int) -> None:
    """Grade with the fast engine."""
    outcomes = grade(course, ASSIGNMENT, students, jobs=jobs, force=True)
    assert all(outcome.graded and outcome.protection == "full" for outcome in outcomes)


def profile(course: Course, students: Sequence[str]) -> list[tuple[str, float]]:
    """Where the processor time of a notebook goes, in milliseconds, measured in this process."""
    from autograder.apart import Terms  # noqa: PLC0415
    from autograder.fast_engine import assignment_of  # noqa: PLC0415
    from autograder.grades import GradeBook  # noqa: PLC0415
    from autograder.outcome import append  # noqa: PLC0415
    from autograder.sandbox import NotebookRun, Step  # noqa: PLC0415
    from autograder.settings import GradingLimits  # noqa: PLC0415
    from autograder.worker import Folders, Worker, grade_submission  # noqa: PLC0415

    wanted, limits = assignment_of(course, ASSIGNMENT), GradingLimits()
    settings = {"assignment": wanted.to_dict(), "limits": limits.to_dict(), "confined": True, "slot": 0}
    spent = dict.fromkeys(
        ("start and confine", "run cells", "read, mend, score, write", "gradebook", "record"), 0.0
    )
    with tempfile.TemporaryDirectory() as scratch, GradeBook(course, ASSIGNMENT) as book:
        worker = Worker(settings, Path(scratch))

        def run(steps: Sequence[Step], folders: Folders, terms: Terms) -> NotebookRun:
            result = worker.run(steps, folders, terms)
            cells = sum(cell.seconds for cell in result.cells.values())
            spent["run cells"] += cells
            spent["start and confine"] += max(0.0, result.cpu_seconds - cells)
            return result

        for number, student in enumerate(students):
            began = time.process_time()
            staging = Path(scratch) / f"out{number}"
            folder = course.submitted(student, ASSIGNMENT)
            graded = grade_submission(student, folder, wanted, limits, run, staging, Path(scratch))
            spent["read, mend, score, write"] += time.process_time() - began
            began = time.process_time()
            book.write(graded, None)
            spent["gradebook"] += time.process_time() - began
            began = time.process_time()
            append(course.outcomes("profile"), graded.outcome)
            spent["record"] += time.process_time() - began
        worker.close()
    return [(name, 1000 * seconds / len(students)) for name, seconds in spent.items()]


def show(runs: Sequence[Run]) -> None:
    """Print runs as a table, with ratios to the first: of throughput, and of processor time.

    Throughput suffers from whatever else the machine does; processor time much less.
    """
    head = f"{'':34}{'notebooks':>10}{'wall s':>9}{'per s':>9}{'CPU ms each':>13}{'peak MB':>9}"
    print(f"{head}{'ratio':>8}{'CPU ratio':>11}")
    for run in runs:
        print(
            f"{run.name:34}{run.notebooks:>10}{run.wall:>9.1f}{run.rate:>9.2f}{run.cpu_each:>13.0f}"
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
    for figures in (False, True):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            _compare(Path(folder) / "course", options, figures=figures)


def _compare(folder: Path, options: argparse.Namespace, *, figures: bool) -> None:
    """Grade one class in every way and print what it took."""
    course = make_course(folder, options.students, figures=figures)
    everybody = course.handed_in()
    few = everybody[: options.yardstick]
    print(f"\n{'With one figure' if figures else 'Without figures'}")
    runs = [measure("nbgrader autograde", len(few), lambda: by_nbgrader(course, few))]
    runs.append(measure("fast engine, 1 job", len(everybody), lambda: by_engine(course, everybody, 1)))
    if options.jobs > 1:
        name = f"fast engine, {options.jobs} jobs"
        runs.append(measure(name, len(everybody), lambda: by_engine(course, everybody, options.jobs)))
    show(runs)
    print("Where the processor time of a notebook goes (ms):")
    for name, milliseconds in profile(course, everybody[:50]):
        print(f"  {name:28}{milliseconds:>8.1f}")


if __name__ == "__main__":
    main()
