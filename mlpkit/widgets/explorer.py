"""The explorer: controls in the page, numbers and a picture from Python, drawn in parts."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import traitlets
from numpy.typing import ArrayLike

from mlpkit import explorers
from mlpkit._checks import describe
from mlpkit.datasets import Dataset
from mlpkit.explorers.exploration import Exploration, View
from mlpkit.network import MLP
from mlpkit.widgets.base import StillWidget, joined_assets

__all__ = [
    "Explorer",
    "activation_explorer",
    "batch_paths",
    "bump_construction",
    "cross_entropy_against_squares",
    "difference_error",
    "half_planes",
    "hessian_explorer",
    "perceptron_line",
    "subgradients",
    "weight_images",
]


class Explorer(StillWidget):
    """Show an `Exploration` and let its values be moved.

    A moved control asks Python for a new view. One question is on its way at a time and later ones are merged
    meanwhile, so that a fast drag ends at its last value and never replays old ones. The answer carries the
    parts of the picture; the page replaces those that changed. Without a kernel the last view stands still,
    and a sentence says so.

    Parameters
    ----------
    exploration
        What to show, for instance ``mlpkit.explorers.learning_rate()``.
    values
        Values to begin with, by name; those not named have the exploration's own start.

    Attributes
    ----------
    values
        The values shown, by control name; a trait, so that `observe` and `link` work. Setting some of them is
        enough: the others stay.
    """

    _esm = joined_assets("controls.js", "explorer.js")
    _css = joined_assets("controls.css", "explorer.css")

    values = traitlets.Dict()
    controls = traitlets.List(read_only=True).tag(sync=True)
    base = traitlets.Unicode(read_only=True).tag(sync=True)
    view = traitlets.Dict(read_only=True).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, exploration: Exploration, **values: Any) -> None:
        if not isinstance(exploration, Exploration):
            raise TypeError(f"exploration must be an Exploration, got {describe(exploration)}.")
        self._exploration = exploration
        start = exploration.accept(values)
        self._ticket: str | None = None
        super().__init__(label=exploration.name)
        self.set_trait("controls", [control.to_dict() for control in exploration.controls])
        self.values = start
        self._show()
        self.on_msg(self._receive)

    @property
    def shown(self) -> View:
        """The view of the present values."""
        return self._exploration.draw(self.values)

    # -- values ------------------------------------------------------------------------------------------

    @traitlets.validate("values")
    def _complete(self, proposal: Any) -> dict[str, Any]:
        return self._exploration.accept(proposal["value"], self.values or None)

    @traitlets.observe("values")
    def _moved(self, _: Any) -> None:
        self._show()

    def move(self, **values: Any) -> None:
        """Set some values, as a reader does with the controls."""
        self.values = values

    def _show(self) -> None:
        view = self.shown
        shown = {
            "parts": dict(view.parts),
            "caption": view.caption,
            "alt": view.alt,
            "click": dict(view.click) if view.click else None,
            "values": dict(self.values),
            "ticket": self._ticket,
        }
        with self.hold_sync():
            self.set_trait("base", view.base)
            self.set_trait("view", shown)

    def _receive(self, _: Any, message: Any, __: Any) -> None:
        """Answer a question of the page; whatever comes, there is an answer, or the page would wait."""
        if message.get("kind") == "nudge":
            return  # only there to hurry the answer before it (see controls.js)
        self._ticket = str(message.get("ticket", ""))
        before = self.values
        try:
            wanted = self._exploration.accept(message["values"], before)
        except (ValueError, TypeError, KeyError):
            wanted = before  # a page of another version: the view that stands is the answer
        with self.hold_sync():
            try:
                self.values = wanted
                if wanted == before:
                    self._show()
            except Exception as problem:
                self._stay(before, problem)

    def _stay(self, before: dict[str, Any], problem: Exception) -> None:
        """Go back to values that could be drawn, and say why."""
        reason = html.escape(f"{type(problem).__name__}: {problem}")
        self.values = before
        self._show()
        said = f"<p>These values cannot be drawn ({reason}): back to those before.</p>"
        self.set_trait("view", {**self.view, "caption": self.view["caption"] + said})

    # -- without a live view -----------------------------------------------------------------------------

    def still_alt(self) -> str:
        return f"{self.label}: {self.shown.alt}"

    def still_svg(self) -> str:
        return self.shown.svg()


# -- the explorers of the lectures -----------------------------------------------------------------------
# Each takes values to begin with by control name; ``explorer.values`` lists them.


def perceptron_line(**values: Any) -> Explorer:
    """One threshold unit and the rows of a gate: ``gate``, ``w1``, ``w2``, ``b``."""
    return Explorer(explorers.perceptron_line(), **values)


def half_planes(**values: Any) -> Explorer:
    """Half-planes joined by AND, OR and what lies between: ``sides``, ``needed``, ``x1``, ``x2``."""
    return Explorer(explorers.half_planes(), **values)


def bump_construction(**values: Any) -> Explorer:
    """A curve built from bumps by one hidden layer: ``curve``, ``bumps``, ``steepness``, ``shown``."""
    return Explorer(explorers.bump_construction(), **values)


def activation_explorer(**values: Any) -> Explorer:
    """An activation, its derivative and its saturation: ``activation``, ``z``, ``layers``."""
    return Explorer(explorers.activation_explorer(), **values)


def cross_entropy_against_squares(**values: Any) -> Explorer:
    """Two losses over the same two weights: ``w1``, ``w2``."""
    return Explorer(explorers.cross_entropy_against_squares(), **values)


def hessian_explorer(**values: Any) -> Explorer:
    """Gradient, level set and axes of curvature at a point: ``function``, ``x1``, ``x2``."""
    return Explorer(explorers.hessian_explorer(), **values)


def difference_error(**values: Any) -> Explorer:
    """The error of difference quotients against the step: ``function``, ``x``, ``h``."""
    return Explorer(explorers.difference_error(), **values)


def subgradients(**values: Any) -> Explorer:
    """Lines below a graph, and which slopes are subderivatives: ``function``, ``z``, ``g``."""
    return Explorer(explorers.subgradients(), **values)


def batch_paths(**values: Any) -> Explorer:
    """Batch, mini-batch and stochastic descent: ``eta``, ``size``, ``epochs``, ``seed``."""
    return Explorer(explorers.batch_paths(), **values)


def weight_images(
    net: MLP | None = None,
    params: Mapping[str, ArrayLike] | None = None,
    data: Dataset | None = None,
    **values: Any,
) -> Explorer:
    """Weights of layer 1 as images: ``unit``, ``instance``; by default those of a small digit reader.

    Parameters
    ----------
    net, params, data
        A network with one hidden layer, its parameters, and images to try it on; all three or none.
    """
    return Explorer(explorers.weight_images(net, params, data), **values)
