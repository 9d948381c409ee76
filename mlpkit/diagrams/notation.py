"""How names and numbers are written in pictures, captions and alt texts.

A name such as ``Name("dz", 2, (1,))`` is written ż with layer (2) above and unit 1 below, in three media:
HTML for captions, SVG text for pictures and words for alt texts.
"""

from __future__ import annotations

import re
from html import escape

from mlpkit.steps import Name

__all__ = ["element_id", "expand_names", "html_name", "number", "plain_name", "spoken_name", "svg_name"]

_LETTERS = {
    "x": "x",
    "y": "y",
    "z": "z",
    "w": "w",
    "d": "d",
    "dy": "ẏ",
    "dz": "ż",
    "dw": "ẇ",
    "slope": "f′",
    "change": "Δw",
    "earlier": "Δw",
}
_WORDS = {"y": "output", "z": "sum", "w": "weight", "d": "target"}
_TOKEN = re.compile("‹([^|›]*)\\|([^|›]*)\\|([^›]*)›")
_MINUS = "\N{MINUS SIGN}"


def number(value: float, digits: int = 4) -> str:
    """`value` with `digits` significant digits, a real minus sign, and no superfluous zeros.

    >>> number(-0.08597402)
    '−0.08597'
    >>> number(0.1), number(2.0), number(0.0), number(3.2e-7)
    ('0.1', '2', '0', '3.2e−7')
    """
    if value == 0:
        return "0"
    small_or_large = not 1e-4 <= abs(value) < 10 ** max(digits, 5)
    if small_or_large:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        text = f"{_trim(mantissa)}e{int(exponent)}"
    else:
        decimals = max(0, digits - 1 - _magnitude(value, digits))
        text = _trim(f"{value:.{decimals}f}")
    return text.replace("-", _MINUS)


def _magnitude(value: float, digits: int) -> int:
    """Power of ten of the leading digit after rounding to `digits`."""
    return int(f"{value:.{digits - 1}e}".split("e")[1])


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parts(name: Name) -> tuple[str, str, str]:
    """Letter, superscript and subscript."""
    layer = "" if name.layer is None else f"({name.layer})"
    joint = "" if all(n < 10 for n in name.indices) else ","
    return _LETTERS[name.quantity], layer, joint.join(map(str, name.indices))


def element_id(name: Name) -> str:
    """Id of the element of a picture that shows `name`, for instance "w-2-0-1"."""
    layer = "" if name.layer is None else f"{name.layer}-"
    return f"{name.quantity}-{layer}{'-'.join(map(str, name.indices))}"


def html_name(name: Name) -> str:
    """`name` as a token ‹letter|layer|indices› inside HTML; `expand_names` makes markup of it.

    Stories hold hundreds of names, and a token is a quarter as long as its markup.
    """
    if name.quantity == "slope":
        return _html_slope(name)
    return "‹" + "|".join(_parts(name)) + "›"


def expand_names(html: str) -> str:
    """`html` with every name's token replaced by markup: a letter, its layer above, its indices below."""
    return _TOKEN.sub(r'<span class="bp-name"><i>\1</i><span><sup>\2</sup><sub>\3</sub></span></span>', html)


def _html_slope(name: Name) -> str:
    """Slope of an activation: f′ at its sum, or for a vector activation one entry of the Jacobian."""
    if len(name.indices) == 1:
        return f"‹f′||{name.layer}›({html_name(Name('z', name.layer, name.indices))})"
    j, i = name.indices
    above, below = html_name(Name("y", name.layer, (j,))), html_name(Name("z", name.layer, (i,)))
    return f'<span class="bp-ratio">∂{above}/∂{below}</span>'


def svg_name(name: Name) -> str:
    """`name` as SVG text content, with tspans for the raised and lowered parts."""
    letter, layer, indices = _parts(name)
    text = f'<tspan font-style="italic">{letter}</tspan>'
    if layer:
        text += f'<tspan dy="-0.5em" font-size="70%">{escape(layer)}</tspan>'
    # Measured in the small font: back under the layer's (n), which is about 1.4 em wide, and down.
    back = f' dx="-{0.35 + 0.5 * (len(layer) - 1):.2f}em"' if layer else ""
    down = "0.95em" if layer else "0.3em"
    return text + f'<tspan{back} dy="{down}" font-size="70%">{escape(indices)}</tspan>'


def plain_name(name: Name) -> str:
    """`name` in one line of plain text, for instance ``ż(2)[1]``."""
    letter, layer, indices = _parts(name)
    return f"{letter}{layer}[{','.join(map(str, name.indices)) or indices}]"


def spoken_name(name: Name) -> str:
    """`name` in words, for screen readers."""
    if name.quantity == "slope":
        return f"slope of the activation in layer {name.layer}"
    derivative = len(name.quantity) > 1
    what = _WORDS[name.quantity[-1]]
    if what == "weight":
        i, j = name.indices
        place = f"bias of unit {j}" if i == 0 else f"weight from unit {i} to unit {j}"
        words = f"{place}, layer {name.layer}"
    elif what == "target":
        words = f"target {name.indices[0]}"
    elif name.layer == 0:
        words = f"input {name.indices[0]}"
    else:
        words = f"{what} {name.indices[0]} of layer {name.layer}"
    return f"derivative to {words}" if derivative else words
