"""Elementary functions for every kind of argument: written once, a function differentiates in all four ways.

Each takes numbers, arrays, `Dual`, `Node`, SymPy expressions, and arrays of SymPy expressions (dtype object).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = [
    "absolute",
    "cos",
    "exp",
    "log",
    "maximum",
    "minimum",
    "sigmoid",
    "sin",
    "sqrt",
    "stack",
    "tan",
    "tanh",
]


def _call(ufunc: np.ufunc, sympy_name: str, *arguments: Any) -> Any:
    if not any(map(_is_symbolic, arguments)):
        return ufunc(*arguments)
    function = getattr(sys.modules["sympy"], sympy_name)
    return np.frompyfunc(function, len(arguments), 1)(*arguments)


def _is_symbolic(argument: Any) -> bool:
    # Whoever holds a SymPy object has imported SymPy; others are spared its 0.3 s.
    sympy = sys.modules.get("sympy")
    if sympy is None:
        return False
    return isinstance(argument, sympy.Basic) or (
        isinstance(argument, np.ndarray) and argument.dtype.kind == "O"
    )


def _is_complex(argument: Any) -> bool:
    return isinstance(argument, (complex, np.ndarray, np.generic)) and np.iscomplexobj(argument)


def exp(u: Any) -> Any:
    """e to the power u."""
    return _call(np.exp, "exp", u)


def log(u: Any) -> Any:
    """Natural logarithm of u > 0."""
    return _call(np.log, "log", u)


def sin(u: Any) -> Any:
    """Sine of u in radians."""
    return _call(np.sin, "sin", u)


def cos(u: Any) -> Any:
    """Cosine of u in radians."""
    return _call(np.cos, "cos", u)


def tan(u: Any) -> Any:
    """Tangent of u in radians."""
    return _call(np.tan, "tan", u)


def tanh(u: Any) -> Any:
    """Hyperbolic tangent."""
    return _call(np.tanh, "tanh", u)


def sqrt(u: Any) -> Any:
    """Square root of u >= 0; its derivative at 0 is infinite."""
    return _call(np.sqrt, "sqrt", u)


def absolute(u: Any) -> Any:
    """|u|; at 0 the derivative is taken as 0, one of the subderivatives."""
    if _is_complex(u):
        # The modulus of a complex number is not analytic; the complex step needs ±u.
        return np.where(np.real(u) < 0, -u, u)
    return _call(np.absolute, "Abs", u)


def maximum(u: Any, v: Any) -> Any:
    """The larger of u and v; in a tie the derivative goes to the first, so `maximum(z, 0)` is the ReLU."""
    return _call(np.maximum, "Max", u, v)


def minimum(u: Any, v: Any) -> Any:
    """The smaller of u and v; in a tie the derivative goes to the first."""
    return _call(np.minimum, "Min", u, v)


def sigmoid(u: Any) -> Any:
    """S(u) = 1/(1 + e^(-u)), by S(u) = (1 + tanh(u/2))/2, which cannot overflow."""
    return 0.5 * (1 + tanh(0.5 * u))


def stack(entries: Sequence[Any]) -> Any:
    """One array from several results of the same shape: how a function of numbers returns m of them."""
    if any(map(_is_symbolic, entries)):
        return np.stack([np.asarray(entry, dtype=object) for entry in entries])
    return np.stack(list(entries))
