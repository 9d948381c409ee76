"""Programs as fingerprints that survive renaming, reformatting and reordering.

Fingerprints of a text are chosen by winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): of every
`WINDOW` neighbouring runs of `RUN` tokens the one with the smallest hash. Two texts that share
``RUN + WINDOW - 1`` tokens in a row are sure to share a fingerprint. What is hashed does not change with
names: inside a run, a name is how many tokens back it stood before, as in Baker's parameterised matching
(1995).
"""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NONE", "RUN", "WINDOW", "Tokens", "covered", "hashes", "own_names", "tokens_of", "winnow"]

#: Tokens of a run that is hashed, and neighbouring runs of which one is kept.
RUN, WINDOW = 12, 5
#: Stands where no run begins: at the end of a cell, or because the run is everybody's.
NONE = np.uint64(2**64 - 1)

_MASK = 2**64 - 1
_BASE = 0x9E3779B97F4A7C15  # odd, so that no power of it is 0 modulo 2**64
_LONG, _SHORT = r"{0}{0}{0}(?:\\.|[^\\])*?(?:{0}{0}{0}|\Z)", r"{0}(?:\\.|[^\\{0}\n])*{0}?"
_STRING = "|".join(form.format(quote) for form in (_LONG, _SHORT) for quote in "'\"")
# Takes any text: what is no Python becomes signs. The standard library's tokeniser stops at errors, and cuts
# f-strings differently from one version to the next.
_LEXER = re.compile(
    rf"""(?P<space>[^\S\n]+|\\\r?\n|\#[^\n]*)
    |(?P<line>\n|;)
    |(?P<string>[rRbBuUfFtT]{{0,2}}(?:{_STRING}))
    |(?P<number>0[xXoObB][\da-fA-F_]+|(?:\d|\.\d)(?:[eE][+-]?\d|[\w.])*)
    |(?P<name>\w+)
    |(?P<sign>\*\*=|//=|>>=|<<=|\.\.\.|[-+*/%@&|^=!<>:]=|->|\*\*|//|<<|>>|.)""",
    re.VERBOSE | re.DOTALL,
)
_OWN = re.compile(r"\b(?:def|class)\s+(\w+)|\.(\w+)\s*=(?!=)")
_KEPT = frozenset(keyword.kwlist) | frozenset(name for name in dir(builtins) if name[0] != "_")
_WORD = re.compile(r"\w+")

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Tokens:
    """The tokens of several cells, one after the other.

    Parameters
    ----------
    codes : array of uint64, shape (n,)
        What stands there; the same number for every name that can be changed.
    back : array of int64, shape (n,)
        For such a name, how many tokens ago it stood before; 0 at its first place, and for all else.
    cell, line : arrays of int32, shape (n,)
        Where it stands; lines count from 1 in each cell.
    """

    codes: Hashes
    back: NDArray[np.int64]
    cell: NDArray[np.int32]
    line: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        cells = len(set(self.cell.tolist()))
        return f"Tokens({len(self)} in {cells} cell{'s' if cells != 1 else ''})"


def tokens_of(cells: Sequence[tuple[str, bool]]) -> Tokens:
    """Cut cells into tokens.

    Parameters
    ----------
    cells : sequence of (text, is_code)
        Code is read as Python, and need not be valid; anything else as words.
    """
    own = own_names(text for text, is_code in cells if is_code)
    rows: list[tuple[str, str, int, int]] = []
    for number, (text, is_code) in enumerate(cells):
        pieces = _code(text, own) if is_code else _prose(text)
        rows += [(kind, name, number, line) for kind, name, line in pieces]
    last: dict[str, int] = {}
    back = np.zeros(len(rows), dtype=np.int64)
    for place, (_, name, _, _) in enumerate(rows):
        if name:
            back[place] = place - last.get(name, place)
            last[name] = place
    return Tokens(
        np.array([_number_of(kind) for kind, _, _, _ in rows], dtype=np.uint64),
        back,
        np.array([cell for _, _, cell, _ in rows], dtype=np.int32),
        np.array([line for _, _, _, line in rows], dtype=np.int32),
    )


def own_names(texts: Iterable[str]) -> frozenset[str]:
    """Names that a program gives to functions, classes and attributes, so that it could change them."""
    return frozenset(first or second for text in texts for first, second in _OWN.findall(text))


def _prose(text: str) -> list[tuple[str, str, int]]:
    """Words in lower case; a comment sign before them keeps them apart from those of programs."""
    return [
        (f"#{word.casefold()}", "", number)
        for number, line in enumerate(text.split("\n"), 1)
        for word in _WORD.findall(line)
    ]


def _code(text: str, own: frozenset[str]) -> list[tuple[str, str, int]]:
    """Tokens as (what is compared, the name if it can be changed, line), without what means nothing.

    Left out are comments, docstrings, line ends, indentation, round brackets and commas before a closing
    bracket; numbers are all alike, and so are strings.
    """
    found: list[tuple[str, str, int]] = []
    line, depth, starts = 1, 0, True  # starts: nothing of this statement has been seen yet
    for match in _LEXER.finditer(text):
        kind, piece = match.lastgroup, match.group()
        if kind == "line":
            starts = starts or depth == 0
        elif kind != "space":
            previous = found[-1][0] if found else ""
            if kind == "sign":
                depth = max(0, depth + (piece in "([{") - (piece in ")]}"))
                if piece in ")]}" and previous == ",":
                    found.pop()
                if piece not in "()":
                    found.append((piece, "", line))
            elif kind == "name":
                found.append((*_name(piece, previous, own), line))
            elif kind == "number":
                found.append(("0", "", line))
            elif not starts and previous != "'":
                found.append(("'", "", line))
            starts = False
        line += piece.count("\n")
    return found


def _name(piece: str, previous: str, own: frozenset[str]) -> tuple[str, str]:
    """Keep Python's own words, and what belongs to a library's object; other names can be changed."""
    kept = piece not in own if previous == "." else piece in _KEPT
    return (piece, "") if kept else ("name", piece)


@cache
def _number_of(text: str) -> int:
    """A number for a token, the same in every process and on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def hashes(tokens: Tokens, run: int = RUN) -> Hashes:
    """Hash the run that begins at each token; `NONE` where it would leave its cell.

    Returns
    -------
    array of uint64, shape (n,)
    """
    count = len(tokens) - run + 1
    result = np.full(len(tokens), NONE)
    if count < 1:
        return result
    total = np.zeros(count, dtype=np.uint64)
    for offset in range(run):
        back = tokens.back[offset : offset + count]
        seen = (back > 0) & (back <= offset)  # this name stood in the run before
        code = tokens.codes[offset : offset + count] + np.where(seen, back, 0).astype(np.uint64) * _scalar(3)
        total += _mixed(code) * _scalar(offset)
    inside = tokens.cell[:count] == tokens.cell[run - 1 :]
    result[:count] = np.where(inside, np.minimum(_mixed(total), NONE - np.uint64(1)), NONE)
    return result


def _scalar(power: int) -> np.uint64:
    return np.uint64(pow(_BASE, power + 1, _MASK + 1))


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits of each number over all of it (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def winnow(values: Hashes, window: int = WINDOW) -> NDArray[np.intp]:
    """Places of the fingerprints: the smallest value of every window, the last one if several are equal.

    A window may reach over an end, and places with `NONE` are never chosen.
    """
    if not len(values):
        return np.zeros(0, dtype=np.intp)
    edge = np.full(window - 1, NONE)
    views = np.lib.stride_tricks.sliding_window_view(np.concatenate([edge, values, edge]), window)
    places = np.arange(len(views)) + window - 1 - views[:, ::-1].argmin(axis=1) - (window - 1)
    places = np.unique(places[views.min(axis=1) != NONE])
    return places


def covered(marks: NDArray[Any], run: int = RUN) -> NDArray[Any]:
    """Give each token the largest mark of the runs that it is part of; marks stand where runs begin."""
    result = marks.copy()
    for offset in range(1, min(run, len(marks))):
        np.maximum(result[offset:], marks[:-offset], out=result[offset:])
    return result
