"""Take out of executed notebooks what changes from run to run or from machine to machine."""

from __future__ import annotations

import hashlib
import re
import site
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tools.build_notebooks.notebook import KERNELSPEC, LANGUAGE_INFO

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# Seven digits and more: addresses, not the 0xff of a lecture on colours.
_ADDRESS = re.compile(r"\b0x[0-9A-Fa-f]{7,16}\b")
# Where IPython says that the code of a cell stands. A match can begin only where a word begins: tried from
# every letter of a picture in base64, one word of 100 kB, it would take minutes.
CELL_FILE = re.compile(r"(?<![^\s\"'(])[^\s\"'(]*ipykernel_\d+[/\\]\d+\.py")
_MODEL_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def make_reproducible(notebook: NotebookNode, name: str, root: Path) -> NotebookNode:
    """Change an executed notebook in place so that the same code gives the same bytes; return it.

    ``name`` (the stem of the notebook) enters the ids of its widgets; paths below ``root`` and below
    the environment are written without what lies above them.
    """
    notebook.metadata = NotebookNode(
        {**notebook.metadata, "kernelspec": dict(KERNELSPEC), "language_info": dict(LANGUAGE_INFO)}
    )
    shorten = _path_shortener(root)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            _clean_output(output, shorten)
    renamed = rename_models(notebook, name)
    notebook.cells, notebook.metadata = renamed.cells, renamed.metadata
    return notebook


def _clean_output(output: NotebookNode, shorten: Callable[[str], str]) -> None:
    """Replace addresses and paths in the text of an output, in place."""

    def clean(text: str) -> str:
        return _ADDRESS.sub("0x0", CELL_FILE.sub("<cell>", shorten(text)))

    if output.output_type == "stream":
        output.text = clean(output.text)
    elif output.output_type == "error":
        output.evalue = clean(output.evalue)
        output.traceback = [clean(line) for line in output.traceback]
    else:
        for kind, value in output.data.items():
            if isinstance(value, str) and (kind.startswith("text/") or kind == "image/svg+xml"):
                output.data[kind] = clean(value)


def _path_shortener(root: Path) -> Callable[[str], str]:
    """Return a function that writes paths of this machine relative to the course, packages or library."""
    packages = [*site.getsitepackages(), sysconfig.get_path("purelib")]
    known = [(Path(folder), "site-packages/") for folder in packages]
    known += [(Path(sysconfig.get_path("stdlib")), "python/"), (Path(sys.prefix), "env/"), (root, "")]
    places: dict[str, str] = {}
    for folder, short in known:
        for spelling in (folder, folder.resolve()):
            places.setdefault(f"{spelling}/", short)
            if spelling.is_relative_to(Path.home()):  # IPython's tracebacks shorten the home folder
                places.setdefault(f"~/{spelling.relative_to(Path.home())}/", short)
    longest_first = sorted(places, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(place) for place in longest_first if len(place) > 3))
    return lambda text: pattern.sub(lambda match: places[match[0]], text)


def rename_models(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the notebook with its widget models renamed in the order in which they first appear.

    The random ids of a run (32 hexadecimal digits) stand in the views of the outputs, as keys of the
    saved state, and within the state as references; all are renamed alike.
    """
    names = {
        model: hashlib.sha256(f"{name}:{ordinal}".encode()).hexdigest()[:32]
        for ordinal, model in enumerate(model_ids(notebook))
    }
    if not names:
        return notebook

    def rename(value: Any) -> Any:
        if isinstance(value, str):
            return _MODEL_ID.sub(lambda match: names.get(match[0], match[0]), value)
        if isinstance(value, dict):
            return NotebookNode({rename(key): rename(item) for key, item in value.items()})
        return [rename(item) for item in value] if isinstance(value, list) else value

    renamed = NotebookNode(notebook)
    renamed.metadata = NotebookNode(notebook.metadata)
    if "widgets" in notebook.metadata:
        renamed.metadata.widgets = rename(notebook.metadata.widgets)
    for cell in renamed.cells:
        if cell.get("outputs"):
            cell.outputs = rename(cell.outputs)
    return renamed


def model_ids(notebook: NotebookNode) -> list[str]:
    """Return the ids of the widget models: first as viewed in the outputs, then as created."""
    viewed = [
        output.data[WIDGET_VIEW]["model_id"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if WIDGET_VIEW in output.get("data", {})
    ]
    created = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    return list(dict.fromkeys([*viewed, *created]))
