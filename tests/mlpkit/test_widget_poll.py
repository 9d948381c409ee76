"""Polls: what is asked, what is stored, what is shown where no live view can run."""

import json
import xml.etree.ElementTree as ET

import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import Name
from mlpkit.diagrams.notation import html_name
from mlpkit.diagrams.prose import plain_text, prose_html
from mlpkit.widgets import Poll

CHOICES = ["The best weights", r"The derivatives $\dot w_{ij}$", "The change `dW`"]
REASONS = ["Nobody promises them.", "That is all it does.", "That is the optimizer's business."]
QUESTION = r"What does backpropagation compute, if $\eta>0$?"


def poll(answer=1, **kinds):
    return Poll(QUESTION, CHOICES, answer, REASONS, **kinds)


# -- the widget ------------------------------------------------------------------------------------------


def test_the_saved_state_has_all_that_the_page_needs():
    state = json.loads(json.dumps(poll().get_state(["choices", "several", "question", "tries"])))
    assert [choice["right"] for choice in state["choices"]] == [False, True, False]
    assert state["choices"][0]["reason"] == "Nobody promises them."
    assert state["several"] is False
    assert state["tries"] == 0


def test_a_list_of_answers_gives_check_boxes_even_if_one_is_right():
    assert poll([0, 2]).several
    assert poll([1]).several


def test_neither_the_words_nor_the_still_picture_give_the_answer_away():
    one, other = (poll(answer)._repr_mimebundle_()[0] for answer in (0, 2))
    for kind in ("text/plain", "image/svg+xml"):
        assert one[kind] == other[kind]
        assert not any(reason in one[kind] for reason in REASONS)


def test_the_words_hold_the_question_and_the_choices():
    assert repr(poll(name="Poll 3")) == (
        "Poll 3: What does backpropagation compute, if η > 0? (a) The best weights "
        "(b) The derivatives ẇ_ij (c) The change dW"
    )


def test_the_still_picture_is_svg_with_all_choices_inside():
    svg = ET.fromstring(Poll("Why? " * 60, ["yes " * 50, "a < b & c"], 0, ["r", "s"]).still_svg())
    _, _, width, height = map(float, svg.get("viewBox").split())
    lines = list(svg.iter("{http://www.w3.org/2000/svg}text"))
    assert lines[-1].text == "(b) a < b & c"
    assert max(float(line.get("y")) for line in lines) < height
    assert max(float(line.get("x")) + 7.6 * len(line.text) for line in lines) < width + 80


def test_what_was_chosen_and_tried_is_kept_in_the_state():
    one = poll([0, 2])
    one.set_state({"chosen": [2, 0], "checked": [2, 0], "tries": 3, "solved": True})
    state = one.get_state()
    assert (state["chosen"], state["tries"], state["solved"]) == ([0, 2], 3, True)


def test_only_choices_that_exist_can_be_chosen():
    with pytest.raises(traitlets.TraitError, match="chosen must hold numbers from 0 to 2, got 3"):
        poll().chosen = [3]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("", ["a", "b"], 0, ["r", "s"]), ValueError, "question must be a text"),
        (("q", ["a"], 0, ["r"]), ValueError, "choices must list 2 to 26"),
        (("q", "ab", 0, ["r", "s"]), ValueError, "choices must list 2 to 26"),
        (("q", ["a", "b"], 2, ["r", "s"]), ValueError, "answer must be from 0 to 1"),
        (("q", ["a", "b"], [], ["r", "s"]), ValueError, "at least one right choice"),
        (("q", ["a", "b"], [0, "b"], ["r", "s"]), TypeError, "answer must be a number"),
        (("q", ["a", "b"], 0, ["r"]), ValueError, "one text for each of 2 choices, got 1"),
        (("q", ["a", "b"], 0, ["r", " "]), ValueError, r"reasons\[1\] must be a text"),
    ],
)
def test_mistakes_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        Poll(*arguments)


# -- texts with mathematics --------------------------------------------------------------------------------


def inside(tex):
    """The one element inside <math>."""
    (only,) = ET.fromstring(prose_html(f"${tex}$"))
    return only


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\dot z^{(k)}_j", "ż^(k)_j"),
        (r"\frac{\partial\mathrm{Div}}{\partial w_{ij}}", "(∂Div)/(∂w_ij)"),
        (r"f'(z)\le 0", "f′(z) ≤ 0"),
        (r"\eta\lambda w-2", "ηλw − 2"),
        (r"\sum_{i=0}^{D}", "∑_(i=0)^D"),
        (r"\sqrt{2}", "√(2)"),
        (r"W^\top", "W^⊤"),
    ],
)
def test_formulas_in_plain_letters(tex, plain):
    assert plain_text(f"${tex}$") == plain


def test_both_indices_stand_at_one_letter():
    element = inside(r"\dot z^{(k)}_j")
    assert element.tag == "msubsup"
    assert ["".join(part.itertext()) for part in element] == ["ż", "j", "(k)"]


def test_fractions_have_two_parts():
    element = inside(r"\frac{a+1}{b}")
    assert element.tag == "mfrac"
    assert ["".join(part.itertext()) for part in element] == ["a+1", "b"]


def test_what_is_not_known_is_refused_with_its_name():
    with pytest.raises(ValueError, match=r"uses \\oint, which is not known"):
        prose_html(r"$\oint x$")
    with pytest.raises(ValueError, match="ends too early"):
        prose_html(r"$\frac{a}$")
    with pytest.raises(ValueError, match=r"has a \} without a \{"):
        prose_html("$a}$")


@given(st.text(alphabet=st.characters(exclude_characters="$`‹›|\\", exclude_categories=["C", "Z"])))
def test_other_text_is_shown_as_it_is_and_never_as_markup(text):
    assert "".join(ET.fromstring(f"<p>{prose_html(text)}</p>").itertext()) == text
    assert plain_text(text) == text


def test_dollars_code_and_names_in_text():
    assert prose_html(r"costs \$3 and `a < b`") == "costs $3 and <code>a &lt; b</code>"
    name = html_name(Name("w", 2, (0, 1)))
    assert prose_html(f"the bias {name}").endswith("<sup>(2)</sup><sub>01</sub></span></span>")
    assert plain_text(f"the bias {name}") == "the bias w(2)[01]"
