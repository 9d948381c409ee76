"""Explorations: pure models of what can be moved and what is then shown; widgets make them live.

>>> from mlpkit.explorers import learning_rate
>>> "Diverging" in learning_rate().show(eta=0.25).alt
True
"""

from mlpkit.explorers.controls import Choice, Slider
from mlpkit.explorers.exploration import Exploration, View, part
from mlpkit.explorers.images import weight_images
from mlpkit.explorers.learning_rate import DescentFacts, descent_facts, learning_rate
from mlpkit.explorers.neurons import bump_construction, half_planes, perceptron_line
from mlpkit.explorers.slopes import activation_explorer, difference_error, subgradients
from mlpkit.explorers.surfaces import batch_paths, cross_entropy_against_squares, hessian_explorer

__all__ = [
    "Choice",
    "DescentFacts",
    "Exploration",
    "Slider",
    "View",
    "activation_explorer",
    "batch_paths",
    "bump_construction",
    "cross_entropy_against_squares",
    "descent_facts",
    "difference_error",
    "half_planes",
    "hessian_explorer",
    "learning_rate",
    "part",
    "perceptron_line",
    "subgradients",
    "weight_images",
]
