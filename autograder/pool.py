"""Workers over the cores of this machine: each grades one submission at a time.

A worker that dies or hangs is replaced, and its submission tried once more. Everything dies with this
process, however it ends: the kernel is told so by every process of the chain.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import wire
from .errors import CourseError
from .sandbox import _import_path as import_path
from .slot import MECHANISM, Slot
from .worker import Graded

__all__ = ["Failure", "Job", "Pool"]

_BOOT = "import sys; sys.path[:] = {path!r}; from autograder.worker import main; main()"
_TRIES = 2
_FALSE_STARTS = 3


@dataclass(frozen=True)
class Job:
    """A submission to be graded.

    Parameters
    ----------
    student : str
        Whose.
    folder : Path
        What was handed in.
    staging : Path
        Where the executed notebooks go; it must not exist yet.
    """

    student: str
    folder: Path
    staging: Path

    def to_dict(self) -> dict[str, str]:
        """Return a value that ``json`` can write."""
        return {"student": self.student, "folder": str(self.folder), "staging": str(self.staging)}


@dataclass(frozen=True)
class Failure:
    """The engine failed on a submission, again and again.

    Parameters
    ----------
    reason, log : str
        What happened.
    times : str
        How often, as a word.
    """

    reason: str
    log: str = ""
    times: str = "twice"


@dataclass
class _Slot:
    """One worker."""

    number: int
    process: subprocess.Popen[bytes]
    connection: socket.socket
    wrapped: bool = False
    ready: bool = False
    job: Job | None = None
    deadline: float = 0.0
    pids: list[int] = field(default_factory=list)


class Pool:
    """Workers that grade submissions side by side.

    Parameters
    ----------
    settings : mapping
        For every worker: ``assignment``, ``limits`` and ``confined``.
    size : int
        How many workers.
    patience : float
        Seconds after which a worker that has not answered is taken to hang.
    around : Slot, optional
        What workers may see and change; bubblewrap is put round each of them, where it can run.
    first : int
        The number of the first worker: two at work on one machine must not have the same.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        size: int,
        patience: float,
        around: Slot | None = None,
        first: int = 0,
    ) -> None:
        self.settings = settings
        self.size = size
        self.patience = patience
        self.around = around
        self.first = first
        self._slots: list[_Slot] = []
        self._false_starts = 0
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all workers and what they started, at once."""
        for slot in self._slots:
            slot.connection.close()
            if slot.job is not None:
                slot.process.kill()
        for slot in self._slots:
            with suppress(subprocess.TimeoutExpired):
                slot.process.wait(10)
            slot.process.kill()
            slot.process.wait()
        self._slots = []

    def stop(self) -> None:
        """Break off a run that another thread is in: busy workers are killed, and none takes their place."""
        self._stopped = True
        for slot in tuple(self._slots):
            if slot.job is not None:
                slot.process.kill()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Graded | Failure | None]]:
        """Grade submissions; yield each twice: with ``None`` when it begins, and with what it came to.

        Workers that an earlier run has left warm are used again.

        Raises
        ------
        CourseError
            If no worker can start.
        """
        waiting, tries = deque(jobs), dict.fromkeys((job.student for job in jobs), 0)
        left = len(jobs)
        self._slots += [
            self._start(self.first + place) for place in range(len(self._slots), min(self.size, left))
        ]
        while left:
            for slot in self._slots:
                if slot.ready and slot.job is None and waiting:
                    self._assign(slot, waiting.popleft())
                    assert slot.job is not None
                    yield slot.job, None
            for slot in self._answering():
                job, answer = slot.job, self._answer(slot)
                if answer is None:
                    continue
                if job is not None and isinstance(answer, Failure):
                    tries[job.student] += 1
                    if tries[job.student] < _TRIES:
                        waiting.appendleft(job)
                        continue
                if job is not None:
                    left -= 1
                    yield job, answer

    def _start(self, number: int) -> _Slot:
        """Start a worker; it gets its settings at once and answers when it is warm."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-c", _BOOT.format(path=import_path()), str(theirs.fileno())]
        wrapped = self.around.command(command) if self.around else None
        process = subprocess.Popen(
            wrapped or command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if "AUTOGRADER_DEBUG" in os.environ else subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        with suppress(OSError):  # if it has died already, that is noticed when it is asked
            # Inside bubblewrap process ids are others, and bubblewrap itself ends what is in it with us.
            parent = 0 if wrapped else os.getpid()
            wire.send(ours, {**self.settings, "parent": parent, "slot": number})
        slot = _Slot(number, process, ours, wrapped=wrapped is not None)
        slot.deadline = time.monotonic() + 300
        return slot

    def _assign(self, slot: _Slot, job: Job) -> None:
        slot.job, slot.deadline = job, time.monotonic() + self.patience
        with suppress(OSError):
            wire.send(slot.connection, job.to_dict())

    def _answering(self) -> list[_Slot]:
        """Wait until workers have something to say, or are overdue."""
        busy = [slot for slot in self._slots if slot.job is not None or not slot.ready]
        idle = [slot for slot in self._slots if slot not in busy]
        now = time.monotonic()
        timeout = max(0.0, min((slot.deadline for slot in busy), default=now) - now)
        readable, _, _ = select.select([s.connection for s in (*busy, *idle)], [], [], timeout)
        ready = [slot for slot in self._slots if slot.connection in readable]
        overdue = [slot for slot in busy if slot.deadline <= time.monotonic() and slot not in ready]
        for slot in overdue:
            slot.process.kill()
        return [*ready, *overdue]

    def _answer(self, slot: _Slot) -> Graded | Failure | None:
        """Read what a worker says; ``None`` if that is no result. One that has died is replaced."""
        try:
            message = wire.receive(slot.connection)
        except (EOFError, OSError, wire.WireError):
            return self._replace(slot)
        if "failed" in message:
            return self._replace(slot, str(message["failed"]))
        if "ready" in message:
            slot.ready = True
            self._false_starts = 0
            return None
        slot.job = None
        if "problem" in message:
            return Failure(message["problem"], message["log"])
        return _with_slot(Graded.from_dict(message), slot.wrapped)

    def _replace(self, slot: _Slot, reason: str = "") -> Failure | None:
        """Put a new worker in the place of one that has died, or has not come to life.

        Raises
        ------
        CourseError
            If workers do not come to life again and again.
        """
        with suppress(ProcessLookupError):
            os.killpg(slot.process.pid, signal.SIGKILL)
        code = slot.process.wait()
        slot.connection.close()
        reason = reason or f"the grading process died (exit code {code})"
        if not slot.ready:
            self._false_starts += 1
            if self._false_starts > _FALSE_STARTS:
                raise CourseError(
                    f"No grading process can start: {reason}.",
                    "Look at c.AutograderLimits in nbgrader_config.py; AUTOGRADER_DEBUG=1 shows more.",
                )
        if self._stopped:
            raise CourseError("Grading was broken off.", "Give the same command again.")
        had_job = slot.job is not None
        self._slots[self._slots.index(slot)] = self._start(slot.number)
        return Failure(reason) if had_job else None


def _with_slot(graded: Graded, wrapped: bool) -> Graded:
    """Write into the outcome what was round the worker."""
    outcome = graded.outcome
    if not wrapped or not outcome.protection:
        return graded
    return replace(graded, outcome=replace(outcome, mechanisms=(*outcome.mechanisms, MECHANISM)))
