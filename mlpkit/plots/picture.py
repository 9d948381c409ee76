"""A figure with words: what it shows, for those who do not see it and where no picture can be shown."""

from __future__ import annotations

from base64 import b64encode
from functools import cached_property
from html import escape
from io import BytesIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mlpkit._checks import describe
from mlpkit.plots.theme import theme

__all__ = ["Picture"]


class Picture:
    """A Matplotlib figure with its alt text.

    JupyterLab and nbconvert drop the alt text of images; an `<img>` in HTML keeps it. The plain text of the
    output is the alt text, the same in every run.

    Parameters
    ----------
    figure
        The figure.
    alt
        What it shows, in a sentence or two that state the numbers.

    Examples
    --------
    >>> from mlpkit import plots, sigmoid
    >>> Picture(plots.activation(sigmoid), "The sigmoid and its slope, largest 0.25 at z = 0.")
    Picture(The sigmoid and its slope, largest 0.25 at z = 0.)
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        if not isinstance(figure, Figure):
            raise TypeError(f"figure must be a Matplotlib Figure, got {describe(figure)}.")
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"alt must say what the figure shows, got {describe(alt)}.")
        self.figure, self.alt = figure, alt

    @cached_property
    def png(self) -> bytes:
        """The picture: the same bytes for the same figure, without date or version."""
        buffer = BytesIO()
        with theme():
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()
            # The layout moves a little each time it is computed: once is enough.
            self.figure.set_layout_engine("none")
            canvas.print_png(buffer, metadata={"Software": None})
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"Picture({self.alt})"

    def _repr_html_(self) -> str:
        data, alt = b64encode(self.png).decode(), escape(self.alt, quote=True)
        width = round(self.figure.get_figwidth() * self.figure.dpi)
        return f'<img alt="{alt}" src="data:image/png;base64,{data}" width="{width}" style="max-width:100%"/>'
