"""mlpkit: how a multi-layer perceptron computes and learns, small enough to read.

Mathematics first (pure functions and frozen results), pictures made from it (SVG strings and Matplotlib
figures), and thin widgets that show the pictures. The notation is that of the lectures.
"""

from mlpkit.activations import (
    Activation,
    ScalarActivation,
    Softmax,
    identity,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from mlpkit.divergences import Divergence, binary_cross_entropy, cross_entropy, half_squared_error
from mlpkit.gradcheck import GradientReport, check_gradients, numerical_gradient
from mlpkit.network import MLP, Gradients, Parameters, Trace
from mlpkit.optimizers import SGD
from mlpkit.steps import Name, Step, Term, backward_steps, forward_steps

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "SGD",
    "Activation",
    "Divergence",
    "GradientReport",
    "Gradients",
    "Name",
    "Parameters",
    "ScalarActivation",
    "Softmax",
    "Step",
    "Term",
    "Trace",
    "backward_steps",
    "binary_cross_entropy",
    "check_gradients",
    "cross_entropy",
    "forward_steps",
    "half_squared_error",
    "identity",
    "numerical_gradient",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
