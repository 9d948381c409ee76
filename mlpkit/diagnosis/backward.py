"""Mistakes made on the way back: the output error, the slopes, the way through the weights, the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from mlpkit._checks import Array
from mlpkit.activations import relu
from mlpkit.diagnosis.bank import BackwardParts, Mistake
from mlpkit.diagnosis.scene import DoesNotApplyError, Scene
from mlpkit.diagnosis.whole import SINGLE_PRECISION, WHOLE, _moved, _slope

__all__ = ["MISTAKES"]

Output = Callable[[Scene, Array], Array]
Slope = Callable[[Scene, int, Array], Array]
Through = Callable[[Scene, int, Array], Array]
Parts = BackwardParts


def _in_hidden(s: Scene, slope: Slope, layers: Iterable[int] | None = None) -> list[Parts]:
    """The wrong slope in all hidden `layers` at once, and in each of them alone."""
    chosen = list(range(1, s.N)) if layers is None else list(layers)
    ways = [_slope_in(slope, frozenset(chosen))] if chosen else []
    if len(chosen) > 1:
        ways += [_slope_in(slope, frozenset([k])) for k in chosen]
    return ways


def _slope_in(slope: Slope, layers: frozenset[int]) -> Parts:
    return Parts(slope=lambda s, k, dy: slope(s, k, dy) if k in layers else s.pull(k, dy))


def _everywhere(s: Scene, slope: Slope) -> list[Parts]:
    """The wrong slope in hidden layers, at the output, and in all."""

    def output(s: Scene, dy: Array) -> Array:
        return slope(s, s.N, dy)

    ways = _in_hidden(s, slope)
    return [*ways, Parts(output=output), *([Parts(output=output, slope=ways[0].slope)] if ways else [])]


# -- the output error --------------------------------------------------------------------------------


def _no_slope(s: Scene, k: int, dy: Array) -> Array:
    return dy + np.zeros_like(s.z(k))


def _target_forgotten(s: Scene) -> list[Parts]:
    return [
        Parts(output=lambda s, dy: s.pull(s.N, s.Y)),
        Parts(output=lambda s, dy: s.Y),
        Parts(output=lambda s, dy: s.pull(s.N, s.Y + s.targets)),
        Parts(output=lambda s, dy: s.Y + s.targets),
    ]


def _fused_shortcut(s: Scene) -> list[Parts]:
    return [] if s.fused else [Parts(output=lambda s, dy: s.Y - s.targets)]


def _slope_twice(s: Scene) -> list[Parts]:
    ways = _in_hidden(s, lambda s, k, dy: s.slope(k) ** 2 * dy)
    if s.fused:
        ways.append(Parts(output=lambda s, dy: s.pull(s.N, s.dz_output)))
        ways.append(Parts(output=lambda s, dy: s.Y * (1 - s.Y) * s.dz_output))
    elif s.f(s.N).elementwise:
        ways.append(Parts(output=lambda s, dy: s.slope(s.N) ** 2 * dy))
    return ways


def _activation_twice(s: Scene) -> list[Parts]:
    def again(s: Scene, dy: Array) -> Array:
        return s.f(s.N)(s.Y) - s.targets

    if s.fused:
        return [Parts(output=again)]
    return [Parts(start=lambda s: s.net.divergence.derivative(s.f(s.N)(s.Y), s.targets))]


def _softmax_alone(s: Scene, dy: Array) -> Array:
    return s.Y * (1 - s.Y) * dy


def _named(s: Scene, k: int, name: str) -> bool:
    return s.f(k).name == name


def _softmax_elementwise(s: Scene) -> list[Parts]:
    ways = [Parts(output=_softmax_alone)] if _named(s, s.N, "softmax") else []
    return ways + _in_hidden(
        s, lambda s, k, dy: s.y[k] * (1 - s.y[k]) * dy, [k for k in range(1, s.N) if _named(s, k, "softmax")]
    )


def _is_divergence(s: Scene, *names: str) -> bool:
    return s.net.divergence.name in names


def _log_sign(s: Scene) -> list[Parts]:
    if not _is_divergence(s, "cross_entropy", "binary_cross_entropy"):
        return []
    return [Parts(start=lambda s: -s.dy_output), Parts(output=lambda s, dy: -s.dz_output)]


def _inner_sign(s: Scene) -> list[Parts]:
    if not _is_divergence(s, "binary_cross_entropy"):
        return []
    return [Parts(start=lambda s: -s.targets / s.Y - (1 - s.targets) / (1 - s.Y))]


def _one_term(s: Scene) -> list[Parts]:
    if not _is_divergence(s, "binary_cross_entropy"):
        return []
    return [
        Parts(start=lambda s: -s.targets / s.Y),
        Parts(start=lambda s: (1 - s.targets) / (1 - s.Y)),
    ]


# -- slopes ------------------------------------------------------------------------------------------


def _at_y(s: Scene, k: int, dy: Array) -> Array:
    return s.slope_at(k, s.y[k]) * dy


def _at_y_but_kinked(s: Scene, k: int, dy: Array) -> Array:
    """The same by a student whose ReLU'(0) is 0: for ReLU, y > 0 says the same as z > 0."""
    return s.pull(k, dy) if _kinked(s, k) else _at_y(s, k, dy)


def _slopes_at_y(s: Scene) -> list[Parts]:
    mixed = any(_kinked(s, k) for k in range(1, s.N + 1))
    return _everywhere(s, _at_y) + (_everywhere(s, _at_y_but_kinked) if mixed else [])


#: Derivatives of sigmoid and tanh written with their own value.
_OWN_VALUE: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y**2,
}


def _formula_at_z(s: Scene, k: int, dy: Array) -> Array:
    formula = _OWN_VALUE.get(s.f(k).name)
    return s.pull(k, dy) if formula is None else formula(s.z(k)) * dy


def _has_formula(s: Scene, k: int) -> bool:
    return s.f(k).name in _OWN_VALUE


def _formulas_at_z(s: Scene) -> list[Parts]:
    ways = _in_hidden(s, _formula_at_z, [k for k in range(1, s.N) if _has_formula(s, k)])
    if _has_formula(s, s.N):
        output: Output = lambda s, dy: _formula_at_z(s, s.N, dy)  # noqa: E731
        ways += [Parts(output=output), *(Parts(output=output, slope=way.slope) for way in ways[:1])]
    return ways


def _unfinished(s: Scene) -> list[Parts]:
    """Parts of y(1 - y) and 1 - y² instead of the whole."""
    pieces: dict[str, tuple[Callable[[Array], Array], ...]] = {
        "sigmoid": (lambda y: 1 - y, lambda y: y, lambda y: y**2, lambda y: 1 - y**2),
        "tanh": (lambda y: 1 - y, lambda y: y**2, lambda y: y * (1 - y), lambda y: 1 + y**2),
    }
    ways = []
    for name, formulas in pieces.items():
        for formula in formulas:
            way: Slope = lambda s, k, dy, f=formula: f(s.y[k]) * dy  # type: ignore[misc] # noqa: E731
            ways += _in_hidden(s, way, [k for k in range(1, s.N) if _named(s, k, name)])
            if _named(s, s.N, name):
                ways.append(Parts(output=lambda s, dy, f=formula: f(s.Y) * dy))  # type: ignore[misc]
    return ways


def _slope_of_wrong_activation(s: Scene) -> list[Parts]:
    """The output's activation differentiated in hidden layers, or the hidden one's at the output."""
    ways = []
    if s.f(s.N).elementwise:
        ways += _in_hidden(s, lambda s, k, dy: s.slope_at(s.N, s.z(k)) * dy)
    if s.N > 1 and s.f(1).elementwise:
        ways.append(Parts(output=lambda s, dy: s.slope_at(1, s.z(s.N)) * dy))
    return ways


def _slope_of_wrong_layer(s: Scene) -> list[Parts]:
    """The slope of the layer above or below, where the widths allow it."""
    return [
        *_in_hidden(s, lambda s, k, dy: s.slope(k + 1) * dy),
        *_in_hidden(s, lambda s, k, dy: s.slope(k - 1) * dy, range(2, s.N)),
        Parts(output=lambda s, dy: s.slope(s.N - 1) * dy),
    ]


def _kinked(s: Scene, k: int) -> bool:
    """True for activations like ReLU: a kink at 0 and straight on both sides."""
    return getattr(s.f(k), "kinks", ()) == (0.0,)


def _rectified(s: Scene, k: int) -> bool:
    return _kinked(s, k) and s.slope_at(k, np.array([-1.0, 1.0])).tolist() == [0.0, 1.0]


def _leaky(s: Scene, k: int) -> bool:
    return _kinked(s, k) and bool(s.slope_at(k, np.array([-1.0]))[0] != 0.0)


def _where(condition: Callable[[Scene, int], bool], slope: Slope) -> Callable[[Scene], list[Parts]]:
    """The wrong slope in the layers that pass `condition`, the output among them."""

    def variants(s: Scene) -> list[Parts]:
        ways = _in_hidden(s, slope, [k for k in range(1, s.N) if condition(s, k)])
        if condition(s, s.N):
            output: Output = lambda s, dy: slope(s, s.N, dy)  # noqa: E731
            ways += [Parts(output=output), *(Parts(output=output, slope=way.slope) for way in ways[:1])]
        return ways

    return variants


# -- through the weights -----------------------------------------------------------------------------


def _not_through_weights(s: Scene) -> list[Parts]:
    return [
        Parts(through=lambda s, k, dz: dz),
        Parts(through=lambda s, k, dz: dz.sum(axis=1, keepdims=True) + np.zeros_like(s.y[k - 1])),
        Parts(through=lambda s, k, dz: dz.mean(axis=1, keepdims=True) + np.zeros_like(s.y[k - 1])),
    ]


def _through_transposed(s: Scene) -> list[Parts]:
    return [Parts(through=lambda s, k, dz: dz @ s.W(k).T if _is_square(s, k) else dz @ s.W(k))]


def _is_square(s: Scene, k: int) -> bool:
    return s.W(k).shape[0] == s.W(k).shape[1]


def _through_wrong_layer(s: Scene) -> list[Parts]:
    """The weights of the layer below or above, as they are or transposed, where the shapes allow it."""
    return [
        Parts(through=lambda s, k, dz, o=o, turn=turn: dz @ _borrowed(s, k, k + o, turn))  # type: ignore[misc]
        for o in (-1, 1)
        for turn in (False, True)
    ]


def _borrowed(s: Scene, k: int, other: int, turn: bool) -> Array:
    """Weights of layer `other` in place of those of layer `k`; at the ends of the network its own."""
    if not 1 <= other <= s.N:
        return s.W(k)
    W = s.W(other).T if turn else s.W(other)
    if W.shape != s.W(k).shape:
        raise DoesNotApplyError
    return W


def _through_updated(s: Scene) -> list[Parts]:
    if s.N == 1:
        return []
    new = _moved(s, s.right)
    return [Parts(through=lambda s, k, dz: dz @ new[f"W{k}"])]


def _infer_update_step(s: Scene, student: Mapping[str, Array]) -> Scene:
    """The step that makes the layer below the last see the new weights of the last."""
    if s.N == 1:
        raise DoesNotApplyError
    k = s.N - 1
    change = s.pull(k, s.dz_output @ s.right[f"W{s.N}"]).mean(axis=0)
    return s.with_constants(step=_slope(s.right[f"b{k}"] - student[f"b{k}"], change))


def _bias_propagated(s: Scene) -> list[Parts]:
    """Weights with a bias column in front (or behind), of which the wrong columns are kept."""
    return [
        Parts(through=lambda s, k, dz: dz @ np.column_stack([s.b(k), s.W(k)])[:, :-1]),
        Parts(through=lambda s, k, dz: dz @ np.column_stack([s.W(k), s.b(k)])[:, 1:]),
        Parts(through=lambda s, k, dz: dz @ s.W(k) + dz @ s.b(k)[:, np.newaxis]),
    ]


# -- what stands below the weights -------------------------------------------------------------------


def _own_output(s: Scene) -> list[Parts]:
    return [
        Parts(below=lambda s, k: s.y[k]),
        Parts(below=lambda s, k: s.y[k] if k < s.N else s.y[k - 1]),
        Parts(below=lambda s, k: s.y[k] if k == s.N else s.y[k - 1]),
    ]


def _z_below(s: Scene, k: int) -> Array:
    return s.z(k - 1) if k > 1 else s.x


def _too_early(s: Scene, k: int, dz: Array, y: Array) -> Array:
    return np.outer(dz.mean(axis=0), y.mean(axis=0))


PASS: tuple[Mistake[Parts], ...] = (
    Mistake(
        "missing-output-slope",
        "Activation of the output layer not differentiated",
        "The derivative of the output activation is missing. From the divergence to the affine sums z_N the "
        "chain has two links: the divergence, then the activation.",
        lambda s: [Parts(output=lambda s, dy: _no_slope(s, s.N, dy))],
        frequency=1,
    ),
    Mistake(
        "missing-hidden-slopes",
        "Activation of a hidden layer not differentiated",
        "The derivative of a hidden activation is missing. What comes down through the weights is the "
        "derivative to y; before it reaches z it passes the activation's slope.",
        lambda s: _in_hidden(s, _no_slope),
        frequency=1,
    ),
    Mistake(
        "missing-all-slopes",
        "No activation differentiated",
        "No activation is differentiated: your network is treated as if it were linear on the way back. "
        "Each layer contributes its slope at its own z.",
        lambda s: [Parts(output=lambda s, dy: _no_slope(s, s.N, dy), slope=_no_slope)] if s.N > 1 else [],
        frequency=1,
    ),
    Mistake(
        "slope-at-y",
        "Slope taken at y instead of z",
        "The activation's derivative is evaluated at its output y. It is a function of what goes in: the "
        "affine sum z.",
        _slopes_at_y,
        frequency=1,
    ),
    Mistake(
        "output-formula-at-z",
        "Formula in y evaluated at z",
        "The short formula of the slope, written with the activation's value y, is evaluated with z. That "
        "formula wants the value; only the derivative as a function wants z.",
        _formulas_at_z,
        frequency=1,
    ),
    Mistake(
        "slope-formula-incomplete",
        "Slope formula of sigmoid or tanh not quite right",
        "The slope of your sigmoid or tanh follows a formula that is nearly right. Derive it once more: the "
        "slope of the sigmoid has two factors, that of tanh a square.",
        _unfinished,
    ),
    Mistake(
        "slope-of-wrong-activation",
        "Slope of another layer's activation",
        "A layer is differentiated as if it had the activation of another layer. Hidden layers and the "
        "output may have different activations; each has its own derivative.",
        _slope_of_wrong_activation,
    ),
    Mistake(
        "slope-of-wrong-layer",
        "Slope at another layer's z",
        "A slope is taken at the affine sums of a neighbouring layer. The derivative to y_k becomes that to "
        "z_k by the slope of layer k itself: check the layer index.",
        _slope_of_wrong_layer,
    ),
    Mistake(
        "slope-twice",
        "Activation differentiated twice",
        "An activation's slope is multiplied in twice. Outputs minus targets, for a matching pair of "
        "activation and cross-entropy, is already the derivative to z; and every layer has one slope only.",
        _slope_twice,
        frequency=1,
    ),
    Mistake(
        "fused-shortcut",
        "Shortcut of cross-entropy used for another loss",
        "Outputs minus targets is used as the derivative to z_N. That shortcut belongs to a cross-entropy "
        "with its matching activation; here the activation's own derivative is still to come.",
        _fused_shortcut,
    ),
    Mistake(
        "softmax-elementwise",
        "Softmax treated unit by unit",
        "Only the diagonal of the softmax's Jacobian is used. Every output of a softmax depends on every z, "
        "so each z collects a contribution from all outputs.",
        _softmax_elementwise,
        frequency=1,
    ),
    Mistake(
        "output-activation-twice",
        "Output activation applied twice",
        "The error is computed from outputs to which the output activation has been applied once more. The "
        "forward pass has done that already.",
        _activation_twice,
    ),
    Mistake(
        "log-likelihood-sign",
        "Sign of the log-likelihood",
        "You differentiate the log-likelihood, which is to be maximised. The cross-entropy that we minimise "
        "is its negative.",
        _log_sign,
    ),
    Mistake(
        "inner-sign",
        "Sign inside the second logarithm",
        "In the binary cross-entropy the second logarithm is taken of 1 - Y: its inner derivative is -1, "
        "and that sign is missing.",
        _inner_sign,
    ),
    Mistake(
        "one-term-only",
        "Only one term of the binary cross-entropy",
        "One of the two terms of the binary cross-entropy is missing in the derivative. Both the case d = 1 "
        "and the case d = 0 count, each with its weight.",
        _one_term,
    ),
    Mistake(
        "target-forgotten",
        "Target missing from the error, or added to it",
        "Your output error does not compare with the targets: it uses the outputs alone, or their sum with "
        "the targets. The error is a difference.",
        _target_forgotten,
    ),
    Mistake(
        "relu-slope-reversed",
        "ReLU: active and silent exchanged",
        "The slope of ReLU is exchanged: it is 1 where the unit is active, z > 0, and 0 where it is silent.",
        _where(_rectified, lambda s, k, dy: (s.z(k) < 0) * dy),
    ),
    Mistake(
        "relu-slope-sign",
        "Slope of the absolute value",
        "The slope is -1 for negative z, as for the absolute value. A silent ReLU is flat: its slope is 0.",
        _where(_rectified, lambda s, k, dy: np.sign(s.z(k)) * dy),
    ),
    Mistake(
        "leaky-slope-forgotten",
        "Leak forgotten",
        "For negative z the slope is taken as 0, as for plain ReLU. The leaky kind lets a little through "
        "there, forward and backward.",
        _where(_leaky, lambda s, k, dy: relu.derivative(s.z(k)) * dy),
        frequency=1,
    ),
    Mistake(
        "not-through-weights",
        "Error not passed through the weights",
        "The error of a layer is handed down unweighted. Unit i of the layer below is responsible for the "
        "error of unit j as much as the weight w_ij lets it be.",
        _not_through_weights,
        frequency=1,
    ),
    Mistake(
        "through-transposed-weights",
        "Weights the wrong way round on the way back",
        "On the way back the weights are used the wrong way round. Unit i collects over all units j that it "
        "feeds: the sum runs over the other index than in the forward pass.",
        _through_transposed,
        frequency=1,
    ),
    Mistake(
        "through-wrong-layer",
        "Through the weights of another layer",
        "The error is passed down through the weights of a neighbouring layer. From z_k to y_{k-1} the way "
        "leads through W_k: check the layer index.",
        _through_wrong_layer,
    ),
    Mistake(
        "through-updated-weights",
        "Through weights that have already been updated",
        "The error is passed down through weights that have already moved. All gradients of a step are "
        "taken at the old weights: first the whole backward pass, then the update.",
        _through_updated,
        infer=_infer_update_step,
        frequency=1,
    ),
    Mistake(
        "bias-propagated",
        "Bias passed down as if it were a weight",
        "On the way back the bias is treated like a weight to a unit below. It sits on a constant 1, which "
        "has nothing to learn: leave its column out, the bias's and no other.",
        _bias_propagated,
    ),
    Mistake(
        "own-output",
        "Layer's own output below its weights",
        "The gradient of the weights of layer k uses the outputs of layer k. A weight multiplies what comes "
        "in: the outputs of layer k - 1.",
        _own_output,
    ),
    Mistake(
        "z-instead-of-y",
        "Affine sums instead of outputs below the weights",
        "The gradient of the weights uses the affine sums z of the layer below. What the weights multiply "
        "are its outputs y, after the activation.",
        lambda s: [Parts(below=_z_below)],
    ),
    Mistake(
        "x-everywhere",
        "Input below the weights of every layer",
        "The gradient of later weights uses the input x. Only layer 1 sees x; layer k sees y_{k-1}.",
        lambda s: [Parts(below=lambda s, k: s.x)],
    ),
    Mistake(
        "input-left-out",
        "What the weights multiply is left out",
        "Your weight gradients do not depend on what comes in: all columns are alike. The derivative of a "
        "product to the weight is the other factor, the output of the unit below.",
        lambda s: [Parts(below=lambda s, k: np.ones_like(s.y[k - 1]))],
        frequency=1,
    ),
    Mistake(
        "averaged-too-early",
        "Averaged before the product",
        "Errors and inputs are averaged over the batch first and multiplied then. The mean of products is "
        "not the product of means: each instance's error meets its own input.",
        lambda s: [Parts(weight=_too_early)],
    ),
)

#: Every mistake that `diagnose` knows, by its id.
MISTAKES: dict[str, Mistake[Parts]] = {mistake.id: mistake for mistake in (*WHOLE, *PASS, SINGLE_PRECISION)}
