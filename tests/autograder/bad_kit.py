"""Bad submissions of every kind, by id: what was done, what comes of it, and how it is made.

python tests/autograder/bad_kit.py      prints the table of docs/grading.md
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

FULL = {"test_double": 2, "test_square": 2, "test_sum": 1, "test_root": 4, "why": None}
GRADED, REFUSED, MISSING = "graded", "not gradable", "missing"
HUGE = 100_000_000


@dataclass(frozen=True)
class Bad:
    """One kind of bad submission.

    Parameters
    ----------
    what : str
        What the student did.
    status : str
        What the record says; work that is graded has full points for what is right in it.
    words : str
        Part of the reason, or of a note; empty if there is nothing to say.
    make : callable
        Writes it into a folder, from the right notebook.
    """

    what: str
    status: str
    words: str
    make: Callable[[Path, dict], None]


def _write(folder, notebook):
    (folder / "ps9.ipynb").write_text(json.dumps(notebook), "utf-8")


def _bytes(content):
    return lambda folder, good: (folder / "ps9.ipynb").write_bytes(
        content(good) if callable(content) else content
    )


def _cells(change):
    """Hand in the right notebook with changed cells."""

    def make(folder, good):
        notebook = deepcopy(good)
        change(notebook["cells"])
        _write(folder, notebook)

    return make


def _cell(cells, name):
    return next(cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def _notebook(**values):
    return lambda folder, good: _write(folder, {**good, **values})


def _beside(**files):
    """Hand in the right notebook with files beside it."""

    def make(folder, good):
        _write(folder, good)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    return make


def _split_answer(cells):
    cells.insert(0, {**deepcopy(_cell(cells, "double")), "source": "half = 1", "id": "half"})


def _tag(name):
    def change(cells):
        for cell in cells:
            cell["metadata"]["tags"] = [name]

    return _cells(change)


def _odd_files(folder, good):
    _write(folder, good)
    for name in ("a b\n.txt", "-rf", "Grüße.csv", "x'; drop table", "%s{0}$HOME"):
        (folder / name).write_text("1")


def _link_beside(folder, good):
    _write(folder, good)
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "folder").symlink_to("/etc")


def _linked_folder(folder, good):
    real = folder.with_name("elsewhere")
    real.mkdir()
    _write(real, good)
    folder.rmdir()
    folder.symlink_to(real)


def _pipe(folder, good):
    _write(folder, good)
    os.mkfifo(folder / "pipe")


def _huge_output(folder, good):
    """A notebook of 100 MB, nearly all of it one line of output."""
    notebook = deepcopy(good)
    mark = "MARK"
    _cell(notebook["cells"], "double")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": mark}
    ]
    before, after = json.dumps(notebook).encode().split(mark.encode())
    with (folder / "ps9.ipynb").open("wb") as stream:
        stream.write(before + b"x" * HUGE + after)


def _too_large(folder, good):
    _write(folder, good)
    os.truncate(folder / "ps9.ipynb", 300_000_000)


def _old_format(folder, good):
    old = nbformat.convert(nbformat.from_dict(good), 3)
    (folder / "ps9.ipynb").write_text(nbformat.writes(old, version=3), "utf-8")


def _no_marks(cells):
    for cell in cells:
        cell["metadata"] = {}


def _set(name, **values):
    return _cells(lambda cells: _cell(cells, name)["metadata"]["nbgrader"].update(values))


R = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
BAD = {
    "cut": Bad("a file cut off in the middle", REFUSED, "not valid JSON", _bytes(b'{"cells": [')),
    "empty": Bad("an empty file", REFUSED, "not valid JSON", _bytes(b"")),
    "zip": Bad("another kind of file under the name", REFUSED, "not UTF-8", _bytes(b"PK\x03\x04\xff\xfe\x00")),
    "latin-1": Bad("not UTF-8", REFUSED, "not UTF-8", _bytes('{"cells": ["Grüße"]}'.encode("latin-1"))),
    "utf-16": Bad("UTF-16 with its mark", GRADED, "", _bytes(lambda good: json.dumps(good).encode("utf-16"))),
    "deep": Bad("JSON nested 100,000 deep", REFUSED, "nested too deeply", _bytes(b"[" * 100_000)),
    "no-notebook": Bad("JSON that is no notebook", REFUSED, "is not a notebook", _bytes(b'{"a": 1}')),
    "format-3": Bad("a notebook of format 3", GRADED, "", _old_format),
    "format-77": Bad("a format of the future", REFUSED, "format version is 77", _notebook(nbformat=77)),
    "nothing": Bad("an empty folder", MISSING, "No ps9.ipynb", lambda folder, good: None),
    "renamed": Bad(
        "another name", REFUSED, "rename", lambda folder, good: _beside(**{"ps9 (1).ipynb": json.dumps(good).encode()})(folder, good) or (folder / "ps9.ipynb").unlink()
    ),
    "a-folder": Bad(
        "a folder of that name", MISSING, "No ps9.ipynb", lambda folder, good: (folder / "ps9.ipynb").mkdir()
    ),
    "extra": Bad("a second notebook", GRADED, "`Untitled.ipynb` is none of", _beside(**{"Untitled.ipynb": b"{}"})),
    "deleted": Bad(
        "a test deleted", GRADED, "`test_root` was put back", _cells(lambda cells: cells.remove(_cell(cells, "test_root")))
    ),
    "no-marks": Bad("every cell's metadata deleted", GRADED, "was put back", _cells(_no_marks)),
    "duplicated": Bad(
        "a test pasted twice", GRADED, "duplicated cell `test_root`", _cells(lambda cells: cells.append(deepcopy(_cell(cells, "test_root"))))
    ),
    "split": Bad("an answer split into two cells", GRADED, "duplicated cell `double`", _cells(_split_answer)),
    "retyped": Bad(
        "a test turned into text", GRADED, "`test_root` had been edited", _cells(lambda cells: _cell(cells, "test_root").update(cell_type="markdown"))
    ),
    "edited": Bad(
        "a test emptied", GRADED, "`test_root` had been edited", _cells(lambda cells: _cell(cells, "test_root").update(source=""))
    ),
    "points": Bad("points of a test raised", GRADED, "", _set("test_root", points=1000)),
    "unlocked": Bad("a test declared an answer", GRADED, "", _set("test_root", solution=True, locked=False)),
    "schema-99": Bad("a schema version of the future", GRADED, "", _set("test_root", schema_version=99)),
    "schema-text": Bad("a schema version that is no number", GRADED, "", _set("test_root", schema_version="x")),
    "unknown-name": Bad("a graded cell that is made up", GRADED, "unknown name `bonus`", _set("imports", grade_id="bonus")),
    "skip": Bad("the tag `skip-execution` on every cell", GRADED, "`skip-execution`", _tag("skip-execution")),
    "raises": Bad("the tag `raises-exception` on every cell", GRADED, "", _tag("raises-exception")),
    "shadows": Bad(
        "files named like modules", GRADED, "", _beside(**{f"{name}.py": b"1 / 0" for name in ("numpy", "math", "ast", "json", "ipykernel_launcher")})
    ),
    "shadow-package": Bad("a folder named like a package", GRADED, "", _beside(**{"IPython/__init__.py": b"1 / 0"})),
    "odd-names": Bad("files of odd names", GRADED, "", _odd_files),
    "link": Bad("links to other files beside it", GRADED, "symbolic link `link` was left out", _link_beside),
    "linked-notebook": Bad(
        "a link instead of the notebook", REFUSED, "symbolic link", lambda folder, good: (folder / "ps9.ipynb").symlink_to("/etc/passwd")
    ),
    "linked-folder": Bad("a link instead of the folder", REFUSED, "symbolic link", _linked_folder),
    "pipe": Bad("a named pipe beside it", GRADED, "", _pipe),
    "100-mb": Bad("100 MB of saved output", GRADED, "", _huge_output),
    "300-mb": Bad("a file above the limit", REFUSED, "300 MB", _too_large),
    "kernel": Bad("another kernel chosen", GRADED, "another kernel (`ir`)", _notebook(metadata=R)),
    "no-kernel": Bad("no kernel named", GRADED, "", _notebook(metadata={})),
}  # fmt: skip


def hand_in(course, kind, good):
    """Put a bad submission of this kind into a course, under the name of its kind."""
    folder = course.submitted(kind, "ps9")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    BAD[kind].make(folder, good)


def table():
    """The table of docs/grading.md."""
    lines = ["| id | what was handed in | status |", "|---|---|---|"]
    lines += [f"| `{kind}` | {bad.what} | {bad.status} |" for kind, bad in BAD.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
