"""What the student's names were after a cell, so that tests can look at it when all cells have run.

Tests of an early cell run after the last cell, so that nothing they show to student code can come out of a
cell. They must still find what their cell has left: a later one may have bound the same names anew, or
trained a network further. A moment holds the namespace and the contents of what can be changed in it:
arrays, lists, dictionaries, sets, and the attributes of the student's own objects.

Everything here runs in the student's process and is believed by nobody.
"""

from __future__ import annotations

import random
import re
import sys
import types
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Moments"]

# Never walked into: they do not change, or belong to somebody else.
_SEALED = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    str,
    bytes,
    int,
    float,
    complex,
    range,
    types.NoneType,
    np.generic,
    np.ufunc,
    np.dtype,
)
# What IPython keeps of cells before: `_`, `__`, `_i3`, `_12`, `_ih` and the like.
_HISTORY = re.compile(r"_+|_i+|_i?\d+|_[ido]h")
_SHELL = frozenset(("In", "Out", "get_ipython", "exit", "quit", "open"))
_NODES = 100_000
_BYTES = 256 << 20


@dataclass
class _Node:
    """One thing that can be changed, and a copy of its own contents."""

    thing: Any
    saved: Any


@dataclass(frozen=True)
class _Moment:
    names: dict[str, Any]
    nodes: dict[int, _Node]
    state: tuple[Any, ...]


class Moments:
    """Keeps and restores what a namespace was.

    Parameters
    ----------
    namespace : dict
        Where the student's cells run.

    Notes
    -----
    Not kept: places inside generators, open files and objects of compiled code; contents beyond 100,000
    things or 256 MB. They are as the last cell has left them.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self._kept: dict[int, _Moment] = {}
        self._last: dict[int, _Node] = {}
        self._now: int | None = None

    def take(self, number: int) -> None:
        """Keep what there is now as the moment `number`."""
        names = {name: value for name, value in self.namespace.items() if _is_theirs(name)}
        nodes = _contents(names.values(), self._last)
        self._kept[number] = _Moment(names, nodes, _state())
        self._last, self._now = nodes, number

    def restore(self, number: int) -> None:
        """Make the namespace what it was; the same moment again changes nothing.

        Raises
        ------
        KeyError
            If there is no such moment.
        """
        if number == self._now:
            return
        moment = self._kept[number]
        for name in [name for name in self.namespace if _is_theirs(name)]:
            del self.namespace[name]
        self.namespace.update(moment.names)
        for node in moment.nodes.values():
            with suppress(Exception):
                _put_back(node)
        _set_state(moment.state)
        self._now = number


def _is_theirs(name: str) -> bool:
    """Tell a name of the student from one that the shell keeps for itself."""
    return name not in _SHELL and not _HISTORY.fullmatch(name)


def _contents(values: Iterable[Any], before: dict[int, _Node]) -> dict[int, _Node]:
    """Return everything that can be changed among `values` and inside them, with copies of its contents."""
    nodes: dict[int, _Node] = {}
    waiting = list(values)
    room = _BYTES
    while waiting and len(nodes) < _NODES:
        thing = waiting.pop()
        if isinstance(thing, _SEALED) or id(thing) in nodes:
            continue
        saved = _copy(thing)
        if saved is None:
            continue
        if isinstance(thing, np.ndarray):
            room -= thing.nbytes
            if room < 0:
                break
            known = before.get(id(thing))
            # The same contents as at the moment before are kept once.
            if known is not None and known.thing is thing and _same(known.saved, saved):
                saved = known.saved
        nodes[id(thing)] = _Node(thing, saved)
        waiting.extend(_parts(saved))
    return nodes


def _copy(thing: Any) -> Any:
    """Return a copy of the contents of one thing, without those inside them; None if it cannot be changed."""
    kind = type(thing)
    if isinstance(thing, np.ndarray):
        return thing.copy() if thing.dtype != object and thing.flags.writeable else None
    for plain in (list, dict, set, bytearray):
        if kind is plain:
            return plain(thing)
    if kind is tuple:
        return thing
    inside = getattr(thing, "__dict__", None)
    if kind.__module__ == "__main__" and type(inside) is dict:
        return _Attributes(inside)
    return None


class _Attributes(dict[str, Any]):
    """The attributes of an object, as opposed to the contents of a dictionary."""


def _parts(saved: Any) -> Iterable[Any]:
    if isinstance(saved, dict):
        return saved.values()
    return saved if isinstance(saved, (list, tuple, set)) else ()


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Compare bytes: NaN is the same as itself here, and zero is not minus zero."""
    return (
        one.shape == other.shape and one.dtype == other.dtype and bool((_bytes(one) == _bytes(other)).all())
    )


def _bytes(array: np.ndarray) -> Any:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _put_back(node: _Node) -> None:
    thing, saved = node.thing, node.saved
    if isinstance(thing, np.ndarray):
        if not _same(thing, saved):
            thing[...] = saved
    elif isinstance(saved, _Attributes):
        inside = thing.__dict__
        inside.clear()
        inside.update(saved)
    elif isinstance(thing, (list, bytearray)):
        thing[:] = saved
    elif isinstance(thing, (dict, set)):
        thing.clear()
        thing.update(saved)


def _state() -> tuple[Any, ...]:
    """Return what is global: generators, NumPy's treatment of errors, its printing."""
    return random.getstate(), np.random.get_state(legacy=False), np.geterr(), np.get_printoptions()


def _set_state(state: tuple[Any, ...]) -> None:
    generator, numbers, errors, options = state
    setters: tuple[Callable[[], Any], ...] = (
        lambda: random.setstate(generator),
        lambda: np.random.set_state(numbers),
        lambda: np.seterr(**errors),
        lambda: np.set_printoptions(**{k: v for k, v in options.items() if k != "override_repr"}),
    )
    for setter in setters:
        with suppress(Exception):  # student code may have replaced what is set here
            setter()
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with suppress(Exception):
            pyplot.close("all")
