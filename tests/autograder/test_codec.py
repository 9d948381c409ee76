"""The codec keeps plain data as it is, and survives whatever else it is given."""

from __future__ import annotations

import operator
import os
import socket
import struct
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.codec import EncodeError, Limits, ProtocolError, Reference, decode, encode
from autograder.split_channel import Channel, ChannelClosedError, ChannelTimeoutError

sys.path.insert(0, str(Path(__file__).parent))
from split_kit import end, fork

SMALL = Limits(size=1 << 16, items=2000, depth=20, seconds=1.0)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(codec=None))
    | st.binary()
)
keys = st.recursive(
    st.integers() | st.text() | st.binary() | st.booleans() | st.none(),
    lambda inner: st.tuples(inner) | st.frozensets(inner, max_size=3),
    max_leaves=3,
)
arrays = hnp.arrays(
    st.sampled_from(["?", "i1", "i8", "u4", "f2", "f4", "f8", "c8", "c16", "U3", "S2"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
values = st.recursive(
    scalars
    | arrays
    | st.builds(bytearray, st.binary())
    | st.just(...)
    | st.builds(range, st.integers(), st.integers()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
        | st.builds(slice, inner, inner, inner)
    ),
    max_leaves=12,
)
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def same(a, b):
    """Tell whether two values are alike in type, shape and contents, NaN included."""
    return type(a) is type(b) and _LIKE.get(type(a), operator.eq)(a, b)


def same_array(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def same_items(a, b):
    return len(a) == len(b) and all(map(same, a, b))


_LIKE = {
    np.ndarray: same_array,
    list: same_items,
    tuple: same_items,
    dict: lambda a, b: list(a) == list(b) and same_items(list(a.values()), list(b.values())),
    float: lambda a, b: struct.pack("d", a) == struct.pack("d", b),
    complex: lambda a, b: same(a.real, b.real) and same(a.imag, b.imag),
    slice: lambda a, b: same((a.start, a.stop, a.step), (b.start, b.stop, b.step)),
}


@quick
@given(values)
def test_values_survive_the_round_trip(value):
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize(
    "value", [np.float32(1.5), np.int8(-3), np.bool_(True), np.complex64(1j), np.float64("nan")]
)
def test_numpy_scalars_keep_their_type(value):
    back = decode(encode(value))
    assert type(back) is type(value)
    assert back.tobytes() == value.tobytes()


def test_order_of_an_array_is_kept():
    columns = np.arange(6.0).reshape(2, 3).T
    assert decode(encode(columns)).flags.f_contiguous
    assert decode(encode(np.ascontiguousarray(columns))).flags.c_contiguous


def test_arrays_come_back_writable_and_apart():
    array = np.zeros(3)
    first, second = decode(encode([array, array]))
    first[0] = 1
    assert array[0] == second[0] == 0


def test_big_endian_array_becomes_native():
    back = decode(encode(np.array([1, 256], dtype=">i4")))
    assert back.dtype.isnative
    assert back.tolist() == [1, 256]


class Liar(int):
    def __int__(self):
        return 7

    __index__ = __int__


class Shouting(str):
    __slots__ = ()

    def __str__(self):
        return "no"


class Tagged(np.ndarray):
    pass


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (Liar(3), 3),
        (Shouting("yes"), "yes"),
        (type("L", (list,), {})([1]), [1]),
        (type("D", (dict,), {})(a=1), {"a": 1}),
    ],
)
def test_subclass_goes_as_its_base(value, base):
    back = decode(encode(value))
    assert type(back) is type(base)
    assert back == base


def test_array_subclass_goes_as_an_array():
    assert type(decode(encode(np.arange(3.0).view(Tagged)))) is np.ndarray


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "object cannot cross"),
        (len, "cannot cross"),
        (np.array([1, None]), "type object"),
        (np.zeros(2, dtype=[("a", "f8")]), "only booleans, numbers"),
        (np.longdouble(1), "cannot cross"),
        (10**4000, "whole number"),
        ([0] * 3000, "values"),
        (b"x" * 70_000, "bytes"),
        (np.zeros(10_000), "bytes"),
    ],
)
def test_what_cannot_cross_is_refused_with_the_reason(value, reason):
    with pytest.raises(EncodeError, match=reason):
        encode(value, SMALL)


def test_container_in_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(EncodeError, match="contains itself"):
        encode(loop)


def test_depth_of_a_hundred_thousand_is_refused():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(EncodeError, match="nested deeper"):
        encode(deep)
    while deep:  # taken apart by hand: freeing it at once would be deep, too
        deep = deep[0]


def test_references_go_through_export_and_load():
    marker = object()
    data = encode([marker, 1], export=lambda value: Reference(3, 9, "m") if value is marker else None)
    assert decode(data, load=lambda reference: reference) == [Reference(3, 9, "m"), 1]
    with pytest.raises(ProtocolError, match="plain data"):
        decode(data)


# ---- bytes from an enemy


@quick
@given(st.binary(max_size=300))
def test_random_bytes_decode_or_are_refused(data):
    decode_or_refuse(data)


def decode_or_refuse(data, load=None):
    try:
        decode(data, SMALL, load)
    except ProtocolError:
        return False
    return True


@quick
@given(values, st.data())
def test_mutated_messages_decode_or_are_refused(value, data):
    message = encode(value, export=None)
    for _ in range(data.draw(st.integers(1, 4))):
        if message:
            place = data.draw(st.integers(0, len(message) - 1))
            message[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    decode_or_refuse(message)
    decode_or_refuse(message[: data.draw(st.integers(0, len(message)))])


@pytest.mark.exhaustive
def test_a_million_mutants_decode_or_are_refused():
    rng = np.random.default_rng(0)
    seeds = [
        bytes(encode(value))
        for value in (
            {"a": [1, 2.0, "x"], (1, 2): {3, 4}},
            [np.arange(6.0).reshape(2, 3), np.array(["a", "bc"]), np.array([True])],
            (slice(1, None), range(3), ..., 2**99, 1j, b"q", bytearray(b"r"), frozenset([(1,)])),
        )
    ]
    slowest = 0.0
    for number in range(1_000_000):
        message = bytearray(seeds[number % 3])
        for place in rng.integers(0, len(message), size=rng.integers(1, 5)):
            message[place] = rng.integers(0, 256)
        start = time.process_time()
        decode_or_refuse(message, load=lambda reference: reference.ident)
        slowest = max(slowest, time.process_time() - start)
    assert slowest < SMALL.seconds


def count(tag, number):
    return bytes([tag]) + struct.pack("<I", number)


TUPLE, LIST, SET, FROZENSET, DICT = range(10, 15)
INT, TEXT, RANGE, SLICE, ARRAY, SCALAR, REFERENCE = 3, 7, 15, 16, 18, 19, 20


def array(code, shape, data=b"", columns=0, itemsize=0, ndim=None):
    ndim = len(shape) if ndim is None else ndim
    return (
        struct.pack("<BBBBI", ARRAY, code, columns, ndim, itemsize)
        + struct.pack(f"<{len(shape)}Q", *shape)
        + data
    )


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff",
        b"\x00\x00",
        count(LIST, 0xFFFFFFFF),
        count(DICT, 0x7FFFFFFF) + b"\x00" * 50,
        count(TEXT, 0xFFFFFFFF) + b"abc",
        count(TEXT, 2) + b"\xff\xff",
        count(4, 5000) + b"\x01" * 5000,
        count(LIST, 1) * 30 + b"\x00",
        bytes([SLICE]) * 5000,
        bytes([RANGE, 0, 0, 0]),
        bytes([RANGE]) + (bytes([INT]) + bytes(8)) * 3,
        count(SET, 1) + count(LIST, 0),
        count(SET, 1) + count(TUPLE, 1) * 6 + b"\x00",
        array(11, (1 << 40,)),
        array(11, (0, 1 << 40)),
        array(11, (1 << 33, 1 << 33)),
        array(11, (2,), bytes(15)),
        array(11, (2,), bytes(17)),
        array(11, (), ndim=200),
        array(11, (1,) * 40, bytes(8)),
        array(14, (1,), bytes(8)),
        array(25, (1,), bytes(8)),
        array(30, (1,), bytes(6), itemsize=6),
        array(30, (1,), bytes(0), itemsize=0),
        array(30, (0,), itemsize=0xFFFFFFFC),
        array(30, (1,), b"\xff\xff\xff\xff", itemsize=4),
        array(0, (1,), b"\x02"),
        bytes([SCALAR, 0, 7]),
        bytes([SCALAR, 99, 7]),
        bytes([REFERENCE, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_lie_is_refused(message):
    with pytest.raises(ProtocolError):
        decode(message, SMALL)


@pytest.mark.parametrize(
    "message",
    [
        count(LIST, 0x7FFFFFFF) + bytes(100),
        array(11, (1 << 25,)),
        array(31, (1,), itemsize=1 << 30),
        count(8, 1 << 30),
    ],
)
def test_lie_is_refused_before_memory_is_taken(message):
    tracemalloc.start()
    with pytest.raises(ProtocolError):
        decode(message)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_many_small_arrays_are_refused_early():
    message = count(LIST, 200_000) + array(11, (0,)) * 200_000
    with pytest.raises(ProtocolError, match="values in a message"):
        decode(message)


def colliding(number):
    """Complex numbers with one hash: the imaginary part counts times the same prime."""
    prime = sys.hash_info.imag
    return [complex(-prime * n, n) for n in range(1, number + 1)]


def test_colliding_keys_collide():
    assert len({hash(key) for key in colliding(1000)}) == 1


@pytest.mark.parametrize("tag", [SET, FROZENSET, DICT])
def test_colliding_keys_are_refused(tag):
    keys = colliding(50_000)
    filler = b"\x00" if tag == DICT else b""
    message = count(tag, len(keys)) + b"".join(bytes(encode(key)) + filler for key in keys)
    start = time.process_time()
    with pytest.raises(ProtocolError, match="same hash"):
        decode(message)
    # Inserting them would be 1.25e9 comparisons, a minute at least; this is no measure of speed.
    assert time.process_time() - start < 5


def test_nested_sets_of_colliding_keys_are_refused():
    # -1 and -2 have the same hash, and so have sets of them: comparing two of depth n takes 2**n steps.
    a, b = frozenset([-1]), frozenset([-2])
    for _ in range(10):
        a, b = frozenset([a, b]), frozenset([frozenset([a]), b])
    with pytest.raises(ProtocolError, match="too deep inside a key"):
        decode(encode({a, b}))


def test_honest_containers_are_not_refused():
    big = {n: float(n) for n in range(20_000)} | {(n, str(n)): n for n in range(20_000)}
    assert decode(encode(big)) == big
    grid = {(x, y) for x in range(-40, 40) for y in range(-40, 40)}
    assert decode(encode(grid)) == grid


def test_decoding_stops_when_the_time_is_over():
    message = encode([[n] for n in range(50_000)])
    with pytest.raises(ProtocolError, match="longer than"):
        decode(message, Limits(seconds=0.0))


# ---- frames


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    yield Channel(ours, limit=1 << 20), theirs
    ours.close()
    theirs.close()


def soon():
    return time.monotonic() + 0.3


@pytest.mark.parametrize("size", [0, 1, 65_526, 65_527, 65_528, 500_000])
def test_frames_of_any_size_arrive(size):
    body = os.urandom(size)

    def echo(end):
        channel = Channel(end, timed=False)
        frame = channel.receive()
        channel.send(frame.kind + 1, frame.ident, frame.body)

    ours, process = fork(echo)
    channel = Channel(ours)
    channel.send(3, 77, body, time.monotonic() + 5)
    frame = channel.receive(time.monotonic() + 5)
    channel.close()
    end(process)
    assert (frame.kind, frame.ident, bytes(frame.body)) == (4, 77, body)


def test_two_frames_in_one_piece_are_two_frames(ends):
    channel, theirs = ends
    theirs.sendall((struct.pack("<IBI", 2, 1, 5) + b"ab") * 2)
    assert [bytes(channel.receive(soon()).body) for _ in range(2)] == [b"ab", b"ab"]


def test_huge_header_is_refused(ends):
    channel, theirs = ends
    theirs.sendall(struct.pack("<IBI", 0xFFFFFFFF, 2, 1))
    with pytest.raises(ProtocolError, match="4294967295 bytes"):
        channel.receive(soon())


def test_announced_memory_is_not_taken(ends):
    _, theirs = ends
    channel = Channel(ends[0]._end, limit=1 << 30)
    theirs.sendall(struct.pack("<IBI", 1 << 30, 2, 1) + b"x")
    tracemalloc.start()
    with pytest.raises(ChannelTimeoutError):
        channel.receive(soon())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_silence_is_cut_off(ends):
    channel, _ = ends
    with pytest.raises(ChannelTimeoutError, match="send a message in time"):
        channel.receive(soon())


def test_end_is_noticed(ends):
    channel, theirs = ends
    theirs.close()
    with pytest.raises(ChannelClosedError):
        channel.receive(soon())


def test_end_in_the_middle_of_a_frame_is_noticed(ends):
    channel, theirs = ends
    theirs.sendall(struct.pack("<IBI", 100, 2, 1) + b"half")
    theirs.close()
    with pytest.raises(ChannelClosedError):
        channel.receive(soon())


def test_peer_that_does_not_read_is_cut_off(ends):
    channel, _ = ends
    with pytest.raises(ChannelTimeoutError, match="take a message in time"):
        channel.send(1, 1, bytes(10 << 20), soon())


def test_peer_that_trickles_is_cut_off():
    def trickle(end):
        for byte in struct.pack("<IBI", 1000, 2, 1) + bytes(1000):
            end.send(bytes([byte]))
            time.sleep(0.02)

    ours, process = fork(trickle)
    channel = Channel(ours)
    with pytest.raises(ChannelTimeoutError):
        channel.receive(soon())
    channel.close()
    end(process)


def test_interrupted_reader_goes_on_where_it_was(ends):
    channel, theirs = ends
    frame = struct.pack("<IBI", 4, 2, 1) + b"abcd"
    theirs.sendall(frame[:11])
    with pytest.raises(ChannelTimeoutError):
        channel.receive(soon())
    theirs.sendall(frame[11:])
    assert bytes(channel.receive(soon()).body) == b"abcd"


def test_closed_channel_says_so(ends):
    channel, _ = ends
    channel.close()
    with pytest.raises(ChannelClosedError):
        channel.send(1, 1, b"")
    with pytest.raises(ChannelClosedError):
        channel.receive()
