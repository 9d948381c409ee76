"""The multi-layer perceptron: a description without state, with passes that are pure functions.

For an instance x, layer k = 1..N computes the affine sums and their activation,

    z_k = W_k y_{k-1} + b_k,    y_k = f_k(z_k),    y_0 = x,

and a divergence compares y_N with the target d. In code a batch has one instance a row: ``Y`` (T, D_k).
Parameters are a plain dict ``{"W1": (M_1, D_0), "b1": (M_1,), "W2": ..., ...}``; gradients have the same
keys and shapes. Row j of ``Wk`` holds what flows **into** unit j: ``W1[j - 1, i - 1]`` is the weight
w_ij of layer 1, from input i to unit j.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

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

__all__ = ["MLP", "Gradients", "OutputDerivatives", "Parameters", "Trace", "Workspace"]

Parameters = dict[str, Array]

#: Number of weights up to which a copy costs next to nothing.
_SMALL = 2**16


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
class OutputDerivatives(Sequence[Array]):
    """Derivatives to y[0..N], of which the one to the input is computed when it is first asked for.

    Training never asks for it, and in a wide network it costs one matrix product in six.

    Attributes
    ----------
    above
        Derivatives to y[1..N].
    dz, W
        Derivative to z[1] and W1: the derivative to the input is ``dz @ W``.
    squares
        Sum of the squares of W at the time of the backward pass, by which a later change is noticed.
    """

    above: tuple[Array, ...]
    dz: Array
    W: Array
    squares: Any

    @cached_property
    def wrt_x(self) -> Array:
        """Derivative to the input, shape (D_0,) or (T, D_0).

        Raises
        ------
        RuntimeError
            If a large W1 has been changed in place since the backward pass, whose weights are meant.
        """
        # Summed again in the same order, unchanged weights give the very same number.
        if _squares(self.W) != self.squares:
            raise RuntimeError(
                "params['W1'] has been changed in place since the backward pass, so the derivative to the "
                "input can no longer be computed: ask for it before the update, or update a copy."
            )
        return self.dz @ self.W

    def __len__(self) -> int:
        return 1 + len(self.above)

    @overload
    def __getitem__(self, k: int) -> Array: ...

    @overload
    def __getitem__(self, k: slice) -> tuple[Array, ...]: ...

    def __getitem__(self, k: Any) -> Any:
        layers = range(len(self))[k]
        if isinstance(layers, range):
            return tuple(self[layer] for layer in layers)
        return self.above[layers - 1] if layers else self.wrt_x

    def __repr__(self) -> str:
        return f"OutputDerivatives(y[0..{len(self.above)}])"


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
        ``wrt_y[k]`` for k = 0..N, shape of ``trace.y[k]``; ``wrt_y[0]`` is computed on first access.
    wrt_z
        ``wrt_z[k]`` for k = 1..N, shape of ``trace.z[k]``; ``wrt_z[0]`` is None.
    """

    parameters: Mapping[str, Array]
    wrt_y: Sequence[Array] = field(repr=False)
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


class Workspace:
    """Memory for the results of large products, used again by every pass that is given it.

    Asking the system for fresh memory and giving it back costs up to a quarter of a pass of a large network.
    In a loop that is done with a pass before the next begins, a workspace saves that. **The arrays of a trace
    or of gradients made with it hold only until the next pass with it**: copy what is to be kept.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def product(self, key: str, a: Array, b: Array) -> Array:
        """a @ b for two matrices."""
        return np.matmul(a, b, out=self._array(key, (a.shape[0], b.shape[1]), np.result_type(a, b)))

    def quotient(self, key: str, a: Array, divisor: int) -> Array:
        """a / divisor."""
        return np.divide(a, divisor, out=self._array(key, a.shape, a.dtype))

    def _array(self, key: str, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """The memory kept under `key`, new if its shape or type does not fit."""
        kept = self._arrays.get(key)
        if kept is None or kept.shape != shape or kept.dtype != dtype:
            kept = self._arrays[key] = np.empty(shape, dtype)
        return kept

    def __repr__(self) -> str:
        size = sum(array.nbytes for array in self._arrays.values())
        return f"Workspace({len(self._arrays)} arrays, {size / 2**20:.1f} MiB)"


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
            _require_fitting(k, activation, widths[k])
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
        return {key: array for key, (array, _) in self._checked(params, name).items()}

    def _checked(self, params: Mapping[str, ArrayLike], name: str) -> dict[str, tuple[Array, Any]]:
        """Every parameter as an array that fits, with the sum of its squares."""
        shapes = self.shapes()
        require_keys(name, params, list(shapes))
        arrays = {key: _parameter(f"{name}[{key!r}]", params[key]) for key in shapes}
        for key, shape in shapes.items():
            require_shape(f"{name}[{key!r}]", arrays[key][0], shape, f"for widths {self.widths}")
        return arrays

    # -- passes --------------------------------------------------------------------------------------

    def sample(self, rng: np.random.Generator, rows: int | None = None) -> MLP:
        """The network for one training pass: every random activation is replaced by one drawn from `rng`.

        Take both passes with the network returned; take this one for testing, where random activations
        have their mean. Without random activations the network itself is returned and nothing is drawn.

        Parameters
        ----------
        rng
            Generator that the slopes are drawn with.
        rows
            T of the batch, each of whose rows gets its own slopes; None for one instance.
        """
        layers = range(1, self.depth + 1)
        if not any(self.activation(k).random for k in layers):
            return self
        batch = () if rows is None else (positive_integer("rows", rows),)
        drawn = tuple(self.activation(k).sample(rng, (*batch, self.sums(k))) for k in layers)
        return replace(self, hidden=drawn[:-1], output=drawn[-1])

    def init(
        self, rng: np.random.Generator, scale: float = 0.05, dtype: DTypeLike = np.float64
    ) -> Parameters:
        """Draw every weight and bias uniformly from [-scale, scale].

        The default is the small range of the lectures: large enough to make units differ, small enough
        to start where a sigmoid is nearly linear.
        """
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be np.random.default_rng(seed) or the like, got {describe(rng)}.")
        scale = finite_number("scale", scale, low=0.0)
        return {key: rng.uniform(-scale, scale, shape).astype(dtype) for key, shape in self.shapes().items()}

    def forward(
        self, params: Mapping[str, ArrayLike], x: ArrayLike, workspace: Workspace | None = None
    ) -> Trace:
        """Compute every z and y for `x`, shape (D_0,) or (T, D_0), in the precision of the parameters.

        Parameters
        ----------
        params, x
            The parameters, and one instance or a batch.
        workspace
            Memory to use again; see `Workspace` for what that means for the result.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a parameter is missing, unknown, of the wrong shape or not finite, or `x` does not fit.
        """
        p = self.check_params(params)
        x = rows("x", x, self.widths[0], f"the network has {self.widths[0]} inputs")
        y = [_in_precision_of(np.result_type(*p.values()), x)]
        z: list[Array | None] = [None]
        for k in range(1, self.depth + 1):
            z_k = _affine(_product(workspace, f"z{k}", y[-1], p[f"W{k}"].T), p[f"b{k}"])
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

    def backward(
        self,
        params: Mapping[str, ArrayLike],
        trace: Trace,
        d: ArrayLike,
        workspace: Workspace | None = None,
    ) -> Gradients:
        """All derivatives of the loss, from the outputs back to the input.

        Parameters
        ----------
        params
            The parameters that `trace` was computed with.
        trace
            Result of ``forward(params, x)``.
        d
            Targets, shape of ``trace.output``.
        workspace
            Memory to use again; see `Workspace` for what that means for the result.

        Returns
        -------
        Gradients
            Same keys and shapes as `params`; ``wrt_y``, ``wrt_z`` and ``wrt_x`` beside them.
        """
        checked, d = self._checked(params, "params"), self._targets(trace, d)
        p = {key: array for key, (array, _) in checked.items()}
        self.divergence.check_outputs(trace.output)
        dy = [self.divergence.slope(trace.output, d)]  # of layers k..N, the lowest first; so is dz
        dz: list[Array] = []
        gradients: Parameters = {}
        for k in range(self.depth, 0, -1):
            dz.insert(0, self._through_activation(k, trace, d, dy[0]))
            gradients[f"W{k}"], gradients[f"b{k}"] = _mean_gradients(workspace, k, dz[0], trace.y[k - 1])
            if k > 1:
                dy.insert(0, _product(workspace, f"dy{k}", dz[0], p[f"W{k}"]))
        ordered = {key: gradients[key] for key in p}
        # A small W1 is copied, so that the caller may change it; copying a large one would cost too much.
        W1 = p["W1"].copy() if p["W1"].size <= _SMALL else p["W1"]
        wrt_y = OutputDerivatives(tuple(dy), dz[0], W1, checked["W1"][1])
        return Gradients(ordered, wrt_y, (None, *dz))

    def unreachable_targets(self, d: ArrayLike) -> Array:
        """Which targets lie outside the range of the output activation, booleans of the shape of `d`.

        Such a target can be learnt from (the loss has a slope) but never be met. The ends of the range
        count as reachable: a sigmoid comes as close to 0 as one likes.
        """
        d = rows("d", d, self.widths[-1], f"the network has {self.widths[-1]} outputs")
        low, high = self.output.limits
        return (d.real < low) | (d.real > high)

    def _through_activation(self, k: int, trace: Trace, d: Array, dy: Array) -> Array:
        """Derivative to z_k; in layer N in one step with the divergence where the two have a fused form."""
        z = trace.pre_activation(k)
        fused = self.divergence.fused_with(self.output) if k == self.depth else None
        if fused is not None:
            return fused.derivative(z, d)
        return self.activation(k).vjp_from_output(z, trace.y[k], dy)

    def _targets(self, trace: Trace, d: ArrayLike) -> Array:
        if not isinstance(trace, Trace):
            raise TypeError(f"trace must be the Trace that forward returned, got {describe(trace)}.")
        widths = tuple(value.shape[-1] for value in trace.y)
        if widths != self.widths:
            raise ValueError(f"trace must come from a network of widths {self.widths}, got one of {widths}.")
        for k in range(1, self.depth + 1):
            wanted = (*trace.y[k].shape[:-1], self.sums(k))
            require_shape(f"trace.z[{k}]", trace.pre_activation(k), wanted, f"the sums of layer {k}")
        d = numeric_array("d", d)
        require_shape("d", d, trace.output.shape, "the shape of the outputs")
        return _in_precision_of(trace.output.dtype, self.divergence.check_targets(d))


def _require_fitting(k: int, activation: Activation, outputs: int) -> None:
    try:
        activation.inputs_for(outputs)
    except ValueError as error:
        raise ValueError(f"layer {k} cannot have {outputs} outputs: {error}") from None


def _parameter(name: str, value: ArrayLike) -> tuple[Array, Any]:
    """`value` as an array of finite numbers and the sum of its squares, or an error that names the entry."""
    array = numeric_array(name, value, finite=False)
    # A sum of squares is finite only if every entry is, and takes a third of the time of looking at each.
    # Too large a sum proves nothing: then each is looked at.
    squares = _squares(array)
    return (array if np.isfinite(squares) else numeric_array(name, array)), squares


def _squares(array: Array) -> Any:
    flat = array.ravel()
    return np.dot(flat, flat)


def _in_precision_of(dtype: np.dtype[Any], array: Array) -> Array:
    """`array` in the real precision `dtype`; as it is where complex numbers play (the complex step)."""
    return array if "c" in (dtype.kind, array.dtype.kind) else array.astype(dtype, copy=False)


def _product(workspace: Workspace | None, key: str, a: Array, b: Array) -> Array:
    """a @ b, in the workspace's memory if there is one and both are matrices."""
    return a @ b if workspace is None or a.ndim == 1 else workspace.product(key, a, b)


def _affine(product: Array, b: Array) -> Array:
    """z = y Wᵀ + b, shape (M,) or (T, M); the bias is added in place unless it is of a wider type."""
    if np.result_type(product, b) != product.dtype:
        return product + b
    product += b
    return product


def _mean_gradients(workspace: Workspace | None, k: int, dz: Array, y_before: Array) -> tuple[Array, Array]:
    """Gradients of W and b from dz (T, M) and the layer's input (T, D), averaged over the T rows."""
    if dz.ndim == 1:
        return np.outer(dz, y_before), dz.copy()
    # Divided before the product: dz is much smaller than a large layer's weights.
    share = dz / len(dz) if workspace is None else workspace.quotient(f"share{k}", dz, len(dz))
    return _product(workspace, f"dW{k}", share.T, y_before), share.sum(axis=0)
