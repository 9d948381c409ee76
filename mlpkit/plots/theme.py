"""One look for all plots: white card, large enough type, blue and orange.

The figures carry their own white ground, so they read the same in a light theme, in a dark one and on paper.
Blue and orange are told apart by all common kinds of colour vision; where it matters, dashes or marks say
the same as the colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

__all__ = ["BLUE", "CLASSES", "DIVERGING", "INK", "ORANGE", "SEQUENTIAL", "figure", "theme"]

BLUE, ORANGE, INK, QUIET = "#0b4a8f", "#b34700", "#1b1f24", "#57606a"

#: From negative (orange) over white to positive (blue).
DIVERGING = LinearSegmentedColormap.from_list(
    "blue-orange", ["#8a3b00", "#e08a3c", "#ffffff", "#5b9bd5", "#0b3a75"]
)
#: From small (white) to large (blue).
SEQUENTIAL = LinearSegmentedColormap.from_list("white-blue", ["#ffffff", "#9ec3e6", "#0b3a75"])

#: Colours of classes: the palette of Okabe and Ito (2008), dark enough on white, and two more.
CLASSES = (
    "#0b4a8f", "#b34700", "#007a5e", "#8c3b7a", "#8a6d00",
    "#2a86b8", "#4d4d4d", "#c0392b", "#5c3d99", "#5b7a00",
)  # fmt: skip

_SETTINGS: dict[str, Any] = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": "white",
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=CLASSES),
    "grid.color": "#d0d7de",
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": "#424a53",
    "ytick.labelcolor": "#424a53",
    "lines.linewidth": 2.2,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "#d0d7de",
}


@contextmanager
def theme() -> Iterator[None]:
    """Matplotlib in the look of the course, inside the `with` block only."""
    with mpl.rc_context(_SETTINGS):
        yield


def figure(width: float = 7.0, height: float = 4.2, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """A figure and its axes in the look of the course, without pyplot: nothing is left open.

    Labels have room whatever their size. Text added outside of `theme` has Matplotlib's own size.

    Parameters
    ----------
    width, height
        Size in inches (100 pixels each).
    rows, columns
        How many axes; one gives the axes themselves, more an array of them.
    """
    with theme():
        drawn = Figure(figsize=(width, height))
        return drawn, drawn.subplots(rows, columns)
