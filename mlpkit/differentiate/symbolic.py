"""Symbolic derivatives: SymPy differentiates the expression that a function builds from symbols.

The result is a formula that can be read. Its size is the price: a product rule repeats its factors, so
that the derivative of a composite of growing depth swells, unless common subexpressions are named and
computed once, which is what the forward and reverse modes do by working with values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from mlpkit._checks import Array, positive_integer
from mlpkit.differentiate._counting import tally
from mlpkit.differentiate._points import as_point, of_one_number, only_one

__all__ = [
    "ExpressionSize",
    "Swell",
    "expression",
    "expression_size",
    "expression_swell",
    "gradient",
    "gradient_expressions",
    "jacobian",
    "shared_operations",
]


@dataclass(frozen=True)
class ExpressionSize:
    """How large an expression is.

    Attributes
    ----------
    operations
        Arithmetic operations and function calls as written out (SymPy's `count_ops`).
    tree
        Nodes of the expression tree, repetitions counted.
    distinct
        Different subexpressions: nodes of the graph in which equal subtrees are one.
    shared_operations
        Operations after common subexpressions have been named and computed once.
    """

    operations: int
    tree: int
    distinct: int
    shared_operations: int


@dataclass(frozen=True)
class Swell:
    """Sizes of a composite of `depth` steps and of its derivative."""

    depth: int
    function: ExpressionSize
    derivative: ExpressionSize


def _symbols(values: tuple[Array, ...], names: tuple[str, ...] | None) -> tuple[Any, ...]:
    """For a number a real symbol, for an array an object array of indexed symbols."""
    names = names or tuple(f"x_{n}" if len(values) > 1 else "x" for n in range(1, len(values) + 1))
    if len(names) != len(values):
        raise ValueError(f"names must have one name for each of {len(values)} arguments, got {names}.")
    return tuple(_symbol_array(name, value.shape) for name, value in zip(names, values, strict=True))


def _symbol_array(name: str, shape: tuple[int, ...]) -> Any:
    if shape == ():
        return sp.Symbol(name, real=True)
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        array[index] = sp.Symbol(f"{name}_{','.join(str(n + 1) for n in index)}", real=True)
    return array


def expression(
    f: Callable[..., Any], *point: ArrayLike, names: tuple[str, ...] | None = None
) -> tuple[Any, tuple[Any, ...]]:
    """What `f` builds when it is given symbols instead of numbers.

    Parameters
    ----------
    f
        Function made of operators and functions of `mlpkit.differentiate`.
    point
        Only the shapes of the arguments are used.
    names
        Names of the arguments.

    Returns
    -------
    result, symbols
        An expression, or an object array of expressions; and the arguments as symbols.
    """
    symbols = _symbols(as_point(point), names)
    tally("evaluations")
    result = f(*symbols)
    # A function that ignores its arguments returns a plain number.
    return (np.frompyfunc(sp.sympify, 1, 1)(result), symbols)


def gradient_expressions(
    f: Callable[..., Any], *point: ArrayLike, names: tuple[str, ...] | None = None
) -> Any:
    """The partial derivatives of `f` as expressions.

    Returns
    -------
    object array (a single expression for one number), or tuple of them for several arguments
        Shape of the result followed by the shape of the argument.
    """
    result, symbols = expression(f, *point, names=names)
    return only_one(tuple(_derivatives(result, symbol) for symbol in symbols))


def _derivatives(result: Any, symbol: Any) -> Any:
    results, symbols = np.asarray(result, dtype=object), np.asarray(symbol, dtype=object)
    table = np.empty(results.shape + symbols.shape, dtype=object)
    for i in np.ndindex(results.shape):
        for j in np.ndindex(symbols.shape):
            table[i + j] = sp.diff(results[i], symbols[j])
    return table[()]


def jacobian(f: Callable[..., Any], *point: ArrayLike) -> Any:
    """The symbolic partial derivatives of `f`, computed at `point`.

    Returns
    -------
    array, or tuple of arrays for several arguments
        Shape of the result followed by the shape of the argument.
    """
    values = as_point(point)
    result, symbols = expression(f, *values)
    tables = [np.asarray(_derivatives(result, symbol), dtype=object) for symbol in symbols]
    flat_symbols = [entry for symbol in symbols for entry in np.asarray(symbol, dtype=object).flat]
    flat_values = [float(entry) for value in values for entry in value.flat]
    entries = [entry for table in tables for entry in table.flat]
    numbers = iter(sp.lambdify(flat_symbols, entries, modules="numpy", cse=True)(*flat_values))
    return only_one(
        tuple(np.array([next(numbers) for _ in range(t.size)], dtype=float).reshape(t.shape) for t in tables)
    )


def gradient(f: Callable[..., Any], *point: ArrayLike) -> Any:
    """The symbolic gradient of `f`, whose result is one number, computed at `point`."""
    return of_one_number(f, jacobian(f, *point), point)


def expression_size(expr: Any) -> ExpressionSize:
    """Measure one expression, written out and with common subexpressions shared.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> expression_size(sp.sin(x**2) * sp.cos(x**2))
    ExpressionSize(operations=5, tree=9, distinct=6, shared_operations=4)
    """
    expr = sp.sympify(expr)
    sizes: dict[sp.Basic, int] = {}
    for part in sp.postorder_traversal(expr):
        if part not in sizes:
            sizes[part] = 1 + sum(sizes[child] for child in part.args)
    return ExpressionSize(int(sp.count_ops(expr)), sizes[expr], len(sizes), shared_operations([expr]))


def shared_operations(expressions: list[Any]) -> int:
    """Operations that a list of expressions takes together if common subexpressions are computed once."""
    named, rest = sp.cse(expressions)
    return sum(int(sp.count_ops(e)) for e in (*(value for _, value in named), *rest))


def expression_swell(step: Callable[[Any], Any], depth: int) -> tuple[Swell, ...]:
    """Sizes of step(x), step(step(x)), ... and of their derivatives, up to `depth` steps.

    Nothing is simplified: the derivative is what the rules of differentiation write down.

    Examples
    --------
    >>> for row in expression_swell(lambda x: 4 * x * (1 - x), 3):
    ...     print(row.depth, row.derivative.tree, row.derivative.shared_operations)
    1 5 2
    2 44 12
    3 166 27
    """
    x = sp.Symbol("x", real=True)
    composite: Any = x
    rows = []
    for n in range(1, positive_integer("depth", depth) + 1):
        composite = step(composite)
        rows.append(Swell(n, expression_size(composite), expression_size(sp.diff(composite, x))))
    return tuple(rows)
