"""Divergences: how far the outputs `Y` of a network are from the targets `d`.

A divergence **sums** over the output units and gives one number an instance; the loss is its **mean**
over the batch (`mean_divergence`). Shapes: `Y` and `d` (..., D); the value (...,); the derivative to
`Y` (..., D), one row an instance, not divided by the size of the batch.

Some pairs of divergence and output activation have a *fused* form, the two taken in one step as a
function of the pre-activation `z`. It is simpler (its derivative to `z` is Y - d) and stays finite
where the two steps overflow or divide by zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, finite_number, numeric_array
from mlpkit.activations import Activation, sigmoid, softmax

__all__ = [
    "Divergence",
    "FusedDivergence",
    "binary_cross_entropy",
    "cross_entropy",
    "half_squared_error",
    "hinge",
    "kl_divergence",
    "make_squared_error",
]

Pair = Callable[[Array, Array], Array]
Check = Callable[[Array], None]


def _anything(values: Array) -> None:
    """The check of what need not be checked; a function and not a lambda, so that it can be pickled."""


@dataclass(frozen=True)
class FusedDivergence:
    """A divergence and the output activation before it, as one function of `z` (..., D) and `d`."""

    value: Pair
    derivative: Pair


@dataclass(frozen=True, repr=False)
class Divergence:
    """A divergence between outputs and targets.

    Attributes
    ----------
    name
        The name used in reprs, tables and state strings.
    terms
        Function (Y, d) -> contribution of each output unit, shape (..., D).
    slope
        Function (Y, d) -> derivative to each output, shape (..., D).
    check
        Raises ValueError if the targets, shape (..., D), are outside what the divergence can measure.
    fused
        For an output activation's name the fused form, where there is one.
    check_outputs
        Raises ValueError if the outputs, shape (..., D), are where the divergence is not defined.
    margin
        Function (Y, d) -> how far each output is from a kink, shape (..., D); None if there is none.
    """

    name: str
    terms: Pair
    slope: Pair
    check: Check = _anything
    fused: Mapping[str, FusedDivergence] = field(default_factory=dict, hash=False)
    check_outputs: Check = _anything
    margin: Pair | None = None

    def __call__(self, Y: ArrayLike, d: ArrayLike) -> Array:
        """One number an instance: shape (...,) for `Y` and `d` of shape (..., D)."""
        Y, d = self._pair(Y, d)
        return self.terms(Y, d).sum(axis=-1)

    def derivative(self, Y: ArrayLike, d: ArrayLike) -> Array:
        """Derivative of each instance's divergence to its outputs, shape (..., D)."""
        Y, d = self._pair(Y, d)
        return self.slope(Y, d)

    def kink_distance(self, Y: ArrayLike, d: ArrayLike) -> Array:
        """How far each output is from the nearest kink, shape of `Y`; infinite where there is none."""
        Y, d = self._pair(Y, d)
        return np.full(Y.shape, np.inf) if self.margin is None else self.margin(Y.real, d.real)

    def fused_with(self, activation: Activation) -> FusedDivergence | None:
        """The form fused with `activation`, or None if the two are taken one after the other."""
        return self.fused.get(activation.name)

    def check_targets(self, d: ArrayLike) -> Array:
        """Return the targets as an array, or raise ValueError if one is outside the allowed range."""
        d = numeric_array("d", d)
        self.check(d)
        return d

    def _pair(self, Y: ArrayLike, d: ArrayLike) -> tuple[Array, Array]:
        Y, d = numeric_array("Y", Y), self.check_targets(d)
        if Y.shape != d.shape:
            raise ValueError(f"d must have the shape of the outputs Y, {Y.shape}, got {d.shape}.")
        if Y.ndim == 0 or Y.shape[-1] == 0:
            raise ValueError(f"Y must have at least one output along its last axis, got shape {Y.shape}.")
        self.check_outputs(Y)
        return Y, d

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str | tuple[object, ...]:
        return self.name if globals().get(self.name) is self else super().__reduce__()


# -- what targets and outputs must be ------------------------------------------------------------------


def _require_probabilities(d: Array) -> None:
    if (d.real < 0).any() or (d.real > 1).any():
        raise ValueError(f"d must lie in [0, 1] (targets of a probability), got {_worst(d, 0.0, 1.0):g}.")


def _require_distribution(d: Array) -> None:
    _require_probabilities(d)
    totals = d.sum(axis=-1)
    if (np.abs(totals - 1.0) > 1e-6).any():
        worst = totals.flat[np.argmax(np.abs(totals - 1.0))]
        raise ValueError(f"d must sum to 1 over the classes of each instance, got a sum of {worst:g}.")


def _require_signs(d: Array) -> None:
    if not (np.abs(d) == 1).all():
        wrong = d[np.abs(d) != 1].flat[0]
        raise ValueError(f"d must be -1 or +1 (targets of the hinge), got {wrong:g}.")


def _require_unit_interval(Y: Array) -> None:
    if (Y.real < 0).any() or (Y.real > 1).any():
        raise ValueError(
            f"Y must lie in [0, 1], because its logarithm and that of 1 - Y are taken (a sigmoid does), "
            f"got {_worst(Y, 0.0, 1.0):g}."
        )


def _require_not_negative(Y: Array) -> None:
    if (Y.real < 0).any():
        raise ValueError(
            "Y must not be negative, because its logarithm is taken (a softmax never is), "
            f"got {Y.real.min():g}."
        )


def _worst(d: Array, low: float, high: float) -> float:
    distance = np.maximum(low - d.real, d.real - high)
    return float(d.real.flat[np.argmax(distance)])


# -- logarithmic divergences ---------------------------------------------------------------------------


def _weighted_log(weight: Array, y: Array) -> Array:
    """weight·log(y) with 0·log 0 = 0; -inf where a positive weight meets y = 0."""
    with np.errstate(divide="ignore"):
        return np.where(weight == 0, 0.0, weight * np.log(np.where(weight == 0, 1.0, y)))


def _weighted_inverse(weight: Array, y: Array) -> Array:
    """weight/y with 0/0 = 0; infinite where a positive weight meets y = 0 or a y too small to divide by."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(weight == 0, 0.0, weight / np.where(weight == 0, 1.0, y))


def _binary_terms(Y: Array, d: Array) -> Array:
    return -_weighted_log(d, Y) - _weighted_log(1.0 - d, 1.0 - Y)


def _binary_slope(Y: Array, d: Array) -> Array:
    return _weighted_inverse(1.0 - d, 1.0 - Y) - _weighted_inverse(d, Y)


def _categorical_terms(Y: Array, d: Array) -> Array:
    return -_weighted_log(d, Y)


def _categorical_slope(Y: Array, d: Array) -> Array:
    return -_weighted_inverse(d, Y)


def _kl_terms(Y: Array, d: Array) -> Array:
    return _weighted_log(d, d) - _weighted_log(d, Y)


def _entropy(d: Array) -> Array:
    return -_weighted_log(d, d).sum(axis=-1)


# -- the same as functions of z ------------------------------------------------------------------------


def _tail(z: Array) -> Array:
    """log(1 + exp(-|z|)), with |z| continued analytically on both sides of 0."""
    return np.log1p(np.exp(np.where(z.real >= 0, -z, z)))


def _minus_log_sigmoid(z: Array) -> Array:
    return _tail(z) - np.where(z.real >= 0, 0.0, z)


def _binary_from_z(z: Array, d: Array) -> Array:
    # -d·log S(z) - (1-d)·log S(-z), with -log S(z) = log(1 + exp(-z)) written so that exp cannot overflow and
    # a small value keeps its digits on both sides.
    positive = z.real >= 0
    return (np.where(positive, z, 0.0) - z * d + _tail(z)).sum(axis=-1)


def _categorical_from_sigmoid(z: Array, d: Array) -> Array:
    return (d * _minus_log_sigmoid(z)).sum(axis=-1)


def _categorical_from_z(z: Array, d: Array) -> Array:
    top = z.real.max(axis=-1, keepdims=True)
    log_total = top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True))
    return (d * (log_total - z)).sum(axis=-1)


def _categorical_slope_from_z(z: Array, d: Array) -> Array:
    # The sum over d is 1 for targets that are checked; kept so that the derivative is that of the value.
    return softmax(z) * d.sum(axis=-1, keepdims=True) - d


_SIGMOID_THEN_CATEGORICAL = FusedDivergence(_categorical_from_sigmoid, lambda z, d: -d * sigmoid(-z))


# -- margins -------------------------------------------------------------------------------------------


def _hinge_slope(Y: Array, d: Array) -> Array:
    # At the kink dY = 1 every number between -d and 0 is a subderivative; as for ReLU'(0) = 1, -d is taken.
    return np.where((d * Y).real <= 1.0, -d, 0.0)


# -- squares -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ScaledSquare:
    scale: float

    def __call__(self, Y: Array, d: Array) -> Array:
        return self.scale * (Y - d) ** 2


@dataclass(frozen=True)
class _ScaledDifference:
    scale: float

    def __call__(self, Y: Array, d: Array) -> Array:
        return 2.0 * self.scale * (Y - d)


def make_squared_error(scale: float) -> Divergence:
    """The scaled L2 divergence, scale·Σ(Y - d)²; its derivative is 2·scale·(Y - d).

    Parameters
    ----------
    scale
        Greater than 0; 1/2 gives the same numbers as `half_squared_error`.
    """
    if finite_number("scale", scale, low=0.0) == 0.0:
        raise ValueError("scale must be greater than 0, got 0.")
    return Divergence(f"squared_error({scale:g})", _ScaledSquare(scale), _ScaledDifference(scale))


half_squared_error = Divergence(
    "half_squared_error",
    lambda Y, d: 0.5 * (Y - d) ** 2,
    lambda Y, d: Y - d,
)
binary_cross_entropy = Divergence(
    "binary_cross_entropy",
    _binary_terms,
    _binary_slope,
    _require_probabilities,
    {"sigmoid": FusedDivergence(_binary_from_z, lambda z, d: sigmoid(z) - d)},
    _require_unit_interval,
)
cross_entropy = Divergence(
    "cross_entropy",
    _categorical_terms,
    _categorical_slope,
    _require_distribution,
    {
        "softmax": FusedDivergence(_categorical_from_z, _categorical_slope_from_z),
        "sigmoid": _SIGMOID_THEN_CATEGORICAL,
    },
    _require_not_negative,
)
#: KL(d‖Y) = Σ d log(d/Y) with 0 log 0 = 0: the cross-entropy less the entropy of d, so the derivative to Y is
#: that of the cross-entropy.
kl_divergence = Divergence(
    "kl_divergence",
    _kl_terms,
    _categorical_slope,
    _require_distribution,
    {
        "softmax": FusedDivergence(
            lambda z, d: _categorical_from_z(z, d) - _entropy(d), _categorical_slope_from_z
        ),
        "sigmoid": FusedDivergence(
            lambda z, d: _categorical_from_sigmoid(z, d) - _entropy(d), _SIGMOID_THEN_CATEGORICAL.derivative
        ),
    },
    _require_not_negative,
)
#: Σ max(0, 1 - dY) over the units, for targets ±1: no loss for an output on its side with a margin of 1.
hinge = Divergence(
    "hinge",
    lambda Y, d: np.where((d * Y).real <= 1.0, 1.0 - d * Y, 0.0),
    _hinge_slope,
    _require_signs,
    margin=lambda Y, d: np.abs(1.0 - d * Y),
)
