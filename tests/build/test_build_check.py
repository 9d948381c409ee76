"""`--check`: what counts as a difference, and how it is reported."""

import base64
import json
import struct

import nbformat
import pytest
from build_courses import contents, run
from hypothesis import given
from hypothesis import strategies as st

from tools.build_notebooks.compare import cleaner, compare_texts, picture_size, same_text, same_value
from tools.build_notebooks.notebook import to_text

LECTURE = "lectures/09-first.ipynb"


def _edit(path, change):
    """Change a notebook as an editor would: read, change, write."""
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    path.write_text(to_text(notebook), encoding="utf-8")


def _cell(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def test_a_built_course_passes_and_nothing_is_written(course):
    before = contents(course)
    assert run(course, "--check") == 0
    assert contents(course) == before


def test_everything_stale_is_named_with_file_cell_line_and_reason(course, capfd):
    source = course / "lectures" / "09-first.py"
    source.write_text(source.read_text().replace("print(1 / 3, 7)", "print(1 / 3, 8)"))
    _edit(
        course / "assignments" / "source" / "ps1" / "ps1.ipynb",
        lambda nb: nb.cells[1].update(source="import os"),
    )
    student = course / "assignments" / "release" / "ps1" / "ps1.ipynb"
    _edit(student, lambda nb: _cell(nb, "square-test").metadata.nbgrader.update(points=9))
    (course / "lectures" / "10-new.py").write_text("# %%\nx = 1\n")
    (course / "assignments" / "release" / "ps1" / "old.csv").write_text("1")
    (course / "lectures" / "08-gone.ipynb").write_text("{}")
    before = contents(course)
    assert run(course, "--check") == 1
    said = capfd.readouterr().err
    line = source.read_text().splitlines().index('# %% id="number"') + 1
    place = f"{LECTURE}: cell number (source line {line} of lectures/09-first.py)"
    assert f"{place}: source: expected 'print(1 / 3, 8)' got 'print(1 / 3, 7)'" in said
    assert f"{place}: output 0: expected '0.3333333333333333 8\\n' got '0.3333333333333333 7\\n'" in said
    assert "source/ps1/ps1.ipynb: cell setup (source line 6 of assignments/authoring/ps1.py): source" in said
    assert (
        "release/ps1/ps1.ipynb: cell square-test (source line 17 of assignments/authoring/ps1.py): metadata nbgrader points: expected 2 got 9"
        in said
    )
    assert "lectures/10-new.ipynb: missing; it comes from lectures/10-new.py" in said
    assert "release/ps1/old.csv: left over in the student copy" in said
    assert "lectures/08-gone.ipynb: there is no source for this notebook" in said
    assert "run `make build`" in said
    assert contents(course) == before


@pytest.fixture
def differences(built_course):
    """Compare the built lecture with one that has been changed; return the reasons."""
    built = (built_course / LECTURE).read_text(encoding="utf-8")

    def compare(change):
        notebook = nbformat.reads(built, as_version=4)
        change(notebook)
        return compare_with(to_text(notebook))

    def compare_with(text):
        clean = cleaner("09-first", built_course)
        problems = compare_texts(built, text, LECTURE, "lectures/09-first.py", lambda cell: 1, clean)
        return [problem.reason for problem in problems]

    compare.built, compare.with_text = built, compare_with
    return compare


def _set_output(cell_id, **fields):
    return lambda notebook: _cell(notebook, cell_id).outputs[0].update(fields)


@pytest.mark.parametrize(
    "change",
    [
        _set_output("number", text="0.33333334 7\n"),
        _set_output("number", text="0.3333333333333333  7\n"),
        _set_output("address", text="<__main__.Thing object at 0x7f0123456789> 255\n"),
        _set_output("varies", text="0.1\n"),
    ],
)
def test_differences_that_do_not_count(differences, change):
    assert differences(change) == []


def _png(width, height, rest=b"x"):
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + rest * 20
    ).decode()


def _set_picture(picture):
    return lambda notebook: _cell(notebook, "figure").outputs[0].data.update({"image/png": picture})


def test_a_picture_is_compared_by_its_size(differences, built_course):
    notebook = nbformat.read(built_course / LECTURE, as_version=4)
    size = picture_size(_cell(notebook, "figure").outputs[0].data["image/png"])
    width, height = (int(word) for word in size.split() if word.isdigit())
    assert differences(_set_picture(_png(width, height))) == []
    [reason] = differences(_set_picture(_png(width, height + 1)))
    assert (
        f"output 0 image/png: expected 'PNG of {width} x {height} pixels' got 'PNG of {width} x {height + 1}"
        in reason
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            _set_output("number", text="0.3334 7\n"),
            "output 0: expected '0.3333333333333333 7\\n' got '0.3334 7\\n'",
        ),
        (
            _set_output("number", text="0.3333333333333333 8\n"),
            "cell number (source line 1 of lectures/09-first.py): output 0",
        ),
        (_set_output("number", name="stderr"), "output 0: expected 'stdout' got 'stderr'"),
        (lambda nb: _cell(nb, "number").outputs.clear(), "number of outputs: expected 1 got 0"),
        (lambda nb: _cell(nb, "number").update(execution_count=9), "execution_count: expected 4 got 9"),
        (lambda nb: _cell(nb, "figure").metadata.clear(), "metadata"),
        (
            lambda nb: _cell(nb, "figure").metadata.update(execution={"x": "y"}),
            "metadata execution: expected nothing",
        ),
        (lambda nb: _cell(nb, "figure").metadata.jupyter.update(more=None), "metadata jupyter: expected"),
        (lambda nb: nb.metadata.kernelspec.update(name="other"), "metadata kernelspec"),
        (lambda nb: nb.metadata.language_info.update(version="3.11.1"), "metadata language_info"),
        (lambda nb: nb.metadata.pop("widgets"), "saved widgets"),
        (lambda nb: _cell(nb, "slider").update(id="other"), "cell other (source line 1"),
        (lambda nb: nb.cells.pop(), "cell mistake (source line 1 of lectures/09-first.py): cell: expected"),
        (lambda nb: nb.cells.reverse(), "order of cells"),
        (_set_output("mistake", evalue="other"), "output 0: expected 'list index out of range' got 'other'"),
    ],
)
def test_differences_that_count(differences, change, reason):
    found = differences(change)
    assert any(reason in got for got in found), found


def test_a_changed_widget_is_named(differences):
    def change(notebook):
        for model in notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values():
            if model.model_name == "FloatSliderModel":
                model.state.value = 0.75

    [reason] = differences(change)
    assert reason == "saved widget FloatSliderModel state value: expected 0.5 got 0.75"


def test_another_layout_of_the_same_notebook_counts(differences):
    other = json.dumps(json.loads(differences.built), indent=2) + "\n"
    assert differences.with_text(other) == ["the file is not written the way the builder writes it"]


@pytest.mark.parametrize(
    "text", ["", "{}", "not JSON", '{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}']
)
def test_a_file_that_is_no_notebook_is_reported(differences, text):
    [reason] = differences.with_text(text)
    assert "notebook" in reason


def test_five_differences_are_shown_and_the_rest_counted(course, capfd):
    _edit(course / LECTURE, lambda nb: [cell.metadata.update(extra=1) for cell in nb.cells])
    assert run(course, "--check", "--only", "09-first") == 1
    said = capfd.readouterr().err
    assert said.count(f"{LECTURE}: cell") == 5
    assert f"{LECTURE}: and 2 more" in said


@given(st.floats(-1e300, 1e300), st.integers(-4, 4))
def test_the_seventh_digit_does_not_count(number, step):
    assert same_text(f"a {number:.17e} b", f"a {number * (1 + step * 1e-8):.17e}  b")


@given(st.text())
def test_every_text_is_the_same_as_itself(text):
    assert same_text(text, text)


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("1.000001", "1.000002", True),
        ("1.00001", "1.00002", False),
        ("1e-5", "1.0000001e-05", True),
        ("10", "11", False),
        ("v1.2.3", "v1.2.4", False),
        ("1.2.3.4000000001", "1.2.3.4000000002", False),
        ("id 12e999x", "id 13e999x", False),
        ("nan", "nan", True),
        ("[0.1 0.2]", "[0.1 0.2 0.3]", False),
        ("-0.5", "0.5", False),
        ('<path d="M1.5,2.25L3.0,4"/>', '<path d="M1.50000001,2.25L3.0,4"/>', True),
        (f"data:image/png;base64,{_png(2, 3)}", f"data:image/png;base64,{_png(2, 3, b'y')}", True),
        (f"data:image/png;base64,{_png(2, 3)}", f"data:image/png;base64,{_png(2, 4)}", False),
    ],
)
def test_texts_are_compared_to_six_digits(expected, got, same):
    assert same_text(expected, got) is same


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ({"a": [1.0, 2]}, {"a": [1.00000001, 2]}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        (0, False, False),
        (1, 1.0, True),
        ([1], [1, 2], False),
        ({"encoding": "base64", "data": "YWJj"}, {"encoding": "base64", "data": "YWJk"}, True),
        ({"encoding": "base64", "data": "YWJj"}, {"encoding": "base64", "data": "YWJjZGU="}, False),
    ],
)
def test_values_are_compared_to_six_digits(expected, got, same):
    assert same_value(expected, got) is same


def test_sources_alone_are_checked_without_running_a_lecture(course, capfd, monkeypatch):
    def never(*arguments):
        raise AssertionError("a lecture was run")

    monkeypatch.setattr("tools.build_notebooks.build.execute", never)
    assert run(course, "--check", "--sources") == 0
    source = course / "lectures" / "09-first.py"
    source.write_text(source.read_text().replace("print(1 / 3, 7)", "print(1 / 3, 8)"))
    assert run(course, "--check", "--sources") == 1
    assert "source: expected 'print(1 / 3, 8)' got 'print(1 / 3, 7)'" in capfd.readouterr().err


def test_metadata_and_new_cells_are_compared_without_running(course, capfd):
    _edit(course / LECTURE, lambda nb: nb.metadata.kernelspec.update(name="other"))
    source = course / "lectures" / "09-first.py"
    source.write_text(source.read_text() + '\n# %% id="late"\nprint(2)\n')
    assert run(course, "--check", "--sources") == 1
    said = capfd.readouterr().err
    assert "metadata kernelspec" in said
    assert "cell late" in said


def test_sources_need_check(course):
    with pytest.raises(SystemExit):
        run(course, "--sources")
