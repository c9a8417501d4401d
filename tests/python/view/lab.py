"""A real JupyterLab in a real browser."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat

CALM = {
    # No news, no announcements: a first start asks for nothing.
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}


class Lab:
    """One server of notebooks in a directory."""

    def __init__(self, home):
        self.home = Path(home)
        self.token = secrets.token_hex(8)
        settings = self.home / ".settings"
        for name, told in CALM.items():
            path = settings / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(told))
        own = {"JUPYTER_CONFIG_DIR": ".config", "JUPYTER_DATA_DIR": ".data", "IPYTHONDIR": ".ipython"}
        places = {name: str(self.home / place) for name, place in own.items()}
        words = [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.home}",
            f"--LabApp.user_settings_dir={settings}",
            f"--LabApp.workspaces_dir={self.home / '.workspaces'}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
        ]
        self._log = (self.home / ".server.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *words],
            cwd=self.home,
            env=os.environ | places,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.address = self._wait(60)

    def _wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = (self.home / ".server.log").read_text()
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/lab\?token=", said):
                address = f"http://127.0.0.1:{found[1]}"
                with urlopen(f"{address}/api?token={self.token}") as answer:
                    answer.read()
                return address
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"JupyterLab does not start: {(self.home / '.server.log').read_text()[-2000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def write(self, name, *cells):
        """A notebook of some cells of code."""
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, self.home / name)

    def read(self, name):
        return nbformat.read(self.home / name, as_version=4)

    def open(self, browser, name):
        """Open a notebook, and wait until it is there."""
        page = Notebook(browser, browser.blank())
        page.page.call("Page.navigate", url=f"{self.address}/lab/tree/{name}?token={self.token}&reset")
        page.page.until(
            "window.jupyterapp?.shell?.currentWidget?.context?.isReady "
            "&& !!document.querySelector('.jp-Notebook .jp-Cell')",
            60,
        )
        return page


class Notebook:
    """A notebook that is open in a browser."""

    def __init__(self, browser, page):
        self._browser, self.page = browser, page

    def command(self, name, **options):
        """Have JupyterLab do something."""
        return self.page.ask(
            f"jupyterapp.commands.execute({json.dumps(name)}, {json.dumps(options)}).then(() => 1)"
        )

    def run(self):
        """Begin to run all cells, once there is a kernel."""
        self.page.until(
            "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'", 60
        )
        self.page.ask("void jupyterapp.commands.execute('notebook:run-all-cells')")
