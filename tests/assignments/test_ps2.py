"""Problem set 2: full marks for right work in any style, nothing for none, the right points in between."""

from __future__ import annotations

import ast
import doctest
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.classroom import Mangle, fill_in, load_class, student_view
from autograder.course import Course
from autograder.notebook import grade_id, mend, read_notebook

sys.path.insert(0, str(Path(__file__).parent))
from plain_executor import points_of, restore_locked, run, scores

COURSE = Course(Path(__file__).parents[2] / "assignments")
INSTRUCTOR = read_notebook(COURSE.source("ps2"))
RELEASE = read_notebook(COURSE.release("ps2"))
POINTS = points_of(INSTRUCTOR)
CLASS = load_class(COURSE, "ps2")
NO_GRADE = (Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK)
GRADED = [hand for hand in CLASS if hand.mangle not in NO_GRADE]
TEST_CELLS = [cell for cell in INSTRUCTOR.cells if grade_id(cell) in POINTS]
DERIVATIVES = {name for name in POINTS if name.endswith(("-own", "-reference"))}
PARTS = {
    grade_id(cell): cell.source
    for cell in INSTRUCTOR.cells
    if grade_id(cell) and cell.cell_type == "code" and cell.metadata["nbgrader"]["solution"]
}


def handed_in(student):
    """The notebook of one student, as it is graded: mended, with the hidden tests back in place."""
    hand = next(hand for hand in CLASS if hand.student == student)
    notebook, _ = mend(fill_in(hand, INSTRUCTOR, RELEASE), RELEASE)
    restore_locked(notebook, INSTRUCTOR)
    return notebook


def names_called(code):
    """Every `check_...` call of a piece of code."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return [function.id for function in calls if getattr(function, "id", "").startswith("check_")]


def hidden_part(cell):
    """The hidden tests of a cell."""
    return re.search(r"### BEGIN HIDDEN TESTS\n(.*)### END HIDDEN TESTS", cell.source, re.DOTALL)[1]


def namespace_after(*solutions):
    """The instructor's names after the locked cells and some of the solutions."""
    names = {}
    for cell in INSTRUCTOR.cells:
        if grade_id(cell) in ("imports", "checks", *solutions):
            exec(compile(student_view(cell.source), "<cell>", "exec"), names)
    return names


@pytest.fixture(scope="module")
def instructor_run():
    return run(INSTRUCTOR)


def test_the_instructor_has_full_marks(instructor_run):
    assert scores(instructor_run, POINTS) == POINTS


def test_points_are_those_that_the_text_promises():
    assert sum(POINTS.values()) == 40
    for title, promised in re.findall(r"^## (Problem \d+\..*?) \((?:written, )?(\d+) points\)", text(), re.M):
        assert points_under(title) == int(promised), title


def text():
    return "\n".join(cell.source for cell in INSTRUCTOR.cells if cell.cell_type == "markdown")


def points_under(title):
    """Points of the cells between this heading and the next."""
    start = next(n for n, cell in enumerate(INSTRUCTOR.cells) if title in cell.source)
    total = 0
    for cell in INSTRUCTOR.cells[start + 1 :]:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            break
        total += cell.metadata.get("nbgrader", {}).get("points", 0)
    return total


@pytest.mark.parametrize("hand", GRADED, ids=lambda hand: hand.student)
def test_every_student_gets_exactly_what_is_expected(hand):
    seconds = 1.0 if hand.kind == "endless" else 0.0
    got = scores(run(handed_in(hand.student), seconds), POINTS)
    assert got == POINTS | dict(hand.expected)


def test_who_cannot_be_graded_is_expected_to_have_no_grade():
    assert all((hand.expected is None) == (hand.mangle in NO_GRADE) for hand in CLASS)


def test_the_student_copy_earns_nothing():
    assert set(scores(run(handed_in("priya")), POINTS).values()) == {0.0}


def test_zero_derivatives_of_the_right_shape_earn_nothing():
    got = scores(run(handed_in("lior")), POINTS)
    assert {name for name, points in got.items() if points == 0} == DERIVATIVES


def test_zeros_that_agree_with_each_other_earn_nothing():
    assert set(scores(run(handed_in("pia")), POINTS).values()) == {0.0}


def test_each_derivative_is_graded_in_two_cells():
    derivatives = {name.rsplit("-", 1)[0] for name in DERIVATIVES}
    assert {f"{name}-{kind}" for name in derivatives for kind in ("own", "reference")} == DERIVATIVES
    assert len(derivatives) == 8


def test_honest_right_work_prints_nothing_on_stderr_in_test_cells():
    for student in ("ada", "brook", "chen", "dario", "esme"):
        results = run(handed_in(student))
        assert {name for name in POINTS if results[name].stderr} == set()


def test_an_answer_that_does_not_fit_its_own_function_loses_the_cell_of_differences():
    consistent, inconsistent = (scores(run(handed_in(name)), POINTS) for name in ("mina", "arjun"))
    assert (consistent["test-tanh-own"], inconsistent["test-tanh-own"]) == (1, 0)


def test_the_message_names_the_call_the_numbers_and_the_likely_mistake():
    error = run(handed_in("femi"))["test-sigmoid-reference"].error
    assert error == "AssertionError: sigmoid_derivative(0.0) should be 0.25, yours is 0.5. Is it S(1 - S)?"


@pytest.mark.parametrize("cell", TEST_CELLS, ids=grade_id)
def test_the_number_of_hidden_checks_printed_is_true(cell, instructor_run):
    count = len(names_called(hidden_part(cell)))
    checks = "hidden checks run" if count != 1 else "hidden check runs"
    last = instructor_run[grade_id(cell)].stdout.splitlines()[-1]
    assert last == f"The visible checks of this cell passed; {count} {checks} at grading."
    assert count > 0


@pytest.mark.parametrize("cell", TEST_CELLS, ids=grade_id)
def test_no_check_is_in_a_loop_or_behind_a_condition(cell):
    at_top = [node.value for node in ast.parse(hidden_part(cell)).body if isinstance(node, ast.Expr)]
    assert len(at_top) == len(names_called(hidden_part(cell)))


@pytest.mark.parametrize("cell", TEST_CELLS, ids=grade_id)
def test_a_test_cell_assigns_no_name_that_a_student_defines(cell):
    students = {name for part in PARTS.values() for name in defined(part)}
    assigned = {node.id for node in ast.walk(ast.parse(cell.source)) if is_assignment(node)}
    assert assigned.isdisjoint(students)


def defined(source):
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def is_assignment(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def test_the_examples_in_the_docstrings_are_true():
    names = namespace_after(*PARTS)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    functions = [name for source in PARTS.values() for name in defined(source)]
    tests = [test for name in functions for test in finder.find(names[name], name, module=False, globs=names)]
    for test in tests:
        runner.run(test)
    with_examples = {test.name for test in tests if test.examples}
    assert runner.failures == 0
    assert with_examples == {f for f in functions if not f.startswith(("vanishing", "zero"))}


def test_every_function_has_a_hint_and_a_region_of_its_own():
    for source in PARTS.values():
        count = len(defined(source))
        assert source.count("# Hint: ") == source.count("### BEGIN SOLUTION") == count


def test_the_student_copy_has_a_stub_for_every_function():
    stubs = sum(cell.source.count("raise NotImplementedError") for cell in RELEASE.cells)
    assert stubs == sum(len(defined(source)) for source in PARTS.values())


@pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "mlpkit"])
def test_the_student_copy_does_not_contain(mark):
    assert mark not in "\n".join(cell.source for cell in RELEASE.cells)


def test_the_student_copy_contains_no_solution_and_no_hidden_tests():
    released = "\n".join(cell.source for cell in RELEASE.cells)
    for cell in INSTRUCTOR.cells:
        regions = re.findall(r"BEGIN (?:SOLUTION|HIDDEN TESTS).*?\n(.*?)\n[^\n]*END ", cell.source, re.DOTALL)
        assert not any(region.strip() in released for region in regions), grade_id(cell)


def test_the_numbers_of_the_model_answer_are_true():
    answer = next(cell.source for cell in INSTRUCTOR.cells if grade_id(cell) == "certain-and-wrong")
    y = 1 / (1 + np.exp(6.0))
    squared, entropy = (y - 1) * y * (1 - y), y - 1
    for number in (
        f"{y:.5f}",
        f"{squared:.5f}",
        f"{entropy:.5f}",
        f"{-0.1 * squared:.5f}",
        f"{-0.1 * entropy:.1f}",
    ):
        assert number in answer
    assert round(entropy / squared, -2) == 400


def test_notebooks_hold_no_outputs():
    assert not any(cell.get("outputs") for book in (INSTRUCTOR, RELEASE) for cell in book.cells)


ODD = {
    "none": None,
    "a list": [[0.5, 0.5]],
    "text": "0.5",
    "a truth value": True,
    "truth values": np.array([[True, False]]),
    "objects": np.array([[0.5, None]], dtype=object),
    "complex": np.array([[0.5, 0.5j]]),
    "nan": np.array([[0.5, np.nan]]),
    "infinite": np.array([[0.5, np.inf]]),
    "transposed": np.array([[0.5], [0.5]]),
    "flat": np.array([0.5, 0.5]),
    "empty": np.zeros((1, 0)),
    "ragged": [[0.5], [0.5, 0.5]],
    "text array": np.array([["0.5", "0.5"]]),
    "huge integer": 10**400,
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_returns_get_a_message_and_no_points(odd):
    check_values = namespace_after()["check_values"]
    with pytest.raises(AssertionError, match=r"^softmax\(z\) "):
        check_values("softmax(z)", odd, [[0.5, 0.5]])


class EqualsEverything(np.ndarray):
    """An array that claims to be equal, close and small, whatever one asks."""

    def __array_ufunc__(self, *_, **__):
        return np.zeros(self.shape)

    def __eq__(self, other):
        return True

    __hash__ = None


def test_an_array_that_claims_to_equal_everything_earns_nothing():
    check_values = namespace_after()["check_values"]
    hostile = np.array([[7.0, 7.0]]).view(EqualsEverything)
    with pytest.raises(AssertionError, match=r"should be 0.5, yours is 7"):
        check_values("softmax(z)", hostile, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.float64(0.5), 0.5),
        (0.5, 0.5),
        (1, 1.0),
        (np.array([1, 0]), [1.0, 0.0]),
        (np.float32([0.5, 0.25]), [0.5, 0.25]),
        (np.eye(2)[:, ::-1].T, [[0.0, 1.0], [1.0, 0.0]]),
    ],
)
def test_right_values_of_other_number_types_are_accepted(value, wanted):
    namespace_after()["check_values"]("f(z)", value, wanted)


def test_differences_agree_with_a_known_derivative():
    differences = namespace_after()["differences"]
    z = np.random.default_rng(0).normal(size=(3, 2))
    assert np.allclose(differences("sin", np.sin, z, z.shape), np.cos(z), atol=1e-9)
    rows = differences("sum of squares", lambda z: (z**2).sum(axis=1), z, (3,))
    assert np.allclose(rows, 2 * z, atol=1e-9)


@pytest.mark.parametrize(
    ("function", "slope", "message"),
    [
        (lambda z: 0 * z, lambda z: 0 * z, "in 4 places where f must change"),
        (lambda z: 3 * z, lambda z: 3 + 0 * z, "the same everywhere"),
        (np.sin, lambda z: -np.cos(z), r"df\(z\)\[3\] should be .* own f: one of the two is wrong"),
        (np.sin, lambda z: np.cos(z)[:, None], r"df\(z\) should have shape \(4,\)"),
        (lambda z: np.sin(z)[0], np.cos, r"f should have shape \(4,\)"),
    ],
    ids=["zero", "constant", "sign", "shape", "shape of the function"],
)
def test_a_derivative_that_does_not_fit_or_never_changes_is_refused(function, slope, message):
    z = np.array([0.5, 1.0, -1.1, 0.1])
    with pytest.raises(AssertionError, match=message):
        namespace_after()["check_slopes"]("df(z)", slope(z), "f", function, z, z.shape)


def test_a_derivative_that_fits_its_function_is_accepted():
    z = np.array([0.5, 1.0, -1.1, 0.1])
    namespace_after()["check_slopes"]("df(z)", np.cos(z), "f", np.sin, z, z.shape)


def test_a_function_gets_copies_of_its_arguments_in_their_own_layout():
    seen = []
    z = np.zeros((2, 3)).T
    namespace_after()["call"](seen.append, z)
    assert seen[0] is not z
    assert not np.shares_memory(seen[0], z)
    assert seen[0].flags.f_contiguous and not seen[0].flags.c_contiguous
