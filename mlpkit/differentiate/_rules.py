"""The elementary functions and their partial derivatives: one table for both modes.

A rule takes operands u_1..u_n and the result y = f(u_1, ..., u_n) and gives each partial derivative
dy/du_i entry by entry. Forward mode multiplies them by the operands' derivatives and adds up; reverse
mode multiplies the result's derivative by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlpkit._checks import Array

__all__ = ["PLAIN", "RULES", "Rule", "where_rule"]


@dataclass(frozen=True)
class Rule:
    """An operation that acts entry by entry.

    Attributes
    ----------
    name
        What a drawn graph writes into the node.
    value
        Function of the operands.
    partials
        For each operand a function of (operands..., result): the partial derivative of every entry.
    """

    name: str
    value: Callable[..., Any]
    partials: tuple[Callable[..., Any], ...]


def _power_to_base(u: Array, v: Array, y: Array) -> Array:
    # A power 0 is constant, also at u = 0, where 0·u^(-1) would be 0·inf. The exponent there may be anything.
    return np.where(v == 0, 0.0, v * np.power(u, np.where(v == 0, 1.0, v - 1)))


def _power_to_exponent(u: Array, v: Array, y: Array) -> Array:
    # 0^v is constant in v > 0; log 0 is never taken.
    return np.where(u == 0, 0.0, y * np.log(np.where(u == 0, 1.0, u)))


def _first(u: Any, v: Any, chosen: Any) -> Array:
    return np.where(chosen, 1.0, 0.0)


#: name of the rule, NumPy's function, its partial derivatives.
_TABLE: tuple[tuple[str, np.ufunc, tuple[Callable[..., Any], ...]], ...] = (
    ("+", np.add, (lambda u, v, y: 1.0, lambda u, v, y: 1.0)),
    ("-", np.subtract, (lambda u, v, y: 1.0, lambda u, v, y: -1.0)),
    ("*", np.multiply, (lambda u, v, y: v, lambda u, v, y: u)),
    ("/", np.divide, (lambda u, v, y: 1.0 / v, lambda u, v, y: -y / v)),
    ("**", np.power, (_power_to_base, _power_to_exponent)),
    # A tie goes to the first operand (so maximum(z, 0) has the course's ReLU'(0) = 1).
    ("max", np.maximum, (lambda u, v, y: _first(u, v, u >= v), lambda u, v, y: _first(u, v, u < v))),
    ("min", np.minimum, (lambda u, v, y: _first(u, v, u <= v), lambda u, v, y: _first(u, v, u > v))),
    ("neg", np.negative, (lambda u, y: -1.0,)),
    ("pos", np.positive, (lambda u, y: 1.0,)),
    # At 0 any number in [-1, 1] is a subderivative of |u|; sign gives 0.
    ("abs", np.absolute, (lambda u, y: np.sign(u),)),
    ("square", np.square, (lambda u, y: 2.0 * u,)),
    ("reciprocal", np.reciprocal, (lambda u, y: -y * y,)),
    ("sqrt", np.sqrt, (lambda u, y: 0.5 / y,)),
    ("exp", np.exp, (lambda u, y: y,)),
    ("expm1", np.expm1, (lambda u, y: y + 1.0,)),
    ("log", np.log, (lambda u, y: 1.0 / u,)),
    ("log1p", np.log1p, (lambda u, y: 1.0 / (1.0 + u),)),
    ("sin", np.sin, (lambda u, y: np.cos(u),)),
    ("cos", np.cos, (lambda u, y: -np.sin(u),)),
    ("tan", np.tan, (lambda u, y: 1.0 + y * y,)),
    # 1 - y² would lose its digits where tanh saturates; 1/cosh² keeps them, and underflows to 0 at the end.
    ("tanh", np.tanh, (lambda u, y: 1.0 / np.cosh(np.clip(u, -350.0, 350.0)) ** 2,)),
    ("sinh", np.sinh, (lambda u, y: np.cosh(u),)),
    ("cosh", np.cosh, (lambda u, y: np.sinh(u),)),
    ("arctan", np.arctan, (lambda u, y: 1.0 / (1.0 + u * u),)),
)

#: The rule of every NumPy function that can be differentiated.
RULES: dict[np.ufunc, Rule] = {ufunc: Rule(name, ufunc, partials) for name, ufunc, partials in _TABLE}

#: Functions that only decide: their results are ordinary arrays without a derivative.
PLAIN: frozenset[np.ufunc] = frozenset(
    {
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.equal,
        np.not_equal,
        np.isfinite,
        np.isnan,
        np.sign,
        np.signbit,
        np.logical_not,
    }
)


def where_rule(condition: Array) -> Rule:
    """The rule of ``np.where(condition, u, v)`` for a given condition."""
    return Rule(
        "where",
        lambda u, v: np.where(condition, u, v),
        (lambda u, v, y: np.where(condition, 1.0, 0.0), lambda u, v, y: np.where(condition, 0.0, 1.0)),
    )
