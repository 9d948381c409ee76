"""Name a wrong value: which of some known wrong values does an answer equal?

`diagnose` looks at all gradients of a network. This is the small tool beside it, for any single value:
the author of an exercise says which wrong values are known, and what they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array

__all__ = ["COMMON_MISTAKES", "name_mistake"]

#: Largest relative error, in the scale of the array, of an answer that equals a known value.
RELATIVE = 1e-6

Wrong = ArrayLike | Callable[[], ArrayLike]

#: Ways in which any value is often wrong, most likely first: name -> (right) -> wrong value.
COMMON_MISTAKES: dict[str, Callable[[Array], Array]] = {
    "the right one with the opposite sign": np.negative,
    "the transpose of the right one": np.transpose,
    "twice the right one": lambda right: 2.0 * right,
    "half the right one": lambda right: 0.5 * right,
    "zeros of the right shape": np.zeros_like,
}


def name_mistake(
    value: object,
    right: ArrayLike,
    mistakes: Mapping[str, Wrong],
    common: Mapping[str, Callable[[Array], Array]] = COMMON_MISTAKES,
) -> str | None:
    """Name the known wrong value that an answer equals.

    Parameters
    ----------
    value
        The answer; anything at all. What is no array of real numbers equals nothing.
    right
        The right value, an array or a number.
    mistakes
        Name -> wrong value, or a function without arguments that computes it when it is needed. Looked
        through in order; shapes may differ from that of `right`.
    common
        Name -> function of the right value; looked through after `mistakes`. Empty: none.

    Returns
    -------
    str or None
        The name of the first known value that the answer equals within 1e-6 of its largest entry. None for
        a right answer, and for a wrong one that nothing explains. A "mistake" that gives the right value
        here is passed over: it cannot be seen in these numbers.

    Examples
    --------
    >>> name_mistake([2.0, 4.0], right=[1.0, 2.0], mistakes={"the sum over the batch": [2.0, 4.0]})
    'the sum over the batch'
    >>> name_mistake([-1.0, -2.0], right=[1.0, 2.0], mistakes={})
    'the right one with the opposite sign'
    """
    answer, target = _real(value), _real(right)
    if target is None:
        raise TypeError(f"right must be an array of real numbers, got {type(right).__name__}.")
    if answer is None or _equal(answer, target):
        return None
    for name, wrong in _candidates(target, mistakes, common):
        if wrong is not None and _equal(answer, wrong) and not _equal(wrong, target):
            return name
    return None


def _candidates(
    right: Array, mistakes: Mapping[str, Wrong], common: Mapping[str, Callable[[Array], Array]]
) -> Iterable[tuple[str, Array | None]]:
    """Every known wrong value with its name, computed one at a time."""
    for name, wrong in mistakes.items():
        yield name, _real(wrong() if callable(wrong) else wrong)
    for name, way in common.items():
        yield name, _real(way(right))


def _real(value: object) -> Array | None:
    """Return `value` as an array of floats of the plain kind, None if it is no array of real numbers."""
    try:
        array = np.array(value, subok=False)
    except Exception:  # whatever a strange object does when it is asked for its numbers
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiu" else None


def _equal(a: Array, b: Array) -> bool:
    """Tell whether two arrays have one shape and the same entries; not-a-number equals itself."""
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    scale = float(np.abs(b[finite]).max(initial=0.0))
    return bool((np.abs(a[finite] - b[finite]) <= RELATIVE * scale + np.finfo(float).tiny).all())
