"""Problem set 3: full marks for right work in any style, nothing for none, the right points in between."""

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

from mlpkit import MLP, sigmoid

PS = ProblemSet("ps3")
POINTS = PS.points
DERIVATIVES = {
    "test-output-derivative",
    "test-to-sums",
    "test-gradients",
    "test-to-layer-below",
    "test-backward-plan",
    "test-backward-own",
    "test-backward-reference",
    "test-differences",
}


def test_the_instructor_has_full_marks():
    assert scores(run(PS.instructor), POINTS) == POINTS


def test_points_are_those_that_the_text_promises():
    assert sum(POINTS.values()) == 40
    titles = re.findall(r"^## (Problem \d+\..*?) \((?:written, )?(\d+) points?\)", PS.prose(), re.M)
    assert len(titles) == 13
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


def test_the_backward_pass_is_graded_against_differences_and_against_the_reference():
    cells = {grade_id(cell): hidden_part(cell) for cell in PS.test_cells}
    assert "forward(unpack(theta), x)" in cells["test-backward-own"]
    assert "check_slopes" in cells["test-backward-own"]
    assert "net.backward" in cells["test-backward-reference"]


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
    assert page_of("ps3").read_text("utf-8") == PS.mistakes_page()


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
    assert with_examples == functions - {"first_step", "second_step", "true_statements"}


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


def training_steps():
    """The three steps by hand from the course's own network: numbers and parameters, and the changes."""
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {k: np.full(s, 0.1) for k, s in (("W1", (2, 2)), ("b1", 2), ("W2", (1, 2)), ("b2", 1))}
    changes = {k: np.zeros_like(v) for k, v in params.items()}
    steps = []
    for x, d in (([1.0, 0.0], 0.9), ([0.0, 1.0], -0.3), ([1.0, 1.0], 0.8)):
        trace = net.forward(params, np.array(x))
        grads = net.backward(params, trace, np.array([d]))
        changes = {k: 0.9 * changes[k] - 0.2 * grads[k] for k in params}
        params = {k: params[k] + changes[k] for k in params}
        numbers = {"y1": trace.y[1], "y2": trace.y[2], "dz1": grads.wrt_z[1], "dz2": grads.wrt_z[2]}
        steps.append((numbers | params, changes))
    steps[1][0].update({f"{key} third": steps[2][0][key] for key in ("y2", "dz2", "W2", "b2")})
    return steps


@pytest.mark.parametrize(("number", "name"), [(0, "first_step"), (1, "second_step")])
def test_the_steps_by_hand_are_those_of_the_course(number, name):
    answer = PS.namespace(*PS.parts)[name]()
    wanted, _ = training_steps()[number]
    assert answer.keys() == wanted.keys()
    for key, value in wanted.items():
        assert answer[key].shape == value.shape
        assert np.abs(answer[key] - value).max() < 1e-5, key


def test_the_table_between_the_steps_is_true():
    numbers, changes = training_steps()[0]
    table = PS.prose()[PS.prose().index("| both hidden units") :]
    for value in (
        numbers["W1"][0, 0],
        numbers["W2"][0, 0],
        numbers["b2"][0],
        changes["W1"][0, 0],
        changes["b2"][0],
    ):
        assert f"{value:.6f}" in table


def test_the_number_for_new_output_weights_is_what_they_give():
    numbers, _ = training_steps()[0]
    y, dz2 = numbers["y1"][0], numbers["dz2"][0]
    assert f"{dz2 * numbers['W2'][0, 0] * y * (1 - y):.6f}" == "-0.002329"
    assert "-0.002329" in PS.prose()


def test_the_model_answer_passes_the_judge_of_the_model_answer():
    names = PS.namespace(*PS.parts)
    rng = np.random.default_rng(5)
    params = {
        "W1": rng.normal(size=(3, 2)),
        "b1": rng.normal(size=3),
        "W2": rng.normal(size=(2, 3)),
        "b2": rng.normal(size=2),
    }
    x, d = np.array([0.3, -2.0]), np.array([1.0, 0.0])
    rules = [names[name] for name in ("output_derivative", "to_sums", "gradients", "to_layer_below")]
    found = names["backward"](params, names["forward"](params, x), d, *rules)
    judged = names["numerical_gradient"](
        lambda p: 0.5 * ((names["forward"](p, x)[-1] - d) ** 2).sum(), params
    )
    assert all(np.abs(found[name] - judged[name]).max() < 1e-9 for name in params)


def test_the_differences_of_the_first_check_are_those_of_its_formula():
    a, b, c, h = sp.symbols("a b c h")
    loss = a**3 + b**3 + a * b + 2 * c**2
    at = {a: 1, b: 2, c: 3, h: sp.Rational(1, 10)}
    slopes = [float(((loss.subs(v, v + h) - loss.subs(v, v - h)) / (2 * h)).subs(at)) for v in (a, b, c)]
    assert np.allclose(slopes, [5.01, 13.01, 12.0])


def test_a_backward_pass_costs_less_than_two_forward_passes():
    ahead, back = PS.namespace(*PS.parts)["multiplications"]((784, 512, 512, 10))
    net = MLP(widths=(784, 512, 512, 10), hidden=sigmoid, output=sigmoid)
    params = net.init(np.random.default_rng(0))
    assert ahead == sum(value.size for name, value in params.items() if name.startswith("W"))
    assert ahead < back < 2 * ahead


def test_the_cell_that_asks_whether_it_fits_is_kind_to_unfinished_work():
    assert "Come back here" in next(
        ran.stdout for ran in PS.results("priya").values() if "Come back" in ran.stdout
    )
    assert any("largest difference" in ran.stdout for ran in PS.results("ada").values())


def test_objects_that_agree_with_everything_earn_nothing():
    assert "yours is 7" in PS.results("mallory")["test-to-sums"].error
    assert PS.scores("mallory") == PS.expected("mallory")


def test_the_numbers_of_the_model_answer_on_momentum_are_true():
    answer = next(cell.source for cell in PS.instructor.cells if grade_id(cell) == "sum-old-down")
    (_, second), (third, change) = training_steps()[1:]
    carried, pushed = 0.9 * second["b2"][0], -0.2 * third["dz2"][0]
    assert np.isclose(carried + pushed, change["b2"][0])
    for number in (
        f"{third['dz2'][0]:.5f}",
        f"{pushed:.5f}",
        f"{carried:.5f}",
        f"{-pushed / second['b2'][0]:.3f}",
    ):
        assert number in answer
