"""Which mistake gives these numbers? The diagnosis of a wrong gradient or of a wrong forward pass.

A bank of mistakes that students make, each with the arrays that follow from it. A student's arrays are
compared with all of them; what reproduces the arrays is named, with a sentence that helps without giving
the answer. Right arrays, and wrong ones that nothing explains, get no hint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.diagnosis.backward import MISTAKES
from mlpkit.diagnosis.bank import Arrays, Hint, Mistake
from mlpkit.diagnosis.compare import make_judge, read_arrays
from mlpkit.diagnosis.forward import FORWARD_MISTAKES
from mlpkit.diagnosis.naming import COMMON_MISTAKES, name_mistake
from mlpkit.diagnosis.scene import Previous, Scene, make_scene
from mlpkit.diagnosis.search import Case, find_hints
from mlpkit.diagnosis.special import (
    any_single,
    left_out,
    not_finite,
    odd_shapes,
    right_at_kinks,
    single_precision,
    without,
)
from mlpkit.diagnosis.whole import SINGLE_PRECISION
from mlpkit.network import MLP

__all__ = [
    "COMMON_MISTAKES",
    "FORWARD_MISTAKES",
    "MISTAKES",
    "Hint",
    "Mistake",
    "Previous",
    "diagnose",
    "diagnose_forward",
    "name_mistake",
]

#: Single precision shows in the digits, not in the values, and is looked for apart.
_SEARCHED = {key: mistake for key, mistake in MISTAKES.items() if mistake is not SINGLE_PRECISION}


def diagnose(
    student_grads: Mapping[str, ArrayLike],
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    *,
    previous: Previous | None = None,
) -> tuple[Hint, ...]:
    """Name the mistakes that reproduce a student's gradients.

    Parameters
    ----------
    student_grads
        What the student computed, by parameter name (W1, b1, ...). Shapes may be wrong, names may be
        missing, numbers may be non-finite.
    net, params, x, d
        Network, parameters, inputs (D_0,) or (T, D_0), and targets of the outputs' shape.
    previous
        What the student may have mixed in from elsewhere.

    Returns
    -------
    tuple of Hint
        Most likely first; hints that cannot be told apart name each other. Empty if the gradients are
        right, or if nothing in `MISTAKES` (alone or two at once) explains them.

    Raises
    ------
    KeyError, TypeError, ValueError
        If a name is unknown, a value is not an array of numbers, or the other arguments do not fit `net`.
    """
    scene = make_scene(net, params, x, d, previous)
    student = read_arrays("student_grads", student_grads, list(scene.params))
    right = dict(scene.right.parameters)
    case = Case(scene, student, right, make_judge(right, student), _gradient_name)
    if set(student) == set(right) and right_at_kinks(case):
        return ()
    few_digits = () if any_single(params, x, d) else single_precision(case, SINGLE_PRECISION)
    return _ranked(few_digits or _hints(case, _SEARCHED) or left_out(case, MISTAKES))


def diagnose_forward(
    student_values: Mapping[str, ArrayLike] | ArrayLike,
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike | None = None,
) -> tuple[Hint, ...]:
    """Name the mistakes that reproduce a student's forward pass.

    Parameters
    ----------
    student_values
        What the student computed: a dict with any of z1, y1, ..., zN, yN, "output" (the same as yN) and
        "loss" (then `d` must be given), or the outputs alone as an array.
    net, params, x, d
        Network, parameters, inputs (D_0,) or (T, D_0), and targets.

    Returns
    -------
    tuple of Hint
        As `diagnose`; the hints' `parameters` are names of values.

    Raises
    ------
    KeyError, TypeError, ValueError
        As `diagnose`.
    """
    scene = make_scene(net, params, x, d)
    if not isinstance(student_values, Mapping):
        student_values = {"output": student_values}
    last = f"y{net.depth}"
    names = [f"{letter}{k}" for k in range(1, net.depth + 1) for letter in "zy"]
    known = [*names, "output", *(["loss"] if d is not None else [])]
    student = read_arrays("student_values", student_values, known)
    if "output" in student:
        student[last] = student.pop("output")
    rows = {key: _as_row(value, np.ndim(x)) for key, value in student.items()}
    right = {key: value for key, value in _right_values(scene).items() if key in rows}
    ordered = {key: rows[key] for key in right}
    return _ranked(_hints(Case(scene, ordered, right, make_judge(right, ordered), str), FORWARD_MISTAKES))


def _right_values(scene: Scene) -> Arrays:
    values = {
        f"{letter}{k}": value
        for k in range(1, scene.N + 1)
        for letter, value in (("z", scene.z(k)), ("y", scene.y[k]))
    }
    if scene.d is not None:
        values["loss"] = np.asarray(scene.net.loss(scene.params, scene.x, scene.d))
    return values


def _as_row(value: Array, dimensions: int) -> Array:
    """Values of one instance as a batch of one row, if the input was one instance."""
    return value[np.newaxis, :] if dimensions == 1 and value.ndim == 1 else value


def _gradient_name(name: str) -> str:
    return f"d{name}"


def _hints(case: Case, bank: Mapping[str, Mistake]) -> tuple[Hint, ...]:
    """Hints from the bank, after one for numbers that are not finite if the bank does not explain them."""
    mistakes = tuple(bank.values())
    hints = find_hints(case, mistakes)
    broken = tuple(key for key, value in case.student.items() if not np.isfinite(value).all())
    if not broken or (hints and hints[0].match == "full"):
        return (*hints, *odd_shapes(case, hints))
    rest = without(case, broken)
    hints = find_hints(rest, mistakes)
    return (not_finite(case, broken), *hints, *odd_shapes(rest, hints))


def _ranked(hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
    return tuple(replace(hint, rank=rank) for rank, hint in enumerate(hints, start=1))
