"""Other libraries take the columns as they are: no Python object for each value, no copy of the numbers."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lamport
from lamport._runs.tables import copies_on_write

NUMBERS = ["time", "system_time", "machine_id", "old_clock", "new_clock", "arrived"]
MAYBE = ["queue_len", "sender", "sent_clock"]
"""Numbers that may be missing: values and a mask, of which Arrow makes bits."""


@pytest.fixture(scope="module", autouse=True)
def copying():
    """Have pandas copy on write, which version 2 does if asked: else every table is a copy."""
    if copies_on_write():
        yield
    else:
        with pd.option_context("mode.copy_on_write", True):
            yield


def address(array):
    return array.__array_interface__["data"][0]


@pytest.fixture(scope="module")
def run(run, copying):
    """The run of all tests, whose tables are not made yet."""
    return lamport.load(run.log_dir)


@pytest.fixture(scope="module")
def native(run):
    """Where each column of numbers is: the memory of the native module, or that of the table's own."""
    found = {name: address(run._logs.events()[name]) for name in NUMBERS}
    return found | {name: address(run.events[name].array._data) for name in MAYBE}


def test_the_frame_shares_the_native_memory(run, native):
    for name in NUMBERS:
        assert address(run.events[name].to_numpy()) == native[name], name
    assert run.events["event"].dtype == "category"


def test_pyarrow(run, native):
    table = pa.table(run.events)
    assert table.num_rows == len(run.events)
    for name in NUMBERS + MAYBE:
        (chunk,) = table.column(name).chunks
        assert chunk.buffers()[1].address == native[name], name
    received = int((run.events["event"] == "RECEIVE").sum())
    for name in MAYBE:
        assert table.schema.field(name).type == pa.int64()
        assert table.column(name).null_count == table.num_rows - received
    assert pa.types.is_dictionary(table.schema.field("event").type)
    assert table.schema.field("recipients").type == pa.list_(pa.int64())
    assert table.schema.field("manual").type == pa.bool_()
    messages = pa.table(run.messages)
    assert (
        messages.schema.field("recipient").type == messages.schema.field("received_clock").type == pa.int64()
    )


def test_polars(run, native):
    frame = pl.from_pandas(run.events)
    assert frame.height == len(run.events)
    for name in NUMBERS + MAYBE:
        array = frame[name].to_arrow()
        assert (array.buffers()[1].address, array.offset) == (native[name], 0), name
    assert frame["event"].to_list() == run.events["event"].tolist()
    assert frame.schema["sender"] == pl.Int64
    assert frame.schema["recipients"] == pl.List(pl.Int64)
    assert frame["recipients"].null_count() == (run.events["event"] != "SEND").sum()
    messages = pl.from_pandas(run.messages)
    assert messages.schema["received_clock"] == pl.Int64
    assert messages["received_clock"].null_count() == (run.messages["status"] != "received").sum()


def test_duckdb(run):
    events = run.events
    query = "select event, count(*), max(new_clock), count(sender) from events group by event order by event"
    found = {row[0]: row[1:] for row in duckdb.sql(query).fetchall()}
    for kind, rows in events.groupby("event", observed=True):
        received = len(rows) if kind == "RECEIVE" else 0
        assert found[kind] == (len(rows), rows["new_clock"].max(), received)
    assert events["sender"].isna().any()
    ((sent,),) = duckdb.sql("select sum(len(recipients)) from events").fetchall()
    assert sent == sum(map(len, events["recipients"].dropna()))
    types = dict(zip(events.columns, duckdb.sql("select * from events").types, strict=True))
    assert {str(types[name]) for name in MAYBE} == {"BIGINT"}


def test_numpy_takes_numbers_that_may_be_missing_as_floats(run):
    received = (run.events["event"] == "RECEIVE").to_numpy()
    for name in MAYBE:
        values = run.events[name].to_numpy(dtype=np.float64, na_value=np.nan)
        assert np.array_equal(~np.isnan(values), received)
