"""A real JupyterLab with a real Chromium, on a copy of the course.

Where there is no Chromium the tests skip and say so; with REQUIRE_BROWSER=1 (as in continuous integration)
its absence is a failure instead.
"""

import os
import shutil
from pathlib import Path

import pytest
from lab_page import LabPage
from lab_server import chromium, find_chromium, jupyterlab, windows

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def chromium_path():
    path = find_chromium()
    if path is None:
        reason = "no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path):
    with chromium(chromium_path) as browser:
        yield browser


@pytest.fixture
def open_file(browser):
    """Open an HTML file in a window of a width; nothing but files may be asked for.

    Further arguments are listeners by the name of their event, there before the page is.
    """
    asked = []
    with windows(browser) as new_page:

        def open_page(path, width, **listeners):
            page = new_page(width)
            page.on("request", lambda request: asked.append(request.url))
            for event, listener in listeners.items():
                page.on(event, listener)
            page.goto(path.as_uri())
            return page

        yield open_page
    # Only now: a page can ask for something until its window is closed.
    assert [url for url in asked if not url.startswith("file:")] == []


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    """URL and token of a JupyterLab whose root is a copy of the lectures and of the students' problem sets."""
    home = tmp_path_factory.mktemp("lab")
    for part in ("lectures", "assignments/release"):
        shutil.copytree(ROOT / part, home / "root" / part)
    with jupyterlab(home) as (url, token):
        yield url, token


@pytest.fixture
def lab(browser, lab_server):
    """A `LabPage` in a fresh window of 1280 × 900; console errors fail the test at its end."""
    url, token = lab_server
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = LabPage(context.new_page(), url, token)
    yield page
    page.shut_down_kernels()
    context.close()
    assert page.errors == [], f"the page logged errors: {page.errors}"
