"""Influence diagrams and computation graphs: right numbers on the arrows, sums over paths, nothing on top of
anything else."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpkit import differentiate as df
from mlpkit.diagrams import Influence, graph_diagram, graph_story, influence_diagram, paths_story
from mlpkit.diagrams.layers import layers
from mlpkit.differentiate.examples import logistic_loss, nested_cosine, quiz_function, two_layer_loss

SVG = "{http://www.w3.org/2000/svg}"
DIAMOND = [("x", "g1", 2.0), ("x", "g2", -0.5), ("g1", "y", 3.0), ("g2", "y", 4.0)]


def node(value, name):
    return df.Node(value, name)


def n7():
    x, z = node(2.0, "x"), node(3.0, "z")
    y = quiz_function(x, z)
    y.name = "y"
    return y


def n8(at=2.0):
    J = nested_cosine(node(at, "x"))
    J.name = "J"
    return J


def network():
    W1, b1 = node([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "W1"), node([0.1, 0.2, 0.3], "b1")
    W2, b2 = node([[1.0, 2.0, 3.0]], "W2"), node([0.5], "b2")
    return two_layer_loss(W1, b1, W2, b2, np.array([1.0, 2.0]), np.array([1.0]))


def texts(svg):
    return {e.get("id"): "".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text") if e.get("id")}


def boxes(svg):
    return [
        tuple(float(e.get(key)) for key in ("x", "y", "width", "height"))
        for e in ET.fromstring(svg).iter(f"{SVG}rect")
        if "cell" in e.get("class", "")
    ]


def frame_about(story, words):
    return next(frame for frame in story.frames if words in frame.title)


# -- layout ------------------------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    count = draw(st.integers(2, 25))
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] < p[1]),
            min_size=1,
            max_size=40,
        )
    )
    return count, pairs


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_arrows_go_to_the_right_and_items_keep_apart(graph):
    count, edges = graph
    laid = layers(range(count), edges)
    assert sorted(n for column in laid.columns for n in column if isinstance(n, int)) == list(range(count))
    for a, b in edges:
        assert laid.column_of(a) < laid.column_of(b)
        route = laid.routes[a, b]
        assert [laid.column_of(item) for item in route] == list(
            range(laid.column_of(a), laid.column_of(b) + 1)
        )
    for column in laid.columns:
        heights = [laid.heights[item] for item in column]
        assert all(after - before >= 1 - 1e-9 for before, after in pairwise(heights))


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_boxes_of_any_graph_lie_apart_inside_the_picture(graph):
    _, edges = graph
    svg = influence_diagram([(f"u{a}", f"u{b}") for a, b in edges]).svg
    _, _, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
    drawn = boxes(svg)
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in drawn)
    for (x1, y1, w1, h1), (x2, y2, w2, h2) in combinations(drawn, 2):
        assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def test_crossings_that_can_be_avoided_are_avoided():
    laid = layers(["a", "b", "c", "d"], [("a", "d"), ("b", "c")])
    first, second = laid.columns
    assert [{"a": "d", "b": "c"}[item] for item in first] == list(second)


def test_cycles_and_unknown_nodes_are_refused():
    with pytest.raises(ValueError, match="cycle"):
        layers(["a", "b"], [("a", "b"), ("b", "a")])
    with pytest.raises(ValueError, match="unknown node 'c'"):
        layers(["a", "b"], [("a", "c")])


@pytest.mark.parametrize("result", [n7(), n8(), network()], ids=["N7", "N8", "network"])
def test_boxes_of_computation_graphs_lie_apart(result):
    for (x1, y1, w1, h1), (x2, y2, w2, h2) in combinations(boxes(graph_story(result).svg), 2):
        assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def arrow_texts(svg):
    """Middle and half the width of every text on an arrow."""
    return [
        (float(e.get("x")), float(e.get("y")) - 5, 4.0 * len(e.text))
        for e in ET.fromstring(svg).iter(f"{SVG}text")
        if e.get("class") == "onedge"
    ]


def assert_texts_are_free(svg):
    places = arrow_texts(svg)
    for (x1, y1, half1), (x2, y2, half2) in combinations(places, 2):
        assert abs(x1 - x2) > half1 + half2 or abs(y1 - y2) > 12
    for x, y, half in places:
        assert not any(
            left - half < x < left + w + half and top - 7 < y < top + h + 7 for left, top, w, h in boxes(svg)
        )


@pytest.mark.parametrize("result", [n7(), n8()], ids=["N7", "N8"])
def test_texts_on_arrows_touch_neither_each_other_nor_a_box(result):
    assert_texts_are_free(graph_story(result).picture(-1))


def test_texts_of_layers_that_are_fully_joined_keep_apart():
    crossing = [("a1", "b1", -0.0497), ("a1", "b2", 0.0248), ("a2", "b1", -0.02485), ("a2", "b2", -0.124)]
    assert_texts_are_free(influence_diagram(crossing).svg)


# -- influence diagrams --------------------------------------------------------------------------------------


def test_the_alt_text_says_every_influence():
    diagram = influence_diagram(DIAMOND, title="Two ways")
    assert diagram.alt.startswith("Two ways: x influences g1 by 2; x influences g2 by −0.5;")
    assert '<img alt="Two ways: x influences' in diagram._repr_html_()


def test_arrows_carry_numbers_and_words():
    shown = texts(influence_diagram([Influence("x", "y", 2.5), ("x", "z", "f′(x)"), ("y", "z")]).svg)
    assert [shown[f"e-{n}-label"] for n in range(3)] == ["2.5", "f′(x)", ""]


def test_all_paths_are_lit_with_their_products_and_the_sum():
    story = paths_story(influence_diagram(DIAMOND), "x", "y")
    assert [frame.title for frame in story.frames[1:]] == [
        "Path 1 of 2: x → g₁ → y",
        "Path 2 of 2: x → g₂ → y",
        "The sum over all paths",
    ]
    assert story.frames[1].now == ("e-0", "e-2")
    assert "2 · 3 = <b>6</b>" in story.frames[1].html
    assert "(−0.5) · 4 = <b>−2</b>" in story.frames[2].html
    assert "6 + (−2) = <b>4</b>" in story.frames[3].html
    assert story.frames[3].alt == "the derivative of y to x is 4"


def test_words_on_arrows_are_multiplied_as_words():
    story = paths_story(influence_diagram([("x", "z", "w"), ("z", "y", "f′(z)")]), "x", "y")
    assert "<b>w · f′(z)</b>" in story.frames[1].html


def test_two_arrows_between_the_same_variables_are_two_paths():
    story = paths_story(influence_diagram([("x", "y", 3.0), ("x", "y", 4.0)]), "x", "y")
    assert story.frames[-1].alt == "the derivative of y to x is 7"


def test_without_a_path_the_derivative_is_zero():
    story = paths_story(influence_diagram([("x", "y", 3.0), ("z", "y", 4.0)]), "x", "z")
    assert len(story) == 1
    assert "<b>0</b>" in story.frames[0].html


def test_too_many_paths_are_refused():
    ladder = [(f"u{n}", f"u{n + 1}", 1.0) for n in range(7) for _ in range(2)]
    with pytest.raises(ValueError, match="more than 64 paths from u0 to u7"):
        paths_story(influence_diagram(ladder), "u0", "u7")


@pytest.mark.parametrize(
    ("arrows", "error", "words"),
    [
        ([], ValueError, "at least one arrow"),
        ([("x",)], TypeError, r"must hold \(source, target"),
        ([("x", 3)], TypeError, r"must hold \(source, target"),
        ([("x", "y"), ("y", "x")], ValueError, "cycle"),
    ],
)
def test_bad_arrows_are_named(arrows, error, words):
    with pytest.raises(error, match=words):
        influence_diagram(arrows)
    with pytest.raises(ValueError, match="source must be one of x, g1, g2, y, got 'q'"):
        paths_story(influence_diagram(DIAMOND), "q", "y")


# -- computation graphs --------------------------------------------------------------------------------------


def test_n7_on_its_graph():
    story = graph_story(n7())
    assert frame_about(story, "Value of y").alt.endswith("= 412.1")
    assert frame_about(story, "Derivative to x").alt == "the derivative of y to x is 1208"
    assert frame_about(story, "Derivative to z").alt == "the derivative of y to z is 809.7"


def test_n8_on_its_graph_uses_t_twice():
    story = graph_story(n8())
    shown = texts(story.picture(-1))
    assert shown["n-0-derivative"] == "9.099"
    t = frame_about(story, "Derivative to v₁")
    assert t.html.count("∂J/∂v") == 3  # its own, and one for each of its two uses
    assert len(t.read) == 4


@pytest.mark.parametrize("make", [n7, n8, network], ids=["N7", "N8", "network"])
def test_derivatives_are_those_of_a_backward_pass(make):
    result = make()
    story = graph_story(result)
    df.backward(result)
    order = [n for n in df.topological_order(result) if n.operation != "constant"]
    shown = texts(story.picture(-1))
    for n, variable in enumerate(order):
        if variable.value.size == 1:
            written = float(shown[f"n-{n}-derivative"].replace("−", "-"))
            assert written == pytest.approx(float(variable.derivative.reshape(())), rel=1e-3)


def test_derivatives_appear_in_reverse_order_after_all_values():
    story = graph_story(n8())
    values = [
        int(re.search(r"n-(\d+)-value", str(dict(f.texts)))[1])
        for f in story.frames
        if "-value" in str(f.texts)
    ]
    derivatives = [
        int(re.search(r"n-(\d+)-deriv", str(dict(f.texts)))[1])
        for f in story.frames
        if "-deriv" in str(f.texts)
    ]
    assert values == sorted(values)
    assert derivatives == sorted(derivatives, reverse=True)


@given(st.floats(0.5, 2.0))
@settings(max_examples=25, deadline=None)
def test_the_sum_over_all_paths_is_the_derivative(at):
    result = n8(at)
    story = paths_story(graph_diagram(result), "x", "J")
    h = 1e-6
    measured = (
        np.cos(np.sin((at + h) ** 2) + 3 * (at + h) ** 2) - np.cos(np.sin((at - h) ** 2) + 3 * (at - h) ** 2)
    ) / (2 * h)
    written = float(story.frames[-1].alt.split(" is ")[1].replace("−", "-"))
    assert written == pytest.approx(measured, rel=2e-3, abs=2e-3)


def test_the_graph_is_not_changed():
    result = n8()
    graph_story(result)
    assert result.derivative is None


def test_constants_are_written_into_the_boxes():
    svg = graph_story(n8()).svg
    assert "v₃ = 3 · v₁" in svg
    assert len(boxes(svg)) == 6


def test_names_that_are_given_twice_are_told_apart():
    a, b = node(1.0, "a"), node(2.0, "a")
    diagram = graph_diagram(a * b)
    assert len(set(diagram.nodes)) == 3


def test_arrays_are_shown_by_their_shape():
    shown = texts(graph_story(network()).picture(-1))
    assert "3×2 array" in shown.values()
    assert any(text.startswith("(") for text in shown.values())


def test_a_result_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match=r"result must be one number, got shape \(3,\)"):
        graph_story(node([1.0, 2.0, 3.0], "x") * 2)
    with pytest.raises(TypeError, match="result must be a Node"):
        graph_story(3.0)


def test_logistic_regression_has_its_graph():
    theta = node([0.1, 0.2, 0.3], "θ")
    story = graph_story(logistic_loss(theta, np.array([1.0, 2.0]), 1.0))
    assert frame_about(story, "Derivative to θ").alt.endswith(")")
