"""Targets: how a class label becomes the numbers that a network is to put out, and back again.

Labels are whole numbers 0..K-1. An encoding turns one label into D targets, shape (D,), or T labels into
(T, D), one row an instance; ``decode`` reads the class off the outputs of a network in the same shapes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, finite_number, numeric_array, positive_integer, rows

__all__ = [
    "BinaryTarget",
    "OneHotTarget",
    "ScalarTarget",
    "TargetEncoding",
    "label_smoothing",
    "smooth_targets",
    "soft_targets",
    "two_outputs",
]


class TargetEncoding(ABC):
    """What every encoding offers."""

    @property
    @abstractmethod
    def labels(self) -> int:
        """How many different labels there are; they are counted from 0."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """D, the number of output units that the encoding is for."""

    def encode(self, labels: ArrayLike) -> Array:
        """Targets, shape (D,) for one label and (T, D) for labels of shape (T,).

        Raises
        ------
        TypeError
            If the labels are not whole numbers.
        ValueError
            If one is outside 0..K-1, or there are none.
        """
        return self._encode(_checked_labels(labels, self.labels))

    def decode(self, Y: ArrayLike) -> Array:
        """Labels, shape () for outputs `Y` of shape (D,) and (T,) for (T, D)."""
        return self._decode(rows("Y", Y, self.outputs, "the outputs of the encoding"))

    @abstractmethod
    def _encode(self, labels: Array) -> Array: ...

    @abstractmethod
    def _decode(self, Y: Array) -> Array: ...


@dataclass(frozen=True)
class ScalarTarget(TargetEncoding):
    """The label itself as the target of one output; decoded by rounding to the nearest label.

    It says that class 1 lies between classes 0 and 2, which is seldom so: shown to be compared with the
    others. (For regression the wanted number is the target and needs no encoding.)

    Parameters
    ----------
    classes
        K.
    """

    classes: int

    def __post_init__(self) -> None:
        positive_integer("classes", self.classes)

    @property
    def labels(self) -> int:
        return self.classes

    @property
    def outputs(self) -> int:
        return 1

    def _encode(self, labels: Array) -> Array:
        return labels[..., np.newaxis].astype(np.float64)

    def _decode(self, Y: Array) -> Array:
        return np.clip(np.rint(Y[..., 0]), 0, self.classes - 1).astype(np.int64)


@dataclass(frozen=True)
class BinaryTarget(TargetEncoding):
    """Two classes on one output: `low` for class 0, `high` for class 1; decoded at the middle.

    Parameters
    ----------
    low, high
        0 and 1 for a sigmoid, -1 and 1 for tanh or the hinge, 0.1 and 0.9 to stay off the ends. An output
        exactly in the middle counts as class 1.
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        _require_order(self.low, self.high)

    @property
    def labels(self) -> int:
        return 2

    @property
    def outputs(self) -> int:
        return 1

    def _encode(self, labels: Array) -> Array:
        return np.where(labels == 1, float(self.high), float(self.low))[..., np.newaxis]

    def _decode(self, Y: Array) -> Array:
        return (Y[..., 0] >= (self.low + self.high) / 2).astype(np.int64)


@dataclass(frozen=True)
class OneHotTarget(TargetEncoding):
    """One output a class: `high` for the class of the instance, `low` for the others.

    Parameters
    ----------
    classes
        K.
    low, high
        The two values; 0 and 1 make a distribution over the classes.
    none_of_the_above
        If set, one more output, and the label K, for what belongs to none of the K classes.

    Notes
    -----
    Decoded as the largest output; of several, the first.
    """

    classes: int
    low: float = 0.0
    high: float = 1.0
    none_of_the_above: bool = False

    def __post_init__(self) -> None:
        positive_integer("classes", self.classes)
        _require_order(self.low, self.high)

    @property
    def labels(self) -> int:
        return self.classes + int(self.none_of_the_above)

    @property
    def outputs(self) -> int:
        return self.labels

    def _encode(self, labels: Array) -> Array:
        return np.where(labels[..., np.newaxis] == np.arange(self.outputs), float(self.high), float(self.low))

    def _decode(self, Y: Array) -> Array:
        return np.asarray(Y.argmax(axis=-1), dtype=np.int64)


def two_outputs(low: float = 0.0, high: float = 1.0) -> OneHotTarget:
    """Two classes on two outputs, (1, 0) for class 0 and (0, 1) for class 1."""
    return OneHotTarget(2, low, high)


def soft_targets(classes: int, none_of_the_above: bool = False) -> OneHotTarget:
    """0.9 for the class of the instance and 0.1 for the others: values that a sigmoid can reach."""
    return OneHotTarget(classes, 0.1, 0.9, none_of_the_above)


def label_smoothing(classes: int, epsilon: float, none_of_the_above: bool = False) -> OneHotTarget:
    """1 - (K-1)ε for the class of the instance and ε for the others, so that the targets sum to 1.

    Parameters
    ----------
    classes
        The number of classes; with `none_of_the_above` the extra one counts in K.
    epsilon
        ε in [0, 1/K): less than what all classes would get if nothing were known.
    """
    K = positive_integer("classes", classes) + int(none_of_the_above)
    epsilon = _smoothing(epsilon, K)
    return OneHotTarget(classes, epsilon, 1.0 - (K - 1) * epsilon, none_of_the_above)


def smooth_targets(d: ArrayLike, epsilon: float) -> Array:
    """Smooth targets that are there already: d (1 - Kε) + ε over the K outputs, shape of `d`.

    A one-hot row becomes 1 - (K-1)ε and ε; any distribution stays one.
    """
    d = numeric_array("d", d)
    if d.ndim == 0 or d.shape[-1] == 0:
        raise ValueError(f"d must have at least one class along its last axis, got shape {d.shape}.")
    epsilon = _smoothing(epsilon, d.shape[-1])
    return d * (1.0 - d.shape[-1] * epsilon) + epsilon


def _smoothing(epsilon: float, K: int) -> float:
    epsilon = finite_number("epsilon", epsilon, low=0.0)
    if epsilon >= 1.0 / K:
        raise ValueError(f"epsilon must be less than 1/K = {1.0 / K:g} for {K} classes, got {epsilon:g}.")
    return epsilon


def _require_order(low: float, high: float) -> None:
    if finite_number("low", low) >= finite_number("high", high):
        raise ValueError(f"low must be less than high, got {low:g} and {high:g}.")


def _checked_labels(labels: ArrayLike, count: int) -> Array:
    array = np.asarray(labels)
    if array.ndim > 1 or array.size == 0:
        raise ValueError(f"labels must be one label or a list of at least one, got shape {array.shape}.")
    if array.dtype.kind not in "iub":
        raise TypeError(f"labels must be whole numbers, got {describe(labels)}.")
    array = array.astype(np.int64)
    outside = (array < 0) | (array >= count)
    if outside.any():
        raise ValueError(f"labels must lie in 0..{count - 1}, got {array[outside].flat[0]}.")
    return array
