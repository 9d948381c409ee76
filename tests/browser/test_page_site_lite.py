"""JupyterLite in a browser without a network: the interface comes up, a lecture opens with what was saved in it.

Its kernel cannot start here: Python itself comes from Pyodide's host, and every request to it is refused.
"""

import functools
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.build_site.lite import build_lite

pytestmark = pytest.mark.browser

PYODIDE_HOST = "https://cdn.jsdelivr.net/pyodide/"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    if not (Path(sys.prefix) / "lite-only" / "jupyterlite_core").is_dir():
        pytest.skip("JupyterLite's tools are not installed (make lite installs them)")
    into = tmp_path_factory.mktemp("lite") / "built"
    build_lite(Path(__file__).resolve().parents[2], into)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(into)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_lecture_opens_with_its_saved_outputs_and_only_the_kernel_is_missing(browser, lite):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    foreign = []

    def refuse(route):
        foreign.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith((lite, "blob:", "data:")), refuse)
    page = context.new_page()
    page.goto(f"{lite}/")
    expect(page.get_by_role("listitem", name="lectures")).to_be_visible(timeout=90_000)
    page.goto(f"{lite}/lab/index.html?path=lectures/09-the-backward-pass.ipynb")
    expect(page.get_by_role("heading", name="09 · The backward pass")).to_be_visible(timeout=90_000)
    output = page.locator(".jp-OutputArea-output", has_text="hidden outputs y1 = [0.54983 0.54983]")
    expect(output).to_be_attached(timeout=30_000)
    expect(page.locator(".jp-OutputArea-output img").first).to_be_attached(timeout=30_000)
    expect(page.get_by_text("Loading widget")).to_have_count(0)
    context.close()
    assert [url for url in foreign if not url.startswith(PYODIDE_HOST)] == []
