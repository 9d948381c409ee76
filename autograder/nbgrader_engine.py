"""The yardstick: nbgrader's own pipeline, one submission at a time, in this process.

Calling the converters directly pays nbgrader's start-up once instead of once a command, and keeps a
failure inside the submission that caused it. The rules for points are nbgrader's own. Known differences
to what one may expect:

* any text on stderr, a warning included, gives 0 for a test cell;
* a cell that catches the interrupt after its time-out, and a kernel that dies, lose the whole submission
  (nbclient raises, and nbgrader throws the executed notebook away); the outcome names the cell;
* student code runs as the user who grades, without confinement.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade, is_grade, is_solution
from traitlets.config import Config

from .course import Course, CourseError, put_tools_on_path
from .gradebook import maximum, once, read_cells, total
from .gradebook_connection import make_indices, may_pass, patiently
from .notebook import Submission, UnreadableError, grade_id, read_notebook, read_submission
from .outcome import CellOutcome, Outcome, Status
from .release_cells import admit_given_cells
from .worker import label

_TIMEOUT = "CellTimeoutError"
# The temporary file that the kernel names a cell by; it says nothing and changes with every run.
_KERNEL_FILE = re.compile(r"\S*ipykernel_\d+/\d+\.py:")


class CellLostError(Exception):
    """Executing a cell ended the whole run; the cause is chained."""

    def __init__(self, cell: str) -> None:
        super().__init__(cell)
        self.cell = cell


class QuietExecute(Execute):
    """nbgrader's Execute that says which cell broke the run and keeps the kernel off the terminal."""

    def start_new_kernel(self, **kwargs: Any) -> None:
        super().start_new_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        try:
            return super().preprocess_cell(cell, resources, index)
        except Exception as problem:
            raise CellLostError(cell_name(cell, index)) from problem


class KeepsFailure:
    """Makes a converter keep the exception that nbgrader only logs."""

    failure: Exception | None = None

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        try:
            super().init_assignment(assignment_id, student_id)  # type: ignore[misc]
        except Exception as problem:
            self.failure = problem
            raise

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)  # type: ignore[misc]
        except Exception as problem:
            self.failure = problem
            raise


class OneSubmission(KeepsFailure, Autograde):
    """nbgrader's Autograde for one submission."""


class StudentCopy(KeepsFailure, GenerateAssignment):
    """nbgrader's GenerateAssignment."""


class NbgraderEngine:
    """Grades one submission with nbgrader's converters.

    Parameters
    ----------
    course : Course
        The course folder.
    timeout : float
        Seconds that one cell may run; nbgrader counts whole seconds.
    """

    name = "nbgrader"

    def __init__(self, course: Course, timeout: float = 30) -> None:
        put_tools_on_path()
        self.course = course
        self.timeout = max(1, round(timeout))

    def grade(self, student: str, assignment: str) -> Outcome:
        """Grade what a student handed in; a bad submission is an outcome, not an exception."""
        started = time.perf_counter()
        with captured_log() as (log, lines):
            try:
                submission = read_submission(self.course, student, assignment)
                self._autograde(student, assignment, submission, log)
                outcome = self._read_back(student, assignment, submission.notes)
            except UnreadableError as problem:
                outcome = Outcome(
                    student, assignment, problem.status, reason=problem.reason, next_step=problem.next_step
                )
            except Exception as problem:
                if may_pass(problem):
                    raise
                reason, step = explain(problem, self.timeout)
                outcome = Outcome(student, assignment, Status.NOT_GRADABLE, reason=reason, next_step=step)
                outcome = replace(outcome, log="\n".join(lines))
        if not outcome.graded:
            shutil.rmtree(self.course.autograded(student, assignment), ignore_errors=True)
        return replace(outcome, seconds=round(time.perf_counter() - started, 3))

    def _autograde(self, student: str, assignment: str, submission: Submission, log: logging.Logger) -> None:
        """Run nbgrader over a mended copy of the submission."""
        with self.course.work_folder() as work:
            directory = self.course.directory(log, student, assignment)
            directory.submitted_directory = os.path.relpath(work, directory.root)
            self._stage(
                Path(directory.format_path(directory.submitted_directory, student, assignment)), submission
            )
            converter = OneSubmission(coursedir=directory, config=self._config(), log=log, force=True)
            converter.autograde_preprocessors = [
                QuietExecute if step is Execute else step for step in converter.autograde_preprocessors
            ]
            run(converter)

    def _stage(self, folder: Path, submission: Submission) -> None:
        """Lay out the mended notebooks and the files beside them."""
        folder.mkdir(parents=True)
        for name, path in submission.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
        for name, notebook in submission.notebooks.items():
            nbformat.write(notebook, folder / f"{name}.ipynb")

    def _config(self) -> Config:
        """The course's settings with the time-out of this run."""
        config = self.course.config.copy()
        config.Execute.timeout = self.timeout
        config.Execute.interrupt_on_timeout = True
        return config

    def _read_back(self, student: str, assignment: str, notes: tuple[str, ...]) -> Outcome:
        """Collect points from the gradebook and reasons from the executed notebooks."""
        points = read_cells(self.course, student, assignment)
        several = any(":" in cell.grade_id for cell in points)
        errors: dict[str, str | None] = {}
        slow: list[str] = []
        for path in sorted(self.course.autograded(student, assignment).glob("*.ipynb")):
            for index, cell in enumerate(read_notebook(path).cells):
                name = cell_name(cell, index)
                if grade_id(cell):
                    errors[label(path.stem, name, several)] = cell_error(cell)
                slow += [name] if timed_out(cell) else []
        cells = tuple(_explained(cell, errors) for cell in points)
        return Outcome(
            student,
            assignment,
            Status.TIMED_OUT if slow else Status.GRADED,
            score=total(cells),
            max_score=maximum(cells),
            cells=cells,
            reason=f"time-out in {', '.join(slow)}" if slow else "",
            notes=notes,
        )


def release(course: Course, assignment: str) -> Path:
    """Make the student copy and register the source, hidden tests included, in the gradebook.

    Safe to repeat: submissions stay, and the old student copy is replaced only when the new one is made.

    Returns
    -------
    Path
        The student copy, or the folder with several.

    Raises
    ------
    CourseError
        If there is no such assignment, or nbgrader refuses its notebook.
    """
    course.require(assignment)
    # Opens the gradebook first: nbgrader says less of what is wrong with it.
    admit_given_cells(course, assignment)
    patiently(course, lambda: once(course.gradebook_url, make_indices))
    target = course.release(assignment).parent
    with captured_log() as (log, _), course.work_folder() as work:
        directory = course.directory(log, ".", assignment)
        directory.release_directory = os.path.relpath(work, directory.root)
        try:
            patiently(
                course,
                lambda: run(StudentCopy(coursedir=directory, config=course.config, log=log, force=True)),
            )
        except CourseError:
            raise
        except Exception as problem:
            raise CourseError(
                f"nbgrader refuses {assignment}.ipynb: {_first_line(str(problem))}",
                "Mend the instructor notebook and release again.",
            ) from problem
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(directory.format_path(directory.release_directory, ".", assignment)), target)
    return course.release(assignment) if course.release(assignment).is_file() else target


def run(converter: Any) -> None:
    """Run a converter that `KeepsFailure`, and raise the cause instead of "see the log"."""
    problem: Exception | None = None
    try:
        converter.start()
    except Exception as raised:
        problem = converter.failure or raised
    if problem is not None:
        raise problem


def cell_name(cell: NotebookNode, index: int) -> str:
    """How to call a cell to a person: its grade id, or its place in the notebook counted from 1."""
    return grade_id(cell) or f"cell {index + 1}"


def timed_out(cell: NotebookNode) -> bool:
    """Whether a cell was interrupted because it ran too long."""
    return any(output.get("ename") == _TIMEOUT for output in cell.get("outputs", []))


def cell_error(cell: NotebookNode) -> str | None:
    """Why a cell lost points, as one line, read off by nbgrader's own rules; ``None`` if it says nothing."""
    if is_grade(cell) and is_solution(cell):
        return "not answered" if determine_grade(cell)[0] == 0 else None
    if timed_out(cell):
        return "time-out: the cell ran too long and was interrupted"
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return f"{output.ename}: {_first_line(output.evalue)}".removesuffix(": ")
        if output.output_type == "stream" and output.name == "stderr":
            text = _KERNEL_FILE.sub("line ", output.text)
            return f"text on stderr gives 0 in nbgrader: {_first_line(text)}"
        if output.output_type == "execute_result":
            return f"partial credit: {_first_line(str(output.data.get('text/plain', '')))}"
    return None


def explain(problem: Exception, timeout: float) -> tuple[str, str]:
    """Say in plain sentences why a submission was lost, and what to do."""
    if isinstance(problem, CellLostError) and isinstance(problem.__cause__, CellTimeoutError):
        return (
            f"{problem.cell} ran longer than {timeout:g} s and ignored the interrupt.",
            "Look there for a loop that catches every exception, and ask the student to mend it.",
        )
    if isinstance(problem, CellLostError) and isinstance(problem.__cause__, DeadKernelError):
        return (
            f"The Python process died while it ran {problem.cell}.",
            "Look there for an exit, a crash in compiled code or too much memory.",
        )
    cause = problem.__cause__ if isinstance(problem, CellLostError) and problem.__cause__ else problem
    return (
        f"nbgrader stopped with {type(cause).__name__}: {_first_line(str(cause))}",
        "Read the log in the record of outcomes, then grade this student again.",
    )


@contextmanager
def captured_log(keep: int = 40) -> Iterator[tuple[logging.Logger, deque[str]]]:
    """Yield a logger for nbgrader and its last lines; nothing reaches the terminal meanwhile."""
    lines: deque[str] = deque(maxlen=keep)
    names = ("autograder.nbgrader", "traitlets", "tornado.application", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    before = [(log.handlers[:], log.propagate, log.level) for log in loggers]
    for log in loggers:
        log.handlers, log.propagate = [_Tail(lines)], False
        log.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield loggers[0], lines
    finally:
        for log, (handlers, propagate, level) in zip(loggers, before, strict=True):
            log.handlers, log.propagate = handlers, propagate
            log.setLevel(level)


class _Tail(logging.Handler):
    """Keeps the last records as text."""

    def __init__(self, lines: deque[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname}: {record.getMessage()}")


def _explained(cell: CellOutcome, errors: Mapping[str, str | None]) -> CellOutcome:
    """Add the reason to a cell that lost points."""
    return replace(cell, error=errors.get(cell.grade_id)) if cell.failed else cell


def _first_line(text: str, limit: int = 300) -> str:
    """The first line that says something, cut to a length that a table can hold."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
