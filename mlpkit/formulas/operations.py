"""Operations of the course's formulas that SymPy has no unevaluated form for.

Products of matrices, norms, cases, the largest of several, minimisers, integrals: each prints in the notation
of the syllabus and computes with NumPy and SciPy when a formula is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any, ClassVar

import numpy as np
import sympy as sp
from scipy import integrate, optimize
from sympy.core.symbol import Str
from sympy.printing.precedence import PRECEDENCE

from mlpkit.formulas.symbols import Environment, Operation, Partial, evaluate

__all__ = [
    "Absolute",
    "Argmin",
    "Case",
    "Cases",
    "Column",
    "Component",
    "Diagonal",
    "Dot",
    "Expectation",
    "Fold",
    "Fraction",
    "Given",
    "Grid",
    "Hadamard",
    "Integral",
    "Inverse",
    "Jacobian",
    "Kronecker",
    "Larger",
    "Member",
    "Nabla",
    "Norm",
    "Other",
    "Otherwise",
    "Outer",
    "Rate",
    "Sign",
    "SlopeAt",
    "Span",
    "Transpose",
    "Versus",
]

_ADD, _MUL, _ATOM = PRECEDENCE["Add"], PRECEDENCE["Mul"], PRECEDENCE["Atom"]
Bound = Mapping[sp.Symbol, Any]


# -- plain operations ----------------------------------------------------------------------------------


class Fraction(Operation):
    """A quotient that prints as one, numerator over denominator."""

    def tex(self, *printed: str) -> str:
        return rf"\frac{{{printed[0]}}}{{{printed[1]}}}"

    def compute(self, *values: Any) -> Any:
        return values[0] / values[1]


class Dot(Operation):
    """A product of matrices and vectors, in the order written."""

    large = True
    precedence = _MUL
    inner = _MUL

    def tex(self, *printed: str) -> str:
        return r"\,".join(printed)

    def compute(self, *values: Any) -> Any:
        return reduce(np.matmul, map(np.asarray, values))


class Outer(Dot):
    """A column times a row: the matrix of all products of their entries."""

    def compute(self, *values: Any) -> Any:
        return np.outer(*values)


class Hadamard(Operation):
    """A product entry by entry."""

    precedence = _MUL
    inner = _ATOM

    def tex(self, *printed: str) -> str:
        return r" \odot ".join(printed)

    def compute(self, *values: Any) -> Any:
        if len({np.shape(value) for value in values}) > 1:
            raise ValueError(f"factors must have one shape, got {[np.shape(value) for value in values]}.")
        return reduce(np.multiply, values)


class Transpose(Operation):
    """The transpose; a vector of shape (n,) is a column and stays (n,), so that u^T v is a number."""

    inner = _ATOM

    def tex(self, *printed: str) -> str:
        base = rf"\left({printed[0]}\right)" if printed[0].startswith(r"\frac") else printed[0]
        return f"{base}^{{T}}"

    def compute(self, *values: Any) -> Any:
        return np.transpose(values[0])


class Norm(Operation):
    """The Euclidean length."""

    closed = True

    def tex(self, *printed: str) -> str:
        return rf"\left\lVert {printed[0]}\right\rVert"

    def compute(self, *values: Any) -> Any:
        return float(np.linalg.norm(np.ravel(values[0])))


class Absolute(Operation):
    """The magnitude of a number."""

    closed = True

    def tex(self, *printed: str) -> str:
        return rf"\left| {printed[0]}\right|"

    def compute(self, *values: Any) -> Any:
        return np.abs(values[0])


class Sign(Operation):
    """-1, 0 or 1, entry by entry."""

    def tex(self, *printed: str) -> str:
        return rf"\mathrm{{sign}}\!\left({printed[0]}\right)"

    def compute(self, *values: Any) -> Any:
        return np.sign(values[0])


class Larger(Operation):
    """The larger of two numbers."""

    def tex(self, *printed: str) -> str:
        return rf"\max\!\left({', '.join(printed)}\right)"

    def compute(self, *values: Any) -> Any:
        return max(values)


class Versus(Operation):
    r"""Two distributions that a divergence compares, $d \Vert Y$: their pair."""

    def tex(self, *printed: str) -> str:
        return r" \,\Vert\, ".join(printed)

    def compute(self, *values: Any) -> Any:
        return values


class Given(Versus):
    r"""An event and its condition, $1 \mid X$: their pair."""

    def tex(self, *printed: str) -> str:
        return r" \mid ".join(printed)


class Inverse(Operation):
    """The inverse of a matrix."""

    inner = _ATOM

    def tex(self, *printed: str) -> str:
        return f"{printed[0]}^{{-1}}"

    def compute(self, *values: Any) -> Any:
        return np.linalg.inv(values[0])


class Diagonal(Operation):
    """The square matrix with a vector on its diagonal."""

    def tex(self, *printed: str) -> str:
        return rf"\mathrm{{diag}}\!\left({printed[0]}\right)"

    def compute(self, *values: Any) -> Any:
        return np.diag(values[0])


class Kronecker(Operation):
    """1 if the two indices are equal, else 0."""

    def tex(self, *printed: str) -> str:
        return rf"\delta_{{{''.join(printed)}}}"

    def compute(self, *values: Any) -> Any:
        return int(values[0] == values[1])


class Component(Operation):
    """An entry of a vector or matrix, indices counted from 1."""

    def tex(self, *printed: str) -> str:
        return rf"\left[{printed[0]}\right]_{{{''.join(printed[1:])}}}"

    def compute(self, *values: Any) -> Any:
        return values[0][tuple(int(index) - 1 for index in values[1:])]


class Column(Operation):
    """A column vector of given entries."""

    def tex(self, *printed: str) -> str:
        return r"\begin{bmatrix} " + r" \\ ".join(printed) + r" \end{bmatrix}"

    def compute(self, *values: Any) -> Any:
        return np.array(values, dtype=float)


class Grid(Operation):
    """A square matrix of given entries, row after row."""

    def tex(self, *printed: str) -> str:
        n = round(len(printed) ** 0.5)
        rows = (" & ".join(printed[n * row : n * row + n]) for row in range(n))
        return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"

    def compute(self, *values: Any) -> Any:
        n = round(len(values) ** 0.5)
        return np.array(values, dtype=float).reshape(n, n)


# -- derivatives ---------------------------------------------------------------------------------------


class Rate(Partial):
    r"""A derivative with upright reading, ``Rate(y, x)`` is $dy/dx$; evaluated as `Partial` is."""


class Nabla(Operation):
    r"""A gradient with the shape of its variable: ``Nabla(x, f)`` is $\nabla_{x}f$."""

    def tex(self, *printed: str) -> str:
        return rf"\nabla_{{{printed[0]}}}{printed[1]}"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        below, above = (_named(part, environment, bound) for part in self.args)
        return environment["gradient"](above, below)


class Jacobian(Operation):
    r"""The matrix of partial derivatives: ``Jacobian(y, z)`` is $J_{y}(z)$, rows outputs, columns inputs."""

    def tex(self, *printed: str) -> str:
        return rf"J_{{{printed[0]}}}\!\left({printed[1]}\right)"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        above, below = (_named(part, environment, bound) for part in self.args)
        return environment["jacobian"](above, below)


class SlopeAt(Operation):
    r"""The derivative of an expression at a place: ``SlopeAt(e, t, 0)`` is $\frac{d}{dt}e|_{t=0}$."""

    def tex(self, *printed: str) -> str:
        return rf"\left.\frac{{d}}{{d{printed[1]}}}\,{printed[0]}\right|_{{{printed[1]}={printed[2]}}}"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        expression, symbol, place = self.args
        at, h = float(evaluate(place, environment, bound)), 1e-5

        def value(t: float) -> Any:
            return evaluate(expression, {**environment, symbol.name: t}, bound)

        return (value(at + h) - value(at - h)) / (2 * h)


def _named(part: sp.Expr, environment: Environment, bound: Bound) -> tuple[Any, ...]:
    """What a derivative is of or to: (key, *places)."""
    places = [evaluate(place, environment, bound) for place in getattr(part, "places", ())]
    return (getattr(part, "key", None) or part.name, *places)


# -- cases ---------------------------------------------------------------------------------------------

_COMPARE = {
    "=": np.equal,
    r"\neq": np.not_equal,
    "<": np.less,
    r"\le": np.less_equal,
    ">": np.greater,
    r"\ge": np.greater_equal,
}


class Case(Operation):
    """One line of `Cases`: a value, and left, relation, right of its condition."""

    def __new__(cls, value: Any, left: Any, relation: Any, right: Any) -> Case:
        return Operation.__new__(cls, value, left, Str(str(relation)), right)

    def tex(self, *printed: str) -> str:
        value, left, relation, right = printed
        return rf"{value}, & {left} {relation} {right}"

    def holds(self, environment: Environment, bound: Bound) -> bool:
        """True if the condition is met."""
        _, left, relation, right = self.args
        sides = (evaluate(side, environment, bound) for side in (left, right))
        return bool(_COMPARE[str(relation)](*sides))


class Otherwise(Operation):
    """The last line of `Cases`."""

    def tex(self, *printed: str) -> str:
        return rf"{printed[0]}, & \text{{otherwise}}"

    def holds(self, environment: Environment, bound: Bound) -> bool:
        """Always true."""
        return True


class Cases(Operation):
    """The value of the first line whose condition holds; the others are not evaluated."""

    def tex(self, *printed: str) -> str:
        return r"\begin{cases} " + r" \\ ".join(printed) + r" \end{cases}"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        line = next(line for line in self.args if line.holds(environment, bound))
        return evaluate(line.args[0], environment, bound)


# -- over many values ----------------------------------------------------------------------------------


class Span(Operation):
    """index = first..last."""

    def tex(self, *printed: str) -> str:
        return f"_{{{{index}}={printed[0]}}}^{{{printed[1]}}}"

    def compute(self, *values: Any) -> Iterable[int]:
        return range(int(values[0]), int(values[1]) + 1)


class Member(Operation):
    """index in a set."""

    def tex(self, *printed: str) -> str:
        return rf"_{{{{index}} \in {printed[0]}}}"

    def compute(self, *values: Any) -> Iterable[int]:
        return list(values[0])


class Other(Operation):
    """index = first..last without one; the ends are understood and not printed."""

    def tex(self, *printed: str) -> str:
        return rf"_{{{{index}} \neq {printed[0]}}}"

    def compute(self, *values: Any) -> Iterable[int]:
        left_out, first, last = map(int, values)
        return [n for n in range(first, last + 1) if n != left_out]


class Fold(Operation):
    """A sum, product, maximum or argmax of a term over an index that runs through a domain."""

    large = True
    precedence = _MUL
    inner = _MUL - 1  # parentheses for a sum, none for a product
    _PRINTED: ClassVar[dict[str, str]] = {
        "sum": r"\sum",
        "prod": r"\prod",
        "max": r"\max",
        "argmax": r"\operatorname{argmax}",
        "argmin": r"\operatorname{argmin}",
    }

    def __new__(cls, kind: Any, term: Any, index: sp.Symbol, domain: Operation) -> Fold:
        return Operation.__new__(cls, Str(str(kind)), term, index, domain)

    def tex(self, *printed: str) -> str:
        kind, term, index, domain = printed
        where = domain.replace("{index}", index)
        if kind in ("max", "argmax", "argmin") and isinstance(self.args[3], Span):
            where = f"_{{{index}}}"  # over all of them: the ends are understood
        return f"{self._PRINTED[kind]}{where} {term}"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        kind, term, index, domain = self.args
        places = list(domain.evaluated(environment, bound))
        values = [evaluate(term, environment, {**bound, index: n}) for n in places]
        if str(kind) in ("argmax", "argmin"):
            return places[int(np.argmax(values) if str(kind) == "argmax" else np.argmin(values))]
        combine: Any = {"sum": np.sum, "prod": np.prod, "max": np.max}[str(kind)]
        return combine(values, axis=0)


class Argmin(Operation):
    """The value of a symbol at which an expression is least; searched in environment["search"]."""

    inner = _MUL - 1

    def tex(self, *printed: str) -> str:
        return rf"\operatorname{{argmin}}_{{{printed[1]}}} {printed[0]}"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        expression, symbol = self.args

        def value(v: float) -> float:
            return float(evaluate(expression, {**environment, symbol.name: v}, bound))

        found = optimize.minimize_scalar(
            value, bounds=environment["search"], method="bounded", options={"xatol": 1e-12}
        )
        return float(found.x)


class Integral(Operation):
    """The integral of an expression over a symbol, between the ends in environment["ends"]."""

    precedence = _MUL

    def tex(self, *printed: str) -> str:
        return rf"\int {printed[0]}\,d{printed[1]}"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        expression, symbol = self.args

        def value(v: float) -> float:
            return float(evaluate(expression, {**environment, symbol.name: v}, bound))

        return integrate.quad(value, *environment["ends"], epsabs=1e-11, epsrel=1e-11, limit=200)[0]


class Expectation(Operation):
    """The mean of an expression over a random symbol, by environment["expectation"] of a function."""

    def tex(self, *printed: str) -> str:
        return rf"\mathrm{{E}}_{{{printed[1]}}}\!\left[{printed[0]}\right]"

    def evaluated(self, environment: Environment, bound: Bound) -> Any:
        expression, symbol = self.args
        return environment["expectation"](
            lambda v: evaluate(expression, {**environment, symbol.name: v}, bound)
        )
