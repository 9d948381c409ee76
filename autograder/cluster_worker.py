"""What a Dask worker does for grading: a plugin that keeps warm workers, and the task that uses one.

The plugin travels once to every worker and holds all that grading needs besides the submissions: settings
as JSON, the instructor's files as bytes. A task gets one submission as bytes and gives its result as bytes.
The work itself is done by the same processes as on one machine (`autograder.pool`, `autograder.worker`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import platform
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from .cluster_parcel import bundle, unpack
from .errors import CourseError
from .pool import Failure, Job, Pool
from .sandbox import _import_path as import_path
from .slot import Slot

__all__ = ["PREFIX", "GradingPlugin", "abandoned", "ask_worker", "differences", "grade", "installed"]

PREFIX = "autograder-"  # of the names of runs; the name of Dask's client follows
# What decides about scores and outputs, besides Python and our own code.
_PACKAGES = (
    "numpy",
    "scipy",
    "sympy",
    "matplotlib",
    "matplotlib-inline",
    "ipython",
    "traitlets",
    "distributed",
)
_OURS = ("autograder", "mlpkit")
_CODE = "autograder and mlpkit"
# Local runs number their workers from 0; 1000 is where the second user of a slot begins.
_FIRST_SLOT, _END_SLOT = 200, 1000
_PROBE = (
    "import sys; sys.path[:] = {path!r}; sys.argv[1:] = ['--json']; "
    "import runpy; runpy.run_module('autograder.confine', run_name='__main__')"
)
_PATIENCE = 60.0
_TICK = 0.05
_IDLE = 300.0  # seconds after which a warm worker that nobody asks ends; the next submission starts another


@cache
def installed() -> dict[str, str]:
    """Return what results depend on: versions by name, and a digest of our own code."""
    found = {"Python": platform.python_version(), "machine": platform.machine(), _CODE: _digest()}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _digest() -> str:
    """Digest the sources of our packages, wherever they are installed."""
    digest = hashlib.blake2b(digest_size=8)
    home = Path(__file__).resolve().parents[1]
    for path in sorted(path for name in _OURS for path in (home / name).rglob("*.py")):
        digest.update(f"\0{path.relative_to(home).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Say how two machines differ; an empty text says that they give the same results."""
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    return ", ".join(
        f"{name} {theirs.get(name, 'not installed')} instead of {ours.get(name, 'none')}" for name in names
    )


class GradingPlugin(WorkerPlugin):
    """Keeps one warm worker for each thread of a Dask worker.

    Parameters
    ----------
    run : str
        The name of the run; the plugin is registered under it.
    settings : str
        As JSON, what `autograder.pool.Pool` gives its workers, and ``versions``, ``patience`` in seconds and
        ``bubblewrap``.
    files : bytes
        The instructor's files, as `autograder.cluster_parcel.pack_files` gives them.
    """

    def __init__(self, run: str, settings: str, files: bytes) -> None:
        self.run = run
        self.settings = settings
        self.files = files
        self.unfit = ""
        self.ready = False
        self._home = Path()
        self._lanes: list[_Lane] = []
        self._free: queue.SimpleQueue[_Lane] = queue.SimpleQueue()

    def __reduce__(self) -> tuple[Any, ...]:
        """What travels is text and bytes, whatever Dask packs it with."""
        return GradingPlugin, (self.run, self.settings, self.files)

    def __repr__(self) -> str:
        return f"GradingPlugin({self.run!r}, {len(self._lanes)} lanes)"

    async def setup(self, worker: Any) -> None:
        """Look whether this machine may grade, and make ready; what is in the way is told when asked."""
        try:
            settings = json.loads(self.settings)
            self.unfit = await asyncio.to_thread(_why_unfit, settings)
            if not self.unfit:
                await asyncio.to_thread(self._prepare, settings, worker)
        except Exception as problem:
            self.unfit = f"it cannot make ready: {type(problem).__name__}: {problem}"
        self.ready = True

    def _prepare(self, settings: dict[str, Any], worker: Any) -> None:
        """Lay out the instructor's files and make the lanes."""
        self._home = Path(tempfile.mkdtemp(prefix="grading-", dir=worker.local_directory))
        beside = self._home / "instructor"
        unpack(self.files, beside)
        assignment = settings["assignment"]
        assignment["files"] = {name: str(beside / name) for name in assignment["files"]}
        for number in range(worker.state.nthreads):
            work = self._home / str(number)
            work.mkdir()
            around = _around(settings, beside, work, _secrets(worker.security))
            self._lanes.append(_Lane(settings, work, around))
            self._free.put(self._lanes[-1])

    def answer(self) -> bytes:
        """Say as JSON how many submissions fit at a time, and why none does; nothing before that is known."""
        if not self.ready:
            return b""
        return json.dumps({"unfit": self.unfit, "lanes": len(self._lanes)}).encode()

    def grade(self, submission: bytes) -> bytes:
        """Grade one submission in a free lane."""
        if not self._lanes:
            return bundle({"unable": self.unfit or "it is not ready"})
        lane = self._free.get()
        try:
            return lane.grade(submission)
        finally:
            self._free.put(lane)

    async def teardown(self, worker: Any) -> None:
        """End all that was started, also in the middle of a submission."""
        self.unfit = self.unfit or "the run is over"
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            lane.stop()
        for lane in lanes:
            await asyncio.to_thread(lane.join, _PATIENCE)
        if lanes:
            await asyncio.to_thread(shutil.rmtree, self._home, True)


class _Lane(threading.Thread):
    """One warm worker, in a thread of its own.

    The kernel ends a process with the *thread* that started it, and the threads of a Dask worker come and
    go. So whoever is warm belongs to a thread that stays.

    Parameters
    ----------
    settings : mapping
        Of the plugin.
    work : Path
        A folder for submissions and results.
    around : Slot or None
        What the worker may see.
    """

    def __init__(self, settings: Mapping[str, Any], work: Path, around: Slot | None) -> None:
        super().__init__(name="grading lane", daemon=True)
        self._work = work
        self._number, self._reservation = _reserve()
        wanted = {name: settings[name] for name in ("assignment", "limits", "confined")}
        self._pool = Pool(wanted, 1, settings["patience"], around, self._number)
        self._inbox: queue.SimpleQueue[tuple[bytes, Future[bytes]] | None] = queue.SimpleQueue()
        self.start()

    def grade(self, submission: bytes) -> bytes:
        """Have a submission graded, and wait for it."""
        answer: Future[bytes] = Future()
        self._inbox.put((submission, answer))
        return answer.result()

    def stop(self) -> None:
        """End the warm worker and the thread, whatever they are doing."""
        self._pool.stop()
        self._inbox.put(None)

    def run(self) -> None:
        """Live as the thread."""
        with self._reservation, self._pool:
            while (item := self._next()) is not None:
                submission, answer = item
                try:
                    answer.set_result(self._grade(submission))
                except CourseError as problem:
                    answer.set_result(bundle({"unable": problem.problem}))
                except Exception as problem:
                    answer.set_result(bundle({"problem": f"{type(problem).__name__}: {problem}", "log": ""}))

    def _next(self) -> tuple[bytes, Future[bytes]] | None:
        """Wait for work; a warm worker that has none for long is ended meanwhile."""
        with contextlib.suppress(queue.Empty):
            return self._inbox.get(timeout=_IDLE)
        self._pool.close()
        return self._inbox.get()

    def _grade(self, submission: bytes) -> bytes:
        """Grade one submission between two folders that are gone afterwards."""
        place = Path(tempfile.mkdtemp(dir=self._work))
        try:
            student = unpack(submission, place / "in")
            job = Job(student, place / "in", place / "out")
            *_, (_, answer) = self._pool.run([job])
            if answer is None or isinstance(answer, Failure):
                lost = answer or Failure("the grading process gave no answer")
                return bundle({"problem": lost.reason, "log": lost.log})
            notebooks = sorted(job.staging.glob("*.ipynb")) if answer.outcome.graded else []
            head = {"graded": answer.to_dict(), "notebooks": [path.name for path in notebooks]}
            return bundle(head, [path.read_bytes() for path in notebooks])
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _reserve() -> tuple[int, socket.socket]:
    """Take a number that no other Dask worker of this machine has, for as long as the socket is open.

    As root each number is a user of its own: two submissions at a time must not be the same user.
    """
    for number in range(_FIRST_SLOT, _END_SLOT):
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            held.bind(f"\0autograder-slot-{number}")
            return number, held
        held.close()
    raise RuntimeError(f"{_END_SLOT - _FIRST_SLOT} submissions at a time are graded on this machine already")


def _around(settings: Mapping[str, Any], beside: Path, work: Path, secrets: tuple[Path, ...]) -> Slot | None:
    """What the warm worker may see and change, unless nothing is to be confined."""
    if not settings["confined"] or not settings["bubblewrap"]:
        return None
    readable = map(Path, settings["limits"]["readable"])
    return Slot((beside, *map(Path, import_path()), *readable), work, secrets)


def _secrets(security: Any) -> tuple[Path, ...]:
    """The files of a Dask worker that prove who it is."""
    names = ("tls_ca_file", "tls_worker_cert", "tls_worker_key")
    given = [getattr(security, name, None) or "" for name in names]
    return tuple(Path(value).resolve() for value in given if value and "\n" not in value)


def _why_unfit(settings: Mapping[str, Any]) -> str:
    """Say why this machine may not grade; an empty text if it may."""
    other = differences(installed(), settings["versions"])
    if other:
        return f"it has {other}"
    absent = [path for path in settings["limits"]["readable"] if not Path(path).exists()]
    if absent:
        return f"it has no {absent[0]}, which c.AutograderLimits.readable names"
    if not settings["confined"]:
        return ""
    # Measured in a process of its own: measuring forks, and a Dask worker has many threads.
    command = [sys.executable, "-P", "-c", _PROBE.format(path=import_path())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        return f"it cannot confine student code ({done.stderr.strip().splitlines()[-1:] or 'no reason'})"
    found = json.loads(done.stdout)
    return (
        "" if found["level"] == "full" else f"it cannot confine student code ({'; '.join(found['missing'])})"
    )


def grade(run: str, submission: bytes) -> bytes:
    """Grade one submission: the task that Dask runs.

    Parameters
    ----------
    run : str
        The name of the run.
    submission : bytes
        As `autograder.cluster_parcel.pack_submission` gives it.

    Returns
    -------
    bytes
        A parcel. Its head has ``graded`` and ``notebooks``, or ``problem`` and ``log``, or ``unable``.
    """
    # A worker that has just come back may get a task before its plugin.
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        plugin = get_worker().plugins.get(run)
        if isinstance(plugin, GradingPlugin) and plugin.ready:
            return plugin.grade(submission)
        time.sleep(_TICK)
    return bundle({"unable": "it has not got the tests"})


def ask_worker(run: str, dask_worker: Any) -> bytes:
    """Ask a Dask worker what its plugin says; nothing while it has none.

    Parameters
    ----------
    run : str
        The name of the run.
    dask_worker : distributed.Worker
        Given by Dask.
    """
    plugin = dask_worker.plugins.get(run)
    return plugin.answer() if isinstance(plugin, GradingPlugin) else b""


def abandoned(dask_scheduler: Any) -> bytes:
    """Name as JSON the runs that have gone without taking their plugin away, because they were killed.

    Parameters
    ----------
    dask_scheduler : distributed.Scheduler
        Given by Dask.
    """
    present = {f"{PREFIX}{client}" for client in dask_scheduler.clients}
    ours = [name for name in dask_scheduler.worker_plugins if name.startswith(PREFIX)]
    return json.dumps(sorted(name for name in ours if name not in present)).encode()
