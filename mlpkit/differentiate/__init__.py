"""Four ways to differentiate one and the same Python function.

* `finite`: call it at neighbouring points;
* `symbolic`: let SymPy differentiate the expression that it builds;
* `dual`: forward mode, numbers that carry their derivative along;
* `graph`: reverse mode, a graph of operations that is walked back.

Each of the four has ``gradient(f, *point)`` and ``jacobian(f, *point)`` with the same arguments and
results. Written with the functions below (``from mlpkit.differentiate import exp, log, sin``) instead of
those of `math`, a function works with all four.
"""

from mlpkit.differentiate import dual, examples, finite, graph, symbolic
from mlpkit.differentiate._counting import Counts, counting
from mlpkit.differentiate.costs import Cost, cost_table
from mlpkit.differentiate.dual import Dual, directional_derivative
from mlpkit.differentiate.finite import step_sizes_errors
from mlpkit.differentiate.functions import (
    absolute,
    cos,
    exp,
    log,
    maximum,
    minimum,
    sigmoid,
    sin,
    sqrt,
    stack,
    tan,
    tanh,
)
from mlpkit.differentiate.graph import Edge, Node, backward, topological_order
from mlpkit.differentiate.symbolic import ExpressionSize, Swell, expression_size, expression_swell

__all__ = [
    "Cost",
    "Counts",
    "Dual",
    "Edge",
    "ExpressionSize",
    "Node",
    "Swell",
    "absolute",
    "backward",
    "cos",
    "cost_table",
    "counting",
    "directional_derivative",
    "dual",
    "examples",
    "exp",
    "expression_size",
    "expression_swell",
    "finite",
    "graph",
    "log",
    "maximum",
    "minimum",
    "sigmoid",
    "sin",
    "sqrt",
    "stack",
    "step_sizes_errors",
    "symbolic",
    "tan",
    "tanh",
    "topological_order",
]
