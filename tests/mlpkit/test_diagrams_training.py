"""A step of training and the marks of what is needed later, as text."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mlpkit import MLP, SGD, backward_steps, cross_entropy, forward_steps, sigmoid, softmax, tanh
from mlpkit.activations import MaxGroups, pair_products
from mlpkit.diagrams import (
    backward_story,
    forward_story,
    matrix_story,
    needed_by_backward,
    network_picture,
    pass_story,
    training_story,
)

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def n5():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    return net, {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}, [1.0, 0.0], [0.9]


NETWORKS = {
    "largest, softmax": MLP((8, 8, 8), hidden=tanh, output=softmax, divergence=cross_entropy),
    "max groups": MLP((2, 2, 1), hidden=MaxGroups(2), output=sigmoid),
    "pair products": MLP((2, 3, 3), hidden=pair_products, output=softmax, divergence=cross_entropy),
    "wide output": MLP((2, 2, 6), hidden=tanh, output=softmax, divergence=cross_entropy),
}


def instance(net, seed=0):
    rng = np.random.default_rng(seed)
    return net, net.init(rng, scale=1.0), rng.normal(size=net.widths[0]), np.eye(net.widths[-1])[0]


def texts(svg):
    return {e.get("id"): "".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text") if e.get("id")}


def frame_about(story, words):
    return next(frame for frame in story.frames if words in frame.title)


def test_the_training_step_shows_n5_before_and_after(n5):
    story = training_story(*n5, SGD(step=0.2, momentum=0.9))
    shown = texts(story.picture(-1))
    assert shown["w-2-0-1-value"] == "0.1 → 0.11719"
    assert shown["w-2-1-1-value"] == shown["w-2-2-1-value"] == "0.1 → 0.10945"
    assert shown["w-1-0-1-value"] == shown["w-1-1-2-value"] == "0.1 → 0.10043"
    assert shown["w-1-2-1-value"] == "0.1 → 0.1"


def test_the_second_step_with_its_earlier_changes_shows_n6(n5):
    net, params, x, d = n5
    optimizer = SGD(step=0.2, momentum=0.9)
    new, changes = optimizer.update(params, net.backward(params, net.forward(params, x), d))
    story = training_story(net, new, [0.0, 1.0], [-0.3], optimizer, changes)
    frame = frame_about(story, "New bias of unit 1, layer 2")
    assert frame.alt.startswith("was 0.11719, changes by −0.02688")
    assert texts(story.picture(-1))["w-2-0-1-value"] == "0.11719 → 0.090315"


def test_a_training_step_goes_forward_then_backward_then_updates_every_weight(n5):
    net, params, x, d = n5
    story = training_story(net, params, x, d, SGD(step=0.2))
    passes = len(pass_story(net, params, x, d))
    assert len(story) == passes + 1 + 9 + 1
    assert [frame.title for frame in story.frames[:passes]] == [
        frame.title for frame in pass_story(net, params, x, d).frames
    ]


def test_the_update_is_written_with_the_rule_and_its_numbers(n5):
    frame = frame_about(training_story(*n5, SGD(step=0.2, momentum=0.9)), "New bias of unit 1, layer 2")
    assert "0.9 · 0 − 0.2 · (−0.085974) = <b>0.017195</b>" in frame.html
    assert "0.1 + 0.017195 = <b>0.11719</b>" in frame.html


def test_a_penalty_stands_in_the_rule_of_weights_but_not_of_biases(n5):
    story = training_story(*n5, SGD(step=0.2, penalty=0.5))
    assert "λ" in frame_about(story, "New weight from unit 1 to unit 1, layer 2").html
    assert "λ" not in frame_about(story, "New bias of unit 1, layer 2").html


def test_a_weight_that_changes_its_sign_is_repainted():
    net = MLP(widths=(1, 1))
    story = training_story(net, {"W1": [[0.1]], "b1": [0.5]}, [1.0], [0.0], SGD(step=1.0))
    assert frame_about(story, "New weight").classes == {"w-1-1-1": "to-neg"}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_called_needed_is_what_the_backward_pass_reads(name):
    net, params, x, d = instance(NETWORKS[name])
    trace = net.forward(params, x)
    read = {
        name if name.quantity != "slope" else type(name)("z", name.layer, name.indices[-1:])
        for step in backward_steps(net, params, x, d)
        for name in step.used
        if name.quantity in ("y", "z", "w", "slope")
    }
    assert needed_by_backward(net, trace) == read


def test_what_is_needed_later_gets_its_corner_and_is_said():
    net, params, x, _ = instance(NETWORKS["max groups"])
    story = forward_story(net, params, x)
    cells = {e.get("id"): e.get("class", "") for e in ET.fromstring(story.picture(-1)).iter(f"{SVG}rect")}
    z = net.forward(params, x).z[1]
    for j in range(4):
        largest_of_its_pair = z[j] == max(z[j - j % 2 : j - j % 2 + 2])
        assert ("kept" in cells[f"z-1-{j + 1}"]) == largest_of_its_pair
    assert frame_about(story, "Output 1 of layer 1").alt.endswith("the backward pass will need it")


def test_nothing_is_marked_before_it_is_known(n5):
    net, params, x, _ = n5
    first = ET.fromstring(forward_story(net, params, x).picture(0))
    marked = {e.get("id") for e in first.iter(f"{SVG}rect") if "kept" in e.get("class", "")}
    assert marked == {"y-0-1", "y-0-2"}


@pytest.mark.parametrize("name", NETWORKS)
def test_cells_stay_below_the_headings_and_above_the_legend(name):
    net, params, *_ = instance(NETWORKS[name])
    root = ET.fromstring(network_picture(net, params).svg)
    tops = [float(e.get("y")) for e in root.iter(f"{SVG}rect") if "cell" in e.get("class", "")]
    bottoms = [
        float(e.get("y")) + float(e.get("height"))
        for e in root.iter(f"{SVG}rect")
        if "cell" in e.get("class", "")
    ]
    legend = next(e for e in root.iter(f"{SVG}g") if e.get("class") == "legend")
    heads = [float(line.get("transform").split()[1].rstrip(")")) for line in legend]
    assert min(tops) > 48
    assert max(bottoms) < min(heads) - 8
    assert max(heads) + 8 < float(root.get("viewBox").split()[3])


@pytest.mark.parametrize("name", NETWORKS)
def test_wires_join_sums_with_the_outputs_that_read_them(name):
    net, params, *_ = instance(NETWORKS[name])
    wires = [
        e
        for e in ET.fromstring(network_picture(net, params).svg).iter(f"{SVG}path")
        if e.get("class") == "wire" and e.get("stroke-dasharray") is None
    ]
    assert len(wires) == sum(int(net.activation(k).reads(net.sums(k)).sum()) for k in (1, 2))


def test_lines_have_titles_with_name_and_number():
    net = MLP(widths=(2, 1))
    root = ET.fromstring(network_picture(net, {"W1": [[2.0, -1.5]], "b1": [0.0]}).svg)
    titles = {e.get("id"): e.findtext(f"{SVG}title") for e in root.iter(f"{SVG}path") if e.get("id")}
    assert titles["w-1-2-1"] == "w(1)[2,1] = −1.5"


def test_stories_of_numbers_and_of_matrices_share_their_topics(n5):
    net, params, x, d = n5
    numbers = {frame.topic for frame in pass_story(net, params, x, d).frames}
    matrices = {frame.topic for frame in matrix_story(net, params, x, d).frames}
    assert numbers == matrices
    assert {"dw-2", "db-1", "dy-0"} < numbers


@pytest.mark.parametrize("name", NETWORKS)
def test_every_step_of_every_network_has_its_frame(name):
    net, params, x, d = instance(NETWORKS[name])
    assert len(forward_story(net, params, x)) == 1 + len(forward_steps(net, params, x))
    assert len(backward_story(net, params, x, d)) == 1 + len(backward_steps(net, params, x, d))
