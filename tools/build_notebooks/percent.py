"""Find jupytext, which lives in a folder of its own, and let it split a source into cells."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tools.build_notebooks.errors import fail

# Lines that jupytext might take for the start of a cell; which of them are is left to jupytext.
_CANDIDATE = re.compile(r"^\s*#\s*(?:%%%*(?:\s.*)?|<codecell>\s*|In\[[0-9 ]*\]:?\s*)$")
_KIND = re.compile(r"%%+\s+.*\[(markdown|md|raw)\]", re.IGNORECASE)
_LINE_KEY = "source_line"


@dataclass(frozen=True)
class RawCell:
    """A cell as jupytext reads it: kind, source, and the line of its marker (from 1)."""

    kind: str
    source: str
    line: int
    marker: str


def build_only_folder() -> Path:
    """Return the folder with the packages that only the builder uses."""
    return Path(sys.prefix) / "build-only"


def load_jupytext() -> ModuleType:
    """Import jupytext from the builder's own folder, so that nothing else in the environment sees it."""
    folder = str(build_only_folder())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        return importlib.import_module("jupytext")
    except ImportError as error:
        raise fail(
            "requirements-build.txt",
            0,
            f"jupytext is not installed for the builder ({error}): run `make setup`",
        ) from error


def split_cells(text: str, file: str) -> list[RawCell]:
    """Split a py:percent source into cells, each with the line of its marker.

    jupytext gives no line numbers. So every line that may be a marker is replaced by a bare marker
    that carries its number; jupytext hands back the numbers of those that start a cell. A second
    reading with only these replaced leaves look-alikes within strings and code blocks as they were.
    """
    if not text.strip():
        raise fail(file, 0, "there is no cell in it")
    lines = text.splitlines()
    candidates = [number for number, line in enumerate(lines, 1) if _CANDIDATE.match(line)]
    starts = [cell.line for cell in _read(lines, candidates, file)]
    cells = _read(lines, starts, file)
    if [cell.line for cell in cells] != starts:
        raise fail(file, 0, f"cannot tell the lines of its cells: {len(cells)} cells, {len(starts)} markers")
    return cells


def _read(lines: list[str], markers: list[int], file: str) -> list[RawCell]:
    """Let jupytext read the lines with the given marker lines numbered."""
    numbered = list(lines)
    for number in markers:
        numbered[number - 1] = _numbered_marker(lines[number - 1], number)
    try:
        notebook = load_jupytext().reads("\n".join(numbered) + "\n", fmt="py:percent")
    except (ValueError, KeyError, TypeError) as error:
        raise fail(file, 1, f"jupytext cannot read the file: {str(error).splitlines()[0]}") from error
    cells = []
    for cell in notebook.cells:
        line = cell.metadata.get(_LINE_KEY)
        if line is None:
            first = (cell.source.splitlines() or [""])[0]
            raise fail(file, 1, f"text without a `# %%` marker would become a cell of its own: {first!r}")
        # The formatter puts blank lines between a marker and a function: none of them is meant for readers.
        cells.append(RawCell(cell.cell_type, cell.source.strip("\n"), line, lines[line - 1]))
    return cells


def _numbered_marker(line: str, number: int) -> str:
    """Return a bare marker of the same kind of cell that carries the line number."""
    kind = _KIND.search(line)
    return f"# %% {f'[{kind.group(1).lower()}] ' if kind else ''}{_LINE_KEY}={number}"
