"""The mistakes that a person can mend. Imports nothing, so that the grading processes start light."""

from __future__ import annotations

__all__ = ["CourseError"]


class CourseError(Exception):
    """A mistake that a person can mend: says what is wrong and what to do next.

    Parameters
    ----------
    problem : str
        What is wrong, as a plain sentence.
    next_step : str
        What to do about it.
    """

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem} {next_step}")
        self.problem = problem
        self.next_step = next_step
