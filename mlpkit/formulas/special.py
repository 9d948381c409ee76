"""Formulas of the special cases: vector activations, multiplicative units, kinks (lecture 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from mlpkit import activations
from mlpkit._checks import Array
from mlpkit.activations import Activation
from mlpkit.formulas.numeric import jacobian
from mlpkit.formulas.operations import (
    Case,
    Cases,
    Dot,
    Fold,
    Fraction,
    Jacobian,
    Kronecker,
    Member,
    Other,
    Otherwise,
    Span,
    Transpose,
)
from mlpkit.formulas.registry import Point, formula
from mlpkit.formulas.symbols import Applied, Hat, Partial, Quantity, add, mul, total, written

written({"powers": "p", "coefficients": "c", "vector z": "z", "group": "S"})

i, j, l, r, g, h = sp.symbols("i j l r g h")
D, M, R = sp.symbols("D M R")
z, o = sp.symbols("z o")
_y, _z = (lambda n: Quantity("y", None, n)), (lambda n: Quantity("z", None, n))
_dy, _dz = (lambda n: Quantity("dy", None, n)), (lambda n: Quantity("dz", None, n))
_OUTPUTS, _SUMS = (j, 1, D), (i, 1, M)


def layer_point(
    f: Activation, units: int, positive: bool = False, more: Mapping[str, Any] | None = None
) -> Point:
    """One layer's activation at random sums: value by mlpkit, all derivatives by differences.

    The divergence above it is a random linear one, Div = v·y.
    """

    def point(rng: np.random.Generator) -> dict[str, Any]:
        at = rng.uniform(0.4, 2.0, size=units) if positive else rng.normal(size=units)
        y = f(at)
        table, above = jacobian(f, at), rng.normal(size=y.shape)
        pulled = jacobian(lambda v: f(v) @ above, at)
        return {
            "activation": f,
            "values": at,
            "above": above,
            "M": units,
            "D": len(y),
            "y": lambda n: float(y[n - 1]),
            "z": lambda n: float(at[n - 1]),
            "dy": lambda n: float(above[n - 1]),
            "dz": lambda n: float(pulled[n - 1]),
            "vector y": y,
            "vector z": at,
            "partial": lambda a, b: _partial(a, b, table, above, pulled),
            "jacobian": lambda a, b: table,
            **(more or {}),
        }

    return point


def _partial(a: tuple[Any, ...], b: tuple[Any, ...], table: Array, above: Array, pulled: Array) -> float:
    if a[0] == "y":
        return float(table[a[1] - 1, b[1] - 1])
    return float(above[b[1] - 1] if b[0] == "y" else pulled[b[1] - 1])


def _value(e: Any) -> Any:
    return e["activation"](e["values"])


def _table(e: Any) -> Any:
    return e["activation"].jacobian(e["values"])


def _pull(e: Any) -> Any:
    return e["activation"].vjp(e["values"], e["above"])


# -- vector activations --------------------------------------------------------------------------------

_SOFTMAX = layer_point(activations.softmax, 4)
_MATRIX = ((1.0, -2.0, 0.5), (0.3, 0.7, -1.1))
_LINEAR = layer_point(activations.LinearActivation(_MATRIX), 3, more={"A": np.array(_MATRIX)})
Div = Quantity("Div")

formula(
    "vector-activation-backward",
    Partial(Div, _z(i)),
    total(mul(Partial(Div, _y(j)), Partial(_y(j), _z(i))), j, 1, D),
    "Through a vector activation: a sum collects from every output that it influences.",
    "A, D, derivatives of vector activations",
    "mlpkit.activations.Activation.vjp",
    over=(_SUMS,),
    point=_SOFTMAX,
    computed=_pull,
)
formula(
    "scalar-activation-as-vector",
    Partial(_y(j), _z(i)),
    Cases(Case(Applied("f", None, _z(i), primes=1), i, "=", j), Otherwise(0)),
    "A scalar activation is the special case in which each sum influences its own output only.",
    "A, derivatives of vector activations",
    "mlpkit.activations.ScalarActivation.jacobian",
    over=(_OUTPUTS, _SUMS),
    point=layer_point(
        activations.tanh, 3, more={"f'": lambda v: float(np.tanh(v + 1e-5) - np.tanh(v - 1e-5)) / 2e-5}
    ),
    computed=lambda e: _table(e).ravel(),
)
formula(
    "softmax-backward",
    _dz(i),
    mul(_y(i), add(_dy(i), mul(-1, total(mul(_y(j), _dy(j)), j, 1, D)))),
    "Back through a softmax without its Jacobian: what is above the mean goes up, the rest down.",
    "A, softmax output layer, summed",
    "mlpkit.softmax.vjp",
    over=(_SUMS,),
    point=_SOFTMAX,
    computed=_pull,
)
formula(
    "softmax-backward-sum",
    _dz(i),
    total(mul(_dy(j), _y(i), add(Kronecker(i, j), mul(-1, _y(j)))), j, 1, D),
    "The same as the sum over the Jacobian's column.",
    "A, softmax output layer",
    "mlpkit.softmax.vjp",
    over=(_SUMS,),
    point=_SOFTMAX,
    computed=_pull,
)
_VECTOR_Y, _VECTOR_Z = Hat("vector y", "y"), Hat("vector z", "z")
formula(
    "linear-activation",
    _VECTOR_Y,
    Dot(sp.Symbol("A"), _VECTOR_Z),
    "The linear vector activation, which may have fewer or more outputs than sums.",
    "A, vector activations",
    "mlpkit.activations.LinearActivation",
    point=_LINEAR,
    computed=_value,
)
formula(
    "linear-activation-jacobian",
    Jacobian(_VECTOR_Y, _VECTOR_Z),
    sp.Symbol("A"),
    "Its Jacobian is its matrix.",
    "A, vector activations",
    "mlpkit.activations.LinearActivation.jacobian",
    point=_LINEAR,
    computed=_table,
)

_POLYNOMIAL = activations.Polynomial(((1.0, -0.5, 0.0), (0.0, 2.0, 1.0)), ((2, 1, 0), (0, 1, 3)))
_P, _C = np.array(_POLYNOMIAL.exponents), np.array(_POLYNOMIAL.coefficients)
formula(
    "polynomial-activation",
    _y(j),
    total(
        mul(
            Quantity("coefficients", None, j, r),
            Fold(
                "prod",
                sp.Pow(_z(l), Quantity("powers", None, l, r), evaluate=False),
                l,
                Span(1, M),
            ),
        ),
        r,
        1,
        R,
    ),
    "A polynomial vector activation: sums of products of powers.",
    "A, vector activations",
    "mlpkit.activations.Polynomial",
    over=(_OUTPUTS,),
    point=layer_point(
        _POLYNOMIAL,
        2,
        more={
            "R": 3,
            "powers": lambda l, r: float(_P[l - 1, r - 1]),
            "coefficients": lambda j, r: float(_C[j - 1, r - 1]),
        },
    ),
    computed=_value,
)

# -- multiplicative units ------------------------------------------------------------------------------

_PAIRS = layer_point(activations.pair_products, 6)
_ONE_PAIR = layer_point(activations.pair_products, 2)

formula(
    "pair-products",
    _y(j),
    mul(_z(add(mul(2, j), -1)), _z(mul(2, j))),
    "Multiplicative units: each output is the product of two neighbours.",
    "A, special case 2",
    "mlpkit.activations.pair_products",
    over=(_OUTPUTS,),
    point=_PAIRS,
    computed=_value,
)
formula(
    "pair-products-backward-first",
    _dz(add(mul(2, j), -1)),
    mul(_z(mul(2, j)), _dy(j)),
    "Back to the first of the two: times the second,",
    "A, special case 2",
    "mlpkit.activations.PairProducts.vjp",
    over=(_OUTPUTS,),
    point=_PAIRS,
    computed=lambda e: _pull(e)[0::2],
)
formula(
    "pair-products-backward-second",
    _dz(mul(2, j)),
    mul(_z(add(mul(2, j), -1)), _dy(j)),
    "and back to the second: times the first.",
    "A, special case 2",
    "mlpkit.activations.PairProducts.vjp",
    over=(_OUTPUTS,),
    point=_PAIRS,
    computed=lambda e: _pull(e)[1::2],
)


def _product_point(rng: np.random.Generator) -> dict[str, Any]:
    """o = y_1 y_2 between two layers, with a divergence that is linear in o."""
    e = _ONE_PAIR(rng)
    above, at = float(e["above"][0]), e["values"]
    return {
        **e,
        "y": lambda n: float(at[n - 1]),
        "o": float(e["activation"](at)[0]),
        "j": 1,
        "l": 2,
        "partial": lambda a, b: above if b == ("o",) else e["dz"](b[1]),
    }


formula(
    "multiplicative-unit",
    o,
    mul(_y(j), _y(l)),
    "A product of two outputs, as in LSTMs, GRUs and attention.",
    "A, special case 2",
    "mlpkit.activations.pair_products",
    point=_product_point,
)
formula(
    "multiplicative-unit-backward",
    Partial(Div, _y(j)),
    mul(_y(l), Partial(Div, o)),
    "Each factor gets the derivative times the other factor.",
    "A, special case 2",
    "mlpkit.activations.PairProducts.vjp",
    point=_product_point,
    computed=lambda e: e["activation"].vjp(e["values"], e["above"])[0],
)

_EXPONENTS = ((2.0, 0.5), (-1.0, 1.0), (0.0, 3.0))
_POWERS = layer_point(
    activations.PowerProducts(_EXPONENTS),
    3,
    positive=True,
    more={"powers": lambda l, i: float(_EXPONENTS[l - 1][i - 1])},
)


def _power(of: Any, unit: Any) -> sp.Expr:
    return sp.Pow(_z(of), Quantity("powers", None, of, unit), evaluate=False)


formula(
    "power-products",
    _y(j),
    Fold("prod", _power(l, j), l, Span(1, M)),
    "Products of powers, with exponents p; a z with a broken exponent must be positive.",
    "A, special case 2 (the condition is missing there)",
    "mlpkit.activations.PowerProducts",
    over=(_OUTPUTS,),
    point=_POWERS,
    computed=_value,
)
formula(
    "power-products-slope",
    Partial(_y(j), _z(i)),
    mul(
        Quantity("powers", None, i, j),
        sp.Pow(_z(i), add(Quantity("powers", None, i, j), -1), evaluate=False),
        Fold("prod", _power(l, j), l, Other(i, 1, M)),
    ),
    "One power is differentiated, the others stay.",
    "A, special case 2",
    "mlpkit.activations.PowerProducts.jacobian",
    over=(_OUTPUTS, _SUMS),
    point=_POWERS,
    computed=lambda e: _table(e).ravel(),
)
formula(
    "power-products-as-sums",
    _y(j),
    sp.exp(total(mul(Quantity("powers", None, l, j), sp.log(_z(l))), l, 1, M)),
    "For positive z it is a layer of sums between a logarithm and an exponential.",
    "follows from A, special case 2",
    "mlpkit.activations.PowerProducts",
    over=(_OUTPUTS,),
    point=_POWERS,
)

# -- maxima --------------------------------------------------------------------------------------------

_ALL = layer_point(activations.MaxGroups(((0, 1, 2),)), 3)
_GROUPS = ((0, 1), (2, 3, 4))
_GROUPED = layer_point(
    activations.MaxGroups(_GROUPS), 5, more={"group": lambda j: [n + 1 for n in _GROUPS[j - 1]]}
)
_S = Quantity("group", None, j)

formula(
    "max-unit",
    _y(1),
    Fold("max", _z(l), l, Span(1, M)),
    "The largest of the sums.",
    "A, D, subgradients and the maximum",
    "mlpkit.activations.MaxGroups",
    point=_ALL,
    computed=_value,
)
formula(
    "max-unit-slope",
    Partial(_y(1), _z(i)),
    Cases(Case(1, i, "=", Fold("argmax", _z(l), l, Span(1, M))), Otherwise(0)),
    "N9: only the largest has influence; in a tie the course lets the first have it.",
    "A, D, subgradients and the maximum",
    "mlpkit.activations.MaxGroups.jacobian",
    over=(_SUMS,),
    point=_ALL,
    computed=lambda e: _table(e).ravel(),
)
formula(
    "max-groups",
    _y(j),
    Fold("max", _z(l), l, Member(_S)),
    "The largest of each group, as in the pooling of convolutional nets.",
    "A, subgradients and the maximum (argmax corrected to max)",
    "mlpkit.activations.MaxGroups",
    over=(_OUTPUTS,),
    point=_GROUPED,
    computed=_value,
)
formula(
    "max-groups-slope",
    Partial(_y(j), _z(i)),
    Cases(Case(1, i, "=", Fold("argmax", _z(l), l, Member(_S))), Otherwise(0)),
    "The argmax picks which derivative is 1.",
    "A, subgradients and the maximum",
    "mlpkit.activations.MaxGroups.jacobian",
    over=(_OUTPUTS, _SUMS),
    point=_GROUPED,
    computed=lambda e: _table(e).ravel(),
)

# -- subgradients --------------------------------------------------------------------------------------

x = sp.Symbol("x")
_X, _X0, _V = Hat("vector x", "x"), Hat("touching point", "x_0"), Hat("vector v", "v")


def _convex_point(rng: np.random.Generator) -> dict[str, Any]:
    """A convex function with kinks, |x_1| + max(x_1, 2 x_2), a subgradient v at a point x_0."""
    at, other = rng.normal(size=2), rng.normal(size=2)
    bend = np.array([1.0, 0.0]) if at[0] >= 2 * at[1] else np.array([0.0, 2.0])

    def f(p: Array) -> float:
        return float(abs(p[0]) + max(p[0], 2 * p[1]))

    return {
        "f": f,
        "touching point": at,
        "vector x": other,
        "vector v": np.array([np.sign(at[0]), 0.0]) + bend,
    }


def _relu_at_zero(rng: np.random.Generator) -> dict[str, Any]:
    """A slope between 0 and 1 and a place z beside the kink of the ReLU."""
    return {
        "g": float(rng.uniform(0.1, 0.9)),
        "z": float(rng.normal()),
        "ReLU": lambda v: float(activations.relu(v)),
    }


def _secant_point(rng: np.random.Generator) -> dict[str, Any]:
    """The ReLU on both sides of its kink: the secant from -h to h, and the slopes there."""
    f = activations.relu
    return {
        "h": float(rng.uniform(0.1, 1.0)),
        "ReLU": lambda v: float(f(v)),
        "ReLU'": lambda v: float(f(v + 1e-6) - f(v - 1e-6)) / 2e-6,
    }


formula(
    "subgradient",
    add(Applied("f", None, _X), mul(-1, Applied("f", None, _X0))),
    Dot(Transpose(_V), add(_X, mul(-1, _X0))),
    "v is a subgradient of f at x_0 if f is nowhere below the plane through that point with slopes v.",
    "A, D, the subgradient",
    "mlpkit.activations.ScalarActivation.subgradient_interval",
    relation=r"\ge",
    point=_convex_point,
)
formula(
    "relu-subgradient",
    Applied("ReLU", None, z),
    mul(g, z),
    "At 0 every slope g from 0 to 1 is a subderivative of the ReLU: its line touches and stays below.",
    "A, D, subgradients and the ReLU",
    "mlpkit.relu.subgradient_interval",
    relation=r"\ge",
    point=_relu_at_zero,
)
formula(
    "secant",
    Fraction(
        add(Applied("ReLU", None, h), mul(-1, Applied("ReLU", None, mul(-1, h)))),
        mul(2, h),
    ),
    mul(
        Fraction(1, 2),
        add(Applied("ReLU", None, mul(-1, h), primes=1), Applied("ReLU", None, h, primes=1)),
    ),
    "Across the kink a secant has a slope between those on its sides: for the ReLU the mean of 0 and 1.",
    "A, special case 3",
    "mlpkit.relu.subgradient_interval",
    point=_secant_point,
)
