"""The multi-layer perceptron: a description without state, with passes that are pure functions.

For an instance x, layer k = 1..N computes the affine sums and their activation,

    z_k = W_k y_{k-1} + b_k,    y_k = f_k(z_k),    y_0 = x,

and a divergence compares y_N with the target d. In code a batch has one instance a row: ``Y`` (T, D_k).
Parameters are a plain dict ``{"W1": (M_1, D_0), "b1": (M_1,), "W2": ..., ...}``; gradients have the same
keys and shapes. Row j of ``Wk`` holds what flows **into** unit j: ``W1[j - 1, i - 1]`` is the weight
w_ij of layer 1, from input i to unit j.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import (
    Array,
    Shape,
    describe,
    finite_number,
    numeric_array,
    positive_integer,
    require_keys,
    require_shape,
    rows,
)
from mlpkit.activations import Activation, identity, sigmoid
from mlpkit.divergences import Divergence, half_squared_error

__all__ = ["MLP", "Gradients", "Parameters", "Trace"]

Parameters = dict[str, Array]


@dataclass(frozen=True)
class Trace:
    """What a forward pass computed and the backward pass needs.

    Attributes
    ----------
    y
        ``y[k]`` for k = 0..N: outputs of layer k, shape (D_k,) or (T, D_k); ``y[0]`` is the input.
    z
        ``z[k]`` for k = 1..N: pre-activations, shape (M_k,) or (T, M_k); ``z[0]`` is None, because the
        input units compute nothing.
    """

    y: tuple[Array, ...]
    z: tuple[Array | None, ...]

    @property
    def depth(self) -> int:
        """N, the number of layers with weights."""
        return len(self.y) - 1

    @property
    def output(self) -> Array:
        """Y = y[N], shape (D_N,) or (T, D_N)."""
        return self.y[-1]

    def pre_activation(self, k: int) -> Array:
        """z[k] for k = 1..N, shape (M_k,) or (T, M_k)."""
        value = self.z[k] if 1 <= k <= self.depth else None
        if value is None:
            raise IndexError(f"k must be between 1 and {self.depth} (layers with weights), got {k}.")
        return value

    def __repr__(self) -> str:
        shapes = ", ".join(f"y[{k}] {value.shape}" for k, value in enumerate(self.y))
        return f"Trace({shapes})"


@dataclass(frozen=True, eq=False)
class Gradients(Mapping[str, Array]):
    """Gradients of the loss by parameter name, with the intermediate derivatives kept for teaching.

    Used as a mapping it has the keys and shapes of the parameters. The intermediate derivatives are
    those of each instance's own divergence (the overdots of the lectures), **not** divided by the
    number of rows; the parameters' gradients are averaged over the rows, because the loss is a mean.

    Attributes
    ----------
    parameters
        ``{"W1": ..., "b1": ..., ...}``, shapes of the parameters.
    wrt_y
        ``wrt_y[k]`` for k = 0..N, shape of ``trace.y[k]``.
    wrt_z
        ``wrt_z[k]`` for k = 1..N, shape of ``trace.z[k]``; ``wrt_z[0]`` is None.
    """

    parameters: Mapping[str, Array]
    wrt_y: tuple[Array, ...] = field(repr=False)
    wrt_z: tuple[Array | None, ...] = field(repr=False)

    @property
    def wrt_x(self) -> Array:
        """Derivative of each instance's divergence to its input, shape (D_0,) or (T, D_0)."""
        return self.wrt_y[0]

    def __getitem__(self, key: str) -> Array:
        return self.parameters[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def __repr__(self) -> str:
        return "Gradients(" + ", ".join(f"{key} {value.shape}" for key, value in self.items()) + ")"


@dataclass(frozen=True)
class MLP:
    """A multi-layer perceptron: widths, activations and divergence; no parameters, no state.

    Parameters
    ----------
    widths
        (D_0, D_1, ..., D_N): the number of inputs, then of outputs of each layer; at least two numbers.
    hidden
        Activation of layers 1..N-1: one for all, or a tuple with one for each.
    output
        Activation of layer N.
    divergence
        Compares the outputs with the targets.

    Examples
    --------
    >>> net = MLP(widths=(2, 3, 1), hidden=sigmoid, output=sigmoid)
    >>> params = net.init(np.random.default_rng(0), scale=0.05)
    >>> {name: value.shape for name, value in params.items()}
    {'W1': (3, 2), 'b1': (3,), 'W2': (1, 3), 'b2': (1,)}
    """

    widths: tuple[int, ...]
    hidden: Activation | tuple[Activation, ...] = sigmoid
    output: Activation = identity
    divergence: Divergence = half_squared_error

    def __post_init__(self) -> None:
        if isinstance(self.widths, (str, int)) or len(tuple(self.widths)) < 2:
            raise ValueError(
                "widths must list the inputs and the units of at least one layer, for instance (2, 3, 1), "
                f"got {describe(self.widths)}."
            )
        widths = tuple(positive_integer(f"widths[{k}]", width) for k, width in enumerate(self.widths))
        object.__setattr__(self, "widths", widths)
        if isinstance(self.hidden, list):
            object.__setattr__(self, "hidden", tuple(self.hidden))
        if isinstance(self.hidden, tuple) and len(self.hidden) != self.depth - 1:
            raise ValueError(
                f"hidden must be one activation or a tuple of {self.depth - 1} (one a hidden layer), "
                f"got {len(self.hidden)}."
            )
        for k in range(1, self.depth + 1):
            activation = self.activation(k)
            if not isinstance(activation, Activation):
                raise TypeError(f"layer {k} needs an Activation, got {describe(activation)}.")
            activation.inputs_for(widths[k])
        if not isinstance(self.divergence, Divergence):
            raise TypeError(f"divergence must be a Divergence, got {describe(self.divergence)}.")

    # -- description ---------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """N, the number of layers with weights (the input units are not counted)."""
        return len(self.widths) - 1

    def activation(self, k: int) -> Activation:
        """Activation f_k of layer k = 1..N."""
        if k == self.depth:
            return self.output
        return self.hidden[k - 1] if isinstance(self.hidden, tuple) else self.hidden

    def sums(self, k: int) -> int:
        """M_k, the number of affine sums of layer k = 1..N; equal to D_k unless f_k changes the number."""
        return self.activation(k).inputs_for(self.widths[k])

    def shapes(self) -> dict[str, Shape]:
        """Shape of every parameter, in the order W1, b1, W2, b2, ..."""
        shapes: dict[str, Shape] = {}
        for k in range(1, self.depth + 1):
            shapes[f"W{k}"] = (self.sums(k), self.widths[k - 1])
            shapes[f"b{k}"] = (self.sums(k),)
        return shapes

    @property
    def parameter_count(self) -> int:
        """How many weights and biases the network has."""
        return sum(int(np.prod(shape)) for shape in self.shapes().values())

    def check_params(self, params: Mapping[str, ArrayLike], name: str = "params") -> Parameters:
        """Return `params` as a dict of arrays, or raise an error that names the parameter at fault."""
        shapes = self.shapes()
        require_keys(name, params, list(shapes))
        arrays = {key: numeric_array(f"{name}[{key!r}]", params[key]) for key in shapes}
        for key, shape in shapes.items():
            require_shape(f"{name}[{key!r}]", arrays[key], shape, f"for widths {self.widths}")
        return arrays

    # -- passes --------------------------------------------------------------------------------------

    def init(self, rng: np.random.Generator, scale: float = 0.05) -> Parameters:
        """Draw every weight and bias uniformly from [-scale, scale].

        The default is the small range of the lectures: large enough to make units differ, small enough
        to start where a sigmoid is nearly linear.
        """
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be np.random.default_rng(seed) or the like, got {describe(rng)}.")
        scale = finite_number("scale", scale, low=0.0)
        return {key: rng.uniform(-scale, scale, shape) for key, shape in self.shapes().items()}

    def forward(self, params: Mapping[str, ArrayLike], x: ArrayLike) -> Trace:
        """Compute every z and y for `x`, shape (D_0,) or (T, D_0).

        Raises
        ------
        KeyError, TypeError, ValueError
            If a parameter is missing, unknown, of the wrong shape or not finite, or `x` does not fit.
        """
        p = self.check_params(params)
        y = [rows("x", x, self.widths[0], f"the network has {self.widths[0]} inputs")]
        z: list[Array | None] = [None]
        for k in range(1, self.depth + 1):
            z_k = y[-1] @ p[f"W{k}"].T + p[f"b{k}"]
            z.append(z_k)
            y.append(self.activation(k)(z_k))
        return Trace(tuple(y), tuple(z))

    def divergences(self, trace: Trace, d: ArrayLike) -> Array:
        """Divergence of every instance, shape () or (T,), for targets `d` of the outputs' shape."""
        d = self._targets(trace, d)
        fused = self.divergence.fused_with(self.output)
        if fused is not None:
            return fused.value(trace.pre_activation(self.depth), d)
        return self.divergence(trace.output, d)

    def loss(self, params: Mapping[str, ArrayLike], x: ArrayLike, d: ArrayLike) -> float:
        """Mean divergence over the rows of `x`, shape (D_0,) or (T, D_0).

        A float; complex only if a parameter or the input is (the complex step uses that).
        """
        mean = self.divergences(self.forward(params, x), d).mean()
        return mean if np.iscomplexobj(mean) else float(mean)

    def backward(self, params: Mapping[str, ArrayLike], trace: Trace, d: ArrayLike) -> Gradients:
        """All derivatives of the loss, from the outputs back to the input.

        Parameters
        ----------
        params
            The parameters that `trace` was computed with.
        trace
            Result of ``forward(params, x)``.
        d
            Targets, shape of ``trace.output``.

        Returns
        -------
        Gradients
            Same keys and shapes as `params`; ``wrt_y``, ``wrt_z`` and ``wrt_x`` beside them.
        """
        p, d = self.check_params(params), self._targets(trace, d)
        N = self.depth
        wrt_y: list[Array] = [np.empty(0)] * N + [self.divergence.derivative(trace.output, d)]
        wrt_z: list[Array | None] = [None] * (N + 1)
        gradients: Parameters = {}
        for k in range(N, 0, -1):
            dz = self._output_dz(trace, d) if k == N else None
            if dz is None:
                dz = self.activation(k).vjp(trace.pre_activation(k), wrt_y[k])
            wrt_z[k] = dz
            gradients[f"W{k}"], gradients[f"b{k}"] = _mean_gradients(dz, trace.y[k - 1])
            wrt_y[k - 1] = dz @ p[f"W{k}"]
        ordered = {key: gradients[key] for key in p}
        return Gradients(ordered, tuple(wrt_y), tuple(wrt_z))

    def _output_dz(self, trace: Trace, d: Array) -> Array | None:
        """Derivative to z_N in one step where divergence and output activation have a fused form."""
        fused = self.divergence.fused_with(self.output)
        return None if fused is None else fused.derivative(trace.pre_activation(self.depth), d)

    def _targets(self, trace: Trace, d: ArrayLike) -> Array:
        if not isinstance(trace, Trace):
            raise TypeError(f"trace must be the Trace that forward returned, got {describe(trace)}.")
        widths = tuple(value.shape[-1] for value in trace.y)
        if widths != self.widths:
            raise ValueError(f"trace must come from a network of widths {self.widths}, got one of {widths}.")
        d = numeric_array("d", d)
        require_shape("d", d, trace.output.shape, "the shape of the outputs")
        return self.divergence.check_targets(d)


def _mean_gradients(dz: Array, y_before: Array) -> tuple[Array, Array]:
    """Gradients of W and b from dz (T, M) and the layer's input (T, D), averaged over the T rows."""
    dz, y_before = np.atleast_2d(dz), np.atleast_2d(y_before)
    T = dz.shape[0]
    return dz.T @ y_before / T, dz.sum(axis=0) / T
