"""Build one target, and write or check what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from tools.build_notebooks.compare import cleaner, compare_texts
from tools.build_notebooks.course import Target
from tools.build_notebooks.errors import Problem, fail
from tools.build_notebooks.execute import execute
from tools.build_notebooks.formulas import Registry
from tools.build_notebooks.notebook import Assembled, assemble, from_text, to_text, write_if_changed
from tools.build_notebooks.parts import parts_in
from tools.build_notebooks.release import make_release
from tools.build_notebooks.reproducible import make_reproducible


@dataclass(frozen=True)
class Built:
    """What a target gives: the content of each file, by path relative to the root of the course."""

    target: Target
    assembled: Assembled
    files: dict[str, bytes]


def build(target: Target, registry: Registry, timeout: int, *, execute_lectures: bool = True) -> Built:
    """Build a target in memory; ``timeout`` is in seconds a cell. Raises BuildError.

    Without ``execute_lectures`` a lecture gets the outputs of its committed notebook, cell by cell: enough to
    tell whether the sources agree, in no time.
    """
    try:
        text = target.source.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise fail(target.source_name, 0, f"the file is not UTF-8: {error.reason}") from error
    parts = parts_in(target.parts_folder, target.root)
    assembled = assemble(text, target.source_name, registry, assignment=target.is_assignment, parts=parts)
    if target.is_assignment:
        files = _assignment(target, assembled)
    elif execute_lectures:
        files = _lecture(target, assembled, timeout)
    else:
        files = _lecture_as_committed(target, assembled)
    return Built(target, assembled, files)


def _lecture(target: Target, assembled: Assembled, timeout: int) -> dict[str, bytes]:
    """Return the executed notebook of a lecture."""
    notebook = execute(assembled, target.source_name, target.folder, timeout)
    make_reproducible(notebook, target.stem, target.root)
    return {target.notebook_name: to_text(notebook).encode()}


def _lecture_as_committed(target: Target, assembled: Assembled) -> dict[str, bytes]:
    """Return the notebook of a lecture with what the committed one computed."""
    notebook = assembled.notebook
    path = target.root / target.notebook_name
    if path.is_file():
        committed = from_text(path.read_text(encoding="utf-8"), target.notebook_name)
        computed = {cell.get("id"): cell for cell in committed.cells if cell.cell_type == "code"}
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.id in computed:
                cell.outputs = computed[cell.id].outputs
                cell.execution_count = computed[cell.id].execution_count
        if "widgets" in committed.metadata:
            notebook.metadata["widgets"] = committed.metadata["widgets"]
    return {target.notebook_name: to_text(notebook).encode()}


def _assignment(target: Target, assembled: Assembled) -> dict[str, bytes]:
    """Return the instructor copy and the student copy of an assignment."""
    text = to_text(assembled.notebook)
    release = target.release_folder.relative_to(target.root).as_posix()
    copies = {f"{release}/{name}": content for name, content in make_release(target, text).items()}
    return {target.notebook_name: text.encode(), **copies}


def write(built: Built) -> list[str]:
    """Write what changed; return the names of the files written or removed."""
    root = built.target.root
    changed = [name for name, content in built.files.items() if write_if_changed(root / name, content)]
    for name in _left_over(built):
        (root / name).unlink()
        changed.append(name)
    return changed


def check(built: Built) -> list[Problem]:
    """Return every difference between what was built and what is committed."""
    problems = []
    for name, content in built.files.items():
        path = built.target.root / name
        if not path.is_file():
            problems.append(Problem(name, 0, f"missing; it comes from {built.target.source_name}"))
        elif name.endswith(".ipynb"):
            problems += _check_notebook(built, name, content.decode())
        elif path.read_bytes() != content:
            problems.append(Problem(name, 0, f"differs from the file in {built.target.folder.name}"))
    reason = f"left over in the student copy; nothing in assignments/source/{built.target.stem} gives it"
    return problems + [Problem(name, 0, reason) for name in _left_over(built)]


def _check_notebook(built: Built, name: str, text: str) -> list[Problem]:
    """Compare one committed notebook with the text that was built."""
    target = built.target
    committed = (target.root / name).read_text(encoding="utf-8", errors="replace")
    clean = cleaner(target.stem, target.root)
    return compare_texts(text, committed, name, target.source_name, built.assembled.line_of, clean)


def _left_over(built: Built) -> list[str]:
    """Return files in the student copy that were not built: the folder is made by the builder alone."""
    if not built.target.is_assignment:
        return []
    found = [path for path in built.target.release_folder.rglob("*") if path.is_file()]
    found = sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)
    names = [path.relative_to(built.target.root).as_posix() for path in found]
    return [name for name in names if name not in built.files]
