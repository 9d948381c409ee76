"""Optimizers: how gradients become new parameters. Pure: nothing is changed in place.

`SGD` is the rule of the lectures with momentum and a penalty; its step is a number or a `Schedule`, a small
frozen object that gives the step of epoch (or iteration) k = 0, 1, 2, ...
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import (
    Array,
    describe,
    finite_number,
    numeric_array,
    positive_integer,
    require_keys,
    require_shape,
)

__all__ = [
    "SGD",
    "ExponentialDecay",
    "FixedStep",
    "InverseDecay",
    "PenaltyKind",
    "Schedule",
    "StepwiseDecay",
    "as_schedule",
    "penalty_gradient",
    "penalty_value",
]

PenaltyKind = Literal["L2", "L1"]


def _positive(name: str, value: object) -> float:
    number = finite_number(name, value, low=0.0)
    if number == 0.0:
        raise ValueError(f"{name} must be greater than 0, got 0.")
    return number


def _count(name: str, value: object) -> int:
    """Return `value` as an int of at least 0, or raise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {describe(value)}.")
    if value < 0:
        raise ValueError(f"{name} must be at least 0, got {value}.")
    return int(value)


# -- step sizes ------------------------------------------------------------------------------------------


class Schedule(ABC):
    """A step size that may change: `schedule(k)` is the step η of epoch (or iteration) k = 0, 1, ..."""

    def __call__(self, k: int) -> float:
        """The step η_k for k = 0, 1, ...; raises if `k` is negative or not a whole number."""
        return self._at(_count("k", k))

    @abstractmethod
    def _at(self, k: int) -> float: ...


@dataclass(frozen=True)
class FixedStep(Schedule):
    """η_k = step."""

    step: float

    def __post_init__(self) -> None:
        _positive("step", self.step)

    def _at(self, k: int) -> float:
        return self.step


@dataclass(frozen=True)
class InverseDecay(Schedule):
    """η_k = step / (1 + rate·k).

    Steps of the order 1/k are the classical choice (Robbins and Monro, 1951): their sum is infinite, so
    any distance can be covered, and the sum of their squares is finite, so the noise of single instances dies
    out.
    """

    step: float
    rate: float = 1.0

    def __post_init__(self) -> None:
        _positive("step", self.step)
        finite_number("rate", self.rate, low=0.0)

    def _at(self, k: int) -> float:
        return self.step / (1.0 + self.rate * k)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """η_k = step · factor^k, with 0 < factor <= 1.

    The steps sum to step/(1 - factor) only: a fast decay can stop short of the minimum.
    """

    step: float
    factor: float = 0.99

    def __post_init__(self) -> None:
        _positive("step", self.step)
        _positive("factor", self.factor)
        finite_number("factor", self.factor, high=1.0)

    def _at(self, k: int) -> float:
        return self.step * self.factor**k


@dataclass(frozen=True)
class StepwiseDecay(Schedule):
    """η_k = step · factor^(k // every): constant for `every` epochs, then multiplied by `factor`."""

    step: float
    factor: float = 0.5
    every: int = 10

    def __post_init__(self) -> None:
        _positive("step", self.step)
        _positive("factor", self.factor)
        finite_number("factor", self.factor, high=1.0)
        positive_integer("every", self.every)

    def _at(self, k: int) -> float:
        return self.step * self.factor ** (k // self.every)


def as_schedule(step: float | Schedule) -> Schedule:
    """A number becomes a `FixedStep`; a schedule stays what it is."""
    return step if isinstance(step, Schedule) else FixedStep(finite_number("step", step))


# -- penalties -------------------------------------------------------------------------------------------


def _is_penalised(key: str) -> bool:
    """Weights are, biases (names beginning with "b") are not."""
    return not key.startswith("b")


def _check_penalty(strength: float, kind: str) -> None:
    finite_number("penalty", strength, low=0.0)
    if kind not in ("L2", "L1"):
        raise ValueError(f'penalty_kind must be "L2" or "L1", got {kind!r}.')


def penalty_value(params: Mapping[str, ArrayLike], penalty: float, kind: PenaltyKind = "L2") -> float:
    """λ/2·Σw² ("L2") or λ·Σ|w| ("L1") over all weights; biases are never penalised.

    Parameters
    ----------
    params
        Parameters by name; names beginning with "b" are biases.
    penalty
        λ, not negative.
    kind
        "L2" or "L1".
    """
    _check_penalty(penalty, kind)
    weights = [numeric_array(f"params[{key!r}]", w) for key, w in params.items() if _is_penalised(key)]
    if kind == "L2":
        return penalty / 2 * float(sum(np.sum(w * w) for w in weights))
    return penalty * float(sum(np.sum(np.abs(w)) for w in weights))


def penalty_gradient(key: str, w: ArrayLike, penalty: float, kind: PenaltyKind = "L2") -> Array:
    """Derivative of `penalty_value` to the parameter `w` named `key`: λw, λ·sign(w), or 0 for a bias.

    At w = 0 the L1 penalty has no derivative; of its subderivatives [-λ, λ] the course takes 0.
    """
    _check_penalty(penalty, kind)
    w = numeric_array(f"params[{key!r}]", w)
    if not _is_penalised(key):
        return np.zeros_like(w)
    return penalty * (w if kind == "L2" else np.sign(w))


# -- the rule --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SGD:
    """Gradient descent with momentum and a penalty.

    The rule of the lectures, for every weight w with gradient g and last change Δ:
    Δ ← αΔ - η(g + λw), then w ← w + Δ. Biases (names beginning with "b") are not penalised. With the L1
    penalty λw is replaced by λ·sign(w), which is 0 at w = 0.

    Parameters
    ----------
    step
        η, positive, or a `Schedule` of it.
    momentum
        α in [0, 1].
    penalty
        λ, not negative.
    penalty_kind
        "L2" for the penalty λ/2·Σw², "L1" for λ·Σ|w|.
    """

    step: float | Schedule
    momentum: float = 0.0
    penalty: float = 0.0
    penalty_kind: PenaltyKind = "L2"

    def __post_init__(self) -> None:
        if not isinstance(self.step, Schedule):
            _positive("step", self.step)
        finite_number("momentum", self.momentum, low=0.0, high=1.0)
        _check_penalty(self.penalty, self.penalty_kind)

    def step_at(self, epoch: int = 0) -> float:
        """η of epoch 0, 1, ..."""
        return as_schedule(self.step)(epoch)

    def penalty_value(self, params: Mapping[str, ArrayLike]) -> float:
        """What the penalty adds to the loss at `params`."""
        return penalty_value(params, self.penalty, self.penalty_kind)

    def start(self, params: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Changes before the first step: zeros in the shapes of `params`."""
        return {key: np.zeros_like(numeric_array(f"params[{key!r}]", value)) for key, value in params.items()}

    def update(
        self,
        params: Mapping[str, ArrayLike],
        gradients: Mapping[str, ArrayLike],
        changes: Mapping[str, ArrayLike] | None = None,
        epoch: int = 0,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return new parameters and the changes that led to them.

        Parameters
        ----------
        params, gradients, changes
            Dicts of arrays with equal keys and shapes; `changes` are those of the step before, zeros if None.
            All gradients are taken at the old parameters. They are those of the mean divergence alone: the
            penalty's part is added here.
        epoch
            Which epoch's step a schedule shall give; a fixed step does not depend on it.
        """
        changes = self.start(params) if changes is None else changes
        require_keys("gradients", gradients, list(params))
        require_keys("changes", changes, list(params))
        step = self.step_at(epoch)
        new_changes = {key: self._change(key, params, gradients, changes, step) for key in params}
        new_params = {key: np.asarray(params[key]) + new_changes[key] for key in params}
        return new_params, new_changes

    def _change(
        self,
        key: str,
        params: Mapping[str, ArrayLike],
        gradients: Mapping[str, ArrayLike],
        changes: Mapping[str, ArrayLike],
        step: float,
    ) -> Array:
        w = numeric_array(f"params[{key!r}]", params[key])
        g = numeric_array(f"gradients[{key!r}]", gradients[key])
        before = numeric_array(f"changes[{key!r}]", changes[key])
        require_shape(f"gradients[{key!r}]", g, w.shape, f"the shape of {key}")
        require_shape(f"changes[{key!r}]", before, w.shape, f"the shape of {key}")
        if self.penalty > 0.0:
            g = g + penalty_gradient(key, w, self.penalty, self.penalty_kind)
        return self.momentum * before - step * g
