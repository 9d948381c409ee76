"""Formulas of the activations: values, derivatives and how they are related."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from mlpkit import activations
from mlpkit.formulas.numeric import jacobian, slope
from mlpkit.formulas.operations import Case, Cases, Fold, Fraction, Kronecker, Larger, Rate, Span
from mlpkit.formulas.registry import formula
from mlpkit.formulas.symbols import Applied, Partial, Quantity, add, mul, written

written(
    {
        "tanh": r"\tanh",
        "ReLU": r"\mathrm{ReLU}",
        "leaky": r"\mathrm{leaky}",
        "randomised": r"\mathrm{rleaky}",
        "softplus": r"\mathrm{softplus}",
        "theta": r"\theta",
        "softmax": r"\mathrm{softmax}",
    }
)

z, u, c, D = sp.symbols("z u c D")
i, j = sp.symbols("i j")
_FUNCTIONS = {
    "S": activations.sigmoid,
    "tanh": activations.tanh,
    "ReLU": activations.relu,
    "leaky": activations.leaky_relu,
    "randomised": activations.randomised_leaky_relu,
    "softplus": activations.softplus,
    "theta": activations.threshold,
}


def scalar_point(rng: np.random.Generator) -> dict[str, Any]:
    """Two numbers z and u, and every scalar activation with its derivative by differences."""
    environment: dict[str, Any] = {"z": float(rng.normal(scale=1.5)), "u": float(rng.normal())}
    for name, f in _FUNCTIONS.items():
        environment[name] = lambda v, f=f: float(f(v))
        environment[name + "'"] = lambda v, f=f: slope(f, v)
    environment["partial"] = lambda above, below: slope(environment[above[0]], environment[below[0]])
    return environment


def softmax_point(rng: np.random.Generator) -> dict[str, Any]:
    """Pre-activations z of a layer of four units and its softmax; a number c added to all of them."""
    values, shift = rng.normal(size=4), float(rng.normal())
    f = activations.softmax
    y, table = f(values), jacobian(f, values)
    return {
        "z": lambda j: float(values[j - 1]),
        "y": lambda j: float(y[j - 1]),
        "partial": lambda above, below: float(table[above[1] - 1, below[1] - 1]),
        "D": 4,
        "c": shift,
        "values": values,
    }


def two_classes_point(rng: np.random.Generator) -> dict[str, Any]:
    """Softmax over two pre-activations, and the sigmoid."""
    values = rng.normal(size=2)
    y = activations.softmax(values)
    return {
        "z": lambda j: float(values[j - 1]),
        "y": lambda j: float(y[j - 1]),
        "S": lambda v: float(activations.sigmoid(v)),
    }


def _f(name: str, argument: Any = z, primes: int = 0) -> Applied:
    return Applied(name, None, argument, primes=primes)


def _scalar(
    name: str, left: Any, right: Any, says: str, source: str, stands_for: str, **options: Any
) -> None:
    formula(name, left, right, says, source, stands_for, point=scalar_point, **options)


def _at_z(name: str) -> Any:
    return lambda e: float(_FUNCTIONS[name](e["z"]))


def _slope_at_z(name: str) -> Any:
    return lambda e: float(_FUNCTIONS[name].derivative(e["z"]))


_E = sp.exp(mul(-1, z))

_scalar(
    "sigmoid-slope-quotient",
    Rate(_f("S"), z),
    Fraction(_E, add(1, _E) ** 2),
    "The sigmoid's derivative by the chain rule, before it is written in S.",
    "B, derivation of the sigmoid's derivative",
    "mlpkit.sigmoid.derivative",
    computed=_slope_at_z("S"),
)
_scalar(
    "sigmoid-symmetry",
    _f("S", mul(-1, z)),
    add(1, mul(-1, _f("S"))),
    "Turned about its middle the sigmoid is itself: the two classes are treated alike.",
    "a property used in E, activations",
    "mlpkit.sigmoid",
)
_scalar(
    "sigmoid-slope-bound",
    _f("S", z, 1),
    sp.Rational(1, 4),
    "The sigmoid is nowhere steeper than 1/4, so each layer of them shrinks derivatives.",
    "E, vanishing gradient",
    "mlpkit.sigmoid.derivative",
    relation=r"\le",
    computed=_slope_at_z("S"),
)
_scalar(
    "tanh",
    _f("tanh"),
    Fraction(add(sp.exp(z), mul(-1, _E)), add(sp.exp(z), _E)),
    "The hyperbolic tangent, with values between -1 and 1.",
    "A, B, E, activations",
    "mlpkit.tanh",
    computed=_at_z("tanh"),
)
_scalar(
    "tanh-slope",
    _f("tanh", z, 1),
    add(1, mul(-1, _f("tanh") ** 2)),
    "Its derivative, too, needs nothing but its value.",
    "A, activations",
    "mlpkit.tanh.derivative",
    computed=_slope_at_z("tanh"),
)
_scalar(
    "tanh-from-sigmoid",
    _f("tanh", u),
    add(mul(2, _f("S", mul(2, u))), -1),
    "The hyperbolic tangent is the sigmoid, shifted and also scaled in both directions.",
    "E, activations (which says shifted only)",
    "mlpkit.tanh",
)
_scalar(
    "threshold",
    _f("theta"),
    Cases(Case(1, z, r"\ge", 0), Case(0, z, "<", 0)),
    "The perceptron's unit: on from 0 upwards, off below.",
    "B, perceptron",
    "mlpkit.activations.threshold",
    computed=_at_z("theta"),
)
_scalar(
    "relu",
    _f("ReLU"),
    Larger(0, z),
    "The rectified linear unit: what is positive passes, the rest is 0.",
    "A, B, E, activations",
    "mlpkit.relu",
    computed=_at_z("ReLU"),
)
_scalar(
    "relu-slope",
    _f("ReLU", z, 1),
    Cases(Case(1, z, r"\ge", 0), Case(0, z, "<", 0)),
    "Its derivative; at 0 there is none, and of the subderivatives from 0 to 1 the course takes 1.",
    "A, activations",
    "mlpkit.relu.derivative",
    computed=_slope_at_z("ReLU"),
)
_scalar(
    "leaky-relu",
    _f("leaky"),
    Cases(Case(z, z, r"\ge", 0), Case(mul(Fraction(1, 100), z), z, "<", 0)),
    "The leaky ReLU lets a hundredth of what is negative through.",
    "A, special case 3",
    "mlpkit.activations.leaky_relu",
    computed=_at_z("leaky"),
)
_scalar(
    "leaky-relu-slope",
    _f("leaky", z, 1),
    Cases(Case(1, z, r"\ge", 0), Case(sp.Rational(1, 100), z, "<", 0)),
    "Its derivative is nowhere 0, so no unit stops learning.",
    "A, special case 3",
    "mlpkit.activations.leaky_relu.derivative",
    computed=_slope_at_z("leaky"),
)
_scalar(
    "randomised-leaky-relu-mean",
    _f("randomised"),
    Cases(
        Case(z, z, r"\ge", 0),
        Case(mul(Fraction(1, 2), add(Fraction(1, 8), Fraction(1, 3)), z), z, "<", 0),
    ),
    "The randomised leaky ReLU when it is tested: the mean of the slopes drawn in training.",
    "A, special case 3; slopes as in the course's choices",
    "mlpkit.activations.randomised_leaky_relu",
    computed=lambda e: _mean_of_drawn(e["z"]),
    tolerance=2e-3,
)
_scalar(
    "softplus",
    _f("softplus"),
    sp.log(add(1, sp.exp(z))),
    "The softplus, a smooth relative of the ReLU.",
    "A, E, activations",
    "mlpkit.activations.softplus",
    computed=_at_z("softplus"),
)
_scalar(
    "softplus-slope",
    _f("softplus", z, 1),
    _f("S"),
    "Its derivative is the sigmoid.",
    "A, activations",
    "mlpkit.activations.softplus.derivative",
    computed=_slope_at_z("softplus"),
)
_scalar(
    "softplus-bound",
    _f("softplus"),
    add(Larger(0, z), sp.log(sp.Integer(2), evaluate=False)),
    "It is above the ReLU everywhere, by log 2 at most (at 0).",
    "E, activations",
    "mlpkit.activations.softplus",
    relation=r"\le",
    computed=_at_z("softplus"),
)


def _mean_of_drawn(at: float) -> float:
    """Mean of many drawn activations at one number: what the mean slope stands for."""
    f = activations.randomised_leaky_relu.sample(np.random.default_rng(0), (200_000,))
    return float(f(np.full(200_000, at)).mean())


# -- softmax -------------------------------------------------------------------------------------------

_UNITS = (j, 1, D)
_y, _z = (lambda n: Quantity("y", None, n)), (lambda n: Quantity("z", None, n))

formula(
    "softmax",
    _y(j),
    Fraction(sp.exp(_z(j)), Fold("sum", sp.exp(_z(i)), i, Span(1, D))),
    "Exponentials, made to sum to 1.",
    "A, B, C, softmax",
    "mlpkit.softmax",
    over=(_UNITS,),
    point=softmax_point,
    computed=lambda e: activations.softmax(e["values"]),
)
formula(
    "softmax-sum",
    Fold("sum", _y(j), j, Span(1, D)),
    1,
    "The outputs of a softmax are probabilities of classes that exclude each other.",
    "A, softmax",
    "mlpkit.softmax",
    point=softmax_point,
)
formula(
    "softmax-shift",
    Fraction(
        sp.exp(add(_z(j), c)),
        Fold("sum", sp.exp(add(_z(i), c)), i, Span(1, D)),
    ),
    _y(j),
    "The same number added to all sums changes nothing; taking off the largest keeps exponentials small.",
    "a property used in computing it",
    "mlpkit.softmax",
    over=(_UNITS,),
    point=softmax_point,
    computed=lambda e: activations.softmax(e["values"] + e["c"]),
)
formula(
    "softmax-jacobian",
    Partial(_y(j), _z(i)),
    mul(_y(j), add(Kronecker(i, j), mul(-1, _y(i)))),
    "Each sum influences every output: up its own, down the others.",
    "A, softmax output layer",
    "mlpkit.softmax.jacobian",
    over=(_UNITS, (i, 1, D)),
    point=softmax_point,
    computed=lambda e: activations.softmax.jacobian(e["values"]).ravel(),
)
formula(
    "softmax-of-two",
    _y(1),
    Applied("S", None, add(_z(1), mul(-1, _z(2)))),
    "A softmax over two classes is a sigmoid of the difference of the two sums.",
    "A, binary targets on one or two outputs",
    "mlpkit.softmax",
    point=two_classes_point,
)
