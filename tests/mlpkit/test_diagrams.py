"""Pictures and stories as text: right numbers in the right places, nothing cut off, words that say them."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import MLP, Name, backward_steps, cross_entropy, forward_steps, sigmoid, softmax, tanh
from mlpkit.diagrams import (
    Frame,
    Story,
    backward_story,
    forward_story,
    network_picture,
    pass_story,
    step_table,
)
from mlpkit.diagrams.notation import expand_names, html_name, number, plain_name, spoken_name

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def n5():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    return net, {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}, [1.0, 0.0], [0.9]


def random_net(widths, seed=0, **kinds):
    net = MLP(widths=widths, **({"hidden": tanh, "output": softmax, "divergence": cross_entropy} | kinds))
    rng = np.random.default_rng(seed)
    return net, net.init(rng, scale=1.0), rng.normal(size=widths[0]), np.eye(widths[-1])[0]


def texts(svg):
    """Text content by id."""
    return {e.get("id"): "".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text") if e.get("id")}


def test_the_finished_backward_picture_shows_n5(n5):
    shown = texts(backward_story(*n5).picture(-1))
    assert shown["y-2-1-value"] == "0.5523"
    assert shown["dz-2-1-value"] == "−0.08597"
    assert [shown[f"dz-1-{j}-value"] for j in (1, 2)] == ["−0.002128", "−0.002128"]
    assert shown["dw-2-0-1-value"] == "−0.08597"
    assert shown["dw-1-2-1-value"] == "0"


def test_numbers_appear_when_they_are_computed_and_stay(n5):
    story = backward_story(*n5)
    when = next(n for n, frame in enumerate(story.frames) if "dz-2-1-value" in frame.texts)
    assert texts(story.picture(when - 1))["dz-2-1-value"] == ""
    assert texts(story.picture(when))["dz-2-1-value"] == "−0.08597"
    assert texts(story.picture(-1))["dz-2-1-value"] == "−0.08597"


def test_a_story_has_a_frame_for_every_step(n5):
    net, params, x, d = n5
    assert len(forward_story(net, params, x)) == 1 + len(forward_steps(net, params, x))
    assert len(backward_story(net, params, x, d)) == 1 + len(backward_steps(net, params, x, d))
    both = pass_story(net, params, x, d)
    assert len(both) == len(forward_story(net, params, x)) + len(backward_story(net, params, x, d))


@pytest.mark.parametrize("widths", [(1, 1), (2, 2, 1), (3, 2, 4, 2), (8, 8, 8)])
def test_every_number_of_the_passes_is_in_the_final_picture(widths):
    net, params, x, d = random_net(widths)
    shown = texts(pass_story(net, params, x, d).picture(-1))
    for step in forward_steps(net, params, x) + backward_steps(net, params, x, d):
        place = f"{step.target.quantity}-{step.target.layer}-{'-'.join(map(str, step.target.indices))}-value"
        assert shown[place] == number(step.value)


@pytest.mark.parametrize("widths", [(2, 2, 1), (2, 3, 2), (8, 8, 8), (1, 8, 1)])
def test_nothing_lies_outside_the_picture_and_cells_do_not_overlap(widths):
    net, params, *_ = random_net(widths)
    root = ET.fromstring(network_picture(net, params).svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = [
        tuple(float(e.get(key)) for key in ("x", "y", "width", "height"))
        for e in root.iter(f"{SVG}rect")
        if "cell" in e.get("class", "")
    ]
    for x, y, w, h in boxes:
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    for n, (x1, y1, w1, h1) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[n + 1 :]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


@pytest.mark.parametrize("widths", [(2, 2, 1), (2, 2, 2), (2, 3, 2)])
def test_labels_of_weights_keep_apart_in_small_networks(widths):
    net, params, *_ = random_net(widths)
    root = ET.fromstring(network_picture(net, params).svg)
    places = [
        (float(e.get("x")), float(e.get("y")))
        for e in root.iter(f"{SVG}text")
        if "wlabel" in e.get("class", "")
    ]
    for n, (x1, y1) in enumerate(places):
        for x2, y2 in places[n + 1 :]:
            assert abs(x1 - x2) > 60 or abs(y1 - y2) > 27


def test_sign_is_said_by_colour_and_by_dashes_and_size_by_width():
    net = MLP(widths=(3, 1))
    root = ET.fromstring(network_picture(net, {"W1": [[2.0, -1.0, 0.0]], "b1": [0.0]}).svg)
    edges = {e.get("id"): e for e in root.iter(f"{SVG}path") if e.get("id")}
    assert "pos" in edges["w-1-1-1"].get("class")
    assert "neg" in edges["w-1-2-1"].get("class")
    assert "zero" in edges["w-1-3-1"].get("class")
    assert float(edges["w-1-1-1"].get("stroke-width")) > float(edges["w-1-2-1"].get("stroke-width"))


def test_a_step_lights_what_it_computes_and_what_it_reads(n5):
    frame = next(f for f in backward_story(*n5).frames if "dy-1-1-value" in f.texts)
    assert frame.now == ("y-1-1",)
    assert set(frame.read) == {"w-2-1-1", "w-2-1-1-value", "z-2-1"}


def test_captions_give_symbols_and_numbers_and_the_meaning(n5):
    frame = next(f for f in backward_story(*n5).frames if "dz-2-1-value" in f.texts)
    assert "0.2473 · (−0.3477) = <b>−0.08597</b>" in frame.html
    assert "‹ż|(2)|1›" in frame.html
    assert frame.title == "Derivative to sum 1 of layer 2"
    assert frame.says.startswith("Through a scalar activation")


def test_captions_explain_the_way_through_a_vector_activation():
    net = MLP(widths=(2, 2), output=softmax, divergence=cross_entropy)
    story = backward_story(net, net.init(np.random.default_rng(0)), [0.4, 0.1], [1.0, 0.0])
    frame = next(f for f in story.frames if "dz-1-1-value" in f.texts)
    assert frame.says.startswith("Through a vector activation")


def test_alt_text_states_the_numbers(n5):
    root = ET.fromstring(backward_story(*n5).picture(2))
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "Network with 2 inputs, 2 hidden units (sigmoid), 1 output unit (sigmoid). −0.08597"
    )


def test_the_still_picture_has_what_can_be_seen_and_nothing_else():
    net, params, x, d = random_net((8, 8, 8))
    still = pass_story(net, params, x, d).still()
    assert " id=" not in still
    written = {"".join(e.itertext()) for e in ET.fromstring(still).iter(f"{SVG}text")}
    trace = net.forward(params, x)
    assert {number(float(z)) for z in trace.pre_activation(1)} <= written
    assert "" not in written
    hidden = [e for e in ET.fromstring(still).iter(f"{SVG}text") if "quiet" in e.get("class", "")]
    assert all("bp-" in e.get("class") for e in hidden)


def test_the_largest_story_is_small_enough_to_save():
    net, params, x, d = random_net((8, 8, 8))
    story = pass_story(net, params, x, d)
    assert len(json.dumps(story.to_dict())) + len(story.picture(-1)) < 300_000


def test_a_story_names_only_elements_that_exist():
    with pytest.raises(ValueError, match=r"frame 0 names elements that the picture lacks: there"):
        Story('<svg xmlns="http://www.w3.org/2000/svg"/>', (Frame("a", "b", "c", now=("there",)),), "d")
    with pytest.raises(ValueError, match="at least one frame"):
        Story('<svg xmlns="http://www.w3.org/2000/svg"/>', (), "d")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.085974, "−0.08597"),
        (0.99996, "1"),
        (123456.0, "1.235e5"),
        (-0.0000213, "−2.13e−5"),
        (12345.0, "12345"),
    ],
)
def test_numbers_are_written_short_and_with_a_real_minus(value, text):
    assert number(value) == text


@given(st.floats(-1e8, 1e8, allow_nan=False))
def test_written_numbers_are_true_to_four_digits(value):
    written = float(number(value).replace("−", "-"))
    assert abs(written - value) <= 6e-4 * abs(value)


def test_names_in_three_media():
    weight = Name("dw", 2, (0, 1))
    assert html_name(weight) == "‹ẇ|(2)|01›"
    assert expand_names(html_name(weight)) == (
        '<span class="bp-name"><i>ẇ</i><span><sup>(2)</sup><sub>01</sub></span></span>'
    )
    assert spoken_name(weight) == "derivative to bias of unit 1, layer 2"
    assert plain_name(Name("dz", 2, (1,))) == "ż(2)[1]"
    assert html_name(Name("w", 1, (10, 2))) == "‹w|(1)|10,2›"


def test_a_table_has_a_row_for_every_step(n5):
    steps = backward_steps(*n5)
    table = step_table(steps, "All of it")
    assert table._repr_html_().count("<tr>") == len(steps) + 1
    assert "−0.002128" in repr(table)
    assert repr(table).startswith("All of it")
