"""Markdown of notebooks and documents as HTML: headings with anchors, links to pages, formulas as MathML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from tools.build_site.tex import mathml

__all__ = [
    "Heading", "Headings", "Resolve", "code_html", "notebook_anchor", "page_anchor", "render", "visible",
]  # fmt: skip

#: The address of what a link leads to, or None if the site has no page for it.
Resolve = Callable[[str], str | None]


@dataclass(frozen=True)
class Heading:
    """A heading of a page: its level (1..6), its anchor, its words, and the same as HTML."""

    level: int
    anchor: str
    words: str
    html: str


@dataclass
class Headings:
    """The headings of a page in their order; every anchor is there once."""

    anchor_of: Callable[[str], str]
    found: list[Heading] = field(default_factory=list)

    def add(self, level: int, html: str) -> Heading:
        """Note a heading and return it with its anchor."""
        words = visible(html)
        wanted = anchor = self.anchor_of(words)
        taken = {heading.anchor for heading in self.found}
        again = 1
        while anchor in taken:
            anchor, again = f"{wanted}-{again}", again + 1
        self.found.append(Heading(level, anchor, words, html))
        return self.found[-1]


def notebook_anchor(words: str) -> str:
    """The anchor that JupyterLab gives a heading: its words joined by hyphens."""
    return words.replace(" ", "-")


def page_anchor(words: str) -> str:
    """The anchor that code-hosting pages give a heading: lower case, hyphens, no other signs."""
    return re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")


def visible(html: str) -> str:
    """The words of some HTML, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " " if "<br" in html else "", html)).split())


def code_html(source: str, language: str = "python") -> str:
    """Source code with its words marked by class, or as it is where the language is not known."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return f"<pre><code>{escape(source, quote=False)}</code></pre>\n"
    marked = highlight(source, lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="code"><code>{marked.rstrip()}</code></pre>\n'


def render(source: str, headings: Headings, resolve: Resolve) -> str:
    """Return the HTML of a Markdown text; its headings are added to `headings`."""
    return MarkdownWithMath(renderer=_Renderer(headings, resolve)).render(source)


class _Renderer(IPythonRenderer):
    """Writes what nbconvert reads, which is what JupyterLab reads."""

    def __init__(self, headings: Headings, resolve: Resolve) -> None:
        super().__init__(escape=False)
        self.headings, self.resolve = headings, resolve

    def heading(self, text: str, level: int, **_: Any) -> str:
        heading = self.headings.add(level, text)
        anchor = escape(heading.anchor)
        link = f'<a class="anchor" href="#{anchor}" aria-label="Link to this section">¶</a>'
        return f'<h{level} id="{anchor}">{text}{link if level > 1 else ""}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = self.resolve(url)
        if address is None:  # a file of the repository that has no page: say its name, lead nowhere
            return f'<span class="no-page" title="{escape(url)}">{text}</span>'
        return f'<a href="{escape(address)}">{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f'<img alt="{escape(visible(text))}" src="{escape(self.resolve(url) or url)}" loading="lazy">'

    def block_code(self, code: str, info: str | None = None) -> str:
        return code_html(code, (info or "text").split()[0])

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return f'<span class="formula">{mathml(body, display=True)}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def table(self, text: str) -> str:
        """A table in a box of its own, which scrolls sideways where the page is narrow."""
        return f'<div class="scroll"><table>\n{text}</table></div>\n'

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """A cell; the empty corner of a head is no heading of anything."""
        tag = "th" if head and text.strip() else "td"
        style = f' style="text-align:{align}"' if align else ""
        return f"<{tag}{style}>{text}</{tag}>\n"
