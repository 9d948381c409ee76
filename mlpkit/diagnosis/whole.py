"""Mistakes of the finished gradients: signs, means, shapes, mixed-in updates, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from mlpkit._checks import Array
from mlpkit.diagnosis.bank import Arrays, BackwardParts, Mistake
from mlpkit.diagnosis.scene import DoesNotApplyError, Scene, scene_of

__all__ = ["WHOLE"]

Finish = Callable[[Scene, Arrays], Arrays]
Backward = Mistake[BackwardParts]


def _weights(key: str) -> bool:
    return key.startswith("W")


def _biases(key: str) -> bool:
    return key.startswith("b")


def _any(key: str) -> bool:
    return True


def _each(change: Callable[[Scene, Array], Array], which: Callable[[str], bool] = _any) -> Finish:
    """A finish that changes every array whose name passes `which`."""
    return lambda s, g: {key: change(s, value) if which(key) else value for key, value in g.items()}


def _ways(*finishes: Finish) -> Callable[[Scene], Iterable[BackwardParts]]:
    parts = tuple(BackwardParts(finish=(finish,)) for finish in finishes)
    return lambda s: parts


def _zero(*, layer: Callable[[Scene], int] | None = None, which: Callable[[str], bool] = _any) -> Finish:
    """A finish that leaves arrays at zero: all that pass `which`, of one layer or of all."""

    def finish(s: Scene, g: Arrays) -> Arrays:
        ending = "" if layer is None else str(layer(s))
        left_out = {key for key in g if which(key) and (not ending or key[1:] == ending)}
        return {key: np.zeros_like(value) if key in left_out else value for key, value in g.items()}

    return finish


# -- shapes ------------------------------------------------------------------------------------------


def _column(s: Scene, value: Array) -> Array:
    return value[:, np.newaxis]


def _row(s: Scene, value: Array) -> Array:
    return value[np.newaxis, :]


def _flat(s: Scene, value: Array) -> Array:
    return value.ravel() if 1 in value.shape else value


def _rows_kept(divide: bool) -> BackwardParts:
    return BackwardParts(bias=lambda s, k, dz: dz / s.T if divide else dz)


def _wrong_axis(s: Scene) -> Iterable[BackwardParts]:
    """Sums over the units, or over everything, instead of over the rows."""
    sums: tuple[Callable[[Scene, int, Array], Array], ...] = (
        lambda s, k, dz: dz.sum(axis=1),
        lambda s, k, dz: dz.sum(axis=1) / s.T,
        lambda s, k, dz: dz.mean(axis=1),
        lambda s, k, dz: np.asarray(dz.sum() / s.T),
        lambda s, k, dz: np.asarray(dz.mean()),
        lambda s, k, dz: np.full(dz.shape[1], dz.sum() / s.T),
    )
    return [BackwardParts(bias=one) for one in sums]


# -- what belongs to the optimizer -------------------------------------------------------------------


def _changes(s: Scene) -> Mapping[str, Array]:
    if s.previous.changes is None:
        raise DoesNotApplyError
    return s.previous.changes  # type: ignore[return-value]


def _momentum(s: Scene) -> Iterable[BackwardParts]:
    before, alpha = _changes(s), s.constant("momentum")
    eta = s.constant("step")
    formulas: tuple[Callable[[Array, Array], Array], ...] = (
        lambda g, c: alpha * c - eta * g,
        lambda g, c: eta * g - alpha * c,
        lambda g, c: g + alpha * c,
        lambda g, c: g - alpha * c,
        lambda g, c: alpha * c + (1 - alpha) * g,
        lambda g, c: g - alpha * c / eta,
    )

    def finish(formula: Callable[[Array, Array], Array]) -> Finish:
        return lambda s, g: {key: formula(value, before[key]) for key, value in g.items()}

    return [] if alpha == 0 else [BackwardParts(finish=(finish(formula),)) for formula in formulas]


def _penalty(which: Callable[[str], bool]) -> Callable[[Scene], Iterable[BackwardParts]]:
    def variants(s: Scene) -> Iterable[BackwardParts]:
        lam = s.constant("penalty")

        def finish(factor: float) -> Finish:
            return lambda s, g: {
                key: value + factor * lam * s.params[key] if which(key) else value for key, value in g.items()
            }

        note = f"{lam:.3g}"
        return [BackwardParts(finish=(finish(factor),), note=note) for factor in (1.0, 2.0, 1.0 / s.T)]

    return variants


def _infer_penalty(which: Callable[[str], bool]) -> Callable[[Scene, Mapping[str, Array]], Scene]:
    def infer(s: Scene, student: Mapping[str, Array]) -> Scene:
        keys = [key for key in student if which(key)]
        extra = np.concatenate([(student[key] - s.right[key]).ravel() for key in keys])
        return s.with_constants(penalty=_slope(extra, _joined(s.params, keys)))

    return infer


def _joined(arrays: Mapping[str, Array], keys: Iterable[str]) -> Array:
    return np.concatenate([arrays[key].ravel() for key in keys])


def _slope(given: Array, direction: Array) -> float:
    """The number by which `direction` must be multiplied to come nearest to `given`."""
    square = float(direction @ direction)
    if square == 0.0:
        raise DoesNotApplyError
    return float(given @ direction) / square


def _step(s: Scene) -> Iterable[BackwardParts]:
    eta = s.constant("step")
    return [
        BackwardParts(finish=(_each(lambda s, g, c=c: c * g),), note=f"{c:.4g}")  # type: ignore[misc]
        for c in (eta, -eta)
    ]


def _infer_step(s: Scene, student: Mapping[str, Array]) -> Scene:
    return s.with_constants(step=_slope(_joined(student, student), _joined(s.right, student)))


def _moved(s: Scene, g: Mapping[str, Array]) -> Arrays:
    """Parameters after a step along `g`: as told, else with the step and momentum that are known."""
    if s.previous.updated is not None and "step" not in s.constants:
        return dict(s.previous.updated)  # type: ignore[arg-type]
    eta = s.constant("step")
    if "step" in s.constants or s.previous.optimizer is None:
        return {key: s.params[key] - eta * g[key] for key in g}
    return s.previous.optimizer.update(s.params, g, s.previous.changes)[0]


def _infer_descent(s: Scene, student: Mapping[str, Array]) -> Scene:
    moved, g = _joined(s.params, student) - _joined(student, student), _joined(s.right, student)
    # Where the gradient is zero every step leads to the parameters themselves.
    return s.with_constants(step=_slope(moved, g) if g.any() else 0.0)


def _at_new_parameters(s: Scene) -> Scene:
    return scene_of(s.net, _moved(s, s.right), s.x, s.d, s.previous)


# -- which rows, which trace -------------------------------------------------------------------------


def _only_row(t: int) -> Callable[[Scene], Iterable[BackwardParts]]:
    def one_row(s: Scene) -> Scene:
        rows = slice(t, t + 1) if t >= 0 else slice(t, None)
        return scene_of(s.net, s.params, s.x[rows], s.targets[rows], s.previous)

    def variants(s: Scene) -> Iterable[BackwardParts]:
        shared = _each(lambda one, g, T=s.T: g / T)  # type: ignore[misc]
        return BackwardParts(scene=(one_row,)), BackwardParts(scene=(one_row,), finish=(shared,))

    return variants


def _stale(s: Scene) -> Iterable[BackwardParts]:
    """Other inputs, other inputs and targets, old parameters; in the whole pass or in the weights only."""
    before = s.previous
    traces = []
    if before.x is not None:
        traces.append(s.net.forward(s.params, before.x))
    if before.params is not None:
        traces.append(s.net.forward(before.params, s.x))
    if before.x is not None and before.params is not None:
        traces.append(s.net.forward(before.params, before.x))
    ways = []
    for trace in traces:
        if len(trace.output) == s.T:
            ways.append(BackwardParts(scene=(_on_trace(trace),)))
            ways.append(BackwardParts(below=lambda s, k, y=trace.y: y[k - 1]))  # type: ignore[misc]
    if before.x is not None and before.d is not None:
        ways.append(BackwardParts(scene=(lambda s: scene_of(s.net, s.params, before.x, before.d, before),)))  # type: ignore[arg-type]
    return ways


def _on_trace(trace: object) -> Callable[[Scene], Scene]:
    def change(s: Scene) -> Scene:
        gradients = s.net.backward(s.params, trace, s.targets)  # type: ignore[arg-type]
        return replace(s, trace=trace, gradients=gradients)  # type: ignore[arg-type]

    return change


# -- other ends --------------------------------------------------------------------------------------


def _normalised(s: Scene) -> Iterable[BackwardParts]:
    def by_all(s: Scene, g: Arrays) -> Arrays:
        norm = np.sqrt(sum(float((value**2).sum()) for value in g.values()))
        return {key: value / norm for key, value in g.items()}

    each = (_each(lambda s, g: g / np.linalg.norm(g)), _each(lambda s, g: g / np.abs(g).max()))
    return [BackwardParts(finish=(finish,)) for finish in (*each, by_all)]


def _reversed(s: Scene, g: Arrays) -> Arrays:
    return {key: g[f"{key[0]}{s.N + 1 - int(key[1:])}"] for key in g}


def _single(s: Scene, g: Arrays) -> Arrays:
    return {key: value.astype(np.float32).astype(np.float64) for key, value in g.items()}


WHOLE: tuple[Backward, ...] = (
    Mistake(
        "wrong-sign",
        "Opposite sign",
        "Your gradients point the other way: each is minus the right one. Decide which difference you take, "
        "outputs minus targets or targets minus outputs, and where the minus of descent belongs: in the "
        "update, not in the gradient.",
        _ways(_each(lambda s, g: -g)),
        frequency=1,
    ),
    Mistake(
        "missing-mean",
        "Sum over the batch instead of its mean",
        "Your gradients equal the right ones times the number of rows. The loss is a mean over the batch, "
        "so its gradient is a mean too.",
        _ways(_each(lambda s, g: g * s.T)),
        frequency=1,
    ),
    Mistake(
        "doubled-mean",
        "Divided by the number of rows twice",
        "Your gradients equal the right ones divided by the number of rows once more. The mean over the "
        "batch is taken once: either in the error or in the products, not in both.",
        _ways(_each(lambda s, g: g / s.T)),
        frequency=1,
    ),
    Mistake(
        "mean-over-units",
        "Mean over output units as well",
        "Your gradients are too small by the number of output units. The divergence sums over the units of "
        "an instance; only the instances are averaged.",
        _ways(_each(lambda s, g: g / s.net.widths[-1])),
        frequency=1,
    ),
    Mistake(
        "factor-two",
        "Twice the gradient",
        "Your gradients are exactly twice the right ones. In half the squared error the ½ and the 2 that "
        "squaring brings down cancel; with another loss, something is counted twice.",
        _ways(_each(lambda s, g: 2.0 * g)),
        frequency=1,
    ),
    Mistake(
        "halved",
        "Half the gradient",
        "Your gradients are exactly half the right ones. The ½ of the squared error is used up when the "
        "square is differentiated; it does not appear again.",
        _ways(_each(lambda s, g: 0.5 * g)),
    ),
    Mistake(
        "transposed-weights",
        "Weight gradients transposed",
        "Your weight gradients hold the right numbers, but with rows and columns exchanged. A gradient has "
        "the shape of its weights: row j belongs to the unit j that the weights lead into.",
        _ways(_each(lambda s, g: g.T, _weights)),
        frequency=1,
    ),
    Mistake(
        "bias-per-row",
        "Bias gradient kept for every instance",
        "Your bias gradients have one row for each instance. All instances share the bias, so their "
        "contributions are brought together over the rows, as they are for the weights.",
        lambda s: (_rows_kept(False), _rows_kept(True)),
        frequency=1,
    ),
    Mistake(
        "wrong-shape",
        "Right numbers in the wrong shape",
        "Your numbers are right, but an axis of length one is too many or too few. A gradient has exactly "
        "the shape of its parameter, or the update will broadcast it into something else.",
        _ways(_each(_row, _biases), _each(_column, _biases), _each(_flat, _weights)),
    ),
    Mistake(
        "bias-wrong-axis",
        "Bias gradient summed over the wrong axis",
        "Your bias gradients add up the units. Each unit has a bias of its own: keep the units apart and "
        "bring the instances together.",
        _wrong_axis,
        frequency=1,
    ),
    Mistake(
        "weights-not-averaged",
        "Mean for the biases, sum for the weights",
        "Your bias gradients are means over the batch, but your weight gradients are sums. The same loss, a "
        "mean, is differentiated for both.",
        _ways(_each(lambda s, g: g * s.T, _weights)),
    ),
    Mistake(
        "bias-not-averaged",
        "Mean for the weights, sum for the biases",
        "Your weight gradients are means over the batch, but your bias gradients are sums. The same loss, a "
        "mean, is differentiated for both.",
        _ways(_each(lambda s, g: g * s.T, _biases)),
        frequency=1,
    ),
    Mistake(
        "zeros",
        "All zeros",
        "Your gradients are all zero. Perhaps the arrays were prepared and never filled, or a new dict is "
        "returned in place of the one that you filled.",
        _ways(_zero()),
        frequency=1,
    ),
    Mistake(
        "first-layer-left-out",
        "First layer left out",
        "The first layer has no gradient. Layer 1 learns as well: the error goes one layer further down, "
        "and what stands below its weights is the input x.",
        lambda s: [BackwardParts(finish=(_zero(layer=lambda s: 1),))] if s.N > 1 else [],
        frequency=1,
    ),
    Mistake(
        "last-layer-left-out",
        "Last layer left out",
        "The last layer has no gradient. The way back begins at the outputs, with the weights of layer N.",
        lambda s: [BackwardParts(finish=(_zero(layer=lambda s: s.N),))] if s.N > 1 else [],
    ),
    Mistake(
        "bias-left-out",
        "Biases left out",
        "The biases have no gradient. A bias is a weight on a constant 1, so its gradient is the derivative "
        "that arrives at the affine sum, brought together over the batch.",
        _ways(_zero(which=_biases)),
    ),
    Mistake(
        "layers-reversed",
        "Gradients under the wrong layer's name",
        "Your gradients are right but belong to other layers: the first to be computed, that of layer N, "
        "stands first. The backward pass meets the layers in reverse order.",
        lambda s: [BackwardParts(finish=(_reversed,))] if s.N > 1 else [],
    ),
    Mistake(
        "only-first-row",
        "Only the first instance",
        "Your gradients come from the first instance of the batch alone. Every row contributes: "
        "perhaps the loop is left too early, or only one row is looked at.",
        _only_row(0),
    ),
    Mistake(
        "only-last-row",
        "Only the last instance",
        "Your gradients come from the last instance of the batch alone. Every row contributes: add each to "
        "what is there rather than replacing it.",
        _only_row(-1),
    ),
    Mistake(
        "stale-trace",
        "Values from an earlier forward pass",
        "Your gradients use outputs of an earlier pass: of another batch or of older parameters. Each "
        "backward pass belongs to the forward pass just before it, with the same inputs and the same "
        "parameters.",
        _stale,
    ),
    Mistake(
        "at-updated-parameters",
        "Gradient taken after the update",
        "Your gradients are those at the new parameters. All gradients of a step are taken at the old ones; "
        "only then does everything move.",
        lambda s: [BackwardParts(scene=(_at_new_parameters,))],
        frequency=3,
    ),
    Mistake(
        "momentum-mixed-in",
        "Momentum in the gradient",
        "Your gradients contain a share of the last change. Momentum belongs to the update rule; the "
        "gradient knows nothing of earlier steps.",
        _momentum,
    ),
    Mistake(
        "penalty-mixed-in",
        "Penalty in the gradient",
        "Your weight gradients contain a multiple of the weights themselves (about {note} times). That is "
        "the derivative of a penalty; the loss asked for here has none.",
        _penalty(_weights),
        infer=_infer_penalty(_weights),
    ),
    Mistake(
        "penalty-on-biases",
        "Penalty in all gradients, even of the biases",
        "Your gradients, even those of the biases, contain a multiple of the parameters (about {note} "
        "times). The loss asked for here has no penalty, and where there is one the biases go free.",
        _penalty(_any),
        infer=_infer_penalty(_any),
        frequency=3,
    ),
    Mistake(
        "step-mixed-in",
        "Gradient multiplied by a constant",
        "Every gradient is the right one times {note}. If that is the step size, it belongs to the update; "
        "the gradient is the same for every step size.",
        _step,
        infer=_infer_step,
    ),
    Mistake(
        "parameters-returned",
        "New parameters instead of gradients",
        "You return parameters that have already moved. A gradient says how the loss changes with a "
        "parameter; the step along it comes later.",
        lambda s: [BackwardParts(finish=(_moved,))],
        infer=_infer_descent,
    ),
    Mistake(
        "normalised",
        "Gradient scaled to length one",
        "Your gradients have the right direction but a length of one. The length of a gradient says how "
        "steep the loss is; leave it in.",
        _normalised,
        frequency=3,
    ),
    Mistake(
        "only-signs",
        "Only the signs of the gradient",
        "Your gradients are just the signs, plus or minus one, of the right ones. A sign says where to go "
        "but not how steep it is.",
        _ways(_each(lambda s, g: np.sign(g))),
        frequency=3,
    ),
)

#: Found by its digits and not by its values, so it is kept apart from the search.
SINGLE_PRECISION: Backward = Mistake(
    "single-precision",
    "Computed in single precision",
    "Your gradients are right, but only to about seven digits: somewhere the numbers are in single "
    "precision. Keep to double precision, or finite differences cannot confirm what you have.",
    _ways(_single),
    frequency=3,
)
