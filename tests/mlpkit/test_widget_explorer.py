"""The explorer's Python side: values in, views out, answers to the page, links, and the still picture."""

import json

import ipywidgets
import pytest
import traitlets

from mlpkit import explorers
from mlpkit.widgets import explorer as module
from mlpkit.widgets.explorer import Explorer
from mlpkit.widgets.learning_rate import LearningRateExplorer


@pytest.fixture
def bowl():
    return LearningRateExplorer()


def ask(widget, **message):
    """What the page sends, and the ticket of the answer."""
    widget._handle_custom_msg({"ticket": "t-1", **message}, [])
    return widget.view["ticket"]


def test_the_saved_state_holds_everything_that_is_shown(bowl):
    state = bowl.get_state()
    assert json.loads(json.dumps(state["view"]))["values"] == bowl.values
    assert state["base"] == bowl.shown.base
    assert [control["name"] for control in state["controls"]] == list(bowl.values)


def test_a_moved_control_is_answered_with_its_view(bowl):
    assert ask(bowl, kind="values", values={"eta": 0.25}) == "t-1"
    assert bowl.view["values"]["eta"] == 0.25
    assert "Diverging" in bowl.view["alt"]


def test_a_message_is_one_update(bowl, monkeypatch):
    sent = []
    monkeypatch.setattr(bowl, "_send", lambda message, buffers=None: sent.append(message))
    ask(bowl, kind="values", values={"eta": 0.2})
    assert len(sent) == 1
    assert {"view", "eta"} <= set(sent[0]["state"])
    assert "base" not in sent[0]["state"]


def test_the_base_is_sent_when_it_changes(bowl, monkeypatch):
    sent = []
    monkeypatch.setattr(bowl, "_send", lambda message, buffers=None: sent.append(message))
    ask(bowl, kind="values", values={"function": "saddle"})
    assert "base" in sent[-1]["state"]


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "hello"},
        {"kind": "values", "values": {"speed": 1}},
        {"kind": "values", "values": {"eta": "fast"}},
        {"kind": "values", "values": {}},
    ],
)
def test_whatever_comes_is_answered_and_harmless(bowl, message):
    before = dict(bowl.values)
    assert ask(bowl, **message) == "t-1"
    assert bowl.values == before


def test_values_that_cannot_be_drawn_are_taken_back_and_said():
    def draw(values):
        if values["x"] > 1:
            raise ZeroDivisionError("x < 1 is no more")
        return explorers.View("", {}, caption="as it was", alt="alt")

    shown = Explorer(explorers.Exploration("brittle", (explorers.Slider("x", "x", 0.0, 2.0, 0.5),), draw))
    assert ask(shown, kind="values", values={"x": 1.5}) == "t-1"
    assert shown.values == {"x": 0.5} == shown.view["values"]
    assert "cannot be drawn (ZeroDivisionError: x &lt; 1 is no more)" in shown.view["caption"]
    ask(shown, kind="values", values={"x": 0.8})
    assert shown.view["caption"] == "as it was"


def test_a_nudge_is_not_answered(bowl, monkeypatch):
    sent = []
    monkeypatch.setattr(bowl, "_send", lambda message, buffers=None: sent.append(message))
    bowl._handle_custom_msg({"kind": "nudge"}, [])
    assert sent == []


def test_some_values_are_enough(bowl):
    bowl.values = {"eta": 0.2}
    assert bowl.values["eta"] == 0.2
    assert bowl.values["steps"] == 50


def test_bad_values_are_refused_in_python(bowl):
    with pytest.raises(KeyError, match="no control 'speed'"):
        bowl.move(speed=1)


def test_a_float_log_slider_links_to_eta_both_ways(bowl):
    slider = ipywidgets.FloatLogSlider(value=0.1, min=-3, max=0)
    traitlets.link((slider, "value"), (bowl, "eta"))
    slider.value = 0.25
    assert bowl.verdict == "diverging"
    ask(bowl, kind="values", values={"eta": 0.02})
    assert slider.value == pytest.approx(0.02)


def test_alpha_and_function_are_traits_too(bowl):
    bowl.alpha = 0.5
    bowl.function = "narrow valley"
    assert bowl.values["alpha"] == 0.5
    assert bowl.limit == pytest.approx(2 * 1.5 / 50)
    with pytest.raises(ValueError, match="function must be one of"):
        bowl.function = "hill"


def test_traits_are_clamped_like_controls(bowl):
    bowl.eta = 50.0
    assert bowl.eta == bowl.values["eta"] == 1.0


def test_a_start_can_be_given():
    explorer = LearningRateExplorer("two minima", eta=0.2, start=(-0.5, 1.0))
    assert (explorer.values["x1"], explorer.values["x2"]) == (-0.5, 1.0)


@pytest.mark.parametrize("name", [name for name in module.__all__ if name != "Explorer"])
def test_every_named_explorer_shows_its_exploration(name):
    widget = getattr(module, name)()
    assert widget.shown == getattr(explorers, name)().show()
    assert widget.label == getattr(explorers, name)().name


def test_named_explorers_take_values():
    assert module.perceptron_line(gate="OR").values["gate"] == "OR"


def test_only_explorations_are_explored():
    with pytest.raises(TypeError, match="exploration must be an Exploration"):
        Explorer("a picture")


def test_without_a_live_view_it_says_and_shows_something_true():
    data, _ = LearningRateExplorer(eta=0.25)._repr_mimebundle_()
    assert data["text/plain"].startswith("Learning rate: Gradient descent on f = x₁² + x₁x₂ + 4x₂², η = 0.25")
    assert "Diverging" in data["text/plain"]
    assert 'aria-label="Gradient descent' in data["image/svg+xml"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_what_is_said_does_not_change_from_run_to_run():
    assert repr(LearningRateExplorer()) == repr(LearningRateExplorer())


def test_a_saved_explorer_is_moderate():
    for name in module.__all__[1:]:
        widget = getattr(module, name)()
        state = {key: value for key, value in widget.get_state().items() if not key.startswith("_")}
        assert len(json.dumps(state)) + len(widget.still_svg()) < 90_000


@pytest.mark.exhaustive
def test_a_notebook_of_all_widgets_passes_strict_nbval(tmp_path):
    import subprocess
    import sys

    import nbformat
    from nbclient import NotebookClient

    imports = (
        "from mlpkit.widgets.explorer import *\n"
        "from mlpkit.widgets.learning_rate import LearningRateExplorer\n"
        "from mlpkit.widgets.playground import Playground"
    )
    shown = [f"{name}()" for name in (*module.__all__[1:], "LearningRateExplorer", "Playground")]
    cells = [nbformat.v4.new_code_cell(source) for source in (imports, *shown)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    path = tmp_path / "all.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
