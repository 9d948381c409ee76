"""The student's commands: workspace, reset, check, todo, hand-in, solution.

They are commands of ``autograder``, and work by themselves as ``python -m autograder.workspace_cli``: this
module loads neither nbgrader nor the grading engines, so it starts fast, and runs on macOS and Windows.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from . import check as checking
from . import solutions, todo
from .errors import CourseError
from .workspace import Change, Delivered, Workspace, find_course, update

PANEL = "For students"
app = typer.Typer(no_args_is_help=True, add_completion=False)

_TIMEOUT: float = inspect.signature(checking.check_notebook).parameters["timeout"].default
_ANYWAY: bool = inspect.signature(solutions.write_solution).parameters["anyway"].default

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A problem set such as ps3, or a lecture.", show_default=False),
]
ProblemSet = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A problem set such as ps3, or the path of its notebook.", show_default=False
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        envvar="WORKSPACE",
        help="Your workspace. Default: found from the current folder.",
        show_default=False,
    ),
]
Timeout = Annotated[float, typer.Option(help="Seconds that one cell may run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output instead of text.")]


@app.callback()
def main() -> None:
    """Learn with the course: get it, check your answers, see what is left, open solutions."""


def tells_mistakes(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a `CourseError`, and a file that cannot be had, into two lines on stderr and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except CourseError as mistake:
            _tell(mistake.problem, mistake.next_step)
        except OSError as problem:
            where = f"{problem.filename}: " if problem.filename else ""
            _tell(
                f"{where}{problem.strerror or problem}.",
                "See whether the folder is there and may be written to, and whether the disk has room.",
            )

    return wrapper


def _tell(problem: str, next_step: str) -> NoReturn:
    """Say what is wrong and what to do, and end the command."""
    typer.secho(problem, fg="red", err=True)
    typer.echo(next_step, err=True)
    raise typer.Exit(1) from None


@app.command("workspace", rich_help_panel=PANEL)
@tells_mistakes
def make_workspace(
    folder: Annotated[Path | None, typer.Argument(help="Where. Default: workspace in the course.")] = None,
    course: Annotated[Path | None, typer.Option(help="The folder of the course.")] = None,
) -> None:
    """Make your workspace, or bring it up to date. What you worked on is never overwritten."""
    home = find_course(course)
    root = folder or home / "workspace"
    for line in told(update(root, home)):
        _say(line)
    typer.echo(f"Your workspace: {shown(root)}")


@app.command(rich_help_panel=PANEL)
@tells_mistakes
def reset(name: Name = "", workspace: Folder = None) -> None:
    """Start one notebook afresh; yours is kept beside it, with the date in its name."""
    place = Workspace.find(workspace)
    _require_name(place, "reset", name)
    fresh, kept = place.reset(name, datetime.now())
    typer.echo(f"Fresh: {shown(fresh)}")
    typer.echo(f"Yours: {shown(kept)}" if kept else "You had typed nothing into it: no copy was kept.")


@app.command(rich_help_panel=PANEL)
@tells_mistakes
def check(
    name: ProblemSet = "", workspace: Folder = None, timeout: Timeout = _TIMEOUT, as_json: AsJson = False
) -> None:
    """Run the visible checks of your notebook, as it was saved, and say what is left."""
    place = Workspace.find(workspace)
    _require_name(place, "check", name)
    notebook, problems = _find(place, name)
    released = place.course / place.relative(problems)
    with _progress() as on_cell:
        report = checking.check_notebook(notebook, released, timeout=timeout, on_cell=on_cell)
    if notebook == place.notebook(problems).resolve():
        todo.record_check(place, report)
    _say(checking.to_json(report) if as_json else repr(report))


@app.command("todo", rich_help_panel=PANEL)
@tells_mistakes
def what_is_left(
    workspace: Folder = None,
    page: Annotated[bool, typer.Option("--page", help="Write what-is-left.html as well.")] = False,
) -> None:
    """Show what is done and what is left, over all lectures and problem sets. Runs nothing."""
    place = Workspace.find(workspace)
    items = todo.survey(place)
    width = max(len(item.name) for item in items)
    for item in items:
        amount = f"{item.done} of {item.total}"
        _say(f"{item.name:<{width}}  {item.state:<9}  {amount:>8}  {item.remark}".rstrip())
    typer.echo(todo.summary(items))
    if page:
        path = place.root / "what-is-left.html"
        path.write_text(todo.page(items), "utf-8")
        typer.echo(f"Page: {shown(path)}")


@app.command("hand-in", rich_help_panel=PANEL)
@tells_mistakes
def hand_in(name: ProblemSet = "", workspace: Folder = None) -> None:
    """Keep a dated copy of a problem set as handed in; in a class, upload the notebook as well."""
    place = Workspace.find(workspace)
    name = _own(place, "hand-in", name)
    typer.echo(f"Handed in: {shown(solutions.hand_in(place, name, datetime.now()))}")
    item = todo.look(place, name)
    if item.done < item.total:
        typer.echo(f"{item.done} of {item.total} answers are written so far; you may hand in again.")
    typer.echo(f"In a class, upload {shown(place.notebook(name))}.")
    typer.echo(f"If you learn alone, `autograder solution {name}` opens the worked solution.")


@app.command(rich_help_panel=PANEL)
@tells_mistakes
def solution(
    name: ProblemSet = "",
    workspace: Folder = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if nothing was handed in.")] = _ANYWAY,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Open the worked solution of a problem set that you have handed in."""
    place = Workspace.find(workspace)
    name = _own(place, "solution", name)
    solutions.require(place, name, anyway)
    if not yes and not typer.confirm(f"Show the worked solution of {name}? It cannot be unseen."):
        typer.echo("Nothing was written.")
        return
    typer.echo(f"Worked solution: {shown(solutions.write_solution(place, name, anyway))}")


def _require_name(place: Workspace, command: str, name: str) -> None:
    """Ask for a name by showing what there is."""
    if not name:
        known = ", ".join(place.assignments())
        raise CourseError(f"Which one? There are: {known}.", f"For example: autograder {command} ps3")


def _own(place: Workspace, command: str, said: str) -> str:
    """The name of a problem set whose notebook in the workspace is meant, and no copy of it."""
    _require_name(place, command, said)
    own, path = solutions.problem_set(place, said), Path(said)
    if path.suffix == ".ipynb" and path.exists() and path.resolve() != own.resolve():
        raise CourseError(
            f"{said} is not the notebook of your workspace: that is {shown(own)}.",
            f"Put it there, or write: autograder {command} {own.stem}",
        )
    return own.stem


def _find(place: Workspace, name: str) -> tuple[Path, str]:
    """The notebook that a name or a path means, and its problem set.

    A copy under another name, such as one that a reset kept, belongs to the folder in which it lies.
    """
    path = Path(name)
    if path.suffix != ".ipynb" or (path.name == name and not path.exists()):
        own = solutions.problem_set(place, name)
        return own.resolve(), own.stem
    path = path.resolve()
    problems = path.parent.name if path.parent.name in place.assignments() else path.name
    return path, solutions.problem_set(place, problems).stem


def told(delivered: tuple[Delivered, ...]) -> Iterator[str]:
    """What a person wants to read of an update: the files that it touched or kept, the rest as a number."""
    new = [item for item in delivered if item.change is Change.NEW]
    if len(new) == len(delivered):
        yield f"New: {len(new)} files."
    else:
        yield from (str(item) for item in delivered if item.change is not Change.SAME)
    same = sum(item.change is Change.SAME for item in delivered)
    if same:
        yield f"Up to date: {same} of {len(delivered)} files."


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Say on stderr which cell runs: on one line for a person, a line for each for a program."""
    ending = "\r" if sys.stderr.isatty() else "\n"

    def on_cell(cell: str, done: int, total: int) -> None:
        sys.stderr.write(f"[{done + 1}/{total}] {cell:<50}{ending}")
        sys.stderr.flush()

    yield on_cell
    if ending == "\r":
        sys.stderr.write(" " * 65 + "\r")


def _say(text: str) -> None:
    """Write a text even where the output cannot show all of its signs, as in a pipe on Windows."""
    encoding = sys.stdout.encoding or "utf-8"
    typer.echo(text.encode(encoding, "replace").decode(encoding))


def shown(path: Path) -> str:
    """A path as a person would type it here."""
    here, path = Path.cwd(), path.resolve()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


if __name__ == "__main__":
    app(prog_name="autograder")
