"""Every displayed formula of the course: printed from here, computed from here, checked from here.

``latex("through-activation")`` prints one, ``get("through-activation")`` returns it with its meaning and
source, ``catalogue()`` lists them all; notebooks show one where their source says
``{formula:through-activation}``. Each formula draws an environment of numbers for its symbols
(``formula.point(rng)``), and ``formula.error(environment)`` compares its two sides there.
"""

# The passes are always there; other themes are imported when one of their formulas is asked for.
from mlpkit.formulas import passes as _passes  # noqa: F401
from mlpkit.formulas.catalogue import Catalogue, catalogue
from mlpkit.formulas.checking import NetworkPoint
from mlpkit.formulas.registry import (
    Formula,
    HandSet,
    UnknownFormulaError,
    get,
    latex,
    names,
    register,
)
from mlpkit.formulas.symbols import evaluate, to_latex

__all__ = [
    "Catalogue",
    "Formula",
    "HandSet",
    "NetworkPoint",
    "UnknownFormulaError",
    "catalogue",
    "evaluate",
    "get",
    "latex",
    "names",
    "register",
    "to_latex",
]
