"""Reverse mode: a graph of operations, and derivatives carried from the result back to every input.

Each operation puts a `Node` into the graph with its value, the nodes it came from, and how a derivative
of its result becomes a derivative of each of them. `backward` visits the nodes in reverse topological
order, so that the derivative of a node is complete (all its uses have been added up) before it is
passed on. One run gives the derivatives of **one** result to **all** nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, Shape, numeric_array, require_shape
from mlpkit.differentiate._counting import tally
from mlpkit.differentiate._operand import Operand, unbroadcast
from mlpkit.differentiate._points import as_point, of_one_number, only_one, units
from mlpkit.differentiate._rules import Rule

__all__ = ["Edge", "Node", "backward", "gradient", "jacobian", "topological_order"]


@dataclass(frozen=True, eq=False)
class Edge:
    """How a node depends on one of its parents.

    Attributes
    ----------
    parent
        The node that is used.
    local
        The local derivative as numbers: entry by entry for an elementwise operation (the shape of the
        result), the other factor for a matrix product, ones for a sum or a rearrangement (the parent's
        shape).
    pull
        From the derivative of the result (its shape) to the parent's share (the parent's shape).
    """

    parent: Node
    local: Array
    pull: Callable[[Array], Array]


class Node(Operand):
    """A variable of a computation graph.

    Parameters
    ----------
    value
        Number or array. Nodes made by hand are the inputs; operations on nodes make the others.
    name
        Shown in drawings and errors.

    Attributes
    ----------
    value
        The number or array.
    derivative
        Derivative of the result that `backward` started from; None before.
    operation
        "input", "constant", or what made it: "+", "exp", "matmul", ...
    parents
        The operands in the order they were used, constants among them.
    edges
        One `Edge` for each operand that is not a constant.

    Examples
    --------
    >>> x = Node(3.0, "x")
    >>> y = x * x + 2 * x
    >>> _ = backward(y)
    >>> float(x.derivative)
    8.0
    """

    __slots__ = ("derivative", "edges", "name", "operation", "parents", "value")

    def __init__(self, value: ArrayLike, name: str = "") -> None:
        # A copy: whoever changes the original later must not change what the graph remembers.
        self.value: Array = numeric_array("value", value, finite=False).copy()
        self.value.flags.writeable = False
        self.name = name
        self.operation = "input"
        self.derivative: Array | None = None
        self.parents: tuple[Node, ...] = ()
        self.edges: tuple[Edge, ...] = ()

    @property
    def local_derivatives(self) -> tuple[Array | None, ...]:
        """`Edge.local` for each parent; None for constants."""
        by_place = iter(self.edges)
        return tuple(
            None if parent.operation == "constant" else next(by_place).local for parent in self.parents
        )

    def __repr__(self) -> str:
        label = f"{self.name}: " if self.name else ""
        derivative = "" if self.derivative is None else f", derivative={_short(self.derivative)}"
        return f"Node({label}{self.operation}, value={_short(self.value)}{derivative})"

    @classmethod
    def _made(cls, operation: str, value: Array, parents: tuple[Node, ...], edges: tuple[Edge, ...]) -> Node:
        tally("nodes")
        node = cls(value)
        node.operation, node.parents, node.edges = operation, parents, edges
        return node

    @classmethod
    def _apply(cls, rule: Rule, operands: tuple[Any, ...]) -> Node:
        parents = tuple(map(_as_node, operands))
        values = [parent.value for parent in parents]
        y = np.asarray(rule.value(*values))
        edges = []
        for partial, parent in zip(rule.partials, parents, strict=True):
            if parent.operation != "constant":  # its partial may not exist: log of a negative base
                local = np.broadcast_to(partial(*values, y), y.shape)
                edges.append(Edge(parent, local, _elementwise_pull(local, parent.shape)))
        return cls._made(rule.name, y, parents, tuple(edges))

    @classmethod
    def _matmul(cls, a: Any, b: Any) -> Node:
        a, b = _as_node(a), _as_node(b)
        if not (1 <= a.ndim <= 2 and 1 <= b.ndim <= 2):
            raise ValueError(f"@ takes vectors and matrices here, got shapes {a.shape} and {b.shape}.")
        y = np.asarray(a.value @ b.value)
        # As matrices: a vector on the left is a row, one on the right a column.
        left, right = np.atleast_2d(a.value), b.value.reshape(b.shape[0], -1)
        shape = (left.shape[0], right.shape[1])
        both = (
            Edge(a, b.value, lambda dy: (dy.reshape(shape) @ right.T).reshape(a.shape)),
            Edge(b, a.value, lambda dy: (left.T @ dy.reshape(shape)).reshape(b.shape)),
        )
        return cls._made("matmul", y, (a, b), tuple(e for e in both if e.parent.operation != "constant"))

    @classmethod
    def _stack(cls, operands: tuple[Any, ...]) -> Node:
        parents = tuple(map(_as_node, operands))
        edges = tuple(
            Edge(parent, np.ones(parent.shape), itemgetter(place))
            for place, parent in enumerate(parents)
            if parent.operation != "constant"
        )
        return cls._made("stack", np.stack([parent.value for parent in parents]), parents, edges)

    def _linear(self, name: str, forward: Callable[[Array], Array], back: Callable[[Array], Array]) -> Node:
        y = np.asarray(forward(self.value))
        edges = (Edge(self, back(np.ones(y.shape)), back),) if self.operation != "constant" else ()
        return self._made(name, y, (self,), edges)


def _short(array: Array) -> str:
    return f"{array:.6g}" if array.ndim == 0 else f"array of shape {array.shape}"


def _elementwise_pull(local: Array, shape: Shape) -> Callable[[Array], Array]:
    return lambda dy: unbroadcast(dy * local, shape)


def _as_node(u: Any) -> Node:
    if isinstance(u, Node):
        return u
    constant = Node(u)
    constant.operation = "constant"
    return constant


def topological_order(node: Node) -> tuple[Node, ...]:
    """All nodes that `node` depends on and itself, every node after its parents."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(node, False)]
    while stack:  # not recursive: a graph may be deeper than Python's stack
        current, parents_done = stack.pop()
        if parents_done:
            order.append(current)
        elif id(current) not in seen:
            seen.add(id(current))
            stack.append((current, True))
            stack.extend((parent, False) for parent in reversed(current.parents) if id(parent) not in seen)
    return tuple(order)


def backward(node: Node, seed: ArrayLike | None = None, *, accumulate: bool = False) -> tuple[Node, ...]:
    """Fill in the derivative of `node` to every node it depends on.

    Parameters
    ----------
    node
        The result. Unless it is one number, `seed` says which combination of its entries is differentiated.
    seed
        Derivative to start with, of the node's shape; 1 by default.
    accumulate
        False: derivatives of an earlier run are replaced. True: they are added to.

    Returns
    -------
    tuple of Node
        The nodes in the order visited, the result first.
    """
    if not isinstance(node, Node):
        raise TypeError(f"backward starts from a Node, got {type(node).__name__} (did f use its arguments?).")
    shares = {id(node): _seed(node, seed)}
    visited = topological_order(node)[::-1]
    tally("backward_passes")
    for current in visited:
        dy = shares.get(id(current), np.zeros(current.shape))
        for edge in current.edges:
            before = shares.get(id(edge.parent), 0.0)
            shares[id(edge.parent)] = before + edge.pull(dy)
    tally("visits", len(visited))
    # Stored at the end: what an earlier run left must not flow through the graph a second time.
    for current in visited:
        if current.operation != "constant":
            old = current.derivative if accumulate and current.derivative is not None else 0.0
            current.derivative = np.asarray(old + shares.get(id(current), np.zeros(current.shape)))
    return visited


def _seed(node: Node, seed: ArrayLike | None) -> Array:
    if seed is not None:
        given = numeric_array("seed", seed)
        require_shape("seed", given, node.shape, "the shape of the result")
        return given
    if node.shape != ():
        raise ValueError(
            f"backward needs a result that is one number, got shape {node.shape}: "
            "sum it, or give a seed of that shape."
        )
    return np.asarray(1.0)


def jacobian(f: Callable[..., Any], *point: ArrayLike) -> Any:
    """All partial derivatives of `f` at `point`: one graph, a backward pass for each entry of the result.

    Returns
    -------
    array, or tuple of arrays for several arguments
        Shape of the result followed by the shape of the argument.
    """
    inputs = tuple(map(Node, as_point(point)))
    tally("evaluations")
    result = _as_node(f(*inputs))
    rows: list[list[Array]] = [[] for _ in inputs]
    for unit in units(result.shape):
        # Inputs that the result does not use keep the zeros; backward never reaches them.
        for node in inputs:
            node.derivative = np.zeros(node.shape)
        backward(result, unit)
        for row, node in zip(rows, inputs, strict=True):
            row.append(np.zeros(node.shape) if node.derivative is None else node.derivative)
    return only_one(
        tuple(
            np.stack(row).reshape(result.shape + node.shape) for row, node in zip(rows, inputs, strict=True)
        )
    )


def gradient(f: Callable[..., Any], *point: ArrayLike) -> Any:
    """Gradient of `f`, whose result is one number, at `point`: one backward pass for all arguments."""
    return of_one_number(f, jacobian(f, *point), point)
