"""What the course's widgets share: a still picture and true words beside the live view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget

__all__ = ["StillWidget", "asset", "joined_assets", "page_template"]

_ASSETS = Path(__file__).parent / "assets"


def asset(name: str) -> Path:
    """Path of a front-end file of this package."""
    return _ASSETS / name


def joined_assets(*names: str) -> str:
    """The text of several front-end files, one after the other: what widgets share stands in one of them."""
    return "\n".join(asset(name).read_text(encoding="utf-8") for name in names)


def page_template() -> Path:
    """Template for nbconvert that shows every widget's still picture until its live view has come.

    ``jupyter nbconvert --to html --template-file PATH notebook.ipynb``. Without it nbconvert writes the live
    view alone: where no script runs, or the widgets' scripts cannot be fetched, there is nothing to see.
    """
    return asset("page.html.j2")


class StillWidget(anywidget.AnyWidget):
    """A widget that also says and shows what it is where no live view can run.

    Subclasses give `still_alt` and `still_svg`; both are stored with the notebook beside the view, so that
    a page without a kernel or without scripts has something true to show.
    """

    def still_alt(self) -> str:
        """What the widget shows, in words that do not change from run to run."""
        raise NotImplementedError

    def still_svg(self) -> str:
        """The same as a picture."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.still_alt()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        still = {"text/plain": self.still_alt(), "image/svg+xml": self.still_svg()}
        return {**data, **still}, metadata
