"""Formulas of what is minimised and of how classes become targets (lectures 02 and 14)."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from mlpkit import targets
from mlpkit.activations import tanh
from mlpkit.datasets import Dataset, Scaler
from mlpkit.divergences import binary_cross_entropy
from mlpkit.formulas.operations import (
    Argmin,
    Case,
    Cases,
    Expectation,
    Fold,
    Fraction,
    Given,
    Integral,
    Otherwise,
    Span,
)
from mlpkit.formulas.registry import formula
from mlpkit.formulas.symbols import Applied, Hat, Quantity, add, mul, total, written
from mlpkit.network import MLP

written(
    {
        "true class": "c",
        "decided class": r"\hat{c}",
        "smooth d": r"\tilde{d}",
        "P of X": "P",
        "P of class": "P",
        "net": "f",
        "g of X": "g",
        "sample": "X",
        "sample d": "d",
        "scaled x": r"\tilde{x}",
        "feature x": "x",
        "mu": r"\mu",
        "sigma": r"\sigma",
    }
)

i, j, t, T, K, D = sp.symbols("i j t T K D")
X, Y, d, c = sp.symbols("X Y d c")
epsilon = sp.Symbol("epsilon")
_CLASSES = (j, 1, K)
_d, _y = (lambda index: Quantity("d", None, index)), (lambda index: Quantity("y", None, index))


# -- risk ----------------------------------------------------------------------------------------------


def _risk_point(rng: np.random.Generator) -> dict[str, Any]:
    """A network f of one number, a function g to be learnt, and normally distributed inputs."""
    net = MLP(widths=(1, 3, 1), hidden=tanh)
    params = net.init(rng, scale=1.0)
    density = stats.norm(0.3, 0.8)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)

    def output(x: float) -> float:
        return float(net.forward(params, np.array([x])).output[0])

    def expectation(f: Any) -> float:
        values = [f(0.3 + 0.8 * node) for node in nodes]
        return float(weights @ np.array(values) / np.sqrt(2 * np.pi))

    sample = density.rvs(800, random_state=rng)
    truth = np.cos(2 * sample)
    return {
        "net": output,
        "g of X": lambda x: float(np.cos(2 * x)),
        "P of X": lambda x: float(density.pdf(x)),
        "Div": lambda Y, d: 0.5 * (Y - d) ** 2,
        "expectation": expectation,
        "ends": (-7.0, 7.6),
        "T": 800,
        "sample": lambda t: float(sample[t - 1]),
        "sample d": lambda t: float(truth[t - 1]),
        "loss": net.loss(params, sample[:, np.newaxis], truth[:, np.newaxis]),
    }


_ERROR = Applied("Div", None, Applied("net", None, X), Applied("g of X", None, X))

_OF_SAMPLE = Applied(
    "Div",
    None,
    Applied("net", None, Quantity("sample", None, t)),
    Quantity("sample d", None, t),
)

formula(
    "expected-risk",
    Expectation(_ERROR, X),
    Integral(mul(_ERROR, Applied("P of X", None, X)), X),
    "What we would like to make small: the divergence, averaged over all inputs as often as they occur.",
    "A, C, expected error",
    "mlpkit.MLP.loss",
    point=_risk_point,
)
formula(
    "empirical-risk",
    Expectation(_ERROR, X),
    mul(sp.Pow(T, -1), total(_OF_SAMPLE, t, 1, T)),
    "What we can make small: the mean over T instances drawn as inputs occur.",
    "A, C, empirical risk",
    "mlpkit.MLP.loss",
    relation=r"\approx",
    point=_risk_point,
    computed=lambda e: e["loss"],
    tolerance=0.12,
)


def _noisy_labels_point(rng: np.random.Generator) -> dict[str, Any]:
    """Inputs of one kind X that belong to class 1 with a probability P(1|X)."""
    p = float(rng.uniform(0.2, 0.8))
    return {
        "expectation": lambda f: p * f(1.0) + (1 - p) * f(0.0),
        "Div": lambda Y, d: float(binary_cross_entropy([Y], [d])),
        "P of class": lambda condition: p,
        "X": 0.0,
        "search": (1e-9, 1 - 1e-9),
    }


formula(
    "output-is-probability",
    Argmin(Expectation(Applied("Div", None, Y, d), d), Y),
    Applied("P of class", None, Given(1, X)),
    "The output with the least mean divergence is the probability of class 1 for such inputs.",
    "A, what the output means",
    "mlpkit.binary_cross_entropy",
    point=_noisy_labels_point,
    tolerance=1e-6,
)

# -- encodings -----------------------------------------------------------------------------------------


def _encoded(encoding: targets.TargetEncoding, **more: Any) -> Any:
    """A point with the targets that an encoding gives to a random class."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        label = int(rng.integers(encoding.labels))
        values = encoding.encode(label)
        return {"d": lambda j: float(values[j - 1]), "c": label + 1, "K": encoding.outputs, **more}

    return point


def _scores_point(rng: np.random.Generator) -> dict[str, Any]:
    outputs = rng.uniform(size=5)
    return {
        "y": lambda j: float(outputs[j - 1]),
        "K": 5,
        "decided class": int(targets.OneHotTarget(5).decode(outputs)) + 1,
    }


formula(
    "one-hot",
    _d(j),
    Cases(Case(1, j, "=", c), Otherwise(0)),
    "One output a class: 1 for the class c of the instance, 0 for the others.",
    "A, C, one-hot representation",
    "mlpkit.targets.OneHotTarget",
    over=(_CLASSES,),
    point=_encoded(targets.OneHotTarget(4)),
)
formula(
    "none-of-the-above",
    _d(j),
    Cases(Case(1, j, "=", add(K, 1)), Otherwise(0)),
    "One more class, for what belongs to none of the K: the eleventh output of a digit reader.",
    "A, digit recognition",
    "mlpkit.targets.OneHotTarget",
    over=((j, 1, add(K, 1)),),
    point=lambda rng: {
        "d": lambda j: float(targets.OneHotTarget(10, none_of_the_above=True).encode(10)[j - 1]),
        "K": 10,
    },
)
formula(
    "soft-targets",
    _d(j),
    Cases(Case(Fraction(9, 10), j, "=", c), Otherwise(Fraction(1, 10))),
    "Targets that a sigmoid can reach, as for the faces: 0.9 for the class c, 0.1 for the others.",
    "B, faces task",
    "mlpkit.targets.soft_targets",
    over=(_CLASSES,),
    point=_encoded(targets.soft_targets(4)),
)
formula(
    "label-smoothing",
    _d(j),
    Cases(Case(add(1, mul(-1, add(K, -1), epsilon)), j, "=", c), Otherwise(epsilon)),
    "Label smoothing: a little for every wrong class, what is left (the sum is 1) for the true one.",
    "C, divergences",
    "mlpkit.targets.label_smoothing",
    over=(_CLASSES,),
    point=_encoded(targets.label_smoothing(5, 0.03), epsilon=0.03),
)


def _smoothing_point(rng: np.random.Generator) -> dict[str, Any]:
    before = rng.dirichlet(np.ones(5))
    after = targets.smooth_targets(before, 0.04)
    return {
        "d": lambda j: float(before[j - 1]),
        "smooth d": lambda j: float(after[j - 1]),
        "K": 5,
        "epsilon": 0.04,
    }


formula(
    "smoothed-distribution",
    Quantity("smooth d", None, j),
    add(mul(add(1, mul(-1, K, epsilon)), _d(j)), epsilon),
    "The same for targets that are a distribution already.",
    "C, divergences, for any distribution",
    "mlpkit.targets.smooth_targets",
    over=(_CLASSES,),
    point=_smoothing_point,
)
formula(
    "decision",
    Hat("decided class", r"\hat{c}"),
    Fold("argmax", _y(j), j, Span(1, K)),
    "The class that is read off the outputs: the one with the largest.",
    "A, B, interpreting the outputs",
    "mlpkit.targets.OneHotTarget.decode",
    point=_scores_point,
)


def _features_point(rng: np.random.Generator) -> dict[str, Any]:
    """Inputs of a few instances, and the same made to have mean 0 and deviation 1."""
    raw = rng.normal(5.0, 3.0, size=(12, 2))
    data = Dataset(raw, np.zeros((12, 1)), np.zeros(12, dtype=int), "drawn", "drawn for a formula")
    scaled = Scaler.fitted_on(data)(raw)
    return {
        "T": 12,
        "D": 2,
        "feature x": lambda t, i: float(raw[t - 1, i - 1]),
        "scaled x": lambda t, i: float(scaled[t - 1, i - 1]),
        "mu": lambda i: float(np.mean(raw[:, i - 1])),
        "sigma": lambda i: float(np.std(raw[:, i - 1])),
    }


formula(
    "standardised-input",
    Quantity("scaled x", None, t, i),
    Fraction(
        add(Quantity("feature x", None, t, i), mul(-1, Quantity("mu", None, i))), Quantity("sigma", None, i)
    ),
    "Inputs of different units made comparable: mean 0 and deviation 1 over the training set.",
    "A, representing inputs",
    "mlpkit.datasets.Scaler",
    over=((t, 1, T), (i, 1, D)),
    point=_features_point,
)
