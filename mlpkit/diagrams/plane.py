"""Plots as SVG text: axes, curves, arrows, dots and level lines; pure functions from numbers to markup.

A plot is written in two coordinate systems: `Axes.frame` in those of the whole picture, everything else in
those of the axes' own rectangle, inside a nested SVG that clips (`Axes.inside`). So no element needs an id,
and any number of plots can stand on one page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import Any, cast

import numpy as np
from contourpy import FillType, contour_generator
from numpy.typing import ArrayLike

from mlpkit._checks import Array, numeric_array
from mlpkit.diagrams.notation import number

__all__ = ["STYLE", "Axes", "arrow", "clipped_pieces", "level_lines", "picture", "ticks"]

STYLE = """
.bp-plot{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:14px}
.bp-plot text{fill:#1b1f24}
.bp-plot .title{font-size:15px;font-weight:600}
.bp-plot .tick{font-size:13px;fill:#424a53}
.bp-plot .note{font-size:14px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.bp-plot .box{fill:none;stroke:#57606a}
.bp-plot .grid{stroke:#d0d7de;fill:none}
.bp-plot .zero{stroke:#8c959f;fill:none}
.bp-plot .level{stroke:#9aa7b5;stroke-width:.8;fill-rule:evenodd}
.bp-plot .line{fill:none;stroke:#0b4a8f;stroke-width:2.4;stroke-linejoin:round;stroke-linecap:round}
.bp-plot .line2{fill:none;stroke:#b34700;stroke-width:2.4;stroke-dasharray:8 4;stroke-linejoin:round}
.bp-plot .line3{fill:none;stroke:#5c3d99;stroke-width:2.4;stroke-dasharray:2.5 3.5;stroke-linejoin:round}
.bp-plot .thin{fill:none;stroke:#57606a;stroke-width:1.2;stroke-dasharray:4 3}
.bp-plot .blue{fill:#0b4a8f}
.bp-plot .orange{fill:#b34700}
.bp-plot .violet{fill:#5c3d99}
.bp-plot .dot{fill:#0b4a8f;stroke:#fff;stroke-width:1}
.bp-plot .start{fill:#fff;stroke:#1b1f24;stroke-width:2.2}
.bp-plot .end{fill:#f2c200;stroke:#1b1f24;stroke-width:1.8}
.bp-plot .one{fill:#0b4a8f;stroke:#fff;stroke-width:1.6}
.bp-plot .none{fill:#f5a15c;stroke:#1b1f24;stroke-width:1.4}
"""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
Range = tuple[float, float]


def picture(width: float, height: float, body: str, alt: str = "") -> str:
    """A complete SVG on a white ground, with `alt` as its accessible name."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-plot" role="img" '
        f'aria-label="{escape(alt, quote=True)}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}"><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{body}</svg>"
    )


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round numbers from `low` to `high`, `about` so many of them, apart by 1, 2 or 5 times a power of 10."""
    raw = (high - low) / max(about, 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    # Rounded to the step's own digits: 3 * 0.1 is to be 0.3.
    digits = int(max(0, -np.floor(np.log10(step))))
    return tuple(round(n * step, digits) for n in range(first, last + 1))


def _powers(low: float, high: float, about: int) -> tuple[float, ...]:
    """Powers of ten from `low` to `high`, not many more than `about`."""
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    step = max(1, -(-(last - first) // about))
    return tuple(10.0**n for n in range(first, last + 1, step))


def _power_text(value: float) -> str:
    exponent = round(np.log10(value))
    return {0: "1", 1: "10", -1: "0.1"}.get(exponent, "10" + str(exponent).translate(_SUPERSCRIPTS))


@dataclass(frozen=True)
class Axes:
    """Two axes in a rectangle of the picture.

    Attributes
    ----------
    x, y
        Smallest and largest value shown.
    left, top, width, height
        The rectangle, in user units of the picture; labels stand outside of it.
    x_label, y_label, title
        What is written at the axes and above.
    x_log, y_log
        Whether an axis is logarithmic.
    """

    x: Range
    y: Range
    left: float
    top: float
    width: float
    height: float
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    x_log: bool = False
    y_log: bool = False

    def to_x(self, values: ArrayLike) -> Array:
        """Places along the x axis, from 0 to `width`."""
        return _share(values, self.x, self.x_log) * self.width

    def to_y(self, values: ArrayLike) -> Array:
        """Places along the y axis, from 0 at the top to `height` at the foot."""
        return (1.0 - _share(values, self.y, self.y_log)) * self.height

    def places(self, points: ArrayLike) -> Array:
        """Places of points (..., 2) in the rectangle, same shape."""
        points = np.asarray(points, dtype=float)
        return np.stack([self.to_x(points[..., 0]), self.to_y(points[..., 1])], axis=-1)

    # -- what does not move ------------------------------------------------------------------------------

    def frame(self, grid: bool = False) -> str:
        """Box, ticks and labels."""
        middle, foot = self.left + self.width / 2, self.top + self.height
        parts = [self._x_ticks(grid), self._y_ticks(grid), self._box()]
        if self.title:
            parts.append(_text(self.left, self.top - 12, self.title, "title"))
        if self.x_label:
            parts.append(_text(middle, foot + 38, self.x_label, "axis", "middle"))
        if self.y_label:
            x, y = self.left - 46, self.top + self.height / 2
            turn = f' transform="rotate(-90 {x:g} {y:g})"'
            parts.append(_text(x, y, self.y_label, "axis", "middle", turn))
        return "".join(parts)

    def _box(self) -> str:
        return (
            f'<rect class="box" x="{self.left:g}" y="{self.top:g}" width="{self.width:g}" '
            f'height="{self.height:g}"/>'
        )

    def _x_ticks(self, grid: bool) -> str:
        foot, about = self.top + self.height, max(2, int(self.width / 52))
        values = _powers(*self.x, about) if self.x_log else ticks(*self.x, about)
        text = ""
        for value, place in zip(values, self.left + self.to_x(values), strict=True):
            start = self.top if grid else foot
            text += f'<path class="grid" d="M{place:.1f} {start:g}V{foot + 5:g}"/>'
            label = _power_text(value) if self.x_log else number(value)
            text += _text(place, foot + 19, label, "tick", "middle")
        return text

    def _y_ticks(self, grid: bool) -> str:
        about = max(2, int(self.height / 44))
        values = _powers(*self.y, about) if self.y_log else ticks(*self.y, about)
        text, end = "", self.left + self.width if grid else self.left
        for value, place in zip(values, self.top + self.to_y(values), strict=True):
            text += f'<path class="grid" d="M{self.left - 5:g} {place:.1f}H{end:g}"/>'
            label = _power_text(value) if self.y_log else number(value)
            text += _text(self.left - 8, place + 4.5, label, "tick", "end")
        return text

    # -- what is drawn in them ---------------------------------------------------------------------------

    def inside(self, content: str) -> str:
        """`content`, in the coordinates of the rectangle, clipped at its edges."""
        return (
            f'<svg x="{self.left:g}" y="{self.top:g}" width="{self.width:g}" height="{self.height:g}">'
            f"{content}</svg>"
        )

    def line(self, points: ArrayLike, css: str = "line") -> str:
        """A line through points (P, 2); it breaks where one is not finite and is cut far outside."""
        return f'<path class="{css}" d="{self.line_data(points)}"/>'

    def line_data(self, points: ArrayLike) -> str:
        """The ``d`` of a path through points (P, 2)."""
        with np.errstate(all="ignore"):
            places = self.places(points)
        margin = np.array([self.width, self.height])
        pieces = clipped_pieces(places, -margin, 2 * margin)
        return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in piece) for piece in pieces)

    def curve(self, function: Callable[[Array], Array], css: str = "line", count: int = 241) -> str:
        """The graph of a function of one number over the whole x axis."""
        x = np.geomspace(*self.x, count) if self.x_log else np.linspace(*self.x, count)
        return self.line(np.stack([x, function(x)], axis=1), css)

    def dots(self, points: ArrayLike, css: str = "dot", radius: float = 3.0) -> str:
        """A dot at each of the points (P, 2) that is in sight."""
        with np.errstate(all="ignore"):
            places = self.places(np.reshape(points, (-1, 2)))
        return "".join(
            f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'
            for x, y in places
            if -9 <= x <= self.width + 9 and -9 <= y <= self.height + 9
        )

    def label(self, point: Sequence[float], text: str, css: str = "note", shift: Range = (8.0, -8.0)) -> str:
        """Words beside a point; they stay inside the rectangle."""
        x, y = self.places(point)
        wide = 7.4 * len(text)
        x = min(max(float(x) + shift[0], 2.0), max(self.width - wide - 2.0, 2.0))
        y = min(max(float(y) + shift[1], 15.0), self.height - 5.0)
        return _text(x, y, text, css)

    def click(self, x_name: str, y_name: str) -> dict[str, float | str]:
        """What a front end needs to turn a click into the values of two controls."""
        return {
            "left": self.left,
            "top": self.top,
            "width": self.width,
            "height": self.height,
            "x_low": self.x[0],
            "x_high": self.x[1],
            "y_low": self.y[0],
            "y_high": self.y[1],
            "x_name": x_name,
            "y_name": y_name,
        }


def _share(values: ArrayLike, limits: Range, log: bool) -> Array:
    values = np.asarray(values, dtype=float)
    low, high = np.log10(limits) if log else limits
    return ((np.log10(values) if log else values) - low) / (high - low)


def _text(x: float, y: float, text: str, css: str, anchor: str = "start", more: str = "") -> str:
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}"{place}{more}>{escape(text)}</text>'


def arrow(start: ArrayLike, end: ArrayLike, css: str = "blue", width: float = 3.0) -> str:
    """An arrow between two places, shape (2,), in the coordinates of the rectangle."""
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    along = end - start
    length = float(np.hypot(*along))
    if length < 1e-6:
        return ""
    along = along / length
    across = np.array([-along[1], along[0]])
    head = min(4.2 * width, length)
    neck = end - head * along
    tips = [start + width / 2 * across, neck + width / 2 * across, neck + 0.45 * head * across, end]
    tips += [neck - 0.45 * head * across, neck - width / 2 * across, start - width / 2 * across]
    return f'<path class="{css}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in tips)}Z"/>'


# -- long lines ------------------------------------------------------------------------------------------


def clipped_pieces(points: ArrayLike, low: ArrayLike, high: ArrayLike) -> list[Array]:
    """The parts of a line through points (P, 2) that lie in a box, each of shape (Q, 2).

    Every segment is cut where it crosses the box (Liang and Barsky, 1984), so a path that runs away to
    10¹² leaves the box in the right direction; a point that is not finite ends a piece.
    """
    points = numeric_array("points", points, finite=False)
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    pieces: list[list[Array]] = []
    inside: Array = np.all((low <= points) & (points <= high), axis=1)
    if inside.all():
        return [points] if len(points) else []
    for n, (start, end) in enumerate(pairwise(points)):
        cut = (start, end) if inside[n] and inside[n + 1] else _clipped(start, end, low, high)
        if cut is None:
            continue
        # A segment that begins where the piece before it ended carries it on.
        if pieces and np.array_equal(pieces[-1][-1], cut[0]):
            pieces[-1].append(cut[1])
        else:
            pieces.append(list(cut))
    return [np.stack(piece) for piece in pieces]


def _clipped(start: Array, end: Array, low: Array, high: Array) -> tuple[Array, Array] | None:
    along = end - start
    if not np.isfinite(along).all():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        sides = np.stack([(low - start) / along, (high - start) / along])
    parallel = along == 0
    if (parallel & ((start < low) | (start > high))).any():
        return None
    enter = np.where(parallel, 0.0, sides.min(axis=0)).max(initial=0.0)
    leave = np.where(parallel, 1.0, sides.max(axis=0)).min(initial=1.0)
    if not enter < leave:
        return None
    first = start if enter == 0.0 else start + enter * along
    last = end if leave == 1.0 else start + leave * along
    return first, last


# -- level lines -----------------------------------------------------------------------------------------


def level_lines(
    axes: Axes, function: Callable[[Array], Any], levels: Iterable[float] | None = None, count: int = 121
) -> str:
    """Level lines of a function over the rectangle, darker where it is larger; all as one string.

    Parameters
    ----------
    axes
        Where to draw.
    function
        Of points, shape (..., 2) -> (...).
    levels
        Values of the lines; by default twelve, closer together near the least value.
    count
        The function is taken on a grid of count × count points.
    """
    x, y = np.linspace(*axes.x, count), np.linspace(*axes.y, count)
    values = np.asarray(function(np.stack(np.meshgrid(x, y), axis=-1)))
    chosen = default_levels(values) if levels is None else tuple(levels)
    generator = contour_generator(axes.to_x(x), axes.to_y(y), values, fill_type=FillType.OuterOffset)
    top = float(values.max()) + 1.0
    body = ""
    for n, level in enumerate(chosen):
        # FillType.OuterOffset: points of every area, and where in them each outline begins and ends.
        outlines, offsets = cast(
            tuple[list[Array], list[Array]], generator.filled(level, max(top, level + 1.0))
        )
        rings = [_rings(points, cuts, axes) for points, cuts in zip(outlines, offsets, strict=True)]
        data = "".join(rings)
        body += f'<path class="level" fill="{_shade(n / max(len(chosen) - 1, 1))}" d="{data}"/>'
    return f'<rect width="100%" height="100%" fill="{_shade(0.0)}"/>{body}'


def default_levels(values: Array, count: int = 12) -> tuple[float, ...]:
    """Levels between the least and the largest of `values`, closer together near the least."""
    shares = ((np.arange(count) + 0.5) / count) ** 1.8
    return tuple(float(level) for level in np.unique(np.quantile(values, shares)))


def _rings(points: Array, cuts: Array, axes: Axes) -> str:
    return "".join(_ring(points[start:end], axes) for start, end in pairwise(cuts))


def _ring(points: Array, axes: Axes) -> str:
    """A closed outline in tenths, with about sixty points or one in six units, whichever is finer.

    Points on the edge of the rectangle are kept: without a corner the outline would run inside of it, and be
    seen there.
    """
    bends = np.ones(len(points), dtype=bool)
    along = np.diff(points, axis=0)
    bends[1:-1] = np.abs(along[1:, 0] * along[:-1, 1] - along[1:, 1] * along[:-1, 0]) > 1e-6
    points = points[bends]
    walked = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1))])
    kept = np.diff(walked // min(6.0, max(walked[-1] / 60, 0.5)), prepend=-1.0) > 0
    kept |= (np.minimum(points, (axes.width, axes.height) - points) < 1e-6).any(axis=1)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points[kept]) + "Z"


@lru_cache(maxsize=64)
def _shade(share: float) -> str:
    light, dark = np.array([252, 253, 255]), np.array([196, 208, 222])
    r, g, b = np.round(light + share * (dark - light)).astype(int)
    return f"#{r:02x}{g:02x}{b:02x}"
