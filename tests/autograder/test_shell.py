"""Cells in process give what a Jupyter kernel gives; the known differences are listed and checked."""

from __future__ import annotations

import re
from pathlib import Path

import nbclient
import pytest
from every_kind import CELLS, DIFFERENT, normal, plain
from nbformat.v4 import new_code_cell, new_notebook

from autograder.sandbox import End, Sandbox, Step, run_notebook
from autograder.settings import GradingLimits

GRADING_PAGE = Path(__file__).parents[2] / "docs" / "grading.md"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox([], GradingLimits(cell_seconds=20)) as warm:
        yield warm


@pytest.fixture
def run(sandbox, tmp_path):
    """Run cells and return what each came to."""

    def run(*sources):
        steps = [Step(index, source) for index, source in enumerate(sources)]
        cells = run_notebook(sandbox, steps, tmp_path).cells
        return [cells[index] for index in range(len(sources))]

    return run


@pytest.fixture(scope="module")
def both(sandbox, tmp_path_factory):
    """Outputs of every kind of cell, by name: from a kernel, and from the engine."""
    folder = tmp_path_factory.mktemp("cells")
    # A kernel leaves after `exit`; what the engine does then is a test of its own.
    cells = {name: source for name, source in CELLS.items() if name != "exit"}
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells.values()])
    nbclient.NotebookClient(
        notebook, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    steps = [Step(i, source) for i, source in enumerate(cells.values()) if source.strip()]
    ran = run_notebook(sandbox, steps, folder).cells
    return {
        name: (cell, ran[index])
        for index, (name, cell) in enumerate(zip(cells, notebook.cells, strict=True))
        if index in ran
    }


@pytest.mark.parametrize("name", [name for name in CELLS if name not in {*DIFFERENT, "empty", "exit"}])
def test_outputs_are_those_of_a_kernel(both, name):
    kernel, ours = both[name]
    assert normal(ours.outputs) == normal(kernel.outputs)
    assert ours.count == kernel.execution_count


@pytest.mark.parametrize("name", DIFFERENT)
def test_known_differences_are_in_frames_only_and_in_the_documentation(both, name):
    kernel, ours = both[name]
    assert normal(ours.outputs) != normal(kernel.outputs)
    assert plain(ours.outputs) == plain(kernel.outputs)
    assert f"`{name}`" in GRADING_PAGE.read_text("utf-8")


def test_exit_does_not_end_the_notebook(run):
    left, after = run("exit", "'still here'")
    assert left.outputs == ()
    assert after.outputs[0]["data"]["text/plain"] == "'still here'"


def test_text_written_past_python_is_kept(run):
    (cell,) = run("import os\nos.write(1, b'from below');")
    assert cell.outputs == ({"output_type": "stream", "name": "stdout", "text": "from below"},)


def test_a_flood_is_cut_and_the_cells_after_it_run(sandbox, run):
    flood, after = run("for i in range(3_000_000): print('x' * 60)", "1 + 1")
    text = flood.outputs[0]["text"]
    assert "... Output truncated ..." in text
    assert len(text) < sandbox.limits.output_characters + 100
    assert flood.end is End.DONE
    assert after.outputs[0]["data"]["text/plain"] == "2"


def test_one_endless_line_is_cut(run):
    (cell,) = run("import sys\nsys.stdout.write('x' * 50_000_000);")
    assert len(cell.outputs[0]["text"]) < 1_000_100


def test_a_picture_beyond_the_limit_is_left_out_and_the_error_after_it_is_kept(run):
    (cell,) = run("from IPython.display import display, HTML\ndisplay(HTML('x' * 5_000_000))\n1 / 0")
    assert [output["output_type"] for output in cell.outputs] == ["stream", "error"]


def test_global_generators_and_hashing_give_the_same_on_every_run(run):
    source = "import random, numpy as np\nrandom.random(), np.random.rand(), hash('a'), list({'x', 'y', 'z'})"
    assert run(source)[0].outputs == run(source)[0].outputs


def test_figures_are_the_same_on_every_run(run):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);"
    first, second = run(source)[0].outputs, run(source)[0].outputs
    assert first == second
    assert len(first[0]["data"]["image/png"]) > 1000


def test_widgets_leave_their_text(run):
    (cell,) = run("import ipywidgets\nipywidgets.IntSlider(3)")
    assert cell.outputs[-1]["data"]["text/plain"].startswith("IntSlider(value=3")


def test_the_environment_is_scrubbed_and_nothing_is_left_open(run, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_TEACHER", "1")
    (cell,) = run(
        "import os\nopen_ones = []\nfor number in range(64):\n    try:\n        os.fstat(number)\n"
        "        open_ones.append(number)\n    except OSError:\n        pass\n"
        "len(open_ones) < 9, 'SECRET_OF_THE_TEACHER' in os.environ"
    )
    assert cell.outputs[0]["data"]["text/plain"] == "(True, False)"


def test_shadowing_modules_are_not_imported(run, tmp_path):
    for name in ("numpy.py", "matplotlib/__init__.py", "ipykernel_launcher.py", "random.py", "helper.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine = 7", "utf-8")
    cells = run(
        "import numpy, matplotlib, random\n[hasattr(m, 'mine') for m in (numpy, matplotlib, random)]",
        "import helper\nhelper.mine",
    )
    assert [cell.outputs[0]["data"]["text/plain"] for cell in cells] == ["[False, False, False]", "7"]


def test_a_cell_that_runs_too_long_is_interrupted_and_the_rest_runs(tmp_path):
    with Sandbox([], GradingLimits(cell_seconds=0.5)) as warm:
        sources = ["x = 1", "while True:\n    x += 1", "import asyncio\nawait asyncio.sleep(60)", "x > 1"]
        cells = run_notebook(warm, [Step(i, source) for i, source in enumerate(sources)], tmp_path).cells
    assert [cells[i].end for i in range(4)] == [End.DONE, End.INTERRUPTED, End.INTERRUPTED, End.DONE]
    assert [o["ename"] for o in cells[1].outputs] == ["KeyboardInterrupt", "CellTimeoutError"]
    assert "shell.py" not in re.sub(r"\x1b\[[\d;]*m", "", str(cells[1].outputs))
    assert cells[3].outputs[0]["data"]["text/plain"] == "True"


KILLS = {
    "ignores the interrupt": "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException: pass",
    "leaves": "print('last words', flush=True)\nimport os\nos._exit(3)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "kills itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "aborts": "import os\nos.abort()",
}


@pytest.mark.parametrize("source", KILLS.values(), ids=KILLS)
def test_a_cell_that_ends_the_process_costs_itself_only(source, tmp_path):
    with Sandbox([], GradingLimits(cell_seconds=0.5, grace_seconds=0.5)) as warm:
        sources = ["import random\nx = random.random()", source, "x", "print('and on')"]
        run = run_notebook(warm, [Step(i, source) for i, source in enumerate(sources)], tmp_path)
    assert run.attempts == 2
    assert run.cells[1].end in (End.KILLED, End.CRASHED)
    assert run.cells[1].outputs[-1]["output_type"] == "error"
    assert run.cells[2].outputs[0]["data"]["text/plain"] == "0.8444218515250481"
    assert run.cells[3].outputs[0]["text"] == "and on\n"


def test_what_a_cell_printed_before_it_died_is_kept(tmp_path):
    with Sandbox([], GradingLimits(cell_seconds=5)) as warm:
        run = run_notebook(warm, [Step(0, KILLS["leaves"])], tmp_path)
    assert run.cells[0].outputs[0]["text"] == "last words\n"
    assert run.cells[0].reason == "the Python process died: it left with exit code 3"


def test_too_many_deaths_leave_the_rest_unrun_with_a_reason(tmp_path):
    with Sandbox([], GradingLimits(cell_seconds=5, attempts=2)) as warm:
        run = run_notebook(warm, [Step(i, "import os\nos._exit(1)") for i in range(3)], tmp_path)
    assert [run.cells[i].end for i in range(3)] == [End.CRASHED, End.CRASHED, End.NOT_RUN]
    assert "was not run" in run.cells[2].reason


def test_memory_is_limited_and_the_cells_after_it_run(tmp_path):
    with Sandbox([], GradingLimits(cell_seconds=20, memory_bytes=2**28)) as warm:
        sources = ["data = bytearray(2**30)", "'alive'"]
        run = run_notebook(warm, [Step(i, source) for i, source in enumerate(sources)], tmp_path)
    assert run.cells[0].outputs[0]["ename"] == "MemoryError"
    assert run.cells[1].outputs[0]["data"]["text/plain"] == "'alive'"


def test_the_protection_reached_is_reported(run, sandbox, tmp_path):
    result = run_notebook(sandbox, [Step(0, "1")], tmp_path)
    assert result.protection == "full"
    assert result.mechanisms
