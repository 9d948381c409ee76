"""The explorations: every number that they show, against a calculation that shares nothing with them."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit

from mlpkit import explorers
from mlpkit.descent import SURFACES
from mlpkit.diagrams.plane import Axes, clipped_pieces, level_lines, ticks
from mlpkit.diagrams.raster import DIVERGING, diverging_bytes, image
from mlpkit.explorers import Choice, Exploration, Slider, View, part
from mlpkit.explorers.images import weight_facts
from mlpkit.explorers.learning_rate import descent_facts
from mlpkit.explorers.neurons import bump_facts, half_plane_facts, perceptron_facts
from mlpkit.explorers.slopes import activation_facts, difference_facts, subgradient_facts
from mlpkit.explorers.surfaces import batch_facts, hessian_facts, level_direction, loss_facts

MAKERS = [
    explorers.learning_rate,
    explorers.perceptron_line,
    explorers.half_planes,
    explorers.bump_construction,
    explorers.activation_explorer,
    explorers.cross_entropy_against_squares,
    explorers.hessian_explorer,
    explorers.difference_error,
    explorers.subgradients,
    explorers.batch_paths,
    explorers.weight_images,
]
N2 = np.array([[2.0, 1.0], [1.0, 8.0]])


# -- all of them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
def test_every_view_is_well_formed_and_names_itself(make):
    view = make().show()
    root = ET.fromstring(view.svg())
    assert root.get("role") == "img"
    assert root.get("aria-label") == view.alt
    assert "nan" not in view.svg().lower().replace("nand", "")
    ET.fromstring(f"<div>{view.caption}</div>")


@pytest.mark.parametrize("make", MAKERS)
def test_the_ends_of_every_control_can_be_shown(make):
    exploration = make()
    for control in exploration.controls:
        ends = control.options if isinstance(control, Choice) else (control.low, control.high)
        for end in ends:
            view = exploration.show(**{control.name: end})
            assert re.search(r"\d", view.alt)
            assert len(view.svg()) < 60_000


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_values_give_the_same_view(make):
    assert make().show() == make().show()


def test_values_are_clamped_and_whole_numbers_rounded():
    values = explorers.learning_rate().accept({"eta": 99.0, "steps": 7.6})
    assert (values["eta"], values["steps"]) == (1.0, 8)


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"speed": 1.0}, KeyError, "no control 'speed'"),
        ({"function": "hill"}, ValueError, "function must be one of"),
        ({"eta": "fast"}, TypeError, "eta must be a real number"),
        ({"eta": float("nan")}, ValueError, "eta must be finite"),
        ([1], TypeError, "values must be a dict"),
    ],
)
def test_bad_values_are_named(values, error, words):
    with pytest.raises(error, match=words):
        explorers.learning_rate().accept(values)


def test_a_view_needs_exactly_the_parts_of_its_base():
    with pytest.raises(ValueError, match=r"parts must be those that the base has places for, \['a'\]"):
        View(f"<svg>{part('a')}</svg>", {"b": ""}, "", "")


def test_an_exploration_can_be_made_by_anyone():
    def draw(values):
        return View(
            f'<svg aria-label="">{part("p")}</svg>', {"p": f"<g>{values['n']}</g>"}, "", str(values["n"])
        )

    made = Exploration("Mine", (Slider("n", "n", 0, 9, 4, whole=True),), draw)
    assert made.show(n=7).svg() == '<svg aria-label="7"><g><g>7</g></g></svg>'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"low": 2, "high": 1, "value": 1}, "low must be less"),
        ({"low": 0, "high": 1, "value": 1, "log": True}, "positive"),
    ],
)
def test_bad_sliders_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Slider("n", "n", **arguments)


# -- plots -----------------------------------------------------------------------------------------------


def test_ticks_are_round_numbers():
    assert ticks(0, 1) == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert ticks(-4, 4) == (-4, -2, 0, 2, 4)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_in_the_range(low, width):
    values = ticks(low, low + width)
    assert all(low - 1e-6 * width <= value <= low + width * (1 + 1e-6) for value in values)


@pytest.mark.parametrize("name", ["tilted bowl", "narrow valley", "two minima"])
def test_areas_above_a_level_reach_into_the_corners(name):
    surface, axes = SURFACES[name], Axes((-4, 4), (-1.6, 1.6), 0, 0, 400, 366)
    corners = {(0, 0): (-4, 1.6), (400, 0): (4, 1.6), (0, 366): (-4, -1.6), (400, 366): (4, -1.6)}
    heights = {place: float(surface(np.array(corner))) for place, corner in corners.items()}
    for level in np.linspace(0.05, 0.95, 19) * max(heights.values()):
        outline = re.findall(r' d="([^"]*)"', level_lines(axes, surface, [level]))[0]
        pairs = [pair.split() for pair in re.split("[MLZ]+", outline) if pair]
        inside = {place for place, height in heights.items() if height > level}
        assert inside <= {(float(x), float(y)) for x, y in pairs}


@given(st.lists(st.tuples(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12)), min_size=2, max_size=12))
def test_clipped_lines_stay_in_the_box(points):
    for piece in clipped_pieces(points, [-3, -2], [3, 2]):
        assert (np.abs(piece) <= np.array([3, 2]) * (1 + 1e-3)).all()


def test_a_line_that_runs_away_leaves_in_the_right_direction():
    (piece,) = clipped_pieces([(0, 0), (2e12, 1e12)], [-4, -4], [4, 4])
    assert_allclose(piece, [(0, 0), (4, 2)], rtol=1e-12)


def test_a_line_through_the_box_from_outside_to_outside_is_kept():
    (piece,) = clipped_pieces([(-9, 0), (9, 0)], [-4, -4], [4, 4])
    assert_allclose(piece, [(-4, 0), (4, 0)])


def test_a_point_that_is_not_finite_breaks_the_line():
    assert len(clipped_pieces([(0, 0), (1, 1), (np.nan, 0), (2, 2), (3, 3)], [-4, -4], [4, 4])) == 2


def test_places_run_from_the_foot_to_the_top():
    axes = Axes((0, 10), (1, 100), 0, 0, 200, 100, y_log=True)
    assert_allclose(axes.places([(5, 10)]), [(100, 50)])


def test_the_palette_goes_from_orange_over_white_to_blue():
    low, middle, high = diverging_bytes([-9.0, 0.0, 9.0], -1, 1)
    assert (low, high) == (0, 255)
    assert DIVERGING[low][0] > DIVERGING[low][2]
    assert DIVERGING[high][2] > DIVERGING[high][0]
    assert (DIVERGING[middle] > 240).all()


def test_the_png_can_be_read_by_others():
    import base64
    import io

    from PIL import Image

    indices = np.arange(6, dtype=np.uint8).reshape(2, 3) * 51
    data = re.search(r"base64,([^\"]+)", image(indices, 0, 0, 3, 2))[1]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    assert_allclose(pixels, DIVERGING[indices])


# -- the learning rate -----------------------------------------------------------------------------------


def by_hand(H, x, eta, alpha, steps):
    x, change = np.array(x, dtype=float), np.zeros(2)
    for _ in range(steps):
        change = alpha * change - eta * H @ x
        x = x + change
    return x


@pytest.mark.parametrize(("eta", "verdict"), [(0.1, "converging"), (0.24, "converging"), (0.25, "diverging")])
def test_n2_is_judged_as_theory_does(eta, verdict):
    facts = descent_facts("tilted bowl", eta, 0.0, (3, 3), 50)
    assert facts.verdict == verdict
    assert facts.limit == pytest.approx(2 / np.linalg.eigvalsh(N2)[-1])
    assert_allclose(facts.path.end, by_hand(N2, (3, 3), eta, 0, 50), rtol=1e-10)


def test_n2_shows_the_worked_numbers():
    alt = explorers.learning_rate().show(eta=0.25).alt
    assert "Diverging: η is above the limit 2/λ_max = 0.24503." in alt
    assert "x = (4.027, 24.81)" in alt


def test_at_the_limit_itself_it_oscillates():
    limit = 2 / np.linalg.eigvalsh(N2)[-1]
    assert descent_facts("tilted bowl", limit, 0.0, (3, 3), 50).verdict == "oscillating"


@given(st.floats(0.01, 0.6), st.sampled_from([0.0, 0.3, 0.9]))
def test_the_verdict_agrees_with_a_long_run(eta, alpha):
    facts = descent_facts("tilted bowl", eta, alpha, (3, 3), 5)
    if abs(eta / facts.limit - 1) < 0.02:
        return
    with np.errstate(over="ignore", invalid="ignore"):
        end = np.linalg.norm(by_hand(N2, (3, 3), eta, alpha, 3000))
    assert (end < 1e-3) == (facts.verdict == "converging")


def test_just_below_the_limit_the_factor_does_not_read_as_one():
    assert "multiplies the error by 0.999758," in descent_facts("tilted bowl", 0.245, 0.0, (3, 3), 50).why


def test_two_minima_name_the_minimum_and_its_limit():
    facts = descent_facts("two minima", 0.3, 0.0, (0.3, 1.2), 50)
    least = max(np.roots([1, 0, -1, 0.1]).real)
    assert facts.verdict == "converging"
    assert facts.limit == pytest.approx(2 / max(3 * least**2 - 1, 1.0))
    assert_allclose(facts.path.end, [least, 0], atol=1e-4)


def test_a_saddle_diverges_with_any_step_but_not_from_its_ridge():
    assert descent_facts("saddle", 0.001, 0.0, (2.5, 0.02), 50).verdict == "diverging"
    assert descent_facts("saddle", 0.1, 0.0, (2.5, 0.0), 50).verdict == "converging"


def test_a_new_function_is_entered_at_its_own_start():
    exploration = explorers.learning_rate()
    values = exploration.accept({"function": "saddle"}, exploration.start())
    assert (values["x1"], values["x2"]) == (2.5, 0.02)


def test_points_stay_in_the_picture():
    exploration = explorers.learning_rate()
    narrow = exploration.accept({"function": "narrow valley"})
    assert exploration.accept({"x2": 4.0}, narrow)["x2"] == 1.6


def test_a_wild_path_stays_small_to_store():
    view = explorers.learning_rate().show(function="narrow valley", eta=1.0, alpha=0.98, steps=200)
    assert sum(map(len, view.parts.values())) < 6000
    assert max(abs(float(n)) for n in re.findall(r"-?\d+\.\d+", view.parts["path"])) < 2000


# -- neurons ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "w", "right"),
    [("AND", (1, 1, -1.5), 4), ("OR", (1, 1, -0.5), 4), ("NAND", (-1, -1, 1.5), 4), ("XOR", (1, 1, -0.5), 3)],
)
def test_lines_that_solve_gates(gate, w, right):
    assert perceptron_facts(gate, *w).right == right


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_no_line_solves_xor(w1, w2, b):
    assert perceptron_facts("XOR", w1, w2, b).right <= 3


def test_the_unit_is_written_with_real_signs():
    assert "1·x₁ − 0.5·x₂ + 0 ≥ 0" in explorers.perceptron_line().show(w2=-0.5, b=0).alt
    assert "where −1·x₁ + 1·x₂ − 2 ≥ 0" in explorers.perceptron_line().show(w1=-1, b=-2).alt


@pytest.mark.parametrize("sides", [3, 5, 8])
def test_and_of_half_planes_is_the_polygon(sides):
    facts = half_plane_facts(sides, sides)
    x, y = facts.corners.T
    area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert facts.share == pytest.approx(area / 2.4**2, abs=0.004)


def test_or_of_half_planes_is_everything_round_a_polygon():
    assert half_plane_facts(5, 1).share == 1.0


def test_the_point_is_asked_of_the_same_network():
    assert (
        "At (0, 0) 5 hidden units say 1, so the output is 1." in explorers.half_planes().show(x1=0, x2=0).alt
    )


def test_all_sides_stay_needed_when_their_number_changes():
    exploration = explorers.half_planes()
    assert exploration.accept({"sides": 7})["needed"] == 7
    assert exploration.accept({"sides": 3}, exploration.accept({"needed": 4}))["needed"] == 3


def test_bumps_are_differences_of_sigmoids():
    facts = bump_facts("sine", 4, 30.0)
    edges, heights = [-3.0, -0.5, 0.0, 0.5, 3.0], np.sin(np.pi * np.array([-0.75, -0.25, 0.25, 0.75]))
    summed = sum(
        h * (expit(30 * (facts.x - a)) - expit(30 * (facts.x - b)))
        for h, a, b in zip(heights, edges[:-1], edges[1:], strict=True)
    )
    assert_allclose(facts.got, summed, atol=1e-12)
    assert facts.largest == pytest.approx(np.abs(summed - np.sin(np.pi * facts.x)).max())


def test_more_and_steeper_bumps_come_nearer():
    errors = [bump_facts("sine", n, 12.0 * n).largest for n in (5, 15, 45)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


# -- slopes ----------------------------------------------------------------------------------------------


@given(st.floats(-6, 6), st.sampled_from(["sigmoid", "tanh", "softplus"]))
def test_slopes_are_those_of_the_complex_step(z, name):
    written = {
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": lambda z: np.sinh(z) / np.cosh(z),
        "softplus": lambda z: np.log(1 + np.exp(z)),
    }[name]
    facts = activation_facts(name, z, 3)
    slope = written(z + 1e-30j).imag / 1e-30
    assert facts.slope == pytest.approx(slope, rel=1e-9, abs=1e-14)
    assert facts.chain == pytest.approx(slope**3, rel=1e-8, abs=1e-14)


def test_the_kink_of_relu_is_said():
    assert activation_facts("ReLU", 0.0, 1).at_kink
    assert "no derivative" in explorers.activation_explorer().show(activation="ReLU", z=0).alt


def test_difference_quotients_and_their_errors():
    facts = difference_facts("exp(x)", 1.0, 1e-5)
    forward = (np.exp(1.0 + 1e-5) - np.exp(1.0)) / 1e-5
    assert facts.forward == pytest.approx(forward, rel=1e-9)
    assert facts.errors["forward"][-1] == pytest.approx(abs(forward - np.e), rel=1e-4)
    # Truncation: e/2·h and e/6·h², read off at a large step.
    large = difference_facts("exp(x)", 1.0, 1e-2)
    assert large.errors["forward"][-1] == pytest.approx(np.e / 2 * 1e-2, rel=0.01)
    assert large.errors["central"][-1] == pytest.approx(np.e / 6 * 1e-4, rel=0.01)


def test_the_errors_make_a_v():
    errors = difference_facts("sin(x)", 1.0, 1e-5).errors["central"][:-1]
    least = np.nanargmin(errors)
    assert 20 < least < 90
    assert errors[0] > 1e4 * errors[least]
    assert errors[-1] > 1e4 * errors[least]


def test_at_a_kink_no_step_helps_the_central_quotient():
    facts = difference_facts("ReLU(x)", 0.0, 1e-6)
    assert facts.central == pytest.approx(0.5)
    assert_allclose(facts.errors["central"], 0.5, atol=1e-3)
    assert "is the kink" in explorers.difference_error().show(function="ReLU(x)", x=0).alt


@pytest.mark.parametrize(
    ("kind", "z", "interval"),
    [
        ("ReLU(z)", 0.0, (0, 1)),
        ("ReLU(z)", 0.5, (1, 1)),
        ("ReLU(z)", -0.5, (0, 0)),
        ("max(z, 1)", 1.0, (0, 1)),
        ("max(z, 1)", 2.0, (1, 1)),
        ("max(z, 1)", 0.0, (0, 0)),
        ("z²", 1.0, (2, 2)),
    ],
)
def test_intervals_of_subderivatives(kind, z, interval):
    facts = subgradient_facts(kind, z, 0.0)
    assert (facts.low, facts.high) == interval


@given(st.sampled_from(["ReLU(z)", "max(z, 1)", "z²"]), st.integers(-20, 20), st.integers(-40, 40))
def test_a_slope_is_a_subderivative_if_its_line_stays_below(kind, tenths, twentieths):
    facts = subgradient_facts(kind, tenths / 10, twentieths / 20)
    # The interval comes from derivatives at the point, the excess from looking at the whole graph.
    assert facts.is_one == (facts.worst < 1e-9)


def test_increasing_is_not_enough_for_a_subgradient():
    facts = subgradient_facts("z²", 1.0, 5.0)
    assert not facts.is_one
    assert facts.worst > 0


# -- surfaces --------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["tilted bowl", "saddle", "two minima", "curved valley"]),
    st.floats(-1.9, 1.9),
    st.floats(-0.9, 1.9),
)
def test_the_level_set_found_by_looking_is_at_a_right_angle(name, x1, x2):
    facts = hessian_facts(name, x1, x2)
    if facts.level is None or np.linalg.norm(facts.gradient) < 0.05:
        return
    assert facts.angle == pytest.approx(90, abs=0.1)


def test_the_level_direction_is_measured_on_the_function():
    surface = SURFACES["tilted bowl"]
    direction = level_direction(surface, np.array([2.0, 1.5]))
    moved = surface(np.array([2.0, 1.5]) + 1e-5 * direction) - surface([2.0, 1.5])
    assert abs(moved) < 1e-8


def test_curvatures_are_second_differences_along_the_axes():
    facts, surface, x = hessian_facts("two minima", 0.4, 0.7), SURFACES["two minima"], np.array([0.4, 0.7])
    for curvature, v in zip(facts.curvatures, facts.directions.T, strict=True):
        second = (surface(x + 1e-3 * v) - 2 * surface(x) + surface(x - 1e-3 * v)) / 1e-6
        assert second == pytest.approx(curvature, abs=1e-5)


def test_a_stationary_point_has_no_angle():
    view = explorers.hessian_explorer().show(function="saddle", x1=0, x2=0)
    assert "a stationary point, saddle" in view.alt


def test_losses_and_gradients_of_two_weights():
    from mlpkit.divergences import binary_cross_entropy, half_squared_error
    from mlpkit.explorers.surfaces import _LABELS, _POINTS

    w, d = np.array([-3.0, 1.5]), _LABELS[:, 0]
    y = expit(_POINTS @ w)
    entropy, squares = loss_facts(binary_cross_entropy, *w), loss_facts(half_squared_error, *w)
    assert entropy.loss == pytest.approx(-np.mean(d * np.log(y) + (1 - d) * np.log(1 - y)))
    assert squares.loss == pytest.approx(np.mean((y - d) ** 2) / 2)
    assert_allclose(entropy.gradient, (y - d) @ _POINTS / 12)
    assert_allclose(squares.gradient, ((y - d) * y * (1 - y)) @ _POINTS / 12)


def test_far_from_the_data_only_the_cross_entropy_is_steep():
    assert "40.2 times as long" in explorers.cross_entropy_against_squares().show(w1=-6, w2=-5).alt


def test_batch_descent_is_descent_on_the_mean():
    from mlpkit.explorers.surfaces import _line_data

    x, d = (column[:, 0] for column in _line_data())
    point = np.array([-1.5, 2.0])
    for _ in range(3):
        error = point[0] * x + point[1] - d
        point = point - 0.2 * np.array([np.mean(error * x), np.mean(error)])
    facts = batch_facts(0.2, 8, 3)
    assert_allclose(facts.paths["batch"][-1], point)
    assert [len(path) - 1 for path in facts.paths.values()] == [3, 15, 120]


def test_the_least_loss_is_that_of_the_normal_equations():
    from mlpkit.explorers.surfaces import _line_data

    x, d = (column[:, 0] for column in _line_data())
    slope, intercept = np.polyfit(x, d, 1)
    facts = batch_facts(0.2, 8, 1)
    assert_allclose(facts.least, [slope, intercept])
    assert facts.least_loss == pytest.approx(np.mean((slope * x + intercept - d) ** 2) / 2)


def test_a_path_out_of_bounds_ends():
    assert len(batch_facts(2.0, 8, 6).paths["stochastic"]) < 241


# -- weights as images -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader():
    return explorers.images.digit_reader()


def test_the_sum_shown_is_weights_times_pixels(reader):
    net, params, data = reader
    facts = weight_facts(net, params, data, 3, 17)
    assert facts.weights.shape == (8, 8)
    assert (facts.weights * facts.pixels).sum() + facts.bias == pytest.approx(facts.z)
    assert facts.y == pytest.approx(expit(facts.z))


def test_the_reader_has_learnt_to_read(reader):
    net, params, data = reader
    answers = net.forward(params, data.x).output.argmax(axis=1)
    assert np.mean(answers == data.labels) > 0.85


def test_other_networks_can_be_looked_at(reader):
    net, params, data = reader
    assert (
        explorers.weight_images(net, params, data).show(unit=8).alt.startswith("Hidden unit 8 and picture 1")
    )
    with pytest.raises(ValueError, match="given together"):
        explorers.weight_images(net)
    with pytest.raises(ValueError, match="must consist of images"):
        from mlpkit import MLP, datasets

        tiny = MLP((2, 2, 2))
        explorers.weight_images(tiny, tiny.init(np.random.default_rng(0)), datasets.xor())
