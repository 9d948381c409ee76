"""A problem set in JupyterLab, worked on as a student does: fill a cell in, run cells, read what they say."""

from lab_page import LabPage
from lecture_cells import run_cells
from playwright.sync_api import Locator

_FILL = """([id, source]) => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  for (let i = 0; i < cells.length; i++)
    if (cells.get(i).id === id) { cells.get(i).sharedModel.setSource(source); return; }
  throw new Error(`no cell ${id}`);
}"""

_INDEX = """(id) => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(cell => cell.model.id === id)"""


class ProblemPage:
    """The student copy of a problem set, opened in JupyterLab."""

    def __init__(self, lab: LabPage, name: str) -> None:
        self.lab, self.name = lab, name
        lab.open(f"assignments/release/{name}/{name}.ipynb")

    def fill(self, cell_id: str, source: str) -> None:
        """Write `source` into the cell with this id."""
        self.lab.page.evaluate(_FILL, [cell_id, source.strip()])

    def run(self, *cell_ids: str) -> None:
        """Run these cells, one after the other, and wait for each."""
        run_cells(self.lab, *cell_ids)

    def cell(self, cell_id: str) -> Locator:
        """The cell on the page, scrolled into view."""
        index = self.lab.page.evaluate(_INDEX, cell_id)
        cell = self.lab.page.locator(".jp-Notebook .jp-Cell").nth(index)
        cell.scroll_into_view_if_needed()
        return cell

    def output(self, cell_id: str) -> Locator:
        """What stands below the cell."""
        return self.cell(cell_id).locator(".jp-Cell-outputArea")

    def validate(self, seconds: float = 60) -> str:
        """Press nbgrader's Validate button and return the text of the dialogue that opens."""
        self.lab.page.get_by_role("button", name="Validate").click()
        dialog = self.lab.page.locator(".jp-Dialog")
        dialog.get_by_text("Validation Results").wait_for(timeout=seconds * 1000)
        return dialog.inner_text()
