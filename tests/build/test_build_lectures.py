"""Executed lectures: what is kept, what fails, and that two builds agree to the byte."""

import json
import re

import nbformat
import pytest
from build_courses import LECTURE, contents, make_course, run
from nbconvert import HTMLExporter

from tools.build_notebooks.execute import kernel_environment
from tools.build_notebooks.percent import build_only_folder
from tools.build_notebooks.reproducible import (
    CELL_FILE,
    WIDGET_STATE,
    WIDGET_VIEW,
    make_reproducible,
    model_ids,
)


@pytest.fixture(scope="module")
def notebook(built_course):
    return nbformat.read(built_course / "lectures" / "09-first.ipynb", as_version=4)


def _cell(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def test_two_builds_agree_to_the_byte(built_course, tmp_path):
    root = make_course(tmp_path / "elsewhere", LECTURE)
    assert run(root) == 0
    one, two = (folder / "lectures" / "09-first.ipynb" for folder in (built_course, root))
    assert one.read_bytes() == two.read_bytes()


def test_lectures_share_nothing_and_a_build_without_changes_touches_no_file(tmp_path):
    root = make_course(tmp_path / "course", '# %%\nx = 1\nprint("y" in globals())\n')
    (root / "lectures" / "10-second.py").write_text('# %%\ny = 1\nprint("x" in globals())\n')
    assert run(root, "--jobs", "2") == 0
    before = contents(root)
    assert all(b'"False\\n"' in before[f"lectures/{name}.ipynb"][0] for name in ("09-first", "10-second"))
    assert run(root, "--jobs", "2") == 0
    assert contents(root) == before


def test_outputs_are_kept(notebook):
    assert "image/png" in _cell(notebook, "figure").outputs[0].data
    assert WIDGET_VIEW in _cell(notebook, "slider").outputs[0].data
    assert _cell(notebook, "number").outputs[0].text == "0.3333333333333333 7\n"
    assert _cell(notebook, "mistake").outputs[0].ename == "IndexError"


def test_addresses_are_taken_out_and_other_hexadecimal_numbers_are_not(notebook):
    printed, shown = _cell(notebook, "address").outputs
    assert printed.text == "<__main__.Thing object at 0x0> 255\n"
    assert shown.data["text/plain"] == "<__main__.Thing at 0x0>"


@pytest.mark.parametrize("before", ["", "File ", '"', "'", "("])
def test_the_file_of_a_cell_is_named_wherever_it_stands(before):
    assert CELL_FILE.sub("<cell>", f"{before}/tmp/ipykernel_71/208.py:3") == f"{before}<cell>:3"


def test_a_picture_in_one_long_word_is_left_as_it_is():
    # Looked through from each of its letters, this word would take hours.
    word = "iVBORw0KGgo" * 100_000
    assert CELL_FILE.sub("<cell>", word) == word


def test_the_file_is_written_one_way(built_course):
    text = (built_course / "lectures" / "09-first.ipynb").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert (json.loads(text)["nbformat"], json.loads(text)["nbformat_minor"]) == (4, 5)


def test_nothing_of_the_machine_is_in_the_notebook(built_course):
    text = (built_course / "lectures" / "09-first.ipynb").read_text(encoding="utf-8")
    assert str(built_course) not in text
    metadata = json.loads(text)["metadata"]
    assert metadata["kernelspec"] == {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    assert "version" not in metadata["language_info"]
    assert "execution" not in text.replace("execution_count", "")


def test_a_page_made_from_the_notebook_restores_its_widgets(notebook):
    page, _ = HTMLExporter().from_notebook_node(notebook)
    saved = re.search(
        r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', page, re.DOTALL
    )
    state = json.loads(saved[1])["state"]
    view = re.search(
        r'<script type="application/vnd.jupyter.widget-view\+json">(.*?)</script>', page, re.DOTALL
    )
    model = state[json.loads(view[1])["model_id"]]
    assert model["model_name"] == "FloatSliderModel"
    assert model["state"]["layout"].removeprefix("IPY_MODEL_") in state
    assert model["state"]["style"].removeprefix("IPY_MODEL_") in state


def test_models_are_renamed_wherever_they_are_mentioned():
    ids = ["0123456789abcdef" * 2, "fedcba9876543210" * 2]
    output = nbformat.v4.new_output("display_data", {WIDGET_VIEW: {"model_id": ids[1]}, "text/plain": "x"})
    cell = nbformat.v4.new_code_cell("x", id="x", outputs=[output])
    state = {ids[0]: {"state": {}}, ids[1]: {"state": {"children": [f"IPY_MODEL_{ids[0]}"]}}}
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.widgets = nbformat.from_dict({WIDGET_STATE: {"state": state, "version_major": 2}})
    renamed = make_reproducible(notebook, "09-x", build_only_folder())
    first, second = model_ids(renamed)
    assert not {first, second} & set(ids)
    assert renamed.metadata.widgets[WIDGET_STATE].state[first].state.children == [f"IPY_MODEL_{second}"]
    assert not any(old in json.dumps(renamed) for old in ids)


@pytest.mark.parametrize(
    ("code", "line", "reason"),
    [
        ("x = 1\n1 / 0", 6, "cell here raised ZeroDivisionError: division by zero"),
        (
            "import warnings\nwarnings.warn('mind')",
            4,
            "cell here wrote to stderr: <cell>:2: UserWarning: mind",
        ),
        ("import sys\nprint('oh', file=sys.stderr)", 4, "cell here wrote to stderr: oh"),
        ("import time\ntime.sleep(60)", 4, "cell here ran for more than 1 s"),
        ("import os\nos._exit(3)", 4, "cell here ended the kernel"),
    ],
)
def test_a_cell_that_goes_wrong_fails_the_build(tmp_path, capfd, code, line, reason):
    root = make_course(tmp_path / "course", f'# %%\nprint("fine")\n\n# %% id="here"\n{code}\n')
    assert run(root, "--timeout", "1") == 1
    assert f"lectures/09-first.py:{line}: {reason}" in capfd.readouterr().err
    assert not list(root.rglob("*.ipynb"))


def test_a_cell_that_should_raise_and_does_not_fails_the_build(tmp_path, capfd):
    root = make_course(tmp_path / "course", '# %% id="here" raises=true\nx = 1\n')
    assert run(root) == 1
    assert "09-first.py:1: cell here is marked raises=true and raised nothing" in capfd.readouterr().err


def test_what_a_lecture_runs_in(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONPATH", f"{build_only_folder()}:/elsewhere")
    code = """
    # %%
    import importlib.util, os, pathlib, sys
    pathlib.Path("here.txt").write_text("\\n".join([
        str(importlib.util.find_spec("jupytext")), os.environ["PYTHONHASHSEED"], os.environ["MPLBACKEND"],
        os.environ["SOURCE_DATE_EPOCH"], os.environ["PYTHONPATH"],
    ]))
    """
    root = make_course(tmp_path / "course", code)
    assert run(root) == 0
    found = (root / "lectures" / "here.txt").read_text().splitlines()
    assert found == ["None", "0", "module://matplotlib_inline.backend_inline", "315532800", "/elsewhere"]


def test_an_empty_search_path_is_not_set(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(build_only_folder()))
    assert "PYTHONPATH" not in kernel_environment("/none")
