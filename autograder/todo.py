"""What is done and what is left, over all lectures and problem sets, read from the files of a workspace.

Nothing runs for this: exercises of lectures leave a sign (✔, ✘ or …) in their stored output, answers of
problem sets are compared with the copy that was handed out, and the last check of each is on record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from .check import CheckReport, answers, read_cells, template_of
from .errors import CourseError
from .workspace import Workspace, typed

__all__ = ["Item", "look", "page", "record_check", "survey"]

_CHECKS = Path(".course") / "checks.json"
_RIGHT, _SIGNS = "✔", ("✔", "✘", "…")


@dataclass(frozen=True)
class Item:
    """A lecture or problem set, and how far somebody is with it.

    Parameters
    ----------
    name : str
        Its name.
    path : str
        Where it is, below the workspace.
    done, total : int
        Exercises that are right, or answers that are written, and how many there are.
    state : str
        ``"done"``, ``"begun"``, ``"not begun"`` or ``"missing"``.
    remark : str
        What a check said last, whether it was handed in, or what is wrong with the file.
    """

    name: str
    path: str
    done: int
    total: int
    state: str
    remark: str = ""


def survey(workspace: Workspace) -> tuple[Item, ...]:
    """Look at every lecture and problem set of a workspace."""
    lectures = tuple(_lecture(workspace, name) for name in workspace.lectures())
    return (*lectures, *(look(workspace, name) for name in workspace.assignments()))


def look(workspace: Workspace, name: str) -> Item:
    """Look at one problem set."""
    return _assignment(workspace, name, _read_checks(workspace).get(name))


def record_check(workspace: Workspace, report: CheckReport) -> None:
    """Remember what a check said, so that `survey` can tell without running it again."""
    checks = dict(_read_checks(workspace))
    checks[report.assignment] = {
        "points": report.points,
        "of": report.checked_points,
        "file": typed(workspace.notebook(report.assignment)),
    }
    path = workspace.root / _CHECKS
    half = path.with_suffix(".half")
    half.write_text(json.dumps(checks, indent=1), "utf-8")
    os.replace(half, path)


def page(items: Sequence[Item]) -> str:
    """One self-contained HTML page with everything that is done and left."""
    rows = "".join(
        f"<tr><td>{escape(item.name)}<br><small>{escape(item.path)}</small></td>"
        f'<td class="{item.state.replace(" ", "-")}">{item.state}</td>'
        f'<td><progress value="{item.done}" max="{max(1, item.total)}"'
        f' aria-label="{escape(item.name, quote=True)}"></progress> {item.done} of {item.total}</td>'
        f"<td>{escape(item.remark)}</td></tr>"
        for item in items
    )
    return _PAGE.format(summary=escape(summary(items)), rows=rows)


def summary(items: Iterable[Item]) -> str:
    """How much is done, in one sentence."""
    items = tuple(items)
    done = sum(item.state == "done" for item in items)
    following = next((item.name for item in items if item.state != "done"), None)
    rest = f" Next: {following}." if following else " Everything is done."
    return f"{done} of {len(items)} done.{rest}"


def _lecture(workspace: Workspace, name: str) -> Item:
    """How many exercises of a lecture its stored outputs call right."""
    relative = workspace.relative(name)
    path = workspace.root / relative
    if not path.exists():
        return Item(name, relative, 0, 0, "missing", "autograder workspace brings it back")
    try:
        signs = exercise_signs(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Item(name, relative, 0, 0, "begun", f"cannot be read; autograder reset {name[:2]} helps")
    right = signs.count(_RIGHT)
    touched = typed(path) != typed(workspace.course / relative)
    state = "done" if signs and right == len(signs) else "begun" if touched or right else "not begun"
    return Item(name, relative, right, len(signs), state)


def exercise_signs(notebook: Mapping[str, Any]) -> list[str]:
    """The signs that the exercises of a lecture have left in its outputs, in order."""
    texts = (
        "".join(output.get("data", {}).get("text/plain", ""))
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
    )
    return [text[0] for text in texts if text.startswith(_SIGNS)]


def _assignment(workspace: Workspace, name: str, check: Mapping[str, Any] | None) -> Item:
    """How many answers of a problem set are written, and what its last check said."""
    relative = workspace.relative(name)
    path = workspace.root / relative
    if not path.exists():
        return Item(name, relative, 0, 0, "missing", "autograder workspace brings it back")
    template = template_of(workspace.course / relative)
    try:
        written = answers(read_cells(path, template)[0], template)
    except CourseError as problem:
        return Item(name, relative, 0, 0, "begun", problem.problem)
    done, total = sum(written.values()), len(written)
    passed = check is not None and check["points"] >= check["of"] and check["file"] == typed(path)
    state = "done" if done == total and passed else "begun" if done else "not begun"
    return Item(name, relative, done, total, state, "; ".join(_remarks(workspace, name, path, check)))


def _remarks(workspace: Workspace, name: str, path: Path, check: Mapping[str, Any] | None) -> Iterable[str]:
    if check is not None:
        yield f"visible checks: {check['points']:g} of {check['of']:g} points"
        if check["file"] != typed(path):
            yield "changed since then"
    if (workspace.root / "handed-in" / name).exists():
        yield "handed in"


def _read_checks(workspace: Workspace) -> Mapping[str, Any]:
    """The checks on record; one that cannot be read is forgotten, since a check can be repeated."""
    try:
        data = json.loads((workspace.root / _CHECKS).read_text("utf-8"))
        return {name: entry for name, entry in data.items() if {"points", "of", "file"} <= entry.keys()}
    except (OSError, ValueError, AttributeError):
        return {}


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>What is done and what is left</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
  color: #1d2430; background: #fff }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .4em .6em; border-bottom: 1px solid #d5dae2; vertical-align: top }}
small {{ color: #3d4450 }}
.done {{ color: #0b5c33; font-weight: 600 }}
.begun {{ color: #8a3b00 }}
.missing, .not-begun {{ color: #3d4450 }}
</style></head><body><main><h1>What is done and what is left</h1><p>{summary}</p>
<table><thead><tr><th scope="col">Notebook</th><th scope="col">State</th>
<th scope="col">Exercises or answers</th><th scope="col">Remarks</th></tr></thead>
<tbody>{rows}</tbody></table>
</main></body></html>
"""
