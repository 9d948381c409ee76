"""Check a problem set from a cell of its own notebook: ``from autograder.check_here import check; check()``.

What counts is the notebook as it was **saved**, run from the top in a fresh process, as grading does. What
the running notebook knows but the file does not is no help there, so it is pointed out: the names of
functions whose last run version differs from the saved one.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from .check import CheckReport
from .errors import CourseError

__all__ = ["Said", "check"]

_CHECKING = "AUTOGRADER_CHECKING"
_SESSION = ("JPY_SESSION_NAME", "VSCODE_NOTEBOOK")
_COMMAND = (sys.executable, "-m", "autograder.workspace_cli", "check")


class Said:
    """A sentence shown in place of a report.

    Parameters
    ----------
    text : str
        What to say.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def check(notebook: str | None = None, timeout: float | None = None) -> CheckReport | Said:
    """Run the visible checks of the notebook in which this is called, as it was saved last.

    Parameters
    ----------
    notebook : str, optional
        The problem set, such as ``"ps3"``, or the path of its notebook. Without it, the notebook that is
        open; JupyterLab says which one that is.
    timeout : float, optional
        Seconds that one cell may take.

    Returns
    -------
    CheckReport
        Shown as a table; or a sentence if there is nothing to check.
    """
    if os.environ.get(_CHECKING):
        return Said("A check is running already: this cell does nothing in it.")
    try:
        report = _run(notebook or str(_this_notebook()), timeout)
    except CourseError as mistake:
        return Said(f"{mistake.problem} {mistake.next_step}")
    path = Path(report.path)
    unsaved = changed_since_saved(path.read_text("utf-8"), _inputs()) if report.path else []
    if unsaved:
        names = ", ".join(f"`{name}`" for name in unsaved)
        print(
            f"What you ran last differs from what is saved: {names}. Save (Ctrl+S or ⌘S), then check again."
        )
    return report


def changed_since_saved(saved: str, inputs: Sequence[str]) -> list[str]:
    """Functions whose last run version is not the one in the saved notebook, sorted.

    Parameters
    ----------
    saved : str
        The text of the notebook file.
    inputs : sequence of str
        What was run in this session, in order.
    """
    sources = ["".join(cell["source"]) for cell in json.loads(saved)["cells"] if cell["cell_type"] == "code"]
    in_file, in_session = _functions(sources), _functions(inputs)
    return sorted(name for name, code in in_session.items() if name in in_file and in_file[name] != code)


def _functions(sources: Iterable[str]) -> dict[str, str]:
    """The last definition of each function at the top of a cell, without comments and layout."""
    found: dict[str, str] = {}
    for source in sources:
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError):  # magics, half a line: nothing to compare
            continue
        found |= {node.name: ast.unparse(node) for node in body if isinstance(node, ast.FunctionDef)}
    return found


def _inputs() -> Sequence[str]:
    """What was run in this session; empty outside of IPython."""
    import IPython  # noqa: PLC0415

    shell = IPython.get_ipython()
    return list(shell.user_ns.get("In", [])) if shell else []


def _this_notebook() -> Path:
    """The notebook that this kernel serves, as the server says."""
    name = next((value for key in _SESSION if (value := os.environ.get(key))), "")
    path = Path(Path(name).name) if name else Path()
    if name.endswith(".ipynb") and path.exists():
        return path.resolve()
    raise CourseError(
        "Which notebook this is cannot be found out here.", 'Say its name, for instance check("ps3").'
    )


def _run(notebook: str, timeout: float | None) -> CheckReport:
    """Run the check in a process of its own, showing which cell it is at."""
    limit = [] if timeout is None else ["--timeout", f"{timeout:g}"]
    command = [*_COMMAND, notebook, "--json", *limit]
    environment = os.environ | {"PYTHONUTF8": "1"}
    # A file takes a report of any length; a pipe that nobody reads would stop the check.
    with TemporaryFile("w+", encoding="utf-8") as answer:
        with subprocess.Popen(
            command, stdout=answer, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
        ) as process:
            try:
                said = _follow(process.stderr or ())
            except BaseException:
                process.kill()
                raise
        answer.seek(0)
        text = answer.read()
    if process.returncode:
        raise CourseError(" ".join(said[-2:]) or "The check ended without a word.", "")
    return CheckReport.from_dict(json.loads(text))


def _follow(lines: Iterable[str]) -> list[str]:
    """Show the progress that a check reports; return what else it says."""
    began, said = time.monotonic(), []
    for line in map(str.rstrip, lines):
        if line.startswith("["):
            print(f"\r{line:<60} {time.monotonic() - began:3.0f} s", end="", flush=True)
        elif line:
            said.append(line)
    print("\r" + " " * 70 + "\r", end="")
    return said
