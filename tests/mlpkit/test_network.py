"""Passes of random networks against central differences and the complex step; bad input."""

import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
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
from mlpkit.activations import (
    LinearActivation,
    MaxGroups,
    Polynomial,
    PowerProducts,
    leaky_relu,
    pair_products,
    randomised_leaky_relu,
    softplus,
    threshold,
)
from mlpkit.divergences import hinge, kl_divergence, make_squared_error

PAIRS = [
    (identity, half_squared_error),
    (tanh, half_squared_error),
    (relu, half_squared_error),
    (sigmoid, half_squared_error),
    (softmax, half_squared_error),
    (sigmoid, binary_cross_entropy),
    (softmax, cross_entropy),
    (softplus, half_squared_error),
    (leaky_relu, make_squared_error(2.0)),
    (pair_products, half_squared_error),
    (MaxGroups(3), half_squared_error),
    (softmax, kl_divergence),
    (sigmoid, cross_entropy),
    (sigmoid, kl_divergence),
    (softmax, binary_cross_entropy),
    (identity, hinge),
    (tanh, hinge),
    (pair_products, hinge),
]
SMOOTH = [(f, div) for f, div in PAIRS if f.analytic and div is not hinge]
HIDDEN = [identity, tanh, sigmoid, relu, leaky_relu, randomised_leaky_relu, softplus, softmax, pair_products]
HIDDEN += [MaxGroups(2), MaxGroups(3)]
#: Vector activations that fit one number of units only: 3.
OF_THREE = [
    MaxGroups(((0, 1), (1, 2, 3), (3, 0)), inputs=5),
    PowerProducts(((2, 1, 0), (0, 1, 3))),
    LinearActivation(((1, 2), (0, -1), (3, 0))),
    Polynomial(((1, 2), (0, -1), (3, 0)), ((2, 0), (1, 1))),
]


def random_problem(seed, widths, hidden, output, divergence, rows):
    rng = np.random.default_rng(seed)
    net = MLP(widths=widths, hidden=hidden, output=output, divergence=divergence)
    params = net.init(rng, scale=1.0)
    x = rng.normal(size=(rows, widths[0]))
    d = rng.uniform(0.05, 0.95, size=(rows, widths[-1]))
    if divergence in (cross_entropy, kl_divergence):
        d /= d.sum(axis=1, keepdims=True)
    if divergence is hinge:
        d = np.where(d < 0.5, -1.0, 1.0)
    return net, params, x, d


def near_a_kink(net, params, x, d):
    trace = net.forward(params, x)
    distances = [net.activation(k).kink_distance(trace.z[k]).min() for k in range(1, net.depth + 1)]
    return min(*distances, net.divergence.kink_distance(trace.output, d).min()) < 1e-3


def saturated(net, params, x):
    """True where 1 - Y or Y has lost the digits that a difference quotient of its logarithm needs."""
    Y = net.forward(params, x).output
    return net.divergence.name.endswith(("entropy", "kl_divergence")) and np.minimum(Y, 1 - Y).min() < 1e-2


@pytest.mark.parametrize(("output", "divergence"), PAIRS, ids=lambda value: value.name)
@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    hidden=st.sampled_from(HIDDEN),
    rows=st.integers(1, 4),
)
def test_gradients_agree_with_central_differences(output, divergence, seed, widths, hidden, rows):
    net, params, x, d = random_problem(seed, widths, hidden, output, divergence, rows)
    two_steps = divergence.fused_with(output) is None
    assume(not near_a_kink(net, params, x, d) and not (two_steps and saturated(net, params, x)))
    gradients = net.backward(params, net.forward(params, x), d)
    report = check_gradients(lambda p: net.loss(p, x, d), params, gradients)
    assert report, report


@given(seed=st.integers(0, 2**32 - 1), hidden=st.sampled_from(OF_THREE), output=st.sampled_from(OF_THREE))
def test_gradients_through_vector_activations_agree_with_central_differences(seed, hidden, output):
    net, params, x, d = random_problem(seed, (2, 3, 3), hidden, output, half_squared_error, rows=3)
    assume(not near_a_kink(net, params, x, d))
    gradients = net.backward(params, net.forward(params, x), d)
    report = check_gradients(lambda p: net.loss(p, x, d), params, gradients)
    assert report, report


@given(seed=st.integers(0, 2**32 - 1), first=st.sampled_from(HIDDEN), second=st.sampled_from(HIDDEN))
def test_each_layer_can_have_its_own_activation(seed, first, second):
    net, params, x, d = random_problem(seed, (2, 3, 2, 1), (first, second), tanh, half_squared_error, rows=2)
    assume(not near_a_kink(net, params, x, d))
    gradients = net.backward(params, net.forward(params, x), d)
    assert check_gradients(lambda p: net.loss(p, x, d), params, gradients)


@given(seed=st.integers(0, 2**32 - 1))
def test_nothing_is_learnt_through_a_threshold(seed):
    net, params, x, d = random_problem(seed, (2, 3, 2), threshold, identity, half_squared_error, rows=3)
    gradients = net.backward(params, net.forward(params, x), d)
    assert not gradients["W1"].any()
    assert gradients["W2"].any() or not net.forward(params, x).y[1].any()


@pytest.mark.parametrize(("output", "divergence"), SMOOTH, ids=lambda value: value.name)
@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.sampled_from([identity, tanh, sigmoid, softplus, softmax, pair_products]),
)
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


def test_a_tiny_saturated_slope_is_zero_to_rounding_of_one_and_no_worse():
    net = MLP(widths=(1, 1), output=sigmoid)
    params = {"W1": [[1.0]], "b1": [0.0]}
    for z in (-40.0, -20.0, 0.0, 20.0, 40.0):
        trace = net.forward(params, [z])
        exact = sigmoid.derivative([z]) * (trace.output - 0.5)
        assert net.backward(params, trace, [0.5]).wrt_z[1] == pytest.approx(exact, abs=2e-16)


@pytest.mark.parametrize(("output", "divergence"), PAIRS, ids=lambda value: value.name)
@pytest.mark.parametrize("hidden", HIDDEN, ids=repr)
def test_single_precision_stays_single_through_both_passes(hidden, output, divergence):
    net, params, x, d = random_problem(8, (3, 4, 2), hidden, output, divergence, rows=3)
    single = {key: value.astype(np.float32) for key, value in params.items()}
    trace = net.forward(single, x)
    gradients = net.backward(single, trace, d)
    arrays = [*trace.y, *trace.z[1:], *gradients.values(), *gradients.wrt_y, *gradients.wrt_z[1:]]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    double = net.backward(params, net.forward(params, x), d)
    for key in params:
        np.testing.assert_allclose(gradients[key], double[key], rtol=1e-3, atol=1e-4)


def test_double_parameters_make_single_input_double():
    net, params, x, d = random_problem(8, (3, 4, 2), tanh, sigmoid, half_squared_error, rows=3)
    trace = net.forward(params, x.astype(np.float32))
    assert net.backward(params, trace, d.astype(np.float32))["W1"].dtype == np.float64


def test_integers_are_accepted_everywhere():
    net = MLP(widths=(2, 1))
    params = {"W1": [[2, 3]], "b1": [1]}
    gradients = net.backward(params, net.forward(params, [[1, 0], [0, 1]]), [[0], [0]])
    assert gradients["W1"].tolist() == [[1.5, 2]]
    assert gradients["b1"].tolist() == [3.5]


def test_the_derivative_to_the_input_is_kept_as_one_of_all():
    net, params, x, d = random_problem(1, (3, 4, 2), tanh, sigmoid, half_squared_error, rows=5)
    gradients = net.backward(params, net.forward(params, x), d)
    assert len(gradients.wrt_y) == 3
    assert [value.shape for value in gradients.wrt_y] == [(5, 3), (5, 4), (5, 2)]
    assert gradients.wrt_y[0] is gradients.wrt_x is gradients.wrt_y[-3]
    assert len(gradients.wrt_y[:2]) == 2
    with pytest.raises(IndexError):
        gradients.wrt_y[3]


def test_the_derivative_to_the_input_is_that_of_the_old_weights():
    net, params, x, d = random_problem(1, (3, 4, 2), tanh, sigmoid, half_squared_error, rows=5)
    expected = net.backward(params, net.forward(params, x), d).wrt_x.copy()
    gradients = net.backward(params, net.forward(params, x), d)
    params["W1"] -= 0.1 * gradients["W1"]
    np.testing.assert_array_equal(gradients.wrt_x, expected)


def test_large_weights_changed_in_place_are_noticed():
    net = MLP(widths=(300, 300, 1))
    params = net.init(np.random.default_rng(0))
    x = np.ones((2, 300))
    gradients = net.backward(params, net.forward(params, x), np.ones((2, 1)))
    params["W1"] -= 0.1 * gradients["W1"]
    with pytest.raises(RuntimeError, match=r"params\['W1'\] has been changed in place"):
        _ = gradients.wrt_x


def test_random_slopes_are_fixed_for_both_passes():
    net, params, x, d = random_problem(
        4, (3, 4, 2), randomised_leaky_relu, randomised_leaky_relu, half_squared_error, rows=6
    )
    drawn = net.sample(np.random.default_rng(1), rows=6)
    assert not near_a_kink(drawn, params, x, d)
    gradients = drawn.backward(params, drawn.forward(params, x), d)
    assert check_gradients(lambda p: drawn.loss(p, x, d), params, gradients)
    assert drawn.loss(params, x, d) != net.loss(params, x, d)


def test_random_slopes_come_from_the_generator_alone():
    net, params, x, d = random_problem(4, (3, 4, 2), randomised_leaky_relu, tanh, half_squared_error, rows=6)
    one, two, other = (net.sample(np.random.default_rng(n), rows=6).loss(params, x, d) for n in (1, 1, 2))
    assert one == two != other


def test_a_network_without_random_layers_is_its_own_sample():
    net, _ = good()
    assert net.sample(np.random.default_rng(0), rows=3) is net


def test_one_instance_can_be_sampled_too():
    net, params, x, d = random_problem(4, (3, 4, 2), randomised_leaky_relu, tanh, half_squared_error, rows=1)
    drawn = net.sample(np.random.default_rng(1))
    assert drawn.backward(params, drawn.forward(params, x[0]), d[0])["W1"].shape == (4, 3)


def test_unreachable_targets_of_n6():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    assert net.unreachable_targets([[0.9], [-0.3], [0.0], [1.0], [1.1]]).tolist() == [
        [False],
        [True],
        [False],
        [False],
        [True],
    ]
    assert not MLP(widths=(2, 1)).unreachable_targets([-0.3]).any()
    assert MLP(widths=(2, 2), output=softmax).unreachable_targets([0.5, 2.0]).tolist() == [False, True]


def test_descriptions_pickle_compare_and_hash():
    net = MLP(widths=(2, 3, 2), hidden=OF_THREE[1], output=softmax, divergence=kl_divergence)
    copy = pickle.loads(pickle.dumps(net))
    assert copy == net
    assert hash(copy) == hash(net)


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
        (
            lambda p: p["W1"].__setitem__((2, 1), -np.inf),
            ValueError,
            r"params\['W1'\].*got -inf at index \(2, 1\)",
        ),
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
        ({"widths": (2, 3, 1), "divergence": "L2"}, TypeError, "divergence must be a Divergence"),
        (
            {"widths": (2, 4, 1), "hidden": OF_THREE[0]},
            ValueError,
            "layer 1 cannot have 4 outputs: groups must be made for the layer's 4 outputs, got 3",
        ),
        ({"widths": (2, 4), "output": OF_THREE[1]}, ValueError, "layer 1 cannot have 4 outputs: exponents"),
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


@pytest.mark.parametrize(
    ("output", "divergence", "words"),
    [
        (identity, cross_entropy, "Y must not be negative"),
        (identity, kl_divergence, "Y must not be negative"),
        (tanh, binary_cross_entropy, r"Y must lie in \[0, 1\]"),
    ],
)
def test_outputs_outside_the_domain_of_the_divergence_are_named(output, divergence, words):
    net = MLP(widths=(1, 2), output=output, divergence=divergence)
    params = {"W1": [[1.0], [-1.0]], "b1": [0.0, 0.0]}
    with pytest.raises(ValueError, match=words):
        net.loss(params, [0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match=words):
        net.backward(params, net.forward(params, [0.5]), [0.5, 0.5])


def test_a_trace_with_other_sums_is_refused():
    net, other = (MLP(widths=(2, 3, 1), hidden=MaxGroups(size)) for size in (2, 3))
    params, others = (n.init(np.random.default_rng(0)) for n in (net, other))
    with pytest.raises(ValueError, match=r"trace.z\[1\] must have shape \(6,\).*got \(9,\)"):
        net.backward(params, other.forward(others, [1.0, 2.0]), [1.0])


def test_init_draws_in_the_precision_asked_for():
    net, _ = good()
    assert {value.dtype for value in net.init(np.random.default_rng(0), dtype=np.float32).values()} == {
        np.dtype(np.float32)
    }


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda net: net.unreachable_targets([1.0, 2.0]), ValueError, r"d must have shape \(1,\)"),
        (lambda net: net.init(7), TypeError, "rng must be"),
        (lambda net: MLP((2, 1), output=randomised_leaky_relu).sample(7), TypeError, "rng must be"),
        (
            lambda net: MLP((2, 1), output=randomised_leaky_relu).sample(np.random.default_rng(0), rows=0),
            ValueError,
            "rows must be at least 1",
        ),
    ],
)
def test_bad_arguments_of_methods_are_named(use, error, words):
    with pytest.raises(error, match=words):
        use(good()[0])
