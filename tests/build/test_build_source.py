"""Reading a source: markers, options, lines, ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.build_notebooks.errors import BuildError
from tools.build_notebooks.notebook import cell_ids
from tools.build_notebooks.source import SourceCell, read_source


def test_lines_point_to_marker_and_first_line_of_each_cell():
    header = "# ---\n# jupyter:\n#   jupytext: {}\n# ---\n\n"
    text = '# %% [markdown]\n# a\n\n# %%\nb = 1\n\n# %% [markdown]\n"""\nc\n"""\n'
    assert [
        (cell.kind, cell.source, cell.line, cell.first_line) for cell in read_source(header + text, "x.py")
    ] == [
        ("markdown", "a", 6, 7),
        ("code", "b = 1", 9, 10),
        ("markdown", "c", 12, 14),
    ]


def test_markers_within_strings_and_code_blocks_are_no_markers():
    text = '# %%\ns = """\n# %% id=nonsense\n"""\n\n# %% [markdown]\n# ```\n# %% no\n# ```\n\n# %% id="last"\nx = 1\n'
    cells = read_source(text, "x.py")
    assert [cell.line for cell in cells] == [1, 6, 11]
    assert cells[0].source == 's = """\n# %% id=nonsense\n"""'
    assert cells[1].source == "```\n%% no\n```"


@given(
    st.lists(
        st.sampled_from(["x = 1", "", "# %%", "# %% [markdown]", '"""', "# text", "'''", "# ```", "y = '#'"])
    )
)
def test_every_cell_begins_on_a_line_that_reads_as_its_marker(lines):
    try:
        cells = read_source("\n".join(["# %%", *lines]), "x.py")
    except BuildError:
        return
    for cell in cells:
        marker = ["# %%", *lines][cell.line - 1]
        assert marker == ("# %%" if cell.kind == "code" else "# %% [markdown]")


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("# %% a title", "cannot read 'a title'"),
        ("# %% fold", "cannot read 'fold'"),
        ("# %% fold=True", "value True of option fold"),
        ('# %% id="a', "cannot read"),
        ("# %% id=intro", "value intro of option id"),
        ('# %% id="a" id="b"', "option id is given twice"),
        ("# %% [raw]", "is not of the form"),
        ("# %% [md]", "is not of the form"),
        ("#%%", "is not of the form"),
        ("    # %%", "is not of the form"),
        ('# %% {"id": "a"}', "cannot read"),
        ("# %% id=[1]", "value [1] of option id"),
        ("# %%% depth", "is not of the form"),
    ],
)
def test_a_marker_that_is_not_understood_is_an_error_with_its_line(marker, reason):
    with pytest.raises(BuildError) as caught:
        read_source(f"# %%\nx = 1\n\n{marker}\ny = 2\n", "lectures/09-x.py")
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == ("lectures/09-x.py", 4)
    assert reason in problem.reason


@pytest.mark.parametrize("marker", ["# <codecell>", "# In[3]:"])
def test_markers_of_other_formats_are_refused(marker):
    with pytest.raises(BuildError):
        read_source(f"# %%\nx = 1\n\n{marker}\ny = 2\n", "x.py")


def test_a_title_in_the_header_would_become_a_cell_and_is_an_error():
    with pytest.raises(BuildError):
        read_source("# ---\n# title: x\n# ---\n\n# %%\nx = 1\n", "x.py")


def test_text_before_the_first_marker_is_an_error():
    with pytest.raises(BuildError, match="would become a cell of its own: 'import this'"):
        read_source("import this\n\n# %%\nx = 1\n", "x.py")


def test_a_source_without_cells_is_an_error():
    with pytest.raises(BuildError, match="no cell"):
        read_source("", "x.py")


def test_magics_are_read_as_magics():
    [cell] = read_source("# %%\n# %matplotlib inline\nx = 1\n", "x.py")
    assert cell.source == "%matplotlib inline\nx = 1"


def _cell(source, **options):
    return SourceCell("code", source, options, 1, 2)


@given(st.lists(st.text(max_size=3), unique=True), st.integers(0, 10), st.text(min_size=4))
def test_inserting_a_cell_changes_no_other_id(sources, position, new):
    cells = [_cell(source) for source in sources]
    position = min(position, len(cells))
    after = cell_ids([*cells[:position], _cell(new), *cells[position:]])
    assert after[:position] + after[position + 1 :] == cell_ids(cells)


def test_equal_cells_are_numbered_and_kinds_differ():
    ids = cell_ids([_cell("x"), _cell("x"), _cell("x"), SourceCell("markdown", "x", {}, 1, 2)])
    assert ids[1:3] == [f"{ids[0]}-2", f"{ids[0]}-3"]
    assert len(ids[0]) == 8
    assert ids[3][:8] != ids[0]


def test_a_computed_id_gives_way_to_one_that_the_author_chose():
    [taken] = cell_ids([_cell("x")])
    assert cell_ids([_cell("x"), _cell("y", id=taken)]) == [f"{taken}-2", taken]
