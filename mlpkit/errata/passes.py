"""Errors of source A (and D, C) in the passes, activations and divergences."""

from __future__ import annotations

import numpy as np

from mlpkit import activations, divergences
from mlpkit.activations import sigmoid, tanh
from mlpkit.errata.entry import Collection, Proof
from mlpkit.gradcheck import numerical_gradient
from mlpkit.network import MLP

__all__ = ["ENTRIES"]

_errata = Collection()

_NET = MLP(widths=(2, 4, 3, 1), hidden=tanh, output=sigmoid)


def _drawn() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return _NET.init(rng, scale=1.0), rng.normal(size=2), rng.uniform(size=1)


@_errata.erratum(
    "a-forward-index",
    "A",
    "forward computation",
    printed="$z^{(k)}_j=\\sum_i w^{(k)}_{ij}\\,y^{(k-1)}_j$",
    right="$z^{(k)}_j=\\sum_i w^{(k)}_{ij}\\,y^{(k-1)}_i$",
    why="What flows through $w_{ij}$ comes from unit i.",
)
def _forward_index() -> Proof:
    params, x, _ = _drawn()
    trace = _NET.forward(params, x)
    y, W, b = trace.y[1], params["W2"], params["b2"]
    right = np.array([sum(W[j, i] * y[i] for i in range(4)) for j in range(3)]) + b
    printed = np.array([sum(W[j, i] * y[j] for i in range(4)) for j in range(3)]) + b
    gap = float(np.abs(printed - trace.pre_activation(2)).max())
    return Proof(
        gap < 1e-9,
        bool(np.allclose(right, trace.pre_activation(2))),
        f"In a 2-4-3-1 network the printed sums of layer 2 differ from the forward pass by up to {gap:.3f}; "
        f"with the index i they agree.",
    )


@_errata.erratum(
    "a-forward-limit",
    "A",
    "forward pass, twice",
    printed="$\\sum_{i=0}^{N_k}$",
    right="$\\sum_{i=0}^{D_{k-1}}$",
    why="The sum runs over the outputs of the layer before; $N_k$ is not defined.",
)
def _forward_limit() -> Proof:
    sources = {k: _NET.shapes()[f"W{k}"][1] for k in (1, 2, 3)}
    own = {k: _NET.widths[k] for k in (1, 2, 3)}
    before = {k: _NET.widths[k - 1] for k in (1, 2, 3)}
    return Proof(
        own == sources,
        before == sources,
        f"Weights into a unit of layers 1, 2, 3 of a 2-4-3-1 network: {list(sources.values())}; the "
        f"layers' own "
        f"widths are {list(own.values())}, those of the layers before {list(before.values())}.",
    )


@_errata.erratum(
    "a-forward-constant",
    "A",
    "forward pass, twice",
    printed="$y^{(k)}_0=1$ for $k=1..N$",
    right="for $k=0..N-1$",
    why="Layer k reads the constant of layer k-1, and nothing reads that of the outputs.",
)
def _forward_constant() -> Proof:
    params, x, _ = _drawn()
    z = _NET.forward(params, x).pre_activation(1)
    without, with_constant = params["W1"] @ x, params["W1"] @ x + params["b1"]
    return Proof(
        bool(np.allclose(without, z)),
        bool(np.allclose(with_constant, z)),
        f"Without a constant in layer 0 the sums of layer 1 are off by the biases, up to "
        f"{np.abs(without - z).max():.3f}; with it they agree.",
    )


@_errata.erratum(
    "a-backward-range",
    "A",
    "backward pass",
    printed="$\\partial w^{(k+1)}_{ji}=y^{(k)}_j\\,\\partial z^{(k+1)}_i$ for $i=1..D_k$, $j=1..D_{k-1}$",
    right="$\\partial w^{(k+1)}_{ij}=y^{(k)}_i\\,\\partial z^{(k+1)}_j$ for $i=0..D_k$, $j=1..D_{k+1}$",
    why="A weight of layer k+1 goes from layer k to layer k+1, whatever its indices are called.",
)
def _backward_range() -> Proof:
    needed = {(k, i, j) for k in (0, 1, 2) for i in range(_NET.widths[k] + 1) for j in _units(k + 1)}
    # As printed, with i the unit that it comes from; at k = 0 there is no layer k - 1 to count.
    printed = {
        (k, i, j)
        for k in (1, 2)
        for i in range(1, _NET.widths[k - 1] + 1)
        for j in range(1, _NET.widths[k] + 1)
    }
    right = {(k, i, j) for k in (0, 1, 2) for i in range(_NET.widths[k] + 1) for j in _units(k + 1)}
    count = _NET.parameter_count
    return Proof(
        printed == needed,
        len(right) == count,
        f"A 2-4-3-1 network has {count} weights and biases. The printed ranges give "
        f"{len(printed & needed)} of "
        f"them and {len(printed - needed)} that are not there; the right ones give {len(right)}.",
    )


def _units(k: int) -> range:
    return range(1, _NET.widths[k] + 1)


@_errata.erratum(
    "a-backward-recap-index",
    "A",
    "backward pass for a softmax output layer, and recap",
    printed="$\\partial w^{(k+1)}_{ij}=y^{(k)}_j\\,\\partial z^{(k+1)}_i$ for $j=1..D_{k+1}$",
    right="$\\partial w^{(k+1)}_{ij}=y^{(k)}_i\\,\\partial z^{(k+1)}_j$",
    why="By the deck's own notation $w_{ij}$ leads from i to j.",
)
def _recap_index() -> Proof:
    net = MLP(widths=(2, 3, 3), hidden=tanh, output=sigmoid)
    rng = np.random.default_rng(2)
    params, x, d = net.init(rng, 1.0), rng.normal(size=2), rng.uniform(size=3)
    trace = net.forward(params, x)
    dz, y = net.backward(params, trace, d).wrt_z[2], trace.y[1]
    assert dz is not None  # layers 1..N have one
    numerical = numerical_gradient(lambda W: net.loss({**params, "W2": W}, x, d), params["W2"])
    printed = np.array(
        [[y[j] * dz[i] for i in range(3)] for j in range(3)]
    )  # row j, column i: w_ij as stored
    right = np.array([[y[i] * dz[j] for i in range(3)] for j in range(3)])
    return Proof(
        bool(np.allclose(printed, numerical, atol=1e-8)),
        bool(np.allclose(right, numerical, atol=1e-8)),
        f"In a 2-3-3 network the printed form differs from differences by up to "
        f"{np.abs(printed - numerical).max():.3f}, the right one by less than 1e-8.",
    )


@_errata.erratum(
    "a-backward-layer-zero",
    "A",
    "backward pass",
    printed="for $k=N-1$ down to 0: $\\partial z^{(k)}_i=\\partial y^{(k)}_i\\,\\frac{\\partial "
    "y^{(k)}_i}{\\partial z^{(k)}_i}$",
    right="the pass at $k=0$ gives $\\partial w^{(1)}$ and $\\partial x$, and there is no $z^{(0)}$",
    why="Input units compute nothing, so there is no sum before them.",
)
def _layer_zero() -> Proof:
    params, x, d = _drawn()
    trace = _NET.forward(params, x)
    gradients = _NET.backward(params, trace, d)
    numerical = numerical_gradient(lambda v: _NET.loss(params, v, d), x)
    return Proof(
        trace.z[0] is not None,
        gradients.wrt_z[0] is None and bool(np.allclose(gradients.wrt_x, numerical, atol=1e-8)),
        f"The forward pass has z for the layers "
        f"{[k for k, z in enumerate(trace.z) if z is not None]} and y for "
        f"{list(range(len(trace.y)))}; the derivative to x agrees with differences, "
        f"({', '.join(f'{v:.4f}' for v in numerical)}).",
    )


@_errata.erratum(
    "a-output-layer-superscript",
    "A",
    "backward pass, output layer",
    printed="$\\partial z^{(k)}_i=\\partial y^{(k)}_i\\,\\frac{\\partial y^{(k)}_i}{\\partial "
    "z^{(k)}_i}$ before any k is chosen",
    right="superscript $(N)$",
    why="In the output layer k has no value yet; in a loop it would have that of the last round.",
)
def _output_superscript() -> Proof:
    layers = range(1, _NET.depth + 1)
    fitting = [k for k in layers if _NET.widths[k] == _NET.widths[-1]]
    return Proof(
        len(fitting) == len(layers),
        fitting == [_NET.depth],
        f"The derivative to the outputs has {_NET.widths[-1]} component; of the layers {list(layers)} of a "
        f"2-4-3-1 network only {fitting[0]}, which is N, has as many units.",
    )


@_errata.erratum(
    "a-jacobian-argument",
    "A",
    "Jacobians of scalar activations",
    printed="$f'(y_i)$ on the diagonal",
    right="$f'(z_i)$",
    why="The derivative is taken where the function was: at its argument.",
)
def _jacobian_argument() -> Proof:
    z = np.array([-1.0, 0.5, 2.0])
    y = sigmoid(z)
    numerical = (sigmoid(z + 1e-6) - sigmoid(z - 1e-6)) / 2e-6
    printed, right = sigmoid.derivative(y), sigmoid.derivative(z)
    return Proof(
        bool(np.allclose(printed, numerical, atol=1e-8)),
        bool(np.allclose(right, numerical, atol=1e-8)),
        f"For sigmoids at z = (-1, 0.5, 2) differences give ({_row(numerical)}), f'(z) gives "
        f"({_row(right)}), "
        f"f'(y) gives ({_row(printed)}).",
    )


def _row(values: np.ndarray) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


@_errata.erratum(
    "a-max-argmax",
    "A",
    "subgradients and the maximum",
    printed="$y_i=\\operatorname{argmax}_{l\\in S_j}z_l$",
    right="$y_j=\\max_{l\\in S_j}z_l$; the argmax picks which derivative is 1",
    why="The output is the largest value, not its place; and the output's index is the set's.",
)
def _max_argmax() -> Proof:
    z = np.array([0.3, 2.5, -1.0])
    value, place = float(z.max()), int(z.argmax()) + 1
    rise = {"max": 0.0, "argmax": 0.0}
    moved = z + np.array([0.0, 0.01, 0.0])
    rise["max"], rise["argmax"] = (moved.max() - z.max()) / 0.01, (moved.argmax() - z.argmax()) / 0.01
    given = float(activations.MaxGroups(3)(z)[0])
    return Proof(
        given == place,
        given == value and abs(rise["max"] - 1) < 1e-9,
        f"For z = (0.3, 2.5, -1) the unit gives {given:g}; the largest is {value:g}, its place "
        f"{place}. Moving "
        f"z_2 changes the largest at the rate {rise['max']:.0f}, its place at the rate {rise['argmax']:.0f}.",
    )


@_errata.erratum(
    "a-binary-minimum",
    "A",
    "binary cross-entropy",
    printed="minimum when $d=Y$, as if the derivative vanished there with value 0, whatever d is",
    right="for labels the value is 0 there but the derivative is ±1; for soft targets the "
    "derivative is 0 and "
    "the value positive",
    why="For labels the least value is at the edge of the interval. (The words alone are true.)",
)
def _binary_minimum() -> Proof:
    bce = divergences.binary_cross_entropy
    at_label = [float(bce([d], [d])) for d in (0.0, 1.0)]
    slopes = [float(bce.derivative([d], [d])[0]) for d in (0.0, 1.0)]
    soft, flat = float(bce([0.9], [0.9])), float(bce.derivative([0.9], [0.9])[0])
    return Proof(
        slopes == [0.0, 0.0] and soft == 0.0,
        slopes == [1.0, -1.0] and at_label == [0.0, 0.0] and abs(flat) < 1e-12 and soft > 0,
        f"At Y = d the values for d = 0, 1, .9 are {at_label[0]:g}, {at_label[1]:g}, {soft:.3f} and the "
        f"derivatives {slopes[0]:g}, {slopes[1]:g}, {abs(flat):.0f}.",
    )


@_errata.erratum(
    "a-powers-domain",
    "A",
    "multiplicative combination",
    printed="$y_i=\\prod_l z_l^{\\alpha_{li}}$ without a condition",
    right="z must be positive where an exponent is not whole (and not 0 where one is negative)",
    why="A root of a negative number is no real number.",
)
def _powers_domain() -> Proof:
    unit = activations.PowerProducts(((0.5,), (2.0,)))
    try:
        unit([-1.5, 2.0])
        refused = ""
    except ValueError as error:
        refused = str(error)
    root = complex(-1.5) ** 0.5
    return Proof(
        refused == "" and root.imag == 0.0,
        refused != "" and abs(float(unit([1.5, 2.0])[0]) - np.sqrt(1.5) * 4) < 1e-12,
        f"(-1.5)^0.5 = {root.imag:.3f}i is not real, and mlpkit refuses it. "
        f"At z = (1.5, 2) the product is {float(unit([1.5, 2.0])[0]):.4f}.",
    )


@_errata.erratum(
    "ad-loss-is-the-sum",
    "A, D",
    "overall approach",
    printed="the actual loss is the sum of the divergence over all training instances",
    right="the formula beside it is the mean",
    why="The two differ by the factor T, and so do the steps that are taken.",
)
def _loss_sum() -> Proof:
    rng = np.random.default_rng(3)
    net = MLP(widths=(2, 1))
    params, x, d = net.init(rng, 1.0), rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    each = divergences.half_squared_error(net.forward(params, x).output, d)
    formula = float(sum(each)) / len(each)
    return Proof(
        bool(np.isclose(each.sum(), formula)),
        bool(np.isclose(each.mean(), formula)) and bool(np.isclose(net.loss(params, x, d), formula)),
        f"For five instances the formula gives {formula:.4f}, the mean is {each.mean():.4f}, the sum "
        f"{each.sum():.4f}.",
    )


@_errata.erratum(
    "ac-softmax-index",
    "A, C",
    "first slide on softmax",
    printed="$y=\\frac{\\exp(z_i)}{\\sum_j\\exp(z_j)}$",
    right="$y_i=\\frac{\\exp(z_i)}{\\sum_j\\exp(z_j)}$",
    why="There is one output for each i.",
)
def _softmax_index() -> Proof:
    z = np.array([0.0, 1.0, 2.0])
    y = np.exp(z) / np.exp(z).sum()
    return Proof(
        bool(np.ptp(y) < 1e-12),
        bool(np.allclose(y, activations.softmax(z))),
        f"For z = (0, 1, 2) the right side is {_row(y)} for i = 1, 2, 3: not one y but three.",
    )


ENTRIES = _errata.entries()
