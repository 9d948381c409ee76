"""Every displayed formula of the course: printed from here, computed from here, checked from here.

``latex("through-activation")`` prints one, ``get("through-activation")`` returns it with its meaning and
source; in the source of a notebook ``{formula:through-activation}`` stands for it. `NetworkPoint` gives
numbers to all symbols, and ``get(name).error(point.environment)`` compares the two sides.
"""

from mlpkit.formulas import passes as _passes  # noqa: F401  (importing it fills the registry)
from mlpkit.formulas.checking import NetworkPoint
from mlpkit.formulas.registry import Formula, UnknownFormulaError, get, latex, names, register
from mlpkit.formulas.symbols import evaluate, to_latex

__all__ = [
    "Formula",
    "NetworkPoint",
    "UnknownFormulaError",
    "evaluate",
    "get",
    "latex",
    "names",
    "register",
    "to_latex",
]
