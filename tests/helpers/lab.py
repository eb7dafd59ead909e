"""JupyterLab as a student sees it: a server on a folder, and what hands and eyes do in the page."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from axe_playwright_python.sync_playwright import Axe
from machine import browser_path
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
QUIET = {
    # Every cell stays in the page, so a cell's place in the page is its place in the notebook.
    "notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
STARTING = 180
SAVING = BEGINNING = 30  # seconds
RUNNING = 200  # seconds: all cells of a notebook, experiments included
PAGE = {"width": 1150, "height": 1500}
SCREENS = ((1280, "light"), (390, "light"), (390, "dark"))


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start this machine's own Chromium, as root without its sandbox (it has no other way)."""
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = playwright.chromium.launch(executable_path=browser_path(), args=flags)
    try:
        yield browser
    finally:
        browser.close()


def serious(page: Page, file: Path) -> list[str]:
    """What axe finds serious or critical in a file, on a desk and on a phone, light and dark."""
    page.goto(file.as_uri())
    found = []
    for width, scheme in SCREENS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        for one in Axe().run(page).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                where = [node["target"] for node in one["nodes"]]
                found.append(f"{file.name}, {width} px, {scheme}: {one['help']}: {where}")
    return found


@contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[str]:
    """Serve `folder` with fresh settings kept in `home`; yields the address, token included."""
    for name, settings in QUIET.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    environment = os.environ | {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    environment.pop("NBGRADER_EXECUTION", None)  # a student's run, nothing left out
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, home / "server.log")
            yield f"http://127.0.0.1:{port}/lab?token={token}"
        finally:
            server.terminate()
            server.wait(timeout=STARTING)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    direct = build_opener(ProxyHandler({}))  # a proxy would look for it on its own machine
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with direct.open(address, timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


class Lab:
    """The page, in the words of somebody who uses it."""

    def __init__(self, page: Page, address: str, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.cells: dict[str, int] = {}  # cell id -> place in the notebook
        self.name = self.first_code_cell = ""
        page.set_viewport_size(PAGE)  # type: ignore[arg-type]
        page.goto(address, timeout=STARTING * 1000)
        expect(page.locator(".jp-DirListing-content")).to_be_visible(timeout=STARTING * 1000)

    def menu(self, *path: str) -> None:
        """Choose an entry of the menu bar: `menu("Run", "Run All Cells")`."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=path[0]).first.click()
        for entry in path[1:]:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).last.click()

    def open(self, name: str) -> None:
        """Open a notebook from the file browser by a double click, and wait for its kernel."""
        self.page.locator(".jp-DirListing-item", has_text=f"{name}.ipynb").dblclick()
        saved = json.loads((self.folder / f"{name}.ipynb").read_text())
        self.cells = {cell["id"]: place for place, cell in enumerate(saved["cells"])}
        self.first_code_cell = next(c["id"] for c in saved["cells"] if c["cell_type"] == "code")
        self.name = name
        count = len(self.cells)
        expect(self._panel().locator(".jp-Cell")).to_have_count(count, timeout=STARTING * 1000)
        self._wait_until_idle()

    def fill_in(self, cell: str, source: str) -> None:
        """Paste a whole new source into a cell."""
        self._click_into(cell)
        self.page.evaluate("text => navigator.clipboard.writeText(text)", source)
        lines = self.cell(cell).locator(".cm-line")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        expect(lines).to_have_text([""])
        self.page.keyboard.press("Control+v")
        expect(lines.last).to_have_text(source.rsplit("\n", 1)[-1])

    def type_instead_of_stub(self, cell: str, lines: Sequence[str]) -> None:
        """Replace the line that raises by typed lines; the editor indents, as it does for all."""
        stub = self.cell(cell).locator(".cm-line", has_text="raise NotImplementedError")
        stub.click()
        self.page.keyboard.press("End")
        self.page.keyboard.press("Shift+Home")  # once stops at the indentation
        for number, line in enumerate(lines):
            if number:
                self.page.keyboard.press("Enter")
            self.page.keyboard.type(line, delay=5)

    def run_all(self) -> dict[str, Any]:
        """Run > Run All Cells, to the end or the first error; returns the saved notebook."""
        self.menu("Edit", "Clear Outputs of All Cells")
        self.menu("Run", "Run All Cells")
        self._make_sure_it_runs()
        self._wait_until_idle(self.first_code_cell)
        return self.save()

    def restart_and_run_all(self) -> dict[str, Any]:
        """Kernel > Restart Kernel and Run All Cells…, as the checklist asks before handing in."""
        self.menu("Edit", "Clear Outputs of All Cells")
        self.menu("Kernel", "Restart Kernel and Run All Cells…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self._wait_until_idle(self.first_code_cell)
        return self.save()

    def run_cells(self, *cells: str) -> dict[str, Any]:
        """Ctrl+Enter in some cells, one after the other; returns the saved notebook."""
        for cell in cells:  # a check's own line is folded away
            prompts = self.cell(cell).locator(".jp-InputPrompt, .jp-OutputPrompt")
            prompts.locator("visible=true").first.click()
            self.page.keyboard.press("Control+Enter")
        self._wait_until_idle(cells[-1])
        return self.save()

    def save(self) -> dict[str, Any]:
        """Ctrl+S; returns the notebook as it then lies in the folder."""
        self.page.keyboard.press("Control+s")
        unsaved = self.page.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty")
        expect(unsaved).to_have_count(0, timeout=SAVING * 1000)
        saved: dict[str, Any] = json.loads((self.folder / f"{self.name}.ipynb").read_text())
        return saved

    def cell(self, cell: str) -> Locator:
        """Return a cell of the open notebook, by its id."""
        return self._panel().locator(".jp-Cell").nth(self.cells[cell])

    def use_theme(self, name: str) -> None:
        """Settings > Theme."""
        if self.page.locator(f'body[data-jp-theme-name="{name}"]').count():
            return
        self.menu("Settings", "Theme", name)
        chosen = self.page.locator(f'body[data-jp-theme-name="{name}"]')
        expect(chosen).to_be_attached(timeout=STARTING * 1000)

    def pictures(self) -> list[tuple[str, str]]:
        """Return (cell id, alt text) of every picture on the page, in prose and in output."""
        found = (
            self._panel()
            .locator(".jp-Cell")
            .evaluate_all("cells => cells.map(c => [...c.querySelectorAll('img')].map(i => i.alt))")
        )
        ids = {place: cell for cell, place in self.cells.items()}
        return [(ids[place], alt) for place, alts in enumerate(found) for alt in alts]

    def photograph(self, folder: Path) -> list[Path]:
        """Take a picture of each cell that shows a plot, in the theme that is on."""
        folder.mkdir(parents=True, exist_ok=True)
        taken = []
        for cell in dict.fromkeys(cell for cell, _ in self.pictures()):
            file = folder / f"{cell}.png"
            self.cell(cell).screenshot(path=file)
            taken.append(file)
        return taken

    def _panel(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def _click_into(self, cell: str) -> None:
        self.cell(cell).locator(".cm-content").click()

    def _make_sure_it_runs(self) -> None:
        """Ask once more if nothing has happened: JupyterLab forgets a run asked for too early."""
        begun = self.cell(self.first_code_cell).locator(".jp-InputPrompt")
        try:
            expect(begun).not_to_have_text("[ ]:", timeout=BEGINNING * 1000)
        except AssertionError:
            self.menu("Run", "Run All Cells")

    def _wait_until_idle(self, first: str | None = None) -> None:
        """Wait until no cell is waiting and, if a cell is named, that one has its number."""
        if first is not None:
            number = self.cell(first).locator(".jp-InputPrompt")
            expect(number).to_have_text(re.compile(r"\[\d+\]"), timeout=STARTING * 1000)
        waiting = self._panel().locator(".jp-InputPrompt", has_text="*")
        expect(waiting).to_have_count(0, timeout=RUNNING * 1000)
        idle = self._panel().locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        expect(idle).to_be_attached(timeout=STARTING * 1000)
