"""Immediate checks for the "try it" exercises of the lectures: one friendly line, never a traceback.

A check answers in the order in which a reader would look: is there an answer at all, is it the right
kind of thing, has it the right shape, is it finite, has it the right value. It never raises, so that a
notebook with unanswered exercises still runs from top to bottom.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mlpkit._checks import describe

__all__ = ["Verdict", "check_answer", "check_function"]

State = Literal["right", "wrong", "unanswered"]
_SIGNS: dict[State, str] = {"right": "✔", "wrong": "✘", "unanswered": "…"}
# Each has at least 4.5:1 contrast on white and on JupyterLab's dark background with the light band below.
_COLOURS: dict[State, tuple[str, str]] = {
    "right": ("#0b5c33", "#e6f4ec"),
    "wrong": ("#8a3b00", "#fdf0e4"),
    "unanswered": ("#3d4450", "#eef0f3"),
}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check says about one answer; true only if the answer is right.

    Attributes
    ----------
    name : str
        What was asked for.
    state : {"right", "wrong", "unanswered"}
    message : str
        One or two sentences for the reader.
    """

    name: str
    state: State
    message: str

    def __bool__(self) -> bool:
        return self.state == "right"

    def __repr__(self) -> str:
        return f"{_SIGNS[self.state]} {self.message}"

    def _repr_html_(self) -> str:
        ink, paper = _COLOURS[self.state]
        style = (
            f"color:{ink};background:{paper};border-left:4px solid {ink};"
            "padding:.5em .8em;border-radius:3px;max-width:46em"
        )
        return f'<div style="{style}" role="status">{_SIGNS[self.state]} {html.escape(self.message)}</div>'


def check_answer(name: str, value: Any, wanted: Any, hint: str = "", tolerance: float = 1e-6) -> Verdict:
    """Compare an answer with the right one.

    Parameters
    ----------
    name : str
        What was asked for, as it should stand in the message: ``"the output"``.
    value : anything
        The reader's answer. ``None`` and ``...`` mean that there is none yet.
    wanted : number, array, text, set or mapping of names to any of these
        The right answer. Numbers and arrays are compared up to `tolerance`, everything else exactly.
    hint : str
        Said after a wrong value, not after a wrong kind or shape: those need another remark.
    tolerance : float
        Largest difference that counts as equal, times the larger of 1 and the right value.

    Examples
    --------
    >>> check_answer("the slope", 0.25, 0.25)
    ✔ Right: the slope.
    >>> check_answer("the slope", None, 0.25)
    … Not answered yet: the slope.
    >>> check_answer("the slope", 0.5, 0.25, hint="Both factors are below one.")
    ✘ The slope should be 0.25, yours is 0.5. Both factors are below one.
    """
    if value is None or value is Ellipsis:
        return Verdict(name, "unanswered", f"Not answered yet: {name}.")
    fault = _fault(_capital(name), value, wanted, hint, tolerance)
    return Verdict(name, "wrong", fault) if fault else Verdict(name, "right", f"Right: {name}.")


def check_function(
    name: str,
    function: Callable[..., Any],
    cases: Iterable[Sequence[Any]],
    reference: Callable[..., Any],
    hint: str = "",
    tolerance: float = 1e-6,
) -> Verdict:
    """Call the reader's function on several arguments and compare with what `reference` gives.

    An exception in the reader's function is reported with the call that raised it. Arguments are copied
    for each call, so that a function which changes its argument cannot spoil the comparison.

    Parameters
    ----------
    name : str
        The function's name as the reader wrote it: ``"slope"``.
    function, reference : callable
        The reader's function, and the right one.
    cases : iterable of sequences
        The positional arguments of each call; at least one.
    hint, tolerance
        As in :func:`check_answer`.

    Raises
    ------
    ValueError
        If there are no cases: then nothing would have been checked.

    Examples
    --------
    >>> check_function("double", lambda u: 2 * u, [(1.0,), (3.0,)], lambda u: u + u)
    ✔ Right: double, on 2 calls.
    >>> check_function("double", lambda u: None, [(1.0,)], lambda u: u + u)
    … Not answered yet: double(1.0) gives None.
    """
    calls = [tuple(case) for case in cases]
    if not calls:
        raise ValueError("cases must hold the arguments of at least one call, got none.")
    for arguments in calls:
        call = f"{name}({', '.join(_short(a) for a in arguments)})"
        try:
            value = function(*_copies(arguments))
        except Exception as problem:
            text = f"{call} stops with {type(problem).__name__}: {problem}"
            return Verdict(name, "wrong", text)
        if value is None or value is Ellipsis:
            return Verdict(name, "unanswered", f"Not answered yet: {call} gives {value}.")
        fault = _fault(call, value, reference(*_copies(arguments)), hint, tolerance)
        if fault:
            return Verdict(name, "wrong", fault)
    on = "1 call" if len(calls) == 1 else f"{len(calls)} calls"
    return Verdict(name, "right", f"Right: {name}, on {on}.")


# ------------------------------------------------------------------------------------ one comparison


def _fault(name: str, value: Any, wanted: Any, hint: str, tolerance: float) -> str:
    """What is wrong with `value`, as a sentence; empty if nothing is."""
    if isinstance(wanted, Mapping):
        return _fault_of_mapping(name, value, wanted, hint, tolerance)
    if isinstance(wanted, (str, bool, set, frozenset)) or wanted is None:
        return _fault_of_plain(name, value, wanted, hint)
    return _fault_of_numbers(name, value, np.asarray(wanted, dtype=float), hint, tolerance)


def _fault_of_plain(name: str, value: Any, wanted: Any, hint: str) -> str:
    kind = set if isinstance(wanted, frozenset) else type(wanted)
    same_kind = isinstance(value, (set, frozenset)) if kind is set else isinstance(value, kind)
    if not same_kind:
        return f"{name} should be a {kind.__name__}, yours is {describe(value)}."
    # The right answer is not told: with few possibilities the message would be the solution.
    return "" if value == wanted else _joined(f"{name}: not {value!r}.", hint)


def _fault_of_mapping(name: str, value: Any, wanted: Mapping[Any, Any], hint: str, tolerance: float) -> str:
    if not isinstance(value, Mapping):
        return f"{name} should be a dict with the keys {list(wanted)}, yours is {describe(value)}."
    missing = [key for key in wanted if key not in value]
    if missing:
        return f"{name} should have the keys {list(wanted)}; {missing[0]!r} is missing from yours."
    faults = (_fault(f"{name}[{key!r}]", value[key], wanted[key], hint, tolerance) for key in wanted)
    return next((fault for fault in faults if fault), "")


def _fault_of_numbers(name: str, value: Any, wanted: np.ndarray, hint: str, tolerance: float) -> str:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        kind = "a number" if wanted.ndim == 0 else f"an array of shape {wanted.shape}"
        return f"{name} should be {kind}, yours is {describe(value)}."
    if array.shape != wanted.shape:
        one = "be a single number" if wanted.ndim == 0 else f"have shape {wanted.shape}"
        return f"{name} should {one}, yours has shape {array.shape}."
    if not np.isfinite(array).all():
        return _joined(f"{name} should be finite, yours holds {array[~np.isfinite(array)][0]}.", hint)
    excess = np.abs(array - wanted) - tolerance * np.maximum(1.0, np.abs(wanted))
    if excess.size == 0 or excess.max() <= 0:
        return ""
    worst = np.unravel_index(int(np.argmax(excess)), excess.shape)
    place = f", entry {[int(n) for n in worst]}," if worst else ""
    return _joined(f"{name}{place} should be {wanted[worst]:.6g}, yours is {array[worst]:.6g}.", hint)


# ------------------------------------------------------------------------------------ words


def _capital(text: str) -> str:
    """The first letter as a capital, where that cannot change a formula's letter."""
    return text[:1].upper() + text[1:] if text[:2].isalpha() and text[:2].islower() else text


def _joined(sentence: str, hint: str) -> str:
    return f"{sentence} {hint}".strip()


def _short(argument: Any) -> str:
    name = getattr(argument, "__name__", "")
    if callable(argument) and name.isidentifier():  # not its address, which differs from run to run
        return str(name)
    text = " ".join(repr(argument).split())
    return text if len(text) <= 60 else describe(argument)


def _copies(arguments: Sequence[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
