"""What a page says of events and messages is what is known of them, and no more."""

import json

import numpy as np
import pytest
from pages import ask, laid_out

import lamport


def told_of(run, home, **window):
    return ask(home, run, "tell", **window)


def row(machine, event, clock, **more):
    return {"machine_id": machine, "event": event, "new_clock": clock, **more}


def test_machines_without_a_log_have_their_names(tmp_path):
    run = lamport.from_events(
        [
            row("anna", "SEND", 1, time=0.0, recipients=["ben", "zoë"]),
            row("anna", "SEND", 2, time=1.0, recipients=[None]),
            row("ben", "RECEIVE", 7, time=2.0, sender="eve", sent_clock=6),
            row("ben", "RECEIVE", 8, time=3.0),
        ]
    )
    told = told_of(run, tmp_path)
    assert told["events"][0][1] == "to ben (unknown), zoë (no log of it is here) (unknown)"
    assert told["events"][1][1] == "to a machine that is not told (unknown)"
    assert told["events"][2][1] == "from eve (no log of it is here), clock 6; its send is not here"
    assert told["events"][3][1] == "from a machine that is not told; its send is not here"
    assert told["styles"] == [5, 5, 5], "no log tells"
    assert told["messages"][1][0].endswith("to zoë (no log of it is here): what became of it is in no log")


def test_what_goes_on_outside_of_the_page_was_not_lost(tmp_path):
    run = lamport.simulate(2, 20, rates=[5, 5], seed=1, latency=lamport.Constant(2.0))
    told = told_of(run, tmp_path, stop=10.0)
    laid = laid_out(run, stop=10.0)
    outside = np.flatnonzero((laid.receipts < 0) & (laid.status == 0))
    assert len(outside)
    for message in outside.tolist():
        assert told["messages"][message][0].endswith(": received")
        assert told["messages"][message][-1] == "no receipt of its own is on this page"
        assert told["styles"][message] == 0


def test_logs_without_times_have_none_on_the_page(tmp_path):
    rows = [row("a", "SEND", 1), row("b", "RECEIVE", 2, sender="a", sent_clock=1)]
    told = told_of(lamport.from_events(rows), tmp_path)
    assert told["notes"][0].startswith("no times were logged")
    assert told["events"] == [["a: SEND, clock 1", "to b"], ["b: RECEIVE, clock 2", "from a, clock 1"]]
    assert told["messages"][0][1:] == ["received (clock 2)"]
    timed = told_of(lamport.from_events([{**each, "time": 1.0} for each in rows]), tmp_path)
    assert not timed["notes"]
    assert timed["events"][0][0] == "a: SEND, clock 1, 1.000000 s"


@pytest.mark.parametrize(
    ("times", "unit", "said"),
    [
        ([0.5, 1.25], 10**6, "1.250000 s"),
        ([0.1234567, 1.0], 10**9, "1.000000000 s"),
        ([1e-12, 5e-12], 10**12, "0.000000000005 s"),
        ([-3.25, 1e9], 10**6, "1000000000.000000 s"),
        ([0.0, 1e12], 1000, "1000000000000.000000 s"),
        ([0.0, 1e18], 0.001, "1000000000000000000.000000 s"),
    ],
)
def test_times_of_any_size_are_told_as_they_are(times, unit, said, tmp_path):
    rows = [row(1, "INTERNAL", clock, time=time) for clock, time in enumerate(times, 1)]
    run = lamport.from_events(rows, time_unit="s")
    assert laid_out(run).unit == unit
    (_, last) = told_of(run, tmp_path)["events"]
    assert last[0].endswith(said)


def test_hidden_signs_are_spelled_out(tmp_path):
    names = ["a\u202eb", "c\u200bd", "ok é 日本"]
    rows = [row(name, "INTERNAL", 1, time=0.0) for name in names]
    told = told_of(lamport.from_events(rows), tmp_path)["events"]
    assert sorted(each[0].split(":")[0] for each in told) == ["a\\u202eb", "c\\u200bd", "ok é 日本"]


def test_times_that_were_set_back_leave_the_order_of_the_log(tmp_path):
    whole = lamport.simulate(3, 10, seed=3)
    whole.save(tmp_path / "logs")
    path = tmp_path / "logs" / "machine_2.log"
    lines = path.read_text().splitlines()
    for number in range(11, 14):
        time = json.loads(lines[number])["system_time"]
        lines[number] = lines[number].replace(f"{time:.6f}", f"{time - 2:.6f}", 1)
    path.write_text("\n".join(lines) + "\n")
    run = lamport.load(tmp_path / "logs")
    events = run.events
    assert (np.diff(events[events["machine_id"] == 2]["new_clock"]) < 0).any(), (
        "its rows are in order of time"
    )
    laid, wanted = laid_out(run), laid_out(whole)
    assert np.array_equal(laid.clocks, wanted.clocks)
    assert np.array_equal(laid.receipts, wanted.receipts)
    assert (laid.times != wanted.times).sum() == 3
    told = ask(tmp_path, run, "run", "tell")
    assert told["run"]["clock"] == wanted.clocks.tolist()
    assert told["run"]["queue"] == laid.queues.tolist()
    assert (
        sum("its clock goes back here: it is drawn where the lane was" in each for each in told["events"])
        >= 3
    )
    assert any(note.startswith("what can have caused an event is not shown") for note in told["notes"])


def test_clocks_that_tell_no_order_leave_that_of_the_times():
    rows = [row(1, "INTERNAL", clock, time=float(place)) for place, clock in enumerate([5, 9, 5, 9, 2])]
    assert laid_out(lamport.from_events(rows)).clocks.tolist() == [5, 9, 5, 9, 2]
