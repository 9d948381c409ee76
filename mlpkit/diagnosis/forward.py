"""Mistakes of the forward pass and of the value of the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from mlpkit._checks import Array
from mlpkit.activations import Activation, relu, sigmoid, tanh
from mlpkit.diagnosis.bank import Arrays, ForwardParts, Mistake, run_forward
from mlpkit.diagnosis.scene import Scene

__all__ = ["FORWARD_MISTAKES"]

Parts = ForwardParts
Affine = Callable[[Scene, int, list[Array]], Array]
Activate = Callable[[Scene, int, Array], Array]


def _layers(s: Scene) -> Iterable[frozenset[int]]:
    """All layers, the hidden ones, and each alone: where a mistake may sit."""
    everything = frozenset(range(1, s.N + 1))
    sets = [everything, everything - {s.N}, *(frozenset([k]) for k in sorted(everything))]
    return dict.fromkeys(chosen for chosen in sets if chosen)


def _affine(formula: Callable[[Array, Array, Array], Array]) -> Callable[[Scene], list[Parts]]:
    """z by another formula of (y, W, b), in any of the `_layers`."""

    def way(layers: frozenset[int]) -> Parts:
        def affine(s: Scene, k: int, y: list[Array]) -> Array:
            rule = formula if k in layers else _right_affine
            return rule(y[-1], s.W(k), s.b(k))

        return Parts(affine=affine)

    return lambda s: [way(layers) for layers in _layers(s)]


def _right_affine(y: Array, W: Array, b: Array) -> Array:
    return y @ W.T + b


def _turned_where_square(y: Array, W: Array, b: Array) -> Array:
    return y @ W + b if W.shape[0] == W.shape[1] else _right_affine(y, W, b)


def _activate(formula: Activate, layers: Iterable[int], note: str = "") -> Parts:
    chosen = frozenset(layers)
    return Parts(activate=lambda s, k, z: formula(s, k, z) if k in chosen else s.f(k)(z), note=note)


def _in_hidden(s: Scene, formula: Activate, note: str = "") -> list[Parts]:
    """Another activation in all hidden layers, and in each alone."""
    hidden = range(1, s.N)
    sets = [list(hidden), *([[k] for k in hidden] if s.N > 2 else [])]
    return [_activate(formula, layers, note) for layers in sets if layers]


def _in_any(formula: Activate) -> Callable[[Scene], list[Parts]]:
    return lambda s: [_activate(formula, layers) for layers in _layers(s)]


def _forgotten(s: Scene, k: int, z: Array) -> Array:
    return z


def _twice(s: Scene, k: int, z: Array) -> Array:
    return s.f(k)(s.f(k)(z))


# -- wrong activations -------------------------------------------------------------------------------

_SOFTPLUS: Callable[[Array], Array] = partial(np.logaddexp, 0.0)
#: What students put in place of the activation that was asked for.
_OTHERS: dict[str, Callable[[Array], Array] | Activation] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "softplus": _SOFTPLUS,
    "leaky_relu": lambda z: np.where(z >= 0, z, 0.01 * z),
}


def _wrong_activation(s: Scene) -> list[Parts]:
    ways = []
    for name, other in _OTHERS.items():
        formula: Activate = lambda s, k, z, f=other: f(z)  # type: ignore[misc] # noqa: E731
        ways += _in_hidden(s, formula, name)
        ways.append(_activate(formula, [s.N], name))
    return ways


def _hidden_at_output(s: Scene) -> list[Parts]:
    return [_activate(lambda s, k, z: s.f(1)(z), [s.N])] if s.N > 1 else []


def _output_in_hidden(s: Scene) -> list[Parts]:
    return [_activate(lambda s, k, z: s.f(s.N)(z), range(1, s.N))] if s.N > 1 else []


def _mirrored_sigmoid(s: Scene, k: int, z: Array) -> Array:
    return s.f(k)(-z) if s.f(k).name == "sigmoid" else s.f(k)(z)


def _tanh_scale(s: Scene, k: int, z: Array) -> Array:
    return 2 * sigmoid(z) - 1 if s.f(k).name == "tanh" else s.f(k)(z)


def _of_softmax(formula: Callable[[Array], Array]) -> Callable[[Scene], list[Parts]]:
    """Another formula in every layer that has a softmax."""

    def activate(s: Scene, k: int, z: Array) -> Array:
        return formula(z) if s.f(k).name == "softmax" else s.f(k)(z)

    return lambda s: [Parts(activate=activate)]


def _over_rows(z: Array) -> Array:
    powers = np.exp(z - z.max())
    return powers / powers.sum(axis=0, keepdims=True)


def _over_everything(z: Array) -> Array:
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def _unstable(z: Array) -> Array:
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


# -- the way through the layers ----------------------------------------------------------------------


def _skipped(s: Scene) -> list[Parts]:
    """The input (or the layer before the previous one) instead of the previous layer's outputs."""

    def way(chosen: frozenset[int], back: Callable[[int], int]) -> Parts:
        return Parts(
            affine=lambda s, k, y: _right_affine(y[back(k)] if k in chosen else y[-1], s.W(k), s.b(k))
        )

    later = range(2, s.N + 1)
    sets = [frozenset(later), *(frozenset([k]) for k in later)] if s.N > 1 else []
    return [way(chosen, back) for chosen in sets for back in (lambda k: 0, lambda k: k - 2)]


def _from_z(s: Scene) -> list[Parts]:
    """The affine sums handed on; the activations computed but not used."""

    def affine(s: Scene, k: int, y: list[Array]) -> Array:
        z = s.x
        for layer in range(1, k + 1):
            z = _right_affine(z, s.W(layer), s.b(layer))
        return z

    return [Parts(affine=affine)] if s.N > 1 else []


def _swapped(s: Scene) -> list[Parts]:
    """The weights (and biases) of two layers exchanged."""

    def way(i: int, j: int, kinds: str) -> Parts:
        names = {f"{kind}{i}": f"{kind}{j}" for kind in kinds} | {
            f"{kind}{j}": f"{kind}{i}" for kind in kinds
        }
        exchange = lambda s: replace(s, params={key: s.params[names.get(key, key)] for key in s.params})  # noqa: E731
        return Parts(scene=(exchange,))

    pairs = combinations(range(1, s.N + 1), 2)
    return [way(i, j, kinds) for i, j in pairs for kinds in ("W", "Wb", "b")]


def _rows_and_columns(s: Scene, values: Arrays) -> Arrays:
    return {key: value.T for key, value in values.items()}


def _y_and_z(s: Scene, values: Arrays) -> Arrays:
    other = {"y": "z", "z": "y"}
    return {key: values[other.get(key[0], "l") + key[1:]] for key in values}


# -- the loss ----------------------------------------------------------------------------------------


def _terms(s: Scene, Y: Array) -> Array:
    """Contribution of each row and unit, (T, D_N)."""
    return s.net.divergence.terms(Y, s.targets)


def _loss(formula: Callable[[Scene, Array], Array | float]) -> Callable[[Scene], list[Parts]]:
    """Another way to bring the contributions (T, D_N) together."""
    way = Parts(loss=lambda s, Y, z: np.asarray(formula(s, _terms(s, Y))))
    return lambda s: [way] if s.d is not None else []


def _loss_if(
    condition: Callable[[str], bool], *formulas: Callable[[Scene, Array], Array | float]
) -> Callable[[Scene], list[Parts]]:
    """The same from the outputs, for divergences whose name passes `condition`."""

    def way(formula: Callable[[Scene, Array], Array | float]) -> Parts:
        return Parts(loss=lambda s, Y, z: np.asarray(formula(s, Y)))

    def variants(s: Scene) -> list[Parts]:
        applies = s.d is not None and condition(s.net.divergence.name)
        return [way(formula) for formula in formulas] if applies else []

    return variants


def _squared(name: str) -> bool:
    return name == "half_squared_error"


def _logarithmic(name: str) -> bool:
    return name in ("cross_entropy", "binary_cross_entropy")


def _mean(terms: Array) -> float:
    return float(terms.sum(axis=-1).mean())


def _forward(
    id: str,
    title: str,
    sentence: str,
    variants: Callable[[Scene], Iterable[Parts]],
    frequency: int = 2,
) -> Mistake[Parts]:
    return Mistake(id, title, sentence, variants, frequency, runner=run_forward)


_BANK: tuple[Mistake[Parts], ...] = (
    _forward(
        "bias-forgotten",
        "Bias forgotten",
        "A bias is missing: the affine sum is the weighted sum of what comes in plus the unit's bias.",
        _affine(lambda y, W, b: y @ W.T),
        frequency=1,
    ),
    _forward(
        "bias-twice",
        "Bias added twice",
        "A bias is added twice. If the weights already carry a bias column on the constant 1, nothing is "
        "left to add.",
        _affine(lambda y, W, b: y @ W.T + 2 * b),
    ),
    _forward(
        "bias-sign",
        "Bias subtracted",
        "The bias is subtracted. In our notation it is added, like a weight on the constant 1; a threshold "
        "would be its negative.",
        _affine(lambda y, W, b: y @ W.T - b),
    ),
    _forward(
        "bias-multiplied",
        "Multiplied by the bias",
        "The weighted sum is multiplied by the bias. The bias is added: it shifts the sum, without scaling.",
        _affine(lambda y, W, b: (y @ W.T) * b),
        frequency=3,
    ),
    _forward(
        "transposed-weights",
        "Weights the wrong way round",
        "The weights are used the wrong way round. Row j of W_k holds what leads into unit j of layer k.",
        _affine(_turned_where_square),
        frequency=1,
    ),
    _forward(
        "mean-over-inputs",
        "Mean over the inputs of a unit",
        "The products of weights and inputs are averaged. A unit adds them up; how many there are does not "
        "divide the sum.",
        _affine(lambda y, W, b: y @ W.T / W.shape[1] + b),
        frequency=3,
    ),
    _forward(
        "output-activation-forgotten",
        "Output activation forgotten",
        "The outputs are the affine sums z_N. The last layer has an activation as well.",
        lambda s: [_activate(_forgotten, [s.N])],
        frequency=1,
    ),
    _forward(
        "hidden-activation-forgotten",
        "Hidden activation forgotten",
        "A hidden layer hands on its affine sums. Without activations between them, stacked layers are just "
        "one affine map.",
        lambda s: [*_in_hidden(s, _forgotten), *_from_z(s)],
        frequency=1,
    ),
    _forward(
        "all-activations-forgotten",
        "No activation anywhere",
        "No layer applies its activation, so the whole network is one affine map. Each layer has two steps: "
        "the sums, then the activation.",
        lambda s: [_activate(_forgotten, range(1, s.N + 1))] if s.N > 1 else [],
    ),
    _forward(
        "activation-twice",
        "Activation applied twice",
        "An activation is applied to values that have already passed it. One layer, one activation.",
        _in_any(_twice),
        frequency=1,
    ),
    _forward(
        "wrong-activation",
        "Another activation",
        "A layer has another activation than the network says; its values look like those of {note}.",
        _wrong_activation,
    ),
    _forward(
        "hidden-activation-at-output",
        "Hidden activation at the output",
        "The last layer uses the activation of the hidden ones. The output's activation is chosen for the "
        "targets and may differ.",
        _hidden_at_output,
        frequency=1,
    ),
    _forward(
        "output-activation-in-hidden",
        "Output activation in hidden layers",
        "The hidden layers use the activation of the output. Only layer N has that one.",
        _output_in_hidden,
    ),
    _forward(
        "sigmoid-mirrored",
        "Sigmoid falls instead of rising",
        "Your sigmoid falls where it should rise: the exponent has the wrong sign. Try a large positive z; "
        "the value should be near 1.",
        _in_any(_mirrored_sigmoid),
    ),
    _forward(
        "tanh-scale",
        "Factor missing in tanh",
        "Your tanh is too flat: to make it from a sigmoid, not only the value is stretched, the argument is "
        "doubled as well.",
        _in_any(_tanh_scale),
    ),
    _forward(
        "softmax-wrong-axis",
        "Softmax over the wrong axis",
        "Your softmax shares out over the instances (or over everything). The outputs of one instance sum "
        "to one: each row by itself.",
        lambda s: [*_of_softmax(_over_rows)(s), *_of_softmax(_over_everything)(s)],
        frequency=1,
    ),
    _forward(
        "softmax-not-normalised",
        "Softmax without its sum",
        "Your outputs are the exponentials themselves. A softmax divides them by their sum, so that they "
        "are shares of one.",
        lambda s: [
            *_of_softmax(np.exp)(s),
            *_of_softmax(lambda z: np.exp(z - z.max(axis=-1, keepdims=True)))(s),
        ],
    ),
    _forward(
        "softmax-without-exponential",
        "Softmax without exponentials",
        "Your outputs are shares of the sums z themselves. A softmax takes exponentials first, so that "
        "every share is positive.",
        _of_softmax(lambda z: z / z.sum(axis=-1, keepdims=True)),
    ),
    _forward(
        "softmax-overflow",
        "Softmax overflows",
        "Your softmax is not a number for large z: the exponentials overflow. Only differences between the "
        "z of an instance matter, so a number may be taken off all of them first.",
        _of_softmax(_unstable),
    ),
    _forward(
        "layer-skipped",
        "A layer is skipped",
        "A layer works on values from before the previous layer (perhaps on the input x again). Layer k "
        "takes the outputs of layer k - 1.",
        _skipped,
        frequency=1,
    ),
    _forward(
        "layers-swapped",
        "Parameters of two layers exchanged",
        "The parameters of two layers are exchanged. Their index is that of the layer they lead into.",
        _swapped,
    ),
    _forward(
        "rows-and-columns",
        "Instances in columns",
        "Your values are right, but rows and columns are exchanged. In code every instance is a row.",
        lambda s: [Parts(finish=(_rows_and_columns,))],
        frequency=1,
    ),
    _forward(
        "y-and-z-exchanged",
        "Names y and z exchanged",
        "What you call z are the outputs, and what you call y the affine sums. First comes z, then y = f(z).",
        lambda s: [Parts(finish=(_y_and_z,))],
    ),
    _forward(
        "loss-summed",
        "Loss summed over the batch",
        "Your loss is the sum over the batch. The loss is the mean of the instances' divergences.",
        _loss(lambda s, terms: terms.sum()),
        frequency=1,
    ),
    _forward(
        "loss-mean-over-units",
        "Loss averaged over units as well",
        "Your loss is averaged over the output units too. A divergence sums over the units; only the "
        "instances are averaged.",
        _loss(lambda s, terms: terms.mean()),
        frequency=1,
    ),
    _forward(
        "loss-missing-half",
        "½ missing in the squared error",
        "Your loss is twice the right one. Our squared error carries a ½, so that the 2 of its derivative "
        "cancels.",
        _loss_if(_squared, lambda s, Y: _mean((Y - s.targets) ** 2)),
        frequency=1,
    ),
    _forward(
        "loss-halved",
        "Loss halved",
        "Your loss is half the right one: a ½ is there once too often.",
        _loss(lambda s, terms: 0.5 * _mean(terms)),
    ),
    _forward(
        "loss-sign",
        "Sign of the loss",
        "Your loss has the opposite sign. A loss is what we make small: for a cross-entropy, minus the "
        "logarithm of the probability.",
        _loss(lambda s, terms: -_mean(terms)),
        frequency=1,
    ),
    _forward(
        "loss-root",
        "Root of the squared error",
        "Your loss takes a root, or a distance instead of its square. Half the squared distance has no root.",
        _loss_if(
            _squared,
            lambda s, Y: np.sqrt(_mean((Y - s.targets) ** 2)),
            lambda s, Y: np.sqrt(((Y - s.targets) ** 2).mean()),
            lambda s, Y: float(np.linalg.norm(Y - s.targets, axis=-1).mean()),
            lambda s, Y: float(np.linalg.norm(Y - s.targets)),
        ),
    ),
    _forward(
        "loss-absolute",
        "Absolute error instead of the square",
        "Your loss adds up absolute differences. Here each difference is squared, and halved.",
        _loss_if(_squared, lambda s, Y: _mean(np.abs(Y - s.targets))),
    ),
    _forward(
        "loss-one-term",
        "Only one term of the binary cross-entropy",
        "One term of the binary cross-entropy is missing. The cases d = 1 and d = 0 both count, each with "
        "its weight.",
        _loss_if(
            lambda name: name == "binary_cross_entropy",
            lambda s, Y: -_mean(s.targets * np.log(Y)),
            lambda s, Y: -_mean((1 - s.targets) * np.log(1 - Y)),
        ),
        frequency=1,
    ),
    _forward(
        "loss-other-logarithm",
        "Logarithm to another base",
        "Your loss uses a logarithm to base 2 or 10. The cross-entropy here has the natural logarithm, "
        "whose derivative is 1/y.",
        lambda s: [
            *_loss_if(_logarithmic, lambda s, Y: _mean(_terms(s, Y)) / np.log(2))(s),
            *_loss_if(_logarithmic, lambda s, Y: _mean(_terms(s, Y)) / np.log(10))(s),
        ],
    ),
)

#: Every mistake that `diagnose_forward` knows, by its id.
FORWARD_MISTAKES: dict[str, Mistake[Parts]] = {mistake.id: mistake for mistake in _BANK}
