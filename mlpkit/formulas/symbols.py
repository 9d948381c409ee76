"""The course's symbols as SymPy expressions, one printer for them, and one way to put numbers in.

SymPy knows no "w from unit i of layer k-1 to unit j of layer k", so the indexed quantities of the
syllabus are small expression classes here. They print in the course's notation, and `evaluate` looks
their values up in an environment, so that each displayed formula can be computed and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.core.symbol import Str
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

__all__ = [
    "Applied",
    "Hat",
    "Operation",
    "Partial",
    "Quantity",
    "Width",
    "add",
    "evaluate",
    "indices_of",
    "mul",
    "to_latex",
    "total",
    "written",
]


def _expression(value: Any) -> sp.Expr:
    """`value` as an expression; a string is the symbol of that name, never SymPy's function `N` or `S`."""
    if isinstance(value, Str):
        return value
    return sp.Symbol(value) if isinstance(value, str) else sp.sympify(value)


class Quantity(sp.Expr):
    r"""An indexed quantity of a layer: ``Quantity("w", k, i, j)`` is $w^{(k)}_{ij}$.

    The layer may be None for something that has no layer, such as the target $d_j$.
    """

    def __new__(cls, name: str | Str, layer: Any = None, *indices: Any) -> Quantity:
        layer = Str("") if layer is None else layer
        layer = layer if isinstance(layer, Str) else _expression(layer)
        return sp.Expr.__new__(cls, Str(str(name)), layer, *map(_expression, indices))

    @property
    def key(self) -> str:
        """Name under which an environment finds the value."""
        return str(self.args[0])

    @property
    def places(self) -> tuple[sp.Expr, ...]:
        """Layer (if there is one) and indices, in this order."""
        return tuple(arg for arg in self.args[1:] if not isinstance(arg, Str))

    @property
    def has_layer(self) -> bool:
        """True if the first place is a layer."""
        return not isinstance(self.args[1], Str)


class Partial(sp.Expr):
    r"""A partial derivative as a quotient: ``Partial(a, b)`` is $\partial a/\partial b$."""

    def __new__(cls, above: sp.Expr, below: sp.Expr) -> Partial:
        return sp.Expr.__new__(cls, _expression(above), _expression(below))


class Operation(sp.Expr):
    """An operation with its own way to be printed and to be computed; see `mlpkit.formulas.operations`.

    A subclass gives `tex` (from the printed arguments to LaTeX) and `compute` (from their values to the
    result), or `evaluated` where the arguments are not simply evaluated first. `precedence` is how tightly
    the operation itself binds; arguments that bind more loosely than `inner` are put in parentheses.
    """

    precedence: int = PRECEDENCE["Atom"]
    inner: int | None = None
    #: True if a quotient is to stay in front of it: ½ and then a sum, not the sum over 2.
    large: bool = False
    #: True if it prints its own fences, so that an exponent needs no parentheses.
    closed: bool = False

    def __new__(cls, *arguments: Any) -> Operation:
        return sp.Expr.__new__(cls, *map(_expression, arguments))

    def _latex(self, printer: Any) -> str:
        # SymPy asks the object first; by class name it would find its own printer of, say, an integral.
        return printer.operation(self)

    def tex(self, *printed: str) -> str:
        """LaTeX, given that of the arguments."""
        raise NotImplementedError

    def compute(self, *values: Any) -> Any:
        """The result, given the values of the arguments."""
        raise NotImplementedError

    def evaluated(self, environment: Environment, bound: Mapping[sp.Symbol, Any]) -> Any:
        """The result, with names looked up in `environment` and index symbols in `bound`."""
        return self.compute(*(evaluate(argument, environment, bound) for argument in self.args))


class Width(sp.Expr):
    r"""The number of units of a layer, $D_k$."""

    def __new__(cls, layer: Any) -> Width:
        return sp.Expr.__new__(cls, _expression(layer))


class Applied(sp.Expr):
    r"""A named function at an argument: ``Applied("f", k, z, primes=1)`` is $f'_k(z)$.

    The layer may be None. The environment holds the function under its name with primes, "f'".
    """

    def __new__(cls, name: str | Str, layer: Any, *arguments: Any, primes: int | sp.Integer = 0) -> Applied:
        layer = Str("") if layer is None else layer
        layer = layer if isinstance(layer, Str) else _expression(layer)
        marked = str(name) + "'" * int(primes)
        return sp.Expr.__new__(cls, Str(marked), layer, *map(_expression, arguments))

    @property
    def key(self) -> str:
        """Name under which an environment finds the function."""
        return str(self.args[0])


class Hat(sp.Symbol):
    """A plain symbol whose LaTeX is given, for names such as a bold gradient."""

    def __new__(cls, name: str, tex: str) -> Hat:
        symbol = sp.Symbol.__new__(cls, name)
        # SymPy hands out one object for one name, so another LaTeX would change the formulas before.
        if getattr(symbol, "tex", tex) != tex:
            raise ValueError(f"the symbol {name!r} is written {symbol.tex} already, got {tex}.")
        symbol.tex = tex
        return symbol

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, Any]]:
        return (self.name, self.tex), {}


def add(*terms: Any) -> sp.Expr:
    """A sum in the order written."""
    return sp.Add(*map(_expression, terms), evaluate=False)


def mul(*factors: Any) -> sp.Expr:
    """A product in the order written."""
    return sp.Mul(*map(_expression, factors), evaluate=False)


def total(term: sp.Expr, index: sp.Symbol, first: Any, last: Any) -> sp.Sum:
    """The sum of `term` over `index` = first..last, unevaluated."""
    return sp.Sum(term, (index, _expression(first), _expression(last)))


# -- printing ------------------------------------------------------------------------------------------

#: How a key of the environment is written, where it is not simply its own letter.
_WRITTEN = {
    "dy": r"\dot{y}",
    "dz": r"\dot{z}",
    "Div": r"\mathrm{Div}",
    "Loss": r"\mathrm{Loss}",
    "instance Y": "Y",
    "instance d": "d",
    "Div of instance": r"\mathrm{Div}",
    "change": r"\Delta w",
    "earlier change": r"\Delta w",
    "new w": "w",
    "B's delta": r"\delta",
    "products": r"\#",
}


def written(keys: Mapping[str, str]) -> None:
    """Say how keys of environments are written in LaTeX; a key can be written in one way only."""
    for key, tex in keys.items():
        if _WRITTEN.get(key, tex) != tex:
            raise ValueError(f"the key {key!r} is written {_WRITTEN[key]} already, got {tex}.")
        _WRITTEN[key] = tex


class _HousePrinter(LatexPrinter):
    """Prints sums and products in the order written, and the course's own quantities."""

    def __init__(self) -> None:
        super().__init__({"order": "none", "fold_short_frac": False, "mul_symbol": r"\,"})

    def _print_Mul(self, product: sp.Mul) -> str:
        # A fraction in front of a sum stays in front; SymPy would put the whole sum over the 2 or the T.
        last = product.args[-1]
        if not isinstance(last, sp.Sum) and not getattr(last, "large", False):
            return super()._print_Mul(product)
        *factors, last = product.args
        level = PRECEDENCE["Mul"]
        sign = "- " if factors and factors[0] == -1 else ""
        factors = factors[1:] if sign else factors
        in_front = [self._print(f) if f.is_Rational else self.parenthesize(f, level) for f in factors]
        return sign + r"\,".join([*in_front, self._print(last)])

    def _print_Quantity(self, q: Quantity) -> str:
        base = _symbol(q.key)
        places = [sp.latex(place) for place in q.places]
        if q.has_layer:
            base += "^{(" + places.pop(0) + ")}"
        joint = "" if all(len(place) == 1 for place in places) else ","
        return base + ("_{" + joint.join(places) + "}" if places else "")

    def _print_Pow(self, power: sp.Pow) -> str:
        base, exponent = power.args
        if not isinstance(base, (Applied, Operation, sp.log)) or not exponent.is_Integer or exponent < 0:
            return super()._print_Pow(power)
        inside = self._print(base)
        closed = isinstance(base, Operation) and base.closed
        return f"{inside}^{{{exponent}}}" if closed else rf"\left({inside}\right)^{{{exponent}}}"

    def operation(self, operation: Operation) -> str:
        """LaTeX of an operation, from that of its arguments."""
        return operation.tex(*(self._argument(argument, operation.inner) for argument in operation.args))

    def _argument(self, argument: Any, inner: int | None) -> str:
        if isinstance(argument, Str):
            return str(argument)
        if inner is None:
            return self._print(argument)
        # A product within a product keeps its parentheses; a symbol needs none.
        return self.parenthesize(argument, inner, strict=inner == PRECEDENCE["Atom"])

    def _print_Partial(self, p: Partial) -> str:
        return rf"\frac{{\partial {self._print(p.args[0])}}}{{\partial {self._print(p.args[1])}}}"

    def _print_Rate(self, p: Partial) -> str:
        return rf"\frac{{d{self._print(p.args[0])}}}{{d{self._print(p.args[1])}}}"

    def _print_Width(self, width: Width) -> str:
        return "D_{" + sp.latex(width.args[0]) + "}"

    def _print_Applied(self, f: Applied) -> str:
        name, layer, *arguments = f.args
        primes = str(name).count("'")
        base = _symbol(str(name).rstrip("'"))
        base += "'" * primes
        if not isinstance(layer, Str):
            base += "_{" + sp.latex(layer) + "}"
        inside = ", ".join(self._print(argument) for argument in arguments)
        return rf"{base}\!\left({inside}\right)"

    def _print_Hat(self, symbol: Hat) -> str:
        return symbol.tex


def _symbol(name: str) -> str:
    if name in _WRITTEN:
        return _WRITTEN[name]
    return name if len(name) == 1 else sp.latex(sp.Symbol(name))


def to_latex(expression: sp.Expr) -> str:
    """LaTeX of an expression in the course's notation, without dollar signs."""
    return _HousePrinter().doprint(expression)


# -- numbers -------------------------------------------------------------------------------------------

Environment = Mapping[str, Any]


def indices_of(
    over: tuple[tuple[sp.Symbol, Any, Any], ...], environment: Environment
) -> list[dict[sp.Symbol, int]]:
    """Every assignment of the index symbols in `over`, whose ends may depend on the indices before."""
    assignments: list[dict[sp.Symbol, int]] = [{}]
    for symbol, first, last in over:
        assignments = [
            {**before, symbol: n}
            for before in assignments
            for n in range(
                int(evaluate(_expression(first), environment, before)),
                int(evaluate(_expression(last), environment, before)) + 1,
            )
        ]
    return assignments


def evaluate(expression: Any, environment: Environment, bound: Mapping[sp.Symbol, int] | None = None) -> Any:
    """Value of `expression`, with every name looked up in `environment`.

    Parameters
    ----------
    expression
        Built from the classes above and SymPy's sums, products, powers and elementary functions.
    environment
        For a `Quantity` or `Applied` a callable (of the places, or of layer and argument values) under its
        key; ``"width"`` for `Width`; ``"partial"`` for `Partial`, called with the two evaluated references
        ``(key, *places)``; a number under the name of a plain symbol.
    bound
        Values of index symbols.

    Raises
    ------
    KeyError
        If the environment has no value for a name.
    """
    bound = bound or {}

    def value(e: Any) -> Any:
        return evaluate(e, environment, bound)

    result: Any
    match expression:
        case Quantity():
            result = environment[expression.key](*map(value, expression.places))
        case Partial():
            result = environment["partial"](*(_reference(part, value) for part in expression.args))
        case Operation():
            result = expression.evaluated(environment, bound)
        case Width():
            result = environment["width"](value(expression.args[0]))
        case Applied():
            arguments = [value(arg) for arg in expression.args[1:] if not isinstance(arg, Str)]
            result = environment[expression.key](*arguments)
        case sp.Sum():
            result = _evaluate_sum(expression, environment, bound)
        case sp.Symbol():
            result = bound[expression] if expression in bound else environment[expression.name]
        case sp.Integer():
            result = int(expression)
        case _ if expression.is_number and not expression.args:
            result = float(expression)
        case _:
            result = _evaluate_operation(expression, value)
    return result


def _reference(part: sp.Expr, value: Callable[[Any], Any]) -> tuple[Any, ...]:
    if isinstance(part, Quantity):
        return (part.key, *map(value, part.places))
    return (part.key,) if isinstance(part, Applied) else (part.name,)


def _evaluate_sum(expression: sp.Sum, environment: Environment, bound: Mapping[sp.Symbol, int]) -> Any:
    term, (index, first, last) = expression.function, expression.limits[0]
    low, high = (int(evaluate(end, environment, bound)) for end in (first, last))
    return sum(evaluate(term, environment, {**bound, index: n}) for n in range(low, high + 1))


def _evaluate_operation(expression: sp.Expr, value: Callable[[Any], Any]) -> Any:
    values = [value(arg) for arg in expression.args]
    match expression:
        case sp.Add():
            return sum(values)
        case sp.Mul():
            result = 1  # a whole number stays one: products stand in indices, too
            for factor in values:
                result = result * factor
            return result
        case sp.Pow():
            return values[0] ** values[1]
    dummies = [sp.Dummy() for _ in values]
    return sp.lambdify(dummies, expression.func(*dummies), "numpy")(*values)
