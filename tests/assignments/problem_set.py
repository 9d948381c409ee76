"""One problem set under test: its notebooks, its sample class, what each student gets and reads.

``python tests/assignments/problem_set.py ps4`` writes the page of its mistakes, docs/mistakes/ps4.md.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache, cached_property
from pathlib import Path

from nbformat import NotebookNode

from autograder.classroom import Hand, Mangle, fill_in, load_class
from autograder.course import Course
from autograder.notebook import grade_id, mend, read_notebook

sys.path.insert(0, str(Path(__file__).parent))
from plain_executor import Ran, points_of, restore_locked, run, scores

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT / "assignments")
NO_GRADE = (Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK)


class ProblemSet:
    """The notebooks and the sample class of one problem set.

    Parameters
    ----------
    name
        Such as ``"ps4"``.
    leave_out
        Ids of cells that are not run when students are graded here: demonstrations that earn nothing.
    """

    def __init__(self, name: str, leave_out: tuple[str, ...] = ()) -> None:
        self.name, self.leave_out = name, leave_out
        self.instructor = read_notebook(COURSE.source(name))
        self.release = read_notebook(COURSE.release(name))
        self.points = points_of(self.instructor)
        self.hands = load_class(COURSE, name)
        #: The words that name a mistake, by student.
        self.says: dict[str, str] = sys.modules[f"_autograder_{name}_class"].SAYS
        self.graded = [hand for hand in self.hands if hand.mangle not in NO_GRADE]

    def __repr__(self) -> str:
        return f"ProblemSet({self.name!r}, {sum(self.points.values()):g} points, {len(self.hands)} hands)"

    @cached_property
    def tests(self) -> list[NotebookNode]:
        """The test cells."""
        return [cell for cell in self.instructor.cells if grade_id(cell) in self.points]

    @cached_property
    def answers(self) -> dict[str, str]:
        """Sources of the cells that students fill in with code, by grade id."""
        cells = [cell for cell in self.instructor.cells if grade_id(cell) and cell.cell_type == "code"]
        return {grade_id(cell): cell.source for cell in cells if cell.metadata["nbgrader"]["solution"]}

    def hand(self, student: str) -> Hand:
        """The hand of one student."""
        return next(hand for hand in self.hands if hand.student == student)

    @cache  # noqa: B019  (one object a problem set, for as long as the tests run)
    def results(self, student: str) -> dict[str, Ran]:
        """Run one student's notebook as it is graded: mended, with the hidden tests back in place."""
        hand = self.hand(student)
        notebook, _ = mend(fill_in(hand, self.instructor, self.release), self.release)
        restore_locked(notebook, self.instructor)
        notebook.cells = [cell for cell in notebook.cells if cell["id"] not in self.leave_out]
        return run(notebook, 1.0 if hand.kind == "endless" else 0.0)

    def scores(self, student: str) -> dict[str, float]:
        """Points of one student in every test cell."""
        return scores(self.results(student), self.points)

    def expected(self, student: str) -> dict[str, float]:
        """What the sample class says that a student must get."""
        return self.points | dict(self.hand(student).expected or {})

    def messages(self, student: str) -> dict[str, str]:
        """What one student's failing test cells say, without the type of the error."""
        results = self.results(student)
        return {name: results[name].error.partition(": ")[2] for name in self.points if results[name].error}

    def prose(self) -> str:
        """All Markdown of the instructor's notebook."""
        return "\n".join(cell.source for cell in self.instructor.cells if cell.cell_type == "markdown")

    def points_under(self, title: str) -> float:
        """Points of the cells between the heading with this title and the next."""
        start = next(n for n, cell in enumerate(self.instructor.cells) if title in cell.source)
        total = 0.0
        for cell in self.instructor.cells[start + 1 :]:
            if cell.cell_type == "markdown" and cell.source.startswith("## "):
                break
            total += cell.metadata.get("nbgrader", {}).get("points", 0)
        return total

    def mistakes_page(self) -> str:
        """The page of mistakes: points a cell, and what each mistake of the class costs and is told."""
        total = sum(self.points.values())
        lines = [
            f"# Mistakes in problem set {self.name[2:]}",
            "",
            "Made by `python tests/assignments/problem_set.py "
            + self.name
            + "` from the sample class; a test "
            "keeps it true.",
            "",
            f"| test cell | points of {total:g} |",
            "|---|---|",
            *(f"| {name} | {points:g} |" for name, points in self.points.items()),
            "",
            "| what the student does | loses | and reads |",
            "|---|---|---|",
            *map(self._row, self.says),
        ]
        return "\n".join(lines) + "\n"

    def _row(self, student: str) -> str:
        """One mistake as a line of the table."""
        hand, messages = self.hand(student), self.messages(student)
        lost = sum(self.points.values()) - sum(self.scores(student).values())
        message = next((text for text in messages.values() if self.says[student] in text), "")
        texts = (hand.description, f"{lost:g}: {', '.join(messages)}", message)
        return "| " + " | ".join(" ".join(text.split()).replace("|", "\\|") for text in texts) + " |"


def page_of(name: str) -> Path:
    """Where the page of mistakes lies."""
    return ROOT / "docs" / "mistakes" / f"{name}.md"


def hidden_part(cell: NotebookNode) -> str:
    """The hidden tests of a cell."""
    found = re.search(r"### BEGIN HIDDEN TESTS\n(.*)### END HIDDEN TESTS", cell.source, re.DOTALL)
    return found[1] if found else ""


def checks_called(code: str) -> list[str]:
    """Name of the function of every ``check_...`` call in a piece of code."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return [call.id for call in calls if isinstance(call, ast.Name) and call.id.startswith("check_")]


def defined(source: str) -> list[str]:
    """Names of the functions that a cell defines."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


if __name__ == "__main__":
    for each in sys.argv[1:]:
        page_of(each).write_text(ProblemSet(each).mistakes_page(), encoding="utf-8")
