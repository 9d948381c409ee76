"""The command, and that jupytext stays where only the builder finds it."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from build_courses import make_course, run
from packaging.requirements import Requirement

from tools.build_notebooks import percent
from tools.build_notebooks.cli import main

ROOT = Path(__file__).parents[2]


def test_a_stem_that_is_not_there_is_an_error_that_lists_those_that_are(tmp_path, capfd):
    root = make_course(tmp_path / "course", "# %%\nx = 1\n", "# %%\nx = 1\n")
    assert run(root, "--only", "08-none") == 1
    assert capfd.readouterr().err == "--only: no source '08-none'; there are: 09-first, ps1\n"


def test_only_builds_what_is_asked_for(tmp_path, capfd):
    root = make_course(tmp_path / "course", "# %%\nx = 1\n", "# %%\nx = (\n")
    assert run(root, "--only", "09-first") == 0
    assert re.fullmatch(r"lectures/09-first\.ipynb  written  \d+\.\d s\n", capfd.readouterr().out)


def test_a_mistake_in_one_source_does_not_stop_the_others(tmp_path, capfd):
    root = make_course(tmp_path / "course", "# %%\nx = 1\n", "# %%\nx = (\n")
    assert run(root) == 1
    said = capfd.readouterr()
    assert "lectures/09-first.ipynb  written" in said.out
    assert "assignments/source/ps1/ps1.ipynb  failed" in said.out
    assert said.err.startswith("assignments/authoring/ps1.py:2: the code does not parse")


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--no-execute"], ["--timeout", "soon"]])
def test_wrong_arguments_are_refused(arguments, capfd):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "usage:" in capfd.readouterr().err


def test_a_source_that_is_not_text_is_an_error(tmp_path, capfd):
    root = make_course(tmp_path / "course", "# %%\nx = 1\n")
    (root / "lectures" / "09-first.py").write_bytes(b"# %%\nx = '\xff'\n")
    assert run(root) == 1
    assert "lectures/09-first.py: the file is not UTF-8" in capfd.readouterr().err


def test_without_jupytext_the_command_says_what_to_do(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(percent, "build_only_folder", lambda: tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "build-only" not in entry])
    for name in [name for name in sys.modules if name.split(".")[0] == "jupytext"]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["--root", str(tmp_path)]) == 1
    assert "run `make setup`" in capfd.readouterr().err


def test_jupytext_is_not_importable_in_the_environment():
    done = subprocess.run(
        [sys.executable, "-c", "import jupytext"], capture_output=True, text=True, check=False, cwd="/"
    )
    assert "ModuleNotFoundError" in done.stderr


def test_no_configuration_of_the_environment_names_jupytext():
    folders = [Path(sys.prefix) / name / "jupyter" for name in ("etc", "share")]
    names = [str(path) for folder in folders for path in folder.rglob("*jupytext*")]
    assert names == []
    configurations = [path.read_text() for path in folders[0].rglob("*.json")]
    assert configurations
    assert not any("jupytext" in text for text in configurations)


@pytest.mark.exhaustive
def test_jupyter_server_does_not_list_jupytext():
    command = [sys.executable, "-m", "jupyter", "server", "extension", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "nbgrader" in done.stdout + done.stderr
    assert "jupytext" not in done.stdout + done.stderr


def _locked(name: str) -> dict[str, str]:
    """Return package -> version of a file of locked requirements."""
    return dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_builders_packages_are_apart_from_the_courses_and_agree_with_them():
    course, builder = _locked("requirements.txt"), _locked("requirements-build.txt")
    assert "jupytext" in builder
    assert not course.keys() & builder.keys()
    installed = {dist.name: dist for dist in distributions(path=[str(percent.build_only_folder())])}
    assert {name: dist.version for name, dist in installed.items()} == builder
    for dist in installed.values():
        for requirement in _requirements(dist):
            version = {**course, **builder}.get(requirement.name.lower())
            assert version is not None, f"{dist.name} needs {requirement}, which is not locked"
            assert requirement.specifier.contains(version), (
                f"{dist.name} needs {requirement}, locked is {version}"
            )


def _requirements(dist: Distribution) -> list[Requirement]:
    """Return what a package needs on this Python, extras aside."""
    found = [Requirement(text) for text in dist.requires or []]
    return [need for need in found if need.marker is None or need.marker.evaluate({"extra": ""})]


@pytest.mark.exhaustive
def test_an_interrupted_build_ends_at_once_with_its_kernels(tmp_path):
    code = (
        '# %%\nimport os, pathlib, time\npathlib.Path("pid").write_text(str(os.getpid()))\ntime.sleep(60)\n'
    )
    root = make_course(tmp_path / "course", code)
    command = [sys.executable, "-m", "tools.build_notebooks", "--root", str(root)]
    builder = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    pid = root / "lectures" / "pid"
    _wait_until(lambda: pid.is_file() and pid.read_text() != "")
    builder.send_signal(signal.SIGINT)
    _, said = builder.communicate(timeout=10)
    assert (builder.returncode, said) == (130, "interrupted\n")
    _wait_until(lambda: not Path(f"/proc/{pid.read_text()}/cmdline").is_file())
    assert not list(root.rglob("*.ipynb"))


def _wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition, at most some seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
