"""Cuts on pages: the line, the messages that break it, and what a saved picture says of it."""

import json
import random
import re
from collections import Counter
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pages
import pytest
from all_cuts import standing_clocks
from browser import CHROMIUM, Browser
from pages import ask_each

import lamport

BAD = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
SVG = "{http://www.w3.org/2000/svg}"
RED, BROWN = "#b2182b", "#8c510a"
FAULTS = [lamport.Crash(2, 3, down_for=2), lamport.Delay(1, 3, lamport.Constant(3.0), at=4, duration=2)]
RUNS = {
    "plain": lambda: lamport.simulate(3, 12, rates=[1, 3, 6], seed=1978, latency=lamport.Uniform(0, 1)),
    "faults": lambda: lamport.simulate(4, 12, seed=3, faults=FAULTS, latency=lamport.Exponential(0.3)),
    "one machine": lambda: lamport.simulate(1, 10, seed=2),
    "without events": lambda: lamport.simulate(rates=[5, 0.001, 4], duration=10, seed=5),
}


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


def some_cut(run, chance):
    """A cut at any event of each machine, or before the first."""
    cut = {}
    for machine in run.machines.index.tolist():
        clocks = run.events["new_clock"][run.events["machine_id"] == machine].tolist()
        cut[machine] = chance.choice([0, *clocks])
    return cut


def broken(run, cut):
    """The messages that a cut has received and not sent: clocks of both ends, with their machines."""
    messages = run.messages.dropna(subset=["received_clock"])
    left = messages["sent_clock"] <= messages["sender"].map(cut)
    came = messages["received_clock"] <= messages["recipient"].map(cut)
    ends = messages[came & ~left][["sender", "sent_clock", "recipient", "received_clock"]]
    return Counter(tuple(map(int, each)) for each in ends.itertuples(index=False))


def test_the_page_finds_what_breaks_a_cut(tmp_path):
    chance = random.Random(14)
    runs = {name: make() for name, make in RUNS.items()}
    cuts = {name: [some_cut(run, chance) for _ in range(8)] for name, run in runs.items()}
    seen = Counter()
    for name, run in runs.items():
        questions = [f"cut {json.dumps(list(cut.items()))}" for cut in cuts[name]]
        (told,) = ask_each(tmp_path, [(run, {})], "run", *questions)
        clocks = told["run"]["clock"]
        counts = run.events["machine_id"].value_counts().reindex(run.machines.index, fill_value=0)
        first = np.append(0, counts.cumsum().to_numpy())
        machines = run.machines.index.to_numpy()

        def named(event, first=first, clocks=clocks, machines=machines):
            lane = int(np.searchsorted(first, event, side="right")) - 1
            return int(machines[lane]), clocks[event]

        for cut, drawn in zip(cuts[name], told["cut"], strict=True):
            for lane, last in enumerate(drawn["last"]):
                clock = 0 if last < first[lane] else clocks[last]
                assert clock == cut[int(machines[lane])]
            found = Counter((*named(send), *named(receipt)) for send, receipt in drawn["back"])
            assert found == broken(run, cut)
            assert (not found) == run.causality.cut_is_consistent(cut)
            seen[bool(found)] += 1
    assert min(seen.values()) > 5


def svg_of(page):
    page.ask("HTMLAnchorElement.prototype.click = function () { window.saved = this.href; }")
    page.ask("document.getElementById('svg').click()")
    return ElementTree.fromstring(unquote(page.ask("window.saved").split(",", 1)[1]))


def red_lines(root):
    """How many lines with heads are in the colour of messages from after the cut."""
    paths = [each.get("d") for each in root.iter(f"{SVG}path") if each.get("stroke") == RED]
    return sum(path.count("M") for path in paths if path.count("L") == path.count("M"))


@pytest.mark.parametrize("name", ["plain", "many"])
def test_the_picture_has_the_cut_its_verdict_and_what_breaks_it(browser, tmp_path, name):
    run = RUNS["plain"]() if name == "plain" else lamport.simulate(8, 200, seed=1)
    last = run.machines["final_clock"].to_dict()
    early = run.events[run.events["time"] < 4].groupby("machine_id")["new_clock"].max().to_dict()
    cut = {**early, 3: last[3]}
    page = browser.open(run.view(cut=cut).save(tmp_path / "run.html"))
    assert "cut, not consistent" in page.text("legend")
    assert "message from after the cut" in page.text("legend")
    # With many messages all others are shades.
    assert ("messages as shades" in page.text("counts")) == (name == "many")
    root = svg_of(page)
    (words,) = (each for each in root.iter(f"{SVG}text") if each.get("fill") == BROWN)
    assert words.text == "cut, not consistent"
    assert red_lines(root) == sum(broken(run, cut).values()) > 2
    (line,) = (each.get("d") for each in root.iter(f"{SVG}path") if each.get("stroke") == BROWN)
    assert line.count("L") == len(last) + 1  # a point of each lane, and beyond the first and last
    for _ in range(3):
        page.wheel(100, 200, -500)
    assert red_lines(svg_of(page)) < red_lines(root)
    whole = browser.open(run.view(cut=last).save(tmp_path / "whole.html"))
    assert "cut, consistent" in whole.text("legend")
    assert "message from after the cut" not in whole.text("legend")
    assert red_lines(svg_of(whole)) == 0
    assert not page.happened(*BAD)
    assert not whole.happened(*BAD)


def test_hidden_and_folded_lanes(browser, tmp_path):
    run = RUNS["faults"]()
    last = run.machines["final_clock"].to_dict()
    page = browser.open(run.view(cut={**last, 1: 0, 2: 0}).save(tmp_path / "run.html"))
    whole = red_lines(svg_of(page))
    page.ask("document.getElementById('order').click()")
    page.ask("[...document.querySelectorAll('#panel input')][0].click()")
    page.settle()
    root = svg_of(page)
    assert 0 < red_lines(root) < whole
    (line,) = (each.get("d") for each in root.iter(f"{SVG}path") if each.get("stroke") == BROWN)
    assert line.count("L") == 3 + 1
    page.ask("const by = document.querySelector('#panel select'); by.value = 'name'; by.onchange()")
    page.ask("[...document.querySelectorAll('#panel button')].find((b) => b.innerText === 'fold').click()")
    page.settle()
    (line,) = (each.get("d") for each in svg_of(page).iter(f"{SVG}path") if each.get("stroke") == BROWN)
    assert line.count("L") == 2 + 1  # from the first of its lanes to the last
    assert not page.happened(*BAD)


def test_an_answer_is_the_cut_that_it_has():
    run = RUNS["plain"]()
    cut = run.events[run.events["time"] < 5].groupby("machine_id")["new_clock"].max().to_dict()
    view = run.view(cut=lamport.Answer(True, cut, None, 3))
    assert view.html == run.view(cut=cut).html
    with pytest.raises(ValueError, match="has no cut"):
        run.view(cut=lamport.Answer(False, None, None, 3))


@pytest.mark.parametrize("is_part", [False, True])
def test_clocks_that_stand_still(tmp_path, monkeypatch, is_part):
    run, machine, receipt, cut = standing_clocks()
    own = run.events["time"][run.events["machine_id"] == machine]
    start = own[own.index < receipt].iloc[-1] if is_part else -np.inf
    monkeypatch.setattr(pages, "head_of", lambda run: run.view(cut=cut)._head(()))
    (told,) = ask_each(tmp_path, [(run, {"start": start})], "cut")
    events = run.events[run.events["time"] >= start]
    # In the cut is what was before the receipt, among it an event of its machine with the same clock.
    early = events[events["time"] < run.events["time"][receipt]]
    lanes = events["machine_id"].value_counts().reindex(cut.cut, fill_value=0)
    first = np.append(0, lanes.cumsum())[:-1]
    inside = early["machine_id"].value_counts().reindex(cut.cut, fill_value=0)
    assert inside[machine] > 0
    assert told["cut"] == [{"last": (first + inside - 1).tolist(), "back": []}]


@pytest.mark.parametrize("is_known", [True, False])
def test_of_a_path_some_cuts_are_drawn(browser, tmp_path, is_known):
    run = RUNS["plain"]()
    path = run.causality.definitely(lambda *_: False)
    answer = path if is_known else lamport.Answer(False, None, list(path.path), 3)
    page = browser.open(run.view(cut=answer).save(tmp_path / "run.html"))
    length = len(run.events) + 1
    assert f"12 of {length} cuts of the path, the later the stronger" in page.text("legend")
    assert "consistent" not in page.text("legend")
    drawn = [each for each in svg_of(page).iter(f"{SVG}path") if each.get("stroke") == BROWN]
    assert len(drawn) == 12
    strength = [float(each.get("opacity", 1)) for each in drawn]
    assert strength == sorted(strength)
    assert strength[0] < 0.4 < strength[-1] == 1
    places = [[float(x) for x in re.findall(r"[ML]([\d.]+)", each.get("d"))] for each in drawn]
    assert (np.diff(places, axis=0) >= 0).all()
    assert not page.happened(*BAD)


def test_of_a_path_the_page_has_the_events_that_are_in_each_cut(tmp_path, monkeypatch):
    run, *_ = standing_clocks()
    path = run.causality.definitely(lambda *_: False)
    monkeypatch.setattr(pages, "head_of", lambda run: run.view(cut=path)._head(()))
    (told,) = ask_each(tmp_path, [(run, {})], "path")
    counts = path.path.counts()
    first = np.append(0, np.cumsum(counts[-1]))[:-1]
    chosen = np.linspace(0, len(counts) - 1, 12).round().astype(int)
    assert told["path"] == (counts[chosen] + first - 1).tolist()
