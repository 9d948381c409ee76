"""The playground's model: training, restoring, changing, and what is shown of it."""

import re
import xml.etree.ElementTree as ET
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from mlpkit import SGD
from mlpkit.explorers import playground as model
from mlpkit.explorers.playground import GRID, Settings, advance, change, play_fields, restore, start_play
from mlpkit.explorers.playground_view import field_view, loss_view, play_alt, still_picture

SMALL = Settings(data="AND", hidden=(2,), eta=0.5)


def same(one, two):
    assert one.state == two.state
    # NaN, where there are no classes, is equal to itself here.
    assert_array_equal(astuple(one.record), astuple(two.record))
    for key, value in one.training.params.items():
        assert_array_equal(value, two.training.params[key])


def test_training_is_descent_on_the_mean_divergence():
    play = advance(start_play(Settings(data="moons", batch=120, eta=0.1)), 3)
    (data, _), net = play.settings.problem(), play.settings.network()
    params, rule = dict(start_play(play.settings).training.params), SGD(0.1)
    for _ in range(3):
        params, _ = rule.update(params, net.backward(params, net.forward(params, data.x), data.d))
    assert play.record.divergence == pytest.approx(net.loss(params, data.x, data.d))


def test_the_test_loss_is_that_of_the_test_data():
    play = advance(start_play(SMALL), 4)
    _, test = play.settings.problem()
    assert play.record.validation_loss == pytest.approx(
        play.settings.network().loss(play.training.params, test.x, test.d)
    )


def test_a_play_does_not_change_under_advance():
    play = start_play(SMALL)
    advance(play, 3)
    assert play.record.epoch == 0
    assert play.state.endswith("*0")


@settings(max_examples=15)
@given(
    st.builds(
        Settings,
        data=st.sampled_from(["circles", "XOR", "spirals", "L shape", "curve: step"]),
        hidden=st.sampled_from([(), (3,), (4, 2)]),
        activation=st.sampled_from(["tanh", "ReLU"]),
        divergence=st.sampled_from(["cross-entropy", "squared error", "hinge"]),
        eta=st.floats(0.001, 0.5),
        alpha=st.sampled_from([0.0, 0.9]),
        seed=st.integers(0, 99),
    ),
    st.floats(0.001, 0.5),
)
def test_the_state_restores_everything_to_the_last_bit(wanted, eta):
    play = advance(start_play(wanted), 2)
    play = advance(change(play, model.replace(wanted, eta=eta, batch=7)), 3)
    restored = restore(play.state)
    same(play, restored)
    same(advance(play, 2), advance(restored, 2))


def test_a_live_change_keeps_the_training_and_another_starts_anew():
    play = advance(start_play(SMALL), 5)
    assert change(play, model.replace(SMALL, eta=0.1)).record.epoch == 5
    assert change(play, model.replace(SMALL, hidden=(3,))).record.epoch == 0
    assert change(play, SMALL) is play


def test_steps_never_taken_leave_no_trace_in_the_state():
    play = advance(start_play(SMALL), 5)
    for eta in (0.1, 0.2, 0.3):
        play = change(play, model.replace(SMALL, eta=eta))
    assert play.state.endswith("run=0.5,0.0,0.0,20*5 + 0.3,0.0,0.0,20*0")


def test_running_away_keeps_the_last_good_state():
    play = advance(start_play(Settings(data="curve: sine", eta=10.0, alpha=0.9)), 200)
    assert "ran away in epoch" in play.failure
    assert np.isfinite(play.record.loss)
    assert all(np.isfinite(value).all() for value in play.training.params.values())
    assert advance(play, 5).record.epoch == play.record.epoch
    same(play, restore(play.state))


def test_a_smaller_step_lets_it_go_on():
    play = advance(start_play(Settings(data="curve: sine", eta=10.0, alpha=0.9)), 200)
    assert change(play, model.replace(play.settings, eta=0.01)).failure is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("", "must have the parts"),
        ("data=circles; noise=0.1", "must have the parts"),
        (start_play(SMALL).state.replace("AND", "roses"), "data must be one of"),
        (start_play(SMALL).state.replace("hidden=2", "hidden=two"), "whole numbers"),
        (start_play(SMALL).state.replace("*0", "*99999"), "at most 10000 epochs"),
        (start_play(SMALL).state.replace("0.5,", "fast,"), "run must be a number"),
        (start_play(SMALL).state.replace(",20*", "*"), "step,momentum,penalty,batch"),
    ],
)
def test_bad_states_are_named(state, words):
    with pytest.raises(ValueError, match=words):
        restore(state)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hidden": (9,)}, "hidden must be at most 3 layers"),
        ({"hidden": (1, 1, 1, 1)}, "hidden must be at most 3 layers"),
        ({"noise": 0.7}, "noise must be at most 0.5"),
        ({"activation": "sine"}, "activation must be one of"),
        ({"eta": 0.0}, "step must be greater than 0"),
    ],
)
def test_bad_settings_are_named(fields, words):
    with pytest.raises(ValueError, match=words):
        Settings(**fields)


# -- what is shown ---------------------------------------------------------------------------------------


def test_fields_are_the_network_asked_over_the_plane():
    play = advance(start_play(Settings(hidden=(3, 2))), 10)
    fields = play_fields(play)
    assert fields.shape == (6, GRID, GRID)
    (left, right), (foot, top) = model.plane_range(play.settings)
    row, column = 5, 40
    x = left + (column + 0.5) / GRID * (right - left)
    y = top - (row + 0.5) / GRID * (top - foot)
    trace = play.settings.network().forward(play.training.params, [x, y])
    assert fields[0, row, column] == round(255 * float(trace.output[0]))
    assert fields[2, row, column] == round(255 * (float(trace.y[1][1]) + 1) / 2)
    assert fields[5, row, column] == round(255 * (float(trace.y[2][1]) + 1) / 2)


def test_units_without_a_limit_are_white_at_zero():
    fields = play_fields(start_play(Settings(activation="ReLU")))
    assert fields[1:].min() == 128  # never below 0: never orange
    assert fields[1:].max() == 255


def test_a_curve_is_shown_over_x_alone():
    play = start_play(Settings(data="curve: sine"))
    fields = play_fields(play)
    assert (fields == fields[:, :1]).all()
    assert "bp-plot" in field_view(play).svg()
    assert "accuracy" not in play_alt(play)


def test_the_alt_text_states_epoch_losses_and_accuracy():
    play = advance(start_play(Settings(data="XOR")), 7)
    numbers = re.search(
        r"Epoch 7: training loss ([\d.]+), test loss ([\d.]+), training accuracy ([\d.]+) %", play_alt(play)
    )
    data, _ = play.settings.problem()
    output = play.settings.network().forward(play.training.params, data.x).output
    assert float(numbers[3]) == pytest.approx(100 * np.mean((output > 0.5) == (data.d > 0.5)), abs=0.1)
    assert float(numbers[1]) == pytest.approx(play.record.divergence, rel=1e-3)


def test_a_long_loss_curve_stays_small():
    play = advance(start_play(SMALL), 400)
    assert len(loss_view(play).parts["lines"]) < 8000


@pytest.mark.parametrize("data", ["circles", "curve: bump"])
def test_the_still_picture_is_well_formed_and_moderate(data):
    play = advance(start_play(Settings(data=data, hidden=(8, 8, 8))), 2)
    text = still_picture(play)
    ET.fromstring(text)
    assert len(text) < 120_000


def test_controls_and_settings_say_the_same():
    wanted = Settings(data="spirals", hidden=(5, 4), eta=0.02, penalty=0.01, seed=7)
    start = {control.name: control.value for control in model.CONTROLS}
    values = model.values_from_settings(wanted, start)
    assert set(values) == set(start)
    assert model.settings_from_values(values) == wanted


def test_controls_without_effect_are_known():
    assert model.unused_controls(Settings(hidden=())) == ("units1", "units2", "units3", "activation")
    assert model.unused_controls(Settings(data="curve: sine", hidden=(1, 1, 1))) == ("divergence",)
