"""A real Chromium without a window, asked by the DevTools protocol over two pipes."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--remote-debugging-pipe",
)


class Browser:
    """One browser, and what happened in its pages."""

    def __init__(self, width=1200, height=640):
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # The protocol is spoken over the descriptors 3 and 4.
        line = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        size = [f"--user-data-dir={self._home.name}", f"--window-size={width},{height}"]
        self._process = subprocess.Popen(
            ["bash", "-c", line, "bash", CHROMIUM, *SWITCHES, *size, "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest, self._count, self.events, self._size = b"", 0, [], (width, height)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._home.cleanup()

    def call(self, method, session=None, **params):
        self._count += 1
        asked = {"id": self._count, "method": method, "params": params}
        if session:
            asked["sessionId"] = session
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while True:
            told = self._read(60)
            if told.get("id") == self._count:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']['message']}")
                return told["result"]
            self.events.append(told)

    def listen(self):
        """Wait until the browser tells one thing more."""
        self.events.append(self._read(60))

    def _read(self, seconds):
        end = time.monotonic() + seconds
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser says nothing")
            more = os.read(self._in, 1 << 20)
            if not more:
                raise RuntimeError("the browser ended")
            self._rest += more
        text, self._rest = self._rest.split(b"\0", 1)
        return json.loads(text)

    def blank(self):
        """A page of nothing."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.size(*self._size)
        return page

    def open(self, path):
        """Open a file, and wait until its page has drawn."""
        page = self.blank()
        page.go(path)
        page.until("document.readyState === 'complete' && document.getElementById('app')?.hidden === false")
        return page


class Page:
    """One page."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session

    def call(self, method, **params):
        return self._browser.call(method, self._session, **params)

    def go(self, path):
        self.call("Page.navigate", url=Path(path).absolute().as_uri())

    def size(self, width, height, ratio=1):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=ratio,
            mobile=False,
        )

    def ask(self, expression):
        """The value of an expression; a promise is waited for."""
        told = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(str(told["exceptionDetails"]))
        return told["result"].get("value")

    def until(self, expression, seconds=30):
        end = time.monotonic() + seconds
        while not self.ask(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"never: {expression}; {self.ask('document.body.innerText')[:500]}")
            time.sleep(0.02)
        self.settle()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def key(self, key):
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)
        self.settle()

    def wheel(self, x, y, by):
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=by)
        self.settle()

    def text(self, name):
        return self.ask(f"document.getElementById({json.dumps(name)}).innerText")

    def picture(self, path):
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
        return path

    def frames(self, least=1, seconds=60):
        """The sandboxed frames of this page, as pages; waits until there are so many."""
        self.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        end = time.monotonic() + seconds
        while True:
            self.settle()
            gone = {each["sessionId"] for each in self.happened("Target.detachedFromTarget")}
            found = [
                each["sessionId"]
                for each in self.happened("Target.attachedToTarget")
                if each["targetInfo"]["type"] == "iframe" and each["sessionId"] not in gone
            ]
            if len(found) >= least:
                return [Page(self._browser, each) for each in found]
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} frames, not {least}")
            time.sleep(0.02)

    def happened(self, *methods):
        """What the browser told of this page, of these kinds."""
        return [
            each["params"]
            for each in self._browser.events
            if each.get("sessionId") == self._session and each["method"] in methods
        ]
