"""What is seen without running a pass: numbers that are not finite, odd shapes, few digits, missing names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.diagnosis.bank import Arrays, BackwardParts, Hint, Mistake, run_backward
from mlpkit.diagnosis.compare import RELATIVE, RELATIVE_SINGLE, fits_single_precision
from mlpkit.diagnosis.scene import Scene
from mlpkit.diagnosis.search import Case, find_hints

__all__ = [
    "any_single",
    "left_out",
    "not_finite",
    "odd_shapes",
    "right_at_kinks",
    "single_precision",
    "without",
]

#: How far from a kink the slopes on both sides are read.
NEARBY = 1e-9


def right_at_kinks(case: Case) -> bool:
    """True if the student's gradients are right with another slope at a kink (ReLU at exactly 0).

    Any value between the slopes on both sides is a subderivative; 0, ½ and 1 of the way are tried.
    """
    scene = case.scene
    if not any(_kinks_hit(scene, k) for k in range(1, scene.N + 1)):
        return False
    for share in (0.0, 0.5, 1.0):
        made = run_backward(scene, BackwardParts(output=_at_output(share), slope=_between(share)))
        if all(case.judge.right(value, made[key]) for key, value in case.student.items()):
            return True
    return False


def _kinks_hit(scene: Scene, k: int) -> bool:
    return bool(np.isin(scene.z(k), getattr(scene.f(k), "kinks", ())).any())


def _between(share: float) -> Callable[[Scene, int, Array], Array]:
    """Slope that takes `share` of the way from the left slope to the right one at a kink."""

    def slope(s: Scene, k: int, dy: Array) -> Array:
        if not _kinks_hit(s, k):
            return s.pull(k, dy)
        z = s.z(k)
        left, right = s.slope_at(k, z - NEARBY), s.slope_at(k, z + NEARBY)
        chosen = left + share * (right - left)
        return np.where(np.isin(z, s.f(k).kinks), chosen, s.slope(k)) * dy  # type: ignore[attr-defined]

    return slope


def _at_output(share: float) -> Callable[[Scene, Array], Array]:
    return lambda s, dy: s.dz_output if s.fused else _between(share)(s, s.N, dy)


def not_finite(case: Case, names: tuple[str, ...]) -> Hint:
    """Hint for arrays that hold NaN or infinity although the right ones are finite."""
    shown = ", ".join(case.show(name) for name in names)
    return Hint(
        "not-finite",
        "Not a number, or infinite",
        f"In {shown} not every entry is a finite number. Usual causes: a logarithm or a quotient of an "
        "output that is exactly 0 or 1, or an exponential that overflows.",
        names,
        ("not-finite",),
        "some",
    )


def without(case: Case, names: tuple[str, ...]) -> Case:
    """The same case without the arrays `names`."""
    return replace(case, student={key: value for key, value in case.student.items() if key not in names})


def odd_shapes(case: Case, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
    """Hint for arrays of a wrong shape that no other hint explains; () if there are none."""
    explained = {name for hint in hints for name in hint.parameters}
    names = tuple(
        key
        for key, value in case.student.items()
        if value.shape != case.right[key].shape and key not in explained
    )
    if not names:
        return ()
    shapes = "; ".join(
        f"{case.show(key)} has shape {case.student[key].shape} where {case.right[key].shape} is wanted"
        for key in names
    )
    sentence = (
        f"The shapes do not fit: {shapes}. Write down the shape of each factor and see what the product has."
    )
    return (Hint("unexpected-shape", "Unexpected shape", sentence, names, ("unexpected-shape",), "some"),)


def any_single(params: Mapping[str, ArrayLike], *arrays: ArrayLike) -> bool:
    """True if an argument has less than double precision itself: then few digits are no mistake."""
    given = [np.asarray(value) for value in (*params.values(), *arrays)]
    return any(value.dtype.kind == "f" and value.dtype.itemsize < 8 for value in given)


def single_precision(case: Case, mistake: Mistake) -> tuple[Hint, ...]:
    """Hint for right gradients that have the digits of single precision only; () if there is no doubt.

    The numbers must all fit single precision exactly, which double precision does not do by accident, and
    be off by what rounding to it explains: more than double precision ever loses, less than a mistake.
    """
    pairs = [(value, case.right[key]) for key, value in case.student.items()]
    if not fits_single_precision(case.student) or any(a.shape != b.shape for a, b in pairs):
        return ()
    errors = [_relative_error(a, b) for a, b in pairs]
    if not 1e-3 * RELATIVE < max(errors) <= RELATIVE_SINGLE:
        return ()
    hint = Hint(mistake.id, mistake.title, mistake.sentence, tuple(case.student), (mistake.id,), "full")
    return (hint,)


def _relative_error(given: Array, wanted: Array) -> float:
    """max|given - wanted| / max|wanted|; 0 where both are zero."""
    size, error = (float(np.abs(value).max(initial=0.0)) for value in (wanted, given - wanted))
    return 0.0 if error == 0.0 else error / max(size, np.finfo(np.float64).tiny)


def left_out(case: Case, bank: Mapping[str, Mistake]) -> tuple[Hint, ...]:
    """Hints for names that are missing beside arrays that are right: a missing gradient counts as zero."""
    missing = tuple(key for key in case.right if key not in case.student)
    if not missing:
        return ()
    filled: Arrays = {key: case.student.get(key, np.zeros_like(value)) for key, value in case.right.items()}
    ids = ("zeros", "first-layer-left-out", "last-layer-left-out", "bias-left-out")
    hints = find_hints(replace(case, student=filled), [bank[key] for key in ids])
    if any(hint.match == "full" for hint in hints):
        return hints
    shown = ", ".join(case.show(name) for name in missing)
    sentence = f"There is no {shown} in what you return. Every weight and every bias has a gradient."
    return (Hint("missing-arrays", "Gradients missing", sentence, missing, ("missing-arrays",), "full"),)
