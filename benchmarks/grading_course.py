"""The classes that `benchmarks.grading` grades: twelve answers with a test each, and problem set 2."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import Course, load_class, release, write_class
from autograder.classroom import Mangle

__all__ = ["Class", "in_process", "problem_set_two", "twelve_tests"]

ROOT = Path(__file__).resolve().parents[1]
FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);\n"
CONFIG = (ROOT / "assignments" / "nbgrader_config.py").read_text("utf-8")
# Processor time is known of processes that somebody has waited for; bubblewrap does not wait for its own.
CONFIG += "\nc.AutograderLimits.bubblewrap = False\n"

ANSWER = """def answer_{n}(x):
    ### BEGIN SOLUTION
    z = np.asarray(x, dtype=float) - {n}
    return np.exp(-z * z).sum(axis=-1)
    ### END SOLUTION"""
TEST = """x = np.linspace(0.0, {n}.0, 12).reshape(3, 4)
assert answer_{n}(x).shape == (3,)
### BEGIN HIDDEN TESTS
expected = [sum(np.exp(-((value - {n}) ** 2)) for value in row) for row in x]
np.testing.assert_allclose(answer_{n}(x), expected)
### END HIDDEN TESTS"""
# What one student in three gets wrong, each of them elsewhere.
WRONG = "def answer_{n}(x):\n    return np.zeros(3)"


@dataclass(frozen=True)
class Class:
    """A course whose students have handed in.

    Parameters
    ----------
    title : str
        What is to be graded, in a few words.
    course : Course
        The course folder.
    assignment : str
        The assignment's name.
    """

    title: str
    course: Course
    assignment: str

    @property
    def students(self) -> tuple[str, ...]:
        """Everybody."""
        return self.course.handed_in()


def _marks(name: str, points: int | None = None, *, solution: bool = False) -> dict[str, object]:
    """nbgrader's metadata of an answer, or of a test with points."""
    test = points is not None
    data = {"grade_id": name, "grade": test, "solution": solution, "locked": test, "task": False}
    return {"nbgrader": {**data, "schema_version": 3, **({"points": points} if test else {})}}


def _notebook() -> nbformat.NotebookNode:
    """Twelve answers with a test each, half of it hidden."""
    cells = [
        new_markdown_cell("# Twelve answers", id="title"),
        new_code_cell("import numpy as np", id="imports"),
    ]
    for n in range(1, 13):
        answer, test = f"answer-{n}", f"test-{n}"
        cells += [
            new_code_cell(ANSWER.format(n=n), metadata=_marks(answer, solution=True), id=answer),
            new_code_cell(TEST.format(n=n), metadata=_marks(test, 1), id=test),
        ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": spec})


def _filled_in(released: Path, wrong: int | None, *, figure: bool) -> nbformat.NotebookNode:
    """The student copy with right answers, but for one."""
    notebook = nbformat.read(released, as_version=4)
    for n in range(1, 13):
        cell = next(cell for cell in notebook.cells if cell.id == f"answer-{n}")
        right = "\n".join(line for line in ANSWER.format(n=n).split("\n") if "SOLUTION" not in line)
        cell.source = WRONG.format(n=n) if n == wrong else right
        if figure and n == 1:
            cell.source += "\n" + FIGURE
    return notebook


def twelve_tests(folder: Path, students: int, *, figure: bool) -> Class:
    """Make the class with twelve tests.

    Parameters
    ----------
    folder : Path
        Where the course goes.
    students : int
        How many hand in.
    figure : bool
        Whether each notebook draws one figure.
    """
    (folder / "source" / "twelve").mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    nbformat.write(_notebook(), folder / "source" / "twelve" / "twelve.ipynb")
    course = Course(folder)
    release(course, "twelve")
    for number in range(students):
        place = course.submitted(f"student{number:05d}", "twelve")
        place.mkdir(parents=True)
        wrong = number % 12 + 1 if number % 3 == 0 else None
        nbformat.write(_filled_in(course.release("twelve"), wrong, figure=figure), place / "twelve.ipynb")
    return Class(f"12 answers, 12 tests, {'one figure' if figure else 'no figure'}", course, "twelve")


def problem_set_two(folder: Path, students: int) -> Class:
    """Repeat the sample class of problem set 2, without those of whom a time-out would be measured."""
    for name in ("source", "authoring"):
        shutil.copytree(ROOT / "assignments" / name, folder / name)
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    course = Course(folder)
    release(course, "ps2")
    hands = load_class(course, "ps2")
    write_class(course, "ps2", hands)
    good = [hand.student for hand in hands if hand.mangle is Mangle.NONE and hand.kind != "endless"]
    for number in range(students):
        source = folder / "submitted" / good[number % len(good)]
        shutil.copytree(source, folder / "submitted" / f"student{number:05d}")
    for hand in hands:
        shutil.rmtree(folder / "submitted" / hand.student)
    return Class("problem set 2 with its sample class, no figure", course, "ps2")


def in_process(room: Class) -> None:
    """Let tests run beside the student's code, as in a kernel."""
    path = room.course.authoring(f"{room.assignment}.toml")
    path.parent.mkdir(exist_ok=True)
    path.write_text('mode = "in-process"\n', "utf-8")
