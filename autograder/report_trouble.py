"""What went wrong in a class, said once for everybody whom it concerns; and how well work was shut in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .collect import Collected
from .outcome import Outcome, Status
from .standing import Standing

__all__ = [
    "MENDED",
    "Finding",
    "Late",
    "Protection",
    "changes",
    "errors_of_tests",
    "how_late",
    "lateness",
    "mended",
    "on_arrival",
    "protection",
    "tally",
]

FULL, UNCONFINED = "full", "none"
# All that a page without names says of a note.
MENDED = "something was mended"
# What grading writes into the record; tests hold both texts.
_TEST_ERROR = "an error of the test"
_BESIDE = "inside the student's process"
# Notes on something that decides about points. Most of it happens by accident all the same.
_ABOUT_TESTS = re.compile(
    r"the (?:tag `skip-execution`|symbolic link|locked cell `[^`]*` had been|cell `[^`]*` had been given)"
)
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True)
class Protection:
    """How well submissions were confined while they ran.

    Parameters
    ----------
    levels : mapping of str to int
        How many submissions ran with each level; those that never ran are not counted.
    mechanisms : tuple of str
        What confined them.
    beside : tuple of str
        Notes on tests that ran in the student's process, each once.
    """

    levels: Mapping[str, int]
    mechanisms: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @property
    def ran(self) -> int:
        """How many submissions ran."""
        return sum(self.levels.values())

    @property
    def weak(self) -> int:
        """How many of them ran with less than full protection."""
        return self.ran - self.levels.get(FULL, 0)

    @property
    def summary(self) -> str:
        """The levels as a sentence."""
        if not self.ran:
            return "No submission ran."
        words = {FULL: "full protection", "partial": "partial protection", UNCONFINED: "no protection"}
        parts = [f"{self.levels[level]} with {words.get(level, level)}" for level in self.levels]
        return f"{self.ran} {_plural('submission', self.ran)} ran: {', '.join(parts)}."

    @property
    def warning(self) -> str:
        """What less than full protection means; empty if there is nothing to say."""
        if not self.weak:
            return ""
        bare = self.levels.get(UNCONFINED, 0)
        start = f"{self.weak} of {self.ran} {_plural('submission', self.ran)} ran without full protection"
        means = (
            ", unconfined: such code could read and change whatever the grader can, points included."
            if bare == self.weak
            else f" ({bare} of them unconfined): what the mechanisms below do not cover was open to them."
        )
        return f"{start}{means}"


@dataclass(frozen=True)
class Late:
    """Somebody who handed in after the due date.

    Parameters
    ----------
    student : str
        Who.
    seconds : float or None
        How long after; ``None`` where the platform does not say.
    penalty : float
        Points taken off.
    """

    student: str
    seconds: float | None
    penalty: float

    @property
    def words(self) -> str:
        """How late it was, for a person."""
        return "the platform does not say" if self.seconds is None else how_late(self.seconds)


@dataclass(frozen=True)
class Finding:
    """The same thing at several students.

    Parameters
    ----------
    what : str
        What, as a sentence without its beginning.
    students : tuple of str
        Whose work, sorted.
    about_tests : bool
        Whether it is about something that decides about points.
    """

    what: str
    students: tuple[str, ...]
    about_tests: bool = False


def protection(outcomes: Iterable[Outcome]) -> Protection:
    """Collect the levels and the mechanisms of those submissions that ran."""
    levels: Counter[str] = Counter()
    mechanisms: dict[str, None] = {}
    beside: dict[str, None] = {}
    for outcome in outcomes:
        # nbgrader's own engine confines nothing, and says nothing about it.
        level = outcome.protection or (UNCONFINED if outcome.graded else "")
        if level:
            levels[level] += 1
            mechanisms |= dict.fromkeys(outcome.mechanisms)
        beside |= dict.fromkeys(note for note in outcome.notes if _BESIDE in note)
    order = sorted(levels, key=lambda level: (level != FULL, level == UNCONFINED, level))
    return Protection({level: levels[level] for level in order}, tuple(mechanisms), tuple(beside))


def lateness(class_now: Sequence[Standing], people: Mapping[str, Collected]) -> tuple[Late, ...]:
    """Name whoever was late by the gradebook's clock, or by the platform's mark."""
    found = []
    for item in class_now:
        student = item.outcome.student
        if item.seconds_late > 0 or item.penalty > 0:
            found.append(Late(student, item.seconds_late, item.penalty))
        elif student in people and people[student].late and not item.when:
            found.append(Late(student, None, 0.0))
    return tuple(found)


def on_arrival(people: Mapping[str, Collected]) -> tuple[Finding, ...]:
    """What collecting had to decide about somebody's files."""
    return tuple(Finding(note, (student,)) for student in sorted(people) for note in people[student].notes)


def how_late(seconds: float) -> str:
    """Write a span of time in its two largest units.

    >>> how_late(93784)
    '1 day 2 hours'
    """
    rest, parts = int(seconds), []
    for size, name in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {_plural(name, count)}")
        elif parts:
            break  # days and minutes without hours would look like hours and minutes
    return " ".join(parts[:2]) or "less than a minute"


def changes(outcome: Outcome) -> tuple[str, ...]:
    """Notes on what was mended in a submission, without those on what the assignment declares."""
    return tuple(note for note in outcome.notes if _BESIDE not in note)


def mended(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    """Collect what had to be mended, by kind: what is about tests first, then the commonest."""
    found: dict[str, dict[str, None]] = {}
    for outcome in outcomes:
        for note in changes(outcome):
            found.setdefault(note, {})[outcome.student] = None
    findings = (
        Finding(note, tuple(sorted(who)), bool(_ABOUT_TESTS.match(note))) for note, who in found.items()
    )
    return tuple(sorted(findings, key=lambda item: (not item.about_tests, -len(item.students), item.what)))


def errors_of_tests(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    """Collect results of tests that are no number of points: the test is wrong, not the answer."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        for cell in outcome.cells:
            if cell.error and cell.error.startswith(_TEST_ERROR):
                found.setdefault(f"`{cell.grade_id}`: {cell.error}", []).append(outcome.student)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Finding(what, tuple(sorted(who)), True) for what, who in ranked)


def tally(outcomes: Sequence[Outcome], late: Sequence[Late]) -> tuple[tuple[str, int], ...]:
    """Count everything that went wrong, worst first; what did not happen is left out."""
    count = Counter(outcome.status for outcome in outcomes)
    changed = sum(bool(changes(outcome)) for outcome in outcomes)
    counts = (
        ("crashed the grader", count[Status.CRASHED]),
        ("not gradable", count[Status.NOT_GRADABLE]),
        ("missing", count[Status.MISSING]),
        ("graded, but a process died", count[Status.DIED]),
        ("graded, but a cell did not end", count[Status.TIMED_OUT]),
        ("late", len(late)),
        ("mended before grading", changed),
    )
    return tuple((what, number) for what, number in counts if number)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
