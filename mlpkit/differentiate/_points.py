"""Points at which functions of one or several arguments are differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, Shape, numeric_array

__all__ = ["as_point", "of_one_number", "only_one", "side_by_side", "units"]


def as_point(point: tuple[ArrayLike, ...]) -> tuple[Array, ...]:
    """The arguments as real arrays of float64, copies that nobody else holds."""
    if not point:
        raise TypeError("give the point at which to differentiate, one value for each argument of f.")
    arrays = [numeric_array(f"argument {n}", value) for n, value in enumerate(point, start=1)]
    for n, array in enumerate(arrays, start=1):
        if array.dtype.kind == "c":
            raise TypeError(f"argument {n} must be real, got complex numbers.")
    return tuple(array.astype(np.float64) for array in arrays)


def units(shape: Shape) -> list[Array]:
    """Every unit direction of an array of `shape`: zeros with a one at each place in turn."""
    directions = []
    for index in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[index] = 1.0
        directions.append(unit)
    return directions


def only_one(results: tuple[Any, ...]) -> Any:
    """The single result of a function of one argument; the tuple for several arguments."""
    return results[0] if len(results) == 1 else results


def side_by_side(columns: list[Array], shape: Shape) -> Array:
    """Jacobian from the derivatives to each entry of an argument of `shape`, in the order of the entries.

    The shape is that of the columns (the function's result) followed by `shape`.
    """
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape((*stacked.shape[:-1], *shape))


def of_one_number(f: Callable[..., Any], jacobians: Any, point: tuple[ArrayLike, ...]) -> Any:
    """The Jacobians of a function whose result is one number: its gradients.

    Raises
    ------
    ValueError
        If the result is an array.
    """
    first = jacobians[0] if isinstance(jacobians, tuple) else jacobians
    shape = first.shape[: first.ndim - np.ndim(point[0])]
    if shape != ():
        name = getattr(f, "__name__", "f")
        raise ValueError(
            f"a gradient needs a function with one number as result, {name} returned shape {shape}; "
            "use jacobian, or sum the entries."
        )
    return jacobians
