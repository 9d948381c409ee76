"""Step lists: in order, complete, and equal to what the passes compute."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import (
    MLP,
    SGD,
    backward_steps,
    binary_cross_entropy,
    cross_entropy,
    formulas,
    forward_steps,
    half_squared_error,
    identity,
    numerical_gradient,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from mlpkit.activations import (
    LinearActivation,
    MaxGroups,
    PowerProducts,
    leaky_relu,
    pair_products,
    randomised_leaky_relu,
    softplus,
    threshold,
)
from mlpkit.divergences import hinge, kl_divergence
from mlpkit.steps import Name, matrix_backward_steps, matrix_forward_steps, training_step

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
        for j in range(1, net.widths[k] + 1):
            if net.activation(k).elementwise:
                values[("slope", k, (j,))] = jacobian[j - 1, j - 1]
            values |= {("slope", k, (j, i)): v for i, v in enumerate(jacobian[j - 1], 1)}
        for j in range(1, net.sums(k) + 1):
            values[("w", k, (0, j))] = params[f"b{k}"][j - 1]
            values[("dw", k, (0, j))] = gradients[f"b{k}"][j - 1]
            for i in range(1, net.widths[k - 1] + 1):
                values[("w", k, (i, j))] = params[f"W{k}"][j - 1, i - 1]
                values[("dw", k, (i, j))] = gradients[f"W{k}"][j - 1, i - 1]
    return values


def key(name):
    return name.quantity, name.layer, name.indices


HIDDEN = [
    *(identity, sigmoid, tanh, relu, leaky_relu, randomised_leaky_relu, softplus, threshold, softmax),
    *(pair_products, MaxGroups(2), MaxGroups(3)),
]
OUTPUTS = [
    (sigmoid, half_squared_error),
    (softmax, half_squared_error),
    (MaxGroups(2), half_squared_error),
    (pair_products, half_squared_error),
    (sigmoid, binary_cross_entropy),
    (softmax, cross_entropy),
    (softmax, kl_divergence),
]


@given(
    seed=st.integers(0, 2**32 - 1),
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    hidden=st.sampled_from(HIDDEN),
    output=st.sampled_from(OUTPUTS),
)
def test_every_step_is_what_the_passes_compute(seed, widths, hidden, output):
    net, params, x, d = problem(seed, widths, hidden=hidden, output=output[0], divergence=output[1])
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


@pytest.mark.parametrize(
    "hidden", [PowerProducts(((2, 1, 0), (0, 1, 3))), LinearActivation(((1, 2), (0, -1), (3, 0)))], ids=repr
)
def test_steps_of_activations_that_fit_one_number_of_units(hidden):
    net, params, x, d = problem(4, hidden=hidden)
    values = lookup(net, params, x, d)
    for step in forward_steps(net, params, x) + backward_steps(net, params, x, d):
        assert step.value == pytest.approx(values[key(step.target)], abs=1e-12)
        if step.operation == "sum":
            assert step.value == pytest.approx(sum(term.value for term in step.terms), abs=1e-12)


@pytest.mark.parametrize("hidden", HIDDEN, ids=repr)
def test_a_target_is_computed_once(hidden):
    net, params, x, d = problem(5, (2, 3, 3, 2), hidden=hidden)
    targets = [step.target for step in forward_steps(net, params, x) + backward_steps(net, params, x, d)]
    assert len(set(targets)) == len(targets)


def test_hinge_has_steps_too():
    net, params, x, _ = problem(6, output=identity, divergence=hinge)
    steps = backward_steps(net, params, x, [1, -1])
    expected = net.backward(params, net.forward(params, x), [1, -1]).wrt_y[2]
    assert [step.value for step in steps[:2]] == expected.tolist()
    assert steps[0].operation == "divergence"


def terms_of(steps, target):
    return [str(name) for step in steps if str(step.target) == target for name in step.used]


def test_a_maximum_reads_its_group_and_sends_back_to_its_largest_only():
    net = MLP(widths=(1, 1), output=MaxGroups(3))
    params = {"W1": [[1.0], [3.0], [2.0]], "b1": [0.0, 0.0, 0.0]}
    ahead, back = forward_steps(net, params, [1.0]), backward_steps(net, params, [1.0], [0.0])
    assert terms_of(ahead, "y(1)[1]") == ["z(1)[1]", "z(1)[2]", "z(1)[3]"]
    assert terms_of(back, "dz(1)[1]") == terms_of(back, "dz(1)[3]") == []
    assert terms_of(back, "dz(1)[2]") == ["slope(1)[1,2]", "dy(1)[1]"]


def test_a_product_concerns_its_pair_only():
    net = MLP(widths=(1, 2), output=pair_products)
    params = {"W1": [[1.0], [3.0], [2.0], [0.0]], "b1": np.zeros(4)}
    ahead, back = forward_steps(net, params, [1.0]), backward_steps(net, params, [1.0], [0.0, 0.0])
    assert terms_of(ahead, "y(1)[2]") == ["z(1)[3]", "z(1)[4]"]
    assert terms_of(back, "dz(1)[3]") == ["slope(1)[2,3]", "dy(1)[2]"]
    assert next(step.value for step in back if str(step.target) == "dz(1)[4]") == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("output", "divergence"), [(sigmoid, binary_cross_entropy), (softmax, cross_entropy)]
)
def test_saturated_outputs_have_a_finite_step_to_their_sums(output, divergence):
    net = MLP(widths=(1, 2), output=output, divergence=divergence)
    params = {"W1": [[1000.0], [-1000.0]], "b1": [0.0, 0.0]}
    steps = {str(step.target): step for step in backward_steps(net, params, [1.0], [0.0, 1.0])}
    assert steps["dz(1)[2]"].value == -1
    assert steps["dz(1)[2]"].operation == "divergence"
    assert [str(name) for name in steps["dz(1)[2]"].used] == ["y(1)[2]", "d[2]"]
    matrix = matrix_backward_steps(net, params, [[1.0]], [[0.0, 1.0]])
    assert matrix[1].value.tolist() == [[1, -1]]
    assert matrix[1].text.startswith("dZ1 = derivative of")


# -- matrix steps --------------------------------------------------------------------------------------


def passes_by_label(net, params, x, d):
    """Every array by the label that matrix steps give it, from the passes."""
    trace = net.forward(params, x)
    gradients = net.backward(params, trace, d)
    letter = str.upper if trace.output.ndim == 2 else str.lower
    arrays = {letter("d"): d, **params}
    for k in range(net.depth + 1):
        arrays[f"{letter('y')}{k}"] = trace.y[k]
        arrays[f"d{letter('y')}{k}"] = gradients.wrt_y[k]
    for k in range(1, net.depth + 1):
        arrays[f"{letter('z')}{k}"], arrays[f"d{letter('z')}{k}"] = trace.z[k], gradients.wrt_z[k]
        arrays[f"dW{k}"], arrays[f"db{k}"] = gradients[f"W{k}"], gradients[f"b{k}"]
        arrays[f"J{k}"] = net.activation(k).jacobian(trace.z[k])
    return arrays


def label(name):
    return name.quantity + str(name.layer)


@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.sampled_from(HIDDEN),
    output=st.sampled_from(OUTPUTS),
    batch=st.booleans(),
)
def test_matrix_steps_are_what_the_passes_compute(seed, hidden, output, batch):
    net, params, x, d = problem(seed, (2, 3, 2), hidden=hidden, output=output[0], divergence=output[1])
    if batch:
        x, d = np.stack([x, -x, 2 * x]), np.stack([d, d[::-1], d])
    arrays = passes_by_label(net, params, x, d)
    ahead, back = matrix_forward_steps(net, params, x), matrix_backward_steps(net, params, x, d)
    for step in ahead + back:
        np.testing.assert_allclose(step.value, arrays[label(step.target)], rtol=1e-12, atol=1e-12)
        assert step.text.startswith(label(step.target) + " = ")
        for name, shape, array in step.operands:
            assert shape == array.shape
            assert name in step.text
            if "'" not in name:
                np.testing.assert_array_equal(array, arrays[name])
    wanted = {name for name in arrays if name[0] in "zZ" or (name[0] in "yY" and name[1] != "0")}
    assert {label(step.target) for step in ahead} == wanted
    assert {label(step.target) for step in back} == {n for n in arrays if n[0] == "d" and len(n) > 1}


def test_matrix_steps_use_nothing_before_it_is_computed():
    net, params, x, d = problem(
        5, (2, 3, 3, 2), hidden=MaxGroups(2), output=softmax, divergence=cross_entropy
    )
    known = {"Y0", "D", *params}
    for step in matrix_forward_steps(net, params, [x]) + matrix_backward_steps(net, params, [x], [d]):
        assert {o.label for o in step.operands if "'" not in o.label and o.label[0] != "J"} <= known
        known.add(label(step.target))


@pytest.mark.parametrize("batch", [True, False])
def test_texts_of_matrix_steps_can_be_computed(batch):
    """The text, read as an expression on the operands, gives the value."""
    net, params, x, d = problem(7, (2, 3, 2), hidden=tanh, output=sigmoid)
    if batch:
        x, d = np.stack([x, -x, 2 * x]), np.stack([d, d[::-1], d])
    for step in matrix_forward_steps(net, params, x) + matrix_backward_steps(net, params, x, d):
        _, expression = step.text.split(" = ", 1)
        if "(" in expression and "∘" not in expression:
            continue
        *_, rows = np.atleast_2d(x).shape[:1]
        assert compute(expression, step.operands, rows) == pytest.approx(step.value, abs=1e-12)


def compute(expression, operands, rows):
    """Value of a matrix step's text: "+", "-", "∘" and products of neighbours, in columns for one instance."""
    arrays = {o.label: o.value for o in operands}
    expression, divided = expression.removesuffix(" / T"), expression.endswith(" / T")
    if expression.startswith("sum of the rows of "):
        return arrays[expression.split()[-1]].sum(axis=0) / rows
    for sign, operation in ((" + ", np.add), (" - ", np.subtract), (" ∘ ", np.multiply)):
        if sign in expression:
            left, right = expression.split(sign)
            return operation(compute(left, operands, rows), compute(right, operands, rows))
    result = None
    for factor in expression.split():
        array = arrays[factor.rstrip("ᵀ")]
        if array.ndim == 2 and factor.endswith("ᵀ"):
            array = array.T
        if result is None:
            result = array
        else:
            result = np.outer(result, array) if result.ndim == array.ndim == 1 else result @ array
    return result / rows if divided else result


def test_matrix_formulas_are_registered():
    net, params, x, d = problem(2)
    steps = matrix_forward_steps(net, params, [x]) + matrix_backward_steps(net, params, x, d)
    assert {step.formula for step in steps} <= set(formulas.names())


def test_a_matrix_step_states_its_shapes():
    net, params, x, _ = problem(2)
    first = matrix_forward_steps(net, params, [x, x, x, x])[0]
    assert str(first) == "Z1 = Y0 W1ᵀ + b1    (4, 3) from Y0 (4, 2), W1 (3, 2), b1 (3,)"
    assert first.target == Name("Z", 1, ())
    assert str(first.target) == "Z(1)"


# -- one step of training ------------------------------------------------------------------------------


def n5():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    return net, {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}


def test_training_step_of_n5_and_n6():
    net, params = n5()
    optimizer = SGD(step=0.2, momentum=0.9)
    first = training_step(net, params, [1, 0], [0.9], optimizer)
    after = {str(weight.name): weight.after for weight in first.weights}
    assert after["w(2)[0,1]"] == pytest.approx(0.11719, abs=5e-6)
    assert after["w(2)[2,1]"] == pytest.approx(0.10945, abs=5e-6)
    assert after["w(1)[1,2]"] == pytest.approx(0.10043, abs=5e-6)
    assert after["w(1)[2,1]"] == pytest.approx(0.1, abs=1e-15)
    second = training_step(net, first.params, [0, 1], [-0.3], optimizer, first.changes)
    after = {str(weight.name): weight.after for weight in second.weights}
    assert after["w(2)[0,1]"] == pytest.approx(0.09031, abs=5e-6)
    assert after["w(1)[2,2]"] == pytest.approx(0.09885, abs=5e-6)


def test_rows_of_a_training_step_are_consistent():
    net, params = n5()
    x, d = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.9], [0.2]])
    changes = {key: np.full(shape, 0.01) for key, shape in net.shapes().items()}
    step = training_step(net, params, x, d, SGD(step=0.2, momentum=0.9), changes)
    numerical = numerical_gradient(lambda p: net.loss(p, x, d), params, method="complex")
    assert len(step.weights) == net.parameter_count
    for weight in step.weights:
        k, (i, j) = weight.name.layer, weight.name.indices
        expected = numerical[f"b{k}"][j - 1] if i == 0 else numerical[f"W{k}"][j - 1, i - 1]
        assert weight.gradient == pytest.approx(expected, abs=1e-14)
        assert weight.change == pytest.approx(0.9 * 0.01 - 0.2 * expected, abs=1e-14)
        assert (weight.before, weight.earlier) == (0.1, 0.01)
        assert weight.after == pytest.approx(weight.before + weight.change, abs=1e-15)
    assert step.loss == net.loss(params, x, d)
    assert step.loss_after == net.loss(step.params, x, d)


def test_the_order_of_weights_is_that_of_the_backward_steps_of_a_layer():
    net, params = n5()
    step = training_step(net, params, [1, 0], [0.9], SGD(step=0.2))
    order = [weight.name.indices for weight in step.weights if weight.name.layer == 1]
    derivatives = [s.target for s in backward_steps(net, params, [1, 0], [0.9]) if s.target.quantity == "dw"]
    assert order == [name.indices for name in derivatives if name.layer == 1]


def test_a_training_step_can_be_read_as_text_and_as_a_table():
    net, params = n5()
    step = training_step(net, params, [1, 0], [0.9], SGD(step=0.2))
    assert "w(2)[0,1]     0.10000 gradient  -0.085974 change   0.017195 ->    0.11719" in str(step)
    assert step._repr_html_().count("<tr>") == 1 + net.parameter_count
    assert "-0.000000" not in step._repr_html_()


def test_a_training_step_changes_none_of_its_arguments():
    net, params = n5()
    changes = {key: np.full(shape, 0.01) for key, shape in net.shapes().items()}
    training_step(net, params, [1, 0], [0.9], SGD(step=0.2, momentum=0.5), changes)
    assert all((value == 0.1).all() for value in params.values())
    assert all((value == 0.01).all() for value in changes.values())


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"optimizer": 0.2}, TypeError, "optimizer must have an update"),
        ({"changes": {"W1": np.zeros((2, 2))}}, KeyError, "changes lacks b1, W2, b2"),
        ({"d": [0.9, 0.1]}, ValueError, "d must have shape"),
        ({"x": [np.nan, 0.0]}, ValueError, "x must be finite"),
        ({"params": {}}, KeyError, "params lacks W1"),
    ],
)
def test_bad_arguments_of_a_training_step_are_named(arguments, error, words):
    net, params = n5()
    with pytest.raises(error, match=words):
        training_step(
            **{"net": net, "params": params, "x": [1, 0], "d": [0.9], "optimizer": SGD(0.1)} | arguments
        )


def test_bad_changes_are_named():
    net, params = n5()
    changes = {**params, "b1": np.zeros(3)}
    with pytest.raises(ValueError, match=r"changes\['b1'\] must have shape \(2,\)"):
        training_step(net, params, [1, 0], [0.9], SGD(0.1), changes)
