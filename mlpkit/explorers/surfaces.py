"""Surfaces over two variables: gradient and curvature at a point, two losses, and the paths of batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from scipy.optimize import brentq

from mlpkit._checks import Array
from mlpkit.activations import identity, sigmoid
from mlpkit.descent import SURFACES, Surface, classify_stationary_point
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.plane import Axes, arrow, level_lines, picture
from mlpkit.divergences import Divergence, binary_cross_entropy, half_squared_error
from mlpkit.explorers.controls import Choice, Slider, Values
from mlpkit.explorers.exploration import Exploration, View, part
from mlpkit.network import MLP
from mlpkit.optimizers import SGD

__all__ = [
    "BatchFacts",
    "HessianFacts",
    "LossFacts",
    "batch_facts",
    "batch_paths",
    "cross_entropy_against_squares",
    "hessian_explorer",
    "hessian_facts",
    "level_direction",
    "loss_facts",
]

# -- gradient, level set, Hessian ------------------------------------------------------------------------

_RANGES = {
    "tilted bowl": ((-4.0, 4.0), (-4.0, 4.0)),
    "narrow valley": ((-4.0, 4.0), (-4.0, 4.0)),
    "saddle": ((-4.0, 4.0), (-4.0, 4.0)),
    "two minima": ((-2.0, 2.0), (-2.0, 2.0)),
    "curved valley": ((-2.0, 2.0), (-1.0, 3.0)),
}


@dataclass(frozen=True)
class HessianFacts:
    """A function at a point.

    Attributes
    ----------
    value, gradient, H
        f, its gradient (2,) and its Hessian (2, 2).
    curvatures, directions
        Eigenvalues of H in rising order, and its eigenvectors as columns.
    level
        Direction of the level set, a unit vector (2,) measured on the function itself, not derived from the
        gradient; None where the gradient is 0.
    angle
        Degrees between gradient and level set; None where there is none.
    kind
        "minimum", "maximum", "saddle" or "inconclusive" by the curvatures.
    """

    value: float
    gradient: Array
    H: Array
    curvatures: Array
    directions: Array
    level: Array | None
    angle: float | None
    kind: str


def level_direction(surface: Surface, x: Array, radius: float = 1e-4) -> Array | None:
    """Direction of the level set through `x`, found by looking: where a small circle round `x` meets it.

    Two opposite points of the circle have the same value as `x`; the chord between them is the direction,
    up to an error that falls with the square of the radius. None where the circle does not meet the level
    set in two points (at a minimum in none, at a saddle in four).
    """
    value = float(surface(x))

    def above(angle: float) -> float:
        return float(surface(x + radius * np.array([np.cos(angle), np.sin(angle)]))) - value

    angles = np.linspace(0.1, 0.1 + 2 * np.pi, 33)
    signs = np.sign([above(angle) for angle in angles])
    turns = np.flatnonzero(signs[1:] != signs[:-1])
    if len(turns) != 2:
        return None
    a, b = (brentq(above, angles[n], angles[n + 1], xtol=1e-13) for n in turns)
    chord = np.array([np.cos(a) - np.cos(b), np.sin(a) - np.sin(b)])
    return chord / np.linalg.norm(chord)


def hessian_facts(function: str, x1: float, x2: float) -> HessianFacts:
    """Gradient, level set and curvature of a named function of `SURFACES` at (x1, x2)."""
    surface, x = SURFACES[function], np.array([x1, x2])
    gradient, H = surface.gradient_at(x), surface.hessian_at(x)
    values, directions = np.linalg.eigh(H)
    length = float(np.linalg.norm(gradient))
    level = level_direction(surface, x) if length > 1e-6 else None
    angle = None if level is None else float(np.degrees(np.arccos(np.clip(level @ gradient / length, -1, 1))))
    kind = classify_stationary_point(H)
    return HessianFacts(float(surface(x)), gradient, H, values, directions, level, angle, kind)


def _hessian_axes(function: str) -> Axes:
    x, y = _RANGES[function]
    # The same unit on both axes: only then does a right angle look like one.
    return Axes(x, y, 62, 34, 420, 420, "x₁", "x₂", f"{function}, level lines")


@lru_cache(maxsize=8)
def _hessian_base(function: str) -> str:
    axes = _hessian_axes(function)
    key = (
        ("blue", "gradient"),
        ("orange", "axis of the largest curvature"),
        ("violet", "axis of the smallest curvature"),
    )
    legend = "".join(
        f'<path class="{css}" d="M520 {52 + 28 * n}h30v5h-30z"/><text x="560" y="{60 + 28 * n}">{text}</text>'
        for n, (css, text) in enumerate(key)
    )
    legend += '<path class="thin" d="M520 139h30"/><text x="560" y="144">level set, measured</text>'
    field = axes.inside(level_lines(axes, SURFACES[function]))
    return picture(890, 512, field + axes.frame() + legend + part("point") + part("numbers"))


def _point_markup(facts: HessianFacts, point: Array, axes: Axes) -> str:
    here, unit = axes.places(point), (axes.x[1] - axes.x[0]) / 2
    markup = ""
    for css, n in (("orange", 1), ("violet", 0)):
        along = facts.directions[:, n] * 0.34 * unit
        markup += arrow(here, axes.places(point + along), css) + arrow(here, axes.places(point - along), css)
    if facts.level is not None:
        markup += axes.line([point - unit * facts.level, point + unit * facts.level], "thin")
        gradient = facts.gradient / np.linalg.norm(facts.gradient)
        markup += arrow(here, axes.places(point + 0.5 * unit * gradient), "blue", 4)
    return markup + axes.dots([point], "end", 6)


def _matrix_texts(facts: HessianFacts) -> str:
    rows: list[tuple[str, ...]] = [("Hessian", "", "")]
    rows += [("", number(float(a)), number(float(b))) for a, b in facts.H]
    rows += [("curvatures", *(number(float(value)) for value in facts.curvatures))]
    rows += [("axes", *(f"({number(v[0], 3)}, {number(v[1], 3)})" for v in facts.directions.T))]
    rows += [("gradient", *(number(float(value)) for value in facts.gradient))]
    return "".join(
        f'<text x="{x}" y="{200 + 28 * n}">{text}</text>'
        for n, row in enumerate(rows)
        for x, text in zip((520, 612, 742), row, strict=True)
    )


_KINDS = {
    "minimum": "it curves upwards in every direction",
    "maximum": "it curves downwards in every direction",
    "saddle": "it curves up in one direction and down in another",
    "inconclusive": "one curvature is 0, which decides nothing",
}


def _hessian_view(values: Values) -> View:
    function, point = values["function"], np.array([values["x1"], values["x2"]])
    facts, axes = hessian_facts(function, *point), _hessian_axes(function)
    low, high = (number(float(value)) for value in facts.curvatures)
    where = f"At ({number(point[0])}, {number(point[1])}) f = {number(facts.value)}, gradient "
    where += f"({number(float(facts.gradient[0]))}, {number(float(facts.gradient[1]))}); "
    where += f"curvatures {low} and {high}: {_KINDS[facts.kind]}."
    angle = (
        f"Gradient and level set meet at {facts.angle:.2f}°."
        if facts.angle is not None
        else f"The gradient is 0 here: a stationary point, {facts.kind}."
    )
    return View(
        _hessian_base(function),
        {"point": axes.inside(_point_markup(facts, point, axes)), "numbers": _matrix_texts(facts)},
        f"<p>{where}</p><p><strong>{angle}</strong></p>",
        f"{function}. {where} {angle}",
        axes.click("x1", "x2"),
    )


def _hessian_settle(before: Values, after: Values) -> Values:
    x, y = _RANGES[after["function"]]
    return {**after, "x1": float(np.clip(after["x1"], *x)), "x2": float(np.clip(after["x2"], *y))}


def hessian_explorer() -> Exploration:
    """Gradient, level set and the axes of curvature at a point that the reader moves."""
    controls = (
        Choice("function", "function", tuple(_RANGES)),
        Slider("x1", "point x₁", -4, 4, 2.0, step=0.05),
        Slider("x2", "point x₂", -4, 4, 1.5, step=0.05),
    )
    return Exploration("Gradient and curvature", controls, _hessian_view, _hessian_settle)


# -- two losses over two weights -------------------------------------------------------------------------


@dataclass(frozen=True)
class LossFacts:
    """A divergence at a pair of weights, averaged over the data.

    Attributes
    ----------
    loss
        Mean divergence.
    gradient
        To the two weights, shape (2,).
    """

    loss: float
    gradient: Array

    @property
    def length(self) -> float:
        """Length of the gradient."""
        return float(np.linalg.norm(self.gradient))


#: Two overlapping classes round (1, 1) and (-1, -1), so that neither loss has its minimum at infinity.
_POINTS = np.array(
    [
        *([1.6, 0.9], [0.7, 1.5], [1.2, 0.2], [0.3, 1.1], [-0.5, 0.4], [1.0, -0.8]),
        *([-1.5, -0.8], [-0.8, -1.4], [-1.1, -0.1], [-0.2, -1.2], [0.6, -0.3], [-0.9, 0.9]),
    ]
)
_LABELS = np.array([1.0] * 6 + [0.0] * 6)[:, np.newaxis]
_DIVERGENCES = {"cross-entropy": binary_cross_entropy, "squared error": half_squared_error}


def loss_facts(divergence: Divergence, w1: float, w2: float) -> LossFacts:
    """Mean divergence of one sigmoid unit without bias on twelve fixed points, and its gradient."""
    net = MLP(widths=(2, 1), hidden=(), output=sigmoid, divergence=divergence)
    params = {"W1": np.array([[w1, w2]]), "b1": np.zeros(1)}
    gradients = net.backward(params, net.forward(params, _POINTS), _LABELS)
    return LossFacts(net.loss(params, _POINTS, _LABELS), gradients["W1"][0])


def _loss_values(divergence: Divergence, w: Array) -> Array:
    """Mean divergence for many weights, shape (..., 2) -> (...)."""
    y = sigmoid(np.einsum("...i,ti->...t", w, _POINTS))
    return divergence(y[..., np.newaxis], np.broadcast_to(_LABELS, (*y.shape, 1))).mean(axis=-1)


def _loss_axes(name: str, left: float) -> Axes:
    return Axes((-8, 8), (-8, 8), left, 34, 380, 380, "w₁", "w₂", f"{name} (mean)")


_LOSS_AXES = {
    "cross-entropy": _loss_axes("cross-entropy", 62),
    "squared error": _loss_axes("half the squared error", 530),
}


@lru_cache(maxsize=1)
def _loss_base() -> str:
    body = ""
    for name, axes in _LOSS_AXES.items():
        field = level_lines(axes, partial(_loss_values, _DIVERGENCES[name]), count=65)
        body += axes.inside(field) + axes.frame()
    return picture(930, 468, body + part("cross-entropy") + part("squared error"))


def _descent_markup(facts: LossFacts, point: Array, axes: Axes) -> str:
    """An arrow downhill, 40 px long for a gradient of length 0.25, at most 140."""
    here = axes.places(point)
    pixels = min(160 * facts.length, 140.0)
    down = -facts.gradient / max(facts.length, 1e-300)
    return axes.inside(arrow(here, here + pixels * down * (1, -1)) + axes.dots([point], "end", 6))


def _loss_view(values: Values) -> View:
    point = np.array([values["w1"], values["w2"]])
    facts = {name: loss_facts(divergence, *point) for name, divergence in _DIVERGENCES.items()}
    says = ". ".join(
        f"{name.capitalize()}: loss {number(fact.loss)}, gradient of length {number(fact.length, 3)}"
        for name, fact in facts.items()
    )
    ratio = facts["cross-entropy"].length / max(facts["squared error"].length, 1e-300)
    compared = f"The gradient of the cross-entropy is {number(ratio, 3)} times as long."
    where = f"At w = ({number(point[0])}, {number(point[1])})"
    return View(
        _loss_base(),
        {name: _descent_markup(facts[name], point, axes) for name, axes in _LOSS_AXES.items()},
        f"<p>{where}. {says}.</p><p><strong>{compared}</strong> The arrows point down, as long as it.</p>",
        f"One sigmoid unit, two weights. {where}. {says}. {compared}",
        _LOSS_AXES["cross-entropy"].click("w1", "w2"),
    )


def cross_entropy_against_squares() -> Exploration:
    """Two losses of one sigmoid unit over its two weights: where the squared error is flat and wrong."""
    controls = (
        Slider("w1", "weight w₁", -8, 8, -6.0, step=0.1),
        Slider("w2", "weight w₂", -8, 8, -5.0, step=0.1),
    )
    return Exploration("Cross-entropy against squared error", controls, _loss_view)


# -- batches ---------------------------------------------------------------------------------------------

_LINE = MLP(widths=(1, 1), hidden=(), output=identity)
_TRUE = np.array([1.5, -0.5])  # slope and intercept of the line behind the data
_ROWS = 40


def _line_data(seed: int = 5) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.6, 1.6, (_ROWS, 1))
    return x, _TRUE[0] * x + _TRUE[1] + 0.6 * rng.normal(size=x.shape)


@dataclass(frozen=True)
class BatchFacts:
    """Three ways to go through the same data.

    Attributes
    ----------
    paths
        For "batch", "mini-batch" and "stochastic" the weight and bias after every update, shape (U + 1, 2).
    losses
        The mean divergence over all rows at the end of each.
    least
        Weight and bias where that loss is least, shape (2,).
    least_loss
        The loss there.
    """

    paths: dict[str, Array]
    losses: dict[str, float]
    least: Array
    least_loss: float


def batch_facts(eta: float, size: int, epochs: int, seed: int = 0) -> BatchFacts:
    """Fit a line to 40 noisy points by batch, mini-batch (`size` rows) and stochastic descent."""
    x, d = _line_data()
    sizes = {"batch": _ROWS, "mini-batch": size, "stochastic": 1}
    paths = {name: _batch_path(x, d, eta, rows, epochs, seed) for name, rows in sizes.items()}
    least = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), d, rcond=None)[0][:, 0]
    losses = {name: _line_loss(x, d, path[-1]) for name, path in paths.items()}
    return BatchFacts(paths, losses, least, _line_loss(x, d, least))


def _line_params(point: Array) -> dict[str, Array]:
    return {"W1": point[:1, np.newaxis], "b1": point[1:]}


def _line_loss(x: Array, d: Array, point: Array) -> float:
    return _LINE.loss(_line_params(point), x, d)


def _batch_path(x: Array, d: Array, eta: float, rows: int, epochs: int, seed: int) -> Array:
    """Weight and bias after every update; it ends early where they leave all bounds."""
    rng, rule = np.random.default_rng(seed), SGD(step=eta)
    params = _line_params(np.array([-1.5, 2.0]))
    points = [np.array([-1.5, 2.0])]
    for _ in range(epochs):
        order = rng.permutation(_ROWS)
        for start in range(0, _ROWS, rows):
            batch = order[start : start + rows]
            gradients = _LINE.backward(params, _LINE.forward(params, x[batch]), d[batch])
            params, _ = rule.update(params, gradients)
            points.append(np.array([params["W1"][0, 0], params["b1"][0]]))
            if np.abs(points[-1]).max() > 1e6:
                return np.stack(points)
    return np.stack(points)


_BATCH_AXES = Axes((-2.5, 3.5), (-3.0, 3.0), 62, 34, 440, 420, "weight", "bias", "loss over all 40 points")
_STYLES = {"batch": "line", "mini-batch": "line3", "stochastic": "line2"}


def _total_loss() -> Callable[[Array], Array]:
    x, d = _line_data()

    def loss(points: Array) -> Array:
        errors = points[..., :1] * x[:, 0] + points[..., 1:] - d[:, 0]
        return (errors**2).mean(axis=-1) / 2

    return loss


@lru_cache(maxsize=1)
def _batch_base() -> str:
    axes = _BATCH_AXES
    key = "".join(
        f'<path class="{css}" d="M540 {60 + 30 * n}h40"/><text x="592" y="{65 + 30 * n}">{name}</text>'
        for n, (name, css) in enumerate(_STYLES.items())
    )
    field = axes.inside(level_lines(axes, _total_loss()))
    return picture(860, 512, field + axes.frame() + key + part("paths") + part("numbers"))


def _batch_view(values: Values) -> View:
    facts = batch_facts(values["eta"], values["size"], values["epochs"], values["seed"])
    axes = _BATCH_AXES
    order = ("stochastic", "mini-batch", "batch")
    lines = "".join(axes.line(facts.paths[name], _STYLES[name]) for name in order)
    dots = axes.dots(facts.paths["batch"][:1], "start", 6) + axes.dots([facts.least], "end", 6)
    rows = [
        f"{name}: {len(facts.paths[name]) - 1} updates, loss {number(facts.losses[name], 4)}"
        for name in _STYLES
    ]
    least = f"The least loss possible is {number(facts.least_loss, 4)}."
    texts = "".join(f'<text x="540" y="{180 + 28 * n}">{row}</text>' for n, row in enumerate([*rows]))
    epochs = f"{values['epochs']} epoch{'s' if values['epochs'] > 1 else ''} over 40 points, "
    head = f"{epochs}η = {number(values['eta'])}, mini-batches of {values['size']}."
    return View(
        _batch_base(),
        {"paths": axes.inside(lines + dots), "numbers": texts},
        f"<p>{head} {'; '.join(rows)}.</p><p><strong>{least}</strong></p>",
        f"{head} {'; '.join(rows)}. {least}",
    )


def batch_paths() -> Exploration:
    """The paths of batch, mini-batch and stochastic descent on the same loss."""
    controls = (
        Slider("eta", "step η", 0.01, 2.0, 0.2, log=True),
        Slider("size", "mini-batch", 2, 20, 8, whole=True),
        Slider("epochs", "epochs", 1, 6, 4, whole=True),
        Slider("seed", "order of the rows", 0, 20, 0, whole=True),
    )
    return Exploration("Paths of batches", controls, _batch_view)
