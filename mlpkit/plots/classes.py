"""Plots of what a network says and of what it has learnt: regions, weights as images, confusions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, numeric_array, positive_integer
from mlpkit.datasets import Dataset
from mlpkit.network import MLP
from mlpkit.plots.theme import CLASSES, DIVERGING, SEQUENTIAL, figure, theme

__all__ = ["confusion_matrix", "decision_regions", "weight_images"]

Limits = tuple[float, float]
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
_GRID = 220


def decision_regions(
    net: MLP,
    params: Mapping[str, ArrayLike],
    data: Dataset,
    *,
    decide: Callable[[Array], Array] | None = None,
    margin: float = 0.1,
) -> Figure:
    """Which class a network says where in the plane, with the instances of a data set.

    Parameters
    ----------
    net, params
        A network with two inputs and its parameters.
    data
        Instances with labels; their marks differ as well as their colours.
    decide
        From outputs (T, D_N) to class numbers (T,); by default the largest output, or for a single output
        whether it lies above the middle of its range (0 where there is none).
    margin
        How far the picture reaches beyond the instances, as a share of their range.
    """
    if net.widths[0] != 2 or data.x.shape[1] != 2:
        raise ValueError(
            f"net and data must have 2 inputs, got {net.widths[0]} and {data.x.shape[1]}: a plane is drawn."
        )
    if data.labels is None:
        raise ValueError("data must have labels (classes), got targets alone.")
    classes = int(max(data.labels.max() + 1, len(data.target_names)))
    decide = decide or _default_decision(net)
    x, y = (_limits(column, margin) for column in data.x.T)
    with theme():
        drawn, axes = figure(7.0, 5.2)
        grid = np.stack(np.meshgrid(np.linspace(*x, _GRID), np.linspace(*y, _GRID)), axis=-1)
        said = decide(net.forward(params, grid.reshape(-1, 2)).output).reshape(_GRID, _GRID)
        axes.imshow(said, extent=(*x, *y), origin="lower", aspect="auto", cmap=_pale(classes), vmin=-0.5,
                    vmax=classes - 0.5, interpolation="nearest")  # fmt: skip
        _instances(axes, data, classes)
        axes.set(xlim=x, ylim=y)
        right = float(np.mean(decide(net.forward(params, data.x).output) == data.labels))
        name = f"{data.name[:1].upper()}{data.name[1:]}"
        axes.set_title(f"{name}: {right:.1%} of {len(data.x)} instances in their own region")
        drawn.legend(loc="outside right upper", fontsize=9)  # beside the picture: it hides no instance
    return drawn


def _default_decision(net: MLP) -> Callable[[Array], Array]:
    if net.widths[-1] > 1:
        return lambda Y: Y.argmax(axis=1)
    low, high = net.output.limits
    middle = (low + high) / 2 if np.isfinite(low + high) else 0.0
    return lambda Y: (Y[:, 0] > middle).astype(int)


def _limits(values: Array, margin: float) -> Limits:
    low, high = float(values.min()), float(values.max())
    room = margin * ((high - low) or 1.0)
    return low - room, high + room


def _pale(classes: int) -> ListedColormap:
    """The classes' colours, three quarters white, so that the instances stand out."""
    colours = [CLASSES[n % len(CLASSES)] for n in range(classes)]
    return ListedColormap([tuple(0.28 * part + 0.72 for part in to_rgb(colour)) for colour in colours])


def _instances(axes: Axes, data: Dataset, classes: int) -> None:
    assert data.labels is not None  # asked for by the caller
    for n in range(classes):
        own = data.x[data.labels == n]
        name = data.target_names[n] if n < len(data.target_names) else f"class {n}"
        mark, colour = _MARKS[n % len(_MARKS)], CLASSES[n % len(CLASSES)]
        look: dict[str, Any] = {"marker": mark, "color": colour, "edgecolors": "white", "linewidths": 0.6}
        axes.scatter(own[:, 0], own[:, 1], s=26, label=name, **look)
    names = data.feature_names or ("$x_1$", "$x_2$")
    axes.set(xlabel=names[0], ylabel=names[1])


def weight_images(
    W: ArrayLike, shape: tuple[int, int], *, titles: Sequence[str] = (), columns: int = 8
) -> Figure:
    """The weights into each unit as an image of the input's shape: blue raises its sum, orange lowers it.

    Parameters
    ----------
    W
        Weights, shape (units, rows · columns of the image).
    shape
        Rows and columns of the input image.
    titles
        One for each unit; "unit 1", ... if left out.
    columns
        At most so many images beside each other.
    """
    W = numeric_array("W", W)
    height, width = (positive_integer("shape", side) for side in shape)
    if W.ndim != 2 or W.shape[1] != height * width:
        raise ValueError(f"W must have shape (units, {height * width}) for images {shape}, got {W.shape}.")
    if titles and len(titles) != len(W):
        raise ValueError(f"titles must have one text for each of {len(W)} units, got {len(titles)}.")
    beside = min(positive_integer("columns", columns), len(W))
    largest = float(np.abs(W).max()) or 1.0
    with theme():
        down = -(-len(W) // beside)
        drawn, axes = figure(1.4 * beside + 1.2, 1.5 * down * max(1.0, height / width) + 0.9, down, beside)
        cells = np.atleast_1d(axes).ravel()
        for n, cell in enumerate(cells):
            cell.set_axis_off()
            if n < len(W):
                shown = cell.imshow(W[n].reshape(shape), cmap=DIVERGING, vmin=-largest, vmax=largest)
                cell.set_title(titles[n] if titles else f"unit {n + 1}", fontsize=9, fontweight="normal")
        drawn.colorbar(shown, ax=cells.tolist(), label="weight", shrink=0.8)
        drawn.suptitle("What each unit looks for", fontweight="bold", x=0.02, ha="left")
    return drawn


def confusion_matrix(labels: ArrayLike, said: ArrayLike, names: Sequence[str]) -> Figure:
    """How often each class was taken for each other, as numbers on a table of colours.

    Parameters
    ----------
    labels, said
        True and answered class numbers, shapes (T,).
    names
        Names of the classes.
    """
    truth, answer = (_class_numbers(name, v, len(names)) for name, v in (("labels", labels), ("said", said)))
    if truth.shape != answer.shape:
        raise ValueError(f"said must have the shape of labels, {truth.shape}, got {answer.shape}.")
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (truth, answer), 1)
    with theme():
        side = max(3.6, 0.52 * len(names) + 1.8)
        drawn, axes = figure(side + 0.4, side)
        axes.imshow(counts, cmap=SEQUENTIAL, vmin=0)
        for (row, column), count in np.ndenumerate(counts):
            dark = count > 0.6 * counts.max()
            axes.text(column, row, str(count), ha="center", va="center", fontsize=10,
                      color="white" if dark else "#1b1f24")  # fmt: skip
        axes.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 3 else 0, ha="center")
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="answered class", ylabel="true class")
        axes.set_title(f"{np.trace(counts) / max(counts.sum(), 1):.1%} right")
    return drawn


def _class_numbers(name: str, values: ArrayLike, classes: int) -> Array:
    numbers = np.asarray(values)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise TypeError(f"{name} must be a list of class numbers, got {describe(numbers)}.")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
        raise ValueError(f"{name} must be from 0 to {classes - 1} (there are {classes} names).")
    return numbers
