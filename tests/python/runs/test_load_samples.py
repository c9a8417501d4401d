"""One run in the shapes that programs write: each loads in one call, and tells nothing that is not so."""

from pathlib import Path

import pandas as pd
import pytest

from lamport._cli.commands import main
from lamport._runs.declaration import Declaration, read_declaration
from lamport._runs.load import load_declared

HOME = Path(__file__).parent / "samples"
SHAPES = {
    "base_json": "base_json",
    "comma_text": "comma_text",
    "logging_text": "logging_text",
    "seconds_csv": "seconds_csv",
    "jsonl_names": "jsonl_names",
    "host_first": "vectors/host_first.log",
    "event_first": "vectors/event_first.log",
    "with_time": "vectors/with_time.log",
}
NAMES = {
    "logging_text": {1: "A", 2: "B", 3: "C"},
    "jsonl_names": {1: "north", 2: "south wing", 3: "Zürich"},
    "host_first": {1: "node1", 2: "node2", 3: "node3"},
    "event_first": {1: "node1", 2: "node2", 3: "node3"},
    "with_time": {1: "node1", 2: "node2", 3: "node3"},
}
STEP = {
    "base_json": 2e-6,
    "comma_text": 2e-6,
    "logging_text": 2e-3,
    "seconds_csv": 1.0,
    "jsonl_names": 2e-3,
    "with_time": 2e-6,
}
"""How far times may be off: what the log leaves of them, from the first event on."""


def declared(shape):
    file = HOME / f"{shape}.toml"
    return Declaration(**read_declaration(file)) if file.exists() else Declaration()


@pytest.fixture(scope="module")
def truth():
    return {name: pd.read_csv(HOME / f"truth_{name}.csv") for name in ("events", "messages", "machines")}


@pytest.fixture(params=SHAPES)
def shape(request):
    return request.param


@pytest.fixture
def loaded(shape):
    return load_declared(HOME / SHAPES[shape], declared(shape))


def by_machine(table):
    return table.sort_values(["machine_id", "new_clock"], kind="stable").reset_index(drop=True)


def test_what_a_shape_tells_is_the_truth(shape, loaded, truth):
    found, right = by_machine(loaded.events), by_machine(truth["events"])
    assert loaded.names == NAMES.get(shape, {})
    for name in ("machine_id", "event", "new_clock"):
        assert found[name].astype(str).tolist() == right[name].astype(str).tolist(), name
    for name in ("queue_len", "sender", "sent_clock"):
        told = found[name].notna() & (found["event"] == "RECEIVE")
        assert (found[name][told].astype(float) == right[name][told]).all(), name
    if shape in STEP:
        off = (found["time"] - found["time"].min()) - (right["time"] - right["time"].min())
        assert off.abs().max() <= STEP[shape]


def test_what_it_tells_of_messages_is_the_truth(loaded, truth):
    messages = loaded.messages
    messages = messages[messages["status"] == "received"]
    sure = messages[messages["matched"].isin(["exact", "unique", "fifo"])]
    right = truth["messages"].set_index(["sender", "sent_clock", "recipient"])["received_clock"]
    for row in sure.itertuples():
        assert right[row.sender, row.sent_clock, row.recipient] == row.received_clock


def test_it_is_accused_of_nothing(shape, loaded):
    done = loaded.verify()
    assert done.ok, done
    assert done.unchecked
    like = ["--like", str(HOME / f"{shape}.toml")] if (HOME / f"{shape}.toml").exists() else []
    assert main(["verify", str(HOME / SHAPES[shape]), *like]) == 0


def test_the_command_line_takes_the_same_declaration(shape, loaded, tmp_path, capsys):
    like = ["--like", str(HOME / f"{shape}.toml")] if (HOME / f"{shape}.toml").exists() else []
    source = str(HOME / SHAPES[shape])
    assert main(["export", source, *like, "-o", str(tmp_path / "x.csv")]) == 0
    assert len(pd.read_csv(tmp_path / "x.csv")) == len(loaded.events)
    assert main(["analyze", source, *like, "-o", str(tmp_path / "out")]) == 0
    capsys.readouterr()


def test_it_pickles_as_what_was_declared(loaded):
    import pickle

    again = pickle.loads(pickle.dumps(loaded))
    assert again.events.equals(loaded.events)
    assert again.notes == loaded.notes
