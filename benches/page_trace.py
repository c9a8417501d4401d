"""What a page does, by a performance trace of Chromium: when what was asked for is on the screen.

A trace has, to the microsecond, the events of the browser's own threads: an input's way into the page
(`EventDispatch`), the frame that it leads to (`FireAnimationFrame`, `Commit`) and its drawing by the
compositor (`DrawFrame`). `view.py` prints what follows from them.
"""

import contextlib
import sys
import time
from bisect import bisect_left
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "view"))

from browser import Browser

CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline.frame,blink.user_timing"
AFTER = 0.15
"""Seconds, for what was asked for last to come to the screen."""
MARKS = """
new MutationObserver((changes, watch) => {
  const place = document.getElementById("drawing");
  if (place && place.dataset.window) {
    performance.mark("lamport drawn");
    watch.disconnect();
  }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-window"] });
"""
"""Tells the trace when the page has drawn its first frame; the page itself knows nothing of it."""


class Trace:
    """The events of a trace in the order of time; times are in ms."""

    def __init__(self, told):
        self._told = sorted((each for each in told if "ts" in each), key=lambda each: each["ts"])

    def of(self, name, process=None):
        return [each for each in self._told if each["name"] == name and process in (None, each["pid"])]

    def opened(self, path):
        """The renderer of a file, and when its navigation began."""
        address = Path(path).absolute().as_uri()
        for each in reversed(self.of("navigationStart")):
            if each["args"].get("data", {}).get("documentLoaderURL") == address:
                return each["pid"], each["ts"] / 1e3
        raise LookupError(f"{address} was not opened")

    def drawn_after(self, time, process):
        """When the compositor drew the first frame that the page gave it after `time`."""
        for name, phase in (("Commit", "b"), ("DrawFrame", "I")):
            times = [each["ts"] / 1e3 for each in self.of(name, process) if each["ph"] == phase]
            place = bisect_left(times, time)
            if place == len(times):
                return None
            time = times[place]
        return time

    def painted(self, path):
        """From the beginning of the navigation to the drawing on the screen."""
        process, begin = self.opened(path)
        marks = [each["ts"] / 1e3 for each in self.of("lamport drawn", process)]
        return self.drawn_after(marks[0], process) - begin

    def answers(self, kind, process):
        """Of each input of a kind: how long the page was at it, and how long to the next paint."""
        found = []
        frames = [(each["ts"] / 1e3, each["dur"] / 1e3) for each in self.of("FireAnimationFrame", process)]
        inputs = [each for each in self.of("EventDispatch", process) if each["args"]["data"]["type"] == kind]
        for each in inputs:
            begin, took = each["ts"] / 1e3, each["dur"] / 1e3
            frame = bisect_left(frames, (begin + took, 0.0))
            drawn = frame < len(frames) and self.drawn_after(sum(frames[frame]), process)
            if drawn:
                found.append((took, drawn - begin))
        return found


class Traced:
    """A browser whose pages are traced."""

    def __init__(self, width=1200, height=640):
        self._browser = Browser(width, height)

    def __enter__(self):
        self._browser.__enter__()
        return self

    def __exit__(self, *told):
        self._browser.__exit__(*told)

    @contextlib.contextmanager
    def trace(self, into):
        """Put what happens meanwhile into a list, as a `Trace`."""
        self._browser.call("Tracing.start", categories=CATEGORIES, transferMode="ReportEvents")
        yield
        time.sleep(AFTER)
        self._browser.call("Tracing.end")
        told = []
        while True:
            here = [each for each in self._browser.events if each["method"].startswith("Tracing.")]
            self._browser.events = [each for each in self._browser.events if each not in here]
            for each in here:
                told += each["params"].get("value", ())
            if any(each["method"] == "Tracing.tracingComplete" for each in here):
                break
            self._browser.listen()
        into.append(Trace(told))

    def open(self, path, ready="document.getElementById('drawing')?.dataset.window !== undefined"):
        """Open a file, traced, until it is ready; return its page, and the trace."""
        page, traces = self._browser.blank(), []
        page.call("Page.addScriptToEvaluateOnNewDocument", source=MARKS)
        with self.trace(traces):
            page.go(path)
            page.until(ready, 300)
        return page, traces[0]
