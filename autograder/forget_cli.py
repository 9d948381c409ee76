"""The command that deletes what a course holds of a student."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from .course import Course
from .forget import Traces, find_traces, forget
from .workspace_cli import shown, tells_mistakes

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def main() -> None:
    """Delete what a course holds of a student."""


@app.command("forget")
@tells_mistakes
def forget_student(
    student: Annotated[str, typer.Argument(metavar="NAME", help="As the student's folder is called.")],
    course: Annotated[
        Path | None,
        typer.Option(
            "--course", help="The course folder. Default: found from the current folder.", show_default=False
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON to standard output instead of text.")
    ] = False,
) -> None:
    """Delete what the course holds of a student: hand-ins, copies, pages, records and points.

    \b
    submitted/NAME/   autograded/NAME/   feedback/NAME/   report/earlier/*/NAME/
    gradebook.db      the student, with all points and comments
    report/*.json     the student's lines
    report/*.html *.csv   pages of the class that name the student; `report` and `export` write them again
    """
    place = Course.find(course)
    traces = find_traces(place, student)
    if traces and not yes:
        for line in _told(traces):
            typer.echo(line, err=as_json)
        if not typer.confirm("Delete all of this? It cannot be brought back.", err=as_json):
            typer.echo("Nothing was deleted.", err=as_json)
            return
    done = forget(place, student)
    if as_json:
        typer.echo(json.dumps(done.to_dict(), indent=1, ensure_ascii=False))
        return
    typer.echo(f"Deleted: {student}")
    for path in done.left:
        typer.echo(f"Still has the name: {shown(path)}", err=True)


def _told(traces: Traces) -> Iterator[str]:
    """What will be deleted, line by line."""
    yield from (f"  {shown(path)}{'/' if path.is_dir() else ''}" for path in (*traces.folders, *traces.pages))
    yield from (f"  lines in {shown(path)}" for path in traces.records)
    if traces.in_gradebook:
        yield "  the student, all points and comments, in the gradebook"
