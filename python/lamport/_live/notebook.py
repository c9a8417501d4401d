"""A run that goes on, shown in a cell of a notebook: no server and no port, only outputs of the cell."""

import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._live.followed import Followed
from lamport._live.where import is_notebook
from lamport._model.warning import LamportWarning, warn
from lamport._runs.spelled import spelled

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["Cell", "follower"]

PERIOD = 0.2
"""Seconds between two updates, at the least."""
LARGEST = 200_000
"""The most bytes of an update beside what is the same in each: a text of a follower is no larger."""
FLOW = 500_000
"""The most bytes in a second: Jupyter's own bound is a million."""
WAITING = 2_000_000
"""The most bytes that wait to be shown: beyond them the oldest are not."""
REPEATED = 20_000
"""The most bytes of the names of machines that every update has, so that a frame can begin at any."""
BEAT = 1.0
"""Seconds after which a frame is told that there is nothing new."""

WORDS = (
    "<p>A run that goes on: {title}. It is drawn in the frame below by a script: where you see only these "
    "words, trust the notebook and run the cell again.</p>"
)
FRAME = (
    '<iframe sandbox="{sandbox}" data-lamport="{name}" srcdoc="{page}" width="100%" height="640" '
    'title="space-time diagram" style="border:0"></iframe>'
)
READY = "lamport: ready"
"""What a frame says until it has heard something: `listen.js`."""
MOST_EARLY = 50
"""The most updates that wait for a frame that is not there yet."""
SCRIPT = """(() => {{
const told = {{ lamport: [{texts}], number: {number} }};
document.querySelectorAll('iframe[data-lamport="{name}"]').forEach((frame) => {{
  const own = (frame.lamport ??= {{ isReady: false, early: [], listens: false }});
  if (own.isReady) frame.contentWindow.postMessage(told, "*");
  else own.early = [...own.early, told].slice(-{most});
  if (own.listens) return;
  own.listens = true;
  addEventListener("message", (event) => {{
    if (event.source !== frame.contentWindow || event.data !== "{ready}") return;
    own.isReady = true;
    own.early.splice(0).forEach((each) => frame.contentWindow.postMessage(each, "*"));
  }});
}});
}})();"""


class Cell:
    """The output of a cell that shows a run.

    A run goes on whatever becomes of what shows it: what cannot be shown is warned of, once.

    Parameters
    ----------
    follow : callable
        Gives what tells of the run of a directory.
    """

    def __init__(self, follow: Callable[[Path], Followed]) -> None:
        if not is_notebook():
            raise ValueError(
                "live=True shows a run in a cell of a notebook, and this is none: take `lamport run --live` "
                "in a shell, or run_local without live"
            )
        from lamport._live.page import live_page
        from lamport._view.view import SANDBOX

        # Made before the run begins: handlers of a run are not to wait for imports.
        page = escape(live_page("messages", "a run"))
        self._name = f"lamport-{secrets.token_hex(8)}"
        self._frame = FRAME.format(sandbox=SANDBOX, name=self._name, page=page)
        self._follow = follow
        self._follower: Followed | None = None
        self._number, self._last, self._due = 0, -1.0, 0.0
        self._begin = ""
        self._waiting: deque[str] = deque()
        self._broken = False

    def look(self, directory: Path | None) -> None:
        """Show what is new, if it is time to."""
        now = time.monotonic()
        if self._broken or directory is None or now < self._due:
            return
        self._due = now + PERIOD
        try:
            if self._follower is None:
                self._follower = self._follow(directory)
                self._open(spelled(directory.name))  # which may be no text
            self._gather(self._follower.poll())
            if self._waiting or now - self._last >= BEAT:
                self._send()
        except Exception as error:
            self._give_up(error)

    def end(self, run: "Run | None") -> None:
        """Show the ordinary page in place of the frame, or words, and leave nothing of the last update."""
        if self._broken or self._follower is None:
            return
        try:
            self._show("update", {"text/plain": ""})
            if run is None:
                words = "The run failed. What its logs hold: lamport.load(directory).view()"
                told: Any = {"text/html": f"<p>{words}</p>", "text/plain": words}
            else:
                told = run.view()
            self._show("frame", told)
        except Exception as error:
            self._give_up(error)

    def _open(self, title: str) -> None:
        html = f"{WORDS.format(title=escape(title))}\n{self._frame}"
        self._show("frame", {"text/html": html, "text/plain": f"<{title}, live>"}, first=True)
        self._show("update", {"text/plain": ""}, first=True)

    def _gather(self, texts: list[str]) -> None:
        for text in texts:
            if text.startswith('{"type":"begin"'):
                # Said once more it lets nobody forget what came after it.
                self._begin = text.replace('"again":true}', '"again":false}')
            self._waiting.append(text)
        size = sum(map(len, self._waiting))
        while size > WAITING:
            size -= len(self._waiting.popleft())

    def _send(self) -> None:
        texts: list[str] = []
        size = 0
        if self._begin and len(self._begin) <= REPEATED and self._begin not in self._waiting:
            texts.append(_literal(self._begin))
        while self._waiting:
            text = _literal(self._waiting[0])
            if size and size + len(text) > LARGEST:
                break
            texts.append(text)
            size += len(text)
            self._waiting.popleft()
        self._number += 1
        script = SCRIPT.format(
            texts=",".join(texts), number=self._number, name=self._name, most=MOST_EARLY, ready=READY
        )
        self._show("update", {"application/javascript": script, "text/plain": ""})
        self._last = time.monotonic()
        self._due = self._last + max(PERIOD, len(script) / FLOW)

    def _show(self, what: str, told: Any, *, first: bool = False) -> None:
        from IPython import display

        call: Any = display.display if first else display.update_display
        call(told, raw=isinstance(told, dict), display_id=f"{self._name}-{what}")

    def _give_up(self, error: Exception) -> None:
        self._broken = True
        # Where warnings are errors this one would end the run.
        with suppress(LamportWarning):
            warn(f"the run goes on, but is not shown any more: {type(error).__name__}: {error}")


def follower(directory: Path) -> Followed:
    """Return what follows the logs of a directory."""
    from lamport._live.follower import Follower

    return Follower(directory)


def _literal(text: str) -> str:
    """Return a text as a script says it: no sign of it is one of HTML, nor ends a line."""
    return json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
