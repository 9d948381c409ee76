"""The playground's Python side: what the page may ask for, and what is saved."""

import json

import pytest

from mlpkit.explorers.playground import GRID, Settings
from mlpkit.widgets.playground import Playground


@pytest.fixture
def small():
    return Playground(data="AND", hidden=(2,), eta=0.5)


def ask(widget, **message):
    """What the page sends, and the frame that answers."""
    widget._handle_custom_msg({"ticket": "t-1", **message}, [])
    assert widget.frame["ticket"] == "t-1"
    return widget.frame


def test_a_step_is_one_epoch(small):
    frame = ask(small, kind="train", epochs=1)
    assert small.play.training.epoch == 1
    assert "epoch <strong>1</strong>" in frame["caption"]


def test_a_chunk_of_time_trains_at_least_one_epoch(small):
    ask(small, kind="train", milliseconds=0)
    assert small.play.training.epoch >= 1


def test_an_answer_is_one_update(small, monkeypatch):
    sent = []
    monkeypatch.setattr(small, "_send", lambda message, buffers=None: sent.append(message))
    ask(small, kind="train", epochs=1)
    assert len(sent) == 1
    # What did not change stays at home.
    assert set(sent[0]["state"]) == {"frame"}
    assert sent[0]["buffer_paths"] == [["fields"]]


def test_reset_keeps_the_settings(small):
    small.train(5)
    ask(small, kind="reset")
    assert small.play.training.epoch == 0
    assert small.play.settings.eta == 0.5


def test_live_controls_go_on_and_others_begin_anew(small):
    small.train(5)
    ask(small, kind="values", values={"eta": 0.1, "alpha": 0.9})
    assert small.play.training.epoch == 5
    ask(small, kind="values", values={"units1": 3})
    assert small.play.training.epoch == 0
    assert small.play.settings.hidden == (3,)


def test_layers_come_and_go_with_their_controls(small):
    frame = ask(small, kind="values", values={"layers": 2, "units2": 5})
    assert small.play.settings.hidden == (2, 5)
    assert frame["unused"] == ["units3"]
    assert len(small.fields) == 8 * GRID**2
    assert [len(names) for names in small.scene["units"]] == [2, 5]


def test_the_state_goes_round(small):
    small.train(7)
    other = Playground(state=small.state)
    assert other.play.record == small.play.record
    third = Playground()
    third.state = small.state
    assert third.fields == small.fields


def test_the_page_restores_a_state(small):
    small.train(7)
    other = Playground()
    ask(other, kind="restore", state=small.state)
    assert other.play.record == small.play.record
    assert other.frame["values"]["data"] == "AND"


def test_a_bad_state_is_said_and_changes_nothing(small):
    before = small.play
    frame = ask(small, kind="restore", state="data=roses")
    assert "must have the parts" in frame["problem"]
    assert small.play is before


def test_running_away_is_said_and_the_last_good_epoch_shown():
    wild = Playground(data="curve: sine", eta=10.0, alpha=0.9)
    frame = ask(wild, kind="train", milliseconds=200)
    while not frame["failed"]:
        frame = ask(wild, kind="train", milliseconds=200)
    assert "ran away in epoch" in frame["problem"]
    assert "nan" not in json.dumps(frame["loss"]).lower()
    assert not ask(wild, kind="reset")["failed"]


@pytest.mark.parametrize(
    "message", [{"kind": "hello"}, {"kind": "dance"}, {"kind": "values", "values": {"speed": 2}}]
)
def test_whatever_comes_is_answered(small, message):
    ask(small, **message)
    assert small.play.training.epoch == 0


def test_settings_come_as_one_object_or_by_name():
    assert Playground(Settings(data="moons")).play.settings == Playground(data="moons").play.settings
    with pytest.raises(ValueError, match="one object or by name"):
        Playground(Settings(), data="moons")
    with pytest.raises(ValueError, match="state already holds"):
        Playground(data="moons", state="...")


def test_unknown_controls_are_named(small):
    with pytest.raises(KeyError, match="no control 'speed'"):
        small.configure(speed=1)


def test_without_a_live_view_it_says_and_shows_something_true(small):
    small.train(3)
    data, _ = small._repr_mimebundle_()
    assert data["text/plain"].startswith("Playground: Network 2-2-1 (tanh) on AND. Epoch 3: training loss")
    assert data["image/svg+xml"].startswith("<svg")


def test_a_saved_playground_is_moderate():
    widget = Playground(hidden=(8, 8, 8))
    widget.train(20)
    assert len(json.dumps({k: widget.get_state()[k] for k in ("scene", "frame", "controls")})) < 40_000
    assert len(widget.fields) == 25 * GRID**2
