"""The boundary of the native module: logs in, arrays out."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamport import _lamport

FLOATS = {"time", "system_time", "arrived"}
INTS = {"queue_len", "sender", "sent_clock", "machine_id", "old_clock", "new_clock"}


def startup(machine, *, at=100.0, run_id="lab", rate=2.0):
    return {
        "event": "STARTUP", "system_time": at, "machine_id": machine, "clock_rate": rate, "local_clock": 0,
        "history": machine, "listen": ["127.0.0.1", 5000 + machine], "peers": [], "run_id": run_id, "seed": 1,
        "internal_probability": 0.7, "broadcast_share": 0.25, "time": "real", "version": "0.1.0",
    }  # fmt: skip


def event(kind, at, machine, old, new, **fields):
    base = {"event": kind, "system_time": at, "machine_id": machine, "old_clock": old, "new_clock": new}
    return base | fields


def send(at, machine, old, recipients):
    return event(
        "SEND", at, machine, old, old + 1,
        recipients=[["127.0.0.1", 5000 + peer] for peer in recipients], recipient_ids=recipients,
    )  # fmt: skip


def receive(at, machine, old, *, sender=1, sent_clock, arrived, queue_len=0):
    return event(
        "RECEIVE", at, machine, old, max(old, sent_clock) + 1,
        queue_len=queue_len, sender=sender, sent_clock=sent_clock, arrival_time=arrived,
    )  # fmt: skip


def end(at, machine, clock, *, queue_len=0, undelivered=()):
    return {
        "event": "END", "system_time": at, "machine_id": machine, "final_clock": clock,
        "queue_len": queue_len, "ticks": 4,
        "lateness": {"p50": 0.1, "p99": 0.2, "max": 0.3}, "undelivered": list(undelivered),
    }  # fmt: skip


def unread(at, machine, *, sender=1, sent_clock, arrived):
    return {
        "event": "UNREAD", "system_time": at, "machine_id": machine,
        "sender": sender, "sent_clock": sent_clock, "arrival_time": arrived,
    }  # fmt: skip


ONE = [
    startup(1),
    send(100.5, 1, 0, [3, 2]) | {"began": 100.0},
    send(101.0, 1, 1, [2]),
    send(101.5, 1, 2, [2]),
    end(102.0, 1, 3, undelivered=[[2, 1]]),
]
TWO = [
    startup(2, at=100.25),
    receive(101.5, 2, 0, sent_clock=1, arrived=100.75, queue_len=1) | {"began": 100.25},
    unread(102.0, 2, sent_clock=2, arrived=101.25),
    end(102.0, 2, 2, queue_len=1),
]
BASE = [
    event("RECEIVE", 1677782102.954512, 1, 5, 7),
    event("SEND", 1677782103.954512, 1, 7, 8, recipients=[["localhost", 5002]]),
]


@pytest.fixture
def write(tmp_path):
    def write(name, lines):
        path = tmp_path / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    return write


@pytest.fixture
def run(write):
    return [write("1.log", ONE), write("2.log", TWO)]


def test_events_are_typed_sorted_and_the_same_each_time(run):
    logs = _lamport.read_logs(run)
    events = logs.events()
    kinds = {name: column.dtype for name, column in events.items()}
    expected = dict.fromkeys(FLOATS, np.float64) | dict.fromkeys(INTS, np.int64) | {"event": np.int8}
    expected |= {"manual": np.bool_, "by_hand": np.bool_, "caused": np.bool_}
    assert kinds == expected
    assert events["time"].tolist() == [0.5, 1.0, 1.5, 1.5]
    assert events["system_time"].tolist() == [100.5, 101.0, 101.5, 101.5]
    assert events["machine_id"].tolist() == [1, 1, 1, 2]
    assert events["event"].tolist() == [0, 0, 0, 1]
    assert events["arrived"][3] == 0.75
    assert events["sender"].tolist() == [-1, -1, -1, 1]
    again = logs.events()
    assert again is not events
    assert all(again[name] is events[name] for name in events)


def test_recipients_known_by_address_alone_are_those_of_their_own_block(write):
    """Of some 4 MiB: logs are read in blocks of 1 MiB, each with a list of the addresses in it."""
    draws = random.Random(1)
    to = [draws.randint(2, 9) for _ in range(30_000)]
    sends = [
        event("SEND", 100 + clock / 1000, 1, clock, clock + 1, recipients=[["127.0.0.1", 5000 + peer]])
        for clock, peer in enumerate(to)
    ]
    files = [write("1.log", [startup(1), *sends])]
    assert Path(files[0]).stat().st_size > 3 << 20
    files += [write(f"{peer}.log", [startup(peer)]) for peer in range(2, 10)]
    logs = _lamport.read_logs(files)
    assert [recipients[0] for recipients in logs.recipients()] == to
    messages = logs.messages()
    assert messages["recipient"][np.argsort(messages["sent_clock"])].tolist() == to


def test_messages_tell_what_became_of_each(run):
    messages = _lamport.read_logs(run).messages()
    assert messages["sender"].tolist() == [1, 1, 1, 1]
    assert messages["sent_clock"].tolist() == [1, 1, 2, 3]
    assert messages["recipient"].tolist() == [2, 3, 2, 2]
    assert messages["status"].tolist() == [0, 3, 1, 2]
    assert messages["received"][0] == 1.5
    assert messages["received_clock"][0] == 2
    assert messages["arrived"][[0, 2]].tolist() == [0.75, 1.25]
    assert messages["status"].dtype == np.int8
    assert messages["sender"].dtype == messages["sent_clock"].dtype == np.int64


def test_machines_and_peers(run):
    logs = _lamport.read_logs(run[::-1])
    machines = logs.machines()
    assert machines["machine_id"].tolist() == [1, 2]
    assert machines["ticks"].tolist() == [4, 4]
    assert machines["sends"].tolist() == [3, 0]
    assert machines["final_clock"].tolist() == [3, 2]
    assert machines["final_queue_len"].tolist() == [0, 1]
    assert machines["duration"].tolist() == [2, 1.75]
    assert machines["down"].tolist() == [0, 0]
    assert machines["lateness_max"].tolist() == [0.3, 0.3]
    assert machines["run_id"] == ["lab", "lab"]
    assert machines["file"] == run
    assert logs.peers() == {1: [2, 3], 2: []}


def test_offsets_move_a_log(run):
    events = _lamport.read_logs(run, offsets={2: -0.5}).events()
    # Machine 2 now began first, at 99.75.
    assert events["time"].tolist() == [0.75, 1.25, 1.25, 1.75]
    assert events["arrived"][2] == 0.5
    assert _lamport.read_logs(run, offsets={2: -0.5}).began == 99.75
    assert _lamport.read_logs(run).began == 100
    with pytest.raises(ValueError, match="machine 9"):
        _lamport.read_logs(run, offsets={9: 1.0})


def test_base_fields_load_and_tell_what_was_sent(write):
    logs = _lamport.read_logs([write("1.log", BASE)])
    assert logs.events()["system_time"].tolist() == [1677782102.954512, 1677782103.954512]
    assert logs.machines()["ticks"].tolist() == [2]
    assert "base fields" in logs.notes[0]
    assert logs.began is None
    assert "time 0 is the earliest event" in "".join(logs.notes)
    for _ in range(2):
        messages = logs.messages()
        assert messages["recipient"].tolist() == [-1]
        assert (messages["status"].tolist(), messages["matched"].tolist()) == ([3], [4])


def test_a_torn_last_line_is_a_note(tmp_path, write):
    path = write("1.log", ONE)
    with Path(path).open("a") as file:
        file.write('{"event": "SEND"')
    logs = _lamport.read_logs([path])
    assert [note for note in logs.notes if f"{path}:6" in note]
    assert len(logs.events()["time"]) == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", "not JSON"),
        ("[]", "one JSON object"),
        ('{"event": "SEND"}', "missing system_time, machine_id"),
        (json.dumps(event("JUMP", 1.0, 1, 0, 1)), "JUMP"),
        (json.dumps(event("SEND", 1.0, 1, 0, 1)), "recipients"),
        (json.dumps(event("INTERNAL", 1.0, 1, 0, 2**53)), "9007199254740991"),
        (json.dumps(event("INTERNAL", 1.0, 1, -1, 0)), "old_clock is -1"),
        (json.dumps(event("INTERNAL", float("nan"), 1, 0, 1)), "NaN"),
        (json.dumps(event("INTERNAL", "noon", 1, 0, 1)), "noon"),
        (json.dumps(event("INTERNAL", 1.0, 7, 0, 1)), "machine_id is 7"),
    ],
)
def test_a_malformed_line_is_an_error_at_its_place(tmp_path, line, words):
    path = tmp_path / "1.log"
    path.write_text(json.dumps(startup(1)) + "\n" + line + "\n")
    with pytest.raises(_lamport.LogError) as caught:
        _lamport.read_logs([str(path)])
    assert words in str(caught.value)
    assert f"{path}:2: " in str(caught.value)
    assert isinstance(caught.value, _lamport.LamportError)
    assert isinstance(caught.value, ValueError)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_panic(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "1.log"
    path.write_bytes(data)
    with pytest.raises(_lamport.LogError):
        _lamport.read_logs([str(path)])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.log") as caught:
        _lamport.read_logs([str(tmp_path / "none.log")])
    assert caught.value.errno == 2
    with pytest.raises(IsADirectoryError):
        _lamport.read_logs([str(tmp_path)])
    with pytest.raises(ValueError, match="no log files"):
        _lamport.read_logs([])
    (tmp_path / "empty.log").touch()
    with pytest.raises(_lamport.LogError, match="empty"):
        _lamport.read_logs([str(tmp_path / "empty.log")])


def test_logs_of_two_runs_or_of_one_machine_twice(write):
    one = write("1.log", ONE)
    with pytest.raises(_lamport.LogError, match=r"twin\.log.*1\.log"):
        _lamport.read_logs([one, write("twin.log", ONE)])
    with pytest.raises(_lamport.LogError, match=r"other\.log.*1\.log"):
        _lamport.read_logs([one, write("other.log", [startup(2, run_id="field")])])


def test_the_general_log(tmp_path, run):
    logs = _lamport.read_logs(run)
    path = tmp_path / "all.log"
    assert logs.lines(str(path)) == 9
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    times = [(line["system_time"], line["machine_id"]) for line in lines]
    assert times == sorted(times)
    with pytest.raises(ValueError, match=r"1\.log is the log of machine 1"):
        logs.lines(run[0])


def test_reading_loads_no_numpy(run):
    code = (
        "import sys; from lamport import _lamport;"
        "logs = _lamport.read_logs(sys.argv[1:]); logs.notes; logs.peers();"
        "assert 'numpy' not in sys.modules; logs.events(); assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, *run], check=True)


def test_a_signal_ends_a_long_read(tmp_path):
    path = tmp_path / "1.log"
    os.mkfifo(path)
    endless = subprocess.Popen(["sh", "-c", 'exec yes "$0" > "$1"', json.dumps(BASE[0]), str(path)])

    def stop(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            _lamport.read_logs([str(path)])
        assert time.monotonic() - started < 2
    finally:
        signal.signal(signal.SIGALRM, before)
        endless.kill()
        endless.wait()


TABLE = {
    "machine_id": np.array([2, 1, 2]),
    "event": np.array([1, 0, 2], dtype=np.int8),
    "new_clock": np.array([2, 1, 3]),
    "time": np.array([2.5, 0.5, 3.0]),
    "sender": np.array([1, np.nan, np.nan]),
    "sent_clock": np.array([1, np.nan, np.nan]),
}


def test_a_table_is_like_logs(tmp_path):
    logs = _lamport.table_logs(TABLE)
    events = logs.events()
    assert events["time"].tolist() == [0.5, 2.5, 3.0]
    # The log of machine 2 begins with a receipt: what came before is not told.
    assert events["old_clock"].tolist() == [0, -1, 2]
    messages = logs.messages()
    assert messages["recipient"].tolist() == [2]
    assert messages["status"].tolist() == [0]
    assert logs.peers() == {1: [2], 2: []}
    assert logs.machines()["file"] == ["", ""]
    assert logs.lines(str(tmp_path / "all.log")) == 3


def test_a_table_of_events_gives_the_same_events(run):
    logs = _lamport.read_logs(run)
    events = logs.events()
    recipients = [[2, 3], [2], [2], []]
    again = _lamport.table_logs(
        {name: column[::-1] for name, column in events.items()} | {"recipients": recipients[::-1]}
    )
    for name, column in again.events().items():
        np.testing.assert_array_equal(column, events[name], err_msg=name)
    assert again.messages()["recipient"].tolist() == logs.messages()["recipient"].tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"event": np.array([1, 0, 9], dtype=np.int8)}, "event is 9 in row 2"),
        ({"event": np.array([1, 0, 2])}, "event must be a one-dimensional array of int8"),
        ({"new_clock": np.array([1, 2])}, "2 rows"),
        ({"new_clock": [1, 2, 3]}, "new_clock must be"),
        ({"machine_id": np.array([1, 1, -1])}, "machine_id is -1"),
        ({"time": np.array([np.nan] * 3)}, "time is NaN"),
        ({"recipients": [[], [-5], []]}, "recipients is -5"),
    ],
)
def test_a_table_that_is_none_of_events(change, words):
    with pytest.raises(ValueError, match=words):
        _lamport.table_logs(TABLE | change)


def test_a_table_needs_three_columns():
    for name in ("machine_id", "event", "new_clock"):
        with pytest.raises(ValueError, match=f"no column {name}"):
            _lamport.table_logs({key: value for key, value in TABLE.items() if key != name})


def theory(rates, topology, **behavior):
    return _lamport.predict(rates, topology=topology, behavior=behavior)[0]


def test_theory():
    got = theory([1, 3, 6], topology="full", internal_probability=0.7, broadcast_share=1 / 3)
    np.testing.assert_allclose(got["queue_growth"], [0.5, 0, 0])
    np.testing.assert_allclose(got["load"], got["arrival_rate"] / got["clock_rate"])
    lists = theory(
        [1, 3, 6], topology=[[1, 2], [0, 2], [0, 1]], internal_probability=0.7, broadcast_share=1 / 3
    )
    for name, column in got.items():
        np.testing.assert_array_equal(column, lists[name])
    with pytest.raises(ValueError, match="probability"):
        theory([1.0], topology="full", internal_probability=1.5, broadcast_share=0)
    with pytest.raises(ValueError, match="2 rates for 1 machines"):
        theory([1.0, 2.0], topology=[[]], internal_probability=0.7, broadcast_share=0)


def test_theory_of_other_topologies_where_it_is_unique():
    def loads(topology, machines, p=0.7):
        rates = [1.0] * machines
        return theory(rates, topology=topology, internal_probability=p, broadcast_share=1 / 3)["load"]

    # Equal machines on a ring: a = s (u + u), u = 1 - a, s = 0.2.
    np.testing.assert_allclose(loads("ring", 7), 0.4 / 1.4)
    assert np.isfinite(loads("star", 31)).all()
    # The hub is never idle, so its leaves always are.
    np.testing.assert_allclose(loads("star", 33), [9.6] + [0] * 32)
    assert np.isnan(loads("ring", 7, p=0)).all()
    assert loads([[], []], 2).tolist() == [0, 0]


def test_topologies():
    assert _lamport.topology_peers("full", 3) == [[1, 2], [0, 2], [0, 1]]
    assert _lamport.topology_peers("line", 3) == [[1], [0, 2], [1]]
    with pytest.raises(ValueError, match="torus"):
        _lamport.topology_peers("torus", 3)
    with pytest.raises(ValueError, match="at least one"):
        _lamport.topology_peers("full", 0)


def address(array):
    return array.__array_interface__["data"][0]


def test_arrow_takes_the_columns_without_copies(run):
    pa = pytest.importorskip("pyarrow")
    events = _lamport.read_logs(run).events()
    for name, column in events.items():
        array = pa.array(column)
        assert len(array) == len(column) == 4
        # Arrow has a bit for a bool.
        assert column.dtype == np.bool_ or array.buffers()[1].address == address(column), name
    assert pa.table(events).column("new_clock").to_pylist() == [1, 2, 3, 2]
