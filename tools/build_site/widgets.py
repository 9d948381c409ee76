"""The course's widgets in a page without a kernel.

A notebook keeps the state of every widget that it shows. Steppers and polls need no more than that: their own
script, the same as in JupyterLab, is given a model over the saved state. What asks a kernel to compute stays
the still picture that was saved beside it, and says so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Scripts", "WidgetError", "is_alive", "page_state", "saved_state"]

_MIME = "application/vnd.jupyter.widget-state+json"
_EXPORT = re.compile(r"^export default (\{[^{}]*\});?\s*\Z", re.M)
_ASKS_KERNEL = re.compile(r"\bmodel\.send\(")
_NOT_STATE = re.compile(r"^_|^(layout|style|tabbable|tooltip)$")


class WidgetError(ValueError):
    """A widget that cannot be put into a page."""


@dataclass
class Scripts:
    """The scripts and styles of the widgets that the pages hold, once each."""

    scripts: dict[str, str] = field(default_factory=dict)  # name of the widget -> its own text
    styles: dict[str, str] = field(default_factory=dict)

    def add(self, state: dict[str, Any]) -> str:
        """Note the script and style of a widget and return its name."""
        name = state["_anywidget_id"]
        for known, text in ((self.scripts, state["_esm"]), (self.styles, state["_css"])):
            if known.setdefault(name, text) != text:
                raise WidgetError(
                    f"{name} differs between notebooks: run `make build`, they are of two versions"
                )
        return name

    def javascript(self) -> str:
        """One script for all widgets; a plain one, because modules do not load from a file's address."""
        return "".join(_registered(name, text) for name, text in sorted(self.scripts.items()))

    def css(self) -> str:
        """The styles of all widgets; what two of them share stands there once."""
        return "\n".join(dict.fromkeys(text.strip() for _, text in sorted(self.styles.items()))) + "\n"


def _registered(name: str, module: str) -> str:
    """The text of a widget's module as a part of a plain script that makes it known by name."""
    exported = _EXPORT.search(module)
    if exported is None or re.search(r"^\s*import\b", module, re.M):
        raise WidgetError(
            f"{name}: its script must import nothing and end with `export default {{ render }};`"
        )
    body = module[: exported.start()]
    return f"courseWidgets[{json.dumps(name)}] = (() => {{\n{body}return {exported[1]};\n}})();\n"


def saved_state(metadata: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The models that a notebook has saved, by id; each with ``state`` and perhaps ``buffers``."""
    return metadata.get("widgets", {}).get(_MIME, {}).get("state", {})


def is_alive(model: dict[str, Any]) -> bool:
    """Whether a widget does all that it can do without a kernel: its script never sends anything to one."""
    state = model["state"]
    return "_anywidget_id" in state and not _ASKS_KERNEL.search(state["_esm"])


def page_state(models: dict[str, dict[str, Any]], scripts: Scripts) -> dict[str, Any]:
    """What a page needs of the widgets that live in it: the name of each, and the traits that it reads."""
    return {
        model_id: {"widget": scripts.add(model["state"]), "state": _traits(model["state"])}
        for model_id, model in models.items()
    }


def _traits(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if not _NOT_STATE.search(name)}
