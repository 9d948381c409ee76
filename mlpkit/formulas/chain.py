"""Formulas of the chain rule as influence (lecture 07), and of the derivation in the other notations (09)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from mlpkit.activations import sigmoid, tanh
from mlpkit.differentiate import graph
from mlpkit.formulas.checking import NetworkPoint
from mlpkit.formulas.numeric import gradient, slope
from mlpkit.formulas.operations import Fold, Rate, Span
from mlpkit.formulas.registry import formula, hand_set
from mlpkit.formulas.symbols import Applied, Partial, Quantity, Width, add, mul, total, written
from mlpkit.network import MLP

written({"change y": r"\Delta y", "change g": r"\Delta g", "change of": r"\Delta x", "influence x": "x"})

i, j, k, l, m, M, N = sp.symbols("i j k l m M N")
x, y, g, z, d = sp.symbols("x y g z d")
_DY, _DX = Quantity("change y"), Quantity("change of")


# -- one path, several paths ---------------------------------------------------------------------------


def _several_point(rng: np.random.Generator) -> dict[str, Any]:
    """y = f(x_1, x_2, x_3) with small changes of all three."""
    at, moves = (
        rng.uniform(0.3, 1.5, size=3),
        1e-5 * rng.choice([-1.0, 1.0], size=3) * rng.uniform(1, 2, size=3),
    )

    def f(v: np.ndarray) -> float:
        return float(np.sin(v[0] * v[1]) + 2.0 * v[0] + np.exp(0.3 * v[1]) + v[2] ** 2 * v[0])

    slopes = gradient(f, at)
    return {
        "M": 3,
        "change of": lambda i: float(moves[i - 1]),
        "change y": lambda: f(at + moves) - f(at),
        "partial": lambda above, below: float(slopes[below[1] - 1]),
    }


def _nested_point(rng: np.random.Generator) -> dict[str, Any]:
    """y = f(g(x)) with a small change of x; the graph of mlpkit differentiates the whole."""
    at, move = float(rng.uniform(0.3, 1.2)), 1e-5

    def inner(v: Any) -> Any:
        return np.exp(v) + v * v

    def outer(v: Any) -> Any:
        return np.sin(v) + 2.0 * v

    slopes = {
        ("y", "x"): slope(lambda v: outer(inner(v)), at),
        ("y", "g"): slope(outer, inner(at)),
        ("g", "x"): slope(inner, at),
    }
    return {
        "change of": lambda: move,
        "change y": lambda: float(outer(inner(at + move)) - outer(inner(at))),
        "partial": lambda above, below: slopes[above[0], below[0]],
        "graph": float(graph.gradient(lambda v: outer(inner(v)), at)),
    }


def _distributed_point(rng: np.random.Generator) -> dict[str, Any]:
    """y = f(g_1(x), g_2(x), g_3(x)) with a small change of x."""
    at, move = float(rng.uniform(0.3, 1.2)), 1e-5
    inner = (np.exp, lambda v: v * v, lambda v: np.sin(3.0 * v) + 2.0)

    def outer(v: Any) -> Any:
        return v[0] * v[1] + np.exp(0.2 * v[2]) * v[0]

    def whole(v: Any) -> Any:
        return outer([part(v) for part in inner])

    middle = np.array([part(at) for part in inner])

    def partial(above: tuple[Any, ...], below: tuple[Any, ...]) -> float:
        match above, below:
            case ("y",), ("x",):
                return slope(whole, at)
            case ("y",), ("g", n):
                return slope(lambda t: outer(middle + t * np.eye(3)[n - 1]), 0.0)
            case ("g", n), ("x",):
                return slope(inner[n - 1], at)
        raise KeyError((above, below))

    return {
        "M": 3,
        "change of": lambda: move,
        "change y": lambda: float(whole(at + move) - whole(at)),
        "change g": lambda n: float(inner[n - 1](at + move) - inner[n - 1](at)),
        "partial": partial,
        "graph": float(graph.gradient(whole, at)),
    }


_G = Quantity("g", None, m)
_SMALL = {"relation": r"\approx", "tolerance": 1e-3}

formula(
    "influence",
    _DY,
    mul(Rate(y, x), _DX),
    "A small change of x arrives at y multiplied by the derivative: that is what a derivative is.",
    "A, C, D, basic rules",
    "mlpkit.differentiate.graph.gradient",
    point=_nested_point,
    **_SMALL,
)
formula(
    "influence-of-several",
    _DY,
    total(mul(Partial(y, Quantity("influence x", None, i)), Quantity("change of", None, i)), i, 1, M),
    "Small changes of several variables arrive side by side and add up.",
    "A, C, D, basic rules",
    "mlpkit.differentiate.graph.gradient",
    point=_several_point,
    **_SMALL,
)
formula(
    "nested-chain-rule",
    Rate(y, x),
    mul(Rate(y, g), Rate(g, x)),
    "For y = f(g(x)): along one path derivatives multiply.",
    "A, C, D, E, chain rule",
    "mlpkit.differentiate.graph.gradient",
    point=_nested_point,
    computed=lambda e: e["graph"],
)
formula(
    "nested-influence",
    _DY,
    mul(Rate(y, g), Rate(g, x), _DX),
    "The change of x becomes one of g, and that one of y.",
    "A, C, D, chain rule",
    "mlpkit.differentiate.graph.gradient",
    point=_nested_point,
    **_SMALL,
)
formula(
    "distributed-influence",
    _DY,
    total(mul(Partial(y, _G), Quantity("change g", None, m)), m, 1, M),
    "A change of x changes every g a little, and each of them adds its part to y.",
    "A, D, distributed chain rule",
    "mlpkit.differentiate.graph.gradient",
    point=_distributed_point,
    **_SMALL,
)
formula(
    "distributed-chain-rule",
    Rate(y, x),
    total(mul(Partial(y, _G), Rate(_G, x)), m, 1, M),
    "For y = f(g_1(x), ..., g_M(x)): what comes along different paths adds up.",
    "A, C, D, E, distributed chain rule (indices corrected)",
    "mlpkit.differentiate.graph.gradient",
    point=_distributed_point,
    computed=lambda e: e["graph"],
)


# -- through a network ---------------------------------------------------------------------------------


def _paths_point(rng: np.random.Generator) -> dict[str, Any]:
    """A network of three layers; every path from the first input to the first output with its derivatives."""
    net = MLP(widths=(2, 3, 2, 1), hidden=sigmoid, output=sigmoid)
    params, inputs = net.init(rng, scale=1.0), rng.normal(size=2)
    trace = net.forward(params, inputs)
    paths = []
    for a in range(3):
        for b in range(2):
            route = (0, a, b, 0)
            along = []
            for k in (1, 2, 3):
                along.append(params[f"W{k}"][route[k], route[k - 1]])
                along.append(slope(sigmoid, float(trace.pre_activation(k)[route[k]])))
            paths.append(along)
    target = np.array([0.3])
    return {
        "derivative": slope(lambda t: net.forward(params, inputs + np.array([t, 0.0])).output[0], 0.0),
        "paths": paths,
        "by mlpkit": float(net.backward(params, trace, target).wrt_x[0] / (trace.output[0] - target[0])),
    }


hand_set(
    "sum-over-paths",
    r"\frac{dy}{dx} = \sum_{\text{paths } x \to y}\ \prod_{(u \to v) \text{ on the path}}"
    r" \frac{\partial v}{\partial u}",
    (lambda e: e["derivative"], lambda e: sum(float(np.prod(path)) for path in e["paths"])),
    "The derivative is a sum over all paths of influence, each the product of what stands on its edges.",
    "D, influence diagrams",
    "mlpkit.MLP.backward",
    point=_paths_point,
    computed=lambda e: e["by mlpkit"],
)


def _chain_of_units(rng: np.random.Generator) -> dict[str, Any]:
    """A network with one unit in each of four layers."""
    net = MLP(widths=(1, 1, 1, 1, 1), hidden=tanh, output=tanh)
    params = {key: 1.5 + 0.3 * value if key[0] == "W" else value for key, value in net.init(rng, 1.0).items()}
    return replace(NetworkPoint.random(rng, net, rows=1), params=params, x=np.array([[0.1]])).environment


formula(
    "product-along-a-chain",
    Partial(Quantity("y", N, 1), Quantity("x", None, 1)),
    Fold(
        "prod",
        mul(Quantity("w", k, 1, 1), Applied("f", k, Quantity("z", k, 1), primes=1)),
        k,
        Span(1, N),
    ),
    "Through a chain of single units: a factor for each weight and each slope; small slopes make it vanish.",
    "E, vanishing gradient",
    "mlpkit.MLP.backward",
    point=_chain_of_units,
)
formula(
    "backward-recursion",
    Quantity("dz", k, i),
    mul(
        Applied("f", k, Quantity("z", k, i), primes=1),
        total(mul(Quantity("w", k + 1, i, j), Quantity("dz", k + 1, j)), j, 1, Width(k + 1)),
    ),
    "From the sums of one layer to those of the layer before it, in one line.",
    "A, B, backward computation",
    "mlpkit.MLP.backward",
    over=((k, 1, add(N, -1)), (i, 1, Width(k))),
)
formula(
    "output-and-sum",
    Partial(Quantity("Div"), Quantity("z", N, j)),
    mul(
        Partial(Quantity("y", N, j), Quantity("z", N, j)),
        Partial(Quantity("Div"), Quantity("y", N, j)),
    ),
    "The first step of the backward pass: the chain rule through the output activation.",
    "A, C, D, backward computation",
    "mlpkit.MLP.backward",
    over=((j, 1, Width(N)),),
)


# -- the same in B's and E's letters -------------------------------------------------------------------


def _b_point(rng: np.random.Generator) -> dict[str, Any]:
    """One hidden layer in the letters of B: h hidden, o outputs, t targets, δ = -∂E/∂(sum)."""
    net = MLP(widths=(3, 2, 2), hidden=sigmoid, output=sigmoid)
    point = NetworkPoint.random(rng, net)
    ours = point.environment
    before, weights = point.x[0], point.params["W2"]
    return {
        "K": 2,
        "J": 2,
        "I": 3,
        "o": lambda k: ours["y"](2, k),
        "h": lambda j: ours["y"](1, j),
        "B's x": lambda i: float(before[i - 1]),
        "B's t": lambda k: float(point.d[0, k - 1]),
        "B's w": lambda k, j: float(weights[k - 1, j - 1]),
        "B's output": lambda k: -point.partial(("Div",), ("z", 2, k)),
        "B's hidden": lambda j: -point.partial(("Div",), ("z", 1, j)),
        "eta": 0.2,
        "B's change": lambda k, j: -0.2 * point.partial(("Div",), ("w", 2, j, k)),
    }


written(
    {
        "B's t": "t",
        "B's w": "w",
        "B's x": "x",
        "B's output": r"\delta",
        "B's hidden": r"\delta",
        "B's change": r"\Delta w",
    }
)
_o, _t = Quantity("o", None, k), Quantity("B's t", None, k)
_h = Quantity("h", None, j)

formula(
    "b-output-error",
    Quantity("B's output", None, k),
    mul(_o, add(1, mul(-1, _o)), add(_t, mul(-1, _o))),
    "In the letters of B: the error term of an output unit, for sigmoids and squared error.",
    "B, error terms",
    "mlpkit.MLP.backward",
    over=((k, 1, sp.Symbol("K")),),
    point=_b_point,
)
formula(
    "b-hidden-error",
    Quantity("B's hidden", None, j),
    mul(
        _h,
        add(1, mul(-1, _h)),
        total(mul(Quantity("B's w", None, k, j), Quantity("B's output", None, k)), k, 1, sp.Symbol("K")),
    ),
    "In the letters of B: a hidden unit collects the error terms of the units that it feeds.",
    "B, error terms (the indices of the nine-line summary corrected)",
    "mlpkit.MLP.backward",
    over=((j, 1, sp.Symbol("J")),),
    point=_b_point,
)
formula(
    "b-weight-change",
    Quantity("B's change", None, k, j),
    mul(sp.Symbol("eta"), Quantity("B's output", None, k), _h),
    "In the letters of B: the change of a weight without momentum; its δ has taken the minus sign in.",
    "B, weight updates",
    "mlpkit.SGD.update",
    over=((k, 1, sp.Symbol("K")), (j, 1, sp.Symbol("J"))),
    point=_b_point,
)
