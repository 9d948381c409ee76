"""Checks of arguments, shared by the whole package.

Every public function calls these first and computes afterwards, so that a wrong argument is reported
by its name, with what came and what was wanted, before anything has been changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


def numeric_array(name: str, value: ArrayLike, *, finite: bool = True) -> Array:
    """Return `value` as an array of floats (complex numbers stay complex: the complex step needs them).

    Integers and booleans become float64; single and double precision stay what they are.

    Raises
    ------
    TypeError
        If `value` does not consist of numbers.
    ValueError
        If `finite` is set and an entry is NaN or infinite; the message names the first such entry.
    """
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise TypeError(f"{name} must be an array of numbers, got {describe(value)}.")
    if finite and not np.isfinite(array).all():
        where = tuple(int(n) for n in np.argwhere(~np.isfinite(array))[0])
        place = f" at index {where}" if where else ""
        raise ValueError(f"{name} must be finite, got {array[where]}{place}.")
    return array


def describe(value: object) -> str:
    """Say in a few words what `value` is, for error messages."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def require_shape(name: str, array: Array, wanted: Shape, why: str = "") -> None:
    """Raise ValueError unless `array` has exactly the shape `wanted`."""
    if array.shape != wanted:
        reason = f" ({why})" if why else ""
        raise ValueError(f"{name} must have shape {wanted}{reason}, got {array.shape}.")


def rows(name: str, value: ArrayLike, width: int, why: str) -> Array:
    """Return `value` as one instance (width,) or a batch (T, width) with T at least 1.

    Raises
    ------
    ValueError
        If the last axis is not `width` long, there are more than two axes, or the batch is empty.
    """
    array = numeric_array(name, value)
    if array.ndim not in (1, 2) or array.shape[-1] != width:
        raise ValueError(
            f"{name} must have shape ({width},) for one instance or (T, {width}) for a batch of T rows "
            f"({why}), got {array.shape}."
        )
    if array.shape[0] == 0:
        raise ValueError(f"{name} is an empty batch: it must have at least one row, got shape {array.shape}.")
    return array


def positive_integer(name: str, value: object) -> int:
    """Return `value` as an int of at least 1, or raise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {describe(value)}.")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}.")
    return int(value)


def finite_number(name: str, value: object, *, low: float | None = None, high: float | None = None) -> float:
    """Return `value` as a finite float with low <= value <= high (either may be left out), or raise."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a real number, got {describe(value)}.")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}.")
    if low is not None and number < low:
        raise ValueError(f"{name} must be at least {low:g}, got {number:g}.")
    if high is not None and number > high:
        raise ValueError(f"{name} must be at most {high:g}, got {number:g}.")
    return number


def require_keys(name: str, mapping: Mapping[str, Any], wanted: Sequence[str]) -> None:
    """Raise KeyError unless `mapping` has exactly the keys `wanted`; name what is missing or unknown."""
    if not isinstance(mapping, Mapping):
        raise TypeError(f"{name} must be a dict of arrays, got {describe(mapping)}.")
    missing = [key for key in wanted if key not in mapping]
    unknown = [str(key) for key in mapping if key not in wanted]
    if missing or unknown:
        parts = []
        if missing:
            parts.append("lacks " + ", ".join(missing))
        if unknown:
            parts.append("has unknown " + ", ".join(unknown))
        raise KeyError(f"{name} {' and '.join(parts)}; wanted exactly: {', '.join(wanted)}.")
