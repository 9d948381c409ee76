"""The stepper: a story stepped through by buttons, slider, keys, or by itself."""

from __future__ import annotations

from typing import Any

import traitlets

from mlpkit._checks import describe
from mlpkit.diagrams.story import Story
from mlpkit.widgets.base import StillWidget, asset

__all__ = ["Stepper"]


class Stepper(StillWidget):
    """Show a `Story` one frame at a time.

    The frames are sent once; stepping happens in the page, so it needs no kernel and keeps working in an
    exported page. Keys, with the focus anywhere in the stepper: ← and → step, Home and End jump, the space
    bar plays and pauses.

    Parameters
    ----------
    story
        The picture and its frames, for instance from `mlpkit.diagrams.backward_story`.
    index
        The frame to begin with; -1 is the last.
    label
        Accessible name of the whole control.

    Attributes
    ----------
    index
        The frame that is shown, 0..len(story)-1; a trait, so that `link` and `observe` work.
    """

    _esm = asset("stepper.js")
    _css = asset("stepper.css")

    story = traitlets.Dict(read_only=True).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    label = traitlets.Unicode("Step through the picture").tag(sync=True)

    def __init__(self, story: Story, index: int = 0, label: str = "Step through the picture") -> None:
        if not isinstance(story, Story):
            raise TypeError(f"story must be a Story, got {describe(story)}.")
        if not -len(story) <= index < len(story):
            raise ValueError(f"index must be between 0 and {len(story) - 1}, got {index}.")
        self._source = story
        super().__init__(index=range(len(story))[index], label=label)
        self.set_trait("story", story.to_dict())

    @traitlets.validate("index")
    def _within_the_story(self, proposal: Any) -> int:
        return min(max(int(proposal["value"]), 0), len(self._source) - 1)

    def still_alt(self) -> str:
        count = len(self._source)
        return f"{self.label}: {self._source.alt} {count} steps."

    def still_svg(self) -> str:
        """The picture at the end of the story, where every number is known."""
        return self._source.picture(-1)
