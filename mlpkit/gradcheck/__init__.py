"""Gradient checking: is what the backward pass says what the forward pass does?

Two independent ways to differentiate a function of many numbers, one entry at a time:

* central differences, (f(p + h) - f(p - h)) / 2h: works for any function; good to about ten digits;
* the complex step, Im f(p + ih) / h: for analytic functions written so that they accept complex
  numbers; exact to rounding, because nothing is subtracted (Squire and Trapp, 1998).

`numerical_gradient` and `check_gradients` take any function; `network_gradient` and `check_network` do the
same for a whole `MLP` in a fraction of the time. None of them changes its arguments.
"""

from mlpkit.gradcheck.check import check_gradients
from mlpkit.gradcheck.differences import (
    DifferenceMethod,
    Method,
    default_step,
    difference,
    numerical_gradient,
    require_method,
    require_step,
    step_sizes_errors,
)
from mlpkit.gradcheck.layers import check_network, network_gradient
from mlpkit.gradcheck.report import TOLERANCE, EntryReport, GradientReport, ParameterReport

__all__ = [
    "TOLERANCE",
    "DifferenceMethod",
    "EntryReport",
    "GradientReport",
    "Method",
    "ParameterReport",
    "check_gradients",
    "check_network",
    "default_step",
    "difference",
    "network_gradient",
    "numerical_gradient",
    "require_method",
    "require_step",
    "step_sizes_errors",
]
