"""What the two sides of the split must agree on: kinds of messages, of references, and names that both know.

Both sides may name a few things that exist in each of them: built-in types, exceptions, NumPy's types and
functions, the functions of `math`. None of them opens a file, starts a process or evaluates text, because
the student's side chooses which of them the trusted side gets to hold.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
import types
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .codec import EncodeError, ProtocolError, encode

__all__ = ["EXCEPTIONS", "MUTABLE", "Kind", "Message", "Op", "Records", "assign_in_place", "name_of", "named"]


class Message:
    """Kinds of frames, as plain numbers: members of an enumeration take longer to send."""

    REQUEST = 1
    REPLY = 2
    REPLY_WITH_EXTRAS = 3
    RAISED = 4
    REFUSED = 5
    OVERTIME = 6
    CALLBACK = 7
    CALLBACK_REPLY = 8
    CALLBACK_RAISED = 9


class Kind:
    """Kinds of references."""

    OBJECT = 0
    FUNCTION = 1
    CLASS = 2
    CALLBACK = 3
    YOURS = 4
    NAMED = 5
    EXCEPTION = 6
    GENERATOR = 7
    RECORD = 8


class Op:
    """What the trusted side may ask for."""

    FETCH = 1
    CALL = 2
    METHOD = 3
    GET = 4
    SET = 5
    DELETE = 6
    BUILTIN = 7
    NEXT = 8
    OPERATE = 9
    EVALUATE = 10
    UNCHANGED = 11
    ASSIGN = 12
    SIGNATURE = 13
    HAS = 14
    RUN_CELL = 15
    PING = 16
    LEAVE = 17
    SWITCH = 18


PLAIN = (
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    tuple,
    list,
    set,
    frozenset,
    dict,
    np.ndarray,
    np.generic,
)
MUTABLE = (np.ndarray, list, dict, set, bytearray)

_TYPES = (
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    list,
    tuple,
    dict,
    set,
    frozenset,
    range,
    slice,
    object,
)
_FUNCTIONS = ["abs", "all", "any", "divmod", "len", "max", "min", "pow", "repr", "round", "sorted", "sum"]
_NUMPY_FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        """
        all any arange argmax argmin argsort array array_equal asarray clip concatenate copy cumsum diag dot
        empty eye full full_like hstack identity isclose allclose linspace max mean median min ones ones_like
        outer prod ravel reshape sign sort stack std sum trace transpose var vstack where zeros zeros_like
        """,
    )
)
_DTYPE = re.compile(r"dtype\.[<>|=][biufcSU]\d{1,4}")
# These end a program, a thread or a loop. None of them may leave student code as itself.
_CONTROL = (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration)


def _exceptions() -> dict[str, type[Exception]]:
    known = {
        name: kind
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _CONTROL)
    }
    del known["ExceptionGroup"]
    known["numpy.linalg.LinAlgError"] = np.linalg.LinAlgError
    for name in np.exceptions.__all__:
        known[f"numpy.{name}"] = getattr(np.exceptions, name)
    return known


EXCEPTIONS = _exceptions()
_EXCEPTION_NAMES = {kind: name for name, kind in EXCEPTIONS.items()}


def _known() -> dict[str, Any]:
    """Return everything that both sides know by name."""
    table: dict[str, Any] = {f"builtins.{kind.__name__}": kind for kind in _TYPES}
    table |= {f"builtins.{name}": getattr(builtins, name) for name in _FUNCTIONS}
    table |= {f"error.{name}": kind for name, kind in EXCEPTIONS.items()}
    table["builtins.NoneType"] = types.NoneType
    table["builtins.NotImplemented"] = NotImplemented
    for name in dir(np):
        value = getattr(np, name)
        scalar = isinstance(value, type) and issubclass(value, np.generic)
        if isinstance(value, np.ufunc) or scalar or name in _NUMPY_FUNCTIONS:
            table[f"numpy.{name}"] = value
    table |= {"numpy.ndarray": np.ndarray, "numpy.linalg.norm": np.linalg.norm}
    table |= {
        "numpy.random.Generator": np.random.Generator,
        "numpy.random.RandomState": np.random.RandomState,
    }
    for name in dir(math):
        if isinstance(getattr(math, name), types.BuiltinFunctionType):
            table[f"math.{name}"] = getattr(math, name)
    return table


_BY_NAME = _known()
_BY_IDENTITY = {id(value): name for name, value in _BY_NAME.items()}


def name_of(value: Any) -> str | None:
    """Return the name that both sides know `value` by, or None."""
    if isinstance(value, np.dtype):
        return f"dtype.{value.str}" if value.kind in "biufcSU" else None
    return _BY_IDENTITY.get(id(value))


def named(name: Any) -> Any:
    """Return what both sides know as `name`.

    Raises
    ------
    ProtocolError
        If there is no such thing.
    """
    if not isinstance(name, str):
        raise ProtocolError("a name that is not text.")
    if _DTYPE.fullmatch(name):
        return np.dtype(name[6:])
    if name not in _BY_NAME:
        raise ProtocolError(f"no object is known as {name[:60]!r} on both sides.")
    return _BY_NAME[name]


def exception_names(kind: type[BaseException]) -> tuple[str, ...]:
    """Return the names of the exceptions that both sides know among the classes of `kind`, nearest first."""
    return tuple(_EXCEPTION_NAMES[base] for base in kind.__mro__ if base in _EXCEPTION_NAMES)


def make_exception(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Return an instance of `kind` that holds `args`, whatever its constructor wants."""
    try:
        error = kind(*args)
        if type(error) is kind and error.args == args:
            return error
    except Exception:  # the arguments of a constructor that we do not know
        pass
    error = kind.__new__(kind)
    error.args = args
    return error


def plain_arguments(error: BaseException, limit: int = 4000) -> tuple[Any, ...]:
    """Return the arguments of an exception as data: numbers and short text as they are, the rest as text."""
    plain: list[Any] = []
    for value in list(error.args)[:20]:
        small = type(value) in (str, int, float, bool, type(None))
        try:
            data = value[:limit] if isinstance(value, str) else value if small else safe_text(value, limit)
            encode(data)
        except EncodeError:
            data = f"<{type(value).__name__}>"
        plain.append(data)
    return tuple(plain)


def safe_text(value: Any, limit: int, convert: Callable[[Any], str] = str) -> str:
    """Return text for `value`, at most `limit` characters, also if its own conversion fails."""
    try:
        text = convert(value)
        return str.__str__(text)[:limit]
    except BaseException as problem:  # it is the student's method, and may try to end the process
        return f"<{type(value).__name__}: no text, {type(problem).__name__}>"


class Records:
    """Makes named tuples from their parts, one class for one name and its fields.

    Parameters
    ----------
    limit : int
        How many classes may be made.
    """

    def __init__(self, limit: int = 256) -> None:
        self._classes: dict[tuple[str, tuple[str, ...]], type] = {}
        self._limit = limit

    def kind(self, name: Any, fields: Any) -> Any:
        """Return the class, or raise ProtocolError if it is no proper one."""
        key = (name, fields)
        if type(name) is not str or type(fields) is not tuple or len(fields) > 64:
            raise ProtocolError("a named tuple without a name or fields.")
        if key in self._classes:
            return self._classes[key]
        if (
            not all(_is_field(word) for word in fields)
            or not _is_field(name)
            or len(set(fields)) < len(fields)
        ):
            raise ProtocolError("a named tuple with a field that is not a name.")
        if len(self._classes) >= self._limit:
            raise ProtocolError(f"more than {self._limit} kinds of named tuples.")
        return self._classes.setdefault(key, namedtuple(name, fields))

    def make(self, about: Any) -> Any:
        """Return the named tuple that a reference describes."""
        if type(about) is not tuple or len(about) != 3 or type(about[2]) is not tuple:
            raise ProtocolError("a named tuple that is not described.")
        kind = self.kind(about[0], about[1])
        if len(about[2]) != len(about[1]):
            raise ProtocolError("a named tuple with other fields than values.")
        return kind._make(about[2])


def _is_field(word: Any) -> bool:
    return (
        type(word) is str
        and len(word) <= 80
        and word.isascii()
        and word.isidentifier()
        and not keyword.iskeyword(word)
        and not word.startswith("_")
    )


def record_parts(value: Any) -> tuple[str, tuple[str, ...], tuple[Any, ...]] | None:
    """Return name, fields and values of a named tuple, or None."""
    fields = getattr(type(value), "_fields", None)
    if not isinstance(value, tuple) or type(fields) is not tuple or not all(map(_is_field, fields)):
        return None
    values = tuple.__getitem__(value, slice(None))
    return (type(value).__name__, fields, values) if len(values) == len(fields) else None


def assign_in_place(old: Any, new: Any) -> bool:
    """Give `old` the contents of `new` without replacing it; False if that is not possible.

    Arrays and containers inside are kept as well where they fit, because other objects may hold them.
    """
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        fits = old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable
        if fits:
            old[...] = new
        return fits
    if isinstance(old, list) and isinstance(new, list):
        old[:] = _merged(old, new)
        return True
    if isinstance(old, dict) and isinstance(new, dict):
        kept = {key: old[key] for key in new if key in old}
        merged = {key: _merge(kept[key], item) if key in kept else item for key, item in new.items()}
        old.clear()
        old.update(merged)
        return True
    if isinstance(old, set) and isinstance(new, set):
        old.clear()
        old.update(new)
        return True
    if isinstance(old, bytearray) and isinstance(new, bytearray):
        old[:] = new
        return True
    return False


def _merge(old: Any, new: Any) -> Any:
    return old if type(old) is type(new) and assign_in_place(old, new) else new


def _merged(old: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    if len(old) != len(new):
        return list(new)
    return [_merge(before, after) for before, after in zip(old, new, strict=True)]
