"""Gradient checking: is what the backward pass says what the forward pass does?

Two independent ways to differentiate a function of many numbers, one entry at a time:

* central differences, (f(p + h) - f(p - h)) / 2h: works for any function; good to about ten digits;
* the complex step, Im f(p + ih) / h: for analytic functions written so that they accept complex
  numbers; exact to rounding, because nothing is subtracted (Squire and Trapp, 1998).

Neither changes its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, numeric_array, require_keys, require_shape

__all__ = [
    "TOLERANCE",
    "GradientReport",
    "ParameterReport",
    "check_gradients",
    "default_step",
    "numerical_gradient",
]

#: Gradients agree if max|g - ĝ| <= TOLERANCE · max(1, max|ĝ|), parameter by parameter. Comparing entry by
#: entry relatively would fail correct gradients: where one is tiny, its difference quotient is all rounding.
TOLERANCE = 1e-7

Method = Literal["central", "complex"]


def default_step(method: Method, scale: float = 1.0) -> float:
    """The step h that `numerical_gradient` takes for an entry of magnitude `scale`.

    For central differences the truncation error grows like h² and the rounding error like eps/h; their sum
    is least near the cube root of eps, about 6e-6. The complex step has no rounding error, so h is tiny.
    """
    if method == "complex":
        return 1e-30
    return float(np.cbrt(np.finfo(np.float64).eps)) * max(1.0, abs(scale))


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
    if method not in ("central", "complex"):
        raise ValueError(f'method must be "central" or "complex", got {method!r}.')
    if h is not None and not (np.isfinite(h) and h > 0):
        raise ValueError(f"h must be a positive finite step, got {h!r}.")
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
    difference = _central_difference if method == "central" else _complex_step
    for index in np.ndindex(p.shape):
        step = default_step(method, float(p[index])) if h is None else float(h)
        gradient[index] = difference(f, p, index, step)
    return gradient


def _central_difference(f: Callable[[Array], Any], p: Array, index: tuple[int, ...], h: float) -> float:
    above, below = p.astype(np.float64), p.astype(np.float64)
    above[index] += h
    below[index] -= h
    # The distance really taken, after rounding; read before f has had its hands on the arrays.
    distance = float(above[index] - below[index])
    return (_one_number(f(above)) - _one_number(f(below))).real / distance


def _complex_step(f: Callable[[Array], Any], p: Array, index: tuple[int, ...], h: float) -> float:
    shifted = p.astype(np.complex128)
    shifted[index] += 1j * h
    return _one_number(f(shifted)).imag / h


def _one_number(value: Any) -> complex:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "iufcb":
        raise ValueError(f"f must return one number, got {describe(value)}.")
    number = complex(array.reshape(()))
    if not np.isfinite(number):
        raise ValueError(f"f must return a finite number near p, got {number}.")
    return number


@dataclass(frozen=True)
class ParameterReport:
    """How the gradient of one parameter compares with the numerical one.

    Attributes
    ----------
    name
        The parameter's name.
    absolute, relative
        |g - ĝ| of each entry, and the same over max(|g|, |ĝ|) (0 where both are 0); the parameter's shape.
    worst
        Index of the entry with the largest absolute error.
    given, numerical
        The two values there.
    limit
        The largest absolute error that passes.
    """

    name: str
    absolute: Array
    relative: Array
    worst: tuple[int, ...]
    given: float
    numerical: float
    limit: float

    @property
    def ok(self) -> bool:
        """True if every entry is within `limit`; NaN never is."""
        return bool((self.absolute <= self.limit).all())

    @property
    def wrong(self) -> int:
        """How many entries are outside `limit`."""
        return int(np.count_nonzero(~(self.absolute <= self.limit)))


@dataclass(frozen=True)
class GradientReport:
    """The result of a gradient check: true if all is well, readable if not."""

    parameters: tuple[ParameterReport, ...]
    tolerance: float
    method: str

    @property
    def ok(self) -> bool:
        """True if every parameter agrees."""
        return all(report.ok for report in self.parameters)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def worst(self) -> ParameterReport:
        """The parameter with the largest absolute error."""
        return max(self.parameters, key=lambda report: _rank(report.absolute))

    def __str__(self) -> str:
        width = max(len(report.name) for report in self.parameters)
        lines = [self._headline()]
        for report in self.parameters:
            lines.append(f"  {report.name:<{width}}  {_sentence(report)}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(report) for report in self.parameters)
        heads = "".join(
            f'<th scope="col">{text}</th>'
            for text in ("parameter", "shape", "largest |g − ĝ|", "at", "given g", "numerical ĝ", "")
        )
        return (
            f"<table><caption>{self._headline()}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )

    def _headline(self) -> str:
        bad = [report.name for report in self.parameters if not report.ok]
        how = "central differences" if self.method == "central" else "the complex step"
        if not bad:
            return f"Gradients agree with {how} (largest error {np.max(self.worst.absolute):.1e})."
        return f"Gradients differ from {how} in {', '.join(bad)}."


def _rank(errors: Array) -> float:
    """Largest error, with NaN counted as the worst there is."""
    return float(np.where(np.isnan(errors), np.inf, errors).max())


def _sentence(report: ParameterReport) -> str:
    place = ", ".join(str(n) for n in report.worst)
    verdict = "ok   " if report.ok else "WRONG"
    size = report.absolute.size
    share = "" if report.ok else f"; {report.wrong} of {size} entries outside {report.limit:.0e}"
    return (
        f"{verdict}  largest error {_rank(report.absolute):.1e} at [{place}]: "
        f"given {report.given:.6g}, numerical {report.numerical:.6g}{share}"
    )


def _html_row(report: ParameterReport) -> str:
    cells = (
        report.name,
        "×".join(str(n) for n in report.absolute.shape),
        f"{_rank(report.absolute):.1e}",
        "[" + ", ".join(str(n) for n in report.worst) + "]",
        f"{report.given:.6g}",
        f"{report.numerical:.6g}",
        "agrees" if report.ok else f"<strong>differs in {report.wrong} of {report.absolute.size}</strong>",
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def check_gradients(
    f: Callable[[dict[str, Array]], Any],
    params: Mapping[str, ArrayLike],
    gradients: Mapping[str, ArrayLike],
    *,
    tolerance: float = TOLERANCE,
    h: float | None = None,
    method: Method = "central",
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

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> check_gradients(lambda p: (p["w"] ** 2).sum(), {"w": w}, {"w": 2 * w}).ok
    True
    """
    point = {key: numeric_array(f"params[{key!r}]", value) for key, value in params.items()}
    require_keys("gradients", gradients, list(point))
    given = {key: numeric_array(f"gradients[{key!r}]", gradients[key], finite=False) for key in point}
    for key, value in point.items():
        require_shape(f"gradients[{key!r}]", given[key], value.shape, f"the shape of {key}")
    numerical = numerical_gradient(f, point, h, method)
    reports = tuple(_compare(key, given[key], numerical[key], tolerance) for key in point)
    return GradientReport(reports, tolerance, method)


def _compare(name: str, given: Array, numerical: Array, tolerance: float) -> ParameterReport:
    absolute = np.abs(given - numerical)
    size = np.maximum(np.abs(given), np.abs(numerical))
    relative = np.divide(absolute, size, out=np.zeros_like(absolute), where=size > 0)
    position = int(np.argmax(np.where(np.isnan(absolute), np.inf, absolute)))
    worst = tuple(int(n) for n in np.unravel_index(position, absolute.shape))
    limit = tolerance * max(1.0, float(np.abs(numerical).max()))
    return ParameterReport(
        name, absolute, relative, worst, float(given[worst].real), float(numerical[worst]), limit
    )
