"""Options of cells: what they expand to, and every way of getting them wrong."""

import pytest
from nbgrader.nbgraderformat import MetadataValidator

FLAGS = ("grade", "solution", "locked", "task")


@pytest.mark.parametrize(
    ("option", "metadata"),
    [
        ("fold=true", {"jupyter": {"source_hidden": True}}),
        ("raises=true", {"tags": ["raises-exception"]}),
        ("check=false", {"tags": ["nbval-ignore-output"]}),
        ("", {}),
    ],
)
def test_switches_of_a_lecture(lecture, option, metadata):
    [cell] = lecture(f"# %% {option}\nx = 1").notebook.cells
    assert cell.metadata == metadata


@pytest.mark.parametrize(
    ("cell", "flags", "points"),
    [
        ('# %% solution="a"\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION', (False, True, False, False), None),
        ('# %% test="a" points=2\nassert x', (True, False, True, False), 2),
        ('# %% [markdown] written="a" points=0.5\n# text', (True, True, False, False), 0.5),
        ('# %% written="a" points=1\nx = 1', (True, True, False, False), 1),
        ('# %% [markdown] given="a"\n# text', (False, False, True, False), None),
        ('# %% given="a"\nx = 1', (False, False, True, False), None),
        ('# %% [markdown] task="a" points=3\n# text', (False, False, True, True), 3),
    ],
)
def test_roles_of_an_assignment_become_metadata_that_nbgrader_accepts(assignment, cell, flags, points):
    notebook = assignment(cell).notebook
    metadata = notebook.cells[0].metadata.nbgrader
    assert tuple(metadata[flag] for flag in FLAGS) == flags
    assert (metadata.grade_id, metadata.schema_version, metadata.get("points")) == ("a", 3, points)
    MetadataValidator().validate_nb(notebook)


def test_the_cell_id_is_the_grade_id_unless_another_is_given(assignment):
    notebook = assignment('# %% given="Setup_1"\nx = 1\n\n# %% given="b" id="other"\ny = 1\n').notebook
    assert [cell.id for cell in notebook.cells] == ["Setup_1", "other"]


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("# %% color=1", "unknown option color; known here: check, fold, id, raises"),
        ("# %% fold=1", "fold is written fold=true"),
        ("# %% fold=false", "fold is written fold=true"),
        ("# %% check=true", "check is written check=false"),
        ('# %% raises="yes"', "raises is written raises=true"),
        ("# %% [markdown] fold=true", "option fold is for code cells"),
        ("# %% [markdown] check=false", "option check is for code cells"),
        ('# %% solution="a"', "option solution belongs to assignments only"),
        ("# %% points=2", "option points belongs to assignments only"),
        ('# %% id="Intro"', "id must be a quoted string"),
        ('# %% id=""', "id must be a quoted string"),
        (f'# %% id="{"a" * 61}"', "id must be a quoted string"),
        ("# %% id=3", "id must be a quoted string"),
        ('# %% id="first"', "id 'first' is already used on line 1"),
    ],
)
def test_wrong_options_in_a_lecture(lecture, reasons, marker, reason):
    text = f'# %% [markdown] id="first"\n# text\n\n{marker}\n# text'
    [(line, got)] = reasons(lecture, text)
    assert line == 4
    assert reason in got


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("# %% fold=true\nx = 1", "option fold belongs to lectures only"),
        (
            '# %% colour="a"\nx = 1',
            "unknown option colour; known here: given, id, part, points, solution, task, test, written",
        ),
        ('# %% test="a"\nassert x', "test= needs points="),
        ('# %% test="a" points=0\nassert x', "points must be a positive number, got 0"),
        ('# %% test="a" points=-1\nassert x', "points must be a positive number, got -1"),
        ('# %% test="a" points=true\nassert x', "points must be a positive number, got True"),
        ('# %% test="a" points="2"\nassert x', "points must be a positive number, got '2'"),
        ('# %% test="a" points=Infinity\nassert x', "points must be a positive number, got inf"),
        ('# %% given="a" points=1\nx = 1', "points= goes with test=, written= or task= only"),
        ("# %% points=1\nx = 1", "points= goes with test=, written= or task= only"),
        ('# %% given="a" written="b" points=1\nx = 1', "a cell has one role, got written and given"),
        ('# %% given="a b"\nx = 1', "given= takes a grade id"),
        ("# %% given=1\nx = 1", "given= takes a grade id"),
        ('# %% task="a" points=1\nx = 1', "task= is for Markdown cells"),
        ('# %% [markdown] test="a" points=1\n# x', "test= is for code cells"),
        ('# %% [markdown] solution="a"\n# x', "solution= is for code cells"),
        ('# %% given="first"\nx = 1', "grade id 'first' is already used on line 1"),
        ('# %% [markdown] id="first"\n# x', "id 'first' is already used on line 1"),
        ('# %% solution="a"\nx = 1', "needs a BEGIN SOLUTION"),
        ('# %% test="a" points=1\n# nothing', "needs at least one statement"),
        ('# %% test="a" points=1\n"""nothing"""\npass', "needs at least one statement"),
        ("# %%\nx = (", "the code does not parse"),
        ('# %% solution="a"\n### BEGIN SOLUTION\nx = 1', "BEGIN SOLUTION without an END SOLUTION"),
        (
            '# %% solution="a"\n### BEGIN SOLUTION\nx = 1\n### BEGIN SOLUTION\n### END SOLUTION',
            "within the region",
        ),
        (
            '# %% given="a"\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION',
            "SOLUTION marker in a cell that is not",
        ),
        ('# %% test="a" points=1\nassert x\n### END HIDDEN TESTS', "END HIDDEN TESTS without a BEGIN"),
        (
            '# %% given="a"\n### BEGIN HIDDEN TESTS\nx = 1\n### END HIDDEN TESTS',
            "HIDDEN TESTS marker in a cell",
        ),
        ('# %% [markdown] task="a" points=1\n# BEGIN MARK SCHEME', "BEGIN MARK SCHEME without an END"),
        (
            "# %% [markdown]\n# BEGIN MARK SCHEME\n# END MARK SCHEME",
            "MARK SCHEME marker in a cell that is not",
        ),
    ],
)
def test_wrong_cells_in_an_assignment(assignment, reasons, cell, reason):
    found = reasons(assignment, f'# %% given="first"\nx = 0\n\n{cell}\n')
    assert any(reason in got and line >= 4 for line, got in found), found


def test_a_region_is_reported_on_its_own_line(assignment, reasons):
    text = '# %% solution="a"\nx = 1\n### BEGIN SOLUTION\ny = 1\n'
    assert reasons(assignment, text) == [(3, "BEGIN SOLUTION without an END SOLUTION")]


def test_a_lecture_has_no_regions(lecture, reasons):
    found = reasons(lecture, "# %%\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n")
    assert [line for line, _ in found] == [2, 4]


def test_every_mistake_is_reported_at_once(lecture, reasons):
    found = reasons(lecture, "# %% a=1\nx = 1\n\n# %% [markdown]\n# $$x$$ {formula:nothing}\n")
    assert [line for line, _ in found] == [1, 5, 5]
