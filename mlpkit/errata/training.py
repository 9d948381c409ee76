"""Errors of source B: its summary, its derivation, its worked step, and statements."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlpkit.activations import sigmoid, threshold
from mlpkit.datasets import PENTAGON, gate, half_planes
from mlpkit.descent import SURFACES, descend
from mlpkit.errata.entry import Collection, Proof
from mlpkit.gradcheck import numerical_gradient
from mlpkit.network import MLP
from mlpkit.optimizers import SGD

__all__ = ["ENTRIES"]

_errata = Collection()

#: Two places on both sides of 0, where a sigmoid is next to 1/2.
_BESIDE = np.array([-1e-4, 1e-4])
_NET = MLP(widths=(2, 3, 2), hidden=sigmoid, output=sigmoid)


def _drawn() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    return _NET.init(rng, scale=1.0), rng.normal(size=2), rng.uniform(size=2)


def _largest(difference: np.ndarray) -> float:
    return float(np.abs(difference).max())


# -- the nine-line summary -----------------------------------------------------------------------------


@_errata.erratum(
    "b-summary-update",
    "B",
    "nine-line summary, lines 5, 8 and 9",
    printed="$e=o-t$, $\\Delta w=\\alpha\\frac{\\partial E}{\\partial w}$, $w'=w+\\Delta w$",
    right="$w'=w-\\alpha\\frac{\\partial E}{\\partial w}$",
    why="With $e=o-t$ the derivative points uphill; adding it makes the error larger.",
)
def _summary_update() -> Proof:
    params, x, t = _drawn()
    gradients = _NET.backward(params, _NET.forward(params, x), t)
    losses = [
        _NET.loss({key: value + sign * 0.1 * gradients[key] for key, value in params.items()}, x, t)
        for sign in (0, 1, -1)
    ]
    return Proof(
        losses[1] < losses[0],
        losses[2] < losses[0],
        f"A step of 0.1 takes the error of a 2-3-2 network from {losses[0]:.5f} to {losses[1]:.5f} "
        f"as printed, "
        f"to {losses[2]:.5f} with the minus sign.",
    )


@_errata.erratum(
    "b-summary-hidden-error",
    "B",
    "nine-line summary, line 7",
    printed="$\\delta_j=(\\sum\\delta_jw_j)\\,\\varphi'_j$",
    right="$\\delta_j=\\varphi'_j\\sum_k\\delta_kw_{jk}$",
    why="The error terms that are collected belong to the units k of the next layer.",
)
def _summary_hidden() -> Proof:
    params, x, t = _drawn()
    trace = _NET.forward(params, x)
    h, W = trace.y[1], params["W2"]
    error = numerical_gradient(lambda b: _NET.loss({**params, "b1": b}, x, t), params["b1"])
    delta = (trace.output - t) * trace.output * (1 - trace.output)
    right = h * (1 - h) * (W.T @ delta)
    # The printed indices leave the unit's own number on both factors; layer 2 has two units only.
    printed = np.array([h[j] * (1 - h[j]) * delta[j] * W[j].sum() for j in range(2)])
    return Proof(
        _largest(printed - error[:2]) < 1e-8,
        _largest(right - error) < 1e-8,
        f"For the first two hidden units of a 2-3-2 network differences give {error[0]:.5f} and "
        f"{error[1]:.5f}, "
        f"the sum over k the same; with one index j for both layers {printed[0]:.5f} and "
        f"{printed[1]:.5f}, and "
        f"for the third unit there is no $\\delta_3$.",
    )


# -- the derivation ------------------------------------------------------------------------------------


@_errata.erratum(
    "b-derivation-inner-sum",
    "B",
    "derivation, output error term",
    printed="$\\frac12\\sum_k(g(h_\\kappa)-t_k)^2$, to be differentiated to $g(h_\\kappa)$",
    right="$\\frac12\\sum_k(g(h_k)-t_k)^2$",
    why="With the fixed index inside, every term of the sum depends on $g(h_\\kappa)$.",
)
def _inner_sum() -> Proof:
    y, t = np.array([0.6, 0.3]), np.array([1.0, 0.0])

    def derivative(loss: object) -> float:
        assert callable(loss)
        return (loss(y[0] + 1e-6) - loss(y[0] - 1e-6)) / 2e-6

    printed = derivative(lambda v: 0.5 * sum((v - t[k]) ** 2 for k in range(2)))
    right = derivative(lambda v: 0.5 * ((v - t[0]) ** 2 + (y[1] - t[1]) ** 2))
    result = y[0] - t[0]
    return Proof(
        abs(printed - result) < 1e-6,
        abs(right - result) < 1e-6,
        f"For outputs (.6, .3) and targets (1, 0) the result given, y - t, is {result:.2f} for the "
        f"first unit. "
        f"The printed sum has the derivative {printed:.2f}, the one with the summed index {right:.2f}.",
    )


@_errata.erratum(
    "b-derivation-inputs",
    "B",
    "derivation, error function",
    printed="$y_k=g(\\sum_iw_{ik}x_i)$",
    right="$y_k=g(\\sum_jw_{jk}a_j)$ with the hidden activations a",
    why="The weights w of the second layer multiply the outputs of the first.",
)
def _derivation_inputs() -> Proof:
    params, x, _ = _drawn()
    trace = _NET.forward(params, x)
    w = np.vstack([params["b2"], params["W2"].T])  # w_jk, the bias as j = 0
    inputs, hidden = np.r_[1.0, x], np.r_[1.0, trace.y[1]]
    right = sigmoid(hidden @ w)
    return Proof(
        len(inputs) == len(w),
        bool(np.allclose(right, trace.output)),
        f"In a 2-3-2 network there are {len(w)} weights (with the bias) into each output, "
        f"{len(hidden)} hidden "
        f"activations but {len(inputs)} inputs; with the activations the outputs are those of the "
        f"forward pass.",
    )


@_errata.erratum(
    "b-derivation-hidden-weights",
    "B",
    "derivation, hidden error term",
    printed="$\\delta_h(\\zeta)=a_\\zeta(1-a_\\zeta)\\sum_k\\delta_O(\\kappa)\\,w_\\zeta$",
    right="$\\delta_h(\\zeta)=a_\\zeta(1-a_\\zeta)\\sum_k\\delta_O(k)\\,w_{\\zeta k}$",
    why="Neither factor of the printed sum has the index that is summed over.",
)
def _hidden_weights() -> Proof:
    params, x, t = _drawn()
    trace = _NET.forward(params, x)
    a, delta = trace.y[1], (trace.output - t) * trace.output * (1 - trace.output)
    numerical = numerical_gradient(lambda b: _NET.loss({**params, "b1": b}, x, t), params["b1"])
    right = np.array(
        [a[z] * (1 - a[z]) * sum(delta[k] * params["W2"][k, z] for k in range(2)) for z in range(3)]
    )
    printed = np.array(
        [a[z] * (1 - a[z]) * sum(delta[0] * params["W2"][0, z] for _ in range(2)) for z in range(3)]
    )
    return Proof(
        _largest(printed - numerical) < 1e-8,
        _largest(right - numerical) < 1e-8,
        f"Read with the first output for the fixed index, the printed sum differs from differences by up to "
        f"{_largest(printed - numerical):.4f}, the right one by less than 1e-8.",
    )


@_errata.erratum(
    "b-derivation-first-weights",
    "B",
    "derivation, update of the first layer",
    printed="$v_i\\leftarrow v_i-\\eta\\,\\delta_h(\\zeta)\\,x_i$",
    right="$v_{i\\zeta}\\leftarrow v_{i\\zeta}-\\eta\\,\\delta_h(\\zeta)\\,x_i$",
    why="There is a weight for every pair of an input and a hidden unit.",
)
def _first_weights() -> Proof:
    params, x, t = _drawn()
    numerical = numerical_gradient(lambda W: _NET.loss({**params, "W1": W}, x, t), params["W1"])
    spread = float(np.ptp(numerical[:, 0]))
    gradients = _NET.backward(params, _NET.forward(params, x), t)
    dz = gradients.wrt_z[1]
    assert dz is not None  # layers 1..N have one
    return Proof(
        spread < 1e-8,
        _largest(np.outer(dz, x) - numerical) < 1e-8,
        f"One number for input 1 would have to serve hidden units whose derivatives differ by {spread:.4f}; "
        f"with both indices they agree with differences.",
    )


@_errata.erratum(
    "b-derivation-n",
    "B",
    "derivation, error function",
    printed="$E=\\frac12\\sum_{k=1}^N(y_k-t_k)^2$ where N is the size of the data set",
    right="the sum runs over the output units; another one runs over the instances",
    why="k counts components of one output vector: the same letter indexes the weights into output k.",
)
def _derivation_n() -> Proof:
    params, _, _ = _drawn()
    x, t = np.random.default_rng(1).normal(size=(5, 2)), np.full((5, 2), 0.5)
    outputs = _NET.forward(params, x).output
    return Proof(
        len(outputs) == len(params["W2"]),
        outputs.shape[1] == len(params["W2"]) and t.shape == outputs.shape,
        f"With 5 instances the output weights of a 2-3-2 network have k = 1..{len(params['W2'])}: "
        f"the number of "
        f"output units, not of instances.",
    )


@_errata.erratum(
    "b-targets-of-a-layer",
    "B",
    "second derivation, summary",
    printed="the target values for each layer come from the next layer",
    right="the error terms do; a hidden layer has no targets",
    why="What comes back is a derivative. As a target it would ask for numbers that a hidden unit "
    "cannot give.",
)
def _targets_of_layer() -> Proof:
    params, x, _ = _drawn()
    trace = _NET.forward(params, x)
    h, t = trace.y[1], trace.output  # the outputs are met exactly
    came_back = _NET.backward(params, trace, t).wrt_y[1]

    def loss_after(error: np.ndarray) -> float:
        step = error * h * (1 - h)
        return _NET.loss({**params, "b1": params["b1"] - step}, x, t)

    as_targets, as_terms = loss_after(h - came_back), loss_after(came_back)
    return Proof(
        as_targets <= 0.0,
        as_terms == 0.0,
        f"Where the outputs are met exactly, {np.abs(came_back).max():g} comes back to every hidden "
        f"unit. As an "
        f"error term it leaves the loss at {as_terms:g}; as a target it asks for outputs 0, and a step of 1 "
        f"raises the loss to {as_targets:.1e}.",
    )


# -- the worked step -----------------------------------------------------------------------------------


@_errata.erratum(
    "b-worked-exponent",
    "B",
    "worked training step, forward phase",
    printed="$\\sigma(.2)=\\frac{1}{1+e^{-2}}=.55$",
    right="$\\frac{1}{1+e^{-.2}}=.55$",
    why="The point before the 2 is missing.",
)
def _worked_exponent() -> Proof:
    printed, right = float(sigmoid(2.0)), float(sigmoid(0.2))
    return Proof(
        round(printed, 2) == 0.55,
        round(right, 2) == 0.55,
        f"1/(1 + e^-2) = {printed:.5f} and 1/(1 + e^-.2) = {right:.5f}.",
    )


@_errata.erratum(
    "b-worked-weight",
    "B",
    "worked training step, second hidden unit",
    printed="$\\Delta w_{j=2,i=2}=0$ and $w_{j=2,i=2}=.1+.0004=.1004$",
    right="$w_{j=2,i=2}=.1$",
    why="The second input is 0, so this weight does not move.",
)
def _worked_weight() -> Proof:
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
    gradients = net.backward(params, net.forward(params, [1, 0]), [0.9])
    new, _ = SGD(step=0.2, momentum=0.9).update(params, gradients)
    weights = new["W1"][1]
    return Proof(
        round(float(weights[1]), 4) == 0.1004,
        bool(weights[1] == 0.1),
        f"After the step the weights of hidden unit 2 are {weights[0]:.4f} from input 1 and "
        f"{weights[1]:.4f} from "
        f"input 2.",
    )


@_errata.erratum(
    "b-weight-decay",
    "B",
    "weight decay",
    printed="$\\Delta w=\\eta\\,\\delta x+\\alpha\\,\\Delta w-\\lambda w$ for a penalty added to the error",
    right="$-\\eta\\lambda w$ for the penalty $\\frac\\lambda2\\Vert w\\Vert^2$",
    why="The step multiplies the derivative of the whole error, penalty included (B's λ is our ηλ).",
)
def _weight_decay() -> Proof:
    params, x, t = _drawn()
    eta, lam = 0.2, 0.5

    def penalised(W: np.ndarray) -> float:
        return _NET.loss({**params, "W1": W}, x, t) + lam / 2 * float((W**2).sum())

    W = params["W1"]
    step = -eta * numerical_gradient(penalised, W)
    plain = -eta * numerical_gradient(lambda V: _NET.loss({**params, "W1": V}, x, t), W)
    printed, right = _largest(plain - lam * W - step), _largest(plain - eta * lam * W - step)
    return Proof(
        printed < 1e-8,
        right < 1e-8,
        f"With η = .2 and λ = .5 the printed step differs from one down the penalised loss by up to "
        f"{printed:.3f}, the right one by less than 1e-8.",
    )


# -- statements ----------------------------------------------------------------------------------------


@_errata.erratum(
    "b-universal",
    "B",
    "history, and summary (universal approximation)",
    printed="one hidden layer is sufficient to approximate any function to arbitrary accuracy",
    right="any continuous function on a compact set",
    why="A network of continuous units is continuous, and with sigmoids it comes to rest far out.",
)
def _universal() -> Proof:
    def jump(x: np.ndarray) -> np.ndarray:
        return (x >= 0).astype(float)

    steepness = np.array([1e1, 1e3, 1e6])
    steep = [float(np.abs(sigmoid(s * x) - jump(x)).max()) for s in steepness for x in [_BESIDE / s]]
    places = np.linspace(0.0, 1.0, 2718)

    def staircase_error(steps: int) -> float:
        corners = np.linspace(0.0, 1.0, steps + 1)
        heights = np.diff(np.sin(6 * corners))
        y = np.sin(6 * corners[0]) + threshold(places[:, np.newaxis] - corners[1:]) @ heights
        return float(np.abs(y - np.sin(6 * places)).max())

    errors = [staircase_error(steps) for steps in (10, 100, 1000)]
    net = MLP(widths=(1, 20, 1), hidden=sigmoid)
    far = net.forward(net.init(np.random.default_rng(0), 1.0), [[1e4], [1e4 + np.pi]]).output[:, 0]
    return Proof(
        min(steep) < 0.4 or abs(far[1] - far[0]) > 0.1,
        errors[0] > errors[1] > errors[2] and errors[2] < 0.01,
        f"Beside a jump from 0 to 1 a sigmoid of steepness 1e1, 1e3, 1e6 is wrong by "
        f"{', '.join(f'{v:.3f}' for v in steep)}: a continuous function cannot be nearer than 1/2. "
        f"On all numbers "
        f"sin x cannot be followed either: between 10000 and 10000 + π a network of 20 sigmoids changes by "
        f"{abs(far[1] - far[0]):.3f}, the sine by {2 * abs(np.sin(1e4)):.3f}. For the continuous "
        f"sin 6x on [0, 1] "
        f"staircases of 10, 100, 1000 steps are wrong by {', '.join(f'{v:.4f}' for v in errors)}.",
    )


@_errata.erratum(
    "b-mlp-layers",
    "B",
    "types of networks",
    printed="multilayer perceptrons use more than one hidden layer",
    right="at least one",
    why="One hidden layer already does what no single layer can.",
)
def _mlp_layers() -> Proof:
    xor = gate("XOR")
    net = MLP(widths=(2, 2, 1), hidden=threshold, output=threshold)
    params: dict[str, ArrayLike] = {"W1": [[1, 1], [1, 1]], "b1": [-0.5, -1.5], "W2": [[1, -2]], "b2": [-0.5]}
    solved = bool((net.forward(params, xor.x).output == xor.d).all())
    hidden = net.depth - 1
    return Proof(
        not solved,
        solved and hidden == 1,
        f"A network with {hidden} hidden layer of two units puts out "
        f"{[int(v) for v in net.forward(params, xor.x).output[:, 0]]} for the four rows of XOR, all "
        f"of them right.",
    )


@_errata.erratum(
    "b-perceptron-inputs",
    "B",
    "types of networks",
    printed="a perceptron has two input units",
    right="any number of inputs",
    why="The sum can have any number of terms.",
)
def _perceptron_inputs() -> Proof:
    corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], dtype=float)
    net = MLP(widths=(3, 1), output=threshold)
    answers = net.forward({"W1": [[1, 1, 1]], "b1": [-1.5]}, corners).output[:, 0]
    majority = bool((answers == (corners.sum(axis=1) >= 2)).all())
    return Proof(
        not majority,
        majority,
        f"One threshold unit with 3 inputs gives the majority on all {len(corners)} corners of the cube.",
    )


@_errata.erratum(
    "b-convex-hull",
    "B",
    "linear separability, with an AND in the second layer",
    printed="a two-layer network can represent any convex hull",
    right="convex polytopes with at most as many faces as there are hidden units",
    why="Each unit is one half-space. A disc has no flat sides, so some corner always sticks out.",
)
def _convex_hull() -> Proof:
    def and_of(W: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
        net = MLP(widths=(2, len(W), 1), hidden=threshold, output=threshold)
        params: dict[str, ArrayLike] = {"W1": W, "b1": b, "W2": np.ones((1, len(W))), "b2": [0.5 - len(W)]}
        return net.forward(params, x).output[:, 0]

    accepted = {}
    for units in (4, 16, 64):
        angles = 2 * np.pi * np.arange(units) / units
        corner = (1 / np.cos(np.pi / units) - 1e-9) * np.array(
            [[np.cos(np.pi / units), np.sin(np.pi / units)]]
        )
        normals = -np.column_stack([np.cos(angles), np.sin(angles)])
        accepted[units] = (float(np.hypot(*corner[0])), bool(and_of(normals, np.ones(units), corner)[0]))
    W, b = half_planes(PENTAGON)
    x = np.random.default_rng(4).uniform(-1, 1, size=(2000, 2))
    inside = (x @ W.T + b >= 0).all(axis=1)
    return Proof(
        not any(accept for _, accept in accepted.values()),
        bool((and_of(W, b, x) == inside).all()),
        "Tangents of the unit disc: "
        + "; ".join(
            f"{units} units accept a point at distance {distance:.4f}"
            for units, (distance, accept) in accepted.items()
            if accept
        )
        + f". A pentagon is met by 5 units on all {len(x)} points tried.",
    )


@_errata.erratum(
    "b-hill-climbing",
    "B",
    "local minima, momentum",
    printed='an instance of "hill climbing" (e.g. gradient descent)',
    right="descent: the step goes against the gradient",
    why="Climbing would make the error larger.",
)
def _hill_climbing() -> Proof:
    f = SURFACES["tilted bowl"]
    down = descend(f, [3.0, 3.0], 0.1, steps=3)
    start = np.array([3.0, 3.0])
    up = float(f(start + 0.1 * f.gradient_at(start)))
    return Proof(
        up < down.values[0],
        bool(down.values[1] < down.values[0]),
        f"From f = {down.values[0]:g} a step of 0.1 leads down to {down.values[1]:.2f}, a climb to {up:.2f}.",
    )


ENTRIES = _errata.entries()
