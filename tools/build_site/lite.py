"""Build the course as JupyterLite: JupyterLab and Python in the reader's browser, from plain files.

``python -m tools.build_site.lite`` writes ``lite/`` with the tools that requirements-lite.txt locks (see
there, and docs/site.md). Everything lies in that folder but Python itself and the compiled packages, which
the reader's browser gets from Pyodide's usual host.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.build_site.wheel import mlpkit_wheel

__all__ = ["INSTALL_CELL", "LiteError", "build_lite", "lite_notebook", "main", "pinned"]

#: Pure wheels that are served with the pages; Pyodide does not have them.
WHEELS = ("anywidget", "comm", "ipywidgets", "jupyterlab-widgets", "psygnal")
#: Extensions of JupyterLab that show widgets in a page.
EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager")
#: Versions that the kernel's Pyodide has, out of the lock file that it is published with.
PYODIDE = Path(__file__).parent / "pyodide.json"
INSTALL_CELL: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "id": "lite-install",
    "metadata": {"jupyter": {"source_hidden": True}, "trusted": True},
    "outputs": [],
    "source": "%pip install -q mlpkit  # in the browser: this takes a minute the first time",
}
_EPOCH = 1_700_000_000  # when everything was made, so that the same course gives the same files
_VIEW = "application/vnd.jupyter.widget-view+json"
MARK = ".made-by-build-lite"


class LiteError(Exception):
    """JupyterLite cannot be built, and why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if the folder was written."""
    root = Path(__file__).parents[2]
    arguments = argparse.ArgumentParser(
        prog="python -m tools.build_site.lite", description=__doc__.splitlines()[0]
    )
    arguments.add_argument("--into", type=Path, default=root / "lite", help="folder to write")
    options = arguments.parse_args(argv)
    try:
        build_lite(root, options.into.resolve())
    except (LiteError, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.into.rglob("*") if path.is_file()) / 1e6
    print(f"{size:.0f} MB in {options.into}. Serve it: python -m http.server --directory {options.into}")
    print("and open /lab/index.html?path=lectures/00-start-here.ipynb")
    return 0


def build_lite(root: Path, into: Path) -> None:
    """Write the JupyterLite build of the course below `root` into a folder.

    Raises
    ------
    LiteError
        If the tools are not installed, a wheel cannot be had, or the build fails; with its last lines.
    FileExistsError
        If the folder holds something that was not made here.
    """
    tools = tools_folder()
    if into.exists() and any(into.iterdir()) and not (into / MARK).is_file():
        raise FileExistsError(f"{into} holds something else: choose another folder with --into, or empty it")
    shutil.rmtree(into, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        lite = Path(scratch)
        _contents(root, lite / "contents")
        (lite / "jupyter-lite.json").write_text(json.dumps(_settings(), indent=2), encoding="utf-8")
        (lite / "wheels").mkdir()
        mlpkit_wheel(root, lite / "wheels")
        _fetch_wheels(root / "requirements.txt", lite / "wheels")
        configuration = json.dumps(_configuration(lite, into), indent=2)
        (lite / "jupyter_lite_config.json").write_text(configuration, encoding="utf-8")
        _run([sys.executable, "-m", "jupyterlite_core", "build"], tools, lite)
    (into / MARK).write_text(
        "Made by python -m tools.build_site.lite; made anew each time.\n", encoding="utf-8"
    )


def tools_folder() -> Path:
    """Where JupyterLite's tools are; LiteError if they are not installed."""
    folder = Path(sys.prefix) / "lite-only"
    if not (folder / "jupyterlite_core").is_dir():
        raise LiteError(
            f"JupyterLite's tools are not in {folder}: {sys.executable} -m pip install --no-deps "
            f"--require-hashes --target {folder} -r requirements-lite.txt"
        )
    return folder


# -- what readers find -------------------------------------------------------------------------------------


def _contents(root: Path, into: Path) -> None:
    """Copy lectures, problem sets and documents, in the folders in which their links find each other."""
    for lecture in sorted((root / "lectures").glob("[0-9][0-9]-*.ipynb")):
        path = into / "lectures" / lecture.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lite_notebook(lecture.read_text(encoding="utf-8")), encoding="utf-8")
    release = into / "assignments" / "release"
    shutil.copytree(root / "assignments" / "release", release, ignore=shutil.ignore_patterns(".*"))
    for path in release.rglob("*.ipynb"):
        path.write_text(lite_notebook(path.read_text(encoding="utf-8"), install=False), encoding="utf-8")
    for document in sorted((root / "docs").glob("*.md")):
        (into / "docs").mkdir(exist_ok=True)
        shutil.copy(document, into / "docs")


def lite_notebook(notebook: str, *, install: bool = True) -> str:
    """The text of a notebook as JupyterLite shows it.

    No server stands between the file and the page, so two things are done here that a server does: lines are
    joined, and code cells are marked as trusted. And saved widgets, which would say "Loading widget" until a
    kernel has come, are their still pictures; running the cell brings them to life.

    Parameters
    ----------
    notebook
        The text of the built notebook.
    install
        Whether a cell that installs `mlpkit` goes before its first code.
    """
    content = json.loads(notebook)
    content["metadata"].pop("widgets", None)
    for cell in content["cells"]:
        cell["source"] = _joined(cell["source"])
        if cell["cell_type"] == "code":
            cell["metadata"]["trusted"] = True
            for output in cell["outputs"]:
                _plain_output(output)
    if install:
        kinds = [cell["cell_type"] for cell in content["cells"]]
        content["cells"].insert(kinds.index("code"), INSTALL_CELL)
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _plain_output(output: dict[str, Any]) -> None:
    """Join the lines of an output, and leave out what needs a kernel to be shown."""
    if "text" in output:
        output["text"] = _joined(output["text"])
    if "data" in output:
        kept = {mime: _joined(content) for mime, content in output["data"].items() if mime != _VIEW}
        output["data"] = kept


def _joined(content: Any) -> Any:
    return "".join(content) if isinstance(content, list) else content


def _settings() -> dict[str, object]:
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Backpropagation, every step of it",
            "defaultKernelName": "python",
        },
    }


# -- wheels ------------------------------------------------------------------------------------------------


def pinned(requirements: str, names: Sequence[str]) -> str:
    """The parts of a locked requirements file that pin these packages, with their hashes.

    Raises
    ------
    LiteError
        If one of the packages is not locked there.
    """
    blocks = dict(_blocks(requirements))
    if missing := [name for name in names if name not in blocks]:
        raise LiteError(f"requirements.txt does not lock {missing[0]}")
    return "".join(blocks[name] for name in names)


def _blocks(requirements: str) -> list[tuple[str, str]]:
    """Name and text of each package's part of a locked requirements file."""
    found: list[tuple[str, str]] = []
    for line in requirements.splitlines(keepends=True):
        if line[:1].isalnum():
            found.append((line.partition("==")[0].strip(), line))
        elif found and line.startswith("    --hash"):
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def _fetch_wheels(requirements: Path, into: Path) -> None:
    """Get the pure wheels, in the versions and with the hashes that the course locks."""
    wanted = into / "requirements.txt"
    wanted.write_text(pinned(requirements.read_text(encoding="utf-8"), WHEELS), encoding="utf-8")
    pure = ["--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--require-hashes", *pure, "--dest", str(into), "-r", str(wanted)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wanted.unlink()
    if done.returncode:
        raise LiteError(f"the wheels of {', '.join(WHEELS)} could not be had:\n{done.stderr[-1000:]}")


# -- the build ---------------------------------------------------------------------------------------------


def _configuration(lite: Path, into: Path) -> dict[str, object]:
    """What JupyterLite's builder is told."""
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    kernel = (
        tools_folder() / "share" / "jupyter" / "labextensions" / "@jupyterlite" / "pyodide-kernel-extension"
    )
    return {
        "LiteBuildConfig": {
            "lite_dir": str(lite),
            "output_dir": str(into),
            "contents": [str(lite / "contents")],
            "apps": ["lab", "notebooks"],
            "no_sourcemaps": True,
            "no_libarchive": True,
            "source_date_epoch": _EPOCH,
            # Only the extensions that a page needs: not nbgrader's, which ask a server.
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [*(str(installed / name) for name in EXTENSIONS), str(kernel)],
        },
        "PipliteAddon": {"piplite_urls": sorted(map(str, (lite / "wheels").glob("*.whl")))},
    }


def _run(command: list[str], tools: Path, folder: Path) -> None:
    """Run the builder, which sees its own tools first."""
    environment = os.environ | {"PYTHONPATH": str(tools), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LiteError(f"jupyter lite build failed:\n{(done.stdout + done.stderr)[-3000:]}")


if __name__ == "__main__":
    raise SystemExit(main())
