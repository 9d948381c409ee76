"""Problem set 1: full marks for right work in any style, nothing for none, the right points in between."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp
from plain_executor import run, scores
from sample_class import (
    NO_GRADE,
    ProblemSet,
    assigned,
    checks_at_top,
    checks_called,
    defined,
    failed_examples,
    grade_id,
    hidden_part,
    page_of,
)
from scipy import optimize

PS = ProblemSet("ps1")
POINTS = PS.points
DERIVATIVES = {name for name in POINTS if name.endswith(("-own", "-reference"))}


def test_the_instructor_has_full_marks():
    assert scores(run(PS.instructor), POINTS) == POINTS


def test_points_are_those_that_the_text_promises():
    assert sum(POINTS.values()) == 40
    titles = re.findall(r"^## (Problem \d+\..*?) \((?:written, )?(\d+) points?\)", PS.prose(), re.M)
    assert len(titles) == 12
    for title, promised in titles:
        assert PS.points_under(title) == int(promised), title


@pytest.mark.parametrize("hand", PS.graded, ids=lambda hand: hand.student)
def test_every_student_gets_exactly_what_is_expected(hand):
    assert PS.scores(hand.student) == PS.expected(hand.student)


def test_who_cannot_be_graded_is_expected_to_have_no_grade():
    assert all((hand.expected is None) == (hand.mangle in NO_GRADE) for hand in PS.hands)


def test_the_student_copy_earns_nothing():
    assert set(PS.scores("priya").values()) == {0.0}


def test_zero_derivatives_of_the_right_shape_earn_nothing():
    assert {name for name, points in PS.scores("jana").items() if points == 0} == DERIVATIVES


def test_zeros_that_agree_with_each_other_earn_nothing():
    assert set(PS.scores("kim").values()) == {0.0}


def test_each_derivative_is_graded_in_two_cells():
    derivatives = {name.rsplit("-", 1)[0] for name in DERIVATIVES}
    assert {f"{name}-{kind}" for name in derivatives for kind in ("own", "reference")} == DERIVATIVES
    assert len(derivatives) == 4


def test_honest_right_work_prints_nothing_on_stderr_in_test_cells():
    for student in ("ada", "brook", "chen", "dario"):
        assert not [name for name in POINTS if PS.results(student)[name].stderr]


@pytest.mark.parametrize("student", PS.messages)
def test_the_message_names_the_mistake(student):
    cell, words = PS.messages[student]
    assert words in PS.results(student)[cell].error


def test_nine_mistakes_of_ten_are_named():
    wrong = [hand.student for hand in PS.hands if hand.kind == "wrong"]
    assert len(wrong) >= 10
    assert len(set(wrong) & set(PS.messages)) >= 0.9 * len(wrong)


def test_the_page_of_mistakes_is_what_the_checks_say():
    assert page_of("ps1").read_text("utf-8") == PS.mistakes_page()


@pytest.mark.parametrize("cell", PS.test_cells, ids=grade_id)
def test_the_number_of_hidden_checks_printed_is_true(cell):
    count = len(checks_called(hidden_part(cell)))
    checks = "hidden checks run" if count != 1 else "hidden check runs"
    last = PS.results("ada")[grade_id(cell)].stdout.splitlines()[-1]
    assert last == f"The visible checks of this cell passed; {count} {checks} at grading."
    assert checks_at_top(hidden_part(cell)) == count > 0


@pytest.mark.parametrize("cell", PS.test_cells, ids=grade_id)
def test_a_test_cell_assigns_no_name_that_a_student_defines(cell):
    students = {name for part in PS.parts.values() for name in defined(part)}
    assert assigned(cell.source).isdisjoint(students)


@pytest.mark.parametrize("identity", ['"ada"', '"z9"', "None", "3"])
def test_right_work_passes_with_the_numbers_of_anybody(identity):
    notebook = PS.handed_in("ada")
    cell = next(cell for cell in notebook.cells if cell.id == "identity")
    cell.source = f"IDENTITY = {identity}"
    assert scores(run(notebook), POINTS) == POINTS


def test_right_work_passes_with_hidden_numbers_of_any_course():
    notebook = PS.handed_in("ada")
    next(cell for cell in notebook.cells if cell.id == "identity").source = 'COURSE_KEY = "autumn"'
    assert scores(run(notebook), POINTS) == POINTS


def test_the_examples_in_the_docstrings_are_true():
    failures, with_examples = failed_examples(PS)
    functions = {name for source in PS.parts.values() for name in defined(source)}
    assert failures == 0
    assert with_examples == functions - {"always_true", "decided_by_the_hessian"}


def test_every_function_has_a_hint_and_a_region_of_its_own():
    for source in PS.parts.values():
        assert source.count("# Hint: ") == source.count("### BEGIN SOLUTION") == len(defined(source))


def test_the_student_copy_has_a_stub_for_every_function():
    stubs = sum(cell.source.count("raise NotImplementedError") for cell in PS.release.cells)
    assert stubs == sum(len(defined(source)) for source in PS.parts.values())


@pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "mlpkit"])
def test_the_student_copy_does_not_contain(mark):
    assert mark not in "\n".join(cell.source for cell in PS.release.cells)


def test_the_student_copy_contains_no_solution_and_no_hidden_tests():
    released = "\n".join(cell.source for cell in PS.release.cells)
    for cell in PS.instructor.cells:
        regions = re.findall(r"BEGIN (?:SOLUTION|HIDDEN TESTS).*?\n(.*?)\n[^\n]*END ", cell.source, re.DOTALL)
        assert not any(region.strip() in released for region in regions), grade_id(cell)


def test_notebooks_hold_no_outputs():
    assert not any(cell.get("outputs") for book in (PS.instructor, PS.release) for cell in book.cells)


# --------------------------------------------------------------------------- the answers themselves

TWO_VALLEYS = sp.sympify("x1**4 - 2*x1**2 + x1*x2 + x2**2")
THREE_VARIABLES = sp.sympify("x1**2 + x1*(1 - x2) + x2**2 - x2*x3 + x3**2 + x3")


@pytest.mark.parametrize(("name", "f"), [("two_valleys", TWO_VALLEYS), ("three_variables", THREE_VARIABLES)])
def test_the_model_answers_agree_with_symbolic_derivatives(name, f):
    names = PS.namespace(*PS.parts)
    variables = sorted(f.free_symbols, key=str)
    at = np.random.default_rng(1).normal(size=len(variables))
    numbers = dict(zip(variables, at, strict=True))
    gradient = [sp.diff(f, v) for v in variables]
    assert np.isclose(names[name](at), float(f.subs(numbers)))
    assert np.allclose(names[f"{name}_gradient"](at), [float(g.subs(numbers)) for g in gradient])
    wanted = [[float(sp.diff(g, v).subs(numbers)) for v in variables] for g in gradient]
    assert np.allclose(names[f"{name}_hessian"](at), wanted)


def test_the_floor_of_a_valley_is_where_a_search_finds_it():
    names = PS.namespace(*PS.parts)
    found = optimize.minimize(names["two_valleys"], [1.0, 0.0], tol=1e-12).x
    assert np.allclose(found, [1.125**0.5, -(1.125**0.5) / 2], atol=1e-5)


def test_the_limit_step_divides_walks_that_arrive_from_walks_that_do_not():
    names = PS.namespace(*PS.parts)
    H = np.array([[2.0, 1.0], [1.0, 8.0]])
    limit = names["limit_step"](H)
    ends = [
        names["descend"](lambda x: H @ x, np.array([3.0, 3.0]), part * limit, 2000)[-1]
        for part in (0.99, 1.01)
    ]
    assert np.abs(ends[0]).max() < 1e-6
    assert np.abs(ends[1]).max() > 1e6


def test_no_other_fixed_step_contracts_more_than_the_best():
    names = PS.namespace(*PS.parts)
    H = np.diag([1.0, 3.0, 9.0])
    found = optimize.minimize_scalar(
        lambda eta: names["contraction"](H, eta), bounds=(0.0, 1.0), method="bounded"
    )
    assert np.isclose(found.x, names["best_step"](H), atol=1e-4)


def test_the_numbers_of_the_model_answer_are_true():
    answer = next(cell.source for cell in PS.instructor.cells if grade_id(cell) == "why-the-limit")
    values, vectors = np.linalg.eigh([[2.0, 1.0], [1.0, 8.0]])
    top = np.abs(vectors[:, 1])
    factor = 1 - 0.25 * values[1]
    for number in (
        f"{3 * top.sum():.4f}",
        f"{factor:.5f}",
        f"{factor**50:.3f}",
        f"{1 - 0.25 * values[0]:.5f}",
    ):
        assert number in answer
    assert np.round(3 * top.sum() * factor**50 * top, 2).tolist() == [4.03, 24.81]


def test_objects_that_agree_with_everything_earn_nothing():
    assert "should be 0.24503, yours is 7" in PS.results("mallory")["test-limit-step"].error
    assert PS.scores("mallory") == PS.expected("mallory")
