"""Problem set 7 in a real JupyterLab: faces and weights are shown, and a picture turned over is named."""

import pytest
from playwright.sync_api import expect
from problem_page import ProblemPage

pytestmark = pytest.mark.browser

IMAGES = """
def weight_images(params, shape=(30, 32)):
    W = params["W1"]
    return {outer}(W.reshape(-1, *shape)) / np.abs(W).max(axis=1)[:, None, None]
"""


@pytest.mark.page
def test_the_faces_are_shown_and_a_lost_sign_is_named(lab):
    page = ProblemPage(lab, "ps7")
    page.run("imports", "identity", "variants", "checks", "tools", "faces")
    expect(page.output("faces")).to_contain_text("512 pictures of 30 x 32 pixels")

    page.fill("weight-images", IMAGES.format(outer="np.abs"))
    page.run("weight-images", "test-weight-images")
    expect(page.output("test-weight-images")).to_contain_text(
        "Yours equals absolute values; the sign tells which way a pixel pushes."
    )
    page.fill("weight-images", IMAGES.format(outer=""))
    page.run("weight-images", "test-weight-images")
    expect(page.output("test-weight-images")).to_have_text(
        "The visible checks of this cell passed; 2 hidden checks run at grading.\n"
    )
    expect(page.cell("look-at-faces")).to_be_visible()
    page.run("look-at-faces")
    expect(page.output("look-at-faces").locator("img")).to_have_count(2)
