"""Small problems in the plane and on the line: gates, regions, rings, spirals, curves. All are generated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, finite_number, numeric_array, positive_integer
from mlpkit.datasets.dataset import Dataset, require_generator

__all__ = [
    "CURVES",
    "L_SHAPE",
    "PENTAGON",
    "circles",
    "curve",
    "gate",
    "half_planes",
    "moons",
    "polygon",
    "regions",
    "spirals",
    "xor",
]

_CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
_GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "XOR": [0, 1, 1, 0]}

#: A convex region with five sides, corners anticlockwise.
PENTAGON: tuple[tuple[float, float], ...] = tuple(
    (float(0.75 * np.cos(a)), float(0.75 * np.sin(a))) for a in np.pi / 2 + 2 * np.pi * np.arange(5) / 5
)
#: A region that is not convex, as two convex ones.
L_SHAPE: tuple[tuple[tuple[float, float], ...], ...] = (
    ((-0.7, -0.7), (-0.1, -0.7), (-0.1, 0.7), (-0.7, 0.7)),
    ((-0.3, -0.7), (0.7, -0.7), (0.7, -0.1), (-0.3, -0.1)),
)


def _two_classes(
    x: Array,
    labels: Array,
    name: str,
    description: str,
    target_names: tuple[str, str],
    low: float,
    high: float,
) -> Dataset:
    low, high = finite_number("low", low), finite_number("high", high)
    if not low < high:
        raise ValueError(f"low must be less than high, got {low:g} and {high:g}.")
    labels = np.asarray(labels, dtype=np.intp)
    d = np.where(labels == 1, high, low)[:, np.newaxis]
    return Dataset(x, d, labels, name, description, True, target_names, ("x1", "x2"))


def gate(name: str, low: float = 0.0, high: float = 1.0) -> Dataset:
    """The four rows of a gate with two inputs: "AND", "OR", "NAND" or "XOR".

    Inputs (0,0), (0,1), (1,0), (1,1); one output, `low` for false and `high` for true. AND, OR and NAND are
    linearly separable, XOR is not.
    """
    if name not in _GATES:
        raise ValueError(f"name must be one of {', '.join(_GATES)}, got {name!r}.")
    text = f"The truth table of {name}, generated from its definition."
    return _two_classes(_CORNERS, np.array(_GATES[name]), name, text, ("false", "true"), low, high)


def xor(low: float = 0.0, high: float = 1.0) -> Dataset:
    """The four rows of XOR."""
    return gate("XOR", low, high)


def _amount(n: int) -> int:
    n = positive_integer("n", n)
    if n < 2:
        raise ValueError(f"n must be at least 2 (one point a class), got {n}.")
    return n


def circles(rng: np.random.Generator, n: int = 200, noise: float = 0.08) -> Dataset:
    """A disc round the origin (class 1) inside a ring (class 0); radii .4 and 1 with normal noise."""
    require_generator(rng)
    n, noise = _amount(n), finite_number("noise", noise, low=0.0)
    labels = np.arange(n) % 2
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(labels == 1, 0.4 * np.sqrt(rng.uniform(size=n)), 1.0) + noise * rng.normal(size=n)
    x = radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    text = f"{n} points generated in a disc and on a ring round it, noise {noise:g}."
    return _two_classes(x, labels, "circles", text, ("ring", "disc"), 0.0, 1.0)


def spirals(rng: np.random.Generator, n: int = 200, turns: float = 1.5, noise: float = 0.02) -> Dataset:
    """Two spirals wound into each other, class 1 the first turned by half a circle; radius up to 1."""
    require_generator(rng)
    n, noise = _amount(n), finite_number("noise", noise, low=0.0)
    turns = finite_number("turns", turns, low=0.1)
    labels = np.arange(n) % 2
    along = np.sqrt(rng.uniform(0.01, 1.0, n))
    angle = 2 * np.pi * turns * along + np.pi * labels
    x = along[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    text = f"{n} points generated on two spirals of {turns:g} turns, noise {noise:g}."
    return _two_classes(
        x + noise * rng.normal(size=(n, 2)), labels, "spirals", text, ("first", "second"), 0.0, 1.0
    )


def moons(rng: np.random.Generator, n: int = 200, noise: float = 0.1) -> Dataset:
    """Two half circles that reach into each other, radius 1."""
    require_generator(rng)
    n, noise = _amount(n), finite_number("noise", noise, low=0.0)
    labels = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    x = np.where(labels[:, np.newaxis] == 1, lower, upper) + noise * rng.normal(size=(n, 2))
    text = f"{n} points generated on two half circles, noise {noise:g}."
    return _two_classes(x, labels, "moons", text, ("upper", "lower"), 0.0, 1.0)


# -- regions bounded by straight lines -------------------------------------------------------------------


def half_planes(corners: ArrayLike) -> tuple[Array, Array]:
    """The sides of a convex polygon as half-planes: the region is where W x + b >= 0 in every row.

    One hidden threshold unit a side with these weights, and an AND of them, decide the region (lecture 01).

    Parameters
    ----------
    corners
        Shape (S, 2), S >= 3, anticlockwise, convex.

    Returns
    -------
    W, b
        Shapes (S, 2) and (S,); rows of W have length 1, so W x + b is the distance from the side.
    """
    corners = numeric_array("corners", corners)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(f"corners must have shape (S, 2) with S >= 3, got {corners.shape}.")
    along = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(along, axis=1)
    if (lengths == 0).any():
        raise ValueError("corners must differ from their neighbours.")
    W = np.column_stack([-along[:, 1], along[:, 0]]) / lengths[:, np.newaxis]
    b = -(W * corners).sum(axis=1)
    if (corners @ W.T + b < -1e-9).any():
        raise ValueError("corners must go round a convex polygon anticlockwise.")
    return W, b


def _inside(x: Array, polygons: tuple[Array, ...]) -> Array:
    sides = [half_planes(corners) for corners in polygons]
    return np.any([(x @ W.T + b >= 0).all(axis=1) for W, b in sides], axis=0)


def regions(rng: np.random.Generator, n: int = 400, polygons: tuple[ArrayLike, ...] = L_SHAPE) -> Dataset:
    """Points of the square [-1, 1]², class 1 inside the union of convex polygons (an OR of ANDs).

    By default the union is an L, which is not convex and so is no AND of half-planes.
    """
    require_generator(rng)
    if not polygons:
        raise ValueError("polygons must hold at least one polygon, got none.")
    corners = tuple(numeric_array("polygons", polygon) for polygon in polygons)
    x = rng.uniform(-1, 1, (_amount(n), 2))
    text = f"{n} points generated uniformly in a square; class 1 inside a union of {len(corners)} polygons."
    return _two_classes(x, _inside(x, corners), "regions", text, ("outside", "inside"), 0.0, 1.0)


def polygon(rng: np.random.Generator, n: int = 400, corners: ArrayLike = PENTAGON) -> Dataset:
    """Points of the square [-1, 1]², class 1 inside a convex polygon (an AND of half-planes)."""
    require_generator(rng)
    x = rng.uniform(-1, 1, (_amount(n), 2))
    array = numeric_array("corners", corners)
    text = (
        f"{n} points generated uniformly in a square; class 1 inside a convex polygon of {len(array)} sides."
    )
    return _two_classes(x, _inside(x, (array,)), "polygon", text, ("outside", "inside"), 0.0, 1.0)


# -- curves ----------------------------------------------------------------------------------------------

#: Curves for regression on [-1, 1], by name.
CURVES: dict[str, Callable[[Array], Array]] = {
    "sine": lambda x: np.sin(np.pi * x),
    "step": lambda x: np.where(x >= 0, 1.0, 0.0),
    "bump": lambda x: np.exp(-((x / 0.2) ** 2) / 2),
}


def curve(rng: np.random.Generator, name: str = "sine", n: int = 60, noise: float = 0.1) -> Dataset:
    """Instances d = g(x) + noise of a curve g from `CURVES`, x uniform in [-1, 1], noise normal.

    Parameters
    ----------
    rng, n
        Generator and number of instances.
    name
        "sine" (sin πx), "step" (0, from x = 0 on 1) or "bump" (exp(-(x/.2)²/2)).
    noise
        Standard deviation of the noise, at least 0.
    """
    require_generator(rng)
    if name not in CURVES:
        raise ValueError(f"name must be one of {', '.join(CURVES)}, got {name!r}.")
    noise = finite_number("noise", noise, low=0.0)
    x = rng.uniform(-1, 1, (positive_integer("n", n), 1))
    d = CURVES[name](x) + noise * rng.normal(size=x.shape)
    text = f"{n} points generated on the curve {name} with normal noise of deviation {noise:g}."
    return Dataset(x, d, None, name, text, True, ("g(x)",), ("x",))
