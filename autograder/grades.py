"""Write grades into nbgrader's gradebook: one transaction for each submission, or nothing.

The tables are nbgrader's own models. Points that a person gave are never touched.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from .course import Course, CourseError, put_tools_on_path
from .worker import Graded

__all__ = ["GradeBook", "UnknownStudentError"]

_PATIENCE = 120.0


class UnknownStudentError(Exception):
    """The gradebook does not know the student, and the course does not want new ones."""


class GradeBook:
    """The gradebook of one assignment, open for a whole run.

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
        put_tools_on_path()
        self.course = course
        self.create_students = create_students
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._book = Gradebook(course.gradebook_url, course.course_id)
            self._db = self._book.db
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
        cells = {(nb, id_): name for nb, known in self._graded.items() for name, id_ in known.items()}
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
        self._db.rollback()
        found: dict[str, dict[tuple[str, str], float | None]] = {}
        for student, notebook, cell, points in rows:
            name = notebooks.get(notebook)
            if name is not None and (name, cell) in cells:
                found.setdefault(student, {})[name, cells[name, cell]] = points
        return found

    def write(self, graded: Graded, handed_in_at: datetime | str | None) -> None:
        """Record a graded submission; earlier automatic points of it are gone afterwards.

        Raises
        ------
        UnknownStudentError
            If the student is not known and must not be added.
        CourseError
            If the gradebook stays locked.
        """
        with self._transaction(lambda: self._write(graded, handed_in_at)):
            pass

    def withdraw(self, student: str, handed_in_at: datetime | str | None, *, handed_in: bool) -> None:
        """Take back the automatic points of a submission that could not be graded.

        Otherwise points of an earlier submission would stand under the time of the later one.
        """
        with self._transaction(lambda: self._withdraw(student, handed_in_at, handed_in)):
            pass

    @contextmanager
    def _transaction(self, work: Callable[[], None]) -> Iterator[None]:
        """Do work in one transaction, again as long as somebody else holds the gradebook."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    work()
                    self._db.commit()
                break
            except OperationalError as problem:
                self._db.rollback()
                if "locked" not in str(problem) or time.monotonic() > deadline:
                    raise CourseError(
                        f"The gradebook cannot be written ({str(problem.orig)[:100]}).",
                        "Close what holds it open, and grade again: what is done is kept.",
                    ) from problem
                time.sleep(0.1)
            except BaseException:
                self._db.rollback()
                raise
        yield

    def _write(self, graded: Graded, handed_in_at: datetime | str | None) -> None:
        student = graded.outcome.student
        submission = self._submission(student, handed_in_at)
        for name, points in graded.grades.items():
            notebook, grades, comments = self._rows(submission, name)
            rows = []
            for cell, id_ in self._graded[name].items():
                by_hand = grades[id_][1] is not None
                value = points.get(cell)
                rows.append(
                    {
                        "id": grades[id_][0],
                        "auto_score": value,
                        "needs_manual_grade": by_hand or value is None,
                    }
                )
            self._db.execute(update(Grade), rows)
            silent = set(graded.unanswered.get(name, ()))
            notes = [
                {"id": comments[id_], "auto_comment": "No response." if cell in silent else None}
                for cell, id_ in self._commented[name].items()
            ]
            if notes:
                self._db.execute(update(Comment), notes)
            self._penalise(notebook, student)

    def _withdraw(self, student: str, handed_in_at: datetime | str | None, handed_in: bool) -> None:
        found = self._find(student)
        if found is None and not handed_in:
            return
        submission = self._submission(student, handed_in_at if handed_in else None)
        for name in self._notebooks:
            notebook, grades, _ = self._rows(submission, name)
            rows = [{"id": id_, "auto_score": None, "needs_manual_grade": True} for id_, _ in grades.values()]
            self._db.execute(update(Grade), rows)
            self._set_penalty(notebook, None)

    def _find(self, student: str) -> str | None:
        """The id of a student's submission."""
        return self._db.execute(
            select(SubmittedAssignment.id).where(
                SubmittedAssignment.assignment_id == self._assignment,
                SubmittedAssignment.student_id == student,
            )
        ).scalar()

    def _submission(self, student: str, handed_in_at: datetime | str | None) -> str:
        """Find or make a student's submission, with its time of handing in."""
        if self._db.execute(select(Student.id).where(Student.id == student)).scalar() is None:
            if not self.create_students:
                raise UnknownStudentError(student)
            self._db.execute(insert(Student).values(id=student))
        found = self._find(student)
        if found is None:
            self._db.execute(
                insert(SubmittedAssignment).values(assignment_id=self._assignment, student_id=student)
            )
            found = self._find(student)
        assert found is not None
        if handed_in_at is not None:
            self._db.execute(
                update(SubmittedAssignment)
                .where(SubmittedAssignment.id == found)
                .values(timestamp=parse_utc(handed_in_at))
            )
        return found

    def _rows(
        self, submission: str, name: str
    ) -> tuple[str, dict[str, tuple[str, float | None]], dict[str, str]]:
        """Find or make the rows of a submitted notebook: its id, its grades and its comments by cell."""
        wanted = select(SubmittedNotebook.id).where(
            SubmittedNotebook.assignment_id == submission,
            SubmittedNotebook.notebook_id == self._notebooks[name],
        )
        notebook = self._db.execute(wanted).scalar()
        if notebook is None:
            self._db.execute(
                insert(SubmittedNotebook).values(
                    assignment_id=submission, notebook_id=self._notebooks[name], flagged=False
                )
            )
            notebook = self._db.execute(wanted).scalar()
        self._complete(Grade, notebook, self._graded[name], {"needs_manual_grade": True})
        self._complete(Comment, notebook, self._commented[name], {})
        grades = self._db.execute(
            select(Grade.cell_id, Grade.id, Grade.manual_score).where(Grade.notebook_id == notebook)
        ).all()
        comments = self._db.execute(
            select(Comment.cell_id, Comment.id).where(Comment.notebook_id == notebook)
        ).all()
        return (
            notebook,
            {cell: (id_, by_hand) for cell, id_, by_hand in grades},
            {cell: id_ for cell, id_ in comments},  # noqa: C416  (rows are no tuples)
        )

    def _complete(
        self, model: Any, notebook: str, cells: Mapping[str, str], values: Mapping[str, Any]
    ) -> None:
        """Make the rows of a submitted notebook that are not there yet."""
        there = set(self._db.execute(select(model.cell_id).where(model.notebook_id == notebook)).scalars())
        new = [
            {"cell_id": id_, "notebook_id": notebook, **values} for id_ in cells.values() if id_ not in there
        ]
        if new:
            self._db.execute(insert(model), new)

    def _penalise(self, notebook: str, student: str) -> None:
        """Set the penalty for lateness, by the plug-in that the course has chosen for nbgrader."""
        self._set_penalty(notebook, None)
        if self._due is None:
            return
        self._db.expire_all()
        submitted = self._db.get(SubmittedNotebook, notebook)
        late = submitted.assignment.total_seconds_late
        if late > 0:
            judge = self._judge()
            penalty = judge.plugin_inst.late_submission_penalty(student, submitted.score, late)
            if penalty is not None:
                self._set_penalty(notebook, judge._check_late_penalty(submitted, penalty))

    def _judge(self) -> Any:
        """nbgrader's own step; its plug-in may lie in the course folder."""
        sys.path.insert(0, str(self.course.root))
        try:
            judge = AssignLatePenalties(config=self.course.config)
            judge.init_plugin()
        finally:
            sys.path.remove(str(self.course.root))
        return judge

    def _set_penalty(self, notebook: str, penalty: float | None) -> None:
        self._db.execute(
            update(SubmittedNotebook)
            .where(SubmittedNotebook.id == notebook)
            .values(late_submission_penalty=penalty)
        )
