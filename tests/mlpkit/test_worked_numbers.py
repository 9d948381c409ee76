"""The worked numbers of the syllabus that concern single passes and objectives: N3 to N6, N10."""

import numpy as np
import pytest
from scipy import stats
from sklearn.svm import SVC

from mlpkit import (
    MLP,
    SGD,
    binary_cross_entropy,
    half_squared_error,
    hinge,
    identity,
    penalty_value,
    sigmoid,
)


@pytest.fixture
def step_net():
    return MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)


@pytest.fixture
def start(step_net):
    return {key: np.full(shape, 0.1) for key, shape in step_net.shapes().items()}


def train_one(net, params, changes, x, d):
    """One step of N5/N6; returns the pass, its derivatives, the new parameters and their changes."""
    trace = net.forward(params, x)
    gradients = net.backward(params, trace, d)
    return trace, gradients, *SGD(step=0.2, momentum=0.9).update(params, gradients, changes)


def test_n3_sigmoid_table():
    printed = [0.12, 0.18, 0.27, 0.38, 0.50, 0.62, 0.73, 0.82, 0.88]
    assert np.round(sigmoid(np.arange(-2, 2.1, 0.5)), 2).tolist() == printed


def test_n4_forward_pass():
    net = MLP(widths=(2, 2, 2), hidden=sigmoid, output=sigmoid)
    params = {
        "W1": [[0.2, 0.1], [0.3, -0.4]],
        "b1": [0.1, -0.2],
        "W2": [[-0.2, -0.1], [0.1, -0.5]],
        "b2": [0, 0],
    }
    trace = net.forward(params, [0.4, 0.1])
    assert np.round(trace.y[1], 3).tolist() == [0.547, 0.470]
    assert np.round(trace.output, 3).tolist() == [0.461, 0.455]


def test_n5_training_step(step_net, start):
    trace, gradients, new, _ = train_one(step_net, start, None, [1, 0], [0.9])
    assert np.round(trace.y[1], 5).tolist() == [0.54983, 0.54983]
    assert np.round(trace.output, 5).tolist() == [0.55230]
    assert np.round(-gradients.wrt_z[2], 5).tolist() == [0.08597]
    assert np.round(-gradients.wrt_z[1], 6).tolist() == [0.002128, 0.002128]
    assert np.round([*new["b2"], *new["W2"][0]], 5).tolist() == [0.11719, 0.10945, 0.10945]
    for unit in range(2):
        assert np.round([new["b1"][unit], *new["W1"][unit]], 5).tolist() == [0.10043, 0.10043, 0.1]


def test_n5_with_new_output_weights_would_give_another_hidden_error(step_net, start):
    trace, gradients, new, _ = train_one(step_net, start, None, [1, 0], [0.9])
    wrong = -sigmoid.derivative(trace.z[1]) * (new["W2"].T @ gradients.wrt_z[2])
    assert np.round(wrong, 6).tolist() == [0.002329, 0.002329]


def test_n6_second_step_and_test_point(step_net, start):
    _, _, params, changes = train_one(step_net, start, None, [1, 0], [0.9])
    trace, gradients, new, _ = train_one(step_net, params, changes, [0, 1], [-0.3])
    assert np.round(trace.y[1], 5).tolist() == [0.54994, 0.54994]
    assert np.round(trace.output, 5).tolist() == [0.55912]
    assert np.round(-gradients.wrt_z[2], 5).tolist() == [-0.21178]
    assert np.round(-gradients.wrt_z[1], 6).tolist() == [-0.005737, -0.005737]
    assert np.round([*new["b2"], *new["W2"][0]], 5).tolist() == [0.09031, 0.09467, 0.09467]
    assert np.round([new["b1"][0], *new["W1"][0]], 5).tolist() == [0.09966, 0.10081, 0.09885]
    assert np.round(step_net.forward(new, [1, 1]).output, 5).tolist() == [0.54960]


def test_the_identity_network_of_one_layer_is_the_affine_map():
    net = MLP(widths=(2, 1), output=identity)
    assert net.forward({"W1": [[2, 3]], "b1": [1]}, [10, 100]).output == pytest.approx([321])


# -- N10: which estimate each objective gives ------------------------------------------------------------


@pytest.fixture
def answers():
    rng = np.random.default_rng(10)
    return rng.normal(size=(6, 3)), rng.normal(size=(6, 3))


def test_n10_squared_error_is_the_likelihood_of_gaussian_noise(answers):
    Y, d = answers
    surprise = -stats.norm.logpdf(d, loc=Y, scale=1.0).sum(axis=1)
    constant = 3 * 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(half_squared_error(Y, d), surprise - constant, rtol=1e-12)


def test_n10_a_squared_penalty_is_a_gaussian_prior():
    w, penalty = np.array([[0.5, -1.5], [2.0, 0.1]]), 0.7
    prior = stats.norm(scale=1 / np.sqrt(penalty))
    surprise = -prior.logpdf(w).sum() + w.size * prior.logpdf(0.0)
    assert penalty_value({"W1": w, "b1": np.ones(2)}, penalty) == pytest.approx(surprise)


def test_n10_an_absolute_penalty_is_a_laplace_prior():
    w, penalty = np.array([[0.5, -1.5], [2.0, 0.1]]), 0.7
    prior = stats.laplace(scale=1 / penalty)
    surprise = -prior.logpdf(w).sum() + w.size * prior.logpdf(0.0)
    assert penalty_value({"W1": w, "b1": np.ones(2)}, penalty, "L1") == pytest.approx(surprise)


def test_n10_cross_entropy_is_the_likelihood_of_a_bernoulli_variable():
    rng = np.random.default_rng(11)
    Y, d = rng.uniform(0.05, 0.95, size=(6, 3)), rng.integers(2, size=(6, 3))
    surprise = -stats.bernoulli.logpmf(d, Y).sum(axis=1)
    np.testing.assert_allclose(binary_cross_entropy(Y, d), surprise, rtol=1e-12)


def test_n10_hinge_with_a_penalty_gives_the_largest_margin():
    rng = np.random.default_rng(12)
    x = np.repeat([[2.5, 2.0], [-2.5, -2.0]], 15, axis=0) + rng.normal(size=(30, 2))
    d = np.repeat([1.0, -1.0], 15)[:, None]
    net, penalty = MLP(widths=(2, 1), divergence=hinge), 1e-3

    def objective(w, b):
        return net.loss({"W1": w, "b1": b}, x, d) + penalty_value({"W1": w}, penalty)

    # The same trade-off as the machine's: C times the sum of hinges against half the squared weights.
    machine = SVC(kernel="linear", C=1 / (penalty * len(x)), tol=1e-9).fit(x, d[:, 0])
    best = objective(machine.coef_, machine.intercept_)
    for _ in range(200):
        other = objective(
            machine.coef_ + 0.05 * rng.normal(size=(1, 2)), machine.intercept_ + 0.05 * rng.normal(size=1)
        )
        assert best <= other + 1e-9
