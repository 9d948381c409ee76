"""Put the site together: every page, every file that a page needs, and the index of the search."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.build_site.course import PARTS, Source, find_sources, resolver
from tools.build_site.markdown import Headings, page_anchor, render
from tools.build_site.notebook_page import Body, notebook_body
from tools.build_site.search import index_script, sections
from tools.build_site.widgets import Scripts, page_state

__all__ = ["COURSE", "SiteError", "build"]

COURSE = "Backpropagation, every step of it"
_HERE = Path(__file__).parent
_PICTURES = "assets/pictures"
_LISTED = 2  # level of the headings that the contents list
_SAYS = "A course that shows every step of backpropagation: lectures, problem sets, pictures that move."
_LEAD = re.compile(r"<p>(.*?)</p>", re.S)
_DESCRIPTION = 150  # signs


class SiteError(Exception):
    """A source that cannot become a page."""


@dataclass(frozen=True)
class _Page:
    """A source with its body, before it is known what stands round it."""

    source: Source
    body: Body
    question: str = ""

    @property
    def address(self) -> str:
        return self.source.address

    @property
    def title(self) -> str:
        """The words of its first heading."""
        return self.body.headings.found[0].words


def build(root: Path) -> dict[str, bytes]:
    """Return every file of the site by its address; the same course gives the same bytes.

    Raises
    ------
    SiteError
        If a source cannot become a page, with its name and the reason.
    FileNotFoundError
        If the course has no built lecture.
    """
    sources = find_sources(root)
    files, images = _downloads(root, sources) | _own_assets(), _images(root)
    addresses = {source.file: source.address for source in sources} | images
    questions = _questions(root / sources[0].file)
    pages = [_read(root, one, addresses, questions.get(Path(one.file).name, "")) for one in sources]
    scripts, templates = Scripts(), _templates()
    files["index.html"] = _front(pages, scripts, templates)
    for number, page in enumerate(pages):
        files[page.address] = _page(pages, number, scripts, templates)
        files |= {f"{_PICTURES}/{name}": picture for name, picture in page.body.pictures.items()}
    text = "".join(page.body.html for page in pages)
    files |= {name: (root / file).read_bytes() for file, name in images.items() if name in text}
    found = [one for page in pages for one in sections(page.address, page.title, page.body.html)]
    files["assets/search-index.js"] = index_script(found).encode()
    files["assets/widgets.js"] = scripts.javascript().encode()
    files["assets/widgets.css"] = scripts.css().encode()
    return dict(sorted(files.items()))


# -- files that are copied ---------------------------------------------------------------------------------


def _downloads(root: Path, sources: list[Source]) -> dict[str, bytes]:
    """The notebooks themselves, and what a problem set reads beside its own."""
    found = {}
    for source in sources:
        if source.is_notebook:
            found[source.download] = (root / source.file).read_bytes()
            folder = source.download.rpartition("/")[0]
            found |= {f"{folder}/{Path(file).name}": (root / file).read_bytes() for file in source.beside}
    return found


def _images(root: Path) -> dict[str, str]:
    """Address of each image of the documents, by file; those that a page shows are copied."""
    paths = sorted((root / "docs" / "images").glob("*"))
    return {f"docs/images/{path.name}": f"assets/images/{path.name}" for path in paths if path.is_file()}


def _own_assets() -> dict[str, bytes]:
    return {f"assets/{path.name}": path.read_bytes() for path in sorted((_HERE / "assets").iterdir())}


# -- bodies ------------------------------------------------------------------------------------------------


def _read(root: Path, source: Source, addresses: dict[str, str], question: str) -> _Page:
    """Read a source into the body of its page."""
    text = (root / source.file).read_text(encoding="utf-8")
    resolve = resolver(source, addresses)
    try:
        if source.is_notebook:
            body = notebook_body(json.loads(text), resolve, f"{_up(source.address)}{_PICTURES}")
        else:
            body = Body(headings=Headings(page_anchor))
            body.html = f'<div class="prose">\n{render(text, body.headings, resolve)}</div>\n'
    except (ValueError, KeyError) as failure:
        raise SiteError(f"{source.file}: {failure}") from failure
    if not body.headings.found:
        raise SiteError(f"{source.file}: a page needs a heading to be called by, and there is none")
    return _Page(source, body, question)


def _questions(first: Path) -> dict[str, str]:
    """What each lecture asks, by file: the map in the first lecture says it."""
    cells = json.loads(first.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return dict(re.findall(r"^\| \d\d \| \[[^\]]+\]\(([^)]+)\) \| ([^|]+?) \|", text, re.M))


# -- pages -------------------------------------------------------------------------------------------------


def _templates() -> Environment:
    loader = FileSystemLoader(_HERE / "templates")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _up(address: str) -> str:
    """The way from a page to the site's root."""
    return "../" * address.count("/")


def _contents(pages: list[_Page]) -> list[tuple[str, list[_Page]]]:
    parts = ((part, [page for page in pages if page.source.part == part]) for part in PARTS)
    return [(part, entries) for part, entries in parts if entries]


def _page(pages: list[_Page], number: int, scripts: Scripts, templates: Environment) -> bytes:
    """One page with everything round it."""
    page = pages[number]
    headings = [one for one in page.body.headings.found if one.level == _LISTED]
    root = _up(page.address)
    text = templates.get_template("page.html.j2").render(
        course=COURSE,
        root=root,
        address=page.address,
        title=page.title,
        description=_description(page.body.html) or page.title,
        contents=_contents(pages),
        headings=[{"anchor": one.anchor, "inside": Markup(_unlinked(one.html))} for one in headings],
        models=_state_script(page_state(page.body.models, scripts)),
        part=page.source.part,
        downloads=_offered(page.source, root),
        body=Markup(page.body.html),
        previous=pages[number - 1] if number else None,
        next=pages[number + 1] if number + 1 < len(pages) else None,
    )
    return text.encode()


def _front(pages: list[_Page], scripts: Scripts, templates: Environment) -> bytes:
    """The front page, with the first stepper of the course alive on it."""
    model_id, model, still = _first_stepper(pages)
    models = page_state({model_id: model}, scripts) if model else {}
    text = templates.get_template("index.html.j2").render(
        course=COURSE,
        root="",
        address="index.html",
        title=COURSE,
        description=_SAYS,
        contents=_contents(pages),
        headings=[],
        models=_state_script(models),
        stepper={"model": model_id, "still": Markup(still)} if model else None,
    )
    return text.encode()


def _first_stepper(pages: list[_Page]) -> tuple[str, dict[str, Any], str]:
    """Id, model and still picture of the first stepper; empty ones if there is none."""
    for page in pages:
        for model_id, model in page.body.models.items():
            if "stories" in model["state"]:
                place = re.search(rf'data-model="{model_id}">(.*?)</div></div>', page.body.html, re.S)
                return model_id, model, f"{place[1]}</div>" if place else ""
    return "", {}, ""


def _offered(source: Source, root: str) -> list[tuple[str, str]]:
    """What can be downloaded from a page: name and link."""
    if not source.is_notebook:
        return []
    folder = source.download.rpartition("/")[0]
    others = [(Path(file).name, f"{root}{folder}/{Path(file).name}") for file in source.beside]
    return [("Download the notebook", f"{root}{source.download}"), *others]


def _state_script(models: dict[str, Any]) -> Markup:
    """The state as JSON that no text in it can end early; empty if there are no widgets."""
    if not models:
        return Markup("")
    text = json.dumps(models, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _unlinked(html: str) -> str:
    """A heading without links, to be put into one."""
    return re.sub(r"</?a\b[^>]*>", "", html)


def _description(html: str) -> str:
    """The first words of a page, as search engines show them."""
    lead = _LEAD.search(re.sub(r'<p class="label">.*?</p>', "", html))
    words = " ".join(re.sub(r"<[^>]*>", "", lead[1]).split()) if lead else ""
    short = words if len(words) <= _DESCRIPTION else words[:_DESCRIPTION].rsplit(" ", 1)[0] + " …"
    return Markup(escape(Markup(short).unescape()))
