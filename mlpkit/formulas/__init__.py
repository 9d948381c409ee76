"""Every displayed formula of the course: printed from here, computed from here, checked from here.

``latex("through-activation")`` prints one, ``get("through-activation")`` returns it with its meaning and
source, ``catalogue()`` lists them all; notebooks show one where their source says
``{formula:through-activation}``. Each formula draws an environment of numbers for its symbols
(``formula.point(rng)``), and ``formula.error(environment)`` compares its two sides there.
"""

# Importing a theme fills the registry; the order is that of the lectures.
from mlpkit.formulas import passes as _passes  # noqa: F401, I001
from mlpkit.formulas import units as _units  # noqa: F401
from mlpkit.formulas import targets as _targets  # noqa: F401
from mlpkit.formulas import activations as _activations  # noqa: F401
from mlpkit.formulas import divergences as _divergences  # noqa: F401
from mlpkit.formulas import calculus as _calculus  # noqa: F401
from mlpkit.formulas import descent as _descent  # noqa: F401
from mlpkit.formulas import chain as _chain  # noqa: F401
from mlpkit.formulas import vector as _vector  # noqa: F401
from mlpkit.formulas import special as _special  # noqa: F401
from mlpkit.formulas import differentiation as _differentiation  # noqa: F401
from mlpkit.formulas import training as _training  # noqa: F401
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
