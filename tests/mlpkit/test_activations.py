"""Every activation: values, derivatives, kinks and bad input, against SciPy, SymPy and differences."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.special
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlpkit.activations import (
    LinearActivation,
    MaxGroups,
    Polynomial,
    PowerProducts,
    RandomisedLeakyReLU,
    ScalarActivation,
    identity,
    leaky_relu,
    make_leaky_relu,
    pair_products,
    randomised_leaky_relu,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
    threshold,
)

SCALARS = [identity, sigmoid, tanh, softplus, relu, leaky_relu, randomised_leaky_relu, threshold]
KINKED = [f for f in SCALARS if f.kinks]
VECTORS = [
    softmax,
    pair_products,
    PowerProducts(((2, 1, 0), (0, 3, 1), (1, 0, 0), (0, 1, 2))),
    PowerProducts(((-1, 0.5), (2, -0.3), (1, 0), (0, 1))),
    MaxGroups(2),
    MaxGroups(((0, 1), (1, 2, 3))),
    LinearActivation(((1.0, -2.0, 0.0, 3.0), (0.5, 0.0, 1.0, -1.0))),
    Polynomial(((1, 2), (0, -1), (3, 0)), ((2, 0), (1, 1), (0, 3), (0, 1))),
]
ALL = [*SCALARS, *VECTORS]
IN_ALL = pytest.mark.parametrize("f", ALL, ids=repr)
seeds = st.integers(0, 2**32 - 1)


def points(seed, f, shape=(3, 4)):
    """Pre-activations inside every domain (positive where powers need it)."""
    z = np.random.default_rng(seed).normal(scale=1.5, size=shape)
    return np.abs(z) + 0.3 if isinstance(f, PowerProducts) else z


def difference_quotients(f, z, h=1e-6):
    """Jacobian of one instance by central differences, shape (D, M)."""
    columns = [(f(z + h * e) - f(z - h * e)) / (2 * h) for e in np.eye(len(z))]
    return np.stack(columns, axis=-1)


# -- values --------------------------------------------------------------------------------------------

Z = np.array([-1000.0, -30.0, -2.0, -1e-3, 0.0, 1e-3, 2.0, 30.0, 1000.0])


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (sigmoid, scipy.special.expit(Z)),
        (softplus, -scipy.special.log_expit(-Z)),
        (tanh, [float(sp.tanh(sp.Rational(z)).evalf(30)) for z in Z]),
        (relu, [0, 0, 0, 0, 0, 1e-3, 2, 30, 1000]),
        (leaky_relu, [-10, -0.3, -0.02, -1e-5, 0, 1e-3, 2, 30, 1000]),
        (threshold, [0, 0, 0, 0, 1, 1, 1, 1, 1]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_values(f, expected):
    np.testing.assert_allclose(f(Z), expected, rtol=1e-14, atol=0)


@given(seeds)
def test_softmax_is_scipys(seed):
    z = np.random.default_rng(seed).normal(scale=10, size=(3, 4))
    np.testing.assert_allclose(softmax(z), scipy.special.softmax(z, axis=-1), rtol=1e-12)


@given(st.floats(-300, 300))
def test_tanh_is_a_scaled_and_shifted_sigmoid(u):
    assert tanh(u) == pytest.approx(2 * sigmoid(2 * u) - 1, abs=1e-15)


def test_vector_activations_by_hand():
    assert pair_products([1.0, 2.0, 3.0, 4.0]).tolist() == [2, 12]
    assert PowerProducts(((2, -1), (0.5, 0)))([3.0, 4.0]) == pytest.approx([18, 1 / 3])
    assert MaxGroups(2)([1.0, 5.0, -3.0, -4.0]).tolist() == [5, -3]
    assert MaxGroups(((0, 1), (1, 2, 3)))([1.0, 5.0, 7.0, -4.0]).tolist() == [5, 7]
    assert LinearActivation(((1, 2), (0, 1), (1, 0)))([3.0, 4.0]).tolist() == [11, 4, 3]


def test_n9_the_derivative_of_a_maximum_goes_to_the_largest():
    f = MaxGroups(3)
    assert f([1, 2, 3]).tolist() == [3]
    assert f.jacobian([1, 2, 3]).tolist() == [[0, 0, 1]]
    assert f.vjp([1, 2, 3], [1]).tolist() == [0, 0, 1]


# -- derivatives ---------------------------------------------------------------------------------------


@IN_ALL
@settings(max_examples=20)
@given(seed=seeds)
def test_jacobian_agrees_with_central_differences(f, seed):
    z = points(seed, f, (4,))
    assume(f.kink_distance(z).min() > 1e-5)
    exact, quotient = f.jacobian(z), difference_quotients(f, z)
    assert exact.shape == (f.outputs_for(4), 4)
    assert np.abs(exact - quotient).max() <= 1e-7 * max(1, np.abs(quotient).max())


@pytest.mark.parametrize("f", [f for f in ALL if f.analytic], ids=repr)
@settings(max_examples=20)
@given(seed=seeds)
def test_jacobian_agrees_with_the_complex_step(f, seed):
    z = points(seed, f, (4,))
    quotient = np.stack([f(z + 1e-30j * e).imag / 1e-30 for e in np.eye(4)], axis=-1)
    np.testing.assert_allclose(f.jacobian(z), quotient, rtol=1e-12, atol=1e-12)


@IN_ALL
@settings(max_examples=20)
@given(seed=seeds)
def test_both_vjps_are_the_product_with_the_jacobian(f, seed):
    z = points(seed, f)
    y = f(z)
    dy = np.random.default_rng(seed + 1).normal(size=y.shape)
    expected = np.einsum("tj,tji->ti", dy, f.jacobian(z))
    np.testing.assert_allclose(f.vjp(z, dy), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(f.vjp_from_output(z, y, dy.copy()), expected, rtol=1e-12, atol=1e-12)


@IN_ALL
def test_vjp_from_output_leaves_its_arguments_alone(f):
    z = points(0, f)
    y = f(z)
    dy = np.ones_like(y)
    before = z.copy(), y.copy(), dy.copy()
    f.vjp_from_output(z, y, dy)
    assert all((a == b).all() for a, b in zip((z, y, dy), before, strict=True))


@pytest.mark.parametrize("f", SCALARS, ids=repr)
def test_the_jacobian_of_a_scalar_activation_is_diagonal(f):
    z = points(3, f, (4,))
    np.testing.assert_array_equal(f.jacobian(z), np.diag(f.derivative(z)))


def test_slopes_keep_their_digits_far_from_zero():
    z = sp.Rational(-30)
    exact = {
        sigmoid: sp.exp(-z) / (1 + sp.exp(-z)) ** 2,
        tanh: 1 - sp.tanh(z) ** 2,
        softplus: 1 / (1 + sp.exp(-z)),
    }
    for f, value in exact.items():
        assert f.derivative([-30.0])[0] == pytest.approx(float(value.evalf(40)), rel=1e-12)


def test_powers_are_differentiated_right_where_an_argument_is_zero():
    names = sp.symbols("z1:4")
    exponents = ((1, 0, 2), (2, 0, 0), (0, 3, 1))
    products = [sp.prod([z ** exponents[n][i] for n, z in enumerate(names)]) for i in range(3)]
    exact = sp.Matrix(products).jacobian(names)
    for z in [(0, 2, 3), (0, 0, 3), (5, 0, 0), (0, 0, 0)]:
        expected = np.array(exact.subs(dict(zip(names, z, strict=True)))).astype(float)
        np.testing.assert_array_equal(PowerProducts(exponents).jacobian(z), expected)


def test_whole_powers_of_negative_arguments():
    f = PowerProducts(((3,), (-2,)))
    assert f([-2.0, -4.0]) == pytest.approx([-0.5])
    assert f.jacobian([-2.0, -4.0]) == pytest.approx(np.array([[0.75, -0.25]]))


def test_an_overlapping_winner_collects_from_both_groups():
    f = MaxGroups(((0, 1), (1, 2)))
    assert f.vjp([1.0, 5.0, 2.0], [10.0, 100.0]).tolist() == [0, 110, 0]


# -- large arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [*SCALARS, softmax, pair_products, MaxGroups(2), VECTORS[2]], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_nothing_overflows_or_warns_at_a_thousand(f, dtype):
    z = np.array([[-1000, 1000, 1000, -1000], [1000, 1000, 1000, 1000], [-1000] * 4], dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = f(z)
        results = [y, f.jacobian(z), f.vjp(z, np.ones_like(y)), f.vjp_from_output(z, y, np.ones_like(y))]
    assert all(np.isfinite(result).all() for result in results)


@IN_ALL
def test_single_precision_stays_single(f):
    z = points(1, f).astype(np.float32)
    y = f(z)
    results = [y, f.jacobian(z), f.vjp(z, np.ones_like(y)), f.vjp_from_output(z, y, np.ones_like(y))]
    assert {result.dtype for result in results} == {np.dtype(np.float32)}


# -- kinks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [f for f in ALL if f.analytic], ids=repr)
def test_without_kinks_the_distance_is_infinite(f):
    z = points(0, f)
    assert np.isinf(f.kink_distance(z)).all()
    assert f.kink_distance(z).shape == z.shape
    assert not f.crosses_kink(z, z + 1).any()


@pytest.mark.parametrize("f", KINKED, ids=repr)
def test_the_kink_of_a_scalar_activation_is_at_zero(f):
    assert f.kink_distance([-2.0, 0.0, 3.0]).tolist() == [2, 0, 3]
    crossed = f.crosses_kink([-1.0, -1.0, 0.0, 2.0], [1.0, -2.0, 1.0, 0.0])
    assert crossed.tolist() == [True, False, True, True]


def test_distances_and_gaps_of_groups():
    f = MaxGroups(((0, 1), (1, 2, 3), (3,)), inputs=5)
    z = [1.0, 4.0, 6.0, -1.0, 100.0]
    assert f.gap(z).tolist() == [3, 2, np.inf]
    assert f.kink_distance(z).tolist() == [1.5, 1, 1, 3.5, np.inf]


@given(seed=seeds)
def test_within_the_distance_no_group_changes_its_winner(seed):
    rng = np.random.default_rng(seed)
    f = MaxGroups(((0, 1, 4), (1, 2, 3), (3, 0)))
    z = rng.normal(size=5)
    moved = z + 0.999 * rng.choice([-1, 1], size=5) * f.kink_distance(z)
    assert not f.crosses_kink(z, moved).any()


def test_a_change_of_the_largest_is_a_crossing():
    f = MaxGroups(2)
    assert f.crosses_kink([1.0, 2.0, 1.0, 2.0], [3.0, 2.0, 1.5, 2.0]).tolist() == [True, False]
    assert f.crosses_kink([1.0, 1.0], [2.0, 0.0]).tolist() == [True]


def test_ties_go_to_the_first_of_the_group():
    assert MaxGroups(3).jacobian([2, 2, 1]).tolist() == [[1, 0, 0]]
    assert MaxGroups(((1, 0),)).winners([2, 2]).tolist() == [1]


def test_chosen_subderivatives_at_zero():
    chosen = {f: float(f.derivative([0.0])[0]) for f in KINKED}
    assert chosen == {relu: 1, leaky_relu: 1, randomised_leaky_relu: 1, threshold: 0}


@pytest.mark.parametrize(("f", "low"), [(relu, 0), (leaky_relu, 0.01), (make_leaky_relu(0.2), 0.2)])
def test_subgradient_intervals(f, low):
    least, greatest = f.subgradient_interval([-3.0, 0.0, 3.0])
    assert least.tolist() == [low, low, 1]
    assert greatest.tolist() == [low, 1, 1]


@pytest.mark.parametrize("f", [relu, leaky_relu, randomised_leaky_relu], ids=repr)
@given(share=st.floats(0, 1), z=st.floats(-5, 5))
def test_every_subderivative_supports_the_function_from_below(f, share, z):
    (low,), (high,) = f.subgradient_interval([0.0])
    g = low + share * (high - low)
    assert float(f(z)) >= float(f(0.0)) + g * z - 1e-15


def test_a_jump_has_no_subderivative():
    assert np.isnan(threshold.subgradient_interval([0.0])).all()
    concave = ScalarActivation("-|z|", lambda z: -np.abs(z), lambda z: np.where(z < 0, 1.0, -1.0), (0.0,))
    assert np.isnan(concave.subgradient_interval([0.0])).all()


# -- randomised slopes ---------------------------------------------------------------------------------


def test_randomised_slope_is_its_mean_when_testing():
    assert randomised_leaky_relu([-24.0, 2.0]) == pytest.approx([-5.5, 2])


def test_randomised_slopes_are_drawn_in_their_interval_and_reproducible():
    one, two = (randomised_leaky_relu.sample(np.random.default_rng(4), (500, 3)) for _ in range(2))
    slopes = one.derivative(np.full((500, 3), -1.0))
    np.testing.assert_array_equal(slopes, two.derivative(np.full((500, 3), -1.0)))
    assert slopes.min() >= 1 / 8
    assert slopes.max() <= 1 / 3
    assert slopes.mean() == pytest.approx((1 / 8 + 1 / 3) / 2, abs=0.01)
    assert len(np.unique(slopes)) == 1500


@given(seed=seeds)
def test_a_drawn_activation_agrees_with_differences(seed):
    f = randomised_leaky_relu.sample(np.random.default_rng(seed), 4)
    z = points(seed, f, (4,))
    assume(f.kink_distance(z).min() > 1e-5)
    assert np.abs(f.jacobian(z) - difference_quotients(f, z)).max() <= 1e-7


def test_a_drawn_activation_refuses_another_shape():
    f = randomised_leaky_relu.sample(np.random.default_rng(0), (3, 2))
    with pytest.raises(ValueError, match=r"z must have shape \(3, 2\).*got \(4, 2\)"):
        f(np.zeros((4, 2)))


@IN_ALL
def test_only_the_randomised_activation_is_changed_by_sampling(f):
    assert (f.sample(np.random.default_rng(0), (4,)) is f) != f.random


# -- influences ----------------------------------------------------------------------------------------


@IN_ALL
@settings(max_examples=20)
@given(seed=seeds)
def test_what_is_not_read_or_has_no_influence_has_derivative_zero(f, seed):
    z = points(seed, f, (4,))
    reads, influences = f.reads(4), np.broadcast_to(f.influences(z), (f.outputs_for(4), 4))
    assert (influences <= reads).all()
    assert (f.jacobian(z)[~influences] == 0).all()


def test_a_maximum_reads_its_group_and_is_influenced_by_the_largest():
    f = MaxGroups(2)
    assert f.reads(4).astype(int).tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]
    assert f.influences([1, 2, 4, 3]).astype(int).tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]


def test_a_product_with_zero_still_has_influence():
    assert pair_products.influences([0.0, 3.0]).all()


# -- objects -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [*ALL, make_leaky_relu(0.3), RandomisedLeakyReLU(0.1, 0.2)], ids=repr)
def test_activations_pickle_compare_and_hash(f):
    copy = pickle.loads(pickle.dumps(f))
    assert copy == f
    assert hash(copy) == hash(f)


@IN_ALL
def test_outputs_lie_within_the_limits(f):
    y = f(points(7, f, (200, 4)))
    assert y.min() >= f.limits[0]
    assert y.max() <= f.limits[1]


def test_limits_of_powers():
    assert PowerProducts(((2,), (0,))).limits == (0, np.inf)
    assert PowerProducts(((1,), (2,))).limits == (-np.inf, np.inf)
    assert PowerProducts(((0.5, 1),)).limits == (0, np.inf)


@IN_ALL
def test_numbers_of_units_fit_together(f):
    assert f.inputs_for(f.outputs_for(4)) == 4


# -- bad input -----------------------------------------------------------------------------------------


@IN_ALL
def test_nan_is_refused_by_name(f):
    z = points(0, f)
    z[1, 2] = np.nan
    for use in (f, f.jacobian, f.kink_distance):
        with pytest.raises(ValueError, match=r"z must be finite, got nan at index \(1, 2\)"):
            use(z)


@IN_ALL
def test_integers_are_accepted_and_text_is_not(f):
    assert f([1, 2, 3, 4]).dtype == np.float64
    with pytest.raises(TypeError, match="z must be an array of numbers"):
        f(["1", "2", "3", "4"])


@IN_ALL
def test_a_derivative_of_the_wrong_shape_is_refused(f):
    with pytest.raises(ValueError, match="dy must have the shape of the outputs"):
        f.vjp(points(0, f), np.ones((3, 9)))


@pytest.mark.parametrize("f", VECTORS, ids=repr)
@pytest.mark.parametrize("z", [1.0, np.zeros((2, 0))], ids=["no axis", "zero width"])
def test_vector_activations_need_units(f, z):
    with pytest.raises(ValueError, match="at least one unit"):
        f(z)


@IN_ALL
def test_an_empty_batch_gives_an_empty_batch(f):
    assert f(np.zeros((0, 4))).shape == (0, f.outputs_for(4))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: PowerProducts(((0.5,), (1,)))([-2, 1]), ValueError, r"z must be > 0.*index \(0,\), got -2"),
        (lambda: PowerProducts(((0.5,), (1,)))([0, 1]), ValueError, "z must be > 0"),
        (lambda: PowerProducts(((-1,), (1,)))([[1, 1], [0, 1]]), ValueError, r"not 0.*index \(1, 0\)"),
        (lambda: PowerProducts((1, 2)), ValueError, "exponents must be a real matrix"),
        (lambda: PowerProducts(((np.nan,),)), ValueError, "exponents must be finite"),
        (lambda: VECTORS[2]([1.0, 2.0]), ValueError, "z must have 4 units.*got 2"),
        (lambda: VECTORS[2].inputs_for(5), ValueError, "5 outputs, got 3"),
        (lambda: pair_products([1, 2, 3]), ValueError, "even number of units.*got 3"),
        (lambda: MaxGroups(2)([1, 2, 3]), ValueError, "multiple of 2 units"),
        (lambda: MaxGroups(0), ValueError, "groups must be at least 1"),
        (lambda: MaxGroups(()), ValueError, "groups must be a size or tuples"),
        (lambda: MaxGroups(((0,), ())), ValueError, r"groups\[1\] must be a tuple of indices, at least one"),
        (lambda: MaxGroups(((0, 0),)), ValueError, r"groups\[0\] must hold different indices"),
        (lambda: MaxGroups(((-1, 0),)), ValueError, "counted from 0"),
        (lambda: MaxGroups(((0.5,),)), ValueError, "tuple of indices"),
        (lambda: MaxGroups(((0, 3),), inputs=2), ValueError, "inputs must be at least 4"),
        (lambda: MaxGroups(2, inputs=4), ValueError, "inputs follows"),
        (lambda: LinearActivation([]), ValueError, "A must be a real matrix"),
        (lambda: Polynomial(((1,),), ((0.5,),)), ValueError, "whole numbers from 0"),
        (lambda: Polynomial(((1, 2),), ((1,),)), ValueError, "a column for each monomial"),
        (lambda: make_leaky_relu(-0.1), ValueError, "slope must be at least 0"),
        (lambda: make_leaky_relu("steep"), TypeError, "slope must be a real number"),
        (lambda: RandomisedLeakyReLU(0.5, 0.2), ValueError, "high must be at least 0.5"),
        (lambda: randomised_leaky_relu.sample(3, (2,)), TypeError, "rng must be"),
        (lambda: sigmoid.jacobian(1.0), ValueError, "at least one unit"),
    ],
)
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()
