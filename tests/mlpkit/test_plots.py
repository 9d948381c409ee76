"""Plots by their content: what is drawn where, what is written, and the words beside the picture."""

import base64
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from mlpkit import MLP, identity, relu, sigmoid, softmax, tanh
from mlpkit.datasets import Dataset
from mlpkit.descent import SURFACES, descend
from mlpkit.differentiate import step_sizes_errors
from mlpkit.divergences import cross_entropy
from mlpkit.plots import (
    CLASSES,
    DIVERGING,
    Picture,
    activation,
    confusion_matrix,
    contours,
    decision_regions,
    figure,
    loss_curves,
    step_size_errors,
    theme,
    weight_images,
)

BOWL = SURFACES["tilted bowl"]


def legend_texts(figure):
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


def lines_by_label(figure):
    return {line.get_label(): line for line in figure.axes[0].get_lines()}


def luminance(colour):
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_contours_show_the_way_and_the_verdict():
    path = descend(BOWL, [3.0, 3.0], 0.1)
    figure = contours(BOWL, path)
    line = next(line for line in figure.axes[0].get_lines() if len(line.get_xdata()) > 1)
    np.testing.assert_array_equal(line.get_xydata(), path.points)
    assert figure.axes[0].get_title(loc="left") == "Tilted bowl: converged"
    assert legend_texts(figure) == [f"step 0.1: converged after {path.steps} steps"]
    assert figure.axes[0].get_xlabel() == "$x_1$"


def test_contours_of_several_descents_name_them_all():
    figure = contours(BOWL, [descend(BOWL, [3.0, 3.0], step, steps=20) for step in (0.1, 0.3)])
    assert len(legend_texts(figure)) == 2
    assert "diverging" in legend_texts(figure)[1]


def test_contours_need_two_variables():
    with pytest.raises(ValueError, match="surface must have 2 variables, got three variables with 3"):
        contours(SURFACES["three variables"])


def test_loss_curves_leave_out_what_is_not_finite():
    figure = loss_curves({"training": [2.0, 1.0, 0.5], "validation": [np.nan, 1.5, 1.0]})
    lines = lines_by_label(figure)
    np.testing.assert_array_equal(lines["training"].get_xydata(), [[0, 2], [1, 1], [2, 0.5]])
    np.testing.assert_array_equal(lines["validation"].get_xydata(), [[1, 1.5], [2, 1]])
    assert lines["training"].get_linestyle() != lines["validation"].get_linestyle()
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_xlabel() == "epochs"


def test_losses_that_reach_zero_have_an_ordinary_axis():
    assert loss_curves({"a": [1.0, 0.0]}).axes[0].get_yscale() == "linear"


def test_an_activation_is_drawn_with_its_slope():
    lines = lines_by_label(activation(sigmoid))
    z, slope = lines["slope $f'(z)$"].get_data()
    np.testing.assert_allclose(slope, np.exp(-z) / (1 + np.exp(-z)) ** 2, atol=1e-12)
    assert activation(sigmoid).axes[0].get_title(loc="left") == "Sigmoid: steepest slope 0.25"


def test_a_kink_is_marked():
    def dotted(f):
        return [
            line.get_xdata()[0] for line in activation(f).axes[0].get_lines() if line.get_linestyle() == ":"
        ]

    assert dotted(relu) == [0.0]
    assert dotted(tanh) == []


def test_the_v_curve_has_its_best_step_inside():
    hs = np.logspace(-12, 0, 13)
    figure = step_size_errors(hs, step_sizes_errors(np.exp, 0.0, 1.0, hs))
    lines = lines_by_label(figure)
    assert set(lines) == {"forward", "central", "complex"}
    best = hs[np.argmin(lines["central"].get_ydata())]
    assert 1e-7 < best < 1e-3
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


def test_steps_that_rounding_swallows_leave_a_gap():
    figure = step_size_errors([1e-3, 1e-20], {"central": [1e-7, np.nan]})
    assert np.isnan(lines_by_label(figure)["central"].get_ydata()[1])


def three_classes():
    x = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    return Dataset(x, np.eye(3), np.array([0, 1, 2]), name="three", target_names=("a", "b", "c"))


def test_decision_regions_are_what_the_network_says():
    net = MLP(widths=(2, 3), output=softmax, divergence=cross_entropy)
    params = {"W1": [[-2.0, 0.0], [2.0, 0.0], [0.0, 2.0]], "b1": [0.0, 0.0, -1.0]}
    figure = decision_regions(net, params, three_classes())
    axes = figure.axes[0]
    said = axes.get_images()[0].get_array()
    assert (said[0, 0], said[0, -1], said[-1, said.shape[1] // 2]) == (0, 1, 2)
    assert axes.get_title(loc="left") == "Three: 100.0% of 3 instances in their own region"
    assert legend_texts(figure) == ["a", "b", "c"]
    markers = [collection.get_paths()[0].vertices.shape for collection in axes.collections]
    assert len(set(markers)) > 1


@pytest.mark.parametrize(("output", "middle"), [(sigmoid, 0.5), (tanh, 0.0), (identity, 0.0)])
def test_a_single_output_decides_at_the_middle_of_its_range(output, middle):
    net = MLP(widths=(2, 1), output=output)
    params = {"W1": [[1.0, 0.0]], "b1": [0.0]}
    x = np.array([[-1.0, 0.0], [1.0, 0.0]])
    data = Dataset(x, np.array([[0.0], [1.0]]), np.array([0, 1]), name="two")
    said = decision_regions(net, params, data).axes[0].get_images()[0].get_array()
    places = np.linspace(-1.2, 1.2, said.shape[1])
    np.testing.assert_array_equal(
        said[0], net.forward(params, np.c_[places, 0 * places]).output[:, 0] > middle
    )


def test_weights_become_images_with_one_scale_round_zero():
    W = np.array([[1.0, -2.0, 0.0, 0.5], [0.1, 0.2, 0.3, 0.4]])
    images = [a.get_images()[0] for a in weight_images(W, (2, 2)).axes[:2]]
    np.testing.assert_array_equal(images[0].get_array(), [[1.0, -2.0], [0.0, 0.5]])
    assert {image.get_clim() for image in images} == {(-2.0, 2.0)}
    assert weight_images(W, (2, 2), titles=["up", "down"]).axes[1].get_title(loc="left") == "down"


def test_a_confusion_matrix_counts():
    figure = confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 2, 0], ["a", "b", "c"])
    written = [int(text.get_text()) for text in figure.axes[0].texts]
    assert written == [1, 1, 0, 0, 1, 0, 1, 0, 1]
    assert figure.axes[0].get_title(loc="left") == "60.0% right"
    assert figure.axes[0].get_ylabel() == "true class"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: loss_curves({}), "at least one curve"),
        (lambda: loss_curves({"a": [[1.0]]}), r"curves\['a'\] must be a list of numbers"),
        (lambda: weight_images(np.ones((2, 5)), (2, 2)), r"W must have shape \(units, 4\)"),
        (lambda: confusion_matrix([0, 3], [0, 1], ["a", "b"]), "labels must be from 0 to 1"),
        (lambda: step_size_errors([0.0], {}), "hs must be a list of positive steps"),
        (lambda: Picture(Figure(), " "), "alt must say what the figure shows"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_picture_has_its_words_in_html_and_in_plain_text():
    picture = Picture(activation(sigmoid), 'Slope at most 0.25, "flat" outside.')
    image = ET.fromstring(picture._repr_html_())
    assert image.get("alt") == 'Slope at most 0.25, "flat" outside.'
    assert base64.b64decode(image.get("src").split(",")[1]).startswith(b"\x89PNG")
    assert repr(picture) == 'Picture(Slope at most 0.25, "flat" outside.)'


@pytest.mark.parametrize(
    "make",
    [
        lambda: activation(tanh),
        lambda: weight_images(np.eye(4), (2, 2)),
        lambda: confusion_matrix([0, 1], [0, 1], ["a", "b"]),
    ],
)
def test_the_same_figure_gives_the_same_bytes(make):
    figure = make()
    assert Picture(figure, "a").png == Picture(figure, "a").png == Picture(make(), "a").png


def test_bytes_hold_no_date_and_no_version():
    png = Picture(activation(tanh), "a").png
    assert not re.search(rb"tEXt|tIME|iTXt", png)


def test_figures_have_a_white_ground_whatever_the_notebook_says():
    with mpl.rc_context({"figure.facecolor": "black", "axes.facecolor": "black"}):
        figure = activation(sigmoid)
    assert mpl.colors.to_hex(figure.get_facecolor()) == "#ffffff"
    assert mpl.colors.to_hex(figure.axes[0].get_facecolor()) == "#ffffff"


def test_the_theme_ends_with_its_block():
    before = mpl.rcParams["font.size"]
    with theme():
        assert mpl.rcParams["font.size"] == 11
    assert mpl.rcParams["font.size"] == before


@pytest.mark.parametrize("colour", CLASSES)
def test_colours_of_classes_stand_out_from_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3.0  # WCAG 2.2, 1.4.11: parts of pictures


def test_the_diverging_palette_is_white_in_the_middle_and_equally_dark_at_its_ends():
    low, middle, high = (luminance(DIVERGING(at)) for at in (0.0, 0.5, 1.0))
    assert middle > 0.98
    assert low < 0.1
    assert high < 0.1


def test_labels_of_a_figure_have_room_outside_of_the_theme():
    drawn, axes = figure(7.2, 3.6)
    axes.set(xlabel="a label below the axes", title="a title above them")
    drawn.draw_without_rendering()
    box = axes.xaxis.label.get_window_extent()
    assert box.y0 > 0
    assert axes.title.get_window_extent().y1 < drawn.bbox.y1
