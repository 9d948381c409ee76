"""Dual numbers and graph nodes as objects: what they hold, show and keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit.differentiate import (
    Dual,
    Node,
    backward,
    counting,
    directional_derivative,
    exp,
    graph,
    log,
    sin,
    tanh,
    topological_order,
)
from mlpkit.differentiate.examples import nested_cosine, quiz_function

# -- dual numbers --------------------------------------------------------------------------------------


def test_a_constant_has_derivative_zero():
    assert Dual([1.0, 2.0]).derivative.tolist() == [0.0, 0.0]


def test_epsilon_squared_is_zero():
    epsilon = Dual(0.0, 1.0)
    square = epsilon * epsilon
    assert (square.value, square.derivative) == (0.0, 0.0)


def test_the_product_rule_by_hand():
    product = Dual(2.0, 3.0) * Dual(5.0, 7.0)
    assert (product.value, product.derivative) == (10.0, 2 * 7 + 3 * 5)


def test_a_derivative_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"derivative must have the shape of value, \(2,\), got \(3, 2\)"):
        Dual(np.ones(2), np.ones((3, 2)))


def test_arrays_on_the_left_keep_the_derivative():
    u = Dual([1.0, 2.0], [1.0, 0.0])
    product = np.array([[3.0, 4.0], [5.0, 6.0]]) @ u
    assert product.derivative.tolist() == [3.0, 5.0]
    assert (np.array([2.0, 3.0]) - u).derivative.tolist() == [-1.0, 0.0]


def test_the_repr_shows_both_parts():
    assert repr(Dual(1.5, -2.0)) == "Dual(value=1.5, derivative=-2.0)"
    assert repr(Dual([1.0, 2.0])) == "Dual(value=[1., 2.], derivative=[0., 0.])"


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.5, 2))
def test_a_directional_derivative_is_the_sum_over_the_arguments(v, w, x):
    along = directional_derivative(lambda a, b: sin(a) * exp(b), (x, -x), (v, w))
    expected = np.cos(x) * np.exp(-x) * v + np.sin(x) * np.exp(-x) * w
    assert along.derivative == pytest.approx(expected, abs=1e-14)


def test_one_run_gives_one_direction():
    with counting() as counts:
        directional_derivative(lambda x: (x * x).sum(), (np.ones(10),), (np.ones(10),))
    assert counts.evaluations == 1


def test_a_direction_is_needed_for_each_argument():
    with pytest.raises(ValueError, match="one entry for each of 2 arguments"):
        directional_derivative(lambda a, b: a, (1.0, 2.0), (1.0,))


# -- the graph -----------------------------------------------------------------------------------------


@pytest.fixture
def n8():
    x = Node(2.0, "x")
    return x, nested_cosine(x)


def test_nodes_remember_operation_parents_and_local_derivatives(n8):
    x, J = n8
    assert J.operation == "cos"
    (u,) = J.parents
    assert u.operation == "+"
    u1, u2 = u.parents
    assert (u1.operation, u2.operation) == ("sin", "*")
    three, t = u2.parents
    assert three.operation == "constant"
    assert u1.parents[0] is t  # one node with two uses
    assert float(J.local_derivatives[0]) == pytest.approx(-np.sin(float(u.value)))
    assert u2.local_derivatives[0] is None
    assert float(u2.local_derivatives[1]) == 3.0
    assert [float(d) for d in t.local_derivatives] == [2.0, 2.0]
    assert t.parents == (x, x)


def test_every_node_holds_the_derivative_of_the_result_to_it(n8):
    x, J = n8
    backward(J)
    (u,) = J.parents
    (u1, u2) = u.parents
    t = u2.parents[1]
    du = -np.sin(np.sin(4.0) + 12.0)
    assert [float(node.derivative) for node in (J, u, u1, u2)] == pytest.approx([1.0, du, du, du])
    assert float(t.derivative) == pytest.approx(du * np.cos(4.0) + du * 3)
    assert round(float(x.derivative), 5) == 9.09915
    assert u2.parents[0].derivative is None  # a constant


def test_the_order_is_topological_and_has_every_node_once():
    x, z = Node(2.0, "x"), Node(3.0, "z")
    order = topological_order(quiz_function(x, z))
    place = {id(node): n for n, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[id(parent)] < place[id(node)] for node in order for parent in node.parents)
    assert {id(x), id(z)} <= set(place)


def test_backward_visits_in_the_reverse_order(n8):
    _, J = n8
    assert backward(J) == topological_order(J)[::-1]


def test_a_node_used_twice_collects_both_uses():
    x = Node(3.0)
    backward(x * x + x)
    assert x.derivative == 7.0


def test_a_second_backward_does_not_count_twice(n8):
    x, J = n8
    backward(J)
    once = x.derivative
    backward(J)
    assert x.derivative == once


def test_accumulating_adds_up_at_every_node(n8):
    _, J = n8
    backward(J)
    before = [node.derivative for node in backward(J) if node.operation != "constant"]
    visited = backward(J, accumulate=True)
    after = [node.derivative for node in visited if node.operation != "constant"]
    np.testing.assert_allclose(after, 2 * np.array(before), rtol=1e-15)


def test_accumulating_over_two_results_adds_their_derivatives():
    x = Node(2.0)
    backward(x * x)
    backward(exp(x), accumulate=True)
    assert float(x.derivative) == pytest.approx(4.0 + np.exp(2.0))


def test_two_results_share_a_graph_without_mixing():
    x = Node(2.0)
    shared = x * x
    first, second = 3 * shared, log(shared)
    backward(first)
    assert x.derivative == 12.0
    backward(second)
    assert x.derivative == 1.0


def test_broadcast_operands_get_their_own_shape_back():
    b, row, column = Node(0.5), Node(np.ones((1, 3))), Node(np.ones((2, 1)))
    backward((b * row * column).sum())
    assert (b.derivative.shape, row.derivative.shape, column.derivative.shape) == ((), (1, 3), (2, 1))
    assert (float(b.derivative), row.derivative[0, 0], column.derivative[0, 0]) == (6.0, 1.0, 1.5)


def test_a_seed_chooses_the_combination_of_results():
    x = Node([1.0, 2.0])
    backward(x * x, [10.0, 1.0])
    assert x.derivative.tolist() == [20.0, 4.0]


def test_several_results_need_a_seed():
    with pytest.raises(ValueError, match=r"one number, got shape \(2,\): sum it, or give a seed"):
        backward(Node([1.0, 2.0]) * 2)
    with pytest.raises(ValueError, match=r"seed must have shape \(2,\)"):
        backward(Node([1.0, 2.0]) * 2, 1.0)


def test_backward_needs_a_node():
    with pytest.raises(TypeError, match="starts from a Node, got float"):
        backward(1.0)


def test_the_value_of_a_node_cannot_be_changed_behind_its_back():
    original = np.array([1.0, 2.0])
    x = Node(original)
    y = (x * x).sum()
    original[:] = 0
    backward(y)
    assert x.derivative.tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="read-only"):
        x.value[0] = 5.0


def test_graphs_may_be_deeper_than_the_stack():
    x = Node(1.0)
    y = x
    for _ in range(2000):
        y = y + 0.001 * y
    backward(y)
    assert float(x.derivative) == pytest.approx(1.001**2000, rel=1e-9)


def test_products_of_more_than_two_axes_are_refused():
    with pytest.raises(ValueError, match="vectors and matrices"):
        Node(np.ones((2, 2, 2))) @ Node(np.ones((2, 2)))


def test_the_other_factor_is_the_local_derivative_of_a_product():
    W, x = Node(np.array([[1.0, 2.0]])), Node(np.array([3.0, 4.0]))
    of_W, of_x = (W @ x).local_derivatives
    assert of_W.tolist() == [3.0, 4.0]
    assert of_x.tolist() == [[1.0, 2.0]]


def test_reprs_show_name_operation_and_numbers():
    x = Node(2.0, "x")
    y = tanh(x)
    assert repr(x) == "Node(x: input, value=2)"
    backward(y)
    assert repr(y) == "Node(tanh, value=0.964028, derivative=1)"
    assert repr(Node(np.ones((2, 3)))) == "Node(input, value=array of shape (2, 3))"


def test_one_graph_serves_all_rows_of_a_jacobian():
    with counting() as counts:
        graph.jacobian(tanh, np.ones(4))
    assert (counts.nodes, counts.backward_passes, counts.visits) == (1, 4, 8)
