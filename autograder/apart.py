"""Run a notebook in two processes: the student's cells in one, the tests in the other.

The student's process runs first and to its last cell. What its cells show is taken from this run, in which
there are no tests. Then the tests run, each looking at what its cell has left. A cell or a test that ends a
process is left out and both start again, as in `sandbox.run_notebook`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .outputs import TIMEOUT, error_output, tidy_streams
from .sandbox import (
    CellRun,
    End,
    NotebookRun,
    Running,
    Sandbox,
    Side,
    Step,
    _cause,
    _collect,
    _give,
    _not_run,
)
from .settings import GradingLimits

__all__ = ["Terms", "run_apart"]

_START = -1
_PATIENCE = 0.2  # for a process that has hung up, to say how it ended


@dataclass(frozen=True)
class Terms:
    """What holds between the two sides.

    Parameters
    ----------
    imports : str
        Statements that the tests' side runs first.
    offers : tuple of str
        Names that tests may use from the beginning.
    operators : tuple of str
        Classes of the student whose operators tests may use.
    argument_writes : str
        See `autograder.split.TrustedClient`.
    frank : bool
        Whether tests show the words of the answer's exceptions: for the instructor's own.
    """

    imports: str = ""
    offers: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    argument_writes: str = "ignore"
    frank: bool = False


@dataclass
class _Work:
    """One submission's notebook while it is run, as often as it takes."""

    student: Sandbox
    tests: Sandbox
    steps: Sequence[Step]
    folders: tuple[Path, Path]
    terms: Terms
    deadline: float
    done: dict[int, CellRun]

    @property
    def limits(self) -> GradingLimits:
        return self.student.limits


def run_apart(
    student: Sandbox, tests: Sandbox, steps: Sequence[Step], folders: tuple[Path, Path], terms: Terms
) -> NotebookRun:
    """Run the cells of a notebook on their two sides and collect what they give.

    Parameters
    ----------
    student, tests : Sandbox
        The warm processes of the two roles.
    steps : sequence of Step
        All cells, in order.
    folders : pair of Path
        The working folders of the two sides. What lies in the second is the instructor's only.
    terms : Terms
        What holds between the sides.

    Raises
    ------
    SandboxError
        If a warm process itself fails.
    """
    for sandbox, folder in zip((student, tests), folders, strict=True):
        if sandbox.user is not None:
            _give(folder, sandbox.user)
    deadline = time.monotonic() + student.limits.whole_seconds
    work = _Work(student, tests, steps, folders, terms, deadline, {})
    left_out: set[int] = set()
    run = NotebookRun({})
    for attempts in range(1, student.limits.attempts + 1):
        lost, found = _attempt(work, [step for step in steps if step.number not in left_out])
        run = replace(
            found,
            attempts=attempts,
            cpu_seconds=run.cpu_seconds + found.cpu_seconds,
            peak_bytes=max(run.peak_bytes, found.peak_bytes),
            tail=found.tail if lost is not None else run.tail,
        )
        if lost is None or time.monotonic() >= deadline:
            break
        left_out.add(lost)
    missing = {step.number: _not_run(work.done) for step in steps if step.number not in work.done}
    return replace(run, cells=_numbered(work.done | missing, steps))


def _attempt(work: _Work, wanted: Sequence[Step]) -> tuple[int | None, NotebookRun]:
    """Run both sides once; return the cell that ended one of them, if one did, and what was used."""
    theirs = [
        replace(step, source=step.source if step.shown is None else step.shown)
        for step in wanted
        if step.side is not Side.TESTS
    ]
    ours = [step for step in wanted if step.side is not Side.STUDENT]
    tested = any(step.side is Side.TESTS for step in ours)
    places = _places(wanted, work.terms.offers)
    ends = socket.socketpair()
    with ExitStack() as stack:
        for end in ends:
            stack.callback(end.close)
        more = {"moments": sorted({moment for moment, _ in places.values()})}
        answering = stack.enter_context(work.student.started(theirs, work.folders[0], ends[0], more))
        answering.follow(_seconds(work, theirs), work.deadline, to_the_end=False)
        lost = _collect(answering.attempt, work.done, theirs, "")
        testing = None
        if lost is None and tested:
            testing = _test(work, ours, places, ends[1])
            lost = _settle(work, testing, ours, answering)
        answering.end()
    return lost, _used(answering, testing)


def _test(
    work: _Work, ours: Sequence[Step], places: Mapping[int, tuple[int, tuple[str, ...]]], end: socket.socket
) -> Running:
    """Run the tests' side to its end."""
    more = {
        "places": places,
        "seconds": work.limits.cell_seconds,
        "grace": work.limits.grace_seconds,
        "imports": work.terms.imports,
        "operators": work.terms.operators,
        "argument_writes": work.terms.argument_writes,
        "frank": work.terms.frank,
    }
    # A call that takes too long is ended by the client, later the whole cell is.
    late = work.limits.grace_seconds + 1.0
    seconds = {number: value + late for number, value in _seconds(work, ours).items()}
    with work.tests.started(ours, work.folders[1], end, more) as running:
        running.follow(seconds, work.deadline)
    return running


def _settle(work: _Work, testing: Running, ours: Sequence[Step], answering: Running) -> int | None:
    """Keep what the tests gave; return the test that lost the student's process, or its own."""
    attempt = testing.attempt
    tests = [step for step in ours if step.side is Side.TESTS]
    if not attempt.lost:
        return _collect(attempt, work.done, tests, testing.tail)
    for step in tests:
        if step.number in attempt.cells:
            work.done.setdefault(step.number, attempt.cells[step.number])
    lost = attempt.current
    if lost is None or lost not in {step.number for step in ours}:
        return None
    answering.end(_PATIENCE)
    late = attempt.lost["late"]
    reason = "it ran too long and ignored the interrupt" if late else _cause(answering.attempt.ended)
    error = error_output(TIMEOUT if late else "DeadKernelError", reason, [f"\x1b[31m{reason}\x1b[39m"])
    outputs = [o for o in attempt.recorder.outputs.get(lost, []) if o["output_type"] != "error"]
    work.done.setdefault(
        lost,
        CellRun(
            outputs=(*tidy_streams(outputs), error),
            seconds=round(time.monotonic() - attempt.since, 6),
            end=End.KILLED if late else End.CRASHED,
            reason=reason,
        ),
    )
    return lost


def _places(wanted: Sequence[Step], offers: tuple[str, ...]) -> dict[int, tuple[int, tuple[str, ...]]]:
    """Return for each cell of the tests' side the student's cell before it, and the names that are new."""
    moment, names = _START, offers
    places: dict[int, tuple[int, tuple[str, ...]]] = {}
    for step in wanted:
        if step.side is not Side.STUDENT:
            places[step.number] = moment, names
            names = ()
        if step.side is not Side.TESTS:
            moment = step.number
            names = (*names, *step.offers)
    return places


def _seconds(work: _Work, steps: Sequence[Step]) -> dict[int, float]:
    """Wall time of each cell; replaying one that had to be interrupted must not cost it all again."""
    short = min(work.limits.cell_seconds, 1.0)
    late = {number for number, cell in work.done.items() if cell.end is End.INTERRUPTED}
    return {step.number: short if step.number in late else work.limits.cell_seconds for step in steps}


def _used(answering: Running, testing: Running | None) -> NotebookRun:
    """What an attempt took, both sides together."""
    both = [running for running in (answering, testing) if running is not None]
    ready = answering.attempt.ready
    return NotebookRun(
        {},
        protection=ready.get("protection", "none"),
        mechanisms=tuple(ready.get("mechanisms", ())),
        cpu_seconds=sum(float(running.attempt.ended.get("cpu", 0)) for running in both),
        peak_bytes=sum(int(running.attempt.ended.get("peak", 0)) for running in both),
        tail=next((running.tail for running in both if running.tail), ""),
    )


def _numbered(cells: Mapping[int, CellRun], steps: Sequence[Step]) -> dict[int, CellRun]:
    """Count the cells of both sides as one notebook."""
    counted = {}
    for count, step in enumerate(steps, start=1):
        cell = cells[step.number]
        ran = cell.count is not None
        outputs = tuple(_counted(output, count) if ran else output for output in cell.outputs)
        counted[step.number] = replace(cell, outputs=outputs, count=count if ran else None)
    return counted


def _counted(output: dict[str, Any], count: int) -> dict[str, Any]:
    return {**output, "execution_count": count} if "execution_count" in output else output
