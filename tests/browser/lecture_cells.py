"""Editing and running single cells of the notebook that a `LabPage` shows, by the cells' ids."""

# Runs the cells one after the other, as Shift-Enter does, and waits until the last is done.
_RUN = """async ([ids, sources]) => {
  const app = window.jupyterapp;
  const notebook = app.shell.currentWidget.content;
  for (const id of ids) {
    const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
    if (index < 0) throw new Error(`there is no cell ${id}`);
    if (id in sources) notebook.widgets[index].model.sharedModel.setSource(sources[id]);
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    await app.commands.execute("notebook:run-cell");
  }
}"""

_OUTPUT = """(id) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const cell = notebook.widgets.find((one) => one.model.id === id);
  return cell.node.querySelector(".jp-OutputArea")?.innerText ?? "";
}"""

# The last line of a stub, or what was put in its place before.
_FILL_STUB = """([id, text]) => {
  const cell = window.jupyterapp.shell.currentWidget.content.widgets.find((one) => one.model.id === id);
  const source = cell.model.sharedModel.getSource();
  const stub = /^( *)(# YOUR CODE HERE\\n *raise NotImplementedError.*|return .*)$/m;
  cell.model.sharedModel.setSource(source.replace(stub, (line, indent) => indent + text));
}"""


def run_cells(lab, *ids, **sources):
    """Run the cells of these ids; `sources` has new texts for some (``_`` in a name stands for ``-``)."""
    new = {name.replace("_", "-"): text for name, text in sources.items()}
    lab.page.evaluate(_RUN, [list(ids), new])


def output_of(lab, cell_id):
    """What is written below a cell."""
    return lab.page.evaluate(_OUTPUT, cell_id)


def fill_stub(lab, cell_id, line):
    """Write an answer of one line into the cell of a problem set's function."""
    lab.page.evaluate(_FILL_STUB, [cell_id, line])
