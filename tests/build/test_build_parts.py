"""Code that problem sets share: where it comes from, what its cell looks like, what is refused."""

import nbformat
import pytest
from build_courses import ASSIGNMENT, REGISTRY, make_course, run

from tools.build_notebooks.errors import BuildError
from tools.build_notebooks.notebook import assemble
from tools.build_notebooks.parts import cell_text, parts_in

PART = '"""For authors only.\n\nNot for students.\n"""\n\nimport math\n\n\ndef check(x):\n    """Check."""\n    assert x > math.pi\n'
CELL = 'import math\n\n\ndef check(x):\n    """Check."""\n    assert x > math.pi'
MARKED = '# %% given="checks" part="tools"\n\n# %%\ncheck(4)\n'


def assembled(text, part=PART):
    read = {"tools": cell_text(part, "parts/tools.py")}.__getitem__
    return assemble(text, "assignments/authoring/ps1.py", REGISTRY, assignment=True, parts=read).notebook


def test_the_cell_holds_the_part_without_its_docstring():
    checks, other = assembled(MARKED).cells
    assert (checks.source, other.source) == (CELL, "check(4)")


def test_the_cell_is_locked_and_has_the_names_of_its_marker():
    cell = assembled(MARKED).cells[0]
    assert cell.id == cell.metadata.nbgrader.grade_id == "checks"
    assert cell.metadata.nbgrader.locked and not cell.metadata.nbgrader.grade


def test_a_docstring_within_the_code_stays():
    assert assembled(MARKED, 'x = 1\n"""stays"""\n').cells[0].source == 'x = 1\n"""stays"""'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no code"),
        ('"""Only a docstring."""\n', "there is no code"),
        ("x = (\n", "does not parse"),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n", "SOLUTION marker in a part"),
        ("### BEGIN HIDDEN TESTS\nx = 1\n", "HIDDEN TESTS marker in a part"),
    ],
)
def test_what_students_must_not_get_is_refused(text, reason):
    with pytest.raises(BuildError, match=rf"^parts/tools\.py.*{reason}"):
        cell_text(text, "parts/tools.py")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('# %% given="a" part="no such"', "part must be a quoted string"),
        ('# %% given="a" part=3', "part must be a quoted string"),
        ('# %% part="tools"', "part= goes with given= in code cells only"),
        ('# %% [markdown] given="a" part="tools"', "part= goes with given= in code cells only"),
        ('# %% test="a" points=1 part="tools"', "part= goes with given= in code cells only"),
        ('# %% given="a" part="tools"\nx = 1', "a cell with part= has no text of its own"),
        ('# %% given="a" part="missing"', "there is no part 'missing' here"),
    ],
)
def test_wrong_uses_of_a_part(assignment, reasons, cell, reason):
    found = reasons(assignment, f"# %%\nx = 0\n\n{cell}\n\n# %%\ny = 0\n")
    assert any(reason in got and line == 4 for line, got in found), found


def test_a_lecture_has_no_parts(lecture, reasons):
    [(_, reason)] = reasons(lecture, '# %% part="tools"\nx = 1\n')
    assert reason == "option part belongs to assignments only"


def test_a_part_that_is_not_there_is_told_with_those_that_are(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "checks.py").write_text(PART)
    with pytest.raises(BuildError, match=r"parts/chekcs\.py: there is no part 'chekcs'; there are: checks"):
        parts_in(tmp_path / "parts", tmp_path)("chekcs")


@pytest.mark.exhaustive
def test_the_build_takes_parts_from_the_folder_beside_the_sources(tmp_path):
    root = make_course(tmp_path / "course", None, ASSIGNMENT + "\n" + MARKED)
    parts = root / "assignments" / "authoring" / "parts"
    parts.mkdir()
    (parts / "tools.py").write_text(PART)
    assert run(root) == 0
    copy = nbformat.read(root / "assignments" / "release" / "ps1" / "ps1.ipynb", as_version=4)
    assert CELL in [cell.source for cell in copy.cells]
    assert run(root, "--check") == 0
    (parts / "tools.py").write_text(PART.replace("pi", "e"))
    assert run(root, "--check") == 1
