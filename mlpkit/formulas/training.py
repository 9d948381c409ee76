"""Formulas of training (lecture 13): penalties, steps, batches, when to stop, what to choose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from mlpkit import optimizers, training
from mlpkit.activations import sigmoid, tanh
from mlpkit.formulas.checking import NetworkPoint
from mlpkit.formulas.operations import Absolute, Fold, Fraction, Kronecker, Member, Sign, Span
from mlpkit.formulas.registry import Point, formula
from mlpkit.formulas.symbols import Hat, Partial, Quantity, Width, add, mul, total, written
from mlpkit.network import MLP
from mlpkit.optimizers import SGD, PenaltyKind

eta, alpha, lam = sp.symbols("eta alpha lambda")
i, j, k, l, m, n, t, w = sp.symbols("i j k l m n t w")
B, K, N, T = sp.symbols("B K N T")
Div, Loss = Quantity("Div"), Quantity("Loss")

written(
    {
        "all weights": "w",
        "R": "R",
        "penalised": r"\mathrm{Loss}_{\lambda}",
        "batch": r"\mathcal{B}",
        "change of w": r"\Delta w",
        "validation": r"\mathrm{ValLoss}",
        "fold loss": r"\mathrm{Loss}",
        "true labels": "c",
        "decided labels": r"\hat{c}",
        "step change": r"\Delta",
        "batch Loss": r"\mathrm{Loss}_{\mathcal{B}}",
        "old w": "w",
        "moved w": "w",
    }
)


# -- penalties -----------------------------------------------------------------------------------------


def _penalty_point(kind: PenaltyKind) -> Point:
    """All weights of a network in one row w_1..w_n, the penalty and its derivatives by differences."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        net = MLP(widths=(2, 3, 1), hidden=tanh)
        params, strength = net.init(rng, scale=1.0), 0.3
        data = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
        rows = np.concatenate([params["W1"].ravel(), params["W2"].ravel()])

        def penalty(v: np.ndarray) -> float:
            return optimizers.penalty_value({"W": v}, strength, kind)

        def slope_at(n: int) -> float:
            e = 1e-6 * np.eye(len(rows))[n - 1]
            return (penalty(rows + e) - penalty(rows - e)) / 2e-6

        result = training.train(net, params, data, SGD(1e-9, penalty=strength, penalty_kind=kind), epochs=1)
        return {
            "n": len(rows),
            "lambda": strength,
            "all weights": lambda n: float(rows[n - 1]),
            "R": lambda: optimizers.penalty_value(params, strength, kind),
            "Loss": lambda: net.loss(params, *data),
            "penalised": lambda: result.history.records[0].loss,
            "partial": lambda above, below: slope_at(below[1]),
            "computed slope": optimizers.penalty_gradient("W", rows, strength, kind),
        }

    return point


_SQUARES, _MAGNITUDES = _penalty_point("L2"), _penalty_point("L1")
_W, _R = Quantity("all weights", None, j), Quantity("R")
_EVERY = ((j, 1, n),)

formula(
    "penalty-squares",
    _R,
    mul(Fraction(lam, 2), total(_W**2, j, 1, n)),
    "The L2 penalty: half of λ times the squares of all weights (biases are left alone).",
    "B, weight decay",
    "mlpkit.optimizers.penalty_value",
    point=_SQUARES,
)
formula(
    "penalty-magnitudes",
    _R,
    mul(lam, total(Absolute(_W), j, 1, n)),
    "The L1 penalty: λ times their magnitudes.",
    "B, weight decay",
    "mlpkit.optimizers.penalty_value",
    point=_MAGNITUDES,
)
formula(
    "penalty-squares-slope",
    Partial(_R, _W),
    mul(lam, _W),
    "It pulls at every weight in proportion to the weight.",
    "B, weight decay",
    "mlpkit.optimizers.penalty_gradient",
    over=_EVERY,
    point=_SQUARES,
    computed=lambda e: e["computed slope"],
)
formula(
    "penalty-magnitudes-slope",
    Partial(_R, _W),
    mul(lam, Sign(_W)),
    "It pulls at every weight with the same force, so small ones become 0 (at 0 the course takes 0).",
    "B, weight decay",
    "mlpkit.optimizers.penalty_gradient",
    over=_EVERY,
    point=_MAGNITUDES,
    computed=lambda e: e["computed slope"],
)
formula(
    "penalised-loss",
    Quantity("penalised"),
    add(Loss, _R),
    "What is minimised with a penalty.",
    "B, weight decay",
    "mlpkit.training.train",
    point=_SQUARES,
)

# -- steps ---------------------------------------------------------------------------------------------


def _step_point(optimizer: SGD) -> Point:
    """A network before and after a step of the optimizer; Loss is differentiated by differences."""

    def point(rng: np.random.Generator) -> dict[str, Any]:
        net = MLP(widths=(2, 3, 2), hidden=tanh, output=sigmoid)
        drawn = replace(NetworkPoint.random(rng, net), optimizer=optimizer)
        return {**drawn.environment, "lambda": optimizer.penalty}

    return point


_w = Quantity("w", k, i, j)
_NEW, _SLOPE = Quantity("new w", k, i, j), Partial(Loss, _w)
_WEIGHTS = ((k, 1, N), (i, 1, Width(k - 1)), (j, 1, Width(k)))


def _s(name: str, left: Any, right: Any, says: str, source: str, optimizer: SGD, **options: Any) -> None:
    options = {"relation": r"\leftarrow", "over": _WEIGHTS, "point": _step_point(optimizer), **options}
    formula(name, left, right, says, source, "mlpkit.SGD.update", **options)


_s(
    "gradient-step",
    _NEW,
    add(_w, mul(-1, eta, _SLOPE)),
    "One step for every weight, each against its own derivative.",
    "A, C, training",
    SGD(0.2),
)
_s(
    "weight-decay-step",
    _NEW,
    add(mul(add(1, mul(-1, eta, lam)), _w), mul(-1, eta, _SLOPE)),
    "With the L2 penalty every weight shrinks by the same share ηλ before it moves.",
    "B, weight decay (which calls ηλ λ)",
    SGD(0.2, penalty=0.3),
)
_s(
    "lasso-step",
    _NEW,
    add(_w, mul(-1, eta, _SLOPE), mul(-1, eta, lam, Sign(_w))),
    "With the L1 penalty every weight is pulled towards 0 by the same amount.",
    "B, weight decay",
    SGD(0.2, penalty=0.3, penalty_kind="L1"),
)
_s(
    "momentum-decay-change",
    Quantity("change", k, i, j),
    add(
        mul(alpha, Quantity("earlier change", k, i, j)),
        mul(-1, eta, add(_SLOPE, mul(lam, _w))),
    ),
    "Momentum and penalty together: a share of the last change, and a step down loss and penalty.",
    "B, weight decay with momentum (step size put to λ)",
    SGD(0.2, momentum=0.9, penalty=0.3),
)


def _constant_slope(rng: np.random.Generator) -> dict[str, Any]:
    """Many steps with momentum down a constant slope g: the change that they settle to."""
    share, step, g = float(rng.uniform(0.3, 0.9)), 0.2, float(rng.normal())
    optimizer, params, change = SGD(step, momentum=share), {"W": np.zeros(1)}, None
    for _ in range(400):
        params, change = optimizer.update(params, {"W": [g]}, change)
    assert change is not None
    return {"step change": lambda: float(change["W"][0]), "alpha": share, "eta": step, "g": g}


formula(
    "momentum-limit",
    Quantity("step change"),
    mul(-1, Fraction(eta, add(1, mul(-1, alpha))), sp.Symbol("g")),
    "Down a constant slope g momentum comes to act like a step that is 1/(1 - α) times as long.",
    "B, momentum (sum of the geometric series)",
    "mlpkit.SGD.update",
    point=_constant_slope,
)

# -- batches -------------------------------------------------------------------------------------------


def _batch_point(rng: np.random.Generator) -> dict[str, Any]:
    """A network, seven instances and a mini-batch of three of them."""
    net = MLP(widths=(2, 3, 2), hidden=tanh, output=sigmoid)
    point = NetworkPoint.random(rng, net, rows=7)
    chosen = sorted(int(t) for t in rng.choice(7, size=3, replace=False))
    of_batch = net.backward(point.params, net.forward(point.params, point.x[chosen]), point.d[chosen])
    ours = replace(point, x=point.x[chosen], d=point.d[chosen])

    def partial(above: tuple[Any, ...], below: tuple[Any, ...]) -> float:
        if above[0] == "batch Loss":
            return ours.partial(("Loss",), below)
        return point.partial(above, below)

    return {
        **point.environment,
        "B": 3,
        "batch": lambda: [t + 1 for t in chosen],
        "partial": partial,
        "by mlpkit": [float(of_batch["W1"][j, i]) for i in range(2) for j in range(3)],
    }


_FIRST = ((i, 1, 2), (j, 1, 3))
_w1 = Quantity("w", 1, i, j)

formula(
    "mini-batch-gradient",
    Partial(Quantity("batch Loss"), _w1),
    mul(
        sp.Pow(B, -1),
        Fold("sum", Partial(Quantity("Div of instance", None, t), _w1), t, Member(Quantity("batch"))),
    ),
    "A mini-batch of B instances: the mean of their derivatives, an estimate of that over all.",
    "B, mini-batch gradient descent",
    "mlpkit.training.mean_gradients",
    over=_FIRST,
    point=_batch_point,
    computed=lambda e: e["by mlpkit"],
)


def _instance_step(rng: np.random.Generator) -> dict[str, Any]:
    """A step of stochastic gradient descent on instance t."""
    net = MLP(widths=(2, 3, 2), hidden=tanh, output=sigmoid)
    point = NetworkPoint.random(rng, net, rows=4)
    row, optimizer = int(rng.integers(4)), SGD(0.2)
    gradients = net.backward(point.params, net.forward(point.params, point.x[row]), point.d[row])
    moved, _ = optimizer.update(point.params, gradients)
    return {
        **point.environment,
        "t": row + 1,
        "eta": 0.2,
        "moved w": lambda k, i, j: float(moved[f"W{k}"][j - 1, i - 1]),
    }


formula(
    "stochastic-step",
    Quantity("moved w", k, i, j),
    add(_w, mul(-1, eta, Partial(Quantity("Div of instance", None, t), _w))),
    "Stochastic gradient descent: a step after every single instance.",
    "B, C, E, stochastic gradient descent",
    "mlpkit.SGD.update",
    relation=r"\leftarrow",
    over=_WEIGHTS,
    point=_instance_step,
)

# -- beginning and end ---------------------------------------------------------------------------------


def _equal_units(rng: np.random.Generator) -> dict[str, Any]:
    """A network in which all units of the hidden layer have equal weights in and out."""
    net = MLP(widths=(2, 3, 1), hidden=tanh)
    point = NetworkPoint.random(rng, net)
    params = {
        "W1": np.tile(point.params["W1"][:1], (3, 1)),
        "b1": np.full(3, point.params["b1"][0]),
        "W2": np.full((1, 3), point.params["W2"][0, 0]),
        "b2": point.params["b2"],
    }
    return replace(point, params=params).environment


formula(
    "equal-units-stay-equal",
    Partial(Loss, Quantity("w", 1, i, j)),
    Partial(Loss, Quantity("w", 1, i, l)),
    "Units of a layer that begin with equal weights get equal derivatives, and stay equal for ever.",
    "B, initialisation",
    "mlpkit.MLP.init",
    over=((i, 1, 2), (j, 1, 3), (l, 1, 3)),
    point=_equal_units,
)


def _initial_point(rng: np.random.Generator) -> dict[str, Any]:
    """Many weights drawn from [-s, s], and the variance that this range has."""
    bound = float(rng.uniform(0.05, 0.5))
    weights = MLP(widths=(300, 300)).init(rng, scale=bound)["W1"]
    return {"s": bound, "variance": float(stats.uniform(-bound, 2 * bound).var()), "drawn": weights.var()}


formula(
    "initial-variance",
    Hat("variance", r"\mathrm{Var}\!\left(w\right)"),
    Fraction(sp.Symbol("s") ** 2, 3),
    "Weights drawn uniformly from -s to s: small and different, with this variance.",
    "B, initialisation",
    "mlpkit.MLP.init",
    point=_initial_point,
    computed=lambda e: e["drawn"],
    tolerance=2e-3,
)


def _history_point(rng: np.random.Generator) -> dict[str, Any]:
    """A training with early stopping: the validation loss of every epoch and the epoch that was kept."""
    net = MLP(widths=(1, 12, 1), hidden=tanh)
    x, x_val = rng.uniform(-1, 1, size=(6, 1)), rng.uniform(-1, 1, size=(30, 1))
    noise = 0.4 * rng.normal(size=(6, 1))
    result = training.train(
        net,
        net.init(rng, scale=1.0),
        (x, np.sin(3 * x) + noise),
        SGD(0.2, momentum=0.8),
        epochs=60,
        validation=(x_val, np.sin(3 * x_val)),
        stop=training.Stop(patience=60),
    )
    losses = [record.validation_loss for record in result.history.records]
    return {
        "M": len(losses) - 1,
        "validation": lambda m: float(losses[m]),
        "kept": result.epoch,
    }


formula(
    "early-stopping",
    Hat("kept", r"m^{*}"),
    Fold("argmin", Quantity("validation", None, m), m, Span(0, sp.Symbol("M"))),
    "Early stopping keeps the weights of the epoch whose loss on the validation set was least.",
    "B, training, validation and test sets",
    "mlpkit.training.Stop",
    point=_history_point,
)


def _folds_point(rng: np.random.Generator) -> dict[str, Any]:
    """Cross-validation of one network: the loss on each fold, held out while the others were trained on."""
    x = rng.normal(size=(12, 2))
    found = training.cross_validate(
        lambda units: MLP(widths=(2, units, 1), hidden=tanh),
        (x, np.sin(x[:, :1])),
        (2,),
        4,
        rng,
        SGD(0.1),
        epochs=5,
    )
    return {
        "K": 4,
        "score": float(found.mean[0]),
        "fold loss": lambda n: float(found.scores[0, n - 1]),
    }


formula(
    "cross-validation",
    Hat("score", r"\mathrm{CV}"),
    mul(sp.Pow(K, -1), total(Quantity("fold loss", None, k), k, 1, K)),
    "The score of a choice, such as the number of hidden units: the mean over K folds, each held out once.",
    "B, cross-validation of the number of hidden units",
    "mlpkit.training.cross_validate",
    point=_folds_point,
)


def _labels_point(rng: np.random.Generator) -> dict[str, Any]:
    """True and decided classes of ten instances, with one-hot targets."""
    truth, decided = rng.integers(3, size=10), rng.integers(3, size=10)
    decided[0] = truth[0]
    share = training.accuracy(np.eye(3)[decided], np.eye(3)[truth])
    return {
        "T": 10,
        "accuracy": share,
        "true labels": lambda t: int(truth[t - 1]),
        "decided labels": lambda t: int(decided[t - 1]),
    }


formula(
    "accuracy",
    Hat("accuracy", r"\mathrm{accuracy}"),
    mul(
        sp.Pow(T, -1),
        Fold(
            "sum",
            Kronecker(Quantity("decided labels", None, t), Quantity("true labels", None, t)),
            t,
            Span(1, T),
        ),
    ),
    "The share of the instances whose class is right.",
    "A, digits; B, faces",
    "mlpkit.training.accuracy",
    point=_labels_point,
)
