"""Passes of random networks against central differences and the complex step; bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import (
    MLP,
    binary_cross_entropy,
    check_gradients,
    cross_entropy,
    half_squared_error,
    identity,
    numerical_gradient,
    relu,
    sigmoid,
    softmax,
    tanh,
)

PAIRS = [
    (identity, half_squared_error),
    (tanh, half_squared_error),
    (relu, half_squared_error),
    (sigmoid, half_squared_error),
    (softmax, half_squared_error),
    (sigmoid, binary_cross_entropy),
    (softmax, cross_entropy),
]


def random_problem(seed, widths, hidden, output, divergence, rows):
    rng = np.random.default_rng(seed)
    net = MLP(widths=widths, hidden=hidden, output=output, divergence=divergence)
    params = net.init(rng, scale=1.0)
    x = rng.normal(size=(rows, widths[0]))
    d = rng.uniform(0.05, 0.95, size=(rows, widths[-1]))
    if divergence is cross_entropy:
        d /= d.sum(axis=1, keepdims=True)
    return net, params, x, d


def relu_near_a_kink(net, params, x):
    trace = net.forward(params, x)
    return any(
        net.activation(k) is relu and (np.abs(trace.z[k]) < 1e-3).any() for k in range(1, net.depth + 1)
    )


@pytest.mark.parametrize(("output", "divergence"), PAIRS, ids=lambda value: value.name)
@given(
    seed=st.integers(0, 2**32 - 1),
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    hidden=st.sampled_from([identity, tanh, sigmoid, relu]),
    rows=st.integers(1, 4),
)
def test_gradients_agree_with_central_differences(output, divergence, seed, widths, hidden, rows):
    net, params, x, d = random_problem(seed, widths, hidden, output, divergence, rows)
    if relu_near_a_kink(net, params, x):
        return
    gradients = net.backward(params, net.forward(params, x), d)
    assert check_gradients(lambda p: net.loss(p, x, d), params, gradients)


@pytest.mark.parametrize(("output", "divergence"), [pair for pair in PAIRS if pair[0] is not relu])
@given(seed=st.integers(0, 2**32 - 1), hidden=st.sampled_from([identity, tanh, sigmoid]))
def test_gradients_agree_with_the_complex_step(output, divergence, seed, hidden):
    net, params, x, d = random_problem(seed, (3, 4, 2), hidden, output, divergence, rows=3)
    gradients = net.backward(params, net.forward(params, x), d)
    report = check_gradients(
        lambda p: net.loss(p, x, d), params, gradients, method="complex", tolerance=1e-12
    )
    assert report, report


@given(seed=st.integers(0, 2**32 - 1))
def test_derivative_to_the_input(seed):
    net, params, x, d = random_problem(seed, (3, 4, 2), tanh, sigmoid, half_squared_error, rows=1)
    gradients = net.backward(params, net.forward(params, x[0]), d[0])
    expected = numerical_gradient(lambda u: net.loss(params, u, d[0]), x[0], method="complex")
    np.testing.assert_allclose(gradients.wrt_x, expected, rtol=0, atol=1e-12)


def test_intermediate_derivatives_belong_to_each_instance():
    net, params, x, d = random_problem(1, (3, 4, 2), tanh, sigmoid, half_squared_error, rows=5)
    batch = net.backward(params, net.forward(params, x), d)
    for t in range(5):
        single = net.backward(params, net.forward(params, x[t]), d[t])
        np.testing.assert_allclose(batch.wrt_x[t], single.wrt_x, rtol=1e-12)
        np.testing.assert_allclose(batch.wrt_z[1][t], single.wrt_z[1], rtol=1e-12)


def test_one_row_and_one_instance_agree():
    net, params, x, d = random_problem(2, (3, 4, 2), tanh, sigmoid, half_squared_error, rows=1)
    batch = net.backward(params, net.forward(params, x), d)
    single = net.backward(params, net.forward(params, x[0]), d[0])
    assert net.loss(params, x, d) == pytest.approx(net.loss(params, x[0], d[0]), rel=1e-15)
    for key in params:
        np.testing.assert_allclose(batch[key], single[key], rtol=1e-12)
    assert single.wrt_y[1].shape == (4,)
    assert batch.wrt_y[1].shape == (1, 4)


@pytest.mark.parametrize("z", [-1000.0, 1000.0])
@pytest.mark.parametrize(
    ("output", "divergence"), [(sigmoid, binary_cross_entropy), (softmax, cross_entropy)]
)
def test_fused_pairs_are_finite_where_two_steps_are_not(output, divergence, z):
    net = MLP(widths=(1, 2), output=output, divergence=divergence)
    params = {"W1": [[z], [-z]], "b1": [0.0, 0.0]}
    d = [0.0, 1.0] if z > 0 else [1.0, 0.0]
    gradients = net.backward(params, net.forward(params, [1.0]), d)
    assert np.isfinite(net.loss(params, [1.0], d))
    assert all(np.isfinite(gradients[key]).all() for key in gradients)
    assert net.loss(params, [1.0], d) == pytest.approx(2000.0)


def test_backward_changes_none_of_its_arguments():
    net, params, x, d = random_problem(3, (3, 4, 2), relu, sigmoid, half_squared_error, rows=4)
    before = {key: value.copy() for key, value in params.items()}
    x_before, d_before = x.copy(), d.copy()
    net.backward(params, net.forward(params, x), d)
    assert all((params[key] == before[key]).all() for key in params)
    assert (x == x_before).all()
    assert (d == d_before).all()


def good():
    net = MLP(widths=(2, 3, 1), hidden=sigmoid, output=sigmoid, divergence=binary_cross_entropy)
    return net, net.init(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda p: p.pop("b2"), KeyError, "params lacks b2"),
        (lambda p: p.update(W3=np.zeros((1, 1))), KeyError, "unknown W3"),
        (lambda p: p.update(W1=p["W1"].T), ValueError, r"params\['W1'\] must have shape \(3, 2\).*\(2, 3\)"),
        (
            lambda p: p["b1"].__setitem__(1, np.nan),
            ValueError,
            r"params\['b1'\] must be finite.*index \(1,\)",
        ),
        (lambda p: p.update(W1="weights"), TypeError, "array of numbers"),
    ],
)
def test_bad_parameters_are_named(change, error, words):
    net, params = good()
    change(params)
    with pytest.raises(error, match=words):
        net.forward(params, [1.0, 2.0])


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([1.0, 2.0, 3.0], r"x must have shape \(2,\).*got \(3,\)"),
        (np.zeros((0, 2)), "empty batch"),
        (np.zeros((1, 1, 2)), r"got \(1, 1, 2\)"),
        ([np.inf, 0.0], "x must be finite"),
    ],
)
def test_bad_inputs_are_named(x, words):
    net, params = good()
    with pytest.raises(ValueError, match=words):
        net.forward(params, x)


@pytest.mark.parametrize(
    ("d", "words"),
    [
        ([0.5, 0.5], "d must have shape"),
        ([1.5], r"d must lie in \[0, 1\].*1.5"),
        ([np.nan], "d must be finite"),
    ],
)
def test_bad_targets_are_named(d, words):
    net, params = good()
    with pytest.raises(ValueError, match=words):
        net.backward(params, net.forward(params, [1.0, 2.0]), d)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"widths": (2,)}, ValueError, "at least one layer"),
        ({"widths": (2, 0, 1)}, ValueError, r"widths\[1\] must be at least 1"),
        ({"widths": (2, 1.5)}, TypeError, r"widths\[1\] must be a whole number"),
        ({"widths": (2, 3, 1), "hidden": (tanh, tanh)}, ValueError, "tuple of 1"),
        ({"widths": (2, 3, 1), "hidden": np.tanh}, TypeError, "layer 1 needs an Activation"),
    ],
)
def test_bad_descriptions_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        MLP(**arguments)


def test_a_trace_of_another_network_is_refused():
    net, params = good()
    other = MLP(widths=(2, 2, 1))
    trace = other.forward(other.init(np.random.default_rng(0)), [1.0, 2.0])
    with pytest.raises(ValueError, match=r"widths \(2, 3, 1\)"):
        net.backward(params, trace, [1.0])


def test_init_is_reproducible_and_within_the_range():
    net, _ = good()
    one, two = (net.init(np.random.default_rng(7), scale=0.05) for _ in range(2))
    assert all((one[key] == two[key]).all() for key in one)
    assert max(np.abs(value).max() for value in one.values()) <= 0.05
