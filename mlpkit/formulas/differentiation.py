"""Formulas of the four ways to differentiate (lecture 12)."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from sympy.printing.precedence import PRECEDENCE

from mlpkit.activations import sigmoid
from mlpkit.differentiate import dual, finite, graph
from mlpkit.differentiate.examples import logistic_loss, nested_cosine, quiz_function
from mlpkit.formulas.checking import NetworkPoint
from mlpkit.formulas.numeric import gradient, slope
from mlpkit.formulas.operations import Argmin, Fold, Fraction, Member, Rate
from mlpkit.formulas.registry import Point, formula
from mlpkit.formulas.symbols import (
    Applied,
    Environment,
    Hat,
    Operation,
    Partial,
    Quantity,
    Width,
    add,
    evaluate,
    mul,
    total,
    written,
)
from mlpkit.network import MLP

h, x, z, u, v = sp.symbols("h x z u v")
i, j, l, D = sp.symbols("i j l D")
EPS, F_MAX = Hat("eps", r"\mathrm{eps}"), Hat("size of f", "F")
M2, M3 = Hat("M2", "M_2"), Hat("M3", "M_3")


def _f(argument: Any, primes: int = 0) -> Applied:
    return Applied("f", None, argument, primes=primes)


# -- differences ---------------------------------------------------------------------------------------


def _difference_point(step: float) -> Point:
    """f = e^sin x, with its derivatives in closed form, and a step h."""
    t = sp.Symbol("t")
    formula_of_f = sp.exp(sp.sin(t))
    derivatives = [sp.lambdify(t, sp.diff(formula_of_f, t, n), "numpy") for n in range(4)]

    def point(rng: np.random.Generator) -> dict[str, Any]:
        at = float(rng.uniform(0.2, 1.0))
        return {
            "x": at,
            "h": step,
            "f": derivatives[0],
            "f'": lambda v: float(derivatives[1](v)),
            "f''": lambda v: float(derivatives[2](v)),
            "f'''": lambda v: float(derivatives[3](v)),
            "imaginary part": np.imag,
        }

    return point


class _ImaginaryStep(Operation):
    """The imaginary part of f at x + ih."""

    def tex(self, *printed: str) -> str:
        return rf"\mathrm{{Im}}\, f\!\left({printed[0]} + \mathrm{{i}}{printed[1]}\right)"

    def evaluated(self, environment: Environment, bound: Any) -> float:
        at, step = (evaluate(argument, environment, bound) for argument in self.args)
        return float(np.imag(environment["f"](at + 1j * step)))


def _by_finite(method: Any) -> Any:
    return lambda e: finite.difference(lambda p: e["f"](p[0]), np.array([e["x"]]), (0,), e["h"], method)


_FORWARD = Fraction(add(_f(add(x, h)), mul(-1, _f(x))), h)
_CENTRAL = Fraction(add(_f(add(x, h)), mul(-1, _f(add(x, mul(-1, h))))), mul(2, h))

formula(
    "forward-difference",
    _f(x, 1),
    _FORWARD,
    "One more evaluation of f for each variable; the error is of the order of h.",
    "E, finite differences",
    "mlpkit.differentiate.finite.difference",
    relation=r"\approx",
    point=_difference_point(1e-5),
    computed=_by_finite("forward"),
    tolerance=1e-3,
)
formula(
    "central-difference",
    _f(x, 1),
    _CENTRAL,
    "Two evaluations for each variable; the error is of the order of h².",
    "E, finite differences",
    "mlpkit.differentiate.finite.difference",
    relation=r"\approx",
    point=_difference_point(1e-5),
    computed=_by_finite("central"),
    tolerance=1e-7,
)
formula(
    "complex-step",
    _f(x, 1),
    Fraction(_ImaginaryStep(x, h), h),
    "A step in the imaginary direction: nothing is subtracted, so h may be as small as one likes.",
    "Squire and Trapp, 1998",
    "mlpkit.differentiate.finite.difference",
    relation=r"\approx",
    point=_difference_point(1e-20),
    computed=_by_finite("complex"),
    tolerance=1e-13,
)
formula(
    "forward-difference-error",
    add(_FORWARD, mul(-1, _f(x, 1))),
    mul(Fraction(h, 2), _f(x, 2)),
    "What a forward difference leaves out.",
    "E, finite differences; by Taylor",
    "mlpkit.differentiate.finite.difference",
    relation=r"\approx",
    point=_difference_point(1e-4),
    tolerance=1e-2,
)
formula(
    "central-difference-error",
    add(_CENTRAL, mul(-1, _f(x, 1))),
    mul(Fraction(sp.Pow(h, 2), 6), _f(x, 3)),
    "What a central difference leaves out.",
    "E, finite differences; by Taylor",
    "mlpkit.differentiate.finite.difference",
    relation=r"\approx",
    point=_difference_point(1e-3),
    tolerance=1e-2,
)


def _bound_point(rng: np.random.Generator) -> dict[str, Any]:
    """The sine, whose derivatives are at most 1, steps from 1e-11 to 1, and measured errors."""
    at = float(rng.uniform(0.2, 0.9))
    steps = 10.0 ** np.arange(-11, 1)
    errors = [abs(float(_measured(at, step)) - np.cos(at)) for step in steps]
    return {
        "steps": len(steps),
        "step": lambda n: float(steps[n - 1]),
        "error": lambda n: float(errors[n - 1]),
        "size of f": 1.0,
        "M3": 1.0,
        "eps": float(np.finfo(float).eps),
    }


def _precision_point(rng: np.random.Generator) -> dict[str, Any]:
    """A coarse machine with a precision of a few per cent, and bounds of f and its derivatives."""
    names = ("eps", "size of f", "M2", "M3")
    draws = (rng.uniform(0.01, 0.05), *rng.uniform(0.5, 2.0, size=3))
    return {**dict(zip(names, map(float, draws), strict=True)), "search": (1e-3, 5.0)}


def _measured(at: float, step: float) -> Any:
    # Not by `finite.difference`, which divides by the step after rounding; the bound allows for that, too.
    return (np.sin(at + step) - np.sin(at - step)) / (2 * step)


class _Measured(Operation):
    """The error of the central difference with step number n; printed as the error that is bounded."""

    def tex(self, *printed: str) -> str:
        return r"\left|\text{error}\right|"

    def evaluated(self, environment: Environment, bound: Any) -> float:
        return environment["error"](int(evaluate(self.args[0], environment, bound)))


class _Step(Operation):
    """The step h of step number n, printed as h."""

    closed = True

    def tex(self, *printed: str) -> str:
        return "h"

    def evaluated(self, environment: Environment, bound: Any) -> float:
        return environment["step"](int(evaluate(self.args[0], environment, bound)))


_n = sp.Symbol("n")


def _central_bound(step: sp.Expr) -> sp.Expr:
    return add(mul(Fraction(sp.Pow(step, 2, evaluate=False), 6), M3), Fraction(mul(EPS, F_MAX), step))


formula(
    "central-error-bound",
    _Measured(_n),
    add(mul(Fraction(_Step(_n) ** 2, 6), M3), Fraction(mul(EPS, F_MAX), _Step(_n))),
    "Truncation falls with h, round-off grows: M_3 bounds |f'''|, a value of f is wrong by eps F at most.",
    "E, finite differences",
    "mlpkit.differentiate.finite.step_sizes_errors",
    relation=r"\le",
    over=((_n, 1, sp.Symbol("steps")),),
    point=_bound_point,
)
formula(
    "best-central-step",
    Argmin(_central_bound(h), h),
    sp.Pow(Fraction(mul(3, EPS, F_MAX), M3), sp.Rational(1, 3), evaluate=False),
    "The step with the least sum of the two errors: about the cube root of the machine's precision.",
    "E, finite differences",
    "mlpkit.gradcheck.default_step",
    point=_precision_point,
    tolerance=1e-6,
)
formula(
    "best-forward-step",
    Argmin(add(mul(Fraction(h, 2), M2), Fraction(mul(2, EPS, F_MAX), h)), h),
    mul(2, sp.Pow(Fraction(mul(EPS, F_MAX), M2), sp.Rational(1, 2), evaluate=False)),
    "For forward differences: about the square root of it.",
    "E, finite differences",
    "mlpkit.gradcheck.default_step",
    point=_precision_point,
    tolerance=1e-6,
)


def _parameters_point(rng: np.random.Generator) -> dict[str, Any]:
    """A function J of several parameters, with unit vectors e_i."""
    at, features = rng.normal(size=4), rng.normal(size=3)

    def loss(theta: Any) -> float:
        return float(logistic_loss(np.asarray(theta), features, 0.3))

    slopes = graph.gradient(lambda t: logistic_loss(t, features, 0.3), at)
    return {
        "J": loss,
        "theta": at,
        "unit": lambda i: np.eye(4)[i - 1],
        "h": 1e-5,
        "D": 4,
        "partial": lambda above, below: float(slopes[below[1] - 1]),
        "by differences": finite.gradient(loss, at),
    }


written({"unit": "e", "theta i": r"\theta", "J": "J"})
_THETA, _E_I = sp.Symbol("theta"), Quantity("unit", None, i)


def _J(argument: Any) -> Applied:
    return Applied("J", None, argument)


formula(
    "parameter-difference",
    Partial(sp.Symbol("J"), Quantity("theta i", None, i)),
    Fraction(
        add(_J(add(_THETA, mul(h, _E_I))), mul(-1, _J(add(_THETA, mul(-1, h, _E_I))))),
        mul(2, h),
    ),
    "One parameter after the other: two evaluations for each, so slow for many.",
    "E, finite differences",
    "mlpkit.differentiate.finite.gradient",
    relation=r"\approx",
    over=((i, 1, D),),
    point=_parameters_point,
    computed=lambda e: e["by differences"],
    tolerance=1e-7,
)

# -- dual numbers --------------------------------------------------------------------------------------


class DualNumber(Operation):
    r"""A value with its derivative, $u + u'\epsilon$ with $\epsilon^2 = 0$: an array (value, derivative)."""

    precedence = PRECEDENCE["Add"]
    inner = PRECEDENCE["Mul"] - 1

    def tex(self, *printed: str) -> str:
        return rf"{printed[0]} + {printed[1]}\,\epsilon"

    def compute(self, *values: Any) -> Any:
        return np.array(values, dtype=float)


class DualProduct(Operation):
    """The product of dual numbers as mlpkit multiplies them."""

    def tex(self, *printed: str) -> str:
        return r"\,".join(rf"\left({factor}\right)" for factor in printed)

    def compute(self, *values: Any) -> Any:
        first, second = (dual.Dual(*value) for value in values)
        result = first * second
        return np.array([result.value, result.derivative])


class DualFunction(Operation):
    """The sine, standing for any f, of a dual number as mlpkit computes it."""

    def tex(self, *printed: str) -> str:
        return rf"f\!\left({printed[0]}\right)"

    def compute(self, *values: Any) -> Any:
        result: Any = np.sin(dual.Dual(*values[0]))
        return np.array([result.value, result.derivative])


def _dual_point(rng: np.random.Generator) -> dict[str, Any]:
    """u = e^t and v = cos t at a random t, their derivatives by differences; f is the sine."""
    t = float(rng.normal())
    return {
        "u": float(np.exp(t)),
        "v": float(np.cos(t)),
        "du": slope(np.exp, t),
        "dv": slope(np.cos, t),
        "f": lambda a: float(np.sin(a)),
        "f'": lambda a: slope(np.sin, a),
    }


_DU, _DV = Hat("du", "u'"), Hat("dv", "v'")
formula(
    "dual-product",
    DualProduct(DualNumber(u, _DU), DualNumber(v, _DV)),
    DualNumber(mul(u, v), add(mul(u, _DV), mul(_DU, v))),
    "Dual numbers multiply by the product rule, because ε² = 0.",
    "E, forward mode",
    "mlpkit.differentiate.dual.Dual",
    point=_dual_point,
)
formula(
    "dual-chain-rule",
    DualFunction(DualNumber(u, _DU)),
    DualNumber(_f(u), mul(_f(u, 1), _DU)),
    "A function of a dual number carries the derivative on by the chain rule.",
    "E, forward mode",
    "mlpkit.differentiate.dual.Dual",
    point=_dual_point,
)

# -- reverse mode --------------------------------------------------------------------------------------


def _graph_point(rng: np.random.Generator) -> dict[str, Any]:
    """Nodes 1..5 of a small graph: u_3 = u_1 u_2, u_4 = sin u_1 + u_3, u_5 = u_3 u_4; the dots by mlpkit."""
    values = rng.uniform(0.5, 1.5, size=2)
    first, second = graph.Node(values[0]), graph.Node(values[1])
    third = first * second
    fourth = np.sin(first) + third
    fifth = third * fourth
    graph.backward(fifth)
    nodes = {1: first, 2: second, 3: third, 4: fourth, 5: fifth}
    local = {
        (3, 1): float(second.value),
        (3, 2): float(first.value),
        (4, 1): float(np.cos(first.value)),
        (4, 3): 1.0,
        (5, 3): float(fourth.value),
        (5, 4): float(third.value),
    }
    whole = gradient(lambda w: w[0] * w[1] * (np.sin(w[0]) + w[0] * w[1]), values)
    return {
        "dot u": lambda n: float(nodes[n].derivative) if n > 2 else float(whole[n - 1]),
        "used by": lambda n: [above for above, below in local if below == n],
        "partial": lambda above, below: local[above[1], below[1]],
        "by graph": [float(nodes[n].derivative) for n in (1, 2, 3, 4)],
    }


written({"dot u": r"\dot{u}", "used by": r"\mathrm{used\ in}", "node": "u"})
formula(
    "reverse-accumulation",
    Quantity("dot u", None, j),
    Fold(
        "sum",
        mul(Quantity("dot u", None, i), Partial(Quantity("node", None, i), Quantity("node", None, j))),
        i,
        Member(Applied("used by", None, j)),
    ),
    "A node collects from every node that uses it, so these must come first: reverse topological order.",
    "E, reverse mode",
    "mlpkit.differentiate.graph.backward",
    over=((j, 1, 4),),
    point=_graph_point,
    computed=lambda e: e["by graph"],
)

# -- the lectures' examples ----------------------------------------------------------------------------


def _quiz_point(rng: np.random.Generator) -> dict[str, Any]:
    """N7 at a random place; derivatives by the complex step."""
    at = {"x": float(rng.uniform(1.5, 2.0)), "z": float(rng.uniform(0.5, 1.5))}

    def partial(above: Any, below: Any) -> float:
        moved = {name: value + (1e-30j if (name,) == below else 0.0) for name, value in at.items()}
        return float(np.imag(quiz_function(**moved)) / 1e-30)

    return {**at, "y": float(quiz_function(**at)), "partial": partial}


_XZ, _LOG = sp.exp(mul(x, z)), sp.log(x)
_y = sp.Symbol("y")
formula(
    "quiz",
    _y,
    add(_XZ, Fraction(mul(x, z), _LOG), Fraction(sp.sin(_LOG), _XZ)),
    "N7: at x = 2, z = 3 the value is 412.08655.",
    "E, calculus quiz 1",
    "mlpkit.differentiate.examples.quiz_function",
    point=_quiz_point,
    computed=lambda e: quiz_function(e["x"], e["z"]),
)
formula(
    "quiz-slope-x",
    Partial(_y, x),
    add(
        mul(z, _XZ),
        Fraction(z, _LOG),
        mul(-1, Fraction(z, _LOG**2)),
        Fraction(add(mul(Fraction(1, x), sp.cos(_LOG)), mul(-1, z, sp.sin(_LOG))), _XZ),
    ),
    "Its derivative to x, 1208.36656 there.",
    "E, calculus quiz 1",
    "mlpkit.differentiate.examples.quiz_function",
    point=_quiz_point,
    computed=lambda e: dual.gradient(quiz_function, e["x"], e["z"])[0],
)
formula(
    "quiz-slope-z",
    Partial(_y, z),
    add(mul(x, _XZ), Fraction(x, _LOG), mul(-1, x, Fraction(sp.sin(_LOG), _XZ))),
    "Its derivative to z, 809.73981 there.",
    "E, calculus quiz 1",
    "mlpkit.differentiate.examples.quiz_function",
    point=_quiz_point,
    computed=lambda e: dual.gradient(quiz_function, e["x"], e["z"])[1],
)


def _nested_cosine_point(rng: np.random.Generator) -> dict[str, Any]:
    at = float(rng.uniform(0.5, 2.0))
    return {
        "x": at,
        "t": at**2,
        "u": float(np.sin(at**2) + 3 * at**2),
        "J": float(nested_cosine(at)),
        "partial": lambda above, below: float(np.imag(nested_cosine(at + 1e-30j)) / 1e-30),
    }


_t = sp.Symbol("t")
formula(
    "nested-cosine",
    sp.Symbol("J"),
    sp.cos(add(sp.sin(sp.Pow(x, 2)), mul(3, sp.Pow(x, 2)))),
    "N8: at x = 2 the value is .24510.",
    "E, simple example",
    "mlpkit.differentiate.examples.nested_cosine",
    point=_nested_cosine_point,
    computed=lambda e: nested_cosine(e["x"]),
)
formula(
    "nested-cosine-slope",
    Rate(sp.Symbol("J"), x),
    mul(-2, x, sp.sin(u), add(sp.cos(_t), 3)),
    "Its derivative by the nodes of the graph, with t = x² and u = sin t + 3t; 9.09915 at x = 2.",
    "E, simple example",
    "mlpkit.differentiate.examples.nested_cosine",
    point=_nested_cosine_point,
    computed=lambda e: graph.gradient(nested_cosine, e["x"]),
)


def _logistic_point(rng: np.random.Generator) -> dict[str, Any]:
    """Logistic regression with three inputs: weights θ (θ_0 the bias), output Y, target d."""
    theta, features, target = rng.normal(size=4), rng.normal(size=3), float(rng.uniform())
    slopes = gradient(lambda t: logistic_loss(t, features, target), theta)
    return {
        "D": 3,
        "x": lambda j: 1.0 if j == 0 else float(features[j - 1]),
        "Y": float(sigmoid(theta[0] + theta[1:] @ features)),
        "d": target,
        "partial": lambda above, below: float(slopes[below[1]]),
        "by graph": graph.gradient(lambda t: logistic_loss(t, features, target), theta),
    }


formula(
    "logistic-regression-gradient",
    Partial(Quantity("Div"), Quantity("theta i", None, j)),
    mul(add(sp.Symbol("Y"), mul(-1, sp.Symbol("d"))), Quantity("x", None, j)),
    "Logistic regression, one sigmoid unit with cross-entropy: error times input (x_0 = 1 for the bias).",
    "E, case 1 (sign corrected)",
    "mlpkit.differentiate.examples.logistic_loss",
    over=((j, 0, D),),
    point=_logistic_point,
    computed=lambda e: e["by graph"],
)


def _three_layers(rng: np.random.Generator) -> dict[str, Any]:
    """Two hidden layers of sigmoids and one sigmoid output, as in the second quiz."""
    net = MLP(widths=(3, 2, 3, 1), hidden=sigmoid, output=sigmoid)
    return NetworkPoint.random(rng, net).environment


def _out() -> sp.Expr:
    return Quantity("y", 3, 1)


def _slope_of(unit: sp.Expr) -> sp.Expr:
    return mul(unit, add(1, mul(-1, unit)))


formula(
    "composite-output-weight",
    Partial(_out(), Quantity("w", 3, j, 1)),
    mul(_out(), add(1, mul(-1, _out())), Quantity("y", 2, j)),
    "Three layers of sigmoids: the derivative of the output itself to a weight of the last layer,",
    "E, calculus quiz 2",
    "mlpkit.MLP.backward",
    over=((j, 0, Width(2)),),
    point=_three_layers,
)
formula(
    "composite-middle-weight",
    Partial(_out(), Quantity("w", 2, i, j)),
    mul(
        _out(),
        add(1, mul(-1, _out())),
        Quantity("w", 3, j, 1),
        Quantity("y", 2, j),
        add(1, mul(-1, Quantity("y", 2, j))),
        Quantity("y", 1, i),
    ),
    "to one of the layer before, along the one path there is,",
    "E, calculus quiz 2",
    "mlpkit.MLP.backward",
    over=((i, 0, Width(1)), (j, 1, Width(2))),
    point=_three_layers,
)
formula(
    "composite-first-weight",
    Partial(_out(), Quantity("w", 1, i, j)),
    mul(
        _out(),
        add(1, mul(-1, _out())),
        total(
            mul(
                Quantity("w", 3, l, 1),
                Quantity("y", 2, l),
                add(1, mul(-1, Quantity("y", 2, l))),
                Quantity("w", 2, j, l),
            ),
            l,
            1,
            Width(2),
        ),
        Quantity("y", 1, j),
        add(1, mul(-1, Quantity("y", 1, j))),
        Quantity("y", 0, i),
    ),
    "and to one of the first layer, with a sum over the units in between.",
    "E, calculus quiz 2",
    "mlpkit.MLP.backward",
    over=((i, 0, Width(0)), (j, 1, Width(1))),
    point=_three_layers,
)
