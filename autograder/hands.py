"""Make the hands of a sample class: what all share is said once, and accidents have words of their own.

In ``authoring/NAME_class.py``::

    hand = HandMaker(written={"why": "Because."}, prefix="test-")
    CLASS = (
        hand("ada", "Has the answers of the instructor."),
        hand("ben", "Forgets the half.", {"loss": NO_HALF}, ("loss",), says={"loss": "without the half"}),
        hand.unlucky("cleo", Mangle.BROKEN_JSON),
    )
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .classroom import Hand, Mangle

__all__ = ["HandMaker", "cells"]

#: What happened to a file: the kind of hand, and a sentence for it.
_ACCIDENTS = {
    Mangle.BROKEN_JSON: ("broken file", "Handed in half a file."),
    Mangle.MISSING_NOTEBOOK: ("missing", "Handed in nothing."),
    Mangle.RENAMED: ("renamed file", "Handed in a browser's second download."),
    Mangle.SYMLINK: ("hostile", "Handed in a link to the notebook with the solutions."),
    Mangle.DUPLICATED_TEST: ("copied cell", "Pasted a copy of a test cell at the end."),
    Mangle.DELETED_CELL: ("deleted cell", "Deleted a test cell by accident."),
    Mangle.EDITED_TEST: ("edited test", "Emptied a test cell."),
    Mangle.ODD_SCHEMA: ("odd file", "Has a cell that claims a schema version of the future."),
}
_NO_NOTEBOOK = (Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK)


def cells(parts: str | Iterable[str], *kinds: str) -> tuple[str, ...]:
    """Names of cells: every part (or the only one) with every kind, where ``""`` is the part alone.

    >>> cells(("tanh", "relu"), "", "own")
    ('tanh', 'tanh-own', 'relu', 'relu-own')
    """
    named = (parts,) if isinstance(parts, str) else parts
    return tuple("-".join(filter(None, (part, kind))) for part in named for kind in kinds)


@dataclass(frozen=True)
class HandMaker:
    """Makes the hands of one class; call it for a hand whose file is in order.

    Parameters
    ----------
    written : mapping of grade id to text
        Written answers of those for whom nothing else is said.
    replace : mapping of grade id to source
        Answers of those who do not replace or leave out these cells themselves.
    prefix : str
        What the names of test cells begin with; left out in `lost` and `says`.
    """

    written: Mapping[str, str] = field(default_factory=dict)
    replace: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def __call__(
        self,
        student: str,
        description: str,
        replace: Mapping[str, str] | None = None,
        lost: Iterable[str] = (),
        *,
        says: Mapping[str, str] | None = None,
        kind: str = "",
        written: Mapping[str, str] | None = None,
        stubs: tuple[str, ...] = (),
    ) -> Hand:
        """A student who loses all points of the cells in `lost`: wrong if there are any, else right."""
        expected = {self.prefix + cell: 0.0 for cell in lost}
        return Hand(
            student,
            kind or ("wrong" if expected else "right"),
            description,
            _without(stubs, {**self.replace, **(replace or {})}),
            stubs,
            _without(stubs, self.written if written is None else written),
            expected=expected,
            says={self.prefix + cell: words for cell, words in (says or {}).items()},
        )

    def unlucky(
        self,
        student: str,
        mangle: Mangle,
        target: str | None = None,
        description: str = "",
        replace: Mapping[str, str] | None = None,
        lost: Iterable[str] = (),
        *,
        written: Mapping[str, str] | None = None,
    ) -> Hand:
        """A student whose file went wrong, at the cell `target` where one is concerned.

        No grade is expected where there is no notebook that could be read.
        """
        kind, sentence = _ACCIDENTS[mangle]
        graded = mangle not in _NO_NOTEBOOK
        return Hand(
            student,
            kind,
            description or sentence,
            _without((), {**(self.replace if graded else {}), **(replace or {})}),
            written=_without((), self.written if written is None else written),
            mangle=mangle,
            expected={self.prefix + cell: 0.0 for cell in lost} if graded else None,
            target=target and self.prefix + target,
        )


def _without(stubs: Iterable[str], sources: Mapping[str, str]) -> dict[str, str]:
    """What is filled in, without the cells that are not, and without blank lines round it."""
    return {name: source.strip() for name, source in sources.items() if name not in stubs}
