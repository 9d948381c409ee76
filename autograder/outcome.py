"""What grading a submission came to: plain frozen values that go to JSON and back."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from .errors import CourseError


class Status(Enum):
    """The ends that a submission can come to. A score of zero is ``GRADED``."""

    GRADED = "graded"
    TIMED_OUT = "graded, time-out"
    DIED = "graded, process died"
    CRASHED = "crashed"
    NOT_GRADABLE = "not gradable"
    MISSING = "missing"


@dataclass(frozen=True)
class CellOutcome:
    """Points for one cell.

    Parameters
    ----------
    grade_id : str
        nbgrader's name of the cell.
    points : float or None
        What was earned; ``None`` while a person has yet to grade the cell.
    max_points : float
        What can be earned.
    manual : bool
        Whether a person grades this cell.
    error : str or None
        Why points were lost, as one line.
    seconds : float
        Wall time of the cell.
    tail : str
        The end of what it printed, if it lost points.
    """

    grade_id: str
    points: float | None
    max_points: float
    manual: bool = False
    error: str | None = None
    seconds: float = 0.0
    tail: str = ""

    @property
    def failed(self) -> bool:
        """Whether points were lost; a cell that waits for a person has not failed."""
        return self.points is not None and self.points < self.max_points

    @property
    def pending(self) -> bool:
        """Whether a person has yet to grade this cell."""
        return self.points is None


@dataclass(frozen=True)
class Outcome:
    """What grading one submission came to.

    Parameters
    ----------
    student, assignment : str
        Whose work on what.
    status : Status
        Which of the four ends.
    score : float or None
        Points so far; ``None`` when there is no grade, which is not the same as zero.
    max_score : float
        Points that can be earned, written answers included.
    cells : tuple of CellOutcome
        In the order of the notebook; empty when there is no grade.
    reason, next_step : str
        Why there is no grade or not the whole of it, and what to do about it.
    notes : tuple of str
        What had to be mended in the working copy.
    seconds : float
        Wall time.
    log : str
        The end of the engine's log if it failed, or of what a process said that was killed or crashed.
    protection : str
        How well the submission was confined while it ran: ``"full"``, ``"partial"`` or ``"none"``; empty
        if it did not run.
    mechanisms : tuple of str
        What confined it.
    attempts : int
        How often its notebook was started.
    cpu_seconds : float
        Processor time of its process.
    peak_bytes : int
        Largest memory of its process.
    fingerprint : str
        Of the submission, the tests and the limits; while it stays the same there is nothing to grade.
    """

    student: str
    assignment: str
    status: Status
    score: float | None = None
    max_score: float = 0.0
    cells: tuple[CellOutcome, ...] = ()
    reason: str = ""
    next_step: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    log: str = ""
    protection: str = ""
    mechanisms: tuple[str, ...] = ()
    attempts: int = 0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    fingerprint: str = ""

    @property
    def graded(self) -> bool:
        """Whether there is a grade."""
        return self.status in (Status.GRADED, Status.TIMED_OUT, Status.DIED)

    @property
    def failed(self) -> tuple[CellOutcome, ...]:
        """The cells that lost points."""
        return tuple(cell for cell in self.cells if cell.failed)

    @property
    def pending(self) -> tuple[CellOutcome, ...]:
        """The cells that a person has yet to grade."""
        return tuple(cell for cell in self.cells if cell.pending)

    @property
    def summary(self) -> str:
        """Status, reason and next step as one line."""
        if self.graded:
            return ", ".join(part for part in ("graded", self.reason) if part)
        return " ".join(part for part in (f"{self.status.value}: {self.reason}", self.next_step) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """Undo `to_dict`."""
        cells = tuple(CellOutcome(**cell) for cell in data["cells"])
        lists = {name: tuple(data.get(name, ())) for name in ("notes", "mechanisms")}
        return cls(**{**data, **lists, "status": Status(data["status"]), "cells": cells})


def to_json(outcomes: Iterable[Outcome]) -> str:
    """Write outcomes as a JSON array."""
    return json.dumps([outcome.to_dict() for outcome in outcomes], indent=1, ensure_ascii=False)


def from_json(text: str) -> tuple[Outcome, ...]:
    """Read outcomes from a JSON array."""
    return tuple(Outcome.from_dict(item) for item in json.loads(text))


def load(path: Path) -> dict[str, Outcome]:
    """Read recorded outcomes, keyed by student; an absent file is an empty record.

    Raises
    ------
    CourseError
        If the file is not such a record.
    """
    try:
        before = from_json(path.read_text("utf-8")) if path.exists() else ()
        return {outcome.student: outcome for outcome in (*before, *_journal(path))}
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise CourseError(
            f"{path.name} is not a record of outcomes ({problem}).", "Delete it and grade again."
        ) from problem


def require_record(path: Path, assignment: str) -> dict[str, Outcome]:
    """Read recorded outcomes of which there must be some, keyed by student.

    Raises
    ------
    CourseError
        If nothing has been graded, or the file is not such a record.
    """
    record = load(path)
    if not record:
        raise CourseError(f"`{assignment}` has not been graded.", f"Run: autograder grade {assignment}")
    return record


def save(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Replace the record in one step, so that a killed run leaves either the old or the new one."""
    write_atomically(path, to_json(sorted(outcomes, key=lambda outcome: outcome.student)))
    _journal_path(path).unlink(missing_ok=True)


def append(path: Path, outcome: Outcome) -> None:
    """Add one outcome to the record at once; `save` brings the record into one piece again.

    Writing the whole record after each of n submissions would cost n² time.
    """
    line = json.dumps(outcome.to_dict(), ensure_ascii=False).encode()
    journal = _journal_path(path)
    journal.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        # A line before this one may have been cut off by a kill: begin on a new one.
        os.write(descriptor, b"\n" + line + b"\n")
    finally:
        os.close(descriptor)


def _journal_path(path: Path) -> Path:
    return path.with_name(f".{path.name}l")


def _journal(path: Path) -> list[Outcome]:
    """Outcomes that were added since the record was written; a line that a kill cut off is none."""
    journal = _journal_path(path)
    found = []
    for line in journal.read_text("utf-8", "replace").splitlines() if journal.exists() else ():
        with suppress(ValueError):
            found.append(Outcome.from_dict(json.loads(line)) if line else None)
    return [outcome for outcome in found if outcome is not None]


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)
