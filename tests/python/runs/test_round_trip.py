"""A table of events, written and read back, tells what the events tell."""

import json
import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import free_ports

import lamport

RULES_OF_HANDS = ("match", "fifo", "conservation", "time")


def by_hand(home):
    """A real run of two machines, step by step: messages sent, received, unread and delivered by hand."""
    home.mkdir()
    ports = free_ports(2)
    with (
        lamport.Machine(
            1, ports[0], [("127.0.0.1", ports[1])], home / "machine_1.log", 60, run_id="hands"
        ) as first,
        lamport.Machine(
            2, ports[1], [("127.0.0.1", ports[0])], home / "machine_2.log", 60, run_id="hands"
        ) as second,
    ):
        for number in range(3):
            first.internal_event()
            second.send_message()
            until = time.monotonic() + 10
            while first.queue_len <= number and time.monotonic() < until:
                time.sleep(0.001)
        first.deliver(4, sender=2)
        first.deliver(70)
        first.deliver(1, sender=2)
        first.internal_event()
        for _ in range(5):
            first.handle_receive()
    return lamport.load(home)


def real(home):
    faults = [lamport.Crash(2, at=0.3, down_for=0.2), lamport.Crash(3, at=0.7)]
    options = {"rates": [20, 40, 60], "internal_probability": 0.3, "seed": 7, "progress": False}
    return lamport.run_local(duration=1, faults=faults, log_dir=home, **options)


def simulated(home, faults=(), **options):
    options = {"duration": 60, "rates": [1, 3, 6], "seed": 1978, "progress": False, **options}
    return lamport.simulate(faults=faults, log_dir=home, **options)


RUNS = {
    "by hand": by_hand,
    "real": real,
    "simulated": simulated,
    "overloaded": lambda home: simulated(home, rates=[1, 6, 6], internal_probability=0.1, latency=0.2),
    "faults": lambda home: simulated(
        home,
        faults=[
            lamport.Crash(2, at=10, down_for=5),
            lamport.Pause(1, at=20, duration=3),
            lamport.Partition([[1], [2, 3]], at=30, duration=10),
            lamport.Crash(3, at=50),
        ],
    ),
}


@pytest.fixture(scope="module", params=RUNS)
def told(request, tmp_path_factory):
    """A run, read from its logs."""
    home = tmp_path_factory.mktemp("told") / "logs"
    RUNS[request.param](home)
    return lamport.load(home)


FORMS = {
    "pandas": lambda events, _: events,
    "polars": lambda events, _: pl.from_pandas(events),
    "pyarrow": lambda events, _: pa.table(events),
    "csv of pandas": lambda events, path: events.to_csv(path, index=False) or pd.read_csv(path),
    "csv of polars": lambda events, path: (
        pl.from_pandas(events)
        .with_columns(
            pl.col("recipients").map_elements(lambda ids: json.dumps(ids.to_list()), return_dtype=pl.String)
        )
        .write_csv(path)
        or pl.read_csv(path)
    ),
    "parquet of polars": lambda events, path: (
        pl.from_pandas(events).write_parquet(path) or pl.read_parquet(path)
    ),
    "rows": lambda events, _: events.to_dict("records"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_tells_what_the_events_tell(told, form, tmp_path):
    same(lamport.from_events(FORMS[form](told.events, tmp_path / "table")), told)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_tells_what_the_events_tell(told, form, tmp_path):
    path = told.export(tmp_path / f"events.{form}")
    tables = [pd.read_csv(path), pl.read_csv(path)] if form == "csv" else [pd.read_parquet(path)]
    for table in tables:
        same(lamport.from_events(table), told)


def same(again, run):
    """Whether the run of a table has the events and messages of a run, and is accused of nothing."""
    assert list(again.events.columns) == list(run.events.columns)
    assert (again.events.dtypes == run.events.dtypes).all()
    for name, column in run.events.items():
        if name in {"time", "system_time", "arrived"}:
            assert again.events[name].tolist() == pytest.approx(column.tolist(), nan_ok=True, abs=5e-7)
        else:
            assert again.events[name].equals(column), name
    keys = ["sender", "sent_clock", "recipient", "received_clock"]
    messages = run.messages
    # Only logs tell what was left in queues at the end.
    told = again.messages["status"].where(messages["status"] == "received", messages["status"].astype("str"))
    assert told.tolist() == messages["status"].tolist()
    assert again.messages[keys].equals(messages[keys])
    assert set(again.messages["status"]) <= {"received", "unknown"}
    counts = run.verify().counts
    assert all(count <= counts[rule] for rule, count in again.verify().counts.items()), str(again.verify())
    assert repr(again.causality.concurrent_share()) == repr(run.causality.concurrent_share())


def test_these_runs_show_what_they_should(tmp_path):
    run = by_hand(tmp_path / "hands")
    assert run.verify().ok, str(run.verify())
    assert run.events["manual"].all()
    received = run.events[run.events["event"] == "RECEIVE"]
    assert received["by_hand"].any()
    assert run.events["recipients"].tolist().count((1,)) == 3
    assert simulated(tmp_path / "clean").verify().ok


@st.composite
def tables(draw):
    """Two machines, and steps of either by hand or not, with messages by hand in the other's name."""
    clocks, rows, sent = {1: 0, 2: 0}, [], {1: [], 2: []}
    for step in range(draw(st.integers(1, 12))):
        machine = draw(st.sampled_from((1, 2)))
        other = 3 - machine
        row = {
            "time": step / 4,
            "machine_id": machine,
            "old_clock": clocks[machine],
            "manual": draw(st.booleans()),
            "by_hand": False,
        }
        kind = draw(st.sampled_from(("SEND", "RECEIVE", "INTERNAL")))
        clocks[machine] += 1
        if kind == "RECEIVE":
            row["by_hand"] = draw(st.booleans())
            if row["by_hand"]:
                clock = draw(st.integers(1, 20))
            elif sent[other]:
                clock = sent[other].pop(0)
            else:
                kind = "INTERNAL"
        if kind == "RECEIVE":
            clocks[machine] = max(clocks[machine], clock + 1)
            row |= {"sender": other, "sent_clock": clock, "arrived": step / 4}
        if kind == "SEND":
            row["recipients"] = [other]
            sent[machine].append(clocks[machine])
        rows.append({**row, "event": kind, "new_clock": clocks[machine]})
    return rows


@given(tables())
@settings(max_examples=60)
def test_any_table_comes_back(rows):
    first = lamport.from_events(rows)
    done = first.verify()
    assert not any(done.counts[rule] for rule in (*RULES_OF_HANDS, "step")), str(done)
    receipts = sum(row["event"] == "RECEIVE" and not row["by_hand"] for row in rows)
    assert (first.messages["status"] == "received").sum() == receipts
    same(lamport.from_events(pl.from_pandas(first.events)), first)


def hands(system_time, clock, by):
    """The line of a message received in the name of machine 2, by hand or not."""
    line = {
        "event": "RECEIVE",
        "system_time": system_time,
        "machine_id": 1,
        "old_clock": 0,
        "new_clock": clock + 1,
        "queue_len": 0,
        "sender": 2,
        "sent_clock": clock,
        "arrival_time": 5.0,
    }
    return line | ({"by_hand": True} if by else {})


SENT = {"event": "SEND", "system_time": 2.0, "machine_id": 2, "old_clock": 0, "new_clock": 1}


@pytest.mark.parametrize("as_table", [False, True])
def test_a_message_by_hand_belongs_to_no_channel(tmp_path, as_table):
    """It has the name and clock of a message that was sent, and never came, at another time."""
    for by in (True, False):
        home = tmp_path / str(by)
        home.mkdir()
        (home / "machine_1.log").write_text(json.dumps(hands(1.0, 1, by)) + "\n")
        sent = SENT | {"recipients": [["127.0.0.1", 1]], "recipient_ids": [1]}
        (home / "machine_2.log").write_text(json.dumps(sent) + "\n")
        run = lamport.load(home)
        run = lamport.from_events(run.events) if as_table else run
        assert run.events["by_hand"].tolist() == [by, False]
        done = run.verify()
        # A table does not tell whether its machines share a host, and so a clock.
        assert any(done.counts[rule] for rule in RULES_OF_HANDS) is not (by or as_table), str(done)
        assert (run.messages["status"] == "received").tolist() == [not by]
        assert run.causality.happened_before((2, 1), (1, 2)) is not by
    once = tmp_path / "True" / "machine_1.log"
    again = hands(1.5, 1, by=True) | {"old_clock": 2, "new_clock": 3}
    once.write_text(once.read_text() + json.dumps(again) + "\n")
    done = lamport.verify(tmp_path / "True")
    assert not any(done.counts[rule] for rule in RULES_OF_HANDS), str(done)


def test_what_was_left_unread_by_hand_is_no_message_of_its_sender(tmp_path):
    unread = {
        "event": "UNREAD",
        "system_time": 3.0,
        "machine_id": 1,
        "sender": 2,
        "sent_clock": 1,
        "arrival_time": 1.0,
        "by_hand": True,
    }
    (tmp_path / "machine_1.log").write_text(json.dumps(unread) + "\n")
    sent = SENT | {"recipients": [["127.0.0.1", 1]], "recipient_ids": [1]}
    (tmp_path / "machine_2.log").write_text(json.dumps(sent) + "\n")
    run = lamport.load(tmp_path)
    assert run.messages["status"].tolist() == ["unknown"]
    assert not any(run.verify().counts[rule] for rule in RULES_OF_HANDS)
