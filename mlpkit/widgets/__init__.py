"""Thin widgets over the pictures: Python says what is shown, a little JavaScript shows it."""

from mlpkit.widgets.base import StillWidget
from mlpkit.widgets.poll import Poll
from mlpkit.widgets.stepper import Stepper

__all__ = ["Poll", "Stepper", "StillWidget"]
