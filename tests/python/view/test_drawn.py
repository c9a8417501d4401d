"""What is drawn, counted on the canvas itself, is what the tables have in the window."""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from any_runs import NAMES
from browser import CHROMIUM, Browser

import lamport

RECORDER = (Path(__file__).parent / "js" / "recorder.js").read_text()
FOOT = 20
STUB = 14
NEAR = 0.05


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


def apart(run, seconds):
    table = run.events.drop(columns=["system_time", "arrived"])
    table["time"] += table["machine_id"].map(seconds)
    names = dict(enumerate(NAMES, 1))
    table["machine_id"] = table["machine_id"].map(names)
    table["sender"] = table["sender"].map(names, na_action="ignore").astype(object)
    table["recipients"] = table["recipients"].map(lambda ids: ids and tuple(names[each] for each in ids))
    return lamport.from_events(table)


SLOW = [lamport.Delay(1, 2, lamport.Constant(60.0), at=5, duration=0.5)]
CUT = [lamport.Partition([[1, 2], [3, 4]], at=3, duration=5), lamport.Crash(2, 9, down_for=3)]
RUNS = {
    "rates 1 and 50": lambda: lamport.simulate(rates=[1, 50], duration=20, seed=2),
    "delayed by 60 s": lambda: lamport.simulate(3, 90, seed=3, faults=SLOW),
    "partition": lambda: lamport.simulate(4, 20, seed=4, faults=CUT, latency=lamport.Exponential(0.3)),
    "300 machines": lambda: lamport.simulate(300, 3, seed=5, latency=lamport.Exponential(0.2)),
    "hosts apart": lambda: apart(
        lamport.simulate(3, 40, seed=6, latency=lamport.Uniform(0, 0.4)), {1: 0.0, 2: 7.25, 3: -3.5}
    ),
    "clocks left": lambda: lamport.simulate(4, 15, seed=7, receive="max(clock, T)"),
    "without receipts": lambda: lamport.from_events(
        apart(lamport.simulate(4, 15, seed=8), dict.fromkeys(range(1, 5), 0.0)).events.query(
            "event != 'RECEIVE'"
        )
    ),
}


class Wanted:
    """Where the tables say that marks are, on each axis."""

    def __init__(self, run):
        events, messages = run.events, run.messages
        machines = sorted(run.machines.index)
        self.lanes = len(machines)
        lane = {machine: place for place, machine in enumerate(machines)}
        kinds = events["event"].to_numpy()
        self.lane = events["machine_id"].map(lane).to_numpy()
        self.kind = kinds
        order = np.lexsort((self.lane, events["new_clock"]))
        step = np.empty(len(events))
        step[order] = np.arange(len(events))
        self.x = {
            "real": events["time"].to_numpy(),
            "lamport": events["new_clock"].to_numpy(dtype=float),
            "step": step,
        }
        keys = pd.MultiIndex.from_arrays([events["machine_id"], events["new_clock"], events["event"]])
        rows = pd.Series(np.arange(len(events)), index=keys)
        stamped = events.set_index(["machine_id", "sender", "sent_clock"]).index
        receipts = pd.Series(np.arange(len(events)), index=stamped)
        self.messages = []
        for row in messages.to_dict("records"):
            send = int(rows[row["sender"], row["sent_clock"], "SEND"])
            receipt = None
            if pd.notna(row["received"]):
                receipt = int(receipts[row["recipient"], row["sender"], row["sent_clock"]])
            end = row["arrived"] if pd.notna(row["arrived"]) else row["received"]
            to = None if pd.isna(row["recipient"]) else lane.get(row["recipient"])
            self.messages.append((send, receipt, end, to))

    def marks(self, axis, low, high, lanes):
        x = self.x[axis]
        seen = np.flatnonzero((x >= low) & (x <= high) & np.isin(self.lane, lanes))
        return [(self.kind[event], x[event], self.lane[event]) for event in seen]

    def lines(self, axis, low, high, lanes):
        x = self.x[axis]
        found = []
        for send, receipt, end, to in self.messages:
            if axis == "real":
                stop = None if pd.isna(end) else end
            else:
                stop = None if receipt is None else x[receipt]
            known = x[send] if stop is None else stop
            if self.lane[send] not in lanes or (to is not None and to not in lanes):
                continue
            if max(x[send], known) >= low and min(x[send], known) <= high:
                found.append((x[send], stop, self.lane[send], to))
        return found


def told(page):
    page.settle()
    drawn = page.ask("drawn()")
    low, high = map(float, page.ask("document.getElementById('drawing').dataset.window").split())
    return drawn, low, high


def compare(drawn, wanted, axis, low, high, lanes):
    """Hold what was drawn against the tables; return how many marks and lines there were."""
    left, width, height = drawn["left"], drawn["width"], drawn["height"]
    scale = width / (high - low)
    row_height = height / len(lanes)
    rows = {lane: (place + 0.5) * row_height for place, lane in enumerate(sorted(lanes))}

    def at(x):
        return left + (x - low) * scale

    marks = wanted.marks(axis, low, high, lanes)
    mine = sorted((kind, at(x), rows[lane]) for kind, x, lane in marks)
    theirs = sorted(map(tuple, drawn["marks"]))
    assert Counter(each[0] for each in theirs) == Counter(each[0] for each in mine)
    theirs_x, mine_x = ([each[1] for each in side] for side in (theirs, mine))
    assert np.allclose(theirs_x, mine_x, rtol=0, atol=NEAR)
    by_place = [sorted((kind, round(y), round(x)) for kind, x, y in side) for side in (theirs, mine)]
    assert len(by_place[0]) == len(by_place[1])
    assert Counter(round(y) for _, _, y in theirs) == Counter(round(y) for _, _, y in mine)
    if drawn["lines"] is None:
        return len(marks), None
    lines = wanted.lines(axis, low, high, lanes)
    ends = sorted((at(x), at(x) + STUB if stop is None else at(stop)) for x, stop, _, _ in lines)
    found = sorted((x0, x1) for x0, _, x1, _ in drawn["lines"])
    assert len(found) == len(ends)
    assert np.allclose(np.array(found).ravel(), np.array(ends).ravel(), rtol=0, atol=NEAR)
    return len(marks), len(lines)


@pytest.mark.parametrize("name", RUNS)
def test_marks_on_the_canvas_are_rows_of_the_tables(browser, tmp_path, name):
    run, chance = RUNS[name](), random.Random(name)
    wanted = Wanted(run)
    page = browser.blank()
    page.call("Page.addScriptToEvaluateOnNewDocument", source=RECORDER)
    page.go(run.view().save(tmp_path / "run.html"))
    page.until("document.readyState === 'complete' && document.getElementById('app')?.hidden === false")
    lanes, compared, lined = list(range(wanted.lanes)), 0, 0
    select = "document.getElementById('axis')"
    for axis in ("real", "lamport", "step"):
        page.ask(f"{select}.value = {json.dumps(axis)}; {select}.onchange()")
        page.ask("document.getElementById('whole').click()")
        for _ in range(4):
            for _ in range(1 if wanted.lanes < 40 else 2):
                page.mouse(
                    "mouseWheel",
                    400 + chance.randrange(700),
                    200,
                    deltaX=0,
                    deltaY=chance.choice([-400, -300, 150]),
                )
            drawn, low, high = told(page)
            if drawn["image"] or drawn["dense"]:
                continue
            marks, lines = compare(drawn, wanted, axis, low, high, lanes)
            compared += marks
            lined += lines or 0
    assert compared > 60
    assert lined > 20 or wanted.lanes == 300
    assert not page.happened("Runtime.exceptionThrown", "Log.entryAdded")
