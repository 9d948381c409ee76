"""An exploration: named controls and a pure function from their values to what is shown.

No browser, no kernel and no state: `Exploration.show` gives for every setting a `View`, a picture in parts
with its caption and its words. A widget sends the base of the picture once and then only parts that changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from mlpkit._checks import describe
from mlpkit.explorers.controls import Control, Values

__all__ = ["Exploration", "View", "part"]

_PART = re.compile(r'<g data-part="([^"]+)"></g>')
_ALT = re.compile(r'aria-label="[^"]*"')


def part(name: str) -> str:
    """The place in a base where the part `name` goes."""
    return f'<g data-part="{name}"></g>'


@dataclass(frozen=True)
class View:
    """What is shown for one setting.

    Attributes
    ----------
    base
        The SVG with what changes rarely, and a place for every part.
    parts
        Markup of what changes, by name.
    caption
        The numbers, in words (HTML).
    alt
        The same in plain text: the accessible name of the picture.
    click
        What a click on the picture means (`Axes.click`), or None.
    """

    base: str
    parts: Mapping[str, str]
    caption: str
    alt: str
    click: Mapping[str, float | str] | None = None

    def __post_init__(self) -> None:
        places = _PART.findall(self.base)
        if sorted(places) != sorted(self.parts):
            raise ValueError(
                f"parts must be those that the base has places for, {sorted(places)}, "
                f"got {sorted(self.parts)}."
            )

    def svg(self) -> str:
        """The whole picture, complete in itself."""
        named = _ALT.sub(lambda _: f'aria-label="{escape(self.alt, quote=True)}"', self.base, count=1)
        return _PART.sub(lambda match: f"<g>{self.parts[match[1]]}</g>", named)

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"View({self.alt})"


def _as_it_is(before: Values, after: Values) -> Values:
    return after


@dataclass(frozen=True)
class Exploration:
    """A picture that depends on named values.

    Attributes
    ----------
    name
        What it is; the accessible name of the whole.
    controls
        What can be moved.
    draw
        Pure function from complete values to the view.
    settle
        Pure function (values before, values wanted) -> values: what follows from a change, such as a
        starting point that fits the function just chosen.
    """

    name: str
    controls: tuple[Control, ...]
    draw: Callable[[Values], View] = field(repr=False)
    settle: Callable[[Values, Values], Values] = field(repr=False, default=_as_it_is)

    def start(self) -> dict[str, Any]:
        """The values to begin with."""
        return {control.name: control.value for control in self.controls}

    def accept(self, changes: Values, before: Values | None = None) -> dict[str, Any]:
        """Complete values after `changes` of `before` (by default the start), each within its limits.

        Raises
        ------
        KeyError
            If there is no control of that name.
        ValueError, TypeError
            If a value is not a number or not one of the options.
        """
        if not isinstance(changes, Mapping):
            raise TypeError(f"values must be a dict by control name, got {describe(changes)}.")
        before = self.start() if before is None else before
        known = {control.name: control for control in self.controls}
        if unknown := [str(name) for name in changes if name not in known]:
            raise KeyError(f"{self.name} has no control {unknown[0]!r}; it has: {', '.join(known)}.")
        wanted = {**before, **{name: known[name].accept(value) for name, value in changes.items()}}
        settled = self.settle(before, wanted)
        return {name: control.accept(settled[name]) for name, control in known.items()}

    def show(self, **values: Any) -> View:
        """The view for these values; those not named stay at their start."""
        return self.draw(self.accept(values))
