"""All gradients of a network by differences: one at a time, batched by layer, and as others do it.

Every competitor computes (or checks) the derivative of the loss to every weight and bias for one row; the
note gives the largest difference from the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import approx_fprime

from benchmarks._timing import Case, Result, arguments, interleaved, show
from mlpkit import MLP, Parameters, cross_entropy, numerical_gradient, sigmoid, softmax
from mlpkit.gradcheck import check_network, network_gradient

try:
    import torch
except ImportError:  # an optional peer: its row is left out
    torch = None  # type: ignore[assignment]


def problem(widths: tuple[int, ...]) -> tuple[MLP, Parameters, Any, Any]:
    """A sigmoid network with softmax and cross-entropy, its parameters, and one row."""
    rng = np.random.default_rng(0)
    net = MLP(widths, sigmoid, softmax, cross_entropy)
    return net, net.init(rng, 0.3), rng.random(widths[0]), np.eye(widths[-1])[0]


def scipy_gradient(net: MLP, params: Parameters, x: Any, d: Any) -> Callable[[], Parameters]:
    """SciPy's forward differences of the loss as a function of one long vector."""
    shapes = net.shapes()
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes.values()])

    def unpack(vector: Any) -> Parameters:
        parts = np.split(vector, ends[:-1])
        return {key: part.reshape(shape) for (key, shape), part in zip(shapes.items(), parts, strict=True)}

    start = np.concatenate([params[key].ravel() for key in shapes])
    return lambda: unpack(approx_fprime(start, lambda vector: net.loss(unpack(vector), x, d)))


def torch_check(net: MLP, params: Parameters, x: Any, d: Any) -> Callable[[], bool]:
    """PyTorch's gradient check of the same loss (central differences against its own backward pass)."""
    tensors = [torch.tensor(value, requires_grad=True) for value in params.values()]
    inputs, targets = torch.tensor(x), torch.tensor(d)

    def loss(*p: Any) -> Any:
        y = inputs
        for k in range(net.depth):
            z = torch.nn.functional.linear(y, p[2 * k], p[2 * k + 1])
            y = torch.sigmoid(z)
        return torch.nn.functional.cross_entropy(z, targets)

    return lambda: torch.autograd.gradcheck(loss, tensors)


def compare(widths: tuple[int, ...], rounds: int, clock: str) -> Result:
    """All ways on a small network."""
    net, params, x, d = problem(widths)
    exact = net.backward(params, net.forward(params, x), d)
    ways: dict[str, Callable[[], Parameters]] = {
        "batched": lambda: network_gradient(net, params, x, d),
        "batched, complex step": lambda: network_gradient(net, params, x, d, method="complex"),
        "loop over the loss": lambda: numerical_gradient(lambda p: net.loss(p, x, d), params),
        "scipy approx_fprime": scipy_gradient(net, params, x, d),
    }
    cases = {name: Case(way, f"error {largest_error(way(), exact):.0e}") for name, way in ways.items()}
    notes = []
    if torch is None:
        notes.append("PyTorch is not installed: its row is left out.")
    else:
        cases["torch gradcheck"] = Case(torch_check(net, params, x, d), torch.__version__)
    return interleaved(_title(net), cases, "batched", rounds, notes, clock)


def complete(widths: tuple[int, ...], rounds: int, clock: str) -> Result:
    """Every parameter of a larger network, for which the loop would take minutes; with its report."""
    net, params, x, d = problem(widths)
    report = check_network(net, params, x, d)
    cases = {"check_network": Case(lambda: check_network(net, params, x, d))}
    return interleaved(_title(net), cases, "check_network", rounds, str(report).splitlines()[:1], clock)


def _title(net: MLP) -> str:
    return f"{'-'.join(map(str, net.widths))}, one row, {net.parameter_count} parameters"


def largest_error(found: Parameters, exact: Any) -> float:
    """Largest absolute difference of any entry."""
    return max(float(np.abs(found[key] - exact[key]).max()) for key in found)


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, measure, print."""
    parser = arguments(__doc__, rounds=7)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 32, 10])
    parser.add_argument("--large", type=int, nargs="+", default=[784, 100, 10], help="checked completely")
    options = parser.parse_args(argv)
    if torch is not None:
        # One row leaves nothing to share out: with more threads PyTorch would only be slower.
        torch.set_num_threads(1)
    results = [
        compare(tuple(options.widths), options.rounds, options.clock),
        complete(tuple(options.large), options.rounds, options.clock),
    ]
    show(results, options.json)


if __name__ == "__main__":
    main()
