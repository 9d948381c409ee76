"""A small course and a class of good and bad students, made for the tests."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import Hand, Mangle

CONFIG = (Path(__file__).parents[2] / "assignments" / "nbgrader_config.py").read_text("utf-8")
# The tests start many warm processes for one submission each.
CONFIG += "\nc.AutograderLimits.preload = []\n"
SECRET = 'assert double(21) == 42, "double(21) is not 42"'
SECRETS = (SECRET, 'assert square(-7) == 49, "square of a negative number"', "for secret_number in (11, 13):")


def nbgrader(name, points=None, *, grade=False, solution=False, locked=False):
    """Metadata as nbgrader's cell toolbar writes it."""
    data = {"schema_version": 3, "grade_id": name, "grade": grade, "solution": solution, "locked": locked}
    return {"nbgrader": data | {"task": False} | ({} if points is None else {"points": points})}


def solution(name, source):
    return new_code_cell(source, metadata=nbgrader(name, solution=True), id=name)


def test(name, points, source):
    return new_code_cell(source, metadata=nbgrader(name, points, grade=True, locked=True), id=name)


test.__test__ = False


def instructor_notebook():
    """Three answers in code, four tests with hidden parts, one written answer; 12 points."""
    written = nbgrader("why", 3, grade=True, solution=True)
    hidden = "\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
    cells = [
        new_markdown_cell("# Little functions\n\nMass and energy: $E = mc^2$.", id="title"),
        new_code_cell("import math", metadata=nbgrader("imports", locked=True), id="imports"),
        solution("double", "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
        test("test_double", 2, "assert double(1) == 2" + hidden.format(SECRET)),
        solution("square", "def square(x):\n    ### BEGIN SOLUTION\n    return x * x\n    ### END SOLUTION"),
        test("test_square", 2, "assert square(3) == 9" + hidden.format(SECRETS[1])),
        test(
            "test_sum", 1, "total = 0" + hidden.format(f"{SECRETS[2]}\n    assert square(secret_number) > 0")
        ),
        solution(
            "root", "def root(x):\n    ### BEGIN SOLUTION\n    return math.sqrt(x)\n    ### END SOLUTION"
        ),
        test(
            "test_root",
            4,
            "good = abs(root(9) - 3) < 1e-9\n4 if good else 1.5" + hidden.format("# nothing else"),
        ),
        new_markdown_cell("Because the derivative is known.", metadata=written, id="why"),
    ]
    # The last expression gives partial credit, so nothing may follow it.
    cells[8].source = hidden.format("good = abs(root(2) ** 2 - 2) < 1e-9").strip() + "\n4 if good else 1.5"
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": spec})


LOOP = "def double(x):\n    while True:\n        pass"
STUBBORN = "def square(x):\n    while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass"
WARNS = "import warnings\ndef square(x):\n    warnings.warn('slow')\n    return x * x"
PRINTS_TESTS = "def root(x):\n    return math.sqrt(x)\nprint(*In, sep='\\n')"
SCRIPT = "I know <script>alert('stolen')</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) that $a<b$."

CLASS = (
    Hand("right", "right", "Everything right.", expected={}),
    Hand(
        "wrong",
        "wrong",
        "Wrong sign.",
        {"square": "def square(x):\n    return -x * x"},
        expected={"test_square": 0, "test_sum": 0},
    ),
    Hand(
        "partial",
        "partly right",
        "Root is rough.",
        {"root": "def root(x):\n    return x / 3"},
        expected={"test_root": 1.5},
    ),
    Hand(
        "half",
        "hidden test fails",
        "Only the visible test passes.",
        {"double": "def double(x):\n    return 2"},
        expected={"test_double": 0},
    ),
    Hand(
        "empty",
        "incomplete",
        "Nothing filled in.",
        stubs=("double", "square", "root", "why"),
        expected={"test_double": 0, "test_square": 0, "test_sum": 0, "test_root": 0, "why": 0},
    ),
    Hand("loop", "endless loop", "Never returns.", {"double": LOOP}, expected={"test_double": 0}),
    Hand("stubborn", "ignores the interrupt", "Catches everything, for ever.", {"square": STUBBORN}),
    Hand("exits", "kills the kernel", "Leaves at once.", {"root": "import os\nos._exit(0)"}),
    Hand(
        "warns",
        "warns",
        "Right, with a warning.",
        {"square": WARNS},
        expected={"test_square": 0, "test_sum": 0},
    ),
    Hand("broken", "damaged", "Upload was cut.", mangle=Mangle.BROKEN_JSON),
    Hand("nothing", "missing", "Empty folder.", mangle=Mangle.MISSING_NOTEBOOK),
    Hand("renamed", "renamed", "As a browser names a second download.", mangle=Mangle.RENAMED),
    Hand("linked", "linked", "Points at the instructor's notebook.", mangle=Mangle.SYMLINK),
    Hand(
        "copies",
        "duplicated test",
        "Pasted a test cell.",
        {"double": "def double(x):\n    return 2"},
        mangle=Mangle.DUPLICATED_TEST,
        target="test_square",
        expected={"test_double": 0},
    ),
    Hand(
        "deletes",
        "deleted test",
        "Deleted a test that fails.",
        {"double": "def double(x):\n    return 2"},
        mangle=Mangle.DELETED_CELL,
        target="test_double",
        expected={"test_double": 0},
    ),
    Hand(
        "edits",
        "edited test",
        "Emptied a test that fails.",
        {"double": "def double(x):\n    return 2"},
        mangle=Mangle.EDITED_TEST,
        target="test_double",
        expected={"test_double": 0},
    ),
    Hand("future", "odd schema", "Metadata of another version.", mangle=Mangle.ODD_SCHEMA, expected={}),
    Hand(
        "script",
        "script",
        "Hides a script in an answer.",
        {"root": PRINTS_TESTS},
        written={"why": SCRIPT},
        expected={},
    ),
)


def make_course(folder, assignment="ps9"):
    """Write a course folder and return it."""
    source = folder / "source" / assignment
    source.mkdir(parents=True)
    nbformat.write(instructor_notebook(), source / f"{assignment}.ipynb")
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    return folder


def fingerprints(folder):
    """A digest of every file below a folder, by name; symbolic links by where they point."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def wait_for(condition, seconds=90):
    """Return what a condition gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came to that")
