"""Counters for what a differentiation costs: measured while it runs, not derived from theory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Counts", "counting", "tally"]


@dataclass
class Counts:
    """What happened inside a ``with counting()`` block.

    Attributes
    ----------
    evaluations
        Calls of the function that is differentiated.
    dual_operations
        Operations on dual numbers.
    nodes
        Nodes put into a graph by operations (inputs and constants are not operations).
    backward_passes
        Runs of `backward`.
    visits
        Nodes that all these backward passes visited together.
    """

    evaluations: int = 0
    dual_operations: int = 0
    nodes: int = 0
    backward_passes: int = 0
    visits: int = 0


_active: ContextVar[tuple[Counts, ...]] = ContextVar("counts", default=())


@contextmanager
def counting() -> Iterator[Counts]:
    """Count what the block does; blocks may be nested, each counts its own.

    Examples
    --------
    >>> from mlpkit.differentiate import dual
    >>> with counting() as counts:
    ...     _ = dual.gradient(lambda x: (x * x).sum(), [1.0, 2.0, 3.0])
    >>> counts.evaluations
    3
    """
    counts = Counts()
    token = _active.set((*_active.get(), counts))
    try:
        yield counts
    finally:
        _active.reset(token)


def tally(name: str, amount: int = 1) -> None:
    """Add to the counter `name` of every open block."""
    for counts in _active.get():
        setattr(counts, name, getattr(counts, name) + amount)
