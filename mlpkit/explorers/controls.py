"""What can be moved in an exploration: numbers on a scale and choices from a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlpkit._checks import describe, finite_number

__all__ = ["Choice", "Control", "Slider", "Value", "Values"]

Value = float | int | str
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Slider:
    """A number on a scale.

    Attributes
    ----------
    name
        Key of the value.
    label
        What stands beside it; also its accessible name.
    low, high, value
        Limits (both included) and the value to begin with.
    step
        By how much one key press moves it. On a logarithmic scale, the number of key presses is
        `positions` instead.
    log
        Whether the scale is logarithmic; then low must be positive.
    whole
        Whether only whole numbers are meant.
    unit
        Written behind the number.
    """

    name: str
    label: str
    low: float
    high: float
    value: float
    step: float = 0.1
    log: bool = False
    whole: bool = False
    unit: str = ""
    positions: int = 120

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be less than high, got {self.low:g} and {self.high:g}.")
        if self.log and self.low <= 0:
            raise ValueError(f"low must be positive on a logarithmic scale, got {self.low:g}.")
        finite_number("value", self.value, low=self.low, high=self.high)

    def accept(self, value: object) -> float | int:
        """`value` as a number inside the limits."""
        number = finite_number(self.name, value)
        number = min(max(number, self.low), self.high)
        return round(number) if self.whole else number

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready description for the front end."""
        return {
            "kind": "slider",
            "name": self.name,
            "label": self.label,
            "low": self.low,
            "high": self.high,
            "step": 1 if self.whole else self.step,
            "log": self.log,
            "whole": self.whole,
            "unit": self.unit,
            "positions": self.positions,
        }


@dataclass(frozen=True)
class Choice:
    """One of several named possibilities; the first is the one to begin with."""

    name: str
    label: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or len(set(self.options)) != len(self.options):
            raise ValueError(f"options must be at least two different names, got {self.options!r}.")

    @property
    def value(self) -> str:
        """The option to begin with."""
        return self.options[0]

    def accept(self, value: object) -> str:
        """`value` if it is one of the options, or raise ValueError."""
        if value not in self.options:
            raise ValueError(f"{self.name} must be one of {', '.join(self.options)}, got {describe(value)}.")
        return str(value)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready description for the front end."""
        return {"kind": "choice", "name": self.name, "label": self.label, "options": list(self.options)}


Control = Slider | Choice
