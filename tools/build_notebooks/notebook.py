"""Put a notebook together from its source, and write notebooks the one way that the course has."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.build_notebooks.errors import BuildError, Problem
from tools.build_notebooks.formulas import Registry, check_mathematics, expand_formulas
from tools.build_notebooks.grading import check_grading, check_regions, nbgrader_metadata
from tools.build_notebooks.markers import check_markers, name_of
from tools.build_notebooks.parts import Parts, expand_parts, no_parts
from tools.build_notebooks.source import SourceCell, read_source

# Only what does not depend on the machine: no version of Python.
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}


@dataclass(frozen=True)
class Assembled:
    """A notebook that has not been run, and the line of its source that each cell id comes from."""

    notebook: NotebookNode
    cells: tuple[SourceCell, ...]

    def line_of(self, cell_id: str) -> int:
        """Return the line of the marker of a cell, 0 for an id that is not in the source."""
        lines = {node.id: cell.line for node, cell in zip(self.notebook.cells, self.cells, strict=True)}
        return lines.get(cell_id, 0)


def assemble(
    text: str, file: str, registry: Registry, *, assignment: bool, parts: Parts = no_parts
) -> Assembled:
    """Return the notebook of a source text, not executed; `parts` reads code shared by problem sets.

    Raises
    ------
    BuildError
        With every mistake in the source.
    """
    cells = read_source(text, file)
    problems = check_markers(cells, file, assignment=assignment)
    cells, missing = expand_parts(cells, file, parts) if assignment else (cells, [])
    problems += missing
    problems += [problem for cell in cells for problem in check_mathematics(cell, file)]
    if assignment:
        problems += check_grading(cells, file)
    else:
        problems += [problem for cell in cells for problem in check_regions(cell, file)]
    sources = []
    for cell in cells:
        try:
            sources.append(expand_formulas(cell, file, registry) if cell.kind == "markdown" else cell.source)
        except BuildError as failure:
            problems += failure.problems
    if problems:
        raise BuildError(problems)
    nodes = [_node(*parts) for parts in zip(cells, sources, cell_ids(cells), strict=True)]
    metadata = {"kernelspec": dict(KERNELSPEC), "language_info": json.loads(json.dumps(LANGUAGE_INFO))}
    return Assembled(new_notebook(cells=nodes, metadata=metadata), tuple(cells))


def cell_ids(cells: list[SourceCell]) -> list[str]:
    """Return an id for each cell that does not depend on the cells around it.

    It is the author's id, else 8 hexadecimal digits from the kind and source of the cell, with -2, -3, ...
    where the same cell comes again.
    """
    named = {name_of(cell) for cell in cells}
    ids: list[str] = []
    for cell in cells:
        digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
        name, repeat = name_of(cell), 1
        cell_id = name or digest
        while name is None and (cell_id in named or cell_id in ids):
            repeat += 1
            cell_id = f"{digest}-{repeat}"
        ids.append(cell_id)
    return ids


def _node(cell: SourceCell, source: str, cell_id: str) -> NotebookNode:
    """Return the notebook's cell for a cell of the source."""
    make = new_code_cell if cell.kind == "code" else new_markdown_cell
    return make(source=source, id=cell_id, metadata=_metadata(cell))


def _metadata(cell: SourceCell) -> dict[str, Any]:
    """Expand the options of a cell into notebook metadata."""
    metadata: dict[str, Any] = {}
    if "fold" in cell.options:
        metadata["jupyter"] = {"source_hidden": True}
    tags = {"raises": "raises-exception", "check": "nbval-ignore-output"}
    chosen = [tag for option, tag in tags.items() if option in cell.options]
    if chosen:
        metadata["tags"] = chosen
    nbgrader = nbgrader_metadata(cell)
    if nbgrader is not None:
        metadata["nbgrader"] = nbgrader
    return metadata


def to_text(notebook: NotebookNode) -> str:
    """Return the text of a notebook file: format 4.5, indent 1, sorted keys, a newline at the end."""
    notebook = nbformat.from_dict(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT, indent=1, ensure_ascii=False)
    return text.rstrip("\n") + "\n"


def from_text(text: str, file: str) -> NotebookNode:
    """Read a notebook file; BuildError if it is none."""
    try:
        notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds for what people do to a file
        reason = f"not a valid notebook of format 4.5: {str(error).splitlines()[0]}"
        raise BuildError([Problem(file, 0, reason)]) from error
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        reason = f"notebook format is {notebook.nbformat}.{notebook.nbformat_minor}, the builder writes 4.5"
        raise BuildError([Problem(file, 0, reason)])
    return notebook


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file in one step; return False, and leave the file alone, if it has this content already."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True
