"""Due dates, extensions, and the penalties that follow from them.

The penalty itself is nbgrader's: ``c.AssignLatePenalties.plugin_class`` of the course decides how much. This
module sets what the plug-in is asked about, and asks it again for work that was graded before.

``extensions.csv`` in the course folder::

    student,assignment,until,reason
    ada,ps2,2026-03-08 23:59 Europe/Berlin,ill
    bob,ps2,+3 days,
    cy,*,+1 week,a note of the office
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from nbgrader.plugins.latesubmission import LateSubmissionPlugin
from nbgrader.utils import parse_utc
from traitlets import Float

from .course import Course, CourseError
from .gradebook import open_gradebook, require_released
from .gradebook_connection import patiently
from .grades import GradeBook

__all__ = ["Change", "Extension", "PerDay", "apply_dates", "read_extensions", "set_due"]

FILE = "extensions.csv"
_SPAN = re.compile(r"\+\s*(\d+(?:\.\d+)?)\s*(minute|hour|day|week)s?")


@dataclass(frozen=True)
class Extension:
    """More time for somebody.

    Parameters
    ----------
    student, assignment : str
        For whom and what; ``*`` is every assignment.
    until : datetime or timedelta
        A time in UTC without a zone, or how much longer than the others.
    line : int
        Where it stands in the file.
    """

    student: str
    assignment: str
    until: datetime | timedelta
    line: int


@dataclass(frozen=True)
class Change:
    """A penalty that is another one now.

    Parameters
    ----------
    student : str
        Whose.
    before, after : float
        Points taken off.
    """

    student: str
    before: float
    after: float


def read_extensions(path: Path) -> tuple[Extension, ...]:
    """Read the file; without one nobody has an extension.

    Raises
    ------
    CourseError
        If a line cannot be understood; nothing is changed then.
    """
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(_extension(row, number) for number, row in enumerate(rows, 2))


def _extension(row: dict[str, str | None], line: int) -> Extension:
    """One line of the file."""
    student, assignment, until = (
        (row.get(name) or "").strip() for name in ("student", "assignment", "until")
    )
    if not student or not assignment or not until:
        raise CourseError(
            f"Line {line} of {FILE} has no student, assignment or until.",
            "Write for instance: ada,ps2,+3 days,ill",
        )
    span = _SPAN.fullmatch(until)
    if span:
        return Extension(student, assignment, timedelta(**{f"{span[2]}s": float(span[1])}), line)
    try:
        when = parse_utc(until)
    except (ValueError, OverflowError) as problem:
        raise CourseError(
            f"Line {line} of {FILE} gives `{until}` as the time.",
            "Write +3 days, or a time such as 2026-03-08 23:59 Europe/Berlin.",
        ) from problem
    return Extension(student, assignment, when, line)


def set_due(course: Course, assignment: str, due: str) -> datetime | None:
    """Set the due date of an assignment in the gradebook; ``"none"`` takes it away. Returns it in UTC.

    Raises
    ------
    CourseError
        If the assignment is not released, or the date is none.
    """
    require_released(course, assignment)
    try:
        when = None if due.strip().lower() == "none" else parse_utc(due)
    except (ValueError, OverflowError) as problem:
        raise CourseError(
            f"`{due}` is no time.", "Write a time such as 2026-03-08 23:59 Europe/Berlin, or none."
        ) from problem
    patiently(course, lambda: _set_due(course, assignment, when))
    return when


def _set_due(course: Course, assignment: str, when: datetime | None) -> None:
    with open_gradebook(course) as gradebook:
        gradebook.find_assignment(assignment).duedate = when
        gradebook.db.commit()


def apply_dates(course: Course, assignment: str) -> tuple[Change, ...]:
    """Put the extensions of the file into the gradebook, and ask for every penalty again.

    An extension that Formgrader or a script of the course has given stays where the file says nothing of
    that student.

    Returns
    -------
    tuple of Change
        Penalties that moved, sorted by student.

    Raises
    ------
    CourseError
        If the file cannot be read, or gives extensions where the assignment has no due date.
    """
    given = [item for item in read_extensions(course.root / FILE) if item.assignment in (assignment, "*")]
    require_released(course, assignment)
    before = patiently(course, lambda: _penalties(course, assignment))
    patiently(course, lambda: _extend_all(course, assignment, given))
    with GradeBook(course, assignment) as book:
        book.penalise_again()
    after = patiently(course, lambda: _penalties(course, assignment))
    return tuple(
        Change(name, before[name], after[name]) for name in sorted(before) if before[name] != after.get(name)
    )


def _penalties(course: Course, assignment: str) -> dict[str, float]:
    """Points that are taken off, by student."""
    with open_gradebook(course) as gradebook:
        return {item.student_id: _penalty(item) for item in gradebook.assignment_submissions(assignment)}


def _extend_all(course: Course, assignment: str, given: Sequence[Extension]) -> None:
    """Put extensions into the gradebook, all of them or none."""
    with open_gradebook(course) as gradebook:
        due = gradebook.find_assignment(assignment).duedate
        if due is None:
            _refuse_without_due([item for item in given if item.assignment == assignment], assignment)
            given = []
        for submission in gradebook.assignment_submissions(assignment):
            _extend(submission, given, due)
        gradebook.db.commit()


def _refuse_without_due(given: Sequence[Extension], assignment: str) -> None:
    if given:
        raise CourseError(
            f"Line {given[0].line} of {FILE} extends `{assignment}`, which has no due date.",
            f"Run: autograder due {assignment} '2026-03-01 23:59 Europe/Berlin'",
        )


def _extend(submission: Any, given: Sequence[Extension], due: datetime | None) -> None:
    """Set one student's extension: the longest of those that the file gives."""
    spans = [
        item.until if isinstance(item.until, timedelta) else item.until - due
        for item in given
        if item.student == submission.student_id and due is not None
    ]
    if spans:
        submission.extension = max(*spans, timedelta(0)) or None
    elif due is None:
        submission.extension = None


def _penalty(submission: Any) -> float:
    return float(submission.late_submission_penalty or 0.0)


class PerDay(LateSubmissionPlugin):
    """Takes a share of the points for each day that has begun after the due date.

    In ``nbgrader_config.py``::

        c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"
        c.PerDay.percent = 10
    """

    percent = Float(10.0, min=0.0, max=100.0, help="Percent of the points for each day").tag(config=True)
    at_most = Float(100.0, min=0.0, max=100.0, help="Percent of the points altogether").tag(config=True)
    grace_minutes = Float(0.0, min=0.0, help="Minutes that do not count").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Return the points to take off, of `score` points, for so many seconds."""
        days = ceil(max(0.0, total_seconds_late - 60 * self.grace_minutes) / 86400)
        return score * min(self.at_most, self.percent * days) / 100
