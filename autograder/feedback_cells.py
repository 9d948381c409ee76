"""Cells of a graded notebook as HTML that is safe to open, of bounded size, and made once for equal cells.

Most cells are equal for all students of a class: what a source looks like is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from html import escape, unescape
from typing import Any

from IPython.lib.lexers import IPython3Lexer
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.token import Token  # type: ignore[import-untyped]

from .feedback_safety import PICTURES, REMOVED, clean, is_picture, plain, redact_text, shorten

__all__ = ["Room", "code_html", "joined", "markdown_html", "outputs_html"]

LONGEST_SOURCE = 20_000  # characters of a cell
LONGEST_COLOURED = 10_000  # characters of code; what is longer has no colours
LONGEST_OUTPUT = 12_000  # characters of a text output
LONGEST_TABLE = 80_000  # characters of an output that is HTML
MOST_TAGS = 6_000  # of an output that is HTML: cleaning deep ones takes the square of their depth
LARGEST_PICTURE = 500_000  # bytes as they stand on the page
MOST_OUTPUTS = 40  # of a cell
_LEVELS = 2  # the page's own headings stand above those of the notebook
_DEEPEST = 6
_CLASSES = (
    (Token.Keyword, "h-k"),
    (Token.Operator.Word, "h-k"),
    (Token.Literal.String, "h-s"),
    (Token.Comment, "h-c"),
    (Token.Literal.Number, "h-m"),
    (Token.Name.Function, "h-d"),
    (Token.Name.Class, "h-d"),
    (Token.Name.Decorator, "h-d"),
)


@dataclass
class Room:
    """Bytes that may still be put on a page, by what they are for.

    Sources, outputs and pictures each have their own, so that a flood of one leaves the others alone.
    Together with the rest of a page they stay below two megabytes.
    """

    sources: int = 500_000
    outputs: int = 350_000
    pictures: int = 800_000

    def take(self, kind: str, source: str, make: Callable[[], str]) -> str | None:
        """Make HTML of a source if there is room for it; ``None`` if there is not.

        A source takes as much room as itself or its HTML, whichever is longer: rendering costs time, too.
        """
        left: int = getattr(self, kind)
        if len(source) > left:
            return None
        html = make()
        size = max(len(source), len(html.encode("utf-8", "replace")))
        if size > left:
            setattr(self, kind, max(0, left - len(source)))
            return None
        setattr(self, kind, left - size)
        return html


def joined(text: Any) -> str:
    """Text of a notebook file, which may be cut into lines; anything else is no text."""
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def said(sentence: str) -> str:
    """A sentence that stands for what is not shown."""
    return f'<p class="left-out">{escape(sentence)}</p>'


# -- sources -----------------------------------------------------------------------------------------------


class _Renderer(IPythonRenderer):
    """Markdown in which headings go below those of the page, and pictures come from the notebook only."""

    def __init__(self, attachments: Mapping[str, str]) -> None:
        super().__init__(escape=False)
        self.own = attachments

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        level = min(_DEEPEST, level + _LEVELS)
        return f"<h{level}>{text}</h{level}>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        inside = self.own.get(url.removeprefix("attachment:"), url if url.startswith("data:") else "")
        if not inside:
            return (
                f"<em>[a picture that is not part of the notebook: {escape(text) or 'without a name'}]</em>"
            )
        return f'<img alt="{escape(text)}" src="{escape(inside)}">'


@cache
def _markdown() -> MarkdownWithMath:
    return MarkdownWithMath(renderer=_Renderer({}))


def markdown_html(source: str, attachments: Any = None) -> str:
    """Markdown as HTML; what is too long is shortened, what cannot be read is shown as it stands.

    Parameters
    ----------
    source : str
        What was written.
    attachments : mapping, optional
        Pictures of the cell by name, each a mapping of media type to base64.
    """
    beginning, left_out, end = shorten(source, LONGEST_SOURCE)
    if left_out:
        return _preformatted(beginning) + said(left_out) + _preformatted(end)
    own = _pictures(attachments)
    return (
        _markdown_html(beginning)
        if not own
        else _convert(MarkdownWithMath(renderer=_Renderer(own)), beginning)
    )


@lru_cache(maxsize=2048)
def _markdown_html(source: str) -> str:
    return _convert(_markdown(), source)


def _convert(markdown: MarkdownWithMath, source: str) -> str:
    with suppress(Exception):  # such as too deep a nesting: the text is still worth reading
        # A wide table scrolls, and whoever has no mouse must be able to scroll it.
        start = '<div class="wide" tabindex="0" role="group" aria-label="Table"><table'
        cleaned = clean(markdown.render(source))
        return cleaned.replace("<table", start).replace("</table>", "</table></div>")
    return _preformatted(source)


def _pictures(attachments: Any) -> dict[str, str]:
    """Pictures attached to a cell, as addresses."""
    found = {}
    for name, kinds in attachments.items() if isinstance(attachments, Mapping) else ():
        for kind, content in kinds.items() if isinstance(kinds, Mapping) else ():
            if is_picture(kind, content) and len(content) <= LARGEST_PICTURE:
                found[str(name)] = f"data:{kind};base64,{content}"
    return found


def code_html(source: str) -> str:
    """Code in colours; what is too long is shortened and has none."""
    beginning, left_out, end = shorten(source, LONGEST_SOURCE)
    if left_out:
        return _preformatted(beginning) + said(left_out) + _preformatted(end)
    return _code_html(beginning) if len(beginning) <= LONGEST_COLOURED else _preformatted(beginning)


@lru_cache(maxsize=2048)
def _code_html(source: str) -> str:
    parts = (
        f'<span class="{css}">{escape(text)}</span>' if (css := _class(kind)) else escape(text)
        for kind, text in _lexer().get_tokens(source)
    )
    return f'<div class="highlight"><pre>{"".join(parts).rstrip()}</pre></div>'


@cache
def _class(kind: Any) -> str:
    """The class of a token in the page's style; most have none, which keeps pages small."""
    return next((css for family, css in _CLASSES if kind in family), "")


@cache
def _lexer() -> IPython3Lexer:
    return IPython3Lexer()


def _preformatted(text: str) -> str:
    return f'<pre class="out">{escape(text)}</pre>' if text else ""


# -- outputs -----------------------------------------------------------------------------------------------


def outputs_html(outputs: Any, secret: Collection[str], room: Room, *, fold: bool = False) -> Markup:
    """The outputs of a cell, without hidden tests, scripts, widgets, and what there is no room for.

    Parameters
    ----------
    outputs : list of dict
        As the notebook file has them.
    secret : collection of str
        Lines that must not be seen.
    room : Room
        What may still be put on the page.
    fold : bool
        Whether errors are folded: of a check, the page says in words what it found.
    """
    shown: list[str] = []
    outputs = (
        [output for output in outputs if isinstance(output, Mapping)] if isinstance(outputs, list) else []
    )
    for number, output in enumerate(outputs):
        kind, source, make = _one(output, secret)
        html = room.take(kind, source, make) if number < MOST_OUTPUTS else None
        if html is None:
            rest = len(outputs) - number
            what = "One output of this cell is" if rest == 1 else f"{rest:,} outputs of this cell are"
            shown.append(said(f"{what} not shown: the page would become too large."))
            break
        if fold and output.get("output_type") == "error":
            html = f"<details><summary>What Python reported</summary>{html}</details>"
        shown.append(html)
    return Markup("\n".join(shown))


def _one(output: Mapping[str, Any], secret: Collection[str]) -> tuple[str, str, Callable[[], str]]:
    """What one output takes room from, what it takes at least, and what makes its HTML."""
    kind = output.get("output_type")
    if kind in ("error", "stream"):
        frames = output.get("traceback")
        said_at_least = f"{joined(output.get('ename'))}: {joined(output.get('evalue'))}"
        lines = (
            [joined(frame) for frame in frames] if isinstance(frames, list) and frames else [said_at_least]
        )
        text = joined(output.get("text")) if kind == "stream" else "\n".join(lines)
        return "outputs", "", partial(_text, text, secret)
    data = output.get("data")
    data = data if isinstance(data, Mapping) else {}
    for name in PICTURES:
        if (content := joined(data.get(name))) and is_picture(name, content):
            return "pictures", "", partial(_picture, name, content)
    for name, show in _RICH.items():
        if text := joined(data.get(name)):
            # What is cut before it is shown takes as much as is shown of it.
            return (
                "outputs",
                text if name == "text/html" and not _too_long(text) else "",
                partial(show, text, secret),
            )
    return "outputs", "", str


def _text(text: str, secret: Collection[str]) -> str:
    beginning, left_out, end = shorten(text, LONGEST_OUTPUT, secret)
    return _preformatted(beginning) + (said(left_out) if left_out else "") + _preformatted(end)


def _picture(kind: str, content: str) -> str:
    content = "".join(content.split())
    if len(content) > LARGEST_PICTURE:
        return said(
            f"A picture of {len(content) * 3 // 4:,} bytes is not shown: it is too large for this page."
        )
    return f'<img class="figure" alt="Picture drawn by this cell" src="data:{kind};base64,{content}">'


def _html(text: str, secret: Collection[str]) -> str:
    if _too_long(text):
        return said(
            f"An output of {len(text):,} characters of HTML is not shown: it is too long for this page."
        )
    with suppress(Exception):  # such as too deep a nesting
        cleaned = clean(text)
        # A hidden line may be cut up by tags, or written in entities.
        if redact_text(seen := plain(unescape(_without_tags(cleaned))), secret) != seen:
            return said(REMOVED)
        return f'<div class="wide" tabindex="0" role="group" aria-label="Output">{cleaned}</div>'
    return _text(text, secret)


def _too_long(html: str) -> bool:
    return len(html) > LONGEST_TABLE or html.count("<") > MOST_TAGS


def _without_tags(html: str) -> str:
    """The text of HTML that has been cleaned, in which every < begins a tag."""
    return "".join(part.partition(">")[2] for part in f">{html}".split("<"))


def _written(text: str, secret: Collection[str]) -> str:
    beginning, left_out, _ = shorten(text, LONGEST_SOURCE, secret)
    return _text(text, secret) if left_out else f"<div>{markdown_html(beginning)}</div>"


def _formula(text: str, secret: Collection[str]) -> str:
    return f"<div>{escape(shorten(text, LONGEST_OUTPUT, secret)[0])}</div>"


_RICH: dict[str, Callable[[str, Collection[str]], str]] = {
    "text/html": _html,
    "text/markdown": _written,
    "text/latex": _formula,
    "text/plain": _text,
}
