"""Formulas of the forward pass, the backward pass and the weight update."""

from __future__ import annotations

import sympy as sp

from mlpkit.formulas.registry import Formula, register
from mlpkit.formulas.symbols import Applied, Partial, Quantity, Width, add, mul, total

i, j, k, N, t, T = sp.symbols("i j k N t T")
eta, alpha, z = sp.symbols("eta alpha z")
Div = Quantity("Div")


def _w(layer: sp.Expr) -> Quantity:
    return Quantity("w", layer, i, j)


_LAYERS = (k, 1, N)
_UNITS = (j, 1, Width(k))
_UNITS_BEFORE = (i, 1, Width(k - 1))
_UNITS_AND_BIAS_BEFORE = (i, 0, Width(k - 1))
_EVERY_WEIGHT = (_LAYERS, _UNITS_AND_BIAS_BEFORE, _UNITS)

register(
    Formula(
        "affine",
        Quantity("z", k, j),
        total(mul(_w(k), Quantity("y", k - 1, i)), i, 0, Width(k - 1)),
        "The sum into unit j of layer k: everything that flows in, times its weight; i = 0 is the bias.",
        "A, forward computation (index of y corrected)",
        "mlpkit.MLP.forward",
        (_LAYERS, _UNITS),
    )
)
register(
    Formula(
        "activation",
        Quantity("y", k, j),
        Applied("f", k, Quantity("z", k, j)),
        "The unit's output is its activation at that sum.",
        "A, forward computation",
        "mlpkit.MLP.forward",
        (_LAYERS, _UNITS),
    )
)
register(
    Formula(
        "sigmoid",
        Applied("S", None, z),
        sp.Pow(add(1, sp.exp(-z)), -1, evaluate=False),
        "The logistic sigmoid.",
        "A, B, E, activations",
        "mlpkit.sigmoid",
    )
)
register(
    Formula(
        "sigmoid-slope",
        Applied("S", None, z, primes=1),
        mul(Applied("S", None, z), add(1, mul(-1, Applied("S", None, z)))),
        "The sigmoid's derivative needs nothing but its value.",
        "A, B, E, activations",
        "mlpkit.sigmoid.derivative",
    )
)
register(
    Formula(
        "half-squared-error",
        Applied("Div", None, Quantity("Y"), Quantity("d")),
        mul(
            sp.Rational(1, 2),
            total(add(Quantity("y", N, j), mul(-1, Quantity("d", None, j))) ** 2, j, 1, Width(N)),
        ),
        "Half the squared distance between outputs and targets, summed over the output units.",
        "A, divergences",
        "mlpkit.half_squared_error",
    )
)
register(
    Formula(
        "mean-loss",
        Quantity("Loss"),
        mul(
            sp.Pow(T, -1),
            total(
                Applied(
                    "Div of instance", None, Quantity("instance Y", None, t), Quantity("instance d", None, t)
                ),
                t,
                1,
                T,
            ),
        ),
        "The loss is the mean divergence over the T training instances.",
        "A, D (called a sum there; the formula is a mean)",
        "mlpkit.MLP.loss",
    )
)
register(
    Formula(
        "overdot-z",
        Quantity("dz", k, j),
        Partial(Div, Quantity("z", k, j)),
        "A dot over a quantity is the derivative of the divergence to it.",
        "D, overdot notation",
        "mlpkit.MLP.backward",
        (_LAYERS, _UNITS),
    )
)
register(
    Formula(
        "overdot-y",
        Quantity("dy", k, j),
        Partial(Div, Quantity("y", k, j)),
        "A dot over a quantity is the derivative of the divergence to it.",
        "D, overdot notation",
        "mlpkit.MLP.backward",
        ((k, 0, N), _UNITS),
    )
)
register(
    Formula(
        "output-derivative",
        Quantity("dy", N, j),
        add(Quantity("y", N, j), mul(-1, Quantity("d", None, j))),
        "For half the squared error the derivative to an output is output minus target.",
        "A, divergences",
        "mlpkit.half_squared_error.derivative",
        ((j, 1, Width(N)),),
    )
)
register(
    Formula(
        "through-activation",
        Quantity("dz", k, j),
        mul(Applied("f", k, Quantity("z", k, j), primes=1), Quantity("dy", k, j)),
        "Through a scalar activation: times the slope at z, the sum that the forward pass kept.",
        "A, gradients: backward computation",
        "mlpkit.activations.ScalarActivation.vjp",
        (_LAYERS, _UNITS),
    )
)
register(
    Formula(
        "local-weight",
        Partial(Quantity("z", k, j), _w(k)),
        Quantity("y", k - 1, i),
        "A weight changes its sum by what flows through it.",
        "A, gradients: backward computation",
        "mlpkit.MLP.forward",
        _EVERY_WEIGHT,
    )
)
register(
    Formula(
        "local-input",
        Partial(Quantity("z", k, j), Quantity("y", k - 1, i)),
        _w(k),
        "An input changes a sum by the weight between them.",
        "A, gradients: backward computation",
        "mlpkit.MLP.forward",
        (_LAYERS, _UNITS_BEFORE, _UNITS),
    )
)
register(
    Formula(
        "weight-derivative",
        Partial(Div, _w(k)),
        mul(Quantity("y", k - 1, i), Quantity("dz", k, j)),
        "The derivative to a weight: what came in at its tail, times the derivative at its head.",
        "A, gradients: backward computation (indices corrected)",
        "mlpkit.MLP.backward",
        _EVERY_WEIGHT,
    )
)
register(
    Formula(
        "bias-derivative",
        Partial(Div, Quantity("b", k, j)),
        Quantity("dz", k, j),
        "A bias is the weight of a constant 1.",
        "A, gradients: backward computation",
        "mlpkit.MLP.backward",
        (_LAYERS, _UNITS),
    )
)
register(
    Formula(
        "to-layer-below",
        Quantity("dy", k - 1, i),
        total(mul(_w(k), Quantity("dz", k, j)), j, 1, Width(k)),
        "Back through the weights: a unit collects from every unit that it feeds.",
        "A, gradients: backward computation",
        "mlpkit.MLP.backward",
        (_LAYERS, _UNITS_BEFORE),
    )
)
register(
    Formula(
        "input-derivative",
        Partial(Div, Quantity("x", None, i)),
        Quantity("dy", 0, i),
        "The derivative to the input is the last thing that the backward pass can say.",
        "A, E, derivative to the input",
        "mlpkit.network.Gradients.wrt_x",
        ((i, 1, Width(0)),),
    )
)
register(
    Formula(
        "mean-gradient",
        Partial(Quantity("Loss"), _w(k)),
        mul(
            sp.Pow(T, -1),
            total(Partial(Quantity("Div of instance", None, t), _w(k)), t, 1, T),
        ),
        "The loss being a mean, its derivatives are the means of the instances' derivatives.",
        "A, overall approach",
        "mlpkit.MLP.backward",
        _EVERY_WEIGHT,
    )
)
register(
    Formula(
        "momentum-change",
        Quantity("change", k, i, j),
        add(
            mul(alpha, Quantity("earlier change", k, i, j)),
            mul(-1, eta, Partial(Quantity("Loss"), _w(k))),
        ),
        "The change of a weight: a share α of its last change, and a step of size η down the slope.",
        "B, worked training step",
        "mlpkit.SGD.update",
        _EVERY_WEIGHT,
        r"\leftarrow",
    )
)
register(
    Formula(
        "weight-update",
        Quantity("new w", k, i, j),
        add(_w(k), Quantity("change", k, i, j)),
        "Every weight moves by its change, all of them at once.",
        "B, worked training step",
        "mlpkit.SGD.update",
        _EVERY_WEIGHT,
        r"\leftarrow",
    )
)
register(
    Formula(
        "error-term",
        Quantity("B's delta", k, j),
        mul(-1, Quantity("dz", k, j)),
        "The δ of source B is the overdot with the opposite sign.",
        "B, error terms",
        "mlpkit.Gradients",
        (_LAYERS, _UNITS),
    )
)
register(
    Formula(
        "backward-products",
        Quantity("products"),
        total(
            add(
                mul(2, Width(k), Width(k - 1)),
                Width(k),
            ),
            k,
            1,
            N,
        ),
        "Products of a backward pass: two a weight, one a unit (its slope).",
        "counted from the algorithm",
        "mlpkit.backward_steps",
    )
)
