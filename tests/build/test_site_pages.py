"""The static site: every page, what it keeps from a notebook, and that nothing on it leads nowhere."""

import base64
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mlpkit import MLP, sigmoid
from mlpkit.diagrams import pass_story
from mlpkit.widgets import LearningRateExplorer, Playground, Poll, Stepper
from tools.build_site.build import SiteError, build
from tools.build_site.check import LARGEST_PAGE, problems
from tools.build_site.cli import MARK, main, write
from tools.build_site.course import find_sources, resolver
from tools.build_site.notebook_page import MOVES_IN_PYTHON, OutputError, notebook_body
from tools.build_site.search import sections
from tools.build_site.widgets import Scripts, WidgetError, is_alive, page_state

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted(path.stem for path in (ROOT / "lectures").glob("[0-9][0-9]-*.ipynb"))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="session")
def site():
    return build(ROOT)


@pytest.fixture(scope="session")
def pages(site):
    return {name: content.decode() for name, content in site.items() if name.endswith(".html")}


def plain(link):
    return link


def markdown(text):
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": text}


def code(source, *outputs, **metadata):
    return {"cell_type": "code", "id": "c", "metadata": metadata, "source": source, "outputs": list(outputs)}


def shown(**data):
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


def body(*cells, models=None):
    state = {"application/vnd.jupyter.widget-state+json": {"state": models or {}}}
    return notebook_body({"metadata": {"widgets": state}, "cells": list(cells)}, plain, "pictures")


def course(folder, **files):
    """A small course of one lecture and the files given by name."""
    for name, text in {"lectures/01-a.ipynb": notebook("# One\n\nHello."), **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def notebook(*texts):
    return json.dumps({"metadata": {}, "cells": [markdown(text) for text in texts]})


# -- the course's own site ---------------------------------------------------------------------------------


def test_every_link_leads_somewhere_and_no_page_loads_from_elsewhere(site):
    assert problems(site) == []


def test_every_lecture_problem_set_and_document_has_a_page(pages):
    wanted = {f"lectures/{stem}.html" for stem in LECTURES}
    wanted |= {f"problem-sets/ps{n}.html" for n in range(1, 8)}
    wanted |= {f"docs/{path.stem}.html" for path in (ROOT / "docs").glob("*.md") if path.stat().st_size}
    assert set(pages) == wanted | {"index.html"}


class _Headings(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.levels = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))


def test_every_page_has_one_title_and_headings_in_order(pages):
    for name, text in pages.items():
        levels = _Headings(text).levels
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name


def test_the_pages_of_the_course_follow_each_other(pages):
    for before, after in pairwise(LECTURES):
        assert f'<a rel="next" href="../lectures/{after}.html">' in pages[f"lectures/{before}.html"]
        assert f'<a rel="prev" href="../lectures/{before}.html">' in pages[f"lectures/{after}.html"]


def test_links_between_notebooks_become_links_between_pages(pages):
    start = pages["lectures/00-start-here.html"]
    assert 'href="01-from-perceptrons-to-networks.html"' in start
    assert 'href="../problem-sets/ps3.html"' in start
    assert 'href="../docs/errata.html"' in start


def test_every_stepper_and_poll_of_the_lectures_has_its_state_in_the_page(pages):
    for stem in LECTURES:
        saved = json.loads((ROOT / "lectures" / f"{stem}.ipynb").read_text(encoding="utf-8"))["metadata"][
            "widgets"
        ]
        models = saved["application/vnd.jupyter.widget-state+json"]["state"].values()
        wanted = sum(
            model["state"].get("_anywidget_id", "").endswith((".Poll", ".Stepper")) for model in models
        )
        page = pages[f"lectures/{stem}.html"]
        state = json.loads(re.search(r'id="widget-state">(.*?)</script>', page, re.S)[1])
        assert len(state) == wanted == page.count('class="widget"')


def test_readers_get_the_released_problem_sets_and_no_solution(site):
    for n in range(1, 8):
        assert (
            site[f"downloads/ps{n}/ps{n}.ipynb"]
            == (ROOT / f"assignments/release/ps{n}/ps{n}.ipynb").read_bytes()
        )
    assert "downloads/ps7/faces.npz" in site
    for name, content in site.items():
        assert b"BEGIN HIDDEN TESTS" not in content or name.startswith("docs/"), name


def test_the_front_page_says_what_each_lecture_asks(pages):
    assert "How does a network compute?" in pages["index.html"]


def test_pictures_are_files_and_are_loaded_when_they_come_into_view(site, pages):
    assert "data:image" not in pages["lectures/06-gradient-descent.html"]
    names = re.findall(
        r'src="\.\./(assets/pictures/[^"]+)" loading="lazy"', pages["lectures/06-gradient-descent.html"]
    )
    assert names
    assert all(site[name].startswith(b"\x89PNG") for name in names)


@pytest.mark.exhaustive
def test_two_builds_are_equal_whatever_the_order_of_sets(tmp_path):
    def built(seed):
        into = tmp_path / seed
        command = [sys.executable, "-m", "tools.build_site", "--into", str(into)]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, check=True)
        return {path.relative_to(into): path.read_bytes() for path in into.rglob("*") if path.is_file()}

    assert built("1") == built("2")


# -- sources and links -------------------------------------------------------------------------------------


def test_links_are_seen_from_the_page_and_not_from_the_source(tmp_path):
    root = course(
        tmp_path, **{"assignments/release/ps1/ps1.ipynb": notebook("# P"), "docs/glossary.md": "# G"}
    )
    sources = find_sources(root)
    addresses = {source.file: source.address for source in sources}
    resolve = resolver(sources[0], addresses)
    assert resolve("../assignments/release/ps1/ps1.ipynb#A") == "../problem-sets/ps1.html#A"
    assert resolve("../docs/glossary.md") == "../docs/glossary.html"
    assert resolve("https://example.org/x") == "https://example.org/x"
    assert resolve("#Here") == "#Here"
    assert resolve("../autograder/pool.py") is None


def test_a_file_without_a_page_is_named_and_not_linked(tmp_path):
    root = course(tmp_path, **{"docs/a.md": "# A\n\nSee [the pool](../autograder/pool.py)."})
    page = build(root)["docs/a.html"].decode()
    assert '<span class="no-page" title="../autograder/pool.py">the pool</span>' in page


def test_an_image_that_a_document_shows_is_copied_and_others_are_not(tmp_path):
    root = course(tmp_path, **{"docs/a.md": "# A\n\n![A picture](images/shown.png)"})
    (root / "docs" / "images").mkdir()
    for name in ("shown.png", "other.png"):
        (root / "docs" / "images" / name).write_bytes(PNG)
    files = build(root)
    assert [name for name in files if name.startswith("assets/images/")] == ["assets/images/shown.png"]
    assert '<img alt="A picture" src="../assets/images/shown.png"' in files["docs/a.html"].decode()


def test_a_dead_link_ends_the_build_and_leaves_the_old_site(tmp_path, capsys):
    root = course(tmp_path)
    assert main(["--root", str(root)]) == 0
    (root / "lectures" / "01-a.ipynb").write_text(notebook("# One\n\n[there](#Nowhere)"), encoding="utf-8")
    assert main(["--root", str(root)]) == 1
    assert (
        "lectures/01-a.html: the link #Nowhere names a place that is not on its page"
        in capsys.readouterr().err
    )
    assert (root / "site" / "index.html").is_file()


def test_a_formula_that_is_not_known_ends_the_build_with_its_file(tmp_path):
    root = course(tmp_path, **{"lectures/02-b.ipynb": notebook(r"# Two", r"$\mystery$")})
    with pytest.raises(SiteError, match=r"lectures/02-b\.ipynb: the formula \$\\mystery\$"):
        build(root)


def test_a_course_without_lectures_says_what_to_do(tmp_path, capsys):
    assert main(["--root", str(tmp_path)]) == 1
    assert "make build" in capsys.readouterr().err


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="choose another folder"):
        write({"index.html": b""}, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_what_was_there_before_is_gone(tmp_path):
    write({"a/old.html": b""}, tmp_path / "site")
    write({"new.html": b""}, tmp_path / "site")
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == [MARK, "new.html"]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ('<a href="gone.html">x</a>', "leads nowhere"),
        ('<a href="b.html#gone">x</a>', "names a place that is not on its page"),
        ('<img src="https://example.org/x.png">', "lies elsewhere"),
        ('<script src="//example.org/x.js"></script>', "lies elsewhere"),
        ('<p id="x"></p><p id="x"></p>', "two things have the id 'x'"),
        ("x" * (LARGEST_PAGE + 1), "a page may have"),
    ],
)
def test_the_check_finds_what_is_wrong(page, said):
    (found,) = problems({"a.html": page.encode(), "b.html": b'<p id="there"></p>'})
    assert said in found


def test_the_check_lets_good_links_pass():
    page = b'<a href="b.html#there">x</a><a href="https://example.org">y</a><a href="#z" id="z">z</a>'
    assert problems({"a.html": page, "b.html": b'<p id="there"></p>'}) == []


@pytest.mark.parametrize("text", ["@import 'x.css';", "a{background:url(https://x.org/y)}", 'fetch("x")'])
def test_a_style_or_script_that_loads_something_is_found(text):
    name = "a.js" if "fetch" in text else "a.css"
    assert len(problems({name: text.encode()})) == 1


# -- cells and outputs -------------------------------------------------------------------------------------


def test_a_picture_goes_into_a_file_and_keeps_its_place():
    encoded = base64.b64encode(PNG).decode()
    made = body(
        code("draw()", shown(text_html=f'<img alt="A" src="data:image/png;base64,{encoded}" width="40">'))
    )
    (name,) = made.pictures
    assert made.pictures[name] == PNG
    assert (
        f'<img alt="A" src="pictures/{name}" loading="lazy" decoding="async" width="40" height="40">'
        in made.html
    )


@pytest.mark.parametrize("html", ["<script>x()</script>", '<p onclick="x()">', '<iframe src="x">'])
def test_an_output_that_acts_is_refused(html):
    with pytest.raises(OutputError, match="cell c: an output holds a script"):
        body(code("x", shown(text_html=html)))


def test_printed_text_is_text():
    stream = {"output_type": "stream", "name": "stdout", "text": ["\x1b[31m<b>\x1b[0m\n"]}
    assert '<pre class="stream stdout">&lt;b&gt;\n</pre>' in body(code("x", stream)).html


def test_a_folded_solution_keeps_its_output_folded():
    stream = {"output_type": "stream", "name": "stdout", "text": "42"}
    made = body(code("# Solution\nprint(42)", stream, jupyter={"source_hidden": True})).html
    assert re.search(r"<details><summary>Solution</summary>.*42.*</details>", made, re.S)


def test_a_folded_solution_is_known_by_its_id():
    cell = code("def f_solution(): ...", jupyter={"source_hidden": True}) | {"id": "try-f-solution"}
    assert "<summary>Solution</summary>" in body(cell).html


def test_a_cell_of_a_problem_set_says_what_it_is_for():
    def says(**grading):
        return body(
            code("pass", nbgrader={"grade": False, "locked": False, "solution": False, **grading})
        ).html

    assert '<p class="label">Your answer</p>' in says(solution=True)
    assert "<summary>Check · 2 points</summary>" in says(grade=True, locked=True, points=2)
    assert "<summary>Check · 1 point</summary>" in says(grade=True, locked=True, points=1)


def test_headings_that_are_equal_have_places_of_their_own():
    made = body(markdown("# A\n\n## Two words\n\n## Two words"))
    assert [heading.anchor for heading in made.headings.found] == ["A", "Two-words", "Two-words-1"]


# -- widgets -----------------------------------------------------------------------------------------------


def model_of(widget):
    state = {name: value for name, value in widget.get_state().items() if name != "layout"}
    return {"state": {**state, "_esm": str(widget._esm), "_css": str(widget._css)}}


@pytest.fixture(scope="module")
def widgets():
    net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {name: np.full(shape, 0.1) for name, shape in net.shapes().items()}
    return {
        "stepper": Stepper(pass_story(net, params, [1.0, 0.0], [0.9])),
        "poll": Poll("</script>?", ["a", "b"], 0, ["yes", "no"]),
        "explorer": LearningRateExplorer(),
        "playground": Playground(),
    }


def test_what_never_asks_a_kernel_lives_on_the_page(widgets):
    alive = {name for name, widget in widgets.items() if is_alive(model_of(widget))}
    assert alive == {"stepper", "poll"}


def test_what_asks_a_kernel_is_a_still_picture_and_says_why(widgets):
    data = {VIEW: {"model_id": "e"}, "image/svg+xml": widgets["explorer"].still_svg()}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    made = body(code("x", output), models={"e": model_of(widgets["explorer"])})
    assert MOVES_IN_PYTHON in made.html
    assert made.models == {}


def test_a_slider_of_ipywidgets_is_named():
    output = {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": "s"}}}
    made = body(code("x", output), models={"s": {"state": {"description": "step η"}}})
    assert "A slider, <strong>step η</strong>, stands here in JupyterLab." in made.html


def test_a_widget_that_was_not_saved_is_refused():
    output = {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": "lost"}}}
    with pytest.raises(OutputError, match="make build"):
        body(code("x", output))


def test_the_page_holds_what_a_widget_reads_and_its_script_once(widgets):
    scripts = Scripts()
    state = page_state({"a": model_of(widgets["poll"]), "b": model_of(widgets["poll"])}, scripts)
    assert {"question", "choices", "several", "name", "chosen", "checked"} <= set(state["a"]["state"])
    assert not any(name.startswith("_") for name in state["a"]["state"])
    assert scripts.javascript().count("courseWidgets[") == 1


def test_widgets_of_two_versions_are_refused(widgets):
    scripts, model = Scripts(), model_of(widgets["poll"])
    scripts.add(model["state"])
    with pytest.raises(WidgetError, match="make build"):
        scripts.add({**model["state"], "_esm": "// older\n" + model["state"]["_esm"]})


@pytest.mark.parametrize(
    "module", ["import x from 'y';\nexport default { render };", "export function render() {}"]
)
def test_a_script_that_a_page_cannot_run_is_refused(module):
    with pytest.raises(WidgetError, match="must import nothing and end with"):
        Scripts(scripts={"w": module}).javascript()


# -- search ------------------------------------------------------------------------------------------------


def test_sections_have_the_words_below_their_heading_and_no_code():
    html = '<h1 id="T">Title</h1><p>One <em>t</em>wo.</p><pre class="code">x = 1</pre><h2 id="S">Sub</h2><p>Three</p><p>Four</p>'
    first, second = sections("a.html", "Title", html)
    assert (first.anchor, first.words) == ("T", "One two.")
    assert (second.heading, second.words) == ("Sub", "Three Four")


def test_what_a_picture_says_can_be_found():
    (only,) = sections("a.html", "T", '<h1 id="T">T</h1><img alt="A valley &amp; a hill" src="x">')
    assert only.words == "A valley & a hill"
