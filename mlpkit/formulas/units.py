"""Formulas of single units and of what a few of them can represent (lecture 01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from scipy import optimize

from mlpkit import activations
from mlpkit.formulas.operations import Case, Cases, Dot, Fold, Fraction, Otherwise, Span
from mlpkit.formulas.registry import formula
from mlpkit.formulas.symbols import (
    Applied,
    Environment,
    Hat,
    Operation,
    Quantity,
    Width,
    add,
    evaluate,
    mul,
    total,
    written,
)
from mlpkit.network import MLP

i, k, m, M, D, N = sp.symbols("i k m M D N")
b, x, y, lower, upper = sp.symbols("b x y l r")


def _sum_of_inputs() -> sp.Expr:
    return add(total(mul(Quantity("w", None, i), Quantity("x", None, i)), i, 1, D), b)


def _unit_point(f: activations.Activation) -> Callable[[np.random.Generator], dict[str, Any]]:
    """One unit with three inputs; its output by the forward pass of a network of that unit."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        net = MLP(widths=(3, 1), output=f)
        params, inputs = net.init(rng, scale=1.0), rng.normal(size=3)
        return {
            "D": 3,
            "w": lambda i: float(params["W1"][0, i - 1]),
            "x": lambda i: float(inputs[i - 1]),
            "b": float(params["b1"][0]),
            "theta": lambda v: float(v >= 0),
            "f": lambda v: float(f(v)),
            "y": float(net.forward(params, inputs).output[0]),
        }

    return point


formula(
    "threshold-unit",
    y,
    Applied("theta", None, _sum_of_inputs()),
    "The perceptron: is the weighted sum of the inputs, with the bias, at least 0?",
    "B, perceptron",
    "mlpkit.MLP.forward",
    point=lambda rng: _with_both_answers(_unit_point(activations.threshold), rng),
)
formula(
    "neuron",
    y,
    Applied("f", None, _sum_of_inputs()),
    "A unit: an affine function of its inputs, then an activation.",
    "A, individual neurons",
    "mlpkit.MLP.forward",
    point=_unit_point(activations.tanh),
)


def _with_both_answers(
    draw: Callable[[np.random.Generator], dict[str, Any]], rng: np.random.Generator
) -> dict[str, Any]:
    """A point whose unit is on: where it is off, a wrong factor would not show."""
    while True:
        environment = draw(rng)
        if environment["y"] == 1.0:
            return environment


def _line_point(rng: np.random.Generator) -> dict[str, Any]:
    """A unit with two inputs and a point on its line, found by searching for the sign change."""
    net = MLP(widths=(2, 1), output=activations.identity)
    params = net.init(rng, scale=1.0)
    first = float(rng.normal())

    def z(second: float) -> float:
        return float(net.forward(params, np.array([first, second])).output[0])

    inputs = (first, float(optimize.brentq(z, -1e4, 1e4, xtol=1e-13)))
    return {
        "w": lambda i: float(params["W1"][0, i - 1]),
        "x": lambda i: inputs[i - 1],
        "b": float(params["b1"][0]),
    }


def _w(index: int) -> Quantity:
    return Quantity("w", None, index)


def _x(index: Any) -> Quantity:
    return Quantity("x", None, index)


formula(
    "decision-line",
    add(mul(_w(1), _x(1)), mul(_w(2), _x(2)), b),
    0,
    "The line between yes and no of a unit with two inputs.",
    "B, linear separability",
    "mlpkit.MLP.forward",
    point=_line_point,
)
formula(
    "decision-line-solved",
    _x(2),
    add(mul(-1, Fraction(_w(1), _w(2)), _x(1)), mul(-1, Fraction(b, _w(2)))),
    "The same line, ready for drawing: its slope comes from the weights, its height from the bias.",
    "B, linear separability",
    "mlpkit.MLP.forward",
    point=_line_point,
)


def _gate_point(rng: np.random.Generator) -> dict[str, Any]:
    """Every corner of a cube: three half-planes say yes or no, and a threshold unit combines them."""
    corners = list(product((0.0, 1.0), repeat=3))
    return {
        "M": 3,
        "corners": len(corners),
        "h": lambda c, m: corners[c - 1][m - 1],
        "theta": lambda v: float(activations.threshold(v)),
    }


c = sp.Symbol("c")
_CORNERS = ((c, 1, sp.Symbol("corners")),)


class _HalfPlane(Operation):
    """What half-plane m says at corner c; the corner is understood and not printed."""

    def tex(self, *printed: str) -> str:
        return f"h_{{{printed[1]}}}"

    def evaluated(self, environment: Environment, bound: Mapping[sp.Symbol, Any]) -> float:
        corner, half_plane = (evaluate(place, environment, bound) for place in self.args)
        return environment["h"](corner, half_plane)


def _h(index: Any) -> Operation:
    return _HalfPlane(c, index)


_SUM_OF_H = total(_h(m), m, 1, M)

formula(
    "and-of-half-planes",
    Fold("prod", _h(m), m, Span(1, M)),
    Applied("theta", None, add(_SUM_OF_H, mul(-1, M), Fraction(1, 2))),
    "One threshold unit is the AND of its inputs: inside a convex polytope all half-spaces say yes.",
    "A, B, what networks can represent",
    "mlpkit.activations.threshold",
    over=_CORNERS,
    point=_gate_point,
)
formula(
    "or-of-regions",
    add(1, mul(-1, Fold("prod", add(1, mul(-1, _h(m))), m, Span(1, M)))),
    Applied("theta", None, add(_SUM_OF_H, mul(-1, Fraction(1, 2)))),
    "With another bias it is the OR, which joins regions of any kind.",
    "A, B, what networks can represent",
    "mlpkit.activations.threshold",
    over=_CORNERS,
    point=_gate_point,
)


def _two_linear_layers(rng: np.random.Generator) -> dict[str, Any]:
    net = MLP(widths=(3, 4, 2), hidden=activations.identity, output=activations.identity)
    params, inputs = net.init(rng, scale=1.0), rng.normal(size=3)
    return {
        "W": lambda k: params[f"W{k}"],
        "vector b": lambda k: params[f"b{k}"],
        "vector x": inputs,
        "N": 2,
        "width": lambda k: net.widths[k],
        "weights": net.parameter_count,
        "output": net.forward(params, inputs).output,
    }


written({"vector b": "b"})


def _W(layer: int) -> Quantity:
    return Quantity("W", None, layer)


def _b(layer: int) -> Quantity:
    return Quantity("vector b", None, layer)


_X = Hat("vector x", "x")

formula(
    "linear-layers-collapse",
    add(Dot(_W(2), add(Dot(_W(1), _X), _b(1))), _b(2)),
    add(Dot(Dot(_W(2), _W(1)), _X), add(Dot(_W(2), _b(1)), _b(2))),
    "Two linear layers are one: without activations between them depth gives nothing.",
    "B, linear neurons",
    "mlpkit.MLP.forward",
    point=_two_linear_layers,
    computed=lambda e: e["output"],
)
formula(
    "parameter-count",
    Hat("weights", r"\#w"),
    total(mul(Width(k), add(Width(k - 1), 1)), k, 1, N),
    "Weights and biases of a network: each unit has one for each unit before it, and one for the bias.",
    "B, computational efficiency",
    "mlpkit.MLP.parameter_count",
    point=_two_linear_layers,
)


def _bump_point(rng: np.random.Generator) -> dict[str, Any]:
    """Two steps at l < r, and a place x between them."""
    left = float(rng.uniform(-1, 0))
    right = left + float(rng.uniform(0.5, 1.0))
    return {
        "l": left,
        "r": right,
        "x": left + float(rng.uniform(0, 1)) * (right - left),
        "theta": lambda v: float(activations.threshold(v)),
    }


def _staircase_point(rng: np.random.Generator) -> dict[str, Any]:
    places = np.linspace(-1.0, 1.0, 401)
    return {
        "M": 400,
        "x": float(rng.uniform(0.3, 0.9)),
        "place": lambda m: float(places[m]),
        "g": lambda v: 1.0 + float(np.sin(2 * v)),
        "theta": lambda v: float(activations.threshold(v)),
    }


written({"place": "x"})


def _place(index: Any) -> Quantity:
    return Quantity("place", None, index)


formula(
    "bump",
    add(
        Applied("theta", None, add(x, mul(-1, lower))),
        mul(-1, Applied("theta", None, add(x, mul(-1, upper)))),
    ),
    Cases(Case(0, x, "<", lower), Case(1, x, "<", upper), Otherwise(0)),
    "Two steps, one taken from the other, are a bump.",
    "A, universal approximation in one dimension",
    "mlpkit.activations.threshold",
    point=_bump_point,
)
formula(
    "staircase",
    Applied("g", None, x),
    add(
        Applied("g", None, _place(0)),
        total(
            mul(
                add(Applied("g", None, _place(m)), mul(-1, Applied("g", None, _place(m - 1)))),
                Applied("theta", None, add(x, mul(-1, _place(m)))),
            ),
            m,
            1,
            M,
        ),
    ),
    "One hidden layer of M steps follows any continuous function of one number; more steps, less error.",
    "A, B, universal approximation (1989)",
    "mlpkit.activations.threshold",
    relation=r"\approx",
    point=_staircase_point,
    tolerance=1e-2,
)
