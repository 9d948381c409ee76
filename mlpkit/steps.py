"""Every number of a pass, one at a time, in the order in which it is computed.

`forward_steps` and `backward_steps` list what the passes of `mlpkit.network` compute all at once: each
step says what is computed, by which formula of the registry, from which numbers, with which result. Tables,
pictures and the stepper are made from these lists. `matrix_forward_steps` and `matrix_backward_steps` list
the same passes a vector or matrix at a time, with all shapes; `training_step` says of every weight what it
was, what its gradient is and what it becomes.

Names: ``Name("w", 2, (0, 1))`` is $w^{(2)}_{01}$, counted as in mathematics (from 1; index 0 is the bias).
A derivative of the divergence has a "d" in front: ``Name("dz", 2, (1,))`` is $\\dot z^{(2)}_1$.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, Shape, describe, require_keys, require_shape
from mlpkit.activations import ScalarActivation
from mlpkit.network import MLP, Gradients, Parameters, Trace

__all__ = [
    "MatrixStep",
    "Name",
    "Operand",
    "Step",
    "Term",
    "TrainingStep",
    "WeightChange",
    "backward_steps",
    "forward_steps",
    "matrix_backward_steps",
    "matrix_forward_steps",
    "training_step",
]


@dataclass(frozen=True)
class Name:
    """A quantity of the network: what it is, its layer and its indices (from 1, bias 0).

    `layer` is None for the target, which belongs to no layer; `indices` is empty where the whole vector or
    matrix of a layer is meant.
    """

    quantity: str
    layer: int | None
    indices: tuple[int, ...]

    def __str__(self) -> str:
        layer = "" if self.layer is None else f"({self.layer})"
        indices = f"[{','.join(map(str, self.indices))}]" if self.indices else ""
        return f"{self.quantity}{layer}{indices}"


@dataclass(frozen=True)
class Term:
    """One product of a sum: its factors by name, with their values."""

    names: tuple[Name, ...]
    values: tuple[float, ...]
    sign: int = 1

    @property
    def value(self) -> float:
        """The signed product of the values."""
        return float(self.sign * math.prod(self.values))


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
        What it is the sum of; for an activation or a divergence's derivative the arguments used. Empty for
        a derivative that nothing contributes to, as that to a sum which is not the largest of its group.
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
        steps += _through_activation(net, trace, k, gradients.wrt_y[k], dz, targets)
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
    every = [Term((Name("z", k, (i,)),), (value,)) for i, value in _units(z)]
    reads = f.reads(len(z))
    for j, y in _units(trace.y[k]):
        terms = tuple(term for term, is_read in zip(every, reads[j - 1], strict=True) if is_read)
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


def _through_activation(
    net: MLP, trace: Trace, k: int, dy: Array, dz: Array, targets: Array
) -> Iterator[Step]:
    f, z = net.activation(k), trace.pre_activation(k)
    local, influences = f.jacobian(z), f.influences(z)
    for i, value in _units(dz):
        terms = tuple(
            Term(
                (Name("slope", k, (i,) if f.elementwise else (j, i)), Name("dy", k, (j,))),
                (float(local[j - 1, i - 1]), float(dy[j - 1])),
            )
            # Only the outputs that depend on this sum: a maximum depends on its largest argument alone.
            for j in range(1, len(dy) + 1)
            if influences[j - 1, i - 1]
        )
        formula = "through-activation" if isinstance(f, ScalarActivation) else "vector-activation-backward"
        if all(math.isfinite(term.value) for term in terms):
            yield Step(Name("dz", k, (i,)), value, terms, formula, "sum", f.name)
        else:
            # An output so saturated that its derivative is infinite: divergence and activation in one step.
            output = Term((Name("y", k, (i,)),), (float(trace.y[k][i - 1]),))
            target = Term((Name("d", None, (i,)),), (float(targets[i - 1]),), sign=-1)
            together = f"{net.divergence.name} after {f.name}"
            yield Step(Name("dz", k, (i,)), value, (output, target), None, "divergence", together)


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
        value = float(sum(term.value for term in terms))
        yield Step(Name("dy", k - 1, (i,)), value, terms, "to-layer-below")


# -- a vector or matrix at a time ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Operand:
    """One array that a matrix step reads: how it is called, its shape, its value."""

    label: str
    shape: Shape
    value: Array = field(repr=False)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.label, self.shape, self.value))


@dataclass(frozen=True, eq=False)
class MatrixStep:
    """One vector or matrix and how it came about.

    Attributes
    ----------
    target
        What is computed; quantities of a batch, one row an instance, have capitals: ``Name("Z", 1, ())``.
    value
        The array.
    operands
        What it is computed from, in the order of `text`; each unpacks as (label, shape, array).
    formula
        Name in `mlpkit.formulas` of the formula of one entry, or None where there is none.
    text
        The operation in words and letters, such as "Z1 = Y0 W1ᵀ + b1".
    """

    target: Name
    value: Array = field(repr=False)
    operands: tuple[Operand, ...]
    formula: str | None
    text: str

    @property
    def shape(self) -> Shape:
        """Shape of the result."""
        return self.value.shape

    def __str__(self) -> str:
        shapes = ", ".join(f"{operand.label} {operand.shape}" for operand in self.operands)
        return f"{self.text}    {self.shape} from {shapes}"


def matrix_forward_steps(net: MLP, params: Mapping[str, ArrayLike], X: ArrayLike) -> tuple[MatrixStep, ...]:
    """Every z and y of a forward pass as vectors (one instance) or matrices (a batch).

    Parameters
    ----------
    net, params
        The network and its parameters.
    X
        One instance, shape (D_0,), or a batch, shape (T, D_0).

    Returns
    -------
    tuple of MatrixStep
        For each layer k = 1..N its sums, then its outputs.
    """
    checked, trace = net.check_params(params), net.forward(params, X)
    write = _Writing(trace.output.ndim == 2)
    steps: list[MatrixStep] = []
    for k in range(1, net.depth + 1):
        y, z = write("y", k - 1), write("z", k)
        W, b = (Operand(f"{letter}{k}", *_shaped(checked[f"{letter}{k}"])) for letter in "Wb")
        below, sums = Operand(y, *_shaped(trace.y[k - 1])), Operand(z, *_shaped(trace.pre_activation(k)))
        text, operands = (
            (f"{z} = {y} W{k}ᵀ + b{k}", (below, W, b))
            if write.batch
            else (f"{z} = W{k} {y} + b{k}", (W, below, b))
        )
        f = net.activation(k)
        formula = "activation" if f.elementwise else None
        out = f"{write('y', k)} = {f.name}({z})"
        steps.append(MatrixStep(write.name("z", k), sums.value, operands, "affine", text))
        steps.append(MatrixStep(write.name("y", k), trace.y[k], (sums,), formula, out))
    return tuple(steps)


def matrix_backward_steps(
    net: MLP, params: Mapping[str, ArrayLike], X: ArrayLike, D: ArrayLike
) -> tuple[MatrixStep, ...]:
    """Every derivative of a backward pass as vectors (one instance) or matrices (a batch).

    Parameters
    ----------
    net, params
        The network and its parameters.
    X, D
        One instance (D_0,) and its target (D_N,), or a batch (T, D_0) and its targets (T, D_N).

    Returns
    -------
    tuple of MatrixStep
        The derivative to the outputs, then for each layer k = N..1 those to its sums, its weights, its
        biases and the outputs of the layer below. Gradients of weights and biases are means over the batch.
    """
    checked, trace = net.check_params(params), net.forward(params, X)
    gradients = net.backward(checked, trace, D)
    write = _Writing(trace.output.ndim == 2)
    d = net.divergence.check_targets(D)
    steps = [_matrix_output_step(net, trace, gradients, d, write)]
    for k in range(net.depth, 0, -1):
        steps += [
            _matrix_through_activation(net, trace, gradients, k, d, write),
            *_matrix_parameter_steps(trace, gradients, k, write),
            _matrix_to_layer_below(checked, gradients, k, write),
        ]
    return tuple(steps)


@dataclass(frozen=True)
class _Writing:
    """How quantities are written: "z1" for one instance, "Z1" for the rows of a batch."""

    batch: bool

    def __call__(self, quantity: str, k: int | None) -> str:
        name = self.name(quantity, k)
        return name.quantity + ("" if k is None else str(k))

    def name(self, quantity: str, k: int | None) -> Name:
        letter = quantity[-1].upper() if self.batch else quantity[-1]
        return Name(quantity[:-1] + letter, k, ())


def _shaped(value: Array) -> tuple[Shape, Array]:
    return value.shape, value


def _dz(gradients: Gradients, k: int) -> Array:
    dz = gradients.wrt_z[k]
    assert dz is not None  # layers 1..N always have one
    return dz


def _matrix_output_step(
    net: MLP, trace: Trace, gradients: Gradients, d: Array, write: _Writing
) -> MatrixStep:
    N, divergence = net.depth, net.divergence.name
    y, target, dy = write("y", N), write("d", None), write("dy", N)
    squared = divergence == "half_squared_error"
    text = f"{dy} = {y} - {target}" if squared else f"{dy} = derivative of {divergence} at {y}, {target}"
    operands = (Operand(y, *_shaped(trace.output)), Operand(target, *_shaped(d)))
    formula = "output-derivative" if squared else None
    return MatrixStep(write.name("dy", N), gradients.wrt_y[N], operands, formula, text)


def _matrix_through_activation(
    net: MLP, trace: Trace, gradients: Gradients, k: int, d: Array, write: _Writing
) -> MatrixStep:
    """dz = dy ∘ f'(z) for a scalar activation, dz = Jᵀ dy (in a batch row by row) for a vector activation."""
    if not np.isfinite(gradients.wrt_y[k]).all():
        return _matrix_fused_step(net, trace, gradients, d, write)
    f, z = net.activation(k), trace.pre_activation(k)
    dz, dy = write("dz", k), write("dy", k)
    derivative = Operand(dy, *_shaped(gradients.wrt_y[k]))
    if f.elementwise:
        slope = Operand(f"{f.name}'({write('z', k)})", *_shaped(f.vjp(z, np.ones_like(z))))
        text, operands = f"{dz} = {dy} ∘ {slope.label}", (derivative, slope)
    else:
        local = Operand(f"J{k}", *_shaped(f.jacobian(z)))
        text = f"{dz} = {dy} J{k}, row by row" if write.batch else f"{dz} = J{k}ᵀ {dy}"
        operands = (derivative, local) if write.batch else (local, derivative)
    formula = "through-activation" if f.elementwise else None
    return MatrixStep(write.name("dz", k), _dz(gradients, k), operands, formula, text)


def _matrix_fused_step(net: MLP, trace: Trace, gradients: Gradients, d: Array, write: _Writing) -> MatrixStep:
    """Where an output is so saturated that its derivative is infinite: divergence and activation in one."""
    N = net.depth
    z, target, dz = write("z", N), write("d", None), write("dz", N)
    together = f"{net.divergence.name} after {net.output.name}"
    operands = (Operand(z, *_shaped(trace.pre_activation(N))), Operand(target, *_shaped(d)))
    text = f"{dz} = derivative of {together} at {z}, {target}"
    return MatrixStep(write.name("dz", N), _dz(gradients, N), operands, None, text)


def _matrix_parameter_steps(
    trace: Trace, gradients: Gradients, k: int, write: _Writing
) -> Iterator[MatrixStep]:
    dz, y = write("dz", k), write("y", k - 1)
    derivative = Operand(dz, *_shaped(_dz(gradients, k)))
    below = Operand(y, *_shaped(trace.y[k - 1]))
    weights = f"dW{k} = {dz}ᵀ {y} / T" if write.batch else f"dW{k} = {dz} {y}ᵀ"
    biases = f"db{k} = sum of the rows of {dz} / T" if write.batch else f"db{k} = {dz}"
    formulas = ("mean-gradient", "mean-gradient") if write.batch else ("weight-derivative", "bias-derivative")
    yield MatrixStep(Name("dW", k, ()), gradients[f"W{k}"], (derivative, below), formulas[0], weights)
    yield MatrixStep(Name("db", k, ()), gradients[f"b{k}"], (derivative,), formulas[1], biases)


def _matrix_to_layer_below(
    params: Mapping[str, Array], gradients: Gradients, k: int, write: _Writing
) -> MatrixStep:
    dy, dz = write("dy", k - 1), write("dz", k)
    W = Operand(f"W{k}", *_shaped(params[f"W{k}"]))
    derivative = Operand(dz, *_shaped(_dz(gradients, k)))
    text, operands = (
        (f"{dy} = {dz} W{k}", (derivative, W)) if write.batch else (f"{dy} = W{k}ᵀ {dz}", (W, derivative))
    )
    return MatrixStep(write.name("dy", k - 1), gradients.wrt_y[k - 1], operands, "to-layer-below", text)


# -- one step of training ------------------------------------------------------------------------------


class Optimizer(Protocol):
    """What `training_step` needs of an optimizer; `mlpkit.SGD` has it."""

    def update(
        self,
        params: Mapping[str, ArrayLike],
        gradients: Mapping[str, ArrayLike],
        changes: Mapping[str, ArrayLike] | None = None,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """New parameters and the changes that led to them."""


@dataclass(frozen=True)
class WeightChange:
    """What a step of training does to one weight or bias.

    Attributes
    ----------
    name
        The weight, ``Name("w", k, (i, j))``; i = 0 is the bias.
    before, gradient, earlier, change, after
        Old value, derivative of the loss (without a penalty), change of the step before, change of this
        step, new value: ``after = before + change``.
    """

    name: Name
    before: float
    gradient: float
    earlier: float
    change: float
    after: float


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """One step of training with everything that it computed.

    Attributes
    ----------
    weights
        One `WeightChange` for each weight: layer by layer, unit by unit, the bias first.
    trace, gradients
        The passes, at the old weights.
    params, changes
        New parameters and their changes: the arguments of the next step.
    loss, loss_after
        Loss of the same instances before and after the step.
    """

    weights: tuple[WeightChange, ...]
    trace: Trace
    gradients: Gradients
    params: Parameters = field(repr=False)
    changes: Parameters = field(repr=False)
    loss: float
    loss_after: float

    def __str__(self) -> str:
        head = f"loss {self.loss:.6g} -> {self.loss_after:.6g}"
        lines = [
            f"{w.name!s:<10} {w.before:>10.5f} gradient {w.gradient + 0.0:>10.6f} "
            f"change {w.change + 0.0:>10.6f} -> {w.after:>10.5f}"
            for w in self.weights
        ]
        return "\n".join([head, *lines])

    def _repr_html_(self) -> str:
        titles = ("weight", "before", "gradient", "change", "after")
        heads = "".join(f'<th scope="col">{title}</th>' for title in titles)
        rows = "".join(
            f'<tr><th scope="row">{escape(str(w.name))}</th><td>{w.before:.5f}</td>'
            f"<td>{w.gradient + 0.0:.6f}</td><td>{w.change + 0.0:.6f}</td><td>{w.after:.5f}</td></tr>"
            for w in self.weights
        )
        caption = f"One step of training: loss {self.loss:.6g} before, {self.loss_after:.6g} after"
        return (
            f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )


def training_step(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    optimizer: Optimizer,
    changes: Mapping[str, ArrayLike] | None = None,
) -> TrainingStep:
    """One step of training, for every weight: what it was, its gradient, its change, what it is now.

    Parameters
    ----------
    net, params
        The network and its parameters; neither is changed. All gradients are taken at these.
    x, d
        One instance (D_0,) and its target (D_N,), or a batch (T, D_0) and its targets (T, D_N).
    optimizer
        Has an ``update`` as `SGD` has.
    changes
        Changes of the step before, shapes of `params`; zeros if None.
    """
    if not callable(getattr(optimizer, "update", None)):
        raise TypeError(f"optimizer must have an update, as SGD(step=0.1) has, got {describe(optimizer)}.")
    old = net.check_params(params)
    earlier = {key: np.zeros_like(value) for key, value in old.items()} if changes is None else changes
    require_keys("changes", earlier, list(old))
    earlier = net.check_params(earlier, "changes")
    trace = net.forward(old, x)
    gradients = net.backward(old, trace, d)
    new, moved = optimizer.update(old, gradients, earlier)
    weights = tuple(_weight_changes(net, (old, gradients, earlier, moved, new)))
    loss = float(net.divergences(trace, d).mean())
    return TrainingStep(weights, trace, gradients, new, moved, loss, net.loss(new, x, d))


def _weight_changes(net: MLP, dicts: tuple[Mapping[str, Array], ...]) -> Iterator[WeightChange]:
    for k in range(1, net.depth + 1):
        for j in range(1, net.sums(k) + 1):
            for i in range(net.widths[k - 1] + 1):
                numbers = (
                    values[f"b{k}"][j - 1] if i == 0 else values[f"W{k}"][j - 1, i - 1] for values in dicts
                )
                yield WeightChange(Name("w", k, (i, j)), *map(float, numbers))
