"""What must be true of a problem set and its sample class: `class TestIt(Laws): name = "ps5"`.

``python tests/assignments/laws.py ps5`` writes the page docs/mistakes/ps5.md, which a law holds to the class.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import re
import shutil
import sys
from functools import cache, cached_property
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder import Course, differences, grade, release, write_class
from autograder.classroom import Mangle, fill_in, load_class, student_view
from autograder.notebook import grade_id, mend, read_notebook

sys.path.insert(0, str(Path(__file__).parent))
from plain_executor import points_of, restore_locked, run, scores

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT / "assignments")
NO_GRADE = (Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK)
REGION = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS).*?\n(.*?)\n[^\n]*### END ", re.DOTALL)


def docstrings(name, thing):
    """Name and text of a function's docstring, or of a class and its methods."""
    inside = vars(thing).items() if isinstance(thing, type) else ()
    methods = [(f"{name}.{key}", value) for key, value in inside if inspect.isfunction(value)]
    return [(key, value.__doc__) for key, value in [(name, thing), *methods] if value.__doc__]


class Book:
    """Instructor's and student's copy of a problem set, its class, and what each of its hands earns."""

    def __init__(self, name: str, seconds: float = 3.0) -> None:
        self.name = name
        self.folder = COURSE.source(name).parent  # data lie beside the notebook
        self.seconds = seconds  # what a cell may take in a hand that never ends
        self.instructor = read_notebook(COURSE.source(name))
        self.release = read_notebook(COURSE.release(name))
        self.points = points_of(self.instructor)
        self.hands = {hand.student: hand for hand in load_class(COURSE, name)}
        self.says = dict(sys.modules[f"_autograder_{name}_class"].SAYS)
        self.graded = [student for student, hand in self.hands.items() if hand.mangle not in NO_GRADE]
        self._results: dict[str, dict] = {}

    @property
    def tests(self) -> list[NotebookNode]:
        """The cells with points that a program gives."""
        return [cell for cell in self.instructor.cells if grade_id(cell) in self.points]

    @property
    def answers(self) -> dict[str, str]:
        """Source of the cells for code that students fill in, solutions included."""
        return {
            grade_id(cell): cell.source
            for cell in self.instructor.cells
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
        }

    def results(self, student: str) -> dict:
        """What each cell of a student did; mended and with hidden tests, as it is graded."""
        if student not in self._results:
            hand = self.hands[student]
            notebook, _ = mend(fill_in(hand, self.instructor, self.release), self.release)
            restore_locked(notebook, self.instructor)
            with contextlib.chdir(self.folder):
                self._results[student] = run(notebook, self.seconds if hand.kind == "endless" else 0.0)
        return self._results[student]

    def scores(self, student: str) -> dict[str, float]:
        """Points of a student, by test cell."""
        return scores(self.results(student), self.points)

    def lost(self, student: str) -> list[str]:
        """Test cells in which a student has no points, in order."""
        got = self.scores(student)
        return [name for name in self.points if got[name] == 0]

    def message(self, student: str) -> str:
        """What the student reads first: the message that names the mistake, or the first one."""
        results = self.results(student)
        messages = [results[name].error.partition(": ")[2] for name in self.lost(student)]
        naming = [text for text in messages if self.says.get(student, "\0") in text]
        return " ".join((naming or messages)[0].split())

    def names_after(self, *answers: str) -> dict[str, object]:
        """The instructor's names after the locked cells and some of the answers."""
        names: dict[str, object] = {"__name__": "__main__"}
        with contextlib.chdir(self.folder):
            for cell in self.instructor.cells:
                locked = cell.metadata.get("nbgrader", {}).get("locked") and grade_id(cell) not in self.points
                if cell.cell_type == "code" and (locked or grade_id(cell) in answers):
                    exec(compile(student_view(cell.source), "<cell>", "exec"), names)
        return names

    @cached_property
    def solved(self) -> dict[str, object]:
        """The instructor's names after all answers; copy them before changing any."""
        return self.names_after(*self.answers)

    def page(self) -> str:
        """The page docs/mistakes/psN.md: points, and for each mistake what it costs and what is said."""
        rows = [f"| {name} | {points:g} |" for name, points in self.points.items()]
        mistakes = [self._row(student) for student in self.hands if self.hands[student].kind == "wrong"]
        return "\n".join(
            [
                f"# Mistakes in problem set {self.name[2:]}\n",
                f"Made by `python tests/assignments/laws.py {self.name}` from the sample class; "
                "a test keeps it true.\n",
                f"| test cell | points of {sum(self.points.values()):g} |\n|---|---|",
                *rows,
                "\n| what the student does | loses | and reads |\n|---|---|---|",
                *mistakes,
                "",
            ]
        )

    def _row(self, student: str) -> str:
        cells = self.lost(student)
        costs = sum(self.points[name] for name in cells)
        said = self.message(student).replace("|", "\\|").replace("*", "\\*")
        listed = ", ".join(cells) if len(cells) < 9 else f"{len(cells)} cells"
        return f"| {self.hands[student].description} | {costs:g}: {listed} | {said} |"


@cache
def book(name: str) -> Book:
    """The problem set of this name, read once."""
    return Book(name)


def checks_in(code: str) -> int:
    """Number of statements of a piece of code that call a `check_...` function."""
    calls = (node.value for node in ast.parse(code).body if isinstance(node, ast.Expr))
    return sum(getattr(getattr(call, "func", None), "id", "").startswith("check_") for call in calls)


def defined(source: str) -> list[str]:
    """Names of the functions and classes at the top of a piece of code."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


class Laws:
    """The laws. A subclass gives the name, a sample of the class, and which cells grade derivatives."""

    name: str
    total: float
    sample: tuple[str, ...]
    nothing_done: str  # handed in the notebook as it was released
    zeros: str  # right values, zero derivatives
    derivative_cells: frozenset[str]
    without_example: frozenset[str] = frozenset()
    unnamed: frozenset[str] = frozenset()  # wrong without a mistake that a message could name

    def pytest_generate_tests(self, metafunc) -> None:
        """One test for each student, and one for each cell."""
        pages = book(self.name)
        others = [student for student in pages.graded if student not in self.sample]
        if "student" in metafunc.fixturenames:
            metafunc.parametrize("student", self.sample)
        if "other" in metafunc.fixturenames:
            metafunc.parametrize("other", others)
        if "cell" in metafunc.fixturenames:
            metafunc.parametrize("cell", pages.tests, ids=grade_id)

    @property
    def book(self) -> Book:
        return book(self.name)

    def expected(self, student):
        return self.book.points | dict(self.book.hands[student].expected)

    def test_points_are_those_that_the_text_promises(self):
        assert sum(self.book.points.values()) == self.total
        promised, found, title = {}, {}, ""
        for cell in self.book.instructor.cells:
            heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
            title = heading[1] if heading else title
            if number := re.search(r"\((?:written, )?(\d+) points\)", title):
                promised[title] = float(number[1])
                points = cell.metadata.get("nbgrader", {}).get("points", 0)
                found[title] = found.get(title, 0) + points
        assert found == promised

    def test_a_student_gets_exactly_what_is_expected(self, student):
        assert self.book.scores(student) == self.expected(student)

    @pytest.mark.exhaustive
    def test_every_other_student_gets_exactly_what_is_expected(self, other):
        assert self.book.scores(other) == self.expected(other)

    def test_a_message_names_the_mistake(self, student):
        assert self.book.says.get(student, "") in (self.book.message(student) if self.lost(student) else "")

    @pytest.mark.exhaustive
    def test_a_message_names_every_other_mistake(self, other):
        assert self.book.says.get(other, "") in (self.book.message(other) if self.lost(other) else "")

    def lost(self, student):
        return self.book.lost(student)

    def test_nine_mistakes_of_ten_are_named(self):
        wrong = {s for s, hand in self.book.hands.items() if hand.kind == "wrong"} - self.unnamed
        assert len(wrong) >= 10
        assert len(wrong & set(self.book.says)) >= 0.9 * len(wrong)

    @pytest.mark.exhaustive
    def test_the_page_of_mistakes_is_up_to_date(self):
        assert page_of(self.name).read_text(encoding="utf-8") == self.book.page()

    def test_the_page_of_mistakes_has_a_line_for_each(self):
        page = page_of(self.name).read_text(encoding="utf-8")
        for student in self.book.says:
            assert self.book.hands[student].description in page

    def test_who_cannot_be_graded_is_expected_to_have_no_grade(self):
        for hand in self.book.hands.values():
            assert (hand.expected is None) == (hand.mangle in NO_GRADE)

    @pytest.mark.exhaustive
    def test_the_engine_gives_a_sample_what_is_expected(self, tmp_path):
        for part in ("source", "authoring"):
            shutil.copytree(ROOT / "assignments" / part, tmp_path / part)
        shutil.copyfile(ROOT / "assignments" / "nbgrader_config.py", tmp_path / "nbgrader_config.py")
        course, hands = Course(tmp_path), [self.book.hands[student] for student in self.sample]
        release(course, self.name)
        write_class(course, self.name, hands)
        assert differences(hands, grade(course, self.name)) == ()

    def test_the_student_copy_earns_nothing(self):
        assert set(self.book.scores(self.nothing_done).values()) == {0.0}

    def test_zero_derivatives_of_the_right_shape_earn_nothing(self):
        got = self.book.scores(self.zeros)
        assert {name for name in self.derivative_cells if got[name] > 0} == set()

    def test_the_number_of_hidden_checks_printed_is_true(self, cell):
        hidden = re.search(r"### BEGIN HIDDEN TESTS\n(.*)### END HIDDEN TESTS", cell.source, re.DOTALL)[1]
        count, said = checks_in(hidden), re.search(r"visible_checks_passed\(hidden=(\d+)\)", cell.source)[1]
        assert count == int(said)
        assert count == len(re.findall(r"^ *check_(?!array)\w+\(", hidden, re.MULTILINE))
        assert count > 0

    def test_a_test_cell_assigns_no_name_that_a_student_defines(self, cell):
        students = {name for source in self.book.answers.values() for name in defined(source)}
        nodes = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
        assert students.isdisjoint(node.id for node in nodes if isinstance(node.ctx, ast.Store))

    def test_a_test_cell_needs_no_other_test_cell(self, cell):
        exec(compile(cell.source, "<cell>", "exec"), dict(self.book.solved))

    @pytest.mark.parametrize("identity", ["Ada Lovelace", "µ"])
    def test_the_instructor_passes_with_anybodys_numbers(self, identity):
        names = self.book.names_after(*self.book.answers)
        names |= {"IDENTITY": identity, "COURSE_KEY": f"key of {identity}"}
        for cell in self.book.tests:
            exec(compile(cell.source, "<cell>", "exec"), names)

    def test_the_examples_in_the_docstrings_are_true(self):
        names = dict(self.book.solved)
        parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
        things = [name for source in self.book.answers.values() for name in defined(source)]
        # doctest's own finder looks for the file of a class, and a cell has none.
        texts = [text for name in things for text in docstrings(name, names[name])]
        tests = [parser.get_doctest(text, dict(names), name, None, 0) for name, text in texts]
        for test in tests:
            runner.run(test)
        assert runner.failures == 0
        assert set(things) - {test.name for test in tests if test.examples} == self.without_example

    def test_every_gap_has_a_hint_and_a_stub(self):
        sources = "\n".join(self.book.answers.values())
        released = "\n".join(cell.source for cell in self.book.release.cells)
        gaps = sources.count("### BEGIN SOLUTION")
        assert sources.count("# Hint: ") == gaps == released.count("raise NotImplementedError")

    @pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "Marking guide", "mlpkit"])
    def test_the_student_copy_does_not_contain(self, mark):
        assert mark not in "\n".join(cell.source for cell in self.book.release.cells)

    def test_the_student_copy_contains_no_solution_and_no_hidden_tests(self):
        released = "\n".join(cell.source for cell in self.book.release.cells)
        for cell in self.book.instructor.cells:
            assert not any(region.strip() in released for region in REGION.findall(cell.source))

    def test_notebooks_hold_no_outputs(self):
        books = (self.book.instructor, self.book.release)
        assert not any(cell.get("outputs") for notebook in books for cell in notebook.cells)


def page_of(name: str) -> Path:
    """Where the page of mistakes of a problem set lies."""
    return ROOT / "docs" / "mistakes" / f"{name}.md"


if __name__ == "__main__":
    for problem_set in sys.argv[1:]:
        page_of(problem_set).write_text(book(problem_set).page(), encoding="utf-8")
