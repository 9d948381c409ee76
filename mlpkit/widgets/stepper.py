"""The stepper: stories stepped through by buttons, slider, keys, or by themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import traitlets

from mlpkit._checks import describe
from mlpkit.diagrams.story import Story
from mlpkit.widgets.base import StillWidget, asset, joined_assets

__all__ = ["Stepper"]


class Stepper(StillWidget):
    """Show a `Story` one frame at a time, or one of several stories that tabs choose between.

    The frames are sent once; stepping happens in the page, so it needs no kernel and keeps working in an
    exported page. Keys, with the focus anywhere in the stepper: ← and → step, Home and End jump, the space
    bar plays and pauses. With the focus on a tab, ← and → choose between the stories.

    Parameters
    ----------
    story
        The picture and its frames, for instance from `mlpkit.diagrams.backward_story`; or several by name,
        such as ``{"Numbers": pass_story(...), "Matrices": matrix_story(...)}``. When another story is
        chosen the stepper goes to its frame with the same topic, if there is one.
    index
        The frame to begin with; -1 is the last.
    label
        Accessible name of the whole control.

    Attributes
    ----------
    index
        The frame that is shown, 0..len(story)-1; a trait, so that `link` and `observe` work.
    shown
        Which story is shown, from 0; a trait as well.
    """

    _esm = asset("stepper.js")
    _css = joined_assets("names.css", "stepper.css")

    #: Distinct pictures: two stories on the same one store it once.
    pictures = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    #: The stories as JSON in one text: a notebook file gives every entry of a list a line of its own.
    stories = traitlets.Unicode(read_only=True).tag(sync=True)
    shown = traitlets.Int(0).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    label = traitlets.Unicode("Step through the picture").tag(sync=True)

    def __init__(
        self,
        story: Story | Mapping[str, Story],
        index: int = 0,
        label: str = "Step through the picture",
    ) -> None:
        self._sources = _named_stories(story)
        first = next(iter(self._sources.values()))
        if not -len(first) <= index < len(first):
            raise ValueError(f"index must be between 0 and {len(first) - 1}, got {index}.")
        super().__init__(index=range(len(first))[index], label=label)
        pictures = list(dict.fromkeys(one.svg for one in self._sources.values()))
        self.set_trait("pictures", pictures)
        states = [_state(name, one, pictures) for name, one in self._sources.items()]
        self.set_trait("stories", json.dumps(states, ensure_ascii=False, separators=(",", ":")))

    @property
    def story(self) -> Story:
        """The story that is shown."""
        return list(self._sources.values())[self.shown]

    @traitlets.validate("shown")
    def _one_of_the_stories(self, proposal: Any) -> int:
        return min(max(int(proposal["value"]), 0), len(self._sources) - 1)

    @traitlets.validate("index")
    def _within_the_story(self, proposal: Any) -> int:
        return min(max(int(proposal["value"]), 0), len(self.story) - 1)

    @traitlets.observe("shown")
    def _stay_within(self, change: Any) -> None:
        self.index = min(self.index, len(self.story) - 1)

    def still_alt(self) -> str:
        told = [
            f"{name + ': ' if len(self._sources) > 1 else ''}{one.alt} {len(one)} steps."
            for name, one in self._sources.items()
        ]
        return f"{self.label}: {' '.join(told)}"

    def still_svg(self) -> str:
        """The first story's picture at its end, where every number is known."""
        return next(iter(self._sources.values())).still()


def _named_stories(story: Story | Mapping[str, Story]) -> dict[str, Story]:
    """The stories by name; a single one has no name."""
    if isinstance(story, Story):
        return {"": story}
    if not isinstance(story, Mapping):
        raise TypeError(f"story must be a Story or a dict of stories by name, got {describe(story)}.")
    if not story:
        raise ValueError("story must have at least one story, got an empty dict.")
    for name, one in story.items():
        if not isinstance(name, str) or not isinstance(one, Story):
            raise TypeError(f"story[{name!r}] must be a Story with a str as its name, got {describe(one)}.")
    return dict(story)


def _state(name: str, story: Story, pictures: list[str]) -> dict[str, Any]:
    """The story for the front end, with the number of its picture instead of the picture."""
    state = story.to_dict()
    return {"name": name, "picture": pictures.index(state.pop("svg")), **state}
