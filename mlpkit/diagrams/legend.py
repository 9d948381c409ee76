"""The line below a picture that says what its colours, dashes and marks mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CORNER", "NEGATIVE", "NOW", "POSITIVE", "READ", "WIDTH", "Entry", "legend"]

_SAMPLE_W, _GAP, _LINE, _BELOW = 30, 22, 24, 12
#: Width of a character at the legend's size: an estimate that is rather too large than too small.
_CHARACTER = 6.9


@dataclass(frozen=True)
class Entry:
    """A sign and its meaning; `sample` is SVG in a box of 30 × 14 whose middle line is y = 0."""

    sample: str
    says: str

    @property
    def width(self) -> float:
        """Room that the entry takes."""
        return (_SAMPLE_W + 6 if self.sample else 0) + _CHARACTER * len(self.says)


def _swatch(fill: str, stroke: str, width: float) -> str:
    return (
        f'<rect x="4" y="-7" width="22" height="14" rx="4" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{width}"/>'
    )


POSITIVE = Entry('<path d="M0 0H30" stroke="#2166ac" stroke-width="3"/>', "positive weight")
NEGATIVE = Entry(
    '<path d="M0 0H30" stroke="#c4570b" stroke-width="3" stroke-dasharray="7 4"/>', "negative weight"
)
WIDTH = Entry("", "width: size")
NOW = Entry(_swatch("#fff3c4", "#1b1f24", 2.4), "computed now")
READ = Entry(_swatch("#e7f0fa", "#0b4a8f", 1.8), "computed from")
CORNER = Entry(
    _swatch("#fff", "#57606a", 1.2) + '<path d="M14 -6h8q3 0 3 3v8z" fill="#0b4a8f"/>',
    "the backward pass will need it",
)


def legend(entries: Sequence[Entry], x: float, y: float, width: float) -> tuple[str, float]:
    """The entries side by side from (x, y), in as many lines as `width` asks for.

    Returns
    -------
    tuple
        The SVG, and the height that it takes below y.
    """
    parts, at, line = [], 0.0, 0
    for entry in entries:
        if at and at + entry.width > width:
            at, line = 0.0, line + 1
        text_x = _SAMPLE_W + 6 if entry.sample else 0
        parts.append(
            f'<g transform="translate({x + at:.0f} {y + _LINE * (line + 0.5):.0f})">{entry.sample}'
            f'<text x="{text_x}" y="5" font-size="13">{entry.says}</text></g>'
        )
        at += entry.width + _GAP
    return f'<g class="legend">{"".join(parts)}</g>', _LINE * (line + 1) + _BELOW
