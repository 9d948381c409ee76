"""Forward mode: dual numbers u + u'ε with ε² = 0 carry the derivative along with the value.

A calculation with ``Dual(value, derivative)`` gives the value and its derivative in the direction in
which the inputs were seeded. One run gives one direction: all partial derivatives of a function of n
numbers need n runs, however many results it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, numeric_array
from mlpkit.differentiate._counting import tally
from mlpkit.differentiate._operand import Operand
from mlpkit.differentiate._points import as_point, of_one_number, only_one, side_by_side, units
from mlpkit.differentiate._rules import Rule

__all__ = ["Dual", "directional_derivative", "gradient", "jacobian"]


class Dual(Operand):
    """A number or array with its derivative in one direction.

    Parameters
    ----------
    value
        Number or array.
    derivative
        Of the same shape, or one that broadcasts to it; 0, the derivative of a constant, by default.

    Examples
    --------
    >>> x = Dual(3.0, 1.0)
    >>> x * x + 2 * x
    Dual(value=15.0, derivative=8.0)
    """

    __slots__ = ("derivative", "value")

    def __init__(self, value: ArrayLike, derivative: ArrayLike = 0.0) -> None:
        v, dv = (
            numeric_array("value", value, finite=False),
            numeric_array("derivative", derivative, finite=False),
        )
        if np.broadcast_shapes(v.shape, dv.shape) != v.shape:
            raise ValueError(f"derivative must have the shape of value, {v.shape}, got {dv.shape}.")
        self.value: Array = v
        self.derivative: Array = np.broadcast_to(dv, v.shape)

    def __repr__(self) -> str:
        value, derivative = (
            np.array2string(a, precision=6, separator=", ") for a in (self.value, self.derivative)
        )
        return f"Dual(value={_tidy(self.value, value)}, derivative={_tidy(self.derivative, derivative)})"

    @classmethod
    def _apply(cls, rule: Rule, operands: tuple[Any, ...]) -> Dual:
        tally("dual_operations")
        duals = [u if isinstance(u, Dual) else None for u in operands]
        values = [
            u.value if isinstance(u, Dual) else numeric_array("operand", u, finite=False) for u in operands
        ]
        y = np.asarray(rule.value(*values))
        dy = np.zeros(y.shape)
        for partial, u in zip(rule.partials, duals, strict=True):
            if (
                u is not None
            ):  # a constant has no derivative, and its partial may not exist (log of a base < 0)
                dy = dy + partial(*values, y) * u.derivative
        return Dual(y, dy)

    @classmethod
    def _matmul(cls, a: Any, b: Any) -> Dual:
        tally("dual_operations")
        a, b = _as_dual(a), _as_dual(b)
        return Dual(a.value @ b.value, a.derivative @ b.value + a.value @ b.derivative)

    @classmethod
    def _stack(cls, operands: tuple[Any, ...]) -> Dual:
        tally("dual_operations")
        duals = [_as_dual(u) for u in operands]
        return Dual(np.stack([u.value for u in duals]), np.stack([u.derivative for u in duals]))

    def _linear(self, name: str, forward: Callable[[Array], Array], back: Callable[[Array], Array]) -> Dual:
        tally("dual_operations")
        return Dual(forward(self.value), forward(self.derivative))


def _tidy(array: Array, text: str) -> str:
    return repr(float(array)) if array.ndim == 0 and array.dtype.kind == "f" else text


def _as_dual(u: Any) -> Dual:
    return u if isinstance(u, Dual) else Dual(u)


def directional_derivative(
    f: Callable[..., Any], point: tuple[ArrayLike, ...], direction: tuple[ArrayLike, ...]
) -> Dual:
    """Value and derivative of `f` at `point` along `direction`, in one run.

    Parameters
    ----------
    f
        Function of as many arguments as `point` has, made of operators and functions that dual numbers know.
    point, direction
        For each argument a number or array; the direction of an argument has the argument's shape.

    Returns
    -------
    Dual
        ``.value`` is f(point); ``.derivative`` is the derivative of f(point + t·direction) at t = 0.
    """
    values = as_point(point)
    if len(direction) != len(values):
        raise ValueError(
            f"direction must have one entry for each of {len(values)} arguments, got {len(direction)}."
        )
    tally("evaluations")
    # A result that does not depend on the arguments comes back as an ordinary number: derivative 0.
    return _as_dual(f(*(Dual(v, w) for v, w in zip(values, direction, strict=True))))


def jacobian(f: Callable[..., Any], *point: ArrayLike) -> Any:
    """All partial derivatives of `f` at `point`, one run for each entry of the arguments.

    Returns
    -------
    array, or tuple of arrays for several arguments
        Shape of the result followed by the shape of the argument.
    """
    values = as_point(point)
    still = tuple(np.zeros(v.shape) for v in values)
    results = []
    for n, v in enumerate(values):
        columns = [
            directional_derivative(f, values, (*still[:n], unit, *still[n + 1 :])).derivative
            for unit in units(v.shape)
        ]
        results.append(side_by_side(columns, v.shape))
    return only_one(tuple(results))


def gradient(f: Callable[..., Any], *point: ArrayLike) -> Any:
    """Gradient of `f`, whose result is one number, at `point`: of each argument's shape.

    Examples
    --------
    >>> gradient(lambda x, z: x * x * z, 3.0, 2.0)
    (array(12.), array(9.))
    """
    return of_one_number(f, jacobian(f, *point), point)
