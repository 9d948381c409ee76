"""Values as bytes between two processes that do not trust each other. Never pickle.

Plain data goes by value: None, booleans, numbers, text, bytes, the built-in containers, ranges, slices and
NumPy arrays and scalars of plain types. A subclass of one of these goes as its base. Everything else needs
a `Reference`: a number that stands for an object which stays where it is.

The decoder is written for bytes from an enemy. It builds nothing but these types, checks every length
before it allocates, and gives up with `ProtocolError` on too much depth, too many items, keys that collide
and too much time.

Layout: one byte for the type, then little-endian numbers, lengths before contents.
"""

from __future__ import annotations

import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["EncodeError", "Limits", "ProtocolError", "Reference", "decode", "encode"]


class ProtocolError(Exception):
    """What came from the other process is not a message that it may send."""


class EncodeError(Exception):
    """A value that cannot cross to the other process, with the reason."""


@dataclass(frozen=True)
class Limits:
    """What one message may hold.

    Parameters
    ----------
    size : int
        Bytes of a message; also the bytes that an array's non-empty axes may span.
    items : int
        Values in all containers together; an array or a reference counts as eight.
    depth : int
        Containers inside containers.
    digits : int
        Bytes of a whole number. 1024 bytes are 2466 digits: Python still prints those without complaint.
    key_depth : int
        Containers inside a key of a dict or an element of a set.
    collisions : int
        Keys of one container that may share a hash.
    seconds : float
        Time to decode a message.
    """

    size: int = 64 << 20
    items: int = 1_000_000
    depth: int = 64
    digits: int = 1024
    key_depth: int = 3
    collisions: int = 8
    seconds: float = 5.0


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that is not sent, only named.

    Parameters
    ----------
    kind : int
        What sort of object, 0 to 255; the two sides agree on the meaning.
    ident : int
        Its number, below 2**32.
    about : object
        Plain data that describes it.
    """

    kind: int
    ident: int
    about: Any = None


Export = Callable[[Any], Reference | None]
Load = Callable[[Reference], Any]

NONE, TRUE, FALSE, INT, LONG, FLOAT, COMPLEX, TEXT, BYTES, BYTEARRAY = range(10)
TUPLE, LIST, SET, FROZENSET, DICT, RANGE, SLICE, ELLIPSIS, ARRAY, SCALAR, REFERENCE = range(10, 21)

_INT = struct.Struct("<Bq").pack
_FLOAT = struct.Struct("<Bd").pack
_COMPLEX = struct.Struct("<Bdd").pack
_COUNT = struct.Struct("<BI").pack
_REFERENCE = struct.Struct("<BBI").pack
_ARRAY = struct.Struct("<BBBBI").pack
# The code of a type is its place here.
_NAMES = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
_DTYPES: tuple[np.dtype[Any], ...] = tuple(np.dtype(name) for name in _NAMES)
_CODES = {dtype: code for code, dtype in enumerate(_DTYPES)}
_UNICODE, _STRING = 30, 31
_HEAVY = 8  # an array or a reference takes about as long as eight numbers
_LARGE = 1 << 14
_CHECK_EVERY = 4096  # items between two looks at the clock
_LAST_CODE_POINT = 0x10FFFF


# ---- writing


class _Writing:
    """The bytes so far and what may still be added."""

    __slots__ = ("export", "items", "limits", "out")

    def __init__(self, limits: Limits, export: Export | None) -> None:
        self.out = bytearray()
        self.items = limits.items
        self.limits = limits
        self.export = export


def encode(value: Any, limits: Limits = LIMITS, export: Export | None = None) -> bytearray:
    """Return `value` as bytes.

    Parameters
    ----------
    value : object
        Plain data; other objects only if `export` gives a reference for them.
    limits : Limits
        What the message may hold.
    export : callable, optional
        Takes an object that is not plain and returns its `Reference`, or None to refuse it. A reference
        inside the value is written as it is.

    Raises
    ------
    EncodeError
        If a value cannot cross, or there is too much.
    """
    w = _Writing(limits, export)
    _write(w, value, 0)
    if len(w.out) > limits.size:
        raise EncodeError(f"{len(w.out)} bytes of data; at most {limits.size} can cross.")
    return w.out


def _write(w: _Writing, value: Any, depth: int) -> None:
    writer = _WRITERS.get(type(value))
    if writer is not None:
        writer(w, value, depth)
    else:
        _write_other(w, value, depth)


def _spend(w: _Writing, count: int, depth: int) -> None:
    """Count the items of a container, or refuse it."""
    w.items -= count
    if w.items < 0:
        raise EncodeError(f"more than {w.limits.items} values; send an array instead.")
    if depth >= w.limits.depth:
        raise EncodeError(f"nested deeper than {w.limits.depth}, or it contains itself.")
    if len(w.out) > w.limits.size:
        raise EncodeError(f"more than {w.limits.size} bytes of data.")


def _write_none(w: _Writing, value: None, depth: int) -> None:
    w.out.append(NONE)


def _write_bool(w: _Writing, value: bool, depth: int) -> None:
    w.out.append(TRUE if value else FALSE)


def _write_int(w: _Writing, value: int, depth: int) -> None:
    try:
        w.out += _INT(INT, value)
    except struct.error:
        size = (value.bit_length() + 8) // 8
        if size > w.limits.digits:
            raise EncodeError(
                f"a whole number of {value.bit_length()} bits; at most {8 * w.limits.digits - 1} can cross."
            ) from None
        w.out += _COUNT(LONG, size) + value.to_bytes(size, "little", signed=True)


def _write_float(w: _Writing, value: float, depth: int) -> None:
    w.out += _FLOAT(FLOAT, value)


def _write_complex(w: _Writing, value: complex, depth: int) -> None:
    w.out += _COMPLEX(COMPLEX, value.real, value.imag)


def _write_text(w: _Writing, value: str, depth: int) -> None:
    data = value.encode("utf-8", "surrogatepass")
    w.out += _COUNT(TEXT, _length(data))
    w.out += data


def _write_bytes(w: _Writing, value: bytes, depth: int) -> None:
    w.out += _COUNT(BYTES, _length(value))
    w.out += value


def _write_bytearray(w: _Writing, value: bytearray, depth: int) -> None:
    w.out += _COUNT(BYTEARRAY, _length(value))
    w.out += value


def _length(data: bytes | bytearray) -> int:
    if len(data) > 0xFFFFFFFF:
        raise EncodeError(f"{len(data)} bytes in one piece.")
    return len(data)


def _sequence_writer(tag: int) -> Callable[[_Writing, Any, int], None]:
    """Make the writer of a container whose items stand one after another."""

    def write(w: _Writing, value: Any, depth: int) -> None:
        count = len(value)
        _spend(w, count, depth)
        w.out += _COUNT(tag, count)
        depth += 1
        for item in value:
            writer = _WRITERS.get(type(item))
            if writer is not None:
                writer(w, item, depth)
            else:
                _write_other(w, item, depth)

    return write


def _write_dict(w: _Writing, value: dict[Any, Any], depth: int) -> None:
    _spend(w, 2 * len(value), depth)
    w.out += _COUNT(DICT, len(value))
    for key, item in value.items():
        _write(w, key, depth + 1)
        _write(w, item, depth + 1)


def _write_range(w: _Writing, value: range, depth: int) -> None:
    w.out.append(RANGE)
    for number in (value.start, value.stop, value.step):
        _write_int(w, number, depth)


def _write_slice(w: _Writing, value: slice, depth: int) -> None:
    _spend(w, 3, depth)
    w.out.append(SLICE)
    for part in (value.start, value.stop, value.step):
        _write(w, part, depth + 1)


def _write_ellipsis(w: _Writing, value: Any, depth: int) -> None:
    w.out.append(ELLIPSIS)


def _dtype_code(dtype: np.dtype[Any]) -> tuple[int, int, np.dtype[Any]]:
    """Return the code of a type, the bytes of an item where they are free, and the type in native order."""
    code = _CODES.get(dtype)
    if code is not None:
        return code, 0, dtype
    native = dtype.newbyteorder("=")
    if native in _CODES:
        return _CODES[native], 0, native
    if dtype.kind in "US" and dtype.itemsize:
        return (_UNICODE if dtype.kind == "U" else _STRING), dtype.itemsize, native
    raise EncodeError(f"an array of type {dtype}; only booleans, numbers and fixed-size text can cross.")


def _write_array(w: _Writing, value: np.ndarray[Any, Any], depth: int) -> None:
    _spend(w, _HEAVY, depth)
    code, itemsize, dtype = _dtype_code(value.dtype)
    if value.nbytes > w.limits.size:
        raise EncodeError(f"an array of {value.nbytes} bytes; at most {w.limits.size} can cross.")
    if value.dtype is not dtype:
        value = value.astype(dtype)
    # Columns first stays columns first: sums would differ in the last digit otherwise.
    flags = value.flags
    columns = flags.f_contiguous and not flags.c_contiguous
    w.out += _ARRAY(ARRAY, code, columns, value.ndim, itemsize)
    if value.ndim:
        w.out += struct.pack(f"<{value.ndim}Q", *value.shape)
    value = value.T if columns else value
    # A contiguous array is its own bytes; for a small one asking costs more than copying.
    w.out += value.data if value.nbytes > _LARGE and flags.forc else value.tobytes()


def _write_scalar(w: _Writing, value: np.generic, depth: int) -> None:
    if isinstance(value, str):
        return _write_text(w, str.__str__(value), depth)
    if isinstance(value, bytes):
        return _write_bytes(w, bytes.__getitem__(value, slice(None)), depth)
    code, _, _ = _dtype_code(value.dtype)
    w.out += bytes((SCALAR, code))
    w.out += value.tobytes()
    return None


_WRITERS: dict[type, Callable[[_Writing, Any, int], None]] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_text,
    bytes: _write_bytes,
    bytearray: _write_bytearray,
    tuple: _sequence_writer(TUPLE),
    list: _sequence_writer(LIST),
    set: _sequence_writer(SET),
    frozenset: _sequence_writer(FROZENSET),
    dict: _write_dict,
    range: _write_range,
    slice: _write_slice,
    type(...): _write_ellipsis,
    np.ndarray: _write_array,
    **{dtype.type: _write_scalar for dtype in _DTYPES},
    np.str_: _write_scalar,
    np.bytes_: _write_scalar,
}

# How a subclass becomes its base without running the subclass's own methods.
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (np.ndarray, lambda value: value.view(np.ndarray)),
    (int, int.__int__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
    (bytearray, lambda value: bytearray.__getitem__(value, slice(None))),
    (tuple, lambda value: tuple.__getitem__(value, slice(None))),
    (list, lambda value: list.__getitem__(value, slice(None))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
    (dict, lambda value: dict(dict.items(value))),
)


def _write_other(w: _Writing, value: Any, depth: int) -> None:
    """Write a reference, or a subclass as its base."""
    reference = value if type(value) is Reference else w.export(value) if w.export is not None else None
    if reference is not None:
        _spend(w, _HEAVY, depth)
        w.out += _REFERENCE(REFERENCE, reference.kind, reference.ident)
        return _write(w, reference.about, depth + 1)
    kind = type(value)
    for base, strip in _BASES:
        if issubclass(kind, base):
            return _write(w, strip(value), depth)
    raise EncodeError(f"a {kind.__name__} cannot cross.")


# ---- reading


class _Reading:
    """The bytes, the place in them, and what may still be taken."""

    __slots__ = ("data", "deadline", "end", "items", "limits", "load", "next_look", "pos")

    def __init__(self, data: bytes | bytearray, limits: Limits, load: Load | None) -> None:
        self.data = data
        self.pos = 0
        self.end = len(data)
        self.items = limits.items
        self.limits = limits
        self.load = load
        self.deadline = time.monotonic() + limits.seconds
        self.next_look = limits.items - _CHECK_EVERY


def decode(data: bytes | bytearray, limits: Limits = LIMITS, load: Load | None = None) -> Any:
    """Return the value that `data` stands for.

    Parameters
    ----------
    data : bytes
        What `encode` of the other process should have made.
    limits : Limits
        What the message may hold.
    load : callable, optional
        Takes a `Reference` and returns the object for it. Without it references are refused.

    Raises
    ------
    ProtocolError
        If it is anything but a message within the limits.
    """
    if len(data) > limits.size:
        raise ProtocolError(f"a message of {len(data)} bytes; at most {limits.size} are allowed.")
    r = _Reading(data, limits, load)
    try:
        value = _read(r, 0)
    except (IndexError, struct.error):
        raise ProtocolError("a message that ends in the middle of a value.") from None
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError) as problem:
        raise ProtocolError(f"a message that makes no sense: {type(problem).__name__}.") from None
    if r.pos != r.end:
        raise ProtocolError(f"{r.end - r.pos} bytes after the end of a value.")
    return value


def _read(r: _Reading, depth: int) -> Any:
    tag = r.data[r.pos]
    r.pos += 1
    if tag >= len(_READERS):
        raise ProtocolError(f"a value of unknown type {tag}.")
    return _READERS[tag](r, depth)


def _take(r: _Reading, count: int) -> int:
    """Step over `count` bytes and return where they begin, or refuse if they are not there."""
    start = r.pos
    if count > r.end - start:
        raise ProtocolError(f"a value of {count} bytes in a message with {r.end - start} left.")
    r.pos = start + count
    return start


def _open(r: _Reading, depth: int, weight: int, each: int) -> int:
    """Read the number of items of a container and check that it may have so many.

    Every item takes at least one byte, so a count above the bytes left is a lie.
    """
    (count,) = _U32.unpack_from(r.data, r.pos)
    r.pos += 4
    if count * each > r.end - r.pos:
        raise ProtocolError(f"a container of {count} items in a message with {r.end - r.pos} bytes left.")
    _charge(r, depth, count * weight)
    return count


def _charge(r: _Reading, depth: int, items: int) -> None:
    """Count items, depth and time, or refuse."""
    if depth >= r.limits.depth:
        raise ProtocolError(f"containers nested deeper than {r.limits.depth}.")
    r.items -= items + 1
    if r.items < r.next_look:
        if r.items < 0:
            raise ProtocolError(f"more than {r.limits.items} values in a message.")
        r.next_look = r.items - _CHECK_EVERY
        if time.monotonic() > r.deadline:
            raise ProtocolError(f"a message that takes longer than {r.limits.seconds} s to read.")


_U32 = struct.Struct("<I")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_C128 = struct.Struct("<dd")
_ARRAY_HEAD = struct.Struct("<BBBI")


def _read_int(r: _Reading, depth: int) -> int:
    (value,) = _I64.unpack_from(r.data, r.pos)
    r.pos += 8
    return value


def _read_long(r: _Reading, depth: int) -> int:
    (size,) = _U32.unpack_from(r.data, r.pos)
    r.pos += 4
    if size > r.limits.digits:
        raise ProtocolError(f"a whole number of {size} bytes; at most {r.limits.digits} are allowed.")
    start = _take(r, size)
    return int.from_bytes(r.data[start : r.pos], "little", signed=True)


def _read_float(r: _Reading, depth: int) -> float:
    (value,) = _F64.unpack_from(r.data, r.pos)
    r.pos += 8
    return value


def _read_complex(r: _Reading, depth: int) -> complex:
    value = complex(*_C128.unpack_from(r.data, r.pos))
    r.pos += 16
    return value


def _read_raw(r: _Reading) -> bytes | bytearray:
    (size,) = _U32.unpack_from(r.data, r.pos)
    r.pos += 4
    start = _take(r, size)
    return r.data[start : r.pos]


def _read_text(r: _Reading, depth: int) -> str:
    return _read_raw(r).decode("utf-8", "surrogatepass")


def _read_bytes(r: _Reading, depth: int) -> bytes:
    return bytes(_read_raw(r))


def _read_bytearray(r: _Reading, depth: int) -> bytearray:
    return bytearray(_read_raw(r))


def _read_items(r: _Reading, depth: int) -> list[Any]:
    count = _open(r, depth, 1, 1)
    data, readers, depth = r.data, _READERS, depth + 1
    items = []
    for _ in range(count):
        tag = data[r.pos]
        r.pos += 1
        items.append(readers[tag](r, depth))
    return items


def _read_tuple(r: _Reading, depth: int) -> tuple[Any, ...]:
    return tuple(_read_items(r, depth))


def _checked_keys(r: _Reading, keys: list[Any]) -> list[Any]:
    """Refuse keys that would make a hash table slow: deep ones, and many with one hash."""
    hashes = []
    for key in keys:
        if type(key) is tuple or type(key) is frozenset:
            _check_key_depth(key, r.limits.key_depth)
        hashes.append(hash(key))
    if len(hashes) > r.limits.collisions and max(Counter(hashes).values()) > r.limits.collisions:
        raise ProtocolError(f"more than {r.limits.collisions} keys with the same hash.")
    return keys


def _check_key_depth(key: Any, depth: int) -> None:
    if depth == 0:
        raise ProtocolError("containers nested too deep inside a key.")
    for item in key:
        if type(item) is tuple or type(item) is frozenset:
            _check_key_depth(item, depth - 1)


def _read_set(r: _Reading, depth: int) -> set[Any]:
    return set(_checked_keys(r, _read_items(r, depth)))


def _read_frozenset(r: _Reading, depth: int) -> frozenset[Any]:
    return frozenset(_checked_keys(r, _read_items(r, depth)))


def _read_dict(r: _Reading, depth: int) -> dict[Any, Any]:
    count = _open(r, depth, 2, 2)
    keys, values = [], []
    for _ in range(count):
        keys.append(_read(r, depth + 1))
        values.append(_read(r, depth + 1))
    return dict(zip(_checked_keys(r, keys), values, strict=True))


def _read_range(r: _Reading, depth: int) -> range:
    parts = [_read(r, depth) for _ in range(3) if r.data[r.pos] in (INT, LONG)]
    if len(parts) != 3:
        raise ProtocolError("a range of something other than whole numbers.")
    return range(*parts)


def _read_slice(r: _Reading, depth: int) -> slice:
    _charge(r, depth, 3)
    return slice(*[_read(r, depth + 1) for _ in range(3)])


def _dtype(code: int, itemsize: int) -> np.dtype[Any]:
    if code < len(_DTYPES):
        return _DTYPES[code]
    if code not in (_UNICODE, _STRING) or not itemsize:
        raise ProtocolError(f"an array of unknown type {code}.")
    if code == _UNICODE and itemsize % 4:
        raise ProtocolError(f"text of {itemsize} bytes an entry, which is not a whole number of characters.")
    return np.dtype(f"U{itemsize // 4}" if code == _UNICODE else f"S{itemsize}")


def _read_array(r: _Reading, depth: int) -> np.ndarray[Any, Any]:
    _charge(r, depth, _HEAVY)
    code, columns, ndim, itemsize = _ARRAY_HEAD.unpack_from(r.data, r.pos)
    r.pos += 7
    if ndim > 32:
        raise ProtocolError(f"an array of {ndim} axes.")
    shape = struct.unpack_from(f"<{ndim}Q", r.data, r.pos) if ndim else ()
    r.pos += 8 * ndim
    dtype = _dtype(code, itemsize)
    if r.limits.size < itemsize:
        raise ProtocolError(f"an array with {itemsize} bytes an entry.")
    start = _take(r, _span(shape, dtype.itemsize, r.limits.size))
    count = (r.pos - start) // dtype.itemsize
    flat = np.frombuffer(r.data, dtype, count, start) if count else np.empty(0, dtype)
    _check_entries(flat)
    if columns:
        return flat.reshape(shape[::-1]).copy().T
    return flat.reshape(shape).copy()


def _span(shape: tuple[int, ...], itemsize: int, limit: int) -> int:
    """Return the bytes of an array, or refuse its shape.

    The empty axes do not excuse the others: the sum over an empty axis is as large as they are.
    """
    span, empty = itemsize, False
    for axis in shape:
        if axis == 0:
            empty = True
        else:
            span *= axis
        if span > limit:
            raise ProtocolError(f"an array of shape {shape}.")
    return 0 if empty else span


def _check_entries(flat: np.ndarray[Any, Any]) -> None:
    """Refuse bytes that are no value of the type: NumPy takes them for granted and then errs."""
    if flat.dtype.kind == "b" and flat.size and flat.view(np.uint8).max() > 1:
        raise ProtocolError("a boolean that is neither true nor false.")
    if flat.dtype.kind == "U" and flat.size and flat.view(np.uint32).max() > _LAST_CODE_POINT:
        raise ProtocolError("text with a character that does not exist.")


def _read_scalar(r: _Reading, depth: int) -> Any:
    code = r.data[r.pos]
    r.pos += 1
    if code >= len(_DTYPES):
        raise ProtocolError(f"a scalar of unknown type {code}.")
    dtype = _DTYPES[code]
    start = _take(r, dtype.itemsize)
    flat = np.frombuffer(r.data, dtype, 1, start)
    _check_entries(flat)
    return flat[0]


def _read_reference(r: _Reading, depth: int) -> Any:
    _charge(r, depth, _HEAVY)
    if r.load is None:
        raise ProtocolError("a reference to an object where only plain data may stand.")
    kind = r.data[r.pos]
    (ident,) = _U32.unpack_from(r.data, r.pos + 1)
    r.pos += 5
    return r.load(Reference(kind, ident, _read(r, depth + 1)))


def _refuse_tag(r: _Reading, depth: int) -> Any:
    raise ProtocolError(f"a value of unknown type {r.data[r.pos - 1]}.")


_READERS: list[Callable[[_Reading, int], Any]] = [_refuse_tag] * 256
for _tag, _reader in (
    (NONE, lambda r, depth: None),
    (TRUE, lambda r, depth: True),
    (FALSE, lambda r, depth: False),
    (INT, _read_int),
    (LONG, _read_long),
    (FLOAT, _read_float),
    (COMPLEX, _read_complex),
    (TEXT, _read_text),
    (BYTES, _read_bytes),
    (BYTEARRAY, _read_bytearray),
    (TUPLE, _read_tuple),
    (LIST, _read_items),
    (SET, _read_set),
    (FROZENSET, _read_frozenset),
    (DICT, _read_dict),
    (RANGE, _read_range),
    (SLICE, _read_slice),
    (ELLIPSIS, lambda r, depth: ...),
    (ARRAY, _read_array),
    (SCALAR, _read_scalar),
    (REFERENCE, _read_reference),
):
    _READERS[_tag] = _reader
