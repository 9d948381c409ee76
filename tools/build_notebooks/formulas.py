"""Formulas in prose: ``{formula:name}`` becomes its LaTeX, any other display mathematics is refused."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tools.build_notebooks.errors import BuildError, Problem, fail
from tools.build_notebooks.source import SourceCell
from tools.build_notebooks.syntax import parse_code

_MARKER = re.compile(r"\{formula:([^{}\n]*)\}")
# A fence may stand in a quotation or a list item.
_FENCE = re.compile(r"^(?:[ \t>]|[-*+] |\d+[.)] )*(`{3,}|~{3,})(.*)$")
_BACKTICKS = re.compile(r"(?<!\\)(`+)")
_DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")
_DISPLAY_NAMES = "align|alignat|displaymath|dmath|eqnarray|equation|flalign|gather|math|multline|subequations"
_DISPLAY = re.compile(
    r"(?<!\\)(?:\\\\)*(?P<dollars>\$\$)(?:[^$`]*\$\$)?|(?P<bracket>\\\[)"
    rf"|\\begin\s*\{{(?P<named>(?:{_DISPLAY_NAMES})\*?)\}}|\\begin\s*\{{(?P<any>[A-Za-z]+\*?)\}}"
)
_LATEX_CALLS = {"Math", "Latex"}
_LATEX_MAGIC = re.compile(r"^\s*(%{1,2}latex)\b", re.MULTILINE)


@dataclass(frozen=True)
class Registry:
    """Where formulas come from: name to LaTeX without dollar signs, and the names that there are."""

    latex: Callable[[str], str]
    names: Callable[[], Iterable[str]]


def course_registry() -> Registry:
    """Return the registry of the course, `mlpkit.formulas`, imported when a formula is first asked for."""

    def latex(name: str) -> str:
        from mlpkit import formulas  # noqa: PLC0415  (a notebook without formulas builds without SymPy)

        return formulas.latex(name)

    def names() -> Iterable[str]:
        from mlpkit import formulas  # noqa: PLC0415

        return formulas.names()

    return Registry(latex, names)


def check_mathematics(cell: SourceCell, file: str) -> list[Problem]:
    """Return every place where a cell shows display mathematics past the registry."""
    found = _markdown_display(cell.source) if cell.kind == "markdown" else _code_display(cell.source)
    return [
        Problem(file, cell.first_line + line, f"{what}: display mathematics comes from {{formula:name}} only")
        for line, what in found
    ]


def expand_formulas(cell: SourceCell, file: str, registry: Registry) -> str:
    """Return the source of a Markdown cell with its formulas in place.

    A marker that is a paragraph of its own becomes display mathematics, one in a sentence inline
    mathematics; markers within code stay as they are. Unknown names raise BuildError.
    """
    text = cell.source
    spans = code_spans(text)
    problems: list[Problem] = []
    parts, position = [], 0
    for marker in _MARKER.finditer(text):
        if _within(marker.start(), spans):
            continue
        line = cell.first_line + text.count("\n", 0, marker.start())
        parts.append(text[position : marker.start()])
        position = marker.end()
        try:
            parts.append(_place(text, marker, _look_up(marker[1], registry, file, line), spans))
        except ValueError as error:
            problems.append(Problem(file, line, str(error)))
    if problems:
        raise BuildError(problems)
    return "".join([*parts, text[position:]])


def _look_up(name: str, registry: Registry, file: str, line: int) -> str:
    """Return the LaTeX of a name; ValueError with the closest names when there is none."""
    try:
        return registry.latex(name).strip()
    except KeyError:
        close = difflib.get_close_matches(name.strip(), list(registry.names()), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "no name in mlpkit.formulas is close"
        raise ValueError(f"unknown formula {name!r}: {hint}") from None
    except ImportError as error:
        raise fail(file, line, f"mlpkit.formulas cannot be imported: {error}") from error


def _place(text: str, marker: re.Match[str], latex: str, spans: list[tuple[int, int]]) -> str:
    """Dress the LaTeX of a marker for the place where it stands."""
    if _open_dollars(text, marker.start(), spans):
        raise ValueError(f"{marker[0]} stands between dollar signs; move it out (a price is written \\$5)")
    one_line = " ".join(latex.split("\n"))
    before = text[text.rfind("\n", 0, marker.start()) + 1 : marker.start()]
    if not _is_paragraph(text, marker):
        return f"${one_line}$"
    if before.strip():  # a quotation or list item: what follows on new lines would need its prefix
        return f"$${one_line}$$"
    return "$$\n" + "\n".join(before + line for line in [*latex.split("\n"), "$$"])


def _is_paragraph(text: str, marker: re.Match[str]) -> bool:
    """Tell whether the marker is alone in its paragraph (quotation and list marks aside)."""
    lines = text.split("\n")
    index = text.count("\n", 0, marker.start())
    alone = re.fullmatch(r"(?:[ \t>]|[-*+] |\d+[.)] )*", lines[index].replace(marker[0], "", 1)) is not None
    starts_item = re.match(r"[ \t>]*(?:[-*+]|\d+[.)]) ", lines[index]) is not None
    above = starts_item or index == 0 or not lines[index - 1].strip(" \t>")
    below = index + 1 == len(lines) or not lines[index + 1].strip(" \t>")
    next_item = not below and re.match(r"[ \t>]*(?:[-*+]|\d+[.)]) ", lines[index + 1]) is not None
    return alone and above and (below or next_item)


def _open_dollars(text: str, position: int, spans: list[tuple[int, int]]) -> bool:
    """Tell whether inline mathematics is open at a position, from the dollar signs of its paragraph."""
    blank = max((match.end() for match in re.finditer(r"\n[ \t]*\n", text[:position])), default=0)
    dollars = [match.start() for match in _DOLLAR.finditer(text, blank, position)]
    return sum(not _within(dollar, spans) for dollar in dollars) % 2 == 1


def _markdown_display(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line from 0, what) for each start of display mathematics outside code."""
    spans = code_spans(text)
    for match in _DISPLAY.finditer(text):
        if _within(match.start(), spans):
            continue
        if match["any"] and _open_dollars(text, match.start(), spans):
            continue  # \begin{pmatrix} between single dollars is inline
        yield text.count("\n", 0, match.start()), match["dollars"] or match[0]


def _code_display(source: str) -> list[tuple[int, str]]:
    """Return (line from 0, what) for each call or magic that typesets LaTeX from a code cell."""
    magics = _LATEX_MAGIC.finditer(source)
    found = [(source.count("\n", 0, match.start(1)), match[1]) for match in magics]
    try:
        tree = parse_code(source)
    except SyntaxError:
        return found  # such a cell fails elsewhere, or is meant to
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in _LATEX_CALLS:
            found.append((node.lineno - 1, f"{_called(node.func)}("))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("IPython"):
            names = {alias.name for alias in node.names} & _LATEX_CALLS
            found += [(node.lineno - 1, f"import of IPython's {name}") for name in sorted(names)]
    return sorted(found)


def _called(function: ast.expr) -> str | None:
    """Return the last name of a called function."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) positions of fenced code blocks and inline code of a Markdown text."""
    fenced = _fenced_blocks(text)
    spans = list(fenced)
    edges = [0, *(edge for block in fenced for edge in block), len(text)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        spans += _inline_code(text, start, end)
    return sorted(spans)


def _fenced_blocks(text: str) -> list[tuple[int, int]]:
    """Return the positions of fenced code blocks; one that is never closed runs to the end."""
    blocks, start, fence, position = [], 0, "", 0
    for line in text.splitlines(keepends=True):
        match = _FENCE.match(line.rstrip("\n"))
        if match and not fence and not (match[1][0] == "`" and "`" in match[2]):
            start, fence = position, match[1]
        elif match and fence and match[1].startswith(fence) and not match[2].strip():
            blocks.append((start, position + len(line)))
            fence = ""
        position += len(line)
    return [*blocks, (start, len(text))] if fence else blocks


def _inline_code(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the positions of inline code between start and end; a code span does not cross a blank line."""
    for paragraph in re.finditer(r"(?:[^\n]|\n(?![ \t]*(?:\n|\Z)))+", text[start:end]):
        first, last = start + paragraph.start(), start + paragraph.end()
        opening = _BACKTICKS.search(text, first, last)
        while opening:
            closing = re.compile(rf"(?<!`){opening[1]}(?!`)").search(text, opening.end(), last)
            if closing:
                yield opening.start(), closing.end()
            opening = _BACKTICKS.search(text, (closing or opening).end(), last)


def _within(position: int, spans: list[tuple[int, int]]) -> bool:
    """Tell whether a position lies in one of the spans."""
    return any(start <= position < end for start, end in spans)
