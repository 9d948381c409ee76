"""The registry: every displayed formula of the course, once, with what it stands for.

A formula is two SymPy expressions and the range of its indices. That is enough to print it and to
compute both sides, so that a test can compare them with each other wherever the formula is shown.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from mlpkit.formulas.symbols import Environment, evaluate, indices_of, to_latex

__all__ = ["Formula", "UnknownFormulaError", "get", "latex", "names", "register"]

Range = tuple[sp.Symbol, Any, Any]


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
        LaTeX between the sides.
    """

    name: str
    left: sp.Expr
    right: sp.Expr
    says: str
    source: str
    stands_for: str
    over: tuple[Range, ...] = ()
    relation: str = "="

    @property
    def latex(self) -> str:
        """LaTeX without dollar signs."""
        return f"{to_latex(self.left)} {self.relation} {to_latex(self.right)}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def sides(self, environment: Environment) -> tuple[np.ndarray, np.ndarray]:
        """Both sides for every value of the indices, two arrays of equal length."""
        places = indices_of(self.over, environment)
        left = [evaluate(self.left, environment, place) for place in places]
        right = [evaluate(self.right, environment, place) for place in places]
        return np.asarray(left, dtype=float), np.asarray(right, dtype=float)

    def error(self, environment: Environment) -> float:
        """Largest difference between the two sides, over max(1, largest value)."""
        left, right = self.sides(environment)
        if left.size == 0:
            raise ValueError(f"formula {self.name!r} has no index values to check at this point.")
        return float(np.abs(left - right).max() / max(1.0, np.abs(left).max()))

    def with_sides(self, *, left: sp.Expr | None = None, right: sp.Expr | None = None) -> Formula:
        """A copy with a side replaced, for showing that a wrong formula is found out."""
        return replace(
            self,
            left=self.left if left is None else left,
            right=self.right if right is None else right,
        )


_FORMULAS: dict[str, Formula] = {}


def register(formula: Formula) -> Formula:
    """Add a formula; a name can be used once."""
    if formula.name in _FORMULAS:
        raise ValueError(f"the formula {formula.name!r} is registered already.")
    _FORMULAS[formula.name] = formula
    return formula


def get(name: str) -> Formula:
    """The formula of this name, or UnknownFormulaError with close matches."""
    try:
        return _FORMULAS[name]
    except KeyError:
        raise UnknownFormulaError(name, names()) from None


def latex(name: str) -> str:
    """LaTeX of the formula of this name, without dollar signs."""
    return get(name).latex


def names() -> tuple[str, ...]:
    """All names, in the order of registration."""
    return tuple(_FORMULAS)
