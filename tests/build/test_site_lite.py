"""The JupyterLite build: what is put into it, checked without a network; the build itself where its tools are."""

import ast
import base64
import hashlib
import json
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools.build_site.lite import EXTENSIONS, PYODIDE, WHEELS, LiteError, build_lite, lite_notebook, pinned
from tools.build_site.wheel import NEEDS, mlpkit_wheel

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.prefix) / "lite-only"
LECTURES = sorted((ROOT / "lectures").glob("[0-9][0-9]-*.ipynb"))
#: Distributions whose modules have another name.
MODULES = {"sklearn": "scikit-learn", "IPython": "ipython"}


def imported(source):
    """The top-level modules that some Python imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


def sources():
    for path in (ROOT / "mlpkit").rglob("*.py"):
        yield path.read_text(encoding="utf-8")
    for path in LECTURES:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def served():
    return json.loads(PYODIDE.read_text(encoding="utf-8"))


def test_the_wheel_asks_for_all_that_mlpkit_and_the_lectures_import():
    found = {name for source in sources() for name in imported(source)}
    others = found - set(sys.stdlib_module_names) - {"mlpkit"}
    assert {MODULES.get(name, name) for name in others} <= set(NEEDS)


def test_everything_that_it_asks_for_is_in_pyodide_or_served_with_the_pages():
    assert set(NEEDS) <= set(served()["packages"]) | set(WHEELS)


def test_pyodide_has_the_versions_that_the_course_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {one.name: one.specifier for one in map(Requirement, project["dependencies"])}
    versions = served()["packages"]
    old = {
        name: versions[name]
        for name in NEEDS
        if name in versions and name in asked and versions[name] not in asked[name]
    }
    assert old == {}


def test_the_wheel_holds_mlpkit_and_only_that(tmp_path):
    with zipfile.ZipFile(mlpkit_wheel(ROOT, tmp_path)) as wheel:
        names = set(wheel.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mlpkit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == wanted
    assert "mlpkit/widgets/assets/stepper.js" in names


def test_the_record_of_the_wheel_is_true(tmp_path):
    with zipfile.ZipFile(mlpkit_wheel(ROOT, tmp_path)) as wheel:
        record = next(name for name in wheel.namelist() if name.endswith("/RECORD"))
        for line in wheel.read(record).decode().splitlines():
            name, digest, size = line.rsplit(",", 2)
            if name != record:
                content = wheel.read(name)
                encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                assert (digest, int(size)) == (f"sha256={encoded}", len(content))


def test_the_wheel_is_the_same_each_time(tmp_path):
    (tmp_path / "other").mkdir()
    assert mlpkit_wheel(ROOT, tmp_path).read_bytes() == mlpkit_wheel(ROOT, tmp_path / "other").read_bytes()


def test_the_wheels_are_those_that_the_course_locks():
    text = pinned((ROOT / "requirements.txt").read_text(encoding="utf-8"), WHEELS)
    assert [line.partition("==")[0] for line in text.splitlines() if "==" in line] == list(WHEELS)
    assert text.count("--hash=sha256:") >= len(WHEELS)


def test_a_package_that_is_not_locked_is_named():
    with pytest.raises(LiteError, match="does not lock nothing-of-the-kind"):
        pinned("a==1 \\\n    --hash=sha256:0\n", ["nothing-of-the-kind"])


def made(*cells):
    return json.loads(lite_notebook(json.dumps({"metadata": {"widgets": {"x": 1}}, "cells": list(cells)})))


def test_a_notebook_installs_mlpkit_before_its_first_code():
    text = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# T\n", "x"]}
    code = {"cell_type": "code", "id": "b", "metadata": {}, "source": [], "outputs": []}
    cells = made(text, code)["cells"]
    assert [cell["id"] for cell in cells] == ["a", "lite-install", "b"]
    assert cells[1]["source"].startswith("%pip install -q mlpkit")
    assert cells[0]["source"] == "# T\nx"


def test_saved_outputs_are_shown_before_any_kernel_has_come():
    view = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "m"},
        "image/svg+xml": ["<svg>", "</svg>"],
    }
    stream = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]}
    outputs = [{"output_type": "display_data", "metadata": {}, "data": view}, stream]
    notebook = made({"cell_type": "code", "id": "b", "metadata": {}, "source": "", "outputs": outputs})
    cell = notebook["cells"][1]
    assert cell["outputs"][0]["data"] == {"image/svg+xml": "<svg></svg>"}
    assert cell["outputs"][1]["text"] == "a\nb\n"
    assert cell["metadata"]["trusted"]
    assert "widgets" not in notebook["metadata"]


def test_tools_that_are_not_installed_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(LiteError, match=r"-r requirements-lite\.txt"):
        build_lite(ROOT, tmp_path / "lite")


# -- the build itself --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if not (TOOLS / "jupyterlite_core").is_dir():
        pytest.skip("JupyterLite's tools are not installed (make lite installs them)")
    into = tmp_path_factory.mktemp("lite") / "built"
    build_lite(ROOT, into)
    return into


@pytest.mark.exhaustive
def test_the_build_has_every_lecture_and_problem_set(built):
    names = {path.relative_to(built / "files").as_posix() for path in (built / "files").rglob("*.ipynb")}
    wanted = {f"lectures/{path.name}" for path in LECTURES}
    assert names == wanted | {f"assignments/release/ps{n}/ps{n}.ipynb" for n in range(1, 8)}
    listed = json.loads((built / "api" / "contents" / "lectures" / "all.json").read_text(encoding="utf-8"))
    assert {one["name"] for one in listed["content"]} == {path.name for path in LECTURES}


@pytest.mark.exhaustive
def test_the_build_has_the_extensions_that_show_widgets_and_the_kernel(built):
    settings = json.loads((built / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    loaded = {one["name"]: one["load"] for one in settings["federated_extensions"]}
    assert set(loaded) == {*EXTENSIONS, "@jupyterlite/pyodide-kernel-extension"}
    for name, script in loaded.items():
        assert (built / "extensions" / name / script).is_file()


@pytest.mark.exhaustive
def test_the_build_serves_the_wheels_with_their_hashes(built):
    index = json.loads((built / "pypi" / "all.json").read_text(encoding="utf-8"))
    assert {*WHEELS, "mlpkit"} <= set(index)
    for package in index.values():
        for files in package["releases"].values():
            for file in files:
                path = built / "pypi" / file["url"].partition("?")[0].removeprefix("./")
                assert hashlib.sha256(path.read_bytes()).hexdigest() == file["digests"]["sha256"]


@pytest.mark.exhaustive
def test_every_json_file_of_the_build_is_valid(built):
    for path in built.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.exhaustive
def test_the_kernels_pyodide_is_the_one_whose_versions_are_noted(built):
    constants = (TOOLS / "jupyterlite_pyodide_kernel" / "constants.py").read_text(encoding="utf-8")
    assert f'PYODIDE_VERSION = "{served()["pyodide"]}"' in constants
