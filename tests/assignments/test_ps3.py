"""Problem set 3: what its class earns, and steps by hand that are those of the course's own network."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from cell_source import hidden_part
from laws import Laws
from problem_book import Book

from autograder.notebook import grade_id
from mlpkit import MLP, sigmoid

PS3 = Book("ps3")


class TestProblemSet3(Laws):
    book = PS3
    total, problems, mistakes = 40, 13, 30
    nothing_done, zeros, all_zeros = "priya", "jana", "kim"
    in_two_cells = frozenset({"backward"})
    # Each rule of the backward pass is one line: a cell of its own, and the pass as a whole in two.
    other_derivatives = frozenset(
        {"test-output-derivative", "test-to-sums", "test-gradients", "test-to-layer-below"}
    ) | {"test-backward-plan", "test-differences"}
    without_example = frozenset({"first_step", "second_step", "true_statements"})


def test_the_backward_pass_is_graded_against_differences_and_against_the_reference():
    cells = {grade_id(cell): hidden_part(cell.source) for cell in PS3.tests}
    assert "forward(unpack(theta), x)" in cells["test-backward-own"]
    assert "check_slopes" in cells["test-backward-own"]
    assert "net.backward" in cells["test-backward-reference"]


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
    answer = PS3.solved[name]()
    wanted, _ = training_steps()[number]
    assert answer.keys() == wanted.keys()
    for key, value in wanted.items():
        assert answer[key].shape == value.shape
        assert np.abs(answer[key] - value).max() < 1e-5, key


def test_the_table_between_the_steps_is_true():
    numbers, changes = training_steps()[0]
    table = PS3.prose[PS3.prose.index("| both hidden units") :]
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
    assert "-0.002329" in PS3.prose


def test_the_model_answer_passes_the_judge_of_the_model_answer():
    names = PS3.solved
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
    ahead, back = PS3.solved["multiplications"]((784, 512, 512, 10))
    net = MLP(widths=(784, 512, 512, 10), hidden=sigmoid, output=sigmoid)
    params = net.init(np.random.default_rng(0))
    assert ahead == sum(value.size for name, value in params.items() if name.startswith("W"))
    assert ahead < back < 2 * ahead


def test_the_cell_that_asks_whether_it_fits_is_kind_to_unfinished_work():
    assert "Come back here" in next(
        ran.stdout for ran in PS3.results("priya").values() if "Come back" in ran.stdout
    )
    assert any("largest difference" in ran.stdout for ran in PS3.results("ada").values())


def test_objects_that_agree_with_everything_earn_nothing():
    assert "yours is 7" in PS3.results("mallory")["test-to-sums"].error
    assert PS3.scores("mallory") == PS3.expected("mallory")


def test_the_numbers_of_the_model_answer_on_momentum_are_true():
    answer = PS3.model_answer("sum-old-down")
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
