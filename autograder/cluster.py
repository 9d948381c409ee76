"""Grading on several machines: submissions go to Dask workers as bytes, results come back as bytes.

`Cluster` stands where `autograder.pool.Pool` stands on one machine: it is given submissions and gives what
they came to, in any order. Only the process that asked for the run writes the gradebook and the executed
copies. The talking to Dask is in `autograder.cluster_dispatch`, which needs the extra ``cluster``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from .errors import CourseError
from .pool import Failure, Job
from .settings import GradingLimits
from .worker import Assignment, Graded

__all__ = ["Cluster", "Scheduler", "Terms", "scheduler_of"]

_TLS = ("tls_ca", "tls_cert", "tls_key")
_END_SECONDS = 30.0


@dataclass(frozen=True)
class Scheduler:
    """Where a Dask scheduler listens, and how to prove who asks.

    Parameters
    ----------
    address : str
        ``tcp://host:port``, or ``tls://host:port`` with the three files.
    tls_ca, tls_cert, tls_key : Path, optional
        The authority that both sides trust, and this side's certificate and key, as PEM files.
    patience : float
        Seconds that a run waits for a scheduler that does not answer, for workers when all have gone, and
        for one worker that has fallen silent.

    Raises
    ------
    CourseError
        If the address or the files cannot be meant.
    """

    address: str
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    patience: float = 120.0

    def __post_init__(self) -> None:
        _require_address(self.address)
        if self.patience <= 0:
            raise CourseError(
                f"A patience of {self.patience:g} s waits for nothing.", "Use a positive --patience."
            )
        given = [name for name in _TLS if getattr(self, name) is not None]
        wanted = list(_TLS) if self.encrypted else []
        if given != wanted:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in _TLS)
            raise CourseError(
                f"{self.address} with {len(given)} of the files {options}.",
                f"tls:// needs all three, tcp:// none: with tcp:// whoever reaches the port can {_DANGER}.",
            )
        for name in given:
            if not getattr(self, name).is_file():
                raise CourseError(
                    f"--{name.replace('_', '-')}: there is no file {getattr(self, name)}.",
                    "docs/cluster.md shows how to make the three files.",
                )

    @property
    def encrypted(self) -> bool:
        """Whether both sides prove who they are, and nobody listens."""
        return self.address.startswith("tls://")

    @property
    def exposed(self) -> bool:
        """Whether submissions and hidden tests leave this machine without encryption."""
        host = urlsplit(self.address).hostname or ""
        with suppress(ValueError):
            return not self.encrypted and not ip_address(host).is_loopback
        return not self.encrypted and host != "localhost"


def scheduler_of(
    address: str | None, ca: Path | None, cert: Path | None, key: Path | None, patience: float
) -> Scheduler | None:
    """Return the scheduler that options of a command line mean; none without an address.

    Raises
    ------
    CourseError
        If the options contradict each other.
    """
    if address is not None:
        return Scheduler(address, ca, cert, key, patience)
    if ca or cert or key:
        raise CourseError(
            "The --tls files are for --scheduler.", "Write --scheduler tls://host:8786 as well."
        )
    return None


_DANGER = "read submissions and hidden tests, and run programs on the workers"


def _require_address(address: str) -> None:
    """Refuse what is no address of a scheduler."""
    with suppress(ValueError):
        parts = urlsplit(address)
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port and not parts.path:
            return
    raise CourseError(
        f"`{address}` is no address of a scheduler.", "Write --scheduler tcp://host:8786 or tls://host:8786."
    )


@dataclass(frozen=True)
class Terms:
    """What holds for every submission of a run.

    Parameters
    ----------
    assignment : Assignment
        What they belong to.
    limits : GradingLimits
        What they may use.
    confined : bool
        Whether student code is shut in.
    seconds : float
        After these a worker's process that has not answered is taken to hang.
    """

    assignment: Assignment
    limits: GradingLimits
    confined: bool
    seconds: float

    def settings(self, versions: dict[str, str]) -> str:
        """Return as JSON what workers need to know."""
        return json.dumps(
            {
                "assignment": self.assignment.to_dict(),
                "limits": self.limits.to_dict(),
                "confined": self.confined,
                "bubblewrap": self.limits.bubblewrap,
                "patience": self.seconds,
                "versions": versions,
            }
        )


class Cluster:
    """Workers of a Dask cluster that grade submissions side by side.

    Parameters
    ----------
    scheduler : Scheduler
        Where to ask.
    terms : Terms
        What holds for every submission.
    on_notice : callable, optional
        Called with a sentence when the run has to wait, or a worker is not used.

    Raises
    ------
    CourseError
        If the extra ``cluster`` is not installed.
    """

    def __init__(
        self, scheduler: Scheduler, terms: Terms, on_notice: Callable[[str], None] | None = None
    ) -> None:
        if find_spec("distributed") is None:
            raise CourseError(
                "Grading on several machines needs Dask, which is not installed here.",
                "Install it with: pip install 'backprop-course[cluster]', here and on every worker.",
            )
        self.scheduler = scheduler
        self.terms = terms
        self.on_notice = on_notice or (lambda sentence: None)
        self._out: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what is under way, and leave the cluster as it was found."""
        if self._thread is None:
            return
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # the loop may have ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(_END_SECONDS)
        self._thread = None

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Graded | Failure | None]]:
        """Grade submissions; yield each twice: with ``None`` when it is sent, and with what it came to.

        Raises
        ------
        CourseError
            If the scheduler or all workers are gone for longer than the patience, or no worker may grade.
        """
        if self.scheduler.exposed:
            self.on_notice(f"{self.scheduler.address} is not encrypted: whoever reaches it can {_DANGER}.")
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its errors come here as exceptions
        self._thread = threading.Thread(target=self._live, args=(jobs,), name="cluster", daemon=True)
        self._thread.start()
        while (item := self._out.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, str):
                self.on_notice(item)
                continue
            yield item
            if self._loop is not None:
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._wake)

    def _live(self, jobs: Sequence[Job]) -> None:
        """Live as the thread that talks to Dask; what goes wrong is told to the other one."""
        try:
            asyncio.run(self._talk(jobs))
            self._out.put(None)
        except asyncio.CancelledError:
            self._out.put(None)
        except BaseException as problem:
            self._out.put(problem)

    async def _talk(self, jobs: Sequence[Job]) -> None:
        from .cluster_dispatch import Dispatch  # noqa: PLC0415  (needs the extra)

        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        dispatch = Dispatch(self.scheduler, self.terms, self._out)
        self._wake = dispatch.wake.set
        await dispatch.run(jobs)
