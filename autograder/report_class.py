"""What a class's results say: commonest mistakes, who may need help, and which questions tell apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import StatisticsError, correlation, fmean

from .outcome import Outcome, Status
from .report_trouble import MENDED, changes

__all__ = ["Help", "Item", "Mistake", "items", "mistakes", "needs_help", "pseudonyms", "without_names"]

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
    seconds, longest : float
        Mean and longest time that its cell ran.
    """

    grade_id: str
    difficulty: float | None
    discrimination: float | None
    seconds: float
    longest: float = 0.0


def mistakes(outcomes: Sequence[Outcome]) -> tuple[Mistake, ...]:
    """Collect messages by question, commonest first; then in the order of the notebook and of the letters."""
    found: dict[tuple[str, str], list[str]] = {}
    order: dict[str, int] = {}
    plain: dict[str, str] = {}  # many are told the same
    for outcome in outcomes:
        for cell in outcome.cells:
            order.setdefault(cell.grade_id, len(order))
            if cell.failed and cell.error:
                if cell.error not in plain:
                    plain[cell.error] = _NUMBER.sub("…", cell.error)
                found.setdefault((cell.grade_id, plain[cell.error]), []).append(outcome.student)
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


@dataclass
class _Answers:
    """What a class did on one question, student by student."""

    own: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def items(outcomes: Sequence[Outcome]) -> tuple[Item, ...]:
    """Describe every question that somebody has points for, in the order of the notebook."""
    found: dict[str, _Answers] = {}
    for outcome in outcomes:
        if not outcome.graded:
            continue
        total = sum(cell.points or 0.0 for cell in outcome.cells)
        for cell in outcome.cells:
            answers = found.setdefault(cell.grade_id, _Answers())
            if cell.points is not None:
                answers.own.append(cell.points)
                answers.rest.append(total - cell.points)
                answers.shares.append(cell.points / cell.max_points if cell.max_points else 1.0)
                answers.seconds.append(cell.seconds)
    return tuple(_item(name, answers) for name, answers in found.items())


def _item(name: str, answers: _Answers) -> Item:
    if not answers.own:
        return Item(name, None, None, 0.0)
    return Item(
        name,
        fmean(answers.shares),
        _correlation(answers.own, answers.rest) if len(answers.own) >= FEW else None,
        fmean(answers.seconds),
        max(answers.seconds),
    )


def _correlation(own: Sequence[float], rest: Sequence[float]) -> float | None:
    try:
        return correlation(own, rest)
    except StatisticsError:  # all have the same points
        return None


def pseudonyms(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Give everybody another name, in an order that only follows what the page shows of them anyway.

    An order that followed from the names, in however hidden a way, could be worked out again by whoever has
    the list of the class.
    """
    order = sorted(outcomes, key=_shown)
    width = len(str(len(order)))
    return {outcome.student: f"student {number:0{width}}" for number, outcome in enumerate(order, 1)}


def _shown(outcome: Outcome) -> tuple[object, ...]:
    """What tells one nameless row from another: best score first, no grade last."""
    points = tuple(-1.0 if cell.points is None else cell.points for cell in outcome.cells)
    return (
        -(outcome.score if outcome.score is not None else -1.0),
        points,
        outcome.status.value,
        outcome.seconds,
    )


def without_names(outcomes: Sequence[Outcome], names: Mapping[str, str] | None = None) -> tuple[Outcome, ...]:
    """Return outcomes that name nobody, in the order of their new names.

    Messages and logs go as well, and a note says only that there was one: what an answer raises, and what a
    file is called, may say anything.
    """
    known = pseudonyms(outcomes) if names is None else names
    return tuple(
        replace(
            outcome,
            student=known[outcome.student],
            cells=tuple(replace(cell, error=None, tail="") for cell in outcome.cells),
            reason="",
            next_step="",
            notes=(MENDED,) if changes(outcome) else (),
            log="",
            fingerprint="",
        )
        for outcome in sorted(outcomes, key=lambda item: known[item.student])
    )
