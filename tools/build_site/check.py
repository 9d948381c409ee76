"""Does every link of the site lead somewhere, and does every page keep to itself?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

__all__ = ["LARGEST_PAGE", "problems"]

#: Bytes of a page; pictures, scripts and styles are files of their own.
LARGEST_PAGE = 600_000
_LOADED = {"script", "img", "link", "iframe", "source", "video", "audio"}
_IMPORTED = re.compile(r"""@import|url\(\s*["']?(?:https?:)?//|\bfetch\(|\bimport\(|XMLHttpRequest""")


@dataclass
class _Parsed(HTMLParser):
    """The ids and addresses of a page."""

    ids: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # tag, address

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag is called and where it leads."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif name in ("href", "src") and value is not None:
                self.links.append((tag, value))


def problems(files: Mapping[str, bytes]) -> list[str]:
    """Return a sentence for each dead link, foreign file, doubled id and page that is too large."""
    pages = {address: _parse(content) for address, content in files.items() if address.endswith(".html")}
    found = []
    for address, page in pages.items():
        size = len(files[address])
        if size > LARGEST_PAGE:
            found.append(f"{address}: {size:,} bytes, and a page may have {LARGEST_PAGE:,}")
        doubled = sorted({one for one in page.ids if page.ids.count(one) > 1})
        found += [f"{address}: two things have the id {one!r}" for one in doubled]
        found += [
            f"{address}: {reason}"
            for tag, link in page.links
            for reason in _wrong(address, tag, link, pages, files)
        ]
    for address, content in files.items():
        if address.endswith((".css", ".js")) and (match := _IMPORTED.search(content.decode())):
            found.append(f"{address}: loads something by itself ({match[0]})")
    return found


def _parse(content: bytes) -> _Parsed:
    parsed = _Parsed()
    parsed.feed(content.decode())
    parsed.close()
    return parsed


def _wrong(
    address: str, tag: str, link: str, pages: Mapping[str, _Parsed], files: Mapping[str, bytes]
) -> Iterator[str]:
    """What is wrong with one link of a page."""
    parts = urlsplit(link)
    if parts.scheme == "data":
        return
    if parts.scheme or parts.netloc:
        if tag in _LOADED:
            yield f"loads {link}, which lies elsewhere"
        return
    here = posixpath.dirname(address)
    target = posixpath.normpath(posixpath.join(here, unquote(parts.path))) if parts.path else address
    if target not in files:
        yield f"the link {link} leads nowhere"
    elif parts.fragment and unquote(parts.fragment) not in (pages[target].ids if target in pages else ()):
        yield f"the link {link} names a place that is not on its page"
