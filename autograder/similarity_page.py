"""The comparison as a page, with the passages side by side, and as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from .course import Course
from .export import _safe, _table
from .files import write_atomically
from .pages import render
from .similarity import Document, Pair, Result
from .similarity_terms import LEAST, LONG
from .similarity_tokens import RUN, WINDOW, Hashes, covered
from .similarity_works import Kind

__all__ = ["Line", "Match", "Side", "matches", "render_similarity", "table", "write_similarity"]

#: Pairs whose passages are on the page, those that are open at first, and rows of its table.
SHOWN, OPEN, ROWS = 60, 3, 500
_CONTEXT = 3  # lines around a marked one


@dataclass(frozen=True)
class Line:
    """A line of a cell; without a number it stands for lines that are left out."""

    number: int | None
    text: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Side:
    """What is shown of one cell of one work."""

    work: str
    cell: str
    is_code: bool
    lines: tuple[Line, ...]

    @property
    def marked(self) -> int:
        """How many lines are marked."""
        return sum(line.marked for line in self.lines)


@dataclass(frozen=True)
class Match:
    """Two cells with passages in common."""

    first: Side
    second: Side


def matches(first: Document, second: Document) -> tuple[Match, ...]:
    """Put cells side by side until everything that two works have in common is shown."""
    joined = list(_partners(first, second))
    seen = {j for _, j in joined}
    joined += [
        (i, j) for j, i in _partners(second, first) if j not in seen
    ]  # a passage may stand there twice
    return tuple(
        Match(_side(first, i, _runs(second, j)), _side(second, j, _runs(first, i))) for i, j in sorted(joined)
    )


def _partners(one: Document, other: Document) -> Iterator[tuple[int, int]]:
    """For each cell of one work those of the other that have its passages, most of them first."""
    both = np.intersect1d(one.known, other.known)
    for cell in np.unique(one.tokens.cell[np.isin(one.runs, both)]):
        left = np.intersect1d(_runs(one, cell), both)
        while len(left):
            partner = int(np.bincount(other.tokens.cell[np.isin(other.runs, left)]).argmax())
            yield int(cell), partner
            left = np.setdiff1d(left, _runs(other, partner))


def _runs(document: Document, cell: int) -> Hashes:
    """The runs of a cell that are not everybody's."""
    return document.runs[(document.tokens.cell == cell) & (document.weights > 0)]


def _side(document: Document, cell: int, runs: Hashes) -> Side:
    """The lines of a cell with these runs, marked, and some lines around them."""
    here = document.tokens.cell == cell
    marks = covered((np.isin(document.runs, runs) & here).astype(int)) > 0
    every = np.bincount(document.tokens.line[here])
    some = np.bincount(document.tokens.line[here & marks], minlength=len(every))
    marked = {int(number) for number in np.flatnonzero((2 * some >= every) & (some > 0))}
    source = document.work.cells[cell]
    lines = source.text.rstrip().split("\n")
    return Side(document.work.name, source.name, source.is_code, tuple(_excerpt(lines, marked)))


def _excerpt(lines: list[str], marked: set[int]) -> Iterator[Line]:
    """Lines near a marked one; one without a number where others are left out."""
    near = {number + step for number in marked for step in range(-_CONTEXT, _CONTEXT + 1)}
    left_out = False
    for number, text in enumerate(lines, 1):
        if number in near:
            yield Line(number, text, number in marked)
        elif not left_out:
            yield Line(None)
        left_out = number not in near


def render_similarity(result: Result, now: datetime | None = None) -> str:
    """Return the page as one self-contained HTML text."""
    documents = result.documents
    shown = [
        (number, pair, result.group_of(pair), matches(documents[pair.first], documents[pair.second]))
        for number, pair in enumerate(result.pairs[:SHOWN], 1)
    ]
    return render(
        "similarity.html.j2",
        result=result,
        kinds=Kind,
        pairs=result.pairs[:ROWS],
        shown=shown,
        open=OPEN,
        least=LEAST,
        long=LONG,
        certain=RUN + WINDOW - 1,
        written=(now or datetime.now().astimezone()).strftime("%Y-%m-%d %H:%M"),
    )


def table(result: Result) -> str:
    """All pairs as CSV."""
    head = [
        "first", "second", "second_is_from", "first_share", "second_share",
        "tokens", "longest", "group", "cells",
    ]  # fmt: skip
    return _table(head, [_row(pair, result.group_of(pair)) for pair in result.pairs])


def _row(pair: Pair, group: int | None) -> list[str]:
    shares = (f"{share:.3f}" for share in (pair.first_share, pair.second_share))
    names = (_safe(pair.first), _safe(pair.second), pair.kind.value)
    return [
        *names,
        *shares,
        str(pair.tokens),
        str(pair.longest),
        str(group or ""),
        _safe(" ".join(pair.cells)),
    ]


def write_similarity(course: Course, result: Result) -> tuple[Path, Path]:
    """Write page and table into ``report/``; return their paths."""
    page = course.report(result.assignment).with_name(f"{result.assignment}.similarity.html")
    write_atomically(page, render_similarity(result))
    write_atomically(page.with_suffix(".csv"), table(result))
    return page, page.with_suffix(".csv")
