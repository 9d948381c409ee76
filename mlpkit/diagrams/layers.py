"""Where the nodes of a directed graph stand when it is drawn from left to right.

Every node goes into a column to the right of all nodes that it depends on (its longest path), inputs as far
right as they can. Lines that pass a column get a place in it, so that none runs through a node. Within the
columns the order that makes the fewest crossings is looked for by sorting each node to the mean place of
its neighbours, column after column, there and back (Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Layers", "layers"]

_SWEEPS = 12

Item = Hashable
Pair = tuple[Item, Item]


@dataclass(frozen=True)
class Layers:
    """Columns and heights of the nodes, and the way of every line.

    Attributes
    ----------
    columns
        Items of each column from top to bottom; an item that is no node is the place of a passing line.
    heights
        Height of every item, in units of the smallest distance between neighbours; the smallest is 0.
    routes
        For each edge the items that it passes, its two nodes included.
    """

    columns: tuple[tuple[Item, ...], ...]
    heights: Mapping[Item, float]
    routes: Mapping[Pair, tuple[Item, ...]]

    def column_of(self, item: Item) -> int:
        """Number of the column in which `item` stands."""
        return next(n for n, column in enumerate(self.columns) if item in column)


def layers(nodes: Sequence[Item], edges: Sequence[Pair]) -> Layers:
    """Columns, heights and routes for a graph without cycles.

    Parameters
    ----------
    nodes
        All nodes, once each.
    edges
        Pairs (from, to).

    Raises
    ------
    ValueError
        If an edge names an unknown node or the graph has a cycle.
    """
    ranks = _ranks(nodes, edges)
    columns: list[list[Item]] = [[] for _ in range(1 + max(ranks.values(), default=0))]
    for node in nodes:
        columns[ranks[node]].append(node)
    routes = {(a, b): _route(a, b, ranks, columns) for a, b in dict.fromkeys(edges)}
    links = [pair for route in routes.values() for pair in pairwise(route)]
    columns = _fewest_crossings(columns, links)
    return Layers(tuple(map(tuple, columns)), _heights(columns, links), routes)


def _ranks(nodes: Sequence[Item], edges: Sequence[Pair]) -> dict[Item, int]:
    """Column of every node: one more than that of the last of its parents."""
    known = set(nodes)
    if unknown := [end for pair in edges for end in pair if end not in known]:
        raise ValueError(f"edges must join nodes of the graph, got the unknown node {unknown[0]!r}.")
    ranks = dict.fromkeys(nodes, 0)
    for _ in nodes:
        late = [(a, b) for a, b in edges if ranks[b] <= ranks[a]]
        if not late:
            break
        for a, b in late:
            ranks[b] = max(ranks[b], ranks[a] + 1)
    else:
        if any(ranks[b] <= ranks[a] for a, b in edges):
            raise ValueError("edges must not go round in a cycle.")
    return _inputs_to_the_right(ranks, edges)


def _inputs_to_the_right(ranks: dict[Item, int], edges: Sequence[Pair]) -> dict[Item, int]:
    """Inputs stand just before the first node that uses them: shorter lines."""
    inner = {b for _, b in edges}
    users: dict[Item, list[int]] = {}
    for a, b in edges:
        users.setdefault(a, []).append(ranks[b])
    return {
        node: min(users[node]) - 1 if node not in inner and node in users else rank
        for node, rank in ranks.items()
    }


def _route(a: Item, b: Item, ranks: Mapping[Item, int], columns: list[list[Item]]) -> tuple[Item, ...]:
    """The items from a to b; a place is made in every column between them."""
    passed = [("passing", a, b, rank) for rank in range(ranks[a] + 1, ranks[b])]
    for place in passed:
        columns[place[-1]].append(place)
    return (a, *passed, b)


def _neighbours(links: Sequence[Pair], forward: bool) -> dict[Item, list[Item]]:
    found: dict[Item, list[Item]] = {}
    for a, b in links:
        here, there = (b, a) if forward else (a, b)
        found.setdefault(here, []).append(there)
    return found


def _fewest_crossings(columns: list[list[Item]], links: Sequence[Pair]) -> list[list[Item]]:
    """The best of a few orders, each made from the one before by sorting to the neighbours' mean place."""
    best, fewest = columns, _crossings(columns, links)
    current = columns
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        current = _sorted_columns(current, _neighbours(links, forward), forward)
        if (count := _crossings(current, links)) < fewest:
            best, fewest = current, count
    return best


def _sorted_columns(
    columns: list[list[Item]], neighbours: Mapping[Item, list[Item]], forward: bool
) -> list[list[Item]]:
    result = [list(column) for column in columns]
    order = range(len(result)) if forward else range(len(result) - 1, -1, -1)
    for n in order:
        place = {item: position for column in result for position, item in enumerate(column)}

        def wanted(item: Item, place: Mapping[Item, int] = place) -> float:
            near = neighbours.get(item)
            return sum(place[other] for other in near) / len(near) if near else place[item]

        result[n].sort(key=wanted)  # stable: equal means keep their order
    return result


def _crossings(columns: Sequence[Sequence[Item]], links: Sequence[Pair]) -> int:
    """How many pairs of lines between neighbouring columns cross."""
    place = {item: (n, position) for n, column in enumerate(columns) for position, item in enumerate(column)}
    lines = [(place[a], place[b]) for a, b in links]
    return sum(
        (a1[1] - a2[1]) * (b1[1] - b2[1]) < 0
        for n, (a1, b1) in enumerate(lines)
        for a2, b2 in lines[n + 1 :]
        if a1[0] == a2[0]
    )


def _heights(columns: Sequence[Sequence[Item]], links: Sequence[Pair]) -> dict[Item, float]:
    """Heights near those of the neighbours, at least 1 apart within a column."""
    tallest = max(map(len, columns))
    heights = {
        item: position + (tallest - len(column)) / 2
        for column in columns
        for position, item in enumerate(column)
    }
    both = _neighbours([*links, *((b, a) for a, b in links)], forward=True)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            wanted = [_mean(heights, both.get(item, [item])) for item in column]
            heights |= dict(zip(column, _apart(wanted), strict=True))
    lowest = min(heights.values())
    return {item: height - lowest for item, height in heights.items()}


def _mean(heights: Mapping[Item, float], items: Sequence[Item]) -> float:
    return sum(heights[item] for item in items) / len(items)


def _apart(wanted: Sequence[float]) -> list[float]:
    """Rising numbers at least 1 apart, nearest to `wanted` in the sense of least squares.

    With the distances taken off it is a regression with rising values: neighbours in the wrong order are
    pooled at their mean.
    """
    pools: list[list[float]] = []  # [sum, how many]
    for n, value in enumerate(wanted):
        pools.append([value - n, 1.0])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    means = [total / count for total, count in pools for _ in range(int(count))]
    return [mean + n for n, mean in enumerate(means)]
