"""When two arrays count as the same, and how a student's arrays are read.

Three limits are at work. A value is *right* within the error that honest finite differences have; it
*matches* a mistake within a relative error that only rounding explains; and arrays that were computed in
single precision are given the digits that they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, Shape, describe, numeric_array

__all__ = ["Judge", "fits_single_precision", "make_judge", "read_arrays", "squeezed"]

#: Largest relative error, max|a-b| / max|b|, of an array that matches what a mistake makes.
RELATIVE = 1e-6
#: Largest relative error of an array that is right: what one-sided differences with a step of 1e-6 still
#: reach. Wider than a match, so that nothing near a right answer can be put down to a mistake near it.
RELATIVE_RIGHT = 1e-5
#: The same where the student's arrays are in single precision.
RELATIVE_SINGLE = 3e-5
#: Absolute error, relative to the largest entry of all right arrays (at least 1), that still is right:
#: fifty times what central differences lose.
FLOOR_RIGHT = 1e-9
#: Absolute error, relative to the largest entry of all right arrays, that still matches: sums that cancel.
FLOOR_MATCH = 1e-11


@dataclass(frozen=True)
class Judge:
    """Compares arrays in the scale of one set of right arrays.

    Attributes
    ----------
    scale
        Largest magnitude in the right arrays.
    relative
        Largest relative error of a match.
    """

    scale: float
    relative: float = RELATIVE

    def right(self, given: Array, wanted: Array) -> bool:
        """True if `given` is `wanted` within the error of an honest calculation."""
        relative = max(self.relative, RELATIVE_RIGHT)
        return _within(given, wanted, relative, FLOOR_RIGHT * max(1.0, self.scale))

    def matches(self, given: Array, made: Array) -> bool:
        """True if `given` is what a mistake has `made`; not-a-number matches not-a-number."""
        if _within(given, made, self.relative, FLOOR_MATCH * self.scale):
            return True
        finite = np.isfinite(made)
        if given.shape != made.shape or finite.all():
            return False
        if not np.array_equal(given[~finite], made[~finite], equal_nan=True):
            return False
        floor = FLOOR_MATCH * self.scale
        return not finite.any() or _within(given[finite], made[finite], self.relative, floor)


def _within(a: Array, b: Array, relative: float, floor: float) -> bool:
    if a.shape != b.shape:
        return False
    if a.size == 0:
        return True
    with np.errstate(invalid="ignore", over="ignore"):
        # max of |b| as max and -min: no array is made, and a NaN makes the comparison false.
        limit = relative * max(float(b.max()), -float(b.min())) + floor
        difference = a - b
        return bool(max(float(difference.max()), -float(difference.min())) <= limit) and limit < np.inf


def make_judge(right: Mapping[str, Array], student: Mapping[str, Array]) -> Judge:
    """Judge for the scale of `right` and the precision of `student`."""
    scale = max((float(np.abs(value).max()) for value in right.values() if value.size), default=0.0)
    return Judge(scale, RELATIVE_SINGLE if fits_single_precision(student) else RELATIVE)


def fits_single_precision(arrays: Mapping[str, Array]) -> bool:
    """True if every number fits single precision exactly and there are enough for that to be no accident."""
    with np.errstate(over="ignore"):
        fits = all(_same(value, value.astype(np.float32)) for value in arrays.values())
    return fits and sum(int(np.count_nonzero(value)) for value in arrays.values()) >= 4


def _same(value: Array, rounded: Array) -> bool:
    return bool(np.array_equal(value, rounded, equal_nan=True))


def read_arrays(name: str, given: Mapping[str, ArrayLike], known: Sequence[str]) -> dict[str, Array]:
    """The student's arrays in double precision, in the order of `known`; keys may be missing.

    Raises
    ------
    TypeError
        If `given` is no mapping, or a value is not an array of real numbers.
    KeyError
        If a key is unknown.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must be a dict of arrays, got {describe(given)}.")
    unknown = [str(key) for key in given if key not in known]
    if unknown:
        raise KeyError(f"{name} has unknown {', '.join(unknown)}; known are: {', '.join(known)}.")
    return {key: _real(f"{name}[{key!r}]", given[key]) for key in known if given.get(key) is not None}


def _real(name: str, value: ArrayLike) -> Array:
    array = numeric_array(name, value, finite=False)
    if np.iscomplexobj(array):
        if np.any(array.imag != 0):
            raise TypeError(f"{name} must be an array of real numbers, got {describe(array)}.")
        array = array.real
    return array.astype(np.float64)


def squeezed(value: Array, shape: Shape) -> Array:
    """`value` in `shape` if the two differ by axes of length one only, else `value` itself."""
    if value.shape == shape or [n for n in value.shape if n != 1] != [n for n in shape if n != 1]:
        return value
    return value.reshape(shape)
