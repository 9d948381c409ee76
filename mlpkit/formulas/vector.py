"""Formulas of the passes in vectors and matrices (lectures 08 and 11)."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from mlpkit._checks import Array
from mlpkit.activations import Activation, sigmoid, softmax, tanh
from mlpkit.formulas.checking import NetworkPoint, Place
from mlpkit.formulas.operations import Diagonal, Dot, Fold, Hadamard, Jacobian, Nabla, Outer, Span, Transpose
from mlpkit.formulas.registry import formula, hand_set
from mlpkit.formulas.symbols import (
    Applied,
    Hat,
    Partial,
    Quantity,
    add,
    mul,
    written,
)
from mlpkit.network import MLP

written(
    {
        "vector y": "y",
        "vector z": "z",
        "vector b": "b",
        "vector dy": r"\dot{y}",
        "vector dz": r"\dot{z}",
        "batch Y": "Y",
        "batch Z": "Z",
        "batch dY": r"\dot{Y}",
        "batch dZ": r"\dot{Z}",
        "change z": r"\Delta z",
        "change vector y": r"\Delta y",
        "f of vector": "f",
        "new W": "W",
        "middle": "y",
    }
)

k, m, M, N, T = sp.symbols("k m M N T")
eta = sp.Symbol("eta")
Div, Loss = Quantity("Div"), Quantity("Loss")
ONES = Hat("ones", r"\mathbf{1}")


def _q(key: str, layer: Any = k) -> Quantity:
    return Quantity(key, None, layer)


# -- one network, all its derivatives by differences ---------------------------------------------------

#: For a vector: under which name `NetworkPoint` moves its components.
_SCALAR = {"vector y": "y", "vector z": "z", "vector b": "b", "vector x": "x"}


class _Vectors:
    """A network's quantities as vectors and matrices, for one instance (row 0) and for the batch.

    Dotted quantities and gradients that stand for `MLP.backward` come from it; what is written as a
    derivative is a difference quotient of the forward pass.
    """

    def __init__(self, rng: np.random.Generator, output: Activation) -> None:
        net = MLP(widths=(3, 4, 2), hidden=tanh, output=output)
        self.point = NetworkPoint.random(rng, net)
        self.net, self.params = net, self.point.params
        self.x, self.d = self.point.x, self.point.d
        self.one = net.forward(self.params, self.x[0])
        self.all = net.forward(self.params, self.x)
        self.of_one = net.backward(self.params, self.one, self.d[0])
        self.of_all = net.backward(self.params, self.all, self.d)

    def places(self, key: str, *layer: int) -> list[Place]:
        """The components of a vector, as `NetworkPoint` names them."""
        if key == "vector x":
            return [("x", i) for i in range(1, 4)]
        k = layer[0]
        sizes = {"vector y": self.net.widths, "vector z": (0, 4, 2), "vector b": (0, 4, 2)}[key]
        return [(_SCALAR[key], k, j) for j in range(1, sizes[k] + 1)]

    def slopes(self, above: Place, key: str, *layer: int) -> Array:
        """∂above/∂each component, by differences."""
        return np.array([self.point.partial(above, place) for place in self.places(key, *layer)])

    def jacobian(self, above: Place, below: Place) -> Array:
        """Rows are the components of the quantity above."""
        return np.stack([self.slopes(place, *below) for place in self.places(*above)])

    def weights(self, above: Place, k: int) -> Array:
        """∂above/∂w for all weights of layer k, rows the units from, columns the units to."""
        before, units = self.net.widths[k - 1], self.net.widths[k]
        return np.array(
            [
                [self.point.partial(above, ("w", k, i, j)) for j in range(1, units + 1)]
                for i in range(1, before + 1)
            ]
        )

    def derivative(self, above: Place, below: Place) -> Array:
        """The derivative in the row convention: the shape of the transpose."""
        return self.weights(above, below[1]) if below[0] == "W" else self.slopes(above, *below)

    def gradient(self, above: Place, below: Place) -> Array:
        """The gradient: the shape of the variable itself."""
        return self.derivative(above, below).T

    def environment(self) -> dict[str, Any]:
        """Everything that the formulas of this module name."""
        return {
            "N": self.net.depth,
            "T": len(self.x),
            "ones": np.ones(len(self.x)),
            "W": lambda k: self.params[f"W{k}"],
            "vector b": lambda k: self.params[f"b{k}"],
            "vector x": self.x[0],
            "vector y": lambda k: self.one.y[k],
            "vector z": lambda k: self.one.z[k],
            "vector dy": lambda k: self.of_one.wrt_y[k],
            "vector dz": lambda k: self.of_one.wrt_z[k],
            "batch Y": lambda k: self.all.y[k],
            "batch Z": lambda k: self.all.z[k],
            "batch dY": lambda k: self.of_all.wrt_y[k],
            "batch dZ": lambda k: self.of_all.wrt_z[k],
            "f of vector": lambda k, z: self.net.activation(k)(z),
            "f of vector'": self._activation_slope,
            "partial": self.derivative,
            "gradient": self.gradient,
            "jacobian": self.jacobian,
            "eta": 0.2,
            "new W": lambda k: self.params[f"W{k}"] - 0.2 * self.of_all[f"W{k}"],
            "network": self,
        }

    def _activation_slope(self, k: int, z: Array) -> Array:
        f, h = self.net.activation(k), 1e-5
        return (f(z + h) - f(z - h)) / (2 * h)


def scalar_network(rng: np.random.Generator) -> dict[str, Any]:
    """A network whose activations are scalar ones."""
    return _Vectors(rng, sigmoid).environment()


def softmax_network(rng: np.random.Generator) -> dict[str, Any]:
    """A network with a softmax at its end, whose outputs all depend on all sums."""
    return _Vectors(rng, softmax).environment()


_ONE_LAYER = ((k, 1, 1),)
_TWO_LAYERS = ((k, 1, 2),)


def _v(name: str, left: Any, right: Any, says: str, source: str, stands_for: str, **options: Any) -> None:
    formula(name, left, right, says, source, stands_for, **{"point": scalar_network, **options})


def _f(layer: Any, argument: Any, primes: int = 0) -> Applied:
    return Applied("f of vector", layer, argument, primes=primes)


# -- forward -------------------------------------------------------------------------------------------

_v(
    "affine-vector",
    _q("vector z"),
    add(Dot(_q("W"), _q("vector y", k - 1)), _q("vector b")),
    "All sums of a layer at once; row j of W holds what flows into unit j.",
    "A, D, vector formulation",
    "mlpkit.MLP.forward",
    over=((k, 1, 1),),
)
_v(
    "activation-vector",
    _q("vector y"),
    _f(k, _q("vector z")),
    "All outputs of a layer at once; a vector activation needs every sum before it can begin.",
    "A, D, vector formulation",
    "mlpkit.MLP.forward",
    over=((k, 1, 2),),
    point=softmax_network,
)
_v(
    "input-vector",
    _q("vector y", 0),
    Hat("vector x", "x"),
    "The outputs of layer 0 are the inputs.",
    "A, D, vector formulation",
    "mlpkit.MLP.forward",
)
_v(
    "two-layers-nested",
    _q("vector y", 2),
    _f(
        2,
        add(
            Dot(_q("W", 2), _f(1, add(Dot(_q("W", 1), Hat("vector x", "x")), _q("vector b", 1)))),
            _q("vector b", 2),
        ),
    ),
    "A network of two layers is one nested function.",
    "A, D, vector formulation",
    "mlpkit.MLP.forward",
    point=softmax_network,
)


def _nested(e: Any) -> Array:
    network, y = e["network"], e["vector x"]
    for layer in range(1, network.net.depth + 1):
        y = e["f of vector"](layer, e["W"](layer) @ y + e["vector b"](layer))
    return y


hand_set(
    "network-nested",
    r"Y = f_N\!\left(W_N\,f_{N-1}\!\left(\cdots f_1\!\left(W_1\,x + b_1\right)\cdots\right) + b_N\right)",
    (lambda e: e["network"].one.output, _nested),
    "Any number of layers: a function within a function.",
    "A, D, the complete computation",
    "mlpkit.MLP.forward",
    point=softmax_network,
)

# -- Jacobians -----------------------------------------------------------------------------------------

_v(
    "linearisation",
    Quantity("change vector y", None, k),
    Dot(Jacobian(_q("vector y"), _q("vector z")), Quantity("change z", None, k)),
    "For a small change of all sums the Jacobian is the best linear map.",
    "A, Jacobian",
    "mlpkit.softmax.jacobian",
    relation=r"\approx",
    over=((k, 2, 2),),
    point=lambda rng: _with_small_change(softmax_network(rng)),
    tolerance=1e-3,
)
_v(
    "jacobian-scalar",
    Jacobian(_q("vector y"), _q("vector z")),
    Diagonal(_f(k, _q("vector z"), 1)),
    "Of scalar activations: slopes at z on the diagonal, zeros beside it.",
    "A, Jacobians of activations (argument corrected)",
    "mlpkit.activations.ScalarActivation.jacobian",
    over=((k, 1, 1),),
)
_v(
    "jacobian-affine",
    Jacobian(_q("vector z"), _q("vector y", k - 1)),
    _q("W"),
    "Of the affine sums to the outputs before: the weights themselves.",
    "A, affine functions",
    "mlpkit.MLP.forward",
    over=((k, 2, 2),),
)
_v(
    "jacobian-chain",
    Jacobian(_q("vector y", 2), _q("vector y", 1)),
    Dot(Jacobian(_q("vector y", 2), _q("vector z", 2)), Jacobian(_q("vector z", 2), _q("vector y", 1))),
    "Jacobians multiply, the one of the outer function first.",
    "A, D, vector chain rule",
    "mlpkit.MLP.backward",
    point=softmax_network,
)
_v(
    "gradient-is-transpose",
    Nabla(_q("W"), Div),
    Transpose(Partial(Div, _q("W"))),
    "The gradient has the shape of its variable, the derivative the shape of the transpose.",
    "D, derivative and gradient",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
)


def _with_small_change(environment: dict[str, Any]) -> dict[str, Any]:
    """The environment with a small change of the sums of the last layer and what it does to its outputs."""
    network = environment["network"]
    z, f = network.one.z[2], network.net.output
    moved = 1e-5 * np.array([1.0, -0.5])
    return {
        **environment,
        "change z": lambda k: moved,
        "change vector y": lambda k: f(z + moved) - f(z),
    }


# -- backward, gradients as in code --------------------------------------------------------------------

_v(
    "overdot-vector",
    _q("vector dz"),
    Nabla(_q("vector z"), Div),
    "A dotted vector is the gradient of the divergence, in the shape of the vector.",
    "D, overdot notation",
    "mlpkit.MLP.backward",
    over=_TWO_LAYERS,
    point=softmax_network,
)
_v(
    "vector-through-activation",
    _q("vector dz"),
    Dot(Transpose(Jacobian(_q("vector y"), _q("vector z"))), _q("vector dy")),
    "Back through any activation: the transpose of its Jacobian.",
    "A, D, backward pass in vectors",
    "mlpkit.activations.Activation.vjp",
    over=_TWO_LAYERS,
    point=softmax_network,
)
_v(
    "vector-through-scalar-activation",
    _q("vector dz"),
    Hadamard(_f(k, _q("vector z"), 1), _q("vector dy")),
    "Back through a scalar activation: slope by slope.",
    "A, D, backward pass in vectors",
    "mlpkit.activations.ScalarActivation.vjp",
    over=((k, 1, 1),),
)
_v(
    "vector-to-layer-below",
    _q("vector dy", k - 1),
    Dot(Transpose(_q("W")), _q("vector dz")),
    "Back through the weights: the transpose of the matrix that was used forward.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 2, 2),),
    point=softmax_network,
)
_v(
    "vector-weight-gradient",
    Nabla(_q("W"), Div),
    Outer(_q("vector dz"), Transpose(_q("vector y", k - 1))),
    "The gradient to the weights: an outer product, in the shape of W.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
)
_v(
    "vector-bias-gradient",
    Nabla(_q("vector b"), Div),
    _q("vector dz"),
    "The gradient to the biases.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
    point=softmax_network,
)
_v(
    "vector-input-gradient",
    Nabla(Hat("vector x", "x"), Div),
    Dot(Transpose(_q("W", 1)), _q("vector dz", 1)),
    "The gradient to the input: there is no sum below it, so this is the end.",
    "A, E, derivative to the input",
    "mlpkit.network.Gradients.wrt_x",
    point=softmax_network,
    computed=lambda e: e["network"].of_one.wrt_x,
)

# -- the same as rows (derivatives) --------------------------------------------------------------------

_v(
    "row-through-activation",
    Partial(Div, _q("vector z")),
    Dot(Partial(Div, _q("vector y")), Jacobian(_q("vector y"), _q("vector z"))),
    "With derivatives as rows the order is that of the chain rule: the outer function first.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 2, 2),),
    point=softmax_network,
)
_v(
    "row-to-layer-below",
    Partial(Div, _q("vector y", k - 1)),
    Dot(Partial(Div, _q("vector z")), _q("W")),
    "With rows the weights stand on the right, not transposed.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 2, 2),),
    point=softmax_network,
)
_v(
    "row-weight-derivative",
    Partial(Div, _q("W")),
    Outer(_q("vector y", k - 1), Partial(Div, _q("vector z"))),
    "With rows the outer product is the other way round, in the shape of the transpose of W.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
)
_v(
    "row-bias-derivative",
    Partial(Div, _q("vector b")),
    Partial(Div, _q("vector z")),
    "The biases again.",
    "A, D, backward pass in vectors",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
    point=softmax_network,
)


def _shared_point(rng: np.random.Generator) -> dict[str, Any]:
    """z influences Div through two layers side by side, y_1 and y_2, of different sizes."""
    A = [rng.normal(size=(2, 3)), rng.normal(size=(4, 3))]
    target, z = rng.normal(size=6), rng.normal(size=3)

    def middle(v: Array) -> list[Array]:
        return [np.tanh(A[0] @ v), sigmoid(A[1] @ v)]

    def end(y: list[Array]) -> float:
        joined = np.concatenate(y)
        return float(((joined - target) ** 2).sum() + joined[0] * joined[-1])

    def quotient(f: Any, at: Array) -> Array:
        return np.stack([(f(at + 1e-5 * e) - f(at - 1e-5 * e)) / 2e-5 for e in np.eye(len(at))], axis=-1)

    def partial(above: Place, below: Place) -> Array:
        if below[0] == "z":
            return quotient(lambda v: end(middle(v)), z)
        others = middle(z)

        def moved(v: Array) -> float:
            return end([v if n == below[1] - 1 else y for n, y in enumerate(others)])

        return quotient(moved, others[below[1] - 1])

    return {
        "M": 2,
        "partial": partial,
        "jacobian": lambda above, below: quotient(lambda v: middle(v)[above[1] - 1], z),
    }


_v(
    "extended-chain-rule",
    Partial(Div, sp.Symbol("z")),
    Fold(
        "sum",
        Dot(Partial(Div, Quantity("middle", None, m)), Jacobian(Quantity("middle", None, m), sp.Symbol("z"))),
        m,
        Span(1, M),
    ),
    "A vector that influences the divergence through several others collects from all of them.",
    "D, extended chain rule",
    "mlpkit.differentiate.graph.backward",
    point=_shared_point,
)

# -- mini-batches --------------------------------------------------------------------------------------

_v(
    "batch-affine",
    _q("batch Z"),
    add(Dot(_q("batch Y", k - 1), Transpose(_q("W"))), Outer(ONES, Transpose(_q("vector b")))),
    "A batch has an instance in each row; the column of ones adds the bias to every row.",
    "course convention: rows are instances",
    "mlpkit.MLP.forward",
    over=((k, 1, 1),),
)
_v(
    "batch-through-activation",
    _q("batch dZ"),
    Hadamard(_f(k, _q("batch Z"), 1), _q("batch dY")),
    "Back through a scalar activation, all instances at once.",
    "course convention: rows are instances",
    "mlpkit.activations.ScalarActivation.vjp",
    over=((k, 1, 1),),
)
_v(
    "batch-to-layer-below",
    _q("batch dY", k - 1),
    Dot(_q("batch dZ"), _q("W")),
    "Back through the weights, all instances at once.",
    "course convention: rows are instances",
    "mlpkit.MLP.backward",
    over=((k, 2, 2),),
    point=softmax_network,
)
_v(
    "batch-weight-gradient",
    Nabla(_q("W"), Loss),
    mul(sp.Pow(T, -1), Dot(Transpose(_q("batch dZ")), _q("batch Y", k - 1))),
    "One product of matrices adds up the gradients of all instances; 1/T makes it a mean.",
    "A, D, overall approach",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
    point=softmax_network,
)
_v(
    "batch-bias-gradient",
    Nabla(_q("vector b"), Loss),
    mul(sp.Pow(T, -1), Dot(Transpose(_q("batch dZ")), ONES)),
    "For the biases the rows are added up.",
    "A, D, overall approach",
    "mlpkit.MLP.backward",
    over=((k, 1, 1),),
    point=softmax_network,
)
_v(
    "matrix-update",
    _q("new W"),
    add(_q("W"), mul(-1, eta, Nabla(_q("W"), Loss))),
    "The update of a whole layer, with the gradient at the old weights.",
    "A, D, training",
    "mlpkit.SGD.update",
    relation=r"\leftarrow",
    over=((k, 1, 1),),
    point=softmax_network,
)
