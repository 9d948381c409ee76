"""Cut the site's font for mathematics out of Latin Modern Math.

Formulas need a font with a MATH table, or brackets do not grow; not every system has one. The cut has the
characters of `tools.build_site.tex` and their large forms, in WOFF. To make it anew (fontTools comes with
Matplotlib)::

    python -m tools.build_site.math_font latinmodern-math.otf

Three things are changed for browsers, which set an accent in the middle above its letter, whatever the
letter's slant, and keep as much room beside a bracket as its widest form would need: accents stand a little
to the right, and round brackets have no forms for more than five lines. A prime is at once the form to be
raised.

The font is by the GUST e-foundry, under the GUST Font License that lies beside it, which asks that a changed
font has another name.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tools.build_site.tex import characters

NAME = "Course Mathematics"
_ACCENTS = {"˙": (90, 75, 1.15), "ˆ": (60, 0, 1.0), "˜": (60, 0, 1.0), "¯": (60, 30, 1.0)}  # right, up, times
_ROUND = ("parenleft", "parenright")
_FORMS = 5


def cut(source: Path, target: Path) -> None:
    """Write to `target` what the site needs of the font `source`, under a name of its own."""
    from fontTools import subset  # noqa: PLC0415 - only who makes the font needs it

    options = subset.Options(
        flavor="woff",
        layout_features=["ssty"],
        hinting=False,
        name_IDs=[0, 1, 2, 13, 14],
        recalc_timestamp=False,
    )
    font = subset.load_font(str(source), options)
    _shorten_brackets(font)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters())
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = NAME
    _use_script_forms(font)
    for accent, change in _ACCENTS.items():
        _move(font, font.getBestCmap()[ord(accent)], *change)
    subset.save_font(font, str(target), options)


def _shorten_brackets(font: Any) -> None:
    """Leave out the widest forms of round brackets."""
    variants = font["MATH"].table.MathVariants
    for name, forms in zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True):
        if name in _ROUND:
            forms.GlyphAssembly = None
            forms.MathGlyphVariantRecord = forms.MathGlyphVariantRecord[:_FORMS]
            forms.VariantCount = len(forms.MathGlyphVariantRecord)


def _use_script_forms(font: Any) -> None:
    """Let a prime be the form that is meant to be raised: not every browser looks for it."""
    substitutes: dict[str, str] = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            substitutes |= {name: forms[0] for name, forms in getattr(table, "alternates", {}).items()}
            substitutes |= getattr(table, "mapping", {})
    for table in font["cmap"].tables:
        for sign in map(ord, "′″‴"):
            if table.cmap.get(sign) in substitutes:
                table.cmap[sign] = substitutes[table.cmap[sign]]


def _move(font: Any, name: str, right: float, up: float, times: float) -> None:
    """Draw a glyph anew, larger about its own centre and elsewhere; units are those of the font."""
    from fontTools.pens.boundsPen import BoundsPen  # noqa: PLC0415
    from fontTools.pens.t2CharStringPen import T2CharStringPen  # noqa: PLC0415
    from fontTools.pens.transformPen import TransformPen  # noqa: PLC0415

    glyphs = font.getGlyphSet()
    bounds = BoundsPen(glyphs)
    glyphs[name].draw(bounds)
    left, low, far, high = bounds.bounds
    middle = ((left + far) / 2, (low + high) / 2)
    moved = (times, 0, 0, times, middle[0] * (1 - times) + right, middle[1] * (1 - times) + up)
    pen = T2CharStringPen(glyphs[name].width, glyphs)
    glyphs[name].draw(TransformPen(pen, moved))
    strings = font["CFF "].cff.topDictIndex[0].CharStrings
    old = strings[name]
    strings[name] = pen.getCharString(private=old.private, globalSubrs=old.globalSubrs)


if __name__ == "__main__":
    cut(Path(sys.argv[1]), Path(__file__).parent / "assets" / "mathematics.woff")
