"""What a gradient check found, to be read by people."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from mlpkit._checks import Array

__all__ = ["TOLERANCE", "EntryReport", "GradientReport", "ParameterReport", "compare"]

#: Gradients agree if max|g - ĝ| <= TOLERANCE · max(1, max|ĝ|), parameter by parameter. Comparing entry by
#: entry relatively would fail correct gradients: where one is tiny, its difference quotient is all rounding.
TOLERANCE = 1e-7

#: How many of the worst entries of a parameter are named.
NAMED = 5


@dataclass(frozen=True)
class EntryReport:
    """One entry of a gradient beside the numerical one.

    Attributes
    ----------
    index
        Place in the parameter, from 0.
    given, numerical
        The two values g and ĝ.
    absolute, relative
        |g - ĝ|, and the same over max(|g|, |ĝ|).
    excused
        True if it disagrees, but a kink lies within the step, so that ĝ means nothing.
    """

    index: tuple[int, ...]
    given: float
    numerical: float
    absolute: float
    relative: float
    excused: bool = False

    def __str__(self) -> str:
        excuse = " (a kink within the step)" if self.excused else ""
        return (
            f"{_place(self.index)} given {self.given:.6g}, numerical {self.numerical:.6g}, "
            f"error {self.absolute:.1e}, relative {self.relative:.1e}{excuse}"
        )


@dataclass(frozen=True)
class ParameterReport:
    """How the gradient of one parameter compares with the numerical one.

    Attributes
    ----------
    name
        The parameter's name.
    absolute, relative
        |g - ĝ| of each entry, and the same over max(|g|, |ĝ|) (0 where both are 0); the parameter's shape.
    worst
        Index of the entry with the largest absolute error, those excused left aside.
    given, numerical
        The two values there.
    limit
        The largest absolute error that passes.
    entries
        The worst entries: first the wrong ones, then those excused, then the others, each by their error.
    excused_entries
        Which entries are excused, the parameter's shape; None if none is.
    """

    name: str
    absolute: Array
    relative: Array
    worst: tuple[int, ...]
    given: float
    numerical: float
    limit: float
    entries: tuple[EntryReport, ...] = ()
    excused_entries: Array | None = None

    @property
    def wrong_entries(self) -> Array:
        """Which entries are outside `limit` and not excused, the parameter's shape; NaN never is inside."""
        outside = ~(self.absolute <= self.limit)
        return outside if self.excused_entries is None else outside & ~self.excused_entries

    @property
    def ok(self) -> bool:
        """True if no entry is wrong."""
        return not self.wrong_entries.any()

    @property
    def wrong(self) -> int:
        """How many entries are outside `limit` and not excused."""
        return int(np.count_nonzero(self.wrong_entries))

    @property
    def excused(self) -> int:
        """How many entries disagree, but with a kink within the step."""
        return 0 if self.excused_entries is None else int(np.count_nonzero(self.excused_entries))


@dataclass(frozen=True)
class GradientReport:
    """The result of a gradient check: true if all is well, readable if not."""

    parameters: tuple[ParameterReport, ...]
    tolerance: float
    method: str

    @property
    def ok(self) -> bool:
        """True if every parameter agrees."""
        return all(report.ok for report in self.parameters)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def worst(self) -> ParameterReport:
        """The parameter with the largest absolute error of an entry that is not excused."""
        return max(self.parameters, key=_largest)

    @property
    def excused(self) -> int:
        """How many entries of all parameters are excused."""
        return sum(report.excused for report in self.parameters)

    def __str__(self) -> str:
        width = max(len(report.name) for report in self.parameters)
        lines = [self._headline()]
        for report in self.parameters:
            lines.append(f"  {report.name:<{width}}  {_sentence(report)}")
            lines.extend(f"  {'':<{width}}    {entry}" for entry in report.entries[1:] if _bad(entry, report))
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(report) for report in self.parameters)
        heads = "".join(
            f'<th scope="col">{text}</th>'
            for text in ("parameter", "shape", "largest |g − ĝ|", "at", "given g", "numerical ĝ", "")
        )
        return (
            f"<table><caption>{escape(self._headline())}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table>{self._html_entries()}{self._html_guide()}"
        )

    def _headline(self) -> str:
        bad = [report.name for report in self.parameters if not report.ok]
        how = "central differences" if self.method == "central" else "the complex step"
        note = f" {_excuse(self.excused)}" if self.excused else ""
        if not bad:
            return f"Gradients agree with {how} (largest error {_largest(self.worst):.1e}).{note}"
        return f"Gradients differ from {how} in {', '.join(bad)}.{note}"

    def _html_entries(self) -> str:
        items = "".join(
            f"<li><code>{escape(report.name)}</code>{escape(str(entry))}</li>"
            for report in self.parameters
            for entry in report.entries
            if entry.excused or _bad(entry, report)
        )
        return f"<p>Worst entries:</p><ul>{items}</ul>" if items else ""

    def _html_guide(self) -> str:
        return (
            "<details><summary>How to read this</summary><p>g is the gradient that was given, ĝ the "
            "numerical one. A parameter agrees if the largest |g − ĝ| of its entries is at most "
            f"{self.tolerance:g}·max(1, max|ĝ|): where a gradient is tiny, its difference quotient is mostly "
            "rounding, so that a large relative error alone means nothing. A relative error of 2 is a wrong "
            "sign, 1 a zero in the place of a derivative (or the reverse), 0.5 a factor of two. If the "
            "entries of one layer are wrong and those of the layers above it are right, look at the step "
            "between them.</p></details>"
        )


def _largest(report: ParameterReport) -> float:
    """Largest error of an entry that is not excused, with NaN counted as the worst there is."""
    errors = np.where(np.isnan(report.absolute), np.inf, report.absolute)
    if report.excused_entries is not None:
        errors = np.where(report.excused_entries, 0.0, errors)
    return float(errors.max(initial=0.0))


def _bad(entry: EntryReport, report: ParameterReport) -> bool:
    return not entry.absolute <= report.limit and not entry.excused


def _excuse(count: int) -> str:
    what = "1 entry is" if count == 1 else f"{count} entries are"
    return f"{what} excused: a kink lies within the step."


def _place(index: tuple[int, ...]) -> str:
    return "[" + ", ".join(str(n) for n in index) + "]"


def _sentence(report: ParameterReport) -> str:
    verdict = "ok   " if report.ok else "WRONG"
    size = report.absolute.size
    share = "" if report.ok else f"; {report.wrong} of {size} entries outside {report.limit:.0e}"
    excuse = f"; {report.excused} of {size} excused" if report.excused else ""
    return (
        f"{verdict}  largest error {_largest(report):.1e} at {_place(report.worst)}: "
        f"given {report.given:.6g}, numerical {report.numerical:.6g}{share}{excuse}"
    )


def _html_row(report: ParameterReport) -> str:
    size = report.absolute.size
    verdict = "agrees" if report.ok else f"<strong>differs in {report.wrong} of {size}</strong>"
    if report.excused:
        verdict += f", {report.excused} excused"
    cells = (
        escape(report.name),
        "×".join(str(n) for n in report.absolute.shape) or "one number",
        f"{_largest(report):.1e}",
        _place(report.worst),
        f"{report.given:.6g}",
        f"{report.numerical:.6g}",
        verdict,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def compare(
    name: str, given: Array, numerical: Array, tolerance: float, kinks: Array | None = None
) -> ParameterReport:
    """Compare one parameter's gradient with the numerical one, both of its shape.

    `kinks` says for which entries a kink lies within the step; those that disagree are excused.
    """
    absolute = np.abs(given - numerical)
    size = np.maximum(np.abs(given), np.abs(numerical))
    relative = np.divide(absolute, size, out=np.zeros_like(absolute), where=size > 0)
    limit = tolerance * max(1.0, float(np.abs(numerical).max(initial=0.0)))
    # A gradient that is not even a number is wrong, kink or not.
    excused = None if kinks is None else kinks & (absolute > limit) & np.isfinite(given)
    if excused is not None and not excused.any():
        excused = None
    places = _worst_first(absolute, limit, excused)
    entries = tuple(_entry(index, given, numerical, absolute, relative, excused) for index in places)
    worst = _unexcused_worst(absolute, excused)
    return ParameterReport(
        name,
        absolute,
        relative,
        worst,
        float(given[worst].real),
        float(numerical[worst]),
        limit,
        entries,
        excused,
    )


def _entry(
    index: tuple[int, ...],
    given: Array,
    numerical: Array,
    absolute: Array,
    relative: Array,
    excused: Array | None,
) -> EntryReport:
    return EntryReport(
        index,
        float(given[index].real),
        float(numerical[index]),
        float(absolute[index]),
        float(relative[index]),
        excused is not None and bool(excused[index]),
    )


def _unexcused_worst(absolute: Array, excused: Array | None) -> tuple[int, ...]:
    errors = np.where(np.isnan(absolute), np.inf, absolute)
    if excused is not None:
        errors = np.where(excused, -1.0, errors)
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(errors)), absolute.shape))


def _worst_first(absolute: Array, limit: float, excused: Array | None) -> list[tuple[int, ...]]:
    """Indices of the `NAMED` worst entries: the wrong ones, then the excused ones, then the others."""
    errors = np.where(np.isnan(absolute), np.inf, absolute).ravel()
    pardoned = np.zeros(errors.size, dtype=bool) if excused is None else excused.ravel()
    verdict = np.where(pardoned, 1, np.where(errors > limit, 0, 2))
    order = np.lexsort((-errors, verdict))[:NAMED]
    return [tuple(int(n) for n in np.unravel_index(position, absolute.shape)) for position in order]
