"""What the page tells from its data is what the tables say."""

import numpy as np
import pandas as pd
import pytest
from pages import ask, laid_out

import lamport
from lamport._view import texts as texts_module
from lamport._view.codec import Parts, planes

FAULTS = [
    lamport.Crash(2, 4, down_for=3),
    lamport.Partition([[1, 2], [3, 4]], at=9, duration=4),
    lamport.Delay(1, 3, lamport.Constant(60.0), at=1, duration=1),
]
RUNS = {
    "plain": lambda: lamport.simulate(3, 20, seed=1),
    "slow": lambda: lamport.simulate(4, 20, seed=2, latency=lamport.Exponential(1.5)),
    "rates": lambda: lamport.simulate(rates=[1, 50, 7], duration=10, seed=3),
    "faults": lambda: lamport.simulate(4, 20, seed=4, faults=FAULTS),
    "rules": lambda: lamport.simulate(3, 20, seed=5, receive="max(clock + 1, T)", stamp="before"),
    "same clocks": lambda: lamport.simulate(3, 20, seed=6, receive="max(clock, T)"),
    "algorithm": lambda: lamport.simulate(4, 10, seed=7, algorithm=lamport.algorithms.RicartAgrawala),
    "one event": lambda: lamport.from_events({"machine_id": [5], "event": ["INTERNAL"], "new_clock": [1]}),
    "no sends": lambda: lamport.from_events(
        {
            "machine_id": [1, 1, 2],
            "event": ["RECEIVE", "INTERNAL", "RECEIVE"],
            "new_clock": [8, 9, 3],
            "sender": [9, None, 1],
            "sent_clock": [7, None, 2],
        }
    ),
    "hosts apart": lambda: _apart(lamport.simulate(3, 20, seed=8, latency=lamport.Uniform(0, 0.5))),
}


def _apart(run):
    """The same run, of hosts whose clocks are seconds apart."""
    events = run.events
    events["time"] += events["machine_id"].map({1: 0.0, 2: 7.25, 3: -3.5})
    return lamport.from_events(events.drop(columns=["system_time", "arrived"]))


@pytest.fixture(params=RUNS)
def run(request):
    return RUNS[request.param]()


def test_columns(run, tmp_path):
    told, laid = ask(tmp_path, run, "run")["run"], laid_out(run)
    names = {"times": "time", "clocks": "clock", "queues": "queue", "ends": "end", "receipts": "receipt"}
    for ours, theirs in {**names, "sends": "send", "to": "to"}.items():
        assert np.array_equal(told[theirs], getattr(laid, ours)), ours
    assert np.array_equal(np.array(told["kind"], dtype=int) & 3, laid.kinds)


def test_lanes_are_the_tables(run):
    laid, events = laid_out(run), run.events
    rows = events.iloc[laid.rows]
    assert np.allclose(laid.times / laid.unit, rows["time"], rtol=0, atol=0.6 / laid.unit)
    assert np.array_equal(laid.clocks, rows["new_clock"])
    assert np.array_equal(np.repeat(laid.machines, np.diff(laid.first)), rows["machine_id"])
    messages = run.messages
    assert len(laid.sends) == len(messages)
    received = laid.receipts >= 0
    if run.events.duplicated(["machine_id", "new_clock"]).any():
        return
    assert received.sum() == messages["received"].notna().sum()
    wanted = messages.sort_values(["sender", "sent_clock", "recipient"], kind="stable")
    mine = pd.DataFrame(
        {
            "sender": rows["machine_id"].to_numpy()[laid.sends],
            "sent_clock": laid.clocks[laid.sends],
            "received_clock": np.where(received, laid.clocks[laid.receipts], -1),
        }
    )
    assert np.array_equal(mine["sender"], wanted["sender"])
    assert np.array_equal(mine["sent_clock"], wanted["sent_clock"])
    assert np.array_equal(mine["received_clock"], wanted["received_clock"].fillna(-1))


def test_texts_are_those_of_the_tables(tmp_path):
    run = RUNS["algorithm"]()
    laid = laid_out(run)
    table = run.events.iloc[laid.rows].reset_index(drop=True)
    texts = ask(tmp_path, run, "texts")["texts"]
    sent = table[(table["event"] == "SEND") & table["body"].notna()]
    assert [tuple(each) for each in texts["body"] if table["event"][each[0]] == "SEND"] == list(
        sent["body"].items()
    )
    assert len(texts["state"]) == len(run._logs.states()[0])
    assert ask(tmp_path, run, "texts", texts=0)["texts"] == {"body": [], "state": []}


def test_window(tmp_path):
    run = RUNS["slow"]()
    laid = laid_out(run)
    unit = laid.unit
    begins, ends = laid.times[laid.sends] / unit, laid.ends / unit
    spans = [(0, 20), (3, 3.5), (7, 7), (19, 40)]
    asked = ask(tmp_path, run, *(f"window {low} {high}" for low, high in spans))["window"]
    for (low, high), told in zip(spans, asked, strict=True):
        known = laid.end_known
        stop = np.where(known, ends, begins)
        assert told["found"] == np.flatnonzero((begins <= high) & (stop >= low)).tolist()


def test_part_of_a_run(tmp_path):
    run = RUNS["slow"]()
    told = ask(tmp_path, run, "run", start=5.0, stop=9.0)["run"]
    table = run.events[run.events["time"].between(5, 9, inclusive="left")]
    assert len(told["kind"]) == len(table)
    assert sorted(told["clock"]) == sorted(table["new_clock"])
    assert told["alone"], "a receipt whose message was sent before"


def test_texts_beyond_the_limit_are_cut_with_a_sentence(monkeypatch):
    run = RUNS["algorithm"]()
    monkeypatch.setattr(texts_module, "BLOCK", 16)
    whole = laid_out(run)
    with Parts() as parts:
        some = texts_module.texts_of(run, whole, parts, most=200)
        every = texts_module.texts_of(run, whole, parts, most=10**6)
        none = texts_module.texts_of(run, whole, parts, most=0)
    assert 0 < len(some.placed) < len(every.placed)
    assert (every.notes, every.left, none.placed) == ([], {}, [])
    assert all("are left out: a page has 200 bytes of them" in note for note in some.notes)
    assert all("are left out: the page was made without" in note for note in none.notes)
    assert len(some.notes) == len(some.left) == len({each["name"] for each in every.placed})
    assert none.left["state"] == len(run._logs.states()[0])


def test_parts_of_texts_are_not_long():
    some = np.array([0, 1, 5, 6, 7, 65_536, 65_537, 70_000])
    long = texts_module.LONGEST
    lengths = [1, long - 1, 2 * long, 1, 1, 1, long, long]
    ends = list(texts_module._ends(some, ["x" * length for length in lengths]))
    assert ends == [2, 3, 5, 6, 7, 8]


def test_planes_are_not_changed_by_what_they_hold():
    values = np.array([0, -1, 2**53 - 1, -(2**53) + 1, 5])
    data, width = planes(values, differences=False)
    assert width == 7
    assert len(data) == 7 * len(values)
    assert planes(np.zeros(9, dtype=np.int64), differences=True) == (b"", 0)
    assert planes(np.empty(0, dtype=np.int64), differences=True) == (b"", 0)
