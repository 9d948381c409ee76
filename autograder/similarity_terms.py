"""What counts as alike, and what as everybody's; ``docs/similarity.md`` says how these numbers were found."""

from __future__ import annotations

__all__ = ["LEAST", "LONG", "SHORT", "THRESHOLD", "most_common"]

#: A pair is listed if either side has so large a share of its own text in common passages, ...
THRESHOLD = 0.6
#: ... and these passages have so many tokens (eight lines or so); or one passage has so many tokens in a row.
LEAST, LONG = 60, 60
#: An answer of the instructor's with at most so many tokens is the natural one: nobody is suspected for it.
SHORT = 70


def most_common(works: int) -> float:
    """In how many of so many works a passage may occur before it is everybody's."""
    return min(max(works / 3, 3), 20)
