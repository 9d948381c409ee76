"""The widgets' Python side: state, limits, and what is shown where no live view can run."""

import json

import numpy as np
import pytest
import traitlets

from mlpkit import MLP, sigmoid
from mlpkit.diagrams import backward_story
from mlpkit.widgets import Stepper


@pytest.fixture
def story():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
    return backward_story(net, params, [1.0, 0.0], [0.9])


def test_the_whole_story_is_in_the_saved_state(story):
    state = Stepper(story).get_state()
    assert json.loads(json.dumps(state["story"])) == story.to_dict()
    assert len(state["story"]["frames"]) == len(story)


def test_the_index_stays_within_the_story(story):
    stepper = Stepper(story)
    stepper.index = 1000
    assert stepper.index == len(story) - 1
    stepper.index = -5
    assert stepper.index == 0


def test_the_index_is_a_trait_that_links(story):
    one, two = Stepper(story), Stepper(story)
    traitlets.link((one, "index"), (two, "index"))
    one.index = 7
    assert two.index == 7


def test_negative_start_counts_from_the_end(story):
    assert Stepper(story, index=-1).index == len(story) - 1


def test_without_a_live_view_it_says_and_shows_something_true(story):
    data, _ = Stepper(story, label="Backward pass")._repr_mimebundle_()
    assert data["text/plain"] == (
        "Backward pass: Network with 2 inputs, 2 hidden units (sigmoid), 1 output unit (sigmoid). 18 steps."
    )
    assert "−0.002128" in data["image/svg+xml"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_what_is_said_does_not_change_from_run_to_run(story):
    assert repr(Stepper(story)) == repr(Stepper(story))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("not a story",), TypeError, "story must be a Story"),
        ((None, 3), TypeError, "story must be a Story"),
    ],
)
def test_bad_stories_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        Stepper(*arguments)


def test_a_start_outside_the_story_is_refused(story):
    with pytest.raises(ValueError, match="index must be between 0 and 17, got 18"):
        Stepper(story, index=18)
