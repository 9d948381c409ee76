"""The student's side of the split: keeps the student's objects and does with them what the trusted side asks.

Everything here runs in a process that belongs to the student's code. It may be read, replaced and lied
through, so nothing on the trusted side relies on it; it only serves honest work well.
"""

from __future__ import annotations

import builtins
import copy
import inspect
import io
import operator
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import numpy as np

from .codec import EncodeError, Limits, ProtocolError, Reference, decode, encode
from .split_ambient import applied
from .split_channel import Channel, ChannelClosedError, Frame
from .split_values import (
    EXCEPTIONS,
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
    plain_arguments,
    record_parts,
    safe_text,
)

__all__ = ["CAPABILITIES", "Shell", "StudentHost"]

_FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
)
# Special methods that the other side may use on an object, if its class has them.
_WORDS: tuple[str, ...] = ("call", "len", "iter", "next", "getitem", "setitem", "delitem", "contains")
_WORDS += ("enter", "exit", "float", "int", "complex", "bool", "reversed", "round")
CAPABILITIES = tuple(f"__{word}__" for word in _WORDS)
_METHODS_TOLD = 200
_TEXT = 10_000
_OBJECTS = 200_000


class Shell(Protocol):
    """What the host needs of the shell that runs the student's cells."""

    namespace: dict[str, Any]

    def run_cell(self, source: str) -> Any:
        """Run one cell and return its outputs as plain data."""


class _Overtime(BaseException):
    """The time of a request is over. Not an Exception, so that `except Exception` does not swallow it."""


class _RefusedError(Exception):
    """The request cannot be answered, with what the author of the test can do about it."""


class StudentHost:
    """Answers the requests of the trusted side.

    Parameters
    ----------
    channel : Channel
        This side's end.
    shell : Shell
        Runs cells and holds the student's names.
    limits : Limits
        What a message may hold.
    restore : callable, optional
        Makes the student's names what they were after a cell, by its number.
    """

    def __init__(
        self,
        channel: Channel,
        shell: Shell,
        limits: Limits | None = None,
        restore: Callable[[int], None] | None = None,
    ) -> None:
        self.channel = channel
        self.shell = shell
        self._restore = restore
        self.seconds = 10.0  # until the other side says how long a call may take
        self.limits = limits or Limits()
        self.asked = 0
        self._objects: dict[int, Any] = {}
        self._idents: dict[int, int] = {}
        self._next = 1
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._callback_idents: dict[int, int] = {}
        self._generators: dict[int, Any] = {}
        self._generator_idents: dict[int, int] = {}
        self._records = Records(1 << 16)
        self._depth = 0
        self._active = 0
        self._waiting = False
        self._late = False
        self._serving = False
        self._thread = 0
        self._out, self._err = io.StringIO(), io.StringIO()
        self._operations: dict[int, Callable[..., Any]] = {
            Op.FETCH: self._fetch,
            Op.CALL: self._call,
            Op.METHOD: self._method,
            Op.GET: lambda target, name: getattr(self._objects[target], name),
            Op.SET: lambda target, name, value: setattr(self._objects[target], name, value),
            Op.DELETE: lambda target, name: delattr(self._objects[target], name),
            Op.BUILTIN: self._builtin,
            Op.NEXT: self._step,
            Op.OPERATE: lambda target, name, *values: getattr(operator, name)(*values),
            Op.EVALUATE: self._evaluate,
            Op.UNCHANGED: self._unchanged,
            Op.ASSIGN: self._assign_name,
            Op.SIGNATURE: self._signature,
            Op.HAS: lambda target, name: name in self.shell.namespace,
            Op.RUN_CELL: lambda target, name, source: self.shell.run_cell(source),
            Op.PING: lambda target, name: None,
            Op.LEAVE: self._leave,
            Op.SWITCH: self._switch,
        }

    # ---- the loop

    def serve(self) -> None:
        """Answer requests until the trusted side says `leave`, or closes the channel.

        Call it in the main thread, as often as tests are to run. It uses the timer signal meanwhile.
        """
        self._thread = threading.get_ident()
        self._serving = True
        handler = signal.signal(signal.SIGALRM, self._on_alarm)
        try:
            while self._serving:
                frame = self.channel.receive()
                if frame.kind == Message.REQUEST:
                    self._answer(frame)
        except ChannelClosedError:
            pass
        finally:
            signal.signal(signal.SIGALRM, handler)

    def _on_alarm(self, number: int, frame: Any) -> None:
        if self._waiting:
            # The answer of the trusted side must be read before anything is raised.
            self._late = True
        elif self._depth:
            raise _Overtime

    def _answer(self, frame: Frame) -> None:
        """Do what one request asks, and send the result or what went wrong."""
        outer, self._active = self._active, frame.ident
        outermost = self._depth == 0
        try:
            kind, body = self._perform(frame.body, outermost)
        except _Overtime:
            if not outermost:
                self._active = outer
            kind, body = Message.OVERTIME, encode(None)
        except (EncodeError, _RefusedError, ProtocolError) as problem:
            kind, body = Message.REFUSED, encode(str(problem))
        finally:
            if outermost:
                self._depth = 0
                signal.setitimer(signal.ITIMER_REAL, 0)
        waiting, self._waiting = self._waiting, True  # half a message would end everything
        self.channel.send(kind, frame.ident, body)
        self._waiting, self._active = waiting, outer

    def _perform(self, message: bytes | bytearray, outermost: bool) -> tuple[int, bytearray]:
        request = decode(message, self.limits, self._load)
        op, target, name, values = request[:4]
        options = request[4] if len(request) > 4 else {}
        extras = request[5] if len(request) > 5 else {}
        if extras:
            self._prepare(extras)
        self.asked += 1
        self._depth += 1
        try:
            if outermost:
                seconds = extras.get("seconds", self.seconds)
                signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
            if extras.keys() & {"ambient", "back"}:
                return self._run_with(extras, op, target, name, values, options)
            return self._run(op, target, name, values, options)
        finally:
            self._depth -= 1

    def _run_with(self, extras: dict[str, Any], *request: Any) -> tuple[int, bytearray]:
        """Run a request inside the state that the test has set, and say which arguments it changed."""
        values, options = request[3], request[4]
        watched = {
            key: values[key] if isinstance(key, int) else options[key] for key in extras.get("back", ())
        }
        before = {key: encode(value, self.limits, self._export) for key, value in watched.items()}
        with applied(extras.get("ambient", {})) as seen:
            outcome = self._invoke(*request)
        changed = {
            key: value
            for key, value in watched.items()
            if encode(value, self.limits, self._export) != before[key]
        }
        return self._reply(*outcome, seen, changed)

    def _run(self, *request: Any) -> tuple[int, bytearray]:
        return self._reply(*self._invoke(*request), [], {})

    def _invoke(self, op: int, target: int, name: str, values: Any, options: Any) -> tuple[bool, Any]:
        """Run student code with its text caught; give whether it returned, and the value or the exception."""
        operation = self._operations[op]
        shown = sys.stdout, sys.stderr
        if op != Op.RUN_CELL and self._depth == 1:
            sys.stdout, sys.stderr = self._out, self._err
        try:
            return True, operation(target, name, *values, **options)
        except (_Overtime, _RefusedError):
            raise
        except BaseException as error:
            return False, error
        finally:
            sys.stdout, sys.stderr = shown

    def _reply(self, fine: bool, value: Any, seen: list[Any], changed: Any) -> tuple[int, bytearray]:
        out, err = self._text(self._out), self._text(self._err)
        if not fine:
            message = (self._describe_error(value), out, err, seen, changed)
            return Message.RAISED, encode(message, self.limits, self._export)
        if out or err or seen or changed:
            message = (value, out, err, seen, changed)
            return Message.REPLY_WITH_EXTRAS, encode(message, self.limits, self._export)
        return Message.REPLY, encode(value, self.limits, self._export)

    def _text(self, stream: io.StringIO) -> str:
        """Return what was printed to a stream since the last time, at most a million characters."""
        if not stream.tell():
            return ""
        text = stream.getvalue()[:1_000_000]
        stream.seek(0)
        stream.truncate()
        return text

    def _prepare(self, extras: dict[str, Any]) -> None:
        """Forget what the other side has dropped, and take over what it wrote into fetched values."""
        self.seconds = extras.get("usual", self.seconds)
        for (where, name), value in extras.get("writes", ()):
            self._write(where, name, value)
        for ident in extras.get("free", ()):
            self._idents.pop(id(self._objects.pop(ident, None)), None)

    def _write(self, where: int, name: Any, value: Any) -> None:
        """Give a name or an attribute new contents, inside the object that it has already if that fits."""
        with suppress(Exception):
            if where == 0:
                namespace = self.shell.namespace
                if not assign_in_place(namespace.get(name), value):
                    namespace[name] = value
            elif not assign_in_place(getattr(self._objects[where], name), value):
                setattr(self._objects[where], name, value)

    # ---- the operations

    def _fetch(self, target: int, name: str) -> tuple[Any, ...]:
        namespace = self.shell.namespace
        return (namespace[name],) if name in namespace else ()

    def _switch(self, target: int, name: str) -> None:
        if self._restore is None:
            raise _RefusedError("No moments have been kept here.")
        self._restore(target)

    def _leave(self, target: int, name: str) -> None:
        self._serving = False

    def _call(self, target: int, name: str, /, *values: Any, **options: Any) -> Any:
        return self._objects[target](*values, **options)

    def _method(self, target: int, name: str, /, *values: Any, **options: Any) -> Any:
        return getattr(self._objects[target], name)(*values, **options)

    def _builtin(self, target: int, name: str, *values: Any) -> Any:
        """Apply a built-in function or an operation with a special method."""
        thing = self._objects[target]
        if name in _BUILTINS:
            return _BUILTINS[name](thing, *values)
        raise _RefusedError(f"{name} is not known here.")

    def _step(self, target: int, name: str) -> tuple[Any, ...]:
        """Return the next item of an iterator in a tuple, or an empty tuple at its end."""
        try:
            return (next(self._objects[target]),)
        except StopIteration:
            return ()

    def _evaluate(self, target: int, name: str, values: dict[str, Any]) -> Any:
        scope = {**self.shell.namespace, **values}
        value = eval(compile(name, "<expression of a test>", "eval"), scope)
        try:
            encode(value, self.limits)
        except EncodeError as problem:
            raise _RefusedError(
                f"student_eval({name!r}) gives {problem} Let the expression end in plain data."
            ) from None
        return value

    def _unchanged(self, target: int, name: str, /, *values: Any, **options: Any) -> bool:
        before = encode((values, options), self.limits, self._export)
        function = getattr(self._objects[target], name) if name else self._objects[target]
        function(*values, **options)
        return bool(encode((values, options), self.limits, self._export) == before)

    def _assign_name(self, target: int, name: str, value: Any) -> None:
        self.shell.namespace[name] = value

    def _signature(self, target: int, name: str) -> list[tuple[Any, ...]]:
        """Return name, kind, whether there is a default, and the default of each parameter."""
        thing = getattr(self._objects[target], name) if name else self._objects[target]
        return [
            (p.name, int(p.kind), p.default is not p.empty, self._plain_default(p.default))
            for p in inspect.signature(thing).parameters.values()
        ]

    def _plain_default(self, value: Any) -> Any:
        try:
            encode(value, self.limits)
        except EncodeError:
            return safe_text(value, 200, repr)
        return value

    # ---- calls back into the trusted side

    def _call_back(self, ident: int, name: str, values: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread or not self._active:
            raise RuntimeError(f"{name} belongs to a test: it can be called only while the test calls you.")
        try:
            body = encode((ident, values, options), self.limits, self._export)
        except EncodeError as problem:
            raise TypeError(f"{name} cannot be called with {problem}") from None
        shown = sys.stdout, sys.stderr
        self._waiting = True
        try:
            self.channel.send(Message.CALLBACK, self._active, body)
            answer = self._wait(self._active)
        finally:
            self._waiting = False
            sys.stdout, sys.stderr = shown
        if self._late:
            self._late = False
            raise _Overtime
        return answer

    def _wait(self, active: int) -> Any:
        """Wait for the value of a callback; requests that come meanwhile are answered."""
        while True:
            frame = self.channel.receive()
            if frame.kind == Message.REQUEST:
                self._waiting = False
                self._answer(frame)
                self._waiting = True
            elif frame.ident == active and frame.kind == Message.CALLBACK_REPLY:
                return decode(frame.body, self.limits, self._load)
            elif frame.ident == active and frame.kind == Message.CALLBACK_RAISED:
                name, number, text = decode(frame.body, self.limits)
                error = make_exception(EXCEPTIONS.get(name, RuntimeError), (text,))
                error._split_origin = number  # type: ignore[attr-defined]
                raise error

    # ---- objects on the way in and out

    def _load(self, reference: Reference) -> Any:
        kind, ident, about = reference.kind, reference.ident, reference.about
        if kind == Kind.YOURS:
            return self._objects[ident]
        if kind == Kind.CALLBACK:
            return self._callbacks.get(ident) or self._make_callback(ident, about)
        if kind == Kind.NAMED:
            return named(about)
        if kind == Kind.RECORD:
            return self._records.make(about)
        if kind == Kind.EXCEPTION:
            return make_exception(EXCEPTIONS[about[0]], about[1])
        if kind == Kind.GENERATOR:
            return self._generator(ident, about)
        raise ProtocolError(f"a reference of kind {kind}.")

    def _make_callback(self, ident: int, name: str) -> Callable[..., Any]:
        def callback(*values: Any, **options: Any) -> Any:
            return self._call_back(ident, name, values, options)

        callback.__name__ = callback.__qualname__ = name
        self._callbacks[ident] = callback
        self._callback_idents[id(callback)] = ident
        return callback

    def _generator(self, ident: int, about: Any) -> Any:
        """Return the copy of a test's generator; it goes on by itself until the test sends a state."""
        if about is not None:
            name, state = about
            if name == "RandomState":
                made: Any = np.random.RandomState()
                made.set_state(state)
            else:
                made = np.random.Generator(getattr(np.random, name)())
                made.bit_generator.state = state
            self._generators[ident] = made
            self._generator_idents[id(made)] = ident
        return self._generators[ident]

    def _export(self, value: Any) -> Reference | None:
        """Return what stands for an object that is not plain data; None for subclasses of plain types."""
        kind = type(value)
        name = name_of(value)
        if name is not None:
            return Reference(Kind.NAMED, 0, name)
        theirs = self._callback_idents.get(id(value)) or self._generator_idents.get(id(value))
        if theirs is not None:
            return Reference(Kind.YOURS, theirs)
        parts = record_parts(value) if issubclass(kind, tuple) else None
        if parts is not None:
            return Reference(Kind.RECORD, 0, parts)
        if issubclass(kind, PLAIN):
            return None
        if issubclass(kind, BaseException):
            return Reference(Kind.EXCEPTION, 0, self._describe_error(value)[:4])
        return self._hand_out(value, kind)

    def _hand_out(self, value: Any, kind: type) -> Reference:
        """Return a handle, with a description the first time that it is given."""
        ident = self._idents.get(id(value))
        new = ident is None
        if ident is None:
            if len(self._objects) >= _OBJECTS:
                raise EncodeError(f"more than {_OBJECTS} objects are held by the test.")
            ident, self._next = self._next, self._next + 1
            self._objects[ident] = value
            self._idents[id(value)] = ident
        if isinstance(value, type):
            return Reference(Kind.CLASS, ident, self._describe_class(value) if new else None)
        if isinstance(value, _FUNCTIONS):
            return Reference(Kind.FUNCTION, ident, _describe_function(value) if new else None)
        return Reference(Kind.OBJECT, ident, self._hand_out(kind, type))

    def _describe_class(self, kind: type) -> tuple[Any, ...]:
        """Return name, text, bases, methods and special methods of a class; the fields of a named tuple."""
        bases = tuple(base for base in kind.__bases__ if base is not object and not _foreign(base))
        methods = {
            name
            for base in kind.__mro__
            for name, value in vars(base).items()
            if type(value) is types.FunctionType and not name.startswith("__")
        }
        plain = [name for name in methods if type(getattr(kind, name, None)) is types.FunctionType]
        special = [name for name in CAPABILITIES if _has_special(kind, name)]
        fields = getattr(kind, "_fields", None) if issubclass(kind, tuple) else None
        known = exception_names(kind) if issubclass(kind, BaseException) else ()
        text = safe_text(kind.__doc__, _TEXT) if isinstance(kind.__doc__, str) else None
        told = sorted(plain) if len(plain) <= _METHODS_TOLD else []
        is_error = issubclass(kind, BaseException)
        return kind.__name__, text, bases, told, special, fields, known, is_error

    def _describe_error(self, error: BaseException) -> tuple[Any, ...]:
        """Return known names, arguments, own class, text, trace and origin of an exception."""
        kind = type(error)
        names = exception_names(kind)
        own = None
        if not names or EXCEPTIONS[names[0]] is not kind:
            own = kind.__name__ if _foreign(kind) else kind
        return names, plain_arguments(error), own, safe_text(error, 4000), _trace(error), _origin(error)


def _has_special(kind: type, name: str) -> bool:
    """Look a special method up as Python does: in the class and its bases, not in the class of the class."""
    found = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    return found is not None


def _origin(error: BaseException) -> int:
    """Return the number of the test's own exception if this is one that came through a callback."""
    number = getattr(error, "_split_origin", 0)
    return number if type(number) is int else 0


def _foreign(kind: type) -> bool:
    """Tell whether a class comes from a package or the built-ins rather than from the student."""
    root = str(kind.__module__).partition(".")[0]
    return root in _PACKAGES


def _trace(error: BaseException) -> str:
    """Return the lines of the student's cells that led to an exception."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__, limit=60)
        if frame.filename != __file__ and "autograder" not in frame.filename
    ]
    return "".join(traceback.format_list(frames[-8:]))[:4000]


def _describe_function(value: Any) -> tuple[Any, ...]:
    name = getattr(value, "__name__", None)
    text = getattr(value, "__doc__", None)
    try:
        signature = str(inspect.signature(value))[:1000]
    except (ValueError, TypeError):
        signature = "(...)"
    return (
        name[:200] if isinstance(name, str) else "<unnamed>",
        text[:_TEXT] if isinstance(text, str) else None,
        signature,
    )


_PACKAGES = (sys.stdlib_module_names - {"__main__"}) | {"builtins", "numpy", "scipy", "matplotlib"}
_BUILTINS: dict[str, Callable[..., Any]] = {
    "str": lambda thing: str(thing)[:1_000_000],
    "repr": lambda thing: repr(thing)[:1_000_000],
    "format": lambda thing, how: format(thing, how)[:1_000_000],
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "enter": lambda thing: type(thing).__enter__(thing),
    "exit": lambda thing, kind, text: bool(type(thing).__exit__(thing, kind, kind and kind(text), None)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
for _name in ("len", "iter", "bool", "float", "int", "complex", "dir", "reversed", "round"):
    _BUILTINS[_name] = getattr(builtins, _name)
