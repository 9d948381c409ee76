"""What the search of the site looks through: the words of every section, in one script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from tools.build_site.markdown import visible

__all__ = ["Section", "index_script", "sections"]

_HEADING = re.compile(r'<h[1-6] id="([^"]+)">(.*?)</h[1-6]>', re.S)
_NOT_PROSE = re.compile(
    r'<pre class="code">.*?</pre>|<svg.*?</svg>|<style.*?</style>|<a class="anchor".*?</a>', re.S
)
# These do not part words; every other tag does.
_INLINE = re.compile(r"</?(?:a|em|strong|code|kbd|span|b|i|sub|sup|wbr|m[a-z]+)\b[^>]*>")
_ALT = re.compile(r'<img alt="([^"]*)"[^>]*>')


@dataclass(frozen=True)
class Section:
    """A stretch of a page from one heading to the next."""

    address: str
    anchor: str
    page: str
    heading: str
    words: str


def sections(address: str, page: str, html: str) -> list[Section]:
    """Return the sections of a page's body; what stands before its first heading belongs to the page."""
    html = _NOT_PROSE.sub(" ", html)
    places = list(_HEADING.finditer(html))
    ends = [place.start() for place in places[1:]] + [len(html)]
    return [
        Section(address, unescape(place[1]), page, visible(place[2]), _words(html[place.end() : end]))
        for place, end in zip(places, ends, strict=True)
    ]


def _words(html: str) -> str:
    """The words in one line: prose, the numbers of tables, and what pictures say of themselves."""
    html = _ALT.sub(lambda match: f" {match[1]} ", html)
    html = _INLINE.sub("", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def index_script(found: Iterable[Section]) -> str:
    """A plain script that holds the sections: one can be loaded from a file's address, JSON cannot."""
    rows = ([one.address, one.anchor, one.page, one.heading, one.words] for one in found)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return f"window.courseIndex = [\n{lines}\n];\n"
