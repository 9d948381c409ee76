"""What dual numbers and graph nodes have in common: they look like NumPy arrays and carry a derivative.

NumPy's own functions work on both (`np.exp(u)`, `3 - u`, `A @ u`, `np.sum(u)`): NumPy hands the call
over by its array protocols. Whatever has no derivative rule here is refused, never computed without one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from mlpkit._checks import Array, Shape
from mlpkit.differentiate._rules import PLAIN, RULES, Rule, where_rule

__all__ = ["Operand", "plain", "unbroadcast"]


def plain(operand: Any) -> Any:
    """The value of a dual number or node; anything else as it is."""
    return operand.value if isinstance(operand, Operand) else operand


def unbroadcast(derivative: Array, shape: Shape) -> Array:
    """Sum `derivative` over the axes along which an operand of `shape` was repeated by broadcasting.

    One entry that was used many times collects the derivatives of all its uses.
    """
    extra = derivative.ndim - len(shape)
    stretched = [axis for axis, size in enumerate(shape, start=extra) if size == 1]
    summed = derivative.sum(axis=(*range(extra), *stretched), keepdims=True)
    return summed.reshape(shape)


class Operand(NDArrayOperatorsMixin):
    """Base of `Dual` and `Node`: operators, NumPy's protocols and the linear rearrangements."""

    value: Array

    # -- what a subclass gives -----------------------------------------------------------------------

    @classmethod
    @abstractmethod
    def _apply(cls, rule: Rule, operands: tuple[Any, ...]) -> Operand:
        """Result of an operation that acts entry by entry."""

    @classmethod
    @abstractmethod
    def _matmul(cls, a: Any, b: Any) -> Operand:
        """Matrix product."""

    @classmethod
    @abstractmethod
    def _stack(cls, operands: tuple[Any, ...]) -> Operand:
        """Operands of one shape side by side along a new first axis."""

    @abstractmethod
    def _linear(
        self, name: str, forward: Callable[[Array], Array], back: Callable[[Array], Array]
    ) -> Operand:
        """Result of a linear map; `back` is its transpose, from the result's shape to this one's."""

    # -- NumPy's protocols ---------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        kind = type(self)
        if "out" in options:
            raise TypeError(
                f"a {kind.__name__} cannot be changed in place: later derivatives need the old value. "
                "Write u = u + v instead of u += v."
            )
        _refuse_mixtures(kind, inputs)
        if method != "__call__" or options:
            with_options = f" with {', '.join(options)}" if options else ""
            call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise TypeError(f"np.{call}{with_options} has no derivative rule here; known: {_known()}.")
        if ufunc in PLAIN:
            return ufunc(*map(plain, inputs))
        if ufunc is np.matmul:
            return kind._matmul(*inputs)
        if ufunc not in RULES:
            raise TypeError(f"np.{ufunc.__name__} has no derivative rule here; known: {_known()}.")
        return kind._apply(RULES[ufunc], inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        _refuse_mixtures(type(self), args[0] if function is np.stack else args)
        if function not in _FUNCTIONS:
            raise TypeError(f"np.{function.__name__} has no derivative rule here; use one of {_known()}.")
        return _FUNCTIONS[function](*args, **kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} does not become an ordinary array: its derivative would be lost. "
            "Use its .value if that is meant."
        )

    def __float__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} does not become an ordinary float: its derivative would be lost. "
            "Use exp, log, sin, ... of mlpkit.differentiate (or of NumPy) instead of those of math."
        )

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            f"entries of a {type(self).__name__} cannot be changed in place: "
            "later derivatives need the old ones."
        )

    __hash__ = object.__hash__

    # -- looking like an array -----------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """Shape of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.value.size

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __getitem__(self, key: Any) -> Any:
        def back(dy: Array) -> Array:
            full = np.zeros(self.shape, dtype=dy.dtype)
            np.add.at(full, key, dy)  # an entry taken twice collects twice
            return full

        return self._linear("index", lambda a: a[key], back)

    def sum(self, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Sum of the entries over `axis` (all axes if None)."""
        if out is not None:
            raise TypeError(f"sum of a {type(self).__name__} cannot write into out.")
        axes = tuple(range(self.ndim)) if axis is None else axis

        def back(dy: Array) -> Array:
            return np.broadcast_to(dy if keepdims else np.expand_dims(dy, axes), self.shape)

        return self._linear("sum", lambda a: a.sum(axis=axes, keepdims=keepdims), back)

    def mean(self, axis: Any = None, dtype: None = None, out: None = None, *, keepdims: bool = False) -> Any:
        """Mean of the entries over `axis` (all axes if None)."""
        total = self.sum(axis, out, keepdims=keepdims)
        return total / (self.size / max(total.size, 1))

    def reshape(self, *shape: Any) -> Any:
        """The same entries in another shape."""
        return self._linear("reshape", lambda a: a.reshape(*shape), lambda dy: dy.reshape(self.shape))

    @property
    def T(self) -> Any:
        """Axes in reverse order."""
        return self._linear("transpose", lambda a: a.T, lambda dy: dy.T)


def _refuse_mixtures(kind: type, operands: Any) -> None:
    for operand in operands:
        if isinstance(operand, Operand) and not isinstance(operand, kind):
            raise TypeError(
                f"cannot combine a {kind.__name__} with a {type(operand).__name__}: "
                "forward and reverse mode are separate calculations."
            )


def _known() -> str:
    return ", ".join(
        sorted({rule.value.__name__ for rule in RULES.values()} | {"matmul", "sum", "mean", "stack", "where"})
    )


def _where(condition: Any, u: Any, v: Any) -> Any:
    kind = type(u) if isinstance(u, Operand) else type(v)
    if not issubclass(kind, Operand):
        raise TypeError("np.where needs an ordinary condition; compare first, for instance u > 0.")
    return kind._apply(where_rule(np.asarray(plain(condition), dtype=bool)), (u, v))


def _stack(operands: Any, axis: int = 0) -> Any:
    if axis != 0:
        raise TypeError(f"np.stack of a Dual or Node is along axis 0 only, got {axis}.")
    kind = next(type(u) for u in operands if isinstance(u, Operand))
    return kind._stack(tuple(operands))


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: lambda a, axis=None, **options: a.sum(axis, **options),
    np.mean: lambda a, axis=None, **options: a.mean(axis, **options),
    np.dot: lambda a, b: a @ b,
    np.reshape: lambda a, shape: a.reshape(shape),
    np.transpose: lambda a: a.T,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
    np.where: _where,
    np.stack: _stack,
}
