"""Influence diagrams: what depends on what, with a derivative on every arrow, and the sum over all paths.

`influence_diagram` draws any graph of influences; `mlpkit.diagrams.computation` makes one from a calculation.
`paths_story` walks all paths from one variable to another: the product along each, and the sum of them all,
which is the derivative.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from math import prod

from mlpkit._checks import describe
from mlpkit.diagrams.layers import Layers, layers
from mlpkit.diagrams.legend import Entry, legend
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.story import Frame, Story, as_image

__all__ = ["Influence", "InfluenceDiagram", "influence_diagram", "paths_story", "subscripted"]

#: More paths than anyone wants to step through.
MOST_PATHS = 64

_GAP, _MARGIN, _TOP = 112, 14, 18
_CHARACTER, _LEAST_W = 8.2, 84
_LABEL_W, _LABEL_H = 62, 20

_STYLE = """
.bp-graph{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
.bp-graph text{fill:#1b1f24}
.bp-graph .cell{fill:#fff;stroke:#57606a;stroke-width:1.3}
.bp-graph .name{font-size:15px}
.bp-graph .value{font-size:15px;font-variant-numeric:tabular-nums}
.bp-graph .derivative{font-size:14px;font-weight:600;fill:#8a3b00;font-variant-numeric:tabular-nums}
.bp-graph .line{fill:none;stroke:#57606a;stroke-width:1.6}
.bp-graph .tip{fill:#57606a}
.bp-graph .onedge{font-size:14px;paint-order:stroke;stroke:#fff;stroke-width:8px;stroke-linejoin:round}
.bp-graph .walked .line{stroke:#2166ac;stroke-width:2.4}
.bp-graph .walked .tip{fill:#2166ac}
.bp-graph .bp-read .line{stroke:#0b4a8f;stroke-width:4}
.bp-graph .bp-now .line{stroke:#b34700;stroke-width:5}
.bp-graph .bp-read .tip{fill:#0b4a8f}
.bp-graph .bp-now .tip{fill:#b34700}
.bp-graph .cell.bp-read{fill:#e7f0fa;stroke:#0b4a8f;stroke-width:2.4}
.bp-graph .cell.bp-now{fill:#fff3c4;stroke:#1b1f24;stroke-width:3.2}
"""

_PATH_NOW = Entry('<path d="M0 0H30" stroke="#b34700" stroke-width="5"/>', "this path")
_PATH_WALKED = Entry('<path d="M0 0H30" stroke="#2166ac" stroke-width="2.4"/>', "path already added")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscripted(name: str) -> str:
    """`name` with the digits at its end as indices: "g12" as g₁₂."""
    return re.sub(r"(?<=[^\W\d])\d+$", lambda match: match[0].translate(_SUBSCRIPTS), name)


# -- the diagram -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Influence:
    """An arrow: a small change of `source` changes `target` by `derivative` times as much.

    `derivative` is a number, or text such as "f′(z)", or None where only the influence is meant.
    """

    source: str
    target: str
    derivative: float | str | None = None

    @property
    def text(self) -> str:
        """What stands on the arrow."""
        if self.derivative is None:
            return ""
        return self.derivative if isinstance(self.derivative, str) else number(self.derivative)


@dataclass(frozen=True)
class InfluenceDiagram:
    """Variables, the influences between them, and their picture.

    Attributes
    ----------
    nodes
        Names of the variables.
    influences
        The arrows.
    svg
        The picture: nodes have the ids n-0, n-1, ..., arrows e-0, e-1, ....
    alt
        What it shows, in words.
    """

    nodes: tuple[str, ...]
    influences: tuple[Influence, ...]
    svg: str = field(repr=False)
    alt: str

    def paths(self, source: str, target: str) -> tuple[tuple[int, ...], ...]:
        """All paths from `source` to `target`, each as the numbers of its arrows.

        Raises
        ------
        ValueError
            If a name is unknown, or there are more than 64 paths.
        """
        for name, node in (("source", source), ("target", target)):
            if node not in self.nodes:
                raise ValueError(f"{name} must be one of {', '.join(self.nodes)}, got {node!r}.")
        found: list[tuple[int, ...]] = []
        for path in self._walk(source, target, ()):
            found.append(path)
            if len(found) > MOST_PATHS:
                raise ValueError(f"there are more than {MOST_PATHS} paths from {source} to {target}.")
        return tuple(found)

    def _walk(self, at: str, target: str, path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if at == target:
            yield path
            return
        for n, influence in enumerate(self.influences):
            if influence.source == at:
                yield from self._walk(influence.target, target, (*path, n))

    def _repr_html_(self) -> str:
        return as_image(self.svg, self.alt)


def influence_diagram(
    influences: Iterable[Influence | tuple[str, str] | tuple[str, str, float | str]],
    *,
    title: str = "Influence diagram",
) -> InfluenceDiagram:
    """Draw variables and their influences, from left to right.

    Parameters
    ----------
    influences
        Arrows, as `Influence` or as (source, target) or (source, target, derivative). Two arrows may join
        the same two variables.
    title
        What the diagram is of: begins the alt text.

    Raises
    ------
    TypeError, ValueError
        If an arrow is neither, there is none, or the influences go round in a cycle.
    """
    arrows = tuple(map(_as_influence, influences))
    if not arrows:
        raise ValueError("influences must name at least one arrow, got none.")
    names = tuple(dict.fromkeys(name for arrow in arrows for name in (arrow.source, arrow.target)))
    said = "; ".join(_said(arrow) for arrow in arrows)
    alt = f"{title}: {said}."
    svg = draw(names, {name: subscripted(name) for name in names}, arrows, alt, tall=False)
    return InfluenceDiagram(names, arrows, svg, alt)


def _as_influence(arrow: Influence | Sequence[object]) -> Influence:
    if isinstance(arrow, Influence):
        return arrow
    if (
        not isinstance(arrow, tuple)
        or len(arrow) not in (2, 3)
        or not all(isinstance(a, str) for a in arrow[:2])
    ):
        raise TypeError(f"influences must hold (source, target[, derivative]), got {describe(arrow)}.")
    return Influence(*arrow)


def _said(arrow: Influence) -> str:
    return f"{arrow.source} influences {arrow.target}" + (f" by {arrow.text}" if arrow.text else "")


# -- drawing -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Places:
    """Pixels from columns and heights."""

    layers: Layers
    widths: tuple[float, ...]
    box: float
    pitch: float

    def left(self, column: int) -> float:
        return _MARGIN + sum(self.widths[:column]) + _GAP * column

    def y(self, item: object) -> float:
        return _TOP + self.box / 2 + self.pitch * self.layers.heights[item]

    @property
    def width(self) -> float:
        return self.left(len(self.widths) - 1) + self.widths[-1] + _MARGIN

    @property
    def height(self) -> float:
        return _TOP + self.box + self.pitch * max(self.layers.heights.values()) + 14


def draw(
    nodes: Sequence[str],
    titles: Mapping[str, str],
    arrows: Sequence[Influence],
    alt: str,
    *,
    tall: bool,
    key: Sequence[Entry] = (),
) -> str:
    """SVG of a graph; `tall` boxes have room for a value and a derivative below the title."""
    laid = layers(nodes, [(arrow.source, arrow.target) for arrow in arrows])
    widths = tuple(
        max(
            (max(_LEAST_W, _CHARACTER * len(titles[str(i)]) + 16) for i in column if i in titles),
            default=_LEAST_W,
        )
        for column in laid.columns
    )
    box, pitch = (70.0, 98.0) if tall else (38.0, 72.0)
    places = _Places(laid, widths, box, pitch)
    lines = _lines(places, arrows)
    below, below_height = legend(key, _MARGIN, places.height, places.width) if key else ("", 0)
    body = "".join(
        [
            *(_arrow_svg(n, points) for n, points in enumerate(lines)),
            *(_node_svg(places, n, name, titles[name], tall) for n, name in enumerate(nodes)),
            *_labels(places, arrows, lines),
        ]
    )
    width, height = places.width, places.height + below_height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-graph" role="img" '
        f'aria-label="{escape(alt, quote=True)}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}"><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{body}{below}</svg>'
    )


def _node_svg(places: _Places, n: int, name: str, title: str, tall: bool) -> str:
    column = places.layers.column_of(name)
    x, y, width = places.left(column), places.y(name), places.widths[column]
    top, middle = y - places.box / 2, x + width / 2
    texts = "".join(
        f'<text id="n-{n}-{kind}" class="{kind}" x="{middle:.0f}" y="{top + down:.0f}" '
        'text-anchor="middle"></text>'
        for kind, down in ((("value", 41), ("derivative", 61)) if tall else ())
    )
    return (
        f'<rect id="n-{n}" class="cell" x="{x:.0f}" y="{top:.0f}" width="{width:.0f}" '
        f'height="{places.box:.0f}" rx="8"/>'
        f'<text class="name" x="{middle:.0f}" y="{top + (20 if tall else 25):.0f}" text-anchor="middle">'
        f"{escape(title)}</text>{texts}"
    )


Point = tuple[float, float]


def _lines(places: _Places, arrows: Sequence[Influence]) -> list[list[Point]]:
    """For each arrow the points that it goes through, from box to box; flat at each of them."""
    starts, ends = _ports(places, arrows, leaving=True), _ports(places, arrows, leaving=False)
    lines = []
    for n, arrow in enumerate(arrows):
        route = places.layers.routes[arrow.source, arrow.target]
        first = places.layers.column_of(arrow.source)
        points: list[Point] = [(places.left(first) + places.widths[first], starts[n])]
        # Two arrows between the same two variables pass a column side by side.
        aside = 12.0 * _twin(arrows, n)
        for column, item in enumerate(route[1:-1], start=first + 1):
            left, y = places.left(column), places.y(item) + aside
            points += [(left, y), (left + places.widths[column], y)]
        points.append((places.left(places.layers.column_of(arrow.target)), ends[n]))
        lines.append(points)
    return lines


def _twin(arrows: Sequence[Influence], n: int) -> int:
    pair = (arrows[n].source, arrows[n].target)
    return sum((other.source, other.target) == pair for other in arrows[:n])


def _ports(places: _Places, arrows: Sequence[Influence], leaving: bool) -> dict[int, float]:
    """Heights at which the arrows leave their source or meet their target: spread over the box's side."""
    ports: dict[int, float] = {}
    for node in {arrow.source if leaving else arrow.target for arrow in arrows}:
        own = [n for n, a in enumerate(arrows) if (a.source if leaving else a.target) == node]

        def other_end(n: int) -> tuple[float, int]:
            route = places.layers.routes[arrows[n].source, arrows[n].target]
            return places.y(route[1] if leaving else route[-2]), n

        own.sort(key=other_end)
        room = places.box - 20
        step = min(room / max(len(own) - 1, 1), 22.0)
        for position, n in enumerate(own):
            ports[n] = places.y(node) + step * (position - (len(own) - 1) / 2)
    return ports


def _arrow_svg(n: int, points: Sequence[Point]) -> str:
    (x, y), (tip_x, tip_y) = points[0], points[-1]
    path = f"M{x:.0f} {y:.1f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        middle = (x1 + x2) / 2
        end = x2 - 8 if (x2, y2) == points[-1] else x2  # the line ends inside its tip
        path += f"C{middle:.0f} {y1:.1f} {middle:.0f} {y2:.1f} {end:.0f} {y2:.1f}"
    tip = f"M{tip_x - 10:.0f} {tip_y - 5:.1f}L{tip_x:.0f} {tip_y:.1f}L{tip_x - 10:.0f} {tip_y + 5:.1f}z"
    return f'<g id="e-{n}"><path class="line" d="{path}"/><path class="tip" d="{tip}"/></g>'


def _labels(places: _Places, arrows: Sequence[Influence], lines: Sequence[Sequence[Point]]) -> Iterator[str]:
    """The text on every arrow, where it touches no other text and no box."""
    taken: list[Point] = []
    for n, (arrow, points) in enumerate(zip(arrows, lines, strict=True)):
        x, y = _free_place(points, taken)
        taken.append((x, y))
        yield (
            f'<text id="e-{n}-label" class="onedge" x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">'
            f"{escape(arrow.text)}</text>"
        )


def _free_place(points: Sequence[Point], taken: Sequence[Point]) -> Point:
    """The place in the gaps between columns, along a line, that is furthest from other labels."""

    def room(place: Point) -> float:
        return min(
            (max(abs(place[0] - x) / _LABEL_W, abs(place[1] - y) / _LABEL_H) for x, y in taken), default=9.0
        )

    gaps = list(zip(points[::2], points[1::2], strict=True))
    places = [
        _on_curve(start, end, t) for t in (0.5, 0.42, 0.58, 0.36, 0.64, 0.28, 0.72) for start, end in gaps
    ]
    return next((place for place in places if room(place) >= 1), max(places, key=room))


def _on_curve(start: Point, end: Point, t: float) -> Point:
    """Point of the curve between two points at which it is flat, at the share t of the way."""
    smooth = t * t * (3 - 2 * t)
    middle = (start[0] + end[0]) / 2
    x = (1 - t) ** 3 * start[0] + 3 * t * (1 - t) * middle + t**3 * end[0]
    return x, start[1] + smooth * (end[1] - start[1])


# -- all paths ---------------------------------------------------------------------------------------------


def paths_story(diagram: InfluenceDiagram, source: str, target: str) -> Story:
    """All paths from `source` to `target`, one a frame: their products, and the sum so far.

    Parameters
    ----------
    diagram
        A diagram, for instance from `influence_diagram` or `graph_diagram`. Where a derivative on the way is
        text, products and sum are written with it; where all are numbers they are computed.
    source, target
        Names of the variable that is moved, and of the one that is watched.

    Raises
    ------
    ValueError
        If a name is unknown, or there are more than 64 paths.
    """
    if not isinstance(diagram, InfluenceDiagram):
        raise TypeError(f"diagram must be an InfluenceDiagram, got {describe(diagram)}.")
    paths = diagram.paths(source, target)
    titles = {name: subscripted(name) for name in diagram.nodes}
    svg = draw(
        diagram.nodes,
        titles,
        diagram.influences,
        diagram.alt,
        tall=False,
        key=(_PATH_NOW, _PATH_WALKED),
    )
    frames = [_paths_frame(diagram, source, target, len(paths))]
    frames += [_path_frame(diagram, paths, n, (source, target)) for n in range(len(paths))]
    if len(paths) > 1:
        frames.append(_sum_frame(diagram, paths, (source, target)))
    return Story(svg, tuple(frames), diagram.alt)


def _ratio(target: str, source: str) -> str:
    return f"∂{subscripted(target)}/∂{subscripted(source)}"


def _paths_frame(diagram: InfluenceDiagram, source: str, target: str, count: int) -> Frame:
    ways = {0: "no path", 1: "one path"}.get(count, f"{count} paths")
    zero = f"<p>{_ratio(target, source)} = <b>0</b></p>" if count == 0 else ""
    return Frame(
        f"Every way from {subscripted(source)} to {subscripted(target)}",
        zero or f"<p>{_ratio(target, source)} = sum over {ways} of the product along the path</p>",
        f"There is {ways}." if count < 2 else f"There are {ways}.",
        "A small change spreads along every arrow; each arrow multiplies it by its derivative.",
        now=(_node_id(diagram, source),),
        read=(_node_id(diagram, target),),
    )


def _node_id(diagram: InfluenceDiagram, name: str) -> str:
    return f"n-{diagram.nodes.index(name)}"


def _product(diagram: InfluenceDiagram, path: tuple[int, ...]) -> float | None:
    """Product of the derivatives along a path; None if one of them is not a number."""
    factors = [diagram.influences[n].derivative for n in path]
    numbers = [factor for factor in factors if isinstance(factor, (int, float))]
    return prod(numbers) if len(numbers) == len(factors) else None


def _path_frame(
    diagram: InfluenceDiagram, paths: Sequence[tuple[int, ...]], n: int, ends: tuple[str, str]
) -> Frame:
    path = paths[n]
    arrows = [diagram.influences[m] for m in path]
    stations = [ends[0], *(arrow.target for arrow in arrows)]
    symbols = " · ".join(_ratio(arrow.target, arrow.source) for arrow in arrows) or "1"
    html = f"<p>{symbols} = {_written(diagram, path)}</p>{_so_far(diagram, paths[: n + 1])}"
    walked = {f"e-{m}": "walked" for earlier in paths[:n] for m in earlier}
    return Frame(
        f"Path {n + 1} of {len(paths)}: {' → '.join(map(subscripted, stations))}",
        html,
        f"along {', '.join(stations)}: product {_value_text(diagram, [path])}; "
        f"sum so far {_value_text(diagram, paths[: n + 1])}",
        "Along a path the derivatives are multiplied.",
        classes=walked,
        now=tuple(dict.fromkeys(f"e-{m}" for m in path)),
        read=tuple(dict.fromkeys(_node_id(diagram, name) for name in stations)),
    )


def _factors(diagram: InfluenceDiagram, path: tuple[int, ...]) -> str:
    texts = [diagram.influences[n].text or "?" for n in path] or ["1"]
    return " · ".join(f"({text})" if text.startswith("−") and len(texts) > 1 else text for text in texts)


def _written(diagram: InfluenceDiagram, path: tuple[int, ...]) -> str:
    product, factors = _product(diagram, path), escape(_factors(diagram, path))
    if product is None or factors == number(product):
        return f"<b>{factors}</b>"
    return f"{factors} = <b>{number(product)}</b>"


def _value_text(diagram: InfluenceDiagram, paths: Sequence[tuple[int, ...]]) -> str:
    """Sum of the paths' products as one number, or written out."""
    products = [_product(diagram, path) for path in paths]
    numbers = [product for product in products if product is not None]
    if len(numbers) == len(products):
        return number(sum(numbers))
    return " + ".join(_factors(diagram, path) for path in paths)


def _so_far(diagram: InfluenceDiagram, paths: Sequence[tuple[int, ...]]) -> str:
    return f"<p>sum so far: {escape(_value_text(diagram, paths))}</p>" if len(paths) > 1 else ""


def _sum_frame(diagram: InfluenceDiagram, paths: Sequence[tuple[int, ...]], ends: tuple[str, str]) -> Frame:
    source, target = ends
    products = [_product(diagram, path) for path in paths]
    total = _value_text(diagram, paths)
    parts = [number(product) if product is not None else "" for product in products]
    written = " + ".join(f"({part})" if part.startswith("−") else part for part in parts)
    line = f"{escape(written)} = <b>{total}</b>" if all(parts) else f"<b>{escape(total)}</b>"
    every = dict.fromkeys(m for path in paths for m in path)
    return Frame(
        "The sum over all paths",
        f"<p>{_ratio(target, source)} = {line}</p>",
        f"the derivative of {target} to {source} is {total}",
        "Over several paths the products are added.",
        classes={f"e-{m}": "walked" for m in every},
        now=(_node_id(diagram, source),),
        read=(_node_id(diagram, target), *(f"e-{m}" for m in every)),
    )
