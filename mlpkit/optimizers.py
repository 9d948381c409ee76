"""Optimizers: how gradients become new parameters. Pure: nothing is changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, finite_number, numeric_array, require_keys, require_shape

__all__ = ["SGD"]


@dataclass(frozen=True)
class SGD:
    """Gradient descent with momentum and an L2 penalty.

    The rule of the lectures, for every weight w with gradient g and last change Δ:
    Δ ← αΔ - η(g + λw), then w ← w + Δ. Biases (names beginning with "b") are not penalised.

    Parameters
    ----------
    step
        η, positive.
    momentum
        α in [0, 1].
    penalty
        λ of the penalty λ/2·Σw², not negative.
    """

    step: float
    momentum: float = 0.0
    penalty: float = 0.0

    def __post_init__(self) -> None:
        if finite_number("step", self.step, low=0.0) == 0.0:
            raise ValueError("step must be greater than 0, got 0.")
        finite_number("momentum", self.momentum, low=0.0, high=1.0)
        finite_number("penalty", self.penalty, low=0.0)

    def start(self, params: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Changes before the first step: zeros in the shapes of `params`."""
        return {key: np.zeros_like(numeric_array(f"params[{key!r}]", value)) for key, value in params.items()}

    def update(
        self,
        params: Mapping[str, ArrayLike],
        gradients: Mapping[str, ArrayLike],
        changes: Mapping[str, ArrayLike] | None = None,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return new parameters and the changes that led to them.

        Parameters
        ----------
        params, gradients, changes
            Dicts of arrays with equal keys and shapes; `changes` are those of the step before, zeros if None.
            All gradients are taken at the old parameters.
        """
        changes = self.start(params) if changes is None else changes
        require_keys("gradients", gradients, list(params))
        require_keys("changes", changes, list(params))
        new_changes = {key: self._change(key, params, gradients, changes) for key in params}
        new_params = {key: np.asarray(params[key]) + new_changes[key] for key in params}
        return new_params, new_changes

    def _change(
        self,
        key: str,
        params: Mapping[str, ArrayLike],
        gradients: Mapping[str, ArrayLike],
        changes: Mapping[str, ArrayLike],
    ) -> Array:
        w = numeric_array(f"params[{key!r}]", params[key])
        g = numeric_array(f"gradients[{key!r}]", gradients[key])
        before = numeric_array(f"changes[{key!r}]", changes[key])
        require_shape(f"gradients[{key!r}]", g, w.shape, f"the shape of {key}")
        require_shape(f"changes[{key!r}]", before, w.shape, f"the shape of {key}")
        penalised = 0.0 if key.startswith("b") else self.penalty
        return self.momentum * before - self.step * (g + penalised * w)
