"""The passes as blocks: shapes, numbers, what is left out, what is lit."""

import re
import xml.etree.ElementTree as ET
from html import unescape

import numpy as np
import pytest

from mlpkit import MLP, cross_entropy, sigmoid, softmax, tanh
from mlpkit.activations import MaxGroups, pair_products
from mlpkit.diagrams import matrix_story

SVG = "{http://www.w3.org/2000/svg}"


def small(rows=4):
    net = MLP(widths=(2, 3, 1), hidden=sigmoid)
    rng = np.random.default_rng(0)
    X, D = rng.normal(size=(rows, 2)), rng.normal(size=(rows, 1))
    return net, net.init(rng, scale=1.0), X, D


def classes(widths=(3, 4, 5), rows=6, hidden=tanh):
    net = MLP(widths=widths, hidden=hidden, output=softmax, divergence=cross_entropy)
    rng = np.random.default_rng(1)
    return net, net.init(rng, scale=1.0), rng.normal(size=(rows, widths[0])), np.eye(widths[-1])[[0] * rows]


def texts(svg):
    return {e.get("id"): "".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text") if e.get("id")}


def written(frame):
    """The equation as plain text, every letter followed by its shape."""
    return unescape(re.sub(r"<[^>]+>", "", frame.html.replace("<small>", "[").replace("</small>", "]")))


def frame_about(story, title):
    return next(frame for frame in story.frames if frame.title == title)


def block(shown, label, shape):
    """Numbers of a block as an array, as they are written."""
    rows, columns = shape
    return np.array(
        [[float(shown[f"{label}-{r}-{c}"].replace("−", "-")) for c in range(columns)] for r in range(rows)]
    )


def test_shapes_stand_under_the_letters_and_fit_together():
    story = matrix_story(*small())
    assert written(frame_about(story, "Sums of layer 1")) == "Z1[4×3] = Y0[4×2] W1T[2×3] + b1[1×3]"
    assert (
        written(frame_about(story, "Derivatives to the weights of layer 2"))
        == "Ẇ2[1×3] = Ż2T[1×4] Y1[4×3] / T[4]"
    )
    assert (
        written(frame_about(story, "Derivatives to the sums of layer 1"))
        == "Ż1[4×3] = Ẏ1[4×3] ∘ sigmoid′(Z₁)[4×3]"
    )


def test_one_instance_is_written_with_columns():
    net, params, X, D = small()
    story = matrix_story(net, params, X[0], D[0])
    assert written(frame_about(story, "Sums of layer 1")) == "z1[3×1] = W1[3×2] y0[2×1] + b1[3×1]"
    assert (
        written(frame_about(story, "Derivatives to the weights of layer 1")) == "Ẇ1[3×2] = ż1[3×1] y0T[1×2]"
    )


def test_a_vector_activation_has_its_jacobian():
    net, params, X, D = classes()
    story = matrix_story(net, params, X[0], D[0])
    assert written(frame_about(story, "Derivatives to the sums of layer 2")) == "ż2[5×1] = J2T[5×5] ẏ2[5×1]"


@pytest.mark.parametrize("hidden", [pair_products, MaxGroups(3)])
def test_sums_and_outputs_of_different_number_have_different_shapes(hidden):
    net, params, X, D = classes((2, 2, 3), rows=2, hidden=hidden)
    story = matrix_story(net, params, X, D)
    M = net.sums(1)
    assert written(frame_about(story, "Sums of layer 1")) == f"Z1[2×{M}] = Y0[2×2] W1T[2×{M}] + b1[1×{M}]"
    assert f"T×M₁ = 2×{M}" in story.svg
    assert "T×D₁ = 2×2" in story.svg


def test_all_numbers_of_small_blocks_are_shown():
    net, params, X, D = small()
    shown = texts(matrix_story(net, params, X, D).picture(-1))
    gradients = net.backward(params, net.forward(params, X), D)
    np.testing.assert_allclose(block(shown, "dW1", (3, 2)), gradients["W1"], rtol=0.05, atol=1e-12)
    np.testing.assert_allclose(block(shown, "dY0", (4, 2)), gradients.wrt_x, rtol=0.05, atol=1e-12)
    np.testing.assert_allclose(block(shown, "W2", (1, 3)), params["W2"], rtol=0.05)


def test_of_large_blocks_the_first_and_the_last_are_shown():
    story = matrix_story(*classes((8, 8, 8), rows=16))
    shown = texts(story.picture(-1))
    rows = {int(key.split("-")[1]) for key in shown if key.startswith("Y0-")}
    columns = {int(key.split("-")[2]) for key in shown if key.startswith("Y0-")}
    assert {0, 15} <= rows < set(range(16))
    assert {0, 7} <= columns < set(range(8))
    assert "⋱" in story.svg


def test_what_is_computed_and_what_it_is_computed_from_is_lit():
    story = matrix_story(*small())
    frame = frame_about(story, "Derivatives to the sums of layer 1")
    assert (frame.now, frame.read) == (("dZ1",), ("dY1", "Z1"))
    frame = frame_about(story, "Derivatives to the outputs of layer 1")
    assert (frame.now, frame.read) == (("dY1",), ("dZ2", "W2"))


def test_everything_lit_has_been_computed_before_or_was_given():
    net, params, X, D = classes()
    known = set(params)
    for frame in matrix_story(net, params, X, D).frames:
        assert set(frame.read) <= known
        known |= set(frame.now)


def test_the_alt_text_gives_shapes_and_few_numbers():
    story = matrix_story(*small())
    alt = frame_about(story, "Outputs of layer 2").alt
    assert alt.startswith("Y2 (4 by 1) from Z2 (4 by 1): values ")
    large = frame_about(matrix_story(*classes((8, 8, 8), rows=16)), "Sums of layer 1").alt
    assert re.search(
        r"Z1 \(16 by 8\) from Y0 \(16 by 8\), W1 \(8 by 8\), b1 \(8\): entries from −\S+ to \S+$", large
    )


def test_without_targets_only_the_forward_pass_is_told():
    net, params, X, _ = small()
    assert [f.title for f in matrix_story(net, params, X).frames][-1] == "Outputs of layer 2"


@pytest.mark.parametrize("widths", [(1, 1), (2, 3, 1), (8, 8, 8), (3, 4, 5, 2)])
def test_blocks_lie_inside_the_picture_and_apart(widths):
    root = ET.fromstring(matrix_story(*classes(widths)).svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = [
        tuple(float(e.get(key)) for key in ("x", "y", "width", "height"))
        for e in root.iter(f"{SVG}rect")
        if "cell" in e.get("class", "")
    ]
    for n, (x1, y1, w1, h1) in enumerate(boxes):
        assert x1 >= 0
        assert y1 >= 0
        assert x1 + w1 <= width
        assert y1 + h1 <= height
        for x2, y2, w2, h2 in boxes[n + 1 :]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1
