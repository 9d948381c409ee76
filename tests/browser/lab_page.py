"""Driving a JupyterLab page: open a notebook, run it, look at it."""

from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

# Both are plain functions: a promise is always truthy to the loop that waits for it.
READY = """() => {
  const app = window.jupyterapp;
  const widget = app?.shell?.currentWidget;
  if (!app?.commands.hasCommand("notebook:run-all-cells") || !widget?.sessionContext?.isReady) return false;
  const kernel = widget.sessionContext.session?.kernel;
  return widget.context.isReady && kernel?.connectionStatus === "connected" && kernel?.status === "idle";
}"""

RUN_ALL = """() => {
  window.__done = false;
  window.jupyterapp.commands.execute("notebook:run-all-cells").then(() => { window.__done = true; });
}"""

# What a browser says by itself about favicons and the like is not an error of ours.
HARMLESS = ("favicon", "ERR_INTERNET_DISCONNECTED", "net::ERR_NAME_NOT_RESOLVED")


class LabPage:
    """One notebook in JupyterLab."""

    def __init__(self, page: Page, url: str, token: str) -> None:
        self.page, self.url, self.token = page, url, token
        self.errors: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, message) -> None:
        if message.type == "error" and not any(word in message.text for word in HARMLESS):
            self.errors.append(message.text)

    def open(self, path: str) -> None:
        """Open the notebook at `path` (below the server's root) and wait for its kernel."""
        self.page.goto(f"{self.url}/lab/tree/{path}?token={self.token}&reset")
        self.page.wait_for_function(READY, timeout=60_000, polling=200)
        with suppress(Exception):  # the file browser takes room that the notebook needs
            self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")

    def run_all(self, seconds: float = 90) -> None:
        """Run every cell and wait until all are done."""
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function("() => window.__done === true", timeout=seconds * 1000)

    def bad_outputs(self) -> list[str]:
        """Text of every output that is an error or stands on stderr."""
        script = """() => [...document.querySelectorAll(
          '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"],' +
          '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]')].map(n => n.textContent)"""
        return self.page.evaluate(script)

    def widget(self, name: str) -> Locator:
        """The widget whose accessible name is `name`, scrolled into view."""
        group = self.page.get_by_role("group", name=name)
        expect(group).to_be_visible(timeout=20_000)
        group.scroll_into_view_if_needed()
        return group

    def screenshot(self, path: Path) -> None:
        """A picture of what is in view."""
        self.page.screenshot(path=str(path))

    def shut_down_kernels(self) -> None:
        """End the kernels that this page started."""
        with suppress(Exception):
            self.page.evaluate(
                "async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }"
            )
