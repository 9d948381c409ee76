"""Difference quotients of a function that is only called, never looked into.

With a step h along one entry,

* forward: (f(p + h) - f(p)) / h, truncation error of order h;
* central: (f(p + h) - f(p - h)) / 2h, truncation error of order h²;
* complex: Im f(p + ih) / h, of order h² too, but nothing is subtracted, so that there is no round-off:
  for analytic functions written so that they accept complex numbers (Squire and Trapp, 1998).

A difference loses about eps·|f|/h to round-off: a smaller step is not a better one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, numeric_array

__all__ = [
    "DifferenceMethod",
    "Method",
    "default_step",
    "difference",
    "numerical_gradient",
    "require_method",
    "require_step",
    "step_sizes_errors",
]

#: The methods good enough to check a gradient with.
Method = Literal["central", "complex"]
DifferenceMethod = Literal["forward", "central", "complex"]


def default_step(method: DifferenceMethod, scale: float = 1.0) -> float:
    """The step h that balances truncation and round-off for an entry of magnitude `scale`.

    Truncation grows like h (forward) or h² (central) and round-off like eps/h; their sum is least near
    eps^(1/2) = 1.5e-8 or eps^(1/3) = 6e-6. The complex step has no round-off, so its h is tiny.
    """
    if method == "complex":
        return 1e-30
    eps = np.finfo(np.float64).eps
    return float(np.sqrt(eps) if method == "forward" else np.cbrt(eps)) * max(1.0, abs(scale))


def require_method(method: str, *allowed: str) -> None:
    """Raise ValueError unless `method` is one of those allowed."""
    if method not in allowed:
        names = " or ".join(f'"{name}"' for name in allowed)
        raise ValueError(f"method must be {names}, got {method!r}.")


def require_step(h: float | None) -> None:
    """Raise ValueError unless `h` is None or a positive finite number."""
    if h is not None and not (np.isfinite(h) and h > 0):
        raise ValueError(f"h must be a positive finite step, got {h!r}.")


def difference(
    f: Callable[[Array], Any],
    p: Array,
    index: tuple[int, ...],
    h: float,
    method: DifferenceMethod,
    start: Array | None = None,
) -> Array:
    """Difference quotient of `f` at `p` along the entry `index`; the shape of the result of `f`.

    `start` is f(p) if forward differences know it already. `f` is handed copies: it may write into them.

    Raises
    ------
    ValueError
        If p + h is p again, because h is lost in rounding.
    """
    if method == "complex":
        shifted = p.astype(np.complex128)
        shifted[index] += 1j * h
        return np.asarray(f(shifted)).imag / h
    above, below = p.astype(np.float64), p.astype(np.float64)
    above[index] += h
    if method == "central":
        below[index] -= h
    # The distance really taken, after rounding; read before f has had its hands on the arrays.
    distance = float(above[index] - below[index])
    if distance == 0:
        raise ValueError(f"h = {h:g} is lost in rounding beside the entry {p[index]:g}: take a larger step.")
    lower = np.asarray(f(below)) if start is None else start
    return (np.asarray(f(above)) - lower).real / distance


def numerical_gradient(
    f: Callable[[Any], Any],
    p: Mapping[str, ArrayLike] | ArrayLike,
    h: float | None = None,
    method: Method = "central",
) -> Any:
    """Gradient of the scalar function `f` at `p`, entry by entry.

    Parameters
    ----------
    f
        Takes what `p` is (an array, or a dict of arrays) and returns one number.
    p
        The point: an array of any shape, or a dict of arrays. It is not changed; integers are read as floats.
    h
        Step; by default `default_step` for every entry.
    method
        "central" or "complex".

    Returns
    -------
    array or dict of arrays
        The shape (and keys) of `p`.

    Raises
    ------
    ValueError
        If `f` returns something other than one finite number, or `h` is not a positive number.
    """
    require_method(method, "central", "complex")
    require_step(h)
    if not isinstance(p, Mapping):
        return _array_gradient(f, numeric_array("p", p), h, method)
    point = {key: numeric_array(f"p[{key!r}]", value) for key, value in p.items()}
    gradients = {}
    for key, value in point.items():

        def along(a: Array, key: str = key) -> Any:
            others = {name: array.copy() for name, array in point.items() if name != key}
            return f({**others, key: a})

        gradients[key] = _array_gradient(along, value, h, method)
    return gradients


def _array_gradient(f: Callable[[Array], Any], p: Array, h: float | None, method: Method) -> Array:
    gradient = np.empty(p.shape)
    for index in np.ndindex(p.shape):
        step = default_step(method, float(p[index])) if h is None else float(h)
        gradient[index] = difference(lambda a: _one_number(f(a)), p, index, step, method)
    return gradient


def _one_number(value: Any) -> complex:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "iufcb":
        raise ValueError(f"f must return one number, got {describe(value)}.")
    number = complex(array.reshape(()))
    if not np.isfinite(number):
        raise ValueError(f"f must return a finite number near p, got {number}.")
    return number


def step_sizes_errors(
    f: Callable[[Any], Any],
    p: ArrayLike,
    exact: ArrayLike,
    hs: ArrayLike,
    methods: tuple[DifferenceMethod, ...] = ("forward", "central", "complex"),
) -> dict[str, Array]:
    """Error of the difference quotients against the step: truncation on one side, round-off on the other.

    Parameters
    ----------
    f
        Function of an array (or number) like `p` with one number as result; it has to accept complex
        numbers if `methods` has "complex".
    p
        The point. It is not changed.
    exact
        The true gradient, shape of `p`.
    hs
        Steps, shape (H,), all positive.
    methods
        Which quotients to take.

    Returns
    -------
    dict of arrays
        For each method the largest absolute error over the entries at each step, shape (H,); NaN for a step
        so small that p + h is p again.

    Examples
    --------
    >>> errors = step_sizes_errors(np.exp, 0.0, 1.0, [1e-2, 1e-6, 1e-12])
    >>> int(np.argmin(errors["central"])), int(np.argmin(errors["forward"]))
    (1, 1)
    """
    point, truth = numeric_array("p", p), numeric_array("exact", exact)
    if truth.shape != point.shape:
        raise ValueError(f"exact must have the shape of p, {point.shape}, got {truth.shape}.")
    steps = np.atleast_1d(np.asarray(hs, dtype=np.float64))
    for h in steps:
        require_step(float(h))
    for method in methods:
        require_method(method, "forward", "central", "complex")
    return {
        method: np.array([_largest_error(f, point, truth, float(h), method) for h in steps])
        for method in methods
    }


def _largest_error(
    f: Callable[[Any], Any], p: Array, exact: Array, h: float, method: DifferenceMethod
) -> float:
    if method != "complex" and (p + h == p).any():
        return float("nan")
    errors = [
        abs(float(difference(lambda a: _one_number(f(a)), p, index, h, method)) - float(exact[index]))
        for index in np.ndindex(p.shape)
    ]
    return max(errors)
