"""What a test sees in place of the student's objects.

A proxy holds a number and asks the student's side. Classes become real classes here, so that `isinstance`,
`except` and `type(x).__name__` work; functions become callables; other objects forward attributes, methods
and the special methods that their class has.

Comparisons and arithmetic between a proxy and anything else are refused: an object that is equal to
everything, or whose difference from anything is 0.0, must not pass a test. The refusals derive from
BaseException, so that neither `except Exception` in a test nor NumPy's own fallbacks swallow them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from .split_values import EXCEPTIONS, Op

__all__ = [
    "FunctionProxy",
    "MethodProxy",
    "ObjectProxy",
    "OperatorProxy",
    "SplitRefusal",
    "StudentError",
    "StudentGone",
    "StudentLost",
    "StudentTimeout",
    "StudentType",
]


class SplitRefusal(BaseException):
    """A test wants what cannot be done across two processes; the message tells its author what to do."""


class StudentLost(BaseException):
    """The student's process did not answer. Never an answer of the student's code."""


class StudentTimeout(StudentLost):
    """The student's code took longer than one call may take."""


class StudentGone(StudentLost):
    """The student's process has ended, or was cut off because it broke the rules of the channel."""


class StudentError(Exception):
    """An exception of a class that the student has defined; it has the name of that class."""

    student_traceback = ""


class Client(Protocol):
    """What a proxy needs of the trusted side."""

    def request(
        self, op: int, target: int, name: str, values: Any = (), options: dict[str, Any] | None = None
    ) -> Any:
        """Ask the student's side and return its answer."""

    def fetch_attribute(self, target: int, name: str) -> Any:
        """Return the value of an attribute; writes into it are carried back later."""

    def lose(self, reason: str) -> NoReturn:
        """Cut the student's process off."""

    def dropped(self, ident: int) -> None:
        """Note that no proxy for an object is left."""


# Attributes of the form __x__ that are data about an object. All others are not asked for: NumPy would
# take an address from `__array_interface__` and read this process's memory there.
_ASKED = frozenset(
    f"__{name}__"
    for name in (
        *("dict", "annotations", "defaults", "kwdefaults", "module", "qualname", "slots", "wrapped"),
        *("dataclass_fields", "match_args", "func", "self", "name", "members"),
    )
)


def _is_asked(name: str) -> bool:
    """Tell whether the student's side is asked for an attribute."""
    if name.startswith("__") and name.endswith("__"):
        return name in _ASKED
    return not name.startswith(("_repr_", "_ipython_", "_split_"))


def _no_attribute(proxy: Any, name: str) -> NoReturn:
    raise AttributeError(f"{type(proxy).__name__!r} object has no attribute {name!r}")


class StudentType(type):
    """The class of the student's classes."""

    _split_class_client: Any
    _split_class: int
    _split_methods: frozenset[str]  # the names above differ from those of instances, which have slots

    def __new__(mcs, name: str, bases: tuple[type, ...], scope: dict[str, Any], **more: Any) -> StudentType:
        if "_split_made" not in scope:
            raise SplitRefusal(
                f"A test cannot derive {name} from a class of the student: the class is in another process. "
                "Let the student's code define the subclass, or call the student's class."
            )
        return super().__new__(mcs, name, bases, scope)

    def __init__(cls, name: str, bases: tuple[type, ...], scope: dict[str, Any], **more: Any) -> None:
        super().__init__(name, bases, scope)

    def __call__(cls, *values: Any, **options: Any) -> Any:
        """Make an instance on the student's side."""
        return cls._split_class_client.request(Op.CALL, cls._split_class, "", values, options)

    def __getattr__(cls, name: str) -> Any:
        if not _is_asked(name):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        if name in cls._split_methods:
            return MethodProxy(cls._split_class_client, cls._split_class, name, cls)
        return cls._split_class_client.fetch_attribute(cls._split_class, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        if name.startswith("__"):
            type.__setattr__(cls, name, value)
        else:
            cls._split_class_client.request(Op.SET, cls._split_class, name, (value,))

    def __delattr__(cls, name: str) -> None:
        cls._split_class_client.request(Op.DELETE, cls._split_class, name)

    @property
    def __signature__(cls) -> inspect.Signature:
        """The parameters of the constructor."""
        return signature(cls._split_class_client, cls._split_class, "")


class _Handle:
    """Holds the number of one object on the student's side."""

    __slots__ = ("__weakref__", "_split_client", "_split_ident")
    _split_client: Any
    _split_ident: int

    def __del__(self) -> None:
        self._split_client.dropped(self._split_ident)

    def __hash__(self) -> int:
        return hash(("student", self._split_ident))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SplitRefusal("An object of the student cannot be pickled: it is in another process.")


def attach(proxy: Any, client: Any, ident: int) -> Any:
    """Give a new proxy its number."""
    object.__setattr__(proxy, "_split_client", client)
    object.__setattr__(proxy, "_split_ident", ident)
    return proxy


class FunctionProxy(_Handle):
    """A function of the student."""

    __slots__ = ("__name__", "_split_doc", "signature_text")

    def __call__(self, /, *values: Any, **options: Any) -> Any:
        """Call it on the student's side."""
        return self._split_client.request(Op.CALL, self._split_ident, "", values, options)

    def __getattr__(self, name: str) -> Any:
        if name == "__qualname__":
            return self.__name__
        if not _is_asked(name):
            _no_attribute(self, name)
        return self._split_client.fetch_attribute(self._split_ident, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("__name__", "_split_doc", "signature_text"):
            object.__setattr__(self, name, value)
        else:
            self._split_client.request(Op.SET, self._split_ident, name, (value,))

    def __repr__(self) -> str:
        return f"<function {self.__name__}{self.signature_text} of the student>"

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters, for `inspect.signature`; a default that is not plain data is shown as text."""
        return signature(self._split_client, self._split_ident, "")

    def unchanged(self, /, *values: Any, **options: Any) -> bool:
        """Tell whether a call leaves its arguments as they are, asked where the change would happen."""
        return self._split_client.request(Op.UNCHANGED, self._split_ident, "", values, options)


FunctionProxy.__doc__ = property(lambda self: self._split_doc)  # type: ignore[assignment]


class MethodProxy:
    """A method of a student's object or class. Making one asks nothing; calling it asks once."""

    __slots__ = ("__name__", "_split_client", "_split_ident", "_split_owner")

    def __init__(self, client: Any, ident: int, name: str, owner: Any) -> None:
        self._split_client = client
        self._split_ident = ident
        self.__name__ = name
        self._split_owner = owner  # keeps the object alive on the other side

    def __call__(self, /, *values: Any, **options: Any) -> Any:
        """Call it on the student's side."""
        return self._split_client.request(Op.METHOD, self._split_ident, self.__name__, values, options)

    def __getattr__(self, name: str) -> Any:
        if not _is_asked(name):
            _no_attribute(self, name)
        return getattr(self._split_client.fetch_attribute(self._split_ident, self.__name__), name)

    def __repr__(self) -> str:
        return f"<method {self.__name__} of the student>"

    def __eq__(self, other: Any) -> bool:
        same = isinstance(other, MethodProxy) and self._split_ident == other._split_ident
        return same and self.__name__ == other.__name__

    def __hash__(self) -> int:
        return hash((self._split_ident, self.__name__))

    @property
    def __self__(self) -> Any:
        """The object that it belongs to."""
        return self._split_owner

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters, for `inspect.signature`."""
        return signature(self._split_client, self._split_ident, self.__name__)

    def unchanged(self, /, *values: Any, **options: Any) -> bool:
        """Tell whether a call leaves its arguments as they are, asked where the change would happen."""
        return self._split_client.request(Op.UNCHANGED, self._split_ident, self.__name__, values, options)


MethodProxy.__doc__ = property(  # type: ignore[assignment]
    lambda self: self._split_client.fetch_attribute(self._split_ident, self.__name__).__doc__
)


class ObjectProxy(_Handle):
    """Any other object of the student. Every class of the student has its own subclass of this."""

    __slots__ = ()
    _split_methods: frozenset[str] = frozenset()
    # Arrays leave arithmetic with a proxy to the proxy, which refuses it or sends it over.
    __array_ufunc__ = None

    def __getattr__(self, name: str) -> Any:
        if name in self._split_methods:
            return MethodProxy(self._split_client, self._split_ident, name, self)
        if not _is_asked(name):
            _no_attribute(self, name)
        return self._split_client.fetch_attribute(self._split_ident, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._split_client.request(Op.SET, self._split_ident, name, (value,))

    def __delattr__(self, name: str) -> None:
        self._split_client.request(Op.DELETE, self._split_ident, name)

    def _split_builtin(self, name: str, *values: Any) -> Any:
        return self._split_client.request(Op.BUILTIN, self._split_ident, name, values)

    def __repr__(self) -> str:
        return _text(self, self._split_builtin("repr"))

    def __str__(self) -> str:
        return _text(self, self._split_builtin("str"))

    def __format__(self, how: str) -> str:
        return _text(self, self._split_builtin("format", how))

    def __dir__(self) -> list[str]:
        return [name for name in self._split_builtin("dir") if isinstance(name, str)]

    def __copy__(self) -> Any:
        return self._split_builtin("copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return self._split_builtin("deepcopy")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SplitRefusal(
            f"A {type(self).__name__} of the student was used as an array. Ask for its data, such as an "
            "attribute that holds an array, and test that."
        )

    def __eq__(self, other: Any) -> bool:
        if self is other or other is None:
            return self is other
        _refuse("==", self, other)

    def __ne__(self, other: Any) -> bool:
        return not self == other

    __hash__ = _Handle.__hash__


def _text(proxy: Any, value: Any) -> str:
    if not isinstance(value, str):
        proxy._split_client.lose("text was asked for, and something else came.")
    return value


def _refuse(sign: str, *operands: Any) -> NoReturn:
    """Refuse an operation between objects of the student and other values."""
    kinds = " and ".join(type(operand).__name__ for operand in operands)
    raise SplitRefusal(
        f"{sign} between {kinds}: a class of the student is involved, and its own method would decide what "
        "the result is. Compare plain data (numbers, arrays, text, attributes that hold them), write the "
        "expression with student_eval, or declare the class as an operator class of the assignment."
    )


_BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "and": "&",
    "or": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
}
_COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_UNARY = {"neg": "-", "pos": "+", "invert": "~", "abs": "abs()"}
_OPERATOR = {"and": "and_", "or": "or_", "invert": "invert"}


def _refusing(sign: str) -> Callable[..., Any]:
    def refuse(self: Any, *others: Any) -> NoReturn:
        _refuse(sign, self, *others)

    return refuse


def _plain_verdict(value: Any) -> Any:
    if isinstance(value, _Handle):
        raise SplitRefusal(
            f"A comparison gave a {type(value).__name__} of the student; only plain data may decide a test."
        )
    return value


class OperatorProxy(ObjectProxy):
    """An object of a declared operator class: its operators are evaluated on the student's side."""

    __slots__ = ()

    def __eq__(self, other: Any) -> Any:
        return _plain_verdict(self._split_client.request(Op.OPERATE, 0, "eq", (self, other)))

    def __ne__(self, other: Any) -> Any:
        return _plain_verdict(self._split_client.request(Op.OPERATE, 0, "ne", (self, other)))

    __hash__ = _Handle.__hash__


def _operating(name: str, swapped: bool = False) -> Callable[..., Any]:
    word = _OPERATOR.get(name, name)
    compares = name in _COMPARE

    def operate(self: Any, *others: Any) -> Any:
        values = (*others, self) if swapped else (self, *others)
        result = self._split_client.request(Op.OPERATE, 0, word, values)
        return _plain_verdict(result) if compares else result

    return operate


for _name, _sign in (_BINARY | _COMPARE | _UNARY).items():
    setattr(ObjectProxy, f"__{_name}__", _refusing(_sign))
    setattr(OperatorProxy, f"__{_name}__", _operating(_name))
    if _name in _BINARY:
        setattr(ObjectProxy, f"__r{_name}__", _refusing(_sign))
        setattr(OperatorProxy, f"__r{_name}__", _operating(_name, swapped=True))


# ---- the special methods that a class gets if the student's class has them


def _builtin_method(name: str, wanted: type | None) -> Callable[..., Any]:
    def method(self: Any, *values: Any) -> Any:
        result = self._split_builtin(name, *values)
        if wanted is not None and type(result) is not wanted:
            self._split_client.lose(f"{name}() gave something other than {wanted.__name__}.")
        return result

    return method


def _call(self: Any, *values: Any, **options: Any) -> Any:
    return self._split_client.request(Op.CALL, self._split_ident, "", values, options)


def _iter(self: Any) -> Any:
    return self._split_builtin("iter")


def _own_iter(self: Any) -> Any:
    return self


def _next(self: Any) -> Any:
    return self._split_client.step(self._split_ident)


def _exit(self: Any, kind: Any, error: Any, trace: Any) -> bool:
    if kind is not None and not issubclass(kind, Exception):
        self._split_builtin("exit", None, "")
        return False
    known = next((base for base in kind.__mro__ if base in EXCEPTIONS.values()), None) if kind else None
    return bool(self._split_builtin("exit", known, str(error)[:1000] if error else ""))


SPECIAL: dict[str, Callable[..., Any]] = {
    "__call__": _call,
    "__iter__": _iter,
    "__next__": _next,
    "__exit__": _exit,
    "__len__": _builtin_method("len", int),
    "__bool__": _builtin_method("bool", bool),
    "__float__": _builtin_method("float", float),
    "__int__": _builtin_method("int", int),
    "__complex__": _builtin_method("complex", complex),
    "__contains__": _builtin_method("contains", bool),
    **{f"__{name}__": _builtin_method(name, None) for name in ("getitem", "setitem", "delitem", "enter")},
    **{f"__{name}__": _builtin_method(name, None) for name in ("reversed", "round")},
}


def make_class(
    client: Any, ident: int, name: str, text: Any, bases: tuple[type, ...], methods: Any, special: Any
) -> StudentType:
    """Make the class that stands for a class of the student.

    Parameters
    ----------
    bases : tuple of type
        Classes of the same sort, at least one.
    methods, special : list of str
        The ordinary and the special methods that the student's class has.
    """
    scope: dict[str, Any] = {"__slots__": (), "_split_made": True, "__doc__": text, "__module__": "student"}
    scope |= {key: SPECIAL[key] for key in special if key in SPECIAL}
    if "__next__" in scope:
        scope["__iter__"] = _own_iter
    scope["_split_class_client"], scope["_split_class"] = client, ident
    scope["_split_methods"] = frozenset(methods)
    return StudentType(name, bases, scope)


def signature(client: Any, ident: int, name: str) -> inspect.Signature:
    """Return the parameters of a function or method of the student."""
    parameters = []
    for entry in client.request(Op.SIGNATURE, ident, name):
        if type(entry) is not tuple or len(entry) != 4 or type(entry[1]) is not int:
            client.lose("a parameter that is not described.")
        word, kind, has_default, default = entry
        default = default if has_default else inspect.Parameter.empty
        parameters.append(inspect.Parameter(str(word), inspect._ParameterKind(kind), default=default))
    return inspect.Signature(parameters)
