"""Pairs of works that are more alike than works usually are: a reason to look and to talk, never a verdict.

What many have in common weighs nothing: the student copy, natural answers, what much of a class wrote. Of the
rest each work has a share in passages that another work has, too. An inverted index of fingerprints finds the
pairs for which that share is worth working out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .course import Course
from .errors import CourseError
from .similarity_terms import LEAST, LONG, SHORT, THRESHOLD, most_common
from .similarity_tokens import NONE, RUN, Hashes, Tokens, covered, hashes, tokens_of, winnow
from .similarity_works import Cell, Everyone, Kind, Work, earlier, everyone, library, solution, submissions

__all__ = ["Document", "Pair", "Result", "compare", "components", "similarity"]

_PAIRS = 5_000
_ROWS = 512  # of the product of the index with itself, at a time


@dataclass(frozen=True, eq=False)
class Document:
    """A work as the comparison sees it.

    Parameters
    ----------
    work : Work
    tokens : Tokens
    runs : array of uint64, shape (n,)
        The hash of the run that begins at each token; `NONE` where none does, or where it is everybody's.
    weights : array of float, shape (n,)
        From 1 for a run that nobody else has to 0 for one that is everybody's.
    """

    work: Work
    tokens: Tokens
    runs: Hashes
    weights: NDArray[np.float64]

    @cached_property
    def own(self) -> NDArray[np.float64]:
        """How much each token counts."""
        return covered(self.weights)

    @cached_property
    def known(self) -> Hashes:
        """Its runs, sorted."""
        return np.unique(self.runs[self.runs != NONE])

    def shared(self, other: Document) -> NDArray[np.float64]:
        """How much each token counts that stands in a run which the other has, too; 0 for all others."""
        if not len(other.known):
            return np.zeros(len(self.runs))
        places = np.minimum(np.searchsorted(other.known, self.runs), len(other.known) - 1)
        return covered(np.where(other.known[places] == self.runs, self.weights, 0.0))

    def __repr__(self) -> str:
        return (
            f"Document({self.work.name!r}, {len(self.tokens)} tokens, {np.count_nonzero(self.own)} its own)"
        )


@dataclass(frozen=True)
class Pair:
    """Two works that are alike.

    Parameters
    ----------
    first, second : str
        Names of the works; the first one is of this class.
    kind : Kind
        Where the second one comes from.
    first_share, second_share : float
        How much of each work's own text, from 0 to 1, stands in passages that the other has, too.
    tokens : int
        Tokens of the first work in these passages.
    longest : int
        Tokens of the longest of these passages.
    cells : tuple of str
        The cells of the first work with such passages.
    """

    first: str
    second: str
    kind: Kind
    first_share: float
    second_share: float
    tokens: int
    longest: int
    cells: tuple[str, ...]

    @property
    def share(self) -> float:
        """The larger share; of a library or a solution that of the student alone."""
        return self.first_share if self.kind in _REFERENCES else max(self.first_share, self.second_share)

    def __str__(self) -> str:
        return f"{self.first} {self.first_share:.0%} ~ {self.second_share:.0%} {self.second}"

    def to_dict(self) -> dict[str, object]:
        """Return a value that ``json`` can write."""
        return {
            "first": self.first,
            "second": self.second,
            "second_is_from": self.kind.value,
            "first_share": round(self.first_share, 4),
            "second_share": round(self.second_share, 4),
            "tokens": self.tokens,
            "longest": self.longest,
            "cells": list(self.cells),
        }


_REFERENCES = (Kind.LIBRARY, Kind.SOLUTION)


@dataclass(frozen=True)
class Result:
    """What a comparison found.

    Parameters
    ----------
    assignment : str
    threshold : float
    pairs : tuple of Pair
        Most alike first.
    groups : tuple of tuple of str
        More than two works that such pairs join, also over others.
    compared : mapping of Kind to int
        How many works of each kind were read.
    left_out : mapping of str to str
        Who could not be compared, and why.
    documents : mapping of str to Document
        The works that occur in a pair.
    """

    assignment: str
    threshold: float
    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]
    compared: Mapping[Kind, int]
    left_out: Mapping[str, str]
    documents: Mapping[str, Document] = field(repr=False)

    def group_of(self, pair: Pair) -> int | None:
        """Number of the group that a pair belongs to, from 1."""
        found = (number for number, names in enumerate(self.groups, 1) if pair.first in names)
        number = next(found, None)
        return number if number and pair.second in self.groups[number - 1] else None

    def to_dict(self) -> dict[str, object]:
        """Return a value that ``json`` can write."""
        return {
            "assignment": self.assignment,
            "threshold": self.threshold,
            "compared": {kind.value: count for kind, count in self.compared.items()},
            "pairs": [{**pair.to_dict(), "group": self.group_of(pair)} for pair in self.pairs],
            "groups": [list(names) for names in self.groups],
            "left_out": dict(self.left_out),
        }


def similarity(
    course: Course,
    assignment: str,
    *,
    against: Sequence[Path] = (),
    threshold: float = THRESHOLD,
    libraries: Sequence[str] = ("mlpkit",),
) -> Result:
    """Compare all submissions of an assignment with each other, and with what else is known.

    Parameters
    ----------
    course, assignment
        Whose submissions.
    against : sequence of Path
        Folders of other years or of other courses.
    threshold : float
        Smallest share of a pair that is listed, above 0 and at most 1.
    libraries : sequence of str
        Packages whose source is compared, too; one that is not installed is passed over.

    Raises
    ------
    CourseError
        If the threshold is no share, nothing was handed in, or a folder has nothing to compare with.
    """
    if not 0 < threshold <= 1:
        raise CourseError(f"--threshold {threshold:g} is no share.", "Give one above 0 and up to 1.")
    works, left_out = submissions(course, assignment)
    if not works:
        raise CourseError(
            f"Nobody has handed in `{assignment}`.", f"Run: autograder collect {assignment} FOLDER"
        )
    for folder in against:
        found, problems = earlier(course, assignment, folder)
        works += found
        left_out |= problems
    works += [work for package in libraries if (work := library(package))]
    works.append(solution(course, assignment))
    everybodys = everyone(course, assignment)
    return compare(assignment, list(_renamed(works)), everybodys, threshold, left_out)


def _renamed(works: Iterable[Work]) -> Iterator[Work]:
    """Give each work a name of its own: two folders, or a student and a library, may have the same one."""
    taken: set[str] = set()
    for work in works:
        name, number = work.name, 1
        while name in taken:
            number += 1
            name = f"{work.name} ({number})"
        taken.add(name)
        yield Work(name, work.kind, work.cells)


def compare(
    assignment: str,
    works: Sequence[Work],
    everybodys: Everyone,
    threshold: float = THRESHOLD,
    left_out: Mapping[str, str] | None = None,
) -> Result:
    """Find the pairs among works; parameters as in `Result` and `similarity`."""
    documents = weighed(works, common(everybodys))
    pairs = [
        pair
        for i, j in candidates(documents)
        if (pair := pair_of(documents[i], documents[j])) and suspicious(pair, threshold)
    ]
    pairs.sort(key=lambda pair: (-pair.share, -pair.tokens, pair.first, pair.second))
    joined = [(pair.first, pair.second) for pair in pairs if pair.kind not in _REFERENCES]
    groups = tuple(names for names in components(joined) if len(names) > 2)
    named = {name for pair in pairs for name in (pair.first, pair.second)}
    kept = {document.work.name: document for document in documents if document.work.name in named}
    counts = {kind: sum(work.kind is kind for work in works) for kind in Kind}
    return Result(assignment, threshold, tuple(pairs), groups, counts, left_out or {}, kept)


def suspicious(pair: Pair, threshold: float) -> bool:
    """Whether a pair is listed."""
    return (pair.share >= threshold and pair.tokens >= LEAST) or pair.longest >= LONG


def weighed(works: Sequence[Work], nobodys: Hashes) -> list[Document]:
    """Hash all works, and give each run its weight; those in `nobodys`, as from `common`, have none."""
    tokens = [tokens_of([(cell.text, cell.is_code) for cell in work.cells]) for work in works]
    runs = [hashes(one) for one in tokens]
    people = [run for run, work in zip(runs, works, strict=True) if work.kind not in _REFERENCES]
    every = np.concatenate([np.zeros(0, dtype=np.uint64), *map(np.unique, people)])
    values, counts = np.unique(every, return_counts=True)
    most = most_common(len(people))
    documents = []
    for work, one, run in zip(works, tokens, runs, strict=True):
        rare = (run != NONE) & ~np.isin(run, nobodys)
        weights = np.where(rare, _weights(_counts_of(run, values, counts), most), 0.0)
        documents.append(Document(work, one, np.where(weights > 0, run, NONE), weights))
    return documents


def _counts_of(run: Hashes, values: Hashes, counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """In how many works each run occurs; of a library's own runs 1."""
    if not len(values):
        return np.ones(len(run), dtype=np.intp)
    places = np.minimum(np.searchsorted(values, run), len(values) - 1)
    return np.where(values[places] == run, counts[places], 1)


def _weights(counts: NDArray[np.intp], most: float) -> NDArray[np.float64]:
    """1 for a run of one work, falling to 0 for one that occurs in more than `most`."""
    return np.clip(1 - (counts - 1) / most, 0, 1)


def common(everybodys: Everyone) -> Hashes:
    """The runs of the student copy, of the instructor's short answers, and of two made-up students alike."""
    code = [cell.text for cell in everybodys.released if cell.is_code]
    text = [cell.text for cell in everybodys.released if not cell.is_code]
    known = [hashes(tokens_of([*((one, True) for one in code), *((one, False) for one in text)]))]
    # Neighbours are joined: a run may begin in one function and end in the next.
    for (_, short), parts in groupby(everybodys.answers, lambda part: (part.name, _is_short(part))):
        if short:
            known.append(hashes(tokens_of([("\n".join(part.text for part in parts), True)])))
    for alternatives in everybodys.hands:
        each = [np.unique(hashes(tokens_of([(cell.text, cell.is_code)]))) for cell in alternatives]
        if each:
            values, counts = np.unique(np.concatenate(each), return_counts=True)
            known.append(values[counts > 1])
    return np.unique(np.concatenate(known))


def _is_short(part: Cell) -> bool:
    return len(tokens_of([(part.text, True)])) <= SHORT


def candidates(documents: Sequence[Document]) -> list[tuple[int, int]]:
    """Pairs that share fingerprints, the first one of this class; those with most in common come first.

    The inverted index is a sparse matrix of works and fingerprints; its product with itself counts what every
    pair has in common, and only pairs that have something are ever looked at.
    """
    prints = [np.unique(document.runs[winnow(document.runs)]) for document in documents]
    values, columns = np.unique(np.concatenate(prints), return_inverse=True)
    rows = np.repeat(np.arange(len(prints)), [len(one) for one in prints])
    index = csr_array(
        (np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(prints), max(1, len(values)))
    )
    now = np.array([document.work.kind is Kind.NOW for document in documents])
    least = max(1, LEAST // (4 * RUN))
    found: list[NDArray[np.intp]] = []
    for start in range(0, len(documents), _ROWS):
        product = (index[start : start + _ROWS] @ index.T).tocoo()
        i, j = product.row + start, product.col
        wanted = (product.data >= least) & now[i] & ((i < j) | ~now[j])
        found.append(np.stack([product.data[wanted], i[wanted], j[wanted]], axis=1))
    table = np.concatenate(found)
    order = np.argsort(-table[:, 0], kind="stable")[:_PAIRS]
    return [(int(i), int(j)) for _, i, j in table[order]]


def pair_of(first: Document, second: Document) -> Pair:
    """Work out exactly what two works have in common."""
    there, back = first.shared(second), second.shared(first)
    cells = first.work.cells
    return Pair(
        first.work.name,
        second.work.name,
        second.work.kind,
        _share(there, first.own),
        _share(back, second.own),
        int(np.count_nonzero(there)),
        _longest(there > 0, first.tokens.cell),
        tuple(cells[number].name for number in np.unique(first.tokens.cell[there > 0])),
    )


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total else 0.0


def _longest(marked: NDArray[np.bool_], cell: NDArray[np.int32]) -> int:
    """The most marked tokens in a row within one cell."""
    if not marked.any():
        return 0
    ends = np.flatnonzero(np.diff(cell)) + 1
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    cuts = np.unique(np.concatenate([starts, stops, ends]))
    lengths = np.diff(cuts)
    return int(lengths[marked[cuts[:-1]]].max())


def components(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Names that pairs join, directly or over others: the largest group first, each sorted."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for first, second in pairs:
        leader[find(first)] = find(second)
    groups: dict[str, list[str]] = {}
    for name in leader:
        groups.setdefault(find(name), []).append(name)
    return sorted((tuple(sorted(names)) for names in groups.values()), key=lambda names: (-len(names), names))
