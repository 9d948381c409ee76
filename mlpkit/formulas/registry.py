"""The registry: every displayed formula of the course, once, with what it stands for.

A formula is two SymPy expressions and the range of its indices. That is enough to print it and to
compute both sides, so that a test can compare them with each other wherever the formula is shown.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from mlpkit._checks import Array
from mlpkit.formulas.checking import random_network_point
from mlpkit.formulas.symbols import Environment, add, evaluate, indices_of, mul, to_latex

__all__ = [
    "Formula",
    "HandSet",
    "Point",
    "UnknownFormulaError",
    "formula",
    "get",
    "hand_set",
    "latex",
    "names",
    "register",
]

Range = tuple[sp.Symbol, Any, Any]
Point = Callable[[np.random.Generator], Environment]
Side = Callable[[Environment], Any]

_BOUNDS = {r"\le": 1.0, r"\ge": -1.0}


class UnknownFormulaError(KeyError):
    """No formula has this name; the message lists close ones."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        self.message = f"there is no formula {name!r} in mlpkit.formulas.{hint}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Formula:
    """One displayed formula.

    Attributes
    ----------
    name
        Key in the registry, as written in ``{formula:name}``.
    left, right
        The two sides, unevaluated SymPy expressions.
    says
        The formula in words.
    source
        Where it comes from: short name of the source document and place, or the name of the result.
    stands_for
        Dotted name of the function of mlpkit that computes it.
    over
        Index symbols with their first and last value; a last value may depend on earlier indices.
    relation
        LaTeX between the sides. With ``\\le`` or ``\\ge`` the error is by how much the
        bound is broken.
    point
        Draws an environment at which the formula is evaluated; a random network's if left out.
    computed
        What the function named by `stands_for` gives for the left side in an environment, where one call
        can say it; compared with both sides.
    tolerance
        The largest `error` of a formula that holds: rounding and difference quotients, or for an
        approximation the part that it leaves out.
    """

    name: str
    left: sp.Expr
    right: sp.Expr
    says: str
    source: str
    stands_for: str
    over: tuple[Range, ...] = ()
    relation: str = "="
    point: Point = random_network_point
    computed: Side | None = None
    tolerance: float = 1e-8

    @property
    def latex(self) -> str:
        """LaTeX without dollar signs."""
        return f"{to_latex(self.left)} {self.relation} {to_latex(self.right)}"

    @property
    def hand_set(self) -> bool:
        """True if the LaTeX is not printed from the expressions that are evaluated."""
        return False

    @cached_property
    def function(self) -> Any:
        """What `stands_for` names, a function or class of mlpkit; AttributeError if there is none."""
        return _resolve(self.stands_for)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def sides(self, environment: Environment) -> tuple[Array, Array]:
        """Both sides for every value of the indices: two flat arrays of equal length.

        Where a place's two sides have different shapes the right side is NaN: such a formula is wrong.
        """
        lefts, rights = [], []
        for place in indices_of(self.over, environment):
            left = np.asarray(evaluate(self.left, environment, place), dtype=float)
            # A 0 on the right is the zero of whatever stands on the left.
            right = (
                np.zeros(left.shape)
                if self.right == 0
                else np.asarray(evaluate(self.right, environment, place), dtype=float)
            )
            lefts.append(left.ravel())
            rights.append(_fitting(right, left))
        if not lefts:
            raise ValueError(f"formula {self.name!r} has no index values to check at this point.")
        return np.concatenate(lefts), np.concatenate(rights)

    def error(self, environment: Environment) -> float:
        """Largest difference between the two sides, over max(1, largest value).

        For an approximation over the largest value, however small; infinite if the shapes differ.
        """
        left, right = self.sides(environment)
        return self._gap(left, right)

    def distance_from_function(self, environment: Environment) -> float:
        """`error` of the left side against what the function gives; ValueError if `computed` is None."""
        if self.computed is None:
            raise ValueError(f"formula {self.name!r} does not say what its function gives.")
        left = self.sides(environment)[0]
        given = np.asarray(self.computed(environment), dtype=float).ravel()
        return self._with_relation("=")._gap(left, _fitting(given, left))

    def _gap(self, left: Array, right: Array) -> float:
        if np.isnan(right).any():
            return float("inf")
        difference = left - right
        if self.relation in _BOUNDS:
            difference = np.maximum(_BOUNDS[self.relation] * difference, 0.0)
        largest = float(np.abs(left).max())
        scale = largest if self.relation == r"\approx" else max(1.0, largest)
        return float(np.abs(difference).max() / scale)

    def _with_relation(self, relation: str) -> Formula:
        return replace(self, relation=relation)

    def with_sides(self, *, left: sp.Expr | None = None, right: sp.Expr | None = None) -> Formula:
        """A copy with a side replaced, for showing that a wrong formula is found out."""
        return replace(
            self,
            left=self.left if left is None else left,
            right=self.right if right is None else right,
        )

    def wrong_versions(self) -> dict[str, Formula]:
        """Formulas that are wrong if this one is right, by the name of the mistake.

        A sign and a factor; where the right side is 0 something added; a bound turned round.
        """
        if self.relation in _BOUNDS:
            return {"turned round": self._with_relation(r"\ge" if self.relation == r"\le" else r"\le")}
        if self.right == 0:
            return {"not zero": self.with_sides(right=add(self.right, 1))}
        return {
            "wrong sign": self.with_sides(right=mul(-1, self.right)),
            "wrong factor": self.with_sides(right=mul(sp.Rational(5, 4), self.right)),
        }


@dataclass(frozen=True)
class HandSet(Formula):
    """A formula whose LaTeX is written by hand, because expressions cannot print it; with an evaluable twin.

    `left` and `right` are symbols without meaning; both sides are computed by `twin`, two functions of the
    environment that follow the LaTeX.

    Attributes
    ----------
    tex
        LaTeX without dollar signs.
    twin
        What the left and the right side are worth in an environment.
    """

    tex: str = field(kw_only=True)
    twin: tuple[Side, Side] = field(kw_only=True)

    @property
    def latex(self) -> str:
        return self.tex

    @property
    def hand_set(self) -> bool:
        return True

    def sides(self, environment: Environment) -> tuple[Array, Array]:
        left, right = (np.asarray(side(environment), dtype=float) for side in self.twin)
        return left.ravel(), _fitting(right, left)

    def wrong_versions(self) -> dict[str, Formula]:
        if self.relation in _BOUNDS:
            return super().wrong_versions()
        left, right = self.twin
        return {
            "wrong sign": replace(self, twin=(left, lambda e: -np.asarray(right(e)))),
            "wrong factor": replace(self, twin=(left, lambda e: 1.25 * np.asarray(right(e)))),
        }


def _fitting(right: Array, left: Array) -> Array:
    """`right` as a flat array, or NaN in the size of `left` if the shapes differ."""
    return right.ravel() if right.shape == left.shape else np.full(left.size, np.nan)


def _resolve(dotted: str) -> Any:
    """The object that a dotted name stands for: the longest module of it, then attributes."""
    parts = dotted.split(".")
    thing = importlib.import_module(parts[0])
    for n, part in enumerate(parts[1:], start=1):
        if not hasattr(thing, part):
            try:
                importlib.import_module(".".join(parts[: n + 1]))
            except ModuleNotFoundError:
                raise AttributeError(f"{dotted}: {'.'.join(parts[:n])} has no {part!r}.") from None
        thing = getattr(thing, part)
    return thing


_FORMULAS: dict[str, Formula] = {}

#: The modules that register formulas, in the order of the catalogue. They are imported when a formula is
#: asked for that is not there yet: pictures of a network need the passes only, and are made without SciPy.
_THEMES = (
    "passes",
    "units",
    "targets",
    "activations",
    "divergences",
    "calculus",
    "descent",
    "chain",
    "vector",
    "special",
    "differentiation",
    "training",
)


def _load() -> None:
    for theme in _THEMES:
        importlib.import_module(f"mlpkit.formulas.{theme}")


def register(formula: Formula) -> Formula:
    """Add a formula; a name can be used once."""
    if formula.name in _FORMULAS:
        raise ValueError(f"the formula {formula.name!r} is registered already.")
    _FORMULAS[formula.name] = formula
    return formula


def get(name: str) -> Formula:
    """The formula of this name, or UnknownFormulaError with close matches."""
    if name not in _FORMULAS:
        _load()
    try:
        return _FORMULAS[name]
    except KeyError:
        raise UnknownFormulaError(name, names()) from None


def latex(name: str) -> str:
    """LaTeX of the formula of this name, without dollar signs."""
    return get(name).latex


def names() -> tuple[str, ...]:
    """All names: those of the passes first, then theme by theme in the order of the lectures."""
    _load()
    return tuple(_FORMULAS)


def formula(
    name: str, left: Any, right: Any, says: str, source: str, stands_for: str, **options: Any
) -> Formula:
    """Register a `Formula`; numbers and names of symbols may be given for the sides."""
    return register(Formula(name, _side(left), _side(right), says, source, stands_for, **options))


def hand_set(
    name: str, tex: str, twin: tuple[Side, Side], says: str, source: str, stands_for: str, **options: Any
) -> Formula:
    """Register a `HandSet` formula, without the symbols for its sides that nobody looks at."""
    left, right = sp.Symbol(f"{name} left"), sp.Symbol(f"{name} right")
    return register(HandSet(name, left, right, says, source, stands_for, tex=tex, twin=twin, **options))


def _side(value: Any) -> sp.Expr:
    return sp.Symbol(value) if isinstance(value, str) else sp.sympify(value)
