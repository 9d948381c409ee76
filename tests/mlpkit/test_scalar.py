"""The scalar passes give the numbers of the matrix passes, and refuse what those refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import MLP, binary_cross_entropy, cross_entropy, half_squared_error, scalar
from mlpkit.activations import (
    LinearActivation,
    MaxGroups,
    PowerProducts,
    identity,
    leaky_relu,
    pair_products,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
    threshold,
)

HIDDEN = [
    identity,
    sigmoid,
    tanh,
    relu,
    leaky_relu,
    softplus,
    threshold,
    softmax,
    pair_products,
    MaxGroups(2),
    MaxGroups(((0, 1), (1, 2, 3), (0, 3))),
    PowerProducts(((2, 1, 0), (0, 1, 3))),
    LinearActivation(((1, 2), (0, -1), (3, 0))),
]
OUTPUTS = [
    (identity, half_squared_error),
    (sigmoid, half_squared_error),
    (softmax, half_squared_error),
    (sigmoid, binary_cross_entropy),
    (softmax, cross_entropy),
]


def problem(seed, hidden, output, divergence):
    rng = np.random.default_rng(seed)
    net = MLP(widths=(2, 3, 4), hidden=hidden, output=output, divergence=divergence)
    d = rng.uniform(0.1, 0.9, size=4)
    return net, net.init(rng, scale=1.0), rng.normal(size=2), d / d.sum()


@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.sampled_from(HIDDEN),
    output=st.sampled_from(OUTPUTS),
)
def test_sums_by_loops_are_the_products_of_matrices(seed, hidden, output):
    net, params, x, d = problem(seed, hidden, *output)
    trace, matrix_trace = scalar.forward(net, params, x), net.forward(params, x)
    loops, matrices = scalar.backward(net, params, trace, d), net.backward(params, matrix_trace, d)
    pairs = [
        *zip(trace.y, matrix_trace.y, strict=True),
        *zip(trace.z[1:], matrix_trace.z[1:], strict=True),
        *zip(loops.wrt_y, matrices.wrt_y, strict=True),
        *zip(loops.wrt_z[1:], matrices.wrt_z[1:], strict=True),
        *((loops[key], matrices[key]) for key in params),
    ]
    for one, other in pairs:
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_n5_by_loops():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
    trace = scalar.forward(net, params, [1, 0])
    gradients = scalar.backward(net, params, trace, [0.9])
    assert trace.output == pytest.approx([0.55230], abs=5e-6)
    assert -gradients.wrt_z[2] == pytest.approx([0.08597], abs=5e-6)
    assert -gradients.wrt_z[1] == pytest.approx([0.002128, 0.002128], abs=5e-7)


def test_keys_come_in_the_order_of_the_parameters():
    net, params, x, d = problem(0, sigmoid, *OUTPUTS[0])
    assert list(scalar.backward(net, params, scalar.forward(net, params, x), d)) == list(params)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda a: a.update(x=[1.0]), ValueError, r"x must have shape \(2,\)"),
        (lambda a: a.update(x=np.ones((3, 2))), ValueError, "one instance"),
        (lambda a: a.update(x=[1.0, np.nan]), ValueError, "x must be finite"),
        (lambda a: a.update(x=[1.0, 1j]), TypeError, "x must be real"),
        (lambda a: a["params"].pop("b1"), KeyError, "params lacks b1"),
        (lambda a: a.update(d=[1.0]), ValueError, r"d must have shape \(4,\)"),
        (lambda a: a.update(d=[1.0, 2.0, np.inf, 0.0]), ValueError, "d must be finite"),
    ],
)
def test_bad_arguments_are_named(change, error, words):
    net, params, x, d = problem(0, sigmoid, *OUTPUTS[0])
    arguments = {"params": dict(params), "x": x, "d": d}
    change(arguments)
    with pytest.raises(error, match=words):
        trace = scalar.forward(net, arguments["params"], arguments["x"])
        scalar.backward(net, arguments["params"], trace, arguments["d"])


def test_a_batch_or_another_networks_trace_is_refused():
    net, params, x, d = problem(0, sigmoid, *OUTPUTS[0])
    shallow = MLP(widths=(2, 4))
    with pytest.raises(ValueError, match=r"trace.y\[0\] must have shape \(2,\)"):
        scalar.backward(net, params, net.forward(params, [x, x]), d)
    with pytest.raises(ValueError, match="2 layers, got one of 1"):
        scalar.backward(net, params, shallow.forward(shallow.init(np.random.default_rng(0)), x), d)
    with pytest.raises(TypeError, match="trace must be the Trace"):
        scalar.backward(net, params, None, d)
