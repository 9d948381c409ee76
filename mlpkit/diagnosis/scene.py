"""The point at which a student's arrays are judged, and what happened just before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe
from mlpkit.activations import Activation
from mlpkit.network import MLP, Gradients, Trace
from mlpkit.optimizers import SGD

__all__ = ["DoesNotApplyError", "Previous", "Scene", "make_scene"]


class DoesNotApplyError(Exception):
    """A mistake cannot be made here: the network or the context lacks what it needs."""


@dataclass(frozen=True, eq=False)
class Previous:
    """What the student may have mixed in from elsewhere; everything is optional.

    Attributes
    ----------
    changes
        The parameters' last changes Δ, keys and shapes of the parameters.
    optimizer
        Step η, momentum α and penalty λ in use.
    updated
        The parameters after the step that the gradients are for.
    params
        The parameters before the step that led to the present ones.
    x, d
        Inputs and targets of another (the previous) mini-batch.
    """

    changes: Mapping[str, ArrayLike] | None = None
    optimizer: SGD | None = None
    updated: Mapping[str, ArrayLike] | None = None
    params: Mapping[str, ArrayLike] | None = None
    x: ArrayLike | None = None
    d: ArrayLike | None = None

    def __post_init__(self) -> None:
        if self.optimizer is not None and not isinstance(self.optimizer, SGD):
            raise TypeError(f"optimizer must be an SGD or None, got {describe(self.optimizer)}.")


@dataclass(frozen=True, eq=False)
class Scene:
    """A network, its parameters, a batch, the right passes and the context, all in double precision.

    Attributes
    ----------
    net
        The network.
    params
        W1, b1, ...: float64, shapes of the network.
    x, d
        Inputs (T, D_0) and targets (T, D_N); `d` is None where only a forward pass is judged.
    trace
        The right forward pass of the batch.
    gradients
        The right backward pass; None without targets.
    previous
        The context.
    constants
        Numbers that were inferred from the student's arrays, by name ("step", "penalty", "factor").
    """

    net: MLP
    params: dict[str, Array]
    x: Array
    d: Array | None
    trace: Trace
    gradients: Gradients | None
    previous: Previous
    constants: Mapping[str, float] = field(default_factory=dict)

    @property
    def T(self) -> int:
        """Number of rows of the batch."""
        return len(self.x)

    @property
    def N(self) -> int:
        """Number of layers with weights."""
        return self.net.depth

    @property
    def y(self) -> tuple[Array, ...]:
        """y[k] for k = 0..N, shape (T, D_k)."""
        return self.trace.y

    def z(self, k: int) -> Array:
        """z[k] for k = 1..N, shape (T, M_k)."""
        return self.trace.pre_activation(k)

    def W(self, k: int) -> Array:
        """Weights of layer k, shape (M_k, D_{k-1})."""
        return self.params[f"W{k}"]

    def b(self, k: int) -> Array:
        """Biases of layer k, shape (M_k,)."""
        return self.params[f"b{k}"]

    def f(self, k: int) -> Activation:
        """Activation of layer k."""
        return self.net.activation(k)

    @property
    def Y(self) -> Array:
        """Outputs, shape (T, D_N)."""
        return self.trace.output

    @property
    def targets(self) -> Array:
        """Targets, shape (T, D_N); there must be some."""
        if self.d is None:
            raise DoesNotApplyError
        return self.d

    @property
    def right(self) -> Gradients:
        """The right gradients; there must be targets."""
        if self.gradients is None:
            raise DoesNotApplyError
        return self.gradients

    @property
    def dy_output(self) -> Array:
        """Derivative of each row's divergence to the outputs, shape (T, D_N)."""
        return self.right.wrt_y[self.N]

    @property
    def dz_output(self) -> Array:
        """Derivative of each row's divergence to z_N, shape (T, M_N)."""
        dz = self.right.wrt_z[self.N]
        if dz is None:
            raise DoesNotApplyError
        return dz

    @property
    def fused(self) -> bool:
        """True if divergence and output activation are usually differentiated in one step."""
        return self.net.divergence.fused_with(self.net.output) is not None

    @cached_property
    def _slopes(self) -> dict[int, Array]:
        return {}

    def slope(self, k: int) -> Array:
        """f_k'(z_k), shape (T, D_k), of an activation that works unit by unit."""
        if k not in self._slopes:
            self._slopes[k] = self.slope_at(k, self.z(k))
        return self._slopes[k]

    def slope_at(self, k: int, u: Array) -> Array:
        """f_k'(u) of an activation that works unit by unit."""
        f = self.f(k)
        if not f.elementwise:
            raise DoesNotApplyError
        derivative: Any = f.derivative  # type: ignore[attr-defined]
        return derivative(u)

    def pull(self, k: int, dy: Array) -> Array:
        """Derivative to z_k from that to y_k; broadcasts as the student's product would."""
        return self.slope(k) * dy if self.f(k).elementwise else self.f(k).vjp(self.z(k), dy)

    def with_constants(self, **constants: float) -> Scene:
        """The same scene with numbers inferred from the student's arrays."""
        return replace(self, constants={**self.constants, **constants})

    def constant(self, name: str) -> float:
        """An inferred constant, or else the optimizer's: "step", "momentum" or "penalty"."""
        if name in self.constants:
            return self.constants[name]
        if self.previous.optimizer is None or not hasattr(self.previous.optimizer, name):
            raise DoesNotApplyError
        return float(getattr(self.previous.optimizer, name))


def make_scene(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike | None = None,
    previous: Previous | None = None,
) -> Scene:
    """Check the arguments, compute the right passes and return the scene.

    Raises
    ------
    KeyError, TypeError, ValueError
        As `MLP.forward` and `MLP.backward`, if an argument does not fit the network.
    """
    if not isinstance(net, MLP):
        raise TypeError(f"net must be an MLP, got {describe(net)}.")
    if previous is not None and not isinstance(previous, Previous):
        raise TypeError(f"previous must be a Previous or None, got {describe(previous)}.")
    previous = _checked(net, previous or Previous())
    p = {key: value.astype(np.float64) for key, value in net.check_params(params).items()}
    # Checked as the caller gave them, so that an error shows the caller's shapes; rows from here on.
    first = net.forward(p, x)
    if d is not None:
        net.backward(p, first, d)
        d = np.atleast_2d(np.asarray(d, dtype=np.float64))
    batch = np.atleast_2d(first.y[0]).astype(np.float64)
    return scene_of(net, p, batch, d, previous)


def scene_of(net: MLP, p: dict[str, Array], x: Array, d: Array | None, previous: Previous) -> Scene:
    """Scene of arguments that have been checked; `x` and `d` have rows."""
    with np.errstate(all="ignore"):
        trace = net.forward(p, x)
        gradients = None if d is None else net.backward(p, trace, d)
    return Scene(net, p, x, d, trace, gradients, previous)


def _checked(net: MLP, previous: Previous) -> Previous:
    """`previous` with arrays for lists, after checking that they fit the network."""
    sets = {
        name: net.check_params(value, f"previous.{name}")
        for name in ("changes", "updated", "params")
        if (value := getattr(previous, name)) is not None
    }
    batch = {
        name: np.atleast_2d(np.asarray(value, dtype=np.float64))
        for name in ("x", "d")
        if (value := getattr(previous, name)) is not None
    }
    for name, width in (("x", net.widths[0]), ("d", net.widths[-1])):
        if name in batch and (batch[name].ndim != 2 or batch[name].shape[1] != width):
            raise ValueError(f"previous.{name} must have shape (T, {width}), got {batch[name].shape}.")
    return replace(previous, **sets, **batch)  # type: ignore[arg-type]
