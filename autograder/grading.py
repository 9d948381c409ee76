"""The batch: grade every submission, record each outcome at once, and let none stop the rest."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from .course import Course, CourseError
from .gradebook import empty_cells, maximum, require_released, roster, withdraw
from .nbgrader_engine import NbgraderEngine
from .outcome import Outcome, Status, load, save


class Engine(Protocol):
    """Grades one submission. Everything else works on outcomes and the gradebook."""

    name: str

    def grade(self, student: str, assignment: str) -> Outcome:
        """Return what a submission came to; points are in the gradebook when it returns."""
        ...


ENGINES: Mapping[str, Callable[[Course, float], Engine]] = MappingProxyType({"nbgrader": NbgraderEngine})


def grade(
    course: Course,
    assignment: str,
    students: Sequence[str] | None = None,
    *,
    timeout: float = 30,
    engine: str = "nbgrader",
    on_start: Callable[[str, int, int], None] | None = None,
) -> tuple[Outcome, ...]:
    """Grade submissions and record every outcome as soon as it is known.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment's name.
    students : sequence of str, optional
        Whom to grade; everybody whom the gradebook or ``submitted/`` knows without it.
    timeout : float
        Seconds that one cell may run.
    engine : str
        A key of `ENGINES`.
    on_start : callable, optional
        Called with the student, the number done and the number of all before each submission.

    Returns
    -------
    tuple of Outcome
        Of this run, in the order of the students.

    Raises
    ------
    CourseError
        If the assignment, an engine or a student is not known.
    """
    if timeout <= 0:
        raise CourseError(f"A time-out of {timeout:g} s lets nothing run.", "Use a positive --timeout.")
    require_released(course, assignment)
    names = _chosen(course, students)
    worker = _engine(engine, course, timeout)
    record, full = load(course.outcomes(assignment)), maximum(empty_cells(course, assignment))
    for done, student in enumerate(names):
        if on_start:
            on_start(student, done, len(names))
        record[student] = _grade_one(worker, course, student, assignment, full)
        save(course.outcomes(assignment), record.values())
    return tuple(record[student] for student in names)


def _engine(name: str, course: Course, timeout: float) -> Engine:
    """Make an engine by name."""
    if name not in ENGINES:
        raise CourseError(f"There is no engine `{name}`.", f"Choose one of: {', '.join(ENGINES)}.")
    return ENGINES[name](course, timeout)


def _chosen(course: Course, students: Sequence[str] | None) -> tuple[str, ...]:
    """Return whom to grade, each once, and refuse names that nobody has."""
    known = roster(course)
    if not known:
        raise CourseError(
            "Nobody has handed anything in.", "Collect work into submitted/, or run autograder sample-class."
        )
    if students is None:
        return known
    unknown = sorted(set(students) - set(known))
    if unknown:
        raise CourseError(
            f"No student is called {', '.join(f'`{name}`' for name in unknown)}.",
            f"Known students: {', '.join(known)}.",
        )
    return tuple(dict.fromkeys(students))


def _grade_one(worker: Engine, course: Course, student: str, assignment: str, full: float) -> Outcome:
    """Grade one submission; an old grade never outlives a failure."""
    try:
        outcome = worker.grade(student, assignment)
    except Exception as problem:
        outcome = Outcome(
            student,
            assignment,
            Status.NOT_GRADABLE,
            reason=f"The engine {worker.name} failed: {type(problem).__name__}: {problem}",
            next_step="Read the log in the record of outcomes, then grade this student again.",
            log=traceback.format_exc()[-4000:],
        )
    if not outcome.graded:
        withdraw(course, student, assignment, handed_in=outcome.status is not Status.MISSING)
        outcome = replace(outcome, score=None, max_score=full)
    return outcome
