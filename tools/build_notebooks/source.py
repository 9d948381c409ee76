"""Read a notebook source: cells, their options, and where each line stands in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.build_notebooks.errors import BuildError, Problem
from tools.build_notebooks.percent import RawCell, split_cells

_MARKER = re.compile(r"# %%(?P<markdown> \[markdown\])?(?P<options>(?: .*)?)$")
_OPTION = re.compile(r"\s+(?P<key>[A-Za-z_][\w.-]*)=(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s\"]+)")
_QUOTES = {'"""', "'''", 'r"""', "r'''"}

OptionValue = str | int | float | bool


@dataclass(frozen=True)
class SourceCell:
    """A cell of a source.

    ``kind`` is "code" or "markdown"; ``line`` is the line of the marker in the file and ``first_line``
    that of the first line of ``source``, both from 1.
    """

    kind: str
    source: str
    options: Mapping[str, OptionValue]
    line: int
    first_line: int


def read_source(text: str, file: str) -> list[SourceCell]:
    """Return the cells of a py:percent source.

    Raises
    ------
    BuildError
        With every marker that is not understood: file, line, reason.
    """
    lines = text.splitlines()
    problems: list[Problem] = []
    cells = []
    for raw in split_cells(text, file):
        try:
            options = parse_marker(raw)
        except ValueError as error:
            problems.append(Problem(file, raw.line, str(error)))
            continue
        cells.append(SourceCell(raw.kind, raw.source, options, raw.line, _first_line(lines, raw)))
    if problems:
        raise BuildError(problems)
    return cells


def parse_marker(cell: RawCell) -> dict[str, OptionValue]:
    """Return the options of a marker line; ValueError says what is not understood."""
    match = _MARKER.match(cell.marker.rstrip())
    if match is None or cell.kind != ("markdown" if match["markdown"] else "code"):
        forms = "`# %% key=value ...` or `# %% [markdown] key=value ...`"
        raise ValueError(f"cell marker {cell.marker.strip()!r} is not of the form {forms}")
    rest, position = match["options"].rstrip(), 0
    options: dict[str, OptionValue] = {}
    while position < len(rest):
        option = _OPTION.match(rest, position)
        if option is None:
            raise ValueError(f"cannot read {rest[position:].strip()!r} of the cell marker as key=value")
        if option["key"] in options:
            raise ValueError(f"option {option['key']} is given twice")
        options[option["key"]] = _value(option["key"], option["value"])
        position = option.end()
    return options


def _value(key: str, text: str) -> OptionValue:
    """Read an option's value: a quoted string, a number, true or false."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, str | int | float):
        raise ValueError(f'value {text} of option {key} is not a "quoted string", a number, true or false')
    return value


def _first_line(lines: list[str], raw: RawCell) -> int:
    """Return the line of the file (from 1) on which the source of the cell begins."""
    opens_string = raw.kind == "markdown" and raw.line < len(lines) and lines[raw.line].strip() in _QUOTES
    return raw.line + (2 if opens_string else 1)
