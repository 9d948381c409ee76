"""Neurons that decide: a line, half-planes joined by AND and OR, and a curve built from bumps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlpkit._checks import Array
from mlpkit.activations import identity, sigmoid, threshold
from mlpkit.datasets import CURVES, gate
from mlpkit.datasets import half_planes as sides_of
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.plane import Axes, arrow, picture
from mlpkit.diagrams.raster import diverging_bytes, image
from mlpkit.explorers.controls import Choice, Slider, Values
from mlpkit.explorers.exploration import Exploration, View, part
from mlpkit.network import MLP, Parameters

__all__ = [
    "BumpFacts",
    "HalfPlaneFacts",
    "PerceptronFacts",
    "bump_construction",
    "bump_facts",
    "bump_network",
    "half_plane_facts",
    "half_planes",
    "perceptron_facts",
    "perceptron_line",
]

# -- one threshold unit ----------------------------------------------------------------------------------

_GATES = ("AND", "OR", "NAND", "XOR")
_UNIT = MLP(widths=(2, 1), hidden=(), output=threshold)


@dataclass(frozen=True)
class PerceptronFacts:
    """A threshold unit on the rows of a gate.

    Attributes
    ----------
    w, b
        Weights, shape (2,), and bias.
    outputs, targets
        0 or 1 for the rows (0,0), (0,1), (1,0), (1,1), shape (4,).
    right
        How many rows it answers rightly.
    """

    w: Array
    b: float
    outputs: Array
    targets: Array
    right: int


def perceptron_facts(name: str, w1: float, w2: float, b: float) -> PerceptronFacts:
    """What a unit with these weights answers on the rows of the gate `name`."""
    data = gate(name)
    params = {"W1": np.array([[w1, w2]]), "b1": np.array([b])}
    outputs, targets = _UNIT.forward(params, data.x).output[:, 0], data.d[:, 0]
    return PerceptronFacts(np.array([w1, w2]), b, outputs, targets, int((outputs == targets).sum()))


_GATE_AXES = Axes((-0.6, 1.6), (-0.6, 1.6), 62, 34, 400, 400, "x₁", "x₂", "where the unit says 1 (blue)")


@lru_cache(maxsize=1)
def _gate_base() -> str:
    return picture(780, 488, part("region") + _GATE_AXES.frame() + part("points") + part("table"))


def _half_plane_image(facts: PerceptronFacts, axes: Axes) -> str:
    sums = _grid(axes, 96) @ facts.w + facts.b
    return axes.inside(image(diverging_bytes(np.where(sums >= 0, 0.5, -0.5), -1, 1), 0, 0, 400, 400))


def _grid(axes: Axes, count: int) -> Array:
    """Centres of count × count cells of a plane, shape (count, count, 2), the top row first."""
    cells = (np.arange(count) + 0.5) / count
    x = axes.x[0] + cells * (axes.x[1] - axes.x[0])
    y = axes.y[1] - cells * (axes.y[1] - axes.y[0])
    return np.stack(np.meshgrid(x, y), axis=-1)


def _border(w: Array, b: float, axes: Axes) -> str:
    """The line w·x + b = 0, with an arrow along w from its point nearest the middle of the picture."""
    length = float(np.hypot(*w))
    if length < 1e-9:
        return ""
    middle = np.array([sum(axes.x) / 2, sum(axes.y) / 2])
    foot = middle - (w @ middle + b) / length**2 * w
    along = np.array([-w[1], w[0]]) / length * 10
    start, end = axes.places(foot), axes.places(foot + 0.35 * w / length)
    return axes.line([foot - along, foot + along]) + arrow(start, end)


def _row_texts(facts: PerceptronFacts) -> str:
    rows = [("x₁ x₂", "wanted", "says", "")]
    for x, d, y in zip(gate("AND").x, facts.targets, facts.outputs, strict=True):
        mark = "✓" if d == y else "✗ wrong"
        rows.append((f"{x[0]:g}  {x[1]:g}", f"{d:g}", f"{y:g}", mark))
    text = ""
    for n, row in enumerate(rows):
        for place, word in zip((506, 566, 636, 684), row, strict=True):
            text += f'<text x="{place}" y="{70 + 30 * n}">{word}</text>'
    return text


def _gate_view(values: Values) -> View:
    facts = perceptron_facts(values["gate"], values["w1"], values["w2"], values["b"])
    axes, corners = _GATE_AXES, gate("AND").x
    points = axes.dots(corners[facts.targets == 1], "one", 9)
    points += axes.dots(corners[facts.targets == 0], "none", 9)
    limit = " No line can do better: XOR is not linearly separable." if _is_best_xor(values, facts) else ""
    rule = f"The unit says 1 where {_affine(facts.w, facts.b)} ≥ 0."
    right = f"{facts.right} of 4 rows of {values['gate']} are right."
    parts = {
        "region": _half_plane_image(facts, axes),
        "points": axes.inside(_border(facts.w, facts.b, axes) + points),
        "table": _row_texts(facts),
    }
    caption = f"<p>{rule} The arrow is the weight vector; the bias shifts the line.</p>"
    return View(
        _gate_base(), parts, f"{caption}<p><strong>{right}</strong>{limit}</p>", f"{rule} {right}{limit}"
    )


def _affine(w: Array, b: float) -> str:
    """w·x + b written out, with real signs between the terms."""
    terms = [(w[0], "·x₁"), (w[1], "·x₂"), (b, "")]
    text = "".join(f" {'−' if value < 0 else '+'} {number(abs(value))}{x}" for value, x in terms)
    return text.removeprefix(" + ").replace(" − ", "−", 1) if text.startswith(" −") else text[3:]


def _is_best_xor(values: Values, facts: PerceptronFacts) -> bool:
    return values["gate"] == "XOR" and facts.right == 3


def perceptron_line() -> Exploration:
    """One threshold unit: its line, its half-plane and the rows of a gate that it gets right."""
    controls = (
        Choice("gate", "gate", _GATES),
        Slider("w1", "weight w₁", -2, 2, 1.0, step=0.05),
        Slider("w2", "weight w₂", -2, 2, 1.0, step=0.05),
        Slider("b", "bias b", -2, 2, -0.5, step=0.05),
    )
    return Exploration("One threshold unit", controls, _gate_view)


# -- half-planes joined ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class HalfPlaneFacts:
    """A face of a polygon a hidden unit, and an output unit that counts them.

    Attributes
    ----------
    corners
        Of the polygon, shape (S, 2), anticlockwise.
    net, params
        The network (2, S, 1) of threshold units.
    needed
        How many hidden units must say 1.
    share
        Part of the picture where the output is 1.
    """

    corners: Array
    net: MLP
    params: Parameters
    needed: int
    share: float


def half_plane_facts(sides: int, needed: int, radius: float = 0.7) -> HalfPlaneFacts:
    """A regular polygon with `sides` sides; the output unit fires from `needed` hidden units on."""
    angles = np.pi / 2 + 2 * np.pi * np.arange(sides) / sides
    corners = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    W, b = sides_of(corners)
    net = MLP(widths=(2, sides, 1), hidden=threshold, output=threshold)
    # A sum of S ones and zeros reaches `needed` or misses it by one: the threshold lies between.
    params = {"W1": W, "b1": b, "W2": np.ones((1, sides)), "b2": np.array([0.5 - needed])}
    fires = net.forward(params, _grid(_POLYGON_AXES, 200).reshape(-1, 2)).output
    return HalfPlaneFacts(corners, net, params, needed, float(fires.mean()))


_POLYGON_AXES = Axes((-1.2, 1.2), (-1.2, 1.2), 62, 34, 400, 400, "x₁", "x₂", "how many hidden units say 1")


@lru_cache(maxsize=1)
def _polygon_base() -> str:
    return picture(780, 488, part("count") + _POLYGON_AXES.frame() + part("lines") + part("units"))


def _counts(facts: HalfPlaneFacts) -> Array:
    points = _grid(_POLYGON_AXES, 200)
    hidden = facts.net.forward(facts.params, points.reshape(-1, 2)).y[1]
    return hidden.sum(axis=1).reshape(points.shape[:2])


def _polygon_view(values: Values) -> View:
    facts, point = half_plane_facts(values["sides"], values["needed"]), (values["x1"], values["x2"])
    axes, counts = _POLYGON_AXES, _counts(facts)
    W, b = facts.params["W1"], facts.params["b1"]
    # Blue where the output unit fires; darker where more hidden units agree.
    shade = np.where(counts >= facts.needed, 0.2 + 0.6 * counts / len(b), -0.7 + 0.5 * counts / len(b))
    lines = "".join(_border(w, c, axes) for w, c in zip(W, b, strict=True)).replace('"line"', '"thin"')
    name = {len(b): "AND: all must agree", 1: "OR: one is enough"}.get(facts.needed, "at least so many")
    says = f"{len(b)} hidden units, one a side; the output unit needs {facts.needed} of them ({name})."
    share = f"It says 1 on {number(100 * facts.share, 3)} % of the picture."
    wide = f"Its bias is {number(float(facts.params['b2'][0]))}, its weights are all 1."
    trace = facts.net.forward(facts.params, np.array(point))
    here = f"At ({number(point[0])}, {number(point[1])}) {int(trace.y[1].sum())} hidden units say 1, "
    here += f"so the output is {trace.output[0]:g}."
    return View(
        _polygon_base(),
        {
            "count": axes.inside(image(diverging_bytes(shade, -1, 1), 0, 0, 400, 400)),
            "lines": axes.inside(lines + axes.dots([point], "end", 6)),
            "units": _unit_texts(trace.y[1], facts.needed, float(trace.output[0])),
        },
        f"<p>{says} {wide}</p><p><strong>{share}</strong> {here}</p>",
        f"{says} {wide} {share} {here}",
        axes.click("x1", "x2"),
    )


def _unit_texts(hidden: Array, needed: int, output: float) -> str:
    lines = ["At the yellow point:"]
    lines += [f"hidden unit {n} says {y:g}" for n, y in enumerate(hidden, start=1)]
    lines += [f"sum {hidden.sum():g}, needed {needed}", f"output {output:g}"]
    return "".join(f'<text x="506" y="{62 + 27 * n}">{line}</text>' for n, line in enumerate(lines))


def _no_more_than_sides(before: Values, after: Values) -> Values:
    """With all sides needed before, all are needed after; else as many as there are."""
    if before["needed"] == before["sides"] and before["needed"] == after["needed"]:
        return {**after, "needed": after["sides"]}
    return {**after, "needed": min(after["needed"], after["sides"])}


def half_planes() -> Exploration:
    """Half-planes joined: AND gives a convex polygon, OR its opposite, and what lies between."""
    controls = (
        Slider("sides", "hidden units", 3, 8, 5, whole=True),
        Slider("needed", "units needed", 1, 8, 5, whole=True),
        Slider("x1", "point x₁", -1.2, 1.2, 0.3, step=0.05),
        Slider("x2", "point x₂", -1.2, 1.2, 0.6, step=0.05),
    )
    return Exploration("Half-planes joined", controls, _polygon_view, _no_more_than_sides)


# -- a curve from bumps ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class BumpFacts:
    """A curve approximated by one hidden layer.

    Attributes
    ----------
    net, params
        The network (1, 2n, 1): two sigmoid units a bump, a linear output.
    x, wanted, got
        401 points of [-1, 1], the curve there and the network's output, shape (401,).
    largest, mean
        The largest and the mean absolute difference.
    """

    net: MLP
    params: Parameters
    x: Array
    wanted: Array
    got: Array
    largest: float
    mean: float


def bump_network(name: str, bumps: int, steepness: float) -> tuple[MLP, Parameters]:
    """A network made by hand, not trained: bump n is h·(S(k(x - a)) - S(k(x - b))).

    The bumps divide [-1, 1] evenly; each is as high as the curve of `CURVES` in its middle. With a growing
    steepness k each becomes a box, and with a growing number the boxes follow the curve.
    """
    edges = np.linspace(-1, 1, bumps + 1)
    # The outermost edges are moved out, so that the curve's ends are not half as high as they should be.
    edges[0], edges[-1] = -3.0, 3.0
    heights = CURVES[name]((np.linspace(-1, 1, bumps + 1)[:-1] + np.linspace(-1, 1, bumps + 1)[1:]) / 2)
    starts, ends = edges[:-1], edges[1:]
    params = {
        "W1": np.full((2 * bumps, 1), float(steepness)),
        "b1": -steepness * np.concatenate([starts, ends]),
        "W2": np.concatenate([heights, -heights])[np.newaxis],
        "b2": np.zeros(1),
    }
    return MLP(widths=(1, 2 * bumps, 1), hidden=sigmoid, output=identity), params


def bump_facts(name: str, bumps: int, steepness: float) -> BumpFacts:
    """The network of `bump_network` beside its curve."""
    net, params = bump_network(name, bumps, steepness)
    x = np.linspace(-1, 1, 401)
    wanted, got = CURVES[name](x), net.forward(params, x[:, np.newaxis]).output[:, 0]
    error = np.abs(got - wanted)
    return BumpFacts(net, params, x, wanted, got, float(error.max()), float(error.mean()))


_BUMP_AXES = Axes((-1, 1), (-1.3, 1.3), 66, 34, 800, 330, "x", "value", "the curve and the sum of the bumps")


@lru_cache(maxsize=1)
def _bump_base() -> str:
    return picture(
        900, 416, _BUMP_AXES.frame(grid=True) + part("single") + part("wanted") + part("got") + part("key")
    )


def _bump_view(values: Values) -> View:
    facts = bump_facts(values["curve"], values["bumps"], values["steepness"])
    axes, n = _BUMP_AXES, values["bumps"]
    hidden = facts.net.forward(facts.params, facts.x[:, np.newaxis]).y[1]
    chosen = min(values["shown"], n) - 1
    single = facts.params["W2"][0, chosen] * (hidden[:, chosen] - hidden[:, n + chosen])
    says = f"{2 * n} hidden sigmoid units make {n} bumps of steepness {number(values['steepness'])}."
    error = f"Largest error {number(facts.largest, 3)}, mean error {number(facts.mean, 3)}."
    key = "".join(
        f'<path class="{css}" d="M{x} 20h34"/><text x="{x + 40}" y="25">{word}</text>'
        for css, x, word in (
            ("line2", 520, "wanted"),
            ("line", 634, "network"),
            ("line3", 754, f"bump {chosen + 1}"),
        )
    )
    return View(
        _bump_base(),
        {
            "single": axes.inside(axes.line(np.column_stack([facts.x, single]), "line3")),
            "wanted": axes.inside(axes.line(np.column_stack([facts.x, facts.wanted]), "line2")),
            "got": axes.inside(axes.line(np.column_stack([facts.x, facts.got]))),
            "key": key,
        },
        f"<p>{says}</p><p><strong>{error}</strong></p>",
        f"The curve {values['curve']} built from bumps. {says} {error}",
    )


def bump_construction() -> Exploration:
    """One hidden layer follows a curve: the construction behind universal approximation, by hand."""
    controls = (
        Choice("curve", "curve", tuple(CURVES)),
        Slider("bumps", "bumps", 1, 60, 8, whole=True),
        Slider("steepness", "steepness k", 2.0, 500.0, 60.0, log=True),
        Slider("shown", "show bump", 1, 60, 2, whole=True),
    )
    return Exploration("A curve from bumps", controls, _bump_view)
