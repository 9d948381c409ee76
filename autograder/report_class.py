"""What a class's results say: commonest mistakes, who may need help, and which questions tell apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import StatisticsError, correlation, mean

from .outcome import Outcome, Status

__all__ = ["Help", "Item", "Mistake", "items", "mistakes", "needs_help", "without_names"]

# Fewer students than this say little about a question.
FEW = 10
HALF = 0.5
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|\d+e[+-]?\d+")


@dataclass(frozen=True)
class Mistake:
    """What several students were told by one question.

    Parameters
    ----------
    question, message : str
        Where, and what; numbers with a decimal point are left out, because everybody has other ones.
    students : tuple of str
        Whom, sorted.
    """

    question: str
    message: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Help:
    """Somebody who may need help, and by which rule."""

    student: str
    rule: str


@dataclass(frozen=True)
class Item:
    """How a question works.

    Parameters
    ----------
    grade_id : str
        The question.
    difficulty : float or None
        Mean share of its points, 0 to 1: small is hard.
    discrimination : float or None
        Correlation of its points with the points for everything else, -1 to 1; ``None`` for fewer than ten
        students, or where all have the same.
    seconds : float
        Mean time that its cell ran.
    """

    grade_id: str
    difficulty: float | None
    discrimination: float | None
    seconds: float


def mistakes(outcomes: Sequence[Outcome]) -> tuple[Mistake, ...]:
    """Collect messages by question, commonest first; then in the order of the notebook and of the letters."""
    found: dict[tuple[str, str], list[str]] = {}
    order: dict[str, int] = {}
    for outcome in outcomes:
        for cell in outcome.cells:
            order.setdefault(cell.grade_id, len(order))
            if cell.failed and cell.error:
                found.setdefault((cell.grade_id, _NUMBER.sub("…", cell.error)), []).append(outcome.student)
    ranked = sorted(found, key=lambda key: (-len(found[key]), order[key[0]], key[1]))
    return tuple(Mistake(*key, tuple(sorted(found[key]))) for key in ranked)


def needs_help(outcomes: Sequence[Outcome]) -> tuple[Help, ...]:
    """Name whoever one of four rules concerns, each once, by the first rule that does.

    The rules look at questions that have points already: nobody is flagged because a person has not graded.
    """
    found = []
    for outcome in outcomes:
        rule = _rule(outcome)
        if rule:
            found.append(Help(outcome.student, rule))
    return tuple(sorted(found, key=lambda item: item.student))


def _rule(outcome: Outcome) -> str:
    if outcome.status is Status.MISSING:
        return "handed in nothing"
    if not outcome.graded:
        return "handed in something that cannot be graded"
    cells = [cell for cell in outcome.cells if not cell.pending]
    full = sum(cell.max_points for cell in cells)
    if full and sum(cell.points or 0.0 for cell in cells) < HALF * full:
        return "has less than half of the points given so far"
    if outcome.status in (Status.TIMED_OUT, Status.DIED):
        return "has cells that do not end, or that end the process"
    return ""


def items(outcomes: Sequence[Outcome]) -> tuple[Item, ...]:
    """Describe every question that somebody has points for, in the order of the notebook."""
    graded = [outcome for outcome in outcomes if outcome.graded]
    names = dict.fromkeys(cell.grade_id for outcome in graded for cell in outcome.cells)
    return tuple(_item(name, graded) for name in names)


def _item(name: str, graded: Sequence[Outcome]) -> Item:
    own, rest, shares, seconds = [], [], [], []
    for outcome in graded:
        for cell in outcome.cells:
            if cell.grade_id == name and cell.points is not None:
                own.append(cell.points)
                rest.append(sum(c.points or 0.0 for c in outcome.cells if c.grade_id != name))
                shares.append(cell.points / cell.max_points if cell.max_points else 1.0)
                seconds.append(cell.seconds)
    return Item(
        name,
        mean(shares) if shares else None,
        _correlation(own, rest) if len(own) >= FEW else None,
        mean(seconds) if seconds else 0.0,
    )


def _correlation(own: Sequence[float], rest: Sequence[float]) -> float | None:
    try:
        return correlation(own, rest)
    except StatisticsError:  # all have the same points
        return None


def without_names(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Return outcomes that name nobody, in an order that does not follow the names.

    Messages, notes and logs go as well: what an answer raises may say anything.
    """
    order = sorted(outcomes, key=lambda item: hashlib.blake2b(item.student.encode()).digest())
    width = len(str(len(order)))
    return tuple(
        replace(
            outcome,
            student=f"student {number:0{width}}",
            cells=tuple(replace(cell, error=None, tail="") for cell in outcome.cells),
            reason="",
            notes=(),
            log="",
            fingerprint="",
        )
        for number, outcome in enumerate(order, 1)
    )
