"""Every divergence: values, derivatives, fused forms and bad input, against SciPy and differences."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.optimize
import scipy.special
from hypothesis import assume, given
from hypothesis import strategies as st

from mlpkit.activations import identity, sigmoid, softmax
from mlpkit.divergences import (
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    hinge,
    kl_divergence,
    make_squared_error,
)

scaled = make_squared_error(3.0)
ALL = [half_squared_error, scaled, binary_cross_entropy, cross_entropy, kl_divergence, hinge]
LOGARITHMIC = [binary_cross_entropy, cross_entropy, kl_divergence]
FUSED = [
    (sigmoid, binary_cross_entropy),
    (softmax, cross_entropy),
    (softmax, kl_divergence),
    (sigmoid, cross_entropy),
    (sigmoid, kl_divergence),
]
IN_ALL = pytest.mark.parametrize("div", ALL, ids=repr)
IN_FUSED = pytest.mark.parametrize(("f", "div"), FUSED, ids=lambda value: value.name)
seeds = st.integers(0, 2**32 - 1)


def pairs(seed, div, rows=3, width=4):
    """Outputs and targets inside every domain."""
    rng = np.random.default_rng(seed)
    Y, d = rng.uniform(0.05, 0.95, (2, rows, width))
    if div is hinge:
        return 4 * Y - 2, rng.choice([-1.0, 1.0], size=d.shape)
    return Y, d / d.sum(axis=-1, keepdims=True)


# -- values --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("div", "independent"),
    [
        (half_squared_error, lambda Y, d: np.linalg.norm(Y - d, axis=-1) ** 2 / 2),
        (scaled, lambda Y, d: 3 * np.linalg.norm(Y - d, axis=-1) ** 2),
        (
            binary_cross_entropy,
            lambda Y, d: -(scipy.special.xlogy(d, Y) + scipy.special.xlog1py(1 - d, -Y)).sum(-1),
        ),
        (cross_entropy, lambda Y, d: -scipy.special.xlogy(d, Y).sum(-1)),
        (kl_divergence, lambda Y, d: scipy.special.rel_entr(d, Y).sum(-1)),
        (
            hinge,
            lambda Y, d: [
                sum(max(0, 1 - a * b) for a, b in zip(*p, strict=True)) for p in zip(Y, d, strict=True)
            ],
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
@given(seed=seeds)
def test_values_sum_over_units(div, independent, seed):
    Y, d = pairs(seed, div)
    assert div(Y, d).shape == (3,)
    np.testing.assert_allclose(div(Y, d), independent(Y, d), rtol=1e-12, atol=1e-14)


def test_a_half_is_the_half_squared_error():
    Y, d = pairs(0, half_squared_error)
    np.testing.assert_allclose(make_squared_error(0.5)(Y, d), half_squared_error(Y, d), rtol=1e-15)


@given(seed=seeds)
def test_cross_entropy_is_kl_plus_the_entropy_of_the_target(seed):
    Y, d = pairs(seed, kl_divergence)
    entropy = scipy.special.entr(d).sum(axis=-1)
    np.testing.assert_allclose(cross_entropy(Y, d), kl_divergence(Y, d) + entropy, rtol=1e-12)


@given(seed=seeds)
def test_kl_is_zero_at_the_target_and_positive_elsewhere(seed):
    Y, d = pairs(seed, kl_divergence)
    Y /= Y.sum(axis=-1, keepdims=True)
    assert np.abs(kl_divergence(d, d)).max() < 1e-15
    assert (kl_divergence(Y, d) > 0).all()


def test_zero_times_log_zero_is_zero():
    assert kl_divergence([1.0, 0.0], [1.0, 0.0]) == 0
    assert cross_entropy([1.0, 0.0], [1.0, 0.0]) == 0
    assert binary_cross_entropy([1.0, 0.0], [1.0, 0.0]) == 0


def test_binary_cross_entropy_of_a_hard_target_ends_at_the_edge_with_slope_one():
    assert binary_cross_entropy([1.0], [1.0]) == 0
    assert binary_cross_entropy.derivative([1.0], [1.0]).tolist() == [-1]
    assert binary_cross_entropy.derivative([0.0], [0.0]).tolist() == [1]


def test_binary_cross_entropy_of_a_soft_target_is_least_and_positive_at_the_target():
    found = scipy.optimize.minimize_scalar(
        lambda y: float(binary_cross_entropy([y], [0.9])),
        bounds=(0.01, 0.99),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found.x == pytest.approx(0.9, abs=1e-6)
    assert found.fun == pytest.approx(0.325, abs=5e-4)
    assert binary_cross_entropy.derivative([0.9], [0.9])[0] == pytest.approx(0, abs=1e-15)


def test_hinge_has_no_loss_beyond_the_margin():
    assert hinge([2.0, -1.5, 0.5, -3.0], [1, -1, 1, 1]) == pytest.approx(0.5 + 4)
    assert hinge.derivative([2.0, -1.5, 0.5, -3.0], [1, -1, 1, 1]).tolist() == [0, 0, -1, -1]


def test_hinge_at_its_kink():
    assert hinge.derivative([1.0, -1.0], [1, -1]).tolist() == [-1, 1]
    assert hinge.kink_distance([1.0, 0.25, -3.0], [1, 1, -1]).tolist() == [0, 0.75, 2]


# -- derivatives ---------------------------------------------------------------------------------------


@IN_ALL
@given(seed=seeds)
def test_derivative_agrees_with_central_differences(div, seed):
    Y, d = pairs(seed, div, rows=1)
    assume(div.kink_distance(Y, d).min() > 1e-5)
    h = 1e-6
    quotient = [(div(Y + h * e, d) - div(Y - h * e, d))[0] / (2 * h) for e in np.eye(4)]
    exact = div.derivative(Y, d)[0]
    assert np.abs(exact - quotient).max() <= 1e-7 * max(1, np.abs(quotient).max())


@IN_ALL
@given(seed=seeds)
def test_derivative_agrees_with_the_complex_step(div, seed):
    Y, d = pairs(seed, div, rows=1)
    assume(div.kink_distance(Y, d).min() > 0)
    quotient = [div(Y + 1e-30j * e, d)[0].imag / 1e-30 for e in np.eye(4)]
    np.testing.assert_allclose(div.derivative(Y, d)[0], quotient, rtol=1e-12, atol=1e-12)


# -- fused forms ---------------------------------------------------------------------------------------


@IN_FUSED
@given(seed=seeds)
def test_fused_and_two_steps_agree_where_both_are_finite(f, div, seed):
    z = np.random.default_rng(seed).normal(scale=3, size=(3, 4))
    _, d = pairs(seed, div)
    fused = div.fused_with(f)
    np.testing.assert_allclose(fused.value(z, d), div(f(z), d), rtol=1e-9, atol=1e-12)
    two_steps = f.vjp(z, div.derivative(f(z), d))
    np.testing.assert_allclose(fused.derivative(z, d), two_steps, rtol=0, atol=1e-9)


@IN_FUSED
@given(seed=seeds)
def test_fused_derivative_agrees_with_the_complex_step(f, div, seed):
    z = np.random.default_rng(seed).normal(scale=3, size=(1, 4))
    _, d = pairs(seed, div, rows=1)
    fused = div.fused_with(f)
    quotient = [fused.value(z + 1e-30j * e, d)[0].imag / 1e-30 for e in np.eye(4)]
    np.testing.assert_allclose(fused.derivative(z, d)[0], quotient, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("f", "div", "z", "d", "value", "derivative"),
    [
        (sigmoid, binary_cross_entropy, [1000, -1000], [1, 0], 0, [0, 0]),
        (sigmoid, binary_cross_entropy, [1000, -1000], [0, 1], 2000, [1, -1]),
        (softmax, cross_entropy, [1000, -1000], [1, 0], 0, [0, 0]),
        (softmax, cross_entropy, [1000, -1000], [0, 1], 2000, [1, -1]),
        (softmax, cross_entropy, [1000, -1000], [0.5, 0.5], 1000, [0.5, -0.5]),
        (softmax, kl_divergence, [1000, -1000], [0, 1], 2000, [1, -1]),
        (softmax, kl_divergence, [1000, -1000], [0.5, 0.5], 1000 - np.log(2), [0.5, -0.5]),
        (sigmoid, cross_entropy, [1000, -1000], [0, 1], 1000, [0, -1]),
        (sigmoid, kl_divergence, [1000, -1000], [1, 0], 0, [0, 0]),
    ],
)
def test_fused_forms_at_a_thousand(f, div, z, d, value, derivative):
    fused = div.fused_with(f)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fused.value(np.array(z, float), np.array(d, float)) == value
        assert fused.derivative(np.array(z, float), np.array(d, float)).tolist() == derivative


def test_a_small_loss_keeps_its_digits():
    fused = binary_cross_entropy.fused_with(sigmoid)
    expected = -scipy.special.log_expit(30.0)
    assert fused.value(np.array([30.0]), np.array([1.0])) == pytest.approx(expected, rel=1e-12)
    assert fused.value(np.array([-30.0]), np.array([0.0])) == pytest.approx(expected, rel=1e-12)


def test_not_every_pair_is_fused():
    assert half_squared_error.fused_with(sigmoid) is None
    assert cross_entropy.fused_with(identity) is None


# -- precision, objects, bad input ---------------------------------------------------------------------


@IN_ALL
def test_single_precision_stays_single(div):
    Y, d = (values.astype(np.float32) for values in pairs(0, div))
    assert div(Y, d).dtype == np.float32
    assert div.derivative(Y, d).dtype == np.float32


@IN_FUSED
def test_fused_forms_stay_single(f, div):
    z, d = (values.astype(np.float32) for values in pairs(0, div))
    fused = div.fused_with(f)
    assert fused.value(z, d).dtype == np.float32
    assert fused.derivative(z, d).dtype == np.float32


@IN_ALL
def test_divergences_pickle_compare_and_hash(div):
    copy = pickle.loads(pickle.dumps(div))
    assert copy == div
    assert hash(copy) == hash(div)


@IN_ALL
def test_integers_are_accepted(div):
    assert np.isfinite(div([1, 1], [1, 1] if div in (hinge, binary_cross_entropy) else [1, 0]))


@IN_ALL
def test_shapes_that_differ_are_refused(div):
    Y, d = pairs(0, div)
    with pytest.raises(ValueError, match=r"d must have the shape of the outputs Y, \(2, 4\), got \(3, 4\)"):
        div(Y[:2], d)


@IN_ALL
def test_nan_is_refused_by_name(div):
    Y, d = pairs(0, div)
    bad = Y.copy()
    bad[1, 1] = np.nan
    with pytest.raises(ValueError, match="Y must be finite"):
        div(bad, d)
    with pytest.raises(ValueError, match="d must be finite"):
        div(Y, bad)


@pytest.mark.parametrize(
    ("div", "Y", "d", "words"),
    [
        (binary_cross_entropy, [1.2], [1], r"Y must lie in \[0, 1\].*got 1.2"),
        (cross_entropy, [0.5, -0.1], [1, 0], "Y must not be negative.*got -0.1"),
        (kl_divergence, [0.5, -0.1], [1, 0], "Y must not be negative"),
        (binary_cross_entropy, [0.5], [-0.1], r"d must lie in \[0, 1\].*got -0.1"),
        (cross_entropy, [0.5, 0.5], [1, 1], "d must sum to 1.*got a sum of 2"),
        (kl_divergence, [0.5, 0.5], [0.2, 0.2], "d must sum to 1"),
        (hinge, [0.5, 0.5], [1, 0], r"d must be -1 or \+1.*got 0"),
        (half_squared_error, np.zeros((2, 0)), np.zeros((2, 0)), "at least one output"),
        (half_squared_error, 1.0, 1.0, "at least one output"),
    ],
)
def test_values_outside_the_domain_are_named(div, Y, d, words):
    for use in (div, div.derivative):
        with pytest.raises(ValueError, match=words):
            use(Y, d)


@pytest.mark.parametrize("scale", [0, -1, np.inf])
def test_a_scale_must_be_positive(scale):
    with pytest.raises(ValueError, match="scale must be"):
        make_squared_error(scale)


@pytest.mark.parametrize("div", LOGARITHMIC, ids=repr)
def test_an_impossible_target_costs_infinitely_much(div):
    assert np.isinf(div([0.0, 1.0], [1.0, 0.0]))
