"""What the four ways cost for a function of n numbers with m results: counted while they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.differentiate import dual, finite, graph, symbolic
from mlpkit.differentiate._counting import Counts, counting
from mlpkit.differentiate._points import as_point

__all__ = ["Cost", "cost_table"]


@dataclass(frozen=True)
class Cost:
    """What one way of computing all m·n partial derivatives took.

    Attributes
    ----------
    way
        "forward differences", "central differences", "complex step", "symbolic", "forward mode" or
        "reverse mode".
    inputs, outputs
        n and m.
    evaluations
        Calls of the function; one of them builds the expression (symbolic) or the graph (reverse mode).
    backward_passes
        Passes back over the graph (reverse mode).
    operations
        Elementary operations carried out with derivatives beside the values: on dual numbers, or nodes
        made and nodes visited; for the symbolic way the operations in all derivatives, common
        subexpressions shared. None for differences, which do not look inside the function.
    """

    way: str
    inputs: int
    outputs: int
    evaluations: int
    backward_passes: int = 0
    operations: int | None = None


def cost_table(f: Callable[..., Any], *point: ArrayLike) -> tuple[Cost, ...]:
    """Differentiate `f` at `point` in all ways and report what each took.

    `f` must be made of operators and functions of `mlpkit.differentiate`, and accept complex numbers.

    Examples
    --------
    >>> for cost in cost_table(lambda x: x * x, [1.0, 2.0, 3.0]):
    ...     print(cost.way, cost.evaluations, cost.backward_passes)
    forward differences 4 0
    central differences 6 0
    complex step 3 0
    symbolic 1 0
    forward mode 3 0
    reverse mode 1 3
    """
    values = as_point(point)
    n = sum(value.size for value in values)
    m = np.asarray(f(*(value.copy() for value in values))).size
    ways: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("forward differences", partial(finite.jacobian, method="forward")),
        ("central differences", partial(finite.jacobian, method="central")),
        ("complex step", partial(finite.jacobian, method="complex")),
        ("symbolic", symbolic.jacobian),
        ("forward mode", dual.jacobian),
        ("reverse mode", graph.jacobian),
    )
    return tuple(_cost(way, jacobian, f, values, (n, m)) for way, jacobian in ways)


def _cost(
    way: str,
    jacobian: Callable[..., Any],
    f: Callable[..., Any],
    values: tuple[Array, ...],
    sizes: tuple[int, int],
) -> Cost:
    with counting() as counts:
        jacobian(f, *values)
    operations = _symbolic_operations(f, values) if way == "symbolic" else _operations(counts)
    return Cost(way, *sizes, counts.evaluations, counts.backward_passes, operations)


def _operations(counts: Counts) -> int | None:
    return (counts.dual_operations + counts.nodes + counts.visits) or None


def _symbolic_operations(f: Callable[..., Any], values: tuple[Array, ...]) -> int:
    tables = symbolic.gradient_expressions(f, *values)
    tables = tables if isinstance(tables, tuple) else (tables,)
    return symbolic.shared_operations([e for t in tables for e in np.asarray(t, dtype=object).flat])
