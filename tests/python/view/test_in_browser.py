"""The page in a real browser."""

import json
import re

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from pages import HOSTILE, hostile_run

import lamport

BAD = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


def opened(browser, run, tmp_path, **options):
    return browser.open(run.view(**options).save(tmp_path / "run.html"))


def requests(page):
    return [each["request"]["url"].split("/")[-1] for each in page.happened("Network.requestWillBeSent")]


def counted(page):
    events, messages = re.findall(r"([\d,]+) (?:event|message)s?\b", page.text("legend"))[:2]
    return int(events.replace(",", "")), int(messages.replace(",", ""))


@pytest.mark.parametrize(
    "run",
    [
        lambda: lamport.simulate(3, 20, seed=1, latency=lamport.Exponential(0.2)),
        lambda: lamport.simulate(rates=[1, 50], duration=20, seed=2),
        lambda: lamport.simulate(
            3, 90, seed=3, faults=[lamport.Delay(1, 2, lamport.Constant(60.0), at=5, duration=0.5)]
        ),
    ],
    ids=["plain", "rates 1 and 50", "delayed by 60 s"],
)
def test_what_is_drawn_is_what_meets_the_window(browser, tmp_path, run):
    run = run()
    page = opened(browser, run, tmp_path)
    messages = run.messages
    stop = messages[["arrived", "received"]].bfill(axis=1).iloc[:, 0].fillna(messages["sent"])
    for _ in range(4):
        low, high = page.ask("document.getElementById('drawing').dataset.window.split(' ').map(Number)")
        seen = run.events["time"].between(low, high)
        met = (messages["sent"] <= high) & (stop >= low)
        assert counted(page) == (seen.sum(), met.sum())
        page.wheel(700, 200, -400)
    assert not page.happened(*BAD)


def test_a_click_says_what_causality_says(browser, tmp_path):
    run = lamport.simulate(4, 10, seed=4, latency=lamport.Exponential(0.3))
    event = (2, int(run.events[run.events["machine_id"] == 2]["new_clock"].iloc[4]))
    page = opened(browser, run, tmp_path, highlight=event)
    past, future = run.causality.past(event).sum(), run.causality.future(event).sum()
    rest = len(run.events) - 1 - past - future
    told = page.text("said")
    assert f"Its past has {past} events, its future {future}; {rest} are concurrent" in told
    assert f"Vector clock ({', '.join(map(str, run.causality.vector_clock(event)))})" in told


def test_keys_walk_and_search_finds(browser, tmp_path):
    run = lamport.simulate(3, 10, seed=5)
    page = opened(browser, run, tmp_path)
    page.ask("document.getElementById('drawing').focus()")
    page.key("ArrowRight")
    first = run.events[run.events["machine_id"] == 1].iloc[0]
    assert page.text("said").startswith(f"machine 1: {first['event']}, clock {first['new_clock']}")
    page.key("ArrowDown")
    assert page.text("said").startswith("machine 2: ")
    page.key("/")
    for sign in "receive":
        page.key(sign)
    page.until("document.getElementById('hits').textContent.includes('found')")
    assert page.text("hits") == f"{(run.events['event'] == 'RECEIVE').sum()} found"
    page.key("Enter")
    assert "RECEIVE" in page.text("said")
    assert not page.happened(*BAD)


def test_nothing_is_asked_for_and_nothing_of_a_log_runs(browser, tmp_path):
    run = hostile_run()
    page = opened(browser, run, tmp_path)
    page.ask("document.getElementById('table').click(); document.getElementById('order').click()")
    page.settle()
    assert HOSTILE in page.text("panel")
    assert page.ask("document.title") != "run"
    assert page.ask("document.images.length + document.scripts.length") == 1
    assert requests(page) == ["run.html"]
    assert not page.happened(*BAD)
    refused = (
        page.ask("fetch('https://a.example/').then(() => 'went', () => 'refused')"),
        page.ask(
            "(() => { const e = document.createElement('div'); e.innerHTML = '<b onclick=document.title=1>'; "
            "document.body.append(e); e.firstChild.click(); return document.title; })()"
        ),
    )
    assert refused[0] == "refused"
    assert refused[1] != "1"


@pytest.mark.parametrize(
    "run",
    [
        lambda: lamport.simulate(2, 1e-9, rates=[1, 1], seed=1),
        lambda: lamport.from_events({"machine_id": [5], "event": ["INTERNAL"], "new_clock": [1]}),
        lambda: lamport.simulate(1, 5, seed=1),
        lambda: lamport.simulate(300, 5, seed=1),
    ],
    ids=["empty", "one event", "one machine", "300 machines"],
)
def test_runs_that_are_little_or_much(browser, tmp_path, run):
    run = run()
    page = opened(browser, run, tmp_path)
    for axis in ("lamport", "step", "real"):
        select = "document.getElementById('axis')"
        page.ask(f"{select}.value = {json.dumps(axis)}; {select}.onchange()")
        page.settle()
        assert page.text("legend").startswith(f"{len(run.events):,} event")
    if run.events.empty:
        assert "No event was recorded" in page.text("notes")
    assert not page.happened(*BAD)


def test_a_browser_without_decompression_says_so(browser, tmp_path):
    path = lamport.simulate(2, 2, seed=1).view().save(tmp_path / "run.html")
    page = browser.blank()
    page.call("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream")
    page.go(path)
    page.until("document.readyState === 'complete'")
    assert "It needs a browser with scripts and DecompressionStream" in page.text("words")
    assert "This browser has no DecompressionStream" in page.text("words")


def test_hover_tells_the_event(browser, tmp_path):
    run = lamport.from_events(
        {"time": [0.0, 1.0], "machine_id": [1, 1], "event": ["INTERNAL"] * 2, "new_clock": [41, 42]}
    )
    page = opened(browser, run, tmp_path)
    box = page.ask("JSON.parse(JSON.stringify(document.getElementById('stage').getBoundingClientRect()))")
    seen = set()
    for x in np.linspace(box["x"], box["x"] + box["width"], 240):
        page.mouse("mouseMoved", float(x), box["y"] + (box["height"] - 20) / 2)
        text = page.ask(
            "document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText"
        )
        seen |= set(re.findall(r"clock (\d+)", text))
    assert seen == {"41", "42"}
