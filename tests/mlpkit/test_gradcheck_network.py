"""The batched check of a whole network: the same numbers as the loop, for every kind of layer, and fair at kinks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import (
    MLP,
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    identity,
    numerical_gradient,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from mlpkit.activations import MaxGroups, PairProducts, PowerProducts, RandomisedLeakyReLU, softplus
from mlpkit.divergences import hinge, kl_divergence
from mlpkit.gradcheck import check_gradients, check_network, layers, network_gradient

NETWORKS = {
    "one layer": MLP((3, 2), output=identity),
    "sigmoid": MLP((3, 4, 2), sigmoid, sigmoid),
    "softmax": MLP((3, 4, 2), tanh, softmax, cross_entropy),
    "softmax with squared error": MLP((3, 4, 2), sigmoid, softmax),
    "softmax in the middle": MLP((3, 4, 2), softmax, identity),
    "kl": MLP((3, 4, 2), tanh, softmax, kl_divergence),
    "binary cross-entropy": MLP((3, 4, 2), softplus, sigmoid, binary_cross_entropy),
    "activations by layer": MLP((3, 4, 5, 3, 2), (tanh, relu, sigmoid), softmax, cross_entropy),
    "max groups": MLP((3, 4, 2), MaxGroups(3), identity),
    "overlapping max groups": MLP((3, 2, 2), MaxGroups(((0, 1, 2), (1, 2, 3))), identity),
    "pair products": MLP((3, 4, 2), PairProducts(), identity),
    "powers": MLP((3, 1, 2), PowerProducts(((2,), (1,), (3,))), identity),
    "hinge": MLP((3, 4, 2), tanh, identity, hinge),
}

every_network = pytest.mark.parametrize("net", NETWORKS.values(), ids=NETWORKS.keys())


def problem(net, rows=None, seed=0):
    """Parameters large enough that no derivative is hidden, an input and targets that the divergence accepts."""
    rng = np.random.default_rng(seed)
    params = net.init(rng, scale=1.0)
    shape = () if rows is None else (rows,)
    x, d = rng.normal(size=(*shape, net.widths[0])), rng.random((*shape, net.widths[-1]))
    if net.divergence in (cross_entropy, kl_divergence):
        d /= d.sum(axis=-1, keepdims=True)
    if net.divergence is hinge:
        d = np.where(d > 0.5, 1.0, -1.0)
    return params, x, d


def largest_difference(a, b):
    assert a.keys() == b.keys()
    assert all(a[key].shape == b[key].shape for key in a)
    return max(np.abs(a[key] - b[key]).max() for key in a)


# -- the numbers ---------------------------------------------------------------------------------------


@every_network
@pytest.mark.parametrize("rows", [None, 1, 5])
def test_central_differences_are_those_of_the_loop(net, rows):
    params, x, d = problem(net, rows)
    loop = numerical_gradient(lambda p: net.loss(p, x, d), params)
    assert largest_difference(network_gradient(net, params, x, d), loop) < 2e-9


@every_network
@pytest.mark.parametrize("rows", [None, 4])
def test_the_complex_step_is_that_of_the_loop(net, rows):
    params, x, d = problem(net, rows)
    loop = numerical_gradient(lambda p: net.loss(p, x, d), params, method="complex")
    found = network_gradient(net, params, x, d, method="complex")
    assert largest_difference(found, loop) <= 1e-14 * max(1, *(np.abs(g).max() for g in loop.values()))


@every_network
@pytest.mark.parametrize("method", ["central", "complex"])
def test_the_backward_pass_is_right(net, method):
    assert check_network(net, *problem(net, 6), method=method).ok


@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    hidden=st.sampled_from([sigmoid, tanh, relu, softmax]),
    rows=st.integers(1, 4),
    seed=st.integers(0, 10**6),
)
def test_the_backward_pass_is_right_for_any_shape(widths, hidden, rows, seed):
    net = MLP(tuple(widths), hidden, identity)
    assert check_network(net, *problem(net, rows, seed)).ok


@pytest.mark.parametrize("chunk", [1, 50, 10**6])
def test_the_size_of_the_chunks_makes_no_difference(monkeypatch, chunk):
    net = NETWORKS["activations by layer"]
    arguments = (net, *problem(net, 3))
    expected = network_gradient(*arguments)
    monkeypatch.setattr(layers, "CHUNK", chunk)
    assert largest_difference(network_gradient(*arguments), expected) < 1e-10


def test_memory_stays_bounded(monkeypatch):
    seen = []
    perturbed = layers._perturbed
    monkeypatch.setattr(layers, "_perturbed", lambda *a: seen.append(perturbed(*a)) or seen[-1])
    net = MLP((100, 30, 5), sigmoid, identity)
    network_gradient(net, *problem(net, 2))
    assert max(copies.size for copies in seen) <= layers.CHUNK
    assert len(seen) > 10


def test_random_slopes_that_were_drawn_for_a_batch():
    net = MLP((3, 4, 2), RandomisedLeakyReLU(), identity).sample(np.random.default_rng(1), rows=5)
    assert check_network(net, *problem(net, 5)).ok


def test_single_precision_is_checked_in_double():
    net = NETWORKS["sigmoid"]
    params, x, d = problem(net)
    single = {key: value.astype(np.float32) for key, value in params.items()}
    found = network_gradient(net, single, x.astype(np.float32), d.astype(np.float32))
    assert all(g.dtype == np.float64 for g in found.values())
    assert check_network(net, single, x, d)
    double = {key: value.astype(np.float64) for key, value in single.items()}
    args = (x.astype(np.float32).astype(float), d.astype(np.float32).astype(float))
    assert largest_difference(found, network_gradient(net, double, *args)) == 0


def test_nothing_is_changed():
    net = NETWORKS["softmax"]
    params, x, d = problem(net, 3)
    before = [value.copy() for value in (*params.values(), x, d)]
    for value in (*params.values(), x, d):
        value.flags.writeable = False
    check_network(net, params, x, d)
    assert all(np.array_equal(a, b) for a, b in zip(before, (*params.values(), x, d), strict=True))


# -- mistakes ------------------------------------------------------------------------------------------


@every_network
def test_one_wrong_entry_is_found(net):
    params, x, d = problem(net, 3)
    gradients = {
        key: np.array(value) for key, value in net.backward(params, net.forward(params, x), d).items()
    }
    place = tuple(n - 1 for n in gradients["W1"].shape)
    gradients["W1"][place] += 1e-3
    report = check_network(net, params, x, d, gradients)
    assert not report
    assert [r.name for r in report.parameters if not r.ok] == ["W1"]
    assert report.worst.worst == place
    assert report.worst.wrong == 1


def test_gradients_summed_over_the_batch_are_wrong():
    net = NETWORKS["sigmoid"]
    params, x, d = problem(net, 3)
    gradients = net.backward(params, net.forward(params, x), d)
    assert not check_network(net, params, x, d, {key: 3 * value for key, value in gradients.items()})


def test_missing_gradients_are_named():
    net = NETWORKS["one layer"]
    params, x, d = problem(net)
    with pytest.raises(KeyError, match="gradients lacks b1"):
        check_network(net, params, x, d, {"W1": params["W1"]})


def test_targets_of_another_shape_are_refused():
    net = NETWORKS["one layer"]
    params, x, d = problem(net, 3)
    with pytest.raises(ValueError, match=r"d must have shape \(3, 2\)"):
        network_gradient(net, params, x, d[:1])


def test_options_are_checked():
    net = NETWORKS["one layer"]
    with pytest.raises(ValueError, match="method must be"):
        network_gradient(net, *problem(net), method="forward")
    with pytest.raises(ValueError, match="h must be a positive"):
        network_gradient(net, *problem(net), h=0.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_is_named():
    net = MLP((1, 1), output=PowerProducts(((2,),)), divergence=half_squared_error)
    with pytest.raises(ValueError, match="finite"):
        network_gradient(net, {"W1": [[1.0]], "b1": [0.0]}, [1e160], [0.0])


# -- kinks ---------------------------------------------------------------------------------------------


def on_a_kink(shift=0.0):
    """A network of two ReLU units, the first with z = shift, and a gradient with the slope 0 instead of 1."""
    net = MLP((1, 2, 1), relu, identity)
    params = {"W1": [[1.0], [2.0]], "b1": [-1.0 + shift, 0.0], "W2": [[1.0, 1.0]], "b2": [0.0]}
    x, d = np.array([1.0]), np.array([0.5])
    gradients = {key: np.array(g) for key, g in net.backward(params, net.forward(params, x), d).items()}
    return net, params, x, d, gradients


@pytest.mark.parametrize("shift", [0.0, 1e-6, -1e-6])
@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_an_entry_that_crosses_a_kink_is_excused_and_counted(shift, slope):
    net, params, x, d, gradients = on_a_kink(shift)
    gradients["W1"][0] *= slope
    gradients["b1"][0] *= slope
    report = check_network(net, params, x, d, gradients)
    assert report
    assert [r.excused for r in report.parameters] == [1, 1, 0, 0]
    assert report.excused == 2
    assert "2 entries are excused: a kink lies within the step" in str(report)
    assert "1 of 2 excused" in str(report)
    assert "1 excused" in report._repr_html_()


def test_the_loop_excuses_the_same_entries():
    net, params, x, d, gradients = on_a_kink()
    report = check_gradients(
        lambda p: net.loss(p, x, d),
        params,
        gradients,
        decisions=lambda p: net.forward(p, x).pre_activation(1) >= 0,
    )
    assert report
    assert [r.excused for r in report.parameters] == [1, 1, 0, 0]


def test_close_to_a_kink_is_not_on_it():
    net, params, x, d, gradients = on_a_kink(shift=2e-5)  # three steps away
    gradients["W1"][0] = 0.0
    report = check_network(net, params, x, d, gradients)
    assert not report
    assert report.excused == 0


def test_another_unit_on_its_kink_is_no_excuse():
    net, params, x, d, gradients = on_a_kink()
    gradients["W1"][1] += 1.0  # the second unit is far from its kink
    report = check_network(net, params, x, d, gradients)
    assert [r.name for r in report.parameters if not r.ok] == ["W1"]
    assert report.parameters[0].worst == (1, 0)
    assert "1 of 2 entries outside" in str(report)


def test_a_kink_is_no_excuse_in_the_layer_above():
    net, params, x, d, gradients = on_a_kink()
    gradients["W2"] += 1.0
    assert not check_network(net, params, x, d, gradients).parameters[2].ok


def test_a_kink_two_layers_up_excuses_the_weights_below():
    net = MLP((1, 1, 1, 1), (identity, relu), identity)
    params = {key: np.ones(shape) for key, shape in net.shapes().items()}
    params["b2"] -= 3.0  # z_2 = 1·(1·1 + 1) - 2 = 0
    report = check_network(net, params, [1.0], [5.0])
    assert report
    assert [r.excused for r in report.parameters] == [1, 1, 1, 1, 0, 0]


def test_a_tie_in_a_max_group_is_excused():
    net = MLP((1, 1), output=MaxGroups(2))
    params = {"W1": [[1.0], [1.0]], "b1": [0.0, 0.0]}
    report = check_network(net, params, [1.0], [0.0])
    assert report
    assert report.excused == 4


def test_a_clear_winner_in_a_max_group_is_not():
    net = MLP((1, 1), output=MaxGroups(2))
    params = {"W1": [[1.0], [0.5]], "b1": [0.0, 0.0]}
    wrong = {"W1": [[0.0], [1.0]], "b1": [0.0, 1.0]}
    report = check_network(net, params, [1.0], [0.0], wrong)
    assert not report
    assert report.excused == 0


def test_the_kink_of_the_hinge_is_excused_and_its_slopes_are_not():
    net = MLP((1, 1), output=identity, divergence=hinge)
    on_it = {"W1": [[1.0]], "b1": [0.0]}
    assert check_network(net, on_it, [1.0], [1.0]).excused == 2
    wrong = {"W1": [[0.0]], "b1": [0.0]}
    report = check_network(net, {"W1": [[0.5]], "b1": [0.0]}, [1.0], [1.0], wrong)
    assert not report
    assert report.excused == 0


def test_the_complex_step_excuses_only_at_the_kink_itself():
    for shift, fine in ((0.0, True), (1e-9, False)):
        net, params, x, d, gradients = on_a_kink(shift)
        gradients["W1"][0] = 0.0  # the other side's slope
        assert bool(check_network(net, params, x, d, gradients, method="complex")) is fine


def test_nan_is_never_excused():
    net, params, x, d, gradients = on_a_kink()
    gradients["W1"][0] = np.nan
    assert not check_network(net, params, x, d, gradients)
