"""Still plots of the course: functions that return a Matplotlib figure, and `Picture` that gives it words."""

from mlpkit.plots.classes import confusion_matrix, decision_regions, weight_images
from mlpkit.plots.curves import activation, contours, loss_curves, step_size_errors
from mlpkit.plots.picture import Picture
from mlpkit.plots.theme import BLUE, CLASSES, DIVERGING, ORANGE, SEQUENTIAL, figure, theme

__all__ = [
    "BLUE",
    "CLASSES",
    "DIVERGING",
    "ORANGE",
    "SEQUENTIAL",
    "Picture",
    "activation",
    "confusion_matrix",
    "contours",
    "decision_regions",
    "figure",
    "loss_curves",
    "step_size_errors",
    "theme",
    "weight_images",
]
