"""A table of all formulas for readers: name, LaTeX, meaning, source, and what computes it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from mlpkit.formulas.registry import Formula, get, names

__all__ = ["Catalogue", "catalogue"]


@dataclass(frozen=True, repr=False)
class Catalogue:
    """Formulas as a table; its repr is plain text, and a notebook typesets it.

    Attributes
    ----------
    formulas
        The rows.
    """

    formulas: tuple[Formula, ...]

    def __len__(self) -> int:
        return len(self.formulas)

    def __repr__(self) -> str:
        width = max((len(formula.name) for formula in self.formulas), default=0)
        lines = [_line(formula, width) for formula in self.formulas]
        return "\n".join([f"{len(self)} formulas", *lines])

    def _repr_html_(self) -> str:
        heads = ("name", "formula", "meaning", "source", "computed by")
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        body = "".join(_row(formula) for formula in self.formulas)
        return (
            f"<table><caption>{len(self)} formulas</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def catalogue(containing: str = "") -> Catalogue:
    """All formulas whose name or meaning contains a text, in the order of the lectures.

    Parameters
    ----------
    containing
        Part of a name or meaning, in any case; all formulas if empty.
    """
    wanted = containing.lower()
    every = (get(name) for name in names())
    return Catalogue(tuple(f for f in every if wanted in f.name or wanted in f.says.lower()))


def _line(formula: Formula, width: int) -> str:
    indent = " " * (width + 4)
    return (
        f"  {formula.name:<{width}}  {formula.says}\n"
        f"{indent}{formula.latex}\n"
        f"{indent}[{formula.source}; {formula.stands_for}]"
    )


def _row(formula: Formula) -> str:
    # Escaped, because a browser would take the < of a condition for the beginning of a tag.
    cells = (
        f"<code>{escape(formula.name)}</code>",
        f"${escape(formula.latex)}$",
        escape(formula.says),
        escape(formula.source),
        f"<code>{escape(formula.stands_for)}</code>",
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
