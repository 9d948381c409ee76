"""The batch: grade every submission, record each outcome at once, and let none stop the rest."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from .cluster import Scheduler
from .course import Course, CourseError
from .fast_engine import FastEngine, default_timeout
from .gradebook import empty_cells, maximum, require_released, roster
from .gradebook_connection import patiently
from .grades import GradeBook, UnrecordableError
from .nbgrader_engine import NbgraderEngine
from .outcome import Outcome, Status
from .record import Outcomes, Record, append, condense
from .turns import held


class Engine(Protocol):
    """Grades one submission. Everything else works on outcomes and the gradebook."""

    name: str

    def grade(self, student: str, assignment: str) -> Outcome:
        """Return what a submission came to; points are in the gradebook when it returns."""
        ...


@runtime_checkable
class BatchEngine(Protocol):
    """Grades many submissions, several at a time."""

    name: str

    def fingerprints(self, assignment: str, students: Sequence[str]) -> dict[str, str]:
        """Return for each student a digest of everything that the result depends on."""
        ...

    def settled(self, assignment: str, recorded: Iterable[Outcome]) -> set[str]:
        """Return whose recorded outcome is still what the gradebook says."""
        ...

    def run(
        self, assignment: str, students: Sequence[str], on_start: Callable[[str], None] | None = None
    ) -> Iterator[Outcome]:
        """Yield each outcome when it is in the gradebook, in any order."""
        ...


ENGINES: Mapping[str, Callable[..., Any]] = MappingProxyType({"fast": FastEngine, "nbgrader": NbgraderEngine})

_TRIED_AGAIN = (Status.CRASHED, Status.MISSING)


def grade(
    course: Course,
    assignment: str,
    students: Sequence[str] | None = None,
    *,
    timeout: float | None = None,
    engine: str = "fast",
    jobs: int = 0,
    force: bool = False,
    unconfined: bool = False,
    on_start: Callable[[str, int, int], None] | None = None,
    on_skip: Callable[[Sequence[str]], None] | None = None,
    scheduler: Scheduler | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Sequence[Outcome]:
    """Grade submissions and record every outcome as soon as it is known.

    No outcome stays in memory: a class may be of any size.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment's name.
    students : sequence of str, optional
        Whom to grade; everybody whom the gradebook or ``submitted/`` knows without it.
    timeout : float, optional
        Seconds that one cell may run; ``c.Execute.timeout`` of the course without it.
    engine : str
        A key of `ENGINES`.
    jobs : int
        How many submissions at a time; 0 for one on each core.
    force : bool
        Grade again what has been graded and has not changed.
    unconfined : bool
        Run student code with the rights of whoever grades.
    on_start : callable, optional
        Called with the student, the number done and the number of all before each submission.
    on_skip : callable, optional
        Called with the students whose submission, tests and limits are those of their recorded outcome.
    scheduler : Scheduler, optional
        The Dask cluster that grades; without one it is this machine.
    on_notice : callable, optional
        Called with a sentence when a cluster keeps the run waiting, or one of its workers is not used.

    Returns
    -------
    sequence of Outcome
        Of those that were asked for, in the order of the students; each is read when it is asked for.

    Raises
    ------
    CourseError
        If the assignment, an engine or a student is not known, or student code cannot be confined.
    """
    if timeout is not None and timeout <= 0:
        raise CourseError(f"A time-out of {timeout:g} s lets nothing run.", "Use a positive --timeout.")
    require_released(course, assignment)
    names = _chosen(course, students)
    seconds = default_timeout(course) if timeout is None else timeout
    if scheduler is not None:
        _require_no_contradiction(engine, jobs)
    worker = _engine(
        engine, course, seconds, jobs=jobs, unconfined=unconfined, scheduler=scheduler, on_notice=on_notice
    )
    path = course.outcomes(assignment)
    turn = path.with_name(f".{path.name}.lock")
    record = Record(path)
    if isinstance(worker, BatchEngine):
        stream = _batch(worker, course, assignment, names, record, force, on_start, on_skip)
    else:
        stream = _one_by_one(worker, course, assignment, names, on_start)
    try:
        for outcome in stream:
            with held(turn):
                append(path, outcome)
    finally:
        with held(turn):  # another run may have added outcomes of other students meanwhile
            record = condense(path)
    return Outcomes(record, names)


def _batch(
    worker: BatchEngine,
    course: Course,
    assignment: str,
    names: Sequence[str],
    record: Mapping[str, Outcome],
    force: bool,
    on_start: Callable[[str, int, int], None] | None,
    on_skip: Callable[[Sequence[str]], None] | None,
) -> Iterator[Outcome]:
    """Grade what has changed; say what has not."""
    prints = worker.fingerprints(assignment, names)
    known = () if force else Outcomes(record, names)
    same = [o.student for o in known if o.fingerprint == prints[o.student] and o.status not in _TRIED_AGAIN]
    settled = worker.settled(assignment, Outcomes(record, same)) if same else set()
    if settled and on_skip:
        on_skip([name for name in names if name in settled])
    wanted = [name for name in names if name not in settled]
    done = 0

    def started(student: str) -> None:
        if on_start:
            on_start(student, done, len(wanted))

    for outcome in worker.run(assignment, wanted, started):
        done += 1
        yield replace(outcome, fingerprint=prints[outcome.student])


def _one_by_one(
    worker: Engine,
    course: Course,
    assignment: str,
    names: Sequence[str],
    on_start: Callable[[str, int, int], None] | None,
) -> Iterator[Outcome]:
    """Grade with an engine that takes one submission at a time."""
    full = maximum(empty_cells(course, assignment))
    for done, student in enumerate(names):
        if on_start:
            on_start(student, done, len(names))
        with held(course.submitted(student, assignment)):
            outcome = _grade_one(worker, course, student, assignment, full)
        yield outcome


def _require_no_contradiction(engine: str, jobs: int) -> None:
    """Refuse settings that have no meaning on a cluster."""
    if engine != FastEngine.name:
        raise CourseError(
            f"The engine `{engine}` does not grade on other machines.", "Leave --engine or --scheduler out."
        )
    if jobs:
        raise CourseError(
            f"--jobs {jobs} is for this machine, --scheduler for others.",
            "Leave --jobs out: how many submissions a worker takes is said where it is started.",
        )


def _engine(name: str, course: Course, timeout: float, *, jobs: int, **more: Any) -> Any:
    """Make an engine by name."""
    if name not in ENGINES:
        raise CourseError(f"There is no engine `{name}`.", f"Choose one of: {', '.join(ENGINES)}.")
    if jobs < 0:
        raise CourseError(f"--jobs {jobs} is no number of processes.", "Use 1 or more, or leave it out.")
    if name == FastEngine.name:
        return ENGINES[name](course, timeout, jobs=jobs, **more)
    return ENGINES[name](course, timeout)


def _chosen(course: Course, students: Sequence[str] | None) -> tuple[str, ...]:
    """Return whom to grade, each once, and refuse names that nobody has."""
    known = roster(course)
    if not known:
        raise CourseError(
            "Nobody has handed anything in.", "Collect work into submitted/, or run autograder sample-class."
        )
    if students is None:
        return tuple(name for name in known if name not in course.excluded)
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
        outcome = patiently(course, lambda: worker.grade(student, assignment))
    except CourseError:
        raise  # it is not the submission's fault
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
        with GradeBook(course, assignment) as book, suppress(UnrecordableError):
            book.withdraw(student, None, handed_in=outcome.status is not Status.MISSING)
        outcome = replace(outcome, score=None, max_score=full)
    return outcome
