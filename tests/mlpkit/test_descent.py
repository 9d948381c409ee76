"""Descent on plain functions: worked numbers N1 and N2, exact laws for quadratics, honest verdicts."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from mlpkit import numerical_gradient
from mlpkit.descent import (
    SURFACES,
    best_fixed_step,
    best_momentum,
    classify_stationary_point,
    contraction_factor,
    curvatures,
    descend,
    limit_step,
)
from mlpkit.optimizers import ExponentialDecay, InverseDecay

N1 = SURFACES["three variables"]
MISPRINT = SURFACES["three variables, misprinted"]
N2 = SURFACES["tilted bowl"]
N2_HESSIAN = [[2, 1], [1, 8]]


def parabola(x):
    return x * x / 2


def identity_gradient(x):
    return x


# -- N1 --------------------------------------------------------------------------------------------------


def test_n1_is_stationary_at_minus_one():
    assert N1.gradient_at([-1, -1, -1]).tolist() == [0, 0, 0]


def test_n1_hessian_and_curvatures():
    H = N1.hessian_at([-1, -1, -1])
    assert H.tolist() == [[2, -1, 0], [-1, 2, -1], [0, -1, 2]]
    assert np.round(curvatures(H), 3).tolist() == [0.586, 2, 3.414]


def test_n1_is_a_minimum_and_descent_finds_it():
    assert classify_stationary_point(N1.hessian_at([-1, -1, -1])) == "minimum"
    path = descend(N1, [3.0, 2.0, 1.0], best_fixed_step(N1.hessian_at([0, 0, 0])))
    assert path.status == "converged"
    np.testing.assert_allclose(path.end, -1, atol=1e-7)


def test_the_misprinted_n1_has_a_saddle_elsewhere():
    place = np.array([-1, 1, -1]) / 3
    np.testing.assert_allclose(MISPRINT.gradient_at(place), 0, atol=1e-15)
    H = MISPRINT.hessian_at(place)
    assert np.round(curvatures(H), 3).tolist() == [-2.449, 2, 2.449]
    assert classify_stationary_point(H) == "saddle"


# -- N2 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0.1, 0.2])
def test_n2_converges_below_the_limit(step):
    path = descend(N2, [3.0, 3.0], step, steps=200)
    assert path.status == "converged"
    np.testing.assert_allclose(path.end, 0, atol=1e-7)


def test_n2_limit_step():
    assert limit_step(N2_HESSIAN) == pytest.approx(0.24503, abs=5e-6)


def test_n2_beyond_the_limit():
    path = descend(N2, [3.0, 3.0], 0.25, steps=50)
    assert (path.steps, path.status) == (50, "diverging")
    assert path.end[0] == pytest.approx(4.03, abs=0.005)
    assert path.end[1] == pytest.approx(24.8, abs=0.05)


def test_n2_descent_is_the_power_of_its_matrix():
    exact = np.linalg.matrix_power(np.eye(2) - 0.25 * np.array(N2_HESSIAN), 50) @ [3, 3]
    np.testing.assert_allclose(descend(N2, [3.0, 3.0], 0.25, steps=50).end, exact, rtol=1e-9)


# -- named functions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("surface", SURFACES.values(), ids=lambda surface: surface.name)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_surface_agrees_with_sympy(surface, seed):
    x = np.random.default_rng(seed).uniform(-2, 2, surface.dimension)
    names = sp.symbols(f"x1:{surface.dimension + 1}")
    f = sp.sympify(surface.expression)
    values = dict(zip(names, x, strict=True))
    assert surface(x) == pytest.approx(float(f.subs(values)), rel=1e-10, abs=1e-10)
    slope = [float(sp.diff(f, name).subs(values)) for name in names]
    np.testing.assert_allclose(surface.gradient_at(x), slope, rtol=1e-10, atol=1e-10)
    H = np.array(sp.hessian(f, names).subs(values)).astype(float)
    np.testing.assert_allclose(surface.hessian_at(x), H, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=lambda surface: surface.name)
def test_a_surface_agrees_with_central_differences(surface):
    x = np.array([0.7, -1.2, 0.4])[: surface.dimension]
    np.testing.assert_allclose(surface.gradient_at(x), numerical_gradient(surface, x), atol=1e-6)
    rows = [numerical_gradient(lambda p, i=i: surface.gradient_at(p)[i], x) for i in range(surface.dimension)]
    np.testing.assert_allclose(surface.hessian_at(x), rows, atol=1e-5)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=lambda surface: surface.name)
def test_a_surface_takes_whole_grids(surface):
    x = np.random.default_rng(0).normal(size=(4, 3, surface.dimension))
    assert surface(x).shape == (4, 3)
    assert surface.gradient_at(x).shape == x.shape
    assert surface(x)[2, 1] == pytest.approx(surface(x[2, 1]), rel=1e-12)


def test_two_minima_have_different_depths():
    surface = SURFACES["two minima"]
    left, right = (descend(surface, [start, 1.0], 0.3, steps=300) for start in (-2.0, 2.0))
    assert left.status == right.status == "converged"
    assert (round(left.end[0], 2), round(right.end[0], 2)) == (-1.05, 0.95)
    assert left.values[-1] < right.values[-1]


def test_a_surface_refuses_points_of_another_dimension():
    with pytest.raises(ValueError, match="tilted bowl has 2 variables"):
        N2([1.0, 2.0, 3.0])


# -- stationary points -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("H", "kind"),
    [
        ([[2, 0], [0, 1]], "minimum"),
        ([[-2, 0], [0, -1]], "maximum"),
        ([[0, 1], [1, 0]], "saddle"),
        ([[2, 0], [0, 0]], "inconclusive"),
        ([[-2, 0], [0, 0]], "inconclusive"),
        ([[0, 0], [0, 0]], "inconclusive"),
        (np.diag([1, 0, -1]), "saddle"),
        (3.0, "minimum"),
        ([[1e-12, 0], [0, 2e-12]], "minimum"),
    ],
)
def test_classification(H, kind):
    assert classify_stationary_point(H) == kind


@pytest.mark.parametrize("name", ["quartic", "cubic"])
def test_a_zero_second_derivative_decides_nothing(name):
    assert classify_stationary_point(SURFACES[name].hessian_at([0.0])) == "inconclusive"


@given(seed=st.integers(0, 2**32 - 1), signs=st.lists(st.sampled_from([-1, 1]), min_size=1, max_size=5))
def test_classification_does_not_depend_on_the_axes(seed, signs):
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.normal(size=(len(signs), len(signs))))
    H = Q @ np.diag(signs * rng.uniform(0.1, 3, len(signs))) @ Q.T
    expected = "saddle" if len(set(signs)) == 2 else {1: "minimum", -1: "maximum"}[signs[0]]
    assert classify_stationary_point((H + H.T) / 2) == expected


@pytest.mark.parametrize(
    ("H", "message"),
    [([[1, 2], [0, 1]], "symmetric"), ([[1, 2, 3], [1, 2, 3]], "shape"), ([[np.nan]], "finite")],
)
def test_a_hessian_must_be_one(H, message):
    with pytest.raises(ValueError, match=message):
        classify_stationary_point(H)


# -- steps for quadratics --------------------------------------------------------------------------------

bowls = st.tuples(st.floats(0.1, 2.0), st.floats(1.0, 20.0)).map(lambda p: np.diag([p[0], p[0] * p[1]]))


def companion_radius(H, step, momentum):
    """Spectral radius of the iteration on (x, x_before), written as one matrix."""
    n = len(H)
    top = np.hstack([(1 + momentum) * np.eye(n) - step * H, -momentum * np.eye(n)])
    return np.abs(np.linalg.eigvals(np.vstack([top, np.hstack([np.eye(n), np.zeros((n, n))])]))).max()


@given(H=bowls, part=st.floats(0.05, 1.5), momentum=st.floats(0.0, 0.95))
def test_contraction_factor_is_the_spectral_radius(H, part, momentum):
    step = part * limit_step(H, momentum)
    factor = contraction_factor(H, step, momentum)
    # Double roots lose half of their digits in a general eigenvalue solver.
    assert factor == pytest.approx(companion_radius(H, step, momentum), abs=1e-6)


@given(H=bowls, momentum=st.floats(0.0, 0.95))
def test_the_limit_step_divides_converging_from_diverging(H, momentum):
    limit = limit_step(H, momentum)
    assert companion_radius(H, 0.999 * limit, momentum) < 1 < companion_radius(H, 1.001 * limit, momentum)


def test_the_heavy_ball_limit_by_symbols():
    # At η = 2(1+α)/λ the root r = -1 appears, and the product of the roots is α.
    r, alpha, lam = sp.symbols("r alpha lambda", positive=True)
    eta = 2 * (1 + alpha) / lam
    polynomial = r**2 - (1 + alpha - eta * lam) * r + alpha
    assert sp.simplify(polynomial.subs(r, -1)) == 0
    assert sp.simplify(sp.prod(sp.roots(polynomial, r, multiple=True)) - alpha) == 0


@given(H=bowls, momentum=st.sampled_from([0.0, 0.3, 0.9]))
def test_no_fixed_step_beats_the_best_one(H, momentum):
    best = contraction_factor(H, best_fixed_step(H, momentum), momentum)
    found = minimize_scalar(
        lambda step: companion_radius(H, step, momentum),
        bounds=(1e-9, limit_step(H, momentum)),
        method="bounded",
    )
    assert best <= found.fun + 1e-7


@given(H=bowls)
def test_best_momentum_contracts_by_its_root_and_beats_every_plain_step(H):
    step, momentum = best_momentum(H)
    factor = contraction_factor(H, step, momentum)
    assert factor == pytest.approx(np.sqrt(momentum), abs=1e-6)
    assert factor <= contraction_factor(H, best_fixed_step(H)) + 1e-7


@given(H=bowls, part=st.floats(0.1, 0.9))
def test_the_error_shrinks_as_the_factor_says(H, part):
    assume(H[1, 1] > 1.01 * H[0, 0])
    step = part * limit_step(H)
    path = descend(lambda x: 0.5 * x @ H @ x, [1.0, 1.0], step, gradient=lambda x: H @ x, steps=40)
    bound = np.sqrt(2) * contraction_factor(H, step) ** np.arange(path.steps + 1)
    assert (np.linalg.norm(path.points, axis=1) <= bound * (1 + 1e-9)).all()


@pytest.mark.parametrize("call", [limit_step, best_fixed_step, best_momentum])
def test_a_saddle_has_no_best_step(call):
    with pytest.raises(ValueError, match="positive eigenvalues"):
        call([[2, 0], [0, -2]])


# -- what becomes of a path ------------------------------------------------------------------------------


def test_the_sign_rule_ends_in_oscillation():
    path = descend(parabola, 3.2, 0.5, gradient=identity_gradient, rule="sign", steps=40)
    assert path.status == "oscillating"
    assert sorted(np.round(path.points[-2:], 9).tolist()) == [-0.3, 0.2]


def test_the_sign_rule_far_away_is_just_not_there_yet():
    path = descend(parabola, 300.0, 0.5, gradient=identity_gradient, rule="sign", steps=40)
    assert path.status == "not converged yet"


def test_the_sign_rule_converges_if_it_lands_on_the_minimum():
    path = descend(parabola, 3.0, 0.5, gradient=identity_gradient, rule="sign", steps=40)
    assert (path.status, path.steps, float(path.end)) == ("converged", 6, 0.0)


def test_the_sign_rule_with_a_decaying_step_gets_closer():
    path = descend(parabola, 3.2, InverseDecay(0.5, 0.1), gradient=identity_gradient, rule="sign", steps=400)
    assert abs(path.end) < 0.02


def test_a_value_that_stands_still_while_leaping_is_not_called_converged():
    path = descend(parabola, 0.25, 0.5, gradient=identity_gradient, rule="sign", value_change=1e-9)
    assert (path.status, path.steps) == ("oscillating", 1)
    assert "leapt across" in path.reason


def test_at_the_limit_step_a_path_oscillates():
    path = descend(parabola, 1.0, 2.0, gradient=identity_gradient, steps=30)
    assert path.status == "oscillating"


@pytest.mark.parametrize(("part", "status"), [(0.98, "not converged yet"), (1.02, "diverging")])
def test_next_to_the_limit_step(part, status):
    path = descend(parabola, 1.0, 2.0 * part, gradient=identity_gradient, steps=40)
    assert path.status == status


def test_too_small_a_step_is_not_there_yet():
    assert descend(N2, [3.0, 3.0], 0.001).status == "not converged yet"


def test_leaving_a_saddle_without_bound_is_diverging():
    path = descend(SURFACES["saddle"], [1.0, 1e-3], 0.3, steps=1000)
    assert path.status == "diverging"
    assert np.isfinite(path.points).all()


def test_an_overflow_ends_the_path_before_it():
    path = descend(SURFACES["curved valley"], [3.0, 3.0], 1.0, bound=1e308)
    assert path.status == "diverging"
    assert np.isfinite(path.values).all()


def test_a_stationary_start_takes_no_step():
    path = descend(SURFACES["saddle"], [0.0, 0.0], 0.1)
    assert (path.status, path.steps) == ("converged", 0)


def test_the_value_test_waits_for_the_first_step():
    path = descend(N2, [3.0, 3.0], 0.1, value_change=1e9)
    assert path.steps == 1


def test_the_value_test_stops_at_a_minimum():
    path = descend(N2, [3.0, 3.0], 0.2, value_change=1e-10, gradient_norm=None, steps=1000)
    assert path.status == "converged"
    assert abs(path.values[-1] - path.values[-2]) <= 1e-10 < abs(path.values[-2] - path.values[-3])


def test_momentum_passing_a_minimum_does_not_stop_there():
    # From 1 with η = 1 the second point is the minimum itself; the ball rolls on.
    path = descend(parabola, 1.0, 1.0, gradient=identity_gradient, momentum=0.5, steps=200)
    assert float(path.points[1]) == 0.0
    assert path.steps > 10
    assert path.status == "converged"


def test_momentum_is_faster_in_a_narrow_valley():
    surface = SURFACES["narrow valley"]
    H = surface.hessian_at([0, 0])
    step, momentum = best_momentum(H)
    plain = descend(surface, [5.0, 1.0], best_fixed_step(H), steps=2000)
    heavy = descend(surface, [5.0, 1.0], step, momentum=momentum, steps=2000)
    assert plain.status == heavy.status == "converged"
    assert heavy.steps < plain.steps / 3


def test_momentum_follows_its_recursion():
    path = descend(N2, [3.0, 3.0], 0.1, momentum=0.5, steps=20)
    x = path.points
    expected = x[1:-1] + 0.5 * (x[1:-1] - x[:-2]) - 0.1 * path.gradients[1:-1]
    np.testing.assert_allclose(x[2:], expected, atol=1e-12)


def test_a_step_that_decays_too_fast_stops_short():
    path = descend(parabola, 10.0, ExponentialDecay(0.1, 0.5), gradient=identity_gradient, steps=200)
    assert path.status == "not converged yet"
    assert path.end > 5


@given(seed=st.integers(0, 2**32 - 1), part=st.floats(0.05, 0.95))
def test_below_the_limit_step_f_never_rises(seed, part):
    start = np.random.default_rng(seed).uniform(-5, 5, 2)
    path = descend(N2, start, part * limit_step(N2_HESSIAN), steps=50)
    assert (np.diff(path.values) <= 1e-12).all()
    assert path.status in ("converged", "not converged yet")


@given(seed=st.integers(0, 2**32 - 1), part=st.floats(1.02, 3.0))
def test_beyond_the_limit_step_a_path_diverges(seed, part):
    start = np.random.default_rng(seed).uniform(-5, 5, 2)
    assume(np.abs(start @ np.linalg.eigh(N2_HESSIAN)[1][:, 1]) > 0.1)
    assert descend(N2, start, part * limit_step(N2_HESSIAN), steps=150).status == "diverging"


def test_a_path_says_what_happened():
    text = repr(descend(N2, [3.0, 3.0], 0.2, momentum=0.1))
    assert "converged" in text
    assert "momentum 0.1" in text


def test_a_path_cannot_be_changed_and_does_not_change_the_start():
    start = np.array([3.0, 3.0])
    path = descend(N2, start, 0.2)
    assert start.tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match="read-only"):
        path.points[0] = 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.0}, "step must be greater than 0"),
        ({"step": 0.1, "momentum": 1.0}, "momentum must be less than 1"),
        ({"step": 0.1, "steps": 0}, "steps must be at least 1"),
        ({"step": 0.1, "rule": "newton"}, "rule must be"),
        ({"step": 0.1, "gradient_norm": -1.0}, "gradient_norm must be at least 0"),
        ({"step": 0.1, "start": [np.nan, 0.0]}, "start must be finite"),
        ({"step": 0.1, "gradient": identity_gradient}, "gradient must be left out"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        descend(N2, **{"start": [3.0, 3.0], **arguments})


def test_a_plain_function_needs_its_gradient():
    with pytest.raises(TypeError, match="together with its gradient"):
        descend(parabola, 1.0, 0.1)


def test_a_gradient_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="shape of the point"):
        descend(lambda x: x @ x, [1.0, 2.0], 0.1, gradient=lambda x: 2 * x[:1])
