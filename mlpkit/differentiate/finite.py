"""Finite differences of functions of several arguments: they are only called, never looked into.

The quotients, their steps and their errors are those of `mlpkit.gradcheck`. Every partial derivative takes
function calls of its own: n + 1 (forward), 2n (central) or n (complex step) for n numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe
from mlpkit.differentiate._counting import tally
from mlpkit.differentiate._points import as_point, of_one_number, only_one, side_by_side
from mlpkit.gradcheck import (
    DifferenceMethod,
    default_step,
    difference,
    require_method,
    require_step,
    step_sizes_errors,
)

__all__ = ["DifferenceMethod", "default_step", "gradient", "jacobian", "step_sizes_errors"]


def jacobian(
    f: Callable[..., Any], *point: ArrayLike, method: DifferenceMethod = "central", h: float | None = None
) -> Any:
    """All partial derivatives of `f` at `point`, entry by entry.

    Parameters
    ----------
    f
        Function of as many arguments as there are in `point`, with a number or an array as result.
    point
        Numbers or arrays; they are not changed.
    method
        "forward", "central" or "complex".
    h
        Step; by default `default_step` for every entry.

    Returns
    -------
    array, or tuple of arrays for several arguments
        Shape of the result followed by the shape of the argument.
    """
    require_method(method, "forward", "central", "complex")
    require_step(h)
    values = as_point(point)
    # The forward quotients share f(p): n + 1 evaluations, not 2n.
    start = _evaluate(f, _copies(values)) if method == "forward" else None
    results = []
    for n, value in enumerate(values):
        columns = [_partial(f, values, n, index, h, method, start) for index in np.ndindex(value.shape)]
        results.append(side_by_side(columns, value.shape))
    return only_one(tuple(results))


def _partial(
    f: Callable[..., Any],
    values: tuple[Array, ...],
    n: int,
    index: tuple[int, ...],
    h: float | None,
    method: DifferenceMethod,
    start: Array | None,
) -> Array:
    """Partial derivative of `f` to the entry `index` of argument n; `start` is f(p), if it is known."""

    def along(p: Array) -> Array:
        copies = _copies(values)
        return _evaluate(f, (*copies[:n], p, *copies[n + 1 :]))

    step = default_step(method, float(values[n][index])) if h is None else float(h)
    return difference(along, values[n], index, step, method, start)


def _evaluate(f: Callable[..., Any], arguments: tuple[Array, ...]) -> Array:
    tally("evaluations")
    value = np.asarray(f(*arguments))
    if value.dtype.kind not in "iufcb":
        raise TypeError(f"f must return a number or an array of numbers, got {describe(value)}.")
    return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)


def _copies(values: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(value.copy() for value in values)


def gradient(
    f: Callable[..., Any], *point: ArrayLike, method: DifferenceMethod = "central", h: float | None = None
) -> Any:
    """Gradient of `f`, whose result is one number, at `point`: of each argument's shape; see `jacobian`.

    Examples
    --------
    >>> np.round(gradient(lambda x: (x**2).sum(), [1.0, 2.0]), 6)
    array([2., 4.])
    """
    return of_one_number(f, jacobian(f, *point, method=method, h=h), point)
