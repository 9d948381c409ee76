"""The passes one number at a time: the textbook's algorithms as loops over explicit sums.

These are the passes of `mlpkit.network` for one instance, written with Python's floats and loops so that
every sum of the lectures can be seen. The comments hold the mathematics' own indices, which count from
1 and give the bias the number 0; code counts from 0 and keeps the bias apart: ``W[j][i]`` is w_{i+1,j+1}.
The matrix passes give the same numbers to rounding, many times faster.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, numeric_array, require_shape
from mlpkit.activations import Activation
from mlpkit.network import MLP, Gradients, Trace

__all__ = ["backward", "forward"]

Numbers = list[float]


def forward(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike) -> Trace:
    """Compute every z and y of one instance.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x
        One instance, shape (D_0,).

    Returns
    -------
    Trace
        As `MLP.forward` returns it.

    Raises
    ------
    KeyError, TypeError, ValueError
        If a parameter or `x` does not fit, as `MLP.forward` raises them.
    """
    p = _as_lists(net.check_params(params))
    y: list[Numbers] = [_one_instance("x", x, net.widths[0], "the network has so many inputs")]
    z: list[Numbers] = [[]]
    for k in range(1, net.depth + 1):
        W, b = p[f"W{k}"], p[f"b{k}"]
        z.append([])
        for j in range(net.sums(k)):  # j = 1..M_k
            total = b[j]  # w_0j · y_0, where y_0 = 1
            for i in range(net.widths[k - 1]):  # i = 1..D_{k-1}
                total += W[j][i] * y[k - 1][i]  # w_ij of layer k · y_i of layer k-1
            z[k].append(total)  # z_j of layer k
        # Only now: a vector activation needs every z of the layer.
        y.append(_activate(net.activation(k), z[k]))
    return Trace(tuple(map(np.array, y)), (None, *map(np.array, z[1:])))


def backward(net: MLP, params: Mapping[str, ArrayLike], trace: Trace, d: ArrayLike) -> Gradients:
    """Compute every derivative of one instance's divergence, from the outputs back to the input.

    Parameters
    ----------
    net, params
        The network and the parameters that `trace` was computed with.
    trace
        Result of `forward`, here or of the network, for one instance.
    d
        Its target, shape (D_N,).

    Returns
    -------
    Gradients
        As `MLP.backward` returns them.

    Raises
    ------
    KeyError, TypeError, ValueError
        If an argument does not fit, as `MLP.backward` raises them.
    """
    p, d = _as_lists(net.check_params(params)), _target(net, trace, d)
    N = net.depth
    y = [values.tolist() for values in trace.y]
    dy: list[Numbers] = [[]] * N + [net.divergence.derivative(trace.output, d).tolist()]
    dz: list[Numbers] = [[]] * (N + 1)
    gradients: dict[str, Array] = {}
    for k in range(N, 0, -1):
        W, D, M = p[f"W{k}"], net.widths[k - 1], net.sums(k)
        dz[k] = _to_sums(net, k, trace.pre_activation(k), dy[k], d)
        # The derivative to a weight: what came in at its tail, times the derivative at its head.
        dw = [[y[k - 1][i] * dz[k][j] for i in range(D)] for j in range(M)]  # y_i of layer k-1 · dz_j
        db = [1.0 * dz[k][j] for j in range(M)]  # i = 0: y_0 · dz_j, where y_0 = 1
        dy[k - 1] = []
        for i in range(D):  # i = 1..D_{k-1}
            total = 0.0
            for j in range(M):  # j = 1..M_k: a unit collects from every unit that it feeds
                total += W[j][i] * dz[k][j]  # w_ij of layer k · dz_j of layer k
            dy[k - 1].append(total)  # dy_i of layer k-1; for k = 1 the derivative to x_i
        gradients[f"W{k}"], gradients[f"b{k}"] = np.array(dw), np.array(db)
    ordered = {key: gradients[key] for key in p}
    return Gradients(ordered, tuple(map(np.array, dy)), (None, *map(np.array, dz[1:])))


def _activate(f: Activation, z: Numbers) -> Numbers:
    """y of a layer from its z: y_j = f(z_j), or y = f(z_1, ..., z_M) for a vector activation."""
    return [float(y_j) for y_j in f(np.array(z))]


def _to_sums(net: MLP, k: int, z: Array, dy: Numbers, d: Array) -> Numbers:
    """dz of layer k: through the activation, or in layer N in one step with the divergence."""
    fused = net.divergence.fused_with(net.output) if k == net.depth else None
    if fused is not None:
        return [float(dz_i) for dz_i in fused.derivative(z, d)]
    slopes = net.activation(k).jacobian(z).tolist()
    if net.activation(k).elementwise:
        return [slopes[i][i] * dy[i] for i in range(len(z))]  # f'(z_i) · dy_i
    dz = []
    for i in range(len(z)):  # i = 1..M_k
        total = 0.0
        for j in range(len(dy)):  # j = 1..D_k: z_i may influence every output
            total += slopes[j][i] * dy[j]  # ∂y_j/∂z_i · dy_j
        dz.append(total)
    return dz


def _as_lists(params: Mapping[str, Array]) -> dict[str, list]:
    return {key: _real(f"params[{key!r}]", value).tolist() for key, value in params.items()}


def _one_instance(name: str, value: ArrayLike, width: int, why: str) -> Numbers:
    array = _real(name, numeric_array(name, value))
    require_shape(name, array, (width,), f"one instance; {why}")
    return array.tolist()


def _real(name: str, array: Array) -> Array:
    if np.iscomplexobj(array):
        raise TypeError(f"{name} must be real: these passes compute with Python's floats.")
    return array.astype(np.float64)


def _target(net: MLP, trace: Trace, d: ArrayLike) -> Array:
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be the Trace that forward returned, got {describe(trace)}.")
    if trace.depth != net.depth:
        raise ValueError(f"trace must come from a network of {net.depth} layers, got one of {trace.depth}.")
    for k in range(net.depth + 1):
        require_shape(f"trace.y[{k}]", trace.y[k], (net.widths[k],), "one instance")
    for k in range(1, net.depth + 1):
        require_shape(f"trace.z[{k}]", trace.pre_activation(k), (net.sums(k),), "one instance")
    return np.array(
        _one_instance("d", net.divergence.check_targets(d), net.widths[-1], "one for each output")
    )
