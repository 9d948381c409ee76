"""Checking the gradients of any function of a dict of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, numeric_array, require_keys, require_shape
from mlpkit.gradcheck.differences import Method, default_step, numerical_gradient
from mlpkit.gradcheck.report import TOLERANCE, GradientReport, compare

__all__ = ["check_gradients", "given_gradients"]


def check_gradients(
    f: Callable[[dict[str, Array]], Any],
    params: Mapping[str, ArrayLike],
    gradients: Mapping[str, ArrayLike],
    *,
    tolerance: float = TOLERANCE,
    h: float | None = None,
    method: Method = "central",
    decisions: Callable[[dict[str, Array]], Any] | None = None,
) -> GradientReport:
    """Compare `gradients` with numerical ones of the scalar function `f` at `params`.

    Parameters
    ----------
    f
        Takes a dict of arrays, returns the loss.
    params
        Dict of arrays; not changed.
    gradients
        Same keys, same shapes: what is to be checked. NaN in it is reported as wrong, not raised.
    tolerance
        A parameter passes if max|g - ĝ| <= tolerance · max(1, max|ĝ|).
    h, method
        As in `numerical_gradient`.
    decisions
        For functions with kinks: takes what `f` takes and returns an array of all the decisions that `f`
        makes there (signs, indices of the largest). An entry that disagrees is excused, and reported as such,
        if a decision at p + h or p - h differs from the one at the other or at p.

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> check_gradients(lambda p: (p["w"] ** 2).sum(), {"w": w}, {"w": 2 * w}).ok
    True
    """
    point = {key: numeric_array(f"params[{key!r}]", value) for key, value in params.items()}
    given = given_gradients(gradients, point)
    numerical = numerical_gradient(f, point, h, method)
    reports = []
    for key in point:
        report = compare(key, given[key], numerical[key], tolerance)
        if decisions is not None and not report.ok:
            kinks = _kinks(decisions, point, key, report.wrong_entries, h)
            report = compare(key, given[key], numerical[key], tolerance, kinks)
        reports.append(report)
    return GradientReport(tuple(reports), tolerance, method)


def given_gradients(gradients: Mapping[str, ArrayLike], point: Mapping[str, Array]) -> dict[str, Array]:
    """`gradients` as arrays, one for each parameter and of its shape; they need not be finite."""
    require_keys("gradients", gradients, list(point))
    given = {key: numeric_array(f"gradients[{key!r}]", gradients[key], finite=False) for key in point}
    for key, value in point.items():
        require_shape(f"gradients[{key!r}]", given[key], value.shape, f"the shape of {key}")
    return given


def _kinks(
    decisions: Callable[[dict[str, Array]], Any],
    point: Mapping[str, Array],
    key: str,
    suspects: Array,
    h: float | None,
) -> Array:
    """For which of the suspect entries of the parameter `key` a decision changes within the step."""
    found = np.zeros(suspects.shape, dtype=bool)

    def at(index: tuple[int, ...], step: float) -> Array:
        moved = {name: array.astype(np.float64) for name, array in point.items()}
        moved[key][index] += step
        return np.asarray(decisions(moved))

    for place in np.argwhere(suspects):
        index = tuple(int(n) for n in place)
        step = default_step("central", float(point[key][index])) if h is None else float(h)
        here = at(index, 0.0)
        found[index] = any(not np.array_equal(at(index, sign * step), here) for sign in (1, -1))
    return found
