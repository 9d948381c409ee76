"""Problem set 6 in a real JupyterLab, as a student does it: an answer, a mistake that is named, the mistake mended."""

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
TOOLS = ["imports", "checks", "identity", "variants", "network", "training-checks"]


@pytest.mark.page
def test_a_mistake_is_named_and_a_mended_answer_passes(lab):
    lab.open("assignments/release/ps6/ps6.ipynb")
    page = lab.page
    expect(page.get_by_role("button", name="Validate")).to_be_visible()
    page.evaluate(
        FILL, ["mini-batches", "return [np.arange(n, min(n + size, T)) for n in range(0, T, size)]"]
    )
    page.evaluate(RUN, [*TOOLS, "mini-batches", "test-mini-batches"])
    said = page.evaluate(OUTPUT, "test-mini-batches")
    assert "go through the instances in their old order: shuffle them first." in said
    page.evaluate(FILL, ["mini-batches", "return np.split(rng.permutation(T), range(size, T, size))"])
    page.evaluate(RUN, ["mini-batches", "test-mini-batches"])
    said = page.evaluate(OUTPUT, "test-mini-batches")
    assert said.strip() == "The visible checks of this cell passed; 6 hidden checks run at grading."
