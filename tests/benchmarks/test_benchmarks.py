"""Each benchmark runs with tiny sizes and prints what it says it prints; no time is judged."""

import json

import numpy as np
import pytest

from benchmarks import _timing, gradcheck, passes
from benchmarks._timing import Case, interleaved

TINY = {
    "passes": (passes.main, ["--widths", "6", "5", "3", "--rows", "4", "--rounds", "2"]),
    "gradcheck": (gradcheck.main, ["--widths", "4", "3", "2", "--large", "5", "3", "2", "--rounds", "1"]),
}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(_timing, "PAUSE", 0.0)


@pytest.mark.parametrize(("main", "options"), TINY.values(), ids=TINY.keys())
def test_the_table_names_every_competitor_and_the_circumstances(main, options, capsys):
    main(options)
    printed = capsys.readouterr().out
    wanted = {
        passes.main: ["6-5-3, batch 4, relu, float64", "float32", "products", "mlpkit"],
        gradcheck.main: [
            "4-3-2, one row, 23 parameters",
            "batched",
            "loop over the loss",
            "scipy approx_fprime",
            "check_network",
            "Gradients agree",
        ],
    }
    for words in (*wanted[main], "median", "quartiles", "load before", "numpy"):
        assert words in printed


@pytest.mark.parametrize(("main", "options"), TINY.values(), ids=TINY.keys())
def test_json_holds_the_same_rows(main, options, capsys):
    main([*options, "--json"])
    results = json.loads(capsys.readouterr().out)
    assert len(results) == 2
    for result in results:
        assert all(row["median"] > 0 for row in result["rows"])
        assert {row["name"] for row in result["rows"]} >= {result["baseline"]}


def test_competitors_take_turns_and_the_first_round_does_not_count():
    calls = []
    cases = {name: Case(lambda name=name: calls.append(name)) for name in "AB"}
    result = interleaved("turns", cases, "A", rounds=3)
    assert calls == ["A", "B", "B", "A"] * 2
    assert result.rounds == 3


def test_ratios_are_taken_round_by_round(monkeypatch):
    # A takes 1, 10 and 100 seconds, B always twice as long: the ratio is 2, whatever the load.
    durations = iter([0, 0, 2, 1, 10, 20, 200, 100])  # B A in the odd rounds
    monkeypatch.setattr(_timing, "_seconds", lambda run, now: float(next(durations)))
    result = interleaved("ratios", {"A": Case(print), "B": Case(print)}, "A", rounds=3)
    a, b = result.rows
    assert (a.ratio, b.ratio, b.low, b.high) == (1.0, 2.0, 2.0, 2.0)
    assert (b.median, b.fastest) == (20.0, 2.0)


def test_without_torch_its_rows_are_left_out_plainly(monkeypatch, capsys):
    for module, name in ((passes, "passes"), (gradcheck, "gradcheck")):
        monkeypatch.setattr(module, "torch", None)
        TINY[name][0](TINY[name][1])
        printed = capsys.readouterr().out
        assert "PyTorch is not installed: its row is left out." in printed


def test_the_bare_products_have_the_sizes_of_both_passes(monkeypatch):
    net, params, x, _ = passes.problem((6, 5, 3), 4, "float64", "relu")
    run = passes.bare_products(net, params, x)
    shapes = []

    class Recorded(np.ndarray):
        def __matmul__(self, other):
            shapes.append((self.shape, other.shape))
            return np.asarray(self) @ np.asarray(other)

        def __rmatmul__(self, other):
            return other.view(Recorded) @ self

    for key in params:
        params[key] = params[key].view(Recorded)
    run()
    # Those with weights: two forward, and one back through the weights of layer 2.
    assert shapes == [((4, 6), (6, 5)), ((4, 5), (5, 3)), ((4, 3), (3, 5))]
