"""Other libraries take the columns as they are: no Python object for each value, no copy of the numbers."""

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

NUMBERS = ["time", "system_time", "machine_id", "old_clock", "new_clock", "queue_len", "sender", "sent_clock"]
NUMBERS += ["arrived"]


def address(array):
    return array.__array_interface__["data"][0]


@pytest.fixture(scope="module")
def native(run):
    """Where the native module keeps each column."""
    return {name: address(column) for name, column in run._logs.events().items()}


def test_the_frame_shares_the_native_memory(run, native):
    for name in NUMBERS:
        assert address(run.events[name].to_numpy()) == native[name], name
    assert run.events["event"].dtype == "category"


def test_pyarrow(run, native):
    table = pa.table(run.events)
    assert table.num_rows == len(run.events)
    for name in NUMBERS:
        (chunk,) = table.column(name).chunks
        assert chunk.buffers()[1].address == native[name], name
    received = int((run.events["event"] == "RECEIVE").sum())
    assert table.column("sender").null_count == table.num_rows - received
    assert pa.types.is_dictionary(table.schema.field("event").type)


def test_polars(run, native):
    frame = pl.from_pandas(run.events)
    assert frame.height == len(run.events)
    for name in NUMBERS:
        array = frame[name].to_arrow()
        assert (array.buffers()[1].address, array.offset) == (native[name], 0), name
    assert frame["event"].to_list() == run.events["event"].tolist()


def test_duckdb(run):
    events = run.events
    query = "select event, count(*), max(new_clock), count(sender) from events group by event order by event"
    found = {row[0]: row[1:] for row in duckdb.sql(query).fetchall()}
    for kind, rows in events.groupby("event", observed=True):
        received = len(rows) if kind == "RECEIVE" else 0
        assert found[kind] == (len(rows), rows["new_clock"].max(), received)
    assert np.isnan(events["sender"]).any()
