"""The playground: train a small network in the page, epoch by epoch, with everything in the reader's hand."""

from __future__ import annotations

import time
from typing import Any

import traitlets

from mlpkit.diagrams.raster import DIVERGING
from mlpkit.explorers.playground import (
    CONTROLS,
    GRID,
    Play,
    Settings,
    advance,
    change,
    play_fields,
    restore,
    settings_from_values,
    start_play,
    unused_controls,
    values_from_settings,
)
from mlpkit.explorers.playground_view import (
    FIELD_BOX,
    field_view,
    hidden_names,
    loss_view,
    play_alt,
    play_caption,
    still_picture,
)
from mlpkit.widgets.base import StillWidget, joined_assets

__all__ = ["Playground"]

_LONGEST_MS = 200.0


class Playground(StillWidget):
    """Choose data and a network, and watch it learn.

    The page asks for training in chunks of some fifty milliseconds, one at a time; so Pause, and every other
    button, takes effect at once however long the training. A loss that is no longer finite ends it with a
    sentence; the last good epoch stays.

    Parameters
    ----------
    settings
        What to begin with, a `Settings` of ``mlpkit.explorers.playground``; or give its fields by name.
    state
        A state string of an earlier playground instead.

    Attributes
    ----------
    state
        A string that brings back the present settings and training exactly; a trait, that may be set too.
    play
        The frozen `Play` that is shown: parameters, history, settings.

    Examples
    --------
    >>> playground = Playground(data="XOR", hidden=(2,))
    >>> playground.train(10)
    >>> playground.play.training.epoch
    10
    """

    _esm = joined_assets("controls.js", "playground.js")
    _css = joined_assets("controls.css", "playground.css")

    state = traitlets.Unicode()
    controls = traitlets.List(read_only=True).tag(sync=True)
    scene = traitlets.Dict(read_only=True).tag(sync=True)
    frame = traitlets.Dict(read_only=True).tag(sync=True)
    fields = traitlets.Bytes(read_only=True).tag(sync=True)
    palette = traitlets.Bytes(read_only=True).tag(sync=True)
    label = traitlets.Unicode("Playground").tag(sync=True)

    def __init__(self, settings: Settings | None = None, *, state: str | None = None, **fields: Any) -> None:
        if state is not None and (settings is not None or fields):
            raise ValueError("state already holds the settings: give one or the other.")
        if settings is not None and fields:
            raise ValueError("settings must be given as one object or by name, not both.")
        self._ticket: str | None = None
        self._problem = ""
        self._values = {control.name: control.value for control in CONTROLS}
        self.play: Play = restore(state) if state else start_play(settings or Settings(**fields))
        super().__init__()
        self.set_trait("controls", [control.to_dict() for control in CONTROLS])
        self.set_trait("palette", DIVERGING.tobytes())
        self._show()
        self.on_msg(self._receive)

    # -- what can be done --------------------------------------------------------------------------------

    def train(self, epochs: int = 1) -> None:
        """Train so many more epochs."""
        self._go_to(advance(self.play, epochs))

    def reset(self) -> None:
        """Begin again with the present settings."""
        self._go_to(start_play(self.play.settings))

    def configure(self, **values: Any) -> None:
        """Set controls by name, as a reader does; live ones (η, α, λ, batch size) keep the training."""
        known = {control.name: control for control in CONTROLS}
        if unknown := [name for name in values if name not in known]:
            raise KeyError(f"the playground has no control {unknown[0]!r}; it has: {', '.join(known)}.")
        self._values |= {name: known[name].accept(value) for name, value in values.items()}
        self._go_to(change(self.play, settings_from_values(self._values)))

    def _train_for(self, milliseconds: float) -> None:
        """Train as many epochs as fit into the time, at least one."""
        end = time.perf_counter() + min(milliseconds, _LONGEST_MS) / 1000
        play = advance(self.play)
        while play.failure is None and time.perf_counter() < end:
            play = advance(play)
        self._go_to(play)

    @traitlets.observe("state")
    def _state_set(self, change: Any) -> None:
        if change["new"] != self.play.state:
            self._go_to(restore(change["new"]))

    # -- what is shown -----------------------------------------------------------------------------------

    def _go_to(self, play: Play) -> None:
        self.play = play
        self._show()

    def _show(self) -> None:
        play = self.play
        field, loss = field_view(play), loss_view(play)
        self._values = values_from_settings(play.settings, self._values)
        scene = {
            "field": field.base,
            "loss": loss.base,
            "box": list(FIELD_BOX),
            "grid": GRID,
            "units": hidden_names(play.settings),
            "curve": play.settings.is_curve,
        }
        frame = {
            "field": dict(field.parts),
            "loss": dict(loss.parts),
            "loss_alt": loss.alt,
            "alt": play_alt(play),
            "caption": play_caption(play),
            "problem": self._problem or play.failure or "",
            "failed": play.failure is not None,
            "values": dict(self._values),
            "unused": list(unused_controls(play.settings)),
            "state": play.state,
            "ticket": self._ticket,
        }
        with self.hold_sync():
            self.set_trait("scene", scene)
            self.set_trait("fields", play_fields(play).tobytes())
            self.set_trait("frame", frame)
            self.state = play.state

    def _receive(self, _: Any, message: Any, __: Any) -> None:
        """Do what the page asks; whatever comes, there is an answer, or the page would wait."""
        if message.get("kind") == "nudge":
            return  # only there to hurry the answer before it (see controls.js)
        self._ticket, self._problem = str(message.get("ticket", "")), ""
        try:
            with self.hold_sync():
                self._obey(message)
        except Exception as error:
            self._problem = str(error.args[0]) if error.args else type(error).__name__
            self._show()

    def _obey(self, message: dict[str, Any]) -> None:
        kind = message.get("kind")
        if kind == "train" and "epochs" in message:
            self.train(int(message["epochs"]))
        elif kind == "train":
            self._train_for(float(message.get("milliseconds", 50.0)))
        elif kind == "reset":
            self.reset()
        elif kind == "values":
            self.configure(**message["values"])
        elif kind == "restore":
            self._go_to(restore(str(message["state"])))
        else:
            self._show()

    # -- without a live view -----------------------------------------------------------------------------

    def still_alt(self) -> str:
        return f"{self.label}: {play_alt(self.play)}"

    def still_svg(self) -> str:
        return still_picture(self.play)
