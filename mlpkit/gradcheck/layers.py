"""Numerical gradients of a whole network, a layer at a time.

Perturbing the weight w_ij of layer k changes the pre-activation z_j of that layer by ±h·y_i, and nothing
before it. So all perturbed copies of z_k are stacked as rows and pushed through the rest of the network
together, by matrix products. The numbers are those of the loop over `net.loss`, computed about a hundred
times faster. No derivative is used on the way: the forward pass alone decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, numeric_array, require_shape
from mlpkit.activations import Activation
from mlpkit.gradcheck.check import given_gradients
from mlpkit.gradcheck.differences import Method, default_step, require_method, require_step
from mlpkit.gradcheck.report import TOLERANCE, GradientReport, ParameterReport, compare
from mlpkit.network import MLP, Parameters, Trace

__all__ = ["check_network", "network_gradient"]

#: Numbers in the largest array of one batch of perturbed copies: 128 kB, which stays in the cache. Four times
#: as many take twice the time, a quarter as many a third more.
CHUNK = 2**14

#: A distance that is nothing but rounding.
_BESIDE = 1e-12


@dataclass(frozen=True)
class _Problem:
    """A network with everything it is evaluated on, in double precision, and its unperturbed pass."""

    net: MLP
    params: Parameters
    trace: Trace
    d: Array

    def layer(self, key: str) -> int:
        """The layer that the parameter `key` belongs to."""
        return int(key[1:])

    def z(self, k: int) -> Array:
        """Pre-activations of layer k, always as rows: shape (T, M_k)."""
        return np.atleast_2d(self.trace.pre_activation(k))

    def y(self, k: int) -> Array:
        """Outputs of layer k, always as rows: shape (T, D_k)."""
        return np.atleast_2d(self.trace.y[k])


def _problem(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike, d: ArrayLike) -> _Problem:
    arrays = {key: value.astype(np.float64) for key, value in net.check_params(params).items()}
    trace = net.forward(arrays, numeric_array("x", x).astype(np.float64))
    targets = numeric_array("d", d).astype(np.float64)
    require_shape("d", targets, trace.output.shape, "the shape of the outputs")
    net.divergence.check_targets(targets)
    return _Problem(net, arrays, trace, np.atleast_2d(targets))


def network_gradient(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    method: Method = "central",
    h: float | None = None,
) -> Parameters:
    """Numerical gradient of the loss to every parameter of `net`, without its backward pass.

    Parameters
    ----------
    net
        The network. If its activations are random, take ``net.sample(...)``, or the means are used.
    params
        Its parameters; not changed.
    x, d
        One instance (D_0,), (D_N,) or a batch (T, D_0), (T, D_N).
    method
        "central", for every network; "complex", exact to rounding, for activations and divergences that are
        analytic or made of analytic pieces.
    h
        Step; by default `default_step` for every entry.

    Returns
    -------
    dict of arrays
        Keys and shapes of the parameters.

    Raises
    ------
    ValueError
        If the loss is not finite within the step.

    Notes
    -----
    The memory needed does not grow with the number of parameters.
    """
    require_method(method, "central", "complex")
    require_step(h)
    problem = _problem(net, params, x, d)
    return {key: _parameter_gradient(problem, key, method, h) for key in problem.params}


def _parameter_gradient(problem: _Problem, key: str, method: Method, h: float | None) -> Array:
    value = problem.params[key]
    gradient = np.empty(value.size)
    for chosen in _chunks(problem, key, np.arange(value.size)):
        steps = _steps(value, chosen, method, h)
        if method == "complex":
            gradient[chosen] = _losses(problem, key, chosen, 1j * steps).imag / steps
        else:
            above, below = (_losses(problem, key, chosen, sign * steps) for sign in (1, -1))
            gradient[chosen] = (above - below).real / (2 * steps)
    return gradient.reshape(value.shape)


def _steps(value: Array, chosen: Array, method: Method, h: float | None) -> Array:
    if h is not None:
        return np.full(chosen.size, float(h))
    return np.array([default_step(method, scale) for scale in value.flat[chosen]])


def _chunks(problem: _Problem, key: str, chosen: Array) -> Iterator[Array]:
    """Split the flat indices `chosen` so that the arrays of perturbed copies stay small."""
    k, net = problem.layer(key), problem.net
    widest = max(max(net.sums(l), net.widths[l]) for l in range(k, net.depth + 1))
    size = max(1, CHUNK // (widest * len(problem.d)))
    for start in range(0, chosen.size, size):
        yield chosen[start : start + size]


def _perturbed(problem: _Problem, key: str, chosen: Array, steps: Array) -> Array:
    """Copies of z_k, shape (P, T, M_k): in copy n the entry chosen[n] of the parameter moves by steps[n]."""
    k = problem.layer(key)
    if key.startswith("b"):
        unit, change = chosen, np.ones((chosen.size, len(problem.d)))
    else:
        unit, before = np.divmod(chosen, problem.params[key].shape[1])
        change = problem.y(k - 1).T[before]
    copies = np.repeat(problem.z(k)[np.newaxis].astype(steps.dtype), chosen.size, axis=0)
    copies[np.arange(chosen.size), :, unit] += steps[:, np.newaxis] * change
    return copies


def _push(problem: _Problem, k: int, z: Array) -> Iterator[tuple[int, Array, Array]]:
    """From copies of z_k, shape (P, T, M_k), yield (layer, z, y) for the layers k..N."""
    net, p = problem.net, problem.params
    y = _outputs(net.activation(k), z)
    yield k, z, y
    for layer in range(k + 1, net.depth + 1):
        stacked = y.reshape(-1, y.shape[-1])  # one product for all copies and rows
        z = (stacked @ p[f"W{layer}"].T + p[f"b{layer}"]).reshape(*z.shape[:2], -1)
        y = _outputs(net.activation(layer), z)
        yield layer, z, y


def _outputs(f: Activation, z: Array) -> Array:
    """f of stacked copies (P, T, M), shape (P, T, D)."""
    try:
        return f(z)
    except ValueError:
        # Random slopes drawn for the rows of one batch insist on its shape (T, M): then a copy at a time.
        # Any other error is raised here again.
        return np.stack([f(copy) for copy in z])


def _losses(problem: _Problem, key: str, chosen: Array, steps: Array) -> Array:
    """Loss of each perturbed copy, shape (P,)."""
    net = problem.net
    *_, (_, z, y) = _push(problem, problem.layer(key), _perturbed(problem, key, chosen, steps))
    d = np.broadcast_to(problem.d, y.shape)
    fused = net.divergence.fused_with(net.output)
    losses = (net.divergence(y, d) if fused is None else fused.value(z, d)).mean(axis=-1)
    if not np.isfinite(losses).all():
        raise ValueError(f"the loss must be finite near the parameters; it is not within a step of {key}.")
    return losses


def check_network(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    gradients: Mapping[str, ArrayLike] | None = None,
    *,
    tolerance: float = TOLERANCE,
    h: float | None = None,
    method: Method = "central",
) -> GradientReport:
    """Compare gradients of the loss of `net` with numerical ones, entry by entry.

    Parameters
    ----------
    net, params, x, d, h, method
        As in `network_gradient`.
    gradients
        What is to be checked: same keys and shapes as the parameters. By default those of ``net.backward``
        in double precision.
    tolerance
        A parameter passes if max|g - ĝ| <= tolerance · max(1, max|ĝ|).

    Returns
    -------
    GradientReport
        Entries that disagree are excused (and counted) only if a unit whose pre-activation really moves
        with the entry crosses a kink of its activation between p - h and p + h, or an output one of the
        divergence.

    Examples
    --------
    >>> net = MLP(widths=(2, 3, 1))
    >>> check_network(net, net.init(np.random.default_rng(0)), [1.0, 2.0], [0.5]).ok
    True
    """
    problem = _problem(net, params, x, d)
    if gradients is None:
        targets = problem.d.reshape(problem.trace.output.shape)
        gradients = net.backward(problem.params, problem.trace, targets)
    numerical = network_gradient(net, params, x, d, method, h)
    given = given_gradients(gradients, problem.params)
    reports = tuple(
        _checked(problem, key, given[key], numerical[key], tolerance, method, h) for key in problem.params
    )
    return GradientReport(reports, tolerance, method)


def _checked(
    problem: _Problem,
    key: str,
    given: Array,
    numerical: Array,
    tolerance: float,
    method: Method,
    h: float | None,
) -> ParameterReport:
    report = compare(key, given, numerical, tolerance)
    if report.ok:
        return report
    # The complex step stays at p, where only a kink at p itself, up to rounding, can spoil it.
    h = _BESIDE if method == "complex" else h
    kinks = np.zeros(given.size, dtype=bool)
    for chosen in _chunks(problem, key, np.flatnonzero(report.wrong_entries)):
        kinks[chosen] = _crossings(problem, key, chosen, h)
    return compare(key, given, numerical, tolerance, kinks.reshape(given.shape))


def _crossings(problem: _Problem, key: str, chosen: Array, h: float | None) -> Array:
    """For which of the entries a kink lies between p - h and p + h, booleans (P,)."""
    steps = _steps(problem.params[key], chosen, "central", h)
    k, net = problem.layer(key), problem.net
    below, above = (
        list(_push(problem, k, _perturbed(problem, key, chosen, sign * steps))) for sign in (-1, 1)
    )
    crossed = [_divergence_crosses(problem, below[-1][2], above[-1][2]).any(axis=(1, 2))]
    for (layer, start, _), (_, end, _) in zip(below, above, strict=True):
        crossed.append(_activation_crosses(net.activation(layer), start, end).any(axis=(1, 2)))
    return np.any(crossed, axis=0)


def _activation_crosses(f: Activation, start: Array, end: Array) -> Array:
    """Decisions that change on the way, shape (P, T, D) or (P, T, M), among those whose inputs move at all.

    A unit that rests on a kink, whatever the entry does, has no part in its derivative.
    """
    moves = start != end
    if not f.elementwise:
        moves = (moves @ f.reads(start.shape[-1]).T.astype(float)) > 0
    return f.crosses_kink(start, end) & moves


def _divergence_crosses(problem: _Problem, start: Array, end: Array) -> Array:
    """Outputs between which and their target the divergence has a kink on the way, shape (P, T, D_N)."""
    d = np.broadcast_to(problem.d, start.shape)
    distances = [problem.net.divergence.kink_distance(Y, d) for Y in (start, end)]
    # On the way to a kink and on past it the two distances add up to the way; without one they differ by it.
    way = np.abs(end - start)
    return (way > 0) & (distances[0] + distances[1] <= way * (1 + 1e-6))
