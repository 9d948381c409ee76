"""A built notebook as the body of a page: nothing is executed, the saved outputs are shown."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import dataclass, field
from html import escape
from typing import Any

from tools.build_site.markdown import Headings, Resolve, code_html, notebook_anchor, render
from tools.build_site.widgets import is_alive, saved_state

__all__ = ["Body", "OutputError", "notebook_body"]

_VIEW = "application/vnd.jupyter.widget-view+json"
_PNG = re.compile(r'src="data:image/png;base64,([^"]+)"([^>]*?\bwidth="(\d+)")?')
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ACTIVE = re.compile(r"<script|<iframe|<object|\son\w+\s*=|javascript:", re.I)
_LONG_GIVEN = 15  # lines; longer code that is only given is folded

MOVES_IN_PYTHON = (
    "This picture moves when Python computes it, in JupyterLab. Here you see it as it was saved."
)


class OutputError(ValueError):
    """An output that a page must not hold."""


@dataclass
class Body:
    """What a notebook or a document gives to its page."""

    html: str = ""
    headings: Headings = field(default_factory=lambda: Headings(notebook_anchor))
    pictures: dict[str, bytes] = field(default_factory=dict)  # file name -> content
    models: dict[str, dict[str, Any]] = field(default_factory=dict)  # widgets that live in the page


def notebook_body(notebook: dict[str, Any], resolve: Resolve, pictures: str) -> Body:
    """Return the page's body.

    Parameters
    ----------
    notebook
        As read from its file.
    resolve
        The address, seen from the page, of what a link of the notebook leads to.
    pictures
        The folder of pictures, seen from the page.

    Raises
    ------
    OutputError
        If an output holds a script, or a widget of which nothing was saved.
    """
    page = _NotebookPage(notebook, resolve, pictures)
    page.body.html = "".join(page.cell(cell) for cell in notebook["cells"])
    return page.body


class _NotebookPage:
    """Writes cell after cell, and keeps what they need beside the page."""

    def __init__(self, notebook: dict[str, Any], resolve: Resolve, pictures: str) -> None:
        self.saved = saved_state(notebook["metadata"])
        self.resolve, self.folder = resolve, pictures
        self.body = Body()

    # -- cells -------------------------------------------------------------------------------------------

    def cell(self, cell: dict[str, Any]) -> str:
        source = "".join(cell["source"])
        grading = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown":
            label = _label(grading) if grading.get("solution") or grading.get("task") else ""
            return f'<div class="prose">\n{label}{render(source, self.body.headings, self.resolve)}</div>\n'
        if cell["cell_type"] != "code":
            return ""
        outputs = "".join(self.output(output, cell["id"]) for output in cell["outputs"])
        outputs = f'<div class="outputs">{outputs}</div>\n' if outputs else ""
        return _code_cell(source, outputs, grading, _fold(cell, source))

    # -- outputs -----------------------------------------------------------------------------------------

    def output(self, output: dict[str, Any], cell_id: str) -> str:
        if output["output_type"] == "stream":
            return _text(output["text"], f"stream {output['name']}")
        if output["output_type"] == "error":
            return _text("\n".join(output["traceback"]), "stream error")
        data = {mime: _joined(content) for mime, content in output["data"].items()}
        for content in (data.get("text/html", ""), data.get("image/svg+xml", "")):
            if _ACTIVE.search(content):
                raise OutputError(f"cell {cell_id}: an output holds a script, which no page of the site may")
        return self.widget(data, cell_id) if _VIEW in data else self.shown(data)

    def shown(self, data: dict[str, Any]) -> str:
        """The richest form of a result that a page can show."""
        if "text/html" in data:
            return f'<div class="html">{self.with_files(data["text/html"])}</div>\n'
        if "image/svg+xml" in data:
            return f'<div class="still">{data["image/svg+xml"]}</div>\n'
        if "image/png" in data:
            alt = escape(data.get("text/plain", "Figure"))
            image = f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'
            return f'<div class="html">{self.with_files(image)}</div>\n'
        return _text(data.get("text/plain", ""), "result")

    def widget(self, data: dict[str, Any], cell_id: str) -> str:
        """A widget that lives, or its still picture with a word on why it does not move."""
        model_id = data[_VIEW]["model_id"]
        model = self.saved.get(model_id)
        if model is None:
            raise OutputError(
                f"cell {cell_id}: the notebook shows a widget and has not saved it: run `make build`"
            )
        still = f'<div class="still">{data["image/svg+xml"]}</div>' if "image/svg+xml" in data else ""
        if is_alive(model):
            self.body.models[model_id] = model
            return f'<div class="widget" data-model="{escape(model_id)}">{still}</div>\n'
        if still:
            return (
                f'<figure class="needs-python">{still}<figcaption>{MOVES_IN_PYTHON}</figcaption></figure>\n'
            )
        name = escape(model["state"].get("description") or "control")
        return f'<p class="needs-python">A slider, <strong>{name}</strong>, stands here in JupyterLab.</p>\n'

    def with_files(self, html: str) -> str:
        """The HTML with its pictures in files of their own, which are loaded when they are scrolled to."""

        def moved(match: re.Match[str]) -> str:
            content = base64.b64decode(match[1])
            name = f"{hashlib.sha256(content).hexdigest()[:16]}.png"
            self.body.pictures[name] = content
            size = _size(content, match[3])
            return f'src="{self.folder}/{name}" loading="lazy" decoding="async"{match[2] or ""}{size}'

        return _PNG.sub(moved, html)


def _size(png: bytes, shown_width: str | None) -> str:
    """The attributes that keep a picture's place until it has come."""
    width, height = struct.unpack(">II", png[16:24])
    if shown_width is None:
        return f' width="{width}" height="{height}"'
    return f' height="{round(height * int(shown_width) / width)}"'


def _joined(content: Any) -> Any:
    return "".join(content) if isinstance(content, list) else content


def _text(text: str | list[str], kind: str) -> str:
    return f'<pre class="{kind}">{escape(_ANSI.sub("", _joined(text)), quote=False)}</pre>\n'


def _fold(cell: dict[str, Any], source: str) -> str:
    """Why the source of a cell is folded: "solution", "code", or not at all."""
    if not cell["metadata"].get("jupyter", {}).get("source_hidden"):
        return ""
    return "solution" if source.startswith("# Solution") or "solution" in cell["id"].split("-") else "code"


def _code_cell(source: str, outputs: str, grading: dict[str, Any], fold: str) -> str:
    """Code and what it gave. A folded solution keeps its outputs folded as well."""
    code = code_html(source)
    given = bool(grading.get("locked")) and not grading.get("grade")
    if fold == "solution":
        inside = f"<details><summary>Solution</summary>{code}{outputs}</details>"
    elif fold:
        inside = f'{outputs}<details class="quiet"><summary>Code</summary>{code}</details>'
    elif grading.get("grade") and not grading.get("solution"):
        inside = f"<details><summary>{_words(grading)}</summary>{code}</details>{outputs}"
    elif given and source.count("\n") >= _LONG_GIVEN:
        inside = f"<details><summary>Given code</summary>{code}</details>{outputs}"
    else:
        inside = f"{_label(grading)}{code}{outputs}"
    return f'<div class="cell">{inside}</div>\n'


def _label(grading: dict[str, Any]) -> str:
    words = _words(grading)
    return f'<p class="label">{words}</p>\n' if words else ""


def _words(grading: dict[str, Any]) -> str:
    """What a cell of a problem set is for."""
    if not grading:
        return ""
    worth = f" · {_points(grading.get('points', 0))}" if grading.get("grade") or grading.get("task") else ""
    if grading.get("solution") or grading.get("task"):
        return f"Your answer{worth}"
    return f"Check{worth}" if grading.get("grade") else "Given"


def _points(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"
