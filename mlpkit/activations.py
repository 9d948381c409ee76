"""Activations: what a layer does with its affine sums `z` to give its outputs `y`.

All are layers of one kind. For `z` of shape (..., M) an activation gives

* ``f(z)``: the value `y`, shape (..., D);
* ``f.vjp(z, dy)``: the vector-Jacobian product, the derivative to `z` from the derivative to `y`,
  shape (..., M);
* ``f.jacobian(z)``: all partial derivatives, shape (..., D, M), entry [j, i] = dy_j/dz_i.

A scalar activation treats each component alone (D = M) and has a ``derivative(z)`` as well; a vector
activation such as softmax mixes them. Everything accepts complex `z`, so that the complex step can
check it wherever the function is analytic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, numeric_array

__all__ = [
    "Activation",
    "ScalarActivation",
    "Softmax",
    "identity",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


class Activation(ABC):
    """What every layer's activation offers; see the module's description for the shapes."""

    name: str
    #: True if each output depends on the pre-activation of its own unit only.
    elementwise: bool = False
    #: True if the function is analytic, so that the complex step differentiates it.
    analytic: bool = True

    @abstractmethod
    def __call__(self, z: ArrayLike) -> Array:
        """Outputs y, shape (..., D), for pre-activations `z`, shape (..., M)."""

    @abstractmethod
    def vjp(self, z: ArrayLike, dy: ArrayLike) -> Array:
        """Derivative to `z`, shape (..., M), from the derivative `dy` to the outputs, shape (..., D)."""

    @abstractmethod
    def jacobian(self, z: ArrayLike) -> Array:
        """Partial derivatives dy_j/dz_i, shape (..., D, M)."""

    def inputs_for(self, outputs: int) -> int:
        """Number M of pre-activations that a layer with `outputs` = D units needs."""
        return outputs


@dataclass(frozen=True, repr=False)
class ScalarActivation(Activation):
    """An activation that treats every component alone.

    Attributes
    ----------
    name
        The name used in reprs, tables and state strings.
    value, slope
        Functions of an array, of the same shape: the value and the derivative.
    kinks
        The points where the function has no derivative; `slope` gives a subderivative there.
    limits
        The closed interval in which the values lie.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    kinks: tuple[float, ...] = ()
    limits: tuple[float, float] = (-np.inf, np.inf)
    elementwise: bool = field(default=True, init=False)

    @property
    def analytic(self) -> bool:  # type: ignore[override]
        """True if there is no kink."""
        return not self.kinks

    def __call__(self, z: ArrayLike) -> Array:
        return self.value(numeric_array("z", z))

    def derivative(self, z: ArrayLike) -> Array:
        """dy/dz of each component, same shape as `z`; at a kink the subderivative that we chose."""
        return self.slope(numeric_array("z", z))

    def vjp(self, z: ArrayLike, dy: ArrayLike) -> Array:
        z, dy = numeric_array("z", z), numeric_array("dy", dy, finite=False)
        _require_same_shape(z, dy)
        return self.slope(z) * dy

    def jacobian(self, z: ArrayLike) -> Array:
        slope = self.derivative(z)
        return slope[..., :, np.newaxis] * np.eye(slope.shape[-1])

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str | tuple[object, ...]:
        # The functions inside may be lambdas; a named activation pickles as its public name.
        return self.name if globals().get(self.name) is self else super().__reduce__()


@dataclass(frozen=True, repr=False)
class Softmax(Activation):
    """Exponentials made to sum to one: y_j = exp(z_j) / sum_i exp(z_i)."""

    name: str = "softmax"

    def __call__(self, z: ArrayLike) -> Array:
        z = numeric_array("z", z)
        # Subtracting the largest entry changes no quotient and keeps every exponential at most 1.
        powers = np.exp(z - z.real.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)

    def vjp(self, z: ArrayLike, dy: ArrayLike) -> Array:
        y, dy = self(z), numeric_array("dy", dy, finite=False)
        _require_same_shape(y, dy)
        return y * (dy - (y * dy).sum(axis=-1, keepdims=True))

    def jacobian(self, z: ArrayLike) -> Array:
        y = self(z)
        return y[..., :, np.newaxis] * (np.eye(y.shape[-1]) - y[..., np.newaxis, :])

    def __repr__(self) -> str:
        return self.name


def _require_same_shape(z: Array, dy: Array) -> None:
    if z.shape != dy.shape:
        raise ValueError(f"dy must have the shape of the outputs, {z.shape}, got {dy.shape}.")


def _sigmoid(z: Array) -> Array:
    # exp is only ever taken of a number with a real part <= 0, so it cannot overflow.
    positive = z.real >= 0
    small = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1.0, small) / (1.0 + small)


def _sigmoid_slope(z: Array) -> Array:
    # S(z)·S(-z) instead of S·(1-S): the second factor keeps its digits for large z.
    return _sigmoid(z) * _sigmoid(-z)


def _tanh_slope(z: Array) -> Array:
    # 1 - tanh² loses all its digits for large |z|; 4·S(2z)·S(-2z) is the same function and does not.
    return 4.0 * _sigmoid_slope(2.0 * z)


identity = ScalarActivation("identity", lambda z: +z, np.ones_like)
sigmoid = ScalarActivation("sigmoid", _sigmoid, _sigmoid_slope, limits=(0.0, 1.0))
tanh = ScalarActivation("tanh", np.tanh, _tanh_slope, limits=(-1.0, 1.0))
relu = ScalarActivation(
    "relu",
    lambda z: np.where(z.real >= 0, z, np.zeros_like(z)),
    # At 0 any value in [0, 1] is a subderivative; the course takes 1.
    lambda z: np.where(z.real >= 0, np.ones_like(z), np.zeros_like(z)),
    kinks=(0.0,),
    limits=(0.0, np.inf),
)
softmax = Softmax()
