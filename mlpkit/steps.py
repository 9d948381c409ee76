"""Every number of a pass, one at a time, in the order in which it is computed.

`forward_steps` and `backward_steps` list what the passes of `mlpkit.network` compute all at once: each
step says what is computed, by which formula of the registry, from which numbers, with which result. Tables,
pictures and the stepper are made from these lists.

Names: ``Name("w", 2, (0, 1))`` is $w^{(2)}_{01}$, counted as in mathematics (from 1; index 0 is the bias).
A derivative of the divergence has a "d" in front: ``Name("dz", 2, (1,))`` is $\\dot z^{(2)}_1$.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, require_shape
from mlpkit.activations import ScalarActivation
from mlpkit.network import MLP, Trace

__all__ = ["Name", "Step", "Term", "backward_steps", "forward_steps"]


@dataclass(frozen=True)
class Name:
    """A quantity of the network: what it is, its layer and its indices (from 1, bias 0).

    `layer` is None for the target, which belongs to no layer.
    """

    quantity: str
    layer: int | None
    indices: tuple[int, ...]

    def __str__(self) -> str:
        layer = "" if self.layer is None else f"({self.layer})"
        return f"{self.quantity}{layer}[{','.join(map(str, self.indices))}]"


@dataclass(frozen=True)
class Term:
    """One product of a sum: its factors by name, with their values."""

    names: tuple[Name, ...]
    values: tuple[float, ...]
    sign: int = 1

    @property
    def value(self) -> float:
        """The signed product of the values."""
        return self.sign * float(np.prod(self.values))


@dataclass(frozen=True)
class Step:
    """One number and how it came about.

    Attributes
    ----------
    target
        What is computed.
    value
        Its value.
    terms
        What it is the sum of; for an activation or a divergence's derivative the arguments used.
    formula
        Name in `mlpkit.formulas`, or None where the course has no closed formula for the case.
    operation
        "sum" (of the terms), "activation" (function of the first term) or "divergence".
    function
        Name of the activation or divergence, for those two operations.
    """

    target: Name
    value: float
    terms: tuple[Term, ...]
    formula: str | None
    operation: str = "sum"
    function: str = ""

    @property
    def used(self) -> tuple[Name, ...]:
        """Names of everything that this step reads."""
        return tuple(name for term in self.terms for name in term.names)

    @property
    def products(self) -> int:
        """How many multiplications the step takes (a sum's terms with two factors or more)."""
        if self.operation != "sum":
            return 0
        return sum(len(term.names) > 1 for term in self.terms)


def forward_steps(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike) -> tuple[Step, ...]:
    """Every z and y of a forward pass for one instance.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x
        One instance, shape (D_0,).

    Returns
    -------
    tuple of Step
        Layer by layer: all sums z of the layer, then all its outputs y. All sums come first because a
        vector activation needs every one of them.
    """
    trace = _one_instance(net, params, x)
    checked = net.check_params(params)
    return tuple(
        step
        for k in range(1, net.depth + 1)
        for step in (*_sum_steps(net, checked, trace, k), *_activation_steps(net, trace, k))
    )


def backward_steps(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike, d: ArrayLike) -> tuple[Step, ...]:
    """Every derivative of the divergence for one instance, in the order of the backward pass.

    Parameters
    ----------
    net, params
        The network and its parameters.
    x, d
        One instance, shape (D_0,), and its target, shape (D_N,).

    Returns
    -------
    tuple of Step
        For each layer k = N..1: the derivatives to its outputs, to its sums, to its weights and biases (a
        bias first, as weight number 0), and at the end those to the input.
    """
    trace = _one_instance(net, params, x)
    checked = net.check_params(params)
    gradients = net.backward(checked, trace, d)
    targets = net.divergence.check_targets(d)
    steps = list(_output_steps(net, trace, targets, gradients.wrt_y[-1]))
    for k in range(net.depth, 0, -1):
        dz = gradients.wrt_z[k]
        assert dz is not None  # layers 1..N always have one
        steps += _through_activation(net, trace, k, gradients.wrt_y[k], dz)
        steps += _weight_steps(trace, k, dz)
        steps += _to_layer_below(checked, k, dz)
    return tuple(steps)


def _one_instance(net: MLP, params: Mapping[str, ArrayLike], x: ArrayLike) -> Trace:
    trace = net.forward(params, x)
    require_shape("x", trace.y[0], (net.widths[0],), "steps are listed for one instance")
    return trace


def _units(values: Array) -> Iterator[tuple[int, float]]:
    """Units counted from 1, with their values."""
    return ((n, float(value)) for n, value in enumerate(values, start=1))


def _sum_steps(net: MLP, params: Mapping[str, Array], trace: Trace, k: int) -> Iterator[Step]:
    W, b, y = params[f"W{k}"], params[f"b{k}"], trace.y[k - 1]
    for j, z in _units(trace.pre_activation(k)):
        bias = Term((Name("w", k, (0, j)),), (float(b[j - 1]),))
        inputs = (
            Term((Name("w", k, (i, j)), Name("y", k - 1, (i,))), (float(W[j - 1, i - 1]), value))
            for i, value in _units(y)
        )
        yield Step(Name("z", k, (j,)), z, (bias, *inputs), "affine")


def _activation_steps(net: MLP, trace: Trace, k: int) -> Iterator[Step]:
    f, z = net.activation(k), trace.pre_activation(k)
    every = tuple(Term((Name("z", k, (i,)),), (value,)) for i, value in _units(z))
    for j, y in _units(trace.y[k]):
        terms = (every[j - 1],) if f.elementwise else every
        formula = "activation" if f.elementwise else None
        yield Step(Name("y", k, (j,)), y, terms, formula, "activation", f.name)


def _output_steps(net: MLP, trace: Trace, d: Array, dy: Array) -> Iterator[Step]:
    N, name = net.depth, net.divergence.name
    for j, value in _units(dy):
        output = Term((Name("y", N, (j,)),), (float(trace.output[j - 1]),))
        target = Term((Name("d", None, (j,)),), (float(d[j - 1]),), sign=-1)
        squared = name == "half_squared_error"
        yield Step(
            Name("dy", N, (j,)),
            value,
            (output, target),
            "output-derivative" if squared else None,
            "sum" if squared else "divergence",
            name,
        )


def _through_activation(net: MLP, trace: Trace, k: int, dy: Array, dz: Array) -> Iterator[Step]:
    f, z = net.activation(k), trace.pre_activation(k)
    local = f.jacobian(z)
    for i, value in _units(dz):
        sources = [i] if f.elementwise else range(1, len(dy) + 1)
        terms = tuple(
            Term(
                (Name("slope", k, (i,) if f.elementwise else (j, i)), Name("dy", k, (j,))),
                (float(local[j - 1, i - 1]), float(dy[j - 1])),
            )
            for j in sources
        )
        formula = "through-activation" if isinstance(f, ScalarActivation) else None
        yield Step(Name("dz", k, (i,)), value, terms, formula, "sum", f.name)


def _weight_steps(trace: Trace, k: int, dz: Array) -> Iterator[Step]:
    for j, dz_j in _units(dz):
        derivative = Name("dz", k, (j,))
        yield Step(Name("dw", k, (0, j)), dz_j, (Term((derivative,), (dz_j,)),), "bias-derivative")
        for i, y_i in _units(trace.y[k - 1]):
            term = Term((Name("y", k - 1, (i,)), derivative), (y_i, dz_j))
            yield Step(Name("dw", k, (i, j)), term.value, (term,), "weight-derivative")


def _to_layer_below(params: Mapping[str, Array], k: int, dz: Array) -> Iterator[Step]:
    W = params[f"W{k}"]
    for i in range(1, W.shape[1] + 1):
        terms = tuple(
            Term((Name("w", k, (i, j)), Name("dz", k, (j,))), (float(W[j - 1, i - 1]), dz_j))
            for j, dz_j in _units(dz)
        )
        value = sum(term.value for term in terms)
        yield Step(Name("dy", k - 1, (i,)), value, terms, "to-layer-below")
