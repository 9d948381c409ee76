"""A network as a picture, and its passes as stories on that picture.

Every layer is two columns: the sums z, and the outputs y that its activation makes of them. Each cell holds
a name, the value of the forward pass and, below, the derivative that the backward pass finds. A line is a
weight: its colour is its sign, its width its size. The constant 1 at the foot of a column feeds the biases.
In a forward pass a cell whose value the backward pass will read again gets a dark corner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.diagrams.legend import CORNER, NEGATIVE, NOW, POSITIVE, READ, WIDTH, legend
from mlpkit.diagrams.notation import element_id, html_name, number, plain_name, spoken_name, svg_name
from mlpkit.diagrams.story import Frame, Story, as_image
from mlpkit.diagrams.updates import update_frames
from mlpkit.formulas import get
from mlpkit.network import MLP, Trace
from mlpkit.steps import (
    Name,
    Optimizer,
    Step,
    Term,
    backward_steps,
    forward_steps,
    training_step,
)

__all__ = [
    "NetworkPicture",
    "backward_story",
    "equation",
    "forward_story",
    "needed_by_backward",
    "network_picture",
    "pass_story",
    "training_story",
]

# Sizes in user units of the SVG; the whole is scaled to the page.
_CELL_W, _CELL_H = 98, 66
_BIAS = 30
_ACTIVATION_GAP, _WEIGHT_GAP = 40, 196
_MARGIN_X, _TOP, _BOTTOM = 12, 56, 18
_MAX_LABELLED_EDGES = 9
# A label with its derivative below it: 66 wide with one number, more with a weight before and after.
_LABEL_W, _WIDE_LABEL_W, _WIDE_GAP = 66, 112, 320

_STYLE = """
.bp-net{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
.bp-net text{fill:#1b1f24;text-anchor:middle}
.bp-net .legend text{text-anchor:start}
.bp-net .cell{fill:#fff;stroke:#57606a;stroke-width:1.2}
.bp-net .one{fill:#eef1f4;stroke:#57606a}
.bp-net .name{font-size:14px}
.bp-net .value{font-size:15px;font-variant-numeric:tabular-nums}
.bp-net .derivative{font-size:14px;font-weight:600;fill:#8a3b00;font-variant-numeric:tabular-nums}
.bp-net .head{font-size:13px;fill:#424a53}
.bp-net .wire{stroke:#8c959f;fill:none}
.bp-net .edge{fill:none;stroke-linecap:round}
.bp-net .pos{stroke:#2166ac}
.bp-net .neg{stroke:#c4570b;stroke-dasharray:7 4}
.bp-net .zero{stroke:#8c959f;stroke-dasharray:2 4}
.bp-net .wlabel{font-size:13px;paint-order:stroke;stroke:#fff;stroke-width:6px;stroke-linejoin:round}
.bp-net .dlabel{font-size:13px;font-weight:600;fill:#8a3b00;paint-order:stroke;stroke:#fff;stroke-width:6px}
.bp-net .quiet,.bp-net .keep{visibility:hidden}
.bp-net .kept+.keep{visibility:visible}
.bp-net .keep{fill:#0b4a8f}
.bp-net .edge.to-pos{stroke:#2166ac;stroke-dasharray:none}
.bp-net .edge.to-neg{stroke:#c4570b;stroke-dasharray:7 4}
.bp-net .edge.bp-read,.bp-net .edge.bp-now{stroke-width:6px}
.bp-net .cell.bp-read{fill:#e7f0fa;stroke:#0b4a8f;stroke-width:2.4}
.bp-net .cell.bp-now{fill:#fff3c4;stroke:#1b1f24;stroke-width:3.2}
.bp-net .quiet.bp-read,.bp-net .quiet.bp-now{visibility:visible}
"""


@dataclass(frozen=True)
class NetworkPicture:
    """A drawn network: the SVG and what stands where.

    Attributes
    ----------
    svg
        The picture; cells, lines and texts have ids.
    alt
        What it shows, in words.
    net
        The network it shows.
    """

    svg: str
    alt: str
    net: MLP

    def __repr__(self) -> str:
        return f"NetworkPicture({self.alt})"

    def _repr_html_(self) -> str:
        return as_image(self.svg, self.alt)


# -- where things stand --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
    net: MLP
    wide: bool = False  # room on every line for a weight before and after

    @property
    def rows(self) -> int:
        """Cells in the tallest column, the constant 1 included."""
        net = self.net
        return max(*net.widths, *(net.sums(k) for k in range(1, net.depth + 1))) + 1

    @property
    def pitch(self) -> float:
        """Distance between cells of the tallest column: roomy in small networks."""
        return max(_CELL_H + 8, min(118.0, 430.0 / self.rows))

    @property
    def height(self) -> float:
        # The constants are small, and may be all that stands in the lowest row.
        net = self.net
        cells = max(*net.widths, *(net.sums(k) for k in range(1, net.depth + 1)))
        lowest_cell = max(self.y_unit(count, count) for count in {*net.widths, cells}) + _CELL_H / 2
        lowest_one = max(self.y_unit(width, 0) for width in net.widths[:-1]) + _BIAS / 2
        return max(lowest_cell, lowest_one) + _BOTTOM

    @property
    def width(self) -> float:
        return self.x_target + _CELL_W + _MARGIN_X

    def x_outputs(self, k: int) -> float:
        """Left edge of the column of outputs of layer k = 0..N."""
        return _MARGIN_X + k * (2 * _CELL_W + _ACTIVATION_GAP + (_WIDE_GAP if self.wide else _WEIGHT_GAP))

    def x_sums(self, k: int) -> float:
        """Left edge of the column of sums of layer k = 1..N."""
        return self.x_outputs(k) - _ACTIVATION_GAP - _CELL_W

    @property
    def x_target(self) -> float:
        return self.x_outputs(self.net.depth) + _CELL_W + _ACTIVATION_GAP

    def y_unit(self, count: int, unit: int) -> float:
        """Centre of unit 1..count; the constant, unit 0, stands below the others."""
        row = unit - 1 if unit else count
        spare = (self.rows - 1 - count) * self.pitch / 2
        return _TOP + spare + self.pitch * (row + 0.5)


# -- drawing -------------------------------------------------------------------------------------------


def network_picture(
    net: MLP, params: Mapping[str, ArrayLike], *, wide: bool = False, corners: bool = False
) -> NetworkPicture:
    """Draw a network with its weights; the cells for values and derivatives are empty.

    Parameters
    ----------
    net, params
        The network and its parameters.
    wide
        Leave room on every line for a weight before and after a step of training.
    corners
        Explain the dark corner in the legend: the story on this picture marks what is needed later.
    """
    arrays = net.check_params(params)
    layout = _Layout(net, wide)
    alt = describe_network(net)
    entries = (POSITIVE, NEGATIVE, WIDTH, NOW, READ, *((CORNER,) if corners else ()))
    key, key_height = legend(entries, _MARGIN_X, layout.height, layout.width - 2 * _MARGIN_X)
    body = "".join([*_edges(layout, arrays), *_columns(layout), *_edge_labels(layout, arrays)])
    width, height = layout.width, layout.height + key_height
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-net" role="img" '
        f'aria-label="{escape(alt, quote=True)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}"><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{body}{key}</svg>'
    )
    return NetworkPicture(svg, alt, net)


def describe_network(net: MLP) -> str:
    """Inputs, hidden units and outputs with their activations, in one sentence for alt texts."""
    layers = [f"{net.widths[0]} inputs" if net.widths[0] > 1 else "1 input"]
    for k in range(1, net.depth + 1):
        kind = "output" if k == net.depth else "hidden"
        plural = "" if net.widths[k] == 1 else "s"
        layers.append(f"{net.widths[k]} {kind} unit{plural} ({net.activation(k).name.replace('_', ' ')})")
    return "Network with " + ", ".join(layers) + "."


def _columns(layout: _Layout) -> Iterator[str]:
    net = layout.net
    yield _head(layout.x_outputs(0), "input")
    yield from _cells(layout, "y", 0, layout.x_outputs(0), net.widths[0])
    for k in range(1, net.depth + 1):
        yield _head(layout.x_sums(k), f"sums, layer {k}")
        yield _head(layout.x_outputs(k), f"outputs, layer {k}")
        yield from _wires(layout, k)
        yield from _cells(layout, "z", k, layout.x_sums(k), net.sums(k))
        yield from _cells(layout, "y", k, layout.x_outputs(k), net.widths[k])
    for k in range(net.depth):
        yield _constant(layout, k)
    yield _head(layout.x_target, "target")
    for j in range(1, net.widths[-1] + 1):
        y = layout.y_unit(net.widths[-1], j)
        x = layout.x_outputs(net.depth) + _CELL_W
        yield f'<path class="wire" d="M{x} {y:.0f}H{layout.x_target}" stroke-dasharray="3 3"/>'
    yield from _cells(layout, "d", None, layout.x_target, net.widths[-1])


def _head(x: float, text: str) -> str:
    return f'<text class="head" x="{x + _CELL_W / 2:.0f}" y="24">{text}</text>'


def _cells(layout: _Layout, quantity: str, k: int | None, x: float, count: int) -> Iterator[str]:
    for unit in range(1, count + 1):
        name = Name(quantity, k, (unit,))
        y, middle = layout.y_unit(count, unit), x + _CELL_W / 2
        top = y - _CELL_H / 2
        yield (
            f'<rect id="{element_id(name)}" class="cell" x="{x:.0f}" y="{top:.0f}" width="{_CELL_W}" '
            f'height="{_CELL_H}" rx="7"/>{_corner(x, top) if quantity != "d" else ""}'
            f'<text class="name" x="{middle:.0f}" y="{top + 17:.0f}">'
            f"{svg_name(name)}</text>"
            f'<text id="{element_id(name)}-value" class="value" x="{middle:.0f}" y="{top + 37:.0f}" '
            f"></text>"
        )
        if quantity != "d":
            yield (
                f'<text id="d{element_id(name)}-value" class="derivative" x="{middle:.0f}" '
                f'y="{top + 57:.0f}"></text>'
            )


def _corner(x: float, top: float) -> str:
    """The mark of a value that is needed later; a class of the cell before it makes it visible."""
    return f'<path class="keep" d="M{x + _CELL_W - 17:.0f} {top + 1:.0f}h10q6 0 6 6v10z"/>'


def _constant(layout: _Layout, k: int) -> str:
    x, y = layout.x_outputs(k) + _CELL_W - _BIAS / 2, layout.y_unit(layout.net.widths[k], 0)
    return (
        f'<rect id="{element_id(Name("y", k, (0,)))}" class="cell one" x="{x - _BIAS / 2:.0f}" '
        f'y="{y - _BIAS / 2:.0f}" width="{_BIAS}" height="{_BIAS}" rx="7"/>'
        f'<text class="value" x="{x:.0f}" y="{y + 5:.0f}">1</text>'
    )


def _wires(layout: _Layout, k: int) -> Iterator[str]:
    """Lines from sums to outputs: from every sum to the outputs that are computed from it."""
    net, x = layout.net, layout.x_sums(k) + _CELL_W
    activation = net.activation(k)
    for j, i in np.argwhere(activation.reads(net.sums(k))) + 1:
        start, end = layout.y_unit(net.sums(k), int(i)), layout.y_unit(net.widths[k], int(j))
        yield f'<path class="wire" d="M{x:.0f} {start:.0f}L{x + _ACTIVATION_GAP:.0f} {end:.0f}"/>'
    middle, name = x + _ACTIVATION_GAP / 2, escape(activation.name.replace("_", " "))
    yield f'<text class="head" x="{middle:.0f}" y="44">{name}</text>'


def _edge_ends(layout: _Layout, k: int, i: int, j: int) -> tuple[float, float, float, float]:
    net = layout.net
    x_start = layout.x_outputs(k - 1) + _CELL_W
    y_start, y_end = layout.y_unit(net.widths[k - 1], i), layout.y_unit(net.sums(k), j)
    return x_start, y_start, layout.x_sums(k), y_end


def _weights(layout: _Layout, params: Mapping[str, Array]) -> Iterator[tuple[Name, float]]:
    for k in range(1, layout.net.depth + 1):
        W, b = params[f"W{k}"], params[f"b{k}"]
        for j in range(1, len(b) + 1):
            yield Name("w", k, (0, j)), float(b[j - 1])
            for i in range(1, W.shape[1] + 1):
                yield Name("w", k, (i, j)), float(W[j - 1, i - 1])


def _edges(layout: _Layout, params: Mapping[str, Array]) -> Iterator[str]:
    largest = max((abs(value) for _, value in _weights(layout, params)), default=0.0) or 1.0
    for name, value in _weights(layout, params):
        assert name.layer is not None
        x1, y1, x2, y2 = _edge_ends(layout, name.layer, *name.indices)
        sign = "zero" if value == 0 else "pos" if value > 0 else "neg"
        width = 1.0 + 2.2 * abs(value) / largest
        yield (
            f'<path id="{element_id(name)}" class="edge {sign}" d="M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}" '
            f'stroke-width="{width:.1f}"><title>{plain_name(name)} = {number(value)}</title></path>'
        )


def _edge_labels(layout: _Layout, params: Mapping[str, Array]) -> Iterator[str]:
    """Weight and derivative beside each line; in dense layers they show only while the line is in use."""
    taken: list[tuple[float, float]] = []
    for name, value in _weights(layout, params):
        k, (i, j) = name.layer, name.indices
        assert k is not None
        x1, y1, x2, y2 = _edge_ends(layout, k, i, j)
        dense = (layout.net.widths[k - 1] + 1) * layout.net.sums(k) > _MAX_LABELLED_EDGES
        ends = (x1, y1, x2, y2)
        room = _WIDE_LABEL_W if layout.wide else _LABEL_W
        x, y = ((x1 + x2) / 2, (y1 + y2) / 2) if dense else _free_place(taken, ends, room)
        taken.append((x, y))
        hidden = " quiet" if dense else ""
        yield (
            f'<text id="{element_id(name)}-value" class="wlabel{hidden}" x="{x:.0f}" y="{y - 3:.0f}" '
            f">{number(value)}</text>"
            f'<text id="d{element_id(name)}-value" class="dlabel{hidden}" x="{x:.0f}" y="{y + 13:.0f}" '
            f"></text>"
        )


def _free_place(
    taken: list[tuple[float, float]], ends: tuple[float, float, float, float], wanted: float
) -> tuple[float, float]:
    """The place along a line that is furthest from the labels already there, each `wanted` wide."""
    x1, y1, x2, y2 = ends

    def room(place: tuple[float, float]) -> float:
        """At least 1 if the label there, with its derivative below, touches no other."""
        return min(
            (max(abs(place[0] - x) / wanted, abs(place[1] - y) / 29) for x, y in taken), default=np.inf
        )

    shares = (0.3, 0.66, 0.48, 0.24, 0.36, 0.42, 0.54, 0.6, 0.72, 0.78, 0.18)
    places = [(x1 + share * (x2 - x1), y1 + share * (y2 - y1)) for share in shares]
    good = next((place for place in places if room(place) >= 1), None)
    return good or max(places, key=room)


# -- stories -------------------------------------------------------------------------------------------


def needed_by_backward(net: MLP, trace: Trace) -> frozenset[Name]:
    """Names of all values of a forward pass that the backward pass reads again.

    Every output y (its weights' derivatives need it, and the divergence the last ones), every sum z that
    some output depends on (its slope is taken there), and every weight that is no bias (the way down).

    Parameters
    ----------
    net, trace
        The network and the forward pass of one instance.
    """
    names = {Name("y", k, (j,)) for k in range(net.depth + 1) for j in range(1, net.widths[k] + 1)}
    for k in range(1, net.depth + 1):
        used = np.any(net.activation(k).influences(trace.pre_activation(k)), axis=0)
        names |= {Name("z", k, (int(i) + 1,)) for i in np.flatnonzero(used)}
        below, sums = net.widths[k - 1], net.sums(k)
        names |= {Name("w", k, (i, j)) for i in range(1, below + 1) for j in range(1, sums + 1)}
    return frozenset(names)


def forward_story(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike) -> Story:
    """The forward pass of one instance, shape (D_0,), one number at a time.

    What the backward pass will need gets a dark corner as soon as it is known.
    """
    picture = network_picture(net, params, corners=True)
    return Story(picture.svg, tuple(_forward_frames(net, params, x)), picture.alt)


def backward_story(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike, d: ArrayLike) -> Story:
    """The backward pass of one instance, after a forward pass whose values are on the picture.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x, d
        One instance, shape (D_0,), and its target, shape (D_N,).
    """
    picture = network_picture(net, params)
    trace = net.forward(params, x)
    return Story(picture.svg, tuple(_backward_frames(net, params, trace, d)), picture.alt)


def pass_story(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike, d: ArrayLike) -> Story:
    """The forward pass and then the backward pass of one instance, in one story."""
    picture = network_picture(net, params, corners=True)
    frames = [*_forward_frames(net, params, x), *_backward_frames(net, params, net.forward(params, x), d)]
    return Story(picture.svg, tuple(frames), picture.alt)


def training_story(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    optimizer: Optimizer,
    changes: Mapping[str, ArrayLike] | None = None,
) -> Story:
    """One step of training: forward, backward, and then every weight before and after.

    Parameters
    ----------
    net, params
        The network and its parameters; neither is changed.
    x, d
        One instance, shape (D_0,), and its target, shape (D_N,).
    optimizer
        Has an ``update`` as `SGD` has.
    changes
        Changes of the step before, shapes of `params`; zeros if None.
    """
    step = training_step(net, params, x, d, optimizer, changes)
    picture = network_picture(net, params, wide=True, corners=True)
    frames = [
        *_forward_frames(net, params, x),
        *_backward_frames(net, params, step.trace, d),
        *update_frames(step, optimizer),
    ]
    return Story(picture.svg, tuple(frames), picture.alt)


def _forward_frames(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike) -> Iterator[Frame]:
    steps = forward_steps(net, params, x)
    trace = net.forward(params, x)
    needed = needed_by_backward(net, trace)
    shown = ", ".join(number(float(value)) for value in trace.y[0])
    inputs = tuple(element_id(Name("y", 0, (i,))) for i in range(1, len(trace.y[0]) + 1))
    yield Frame(
        "The input arrives",
        f"<p>x = ({shown})</p>",
        f"The input is ({shown}); {_KEPT}.",
        "Layer 0 computes nothing: its outputs are the input.",
        texts=_values("y", 0, trace.y[0]),
        classes=dict.fromkeys(inputs, "kept"),
        now=inputs,
        topic="y-0",
    )
    for step in steps:
        frame = _step_frame(step)
        if step.target in needed:
            kept = {element_id(step.target): "kept"}
            frame = replace(frame, classes=kept, alt=f"{frame.alt}; {_KEPT}")
        yield frame


#: Said of a value with a dark corner.
_KEPT = "the backward pass will need it"


def _backward_frames(
    net: MLP, params: Mapping[str, ArrayLike], trace: Trace, d: ArrayLike
) -> Iterator[Frame]:
    targets = net.divergence.check_targets(d)
    divergence = float(net.divergences(trace, targets))
    yield Frame(
        "The forward pass is done; now compare with the target",
        f"<p>Div = {number(divergence)} ({net.divergence.name.replace('_', ' ')})</p>",
        f"The divergence is {number(divergence)}.",
        "From here on every new number is a derivative of it.",
        texts=_forward_texts(trace, targets),
        now=tuple(element_id(Name("d", None, (j,))) for j in range(1, len(targets) + 1)),
        read=tuple(element_id(Name("y", net.depth, (j,))) for j in range(1, len(targets) + 1)),
        topic="d",
    )
    for step in backward_steps(net, params, trace.y[0], targets):
        yield _step_frame(step)


def _forward_texts(trace: Trace, d: Array) -> dict[str, str]:
    texts = _values("d", None, d)
    for k in range(trace.depth + 1):
        texts |= _values("y", k, trace.y[k])
    for k in range(1, trace.depth + 1):
        texts |= _values("z", k, trace.pre_activation(k))
    return texts


def _values(quantity: str, k: int | None, values: Array) -> dict[str, str]:
    names = (Name(quantity, k, (n,)) for n, _ in enumerate(values, start=1))
    return {
        f"{element_id(name)}-value": number(float(value)) for name, value in zip(names, values, strict=True)
    }


def _step_frame(step: Step) -> Frame:
    target = step.target
    # A derivative is written in the place of what it belongs to.
    place = Name(target.quantity.removeprefix("d"), target.layer, target.indices)
    now = [element_id(place)]
    if place.quantity == "w":
        now += [f"{element_id(place)}-value", f"d{element_id(place)}-value"]
    return Frame(
        _title(step),
        equation(step),
        f"{number(step.value)}",
        get(step.formula).says if step.formula else "",
        texts={f"{element_id(target)}-value": number(step.value)},
        now=tuple(now),
        read=tuple(dict.fromkeys(part for name in step.used for part in _read_ids(name, place))),
        topic=topic(target),
    )


def topic(name: Name) -> str:
    """What a step is about, in words that pictures of numbers and of matrices share: "dw-2" or "db-2"."""
    quantity = name.quantity.lower()
    bias = quantity.endswith("w") and name.indices[:1] == (0,)
    return f"{quantity[:-1]}b-{name.layer}" if bias else f"{quantity}-{name.layer}"


def _read_ids(name: Name, target: Name) -> Iterator[str]:
    """Elements that show a number which a step reads."""
    if name.quantity == "slope":
        yield from (element_id(Name("z", name.layer, (n,))) for n in name.indices[-1:])
        return
    place = name if name.quantity == "d" else Name(name.quantity.removeprefix("d"), name.layer, name.indices)
    if place == target:
        return
    yield element_id(place)
    if place.quantity == "w":
        yield f"{element_id(place)}-value"
        if place.indices[0] == 0 and place.layer is not None:
            yield element_id(Name("y", place.layer - 1, (0,)))


def _title(step: Step) -> str:
    return spoken_name(step.target).capitalize()


def equation(step: Step) -> str:
    """The step in symbols and in numbers."""
    target = html_name(step.target)
    if step.operation == "sum":
        symbols, numbers = _join(step.terms, _symbols), _join(step.terms, _numbers)
    else:
        symbols, numbers = _call(step, by_name=True), _call(step, by_name=False)
    result = f"<b>{number(step.value)}</b>"
    line = f"{target} = {symbols}" if numbers == number(step.value) else f"{target} = {symbols} = {numbers}"
    return f"<p>{line} = {result}</p>"


def _call(step: Step, by_name: bool) -> str:
    """A function applied to the step's arguments, written by name or by value."""
    numbers = [number(value) for term in step.terms for value in term.values]
    values = [html_name(name) for name in step.used] if by_name else numbers
    if step.operation == "divergence":
        return f"∂Div/∂{html_name(step.used[0])} at ({', '.join(values)})"
    index = "" if len(step.terms) == 1 else f"<sub>{step.target.indices[0]}</sub>"
    return f"{step.function}{index}({', '.join(values)})"


def _join(terms: tuple[Term, ...], write: Callable[[Term], str]) -> str:
    text = ""
    for n, term in enumerate(terms):
        sign = ("" if n == 0 else " + ") if term.sign > 0 else (" − " if n else "−")
        text += sign + write(term)
    return text


def _symbols(term: Term) -> str:
    return " · ".join(html_name(name) for name in term.names)


def _numbers(term: Term) -> str:
    several = len(term.values) > 1
    written = [number(value) for value in term.values]
    return " · ".join(f"({text})" if text.startswith("−") and several else text for text in written)
