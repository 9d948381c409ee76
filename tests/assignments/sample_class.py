"""A problem set and its sample class, made ready for tests; and the page that lists its mistakes.

``python tests/assignments/sample_class.py ps1`` writes docs/mistakes/ps1.md.
"""

from __future__ import annotations

import ast
import doctest
import re
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from nbformat import NotebookNode
from plain_executor import Ran, points_of, restore_locked, run, scores

from autograder.classroom import Hand, Mangle, fill_in, load_class, student_view
from autograder.course import Course
from autograder.notebook import grade_id, mend, read_notebook

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT / "assignments")
NO_GRADE = (Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK)
SECONDS = 1.0  # what a cell of an endless hand may take


@dataclass(frozen=True)
class ProblemSet:
    """Instructor's copy, student's copy and sample class of one problem set."""

    name: str

    @cached_property
    def instructor(self) -> NotebookNode:
        return read_notebook(COURSE.source(self.name))

    @cached_property
    def release(self) -> NotebookNode:
        return read_notebook(COURSE.release(self.name))

    @cached_property
    def points(self) -> dict[str, float]:
        """Points of the test cells."""
        return points_of(self.instructor)

    @cached_property
    def hands(self) -> tuple[Hand, ...]:
        return load_class(COURSE, self.name)

    @property
    def graded(self) -> list[Hand]:
        """The hands that can be graded at all."""
        return [hand for hand in self.hands if hand.mangle not in NO_GRADE]

    @cached_property
    def messages(self) -> dict[str, tuple[str, str]]:
        """Student -> (cell, part of the message that names the mistake)."""
        return sys.modules[f"_autograder_{self.name}_class"].MESSAGES if self.hands else {}

    @property
    def test_cells(self) -> list[NotebookNode]:
        return [cell for cell in self.instructor.cells if grade_id(cell) in self.points]

    @property
    def parts(self) -> dict[str, str]:
        """Source of the cells that students fill in with code, solutions included."""
        return {
            grade_id(cell): cell.source
            for cell in self.instructor.cells
            if grade_id(cell) and cell.cell_type == "code" and cell.metadata["nbgrader"]["solution"]
        }

    def hand(self, student: str) -> Hand:
        return next(hand for hand in self.hands if hand.student == student)

    def handed_in(self, student: str) -> NotebookNode:
        """The notebook of a student as it is graded: mended, with the hidden tests back in place."""
        notebook, _ = mend(fill_in(self.hand(student), self.instructor, self.release), self.release)
        restore_locked(notebook, self.instructor)
        return notebook

    def results(self, student: str) -> dict[str, Ran]:
        """What each cell of a student's notebook did."""
        return _results(self, student)

    def scores(self, student: str) -> dict[str, float]:
        return scores(self.results(student), self.points)

    def expected(self, student: str) -> dict[str, float]:
        return self.points | dict(self.hand(student).expected or {})

    def namespace(self, *solutions: str) -> dict[str, object]:
        """The instructor's names after the locked cells, and after some of the solutions."""
        names: dict[str, object] = {}
        for cell in self.instructor.cells:
            if grade_id(cell) in solutions or is_given(cell):
                exec(compile(student_view(cell.source), "<cell>", "exec"), names)
        return names

    def points_under(self, title: str) -> float:
        """Points of the cells between the heading with these words and the next."""
        cells = iter(self.instructor.cells)
        next(cell for cell in cells if title in cell.source)
        total = 0.0
        for cell in cells:
            if cell.cell_type == "markdown" and cell.source.startswith("## "):
                break
            total += cell.metadata.get("nbgrader", {}).get("points", 0)
        return total

    def prose(self) -> str:
        return "\n".join(cell.source for cell in self.instructor.cells if cell.cell_type == "markdown")

    def mistakes_page(self) -> str:
        """The page docs/mistakes/psN.md: points per cell, every mistake, what it costs and what is said."""
        title = self.prose().splitlines()[0].removeprefix("# ")
        return "\n".join([f"# {title}: points and mistakes", "", *_PREFACE, *self._rows(), ""])

    def _rows(self) -> list[str]:
        rows = ["| cell | points |", "|---|---|"]
        rows += [f"| `{name}` | {points:g} |" for name, points in self.points.items()]
        rows += ["", "| what the student does | costs | the first message |", "|---|---|---|"]
        for hand in self.graded:
            lost = [name for name in self.points if self.scores(hand.student)[name] == 0]
            if hand.kind == "wrong":
                first = self.messages.get(hand.student, (lost[0], ""))[0]
                said = self.results(hand.student)[first].error.partition(": ")[2] or "(no message)"
                lost_cells = (
                    ", ".join(f"`{name}`" for name in lost) if len(lost) < 8 else f"{len(lost)} cells"
                )
                said = " ".join(said.split()).replace("|", "\\|").replace("*", "\\*")
                rows.append(f"| {hand.description} | {lost_cells} | {said} |")
        return rows


_PREFACE = (
    "Made by `python tests/assignments/sample_class.py`; a test holds it to what the checks say. Each mistake is",
    "handed in by a student of the sample class.",
    "",
)


@cache
def _results(problem_set: ProblemSet, student: str) -> dict[str, Ran]:
    endless = problem_set.hand(student).kind == "endless"
    return run(problem_set.handed_in(student), SECONDS if endless else 0.0)


def is_given(cell: NotebookNode) -> bool:
    """Whether a cell is locked code without points."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("locked")) and not marks["grade"]


def hidden_part(cell: NotebookNode) -> str:
    """The hidden tests of a cell."""
    return re.search(r"### BEGIN HIDDEN TESTS\n(.*)### END HIDDEN TESTS", cell.source, re.DOTALL)[1]


def checks_called(code: str) -> list[str]:
    """Every `check_...` call of a piece of code but those that only unpack a value."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    names = [function.id for function in calls if getattr(function, "id", "").startswith("check_")]
    return [name for name in names if name not in ("check_array", "check_tuple")]


def checks_at_top(code: str) -> int:
    """How many of these calls are statements of their own, in no loop and behind no condition."""
    statements = (node.value for node in ast.parse(code).body if isinstance(node, ast.Expr))
    return sum(checks_called(ast.unparse(value))[:1] != [] for value in statements)


def defined(source: str) -> list[str]:
    """Names of the functions that a piece of code defines."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def assigned(source: str) -> set[str]:
    """Names that a piece of code binds, functions included."""
    tree = ast.walk(ast.parse(source))
    return {
        node.id if isinstance(node, ast.Name) else node.name
        for node in tree
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }


def failed_examples(problem_set: ProblemSet) -> tuple[int, set[str]]:
    """Number of untrue examples in docstrings, and the functions that have examples."""
    names = problem_set.namespace(*problem_set.parts)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    functions = [name for source in problem_set.parts.values() for name in defined(source)]
    tests = [test for name in functions for test in finder.find(names[name], name, module=False, globs=names)]
    for test in tests:
        runner.run(test)
    return runner.failures, {test.name for test in tests if test.examples}


def page_of(name: str) -> Path:
    """Where the page of mistakes of a problem set lies."""
    return ROOT / "docs" / "mistakes" / f"{name}.md"


if __name__ == "__main__":
    for problem_set in map(ProblemSet, sys.argv[1:]):
        page_of(problem_set.name).parent.mkdir(exist_ok=True)
        page_of(problem_set.name).write_text(problem_set.mistakes_page(), encoding="utf-8")
