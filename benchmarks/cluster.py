"""The same class graded by two processes of this machine and by two Dask workers on it, in one run.

    python -m benchmarks.cluster [--students N] [--rounds R]

Processor time is that of everybody: the run, the scheduler, the workers, and all that they started. Both
ways grade in turn, so that whatever else the machine does meets both; warming up is a run of its own that
is not counted. Each way grades a fifth of the class as well as the whole: the difference is what
submissions cost, the rest is what a run costs before the first one. Bytes are those of the parcels.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from autograder import grade
from autograder.cluster import Scheduler
from autograder.cluster_parcel import bundle, pack_submission
from autograder.fast_engine import assignment_of
from autograder.settings import GradingLimits

from .grading_course import Class, problem_set_two, twelve_tests

# As docs/cluster.md recommends: Dask looks at itself a hundred times a second, which is time per second, not
# per submission.
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
}


@dataclass(frozen=True)
class Cost:
    """What grading took once.

    Parameters
    ----------
    wall, cpu : float
        Seconds; of processor time, of all processes together.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class Line:
    """Seconds of a run and milliseconds of each submission on top, through two sizes of a class."""

    start: float
    each: float

    @classmethod
    def through(cls, few: tuple[int, float], many: tuple[int, float]) -> Line:
        """Draw the line through two points, each a number of submissions and seconds."""
        each = (many[1] - few[1]) / (many[0] - few[0])
        return cls(few[1] - few[0] * each, 1000 * each)


def _cpu(processes: Sequence[psutil.Process]) -> float:
    """Processor time so far of processes, and of their children that have ended."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


@contextmanager
def _dask(folder: Path, workers: int) -> Iterator[tuple[str, list[psutil.Process]]]:
    """Start a scheduler and workers; yield its address and the processes."""
    file = folder / "scheduler.json"
    run = [sys.executable, "-m"]
    commands = [[*run, "distributed.cli.dask_scheduler", "--host", "tcp://127.0.0.1", "--port", "0"]]
    quiet = ["--no-nanny", "--nthreads", "1", "--memory-limit", "0"]
    commands += [[*run, "distributed.cli.dask_worker", *quiet] for _ in range(workers)]
    started = [
        subprocess.Popen(
            [*command, "--no-dashboard", "--scheduler-file", str(file)],
            cwd=folder,
            env={**os.environ, **QUIET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        while not file.is_file():
            time.sleep(0.1)
        time.sleep(3.0)  # the workers import
        address = json.loads(file.read_text("utf-8"))["address"]
        yield address, [psutil.Process(process.pid) for process in started]
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def measure(work: Callable[[], None], helpers: Sequence[psutil.Process]) -> Cost:
    """Grade once and add up the time of all processes."""
    me = [psutil.Process(), *helpers]
    before, began = _cpu(me), time.perf_counter()
    work()
    wall = time.perf_counter() - began
    return Cost(wall, _cpu(me) - before)


def by_pool(room: Class, students: Sequence[str]) -> None:
    """Grade with two processes of this machine."""
    assert all(o.graded for o in grade(room.course, room.assignment, students, jobs=2, force=True))


def by_dask(room: Class, address: str, students: Sequence[str]) -> None:
    """Grade with Dask workers."""
    where = Scheduler(address)
    assert all(o.graded for o in grade(room.course, room.assignment, students, scheduler=where, force=True))


def travelling(room: Class, students: Sequence[str]) -> tuple[float, float]:
    """Mean bytes of a submission on its way out, and of its result on its way back."""
    course, wanted = room.course, assignment_of(room.course, room.assignment)
    out = [
        len(pack_submission(name, course.submitted(name, room.assignment), wanted, GradingLimits()))
        for name in students
    ]
    record = {o.student: o for o in grade(course, room.assignment, students)}
    back = []
    for name in students:
        copies = list(course.autograded(name, room.assignment).glob("*.ipynb"))
        parts = [path.read_bytes() for path in copies]
        head = {"graded": record[name].to_dict(), "notebooks": [path.name for path in copies]}
        back.append(len(bundle(head, parts)))
    return sum(out) / len(out), sum(back) / len(back)


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade both ways in turn, print, and remove everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    version, load = sys.version.split()[0], os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {version}, load {load:.1f} before the start")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place, _dask(Path(place), 2) as dask:
        folder = Path(place)
        _compare(twelve_tests(folder / "plain", options.students, figure=False), options.rounds, *dask)
        _compare(problem_set_two(folder / "ps2", options.students), options.rounds, *dask)


def _compare(room: Class, rounds: int, address: str, helpers: Sequence[psutil.Process]) -> None:
    """Grade one class both ways, as often as wanted, and print medians."""
    everybody = room.students
    few = everybody[: max(2, len(everybody) // 5)]
    ways: dict[str, tuple[Callable[[Sequence[str]], None], Sequence[psutil.Process]]] = {
        "2 processes of this machine": (partial(by_pool, room), ()),
        "2 Dask workers": (partial(by_dask, room, address), helpers),
    }
    costs: dict[tuple[str, int], list[Cost]] = {}
    by_dask(room, address, everybody[:2])
    for _ in range(rounds):
        for students in (few, everybody):
            for name, (work, processes) in ways.items():
                cost = measure(partial(work, students), processes)
                costs.setdefault((name, len(students)), []).append(cost)
    print(f"\n{room.title}: {len(few)} and {len(everybody)} submissions, medians of {rounds} rounds")
    for name in ways:
        sizes = (len(few), len(everybody))
        wall, cpu = (
            Line.through(*((n, median(getattr(c, kind) for c in costs[name, n])) for n in sizes))
            for kind in ("wall", "cpu")
        )
        print(
            f"{name:30}processor time {cpu.start:.1f} s + {cpu.each:.0f} ms each, "
            f"wall {wall.start:.1f} s + {wall.each:.0f} ms each"
        )
    out, back = travelling(room, everybody)
    print(f"{'a submission':30}{out / 1000:.1f} kB out, {back / 1000:.1f} kB back")


if __name__ == "__main__":
    main()
