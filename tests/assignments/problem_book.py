"""A problem set under test: its notebooks, its sample class, what each hand earns, and what it reads."""

from __future__ import annotations

import contextlib
import re
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode
from plain_executor import Ran, points_of, restore_locked, run, scores

from autograder.classroom import Mangle, fill_in, load_class, student_view
from autograder.course import Course
from autograder.notebook import grade_id, mend, read_notebook

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT / "assignments")
NO_GRADE = (Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK)
MANY = 8  # so many cells and more are counted on the page of mistakes, not named


class Book:
    """Instructor's and student's copy of a problem set, its class, and what each of its hands does.

    Parameters
    ----------
    name
        Such as ``"ps4"``.
    leave_out
        Ids of cells that are not run for hands: demonstrations that earn nothing and take long. The
        instructor's notebook is run as a whole.
    seconds
        Processor time that a cell may take in a hand that never ends.
    """

    def __init__(self, name: str, leave_out: tuple[str, ...] = (), seconds: float = 0.2) -> None:
        self.name, self.leave_out, self.seconds = name, leave_out, seconds
        self.folder = COURSE.source(name).parent  # data lie beside the notebook
        self.instructor = read_notebook(COURSE.source(name))
        self.release = read_notebook(COURSE.release(name))
        self.points = points_of(self.instructor)
        self.hands = {hand.student: hand for hand in load_class(COURSE, name)}
        self.graded = [student for student, hand in self.hands.items() if hand.mangle not in NO_GRADE]
        self._results: dict[str, dict[str, Ran]] = {}

    def __repr__(self) -> str:
        return f"Book({self.name!r}, {sum(self.points.values()):g} points, {len(self.hands)} hands)"

    @cached_property
    def tests(self) -> list[NotebookNode]:
        """The cells with points that a program gives."""
        return [cell for cell in self.instructor.cells if grade_id(cell) in self.points]

    @cached_property
    def answers(self) -> dict[str, str]:
        """Source of the cells for code that students fill in, solutions included."""
        return {
            grade_id(cell): cell.source
            for cell in self.instructor.cells
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
        }

    @cached_property
    def prose(self) -> str:
        """All Markdown of the instructor's notebook."""
        return "\n".join(cell.source for cell in self.instructor.cells if cell.cell_type == "markdown")

    @cached_property
    def released(self) -> str:
        """All text of the student copy."""
        return "\n".join(cell.source for cell in self.release.cells)

    def model_answer(self, name: str) -> str:
        """The instructor's text in a cell."""
        return next(cell.source for cell in self.instructor.cells if grade_id(cell) == name)

    @cached_property
    def of_the_instructor(self) -> dict[str, Ran]:
        """What each cell of the instructor's notebook did, demonstrations included."""
        with contextlib.chdir(self.folder):
            return run(self.instructor)

    def with_numbers_of(self, identity: object, key: object) -> dict[str, float]:
        """Points of the instructor's answers with the visible numbers of a student and those of a course."""
        cells = [cell for cell in self.instructor.cells if cell.id not in self.leave_out]
        said = f"IDENTITY = {identity!r}\nCOURSE_KEY = {key!r}"
        cells = [{**cell, "source": said} if cell.id == "identity" else cell for cell in cells]
        with contextlib.chdir(self.folder):
            return scores(run(NotebookNode(cells=[NotebookNode(cell) for cell in cells])), self.points)

    def results(self, student: str) -> dict[str, Ran]:
        """What each cell of a student did; mended and with hidden tests, as it is graded."""
        if student not in self._results:
            hand = self.hands[student]
            endless = hand.kind == "endless" and self.of_the_instructor  # which has imported what it needs
            notebook, _ = mend(fill_in(hand, self.instructor, self.release), self.release)
            restore_locked(notebook, self.instructor)
            notebook.cells = [cell for cell in notebook.cells if cell["id"] not in self.leave_out]
            with contextlib.chdir(self.folder):
                self._results[student] = run(notebook, self.seconds if endless else 0.0)
        return self._results[student]

    def scores(self, student: str) -> dict[str, float]:
        """Points of a student, by test cell."""
        return scores(self.results(student), self.points)

    def expected(self, student: str) -> dict[str, float]:
        """What the sample class says that a student must get."""
        return self.points | dict(self.hands[student].expected or {})

    def lost(self, student: str) -> list[str]:
        """Test cells in which a student has no points, in order."""
        got = self.scores(student)
        return [name for name in self.points if got[name] == 0]

    def message(self, student: str, cell: str) -> str:
        """What a failing test cell says, without the type of the error."""
        return self.results(student)[cell].error.partition(": ")[2]

    def names_after(self, *answers: str) -> dict[str, object]:
        """The instructor's names after the locked cells without points and some of the answers."""
        names: dict[str, object] = {"__name__": "__main__"}
        with contextlib.chdir(self.folder):
            for cell in self.instructor.cells:
                locked = cell.metadata.get("nbgrader", {}).get("locked") and grade_id(cell) not in self.points
                if cell.cell_type == "code" and (locked or grade_id(cell) in answers):
                    exec(compile(student_view(cell.source), "<cell>", "exec"), names)
        return names

    @cached_property
    def given(self) -> dict[str, object]:
        """The names that students are given; copy them before changing any."""
        return self.names_after()

    @cached_property
    def solved(self) -> dict[str, object]:
        """The instructor's names after all answers; copy them before changing any."""
        return self.names_after(*self.answers)

    def page(self) -> str:
        """The page docs/mistakes/psN.md: points, and for each mistake what it costs and what is said."""
        title = self.prose.splitlines()[0]
        wrong = [student for student in self.graded if self.hands[student].kind == "wrong"]
        lines = (
            f"{title}: points and mistakes\n",
            f"Made by `python tests/assignments/laws.py {self.name}` from the sample class; a test holds it to",
            "what the checks say.\n",
            f"| test cell | points of {sum(self.points.values()):g} |\n|---|---|",
            *(f"| `{name}` | {points:g} |" for name, points in self.points.items()),
            "\n| what the student does | loses | and reads |\n|---|---|---|",
            *map(self._row, wrong),
        )
        return "\n".join(lines) + "\n"

    def _row(self, student: str) -> str:
        """One mistake as a line of the table."""
        lost, hand = self.lost(student), self.hands[student]
        costs = sum(self.points[name] for name in lost)
        cells = ", ".join(f"`{name}`" for name in lost) if len(lost) < MANY else f"{len(lost)} cells"
        said = self.message(student, next(iter(hand.says), lost[0])) or "(no message)"
        said = re.sub(
            r"(maximum recursion depth exceeded).*", r"\1", said
        )  # where it is, depends on the caller
        return f"| {hand.description} | {costs:g}: {cells} | {in_table(said)} |"


def in_table(text: str) -> str:
    """A text as it stands in a cell of a table of Markdown."""
    return " ".join(text.split()).replace("|", "\\|").replace("*", "\\*")


def page_of(name: str) -> Path:
    """Where the page of mistakes of a problem set lies."""
    return ROOT / "docs" / "mistakes" / f"{name}.md"
