"""Formulas as MathML: what is set, where a line may be broken, and that nothing is set by halves."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from tools.build_site.tex import TexError, mathml

ROOT = Path(__file__).resolve().parents[2]
FONT = ROOT / "tools" / "build_site" / "assets" / "mathematics.woff"
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", re.S)


def tree(tex, **options):
    return ElementTree.fromstring(mathml(tex, **options))


def text(tex):
    return "".join(tree(tex, display=True).itertext())


def course_formulas():
    """Every formula of the notebooks that readers get: TeX, and whether it is displayed."""
    paths = [*(ROOT / "lectures").glob("*.ipynb"), *(ROOT / "assignments" / "release").glob("*/*.ipynb")]
    for path in sorted(paths):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                prose = re.sub(r"```.*?```|`[^`\n]*`", "", "".join(cell["source"]), flags=re.S)
                for match in FORMULA.finditer(prose):
                    yield match[1] or match[2], match[1] is not None


def test_index_and_exponent_stand_at_the_same_letter_index_first():
    (scripts,) = tree("z^{(k)}_j", display=True)
    assert scripts.tag == "msubsup"
    assert ["".join(part.itertext()) for part in scripts] == ["z", "j", "(k)"]


def test_a_digit_is_an_argument_of_its_own():
    (fraction,) = tree(r"\frac12")
    assert [part.text for part in fraction] == ["1", "2"]


def test_limits_of_a_sum_go_above_and_below_it():
    assert tree(r"\sum_{t=1}^T x_t", display=True)[0].tag == "munderover"


def test_primes_are_raised():
    (raised,) = tree("f''")
    assert (raised.tag, raised[1][0].text) == ("msup", "″")


def test_cases_have_a_brace_that_grows_and_cells_in_rows():
    (row,) = tree(r"\begin{cases}1,&z\ge 0\\0,&z<0\end{cases}", display=True)
    assert (row[0].text, row[0].get("stretchy")) == ("{", "true")
    assert [[("".join(cell.itertext())) for cell in line] for line in row[1]] == [
        ["1,", "z≥0"],
        ["0,", "z<0"],
    ]


def test_brackets_grow_round_a_fraction_and_not_round_a_letter():
    def grows(tex):
        return tree(tex)[0][0].get("stretchy")

    assert grows(r"\left(\frac{a}{b}\right)") == "true"
    assert grows(r"\left(a\right)") == "false"


@pytest.mark.parametrize("tex", ["x=-1", "(-1)", "-1", r"a\,-1"])
def test_a_sign_belongs_to_what_follows_it(tex):
    (minus,) = [mo for mo in tree(tex, display=True).iter("mo") if mo.text == "−"]
    assert minus.get("form") == "prefix"


def test_a_difference_has_a_sign_between():
    (minus,) = list(tree("a-1").iter("mo"))
    assert minus.get("form") is None


def test_a_word_keeps_its_spaces_and_is_escaped():
    assert text(r"\text{if a < b & c}") == "if a < b & c".replace(" ", "\u00a0")


def test_a_long_formula_in_a_line_may_be_broken_only_after_a_relation_or_an_operator():
    pieces = mathml("a_1x_1+a_2x_2+a_3x_3+a_4x_4+a_5x_5=b_1+b_2+b_3").split("<wbr>")
    assert len(pieces) == 8
    for piece in pieces[:-1]:
        assert ElementTree.fromstring(piece)[-1].text in "+="


def test_a_long_list_may_be_broken_after_its_commas_and_not_within_brackets():
    pieces = mathml(r"f(x_1,x_2),g(x_3,x_4),h(x_5,x_6)").split("<wbr>")
    assert ["".join(ElementTree.fromstring(piece).itertext()) for piece in pieces] == [
        "f(x1,x2),",
        "g(x3,x4),",
        "h(x5,x6)",
    ]


def test_a_short_formula_stays_whole():
    assert "<wbr>" not in mathml("z=w_1x_1+b")


@pytest.mark.parametrize(
    ("tex", "why"),
    [
        (r"\unknown x", r"uses \unknown"),
        (r"\frac{1}", "ends too early"),
        (r"\left(x", "where it should not be"),
        ("x_1_2", "two indices"),
        (r"\begin{align}x\end{align}", "environment align"),
        ("a}", "where it should not be"),
        ("", "is empty"),
    ],
)
def test_what_is_not_known_is_refused_with_the_formula(tex, why):
    with pytest.raises(TexError, match=re.escape(why)) as caught:
        mathml(tex)
    assert f"${tex}$" in str(caught.value)


def test_every_formula_of_the_course_is_set_with_signs_that_the_font_has():
    known = set(map(chr, TTFont(FONT).getBestCmap()))
    missing = set()
    for tex, display in course_formulas():
        whole = ElementTree.fromstring(f"<p>{mathml(tex, display=display).replace('<wbr>', '')}</p>")
        missing |= set("".join(whole.itertext())) - known - set(" \n\u00a0")
    assert missing == set()


def test_the_font_is_for_mathematics_and_has_a_name_of_its_own():
    font = TTFont(FONT)
    assert "MATH" in font
    assert font["name"].getDebugName(1) == "Course Mathematics"
