"""The static site in a browser, opened from its folder: no server, no kernel, and no request to anywhere."""

import json
from pathlib import Path

import pytest
from axe_violations import SERIOUS, find_violations
from playwright.sync_api import expect

from tools.build_site.build import build
from tools.build_site.cli import write

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted((ROOT / "lectures").glob("[0-9][0-9]-*.ipynb"))
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site and the addresses of its pages."""
    into = tmp_path_factory.mktemp("site") / "site"
    files = build(ROOT)
    write(files, into)
    return into, [name for name in files if name.endswith(".html")]


def saved_widgets(lecture):
    """Right choices of each poll by its name, and frames of each stepper by its label, as the notebook saved them."""
    metadata = json.loads(lecture.read_text(encoding="utf-8"))["metadata"]
    models = metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    states = [model["state"] for model in models]
    polls = {
        one["name"]: [n for n, choice in enumerate(one["choices"]) if choice["right"]]
        for one in states
        if "choices" in one
    }
    steppers = {
        one["label"]: len(json.loads(one["stories"])[one["shown"]]["frames"])
        for one in states
        if "stories" in one
    }
    return polls, steppers


class SitePage:
    """A window on the site; requests to other places are refused and noted, and so are errors."""

    def __init__(self, browser, folder, size, **options):
        self.folder = folder
        self.context = browser.new_context(viewport=size, offline=True, **options)
        self.context.route(lambda url: not url.startswith(("file:", "data:", "blob:")), self._refuse)
        self.page = self.context.new_page()
        self.foreign, self.errors = [], []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _refuse(self, route):
        self.foreign.append(route.request.url)
        route.abort()

    def open(self, address):
        self.page.goto(f"file://{self.folder}/{address}")
        return self.page


@pytest.fixture
def window(browser, site):
    """Open windows of a size; at the end none has asked for anything elsewhere or met an error."""
    opened = []

    def new(size=WIDE, **options):
        opened.append(SitePage(browser, site[0], size, **options))
        return opened[-1]

    yield new
    for one in opened:
        one.context.close()
        assert one.foreign == []
        assert one.errors == []


def is_scrolled_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.page
def test_the_front_page_its_stepper_search_and_the_pages_in_turn(window):
    one = window()
    page = one.open("index.html")
    stepper = page.locator(".bp-stepper")
    expect(stepper.locator(".bp-count")).to_have_text("1 / 25")
    stepper.focus()
    page.keyboard.press("ArrowRight")
    expect(stepper.locator(".bp-count")).to_have_text("2 / 25")

    page.keyboard.press("Tab")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search the course")).to_be_focused()
    page.keyboard.type("momentum")
    expect(page.locator("#search-says")).to_contain_text("places")
    expect(page.locator("#search-results a").first).to_contain_text("Momentum", ignore_case=True)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lectures/**")
    assert "omentum" in page.locator("main").inner_text()

    page = one.open("lectures/08-the-forward-pass.html")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/lectures/09-the-backward-pass.html")
    page.get_by_role("link", name="Previous").click()
    page.wait_for_url("**/lectures/08-the-forward-pass.html")


@pytest.mark.page
def test_a_lecture_its_stepper_and_its_polls_without_a_kernel(window):
    page = window().open("lectures/09-the-backward-pass.html")
    stepper = page.locator(".bp-stepper").first
    before = stepper.locator(".bp-count").inner_text()
    stepper.focus()
    page.keyboard.press("End")
    after = stepper.locator(".bp-count").inner_text()
    assert after != before
    assert after.split(" / ")[0] == after.split(" / ")[1]

    poll = page.locator(".bp-poll").first
    expect(poll.get_by_role("button", name="Check")).to_be_disabled()
    poll.get_by_role("radio").first.check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.get_by_role("status")).to_contain_text(
        "Right" if poll.locator(".bp-right").count() > 1 else "Not yet"
    )
    assert poll.locator(".bp-tries").inner_text() == "1 try"
    assert page.locator(".widget .still").count() == 0, "every live view has taken its picture's place"


@pytest.mark.page
def test_no_page_is_wider_than_a_narrow_screen(window, site):
    one = window(NARROW)
    wide = [address for address in site[1] if is_scrolled_sideways(one.open(address))]
    assert wide == []


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda path: path.stem)
def test_every_poll_is_answered_and_every_stepper_stepped_to_its_end(window, lecture):
    page = window().open(f"lectures/{lecture.stem}.html")
    polls, steppers = saved_widgets(lecture)
    for name, right in polls.items():
        poll = page.get_by_role("group", name=name, exact=True)
        for number in right:
            poll.locator("input").nth(number).check()
        poll.get_by_role("button", name="Check").click()
        expect(poll.get_by_role("status")).to_contain_text("Right.")
    assert page.locator(".bp-poll").count() == len(polls)
    for label, frames in steppers.items():
        stepper = page.get_by_role("group", name=label, exact=True)
        stepper.focus()
        page.keyboard.press("End")
        expect(stepper.locator(".bp-count")).to_have_text(f"{frames} / {frames}")
    assert page.locator(".bp-stepper").count() == len(steppers)


def test_on_a_narrow_screen_the_contents_open_and_close_by_keyboard(window):
    page = window(NARROW).open("lectures/04-divergences.html")
    contents = page.get_by_role("navigation", name="Contents of the course")
    expect(contents).to_be_hidden()
    page.evaluate("scrollTo(0, 3000)")
    button = page.get_by_role("button", name="Contents")
    button.focus()
    page.keyboard.press("Enter")
    expect(contents).to_be_visible()
    expect(contents.locator("[aria-current=page]")).to_contain_text("04")
    expect(contents.locator("[aria-current=page]")).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(contents).to_be_hidden()
    expect(button).to_be_focused()


def test_without_scripts_everything_is_there_to_read(window):
    page = window(NARROW, java_script_enabled=False).open("lectures/09-the-backward-pass.html")
    expect(page.get_by_role("navigation", name="Contents of the course")).to_be_visible()
    assert page.locator(".widget .still svg").count() > 0


def test_the_first_stop_of_the_tab_key_skips_to_the_text(window):
    page = window().open("lectures/01-from-perceptrons-to-networks.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_is_the_systems_until_another_is_chosen(window):
    one = window(color_scheme="dark")
    page = one.open("index.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Light theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_mathematics_is_drawn_with_the_sites_own_font(window):
    page = window().open("lectures/04-divergences.html")
    loaded = page.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('16px \"Course Mathematics\"'))"
    )
    assert loaded
    tall = page.locator("math[display=block] mfrac").first.bounding_box()
    assert tall["height"] > 25, "a fraction is drawn as one"


def test_a_search_without_a_find_says_so(window):
    page = window().open("docs/glossary.html")
    page.get_by_role("searchbox").fill("qwertzuiop")
    expect(page.locator("#search-says")).to_contain_text("Nothing found")
    page.keyboard.press("Escape")
    expect(page.locator("#search-panel")).to_be_hidden()


AXE = [
    ("index.html", "light"),
    ("index.html", "dark"),
    ("lectures/09-the-backward-pass.html", "light"),
    ("lectures/06-gradient-descent.html", "dark"),
    ("problem-sets/ps3.html", "dark"),
    ("docs/glossary.html", "light"),
    ("docs/teachers-week.html", "dark"),
]


@pytest.mark.parametrize(("address", "theme"), AXE)
def test_axe_finds_nothing_serious(window, address, theme):
    page = window(color_scheme=theme).open(address)
    # Without preload: it would ask for the styles again, which a browser refuses to a page from a folder. And
    # without formulas: they have the colours of the text round them, and there are thousands of signs.
    everything = {"include": [["html"]], "exclude": [["math"]]}
    bad = find_violations(page, SERIOUS, context=everything, options={"preload": False})
    assert bad == [], "\n".join(bad)
