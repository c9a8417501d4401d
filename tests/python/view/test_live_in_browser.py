"""The page of a run that goes on, in a real browser, told by the window around it as a notebook does."""

import json
import re
from html import escape

import numpy as np
import pytest
import told
from browser import CHROMIUM, Browser
from pages import HOSTILE, hostile_run

import lamport
from lamport._live.live import Live
from lamport._live.page import live_page

BAD = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
AROUND = """<!DOCTYPE html><body style="margin: 0">
<iframe sandbox="allow-scripts allow-downloads" srcdoc="{page}" width="1180" height="620"></iframe><script>
let number = 0;
const frame = document.querySelector("iframe");
function post(texts, which = ++number) {{
  frame.contentWindow.postMessage({{ lamport: texts, number: which }}, "*");
}}
</script>"""


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


class Around:
    """A page around the live page, which tells it what happens."""

    def __init__(self, browser, tmp_path, title="a run"):
        path = tmp_path / "around.html"
        path.write_text(AROUND.format(page=escape(live_page("messages", title))))
        self.page = browser.blank()
        self.page.go(path)
        [self.frame] = self.page.frames()
        self.frame.call("Runtime.enable")
        self.frame.call("Log.enable")

    def tell(self, *texts):
        self.page.ask(f"post({json.dumps(list(texts))})")

    def until(self, expression):
        self.frame.until(expression)

    def follow(self, run, stop, every=1.0, begin=0.0, **first):
        """Tell a run up to some second."""
        if first or not begin:
            self.tell(told.begin(run, **first))
        events = run.events
        for now in np.arange(begin + every, stop + every / 2, every):
            mine = events[events["time"].between(now - every, now, inclusive="left")]
            self.tell(told.more(mine, float(now), last=events[events["time"] < now]))
        self.until(f"document.getElementById('standing')?.innerText.includes('{stop:.1f} s')")

    @property
    def window(self):
        return self.frame.ask("document.getElementById('drawing').dataset.window.split(' ').map(Number)")

    def standing(self):
        return self.frame.text("standing")


def test_it_follows_until_people_move_it_and_again_when_asked(browser, tmp_path):
    run = lamport.simulate(3, 60, seed=1, latency=0.1)
    live = Around(browser, tmp_path)
    assert "Waiting for news of a run" in live.frame.text("words")
    live.follow(run, 30)
    low, high = live.window
    assert high - low < 25
    assert low < 30 <= high < 31
    shown = run.events["time"].between(low, high) & (run.events["time"] < 30)
    assert live.frame.text("counts").startswith(f"{shown.sum()} events")
    assert f"{(run.events['time'] < 30).sum()} events" in live.standing()
    pressed = "document.getElementById('follow').getAttribute('aria-pressed')"
    assert live.frame.ask(pressed) == "true"
    live.frame.ask("document.getElementById('in').click()")
    live.until(f"{pressed} === 'false'")
    stays = live.window
    live.follow(run, 35, begin=30)
    assert live.window == stays
    live.frame.ask("document.getElementById('follow').click()")
    live.until(f"{pressed} === 'true'")
    live.frame.settle()
    low, high = live.window
    assert high - low == pytest.approx(stays[1] - stays[0], rel=0.05)
    assert low < 35 <= high
    live.follow(run, 40, begin=35)
    assert live.window[1] >= 40
    live.tell(told.end("it was asked to"))
    live.until("document.getElementById('standing').innerText.includes('over')")
    assert "over at 40.0 s: it was asked to" in live.standing()
    assert not live.frame.happened(*BAD)


def test_faults_strike_when_they_do_and_warnings_are_told(browser, tmp_path):
    run = lamport.simulate(3, 20, seed=2)
    pause = {"kind": "pause", "at": 5.0, "for": 2.0, "machines": [2], "told": "Pause(2)"}
    live = Around(browser, tmp_path)
    live.follow(run, 4, faults=[pause])
    assert live.frame.text("news") == ""
    live.follow(run, 6, begin=4)
    assert live.frame.text("news") == "5.00 s: Pause(2)"
    crash = {"kind": "crash", "at": 6.25, "machine": 3, "told": "machine 3 crashed"}
    live.tell(told.more(run.events[:0], 6.5, last=run.events[:50], struck=[crash], warnings=["no peer"]))
    live.until("document.getElementById('news').children.length === 3")
    lines = live.frame.text("news").split("\n")
    assert lines == ["6.50 s: no peer", "6.25 s: machine 3 crashed", "5.00 s: Pause(2)"]
    live.tell(told.more(run.events[:0], 6.6, last=run.events[:50], warnings=["no log in here yet: waiting"]))
    back = {"kind": "recovery", "at": 8.0, "machine": 3, "told": "machine 3 is back"}
    live.tell(told.more(run.events[:0], 8.5, last=run.events[:50], struck=[back]))
    live.until("document.getElementById('news').firstChild.innerText === '8.00 s: machine 3 is back'")
    assert "waiting" not in live.frame.text("news")  # it has come
    end = {"kind": "end", "at": 9.0, "machine": 3, "told": "machine 3 ended with clock 9"}
    live.tell(told.more(run.events[:0], 9.5, last=run.events[:50], struck=[end]))
    live.until(
        "document.getElementById('news').firstChild.innerText === '9.00 s: machine 3 ended with clock 9'"
    )
    assert live.frame.ask("document.getElementById('news').firstChild.className") == "news"  # no alarm
    assert not live.frame.happened(*BAD)


def test_what_is_thinned_is_said(browser, tmp_path):
    run = lamport.simulate(3, 20, seed=3)
    some = run.events[::5]
    live = Around(browser, tmp_path)
    live.tell(told.begin(run), told.more(some, 20.0, every=7, last=run.events))
    live.until("document.getElementById('standing')?.innerText.includes('1 in 7')")
    assert f"{len(run.events)} events" in live.standing()


def test_a_tab_that_nobody_sees_keeps_no_more_than_one_that_is_seen(browser, tmp_path):
    run = lamport.simulate(3, 20, seed=4)
    live = Around(browser, tmp_path)
    live.follow(run, 10)
    # Of a page that is not seen the browser asks for no frame.
    live.frame.ask(
        "(window.asked = [], window.plain = requestAnimationFrame, "
        "window.requestAnimationFrame = (call) => asked.push(call))"
    )
    live.page.ask("0")
    for _ in range(200):
        live.tell(told.more(run.events[:50], 11.0, last=run.events))
    live.frame.ask("new Promise((done) => setTimeout(done, 50))")
    assert live.frame.ask("asked.length") <= 2
    live.frame.ask("(window.requestAnimationFrame = plain, asked.forEach((call) => plain(call)), 1)")
    live.until(f"document.getElementById('standing').innerText.includes('{len(run.events)} events')")
    assert not live.frame.happened(*BAD)


def test_nobody_else_is_listened_to_and_nothing_of_a_log_runs(browser, tmp_path):
    run = hostile_run()
    live = Around(browser, tmp_path, title=HOSTILE)
    fault = {"kind": "pause", "at": 1.0, "for": 2.0, "machines": [2], "told": HOSTILE}
    live.tell(told.begin(run, title=HOSTILE, faults=[fault]))
    live.tell(told.more(run.events, 10.0, warnings=[HOSTILE]))
    live.until("document.getElementById('news')?.children.length === 2")
    assert HOSTILE in live.frame.text("news")
    assert live.frame.ask("document.title") == HOSTILE
    assert live.frame.ask("document.images.length + document.scripts.length") == 1
    # Its own window, and what is no list of texts, is not the notebook.
    live.frame.ask(f"window.postMessage({{lamport: [{json.dumps(told.end('mine'))}]}}, '*')")
    live.page.ask(
        "frame.contentWindow.postMessage({lamport: [7]}, '*'), frame.contentWindow.postMessage(null, '*')"
    )
    live.tell(told.more(run.events[:0], 11.0, last=run.events))
    live.until("document.getElementById('standing').innerText.includes('11.0 s')")
    assert "over" not in live.standing()
    # What comes twice is taken once, what cannot be read is passed over and said.
    live.page.ask(f"post({json.dumps([told.more(run.events[:0], 99.0, last=run.events)])}, 1)")
    live.tell('{"type":')
    live.until("document.getElementById('news').innerText.includes('could not be read')")
    assert "99.0" not in live.standing()
    assert live.frame.ask("fetch('https://a.example/').then(() => 'went', () => 'refused')") == "refused"
    told_bad = live.frame.happened("Runtime.exceptionThrown")
    assert not told_bad


def test_three_hundred_machines_that_appear_by_and_by(browser, tmp_path):
    run = lamport.simulate(300, 2, rates=20, seed=5, broadcast_share=0.0)
    head = json.loads(told.begin(run))
    live = Around(browser, tmp_path)
    few = head | {"machines": head["machines"][:150], "rates": head["rates"][:150]}
    early = run.events[(run.events["machine_id"] <= 150) & (run.events["time"] < 1)]
    live.tell(json.dumps(few), told.more(early, 1.0))
    live.until("document.getElementById('standing')?.innerText.includes('live, 1.0 s')")
    live.tell(json.dumps(head), told.more(run.events.drop(early.index), 2.0, last=run.events))
    live.until("document.getElementById('standing').innerText.includes('live, 2.0 s')")
    assert int(re.match(r"[\d,]+", live.frame.text("counts"))[0].replace(",", "")) == len(run.events)
    assert not live.frame.happened(*BAD)


class Steps:
    """A follower of a run that is over: it tells a second of it each time."""

    is_behind = False

    def __init__(self, run):
        self._texts = iter([*told.texts(run, 1.0)])

    def poll(self):
        return [text] if (text := next(self._texts, None)) else []


def test_from_a_server_that_is_lost_and_is_another_then(browser):
    run = lamport.simulate(3, 5, seed=8)
    page = browser.blank()
    with Live("a run") as live:
        live.begin(Steps(run))
        page.call("Page.navigate", url=live.url)
        count = f"{len(run.events)} events"
        page.until(f"document.getElementById('standing')?.innerText.includes('{count}')")
        assert page.text("standing").split("\n")[-1].startswith("live, ")
        port = live.server.server_address[1]
        live.server.close()
        page.until("document.getElementById('standing').innerText.includes('The connection is lost')")
    with Live("another", port) as live:
        page.until("document.getElementById('standing').innerText.includes('does not take this page')")
        assert count in page.text("standing")
        live.server.close()
    asked = {each["request"]["url"].split("?")[0] for each in page.happened("Network.requestWillBeSent")}
    assert asked == {f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/events"}
    assert not page.happened("Runtime.exceptionThrown")
