"""Sends submissions to Dask workers, a few at a time, and gets over the loss of workers and scheduler.

Every task is meant for one worker, so that what was lost with a worker is known, and only machines that may
grade get work. A submission counts as done when its result has arrived here, once, whatever was tried.
"""

from __future__ import annotations

import asyncio
import json
import queue
import shutil
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import dask
from distributed import Client, Security
from distributed.comm.core import FatalCommClosedError

from .cluster import Scheduler, Terms
from .cluster_parcel import pack_files, pack_submission, unbundle
from .cluster_worker import PREFIX, GradingPlugin, abandoned, ask_worker, grade, installed
from .errors import CourseError
from .pool import Failure, Job
from .wire import WireError
from .worker import Graded
from .worker import _copy as lay_out
from .worker import _files_beside as files_beside

__all__ = ["Dispatch"]

_LOSSES = 4
_DEPTH = 2  # submissions that wait at a worker, the one at work included
_TICK = 1.0
_ASK_AGAIN = 0.5
_GRACE = 3.0  # no word about workers that only need a moment
_START_SECONDS = 300.0
_GOODBYE = 10.0
_RECORDED = "Every finished submission is recorded."


class _LostError(Exception):
    """The scheduler has gone."""


class _UnableError(Exception):
    """The worker says that it cannot grade at all."""


@dataclass(eq=False)
class _Worker:
    """A Dask worker as it is known here."""

    address: str
    lanes: int = 0
    unfit: str = ""
    heard: float = 0.0
    since: float = 0.0
    meeting: asyncio.Task[None] | None = None
    asked: dict[asyncio.Task[None], Job] = field(default_factory=dict)

    @property
    def fit(self) -> bool:
        return bool(self.lanes) and not self.unfit

    @property
    def load(self) -> float:
        return len(self.asked) / self.lanes


class Dispatch:
    """One run on a cluster.

    Parameters
    ----------
    scheduler : Scheduler
        Where to ask.
    terms : Terms
        What holds for every submission.
    out : queue
        Gets ``(job, None)`` when a submission is sent, ``(job, result)`` when it is done, and sentences.

    Attributes
    ----------
    wake : asyncio.Event
        To be set when something has been taken out of the queue.
    """

    def __init__(self, scheduler: Scheduler, terms: Terms, out: queue.SimpleQueue[Any]) -> None:
        self.scheduler = scheduler
        self.terms = terms
        self.out = out
        self.wake = asyncio.Event()
        self.name = ""
        self._settings = terms.settings(installed())
        self._files = pack_files(terms.assignment.files)
        self._waiting: deque[Job] = deque()
        self._left = 0
        self._sent = 0
        self._losses: Counter[str] = Counter()
        self._workers: dict[str, _Worker] = {}
        self._alone_since: float | None = None
        self._alone_told = False
        self._told: set[str] = set()
        self._leaving = False
        self._trouble = ""

    async def run(self, jobs: Sequence[Job]) -> None:
        """Have all submissions graded.

        Raises
        ------
        CourseError
            If the scheduler or all workers stay away, or no worker may grade.
        """
        # A submission may be large, and travels as it is: no advice about that on the terminal.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "100GB"})
        self._waiting.extend(jobs)
        self._left = len(jobs)
        while self._left:
            client = await self._connect()
            self.name = f"{PREFIX}{client.id}"
            try:
                await self._serve(client)
            except _LostError:
                self.out.put(f"The scheduler {self.scheduler.address} has gone. {self._wait_words()}")
            finally:
                await self._leave(client)

    def _wait_words(self) -> str:
        return f"Waiting for it, at most {self.scheduler.patience:g} s."

    async def _connect(self) -> Client:
        """Reach the scheduler, within the patience."""
        place, began = self.scheduler, time.monotonic()
        security = None
        if place.encrypted:
            files = {
                "tls_ca_file": str(place.tls_ca),
                "tls_client_cert": str(place.tls_cert),
                "tls_client_key": str(place.tls_key),
            }
            security = Security(require_encryption=True, **files)
        told, each = False, max(0.5, min(5.0, place.patience / 4))
        while True:
            client = Client(
                place.address,
                asynchronous=True,
                security=security,
                set_as_default=False,
                timeout=each,
                # Results are bytes; whatever else a result may be made of is not taken apart here.
                deserializers=["dask", "msgpack"],
            )
            try:
                # Who listens there may be no scheduler: it takes the connection and says nothing.
                async with asyncio.timeout(2 * each):
                    return await client
            except (TimeoutError, OSError) as problem:
                await _close(client)
                waited = time.monotonic() - began
                if isinstance(problem, FatalCommClosedError) or waited > place.patience:
                    raise _no_scheduler(place, waited, problem) from problem
            if not told:
                self.out.put(f"The scheduler {place.address} does not answer. {self._wait_words()}")
                told = True
            await asyncio.sleep(_TICK)

    async def _serve(self, client: Client) -> None:
        """Send and receive until all is done.

        Raises
        ------
        _LostError
            If the scheduler has gone.
        """
        register = asyncio.create_task(self._register(client))
        watch = asyncio.create_task(self._watch(client))
        try:
            while self._left:
                self._send(client)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TICK):
                        await self.wake.wait()
                self.wake.clear()
                if client.status != "running":
                    raise _LostError
                if watch.done():
                    await watch
        finally:
            await _end(register, watch)

    async def _register(self, client: Client) -> None:
        """Give the plugin to all workers, also to those that come later; each is asked apart how it went."""
        plugin = GradingPlugin(self.name, self._settings, self._files)
        try:
            for name in json.loads(await client.run_on_scheduler(abandoned)):
                await client.unregister_worker_plugin(name)
            await client.register_plugin(plugin, name=self.name)
        except Exception as problem:
            self._trouble = f" Giving it the tests failed: {type(problem).__name__}: {problem}."

    async def _watch(self, client: Client) -> None:
        """Look every second who is there, who has gone, and who has fallen silent.

        Raises
        ------
        _LostError
            If the scheduler does not answer.
        CourseError
            If there has been nobody to grade for longer than the patience.
        """
        while True:
            try:
                async with asyncio.timeout(self.scheduler.patience):
                    found = (await client.scheduler.identity(n_workers=-1))["workers"]
            except (TimeoutError, OSError, AttributeError) as problem:
                raise _LostError from problem
            for address, state in found.items():
                self._hear(client, address, float(state["last_seen"]))
            for address in [address for address in self._workers if address not in found]:
                self._forget(self._workers.pop(address))
            for worker in list(self._workers.values()):
                if time.monotonic() - worker.since > self.scheduler.patience:
                    await self._give_up(client, worker)
            self._require_somebody()
            self.wake.set()
            await asyncio.sleep(_TICK)

    def _hear(self, client: Client, address: str, heard: float) -> None:
        """Note that a worker has been heard by the scheduler, whose clock may differ from ours."""
        worker = self._workers.get(address)
        if worker is None:
            worker = self._workers[address] = _Worker(address)
            worker.meeting = asyncio.create_task(self._meet(client, worker))
        if heard != worker.heard:
            worker.heard, worker.since = heard, time.monotonic()

    async def _meet(self, client: Client, worker: _Worker) -> None:
        """Find out whether a worker may grade, as soon as it is ready to say."""
        answer: Any = b""
        while answer == b"":
            if self._workers.get(worker.address) is not worker:
                return
            with suppress(OSError):
                told = await client.run(ask_worker, self.name, workers=[worker.address], on_error="return")
                answer = told.get(worker.address, b"")
            await asyncio.sleep(_ASK_AGAIN if answer == b"" else 0)
        if isinstance(answer, bytes):
            found = json.loads(answer)
            worker.lanes, worker.unfit = int(found["lanes"]), str(found["unfit"])
        else:
            worker.unfit = f"it cannot be asked: {type(answer).__name__}: {answer}"
        if worker.unfit:
            self._tell_unfit(worker)
        self.wake.set()

    def _tell_unfit(self, worker: _Worker) -> None:
        """Say once why a worker gets no work."""
        if worker.address not in self._told:
            self._told.add(worker.address)
            self.out.put(f"The worker {worker.address} is not used: {worker.unfit}.")

    async def _give_up(self, client: Client, worker: _Worker) -> None:
        """Have a worker forgotten that has not been heard of for too long."""
        self.out.put(
            f"The worker {worker.address} has not been heard of for {self.scheduler.patience:g} s. "
            "Others take over what it had."
        )
        # The scheduler also breaks off what it is waiting for from there.
        with suppress(OSError):
            async with asyncio.timeout(self.scheduler.patience):
                await client.scheduler.unregister(address=worker.address, stimulus_id=f"silent-{self.name}")
        self._forget(self._workers.pop(worker.address))

    def _forget(self, worker: _Worker) -> None:
        """Take back what a worker has not answered."""
        if worker.meeting is not None:
            worker.meeting.cancel()
        for task in list(worker.asked):
            task.cancel()

    def _require_somebody(self) -> None:
        """See to it that a run without workers ends, with the reason.

        Raises
        ------
        CourseError
            If no worker may grade, or all have been away for longer than the patience.
        """
        unfit = [worker for worker in self._workers.values() if worker.unfit]
        if any(worker.fit for worker in self._workers.values()):
            self._alone_since = None
            return
        if unfit and len(unfit) == len(self._workers):
            raise CourseError(
                f"No worker of {self.scheduler.address} may grade: {unfit[0].address}: {unfit[0].unfit}.",
                "Give every worker the environment that this command runs in; see docs/cluster.md.",
            )
        now, patience = time.monotonic(), self.scheduler.patience
        if self._alone_since is None:
            self._alone_since, self._alone_told = now, False
        elif now - self._alone_since > _GRACE and not self._alone_told:
            self._alone_told = True
            self.out.put(
                f"{self.scheduler.address} has no worker that is ready. Waiting for one, "
                f"at most {patience:g} s."
            )
        if now - self._alone_since > patience:
            raise CourseError(
                f"{self.scheduler.address} has had no worker that is ready for {patience:g} s."
                f"{self._trouble} {_RECORDED}",
                "Start workers (dask worker ADDRESS --nthreads 1), then give the same command again.",
            )

    def _send(self, client: Client) -> None:
        """Send as much as the workers have room for, always to the one with the least to do."""
        workers = [worker for worker in self._workers.values() if worker.fit]
        lanes = sum(worker.lanes for worker in workers)
        # What has arrived and not been recorded yet takes memory: no more of it than is under way.
        while workers and self._waiting and self.out.qsize() <= 4 * lanes:
            worker = min(workers, key=lambda worker: worker.load)
            # Near the end nobody stores work that somebody else could begin with.
            if worker.load >= (_DEPTH if len(self._waiting) > lanes else 1):
                return
            job = self._waiting.popleft()
            task = asyncio.create_task(self._ask(client, worker, job))
            worker.asked[task] = job
            task.add_done_callback(worker.asked.pop)
            self.out.put((job, None))

    async def _ask(self, client: Client, worker: _Worker, job: Job) -> None:
        """Have one submission graded by one worker; if that fails, it waits for another one."""
        terms = self.terms
        try:
            parcel = await asyncio.to_thread(
                pack_submission, job.student, job.folder, terms.assignment, terms.limits
            )
            answer = await self._grade(client, worker, parcel)
            result = await asyncio.to_thread(self._take, answer, job)
        except _UnableError as problem:
            worker.unfit = str(problem)
            self._tell_unfit(worker)
            self._waiting.appendleft(job)
        except (OSError, WireError) as problem:
            self._done(job, Failure(f"{type(problem).__name__}: {problem}"))
        except (asyncio.CancelledError, CancelledError, _LostError):
            self._lost(job, blamed=client.status == "running" and not self._leaving)
        except Exception as problem:  # what Dask itself makes of a task that it cannot run
            self._lost(job, f"{type(problem).__name__}: {problem}")
        else:
            self._done(job, result)

    async def _grade(self, client: Client, worker: _Worker, parcel: bytes) -> bytes:
        """Run the task on the worker; it is cancelled if nobody waits any more."""
        self._sent += 1
        future = client.submit(
            grade,
            self.name,
            parcel,
            key=f"{self.name}-{self._sent}",
            workers=[worker.address],
            pure=False,
        )
        # The worker ends what hangs long before; this is for the case that it cannot.
        patience = 2 * _DEPTH * (self.terms.seconds + _START_SECONDS)
        try:
            result: Any = future.result()  # awaitable: the client is asynchronous
            async with asyncio.timeout(patience):
                return await result
        except OSError as problem:
            raise _LostError from problem
        finally:
            with suppress(Exception):
                await asyncio.shield(future.cancel(force=True))

    def _take(self, answer: Any, job: Job) -> Graded | Failure:
        """Check what a worker sent, and put the executed notebooks where a worker of this machine would.

        Raises
        ------
        WireError
            If it is no answer to this submission.
        _UnableError
            If the worker cannot grade at all.
        """
        if not isinstance(answer, bytes):
            raise WireError(f"an answer that is {type(answer).__name__}, not bytes")
        head, parts = unbundle(answer)
        if "unable" in head:
            raise _UnableError(str(head["unable"]))
        if "problem" in head:
            return Failure(str(head["problem"]), str(head["log"]))
        wanted = self.terms.assignment
        try:
            graded = Graded.from_dict(head["graded"])
            names = [str(name) for name in head["notebooks"]]
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise WireError(f"an answer that cannot be read ({type(problem).__name__})") from problem
        known = {f"{template.name}.ipynb" for template in wanted.templates}
        outcome = graded.outcome
        if (outcome.student, outcome.assignment) != (job.student, wanted.name):
            raise WireError("an answer about another submission")
        if len(names) != len(parts) or not known.issuperset(names):
            raise WireError("an answer with notebooks of other names")
        if outcome.graded:
            shutil.rmtree(job.staging, ignore_errors=True)
            lay_out(files_beside(job.folder, wanted)[0], job.staging, wanted.permissions)
            for name, part in zip(names, parts, strict=True):
                (job.staging / name).write_bytes(part)
                (job.staging / name).chmod(wanted.permissions)
        return graded

    def _lost(self, job: Job, reason: str = "the worker was lost", *, blamed: bool = True) -> None:
        """Let another worker try; a submission that takes worker after worker with it is given up."""
        self._losses[job.student] += blamed
        if self._losses[job.student] >= _LOSSES:
            self._done(job, Failure(reason, times="four times"))
        else:
            self._waiting.appendleft(job)
            self.wake.set()

    def _done(self, job: Job, result: Graded | Failure) -> None:
        self._left -= 1
        self.out.put((job, result))
        self.wake.set()

    async def _leave(self, client: Client) -> None:
        """Cancel what is under way and take the plugin away, as far as anybody answers."""
        self._leaving = True
        asked = [task for worker in self._workers.values() for task in worker.asked]
        for worker in list(self._workers.values()):
            self._forget(worker)
        self._workers = {}
        await _end(*asked)
        self._leaving = False
        if client.status == "running":
            with suppress(Exception):
                async with asyncio.timeout(_GOODBYE):
                    await client.unregister_worker_plugin(self.name)
        await _close(client)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks until they have ended, whatever they end with.

    Up to Python 3.11 ``asyncio.wait_for``, which Dask uses, loses a cancellation that comes in the moment in
    which the awaited thing arrives; whoever cancels once and waits may then wait for ever.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_TICK)
    await asyncio.gather(*tasks, return_exceptions=True)


async def _close(client: Client) -> None:
    """Close a client, whatever state it is in."""
    with suppress(Exception):
        async with asyncio.timeout(_GOODBYE):
            await client.close()


def _no_scheduler(place: Scheduler, waited: float, problem: BaseException) -> CourseError:
    """Say that a scheduler cannot be reached, and why."""
    reason = "no answer"
    found: BaseException | None = problem
    while found is not None:
        reason, found = str(found) or reason, found.__cause__
    return CourseError(
        f"The scheduler {place.address} cannot be reached after {waited:.0f} s ({reason}). {_RECORDED}",
        "Start it (dask scheduler), or look at the address and the --tls files; the same command goes on.",
    )
