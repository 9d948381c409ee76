"""Whatever students hand in: read it, or say why not; put back what is the instructor's."""

from __future__ import annotations

import json

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.sanitise import Template, TemplateCell, UnreadableError, mend, parse, read_bytes, strip_hidden

HIDDEN = "assert f(2) == 4"
TEST = f"assert f(1) == 2\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS"
TEMPLATE = Template(
    "ps",
    {"name": "python3", "display_name": "Python 3", "language": "python"},
    (
        TemplateCell("f", "code", "raise NotImplementedError", False, False, True, False, None, "c0"),
        TemplateCell("test_f", "code", TEST, True, True, False, False, 2.0, "c1", visible="assert f(1) == 2"),
        TemplateCell("why", "markdown", "your words", False, True, True, False, 3.0, "c2"),
    ),
)


def cell(name, source, kind="code", **more):
    data = {
        "cell_type": kind,
        "metadata": {"nbgrader": {"grade_id": name, **more}},
        "source": source,
        "id": name,
    }
    return data | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def submitted(*cells):
    good = [
        cell("f", "def f(x): return 2 * x"),
        cell("test_f", "assert f(1) == 2"),
        cell("why", "so", "markdown"),
    ]
    return {"cells": list(cells) or good, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def mended(notebook):
    return mend(parse(json.dumps(notebook).encode(), "ps.ipynb"), TEMPLATE)


def source_of(notebook, name):
    return next(
        c["source"] for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def test_a_good_submission_gets_the_hidden_tests_and_no_notes():
    notebook, notes = mended(submitted())
    assert notes == ()
    assert source_of(notebook, "test_f") == TEST
    assert source_of(notebook, "f") == "def f(x): return 2 * x"
    nbformat.validate(nbformat.from_dict(notebook))


def change(**cells):
    """The good submission with some cells replaced, by name."""
    notebook = submitted()
    notebook["cells"] = [cells.get(c["metadata"]["nbgrader"]["grade_id"], c) for c in notebook["cells"]]
    return notebook


CHANGED = {
    "edited test": (change(test_f=cell("test_f", "pass")), "the locked cell `test_f` had been edited"),
    "test made text": (change(test_f=cell("test_f", "assert f(1) == 2", "markdown")), "had been edited"),
    "answer made text": (
        change(f=cell("f", "def f(x): return 2 * x", "raw")),
        "`f` had been given another type",
    ),
    "points changed": (change(test_f=cell("test_f", "assert f(1) == 2", points=99)), None),
    "odd schema": (change(test_f=cell("test_f", "assert f(1) == 2", schema_version=99)), None),
    "old schema": (change(test_f=cell("test_f", "assert f(1) == 2", schema_version=0)), None),
    "unlocked": (change(test_f=cell("test_f", "assert f(1) == 2", locked=False, solution=True)), None),
    "deleted": (
        submitted(cell("f", "1"), cell("why", "so", "markdown")),
        "the deleted cell `test_f` was put back",
    ),
    "all deleted": (submitted(cell("x", "1")), "the deleted cell `why` was put back"),
    "split answer": (
        submitted(
            cell("f", "a = 1"),
            cell("f", "def f(x): return 2 * x"),
            cell("test_f", "assert f(1) == 2"),
            cell("why", "so", "markdown"),
        ),
        "a duplicated cell `f` was ignored: it ran as an ordinary cell",
    ),
    "copied test": (
        submitted(*submitted()["cells"], cell("test_f", "assert f(1) == 2")),
        "a duplicated cell `test_f` was ignored: it ran as an ordinary cell",
    ),
    "unknown name": (
        submitted(*submitted()["cells"], cell("bonus", "1", grade=True, points=100)),
        "a cell with the unknown name `bonus` ran as an ordinary cell",
    ),
}


@pytest.mark.parametrize(("notebook", "note"), CHANGED.values(), ids=CHANGED)
def test_changed_cells_are_mended_and_noted(notebook, note):
    result, notes = mended(notebook)
    assert source_of(result, "test_f") == TEST
    graded = [c["metadata"]["nbgrader"] for c in result["cells"] if "nbgrader" in c["metadata"]]
    assert sorted(data["grade_id"] for data in graded) == ["f", "test_f", "why"]
    assert {data["grade_id"]: data.get("points") for data in graded} == {"f": None, "test_f": 2, "why": 3}
    assert {data["schema_version"] for data in graded} == {3}
    assert any(note in found for found in notes) if note else notes == ()
    nbformat.validate(nbformat.from_dict(result))


def test_a_deleted_cell_comes_back_where_it_stood():
    result, _ = mended(submitted(cell("f", "1"), cell("why", "so", "markdown")))
    assert [c["id"] for c in result["cells"]] == ["f", "test_f", "why"]


def test_tags_that_skip_a_test_are_dropped_and_others_stay():
    notebook = submitted()
    notebook["cells"][1]["metadata"]["tags"] = ["skip-execution", "mine"]
    result, notes = mended(notebook)
    assert result["cells"][1]["metadata"]["tags"] == ["mine"]
    assert notes == ("the tag `skip-execution` of `test_f` was dropped",)


def test_the_kernel_is_the_instructors():
    notebook = submitted()
    notebook["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    result, notes = mended(notebook)
    assert result["metadata"]["kernelspec"]["name"] == "python3"
    assert "another kernel (`ir`)" in notes[0]


def old(version):
    """A notebook of another format with the same cells."""
    notebook = new_notebook(cells=[new_code_cell("def f(x): return 2 * x"), new_markdown_cell("so")])
    return json.loads(nbformat.writes(nbformat.convert(notebook, version), version=version))


@pytest.mark.parametrize("version", [2, 3])
def test_older_formats_are_read(version):
    data = json.dumps(old(version)).encode()
    notebook = parse(data, "ps.ipynb")
    assert notebook["cells"][0]["source"] == "def f(x): return 2 * x"
    nbformat.validate(nbformat.from_dict(notebook))
    assert notebook == parse(data, "ps.ipynb"), "nbformat's random ids are still there"


def test_formats_before_cell_ids_are_read():
    notebook = submitted()
    notebook["nbformat_minor"] = 2
    for one in notebook["cells"]:
        del one["id"]
    result, notes = mended(notebook)
    assert notes == ()
    nbformat.validate(nbformat.from_dict(result))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(encoding):
    data = json.dumps(submitted(cell("f", "'Grüße'")), ensure_ascii=False).encode(encoding)
    assert parse(data, "ps.ipynb")["cells"][0]["source"] == "'Grüße'"


UNREADABLE = {
    "cut": (b'{"cells": [', "not valid JSON (line 1"),
    "empty": (b"", "not valid JSON"),
    "Latin-1": ('{"cells": ["Grüße"]}'.encode("latin-1"), "not UTF-8"),
    "zip": (b"PK\x03\x04\xff\xfe\x00", "not UTF-8"),
    "a list": (b"[]", "is not a notebook"),
    "no cells": (b'{"nbformat": 4}', "is not a notebook"),
    "cells as text": (b'{"nbformat": 4, "cells": "all"}', "not a list"),
    "a cell as text": (b'{"nbformat": 4, "cells": ["one"]}', "cell 1 is not an object"),
    "a source as number": (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}', "not text"),
    "a future format": (b'{"nbformat": 99, "cells": []}', "its format version is 99"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "deep notebook": (
        b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "nested too deeply",
    ),
    "a long number": (b'{"nbformat": 4, "cells": ' + b"9" * 10_000 + b"}", "is not a notebook"),
}


@pytest.mark.parametrize(("data", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_notebook_says_so_with_a_next_step(data, words):
    with pytest.raises(UnreadableError) as caught:
        parse(data, "ps.ipynb")
    assert words in caught.value.reason
    assert caught.value.next_step.endswith(".")


def test_deep_metadata_are_dropped_and_the_rest_is_read():
    deep: list = []
    for _ in range(200):
        deep = [deep]
    notebook = submitted()
    notebook["cells"][0]["metadata"]["deep"] = deep
    result, _ = mended(notebook)
    assert "deep" not in result["cells"][0]["metadata"]
    json.dumps(result)


def test_ids_that_are_wrong_or_twice_become_right():
    notebook = submitted()
    for one, name in zip(notebook["cells"], ["a b", "x", "x"], strict=True):
        one["id"] = name
    result, _ = mended(notebook)
    nbformat.validate(nbformat.from_dict(result))


def test_half_a_surrogate_pair_can_be_written():
    notebook = submitted(cell("f", "x"))
    data = json.dumps(notebook).replace('"x"', '"\\ud800"').encode()
    parse(data, "ps.ipynb")["cells"][0]["source"].encode("utf-8")


def test_large_outputs_are_read_and_dropped_and_too_large_files_refused(tmp_path):
    notebook = submitted()
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 100_000_000}]
    path = tmp_path / "ps.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    assert parse(read_bytes(path, 2**28), path.name)["cells"][0]["outputs"] == []
    with pytest.raises(UnreadableError, match="has 100 MB; at most 1 MB are read"):
        read_bytes(path, 10**6)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
NAMES = st.sampled_from(["f", "test_f", "why", "other", "", 3, None])
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading", 7]),
        "source": st.text(max_size=9) | st.lists(st.text(max_size=5), max_size=3) | VALUES,
        "id": st.text(max_size=4) | VALUES,
        "metadata": VALUES
        | st.fixed_dictionaries(
            {"nbgrader": st.fixed_dictionaries({"grade_id": NAMES}) | VALUES, "tags": VALUES}
        ),
        "outputs": VALUES,
    },
)


@settings(max_examples=300, deadline=None)
@given(st.lists(CELLS | VALUES, max_size=6), VALUES)
def test_any_json_is_either_refused_or_becomes_a_valid_notebook(cells, data):
    notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": data}
    try:
        result, _ = mended(notebook)
    except UnreadableError:
        return
    nbformat.validate(nbformat.from_dict(result))
    names = [c["metadata"]["nbgrader"]["grade_id"] for c in result["cells"] if "nbgrader" in c["metadata"]]
    assert sorted(names) == ["f", "test_f", "why"]
    assert source_of(result, "test_f") == TEST


def test_hidden_regions_are_taken_out():
    assert strip_hidden(TEST, [("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")]) == "assert f(1) == 2"
