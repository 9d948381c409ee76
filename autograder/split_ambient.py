"""What a test sets round a call: error state, print options, warning filters, global generators.

The trusted side says what differs from its own beginning, the student's side applies it for one call.
Nothing of the generators comes back: a student who could set the state of the test's generator could
choose the test's numbers.
"""

from __future__ import annotations

import ctypes
import random
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from .split_values import EXCEPTIONS, exception_names

__all__ = ["Ambient", "applied", "reissue"]

_MT19937_BYTES = 624 * 4 + 4  # the words of the generator and the place in them
_WARNINGS_KEPT = 100
_UNSENT = ("formatter", "override_repr")  # these hold functions


class Ambient:
    """Knows the trusted side's state at the beginning and what has been sent since."""

    def __init__(self) -> None:
        self._errors = np.geterr()
        self._print = np.get_printoptions()
        self._filters = list(warnings.filters)
        self._generator = np.random.mtrand._rand._bit_generator  # kept, so that the memory below stays valid
        self._words = _words(self._generator)
        self._sent = bytes(self._words)
        self._reseeded: set[str] = set()
        self._originals = {
            (module, name): getattr(module, name)
            for module, names in ((random, ("seed", "setstate")), (np.random, ("seed", "set_state")))
            for name in names
        }
        for (module, name), function in self._originals.items():
            setattr(module, name, self._noted(module.__name__, function))

    def _noted(self, module: str, function: Any) -> Any:
        """Wrap a function that sets a generator: the same seed twice leaves no trace in the state."""

        def noted(*args: Any, **kwargs: Any) -> Any:
            self._reseeded.add(module)
            return function(*args, **kwargs)

        return noted

    def close(self) -> None:
        """Give the modules their own functions back."""
        for (module, name), function in self._originals.items():
            setattr(module, name, function)

    def changes(self) -> dict[str, Any]:
        """Return what the student's side has to set for the next call; empty when nothing differs."""
        changes: dict[str, Any] = {}
        errors = np.geterr()
        if errors != self._errors:
            changes["errors"] = errors
        options = np.get_printoptions()
        if options != self._print:
            changes["print"] = {key: value for key, value in options.items() if key not in _UNSENT}
        if warnings.filters != self._filters:
            changes["warnings"] = [_plain_filter(entry) for entry in warnings.filters]
        words = bytes(self._words)
        if words != self._sent or "numpy.random" in self._reseeded:
            self._sent = words
            changes["numpy"] = np.random.get_state(legacy=False)
        if "random" in self._reseeded:
            changes["random"] = random.getstate()
        self._reseeded.clear()
        return changes


def _words(generator: Any) -> Any:
    """Return a view of a generator's memory: comparing it takes 0.1 µs, asking NumPy for the state 66 µs."""
    if not isinstance(generator, np.random.MT19937):
        return b""
    return (ctypes.c_char * _MT19937_BYTES).from_address(generator.ctypes.state_address)


def _plain_filter(entry: Any) -> tuple[Any, ...]:
    action, message, category, module, line = entry
    names = exception_names(category)
    return action, _pattern(message), names[0] if names else "Warning", _pattern(module), line


def _pattern(expression: Any) -> str:
    return expression.pattern if isinstance(expression, re.Pattern) else expression or ""


@contextmanager
def applied(changes: Mapping[str, Any]) -> Iterator[list[tuple[str, str]]]:
    """Set `changes` for one call; gives the list of warnings that will have been recorded afterwards."""
    seen: list[tuple[str, str]] = []
    with ExitStack() as stack:
        if "errors" in changes:
            stack.enter_context(np.errstate(**changes["errors"]))
        if "print" in changes:
            stack.enter_context(np.printoptions(**changes["print"]))
        if "numpy" in changes:
            np.random.set_state(changes["numpy"])
        if "random" in changes:
            random.setstate(changes["random"])
        if "warnings" in changes:
            stack.enter_context(_filtered(changes["warnings"], seen))
        yield seen


@contextmanager
def _filtered(filters: list[tuple[Any, ...]], seen: list[tuple[str, str]]) -> Iterator[None]:
    """Use the test's warning filters, and note what gets through them."""
    with warnings.catch_warnings(record=True) as recorded:
        warnings.resetwarnings()
        for action, message, category, module, line in filters:
            kind: Any = EXCEPTIONS.get(category, Warning)
            warnings.filterwarnings(action, message, kind, module, line, append=True)
        try:
            yield
        finally:
            for warning in recorded[:_WARNINGS_KEPT]:
                names = exception_names(warning.category)
                seen.append((names[0] if names else "Warning", str(warning.message)[:1000]))


def reissue(seen: Any) -> None:
    """Warn on the trusted side of what the student's side recorded."""
    for name, text in seen[:_WARNINGS_KEPT]:
        kind = EXCEPTIONS.get(name, UserWarning)
        warnings.warn(str(text)[:1000], kind if issubclass(kind, Warning) else UserWarning, stacklevel=5)
