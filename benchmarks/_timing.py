"""Honest timing: the competitors take turns in one run, so that a busy moment hits all of them alike.

Absolute times of a shared machine mean little; the ratios, taken round by round against one of the
competitors and then their median, are what can be quoted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from threadpoolctl import threadpool_info

__all__ = ["Case", "Result", "Row", "arguments", "interleaved", "show"]

#: Seconds of rest before each run.
PAUSE = 0.05

#: Time on the wall, or processor time of all threads: with one thread the only fair one on a busy machine,
#: with several it counts their waiting for each other as work.
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Case:
    """One competitor: what runs, and something to say about its result (such as its error)."""

    run: Callable[[], object]
    note: str = ""


@dataclass(frozen=True)
class Row:
    """Times of one competitor.

    Attributes
    ----------
    name, note
        What the table says of it.
    median, fastest
        Seconds.
    ratio
        Median over the rounds of its time over that of the baseline in the same round.
    low, high
        Quartiles of these ratios.
    """

    name: str
    median: float
    fastest: float
    ratio: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Result:
    """A table of times with the circumstances they were measured in."""

    title: str
    baseline: str
    rounds: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    machine: Mapping[str, object]


def machine(load_before: float) -> dict[str, object]:
    """What the figures depend on: versions, threads, and how busy the machine was."""
    pools = sorted({f"{pool['internal_api']} {pool['num_threads']}" for pool in threadpool_info()})
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "processors": os.cpu_count(),
        "threads": ", ".join(pools),
        "load before": round(load_before, 2),
        "load after": round(os.getloadavg()[0], 2),
    }


def interleaved(
    title: str,
    cases: Mapping[str, Case],
    baseline: str,
    rounds: int,
    notes: Sequence[str] = (),
    clock: str = "wall",
) -> Result:
    """Run every case once in each round, in turn (A B C, B C A, ...), after one round that does not count.

    Who comes first changes from round to round: what a case leaves behind in caches and threads is met by
    all the others alike.
    """
    load = os.getloadavg()[0]
    times: dict[str, list[float]] = {name: [] for name in cases}
    names = list(cases)
    for turn in range(rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seconds = _seconds(cases[name].run, CLOCKS[clock])
            if turn:  # the first round warms caches, threads and allocators
                times[name].append(seconds)
    rows = tuple(_row(name, case.note, times[name], times[baseline]) for name, case in cases.items())
    return Result(title, baseline, rounds, rows, tuple(notes), {"clock": clock, **machine(load)})


def _seconds(run: Callable[[], object], now: Callable[[], float]) -> float:
    # Idle threads of the libraries of the case before go on spinning for a while, on the same processors.
    time.sleep(PAUSE)
    start = now()
    run()
    return now() - start


def _row(name: str, note: str, times: list[float], base: list[float]) -> Row:
    ratios = [mine / theirs for mine, theirs in zip(times, base, strict=True)]
    low, ratio, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return Row(name, statistics.median(times), min(times), float(ratio), float(low), float(high), note)


def table(result: Result) -> str:
    """The result as aligned text."""
    head = ("", "median", "fastest", f"x {result.baseline}", "quartiles", "")
    body = [
        (
            row.name,
            f"{1e3 * row.median:.3f} ms",
            f"{1e3 * row.fastest:.3f} ms",
            f"{row.ratio:.3g}",
            f"{row.low:.3g} to {row.high:.3g}",
            row.note,
        )
        for row in result.rows
    ]
    widths = [max(len(line[n]) for line in (head, *body)) for n in range(len(head))]
    # Names and notes to the left, numbers to the right.
    aligned = [str.ljust, *[str.rjust] * (len(head) - 2), str.ljust]
    lines = [
        "  ".join(
            align(cell, width) for align, cell, width in zip(aligned, line, widths, strict=True)
        ).rstrip()
        for line in (head, *body)
    ]
    facts = ", ".join(f"{key} {value}" for key, value in result.machine.items())
    return "\n".join([f"{result.title} ({result.rounds} rounds)", *lines, *result.notes, facts])


def arguments(description: str | None, rounds: int) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument(
        "--rounds", type=int, default=rounds, help="timed turns of every competitor (default %(default)s)"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: for a busy machine, one thread")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def show(results: Sequence[Result], as_json: bool) -> None:
    """Print the results."""
    if as_json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print("\n\n".join(map(table, results)))
