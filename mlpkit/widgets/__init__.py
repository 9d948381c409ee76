"""Thin widgets over the pictures: Python says what is shown, a little JavaScript shows it."""

from mlpkit.widgets.base import StillWidget, page_template
from mlpkit.widgets.explorer import (
    Explorer,
    activation_explorer,
    batch_paths,
    bump_construction,
    cross_entropy_against_squares,
    difference_error,
    half_planes,
    hessian_explorer,
    perceptron_line,
    subgradients,
    weight_images,
)
from mlpkit.widgets.learning_rate import LearningRateExplorer
from mlpkit.widgets.playground import Playground
from mlpkit.widgets.poll import Poll
from mlpkit.widgets.stepper import Stepper

__all__ = [
    "Explorer",
    "LearningRateExplorer",
    "Playground",
    "Poll",
    "Stepper",
    "StillWidget",
    "activation_explorer",
    "batch_paths",
    "bump_construction",
    "cross_entropy_against_squares",
    "difference_error",
    "half_planes",
    "hessian_explorer",
    "page_template",
    "perceptron_line",
    "subgradients",
    "weight_images",
]
