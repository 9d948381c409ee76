"""Every item that a lecture must teach has a cell that teaches it, and the calls it names really run there.

``lectures/coverage/NN.toml`` lists the items; see its first lines for the form.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from trace_calls import calls_by_cell, resolve

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted((ROOT / "lectures").glob("[0-9][0-9]-*.ipynb"))
KEYS = {"teaches", "cell", "calls", "question"}


def items_of(lecture):
    return tomllib.loads(coverage_of(lecture).read_text(encoding="utf-8"))["item"]


def coverage_of(lecture):
    return ROOT / "lectures" / "coverage" / f"{lecture.name[:2]}.toml"


def stem(path):
    return path.stem


by_lecture = pytest.mark.parametrize("lecture", LECTURES, ids=stem)


@by_lecture
def test_every_lecture_says_what_it_covers(lecture):
    assert coverage_of(lecture).is_file()
    assert len(items_of(lecture)) >= 3


@by_lecture
def test_items_have_the_form_that_is_read(lecture):
    for item in items_of(lecture):
        assert set(item) <= KEYS, item
        assert item["teaches"].strip()
        assert item["cell"].strip()
        assert isinstance(item.get("question", False), bool)


@by_lecture
def test_no_item_is_listed_twice(lecture):
    facts = [item["teaches"] for item in items_of(lecture)]
    assert len(facts) == len(set(facts))


@by_lecture
def test_the_cell_of_every_item_exists(lecture):
    cells = {cell.id: cell for cell in nbformat.read(lecture, as_version=4).cells}
    missing = [item["cell"] for item in items_of(lecture) if item["cell"] not in cells]
    assert not missing
    assert not [item["cell"] for item in items_of(lecture) if not cells[item["cell"]].source.strip()]


@by_lecture
def test_a_question_of_a_learner_is_a_heading(lecture):
    """A question is answered under that question, so that it can be found."""
    cells = {cell.id: cell for cell in nbformat.read(lecture, as_version=4).cells}
    for item in items_of(lecture):
        if item.get("question"):
            lines = cells[item["cell"]].source.splitlines()
            assert any(line.startswith("#") and line.rstrip().endswith("?") for line in lines), item


@by_lecture
def test_calls_are_named_in_public(lecture):
    for name in sorted({call for item in items_of(lecture) for call in item.get("calls", [])}):
        assert name.startswith("mlpkit."), name
        assert not [part for part in name.split(".") if part.startswith("_")], name
        assert resolve(name)[2] is not None


@pytest.mark.exhaustive
@by_lecture
def test_the_calls_run_in_their_cell(lecture):
    items = items_of(lecture)
    names = sorted({call for item in items for call in item.get("calls", [])})
    command = [sys.executable, str(Path(__file__).parent / "trace_calls.py"), str(lecture), *names]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    called = json.loads(run.stdout.splitlines()[-1])
    silent = [
        (item["cell"], name)
        for item in items
        for name in item.get("calls", [])
        if name not in called.get(item["cell"], ())
    ]
    assert not silent, "these calls do not run in the cell that is named"


# ------------------------------------------------------------------------- the tracer itself


def traced(tmp_path, sources, names):
    """What a small notebook calls; in a process of its own, because names are wrapped for good."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    )
    path = tmp_path / "small.ipynb"
    nbformat.write(book, path)
    command = [sys.executable, str(Path(__file__).parent / "trace_calls.py"), str(path), *names]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def test_functions_classes_methods_and_objects_are_noticed_in_their_cell_only(tmp_path):
    names = ["mlpkit.MLP", "mlpkit.MLP.shapes", "mlpkit.sigmoid", "mlpkit.sigmoid.derivative"]
    names += ["mlpkit.numerical_gradient"]
    sources = [
        "from mlpkit import MLP, numerical_gradient, relu, sigmoid, half_squared_error as half",
        "net = MLP(widths=(1, 1), hidden=relu, output=relu, divergence=half)",
        "net.shapes()",
        "sigmoid(0.0); relu.derivative(1.0)",
        "sigmoid.derivative(0.0)",
        "numerical_gradient(lambda p: float(p['a'][0] ** 2), {'a': __import__('numpy').ones(1)})",
    ]
    called = traced(tmp_path, sources, names)
    assert called["cell-0"] == []
    assert "mlpkit.MLP" in called["cell-1"]
    assert "mlpkit.MLP.shapes" in called["cell-2"]
    assert called["cell-3"] == ["mlpkit.sigmoid"]
    assert "mlpkit.sigmoid.derivative" in called["cell-4"]
    assert called["cell-5"] == ["mlpkit.numerical_gradient"]


def test_a_failing_cell_stops_the_trace(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        traced(tmp_path, ["1 / 0"], [])


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(ImportError):
        resolve("mlpkit.no_such_thing")
    assert callable(calls_by_cell)
