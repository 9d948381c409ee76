"""Write grades into nbgrader's gradebook: one transaction for each submission, or nothing.

The tables are nbgrader's own models. Points that a person gave are never touched.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

from nbgrader.api import (
    Comment,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DataError, SQLAlchemyError

from .course import Course
from .gradebook import connect, once
from .gradebook_connection import first_line, lost, make_indices, patiently, tells_problems
from .worker import Graded

__all__ = ["GradeBook", "UnknownStudentError", "UnrecordableError"]

# Prepared once: making a statement costs more than running it. Tables instead of models, for the same reason.
_STUDENTS, _SUBMISSIONS, _SUBMITTED, _GRADES, _COMMENTS = (
    model.__table__ for model in (Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment)
)
_FIND_STUDENT = select(_STUDENTS.c.id).where(_STUDENTS.c.id == bindparam("student"))
_FIND_SUBMISSION = select(_SUBMISSIONS.c.id).where(
    _SUBMISSIONS.c.assignment_id == bindparam("assignment"), _SUBMISSIONS.c.student_id == bindparam("student")
)
# On PostgreSQL one grader waits here for another that has the same submission in hand (SQLite: see `_begin`).
_HOLD_SUBMISSION = _FIND_SUBMISSION.with_for_update(key_share=True)
_FIND_NOTEBOOK = select(_SUBMITTED.c.id).where(
    _SUBMITTED.c.assignment_id == bindparam("submission"), _SUBMITTED.c.notebook_id == bindparam("notebook")
)
# Held, too: whether a person has given points must not change before it is used.
_FIND_GRADES = (
    select(_GRADES.c.cell_id, _GRADES.c.id, _GRADES.c.manual_score)
    .where(_GRADES.c.notebook_id == bindparam("notebook"))
    .order_by(_GRADES.c.id)
    .with_for_update(key_share=True)
)
_FIND_COMMENTS = select(_COMMENTS.c.cell_id, _COMMENTS.c.id).where(
    _COMMENTS.c.notebook_id == bindparam("notebook")
)
_FIND_GRADED = (
    select(_SUBMITTED.c.id, _SUBMISSIONS.c.student_id)
    .join(_SUBMISSIONS, _SUBMITTED.c.assignment_id == _SUBMISSIONS.c.id)
    .where(_SUBMISSIONS.c.assignment_id == bindparam("assignment"))
    .where(
        select(_GRADES.c.id)
        .where(_GRADES.c.notebook_id == _SUBMITTED.c.id, _GRADES.c.auto_score.is_not(None))
        .exists()
    )
)
_SET_TIME = (
    _SUBMISSIONS.update().where(_SUBMISSIONS.c.id == bindparam("key")).values(timestamp=bindparam("time"))
)
_SET_GRADE = (
    _GRADES.update()
    .where(_GRADES.c.id == bindparam("key"))
    .values(auto_score=bindparam("points"), needs_manual_grade=bindparam("by_hand"))
)
_SET_COMMENT = (
    _COMMENTS.update().where(_COMMENTS.c.id == bindparam("key")).values(auto_comment=bindparam("text"))
)
_SET_PENALTY = (
    _SUBMITTED.update()
    .where(_SUBMITTED.c.id == bindparam("key"))
    .values(late_submission_penalty=bindparam("penalty"))
)
_NO_RESPONSE = "No response."

T = TypeVar("T")


class UnknownStudentError(Exception):
    """The gradebook does not know the student, and the course does not want new ones."""


class UnrecordableError(Exception):
    """The gradebook's tables cannot hold this, such as a name that is too long for them; says what."""


class GradeBook:
    """The gradebook of one assignment, open for a whole run.

    Its connection may be lost at any moment: what was under way is done again on the next one, and the
    constructor and every method wait for that (see `patiently`).

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment's name; it must be in the gradebook.
    create_students : bool
        Whether students that the gradebook does not know are added; nbgrader's ``Autograde.create_student``.
    """

    def __init__(self, course: Course, assignment: str, *, create_students: bool = True) -> None:
        self.course = course
        self.create_students = create_students
        patiently(course, lambda: self._open(assignment))

    def _open(self, assignment: str) -> None:
        """Connect, and find the assignment's rows."""
        with warnings.catch_warnings(), tells_problems(self.course.gradebook_url):
            warnings.simplefilter("ignore")
            self._book = connect(self.course)
            self._db = self._book.db
            once(self.course.gradebook_url, make_indices)
            found = self._book.find_assignment(assignment)
            self._assignment: str = found.id
            self._notebooks = {notebook.name: notebook.id for notebook in found.notebooks}
            self._graded = {
                notebook.name: {c.name: c.id for c in (*notebook.grade_cells, *notebook.task_cells)}
                for notebook in found.notebooks
            }
            self._commented = {
                notebook.name: {c.name: c.id for c in (*notebook.solution_cells, *notebook.task_cells)}
                for notebook in found.notebooks
            }
            self._due = found.duedate
            self._db.rollback()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._book.close()

    def automatic_points(self) -> dict[str, dict[tuple[str, str], float | None]]:
        """Automatic points of everybody who has a submission, by notebook and cell."""
        return self._whole(self._automatic_points)

    def _automatic_points(self) -> dict[str, dict[tuple[str, str], float | None]]:
        cells = {(nb, id_): (nb, name) for nb, known in self._graded.items() for name, id_ in known.items()}
        notebooks = {id_: name for name, id_ in self._notebooks.items()}
        rows = self._db.execute(
            select(
                SubmittedAssignment.student_id,
                SubmittedNotebook.notebook_id,
                Grade.cell_id,
                Grade.auto_score,
            )
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .where(SubmittedAssignment.assignment_id == self._assignment)
        ).all()
        found: dict[str, dict[tuple[str, str], float | None]] = {}
        for student, notebook, cell, points in rows:
            name = notebooks.get(notebook)
            if name is not None and (name, cell) in cells:
                found.setdefault(student, {})[cells[name, cell]] = points
        return found

    def write(self, graded: Graded, handed_in_at: datetime | str | None) -> None:
        """Record a graded submission; earlier automatic points of it are gone afterwards.

        Raises
        ------
        UnknownStudentError
            If the student is not known and must not be added.
        UnrecordableError
            If the tables cannot hold it.
        CourseError
            If the gradebook stays away or locked.
        """
        self._whole(lambda: self._write(graded, handed_in_at))

    def withdraw(self, student: str, handed_in_at: datetime | str | None, *, handed_in: bool) -> None:
        """Take back the automatic points of a submission that could not be graded.

        Otherwise points of an earlier submission would stand under the time of the later one.
        """
        self._whole(lambda: self._withdraw(student, handed_in_at, handed_in))

    def penalise_again(self) -> None:
        """Ask for the penalty of everybody who has a grade again, after dates or points have changed."""
        self._whole(self._penalise_all)

    def _penalise_all(self) -> None:
        for notebook, student in self._execute(_FIND_GRADED, assignment=self._assignment).all():
            self._penalise(str(notebook), str(student))

    def _whole(self, work: Callable[[], T]) -> T:
        """Do work in one transaction; again, as long as somebody else is in the way or the gradebook away."""
        return patiently(self.course, lambda: self._once(work))

    def _once(self, work: Callable[[], T]) -> T:
        """Do work in one transaction, and leave none behind that is half done."""
        try:
            with warnings.catch_warnings(), tells_problems(self.course.gradebook_url):
                warnings.simplefilter("ignore")
                self._begin()
                result = work()
                self._db.commit()
                return result
        except BaseException as problem:
            with suppress(SQLAlchemyError):
                self._db.rollback()
            if isinstance(problem, Exception) and lost(problem):
                self._book.engine.dispose()  # other connections of the pool are as old
            raise

    def _begin(self) -> None:
        """Let nobody else write to SQLite's file from here on; otherwise what is read first may be old."""
        if self._book.engine.dialect.name == "sqlite":
            self._db.connection().exec_driver_sql("begin immediate")

    def _write(self, graded: Graded, handed_in_at: datetime | str | None) -> None:
        student = graded.outcome.student
        submission = self._submission(student, handed_in_at)
        for name, points in graded.grades.items():
            notebook = self._notebook(submission, name)
            self._set_points(notebook, name, points)
            self._set_comments(notebook, name, set(graded.unanswered.get(name, ())))
            self._penalise(notebook, student)

    def _withdraw(self, student: str, handed_in_at: datetime | str | None, handed_in: bool) -> None:
        found = self._scalar(_FIND_SUBMISSION, student=student, assignment=self._assignment)
        if found is None and not handed_in:
            return
        submission = self._submission(student, handed_in_at if handed_in else None)
        for name in self._notebooks:
            notebook = self._notebook(submission, name)
            self._set_points(notebook, name, {})
            self._set_comments(notebook, name)
            self._execute(_SET_PENALTY, key=notebook, penalty=None)

    def _execute(self, statement: Any, rows: Sequence[Mapping[str, Any]] = (), **values: Any) -> Any:
        """Run a statement in the transaction, for many rows or for one."""
        return self._db.connection().execute(statement, list(rows) or values)

    def _scalar(self, statement: Any, **values: Any) -> Any:
        return self._execute(statement, **values).scalar()

    def _submission(self, student: str, handed_in_at: datetime | str | None) -> str:
        """Find or make a student's submission, with its time of handing in."""
        if self._scalar(_FIND_STUDENT, student=student) is None:
            if not self.create_students:
                raise UnknownStudentError(student)
            self._add_student(student)
        known: dict[str, Any] = {"student": student, "assignment": self._assignment}
        found = self._scalar(_HOLD_SUBMISSION, **known)
        if found is None:
            found = uuid4().hex
            values: dict[str, Any] = {"assignment_id": self._assignment, "student_id": student}
            self._execute(_SUBMISSIONS.insert(), **values, id=found)
        if handed_in_at is not None:
            self._execute(_SET_TIME, key=found, time=parse_utc(handed_in_at))
        return str(found)

    def _add_student(self, student: str) -> None:
        try:
            self._execute(_STUDENTS.insert(), id=student)
        except (DataError, UnicodeError) as problem:
            said = first_line(problem.orig if isinstance(problem, DataError) else problem)
            raise UnrecordableError(f"The gradebook has no room for such a name ({said}).") from problem

    def _notebook(self, submission: str, name: str) -> str:
        """Find or make a submitted notebook."""
        known: dict[str, Any] = {"submission": submission, "notebook": self._notebooks[name]}
        found = self._scalar(_FIND_NOTEBOOK, **known)
        if found is None:
            found = uuid4().hex
            values: dict[str, Any] = {"assignment_id": submission, "notebook_id": self._notebooks[name]}
            self._execute(_SUBMITTED.insert(), **values, id=found, flagged=False)
        return str(found)

    def _set_points(self, notebook: str, name: str, points: Mapping[str, float | None]) -> None:
        """Set the automatic points of all cells; a cell without any needs a person."""
        there = {cell: (id_, manual) for cell, id_, manual in self._execute(_FIND_GRADES, notebook=notebook)}
        old, new = [], []
        for cell, id_ in self._graded[name].items():
            value = points.get(cell)
            if id_ in there:
                key, manual = there[id_]
                old.append({"key": key, "points": value, "by_hand": manual is not None or value is None})
            else:
                place = {"id": uuid4().hex, "cell_id": id_, "notebook_id": notebook}
                new.append({**place, "auto_score": value, "needs_manual_grade": value is None})
        self._apply(_SET_GRADE, old, _GRADES.insert(), new)

    def _set_comments(self, notebook: str, name: str, silent: Set[str] | None = None) -> None:
        """Say which answers are missing; without `silent` the comments that are there stay as they are."""
        there = dict(self._execute(_FIND_COMMENTS, notebook=notebook).all())
        old, new = [], []
        for cell, id_ in self._commented[name].items():
            text = _NO_RESPONSE if silent and cell in silent else None
            if id_ not in there:
                place = {"id": uuid4().hex, "cell_id": id_, "notebook_id": notebook}
                new.append({**place, "auto_comment": text})
            elif silent is not None:
                old.append({"key": there[id_], "text": text})
        self._apply(_SET_COMMENT, old, _COMMENTS.insert(), new)

    def _apply(self, update: Any, old: Sequence[Any], insert: Any, new: Sequence[Any]) -> None:
        """Change the rows that are there, and add those that are not."""
        if old:
            self._execute(update, old)
        if new:
            self._execute(insert, new)

    def _penalise(self, notebook: str, student: str) -> None:
        """Set the penalty for lateness, by the plug-in that the course has chosen for nbgrader."""
        self._execute(_SET_PENALTY, key=notebook, penalty=None)
        if self._due is None:
            return
        self._db.expire_all()
        submitted = self._db.get(SubmittedNotebook, notebook)
        late = submitted.assignment.total_seconds_late
        if late > 0:
            judge = self._judge()
            penalty = judge.plugin_inst.late_submission_penalty(student, submitted.score, late)
            if penalty is not None:
                final = judge._check_late_penalty(submitted, penalty)
                self._execute(_SET_PENALTY, key=notebook, penalty=final)

    def _judge(self) -> Any:
        """nbgrader's own step; its plug-in may lie in the course folder."""
        sys.path.insert(0, str(self.course.root))
        try:
            judge = AssignLatePenalties(config=self.course.config)
            judge.init_plugin()
        finally:
            sys.path.remove(str(self.course.root))
        return judge
