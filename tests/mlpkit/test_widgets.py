"""The widgets' Python side: state, limits, and what is shown where no live view can run."""

import json

import nbformat
import numpy as np
import pytest
import traitlets
from nbclient import NotebookClient

from mlpkit import MLP, sigmoid
from mlpkit.diagrams import Story, backward_story
from mlpkit.widgets import Stepper


@pytest.fixture
def story():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
    return backward_story(net, params, [1.0, 0.0], [0.9])


def test_the_whole_story_is_in_the_saved_state(story):
    state = json.loads(json.dumps(Stepper(story).get_state(["stories", "pictures"])))
    told = json.loads(state["stories"])[0]
    assert told["frames"] == story.to_dict()["frames"]
    assert len(told["frames"]) == len(story)
    assert state["pictures"][told["picture"]] == story.svg


def test_several_stories_are_told_by_name_and_their_pictures_stored_once(story):
    shorter = Story(story.svg, story.frames[:5], story.alt)
    stepper = Stepper({"All": story, "Beginning": shorter})
    assert [told["name"] for told in json.loads(stepper.stories)] == ["All", "Beginning"]
    assert stepper.pictures == [story.svg]


def test_the_index_stays_within_the_story_that_is_chosen(story):
    shorter = Story(story.svg, story.frames[:5], story.alt)
    stepper = Stepper({"All": story, "Beginning": shorter}, index=-1)
    stepper.shown = 1
    assert stepper.index == 4
    stepper.set_state({"shown": 0, "index": 12})
    assert (stepper.shown, stepper.index) == (0, 12)


def test_every_story_is_said_in_the_words_for_the_whole(story):
    shorter = Story(story.svg, story.frames[:5], story.alt)
    words = repr(Stepper({"All": story, "Beginning": shorter}, label="Pass"))
    assert words.startswith("Pass: All: Network with 2 inputs")
    assert words.endswith("5 steps.")


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


LARGEST = """\
import numpy as np
from mlpkit import MLP, cross_entropy, softmax, tanh
from mlpkit.diagrams import matrix_story, pass_story
from mlpkit.widgets import Stepper
net = MLP(widths=(8, 8, 8), hidden=tanh, output=softmax, divergence=cross_entropy)
rng = np.random.default_rng(0)
params, x, d = net.init(rng, scale=1.0), rng.normal(size=8), np.eye(8)[0]
Stepper({stories}, label="Largest")"""


@pytest.mark.parametrize(
    "stories",
    [
        "pass_story(net, params, x, d)",
        '{"Numbers": pass_story(net, params, x, d), "Matrices": matrix_story(net, params, x, d)}',
    ],
)
def test_a_notebook_with_the_largest_stepper_is_small_when_saved(tmp_path, stories):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(LARGEST.replace("{stories}", stories))]
    )
    NotebookClient(notebook, store_widget_state=True, timeout=60).execute()
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    saved = tmp_path / "saved.ipynb"
    assert "stories" in saved.read_text(encoding="utf-8")
    assert saved.stat().st_size <= 300_000


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("not a story",), TypeError, "story must be a Story"),
        ((None, 3), TypeError, "story must be a Story"),
        (({},), ValueError, "at least one story"),
        (({"a": 3},), TypeError, r"story\['a'\] must be a Story"),
    ],
)
def test_bad_stories_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        Stepper(*arguments)


def test_a_start_outside_the_story_is_refused(story):
    with pytest.raises(ValueError, match="index must be between 0 and 17, got 18"):
        Stepper(story, index=18)
