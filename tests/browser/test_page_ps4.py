"""Problem set 4 in a real JupyterLab, as a student does it: an answer, a mistake that is named, the mistake mended."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

#: Put a text in the place of a stub's last line, in the cell of the function, and run cells by their ids.
FILL = """([id, text]) => {
  const cell = window.jupyterapp.shell.currentWidget.content.widgets.find((w) => w.model.id === id);
  const source = cell.model.sharedModel.getSource();
  const stub = /^( *)(# YOUR CODE HERE\\n *raise NotImplementedError.*|return .*)$/m;
  cell.model.sharedModel.setSource(source.replace(stub, (line, indent) => indent + text));
}"""
RUN = """async (ids) => {
  const app = window.jupyterapp;
  const notebook = app.shell.currentWidget.content;
  for (const id of ids) {
    notebook.activeCellIndex = notebook.widgets.findIndex((w) => w.model.id === id);
    await app.commands.execute("notebook:run-cell");
  }
}"""
OUTPUT = """(id) => {
  const cell = window.jupyterapp.shell.currentWidget.content.widgets.find((w) => w.model.id === id);
  return cell.outputArea.node.textContent;
}"""
TOOLS = ["imports", "checks", "identity", "variants", "parts-bin", "vector-checks"]


@pytest.mark.page
def test_a_mistake_is_named_and_a_mended_answer_passes(lab):
    lab.open("assignments/release/ps4/ps4.ipynb")
    page = lab.page
    expect(page.get_by_role("button", name="Validate")).to_be_visible()
    page.evaluate(FILL, ["to-layer-below", "return dZ @ W.T"])
    page.evaluate(RUN, [*TOOLS, "to-layer-below", "test-to-layer-below-reference"])
    said = page.evaluate(OUTPUT, "test-to-layer-below-reference")
    assert "to_layer_below(dZ, W)[1, 0] should be 17, yours is 12." in said
    assert "on the way back the sum runs over the units of this layer" in said
    page.evaluate(FILL, ["to-layer-below", "return dZ @ W"])
    page.evaluate(RUN, ["to-layer-below", "test-to-layer-below-reference"])
    said = page.evaluate(OUTPUT, "test-to-layer-below-reference")
    assert said.strip() == "The visible checks of this cell passed; 3 hidden checks run at grading."
