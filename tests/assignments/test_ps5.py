"""Problem set 5: the machines of the class earn what they deserve, and the worked numbers are those of the text."""

from __future__ import annotations

import math

import numpy as np
import pytest
from laws import Laws
from problem_book import Book

PS5 = Book("ps5", seconds=0.6)
PARTS = ("dual-product", "dual-quotient", "dual-power", "functions", "forward-gradient")
PARTS += ("node-product", "node-quotient", "node-power", "reverse-gradient", "network-gradient")
OTHERS = (
    "central-difference numerical-gradient dual-chain node-chain backward-chain backward-shared quiz-machines"
)
#: A sum over all paths, a derivative with a chain of two, and a quotient: by hand.
SHARED = {"t": -6.75, "u1": -2.0, "u2": -2.0, "u": -2.0, "y": 1.0}


class TestProblemSet5(Laws):
    book = PS5
    total, problems, mistakes = 45, 13, 30
    #: Every kind of cell and of mistake once.
    sample = ("bruno", "chloe", "denis", "elin", "farid", "kofi", "lena", "pavel", "wim")
    sample += ("abel", "birgit", "emre", "karl", "nora", "otto", "petra", "quirin", "rolf", "timo", "ulla")
    nothing_done, zeros = "quirin", "otto"
    all_zeros = None  # the class has none; an order of nodes, for one, holds no number
    in_two_cells = frozenset(PARTS)
    other_derivatives = frozenset(f"test-{name}" for name in OTHERS.split())
    without_example = frozenset({"exp", "cos", "as_dual", "as_node"}) | frozenset(
        {"runs_once_per_weight", "exact", "best_for_a_curve", "keeps_everything"}
    )
    given_functions = frozenset({"as_dual", "as_node"})
    identities = ("Ada Lovelace", "µ", None)
    unnamed = frozenset({"nora", "otto"})  # a cell that does not run, and zeros


@pytest.fixture(scope="module")
def names():
    return dict(PS5.solved)


def test_the_machines_of_the_instructor_agree_with_each_other(names):
    rng = np.random.default_rng(5)
    for x, z in rng.uniform(1.5, 2.5, size=(5, 2)):
        walked = names["reverse_gradient"](names["quiz"], x, z)
        carried = names["forward_gradient"](names["quiz"], x, z)
        assert np.allclose(walked, carried, rtol=1e-13)
        measured = names["numerical_gradient"](lambda p: names["quiz"](*map(float, p)), np.array([x, z]))
        assert np.allclose(walked, measured, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "z", "value", "slopes"),
    [(2.0, 3.0, 412.08655, (1208.36656, 809.73981))],
)
def test_worked_numbers_n7(names, x, z, value, slopes):
    assert round(names["quiz"](x, z), 5) == value
    assert tuple(names["reverse_gradient"](names["quiz"], x, z).round(5)) == slopes


def test_worked_numbers_n8_in_the_written_answer():
    answer = PS5.model_answer("why-back")
    t = 4.0
    outer, first, second = -math.sin(math.sin(t) + 3 * t), math.cos(t), 3.0
    for number in (outer, first, outer * first, outer * second, outer * (first + second)):
        assert f"{number:.4f}" in answer
    assert round(outer * (first + second) * 2 * 2, 5) == 9.09915  # N8 at x = 2, where t = x²


def test_worked_numbers_n5(names):
    loss, x, d = names["network_loss"], [1.0, 0.0], 0.9
    gradient = names["reverse_gradient"](lambda *w: loss(list(w), x, d), *[0.1] * 9)
    assert round(-gradient[6], 5) == 0.08597
    assert round(-gradient[0], 6) == 0.002128


def test_shares_over_three_paths_by_hand(names):
    nodes = names["make_graph"](
        ("t", 4.0, {}),
        ("u1", -0.8, {"t": 0.5}),
        ("u2", 12.0, {"t": 3.0}),
        ("u", 11.2, {"u1": 1.0, "u2": 1.0}),
        ("y", 0.2, {"u": -2.0, "t": 0.25}),
    )
    names["backward"](names["topological_order"](nodes["y"]))
    assert {name: node.derivative for name, node in nodes.items()} == SHARED
    assert {name: names["along_paths"]("y", nodes["y"], name) for name in nodes} == SHARED


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (None, "gives None"),
        (2.0, "should be a Dual, yours is a float"),
        ("Dual(2.0, None)", "derivative of u gives None"),
        ("Dual(2.0, math.nan)", "should be finite"),
        ("Dual(Dual(2.0), 1.0)", "value of u should be a NumPy array of numbers, yours is a Dual"),
        ("Dual(2.0, True)", "yours is a bool"),
        ("Dual(np.ones(2), 1.0)", "should have shape"),
    ],
)
def test_odd_dual_numbers_get_a_message(names, number, message):
    number = eval(number, dict(names)) if isinstance(number, str) else number
    with pytest.raises(AssertionError, match=message):
        names["parts_of"]("u", number)


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ("[(Node(1.0), None)]", "gives None"),
        ("[(1.0, Node(1.0))]", "pairs"),
        ("[(Node(1.0),)]", "pairs"),
        ("[(Node(1.0), math.inf)]", "should be finite"),
    ],
)
def test_odd_parents_get_a_message(names, parents, message):
    node = names["Node"](1.0, eval(parents, dict(names)))
    with pytest.raises(AssertionError, match=message):
        names["links_of"]("y", node)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("'txy'", "should be a list"),
        ("[t, 3.0, y]", "also holds a float"),
        ("[t, y, t]", "t is there more than once"),
        ("[y]", "t is missing"),
        ("[y, t]", "y stands before its parent t"),
    ],
)
def test_odd_orders_get_a_message(names, order, message):
    nodes = names["make_graph"](("t", 1.0, {}), ("y", 2.0, {"t": 2.0}))
    with pytest.raises(AssertionError, match=message):
        names["check_order"]("the order", eval(order, dict(nodes)), nodes)


def test_a_gradient_that_is_zero_or_constant_is_refused(names):
    with pytest.raises(AssertionError, match="is 0 at a point"):
        names["check_moves"]("f'", np.zeros(3), np.zeros(3))
    with pytest.raises(AssertionError, match="the same at every point"):
        names["check_moves"]("f'", np.ones(3), np.ones(3))
