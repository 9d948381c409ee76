"""Formulas of minima, gradients and Hessians (lecture 05)."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from scipy import optimize

from mlpkit.descent import SURFACES, curvatures
from mlpkit.formulas.numeric import gradient, hessian
from mlpkit.formulas.operations import (
    Column,
    Component,
    Dot,
    Fraction,
    Grid,
    Inverse,
    Norm,
    SlopeAt,
    Transpose,
)
from mlpkit.formulas.registry import formula
from mlpkit.formulas.symbols import (
    Applied,
    Environment,
    Hat,
    Operation,
    Partial,
    Quantity,
    add,
    evaluate,
    mul,
    total,
    written,
)

written(
    {
        "grad f": r"\nabla f",
        "grad g": r"\nabla g",
        "hess f": r"\nabla^2 f",
        "vector x": "x",
        "change x": r"\Delta x",
        "vector v": "v",
        "vector u": "u",
        "eigenvector": "v",
        "eigenvalue": r"\lambda",
        "curve": "c",
        "direction": "v",
        "stationary": r"x^{*}",
    }
)

i, j, m, n = sp.symbols("i j m n")
t, theta, mu = sp.symbols("t theta mu")
f = Quantity("f")
X, DX, V = Hat("vector x", "x"), Hat("change x", r"\Delta x"), Hat("vector v", "v")
LEAST, LARGEST = Hat("lambda min", r"\lambda_{\min}"), Hat("lambda max", r"\lambda_{\max}")


def function(argument: Any) -> Applied:
    """f at a vector."""
    return Applied("f", None, argument)


def nabla(argument: Any) -> Applied:
    """Its gradient there."""
    return Applied("grad f", None, argument)


def _hessian_at(argument: Any) -> Applied:
    return Applied("hess f", None, argument)


class SecondPartial(Operation):
    r"""A second partial derivative of f to the components i and j of x."""

    def tex(self, *printed: str) -> str:
        return rf"\frac{{\partial^2 f}}{{\partial x_{{{printed[0]}}}\,\partial x_{{{printed[1]}}}}}"

    def evaluated(self, environment: Environment, bound: Any) -> float:
        row, column = (int(evaluate(place, environment, bound)) - 1 for place in self.args)
        return float(environment["second partials"][row, column])


def _surface_point(rng: np.random.Generator) -> dict[str, Any]:
    """A curved function of two variables: values from mlpkit, derivatives by differences."""
    surface = SURFACES["two minima"]
    x, v = rng.normal(scale=0.7, size=2) + np.array([1.0, 0.5]), rng.normal(size=2)
    slopes = gradient(surface, x)
    return {
        "surface": surface,
        "vector x": x,
        "change x": 1e-3 * v / np.linalg.norm(v),
        "vector v": v,
        "n": 2,
        "f": lambda at: float(surface(at)),
        "grad f": surface.gradient_at,
        "hess f": surface.hessian_at,
        "partial": lambda above, below: float(slopes[below[1] - 1]),
        "second partials": hessian(surface, x),
    }


formula(
    "gradient",
    Component(nabla(X), i),
    Partial(f, Quantity("x", None, i)),
    "The gradient collects the partial derivatives, in the shape of x.",
    "A, gradient of a scalar function",
    "mlpkit.descent.Surface.gradient_at",
    over=((i, 1, n),),
    point=_surface_point,
    computed=lambda e: e["surface"].gradient_at(e["vector x"]),
)
formula(
    "total-differential",
    add(function(add(X, DX)), mul(-1, function(X))),
    Dot(Transpose(nabla(X)), DX),
    "For a small change the gradient is the best linear factor.",
    "A, D, gradient",
    "mlpkit.descent.Surface.gradient_at",
    relation=r"\approx",
    point=_surface_point,
    tolerance=0.1,
)
formula(
    "taylor-second-order",
    add(function(add(X, DX)), mul(-1, function(X)), mul(-1, Dot(Transpose(nabla(X)), DX))),
    mul(Fraction(1, 2), Dot(Transpose(DX), _hessian_at(X), DX)),
    "What the gradient leaves out is, for small changes, half the Hessian between the change and itself.",
    "A, Hessian",
    "mlpkit.descent.Surface.hessian_at",
    relation=r"\approx",
    point=_surface_point,
    tolerance=3e-2,
)
formula(
    "directional-derivative",
    SlopeAt(function(add(X, mul(t, V))), t, 0),
    Dot(Transpose(nabla(X)), V),
    "The slope in a direction is the inner product with the gradient.",
    "A, properties of the gradient",
    "mlpkit.descent.Surface.gradient_at",
    point=_surface_point,
)
formula(
    "curvature-in-a-direction",
    SlopeAt(Dot(Transpose(nabla(add(X, mul(t, V)))), V), t, 0),
    Dot(Transpose(V), _hessian_at(X), V),
    "The second derivative in a direction, from the Hessian.",
    "A, C, Hessian",
    "mlpkit.descent.Surface.hessian_at",
    point=_surface_point,
)
formula(
    "hessian",
    Component(_hessian_at(X), i, j),
    SecondPartial(i, j),
    "The Hessian holds all second partial derivatives.",
    "A, Hessian",
    "mlpkit.descent.Surface.hessian_at",
    over=((i, 1, n), (j, 1, n)),
    point=_surface_point,
    computed=lambda e: e["surface"].hessian_at(e["vector x"]).ravel(),
    tolerance=1e-6,
)


def _mixed_point(rng: np.random.Generator) -> dict[str, Any]:
    """The curved valley, whose mixed derivative is not 0; each order of differences by itself."""
    surface = SURFACES["curved valley"]
    x = rng.normal(scale=0.5, size=2)
    h = 1e-5
    rows = [(surface.gradient_at(x + h * e) - surface.gradient_at(x - h * e)) / (2 * h) for e in np.eye(2)]
    return {"n": 2, "second partials": np.stack(rows)}


formula(
    "hessian-symmetry",
    SecondPartial(i, j),
    SecondPartial(j, i),
    "The order of two differentiations does not matter.",
    "A, Hessian",
    "mlpkit.descent.Surface.hessian_at",
    over=((i, 1, n), (j, 1, n)),
    point=_mixed_point,
    tolerance=1e-6,
)


# -- directions ----------------------------------------------------------------------------------------


def _vectors_point(rng: np.random.Generator) -> dict[str, Any]:
    """Two vectors in the plane and the angle between them, from their directions."""
    first, second = rng.normal(size=2), rng.normal(size=2)
    angle = np.arctan2(*first[::-1]) - np.arctan2(*second[::-1])
    return {"vector u": first, "vector v": second, "theta": float(angle)}


U = Hat("vector u", "u")
formula(
    "inner-product",
    Dot(Transpose(U), V),
    mul(Norm(U), Norm(V), sp.cos(theta)),
    "The inner product is largest, for given lengths, when the vectors point the same way.",
    "A, a vector property",
    "mlpkit.descent.Surface.gradient_at",
    point=_vectors_point,
)


def _directions_point(rng: np.random.Generator) -> dict[str, Any]:
    """A gradient and unit vectors in 24 directions, the first along the gradient."""
    environment = _surface_point(rng)
    g = environment["surface"].gradient_at(environment["vector x"])
    angles = np.arctan2(g[1], g[0]) + np.linspace(0, 2 * np.pi, 25)[:-1]
    units = np.column_stack([np.cos(angles), np.sin(angles)])
    return {**environment, "M": 24, "direction": lambda m: units[m - 1]}


formula(
    "steepest-ascent",
    Dot(Transpose(nabla(X)), Quantity("direction", None, m)),
    Norm(nabla(X)),
    "No direction of length 1 climbs faster than the gradient's own, which climbs at the gradient's length.",
    "A, properties of the gradient",
    "mlpkit.descent.Surface.gradient_at",
    relation=r"\le",
    over=((m, 1, sp.Symbol("M")),),
    point=_directions_point,
)


def _level_point(rng: np.random.Generator) -> dict[str, Any]:
    """A level set of the tilted bowl, traced by searching along rays, with its tangent by differences."""
    surface, level, at = SURFACES["tilted bowl"], float(rng.uniform(1, 5)), float(rng.uniform(0, 2 * np.pi))

    def on_level(t: float) -> np.ndarray:
        ray = np.array([np.cos(t), np.sin(t)])
        return ray * optimize.brentq(lambda r: float(surface(r * ray)) - level, 0.0, 10.0, xtol=1e-13)

    return {
        "t": at,
        "curve": on_level,
        "curve'": lambda t: (on_level(t + 1e-4) - on_level(t - 1e-4)) / 2e-4,
        "grad f": surface.gradient_at,
    }


_CURVE = Applied("curve", None, t)
formula(
    "orthogonal-to-level-set",
    Dot(Transpose(nabla(_CURVE)), Applied("curve", None, t, primes=1)),
    0,
    "Along a curve c(t) on which f keeps its value the gradient has no component.",
    "A, C, properties of the gradient",
    "mlpkit.descent.Surface.gradient_at",
    point=_level_point,
    tolerance=1e-6,
)


def _constrained_point(rng: np.random.Generator) -> dict[str, Any]:
    """The least value of a bowl on the circle g = 0, found by trying angles, and the multiplier there."""
    surface, centre = SURFACES["tilted bowl"], rng.normal(size=2)

    def on_circle(a: float) -> np.ndarray:
        return centre + np.array([np.cos(a), np.sin(a)])

    grid = np.linspace(0, 2 * np.pi, 721)
    start = grid[np.argmin([float(surface(on_circle(a))) for a in grid])]
    found = optimize.minimize_scalar(
        lambda a: float(surface(on_circle(a))),
        bounds=(start - 0.01, start + 0.01),
        method="bounded",
        options={"xatol": 1e-13},
    )
    best = on_circle(found.x)
    # The multiplier from the slopes away from the centre; the formula then says that the rest agrees, too.
    outward = best - centre
    return {
        "vector x": best,
        "mu": float(surface.gradient_at(best) @ outward) / 2.0,
        "grad f": surface.gradient_at,
        "grad g": lambda x: gradient(lambda p: ((p - centre) ** 2).sum() - 1.0, x),
    }


formula(
    "lagrange-condition",
    nabla(X),
    mul(mu, Applied("grad g", None, X)),
    "At the least value on a constraint g(x) = 0 the gradients are parallel: both stand on the constraint.",
    "C, Lagrange multipliers",
    "mlpkit.descent.Surface.gradient_at",
    point=_constrained_point,
    tolerance=1e-6,
)

# -- quadratic functions -------------------------------------------------------------------------------


def quadratic_point(rng: np.random.Generator) -> dict[str, Any]:
    """A bowl ½xᵀHx + cᵀx in three dimensions, its axes and curvatures, and a place in it."""
    root = rng.normal(size=(3, 3))
    H = root @ root.T + 0.3 * np.eye(3)
    shift, x, v = rng.normal(size=3), rng.normal(size=3), rng.normal(size=3)
    values, vectors = np.linalg.eigh(H)

    def f(p: np.ndarray) -> float:
        return float(0.5 * p @ H @ p + shift @ p)

    return {
        "H": hessian(f, x),
        "exact H": H,
        "c": shift,
        "vector x": x,
        "vector v": v,
        "n": 3,
        "f": f,
        "eigenvalue": lambda i: float(values[i - 1]),
        "eigenvector": lambda i: vectors[:, i - 1],
        "lambda min": float(values[0]),
        "lambda max": float(values[-1]),
        "stationary": optimize.minimize(f, np.zeros(3), tol=1e-14).x,
    }


H = sp.Symbol("H")
EIGENVALUE, EIGENVECTOR = Quantity("eigenvalue", None, i), Quantity("eigenvector", None, i)

formula(
    "hessian-axes",
    Dot(H, EIGENVECTOR),
    mul(EIGENVALUE, EIGENVECTOR),
    "The eigenvectors of the Hessian are the axes of the bowl, the eigenvalues the curvatures along them.",
    "A, C, Hessian",
    "mlpkit.descent.curvatures",
    over=((i, 1, n),),
    point=quadratic_point,
    tolerance=1e-5,
)
formula(
    "quadratic-in-axes",
    Dot(Transpose(X), H, X),
    total(mul(EIGENVALUE, Dot(Transpose(EIGENVECTOR), X) ** 2), i, 1, n),
    "Seen along its axes a quadratic function falls apart into parabolas.",
    "A, C, Hessian",
    "mlpkit.descent.curvatures",
    point=quadratic_point,
    tolerance=1e-5,
)
formula(
    "largest-curvature",
    Dot(Transpose(V), H, V),
    mul(LARGEST, Norm(V) ** 2),
    "No direction curves more than the last axis; if this is negative, everything curves down: a maximum.",
    "A, definite Hessians",
    "mlpkit.descent.curvatures",
    relation=r"\le",
    point=quadratic_point,
)
formula(
    "least-curvature",
    Dot(Transpose(V), H, V),
    mul(LEAST, Norm(V) ** 2),
    "No direction curves less than the first axis; if this is positive, everything curves up: a minimum.",
    "A, definite Hessians",
    "mlpkit.descent.curvatures",
    relation=r"\ge",
    point=quadratic_point,
)
formula(
    "closed-form-minimum",
    Hat("stationary", r"x^{*}"),
    mul(-1, Dot(Inverse(H), sp.Symbol("c"))),
    "A quadratic function ½xᵀHx + cᵀx has its minimum in closed form; most functions do not.",
    "A, closed form solutions",
    "mlpkit.descent.SURFACES",
    point=quadratic_point,
    tolerance=1e-5,
)

# -- the lectures' examples ----------------------------------------------------------------------------


def _example_point(name: str) -> Any:
    """Variables x_i at random, the surface of this name, derivatives by differences."""
    surface = SURFACES[name]

    def point(rng: np.random.Generator) -> dict[str, Any]:
        x = rng.normal(size=surface.dimension)
        return {
            "x": lambda i: float(x[i - 1]),
            "vector x": x,
            "f": lambda *_: float(surface(x)),
            "grad f": lambda at: gradient(surface, at),
            "hess f": lambda at: hessian(surface, at),
            "eigenvalue": lambda i: float(curvatures(surface.hessian_at(x))[i - 1]),
        }

    return point


def _x(index: int) -> Quantity:
    return Quantity("x", None, index)


_THREE, _BOWL = _example_point("three variables"), _example_point("tilted bowl")

formula(
    "three-variables",
    f,
    add(
        _x(1) ** 2,
        mul(_x(1), add(1, mul(-1, _x(2)))),
        _x(2) ** 2,
        mul(-1, _x(2), _x(3)),
        _x(3) ** 2,
        _x(3),
    ),
    "N1: a function of three variables with one minimum.",
    "A, three-variable example (sign of the third term corrected)",
    "mlpkit.descent.SURFACES",
    point=_THREE,
    computed=lambda e: SURFACES["three variables"](e["vector x"]),
)
formula(
    "three-variables-gradient",
    nabla(X),
    Column(
        add(mul(2, _x(1)), 1, mul(-1, _x(2))),
        add(mul(-1, _x(1)), mul(2, _x(2)), mul(-1, _x(3))),
        add(mul(-1, _x(2)), mul(2, _x(3)), 1),
    ),
    "Its gradient.",
    "A, three-variable example",
    "mlpkit.descent.Surface.gradient_at",
    point=_THREE,
    computed=lambda e: SURFACES["three variables"].gradient_at(e["vector x"]),
)
formula(
    "three-variables-stationary",
    nabla(Column(-1, -1, -1)),
    0,
    "At (-1, -1, -1) the gradient is 0.",
    "A, three-variable example",
    "mlpkit.descent.Surface.gradient_at",
    point=_THREE,
)
formula(
    "three-variables-hessian",
    _hessian_at(X),
    Grid(2, -1, 0, -1, 2, -1, 0, -1, 2),
    "Its Hessian, the same everywhere, with the curvatures 0.586, 2 and 3.414: a minimum.",
    "A, three-variable example",
    "mlpkit.descent.Surface.hessian_at",
    point=_THREE,
    computed=lambda e: SURFACES["three variables"].hessian_at(e["vector x"]),
    tolerance=1e-6,
)
formula(
    "tilted-bowl",
    f,
    add(_x(1) ** 2, mul(_x(1), _x(2)), mul(4, _x(2) ** 2)),
    "N2: an elongated bowl whose axes are not those of the coordinates.",
    "A, influence of the step size",
    "mlpkit.descent.SURFACES",
    point=_BOWL,
    computed=lambda e: SURFACES["tilted bowl"](e["vector x"]),
)
formula(
    "tilted-bowl-gradient",
    nabla(X),
    Column(add(mul(2, _x(1)), _x(2)), add(_x(1), mul(8, _x(2)))),
    "Its gradient.",
    "A, influence of the step size",
    "mlpkit.descent.Surface.gradient_at",
    point=_BOWL,
    computed=lambda e: SURFACES["tilted bowl"].gradient_at(e["vector x"]),
)
formula(
    "tilted-bowl-hessian",
    _hessian_at(X),
    Grid(2, 1, 1, 8),
    "Its Hessian, whose larger eigenvalue sets the limit of the step.",
    "A, influence of the step size",
    "mlpkit.descent.Surface.hessian_at",
    point=_BOWL,
    computed=lambda e: SURFACES["tilted bowl"].hessian_at(e["vector x"]),
    tolerance=1e-6,
)
