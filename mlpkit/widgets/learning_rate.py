"""The learning-rate explorer, whose η and α are traits that ipywidgets can be linked to."""

from __future__ import annotations

from typing import Any

import traitlets

from mlpkit.explorers.learning_rate import descent_facts, learning_rate
from mlpkit.widgets.explorer import Explorer

__all__ = ["LearningRateExplorer"]


class LearningRateExplorer(Explorer):
    """Gradient descent on level lines, with the step η and the momentum α in the reader's hand.

    It says converging, oscillating or diverging, and the limit of η. A click on the picture sets the start.

    Parameters
    ----------
    function
        "tilted bowl" (N2), "narrow valley", "two minima" or "saddle".
    eta, alpha
        Step in [0.001, 1] and momentum in [0, 0.98].
    start
        (x1, x2); by default the function's own start.
    steps
        How many, at most 200.

    Attributes
    ----------
    eta, alpha, function
        Traits: ``link((slider, "value"), (explorer, "eta"))`` couples any ipywidgets slider.
    verdict, limit
        What is said of the present descent, and the limit of η (None where there is none).
    """

    eta = traitlets.Float(0.1).tag(sync=True)
    alpha = traitlets.Float(0.0).tag(sync=True)
    function = traitlets.Unicode("tilted bowl").tag(sync=True)

    def __init__(
        self,
        function: str = "tilted bowl",
        eta: float = 0.1,
        alpha: float = 0.0,
        start: tuple[float, float] | None = None,
        steps: int = 50,
    ) -> None:
        values: dict[str, Any] = {"function": function, "eta": eta, "alpha": alpha, "steps": steps}
        super().__init__(learning_rate(), **values)
        if start is not None:
            self.move(x1=start[0], x2=start[1])

    @property
    def verdict(self) -> str:
        """ "converging", "oscillating", "diverging" or "still moving"."""
        return self._facts().verdict

    @property
    def limit(self) -> float | None:
        """The step at which descent stops converging, or None."""
        return self._facts().limit

    def _facts(self) -> Any:
        v = self.values
        return descent_facts(v["function"], v["eta"], v["alpha"], (v["x1"], v["x2"]), v["steps"])

    @traitlets.validate("eta", "alpha", "function")
    def _within_limits(self, proposal: Any) -> Any:
        name = proposal["trait"].name
        return self._exploration.accept({name: proposal["value"]})[name]

    @traitlets.observe("eta", "alpha", "function")
    def _trait_moved(self, change: Any) -> None:
        if self.values and self.values[change["name"]] != change["new"]:
            self.move(**{change["name"]: change["new"]})

    @traitlets.observe("values")
    def _values_moved(self, change: Any) -> None:
        with self.hold_sync():
            for name in ("eta", "alpha", "function"):
                self.set_trait(name, change["new"][name])
