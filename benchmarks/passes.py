"""Forward and backward pass of a classifier, against its bare matrix products and against PyTorch.

The bare products are what no implementation can avoid: W x in each layer, and on the way back the products
for the weights' gradients and for the derivatives of the layers below (not for the input, which training
does not need), their results kept to the end of the pass. "With a workspace" is what training does: memory of
one step is used again by the next. All competitors use the same numbers, the same precision and the same
number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._timing import Case, Result, arguments, interleaved, show
from mlpkit import MLP, Parameters, Workspace, cross_entropy, relu, sigmoid, softmax

try:
    import torch
except ImportError:  # an optional peer: its rows are left out
    torch = None  # type: ignore[assignment]

Problem = tuple[MLP, Parameters, Any, Any]

ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid}


def problem(widths: tuple[int, ...], rows: int, dtype: str, activation: str) -> Problem:
    """A network with softmax and cross-entropy, its parameters, and a batch."""
    rng = np.random.default_rng(0)
    net = MLP(widths, ACTIVATIONS[activation], softmax, cross_entropy)
    params = {key: value.astype(dtype) for key, value in net.init(rng, 0.05).items()}
    x = rng.random((rows, widths[0])).astype(dtype)
    d = np.eye(widths[-1], dtype=dtype)[rng.integers(widths[-1], size=rows)]
    return net, params, x, d


def bare_products(net: MLP, params: Parameters, x: Any) -> Callable[[], object]:
    """The matrix products of both passes and nothing else, on arrays of the right shapes and values."""
    trace = net.forward(params, x)
    dz = [np.ascontiguousarray(trace.pre_activation(k)) for k in range(1, net.depth + 1)]

    def run() -> list[Any]:
        results = [trace.y[k - 1] @ params[f"W{k}"].T for k in range(1, net.depth + 1)]
        for k in range(net.depth, 0, -1):
            results.append(dz[k - 1].T @ trace.y[k - 1])
            if k > 1:
                results.append(dz[k - 1] @ params[f"W{k}"])
        return results

    return run


def torch_passes(
    net: MLP, params: Parameters, x: Any, d: Any, activation: str
) -> Callable[[], dict[str, Any]]:
    """The same loss and gradients by PyTorch's autograd on the CPU."""
    tensors = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    inputs, targets = torch.tensor(x), torch.tensor(d)
    activate = getattr(torch, activation)

    def run() -> dict[str, Any]:
        for tensor in tensors.values():
            tensor.grad = None
        y = inputs
        for k in range(1, net.depth + 1):
            z = torch.nn.functional.linear(y, tensors[f"W{k}"], tensors[f"b{k}"])
            y = activate(z) if k < net.depth else z
        torch.nn.functional.cross_entropy(y, targets).backward()
        return {key: tensor.grad.numpy() for key, tensor in tensors.items()}

    return run


def compare(
    widths: tuple[int, ...], rows: int, dtype: str, activation: str, rounds: int, clock: str
) -> Result:
    """Time one precision."""
    net, params, x, d = problem(widths, rows, dtype, activation)

    def passes() -> object:
        return net.backward(params, net.forward(params, x), d)

    workspace = Workspace()

    def passes_in_workspace() -> object:
        return net.backward(params, net.forward(params, x, workspace), d, workspace)

    cases = {
        "products": Case(bare_products(net, params, x)),
        "mlpkit": Case(passes),
        "with a workspace": Case(passes_in_workspace, "target: at most 1.1"),
    }
    notes = []
    if torch is None:
        notes.append("PyTorch is not installed: its row is left out.")
    else:
        by_torch = torch_passes(net, params, x, d, activation)
        cases["torch"] = Case(by_torch, f"{torch.__version__}, {torch.get_num_threads()} threads")
        notes.append(f"Gradients agree to {largest_difference(passes(), by_torch()):.0e} of the largest.")
    shape = "-".join(map(str, widths))
    return interleaved(
        f"{shape}, batch {rows}, {activation}, {dtype}", cases, "products", rounds, notes, clock
    )


def largest_difference(ours: Any, theirs: Any) -> float:
    """Largest difference of any gradient, relative to the parameter's largest."""
    return max(float(np.abs(ours[key] - theirs[key]).max() / np.abs(theirs[key]).max()) for key in theirs)


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, measure, print."""
    parser = arguments(__doc__, rounds=40)
    parser.add_argument("--widths", type=int, nargs="+", default=[784, 512, 512, 10])
    parser.add_argument("--rows", type=int, default=256, help="rows of the batch (default %(default)s)")
    parser.add_argument("--activation", choices=ACTIVATIONS, default="relu")
    parser.add_argument("--dtypes", nargs="+", default=["float64", "float32"])
    options = parser.parse_args(argv)
    if torch is not None:
        torch.set_num_threads(int(os.environ.get("OPENBLAS_NUM_THREADS", os.cpu_count() or 1)))
    results = [
        compare(tuple(options.widths), options.rows, dtype, options.activation, options.rounds, options.clock)
        for dtype in options.dtypes
    ]
    show(results, options.json)


if __name__ == "__main__":
    main()
