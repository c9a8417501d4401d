"""Tables of events made elsewhere."""

import json
import sys
import warnings
from datetime import UTC, date, datetime, timedelta, timezone

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lamport


def test_table_of_a_run_gives_the_run(run):
    again = lamport.from_events(run.events)
    assert again.events["new_clock"].tolist() == run.events["new_clock"].tolist()
    assert again.clocks().equals(run.clocks())
    assert again.drift == run.drift


def test_smallest_table():
    run = lamport.from_events(
        {"machine_id": [1, 2, 1], "event": ["Send", "receive", "INTERNAL"], "new_clock": [1, 2, 2]}
    )
    assert run.events["event"].tolist() == ["SEND", "RECEIVE", "INTERNAL"]
    assert run.events["time"].tolist() == [0, 1, 2]
    assert run.machines["final_clock"].tolist() == [2, 2]


def test_categories_and_small_types():
    frame = pd.DataFrame(
        {
            "machine_id": np.array([1, 1], np.uint8),
            "event": pd.Categorical(["SEND", "SEND"]),
            "new_clock": pd.array([1, 2], "Int32"),
        }
    )
    assert lamport.from_events(frame).machines["sends"].tolist() == [2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": None}, "the table has no column event: it has machine_id, new_clock"),
        ({"event": ["SEND", "END"]}, r'no kind of event is known by "END" \(1\) \(first in row 1\)'),
        ({"event": ["SEND", None]}, "row 1: event"),
        ({"new_clock": [1, 1.5]}, "row 1: new_clock"),
        ({"new_clock": [1, -2]}, "row 1: new_clock"),
        ({"new_clock": [1, 2.0**53]}, "row 1: new_clock"),
        ({"machine_id": [1.5, 1]}, r"row 0: machine_id 1\.5 is not a whole number"),
        ({"machine_id": [1, None]}, "row 1: machine_id"),
        ({"queue_len": [0, "many"]}, "row 1: queue_len 'many' is not a whole number"),
        ({"queue_len": [0, -1]}, "row 1: queue_len -1 is not a whole number"),
        ({"sender": [None, 1.5]}, r"row 1: sender 1\.5 is not a whole number"),
        ({"manual": [None, "perhaps"]}, "row 1: manual 'perhaps' is not true or false"),
    ],
)
def test_bad_tables(change, message):
    columns = {"machine_id": [1, 1], "event": ["SEND", "SEND"], "new_clock": [1, 2], **change}
    with pytest.raises(ValueError, match=message):
        lamport.from_events({name: values for name, values in columns.items() if values is not None})


COLUMNS = {"machine_id": [1, 2], "event": ["SEND", "RECEIVE"], "new_clock": [1, 2]}
MATCHED = {**COLUMNS, "sender": [None, 1], "sent_clock": [None, 1]}


def test_rows_as_mappings():
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
    assert lamport.from_events(rows).machines["final_clock"].tolist() == [1, 2]


@pytest.mark.parametrize("read_again", [False, True])
def test_dates_and_durations_are_seconds(read_again):
    start = pd.Timestamp("2026-11-21 14:00:00", tz="UTC")
    expected = [start.timestamp(), start.timestamp() + 2.5]
    for unit in ("s", "ms", "us", "ns"):
        whole = unit == "s"
        end = 2 if whole else 2.5
        stamps = pd.Series([start, start + pd.Timedelta(seconds=end)])
        for zone in (None, "UTC", "Asia/Kolkata"):
            values = stamps.dt.tz_convert(zone or "UTC")
            values = values.dt.tz_localize(None) if zone is None else values
            values = values.astype(f"datetime64[{unit}]" if zone is None else f"datetime64[{unit}, {zone}]")
            if read_again:
                values = pa.array(values).to_pandas(types_mapper=pd.ArrowDtype)
            events = lamport.from_events({**COLUMNS, "system_time": values}).events
            assert events["system_time"].tolist() == pytest.approx([expected[0], expected[0] + end], abs=1e-6)
            assert events["time"].tolist() == [0, end]
        spans = pd.Series(pd.to_timedelta([0, end], unit="s")).astype(f"timedelta64[{unit}]")
        if read_again:
            spans = pa.array(spans).to_pandas(types_mapper=pd.ArrowDtype)
        for name in ("time", "system_time"):
            assert lamport.from_events({**COLUMNS, name: spans}).events["time"].tolist() == [0, end]


def test_arrivals_may_be_dates_too():
    start = pd.Timestamp("2026-11-21")
    times = {"time": [start, start + pd.Timedelta("2s")], "arrived": [pd.NaT, start + pd.Timedelta("1500ms")]}
    events = lamport.from_events({**MATCHED, **times}).events
    assert events["arrived"].tolist() == pytest.approx([float("nan"), 1.5], nan_ok=True)


def test_python_dates_of_several_zones():
    east = datetime(2026, 11, 21, 14, tzinfo=timezone(timedelta(hours=2)))
    column = pd.Series([east, datetime(2026, 11, 21, 12, 0, 3, tzinfo=UTC)], dtype=object)
    assert lamport.from_events({**COLUMNS, "time": column}).events["time"].tolist() == [0, 3]
    column = pd.Series([timedelta(0), timedelta(milliseconds=40)], dtype=object)
    assert lamport.from_events({**COLUMNS, "time": column}).events["time"].tolist() == [0, 0.04]
    column = pd.Series([date(2026, 11, 21), date(2026, 11, 22)], dtype=object)
    assert lamport.from_events({**COLUMNS, "time": column}).events["time"].tolist() == [0, 86400]


@pytest.mark.parametrize("kind", ["polars", "pyarrow", "batch", "duckdb", "stream"])
def test_tables_of_other_libraries(run, kind):
    table = pa.table(run.events)
    given = {
        "polars": lambda: pl.from_pandas(run.events),
        "pyarrow": lambda: table,
        "batch": lambda: table.combine_chunks().to_batches()[0],
        "duckdb": lambda: duckdb.from_arrow(table),
        "stream": table.to_reader,
    }[kind]
    again = lamport.from_events(given())
    pd.testing.assert_frame_equal(again.events, run.events)
    assert lamport.verify(given()).counts == again.verify().counts


def test_lists_of_other_libraries():
    table = pl.DataFrame({**MATCHED, "recipients": [[2, 3], None]})
    assert lamport.from_events(table).messages["recipient"].tolist() == [2, 3]


@pytest.mark.parametrize("given", [3, "events.csv", pl.LazyFrame(COLUMNS), object(), None])
def test_what_is_no_table_is_named(given):
    with pytest.raises(TypeError, match=f"{type(given).__name__} is not a table of events"):
        lamport.from_events(given)


def test_arrow_data_needs_pyarrow(monkeypatch):
    table = pl.DataFrame(COLUMNS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="DataFrame is read with pyarrow"):
        lamport.from_events(table)


@pytest.mark.parametrize(
    "recipients",
    [
        [[2, 3], None],
        ["[2, 3]", float("nan")],
        [[2.0, 3.0], []],
        [(2, 3), None],
        [np.array([2, 3]), None],
        [np.array([2.0, 3.0]), None],
        [json.dumps([2, 3]), "[]"],
        ["(2, 3)", "()"],
        ["(2, 3,)", None],
    ],
)
@pytest.mark.parametrize("name", ["recipients", "recipient_ids"])
def test_recipients_in_any_form(recipients, name):
    frame = pd.DataFrame({**MATCHED, name: pd.Series(recipients, dtype=object)})
    assert lamport.from_events(frame).messages["recipient"].tolist() == [2, 3]


@pytest.mark.parametrize("unknown", [[2, None], (2, None), [2, float("nan")], "[2, null]", "(2, None)"])
def test_recipients_not_known(unknown):
    frame = pd.DataFrame({**MATCHED, "recipients": pd.Series([unknown, None], dtype=object)})
    assert lamport.from_events(frame).messages["recipient"].tolist() == [2, pd.NA]


@pytest.mark.parametrize(
    "wrong", ["(2", "2, 3]", 2.5, [2.5], [[1, 2]], [{"a": 1}], '[["a", "b"]]', "[2.5]", '[{"a": 1}]']
)
@pytest.mark.parametrize("name", ["recipients", "recipient_ids"])
def test_what_are_no_recipients(wrong, name):
    frame = pd.DataFrame({**COLUMNS, name: pd.Series([None, wrong], dtype=object)})
    with pytest.raises(
        ValueError, match=rf"row 1: {name} .*is not a list of machine ids: give one like \[2, 3\]"
    ):
        lamport.from_events(frame)


@pytest.mark.parametrize("name", ["machine_id", "time", "recipients"])
def test_a_column_twice(name):
    frame = pd.DataFrame({**COLUMNS, "time": [0, 1], "recipients": [[2], None]})
    twice = pd.concat([frame, frame[[name]]], axis=1)
    with pytest.raises(ValueError, match=f"more than one column {name}: keep one"):
        lamport.from_events(twice)


def test_messages_show_plain_values():
    cases = [
        ({"new_clock": [1, float("nan")]}, r"row 1: new_clock is missing: it must be a whole number"),
        ({"new_clock": [1, 1.5]}, r"row 1: new_clock 1\.5 is not a whole number"),
        ({"event": ["SEND", float("nan")]}, r"row 1: event is missing: it must be one of SEND"),
        ({"event": ["SEND", pd.NA]}, r"row 1: event is missing"),
        ({"machine_id": [1, -3]}, r"row 1: machine_id -3 is not a whole number"),
        ({"time": ["2026-11-21", "soon"]}, r"row 1: time 'soon' is not a number of seconds, a date or"),
        ({"queue_len": pd.to_datetime(["2026-11-21"] * 2)}, r"column queue_len holds times \(datetime64"),
    ]
    for change, message in cases:
        with pytest.raises(ValueError, match=message):
            lamport.from_events({**COLUMNS, **change})


def test_times_of_arrival_need_times():
    with pytest.raises(ValueError, match="in row 1, but there is neither time nor system_time"):
        lamport.from_events({**MATCHED, "arrived": [None, 1677782102.5]})
    empty = lamport.from_events({**MATCHED, "arrived": [None, None]})
    assert empty.events["time"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "flags",
    [
        [True, None],
        ["True", "False"],
        ["true", float("nan")],
        [1, 0],
        [1.0, 0.0],
        pd.array([True, None], "boolean"),
    ],
)
def test_flags_in_any_form(flags):
    events = lamport.from_events({**MATCHED, "manual": flags}).events
    assert events["manual"].tolist() == [True, False]
    assert events["by_hand"].tolist() == [False, False]


@pytest.mark.parametrize("empty", [None, "", " ", "null", "None"])
def test_a_send_without_recipients_went_to_nobody_knows_whom(empty):
    run = lamport.simulate(duration=30, rates=[1, 3, 6], seed=1978)
    frame = run.events
    texts = frame["recipients"].map(lambda ids: None if ids is None else str(list(ids)))
    frame["recipients"] = texts.where(frame["time"] < 15, empty)
    mixed = lamport.from_events(frame)
    assert mixed.verify().ok
    assert len(mixed.messages) > 0
    assert len(mixed.messages) <= len(run.messages)


def test_blank_flags_are_not_set():
    run = lamport.simulate(duration=10, rates=[1, 3, 6], seed=1978)
    frame = run.events
    frame["manual"], frame["by_hand"] = "", ""
    assert not lamport.from_events(frame).events["manual"].any()


def test_an_event_that_is_a_list_is_named():
    with pytest.raises(ValueError, match=r"row 0: event \['SEND'\] is not one of"):
        lamport.from_events({"machine_id": [1, 2], "event": [["SEND"], "RECEIVE"], "new_clock": [1, 2]})


def test_csv_comes_back_through_pyarrow(tmp_path):
    from pyarrow import csv

    run = lamport.simulate(duration=30, rates=[1, 3, 6], seed=1978)
    run.export(tmp_path / "run.csv")
    back = lamport.from_events(csv.read_csv(tmp_path / "run.csv"))
    assert back.verify().ok
    assert len(back.messages) == len(run.messages)


@pytest.mark.parametrize("times", [{}, {"time": [0.0, 1.0, 1.0, 1.0]}, {"system_time": [5, 6, 6, 6]}])
def test_rows_of_a_machine_keep_their_order(times):
    """A clock that goes back within one time is seen, and is not put in order."""
    rows = {"machine_id": [2, 1, 1, 1], "event": ["INTERNAL"] * 4, "new_clock": [1, 5, 3, 4], **times}
    run = lamport.from_events(rows)
    assert run.events["new_clock"].tolist() == [1, 5, 3, 4]
    # The rows may not be all that machine 1 did: its first clock is not known.
    assert run.events["old_clock"].tolist() == [0, pd.NA, 5, 3]
    assert run.verify().violations.query("rule == 'step'")["clock"].tolist() == [3]


def test_other_times_are_put_in_order():
    rows = {"machine_id": [1, 2, 1], "event": ["INTERNAL"] * 3, "new_clock": [2, 1, 1], "time": [3, 2, 1]}
    events = lamport.from_events(rows).events
    assert events["time"].tolist() == [1, 2, 3]
    assert events["old_clock"].tolist() == [0, 0, 1]


UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAY = 1_677_782_102


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", ["time", "system_time"])
@pytest.mark.parametrize("kind", ["int64", "float64", "object", "str"])
def test_units_of_time(unit, name, kind):
    number = UNITS[unit]
    values = pd.Series([DAY * number + number // 2, (DAY + 3) * number], dtype="int64")
    if kind != "int64":
        values = values.astype(kind)
    arrived = [None, (DAY + 2) * number]
    table = {**MATCHED, name: values, "arrived": arrived}
    events = lamport.from_events(table, time_unit=unit).events
    half = 0.5 if number > 1 else 0.0
    assert events["system_time"].tolist() == pytest.approx([DAY + half, DAY + 3], abs=5e-7)
    assert events["time"].tolist() == pytest.approx([0, 3 - half], abs=5e-7)
    assert events["arrived"].tolist() == pytest.approx([float("nan"), 2 - half], abs=5e-7, nan_ok=True)
    if number > 1:
        with pytest.raises(ValueError, match=f"{name} goes up to .*, give from_events.*time_unit='{unit}'"):
            lamport.from_events(table)
    else:
        assert lamport.from_events(table).events.equals(events)


@pytest.mark.parametrize(("unit", "span"), [("us", 3_600), ("ns", 10), ("ns", 60)])
def test_times_since_the_start_that_cannot_be_seconds(unit, span):
    times = [0, span * UNITS[unit]]
    with pytest.raises(ValueError, match=r"the run would last \d+ years; .*time_unit='[mun]s'"):
        lamport.from_events({**COLUMNS, "time": times})
    assert lamport.from_events({**COLUMNS, "time": times}, time_unit=unit).events["time"].tolist() == [
        0,
        span,
    ]
    again = lamport.from_events({**COLUMNS, "time": times}, time_unit="s")
    assert again.events["time"].tolist() == times


def test_times_that_are_hardly_seconds():
    with pytest.warns(
        lamport.LamportWarning, match="as seconds a run of 694 days; give from_events time_unit"
    ):
        lamport.from_events({**COLUMNS, "time": [0, 60_000_000]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lamport.from_events({**COLUMNS, "time": [0.0, 60_000_000.5]})
        lamport.from_events({**COLUMNS, "time": [0, 60_000_000]}, time_unit="s")
        lamport.from_events({**COLUMNS, "time": [0, 9_000_000]})
        lamport.from_events({**COLUMNS, "time": [DAY, DAY + 60]})
        lamport.from_events({**COLUMNS, "time": pd.to_datetime([0, 60_000_000], unit="s")})


def test_dates_have_their_own_unit():
    dates = pd.to_datetime(["2026-11-21", "2026-11-22"])
    assert lamport.from_events({**COLUMNS, "time": dates}, time_unit="ns").events["time"].tolist() == [
        0,
        86400,
    ]


def test_a_unit_that_is_none():
    with pytest.raises(
        ValueError, match="time_unit='minutes' is not known: it is one of 's', 'ms', 'us', 'ns'"
    ):
        lamport.from_events(COLUMNS, time_unit="minutes")
