"""Computation graphs: every operation of a calculation as a box, values forward, derivatives backward.

The graph is that of `mlpkit.differentiate`: a `Node` knows what it was computed from and with which local
derivatives. Constants are written into the boxes that use them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from mlpkit._checks import Array, describe
from mlpkit.diagrams.influence import Influence, InfluenceDiagram, draw, subscripted
from mlpkit.diagrams.legend import NOW, READ
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.story import Frame, Story
from mlpkit.differentiate import Edge, Node, topological_order

__all__ = ["graph_diagram", "graph_story"]

#: More boxes than fit a page.
MOST_NODES = 60

_INFIX = {"+": " + ", "-": " − ", "*": " · ", "/": " / ", "matmul": " "}
_SHORT = 3  # a vector of so many entries is written out


@dataclass(frozen=True)
class _Graph:
    """The variables of a calculation in topological order, with their names."""

    nodes: tuple[Node, ...]
    names: Mapping[int, str]

    def name(self, node: Node) -> str:
        return self.names[id(node)]

    def place(self, node: Node) -> int:
        return self._places[id(node)]

    @property
    def _places(self) -> dict[int, int]:
        return {id(node): n for n, node in enumerate(self.nodes)}

    @property
    def arrows(self) -> tuple[tuple[Node, Edge], ...]:
        """Every arrow as the node at its head and the edge to its tail."""
        return tuple((node, edge) for node in self.nodes for edge in node.edges)

    @property
    def result(self) -> str:
        return self.name(self.nodes[-1])


def _graph(result: Node) -> _Graph:
    if not isinstance(result, Node):
        raise TypeError(f"result must be a Node of mlpkit.differentiate, got {describe(result)}.")
    nodes = tuple(node for node in topological_order(result) if node.operation != "constant")
    if len(nodes) > MOST_NODES:
        raise ValueError(f"result must depend on at most {MOST_NODES} variables, got {len(nodes)}.")
    names: dict[int, str] = {}
    for node in nodes:
        free = node.name and node.name not in names.values()
        names[id(node)] = node.name if free else _next_name([*names.values(), *(n.name for n in nodes)])
    return _Graph(nodes, names)


def _next_name(taken: Sequence[str]) -> str:
    return next(name for n in range(1, len(taken) + 2) if (name := f"v{n}") not in taken)


# -- writing -----------------------------------------------------------------------------------------------


def _text(value: Array) -> str:
    """A number, a short vector, or the shape."""
    if value.size == 1:
        return number(float(value.reshape(())))
    if value.ndim == 1 and value.size <= _SHORT:
        return f"({', '.join(number(float(entry), 2) for entry in value)})"
    return "×".join(map(str, value.shape)) + " array"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _expression(node: Node, parts: Sequence[str]) -> str:
    """The operation of `node` applied to written operands."""
    operation = node.operation
    if operation in _INFIX and len(parts) == 2:
        return _INFIX[operation].join(parts)
    if operation == "**":
        raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
        return f"{parts[0]}{parts[1].translate(raised)}" if parts[1].isdigit() else "^".join(parts)
    if operation in ("neg", "pos"):
        return f"{'−' if operation == 'neg' else ''}{parts[0]}"
    return {"square": f"{parts[0]}²", "transpose": f"{parts[0]}ᵀ", "index": f"entry of {parts[0]}"}.get(
        operation, f"{operation}({', '.join(parts)})"
    )


def _in_symbols(graph: _Graph, node: Node) -> str:
    parts = [
        _bracketed(_text(parent.value)) if parent.operation == "constant" else subscripted(graph.name(parent))
        for parent in node.parents
    ]
    return _expression(node, parts)


def _title(graph: _Graph, node: Node) -> str:
    name = subscripted(graph.name(node))
    return f"{name} = {_in_symbols(graph, node)}" if node.parents else name


def _local(edge: Edge) -> float | str:
    """What stands on an arrow: a number, or the shape of the local derivative."""
    return float(edge.local.reshape(())) if edge.local.size == 1 else "×".join(map(str, edge.local.shape))


# -- the diagram and the story -----------------------------------------------------------------------------


def graph_diagram(result: Node) -> InfluenceDiagram:
    """The computation graph of `result` with the local derivative on every arrow, for `paths_story`.

    Parameters
    ----------
    result
        A node; its variables have their own names, or v1, v2, ... in the order of the calculation.
    """
    graph = _graph(result)
    arrows = tuple(
        Influence(graph.name(edge.parent), graph.name(head), _local(edge)) for head, edge in graph.arrows
    )
    names = tuple(graph.name(node) for node in graph.nodes)
    titles = {graph.name(node): _title(graph, node) for node in graph.nodes}
    alt = _alt(graph)
    return InfluenceDiagram(names, arrows, draw(names, titles, arrows, alt, tall=False), alt)


def graph_story(result: Node) -> Story:
    """The computation graph of `result`: values forward, then derivatives in reverse topological order.

    Parameters
    ----------
    result
        A node with one number as its value. Nothing is changed in the graph: derivatives that an earlier
        `backward` has left do not matter.

    Raises
    ------
    ValueError
        If the result is not one number, or the graph has more than 60 variables.
    """
    graph = _graph(result)
    if result.value.size != 1:
        raise ValueError(f"result must be one number, got shape {result.shape}: sum it first.")
    arrows = [
        Influence(graph.name(edge.parent), graph.name(head)) for head, edge in graph.arrows
    ]  # without text: it appears with the values
    names = tuple(graph.name(node) for node in graph.nodes)
    titles = {graph.name(node): _title(graph, node) for node in graph.nodes}
    alt = _alt(graph)
    svg = draw(names, titles, arrows, alt, tall=True, key=(NOW, READ))
    return Story(svg, (*_forward_frames(graph), *_backward_frames(graph)), alt)


def _alt(graph: _Graph) -> str:
    steps = [_title(graph, node) for node in graph.nodes if node.parents]
    return f"Computation graph of {graph.result}: {', '.join(steps)}."


def _forward_frames(graph: _Graph) -> Iterator[Frame]:
    inputs = [node for node in graph.nodes if not node.parents]
    said = ", ".join(f"{subscripted(graph.name(node))} = {_text(node.value)}" for node in inputs)
    yield Frame(
        "The inputs are given",
        f"<p>{escape(said)}</p>",
        said,
        "Inputs come from nowhere: nothing points at them.",
        texts={f"n-{graph.place(node)}-value": _text(node.value) for node in inputs},
        now=tuple(f"n-{graph.place(node)}" for node in inputs),
    )
    numbered = list(enumerate(graph.arrows))
    for node in graph.nodes:
        if node.parents:
            yield _value_frame(graph, node, [(n, edge) for n, (head, edge) in numbered if head is node])


def _value_frame(graph: _Graph, node: Node, arrows: Sequence[tuple[int, Edge]]) -> Frame:
    name, value = subscripted(graph.name(node)), _text(node.value)
    symbols = _in_symbols(graph, node)
    numbers = _expression(node, [_bracketed(_text(parent.value)) for parent in node.parents])
    locals_ = {f"e-{n}-label": Influence("", "", _local(edge)).text for n, edge in arrows}
    rates = "".join(
        f"<p>∂{name}/∂{subscripted(graph.name(edge.parent))} = {Influence('', '', _local(edge)).text}</p>"
        for _, edge in arrows
    )
    return Frame(
        f"Value of {name}",
        f"<p>{name} = {escape(symbols)} = {escape(numbers)} = <b>{value}</b></p>{rates}",
        f"{graph.name(node)} = {symbols} = {value}",
        "As soon as a value is known, so is how it reacts to each thing that it was made from.",
        texts={f"n-{graph.place(node)}-value": value, **locals_},
        now=(f"n-{graph.place(node)}",),
        read=tuple(
            dict.fromkeys(part for n, edge in arrows for part in (f"n-{graph.place(edge.parent)}", f"e-{n}"))
        ),
    )


def _backward_frames(graph: _Graph) -> Iterator[Frame]:
    shares: dict[int, Array] = {id(graph.nodes[-1]): np.ones(graph.nodes[-1].shape)}
    numbered = list(enumerate(graph.arrows))
    last = len(graph.nodes) - 1
    yield Frame(
        f"Backward: begin at {subscripted(graph.result)}",
        f"<p>∂{subscripted(graph.result)}/∂{subscripted(graph.result)} = <b>1</b></p>",
        f"the derivative of {graph.result} to itself is 1",
        "The result changes just as much as itself.",
        texts={f"n-{last}-derivative": "1"},
        now=(f"n-{last}",),
    )
    for node in graph.nodes[-2::-1]:
        uses = [(n, head, edge) for n, (head, edge) in numbered if edge.parent is node]
        total: Array = np.zeros(node.shape)
        for _, head, edge in uses:
            total = total + edge.pull(shares[id(head)])
        shares[id(node)] = total
        yield _derivative_frame(graph, node, uses, shares)


def _derivative_frame(
    graph: _Graph, node: Node, uses: Sequence[tuple[int, Node, Edge]], shares: Mapping[int, Any]
) -> Frame:
    name, result = subscripted(graph.name(node)), subscripted(graph.result)
    symbols = " + ".join(
        f"∂{result}/∂{subscripted(graph.name(head))} · ∂{subscripted(graph.name(head))}/∂{name}"
        for _, head, _ in uses
    )
    value = _text(shares[id(node)])
    several = len(uses) > 1
    return Frame(
        f"Derivative to {name}",
        f"<p>∂{result}/∂{name} = {symbols}{_in_numbers(uses, shares)} = <b>{value}</b></p>",
        f"the derivative of {graph.result} to {graph.name(node)} is {value}",
        "Over all arrows that leave: derivative at the head times that on the arrow, added up."
        if several
        else "Derivative at the head of the arrow, times that on the arrow.",
        texts={f"n-{graph.place(node)}-derivative": value},
        now=(f"n-{graph.place(node)}",),
        read=tuple(
            dict.fromkeys(part for n, head, _ in uses for part in (f"n-{graph.place(head)}", f"e-{n}"))
        ),
    )


def _in_numbers(uses: Sequence[tuple[int, Node, Edge]], shares: Mapping[int, Any]) -> str:
    """The sum with its numbers, where every factor is one number."""
    factors = [(shares[id(head)], edge.local) for _, head, edge in uses]
    if any(factor.size != 1 for pair in factors for factor in pair):
        return ""
    products = [" · ".join(_bracketed(_text(factor)) for factor in pair) for pair in factors]
    return f" = {' + '.join(products)}"
