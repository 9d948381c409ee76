"""Plots of curves: descent on a surface, losses, an activation with its slope, the error of differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, numeric_array, require_shape
from mlpkit.activations import ScalarActivation
from mlpkit.descent import Path, Surface
from mlpkit.plots.theme import BLUE, CLASSES, INK, ORANGE, SEQUENTIAL, figure, theme

__all__ = ["activation", "contours", "loss_curves", "step_size_errors"]

Limits = tuple[float, float]
_DASHES = ("-", "--", ":", "-.")
_MARKS = ("o", "s", "^", "D")


def contours(
    surface: Surface,
    path: Path | Sequence[Path] = (),
    x: Limits = (-4.0, 4.0),
    y: Limits = (-4.0, 4.0),
    levels: int = 14,
) -> Figure:
    """Level lines of a function of two variables, with the ways that descents took on it.

    Parameters
    ----------
    surface
        A `Surface` of two variables.
    path
        Results of `mlpkit.descend`; points outside the limits are cut off.
    x, y
        Limits of the two variables.
    levels
        About how many level lines; they are denser where the function is small.
    """
    if surface.dimension != 2:
        raise ValueError(f"surface must have 2 variables, got {surface.name} with {surface.dimension}.")
    paths = (path,) if isinstance(path, Path) else tuple(path)
    with theme():
        drawn, axes = figure(6.4, 5.2)
        _levels(axes, surface, x, y, levels)
        for n, one in enumerate(paths):
            _way(axes, one, n)
        axes.set(xlim=x, ylim=y, xlabel="$x_1$", ylabel="$x_2$")
        verdict = paths[0].status if len(paths) == 1 else f"{len(paths)} descents"
        axes.set_title(f"{surface.name.capitalize()}: {verdict}" if paths else surface.name.capitalize())
        if paths:
            drawn.legend(loc="outside lower left")  # beside the picture: it may not cover the way
    return drawn


def _levels(axes: Axes, surface: Surface, x: Limits, y: Limits, levels: int) -> None:
    grid = np.stack(np.meshgrid(np.linspace(*x, 160), np.linspace(*y, 160)), axis=-1)
    heights = np.asarray(surface(grid))
    low, high = float(heights.min()), float(heights.max())
    # Squares: a bowl has evenly spaced lines then.
    steps = low + (high - low) * np.linspace(0.0, 1.0, levels + 1) ** 2
    axes.contourf(grid[..., 0], grid[..., 1], heights, steps, cmap=SEQUENTIAL, alpha=0.75)
    axes.contour(grid[..., 0], grid[..., 1], heights, steps, colors="#6e7781", linewidths=0.6)


def _way(axes: Axes, path: Path, n: int) -> None:
    if path.points.ndim != 2 or path.points.shape[1] != 2:
        raise ValueError(f"path must go through points of 2 numbers, got shape {path.points.shape}.")
    label = f"{path.rule.split(' against')[0]}: {path.status} after {path.steps} steps"
    colour, mark = CLASSES[(n + 1) % len(CLASSES)], _MARKS[n % len(_MARKS)]
    axes.plot(*path.points.T, color=colour, marker=mark, markersize=4, linewidth=1.6, label=label)
    axes.plot(*path.points[0], marker="o", markersize=10, markerfacecolor="white", markeredgecolor=INK)


def loss_curves(curves: Mapping[str, ArrayLike], *, log: bool = True, what: str = "loss") -> Figure:
    """Losses over the epochs, one line a curve; equal in shape of dash what they are in colour.

    Parameters
    ----------
    curves
        Values by name, such as ``{"training": history.loss, "validation": history.validation_loss}``;
        values that are not finite are left out.
    log
        Logarithmic axis of losses, if all are positive.
    what
        What is drawn, for the axis and the title.
    """
    if not curves:
        raise ValueError("curves must hold at least one curve, got none.")
    lines = {
        name: numeric_array(f"curves[{name!r}]", values, finite=False) for name, values in curves.items()
    }
    with theme():
        drawn, axes = figure()
        for n, (name, values) in enumerate(lines.items()):
            _line(axes, name, values, n)
        finite = np.concatenate([values[np.isfinite(values)] for values in lines.values()])
        if log and finite.size and (finite > 0).all():
            axes.set_yscale("log")
        axes.set(xlabel="epochs", ylabel=what)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(True, axis="y")
        axes.set_title(f"{what.capitalize()} while training")
        axes.legend()
    return drawn


def _line(axes: Axes, name: str, values: Array, n: int) -> None:
    if values.ndim != 1:
        raise ValueError(f"curves[{name!r}] must be a list of numbers, got shape {values.shape}.")
    epochs = np.arange(len(values))
    seen = np.isfinite(values)
    axes.plot(epochs[seen], values[seen], linestyle=_DASHES[n % len(_DASHES)], label=name)


def activation(f: ScalarActivation, z: Limits = (-4.0, 4.0)) -> Figure:
    """An activation and its slope over its argument; a kink is marked.

    Parameters
    ----------
    f
        An activation that acts unit by unit.
    z
        Limits of the argument.
    """
    if not isinstance(f, ScalarActivation):
        raise TypeError(f"f must be a ScalarActivation, got {describe(f)}.")
    places = np.linspace(*z, 801)
    with theme():
        drawn, axes = figure(6.4, 4.0)
        axes.plot(places, f(places), color=BLUE, label="value $f(z)$")
        axes.plot(places, f.derivative(places), color=ORANGE, linestyle="--", label="slope $f'(z)$")
        for kink in f.kinks:
            axes.axvline(kink, color="#8c959f", linestyle=":", linewidth=1.2)
        axes.axhline(0.0, color="#8c959f", linewidth=0.8)
        axes.set(xlabel="sum $z$", ylabel="value and slope", xlim=z)
        axes.grid(True)
        steepest = float(np.max(f.derivative(places)))
        name = f.name.replace("_", " ")
        axes.set_title(f"{name[0].upper()}{name[1:]}: steepest slope {steepest:.3g}")
        axes.legend()
    return drawn


def step_size_errors(hs: ArrayLike, errors: Mapping[str, ArrayLike]) -> Figure:
    """Error of difference quotients against the step h, both logarithmic: a V.

    On the right the error is that of the quotient (truncation), on the left that of rounding.

    Parameters
    ----------
    hs
        Steps, shape (n,), positive.
    errors
        Errors by method, shapes (n,), as from `mlpkit.differentiate.step_sizes_errors`. An error below what
        a double can tell from 1 is drawn there; NaN (a step lost in rounding) is left out.
    """
    hs = numeric_array("hs", hs)
    if hs.ndim != 1 or (hs <= 0).any():
        raise ValueError(f"hs must be a list of positive steps, got {describe(hs)}.")
    with theme():
        drawn, axes = figure()
        for n, (method, values) in enumerate(errors.items()):
            shown = _errors(method, values, hs)
            axes.loglog(hs, shown, linestyle=_DASHES[n % 4], marker=_MARKS[n % 4], markersize=4, label=method)
        axes.set(xlabel="step $h$", ylabel="largest error of an entry")
        axes.grid(True)
        axes.set_title("Too large a step is crude, too small a one drowns in rounding")
        axes.legend()
    return drawn


def _errors(method: str, values: ArrayLike, hs: Array) -> Array:
    errors = numeric_array(f"errors[{method!r}]", values, finite=False)
    require_shape(f"errors[{method!r}]", errors, hs.shape, "one error for each step")
    return np.maximum(errors, np.finfo(float).eps)  # a logarithm has no place for 0; NaN stays NaN
