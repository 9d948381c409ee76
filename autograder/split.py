"""The trusted side of the split: tests run here, the student's names are proxies.

A `TrustedClient` sends requests to the `StudentHost` of the student's process and turns the answers into
values and proxies. Whatever comes back is only ever a result of student code: a value, an exception, text.
The verdict on it is reached here.

Helpers for tests: `unchanged`, `in_place`, `student_eval`, `set_student`. They work as well in a process
where student code and tests stand together, as under nbgrader's own autograde.
"""

from __future__ import annotations

import io
import os
import random
import sys
import time
import types
from collections.abc import Callable, Collection, Iterable
from contextlib import redirect_stderr, suppress
from typing import Any, NoReturn
from weakref import WeakValueDictionary

import numpy as np

from .codec import EncodeError, Limits, ProtocolError, Reference, decode, encode
from .proxy import (
    FunctionProxy,
    MethodProxy,
    ObjectProxy,
    OperatorProxy,
    SplitRefusal,
    StudentError,
    StudentGone,
    StudentLost,
    StudentTimeout,
    StudentType,
    attach,
    make_class,
)
from .split_ambient import Ambient, reissue
from .split_channel import Channel, ChannelClosedError, ChannelTimeoutError, Frame
from .split_host import Shell, StudentHost
from .split_values import (
    EXCEPTIONS,
    MUTABLE,
    PLAIN,
    Kind,
    Message,
    Op,
    Records,
    assign_in_place,
    exception_names,
    make_exception,
    name_of,
    named,
    record_parts,
)

__all__ = [
    "Channel",
    "InPlace",
    "OfferedNames",
    "Shell",
    "SplitRefusal",
    "StudentError",
    "StudentGone",
    "StudentHost",
    "StudentLost",
    "StudentTimeout",
    "TrustedClient",
    "in_place",
    "set_student",
    "student_eval",
    "unchanged",
]

_BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
_CLASSES = 4096
_CALLBACKS = 10_000
_TRACKED = 1000
_RAISED = 1000
_TEXT = 1_000_000  # characters that one call may print
_TEXT_IN_ALL = 10_000_000


class InPlace:
    """An argument that a test owns and that the student's code may change; see `in_place`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Tracked:
    """A fetched value that the test may write into."""

    __slots__ = ("place", "seen", "value")

    def __init__(self, place: tuple[int, str], value: Any, seen: bytearray) -> None:
        self.place = place
        self.value = value
        self.seen = seen


class TrustedClient:
    """Asks the student's process.

    Parameters
    ----------
    channel : Channel
        This side's end, made with deadlines.
    seconds : float
        Time for one call of student code.
    grace : float
        Time beyond that, for the student's side to say by itself that the time is over.
    operators : collection of str
        Names of the student's classes whose operators tests may use, such as a dual number.
    argument_writes : {"ignore", "copy"}
        What happens when student code changes an array or a container that a test has passed: nothing, or the
        change is copied into the test's own. Copying lets student code change the numbers that a test goes on
        to use; `in_place` allows it for one argument.
    limits : Limits
        What one message may hold.
    callbacks : int
        How often one call may call back.
    steps : int
        How many items one iterator may give.
    on_lost : callable, optional
        Called with the reason when the student's process is given up, so that it can be ended.
    hears : callable, optional
        Told a stream of this side; whether text that student code prints or warns of may go there. What it
        prints may hold what tests have shown to it. Everything is heard without it.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        seconds: float = 10.0,
        grace: float = 1.0,
        operators: Collection[str] = (),
        argument_writes: str = "ignore",
        limits: Limits | None = None,
        callbacks: int = 100_000,
        steps: int = 100_000,
        on_lost: Callable[[str], None] | None = None,
        hears: Callable[[Any], bool] | None = None,
    ) -> None:
        if argument_writes not in ("ignore", "copy"):
            raise ValueError(f'argument_writes must be "ignore" or "copy", got {argument_writes!r}.')
        self.channel = channel
        self.seconds = seconds
        self.grace = grace
        self.operators = frozenset(operators)
        self.copies_arguments = argument_writes == "copy"
        self.limits = limits or Limits()
        self.lost = ""
        self.late = False
        self.until: float | None = None
        self.contacts = 0
        self._hears = hears or _always
        self._on_lost = on_lost
        self._callback_limit = callbacks
        self._step_limit = steps
        self._ambient = Ambient()
        self._draw = random.Random(os.urandom(16)).getrandbits  # ids that student code cannot foretell
        self._living: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._classes: dict[int, Any] = {}
        self._about: dict[int, Any] = {}
        self._dead: list[int] = []
        self._tracked: list[_Tracked] = []
        self._callables: dict[str, Any] = {}
        self._callbacks: dict[int, Any] = {}
        self._callback_idents: dict[Any, int] = {}
        self._raised: dict[int, BaseException] = {}
        self._raised_count = 0
        self._shown = 0
        self._generator_states: dict[int, Any] = {}
        self._records = Records()
        self._steps: dict[int, int] = {}
        self._depth = 0
        self._called_back = 0
        self._abandoned: set[int] = set()
        self._told_seconds = 0.0
        self._refusal: BaseException | None = None

    # ---- what the engine uses

    def offer(self, names: Iterable[str], namespace: OfferedNames | None = None) -> OfferedNames:
        """Let `names` resolve to the student's objects in a namespace for test cells.

        Call it after each cell of the student with the names that the instructor's cell defines: what was
        remembered of functions is forgotten, and what tests have stored under these names gives way.
        """
        space = OfferedNames(self) if namespace is None else namespace
        self._callables.clear()
        for name in names:
            space.offered.add(name)
            dict.pop(space, name, None)
        return space

    def helpers(self) -> dict[str, Any]:
        """Return the functions that test cells may use, bound to this client."""
        return {
            "unchanged": unchanged,
            "in_place": _marked,
            "student_eval": self.evaluate,
            "set_student": self.assign,
        }

    def run_cell(self, source: str, seconds: float | None = None) -> Any:
        """Run a cell on the student's side and return what the shell there says about it."""
        self._callables.clear()
        return self.request(Op.RUN_CELL, 0, "", (source,), seconds=seconds)

    def leave(self) -> None:
        """Let `StudentHost.serve` return, so that the student's process can do something else meanwhile."""
        self._callables.clear()
        self.request(Op.LEAVE, 0, "")

    def switch(self, number: int) -> None:
        """Let the student's names be what they were after the cell `number`."""
        self._callables.clear()
        self._tracked.clear()
        self.request(Op.SWITCH, number, "")

    def ping(self) -> None:
        """Ask for nothing, to see whether the student's process answers."""
        self.request(Op.PING, 0, "")

    def fetch(self, name: str) -> Any:
        """Return the student's object of that name.

        Raises
        ------
        KeyError
            If the student has none.
        """
        known = self._callables.get(name)
        if known is not None:
            return known
        found = self.request(Op.FETCH, 0, name)
        if type(found) is not tuple or len(found) > 1:
            self.lose("a name that is neither there nor missing.")
        if not found:
            raise KeyError(name)
        value = found[0]
        if isinstance(value, (FunctionProxy, StudentType)):
            self._callables[name] = value
        return self._track((0, name), value)

    def has(self, name: str) -> bool:
        """Tell whether the student has an object of that name."""
        return self.request(Op.HAS, 0, name) is True

    def evaluate(self, expression: str, **values: Any) -> Any:
        """Evaluate an expression on the student's side, with `values` as further names, to plain data."""
        return self.request(Op.EVALUATE, 0, expression, (values,))

    def assign(self, **values: Any) -> None:
        """Bind names on the student's side."""
        for name, value in values.items():
            self.request(Op.ASSIGN, 0, name, (value,))

    def close(self) -> None:
        """End the connection; the student's side then leaves its loop."""
        self.lost = self.lost or "the connection has been closed."
        self._ambient.close()
        self.channel.close()

    def lose(self, reason: str) -> NoReturn:
        """Cut the student's process off and raise `StudentGone`."""
        self._cut_off(reason)
        raise StudentGone(f"The student's process was cut off: {reason}")

    def _cut_off(self, reason: str) -> None:
        if not self.lost:
            self.lost = reason
            self.channel.close()
            if self._on_lost is not None:
                self._on_lost(reason)

    # ---- one request

    def request(
        self,
        op: int,
        target: int,
        name: str,
        values: Any = (),
        options: dict[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Ask the student's side and return its answer, or raise what its code raised."""
        if self.lost:
            raise StudentGone(f"The student's process is gone: {self.lost}")
        if self._depth > 16:
            raise SplitRefusal("A test and the student's code call each other more than 16 deep.")
        watched = self._watched(values, options or {})
        if watched:
            values, options = _unwrapped(values, options or {})
        if seconds is None and self.until is not None:
            left = self._seconds_left(time.monotonic())
            seconds = left if left < 0.8 * self.seconds else None
        extras = self._extras(watched, seconds)
        message: tuple[Any, ...] = (op, target, name, values)
        if extras or options:
            message = (*message, options or {}, extras)
        try:
            body = encode(message, self.limits, self._export)
        except EncodeError as problem:
            raise SplitRefusal(f"What a test passes to the student's code cannot cross: {problem}") from None
        now = time.monotonic()
        limit = self._seconds_left(now) if seconds is None else seconds
        kind, answer = self._exchange(body, now + limit + self.grace)
        return self._settle(kind, answer, watched)

    def _seconds_left(self, now: float) -> float:
        """Time for a call: the usual, or what is left of the time of the whole test."""
        return self.seconds if self.until is None else max(0.05, min(self.seconds, self.until - now))

    def _exchange(self, body: bytearray, deadline: float) -> tuple[int, Any]:
        """Send a request and wait for its answer, serving callbacks meanwhile."""
        ident = self._draw(32)
        self.contacts += 1
        self._depth += 1
        if self._depth == 1:
            self._called_back = 0
        try:
            self.channel.send(Message.REQUEST, ident, body, deadline)
            return self._await(ident, deadline)
        except ChannelTimeoutError:
            self.late = True
            self._cut_off("it did not answer in time.")
            raise StudentTimeout(
                "The student's code took too long and did not stop; its process is ended."
            ) from None
        except ChannelClosedError:
            self.lose("it has ended, or closed the channel.")
        except ProtocolError as problem:
            self.lose(f"it sent {problem}")
        except BaseException:
            # Something interrupts the test, such as the time limit of its cell: the answer comes too late.
            self._abandoned.add(ident)
            raise
        finally:
            self._depth -= 1

    def _await(self, ident: int, deadline: float) -> tuple[int, Any]:
        while True:
            frame = self.channel.receive(deadline)
            if frame.ident in self._abandoned:
                self._pass_over(frame, deadline)
            elif frame.ident != ident:
                raise ProtocolError("an answer to something that was not asked.")
            elif frame.kind == Message.CALLBACK:
                self._serve(frame, deadline)
            elif frame.kind in _ANSWERS:
                return frame.kind, decode(frame.body, self.limits, self._load)
            else:
                raise ProtocolError(f"a message of kind {frame.kind}.")

    def _pass_over(self, frame: Frame, deadline: float) -> None:
        """Take what still comes for a request that nobody waits for."""
        if frame.kind == Message.CALLBACK:
            body = encode(("RuntimeError", 0, "the test has ended"))
            self.channel.send(Message.CALLBACK_RAISED, frame.ident, body, deadline)
        else:
            self._abandoned.discard(frame.ident)

    def _settle(self, kind: int, answer: Any, watched: dict[Any, Any]) -> Any:
        """Turn an answer into a value or an exception."""
        if self._refusal is not None and self._depth == 0:
            refusal, self._refusal = self._refusal, None
            raise refusal
        if kind == Message.REPLY:
            return answer
        if kind == Message.REFUSED:
            raise SplitRefusal(f"What the student's code gives back cannot cross: {str(answer)[:2000]}")
        if kind == Message.OVERTIME:
            self.late = True
            raise StudentTimeout("The student's code took too long and was stopped.")
        if type(answer) is not tuple or len(answer) != 5:
            self.lose("an answer without its parts.")
        value, out, err, seen, changed = answer
        self._show(out, err)
        for key, new in changed.items() if isinstance(changed, dict) else ():
            if key in watched and isinstance(new, MUTABLE):
                assign_in_place(watched[key], new)
        if isinstance(seen, list) and seen:
            self._warn([entry for entry in seen if type(entry) is tuple and len(entry) == 2])
        if kind == Message.RAISED:
            raise self._exception(value) from None
        return value

    def _show(self, out: Any, err: Any) -> None:
        """Print what the student's code printed, wherever this side prints now."""
        for text, stream in ((out, sys.stdout), (err, sys.stderr)):
            wanted = isinstance(text, str) and text and self._shown < _TEXT_IN_ALL
            if wanted and self._hears(stream):
                self._shown += len(text[:_TEXT])
                stream.write(text[:_TEXT])

    def _warn(self, seen: list[Any]) -> None:
        """Issue the student's warnings again; a test that records them gets them, nobody else reads them."""
        if self._hears(sys.stderr):
            return reissue(seen)
        with redirect_stderr(io.StringIO()):
            reissue(seen)

    # ---- what goes with a request

    def _watched(self, values: Any, options: dict[str, Any]) -> dict[Any, Any]:
        """Return the arguments whose changes come back, by place or name."""
        found: dict[Any, Any] = {}
        for key, value in (*enumerate(values), *options.items()) if options else enumerate(values):
            if type(value) is InPlace:
                found[key] = value.value
            elif self.copies_arguments and isinstance(value, MUTABLE):
                found[key] = value
        return found

    def _extras(self, watched: dict[Any, Any], seconds: float | None) -> dict[str, Any]:
        extras: dict[str, Any] = {}
        ambient = self._ambient.changes()
        if ambient:
            extras["ambient"] = ambient
        if watched:
            extras["back"] = list(watched)
        if self._tracked:
            writes = self._writes()
            if writes:
                extras["writes"] = writes
        if self._dead:
            free = {ident for ident in self._dead if ident not in self._living}
            for ident in free:
                self._steps.pop(ident, None)
                self._about.pop(ident, None)
            self._dead.clear()
            extras["free"] = list(free)
        if seconds is not None:
            extras["seconds"] = seconds
        if self._told_seconds != self.seconds:
            extras["usual"] = self._told_seconds = self.seconds
        return extras

    def _writes(self) -> list[tuple[tuple[int, str], Any]]:
        """Return what the test has written into fetched values, and forget those that nobody else holds."""
        writes, kept = [], []
        for entry in self._tracked:
            with suppress(EncodeError):
                now = encode(entry.value, self.limits, self._export)
                if now != entry.seen:
                    entry.seen = now
                    writes.append((entry.place, entry.value))
            if _is_held(entry):
                kept.append(entry)
        self._tracked = kept[-_TRACKED:]
        return writes

    def _track(self, place: tuple[int, str], value: Any) -> Any:
        if isinstance(value, MUTABLE):
            self._tracked.append(_Tracked(place, value, encode(value, self.limits, self._export)))
        return value

    def is_fetched(self, name: str, value: Any) -> bool:
        """Tell whether `value` is what was fetched under that name."""
        return any(entry.value is value and entry.place == (0, name) for entry in self._tracked)

    # ---- what proxies use

    def fetch_attribute(self, target: int, name: str) -> Any:
        """Return the value of an attribute; writes into it are carried back before the next request."""
        return self._track((target, name), self.request(Op.GET, target, name))

    def dropped(self, ident: int) -> None:
        """Note that no proxy for an object is left."""
        self._dead.append(ident)

    def step(self, target: int) -> Any:
        """Return the next item of an iterator of the student, or raise StopIteration."""
        count = self._steps[target] = self._steps.get(target, 0) + 1
        if count > self._step_limit:
            raise SplitRefusal(
                f"An iterator of the student gave more than {self._step_limit} items. Take as many as the "
                "test needs with itertools.islice."
            )
        found = self.request(Op.NEXT, target, "")
        if type(found) is not tuple or len(found) > 1:
            self.lose("an item that is neither there nor missing.")
        if not found:
            raise StopIteration
        return found[0]

    # ---- callbacks

    def _serve(self, frame: Frame, deadline: float) -> None:
        """Call a function of the test for the student's code, and send what it gives."""
        self._called_back += 1
        if self._called_back > self._callback_limit:
            raise ProtocolError(f"more than {self._callback_limit} calls back into a test.")
        request = decode(frame.body, self.limits, self._load)
        if type(request) is not tuple or [type(part) for part in request] != [int, tuple, dict]:
            raise ProtocolError("a callback without its parts.")
        ident, values, options = request
        if ident not in self._callbacks or not all(type(key) is str for key in options):
            raise ProtocolError("a callback that was never offered.")
        kind, body = self._call_own(self._callbacks[ident], values, options)
        self.channel.send(kind, frame.ident, body, deadline)

    def _call_own(self, function: Any, values: Any, options: Any) -> tuple[int, bytearray]:
        """Call a function of the test. Of an exception only the type crosses: its text may tell too much."""
        try:
            value = function(*values, **options)
            return Message.CALLBACK_REPLY, encode(value, self.limits, self._export)
        except StudentLost:
            raise
        except EncodeError as problem:
            self._refusal = SplitRefusal(f"A function of the test gave what cannot cross: {problem}")
            return Message.CALLBACK_RAISED, encode(("TypeError", 0, "refused"))
        except SplitRefusal as problem:
            self._refusal = problem
            return Message.CALLBACK_RAISED, encode(("TypeError", 0, "refused"))
        except Exception as error:
            self._raised_count += 1
            self._raised[self._raised_count] = error
            self._raised.pop(self._raised_count - _RAISED, None)
            names = exception_names(type(error)) or ("RuntimeError",)
            text = "raised by a function of the test"
            return Message.CALLBACK_RAISED, encode((names[0], self._raised_count, text))

    # ---- objects on the way out

    def _export(self, value: Any) -> Reference | None:  # noqa: PLR0911 (one line a kind)
        """Return what stands for an object that is not plain data."""
        if isinstance(value, (FunctionProxy, ObjectProxy)):
            return self._theirs(value._split_client, value._split_ident)
        if isinstance(value, StudentType):
            return self._theirs(value._split_class_client, value._split_class)
        name = name_of(value)
        if name is not None:
            return Reference(Kind.NAMED, 0, name)
        parts = record_parts(value) if isinstance(value, tuple) else None
        if parts is not None:
            return Reference(Kind.RECORD, 0, parts)
        if isinstance(value, (np.random.Generator, np.random.RandomState)):
            return self._export_generator(value)
        if isinstance(value, BaseException) and exception_names(type(value)):
            return Reference(
                Kind.EXCEPTION, 0, (exception_names(type(value))[0], tuple(map(str, value.args)))
            )
        if isinstance(value, InPlace):
            raise EncodeError("an in_place(...) inside another value; it must be an argument by itself.")
        if isinstance(value, PLAIN):
            return None
        if callable(value) and not isinstance(value, type):
            return self._export_callback(value)
        raise EncodeError(
            f"a {type(value).__name__}. Numbers, text, containers, arrays, functions, random generators and "
            "objects of the student can."
        )

    def _theirs(self, client: Any, ident: int) -> Reference:
        if client is not self:
            raise EncodeError("an object of another student.")
        return Reference(Kind.YOURS, ident)

    def _export_generator(self, value: Any) -> Reference:
        """Send a generator's state if it is new or was used on this side; else the copy there goes on."""
        ident = self._remember(value)
        if isinstance(value, np.random.RandomState):
            name, state = "RandomState", value.get_state(legacy=False)
        else:
            name, state = type(value.bit_generator).__name__, value.bit_generator.state
            if name not in _BIT_GENERATORS:
                raise EncodeError(f"a random generator of type {name}.")
        seen = encode(state)
        if self._generator_states.get(ident) == seen:
            return Reference(Kind.GENERATOR, ident)
        self._generator_states[ident] = seen
        return Reference(Kind.GENERATOR, ident, (name, state))

    def _export_callback(self, value: Any) -> Reference:
        name = getattr(value, "__name__", type(value).__name__)
        return Reference(Kind.CALLBACK, self._remember(value), str(name)[:200])

    def _remember(self, value: Any) -> int:
        """Return the number of an object of the test that student code may hold."""
        key: Any = id(value)
        if isinstance(value, types.MethodType):
            key = id(value.__self__), id(value.__func__)
        elif isinstance(value, MethodProxy):
            key = value  # a new one is made each time that the method is mentioned
        ident = self._callback_idents.get(key)
        if ident is None:
            ident = len(self._callbacks) + 1
            if ident > _CALLBACKS:
                raise EncodeError(
                    f"another function; {_CALLBACKS} have been passed to the student's code already."
                )
            self._callbacks[ident] = value
            self._callback_idents[key] = ident
        return ident

    # ---- objects on the way in. All of this comes from student code.

    def _load(self, reference: Reference) -> Any:
        kind, ident, about = reference.kind, reference.ident, reference.about
        if kind in (Kind.OBJECT, Kind.FUNCTION):
            known = self._living.get(ident)
            make = self._new_object if kind == Kind.OBJECT else self._new_function
            return make(ident, about) if known is None else known
        if kind == Kind.CLASS:
            return self._classes[ident] if ident in self._classes else self._new_class(ident, about)
        if kind == Kind.NAMED:
            return named(about)
        if kind == Kind.YOURS:
            if ident not in self._callbacks:
                raise ProtocolError("an object that was never offered.")
            return self._callbacks[ident]
        if kind == Kind.RECORD:
            return self._records.make(about)
        if kind == Kind.EXCEPTION and type(about) is tuple and len(about) == 4:
            return self._exception((*about, "", 0))
        raise ProtocolError(f"a reference of kind {kind}.")

    def _new_object(self, ident: int, kind: Any) -> Any:
        if not isinstance(kind, StudentType):
            raise ProtocolError("an object without a class.")
        proxy = attach(object.__new__(kind), self, ident)  # type: ignore[arg-type]
        self._living[ident] = proxy
        return proxy

    def _new_function(self, ident: int, about: Any) -> Any:
        about = about if about is not None else self._about.get(ident)
        if type(about) is not tuple or len(about) != 3:
            raise ProtocolError("a function that is not described.")
        name, text, parameters = about
        if type(name) is not str or type(parameters) is not str or not isinstance(text, (str, type(None))):
            raise ProtocolError("a function that is not described by text.")
        proxy = attach(object.__new__(FunctionProxy), self, ident)
        proxy.__name__, proxy._split_doc, proxy.signature_text = name, text, parameters
        self._about[ident] = about
        self._living[ident] = proxy
        return proxy

    def _new_class(self, ident: int, about: Any) -> Any:
        if type(about) is not tuple or len(about) != 8:
            raise ProtocolError("a class that is not described.")
        if len(self._classes) >= _CLASSES:
            raise ProtocolError(f"more than {_CLASSES} classes.")
        name, text, bases, methods, special, fields, known, is_error = about
        _check_description(name, text, bases, methods, special, known)
        if fields is not None:
            made = self._records.kind(name, fields)
        elif is_error is True:
            made = _error_class(name, text, bases, known)
        else:
            made = self._proxy_class(ident, name, text, bases, methods, special)
        self._classes[ident] = made
        return made

    def _proxy_class(self, ident: int, name: str, text: Any, bases: Any, methods: Any, special: Any) -> Any:
        parents: tuple[type, ...] = tuple(base for base in bases if isinstance(base, StudentType))
        operates = name in self.operators or any(issubclass(base, OperatorProxy) for base in parents)
        base = OperatorProxy if operates else ObjectProxy
        if operates and not any(issubclass(parent, OperatorProxy) for parent in parents):
            parents = (OperatorProxy, *parents)  # a declared class may have a base that is not declared
        try:
            return make_class(self, ident, name, text, parents or (base,), methods, special)
        except TypeError:
            # Bases that have no order in which they could stand.
            return make_class(self, ident, name, text, (base,), methods, special)

    def _exception(self, about: Any) -> BaseException:
        """Make the exception that the student's code raised; never one that ends a program or a loop."""
        if type(about) is not tuple or len(about) != 6:
            self.lose("an exception without its parts.")
        names, arguments, own, _, trace, origin = about
        if type(origin) is int and origin in self._raised:
            return self._raised[origin]
        if type(names) is not tuple or type(arguments) is not tuple:
            self.lose("an exception without a class.")
        kind: type[BaseException]
        if isinstance(own, type) and issubclass(own, StudentError):
            kind = own
        elif own is None and names and names[0] in EXCEPTIONS:
            kind = EXCEPTIONS[names[0]]
        else:
            kind = _error_class(str(own)[:200], None, (), names)
        error = make_exception(kind, arguments)
        with suppress(AttributeError):
            error.student_traceback = str(trace)[:4000]  # type: ignore[attr-defined]
        return error


def _always(stream: Any) -> bool:
    return True


_ANSWERS = (Message.REPLY, Message.REPLY_WITH_EXTRAS, Message.RAISED, Message.REFUSED, Message.OVERTIME)


def _check_description(name: Any, text: Any, bases: Any, methods: Any, special: Any, known: Any) -> None:
    """Refuse a description of a class that is not made of names."""
    if type(name) is not str or not 0 < len(name) <= 200 or not isinstance(text, (str, type(None))):
        raise ProtocolError("a class without a name.")
    if type(bases) is not tuple or not all(isinstance(base, type) for base in bases):
        raise ProtocolError("a class with bases that are none.")
    if not all(
        type(words) in (list, tuple) and all(type(word) is str for word in words)
        for words in (methods, special, known)
    ):
        raise ProtocolError("a class with methods that have no names.")


def _error_class(name: str, text: Any, bases: Any, known: Any) -> type[StudentError]:
    """Make an exception class with the student's name for it that `except` of its known bases catches."""
    parents = tuple(base for base in bases if issubclass(base, StudentError))
    builtin = [EXCEPTIONS[word] for word in known if word in EXCEPTIONS][:1]
    own = () if parents else (StudentError,)
    name = name.replace("\0", "")
    for choice in ((*parents, *own, *builtin), (*parents, *own), (StudentError,)):
        with suppress(TypeError):
            return type(name, tuple(dict.fromkeys(choice)), {"__doc__": text, "__module__": "student"})
    return StudentError


def _unwrapped(values: Any, options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    def bare(value: Any) -> Any:
        return value.value if type(value) is InPlace else value

    return tuple(map(bare, values)), {key: bare(value) for key, value in options.items()}


def _is_held(entry: _Tracked) -> bool:
    """Tell whether anything but `entry` refers to its value or to a part of it that could be written to."""
    # One reference is the entry's, one is the argument of the count.
    return sys.getrefcount(entry.value) > 2 or _parts_held(entry.value)


def _parts_held(value: Any) -> bool:
    if isinstance(value, dict):
        parts: Iterable[Any] = value.values()
    elif isinstance(value, (list, tuple)):
        parts = value
    else:
        return False
    for part in parts:
        # The container, the loop variable and the argument of the count.
        if isinstance(part, MUTABLE) and sys.getrefcount(part) > 3:
            return True
        if isinstance(part, (dict, list, tuple)) and _parts_held(part):
            return True
    return False


class OfferedNames(dict[str, Any]):
    """A namespace for test cells in which some names are the student's.

    It holds what the tests define; a name that is missing and offered is asked for each time that it is
    used, so that tests see what the student's code has made of it meanwhile.
    """

    def __init__(self, client: TrustedClient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self.offered: set[str] = set()

    def __missing__(self, name: str) -> Any:
        if name in self.offered:
            return self.client.fetch(name)
        raise KeyError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        # `W -= step` fetches W, changes it and stores it again: it stays the student's.
        if name in self.offered and name not in self.keys() and self.client.is_fetched(name, value):
            return
        super().__setitem__(name, value)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (name in self.offered and self.client.has(str(name)))

    def get(self, name: str, default: Any = None) -> Any:
        """Return the object of a name, the student's too, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default


# ---- helpers for tests


def unchanged(function: Any, /, *values: Any, **options: Any) -> bool:
    """Tell whether a call of `function` leaves its arguments as they are.

    For a function of the student it is found out on the student's side: arguments are copies there, and a
    test that compares its own arrays would never see a change.
    """
    if isinstance(function, (FunctionProxy, MethodProxy)):
        return function.unchanged(*values, **options) is True
    before = encode((values, options))
    function(*values, **options)
    return bool(encode((values, options)) == before)


def in_place(value: Any) -> Any:
    """Mark an argument that the student's code is to change: the change is copied back into it.

    Only an array, list, dict, set or bytearray that stands as an argument by itself. Where student code and
    tests share a process nothing needs to be copied, and the value itself is returned.
    """
    return _marked(value).value


def _marked(value: Any) -> InPlace:
    """What `in_place` is across the split."""
    if not isinstance(value, MUTABLE):
        raise TypeError(f"value must be an array or a mutable container, got {type(value).__name__}.")
    return InPlace(value)


def student_eval(expression: str, **values: Any) -> Any:
    """Evaluate an expression where student code and tests share a process, with the caller's names.

    The split puts `TrustedClient.evaluate` in its place.
    """
    return eval(expression, {**sys._getframe(1).f_globals, **values})


def set_student(**values: Any) -> None:
    """Bind names where student code and tests share a process; see `TrustedClient.assign`."""
    sys._getframe(1).f_globals.update(values)
