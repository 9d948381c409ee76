"""Read a submission and mend, in a copy, what would otherwise stop its grading.

The folder that a student handed in is only ever read.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .course import Course
from .outcome import Status
from .sanitise import UnreadableError

__all__ = ["Submission", "UnreadableError", "grade_id", "mend", "read_notebook", "read_submission"]


@dataclass(frozen=True)
class Submission:
    """A submission that can be graded.

    Parameters
    ----------
    notebooks : mapping of str to NotebookNode
        The mended notebooks by name, without outputs.
    files : mapping of str to Path
        The files handed in beside them, by relative name.
    notes : tuple of str
        What was mended or left out.
    """

    notebooks: Mapping[str, NotebookNode]
    files: Mapping[str, Path]
    notes: tuple[str, ...]


def read_submission(course: Course, student: str, assignment: str) -> Submission:
    """Read what a student handed in, ready for grading.

    Raises
    ------
    UnreadableError
        If nothing was handed in, or a notebook cannot be read.
    """
    folder = course.submitted(student, assignment)
    names = [path.stem for path in sorted(course.release(assignment).parent.glob("*.ipynb"))] or [assignment]
    paths = {name: folder / f"{name}.ipynb" for name in names}
    # One that is missing among several is nbgrader's to judge; without any there is nothing to grade.
    present = {name: path for name, path in paths.items() if path.is_file() or path.is_symlink()} or paths
    for path in present.values():
        _require_notebook(folder, path)
    files, links = _other_files(folder)
    notebooks: dict[str, NotebookNode] = {}
    notes: list[str] = []
    for name, path in present.items():
        template = read_notebook(course.release(assignment).with_name(path.name))
        notebooks[name], mended = mend(_read_untrusted(path), template)
        notes += mended
    left_out = (f"the symbolic link `{name}` was left out" for name in links)
    return Submission(notebooks, files, (*notes, *left_out))


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of our own."""
    return nbformat.read(path, as_version=4)


def grade_id(cell: NotebookNode) -> str | None:
    """Return nbgrader's name of a cell, or ``None`` for an ordinary cell."""
    metadata = cell.metadata.get("nbgrader")
    name = metadata.get("grade_id") if isinstance(metadata, Mapping) else None
    return name if isinstance(name, str) and name else None


def mend(submitted: NotebookNode, template: NotebookNode) -> tuple[NotebookNode, tuple[str, ...]]:
    """Return a copy whose nbgrader metadata is the release's own, and notes on what was changed.

    nbgrader stops, or grades wrongly, when a graded cell was copied (it keeps the last copy and strips the
    others to metadata that its own check refuses), deleted, invented or relabelled. Here the last copy
    counts too, other copies run as ordinary cells, deleted cells come back where they stood, and
    metadata always comes from the release.

    Parameters
    ----------
    submitted : NotebookNode
        The student's notebook.
    template : NotebookNode
        The student copy as released.
    """
    result = deepcopy(submitted)
    known = {name: cell for cell in template.cells if (name := grade_id(cell))}
    last = {name: index for index, cell in enumerate(result.cells) if (name := grade_id(cell))}
    notes = [
        note
        for index, cell in enumerate(result.cells)
        if (note := _relabel(cell, known, is_last=last.get(grade_id(cell) or "") == index))
    ]
    notes += _put_back(result, template)
    result.metadata["kernelspec"] = deepcopy(template.metadata.get("kernelspec", {}))
    return result, tuple(notes)


def _relabel(cell: NotebookNode, known: Mapping[str, NotebookNode], is_last: bool) -> str | None:
    """Give a cell the release's metadata, or none; return a note if something was wrong with it."""
    name = grade_id(cell)
    original = known.get(name) if name else None
    if original is None or not is_last:
        cell.metadata.pop("nbgrader", None)
        if original is not None:
            return f"a duplicated cell `{name}` was ignored: it ran as an ordinary cell"
        return f"a cell with the unknown name `{name}` ran as an ordinary cell" if name else None
    cell.metadata["nbgrader"] = deepcopy(original.metadata["nbgrader"])
    locked = cell.metadata["nbgrader"].get("locked", False)
    if locked and (cell.source, cell.cell_type) != (original.source, original.cell_type):
        return f"the locked cell `{name}` had been edited: the original ran instead"
    return None


def _put_back(notebook: NotebookNode, template: NotebookNode) -> list[str]:
    """Insert deleted cells after the cell that they followed; return notes."""
    notes, position = [], 0
    for cell in template.cells:
        name = grade_id(cell)
        if name is None:
            continue
        found = next((i for i, other in enumerate(notebook.cells) if grade_id(other) == name), None)
        if found is None:
            notebook.cells.insert(position, deepcopy(cell))
            notes.append(f"the deleted cell `{name}` was put back")
            found = position
        position = found + 1
    return notes


def _require_notebook(folder: Path, path: Path) -> None:
    """Say plainly what is wrong when the expected file is not there."""
    if path.is_file() and not path.is_symlink() and not folder.is_symlink():
        return
    if path.is_symlink() or folder.is_symlink():
        raise UnreadableError(
            Status.NOT_GRADABLE,
            f"{path.name} is a symbolic link, not a notebook.",
            "Ask the student to hand in the file itself.",
        )
    others = sorted(p.name for p in folder.glob("*.ipynb")) if folder.is_dir() else []
    if others:
        raise UnreadableError(
            Status.NOT_GRADABLE,
            f"The notebook is called `{others[0]}`, but `{path.name}` is expected.",
            f"If it is the right one, rename it to {path.name} and grade this student again.",
        )
    raise UnreadableError(
        Status.MISSING, f"No {path.name} was handed in.", "Nothing to do, or ask the student."
    )


def _other_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the files beside the notebook, and the symbolic links, which could point at anything."""
    files, links = {}, []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links.append(name)
        elif path.is_file() and path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts:
            files[name] = path
    return files, links


def _read_untrusted(path: Path) -> NotebookNode:
    """Read a student's notebook without its outputs."""
    again = "Ask the student to save the notebook and hand it in again."
    try:
        data = json.loads(path.read_text("utf-8-sig"))
        if not isinstance(data, dict):
            raise TypeError("its outermost value is not an object")
        return _normalise(data)
    except json.JSONDecodeError as problem:
        reason = f"{path.name} is damaged: not valid JSON (line {problem.lineno}, column {problem.colno})."
    except UnicodeDecodeError:
        reason = f"{path.name} is damaged: not UTF-8 text."
    except Exception as problem:
        # nbformat raises many kinds for files that are JSON but no notebook.
        line = next(iter(str(problem).splitlines()), "")[:120]
        reason = f"{path.name} is not a notebook ({type(problem).__name__}: {line})."
    raise UnreadableError(Status.NOT_GRADABLE, reason, again)


def _normalise(data: dict[str, object]) -> NotebookNode:
    """Bring a parsed notebook to the current format, drop outputs, and check it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.reads(json.dumps(data), as_version=4)
        for cell in notebook.cells:
            cell.setdefault("metadata", NotebookNode())
            if cell.cell_type == "code":
                cell["outputs"], cell["execution_count"] = [], None
        _, notebook = nbformat.validator.normalize(notebook, strip_invalid_metadata=True)
        nbformat.validate(notebook)
    return notebook
