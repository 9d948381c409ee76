"""The trusted end of a warm process: start it, run notebooks in it, end what does not end.

A cell that runs too long is interrupted, as Jupyter does. One that goes on is killed with its process, as
is a cell that kills the process itself. The notebook is then run again without that cell, so that its
neighbours keep their points; cells that had finished keep what they gave the first time.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, Self

from . import wire
from .allowed import runtime
from .outputs import TIMEOUT, Output, Recorder, error_output, tidy_streams
from .settings import BACKEND, GradingLimits

__all__ = [
    "CellRun",
    "End",
    "NotebookRun",
    "Running",
    "Sandbox",
    "SandboxError",
    "Side",
    "Step",
    "run_notebook",
]

_BOOT = "import sys; sys.path[:] = {path!r}; from autograder.zygote import main; main()"
_START_SECONDS = 120
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MPLBACKEND": BACKEND,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "NBGRADER_EXECUTION": "autograde",
}


class SandboxError(Exception):
    """The warm process failed, not the notebook."""


class End(Enum):
    """How a cell ended."""

    DONE = "done"
    INTERRUPTED = "interrupted"
    KILLED = "killed"
    CRASHED = "crashed"
    NOT_RUN = "not run"


class Side(Enum):
    """Where a cell runs."""

    STUDENT = "student"
    TESTS = "tests"
    BOTH = "both"


@dataclass(frozen=True)
class Step:
    """A cell to run.

    Parameters
    ----------
    number : int
        Its place in the notebook.
    source : str
        Its text.
    name : str
        Its name in the gradebook, if it has one.
    side : Side
        Where it runs.
    shown : str or None
        What the student's side runs, if that is not the whole source.
    offers : tuple of str
        Names that tests after it may use.
    """

    number: int
    source: str
    name: str = ""
    side: Side = Side.STUDENT
    shown: str | None = None
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellRun:
    """What running one cell came to.

    Parameters
    ----------
    outputs : tuple
        As a notebook holds them.
    count : int or None
        The number in its brackets.
    seconds : float
        Wall time.
    end : End
        How it ended.
    reason : str
        Why it did not end by itself.
    """

    outputs: tuple[Output, ...] = ()
    count: int | None = None
    seconds: float = 0.0
    end: End = End.NOT_RUN
    reason: str = ""


@dataclass(frozen=True)
class NotebookRun:
    """What running one notebook came to.

    Parameters
    ----------
    cells : mapping of int to CellRun
        By the cell's place in the notebook.
    attempts : int
        How often the notebook was started.
    protection : str
        The level that confinement reached; ``"none"`` without it.
    mechanisms : tuple of str
        What confines.
    cpu_seconds : float
        Processor time of all attempts.
    peak_bytes : int
        Largest resident memory.
    tail : str
        The end of what the process wrote past Python, if it was killed or crashed.
    """

    cells: Mapping[int, CellRun]
    attempts: int = 1
    protection: str = "none"
    mechanisms: tuple[str, ...] = ()
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    tail: str = ""


@dataclass
class _Attempt:
    """One start of a notebook, while it goes on."""

    recorder: Recorder
    cells: dict[int, CellRun] = field(default_factory=dict)
    current: int | None = None
    since: float = 0.0
    interrupted: bool = False
    ready: dict[str, Any] = field(default_factory=dict)
    finished: bool = False
    killed: str = ""
    lost: dict[str, Any] = field(default_factory=dict)
    ended: dict[str, Any] = field(default_factory=dict)


class Sandbox:
    """A warm process and the way to talk to it.

    Parameters
    ----------
    modules : sequence of str
        What to import ahead, besides NumPy.
    limits : GradingLimits
        What notebooks may use.
    confined : bool
        Whether notebooks are confined; without it they can do whatever the teacher can.
    slot : int
        The number of this process among those at work; as root each has a user id of its own.
    prepare : sequence of str
        Sources of cells that every notebook holds; what can be done ahead for them is.
    role : {"alone", "student", "tests"}
        What runs here: whole notebooks, or one of the two sides of one.
    imports : sequence of str or None
        What the student's side may import; ``None`` for what is installed (see `autograder.allowed`).
    """

    def __init__(
        self,
        modules: Sequence[str],
        limits: GradingLimits,
        *,
        confined: bool = True,
        slot: int = 0,
        prepare: Sequence[str] = (),
        role: str = "alone",
        imports: Sequence[str] | None = None,
    ) -> None:
        self.role = role
        self.imports = None if imports is None else list(imports)
        self.prepare = list(prepare)
        self.modules = list(dict.fromkeys(modules))
        self.limits = limits
        self.confined = confined
        # Unused by the distributions, and another one for each slot: slots cannot signal each other.
        others = confined and os.geteuid() == 0 and _open_to_others([*_runtime_paths(), *limits.readable])
        self.user = 61_184 + 1000 * (role == "tests") + slot if others else None
        self._runtime = _runtime_paths()
        if role == "student":
            self._runtime = list(runtime(imports) or self._runtime)
        self.pid = 0
        self._control, self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        """Start the warm process and wait until it is warm."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {
            "parent": os.getpid(),
            "control": theirs.fileno(),
            "modules": self.modules,
            "confined": self.confined,
            "prepare": self.prepare,
            "role": self.role,
            "imports": self.imports,
            "readable": self._runtime,
        }
        boot = _BOOT.format(path=_import_path())
        process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", boot],
            pass_fds=[theirs.fileno()],
            env=_ENVIRONMENT | ({"MPLBACKEND": "agg"} if self.role == "tests" else {}),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if "AUTOGRADER_DEBUG" not in os.environ else None,
        )
        theirs.close()
        assert process.stdin is not None
        with suppress(OSError), process.stdin as stream:  # if it has died, the reply says so
            stream.write(json.dumps(settings).encode())
        ours.settimeout(_START_SECONDS)
        self._control = ours
        ready = self._reply()
        ours.settimeout(None)
        self.pid = int(ready["ready"])
        return ours, process

    def _reply(self) -> dict[str, Any]:
        """Wait for a message of the warm process."""
        try:
            data = self._control.recv(1 << 16)
        except OSError as problem:
            raise SandboxError(f"the warm process does not answer ({problem})") from problem
        if not data:
            raise SandboxError("the warm process has died")
        return json.loads(data)

    def close(self) -> None:
        """End the warm process, and with it whatever runs in it."""
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()

    def run(
        self, steps: Sequence[Step], folder: Path, seconds: Mapping[int, float], deadline: float
    ) -> tuple[_Attempt, str]:
        """Start a notebook once, in a fork of the warm process.

        Parameters
        ----------
        steps : sequence of Step
            The cells to run.
        folder : Path
            The working folder.
        seconds : mapping of int to float
            Wall time of each cell.
        deadline : float
            When the whole must be over, on the monotonic clock.
        """
        with self.started(steps, folder) as running:
            running.follow(seconds, deadline)
        return running.attempt, running.tail

    @contextmanager
    def started(
        self,
        steps: Sequence[Step],
        folder: Path,
        end: socket.socket | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Iterator[Running]:
        """Start a notebook in a fork of the warm process; at the end of the context it has ended.

        Parameters
        ----------
        steps, folder
            As in `run`.
        end : socket.socket, optional
            The way to the other process of the submission. It is closed here.
        more : mapping, optional
            What the fork is told besides its cells.
        """
        attempt = _Attempt(Recorder(self.limits.output_characters))
        with _captures() as (out, err):
            channel, theirs = socket.socketpair()
            with channel:
                descriptors = [theirs.fileno(), out, err, *([end.fileno()] if end else [])]
                with theirs:
                    request = json.dumps(self._request(folder)).encode()
                    with self._lost():
                        socket.send_fds(self._control, [request], descriptors)
                if end is not None:
                    end.close()
                self._reply()
                running = Running(self, attempt, channel)
                cells = [(step.number, step.source) for step in steps]
                with suppress(OSError):  # it died before it listened; its end is reported later
                    wire.send(channel, {"cells": cells, "role": self.role, **(more or {})})
                try:
                    yield running
                finally:
                    running.end()
            running.tail = _tail(err) or _tail(out)

    def _request(self, folder: Path) -> dict[str, Any]:
        """What the warm process is asked for."""
        limits = self.limits
        policy = {
            "readable": [*self._runtime, *limits.readable],
            "scratch": str(folder),
            "user": self.user,
            "limits": {
                "cpu_seconds": limits.whole_cpu_seconds,
                "memory_bytes": limits.memory_bytes,
                "processes": limits.processes,
                "open_files": limits.open_files,
                "file_bytes": limits.file_bytes,
                "scratch_bytes": limits.scratch_bytes,
            },
        }
        return {
            "op": "fork",
            "parent": self.pid,
            "folder": str(folder),
            "seed": limits.seed,
            "output": limits.output_characters,
            "policy": policy if self.confined else None,
        }

    @contextmanager
    def _lost(self) -> Iterator[None]:
        """Say of a broken connection whose fault it is."""
        try:
            yield
        except OSError as problem:
            raise SandboxError(f"the warm process has died ({problem})") from problem

    def _ask(self, op: str) -> None:
        """Ask the warm process to do something to its child."""
        with self._lost():
            self._control.send(json.dumps({"op": op}).encode())

    def _close_in(self, op: str) -> dict[str, Any]:
        """Have the child do something, and wait until it has ended."""
        self._ask(op)
        return self._reply()


class Running:
    """A notebook that goes on in a fork of a warm process.

    Parameters
    ----------
    sandbox : Sandbox
        The warm process.
    attempt : _Attempt
        Gets what the notebook gives.
    channel : socket.socket
        Where the fork reports.
    """

    def __init__(self, sandbox: Sandbox, attempt: _Attempt, channel: socket.socket) -> None:
        self.sandbox = sandbox
        self.attempt = attempt
        self.tail = ""
        self._channel = channel
        self._limits = sandbox.limits
        self._frames = wire.Frames(16 * self._limits.output_characters + (1 << 20))
        self._allowance = 16 * self._limits.output_characters + (1 << 24)

    def follow(self, seconds: Mapping[int, float], deadline: float, *, to_the_end: bool = True) -> None:
        """Read events until the child has ended, and see to it that it ends.

        Parameters
        ----------
        seconds : mapping of int to float
            Wall time of each cell.
        deadline : float
            When the whole must be over, on the monotonic clock.
        to_the_end : bool
            Whether to wait for the end of the process, or only for that of its cells.
        """
        attempt, control = self.attempt, self.sandbox._control
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(control, select.POLLIN)
        while to_the_end or not attempt.finished:
            ready = dict(poll.poll(self._patience(seconds, deadline)))
            if self._channel.fileno() in ready:
                data = _read(self._channel)
                self._allowance -= len(data)
                if not data:
                    poll.unregister(self._channel)
                elif self._allowance < 0 or not _accept(attempt, self._frames, data):
                    self._kill("it sent more than its output may hold")
                    poll.unregister(self._channel)
                continue  # what has been sent counts, even if the sender has ended meanwhile
            if control.fileno() in ready:
                attempt.ended = self.sandbox._reply()
                return
            self._enforce(seconds, deadline)

    def end(self, patience: float = 0.0) -> None:
        """End the process if it has not ended; what it did after its cells does not matter.

        Parameters
        ----------
        patience : float
            Seconds in which it may end by itself.
        """
        if self.attempt.ended:
            return
        ready, _, _ = select.select([self.sandbox._control], [], [], patience)
        self.attempt.ended = self.sandbox._reply() if ready else self.sandbox._close_in("kill")

    def _patience(self, seconds: Mapping[int, float], deadline: float) -> float:
        """Milliseconds until something has to be done."""
        return max(0.0, self._due(seconds, deadline) - time.monotonic()) * 1000 + 1

    def _due(self, seconds: Mapping[int, float], deadline: float) -> float:
        """When the running cell is to be interrupted, or killed if that has been done."""
        attempt = self.attempt
        if attempt.killed:
            return time.monotonic() + 60
        if attempt.current is None:
            return deadline
        due = attempt.since + seconds.get(attempt.current, 0.0)
        return min(due + self._limits.grace_seconds if attempt.interrupted else due, deadline)

    def _enforce(self, seconds: Mapping[int, float], deadline: float) -> None:
        """Interrupt or kill, if it is time."""
        now, attempt = time.monotonic(), self.attempt
        if attempt.killed or now < self._due(seconds, deadline):
            return
        if now >= deadline:
            self._kill("the time of the whole notebook was used up")
        elif attempt.interrupted:
            self._kill("it ran too long and ignored the interrupt")
        else:
            attempt.interrupted = True
            self.sandbox._ask("interrupt")

    def _kill(self, reason: str) -> None:
        if not self.attempt.killed:
            self.attempt.killed = reason
            self.sandbox._ask("kill")


def run_notebook(sandbox: Sandbox, steps: Sequence[Step], folder: Path) -> NotebookRun:
    """Run the cells of a notebook, again without a cell that ends the process, and collect what they give.

    Raises
    ------
    SandboxError
        If the warm process itself fails.
    """
    limits = sandbox.limits
    if sandbox.user is not None:
        _give(folder, sandbox.user)
    deadline = time.monotonic() + limits.whole_seconds
    done: dict[int, CellRun] = {}
    left_out: set[int] = set()
    run = NotebookRun({})
    for attempts in range(1, limits.attempts + 1):
        wanted = [step for step in steps if step.number not in left_out]
        # Replaying a cell that had to be interrupted must not cost its whole time again.
        seconds = {
            step.number: min(limits.cell_seconds, 1.0)
            if step.number in done and done[step.number].end is End.INTERRUPTED
            else limits.cell_seconds
            for step in wanted
        }
        attempt, tail = sandbox.run(wanted, folder, seconds, deadline)
        lost = _collect(attempt, done, wanted, tail)
        run = replace(
            run,
            attempts=attempts,
            protection=attempt.ready.get("protection", run.protection),
            mechanisms=tuple(attempt.ready.get("mechanisms", run.mechanisms)),
            cpu_seconds=run.cpu_seconds + float(attempt.ended.get("cpu", 0)),
            peak_bytes=max(run.peak_bytes, int(attempt.ended.get("peak", 0))),
            tail=tail if lost is not None else run.tail,
        )
        if lost is None or time.monotonic() >= deadline:
            break
        left_out.add(lost)
    missing = {step.number: _not_run(done) for step in steps if step.number not in done}
    return replace(run, cells=done | missing)


def _give(folder: Path, user: int) -> None:
    """Make another user the owner of a folder and of all in it."""
    os.chown(folder, user, user)
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            os.chown(os.path.join(place, name), user, user, follow_symlinks=False)


def _collect(attempt: _Attempt, done: dict[int, CellRun], wanted: Sequence[Step], tail: str) -> int | None:
    """Add what an attempt gave; return the cell that ended it, if one did.

    Raises
    ------
    SandboxError
        If the process died before any cell began: nothing of the notebook has run.
    """
    numbers = {step.number for step in wanted}
    for number, cell in attempt.cells.items():
        if number in numbers:  # student code can report what it likes, on its own cells only
            done.setdefault(number, cell)
    if attempt.finished:
        return None
    if not attempt.ready:
        raise SandboxError(f"the process of the notebook died before its first cell: {tail[-500:]}")
    lost = attempt.current if attempt.current in numbers else None
    if lost is None:
        # It died between two cells: the next one is as good as any to leave out.
        lost = next((step.number for step in wanted if step.number not in attempt.cells), None)
        if lost is None:
            return None
    outputs = attempt.recorder.outputs.get(lost, [])
    slow = bool(attempt.killed)
    reason = attempt.killed or _cause(attempt.ended)
    error = error_output(TIMEOUT if slow else "DeadKernelError", reason, [f"\x1b[31m{reason}\x1b[39m"])
    done.setdefault(
        lost,
        CellRun(
            outputs=(*tidy_streams(outputs), error),
            seconds=round(time.monotonic() - attempt.since, 6),
            end=End.KILLED if slow else End.CRASHED,
            reason=reason,
        ),
    )
    return lost


def _cause(ended: Mapping[str, Any]) -> str:
    """Say how a process ended that was not asked to."""
    code = int(ended.get("exit", 0))
    named = {-9: "it was killed; it may have used too much memory", -11: "it crashed in compiled code"}
    named |= {-24: "it used up its processor time", -31: "it asked for something that is not allowed"}
    if code < 0:
        return f"the Python process died: {named.get(code, f'signal {-code}')}"
    return f"the Python process died: it left with exit code {code}"


def _not_run(done: Mapping[int, CellRun]) -> CellRun:
    """What a cell gets that the notebook never came to."""
    reason = "the cell was not run: too many cells before it ended the process, or the time was used up"
    error = error_output("NotRunError", reason, [f"\x1b[31m{reason}\x1b[39m"])
    return CellRun(outputs=(error,), end=End.NOT_RUN, reason=reason)


def _read(channel: socket.socket) -> bytes:
    """Read what there is; nothing if the other side has gone, however it went."""
    try:
        return channel.recv(1 << 18)
    except OSError:
        return b""


def _accept(attempt: _Attempt, frames: wire.Frames, data: bytes) -> bool:
    """Apply what the child sent; ``False`` if it is no message of ours."""
    try:
        for event in frames.feed(data):
            _apply(attempt, event)
    except (wire.WireError, AttributeError, TypeError, KeyError, ValueError):
        return False
    return True


def _apply(attempt: _Attempt, event: Mapping[str, Any]) -> None:
    kind = event["kind"]
    if kind == "ready" and not attempt.ready:  # the first is ours, later ones can be anybody's
        attempt.ready = {
            "protection": str(event["protection"]),
            "mechanisms": [str(item) for item in event["mechanisms"]],
        }
    elif kind == "start":
        attempt.current, attempt.since, attempt.interrupted = int(event["cell"]), time.monotonic(), False
        attempt.recorder.start(attempt.current)
    elif kind == "end":
        _end_cell(attempt, event)
    elif kind == "bye":
        attempt.finished = attempt.current is None
    elif kind == "lost":
        attempt.lost = {"late": bool(event["late"]), "reason": str(event["reason"])}
    elif attempt.current is not None:
        attempt.recorder.event(event)


def _end_cell(attempt: _Attempt, event: Mapping[str, Any]) -> None:
    """Keep what a cell gave; if it was interrupted, add the error that Jupyter adds."""
    if attempt.current is None or event["cell"] != attempt.current:
        return
    outputs = tidy_streams(attempt.recorder.outputs[attempt.current])
    late = attempt.interrupted or bool(event.get("late"))
    if late:
        note = "No reply from the cell before its time was over"
        outputs.append(error_output(TIMEOUT, "", [f"\x1b[31m{TIMEOUT}\x1b[39m: {note}"]))
    seconds, most = float(event["seconds"]), round(time.monotonic() - attempt.since, 6)
    attempt.cells[attempt.current] = CellRun(
        outputs=tuple(outputs),
        count=int(event["count"]),
        seconds=seconds if 0 <= seconds <= most else most,
        end=End.INTERRUPTED if late else End.DONE,
        reason="it ran too long and was interrupted" if late else "",
    )
    attempt.current = None


@contextmanager
def _captures() -> Iterator[tuple[int, int]]:
    """Open two files in memory for what a process writes past Python."""
    out, err = os.memfd_create("stdout"), os.memfd_create("stderr")
    try:
        yield out, err
    finally:
        os.close(out)
        os.close(err)


def _tail(descriptor: int, length: int = 2000) -> str:
    """The end of a captured text."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, length, max(0, size - length)).decode("utf-8", "replace").strip()


def _import_path() -> list[str]:
    """Where the warm process finds modules: as here, without the current folder."""
    home = str(Path(__file__).resolve().parents[1])
    path = [entry for entry in sys.path if entry and Path(entry).is_absolute() and Path(entry).exists()]
    ours = [entry for entry in path if Path(entry).resolve() != Path.cwd()]
    return ours if home in ours else [*ours, home]


def _open_to_others(paths: Sequence[str]) -> bool:
    """Whether a user without rights can reach all paths: Python may live in root's own folder."""
    folders = {folder for path in paths for folder in Path(path).resolve().parents}
    return all(folder.stat().st_mode & 0o001 for folder in folders if folder.exists())


def _runtime_paths() -> list[str]:
    """What Python needs to read."""
    from .confine import runtime_paths  # noqa: PLC0415

    return [str(path) for path in runtime_paths()]
