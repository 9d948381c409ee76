"""Formulas of the divergences: values, derivatives, forms fused with an activation, what they estimate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from mlpkit import activations, divergences, optimizers
from mlpkit._checks import Array
from mlpkit.divergences import Divergence
from mlpkit.formulas.numeric import gradient
from mlpkit.formulas.operations import (
    Absolute,
    Case,
    Cases,
    Fold,
    Fraction,
    Larger,
    Nabla,
    Norm,
    Otherwise,
    Rate,
    Span,
    Versus,
)
from mlpkit.formulas.registry import Point, formula
from mlpkit.formulas.symbols import Applied, Hat, Partial, Quantity, add, mul, total, written

written(
    {
        "KL": r"\mathrm{KL}",
        "H": "H",
        "P": "P",
        "p": "p",
    }
)

i, j, t, T, c = sp.symbols("i j t T c")
Y, d, z, w, D = sp.symbols("Y d z w D")
lam = sp.Symbol("lambda")
sigma, tau, s = sp.symbols("sigma tau s")
Div = Quantity("Div")
_UNITS = (j, 1, D)
_ROOT = sp.Pow(mul(2, sp.pi), sp.Rational(1, 2), evaluate=False)


def _y(index: Any) -> Quantity:
    return Quantity("y", None, index)


def _d(index: Any) -> Quantity:
    return Quantity("d", None, index)


def _z(index: Any) -> Quantity:
    return Quantity("z", None, index)


def _of_yd(name: str = "Div") -> Applied:
    return Applied(name, None, Hat("vector Y", "Y"), Hat("vector d", "d"))


# -- points --------------------------------------------------------------------------------------------


def outputs_point(
    divergence: Divergence, draw: Callable[[np.random.Generator], tuple[Array, Array]]
) -> Point:
    """Outputs and targets of one instance, four units, with the divergence's derivative by differences."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        values, targets = draw(rng)
        slopes = gradient(lambda v: divergence(v, targets), values)
        return {
            "vector Y": values,
            "vector d": targets,
            "y": lambda j: float(values[j - 1]),
            "d": lambda j: float(targets[j - 1]),
            "D": len(values),
            "c": int(np.argmax(targets)) + 1,
            "Div": lambda *_: float(divergence(values, targets)),
            "KL": lambda pair: float(stats.entropy(*pair)),
            "H": lambda v: float(stats.entropy(v)),
            "partial": lambda above, below: float(slopes[below[1] - 1]),
            "gradient": lambda above, below: slopes,
            "a": 0.7,
        }

    return point


def _real(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.normal(size=4), rng.normal(size=4)


def _distributions(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.dirichlet(np.full(4, 3.0)), rng.dirichlet(np.full(4, 3.0))


def _one_hot(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.dirichlet(np.full(4, 3.0)), np.eye(4)[rng.integers(4)]


def _signs(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.normal(scale=1.5, size=4), rng.choice([-1.0, 1.0], size=4)


def _binary_point(soft: bool) -> Point:
    """One output Y in (0, 1) and its target, soft or a label."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        output, target = float(rng.uniform(0.05, 0.95)), float(rng.uniform() if soft else rng.integers(2))

        def value(v: float) -> float:
            return float(divergences.binary_cross_entropy([v], [target]))

        return {
            "Y": output,
            "d": target,
            "Div": lambda Y=output, d=target: float(divergences.binary_cross_entropy([Y], [d])),
            "H": lambda p: float(stats.bernoulli(p).entropy()),
            "P": lambda d: float(stats.bernoulli(output).pmf(d)),
            "partial": lambda above, below: (value(output + 1e-6) - value(output - 1e-6)) / 2e-6,
        }

    return point


_SOFT, _LABELS = _binary_point(True), _binary_point(False)


def _fused_point(divergence: Divergence, f: activations.Activation, soft: bool, units: int) -> Point:
    """Pre-activations before an output activation f, the outputs, targets, and Div's derivative to z."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        values = rng.normal(scale=1.5, size=units)
        targets = rng.dirichlet(np.ones(units)) if units > 1 else rng.uniform(size=1)
        targets = targets if soft else np.round(targets)
        outputs = f(values)
        slopes = gradient(lambda v: divergence(f(v), targets), values)
        return {
            "D": units,
            "z": float(values[0]) if units == 1 else (lambda j: float(values[j - 1])),
            "y": lambda j: float(outputs[j - 1]),
            "Y": float(outputs[0]),
            "d": float(targets[0]) if units == 1 else (lambda j: float(targets[j - 1])),
            "Div": lambda *_: float(divergence(outputs, targets)),
            "partial": lambda above, below: float(slopes[below[1] - 1 if len(below) > 1 else 0]),
            "values": values,
            "targets": targets,
        }

    return point


_REAL = outputs_point(divergences.half_squared_error, _real)
_SCALED = outputs_point(divergences.make_squared_error(0.7), _real)
_CROSS = outputs_point(divergences.cross_entropy, _distributions)
_HOT = outputs_point(divergences.cross_entropy, _one_hot)
_KULLBACK = outputs_point(divergences.kl_divergence, _distributions)
_HINGE = outputs_point(divergences.hinge, _signs)


def _gives(divergence: Divergence, derivative: bool = False) -> Callable[[Any], Any]:
    """What the divergence (or its derivative) gives at the outputs and targets of an environment."""
    function = divergence.derivative if derivative else divergence
    return lambda e: function(e["vector Y"], e["vector d"])


def _binary(derivative: bool = False) -> Callable[[Any], float]:
    """The same for one output Y."""
    function = divergences.binary_cross_entropy.derivative if derivative else divergences.binary_cross_entropy
    return lambda e: float(np.squeeze(function([e["Y"]], [e["d"]])))


# -- squares -------------------------------------------------------------------------------------------

_DIFFERENCE = add(Hat("vector Y", "Y"), mul(-1, Hat("vector d", "d")))
a = sp.Symbol("a")

formula(
    "squared-length",
    _of_yd(),
    mul(Fraction(1, 2), Norm(_DIFFERENCE) ** 2),
    "Half the squared distance between outputs and targets, as a length.",
    "A, C, divergences",
    "mlpkit.half_squared_error",
    point=_REAL,
    computed=_gives(divergences.half_squared_error),
)
formula(
    "squared-error-gradient",
    Nabla(Hat("vector Y", "Y"), Div),
    _DIFFERENCE,
    "Its gradient is the vector of errors.",
    "A, C, divergences",
    "mlpkit.half_squared_error.derivative",
    point=_REAL,
    computed=_gives(divergences.half_squared_error, derivative=True),
)
formula(
    "scaled-squared-error",
    _of_yd(),
    mul(a, total(add(_y(j), mul(-1, _d(j))) ** 2, j, 1, D)),
    "The squared distance with any scale a > 0: the minimum stays where it is.",
    "A, divergences",
    "mlpkit.divergences.make_squared_error",
    point=_SCALED,
    computed=_gives(divergences.make_squared_error(0.7)),
)
formula(
    "scaled-squared-error-slope",
    Partial(Div, _y(j)),
    mul(2, a, add(_y(j), mul(-1, _d(j)))),
    "A scale of the divergence scales every derivative, as a larger step would.",
    "A, divergences",
    "mlpkit.divergences.make_squared_error",
    point=_SCALED,
    over=(_UNITS,),
    computed=_gives(divergences.make_squared_error(0.7), derivative=True),
)

# -- cross-entropies -----------------------------------------------------------------------------------

formula(
    "binary-cross-entropy",
    Applied("Div", None, Y, d),
    add(mul(-1, d, sp.log(Y)), mul(-1, add(1, mul(-1, d)), sp.log(add(1, mul(-1, Y))))),
    "The binary cross-entropy of an output between 0 and 1 and its target.",
    "A, divergences; E with both signs corrected",
    "mlpkit.binary_cross_entropy",
    point=_SOFT,
    computed=_binary(),
)
formula(
    "binary-cross-entropy-slope",
    Rate(Div, Y),
    add(mul(-1, Fraction(d, Y)), Fraction(add(1, mul(-1, d)), add(1, mul(-1, Y)))),
    "Its derivative to the output.",
    "A, E (signs corrected)",
    "mlpkit.binary_cross_entropy.derivative",
    point=_SOFT,
    computed=_binary(derivative=True),
)
formula(
    "binary-cross-entropy-slope-joined",
    Rate(Div, Y),
    Fraction(add(Y, mul(-1, d)), mul(Y, add(1, mul(-1, Y)))),
    "The same over one denominator: it is zero where the output is the target, if that is inside (0, 1).",
    "A, divergences",
    "mlpkit.binary_cross_entropy.derivative",
    point=_SOFT,
    computed=_binary(derivative=True),
)
formula(
    "binary-cross-entropy-slope-at-labels",
    Rate(Div, Y),
    Cases(
        Case(mul(-1, Fraction(1, Y)), d, "=", 1),
        Case(Fraction(1, add(1, mul(-1, Y))), d, "=", 0),
    ),
    "For a label 0 or 1 the derivative never comes nearer to 0 than -1 or 1.",
    "A, divergences",
    "mlpkit.binary_cross_entropy.derivative",
    point=_LABELS,
    computed=_binary(derivative=True),
)
formula(
    "binary-cross-entropy-least",
    Applied("Div", None, Y, d),
    Applied("H", None, d),
    "It is never below the entropy of the target: 0 for a label, more for a soft target (.325 for .9).",
    "A, corrected",
    "mlpkit.binary_cross_entropy",
    relation=r"\ge",
    point=_SOFT,
)
formula(
    "cross-entropy",
    _of_yd(),
    mul(-1, total(mul(_d(j), sp.log(_y(j))), j, 1, D)),
    "The cross-entropy of probabilities over classes and a target distribution.",
    "A, C, divergences",
    "mlpkit.cross_entropy",
    point=_CROSS,
    computed=_gives(divergences.cross_entropy),
)
formula(
    "cross-entropy-of-class",
    _of_yd(),
    mul(-1, sp.log(_y(c))),
    "For a one-hot target only the probability of the true class c counts.",
    "C, divergences",
    "mlpkit.cross_entropy",
    point=_HOT,
    computed=_gives(divergences.cross_entropy),
)
formula(
    "cross-entropy-slope",
    Partial(Div, _y(j)),
    mul(-1, Fraction(_d(j), _y(j))),
    "Its derivative to an output.",
    "A, divergences",
    "mlpkit.cross_entropy.derivative",
    point=_CROSS,
    tolerance=1e-7,
    over=(_UNITS,),
    computed=_gives(divergences.cross_entropy, derivative=True),
)
formula(
    "cross-entropy-slope-of-class",
    Partial(Div, _y(j)),
    Cases(Case(mul(-1, Fraction(1, _y(c))), j, "=", c), Otherwise(0)),
    "For a one-hot target only the output of the true class has a derivative that is not 0.",
    "A, divergences",
    "mlpkit.cross_entropy.derivative",
    point=_HOT,
    over=(_UNITS,),
    computed=_gives(divergences.cross_entropy, derivative=True),
)
formula(
    "entropy",
    Applied("H", None, Hat("vector d", "d")),
    mul(-1, total(mul(_d(j), sp.log(_d(j))), j, 1, D)),
    "The entropy of the targets: what no output can take away.",
    "A, divergences",
    "mlpkit.divergences.kl_divergence",
    point=_CROSS,
    computed=lambda e: (
        divergences.cross_entropy(e["vector Y"], e["vector d"])
        - divergences.kl_divergence(e["vector Y"], e["vector d"])
    ),
)
formula(
    "kl-divergence",
    Applied("KL", None, Versus(Hat("vector d", "d"), Hat("vector Y", "Y"))),
    total(mul(_d(j), sp.log(Fraction(_d(j), _y(j)))), j, 1, D),
    "The Kullback-Leibler divergence from the targets to the outputs, with 0 log 0 = 0.",
    "A, C, D, divergences",
    "mlpkit.divergences.kl_divergence",
    point=_KULLBACK,
    computed=_gives(divergences.kl_divergence),
)
formula(
    "cross-entropy-is-kl-plus-entropy",
    _of_yd(),
    add(
        Applied("KL", None, Versus(Hat("vector d", "d"), Hat("vector Y", "Y"))),
        Applied("H", None, Hat("vector d", "d")),
    ),
    "Cross-entropy and KL differ by the entropy of the target, which no weight changes.",
    "C, divergences",
    "mlpkit.cross_entropy",
    point=_CROSS,
    computed=_gives(divergences.cross_entropy),
)
formula(
    "kl-slope",
    Partial(Applied("KL", None, Versus(Hat("vector d", "d"), Hat("vector Y", "Y"))), _y(j)),
    mul(-1, Fraction(_d(j), _y(j))),
    "So the two have the same derivatives.",
    "C, divergences",
    "mlpkit.divergences.kl_divergence.derivative",
    point=_KULLBACK,
    tolerance=1e-7,
    over=(_UNITS,),
    computed=_gives(divergences.kl_divergence, derivative=True),
)

# -- hinge ---------------------------------------------------------------------------------------------

formula(
    "hinge",
    _of_yd(),
    total(Larger(0, add(1, mul(-1, _d(j), _y(j)))), j, 1, D),
    "The hinge, for targets -1 and 1: no loss for an output on its side with a margin of 1.",
    "E, objective functions",
    "mlpkit.divergences.hinge",
    point=_HINGE,
    computed=_gives(divergences.hinge),
)
formula(
    "hinge-slope",
    Partial(Div, _y(j)),
    Cases(Case(mul(-1, _d(j)), mul(_d(j), _y(j)), r"\le", 1), Otherwise(0)),
    "Outputs inside the margin are pushed out with the same force wherever they are.",
    "E, objective functions",
    "mlpkit.divergences.hinge.derivative",
    point=_HINGE,
    over=(_UNITS,),
    computed=_gives(divergences.hinge, derivative=True),
)

# -- divergence and activation in one step -------------------------------------------------------------


def _fused(divergence: Divergence, activation: str, derivative: bool) -> Callable[[Any], Any]:
    form = divergence.fused[activation]
    function = form.derivative if derivative else form.value
    return lambda e: np.squeeze(function(e["values"], e["targets"]))


formula(
    "softmax-cross-entropy",
    Partial(Div, _z(j)),
    add(_y(j), mul(-1, _d(j))),
    "Softmax and cross-entropy in one step: output minus target.",
    "A, softmax output layer, carried through",
    "mlpkit.cross_entropy",
    point=_fused_point(divergences.cross_entropy, activations.softmax, True, 4),
    over=(_UNITS,),
    computed=_fused(divergences.cross_entropy, "softmax", True),
)
formula(
    "softmax-cross-entropy-value",
    Div,
    add(
        sp.log(Fold("sum", sp.exp(_z(i)), i, Span(1, D))),
        mul(-1, total(mul(_d(j), _z(j)), j, 1, D)),
    ),
    "Their value as a function of the sums, which stays finite where a probability rounds to 0.",
    "follows from A, softmax and cross-entropy",
    "mlpkit.cross_entropy",
    point=_fused_point(divergences.cross_entropy, activations.softmax, True, 4),
    computed=_fused(divergences.cross_entropy, "softmax", False),
)
formula(
    "sigmoid-cross-entropy",
    Rate(Div, z),
    add(Y, mul(-1, d)),
    "Sigmoid and binary cross-entropy in one step: the slope of the sigmoid has cancelled.",
    "E, module 5 and 4 multiplied (sign corrected)",
    "mlpkit.binary_cross_entropy",
    point=_fused_point(divergences.binary_cross_entropy, activations.sigmoid, True, 1),
    computed=_fused(divergences.binary_cross_entropy, "sigmoid", True),
)
formula(
    "sigmoid-cross-entropy-value",
    Div,
    add(sp.log(add(1, sp.exp(z))), mul(-1, d, z)),
    "Their value as a function of the sum.",
    "follows from A, sigmoid and binary cross-entropy",
    "mlpkit.binary_cross_entropy",
    point=_fused_point(divergences.binary_cross_entropy, activations.sigmoid, True, 1),
    computed=_fused(divergences.binary_cross_entropy, "sigmoid", False),
)
formula(
    "sigmoid-squared-error",
    Rate(Div, z),
    mul(add(Y, mul(-1, d)), Y, add(1, mul(-1, Y))),
    "With half the squared error the slope stays: a confident wrong output hardly learns.",
    "B, error term of an output unit",
    "mlpkit.half_squared_error",
    point=_fused_point(divergences.half_squared_error, activations.sigmoid, True, 1),
)

# -- what is estimated ---------------------------------------------------------------------------------


def _noise_point(rng: np.random.Generator) -> dict[str, Any]:
    """A target that is an output plus normal noise, and a weight with a prior."""
    output, deviation, width, at = rng.normal(), rng.uniform(0.5, 2.0), rng.uniform(0.5, 2.0), rng.normal()
    return {
        "Y": float(output),
        "d": float(output + deviation * rng.normal()),
        "sigma": float(deviation),
        "tau": float(width),
        "s": float(width),
        "w": float(at),
        "lambda": float(1 / width**2),
        "p": lambda d: float(stats.norm(output, deviation).pdf(d)),
        "normal prior": lambda w: float(stats.norm(0, width).pdf(w)),
        "Laplace prior": lambda w: float(stats.laplace(0, width).pdf(w)),
    }


def _labels_point(rng: np.random.Generator) -> dict[str, Any]:
    """Five instances with one output each, labels drawn with these outputs as their probabilities."""
    outputs = rng.uniform(0.1, 0.9, size=(5, 1))
    labels = (rng.uniform(size=(5, 1)) < outputs).astype(float)
    return {
        "T": 5,
        "P": lambda t: float(stats.bernoulli(outputs[t - 1, 0]).pmf(labels[t - 1, 0])),
        "instance Y": lambda t: outputs[t - 1],
        "instance d": lambda t: labels[t - 1],
        "Div": lambda Y, d: float(divergences.binary_cross_entropy(Y, d)),
        "Loss": lambda: float(divergences.binary_cross_entropy(outputs, labels).mean()),
    }


written({"normal prior": "p", "Laplace prior": "p"})

formula(
    "bernoulli-likelihood",
    Applied("P", None, d),
    mul(Y**d, add(1, mul(-1, Y)) ** add(1, mul(-1, d))),
    "The probability of a label d if the output Y is the probability of 1.",
    "E, matching quiz",
    "mlpkit.binary_cross_entropy",
    point=_LABELS,
    computed=lambda e: np.exp(-_binary()(e)),
)
formula(
    "bernoulli-log-likelihood",
    mul(-1, sp.log(Applied("P", None, d))),
    Applied("Div", None, Y, d),
    "Its negative logarithm is the binary cross-entropy: the least loss is the most likely output.",
    "E, matching quiz",
    "mlpkit.binary_cross_entropy",
    point=_LABELS,
    computed=_binary(),
)
formula(
    "likelihood-of-all",
    mul(-1, sp.log(Fold("prod", Quantity("P", None, t), t, Span(1, T)))),
    mul(T, Quantity("Loss")),
    "Independent instances multiply, their logarithms add: T times the mean loss.",
    "E, matching quiz",
    "mlpkit.MLP.loss",
    point=_labels_point,
)
formula(
    "gaussian-log-likelihood",
    mul(-1, sp.log(Applied("p", None, d))),
    add(
        Fraction(add(Y, mul(-1, d)) ** 2, mul(2, sigma**2)),
        sp.log(mul(sigma, _ROOT)),
    ),
    "With normal noise on the output the negative log-likelihood is the squared error, but for constants.",
    "E, matching quiz",
    "mlpkit.half_squared_error",
    point=_noise_point,
    computed=lambda e: (
        divergences.half_squared_error([e["Y"]], [e["d"]]) / e["sigma"] ** 2
        + np.log(e["sigma"] * np.sqrt(2 * np.pi))
    ),
)
formula(
    "gaussian-prior",
    mul(-1, sp.log(Applied("normal prior", None, w))),
    add(mul(Fraction(lam, 2), w**2), sp.log(mul(tau, _ROOT))),
    "A normal prior round 0 with variance 1/λ adds the squared weights to the loss.",
    "B, weight decay; E, matching quiz",
    "mlpkit.optimizers.penalty_value",
    point=_noise_point,
    computed=lambda e: (
        optimizers.penalty_value({"W": [e["w"]]}, e["lambda"]) + np.log(e["tau"] * np.sqrt(2 * np.pi))
    ),
)
formula(
    "laplace-prior",
    mul(-1, sp.log(Applied("Laplace prior", None, w))),
    add(Fraction(Absolute(w), s), sp.log(mul(2, s))),
    "A Laplace prior adds the magnitudes instead: λ = 1/s.",
    "B, weight decay",
    "mlpkit.optimizers.penalty_value",
    point=_noise_point,
    computed=lambda e: optimizers.penalty_value({"W": [e["w"]]}, 1 / e["s"], "L1") + np.log(2 * e["s"]),
)
