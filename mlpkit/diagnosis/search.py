"""Which mistakes reproduce a student's arrays: one, one on some of them, or two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np

from mlpkit._checks import Array
from mlpkit.diagnosis.bank import Arrays, Hint, Mistake, combine, outcome, outcomes
from mlpkit.diagnosis.compare import Judge, make_judge, squeezed
from mlpkit.diagnosis.scene import DoesNotApplyError, Scene

__all__ = ["Case", "find_hints"]

#: Most pairs of mistakes that are named; more would help nobody.
MOST_PAIRS = 4
#: Most mistakes that each explain a part and are tried together with all the others.
MOST_SEEDS = 6
#: Fewest numbers that a match which leaves something open or infers a constant must rest on.
FEWEST_NUMBERS = 3

Names = frozenset[str]
Match = Literal["full", "part", "pair", "some"]


@dataclass(frozen=True, eq=False)
class Case:
    """A student's arrays beside the right ones.

    Attributes
    ----------
    scene
        The point at which they were computed.
    student, right
        Arrays by name; `student` may lack some.
    judge
        Compares them.
    show
        How a name is written for the student ("W1" -> "dW1").
    """

    scene: Scene
    student: Arrays
    right: Mapping[str, Array]
    judge: Judge
    show: Callable[[str], str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the student's arrays, in the network's order."""
        return tuple(self.student)

    def wrong(self) -> Names:
        """Names of the arrays that are not right."""
        return frozenset(
            key for key, value in self.student.items() if not self.judge.right(value, self.right[key])
        )


@dataclass(frozen=True, eq=False)
class Candidate:
    """What one mistake (or two) would give, compared with what the student has.

    Attributes
    ----------
    mistakes
        One mistake, or the two made at once.
    parts, arrays
        How it was made and what follows.
    explained
        Names whose arrays it reproduces.
    case
        What it was compared with.
    """

    mistakes: tuple[Mistake[Any], ...]
    parts: Any
    arrays: Arrays
    explained: Names
    case: Case

    @cached_property
    def harmless(self) -> Names:
        """Names whose arrays it leaves right."""
        case = self.case
        return frozenset(key for key in case.names if case.judge.right(self.arrays[key], case.right[key]))

    @property
    def id(self) -> str:
        """Ids of the mistakes, joined by "+"."""
        return "+".join(mistake.id for mistake in self.mistakes)

    @property
    def frequency(self) -> int:
        """Sum of the mistakes' frequencies: small for what is common."""
        return sum(mistake.frequency for mistake in self.mistakes)


def find_hints(case: Case, mistakes: Sequence[Mistake[Any]]) -> tuple[Hint, ...]:
    """Hints for the student's wrong arrays, most likely first; () if they are right or nothing fits."""
    wrong = case.wrong()
    if not wrong:
        return ()
    candidates = [candidate for mistake in mistakes for candidate in _candidates(case, mistake)]
    # From the strongest claim to the weakest. Factors come before inferred constants: a factor of -T is a
    # sign and a missing mean, not a strange step.
    searches: tuple[tuple[Match, Callable[[], list[Candidate]]], ...] = (
        ("full", lambda: _full(case, candidates)),
        ("pair", lambda: _commonest(_scaled(case, candidates))),
        ("full", lambda: _full(case, _inferred(case, mistakes))),
        ("part", lambda: _part(case, candidates, wrong)),
        ("pair", lambda: _commonest(_reread(case, candidates, mistakes))),
        ("pair", lambda: _commonest(_composed(case, candidates, wrong))),
        ("pair", lambda: _commonest(_side_by_side(candidates, wrong))),
        ("pair", lambda: _commonest(_inner(case, candidates, wrong))),
    )
    for match, search in searches:
        found = search()
        if found:
            return _hints(case, found, match, wrong)
    return _some(case, candidates, wrong)


def _full(case: Case, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that reproduce every array."""
    return _best_of_each(c for c in candidates if len(c.explained) == len(case.names))


def _part(case: Case, candidates: list[Candidate], wrong: Names) -> list[Candidate]:
    """Those that reproduce every wrong array and spoil the fewest right ones."""
    part = [candidate for candidate in candidates if wrong <= candidate.explained]
    return _most_faithful(part, frozenset(case.names) - wrong) if part else []


def _candidates(case: Case, mistake: Mistake[Any]) -> Iterable[Candidate]:
    for parts, arrays in outcomes(mistake, case.scene):
        yield _candidate(case, (mistake,), parts, arrays)


def _candidate(case: Case, mistakes: tuple[Mistake[Any], ...], parts: Any, arrays: Arrays) -> Candidate:
    explained = [key for key, value in case.student.items() if case.judge.matches(value, arrays[key])]
    return Candidate(mistakes, parts, arrays, frozenset(explained), case)


def _inferred(case: Case, mistakes: Sequence[Mistake[Any]]) -> Iterable[Candidate]:
    """Candidates of mistakes that mix in a number which only the student's arrays reveal."""
    if _numbers(case, frozenset(case.names)) < FEWEST_NUMBERS or not _regular(case):
        return
    for mistake in mistakes:
        if mistake.infer is None:
            continue
        try:
            scene = mistake.infer(case.scene, case.student)
        except (DoesNotApplyError, ValueError, KeyError):
            continue
        yield from _candidates(replace(case, scene=scene), mistake)


def _regular(case: Case) -> bool:
    """True if all arrays are there, finite and of the right shapes."""
    return set(case.student) == set(case.right) and all(
        value.shape == case.right[key].shape and np.isfinite(value).all()
        for key, value in case.student.items()
    )


def _numbers(case: Case, names: Names) -> int:
    """How many numbers the arrays `names` of the student and the right ones have that are not all zero."""
    return sum(
        max(int(np.count_nonzero(case.student[key])), int(np.count_nonzero(case.right[key]))) for key in names
    )


# -- which of several --------------------------------------------------------------------------------


def _best_of_each(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate for each id, the commonest first; the order of the bank decides the rest."""
    first: dict[str, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.id, candidate)
    return sorted(first.values(), key=lambda candidate: candidate.frequency)


def _most_faithful(candidates: Sequence[Candidate], right: Names) -> list[Candidate]:
    """Those that spoil the fewest arrays which the student has right."""

    def spoiled(candidate: Candidate) -> int:
        return len(right - candidate.explained - candidate.harmless)

    least = min(spoiled(candidate) for candidate in candidates)
    return _best_of_each(candidate for candidate in candidates if spoiled(candidate) == least)


def _some(case: Case, candidates: Sequence[Candidate], wrong: Names) -> tuple[Hint, ...]:
    """Hints for the mistakes that explain most of the wrong arrays, if they rest on enough numbers."""
    useful = [c for c in candidates if _numbers(case, c.explained & wrong) >= FEWEST_NUMBERS]
    if not useful:
        return ()
    most = max(len(candidate.explained & wrong) for candidate in useful)
    best = [candidate for candidate in useful if len(candidate.explained & wrong) == most]
    explained = best[0].explained & wrong
    same = [candidate for candidate in best if candidate.explained & wrong == explained]
    return _hints(case, _most_faithful(same, frozenset(case.names) - wrong), "some", explained)


# -- two at once -------------------------------------------------------------------------------------


def _commonest(pairs: Iterable[Candidate]) -> list[Candidate]:
    """The commonest of several pairs that all explain everything; each set of ids once."""
    seen: dict[Names, Candidate] = {}
    for pair in _best_of_each(pairs):
        seen.setdefault(frozenset(mistake.id for mistake in pair.mistakes), pair)
    found = list(seen.values())
    return [pair for pair in found if pair.frequency <= found[0].frequency + 1][:MOST_PAIRS]


def _scaled(case: Case, candidates: list[Candidate]) -> Iterable[Candidate]:
    """A mistake that multiplies everything by a number, with any other: no further pass is needed."""
    if not _regular(case):
        return
    student, right = _vector(case.student, case), _vector(case.right, case)
    by_factor = [(c, factor) for c in candidates if (factor := _factor(c, right, case)) is not None]
    for other in candidates:
        made = _vector(other.arrays, case)
        square = 0.0 if made is None else float(made @ made)
        if student is None or made is None or not 0 < square < np.inf:
            continue
        ratio = float(student @ made) / square
        for scale, factor in by_factor:
            if scale.mistakes == other.mistakes or abs(ratio - factor) > 1e-4 * abs(factor):
                continue
            arrays = {key: factor * value for key, value in other.arrays.items()}
            pair = _candidate(case, scale.mistakes + other.mistakes, other.parts, arrays)
            if len(pair.explained) == len(case.names):
                yield pair


def _vector(arrays: Mapping[str, Array], case: Case) -> Array | None:
    """All numbers in one row, or None if a shape is not that of the right array."""
    values = [arrays[key] for key in case.names]
    if any(value.shape != case.right[key].shape for key, value in zip(case.names, values, strict=True)):
        return None
    return np.concatenate([value.ravel() for value in values])


def _factor(candidate: Candidate, right: Array | None, case: Case) -> float | None:
    """The number by which a mistake multiplies the whole set, or None if it does something else."""
    made = _vector(candidate.arrays, case)
    if right is None or made is None or not right.any() or not np.isfinite(made).all():
        return None
    factor = float(made @ right) / float(right @ right)
    same = np.abs(made - factor * right).max() <= 1e-12 * max(np.abs(made).max(), np.abs(right).max())
    return factor if same and factor != 0 else None


def _reread(case: Case, candidates: list[Candidate], mistakes: Sequence[Mistake[Any]]) -> Iterable[Candidate]:
    """One mistake beside a transposed or otherwise misshapen set: put the shapes right and look again."""
    by_id = {mistake.id: mistake for mistake in mistakes}
    readings = (("transposed-weights", _transposed), ("wrong-shape", _reshaped))
    for reading_id, read in readings:
        if reading_id not in by_id:
            continue
        student = read(case)
        if all(student[key].shape == case.student[key].shape for key in student) and not _square(case):
            continue
        again = replace(case, student=student, judge=make_judge(case.right, student))
        everything = frozenset(again.names)
        for other in candidates:
            pair = _candidate(again, (by_id[reading_id], *other.mistakes), other.parts, other.arrays)
            if other.id != reading_id and pair.explained == everything != pair.harmless:
                yield pair


def _transposed(case: Case) -> Arrays:
    return {key: value.T if value.ndim == 2 else value for key, value in case.student.items()}


def _reshaped(case: Case) -> Arrays:
    return {key: squeezed(value, case.right[key].shape) for key, value in case.student.items()}


def _square(case: Case) -> bool:
    """True if an array is square, so that its shape does not show whether it is transposed."""
    return any(value.ndim == 2 and value.shape[0] == value.shape[1] > 1 for value in case.right.values())


def _composed(case: Case, candidates: list[Candidate], wrong: Names) -> Iterable[Candidate]:
    """A mistake that explains some arrays by itself, with one that leaves those alone."""
    seeds = sorted(
        (c for c in candidates if _numbers(case, c.explained & wrong) >= 1),
        key=lambda c: (-len(c.explained & wrong), c.frequency),
    )[:MOST_SEEDS]
    for seed in seeds:
        explained = seed.explained & wrong
        others = [c for c in candidates if explained <= c.harmless and not wrong <= c.harmless]
        yield from _both(case, ((seed, other) for other in others))


def _inner(case: Case, candidates: list[Candidate], wrong: Names) -> Iterable[Candidate]:
    """Two mistakes that both leave alone what is right, one of them at least inside the pass."""
    right = frozenset(case.names) - wrong
    if not right:
        return ()
    inside = [c for c in candidates if right <= c.harmless and not wrong <= c.harmless]
    return _both(
        case, ((a, b) for a, b in combinations(inside, 2) if not (a.parts.finish and b.parts.finish))
    )


def _both(case: Case, pairs: Iterable[tuple[Candidate, Candidate]]) -> Iterable[Candidate]:
    for one, other in pairs:
        parts = None if one.mistakes == other.mistakes else combine(one.parts, other.parts)
        if parts is None:
            continue
        arrays = outcome(one.mistakes[0].runner, case.scene, parts)
        if arrays is None:
            continue
        pair = _candidate(case, one.mistakes + other.mistakes, parts, arrays)
        if len(pair.explained) == len(case.names):
            yield pair


def _side_by_side(candidates: list[Candidate], wrong: Names) -> Iterable[Candidate]:
    """Two mistakes that each explain arrays of their own and together all wrong ones."""
    useful: dict[tuple[str, Names], Candidate] = {}
    for candidate in candidates:
        if candidate.explained & wrong:
            useful.setdefault((candidate.id, candidate.explained & wrong), candidate)
    for one, other in combinations(useful.values(), 2):
        if one.id != other.id and wrong <= one.explained | other.explained:
            yield replace(one, mistakes=one.mistakes + other.mistakes)


# -- in words ----------------------------------------------------------------------------------------


def _hints(
    case: Case,
    candidates: Sequence[Candidate],
    match: Match,
    explained: Names,
) -> tuple[Hint, ...]:
    names = tuple(key for key in case.names if key in explained)
    ids = [candidate.id for candidate in candidates]
    return tuple(
        Hint(
            id=candidate.id,
            title=" and ".join(_lower_after_first([mistake.title for mistake in candidate.mistakes])),
            sentence=_sentence(case, candidate, match, names),
            parameters=names,
            mistakes=tuple(mistake.id for mistake in candidate.mistakes),
            match=match,
            tied_with=tuple(other for other in ids if other != candidate.id),
        )
        for candidate in candidates
    )


def _lower_after_first(titles: list[str]) -> list[str]:
    return [titles[0], *(title[:1].lower() + title[1:] for title in titles[1:])]


def _sentence(case: Case, candidate: Candidate, match: str, names: tuple[str, ...]) -> str:
    sentences = [mistake.sentence.replace("{note}", candidate.parts.note) for mistake in candidate.mistakes]
    if len(sentences) == 2:
        return f"Two things seem to have happened at once. First: {sentences[0]} Second: {sentences[1]}"
    shown = ", ".join(case.show(name) for name in names)
    if match == "part":
        return f"{sentences[0]} This concerns {shown} only; the rest is right."
    if match == "some":
        return f"{sentences[0]} This explains {shown}; what else is wrong has another cause."
    return sentences[0]
