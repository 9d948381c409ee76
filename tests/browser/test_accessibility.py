"""Every public widget on one page: nothing serious for axe-core, and something true wherever it is opened.

The notebook has a cell for every widget of `mlpkit.widgets`. It is looked at in JupyterLab, as an exported
page with scripts and without, and by strict nbval.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from axe_violations import SERIOUS, list_violations
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from notebooks.made import make_notebook, open_made
from playwright.sync_api import expect

import mlpkit.widgets
from mlpkit.widgets import StillWidget, page_template

IMPORTS = """\
import numpy as np
from mlpkit import MLP, SGD, sigmoid
from mlpkit import widgets
from mlpkit.diagrams import backward_story, graph_diagram, influence_diagram, matrix_story, paths_story
from mlpkit.diagrams import training_story
from mlpkit.plots import Picture, activation
from mlpkit.widgets import Poll, Stepper

net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
x, d = [1, 0], [0.9]
paths = influence_diagram([("x", "g1", 2.0), ("x", "g2", -0.5), ("g1", "y", 3.0), ("g2", "y", 4.0)])"""

#: How each public widget is made; names of functions that make an `Explorer` need no arguments.
CELLS = {
    "Stepper": """\
passes = {"Training": training_story(net, params, x, d, SGD(step=0.2)), "Matrices": matrix_story(net, params, x, d)}
Stepper(passes, index=3, label="Both views")""",
    "Stepper of paths": 'Stepper(paths_story(paths, "x", "y"), label="All paths")',
    "Poll": """\
Poll(r"What is $\\dot z$?", ["A derivative", "A sum"], 0, ["Yes.", "That is $z$."], name="Poll: the dot")""",
    "Poll with several answers": 'Poll("Which?", ["a", "b", "c"], [0, 1], ["yes", "yes", "no"], name="Poll: which")',
    "LearningRateExplorer": "widgets.LearningRateExplorer()",
    "Playground": "widgets.Playground()",
}
STILL = {
    "influence diagram": "paths",
    "plot": 'Picture(activation(sigmoid), "The sigmoid and its slope, which is largest at 0 with 0.25.")',
}
NOT_SHOWN = {"StillWidget", "Explorer", "page_template"}


def public_names():
    return [name for name in mlpkit.widgets.__all__ if name not in NOT_SHOWN]


def cell_of(name):
    return CELLS.get(name, f"widgets.{name}()")


def sources():
    functions = [name for name in public_names() if name not in CELLS]
    return [IMPORTS, *CELLS.values(), *map(cell_of, functions), *STILL.values()]


def test_every_public_widget_has_a_cell():
    classes = [
        name
        for name in public_names()
        if isinstance(getattr(mlpkit.widgets, name), type)
        and issubclass(getattr(mlpkit.widgets, name), StillWidget)
    ]
    assert {"Stepper", "Poll"} <= set(classes) <= set(CELLS)


# -- in JupyterLab -----------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.page
def test_axe_finds_nothing_serious_in_any_widget(lab):
    open_made(lab, "all-widgets.ipynb", *sources())
    expect(lab.page.locator(".bp-stepper, .bp-poll, .bp-explorer, .bp-playground").last).to_be_visible(
        timeout=20_000
    )
    response = Axe().run(lab.page, context={"include": [[".jp-OutputArea-output"]]}).response
    looked_at = {rule["id"] for rule in response["passes"]}
    assert {"button-name", "label", "svg-img-alt", "color-contrast", "image-alt"} <= looked_at
    bad = list_violations(response, SERIOUS)
    assert bad == [], "\n".join(bad)


# -- saved and exported ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook with every widget, executed and saved with the widgets' state."""
    notebook = nbformat.from_dict(make_notebook(*sources()))
    NotebookClient(notebook, store_widget_state=True, timeout=120).execute()
    path = tmp_path_factory.mktemp("all") / "all-widgets.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.browser
def test_strict_nbval_passes(executed):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", executed.name]
    done = subprocess.run(
        command, cwd=executed.parent, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.browser
def test_every_output_has_words_and_a_picture(executed):
    for cell in nbformat.read(executed, as_version=4).cells[1:]:
        (output,) = cell.outputs
        assert len(output.data["text/plain"]) > 20
        assert "<svg" in output.data.get("image/svg+xml", "") or '<img alt="' in output.data.get(
            "text/html", ""
        )


PACKAGES = {"@jupyter-widgets/html-manager": "1.0.15", "requirejs": "2.3.8"}


@pytest.fixture(scope="session")
def page_scripts(request):
    """The scripts that an exported page asks the network for, as files: from npm, kept between runs."""
    folder = request.config.cache.mkdir("page-scripts") if hasattr(request.config, "cache") else None
    if folder is None or shutil.which("npm") is None:
        pytest.skip("npm is needed to fetch the scripts of an exported page")
    for name, version in PACKAGES.items():
        place = folder / f"{name.split('/')[-1]}-{version}"
        if not place.exists():
            fetch(name, version, place)
    anywidget = next(iter((Path(sys.prefix) / "share/jupyter/nbextensions/anywidget").glob("index.js")), None)
    if anywidget is None:
        pytest.skip("anywidget's own script is not in this environment")
    return {
        "require.min.js": folder / f"requirejs-{PACKAGES['requirejs']}" / "package" / "require.js",
        "embed-amd.js": folder
        / f"html-manager-{PACKAGES['@jupyter-widgets/html-manager']}"
        / "package/dist/embed-amd.js",
        "index.js": anywidget,
    }


def fetch(name, version, place):
    place.mkdir(parents=True)
    try:
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=place, check=True, timeout=60,
                       capture_output=True)  # fmt: skip
        (archive,) = place.glob("*.tgz")
        shutil.unpack_archive(archive, place, filter="data")
        archive.unlink()
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        shutil.rmtree(place, ignore_errors=True)
        if os.environ.get("REQUIRE_BROWSER") == "1":
            raise
        pytest.skip(f"npm could not fetch {name}: {error}")


def exported(executed):
    """The notebook as a page; nbconvert's own look, with still pictures for readers without scripts."""
    exporter = HTMLExporter(template_file=str(page_template()))
    page, _ = exporter.from_filename(str(executed))
    path = executed.with_suffix(".html")
    path.write_text(page, encoding="utf-8")
    return path


def open_page(context, path, scripts):
    """Open an exported page; the scripts it asks for come from files, everything else is refused."""

    def answer(route):
        name = route.request.url.split("?")[0].rsplit("/", 1)[-1]
        file = scripts.get(name)
        if file is None:
            route.abort()
        else:
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type="text/javascript")

    context.route(re.compile("^https?://"), answer)
    page = context.new_page()
    page.goto(path.as_uri())
    return page


@pytest.mark.browser
def test_an_exported_stepper_still_steps_and_a_poll_still_answers(browser, executed, page_scripts):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = open_page(context, exported(executed), page_scripts)
    stepper = page.get_by_role("group", name="Both views")
    expect(stepper).to_be_visible(timeout=20_000)
    stepper.focus()
    stepper.press("End")
    expect(stepper.get_by_role("img")).to_contain_text("0.1 → 0.11719")
    stepper.get_by_role("tab", name="Matrices").click()
    expect(stepper.locator(".bp-equation")).to_be_visible()
    poll = page.get_by_role("group", name="Poll: the dot")
    poll.get_by_role("radio").first.check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.get_by_role("status")).to_contain_text("Right.")
    expect(page.locator(".bp-still")).to_have_count(0)
    context.close()


@pytest.mark.browser
def test_without_scripts_the_still_pictures_are_there(browser, executed):
    context = browser.new_context(java_script_enabled=False)
    page = open_page(context, exported(executed), {})
    assert page.locator(".bp-still").count() == len(sources()) - 1 - len(STILL)
    first = page.locator(".bp-still svg[role=img]").first
    expect(first).to_be_visible()
    assert first.bounding_box()["width"] > 400
    assert "0.1 → 0.11719" in first.inner_html()
    context.close()


@pytest.mark.browser
def test_where_the_widgets_scripts_cannot_be_fetched_the_still_pictures_stay(browser, executed):
    context = browser.new_context()
    page = open_page(context, exported(executed), {})
    expect(page.locator(".bp-still svg[role=img]").first).to_be_visible()
    context.close()


@pytest.mark.browser
def test_a_page_without_scripts_holds_the_words_of_every_picture(executed):
    page = html.unescape(exported(executed).read_text(encoding="utf-8"))
    for cell in nbformat.read(executed, as_version=4).cells[1 : 1 + len(CELLS)]:
        svg = cell.outputs[0].data["image/svg+xml"]
        label = re.search(r'aria-label="([^"]+)"', svg)[1]
        assert html.unescape(label) in page


@pytest.mark.browser
def test_the_saved_state_holds_what_the_page_needs_without_a_kernel(executed):
    state = json.loads(executed.read_text())["metadata"]["widgets"][
        "application/vnd.jupyter.widget-state+json"
    ]["state"]
    steppers = [model["state"] for model in state.values() if "stories" in model["state"]]
    assert len(steppers) == 2
    assert all("export default" in stepper["_esm"] for stepper in steppers)
