"""HTML from the templates of this package; everything that is put in is escaped."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

TEMPLATES = Path(__file__).parent / "templates"


def points(value: float | None) -> str:
    """Write points without a needless fraction; a dash where there are none yet."""
    if value is None:
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def ticks(text: str) -> Markup:
    """Escape a sentence and set what stands between back-ticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def render(template: str, **values: Any) -> str:
    """Fill in a template by name."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    """The environment of all pages; its templates are read once."""
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, TEMPLATES / "feedback_page"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": points, "ticks": ticks}
    return environment
