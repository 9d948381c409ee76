"""Read what a student handed in, and put back what must not have changed.

Works on plain dictionaries: a submission is rebuilt from the parts that a notebook may have, so that the
result is valid by construction and nothing has to be validated afterwards. What belongs to the instructor
(locked cells, hidden tests, points, metadata) comes from the gradebook, as in nbgrader's ``OverwriteCells``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .outcome import Status

__all__ = [
    "Cell",
    "Template",
    "TemplateCell",
    "UnreadableError",
    "checksum",
    "mend",
    "metadata",
    "parse",
    "read_bytes",
    "strip_hidden",
]

Cell = dict[str, Any]
_SKIP_TAG = "skip-execution"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DEPTH = 20
_AGAIN = "Ask the student to save the notebook and hand it in again."


class UnreadableError(Exception):
    """There is nothing to grade: carries the status, a plain reason and the next step."""

    def __init__(self, status: Status, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.next_step = next_step


@dataclass(frozen=True)
class TemplateCell:
    """A cell that nbgrader knows, as the gradebook has it.

    Parameters
    ----------
    name : str
        Its grade id.
    cell_type : str
        ``"code"`` or ``"markdown"``.
    source : str
        With hidden tests if it is locked; what students find there if it is not.
    locked, grade, solution, task : bool
        nbgrader's flags.
    points : float or None
        What can be earned.
    checksum : str or None
        Of the cell as released; an answer with this checksum is no answer.
    visible : str
        The source that students see.
    """

    name: str
    cell_type: str
    source: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None
    checksum: str | None
    visible: str = ""

    @property
    def manual(self) -> bool:
        """Whether a person grades it."""
        return self.task or (self.grade and (self.solution or self.cell_type != "code"))


@dataclass(frozen=True)
class Template:
    """A notebook of an assignment, as the gradebook has it.

    Parameters
    ----------
    name : str
        Its name, without ``.ipynb``.
    kernelspec : mapping
        Of the instructor's notebook; may be empty.
    cells : tuple of TemplateCell
        In the order of the notebook.
    """

    name: str
    kernelspec: Mapping[str, Any]
    cells: tuple[TemplateCell, ...]

    @property
    def language(self) -> str:
        """The language of its kernel, as far as it is known."""
        return str(self.kernelspec.get("language") or "python").lower()

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Template:
        """Undo `to_dict`."""
        cells = tuple(TemplateCell(**cell) for cell in data["cells"])
        return cls(data["name"], data["kernelspec"], cells)


def metadata(cell: TemplateCell) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell in its current version."""
    data: dict[str, Any] = {
        "cell_type": cell.cell_type,
        "checksum": cell.checksum,
        "grade": cell.grade,
        "grade_id": cell.name,
        "locked": cell.locked,
        "schema_version": 3,
        "solution": cell.solution,
        "task": cell.task,
    }
    if cell.checksum is None:
        del data["checksum"]
    if cell.points is not None:
        data["points"] = cell.points
    return data


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a file of a student that may have any size.

    Raises
    ------
    UnreadableError
        If it is larger than `limit` bytes, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise UnreadableError(
                Status.NOT_GRADABLE,
                f"{path.name} has {size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are read.",
                "Ask the student to clear the outputs, or raise c.AutograderLimits.notebook_bytes.",
            )
        return path.read_bytes()
    except OSError as problem:
        raise UnreadableError(
            Status.NOT_GRADABLE,
            f"{path.name} cannot be read ({problem.strerror}).",
            "Look at its permissions.",
        ) from problem


def parse(data: bytes, name: str) -> dict[str, Any]:
    """Return a student's notebook in today's format, without outputs.

    Raises
    ------
    UnreadableError
        If it is no notebook.
    """
    try:
        notebook = json.loads(_decode(data))
        if not isinstance(notebook, dict):
            raise TypeError("its outermost value is not an object")
        if notebook.get("nbformat") != 4:
            notebook = _upgrade(notebook)
        return _rebuild(notebook)
    except json.JSONDecodeError as problem:
        reason = f"{name} is damaged: not valid JSON (line {problem.lineno}, column {problem.colno})."
    except UnicodeDecodeError:
        reason = f"{name} is damaged: not UTF-8 text."
    except RecursionError:
        reason = f"{name} is not a notebook: its values are nested too deeply."
    except Exception as problem:
        # Files that are JSON but no notebook fail in many ways.
        line = next(iter(str(problem).splitlines()), "")[:120]
        reason = f"{name} is not a notebook ({type(problem).__name__}: {line})."
    raise UnreadableError(Status.NOT_GRADABLE, reason, _AGAIN)


def _decode(data: bytes) -> str:
    """Decode UTF-8 with or without a byte order mark, and UTF-16 with one."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def _upgrade(notebook: dict[str, Any]) -> dict[str, Any]:
    """Bring a notebook of an older format to the current one."""
    version = notebook.get("nbformat")
    if not isinstance(version, int) or not 1 <= version <= 4:
        raise ValueError(f"its format version is {str(version)[:20]}, 4 is the newest that is known")
    import warnings  # noqa: PLC0415

    import nbformat  # noqa: PLC0415  (slow to load, and seldom needed)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upgraded: dict[str, Any] = json.loads(json.dumps(nbformat.convert(nbformat.from_dict(notebook), 4)))
    for cell in upgraded["cells"]:
        cell.pop("id", None)  # drawn by chance a moment ago; the same notebook should give the same copy
    return upgraded


def _rebuild(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the parts that a notebook may have; ids become valid and unique."""
    cells = notebook["cells"]
    if not isinstance(cells, list):
        raise TypeError("its cells are not a list")
    seen: set[str] = set()
    return {
        "cells": [_rebuild_cell(cell, index, seen) for index, cell in enumerate(cells)],
        "metadata": _fitting(notebook.get("metadata"), _NOTEBOOK_KINDS),
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _rebuild_cell(cell: Any, index: int, seen: set[str]) -> Cell:
    if not isinstance(cell, dict):
        raise TypeError(f"cell {index + 1} is not an object")
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "markdown" if kind in ("heading", "html") else "raw"
    result: Cell = {
        "cell_type": kind,
        "id": _unique(cell.get("id"), index, seen),
        "metadata": _fitting(cell.get("metadata"), _CELL_KINDS),
        "source": _text(cell.get("source", "")),
    }
    if kind != "code" and isinstance(cell.get("attachments"), dict):
        result["attachments"] = _fitting(cell["attachments"], {}, _is_bundle)
    return _as(result, kind)


def _as(cell: Cell, kind: str) -> Cell:
    """Give a cell the fields of its kind, in place."""
    cell["cell_type"] = kind
    if kind == "code":
        cell.pop("attachments", None)
        cell["outputs"], cell["execution_count"] = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    return cell


def _unique(name: Any, index: int, seen: set[str]) -> str:
    """Return an id that the format allows and no other cell has."""
    if not isinstance(name, str) or not _ID.fullmatch(name) or name in seen:
        name, number = f"cell-{index}", 0
        while name in seen:
            number += 1
            name = f"cell-{index}-{number}"
    seen.add(name)
    return name


def _text(source: Any) -> str:
    """A source is a text, or a list of its lines."""
    if isinstance(source, list):
        return "".join(map(_text, source)) if all(isinstance(line, str) for line in source) else ""
    if not isinstance(source, str):
        raise TypeError("a cell's source is not text")
    # Half of a surrogate pair is legal in JSON and cannot be written as UTF-8.
    return source if source.isascii() else source.encode("utf-8", "replace").decode("utf-8")


def _fitting(
    data: Any, kinds: Mapping[str, Callable[[Any], bool]], others: Callable[[Any], bool] = lambda value: True
) -> dict[str, Any]:
    """Return a dictionary without values that the format forbids, or that are nested too deeply."""
    if not isinstance(data, dict):
        return {}
    return {
        name: value
        for name, value in data.items()
        if _depth(value) < _DEPTH and kinds.get(name, others)(value)
    }


def _is_tags(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(tag, str) for tag in value)


def _is_flags(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(flag, bool) for flag in value.values())


def _is_bundle(value: Any) -> bool:
    """Whether this is an attached file: its text, or the lines of it, by media type."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _never(value: Any) -> bool:
    return False


# What the notebook format says of well-known metadata. Timings of a student's own run are left out.
_CELL_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "collapsed": lambda value: isinstance(value, bool),
    "execution": _never,
    "format": lambda value: isinstance(value, str),
    "jupyter": _is_flags,
    "name": lambda value: isinstance(value, str) and bool(value),
    "scrolled": lambda value: isinstance(value, bool),
    "tags": _is_tags,
}
_NOTEBOOK_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "authors": _never,
    "kernelspec": lambda value: isinstance(value, dict),
    "language_info": _never,
    "orig_nbformat": _never,
    "title": lambda value: isinstance(value, str),
}


def _depth(value: Any, level: int = 0) -> int:
    if level >= _DEPTH or not isinstance(value, (dict, list)):
        return level
    parts = value.values() if isinstance(value, dict) else value
    return max((_depth(part, level + 1) for part in parts), default=level + 1)


def mend(notebook: dict[str, Any], template: Template) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the notebook with everything of the instructor's restored, and notes on what had changed.

    The last copy of a duplicated cell counts, as in nbgrader; other copies run as ordinary cells. Deleted
    cells come back where they stood. Tags that keep a cell from running are dropped.
    """
    known = {cell.name: cell for cell in template.cells}
    cells: list[Cell] = notebook["cells"]
    last = {name: index for index, cell in enumerate(cells) if (name := _name(cell))}
    notes: list[str] = []
    for index, cell in enumerate(cells):
        name = _name(cell)
        _drop_skip_tag(cell, name or f"cell {index + 1}", notes)
        original = known.get(name) if name is not None and last[name] == index else None
        if original is not None:
            _restore(cell, original, notes)
            continue
        cell["metadata"].pop("nbgrader", None)
        if name in known:
            notes.append(f"a duplicated cell `{name}` was ignored: it ran as an ordinary cell")
        elif name is not None:
            notes.append(f"a cell with the unknown name `{name[:80]}` ran as an ordinary cell")
    _put_back(cells, template.cells, notes)
    kernel = notebook["metadata"].get("kernelspec")
    if isinstance(kernel, dict) and str(kernel.get("language", "python")).lower() != template.language:
        notes.append(
            f"the notebook was set to another kernel (`{str(kernel.get('name'))[:40]}`): ran with Python"
        )
    notebook["metadata"]["kernelspec"] = dict(template.kernelspec) or {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook, tuple(notes)


def _name(cell: Cell) -> str | None:
    """nbgrader's name of a cell, if it has one."""
    data = cell["metadata"].get("nbgrader")
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) and name else None


def _drop_skip_tag(cell: Cell, name: str, notes: list[str]) -> None:
    """Drop the tag that keeps a cell from running, and tags that the format forbids."""
    tags = cell["metadata"].get("tags")
    if tags is not None:
        fine = [tag for tag in dict.fromkeys(tags) if tag and "," not in tag and tag != _SKIP_TAG]
        cell["metadata"]["tags"] = fine
        if _SKIP_TAG in tags:
            notes.append(f"the tag `{_SKIP_TAG}` of `{name}` was dropped")


def _restore(cell: Cell, original: TemplateCell, notes: list[str]) -> None:
    """Give a cell its metadata and kind back, and its source if it is locked."""
    cell["metadata"]["nbgrader"] = metadata(original)
    retyped = cell["cell_type"] != original.cell_type
    if retyped:
        _as(cell, original.cell_type)
    edited = original.locked and not _same(cell["source"], original)
    if original.locked:
        cell["source"] = original.source
    if edited or (retyped and original.locked):
        notes.append(f"the locked cell `{original.name}` had been edited: the original ran instead")
    elif retyped:
        notes.append(f"the cell `{original.name}` had been given another type: it got its own back")


def _same(source: str, original: TemplateCell) -> bool:
    """Whether a locked cell is as students got it; blank space at its ends does not count."""
    return source.strip() in (original.visible.strip(), original.source.strip())


def _put_back(cells: list[Cell], known: Sequence[TemplateCell], notes: list[str]) -> None:
    """Insert deleted cells after the cell that they followed."""
    places = {name: index for index, cell in enumerate(cells) if (name := _name(cell))}
    ids = {cell["id"] for cell in cells}
    position = 0
    for original in known:
        if original.name in places:
            position = next(i for i, cell in enumerate(cells) if _name(cell) == original.name) + 1
            continue
        new = {"metadata": {"nbgrader": metadata(original)}, "source": original.source}
        new["id"] = _unique(original.name, len(cells), ids)
        cells.insert(position, _as(new, original.cell_type))
        notes.append(f"the deleted cell `{original.name}` was put back")
        position += 1


def strip_hidden(source: str, regions: Sequence[tuple[str, str]]) -> str:
    """Return the source without hidden regions, as students see it.

    Parameters
    ----------
    source : str
        The instructor's.
    regions : sequence of (str, str)
        What marks the first and the last line of a region.
    """
    lines: list[str] = []
    end: str | None = None
    for line in source.split("\n"):
        if end is not None:
            end = None if end in line else end
            continue
        end = next((closing for opening, closing in regions if opening in line), None)
        if end is None:
            lines.append(line)
    return "\n".join(lines)


def checksum(source: str, cell: TemplateCell) -> str:
    """Return nbgrader's checksum of a cell with this source."""
    locked = not cell.solution and (cell.grade or cell.locked)
    parts = [source, cell.cell_type, str(cell.grade), str(cell.solution), str(locked), cell.name]
    if cell.grade:
        parts.append(str(float(cell.points or 0.0)))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()
