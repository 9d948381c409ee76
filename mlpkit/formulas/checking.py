"""Numbers for the symbols: a point at which every formula of a network can be computed.

Overdots are what the backward pass says; every other derivative is a difference quotient of the forward pass
with one quantity moved. So a formula that holds here ties the backward pass to the forward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.activations import sigmoid, tanh
from mlpkit.network import MLP, Gradients, Parameters
from mlpkit.optimizers import SGD
from mlpkit.steps import backward_steps

__all__ = ["NetworkPoint", "random_network_point"]

_H = 1e-5
Place = tuple[Any, ...]


@dataclass(frozen=True)
class NetworkPoint:
    """A network with parameters, a batch and an optimizer: what the formulas are evaluated at.

    Parameters
    ----------
    net, params
        The network; its activations must be scalar ones.
    x, d
        A batch (T, D_0) and its targets (T, D_N). Formulas for one instance are evaluated at row 0.
    z
        The argument at which formulas of one variable are evaluated.
    optimizer, changes
        For the update rule: η, α and the changes of an earlier step, shapes of `params`.
    """

    net: MLP
    params: Parameters
    x: Array
    d: Array
    z: float
    optimizer: SGD
    changes: Parameters

    @classmethod
    def random(cls, rng: np.random.Generator, net: MLP, rows: int = 3) -> NetworkPoint:
        """A point with parameters, inputs, targets in [0, 1] and earlier changes drawn from `rng`."""
        params = net.init(rng, scale=1.0)
        return cls(
            net,
            params,
            rng.normal(size=(rows, net.widths[0])),
            rng.uniform(0.1, 0.9, size=(rows, net.widths[-1])),
            float(rng.normal()),
            SGD(step=0.2, momentum=0.9),
            {key: rng.normal(scale=0.1, size=value.shape) for key, value in params.items()},
        )

    @cached_property
    def environment(self) -> dict[str, Any]:
        """The environment for `evaluate`: every name of the registry with its value."""
        moved = self._moved_parameters()
        return {
            "N": self.net.depth,
            "T": len(self.x),
            "z": _Either(self.z, lambda k, j: self._value(("z", k, j), 0)),
            "eta": self.optimizer.step,
            "alpha": self.optimizer.momentum,
            "width": lambda k: self.net.widths[k],
            "w": lambda k, i, j: _weight(self.params, k, i, j),
            "b": lambda k, j: float(self.params[f"b{k}"][j - 1]),
            "x": lambda i: float(self.x[0, i - 1]),
            "d": self._target,
            "y": lambda k, j: 1.0 if j == 0 else self._value(("y", k, j), 0),
            "Y": lambda: self._run(0)["y"][-1],
            "dy": lambda k, j: float(self._gradients.wrt_y[k][j - 1]),
            "dz": self._backward_dz,
            "B's delta": lambda k, j: -self.partial(("Div",), ("z", k, j)),
            "f": lambda k, z: float(self.net.activation(k)(np.array([z]))[0]),
            "f'": lambda k, z: _slope(self.net.activation(k), z),
            "S": lambda z: float(sigmoid(z)),
            "S'": lambda z: _slope(sigmoid, z),
            "Div": self._divergence,
            "Loss": lambda: self.net.loss(self.params, self.x, self.d),
            "instance Y": lambda t: self._run(t - 1)["y"][-1],
            "instance d": lambda t: self.d[t - 1],
            "Div of instance": self._divergence,
            "partial": self.partial,
            "change": lambda k, i, j: _weight(moved, k, i, j) - _weight(self.params, k, i, j),
            "earlier change": lambda k, i, j: _weight(self.changes, k, i, j),
            "new w": lambda k, i, j: _weight(moved, k, i, j),
            "products": self._count_products,
        }

    @cached_property
    def _gradients(self) -> Gradients:
        """What the backward pass says of row 0; only the overdots of the formulas are read from it."""
        return self.net.backward(self.params, self.net.forward(self.params, self.x[0]), self.d[0])

    def _backward_dz(self, k: int, j: int) -> float:
        dz = self._gradients.wrt_z[k]
        assert dz is not None  # layers 1..N always have one
        return float(dz[j - 1])

    def partial(self, above: Place, below: Place) -> float:
        """∂above/∂below by central differences, both given as (name, *places)."""
        if above == ("Loss",):
            return float(np.mean([self._difference(("Div",), below, t) for t in range(len(self.x))]))
        if above[0] == "Div of instance":
            return self._difference(("Div",), below, above[1] - 1)
        return self._difference(above, below, 0)

    def _difference(self, above: Place, below: Place, row: int) -> float:
        ahead, behind = self._value(above, row, below, +_H), self._value(above, row, below, -_H)
        return (ahead - behind) / (2 * _H)

    def _value(self, what: Place, row: int, moved: Place | None = None, by: float = 0.0) -> float:
        values = self._run(row, moved, by)
        if what[0] == "Div":
            return float(values["Div"])
        return float(values[what[0]][what[1]][what[2] - 1])

    def _run(self, row: int, moved: Place | None = None, by: float = 0.0) -> dict[str, Any]:
        """A forward pass of one instance with the quantity `moved` pushed by `by`."""
        params, net = self.params, self.net
        y: list[Array] = [self.x[row].copy()]
        z: list[Array] = [np.empty(0)]
        _push(y[0], ("x",), moved, by)
        _push(y[0], ("y", 0), moved, by)
        for k in range(1, net.depth + 1):
            W, b = params[f"W{k}"].copy(), params[f"b{k}"].copy()
            _push_weight(W, b, k, moved, by)
            z.append(W @ y[k - 1] + b)
            _push(z[k], ("z", k), moved, by)
            y.append(net.activation(k)(z[k]))
            _push(y[k], ("y", k), moved, by)
        return {"y": y, "z": z, "Div": float(net.divergence(y[-1], self.d[row]))}

    def _target(self, j: int | None = None) -> Any:
        return self.d[0] if j is None else float(self.d[0, j - 1])

    def _divergence(self, Y: ArrayLike, d: ArrayLike) -> float:
        return float(self.net.divergence(Y, d))

    def _moved_parameters(self) -> Parameters:
        gradients = self.net.backward(self.params, self.net.forward(self.params, self.x), self.d)
        return self.optimizer.update(self.params, gradients, self.changes)[0]

    def _count_products(self) -> int:
        return sum(step.products for step in backward_steps(self.net, self.params, self.x[0], self.d[0]))


def random_network_point(rng: np.random.Generator) -> dict[str, Any]:
    """The environment of a random network with three inputs, two hidden units and two outputs."""
    net = MLP(widths=(3, 2, 2), hidden=tanh, output=sigmoid)
    return NetworkPoint.random(rng, net).environment


class _Either(float):
    """A number that can also be looked up by places: the letter z stands for both."""

    lookup: Callable[[int, int], float]

    def __new__(cls, number: float, lookup: Callable[[int, int], float]) -> _Either:
        either = super().__new__(cls, number)
        either.lookup = lookup
        return either

    def __call__(self, k: int, j: int) -> float:
        return self.lookup(k, j)


def _weight(params: Parameters, k: int, i: int, j: int) -> float:
    """w_ij of layer k, where i = 0 is the bias."""
    return float(params[f"b{k}"][j - 1] if i == 0 else params[f"W{k}"][j - 1, i - 1])


def _push(values: Array, place: Place, moved: Place | None, by: float) -> None:
    if moved is not None and moved[:-1] == place:
        values[moved[-1] - 1] += by


def _push_weight(W: Array, b: Array, k: int, moved: Place | None, by: float) -> None:
    match moved:
        case ("w", layer, 0, j) | ("b", layer, j) if layer == k:
            b[j - 1] += by
        case ("w", layer, i, j) if layer == k:
            W[j - 1, i - 1] += by


def _slope(f: Callable[[Any], Any], z: float) -> float:
    return float(((f(np.array([z + _H])) - f(np.array([z - _H]))) / (2 * _H))[0])
