"""Formulas of gradient descent (lecture 06)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import optimize
from sympy.core.symbol import Str

from mlpkit import descent, optimizers
from mlpkit.descent import SURFACES
from mlpkit.formulas.calculus import LARGEST, LEAST, nabla
from mlpkit.formulas.operations import Absolute, Fold, Fraction, Norm, Sign, Span
from mlpkit.formulas.registry import Point, formula
from mlpkit.formulas.symbols import (
    Applied,
    Environment,
    Hat,
    Operation,
    Quantity,
    add,
    evaluate,
    mul,
    written,
)

written({"limit": r"\eta", "error": "e"})

eta, alpha, rho = sp.symbols("eta alpha rho")
k, m, i, n = sp.symbols("k m i n")


class Iterate(Operation):
    """The point of a descent after so many steps, or another quantity of a step."""

    def __new__(cls, name: Any, step: Any) -> Iterate:
        return Operation.__new__(cls, Str(str(name)), step)

    def tex(self, *printed: str) -> str:
        return f"{printed[0]}^{{({printed[1]})}}"

    def evaluated(self, environment: Environment, bound: Any) -> Any:
        return environment["iterate " + str(self.args[0])](int(evaluate(self.args[1], environment, bound)))


def x_at(step: Any) -> Iterate:
    """The point after `step` steps."""
    return Iterate("x", step)


def _path_point(uphill: bool = False, **options: Any) -> Point:
    """A descent on the tilted bowl by mlpkit; its gradients by differences."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        surface, start = SURFACES["tilted bowl"], rng.normal(size=2) + np.array([2.0, 1.0])
        sign = -1.0 if uphill else 1.0
        path = descent.descend(
            lambda x: sign * surface(x),
            start,
            0.05,
            gradient=lambda x: sign * surface.gradient_at(x),
            steps=5,
            **options,
        )
        return {
            "iterate x": lambda step: path.points[step],
            "grad f": surface.gradient_at,
            "eta": 0.05,
            "alpha": options.get("momentum", 0.0),
            "steps": path.steps,
        }

    return point


_STEPS = ((m, 0, add(sp.Symbol("steps"), -1)),)
_LATER = ((m, 1, add(sp.Symbol("steps"), -1)),)

formula(
    "descent-step",
    x_at(add(m, 1)),
    add(x_at(m), mul(-1, eta, nabla(x_at(m)))),
    "Downhill: a step against the gradient, η times as long.",
    "A, C, D, gradient descent",
    "mlpkit.descent.descend",
    over=_STEPS,
    point=_path_point(),
)
formula(
    "ascent-step",
    x_at(add(m, 1)),
    add(x_at(m), mul(eta, nabla(x_at(m)))),
    "Uphill, for a maximum: the same with a plus.",
    "A, C, gradient ascent",
    "mlpkit.descent.descend",
    over=_STEPS,
    point=_path_point(uphill=True),
)
formula(
    "sign-rule",
    x_at(add(m, 1)),
    add(x_at(m), mul(-1, eta, Sign(nabla(x_at(m))))),
    "Only the signs of the slopes are looked at: steps do not become shorter, so the end is an oscillation.",
    "A, trivial algorithm",
    "mlpkit.descent.descend",
    over=_STEPS,
    point=_path_point(rule="sign"),
)
formula(
    "momentum-step",
    x_at(add(m, 1)),
    add(
        x_at(m),
        mul(-1, eta, nabla(x_at(m))),
        mul(alpha, add(x_at(m), mul(-1, x_at(add(m, -1))))),
    ),
    "With momentum a share α of the last step is added.",
    "B, momentum",
    "mlpkit.descent.descend",
    over=_LATER,
    point=_path_point(momentum=0.8),
)


# -- what a quadratic function says of the step --------------------------------------------------------


def _radius(H: np.ndarray, step: float, momentum: float = 0.0) -> float:
    """By what an error is multiplied in the long run: spectral radius of the step as a linear map."""
    eye = np.eye(len(H))
    step_map = np.block([[(1 + momentum) * eye - step * H, -momentum * eye], [eye, np.zeros_like(eye)]])
    return float(np.abs(np.linalg.eigvals(step_map)).max())


def _bowl_point(rng: np.random.Generator) -> dict[str, Any]:
    """A bowl ½xᵀHx, its best step and the limits of the step by search, and a descent on it."""
    root = rng.normal(size=(3, 3))
    H = root @ root.T + 0.5 * np.eye(3)
    values, vectors = np.linalg.eigh(H)
    momentum, largest = 0.6, float(values[-1])

    def limit(share: float) -> float:
        return float(
            optimize.brentq(lambda s: _radius(H, s, share) - 1.0, 0.5 / largest, 8.0 / largest, xtol=1e-13)
        )

    best = optimize.minimize_scalar(
        lambda s: _radius(H, s), bounds=(0.0, 2.0 / largest), method="bounded", options={"xatol": 1e-13}
    )
    step = float(best.x) * 0.7
    path = descent.descend(
        lambda x: 0.5 * x @ H @ x, rng.normal(size=3), step, gradient=lambda x: H @ x, steps=6
    )
    return {
        "H": H,
        "lambda min": float(values[0]),
        "lambda max": largest,
        "eigenvalue": lambda i: float(values[i - 1]),
        "limit": limit(0.0),
        "limit with momentum": limit(momentum),
        "best step": float(best.x),
        "eta": step,
        "alpha": momentum,
        "n": 3,
        "steps": path.steps,
        "iterate x": lambda k: path.points[k],
        "error along": lambda i, k: float(vectors[:, i - 1] @ path.points[k]),
    }


class _ErrorAlong(Operation):
    """The component of the point after m steps along axis i (the minimum is at 0)."""

    def tex(self, *printed: str) -> str:
        return f"e_{{{printed[0]}}}^{{({printed[1]})}}"

    def evaluated(self, environment: Environment, bound: Any) -> float:
        return environment["error along"](*(int(evaluate(a, environment, bound)) for a in self.args))


formula(
    "limit-step",
    Hat("limit", r"\eta_{\text{limit}}"),
    Fraction(2, LARGEST),
    "From this step on descent no longer converges: the steepest axis decides.",
    "A, influence of the step size; the limit from the eigenvalues",
    "mlpkit.descent.limit_step",
    point=_bowl_point,
    computed=lambda e: descent.limit_step(e["H"]),
    tolerance=1e-6,
)
formula(
    "limit-step-momentum",
    Hat("limit with momentum", r"\eta_{\text{limit}}"),
    Fraction(mul(2, add(1, alpha)), LARGEST),
    "With momentum α < 1 the limit is higher.",
    "B, momentum; the limit from the eigenvalues",
    "mlpkit.descent.limit_step",
    point=_bowl_point,
    computed=lambda e: descent.limit_step(e["H"], e["alpha"]),
    tolerance=1e-6,
)
formula(
    "best-step",
    Hat("best step", r"\eta_{\text{best}}"),
    Fraction(2, add(LEAST, LARGEST)),
    "The best fixed step serves the flattest and the steepest axis equally badly.",
    "A, optimal step size; from the eigenvalues",
    "mlpkit.descent.best_fixed_step",
    point=_bowl_point,
    computed=lambda e: descent.best_fixed_step(e["H"]),
    tolerance=1e-6,
)
formula(
    "error-along-an-axis",
    _ErrorAlong(i, m),
    mul(sp.Pow(add(1, mul(-1, eta, Quantity("eigenvalue", None, i))), m, evaluate=False), _ErrorAlong(i, 0)),
    "Along each axis of a bowl every step multiplies the distance from the minimum by one factor.",
    "A, influence of the step size; from the eigenvalues",
    "mlpkit.descent.descend",
    over=((i, 1, n), (m, 0, sp.Symbol("steps"))),
    point=_bowl_point,
)
formula(
    "contraction",
    Norm(x_at(add(m, 1))),
    mul(
        Fold("max", Absolute(add(1, mul(-1, eta, Quantity("eigenvalue", None, i)))), i, Span(1, n)),
        Norm(x_at(m)),
    ),
    "So the distance from the minimum of a bowl at 0 shrinks at least by the worst of the factors.",
    "A, convergence; from the eigenvalues",
    "mlpkit.descent.contraction_factor",
    relation=r"\le",
    over=_STEPS,
    point=_bowl_point,
)


# -- when to stop, and steps that change ---------------------------------------------------------------


def _stopped_point(**criteria: Any) -> Callable[[np.random.Generator], dict[str, Any]]:
    """The end of a descent that stopped by a criterion."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        surface = SURFACES["tilted bowl"]
        path = descent.descend(surface, rng.normal(size=2) + 2.0, 0.1, steps=500, **criteria)
        last = path.steps - 1
        return {
            "m": last,
            "iterate x": lambda step: path.points[step],
            "f": lambda x: float(surface(x)),
            "grad f": surface.gradient_at,
            "tau 1": criteria.get("value_change"),
            "tau 2": criteria.get("gradient_norm"),
        }

    return point


formula(
    "stop-by-value",
    Absolute(
        add(Applied("f", None, x_at(add(m, 1))), mul(-1, Applied("f", None, x_at(m)))),
    ),
    Hat("tau 1", r"\tau_1"),
    "Stop when a step hardly changes the value; it can be asked only after a first step.",
    "A, D, convergence criteria",
    "mlpkit.descent.descend",
    relation=r"\le",
    point=_stopped_point(value_change=1e-3, gradient_norm=None),
)
formula(
    "stop-by-gradient",
    Norm(nabla(x_at(add(m, 1)))),
    Hat("tau 2", r"\tau_2"),
    "Or stop where the gradient is short.",
    "A, convergence criteria",
    "mlpkit.descent.descend",
    relation=r"\le",
    point=_stopped_point(gradient_norm=1e-2),
)


def _schedule_point(rng: np.random.Generator) -> dict[str, Any]:
    rate, first = float(rng.uniform(0.1, 1.0)), float(rng.uniform(0.1, 1.0))
    schedule = optimizers.InverseDecay(first, rate)
    return {
        "rho": rate,
        "eta at": lambda step: first if step == 0 else schedule(step),
        "m": int(rng.integers(1, 20)),
    }


written({"eta at": r"\eta"})
formula(
    "decaying-step",
    Quantity("eta at", None, m),
    Fraction(Quantity("eta at", None, 0), add(1, mul(rho, m))),
    "A step that shrinks like 1/m: long enough in sum to get anywhere, short enough to come to rest.",
    "A, step-size choice (Robbins and Monro, 1951)",
    "mlpkit.optimizers.InverseDecay",
    point=_schedule_point,
)
