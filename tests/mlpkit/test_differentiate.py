"""The four ways agree: on the worked numbers, on networks, and with the backward pass of the package."""

from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import MLP, binary_cross_entropy, sigmoid
from mlpkit.differentiate import (
    Dual,
    Node,
    absolute,
    cos,
    cost_table,
    counting,
    dual,
    exp,
    expression_size,
    expression_swell,
    finite,
    graph,
    log,
    maximum,
    minimum,
    sin,
    sqrt,
    stack,
    symbolic,
    tan,
    tanh,
)
from mlpkit.differentiate import sigmoid as smooth_step
from mlpkit.differentiate.examples import logistic_loss, nested_cosine, quiz_function, two_layer_loss

WAYS = [finite, symbolic, dual, graph]
EXACT_WAYS = [symbolic, dual, graph]

every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.split(".")[-1])
every_exact_way = pytest.mark.parametrize("way", EXACT_WAYS, ids=lambda way: way.__name__.split(".")[-1])


def assert_same(found, wanted, tolerance=1e-7):
    """Equal within tolerance times the size of what is wanted, and of the same shapes."""
    found, wanted = ([*a] if isinstance(a, tuple) else [a] for a in (found, wanted))
    assert [np.shape(a) for a in found] == [np.shape(a) for a in wanted]
    for a, b in zip(found, wanted, strict=True):
        assert np.abs(a - b).max() <= tolerance * max(1, np.abs(b).max())


# -- the worked numbers --------------------------------------------------------------------------------


def test_n7_value():
    assert round(float(quiz_function(2.0, 3.0)), 5) == 412.08655


@every_way
def test_n7_derivatives(way):
    assert [round(float(g), 5) for g in way.gradient(quiz_function, 2.0, 3.0)] == [1208.36656, 809.73981]


def test_n7_by_the_complex_step():
    found = finite.gradient(quiz_function, 2.0, 3.0, method="complex")
    assert_same(found, symbolic.gradient(quiz_function, 2.0, 3.0), 1e-14)


def test_n8_value():
    assert round(float(nested_cosine(2.0)), 5) == 0.24510


@every_way
def test_n8_derivative(way):
    assert round(float(way.gradient(nested_cosine, 2.0)), 5) == 9.09915


def test_n8_symbolic_derivative_is_the_formula_of_the_lecture():
    x = sp.Symbol("x", real=True)
    t = x**2
    printed = -sp.sin(sp.sin(t) + 3 * t) * (sp.cos(t) + 3) * 2 * x
    assert sp.simplify(symbolic.gradient_expressions(nested_cosine, 0.0) - printed) == 0


@given(st.floats(1.1, 3), st.floats(-2, 2))
def test_all_ways_agree_on_n7_at_other_points(x, z):
    exact = symbolic.gradient(quiz_function, x, z)
    assert_same(dual.gradient(quiz_function, x, z), exact, 1e-12)
    assert_same(graph.gradient(quiz_function, x, z), exact, 1e-12)
    assert_same(finite.gradient(quiz_function, x, z), exact, 1e-6)


# -- networks ------------------------------------------------------------------------------------------


@pytest.fixture
def two_layers():
    """Weights of a 3-4-1 network in the order of `two_layer_loss`, with an instance."""
    rng = np.random.default_rng(4)
    shapes = ((4, 3), (4,), (1, 4), (1,), (3,))
    return *(rng.normal(size=shape) for shape in shapes), np.array([0.8])


@every_way
def test_logistic_regression_has_the_derivatives_of_the_lecture(way):
    theta, x, d = np.array([0.2, -1.0, 0.5]), np.array([1.5, -0.3]), 0.9
    y = 1 / (1 + np.exp(-(theta[0] + theta[1:] @ x)))
    found = way.gradient(lambda *p: logistic_loss(*p, d), theta, x)
    assert_same(found, ((y - d) * np.array([1.0, *x]), (y - d) * theta[1:]))


@every_way
def test_two_layers_agree_with_the_backward_pass(way, two_layers):
    *weights, x, d = two_layers
    net = MLP(widths=(3, 4, 1), hidden=sigmoid, output=sigmoid, divergence=binary_cross_entropy)
    params = dict(zip(("W1", "b1", "W2", "b2"), weights, strict=True))
    gradients = net.backward(params, net.forward(params, x), d)
    found = way.gradient(lambda *p: two_layer_loss(*p, d), *weights, x)
    assert_same(found, (*gradients.values(), gradients.wrt_x))


@pytest.mark.parametrize("way", [finite, dual, graph], ids=["finite", "dual", "graph"])
def test_a_batch_with_biases_that_are_broadcast(way):
    rng = np.random.default_rng(5)
    X, D = rng.normal(size=(5, 3)), rng.random((5, 2))
    net = MLP(widths=(3, 4, 2), hidden=sigmoid, output=sigmoid)
    params = net.init(rng, 1.0)

    def loss(W1, b1, W2, b2):
        Y = smooth_step(smooth_step(X @ W1.T + b1) @ W2.T + b2)
        return ((Y - D) ** 2).sum(axis=1).mean() / 2

    expected = net.backward(params, net.forward(params, X), D)
    assert_same(way.gradient(loss, *params.values()), tuple(expected.values()))


# -- every function ------------------------------------------------------------------------------------

FUNCTIONS = [exp, log, sin, cos, tan, tanh, sqrt, absolute, smooth_step]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@every_exact_way
@given(st.floats(0.1, 1.4))
def test_elementary_functions(way, function, u):
    by_complex_step = np.imag(function(np.array(u + 1e-30j))) / 1e-30
    assert_same(way.gradient(function, u), np.asarray(by_complex_step), 1e-12)


NUMPY_FUNCTIONS = [
    np.expm1, np.log1p, np.sinh, np.cosh, np.arctan, np.square, np.reciprocal, np.negative, np.positive,
]  # fmt: skip


@pytest.mark.parametrize("function", NUMPY_FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("way", [dual, graph], ids=["dual", "graph"])
def test_functions_of_numpy(way, function):
    u = np.array([0.3, -0.2, 2.5])
    by_complex_step = function(u + 1e-30j).imag / 1e-30
    assert_same(way.jacobian(function, u), np.diag(by_complex_step), 1e-13)


OPERATIONS = {
    "u + v": lambda u, v: u + v,
    "u - v": lambda u, v: u - v,
    "u * v": lambda u, v: u * v,
    "u / v": lambda u, v: u / v,
    "u ** v": lambda u, v: u**v,
    "3 - u": lambda u, v: 3 - u,
    "2 / u": lambda u, v: 2 / u,
    "2 ** u": lambda u, v: 2**u,
    "u ** 3": lambda u, v: u**3,
    "u ** -0.5": lambda u, v: u**-0.5,
    "-u": lambda u, v: -u,
    "max": maximum,
    "min": minimum,
    "u used three times": lambda u, v: u * u + u / v,
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
@every_exact_way
@given(st.floats(0.2, 3), st.floats(0.2, 3))
def test_operators(way, operation, u, v):
    if abs(u - v) < 1e-3:
        v += 0.01  # a tie has a test of its own
    expected = finite.gradient(operation, u, v, method="complex")
    assert_same(way.gradient(operation, u, v), expected, 1e-12)


PRODUCTS = {
    "matrix @ matrix": (lambda A, B: A @ B, (2, 3), (3, 4)),
    "matrix @ vector": (lambda A, B: A @ B, (2, 3), (3,)),
    "vector @ matrix": (lambda A, B: A @ B, (3,), (3, 4)),
    "vector @ vector": (lambda A, B: A @ B, (3,), (3,)),
    "row + column": (lambda A, B: A * B + B, (1, 3), (2, 1)),
    "matrix * number": (lambda A, B: A * B, (2, 3), ()),
    "transpose": (lambda A, B: A.T @ B, (3, 2), (3, 2)),
    "reshape": (lambda A, B: A.reshape(3, 2) * B, (2, 3), (3, 2)),
    "entries, one twice": (lambda A, B: A[np.array([0, 1, 1])] * B, (2, 3), (3, 3)),
    "slices": (lambda A, B: A[1:] - B[:, ::2], (2, 2), (1, 3)),
    "sum over rows": (lambda A, B: (A * B).sum(axis=0), (2, 3), (3,)),
    "sum that keeps the axis": (lambda A, B: A / A.sum(axis=-1, keepdims=True) + B, (2, 3), ()),
    "mean": (lambda A, B: (A * B).mean(axis=1), (2, 3), (2, 3)),
    "rows": (lambda A, B: stack([row * B for row in A]), (2, 3), (3,)),
}


@pytest.mark.parametrize(("function", "first", "second"), PRODUCTS.values(), ids=PRODUCTS.keys())
@every_exact_way
def test_jacobians_of_array_functions(way, function, first, second):
    rng = np.random.default_rng(6)
    A, B = rng.uniform(0.5, 2, first), rng.uniform(0.5, 2, second)
    assert_same(way.jacobian(function, A, B), finite.jacobian(function, A, B, method="complex"), 1e-13)


def test_results_that_ignore_an_argument_have_derivative_zero():
    for way in WAYS:
        assert_same(way.gradient(lambda x, z: x * x, 3.0, np.ones(2)), (np.array(6.0), np.zeros(2)))


def test_a_constant_result_has_derivative_zero():
    for way in WAYS:
        assert_same(way.gradient(lambda x: 5.0, np.ones(2)), np.zeros(2))


@pytest.mark.parametrize("way", [dual, graph], ids=["dual", "graph"])
def test_ties_of_the_maximum_go_to_the_first(way):
    assert [float(g) for g in way.gradient(maximum, 1.0, 1.0)] == [1.0, 0.0]
    assert [float(g) for g in way.gradient(minimum, 1.0, 1.0)] == [1.0, 0.0]
    assert way.gradient(lambda z: maximum(z, 0), 0.0) == 1.0


@pytest.mark.parametrize("way", [dual, graph], ids=["dual", "graph"])
@pytest.mark.filterwarnings("error")
def test_powers_at_zero_and_of_negative_bases(way):
    assert way.gradient(lambda u: u**2, 0.0) == 0.0
    assert way.gradient(lambda u: u**1, 0.0) == 1.0
    assert way.gradient(lambda u: u**0, 0.0) == 0.0
    assert way.gradient(lambda u: u**3, -2.0) == 12.0
    assert way.gradient(lambda v: np.array([0.0, 2.0]) @ np.array([0.0, 2.0]) ** v, 2.0) == pytest.approx(
        2.0 * 4.0 * np.log(2.0)
    )


@pytest.mark.parametrize("way", [dual, graph], ids=["dual", "graph"])
def test_tanh_keeps_its_slope_where_it_saturates(way):
    exact = float(1 / sp.cosh(sp.Integer(30)) ** 2)
    assert float(way.gradient(tanh, 30.0)) == pytest.approx(exact, rel=1e-12, abs=0)


# -- arguments -----------------------------------------------------------------------------------------


@every_way
def test_the_point_is_not_changed(way):
    p = np.array([1, 2])
    found = way.gradient(lambda x: (x * x).sum(), p)
    assert p.tolist() == [1, 2]
    assert_same(found, np.array([2.0, 4.0]))


def test_finite_differences_survive_a_function_that_writes():
    def rude(x, z):
        value = float(x @ x + z.sum())
        x[:] = z[:] = 7
        return value

    x, z = np.array([1.0, 2.0]), np.ones(2)
    for method in ("forward", "central"):
        assert_same(finite.gradient(rude, x, z, method=method), (2 * x, np.ones(2)), 1e-6)
    assert z.tolist() == [1.0, 1.0]


@every_way
def test_a_gradient_of_several_results_is_refused(way):
    def double(x):
        return 2 * x

    with pytest.raises(ValueError, match=r"one number as result, double returned shape \(2,\); use jacobian"):
        way.gradient(double, np.ones(2))


@every_way
@pytest.mark.parametrize(
    ("point", "error", "words"),
    [
        ((), TypeError, "give the point"),
        ((1.0, np.nan), ValueError, "argument 2 must be finite"),
        ((1j,), TypeError, "argument 1 must be real"),
        (("a",), TypeError, "argument 1 must be an array of numbers"),
    ],
)
def test_bad_points_are_named(way, point, error, words):
    with pytest.raises(error, match=words):
        way.gradient(lambda *p: p[0], *point)


def test_finite_options_are_checked():
    with pytest.raises(ValueError, match="method must be"):
        finite.gradient(np.sin, 1.0, method="backward")
    with pytest.raises(ValueError, match="h must be a positive"):
        finite.gradient(np.sin, 1.0, h=-1)
    with pytest.raises(ValueError, match="lost in rounding"):
        finite.gradient(np.sin, 1.0, h=1e-20)
    with pytest.raises(TypeError, match="f must return a number"):
        finite.gradient(lambda x: "one", 1.0)


# -- symbols -------------------------------------------------------------------------------------------


def test_expressions_have_the_names_given():
    result, (x, z) = symbolic.expression(lambda x, z: x * z, 1.0, [1.0, 2.0], names=("x", "z"))
    assert [str(e) for e in result] == ["x*z_1", "x*z_2"]
    assert str(x) == "x"
    assert [str(s) for s in z] == ["z_1", "z_2"]


def test_names_must_fit_the_arguments():
    with pytest.raises(ValueError, match="one name for each of 2 arguments"):
        symbolic.expression(lambda x, z: x, 1.0, 2.0, names=("x",))


def test_expression_size_by_hand():
    x = sp.Symbol("x")
    # sin(x²)·cos(x²): the tree is Mul, sin, cos and twice Pow, x, 2; the two Pow are one and so are x and 2.
    size = expression_size(sp.sin(x**2) * sp.cos(x**2))
    assert (size.tree, size.distinct, size.operations, size.shared_operations) == (9, 6, 5, 4)


def test_the_derivative_of_a_composite_swells_unless_subexpressions_are_shared():
    rows = expression_swell(lambda x: 4 * x * (1 - x), 6)
    growth = [b.derivative.tree / a.derivative.tree for a, b in pairwise(rows)]
    assert [row.depth for row in rows] == [1, 2, 3, 4, 5, 6]
    assert min(growth) > 2  # more than doubles with every level
    assert rows[-1].derivative.operations > 10 * rows[-1].function.operations
    assert rows[-1].derivative.shared_operations < rows[-1].derivative.operations / 20


# -- what it costs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 1), (1, 4), (4, 3)])
def test_forward_mode_takes_n_runs_and_reverse_mode_m_passes(n, m):
    A = np.arange(1.0, m * n + 1).reshape(m, n)
    costs = {cost.way: cost for cost in cost_table(lambda x: tanh(A @ x), np.ones(n) / 10)}
    assert all((cost.inputs, cost.outputs) == (n, m) for cost in costs.values())
    counted = {way: (cost.evaluations, cost.backward_passes) for way, cost in costs.items()}
    assert counted == {
        "forward differences": (n + 1, 0),
        "central differences": (2 * n, 0),
        "complex step": (n, 0),
        "symbolic": (1, 0),
        "forward mode": (n, 0),
        "reverse mode": (1, m),
    }
    # Two operations; the graph has four nodes: the input, the constant A, the product and tanh.
    assert costs["forward mode"].operations == 2 * n
    assert costs["reverse mode"].operations == 2 + 4 * m


def test_counters_may_be_nested_and_stop_at_the_end():
    with counting() as outer:
        dual.gradient(sin, 1.0)
        with counting() as inner:
            graph.gradient(sin, 1.0)
    finite.gradient(np.sin, 1.0)
    assert (outer.evaluations, inner.evaluations) == (2, 1)
    assert (outer.dual_operations, inner.dual_operations) == (1, 0)
    assert (inner.nodes, inner.visits, inner.backward_passes) == (1, 2, 1)


# -- what both modes refuse ----------------------------------------------------------------------------


def in_place_sum(u):
    u += 1


def in_place_entry(u):
    u[0] = 1


REFUSED = {
    "in-place sum": (in_place_sum, "cannot be changed in place"),
    "in-place entry": (in_place_entry, "cannot be changed in place"),
    "out": (lambda u: np.exp(u, out=np.zeros(2)), "cannot be changed in place"),
    "unknown ufunc": (np.floor, r"np\.floor has no derivative rule"),
    "unknown function": (lambda u: np.concatenate([u, u]), r"np\.concatenate has no derivative rule"),
    "reduction": (np.multiply.reduce, r"np\.multiply\.reduce has no derivative rule"),
    "where option": (lambda u: np.exp(u, where=[True, False]), r"np\.exp with where has no derivative rule"),
    "array": (np.asarray, "does not become an ordinary array"),
    "list of arrays": (lambda u: np.array([u[0], u[1]]), "does not become an ordinary array"),
    "float": (lambda u: float(u[0]), "does not become an ordinary float"),
    "math": (lambda u: __import__("math").exp(u[0]), "instead of those of math"),
}


@pytest.mark.parametrize(("operation", "words"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("kind", [Dual, Node])
def test_what_has_no_rule_is_refused(kind, operation, words):
    with pytest.raises(TypeError, match=words):
        operation(kind(np.array([1.0, 2.0])))


def test_forward_and_reverse_mode_do_not_mix():
    for mixed in (
        lambda: Dual(1.0) + Node(1.0),
        lambda: Node(1.0) * Dual(1.0),
        lambda: stack([Dual(1.0), Node(1.0)]),
    ):
        with pytest.raises(TypeError, match="separate calculations"):
            mixed()


@pytest.mark.parametrize("kind", [Dual, Node])
def test_comparisons_compare_values(kind):
    u = kind(np.array([1.0, 3.0]))
    assert (u > 2).tolist() == [False, True]
    assert (np.array([2, 3]) <= u).tolist() == [False, True]
    assert (u == kind([1.0, 2.0])).tolist() == [True, False]
    assert bool(kind(2.0) != 1)


@pytest.mark.parametrize("way", [dual, graph], ids=["dual", "graph"])
def test_branches_and_where_follow_the_values(way):
    def leaky(u):
        return np.where(u > 0, u, 0.01 * u).sum()

    def branching(u):
        return u * u if u > 1 else -u

    assert way.gradient(leaky, [2.0, -3.0]).tolist() == [1.0, 0.01]
    assert way.gradient(branching, 2.0) == 4.0
    assert way.gradient(branching, 0.5) == -1.0
