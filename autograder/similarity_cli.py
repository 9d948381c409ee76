"""The command ``autograder similarity``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .course import Course
from .similarity_terms import THRESHOLD
from .workspace_cli import AsJson, shown, tells_mistakes

if TYPE_CHECKING:
    from .similarity import Result

app = typer.Typer(no_args_is_help=True, add_completion=False)

_ROWS, _CELLS = 40, 2


@app.command("similarity")
@tells_mistakes
def show_similarity(
    assignment: Annotated[
        str, typer.Argument(help="The assignment's name, such as ps2.", show_default=False)
    ],
    course: Annotated[
        Path | None,
        typer.Option(
            "--course", help="The course folder. Default: found from the current folder.", show_default=False
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Works of another year, or one notebook; may be given again.", show_default=False),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Smallest share of its own text that makes a pair.")
    ] = THRESHOLD,
    as_json: AsJson = False,
) -> None:
    """Find pairs of works that are more alike than works usually are. A reason to look, never a verdict.

    Compared are all submissions with each other, with mlpkit's source, with the instructor's long answers,
    and with the folders of --against, each of which is one of:

    \b
    last-year/submitted/ada/ps2/ps2.ipynb      nbgrader's layout
    last-year/ada/ps2.ipynb  last-year/ada.ipynb      plain notebooks
    other-course/*.py                          programs
    """
    from .similarity import similarity  # noqa: PLC0415  (the other commands do not need it)
    from .similarity_page import write_similarity  # noqa: PLC0415

    place = Course.find(course)
    result = similarity(place, assignment, against=against or (), threshold=threshold)
    page, csv_file = write_similarity(place, result)
    if as_json:
        typer.echo(json.dumps(result.to_dict(), indent=1, ensure_ascii=False))
        return
    _print(result)
    for path in (page, csv_file):
        typer.echo(f"Written: {shown(path)}")


def _print(result: Result) -> None:
    """Print the pairs, the groups, and who was left out."""
    console = Console()
    if result.pairs:
        grid = Table("First", "Share", "Second", "Share", "Tokens", "In a row", "Cells")
        for pair in result.pairs[:_ROWS]:
            shares = (f"{pair.first_share:.0%}", f"{pair.second_share:.0%}")
            row = (pair.first, shares[0], pair.second, shares[1], str(pair.tokens), str(pair.longest))
            rest = [f"and {len(pair.cells) - _CELLS} more"] if len(pair.cells) > _CELLS else []
            grid.add_row(*map(escape, [*row, ", ".join([*pair.cells[:_CELLS], *rest])]))
        console.print(grid)
    for number, names in enumerate(result.groups, 1):
        console.print(escape(f"Group {number}: {', '.join(names)}"))
    more = f" ({len(result.pairs) - _ROWS} are not in this table)" if len(result.pairs) > _ROWS else ""
    counts = ", ".join(f"{kind.value} {count}" for kind, count in result.compared.items() if count)
    console.print(escape(f"Pairs: {len(result.pairs)}{more}. Compared: {counts}."))
    console.print("A pair is a reason to look and to talk, never a verdict.")
    for name, why in result.left_out.items():
        typer.echo(f"Not compared: {name}: {why}", err=True)
