"""Runs as traces and diagrams: what other programs draw."""

import json
import re
from collections import Counter
from itertools import pairwise

import pytest

import lamport

FAULTS = [lamport.Crash(2, at=10, down_for=5), lamport.Partition([[1], [2, 3]], at=20, duration=5)]


@pytest.fixture(scope="module", params=["plain", "faults", "base"])
def simulated(request):
    faults = FAULTS if request.param == "faults" else ()
    options = {"duration": 30, "rates": [1, 3, 6], "internal_probability": 0.4, "latency": 0.1, "seed": 3}
    run = lamport.simulate(faults=faults, progress=False, **options)
    if request.param == "base":
        return lamport.from_events(run.events[["time", "machine_id", "event", "new_clock"]])
    return run


def trace(run, path, **window):
    """The events of a trace, by what they are."""
    told = json.loads(run.export(path, format="chrome", **window).read_text(encoding="utf-8"))
    assert told["displayTimeUnit"] == "ms"
    found = {}
    for event in told["traceEvents"]:
        assert event["pid"] == 1
        found.setdefault(event["ph"], []).append(event)
    assert set(found) <= {"M", "X", "C", "s", "f"}
    return found


def rounded(rows):
    """Rows in order, times to the nanosecond."""
    return sorted(tuple(round(each, 9) if isinstance(each, float) else each for each in row) for row in rows)


def tracks(found):
    """The machines of the tracks, by the names that these have."""
    names = {event["tid"]: event["args"]["name"] for event in found["M"] if event["name"] == "thread_name"}
    return {track: int(name.removeprefix("machine ")) for track, name in names.items()}


@pytest.mark.parametrize("window", [{}, {"start": 5.5, "stop": 12.25}])
def test_every_event_is_on_the_track_of_its_machine_at_its_time(simulated, window, tmp_path):
    found = trace(simulated, tmp_path / "run.json", **window)
    of = tracks(found)
    events = simulated.events
    start, stop = window.get("start", -1), window.get("stop", 1e9)
    events = events[(events["time"] >= start) & (events["time"] < stop)]
    assert len(of) == 3
    drawn = [(of[x["tid"]], x["args"]["new_clock"], x["name"], x["ts"] / 1e6) for x in found["X"]]
    columns = [events[name].tolist() for name in ("machine_id", "new_clock", "event", "time")]
    told = list(zip(*columns, strict=True))
    assert rounded(drawn) == rounded(told)
    assert [x["ts"] for x in found["X"]] == sorted(x["ts"] for x in found["X"])
    for track in of:
        mine = [x for x in found["X"] if x["tid"] == track]
        for one, next_one in pairwise(mine):
            assert one["dur"] > 0
            assert one["ts"] + one["dur"] <= next_one["ts"] or one["ts"] == next_one["ts"]
    received = events[events["queue_len"].notna()]
    queues = [(of[each["tid"]], each["ts"] / 1e6, each["args"]["waiting"]) for each in found.get("C", [])]
    told = zip(*(received[name].tolist() for name in ("machine_id", "time", "queue_len")), strict=True)
    assert rounded(queues) == rounded(told)
    assert {each["name"] for each in found.get("C", [])} <= {f"queue of machine {of[track]}" for track in of}


@pytest.mark.parametrize("window", [{}, {"start": 5.5, "stop": 12.25}])
def test_every_flow_has_both_ends(simulated, window, tmp_path):
    found = trace(simulated, tmp_path / "run.json", **window)
    of = tracks(found)
    first, last = ({flow["id"]: flow for flow in found.get(phase, [])} for phase in "sf")
    assert len(first) == len(found.get("s", []))
    assert len(last) == len(found.get("f", []))
    assert set(first) == set(last)
    slices = Counter((x["tid"], x["ts"]) for x in found["X"])
    for flow in [*first.values(), *last.values()]:
        assert slices[flow["tid"], flow["ts"]] == 1
    if "sent_clock" not in simulated.events or simulated.events["sent_clock"].isna().all():
        return
    messages = simulated.messages
    start, stop = window.get("start", -1), window.get("stop", 1e9)
    inside = messages[(messages["sent"] >= start) & (messages["received"] < stop)]
    told = zip(*(inside[name].tolist() for name in ("sender", "sent", "recipient", "received")), strict=True)
    drawn = [
        (of[begin["tid"]], begin["ts"] / 1e6, of[last[number]["tid"]], last[number]["ts"] / 1e6)
        for number, begin in first.items()
    ]
    assert rounded(drawn) == rounded(told)
    assert len(drawn) > 5
    assert all(last[number]["bp"] == "e" for number in first)


def test_times_that_tie_or_contradict_each_other(tmp_path):
    """Events of one time lie inside each other; a flow that would go back says so and goes forwards."""
    run = lamport.from_events(
        {
            "time": [-1.5, -1.5, 2, 1, 3],
            "machine_id": [2, 2, 1, 2, 3],
            "event": ["INTERNAL", "SEND", "SEND", "RECEIVE", "RECEIVE"],
            "new_clock": [1, 2, 1, 3, 3],
            "sender": [None, None, None, 1, 2],
            "sent_clock": [None, None, None, 1, 2],
        }
    )
    found = trace(run, tmp_path / "run.json")
    by_clock = {(x["tid"], x["args"]["new_clock"]): x for x in found["X"]}
    assert by_clock[2, 1]["ts"] == by_clock[2, 2]["ts"] == 0  # what is negative is moved
    assert by_clock[2, 1]["dur"] == by_clock[2, 2]["dur"]
    assert by_clock[3, 3]["ts"] == 4.5e6
    flows = {flow["name"]: (flow["tid"], flow["ts"]) for flow in found["s"]}
    assert flows["message"] == (2, 0)
    assert flows["message, by the clocks received before it was sent"] == (2, 2.5e6)


def diagram(run, path, **window):
    lines = run.export(path, **window).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "sequenceDiagram"
    return [line.removeprefix("    ") for line in lines[1:]]


def test_a_sequence_diagram(tmp_path):
    run = lamport.from_events(
        {
            "time": range(8),
            "machine_id": [1, 1, 1, 2, 2, 1, 2, 2],
            "event": ["INTERNAL", "INTERNAL", "SEND", "RECEIVE", "SEND", "SEND", "RECEIVE", "RECEIVE"],
            "new_clock": [1, 2, 3, 4, 5, 4, 8, 10],
            "sender": [None, None, None, 1, None, None, 9, None],
            "sent_clock": [None, None, None, 3, None, None, 7, 9],
            "recipients": [None, None, [2], None, [1], [2, None], None, None],
        }
    )
    lines = diagram(run, tmp_path / "run.mmd")
    assert lines[:2] == ["participant m1 as machine 1", "participant m2 as machine 2"]
    assert lines[2].startswith("Note over m1,m2: notes")
    assert lines[3:] == [
        "Note over m1: 1 to 2, 2 events",
        "Note over m1: 3 SEND to machine 2",
        "m1->>m2: 3 → 4",
        "Note over m2: 5 SEND to machine 1",
        "m2-xm1: 5, not received",
        "Note over m1: 4 SEND to machine 2, ?",
        "m1-xm2: 4, not received",
        "Note over m2: 8 RECEIVE of 7 from machine 9",
        "Note over m2: 10 RECEIVE of 9",
    ]
    some = diagram(run, tmp_path / "run.mermaid", start=3, stop=5)
    assert some[3:] == [
        "m1->>m2: 3 → 4, sent before",
        "Note over m2: 5 SEND to machine 1",
        "m2-xm1: 5, not received",
    ]
    assert "m1--)m2: 3, received later" in diagram(run, tmp_path / "run.mmd", stop=3)


def test_a_diagram_is_bounded_and_says_what_it_leaves_out(tmp_path):
    run = lamport.simulate(40, duration=60, seed=1, progress=False)
    with pytest.warns(lamport.LamportWarning, match="30 of 40 machines"):
        lines = diagram(run, tmp_path / "run.mmd")
    assert sum(line.startswith("participant") for line in lines) == 30
    assert re.search(r"30 of 40 machines<br/>\d+ of \d+ events, up to [\d.]+ s$", lines[30])
    text = (tmp_path / "run.mmd").read_text(encoding="utf-8")
    assert len(text) < 50_000
    assert len(lines) < 400
    with pytest.warns(lamport.LamportWarning, match="give start and stop"):
        lamport.simulate(3, duration=600, seed=1, progress=False).export(tmp_path / "run.mmd")


@pytest.mark.parametrize("form", ["chrome", "mermaid"])
def test_a_gap_between_events_draws_nothing(table_run, form, tmp_path):
    path = tmp_path / "run"
    with pytest.raises(ValueError, match=r"no event is between start=0\.3 and stop=0\.6 \(s\)"):
        table_run.export(path, format=form, start=0.3, stop=0.6)
    assert not path.exists()
    empty = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    assert empty.export(path, format=form).stat().st_size > 0
