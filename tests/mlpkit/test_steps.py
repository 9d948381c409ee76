"""Step lists: in order, complete, and equal to what the passes compute."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import MLP, backward_steps, cross_entropy, formulas, forward_steps, sigmoid, softmax, tanh

QUANTITIES = {"y": "dy", "z": "dz", "w": "dw"}


def problem(seed, widths=(2, 3, 2), **net):
    rng = np.random.default_rng(seed)
    net = MLP(widths=widths, **({"hidden": tanh, "output": sigmoid} | net))
    d = np.eye(widths[-1])[0]
    return net, net.init(rng, scale=1.0), rng.normal(size=widths[0]), d


def lookup(net, params, x, d):
    """Every quantity by name, from the passes."""
    trace = net.forward(params, x)
    gradients = net.backward(params, trace, d)
    values = {("d", None, (j,)): v for j, v in enumerate(d, 1)}
    for k in range(net.depth + 1):
        values |= {("y", k, (j,)): v for j, v in enumerate(trace.y[k], 1)}
        values |= {("dy", k, (j,)): v for j, v in enumerate(gradients.wrt_y[k], 1)}
    for k in range(1, net.depth + 1):
        values |= {("z", k, (j,)): v for j, v in enumerate(trace.z[k], 1)}
        values |= {("dz", k, (j,)): v for j, v in enumerate(gradients.wrt_z[k], 1)}
        jacobian = net.activation(k).jacobian(trace.z[k])
        for j in range(1, net.sums(k) + 1):
            values[("slope", k, (j,))] = jacobian[j - 1, j - 1]
            values |= {("slope", k, (j, i)): v for i, v in enumerate(jacobian[j - 1], 1)}
            values[("w", k, (0, j))] = params[f"b{k}"][j - 1]
            values[("dw", k, (0, j))] = gradients[f"b{k}"][j - 1]
            for i in range(1, net.widths[k - 1] + 1):
                values[("w", k, (i, j))] = params[f"W{k}"][j - 1, i - 1]
                values[("dw", k, (i, j))] = gradients[f"W{k}"][j - 1, i - 1]
    return values


def key(name):
    return name.quantity, name.layer, name.indices


@given(seed=st.integers(0, 2**32 - 1), widths=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple))
def test_every_step_is_what_the_passes_compute(seed, widths):
    net, params, x, d = problem(seed, widths)
    values = lookup(net, params, x, d)
    steps = forward_steps(net, params, x) + backward_steps(net, params, x, d)
    for step in steps:
        assert step.value == pytest.approx(values[key(step.target)], abs=1e-12)
        for term in step.terms:
            for name, value in zip(term.names, term.values, strict=True):
                assert value == pytest.approx(values[key(name)], abs=1e-12)
        if step.operation == "sum":
            assert step.value == pytest.approx(sum(term.value for term in step.terms), abs=1e-12)
    wanted = {k for k in values if k[0] in ("z", "dz", "dy", "dw")} | {
        k for k in values if k[0] == "y" and k[1]
    }
    assert sorted(map(key, (step.target for step in steps)), key=str) == sorted(wanted, key=str)


def test_nothing_is_used_before_it_is_computed():
    net, params, x, d = problem(5, (2, 3, 3, 2))
    known = {("y", 0, (j,)) for j in (1, 2)}
    for step in forward_steps(net, params, x) + backward_steps(net, params, x, d):
        needed = {key(name) for name in step.used if name.quantity not in ("w", "d", "slope")}
        assert needed <= known
        known.add(key(step.target))


def test_order_of_the_backward_pass():
    net, params, x, d = problem(0, (2, 2, 1))
    order = [str(step.target) for step in backward_steps(net, params, x, d)]
    assert order[:7] == [
        "dy(2)[1]",
        "dz(2)[1]",
        "dw(2)[0,1]",
        "dw(2)[1,1]",
        "dw(2)[2,1]",
        "dy(1)[1]",
        "dy(1)[2]",
    ]
    assert order[-2:] == ["dy(0)[1]", "dy(0)[2]"]


def test_a_vector_activation_needs_every_sum_and_every_derivative():
    net, params, x, d = problem(1, output=softmax, divergence=cross_entropy)
    y = next(step for step in forward_steps(net, params, x) if str(step.target) == "y(2)[1]")
    dz = next(step for step in backward_steps(net, params, x, d) if str(step.target) == "dz(2)[1]")
    assert [str(name) for name in y.used] == ["z(2)[1]", "z(2)[2]"]
    assert [str(name) for name in dz.used if name.quantity == "dy"] == ["dy(2)[1]", "dy(2)[2]"]
    assert dz.value == pytest.approx(sum(term.value for term in dz.terms))


def test_formulas_of_steps_are_registered():
    net, params, x, d = problem(2)
    used = {step.formula for step in forward_steps(net, params, x) + backward_steps(net, params, x, d)}
    assert used <= set(formulas.names())


def test_a_batch_is_refused():
    net, params, x, d = problem(3)
    with pytest.raises(ValueError, match="one instance"):
        backward_steps(net, params, np.stack([x, x]), np.stack([d, d]))
