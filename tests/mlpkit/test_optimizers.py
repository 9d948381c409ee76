"""Schedules, penalties and the rule of SGD, against finite differences and SymPy."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import SGD, numerical_gradient
from mlpkit.optimizers import (
    ExponentialDecay,
    FixedStep,
    InverseDecay,
    StepwiseDecay,
    as_schedule,
    penalty_gradient,
    penalty_value,
)

WEIGHTS = {"W1": np.array([[0.5, -1.5], [2.0, 0.25]]), "b1": np.array([3.0, -4.0])}
ZERO = {key: np.zeros_like(value) for key, value in WEIGHTS.items()}


@pytest.mark.parametrize(
    ("schedule", "expression"),
    [
        (FixedStep(0.4), "2/5"),
        (InverseDecay(0.4, rate=0.5), "(2/5)/(1 + k/2)"),
        (ExponentialDecay(0.4, factor=0.9), "(2/5)*(9/10)**k"),
        (StepwiseDecay(0.4, factor=0.5, every=3), "(2/5)*(1/2)**floor(k/3)"),
    ],
)
@pytest.mark.parametrize("k", [0, 1, 2, 3, 7, 30])
def test_a_schedule_is_its_formula(schedule, expression, k):
    exact = sp.Rational(1) * sp.sympify(expression, rational=True).subs(sp.Symbol("k"), k)
    assert schedule(k) == pytest.approx(float(exact), rel=1e-14)


def test_a_number_becomes_a_fixed_step():
    assert as_schedule(0.3) == FixedStep(0.3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FixedStep(0.0),
        lambda: InverseDecay(0.1, rate=-1.0),
        lambda: ExponentialDecay(0.1, factor=1.5),
        lambda: ExponentialDecay(0.1, factor=0.0),
        lambda: StepwiseDecay(0.1, every=0),
        lambda: FixedStep(0.1)(-1),
        lambda: SGD(step=0.0),
        lambda: SGD(step=float("nan")),
        lambda: SGD(step=0.1, momentum=1.1),
        lambda: SGD(step=0.1, penalty=-1.0),
        lambda: SGD(step=0.1, penalty_kind="L3"),
    ],
)
def test_impossible_settings_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()


def test_an_iteration_must_be_a_whole_number():
    with pytest.raises(TypeError, match="k must be a whole number"):
        FixedStep(0.1)(1.5)


def test_l2_penalty_is_half_the_sum_of_squares():
    assert penalty_value(WEIGHTS, 2.0) == pytest.approx(0.25 + 2.25 + 4.0 + 0.0625)


def test_l1_penalty_is_the_sum_of_magnitudes():
    assert penalty_value(WEIGHTS, 2.0, "L1") == pytest.approx(2 * 4.25)


@pytest.mark.parametrize("kind", ["L2", "L1"])
def test_biases_are_not_penalised(kind):
    assert penalty_value({"b1": WEIGHTS["b1"]}, 2.0, kind) == 0.0


@pytest.mark.parametrize("kind", ["L2", "L1"])
def test_penalty_gradient_is_that_of_the_penalty(kind):
    numerical = numerical_gradient(lambda p: penalty_value(p, 0.7, kind), WEIGHTS)
    for key, value in WEIGHTS.items():
        np.testing.assert_allclose(penalty_gradient(key, value, 0.7, kind), numerical[key], atol=1e-8)


def test_l1_subgradient_at_zero_is_zero():
    assert penalty_gradient("W1", [0.0, -0.0], 0.7, "L1").tolist() == [0.0, 0.0]


@given(
    eta=st.floats(0.001, 2.0),
    penalty=st.floats(0.0, 2.0),
    kind=st.sampled_from(["L2", "L1"]),
)
def test_without_momentum_a_step_follows_the_gradient_of_the_penalised_loss(eta, penalty, kind):
    centre = {"W1": np.array([[1.0, 2.0], [-1.0, 0.5]]), "b1": np.array([0.1, 0.2])}

    def loss(p):
        return sum(0.5 * np.sum((p[key] - centre[key]) ** 2) for key in p) + penalty_value(p, penalty, kind)

    plain = {key: WEIGHTS[key] - centre[key] for key in WEIGHTS}
    new, _ = SGD(eta, penalty=penalty, penalty_kind=kind).update(WEIGHTS, plain)
    slope = numerical_gradient(loss, WEIGHTS)
    for key, before in WEIGHTS.items():
        np.testing.assert_allclose(new[key], before - eta * slope[key], atol=1e-6)


def test_l2_decay_shrinks_a_weight_by_eta_lambda():
    new, _ = SGD(step=0.1, penalty=0.5).update(WEIGHTS, ZERO)
    np.testing.assert_allclose(new["W1"], 0.95 * WEIGHTS["W1"], rtol=1e-14)


def test_l1_decay_takes_the_same_from_every_weight():
    new, _ = SGD(step=0.1, penalty=0.5, penalty_kind="L1").update(WEIGHTS, ZERO)
    np.testing.assert_allclose(np.abs(WEIGHTS["W1"]) - np.abs(new["W1"]), 0.05, rtol=1e-12)


def test_a_scheduled_step_uses_the_epoch():
    ones = {key: np.ones_like(value) for key, value in WEIGHTS.items()}
    _, changes = SGD(step=ExponentialDecay(0.8, factor=0.5)).update(WEIGHTS, ones, epoch=3)
    np.testing.assert_allclose(changes["b1"], -0.1, rtol=1e-14)


def test_constant_gradient_with_momentum_reaches_the_terminal_change():
    # Geometric series: Δ tends to -ηg/(1 - α).
    params, changes, ones = {"b1": np.zeros(1)}, None, {"b1": np.ones(1)}
    for _ in range(200):
        params, changes = SGD(step=0.1, momentum=0.9).update(params, ones, changes)
    assert changes["b1"][0] == pytest.approx(-1.0, rel=1e-8)


def test_an_update_changes_none_of_its_arguments():
    before = {key: value.copy() for key, value in WEIGHTS.items()}
    SGD(step=0.5, momentum=0.5, penalty=0.5).update(WEIGHTS, WEIGHTS, WEIGHTS)
    assert all(np.array_equal(WEIGHTS[key], before[key]) for key in WEIGHTS)
