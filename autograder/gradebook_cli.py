"""The command that moves a gradebook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .course import Course
from .gradebook_move import move_gradebook
from .workspace_cli import tells_mistakes

app = typer.Typer()


@app.command("move-gradebook")
@tells_mistakes
def move(
    to: Annotated[
        str,
        typer.Option(
            help="The address of an empty database, such as postgresql+psycopg://user@host/grades.",
            show_default=False,
        ),
    ],
    course: Annotated[
        Path | None,
        typer.Option(
            "--course", help="The course folder. Default: found from the current folder.", show_default=False
        ),
    ] = None,
) -> None:
    """Copy the gradebook to another database: from SQLite to PostgreSQL, or back.

    Everything is copied in one transaction and compared, or nothing is. The old gradebook stays as it is.
    Keep passwords out of the address: ~/.pgpass holds them, and other users of this machine can read command
    lines.
    """
    place = Course.find(course)
    moved = move_gradebook(place, to)
    for table, count in moved.rows.items():
        typer.echo(f"{count:8} {table}")
    typer.echo(f"Copied from {moved.source} to {moved.target}, and compared.")
    typer.echo("To use it from now on, write into nbgrader_config.py:")
    typer.echo(f"  c.CourseDirectory.db_url = {moved.target!r}")
    if "***" in moved.target:
        typer.echo("with the password in the place of ***, or, better, in ~/.pgpass.")
