"""Student code that attacks the tests through the split earns nothing, and never stops the trusted side.

`EVIL` gives functions that cheat; each test runs against a fresh process of its own kind of enemy.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder.codec import Limits, encode
from autograder.split import (
    Channel,
    OfferedNames,
    SplitRefusal,
    StudentError,
    StudentGone,
    StudentHost,
    StudentTimeout,
    TrustedClient,
    unchanged,
)
from autograder.split_values import Kind, Message

sys.path.insert(0, str(Path(__file__).parent))
from split_kit import PlainShell, end, fork, run, split, talking_to

EVIL = '''
import os, signal, sys, threading, time
import numpy as np

class Everything:
    """Equal to everything, close to everything."""
    shape = (2,)
    dtype = np.dtype(float)
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __truediv__ = __sub__
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __array__(self, *a, **k): return np.zeros(2)
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    @property
    def __class__(self): return float
    @property
    def __array_interface__(self):
        return {"shape": (1,), "typestr": "<f8", "data": (1, False), "version": 3}

def everything(*args): return Everything()

class Reducing:
    def __reduce__(self): return os.system, ("echo hacked",)

class Flood:
    def __getattr__(self, name): return "x" * 1000

class Floating:
    def __float__(self): return Everything()
    def __len__(self): return -5
    def __bool__(self): raise RuntimeError("neither")
    def __iter__(self): return self
    def __next__(self): return 1
    def __str__(self): return "s" * 10_000_000
    def __contains__(self, item): return 1

class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __hash__ = float.__hash__

class Array(np.ndarray):
    def __eq__(self, other): return np.array(True)
    def __array_ufunc__(self, *a, **k): return np.array(True)

def number(x): return Number(5)
def array(x): return np.zeros(2).view(Array)
def loop():
    a = []
    a.append(a)
    return a
def deep():
    a = []
    for _ in range(100_000): a = [a]
    keep.append(a)
    return a
keep = []
def huge(): return 1 << 10_000_000
def wide(): return list(range(3_000_000))
def objects(): return np.array([None, 1], dtype=object)
def crash(): return np.array([Everything()], dtype=object)
def giant(): return np.zeros(20_000_000)
def leave(): sys.exit(0)
def interrupt(): raise KeyboardInterrupt
def stop(): raise StopIteration(3)
def close_generator(): raise GeneratorExit
def die(): os._exit(3)
def suicide(): os.kill(os.getpid(), signal.SIGKILL)
def spin():
    while True: pass
def stubborn():
    while True:
        try:
            while True: time.sleep(0.01)
        except BaseException: pass
def deaf():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True: time.sleep(0.01)
def answer(): return 42
def fd(): return _host.channel.fileno()
def raw(data):
    os.write(_host.channel.fileno(), data)
    return 1
def close_channel():
    os.close(_host.channel.fileno())
    return 1
def answer_twice():
    from autograder.codec import encode
    _host.channel.send(2, _host._active, encode(1))
    return 2
def answer_for(ident):
    from autograder.codec import encode
    _host.channel.send(2, ident, encode(1))
    return 2
def forge_next():
    from autograder.codec import encode
    for step in (1, 2, -1):
        _host.channel.send(2, (_host._active + step) % 2**32, encode("forged"))
    return 2
def call_back_wrong(ident):
    return _host._call_back(ident, "x", (), {})
def send_kind(kind, body):
    _host.channel.send(kind, _host._active, body)
    return _host._wait(_host._active)
def endless_callbacks(f):
    while True: f()
def keep_callback(f):
    keep.append(f)
def call_kept(*args): return keep[-1](*args)
def from_thread(f):
    out = []
    def work():
        try: out.append(f())
        except BaseException as error: out.append(type(error).__name__)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return out[0]
def nest(f, n): return f(n)
class Nasty(Exception):
    def __str__(self): raise SystemExit
    def __repr__(self): raise SystemExit
def nasty(): raise Nasty(Everything())
class Big(Exception): pass
def big_error(): raise Big("x" * 50_000_000)
def fake_exit(): raise type("AssertionError", (BaseException,), {})("no")
def chatter():
    for _ in range(100_000): print("y" * 100)
def classes():
    return [type(f"C{n}", (), {})() for n in range(4200)]
def no_text():
    f = lambda: 1
    f.__name__ = "n" * 100_000
    f.__doc__ = "d" * 10_000_000
    return f
def record():
    from collections import namedtuple
    R = namedtuple("R", "a b")
    return R(1, 2)
def replace_loop():
    type(_host)._answer = lambda self, frame: None
    return 1
def change_input(x):
    x[...] = 0
    return x
def set_global_state():
    np.random.seed(0)
    np.random.set_state(("MT19937", np.zeros(624, dtype=np.uint32), 0))
'''


@pytest.fixture
def evil():
    with split(EVIL, seconds=3.0, grace=1.0) as space:
        space["np"] = np
        yield space


REFERENCE = "reference = np.array([0.25, 0.75])\n"
CHEATED = {
    "equality": "assert everything() == 3",
    "equality turned round": "assert 3 == everything()",
    "inequality": "assert not (everything() != 3)",
    "equality with an array": "assert np.all(everything() == reference)",
    "equality of an array with it": "assert np.all(reference == everything())",
    "membership": "assert everything() in [1, 2]",
    "difference": "assert abs(everything() - 3) < 1e-9",
    "difference turned round": "assert abs(reference - everything()).max() < 1e-9",
    "order": "assert everything() < 1e-9",
    "size": "assert abs(everything()) < 1e-9",
    "closeness": "np.testing.assert_allclose(everything(), reference)",
    "closeness turned round": "np.testing.assert_allclose(reference, everything())",
    "almost equal": "np.testing.assert_almost_equal(everything(), reference)",
    "array equality": "np.testing.assert_array_equal(everything(), reference)",
    "equality by NumPy": "np.testing.assert_equal(everything(), reference)",
    "allclose": "assert np.allclose(everything(), reference)",
    "universal function": "assert np.equal(everything(), reference).all()",
    "function of NumPy": "assert np.sum(everything()) == 1",
    "isclose of math": "import math\nassert math.isclose(everything(), 3)",
    "unittest": "import unittest\nunittest.TestCase().assertEqual(everything(), 3)",
    "list of them": "assert [everything()] == [3]",
    "tuple of them": "assert (1, everything()) == (1, 3)",
    "dict of them": "assert {'a': everything()} == {'a': 3}",
    "sorted": "assert sorted([everything(), 3])",
    "class lie": "assert isinstance(everything(), float)",
    "number that is equal to everything": "assert number(1) == 3",
    "number with a false difference": "assert abs(number(1) - 3) < 1e-9",
    "array that is equal to everything": "assert (array(1) == reference).all()",
    "array with false closeness": "np.testing.assert_allclose(array(1), reference)",
}


@pytest.mark.parametrize("name", CHEATED)
def test_false_object_never_passes(name, evil):
    assert run(REFERENCE + CHEATED[name], evil) in ("SplitRefusal", "AssertionError", "TypeError")
    assert evil["answer"]() == 42


NOT_A_PASS = (
    "try:\n    {}()\nexcept Exception:\n    caught = True\nelse:\n    caught = False\nassert not caught"
)
REFUSED = ("loop", "deep", "huge", "wide", "objects", "giant")


@pytest.mark.parametrize("name", REFUSED)
def test_result_that_cannot_cross_is_refused_and_the_student_lives_on(name, evil):
    with pytest.raises(SplitRefusal):
        evil[name]()
    assert evil["answer"]() == 42


@pytest.mark.parametrize(
    "name", ["leave", "interrupt", "stop", "close_generator", "fake_exit", "nasty", "big_error"]
)
def test_odd_exception_arrives_as_an_error_of_the_student(name, evil):
    with pytest.raises(StudentError):
        evil[name]()
    assert evil["answer"]() == 42


def test_exception_that_ends_a_loop_does_not_end_the_loop_of_a_test(evil):
    assert run("list(stop() for _ in range(3))", evil) == "StopIteration"
    assert run("for x in map(lambda n: stop(), range(3)):\n    pass", evil) == "StopIteration"


@pytest.mark.parametrize("name", ["die", "suicide", "crash", "close_channel"])
def test_dead_student_is_noticed_and_stays_dead(name, evil):
    with pytest.raises(StudentGone):
        evil[name]()
    start = time.monotonic()
    for _ in range(100):
        with pytest.raises(StudentGone, match="gone"):
            evil["answer"]()
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("name", ["die", "spin", "objects"])
def test_no_answer_is_not_an_exception_that_a_test_may_expect(name, evil):
    evil.client.seconds = 0.2
    assert run(NOT_A_PASS.format(name), evil) in ("StudentGone", "StudentTimeout", "SplitRefusal")


def test_endless_loop_is_interrupted_and_the_student_lives_on(evil):
    evil.client.seconds = 0.2
    with pytest.raises(StudentTimeout, match="was stopped"):
        evil["spin"]()
    assert evil["answer"]() == 42


@pytest.mark.parametrize("name", ["stubborn", "deaf"])
def test_student_that_does_not_stop_is_given_up(name):
    reasons = []
    with split(EVIL, seconds=0.3, grace=0.2, on_lost=reasons.append) as space:
        with pytest.raises(StudentTimeout, match="ended"):
            space[name]()
        assert reasons == ["it did not answer in time."]
        with pytest.raises(StudentGone):
            space["answer"]()


# ---- raw bytes on the channel

FRAMES = {
    "random bytes": os.urandom(500),
    "text": b"GET / HTTP/1.1\r\n\r\n" * 20,
    "huge header": struct.pack("<IBI", 0xFFFFFFFF, 2, 1),
    "zeros": bytes(10_000),
    "half a header": b"\x05",
    "frame of another id": struct.pack("<IBI", 1, 2, 7) + b"\x00",
    "unknown kind": struct.pack("<IBI", 1, 99, 7) + b"\x00",
}


@pytest.mark.parametrize("name", FRAMES)
def test_raw_bytes_end_the_student_and_nothing_else(name, evil):
    evil.client.seconds = evil.client.grace = 0.2
    with pytest.raises((StudentGone, StudentTimeout)):
        evil["raw"](FRAMES[name])
        evil["answer"]()
    assert evil.client.lost


@pytest.mark.parametrize("name", ["answer_twice", "forge_next"])
def test_forged_answers_are_noticed(name, evil):
    with pytest.raises(StudentGone, match="not asked"):
        evil[name]()
        evil["answer"]()


def test_answer_with_another_id_is_noticed(evil):
    with pytest.raises(StudentGone, match="not asked"):
        evil["answer_for"](1)


def test_ids_cannot_be_foretold():
    ours, theirs = socket.socketpair()
    clients = [TrustedClient(Channel(end)) for end in (ours, theirs)]
    drawn = [[client._draw(32) for _ in range(5)] for client in clients]
    for client in reversed(clients):
        client.close()
    assert len({ident for row in drawn for ident in row}) == 10


HOSTILE_REPLIES = {
    "unknown reference": encode(None)[:0] + bytes([20, 77, 1, 0, 0, 0, 0]),
    "object without a class": bytes([20, Kind.OBJECT, 1, 0, 0, 0, 0]),
    "function without a description": bytes([20, Kind.FUNCTION, 1, 0, 0, 0, 0]),
    "function with numbers for names": bytes([20, Kind.FUNCTION, 1, 0, 0, 0]) + encode((1, 2, 3)),
    "class without a description": bytes([20, Kind.CLASS, 1, 0, 0, 0, 0]),
    "class without a name": bytes([20, Kind.CLASS, 1, 0, 0, 0])
    + encode((b"", None, (), [], [], None, (), False)),
    "class derived from numbers": bytes([20, Kind.CLASS, 1, 0, 0, 0])
    + encode(("C", None, (3,), [], [], None, (), False)),
    "test's object never given": bytes([20, Kind.YOURS, 9, 0, 0, 0, 0]),
    "dangerous name": bytes([20, Kind.NAMED, 0, 0, 0, 0]) + encode("builtins.eval"),
    "dangerous type": bytes([20, Kind.NAMED, 0, 0, 0, 0]) + encode("dtype.O"),
    "type of gigabytes": bytes([20, Kind.NAMED, 0, 0, 0, 0]) + encode("dtype.<U999999999"),
    "name that is a number": bytes([20, Kind.NAMED, 0, 0, 0, 0]) + encode(3),
    "named tuple with code for a field": bytes([20, Kind.RECORD, 0, 0, 0, 0])
    + encode(("R", ("a=print(1)",), (1,))),
    "named tuple with a private field": bytes([20, Kind.RECORD, 0, 0, 0, 0])
    + encode(("R", ("_make",), (1,))),
    "named tuple with too few values": bytes([20, Kind.RECORD, 0, 0, 0, 0]) + encode(("R", ("a", "b"), (1,))),
    "generator": bytes([20, Kind.GENERATOR, 0, 0, 0, 0]) + encode(("PCG64", {})),
}


def answering(kind, body):
    """Return a student's process that gives one and the same answer to every request."""

    def work(theirs):
        channel = Channel(theirs, timed=False)
        while True:
            channel.send(kind, channel.receive().ident, bytes(body))

    return work


@pytest.mark.parametrize("name", HOSTILE_REPLIES)
def test_hostile_reply_is_refused(name):
    with talking_to(answering(Message.REPLY, HOSTILE_REPLIES[name])) as client, pytest.raises(StudentGone):
        client.fetch("f")


@pytest.mark.parametrize("kind", range(12))
@pytest.mark.parametrize("body", [encode(None), encode(3), encode((1, 2, 3, 4, 5)), encode("text"), b""])
def test_reply_of_any_kind_gives_no_value_that_was_not_sent(kind, body):
    with talking_to(answering(kind, body), grace=0.2, seconds=0.2) as client:
        try:
            value = client.evaluate("1")
        except (StudentGone, StudentTimeout, SplitRefusal):
            return
        assert kind in (Message.REPLY, Message.REPLY_WITH_EXTRAS)
        assert value in (None, 3, (1, 2, 3, 4, 5), "text", 1)


def test_fuzzed_replies_never_reach_the_test_as_anything_but_results():
    seed = bytes(encode((1.0, [np.zeros(2)], {"a": (1, 2)})))

    def fuzz(theirs):
        channel = Channel(theirs, timed=False)
        rng = random.Random(os.getpid())
        while True:
            frame = channel.receive()
            body = bytearray(seed)
            for _ in range(3):
                body[rng.randrange(len(body))] = rng.randrange(256)
            channel.send(rng.choice([2, 2, 2, 3, 4, 5, 6, 7]), frame.ident, bytes(body))

    for _ in range(15):
        with talking_to(fuzz, grace=0.2, seconds=0.2) as client:
            try:
                while True:
                    client.evaluate("1")
            except (StudentGone, StudentTimeout, SplitRefusal):
                pass
            except Exception as error:
                assert type(error).__module__ == "student"  # an exception that the other side describes


# ---- callbacks


def test_callback_that_was_never_offered_is_refused(evil):
    with pytest.raises(StudentGone, match="never offered"):
        evil["call_back_wrong"](5)


@pytest.mark.parametrize(
    "body", [b"", encode(1), encode((1, 2)), encode(("a", (), {})), encode((1, (), {1: 2})), b"\xff"]
)
def test_callback_that_makes_no_sense_is_refused(body, evil):
    evil["keep_callback"](len)
    with pytest.raises(StudentGone):
        evil["send_kind"](int(Message.CALLBACK), bytes(body))


def test_endless_callbacks_end():
    with split(EVIL, callbacks=500) as space:
        count = []
        with pytest.raises(StudentGone, match="more than 500 calls"):
            space["endless_callbacks"](lambda: count.append(1))
        assert len(count) == 500


def test_endless_callbacks_end_in_time(evil):
    evil.client.seconds = 0.2
    with pytest.raises((StudentTimeout, StudentGone)):
        evil["endless_callbacks"](lambda: None)


def test_kept_callback_works_during_a_later_call(evil):
    def double(x):
        return 2 * x

    evil["keep_callback"](double)
    assert evil["call_kept"](4) == 8


def test_calls_in_calls_have_an_end(evil):
    def down(n):
        return evil["nest"](down, n + 1)

    with pytest.raises(SplitRefusal, match="16 deep"):
        evil["nest"](down, 0)
    assert evil["answer"]() == 42


def test_calls_in_calls_work_until_then(evil):
    def down(n):
        return n if n == 5 else evil["nest"](down, n + 1)

    assert evil["nest"](down, 0) == 5


def test_callback_from_another_thread_is_refused_there(evil):
    assert evil["from_thread"](lambda: 1) == "RuntimeError"
    assert evil["answer"]() == 42


def test_text_of_a_tests_exception_does_not_reach_the_student():
    student = "def ask(f):\n    try:\n        f()\n    except Exception as e:\n        return repr(e), repr(e.__context__)\n"
    with split(student) as space:

        def fail():
            raise ValueError("the answer is 0.7310585")

        assert "0.731" not in str(space["ask"](fail))


def test_refusal_inside_a_callback_reaches_the_test_even_if_the_student_catches_it():
    student = (
        "def ask(f):\n    try:\n        f()\n    except BaseException:\n        return 1\nclass A: pass\n"
    )
    with split(student) as space, pytest.raises(SplitRefusal):
        space["ask"](lambda: space["A"]() + 1)


# ---- what comes back


def test_odd_special_methods_do_not_pass_for_plain_data(evil):
    thing = evil["Floating"]()
    for use in (float, len, bool):
        with pytest.raises((TypeError, ValueError, RuntimeError)):
            use(thing)
    assert len(str(thing)) == 1_000_000
    assert (3 in thing) is True


def test_endless_iterator_of_an_object_ends():
    with split(EVIL, steps=50) as space, pytest.raises(SplitRefusal, match="more than 50 items"):
        for _ in space["Floating"]():
            pass


def test_attributes_that_numpy_would_trust_are_never_asked_for(evil):
    thing = evil["Everything"]()
    for name in ("__array_interface__", "__array_struct__", "__buffer__", "__dlpack__", "_repr_html_"):
        with pytest.raises(AttributeError):
            getattr(thing, name)


def test_class_of_an_object_is_what_it_was_made_from(evil):
    thing = evil["Everything"]()
    assert not isinstance(thing, float)
    assert thing.__class__.__name__ == "Everything"


def test_attribute_flood_ends_with_the_call(evil):
    assert evil["Flood"]().anything == "x" * 1000
    with pytest.raises(AttributeError):
        _ = evil["Flood"]().__array_struct__


def test_object_with_reduce_runs_nothing(evil, capfd):
    evil["Reducing"]()
    assert "hacked" not in capfd.readouterr().out


def test_much_text_is_cut(evil, capsys):
    evil["chatter"]()
    assert len(capsys.readouterr().out) == 1_000_000


def test_too_many_classes_end_the_student(evil):
    with pytest.raises(StudentGone, match="classes"):
        evil["classes"]()


def test_long_names_and_docstrings_are_cut(evil):
    function = evil["no_text"]()
    assert len(function.__name__) == 200
    assert len(function.__doc__) == 10_000


def test_message_above_the_limit_is_refused():
    with split(EVIL, limits=Limits(size=1000)) as space, pytest.raises(SplitRefusal, match="cannot cross"):
        space["nest"](lambda n: n, np.zeros(1000))


def test_student_that_replaces_its_own_loop_only_loses(evil):
    evil.client.seconds = evil.client.grace = 0.2
    with pytest.raises((StudentTimeout, StudentGone)):
        evil["replace_loop"]()
        evil["answer"]()


def test_input_of_a_test_cannot_be_changed(evil):
    x = np.ones(3)
    evil["change_input"](x)
    assert x.sum() == 3


def test_input_of_a_test_is_changed_where_the_assignment_says_so():
    with split(EVIL, argument_writes="copy") as space:
        x = np.ones(3)
        space["change_input"](x)
        assert x.sum() == 0


def test_global_generators_of_the_test_cannot_be_set(evil):
    np.random.seed(11)
    before = np.random.get_state()[1].tobytes()
    evil["set_global_state"]()
    assert np.random.get_state()[1].tobytes() == before


# ---- what goes round a call


def test_ambient_state_is_gone_after_the_call():
    student = "import numpy as np, warnings\ndef state(): return np.geterr()['divide'], np.get_printoptions()['precision'], len(warnings.filters)\n"
    with split(student) as space:
        plain = space["state"]()
        with np.errstate(divide="raise"), np.printoptions(precision=3), warnings.catch_warnings():
            warnings.simplefilter("error")
            inside = space["state"]()
        assert inside == ("raise", 3, len(warnings.filters) + 1) or inside[:2] == ("raise", 3)
        assert space["state"]() == plain


def test_printed_text_of_student_code_goes_where_the_test_prints(capsys):
    student = "import sys\ndef talk():\n    print('out')\n    print('err', file=sys.stderr)\n"
    with split(student) as space:
        space["talk"]()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("out\n", "err\n")


def test_printed_text_arrives_before_an_error(capsys):
    with split("def talk():\n    print('out')\n    raise ValueError\n") as space, pytest.raises(ValueError):
        space["talk"]()
    assert capsys.readouterr().out == "out\n"


def test_traceback_of_the_student_is_kept_for_feedback():
    with split("def f():\n    return 1 / 0\n") as space, pytest.raises(ZeroDivisionError) as caught:
        space["f"]()
    assert "line 2, in f" in caught.value.student_traceback


def test_interrupted_test_does_not_spoil_the_next(evil):
    class CellOver(BaseException):
        pass

    def over():
        raise CellOver

    with pytest.raises(CellOver):
        evil["nest"](lambda n: over(), 1)
    assert evil["answer"]() == 42


def test_handles_are_given_back():
    student = "class A: pass\nimport gc\ndef alive(): return sum(type(x) is A for x in gc.get_objects())\n"
    with split(student) as space:
        things = [space["A"]() for _ in range(10)]
        assert space["alive"]() == 10
        del things
        assert space["alive"]() == 0


def test_new_cell_replaces_functions_and_what_tests_stored_under_its_names():
    with split("def f(): return 1\nx = 1\n") as space:
        assert space["f"]() == 1
        space["x"] = 5
        space.client.run_cell("def f(): return 2\nx = 2")
        space.client.offer(["f", "x"], space)
        assert (space["f"](), space["x"]) == (2, 2)


def test_student_process_can_leave_its_loop_and_come_back():
    def work(theirs):
        shell = PlainShell()
        student_host = StudentHost(Channel(theirs, timed=False), shell)
        for number in (1, 2):
            shell.run_cell(f"def f(): return {number}")
            student_host.serve()

    with talking_to(work) as client:
        space = client.offer(["f"])
        assert space["f"]() == 1
        client.leave()
        assert space["f"]() == 2


def test_object_dropped_after_a_write_into_it_has_been_written_to():
    student = "class A:\n    def __init__(self): self.w = [0]\nkept = A()\ndef get(): return kept\ndef w(): return kept.w\n"
    with split(student) as space:
        space["get"]().w[0] = 7
        assert space["w"]() == [7]


def test_shell_of_ipython_takes_the_namespace():
    with split("def f(): return 2\nclass A:\n    def __repr__(self): return 'an A'\n") as space:
        shell = InteractiveShell(user_ns=space)
        shell.run_cell("def double(): return 2 * f()")
        assert shell.run_cell("double()").result == 4
        assert shell.run_cell("A()").error_in_exec is None
        assert isinstance(shell.run_cell("A() == 1").error_in_exec, SplitRefusal)


def test_contacts_tell_whether_a_test_asked_the_student():
    with split("def f(): return 1\n") as space:
        before = space.client.contacts
        run("assert 1 + 1 == 2", space)
        assert space.client.contacts == before
        run("f()", space)
        assert space.client.contacts > before


def test_student_can_not_be_asked_for_names_that_are_not_offered():
    with split("def f(): return 1\nsecret = 3\n", names=["f"]) as space:
        assert run("secret", space) == "NameError"


def test_helpers_work_without_a_split():
    def shift(x):
        x += 1

    assert unchanged(np.sum, np.ones(2))
    assert not unchanged(shift, np.ones(2))


def test_wrong_policy_is_named():
    ours, theirs = socket.socketpair()
    with pytest.raises(ValueError, match='"ignore" or "copy"'):
        TrustedClient(Channel(ours), argument_writes="yes")
    theirs.close()


def test_namespace_works_in_functions_of_a_test():
    with split("W = 3\ndef f(): return W\n") as space:
        exec("def check():\n    return f() + W\nresult = check()", space)
        assert space["result"] == 6
        assert isinstance(space, OfferedNames)


def test_fork_kit_leaves_no_process():
    ours, process = fork(lambda theirs: time.sleep(60))
    ours.close()
    end(process)
    with pytest.raises(ChildProcessError):
        os.waitpid(process, 0)


def test_keywords_may_have_any_name_that_the_student_chose():
    student = "def f(*, name, target, self=0): return name, target, self\nclass C:\n    def m(it, *, name): return name"
    with split(student) as space:
        assert space["f"](name=1, target=2, self=3) == (1, 2, 3)
        assert space["C"]().m(name="n") == "n"
        assert space["f"].unchanged(name=[1], target=[2])
