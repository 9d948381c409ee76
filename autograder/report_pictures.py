"""The pictures of the teacher's page as numbers: bars of a histogram, shares and correlations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Bar", "Beam", "bars", "beam", "describe", "histogram"]

BINS = 10


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram, in the units of the picture."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str


@dataclass(frozen=True)
class Beam:
    """A bar that lies in a picture of width 100: where it begins and how long it is.

    Parameters
    ----------
    x, width : float
        In hundredths of the picture's width.
    """

    x: float
    width: float


def histogram(scores: Sequence[float], max_score: float) -> tuple[int, ...]:
    """Count scores in ten equal parts of the range; full marks belong to the last."""
    parts = Counter(
        min(BINS - 1, max(0, int(BINS * score / max_score))) if max_score else 0 for score in scores
    )
    return tuple(parts[index] for index in range(BINS))


def bars(counts: Sequence[int], width: float = 480, height: float = 150) -> tuple[Bar, ...]:
    """Lay out the histogram."""
    step, top = width / len(counts), max([*counts, 1])
    return tuple(
        Bar(
            x=round(index * step + 2, 2),
            y=round(height * (1 - count / top), 2),
            width=round(step - 4, 2),
            height=round(height * count / top, 2),
            count=count,
            label=f"{index * 100 // len(counts)}",
        )
        for index, count in enumerate(counts)
    )


def describe(counts: Sequence[int]) -> str:
    """Say in words what the histogram shows."""
    step = 100 // len(counts)
    parts = [
        f"{count} from {index * step} to {(index + 1) * step} %"
        for index, count in enumerate(counts)
        if count
    ]
    what = "submission" if sum(counts) == 1 else "submissions"
    return f"Scores of {sum(counts)} graded {what}: {'; '.join(parts) or 'none'}."


def beam(value: float, low: float = 0.0, high: float = 1.0, start: float = 0.0) -> Beam:
    """Lay out a bar from `start` to `value` on an axis from `low` to `high`; what lies beyond is cut.

    >>> beam(-0.5, low=-1)
    Beam(x=25.0, width=25.0)
    """
    if high <= low:
        return Beam(0.0, 0.0)
    places = sorted(100 * (min(high, max(low, end)) - low) / (high - low) for end in (start, value))
    return Beam(round(places[0], 1), round(places[1] - places[0], 1))
