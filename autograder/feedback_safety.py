"""What may stand on a page: no hidden test, nothing that runs or loads, and never more than a page can hold.

Everything here gets text that a student can have chosen. Texts are shortened before anything else looks at
them, so that what costs time in their length costs a bounded time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from bleach import ALLOWED_TAGS, Cleaner  # type: ignore[import-untyped]

__all__ = [
    "HIDDEN",
    "PICTURES",
    "REMOVED",
    "clean",
    "is_picture",
    "plain",
    "redact_text",
    "secret_lines",
    "shorten",
    "split_hidden",
]

HIDDEN = "# (hidden checks ran here)"
REMOVED = "[a line of a hidden test was left out]"
PICTURES = ("image/png", "image/jpeg")
_SHORTEST_SECRET = 4
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;:?]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_IMAGE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
# Tags that Markdown and data frames need; bleach escapes or drops everything else.
_TAGS = ALLOWED_TAGS | {
    *("p", "div", "span", "br", "hr", "pre", "del", "sub", "sup", "img", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "dl", "dt", "dd", "kbd", "samp"),
}


def _allowed(tag: str, name: str, value: str) -> bool:
    """Which attributes stay: none that load from elsewhere, style the page, name a place on it, or run."""
    if tag == "img" and name == "src":
        return bool(_IMAGE.fullmatch(value))
    if tag == "a" and name == "href":
        return value.strip().lower().startswith(("http://", "https://", "mailto:", "#"))
    return name in {"title", "alt", "colspan", "rowspan", "scope"} or (
        name == "class" and value in {"highlight", "dataframe"}
    )


_CLEANER = Cleaner(tags=_TAGS, attributes=_allowed, protocols={"http", "https", "mailto", "data"}, strip=True)


def clean(html: str) -> str:
    """Remove from HTML everything but text, tables, links and embedded pictures."""
    cleaned = _CLEANER.clean(re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|\Z)", "", html))
    return re.sub(r"<img(?![^>]*\ssrc=)[^>]*>", "", cleaned)


def plain(text: str) -> str:
    """Text as a terminal leaves it: without colours and control characters, overwritten lines overwritten."""
    text = _ESCAPES.sub("", text) if "\x1b" in text else text
    text = text.replace("\r\n", "\n")
    if "\r" in text:  # a progress bar writes its line again and again
        text = "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
    return _CONTROL.sub("", text)


def is_picture(kind: str, content: Any) -> bool:
    """Whether an output is a picture that cannot do anything but be looked at."""
    return kind in PICTURES and isinstance(content, str) and _BASE64.fullmatch(content) is not None


@lru_cache(maxsize=2048)
def split_hidden(source: str, regions: Sequence[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """Return the source as students may see it, and the lines that they may not see.

    Parameters
    ----------
    source : str
        Of a cell.
    regions : tuple of (str, str)
        What begins and what ends a hidden region.
    """
    if not any(begin in source for begin, _ in regions):
        return source, ()
    visible: list[str] = []
    hidden: list[str] = []
    ending = ""
    for line in source.split("\n"):
        opened = next((end for begin, end in regions if begin in line), "")
        if opened and not ending:
            ending = opened
            visible.append(HIDDEN)
        elif ending and ending in line:
            ending = ""
        else:
            (hidden if ending else visible).append(line)
    return "\n".join(visible), tuple(hidden)


def secret_lines(
    sources: Iterable[str], regions: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Hide the hidden regions of a notebook's sources; return what is left, and the lines to keep secret.

    A line that also stands in the open, such as ``else:``, is no secret.
    """
    split = [split_hidden(source, tuple(regions)) for source in sources]
    public = {line.strip() for visible, _ in split for line in visible.split("\n")}
    hidden = {line.strip() for _, lines in split for line in lines}
    secret = {line for line in hidden - public if len(line) >= _SHORTEST_SECRET}
    marks = {mark for region in regions for mark in region}
    return tuple(visible for visible, _ in split), frozenset(secret | marks)


def redact_text(text: str, secret: Collection[str]) -> str:
    """Replace the lines of a text in which a secret stands; colours are no disguise.

    A student who encodes a test's source before printing it is not stopped by this; only tests that never
    enter the student's process are safe.
    """
    bare = _ESCAPES.sub("", text) if "\x1b" in text else text
    found = [line for line in secret if line in bare]
    if not found:
        return text
    kept: list[str] = []
    for raw in text.split("\n"):
        seen = _ESCAPES.sub("", raw)
        line = REMOVED if any(line in seen for line in found) else raw
        if line != REMOVED or kept[-1:] != [REMOVED]:
            kept.append(line)
    return "\n".join(kept)


def shorten(text: str, most: int, secret: Collection[str] = ()) -> tuple[str, str, str]:
    """Cut a text down to its beginning and its end, without the lines of hidden tests.

    Parameters
    ----------
    text : str
        What was put out.
    most : int
        Characters to keep, two thirds of them from the beginning.
    secret : collection of str
        Lines that must not be seen, see `secret_lines`.

    Returns
    -------
    beginning, left_out, end : str
        The middle one is a sentence that says how much was left out. If nothing was, it and the end are
        empty.
    """
    # Lines of tests are taken out of twice as much as is kept, so that none is cut in two before it is seen.
    if len(text) <= 2 * most:
        text = redact_text(plain(text), secret)
        if len(text) <= most:
            return text, "", ""
        head = last = text
    else:
        head, last = (redact_text(plain(part), secret) for part in (text[: 2 * most], text[-2 * most :]))
    beginning, end = head[: 2 * most // 3], last[-(most // 3) :]
    left_out = len(text) - len(beginning) - len(end)
    lines = max(1, text.count("\n") - beginning.count("\n") - end.count("\n"))
    return beginning, f"{left_out:,} characters ({lines:,} lines) were left out here.", end
