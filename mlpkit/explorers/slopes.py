"""Slopes: activations and how they saturate, difference quotients and their error, subgradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from mlpkit._checks import Array
from mlpkit.activations import (
    MaxGroups,
    ScalarActivation,
    leaky_relu,
    relu,
    sigmoid,
    softplus,
    tanh,
)
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.plane import Axes, picture
from mlpkit.explorers.controls import Choice, Slider, Values
from mlpkit.explorers.exploration import Exploration, View, part
from mlpkit.gradcheck import step_sizes_errors

__all__ = [
    "ActivationFacts",
    "DifferenceFacts",
    "SubgradientFacts",
    "activation_explorer",
    "activation_facts",
    "difference_error",
    "difference_facts",
    "subgradient_facts",
    "subgradients",
]

# -- activations -----------------------------------------------------------------------------------------

_ACTIVATIONS: dict[str, ScalarActivation] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "ReLU": relu,
    "leaky ReLU": leaky_relu,
    "softplus": softplus,
}


@dataclass(frozen=True)
class ActivationFacts:
    """An activation at one point, and in a chain of layers.

    Attributes
    ----------
    value, slope
        y and dy/dz at z.
    chain
        slope^layers: what is left of a derivative after so many layers with this slope (weights 1).
    at_kink
        Whether z is a kink, where the slope shown is the subderivative that the course chose.
    """

    value: float
    slope: float
    chain: float
    at_kink: bool


def activation_facts(name: str, z: float, layers: int) -> ActivationFacts:
    """Value and slope of an activation at z, and the slope's power."""
    f = _ACTIVATIONS[name]
    slope = float(f.derivative(z))
    return ActivationFacts(float(f(z)), slope, slope**layers, bool(f.kink_distance(z) == 0))


_VALUE_AXES = Axes((-6, 6), (-1.5, 3.5), 62, 34, 380, 330, "z", "y", "the activation")
_SLOPE_AXES = Axes((-6, 6), (-0.15, 1.15), 530, 34, 380, 330, "z", "dy/dz", "its derivative")


@lru_cache(maxsize=8)
def _activation_base(name: str) -> str:
    f = _ACTIVATIONS[name]
    body = _VALUE_AXES.frame(grid=True) + _VALUE_AXES.inside(_VALUE_AXES.curve(f))
    body += _SLOPE_AXES.frame(grid=True) + _SLOPE_AXES.inside(_slope_curve(f))
    return picture(930, 418, body + part("tangent") + part("slope"))


def _slope_curve(f: ScalarActivation) -> str:
    """The graph of the derivative; broken at kinks, where it jumps."""
    z = np.union1d(np.linspace(-6, 6, 241), np.array([(k - 1e-9, k, k + 1e-9) for k in f.kinks]).ravel())
    slopes = np.where(np.isin(z, f.kinks), np.nan, f.derivative(z))
    return _SLOPE_AXES.line(np.column_stack([z, slopes]))


def _activation_view(values: Values) -> View:
    name, z, layers = values["activation"], values["z"], values["layers"]
    facts = activation_facts(name, z, layers)
    tangent = np.array([(t, facts.value + facts.slope * (t - z)) for t in (z - 1.5, z + 1.5)])
    words = f"{name} at z = {number(z)}: y = {number(facts.value)}, dy/dz = {number(facts.slope)}."
    chain = f"Through {layers} such layers: {number(facts.slope)}^{layers} = {number(facts.chain, 3)}."
    kink = " At this kink there is no derivative; shown is our choice of subderivative." * facts.at_kink
    state = _saturation(facts.slope)
    inside, beside = _VALUE_AXES, _SLOPE_AXES
    return View(
        _activation_base(name),
        {
            "tangent": inside.inside(
                inside.line(tangent, "line2") + inside.dots([(z, facts.value)], "end", 6)
            ),
            "slope": beside.inside(
                beside.line([(z, 0), (z, facts.slope)], "line2")
                + beside.dots([(z, facts.slope)], "end", 6)
                + beside.label((z, facts.slope), number(facts.slope), shift=(10, -10))
            ),
        },
        f"<p><strong>{words}</strong>{state}{kink}</p>"
        f"<p>{chain.replace(f'^{layers}', f'<sup>{layers}</sup>')}</p>",
        f"{words}{state}{kink} {chain}",
    )


def _saturation(slope: float) -> str:
    if slope == 0:
        return " The unit is switched off: nothing passes back through it."
    return " The unit is saturated: hardly anything passes back through it." if slope < 0.05 else ""


def activation_explorer() -> Exploration:
    """An activation, its derivative, and what is left of a derivative after several layers."""
    controls = (
        Choice("activation", "activation", tuple(_ACTIVATIONS)),
        Slider("z", "sum z", -6, 6, 1.0, step=0.1),
        Slider("layers", "layers", 1, 20, 5, whole=True),
    )
    return Exploration("Activation and derivative", controls, _activation_view)


# -- difference quotients --------------------------------------------------------------------------------

_FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[float], float]]] = {
    "exp(x)": (np.exp, lambda x: float(np.exp(x))),
    "sin(x)": (np.sin, lambda x: float(np.cos(x))),
    "x³": (lambda x: x**3, lambda x: 3 * x**2),
    "ReLU(x)": (relu, lambda x: float(relu.derivative(x))),
}
_STEPS = np.geomspace(1e-14, 1e-1, 105)


@dataclass(frozen=True)
class DifferenceFacts:
    """Difference quotients of a function at a point.

    Attributes
    ----------
    exact
        The derivative (at a kink, the subderivative that the course chose).
    forward, central
        The quotients at the chosen h.
    errors
        Their absolute errors at the steps `hs`, by method; 0 is possible.
    hs
        Steps, shape (H,), the chosen one last.
    """

    exact: float
    forward: float
    central: float
    errors: dict[str, Array]
    hs: Array


def difference_facts(name: str, x: float, h: float) -> DifferenceFacts:
    """Forward and central quotients of a function at x, with step h and over the whole range of steps."""
    f, slope = _FUNCTIONS[name]
    exact, hs = slope(x), np.append(_STEPS, h)
    errors = step_sizes_errors(f, x, exact, hs, ("forward", "central"))
    forward = float((f(x + h) - f(x)) / ((x + h) - x))
    central = float((f(x + h) - f(x - h)) / ((x + h) - (x - h)))
    return DifferenceFacts(exact, forward, central, errors, hs)


_ERROR_AXES = Axes(
    (1e-14, 1e-1), (1e-16, 10), 74, 34, 800, 340, "step h", "absolute error", "", x_log=True, y_log=True
)


@lru_cache(maxsize=1)
def _error_base() -> str:
    axes = _ERROR_AXES
    key = (
        '<path class="line2" d="M90 18h40"/><text x="138" y="23">forward: (f(x+h) − f(x))/h</text>'
        '<path class="line" d="M400 18h40"/><text x="448" y="23">central: (f(x+h) − f(x−h))/2h</text>'
    )
    return picture(900, 430, key + axes.frame(grid=True) + part("curves") + part("chosen"))


def _error_points(facts: DifferenceFacts, method: str) -> Array:
    """Steps and errors; an error of exactly 0 is drawn at the foot."""
    return np.column_stack([facts.hs, np.maximum(facts.errors[method], _ERROR_AXES.y[0])])


def _best(facts: DifferenceFacts, method: str) -> tuple[float, float]:
    errors = facts.errors[method][:-1]
    least = int(np.nanargmin(errors))
    return float(facts.hs[least]), float(errors[least])


def _difference_view(values: Values) -> View:
    name, x, h = values["function"], values["x"], values["h"]
    facts, axes = difference_facts(name, x, h), _ERROR_AXES
    curves = axes.line(_error_points(facts, "forward")[:-1], "line2")
    curves += axes.line(_error_points(facts, "central")[:-1])
    marks = "".join(
        axes.dots(_error_points(facts, method)[-1:], css, 6)
        for method, css in (("forward", "none"), ("central", "one"))
    )
    now = f"At h = {number(h, 3)} the forward quotient is {facts.forward:.10g}, the central "
    now += f"{facts.central:.10g}; the derivative is {facts.exact:.10g}."
    least = {method: _best(facts, method) for method in ("forward", "central")}
    best = ". ".join(
        f"Least {method} error: {number(error, 2)} at h = {number(step, 2)}"
        for method, (step, error) in least.items()
    )
    kink = _kink_words(name, x, h)
    return View(
        _error_base(),
        {
            "curves": axes.inside(curves),
            "chosen": axes.inside(axes.line([(h, 1e-16), (h, 10)], "thin") + marks),
        },
        f"<p><strong>{now}</strong></p><p>{best}.{kink}</p>",
        f"Error of difference quotients of {name} at x = {number(x)}. {now} {best}.{kink}",
    )


def _kink_words(name: str, x: float, h: float) -> str:
    if name != "ReLU(x)" or abs(x) > h:
        return ""
    where = "is the kink" if x == 0 else "is nearer to the kink at 0 than h"
    return f" x {where}: the quotient mixes the slopes 0 and 1, and a smaller h does not always help."


def difference_error() -> Exploration:
    """The error of difference quotients against h: truncation on the right, round-off on the left."""
    controls = (
        Choice("function", "function", tuple(_FUNCTIONS)),
        Slider("x", "point x", -2, 2, 1.0, step=0.01),
        Slider("h", "step h", 1e-14, 1e-1, 1e-5, log=True, positions=130),
    )
    return Exploration("Error of difference quotients", controls, _difference_view)


# -- subgradients ----------------------------------------------------------------------------------------

_MAX = MaxGroups(((0, 1),))
_KINDS = ("ReLU(z)", "max(z, 1)", "z²")


@dataclass(frozen=True)
class SubgradientFacts:
    """A line of slope g through a point of a graph.

    Attributes
    ----------
    value
        f(z).
    low, high
        Least and greatest subderivative at z.
    is_one
        Whether g is a subderivative: the line touches the graph and stays on or below it.
    worst
        By how much the line rises above the graph at most, in the picture.
    """

    value: float
    low: float
    high: float
    is_one: bool
    worst: float


def _function(kind: str, z: Array) -> Array:
    z = np.asarray(z, dtype=float)
    if kind == "ReLU(z)":
        return relu(z)
    if kind == "z²":
        return z * z
    return _MAX(np.stack([z, np.ones_like(z)], axis=-1))[..., 0]


def _interval(kind: str, z: float) -> tuple[float, float]:
    """Least and greatest subderivative at z."""
    if kind == "z²":
        return 2 * z, 2 * z
    if kind == "ReLU(z)":
        low, high = relu.subgradient_interval(z)
        return float(low), float(high)
    # The larger argument alone has an influence; where both are largest, every share of it is possible.
    pair = np.array([z, 1.0])
    if _MAX.gap(pair)[0] == 0:
        return 0.0, 1.0
    slope = float(_MAX.jacobian(pair)[0, 0])
    return slope, slope


def subgradient_facts(kind: str, z: float, g: float) -> SubgradientFacts:
    """Whether g is a subderivative of a function at z."""
    low, high = _interval(kind, z)
    t = np.linspace(-3, 3, 601)
    value = float(_function(kind, np.array(z)))
    worst = float((value + g * (t - z) - _function(kind, t)).max())
    return SubgradientFacts(value, low, high, low - 1e-12 <= g <= high + 1e-12, max(worst, 0.0))


_TOUCH_AXES = Axes((-3, 3), (-1.5, 4), 62, 34, 640, 360, "z", "f(z)", "a line through one point of the graph")


@lru_cache(maxsize=4)
def _touch_base(kind: str) -> str:
    axes = _TOUCH_AXES
    graph = axes.inside(axes.curve(lambda z: _function(kind, z), count=601))
    return picture(730, 448, axes.frame(grid=True) + graph + part("line"))


def _touch_view(values: Values) -> View:
    kind, z, g = values["function"], values["z"], values["g"]
    facts, axes = subgradient_facts(kind, z, g), _TOUCH_AXES
    ends = np.array([(t, facts.value + g * (t - z)) for t in (-3.0, 3.0)])
    both = facts.low == facts.high
    all_of_them = number(facts.low) if both else f"from {number(facts.low)} to {number(facts.high)}"
    known = f"Subderivatives of {kind} at z = {number(z)}: {all_of_them}" + (
        " only." if both else ", all of them."
    )
    over = f"the line rises above the graph, by up to {number(facts.worst, 3)} in the picture"
    verdict = "is one: the line stays on or below the graph" if facts.is_one else f"is none: {over}"
    line = axes.line(ends, "line2" if facts.is_one else "line3") + axes.dots([(z, facts.value)], "end", 6)
    return View(
        _touch_base(kind),
        {"line": axes.inside(line)},
        f"<p>{known}</p><p><strong>g = {number(g)} {verdict}.</strong></p>",
        f"{known} g = {number(g)} {verdict}.",
    )


def subgradients() -> Exploration:
    """Which slopes are subderivatives: lines that touch a graph and stay on or below it."""
    controls = (
        Choice("function", "function", _KINDS),
        Slider("z", "point z", -2, 2, 0.0, step=0.1),
        Slider("g", "slope g", -5, 5, 0.5, step=0.05),
    )
    return Exploration("Subgradients", controls, _touch_view)
