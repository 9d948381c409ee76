"""Derivatives by differences for the environments of formulas: independent of every closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlpkit._checks import Array
from mlpkit.differentiate import finite

__all__ = ["gradient", "hessian", "jacobian", "slope"]

_H = 1e-5


def slope(f: Callable[[Any], Any], x: float) -> float:
    """Derivative of a function of one number, by central differences.

    A function of mlpkit that wants an array takes a number too; its result is read as one.
    """
    return float(np.squeeze(f(x + _H) - f(x - _H))) / (2 * _H)


def gradient(f: Callable[[Any], Any], x: Array) -> Array:
    """Gradient of a function with one number as its value, shape of `x`."""
    return finite.gradient(f, x)


def jacobian(f: Callable[[Any], Any], x: Array) -> Array:
    """Partial derivatives, shape of the value followed by that of `x`."""
    return finite.jacobian(f, x)


def hessian(f: Callable[[Any], Any], x: Array) -> Array:
    """Second derivatives from values alone, shape (n, n); good to about 1e-7."""
    n, h = len(x), 1e-3
    e = h * np.eye(n)

    def mixed(i: int, j: int, size: float) -> float:
        a, b = size * e[i], size * e[j]
        corners = f(x + a + b) - f(x + a - b) - f(x - a + b) + f(x - a - b)
        return float(corners) / (4 * size**2 * h**2)

    # One step of Richardson's extrapolation takes the error from h² to h⁴.
    return np.array([[(4 * mixed(i, j, 1.0) - mixed(i, j, 2.0)) / 3 for j in range(n)] for i in range(n)])
