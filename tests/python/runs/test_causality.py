"""Happened-before from Python, against the plain algorithm over rows."""

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lamport
from lamport._cli.commands import main
from lamport._runs.causality import Share


def vector_clocks(events):
    """Give a dict a row, machine to count, in the order of a table whose sends come before their receipts."""
    now, sent, clocks = {}, {}, []
    for row in events.itertuples():
        clock = dict(now.get(row.machine_id, {}))
        for machine, count in sent.get((row.sender, row.sent_clock), {}).items():
            clock[machine] = max(clock.get(machine, 0), count)
        clock[row.machine_id] = clock.get(row.machine_id, 0) + 1
        now[row.machine_id] = clock
        if row.event == "SEND":
            sent[row.machine_id, row.new_clock] = clock
        clocks.append(clock)
    return clocks


def names(run):
    return list(zip(run.events["machine_id"].tolist(), run.events["new_clock"].tolist(), strict=True))


@st.composite
def tables(draw):
    """A history of up to four machines with messages taken in any order, and strays delivered by hand."""
    clocks, waiting = [0] * 4, []
    names = ("machine_id", "event", "old_clock", "new_clock", "sender", "sent_clock", "by_hand")
    rows = {name: [] for name in names}
    for machine, action, pick in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 50)), max_size=40)
    ):
        kind, sender, sent = "INTERNAL", None, None
        if action <= 1:
            kind = "SEND"
        elif action == 2 and waiting:
            kind, (sender, sent) = "RECEIVE", waiting.pop(pick % len(waiting))
        elif action == 3:
            kind, sent = "RECEIVE", pick
        old = clocks[machine]
        clocks[machine] = max(old, sent or 0) + 1
        if kind == "SEND":
            waiting.append((machine, clocks[machine]))
        by_hand = kind == "RECEIVE" and sender is None
        told = (machine, kind, old, clocks[machine], sender, sent, by_hand)
        for name, value in zip(rows, told, strict=True):
            rows[name].append(value)
    return pd.DataFrame(rows)


@settings(max_examples=60)
@given(tables())
def test_it_is_what_vector_clocks_say(table):
    run = lamport.from_events(table)
    strays = table["event"].eq("RECEIVE") & table["sender"].isna()
    clocks, events = vector_clocks(run.events), names(run)
    causality = run.causality
    assert causality.unmatched == strays.sum()
    assert causality.is_certain
    ordered = 0
    for clock, name in zip(clocks, events, strict=True):
        found = causality.vector_clock(name)
        assert found[found > 0].to_dict() == clock
        before = [clock.get(machine, 0) >= clocks[row][machine] for row, (machine, _) in enumerate(events)]
        before[events.index(name)] = False
        assert causality.past(name).tolist() == before
        assert [causality.happened_before(other, name) for other in events] == before
        assert [causality.future(other)[events.index(name)] for other in events] == before
        ordered += sum(before)
    pairs = len(events) * (len(events) - 1) // 2
    if pairs:
        assert causality.concurrent_share().value == pytest.approx(1 - ordered / pairs)


@pytest.fixture(scope="module", params=["real", "loaded", "table", "simulated"])
def any_run(request, run):
    if request.param == "real":
        return run
    if request.param == "loaded":
        return lamport.load(run.log_dir)
    if request.param == "table":
        return lamport.from_events(run.events)
    return lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)


def test_every_source_of_runs(any_run):
    causality = any_run.causality
    assert any_run.causality is causality
    assert causality.unmatched == 0
    last = names(any_run)[-1]
    past, future = causality.past(last), causality.future(last)
    assert past.dtype == future.dtype == np.bool_
    assert len(past) == len(future) == len(any_run.events)
    assert not (past & future).any()
    clock = causality.vector_clock(last)
    assert clock.index.tolist() == [1, 2, 3]
    assert clock.sum() == past.sum() + 1
    share, rate = causality.concurrent_share(), causality.false_order_rate()
    assert 0 < rate.value <= share.value < 1
    assert share.error == 0
    assert share.pairs == len(past) * (len(past) - 1) // 2


def test_total_order_extends_happened_before(any_run):
    order = any_run.total_order()
    keys = order[["new_clock", "machine_id"]]
    assert keys.equals(any_run.events[["new_clock", "machine_id"]].sort_values(["new_clock", "machine_id"]))
    place = np.argsort(order.index.to_numpy())
    for row in range(0, len(order), 17):
        past = any_run.causality.past((order["machine_id"].loc[row], order["new_clock"].loc[row]))
        assert (place[past] < place[row]).all()


def test_questions_about_what_is_not_there(table_run):
    causality = table_run.causality
    assert causality.happened_before((1, 1), (2, 2))
    assert not causality.happened_before((2, 2), (1, 1))
    assert causality.concurrent((1, np.int64(2)), (2, 2))
    assert not causality.concurrent((1, 1), (1, 1))
    with pytest.raises(
        ValueError, match="machine 2 has no event with clock 9: its 1 events have clocks from 2 to 2"
    ):
        causality.vector_clock((2, 9))
    with pytest.raises(ValueError, match="no machine 5: the machines are 1, 2"):
        causality.past((5, 1))
    with pytest.raises(ValueError, match=r"'ab' names no event: the form is \(machine_id, clock\)"):
        causality.future("ab")
    for beyond in ((1, 10**20), (10**20, 1), (1, -1)):
        with pytest.raises(ValueError, match="names no event: machines and clocks are from 0 to 2"):
            causality.happened_before((1, 1), beyond)
    with pytest.raises(ValueError, match="samples is 1"):
        causality.concurrent_share(samples=1)
    assert causality.concurrent_share() == Share(value=1 / 3, error=0.0, pairs=3)
    assert causality.false_order_rate().value == 0  # the concurrent ones have equal clocks
    assert causality.concurrent_share(samples=50, seed=1) == causality.concurrent_share(samples=50, seed=1)


def test_cuts(table_run):
    consistent = table_run.causality.cut_is_consistent
    assert consistent({})
    assert consistent({1: 1, 2: 2})
    assert consistent({1: 2})
    assert not consistent({1: 0, 2: 2})
    with pytest.raises(ValueError, match="no event with clock 7"):
        consistent({1: 7})
    with pytest.raises(ValueError, match=r"\(1, 1\.7\) names no event"):
        consistent({1: 1.7})
    with pytest.raises(ValueError, match="from 0 to 2"):
        consistent({1: 10**20})


def test_what_has_no_causality(tmp_path):
    unrecorded = lamport.simulate(duration=10, record=False)
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        unrecorded.causality  # noqa: B018
    cyclic = lamport.from_events(
        {"machine_id": [1, 1, 2, 2], "event": ["receive", "send"] * 2, "new_clock": [3, 4, 3, 4],
         "sender": [2, None, 1, None], "sent_clock": [4, None, 4, None]}
    )  # fmt: skip
    with pytest.raises(lamport.LamportError, match=r"comes before its own send.*run\.verify\(\)"):
        cyclic.causality  # noqa: B018
    empty = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    assert np.isnan(empty.causality.concurrent_share().value)


def test_interrupted():
    """Ctrl-C ends a long look within a moment, and leaves what can be asked again."""
    run = lamport.simulate(30, 20_000, rates=[6] * 30, seed=1)
    assert len(run.events) > 3_000_000
    causality = run.causality
    ended = {}

    def press():
        time.sleep(0.3)
        ended["pressed"] = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    # Whoever runs the tests in the background may have it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            causality.concurrent_share(samples=1_000_000)
        ended["done"] = time.monotonic()
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended["done"] > ended["pressed"]
    assert 0 < causality.concurrent_share().value < 1


def test_viewers(any_run, tmp_path):
    path = any_run.export(tmp_path / "run.shiviz")
    lines = path.read_bytes().decode().split("\n")
    assert lines[:2] == [r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)", ""]
    assert len(lines) == 2 + 2 * len(any_run.events) + 1
    times = any_run.events["time"]
    timed = any_run.export(tmp_path / "x", format="tsviz", start=0.3, stop=0.6).read_text().split("\n")
    assert (len(timed) - 3) // 2 == ((times >= 0.3) & (times < 0.6)).sum()
    assert all(line.split(" ")[0].isdigit() and len(line.split(" ")[0]) == 19 for line in timed[3:-1:2])


def test_a_large_text_is_warned_of(tmp_path):
    run = lamport.simulate(duration=1000, rates=[1, 3, 6], seed=1)
    with pytest.warns(lamport.LamportWarning, match="10000 events: shiviz takes time in the square"):
        run.export(tmp_path / "a.shiviz")
    run.export(tmp_path / "a.shiviz", stop=100)


def test_command(run, tmp_path, capsys):
    out = tmp_path / "run.tsviz"
    words = ["export", str(run.log_dir), "-o", str(out), "--start", "0.2", "--stop", "0.5"]
    assert main(words) == 0
    assert out.read_text().startswith(r"(?<host>\S*) (?<clock>{.*})\n(?<timestamp>\d*) (?<event>.*)")
    assert capsys.readouterr().out == f"wrote {out}\n"


def test_where_everything_is_open_the_rest_of_the_own_machine_is_not():
    rows = [
        {"machine_id": "a", "event": "INTERNAL", "vector_clock": {"a": 1}},
        {"machine_id": "a", "event": "RECEIVE", "vector_clock": None},
        {"machine_id": "b", "event": "SEND", "vector_clock": None},
        {"machine_id": "b", "event": "INTERNAL", "vector_clock": {"b": 2}},
    ]
    run = lamport.from_events(rows)
    for event in run.events[["machine_id", "new_clock"]].itertuples(index=False, name=None):
        certain, possible = (run.causality.future(event, possible=ask) for ask in (False, True))
        assert possible[certain].all()
        past = run.causality.past(event)
        machine, clock = event
        itself = ((run.events["machine_id"] == machine) & (run.events["new_clock"] == clock)).to_numpy()
        assert (possible == ~(past | itself)).all()
