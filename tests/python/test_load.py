"""Logs and tables made elsewhere."""

import json

import numpy as np
import pandas as pd
import pytest

import lamport


@pytest.mark.parametrize("how", ["directory", "text", "glob", "list", "one level above"])
def test_ways_to_name_logs(run, how, tmp_path):
    home = run.save(tmp_path / "runs" / "a")
    source = {
        "directory": home,
        "text": str(home),
        "glob": str(home / "machine_*.log"),
        "list": [home / "machine_2.log", str(home / "machine_1.log"), home / "machine_3.log"],
        "one level above": tmp_path / "runs",
    }[how]
    again = lamport.load(source)
    assert again.events.equals(run.events)
    assert again.machines.equals(run.machines)


def test_record_beside_the_logs(run):
    again = lamport.load(run.log_dir)
    assert again.parameters == run.parameters
    assert again.log_dir == run.log_dir


def test_without_a_record_the_logs_tell(run, tmp_path):
    home = run.save(tmp_path / "copy")
    (home / "run.json").unlink()
    again = lamport.load(home)
    for name in ("machines", "rates", "internal_probability", "run_id", "topology"):
        assert again.parameters[name] == run.parameters[name]
    assert again.machines.equals(run.machines)


def test_collected_from_several_hosts(run, tmp_path):
    for number, file in enumerate(run.files):
        home = tmp_path / f"host{number}"
        home.mkdir()
        (home / file.name).write_bytes(file.read_bytes())
    again = lamport.load(tmp_path / "host*" / "*.log")
    assert again.log_dir == tmp_path
    assert len(again.events) == len(run.events)


def test_offsets_move_a_machine(run):
    moved = lamport.load(run.log_dir, offsets={2: 3600})
    late = moved.events[moved.events["machine_id"] == 2]
    assert late["time"].min() > 3500
    assert moved.parameters["offsets"] == {"2": 3600}


def test_several_runs_in_one_directory(run, tmp_path):
    run.save(tmp_path / "a")
    run.save(tmp_path / "b")
    with pytest.raises(ValueError, match=r"holds 2 runs \(a, \.\.\., b\): load one of them"):
        lamport.load(tmp_path)


def test_nothing_there(tmp_path):
    for source in (tmp_path, tmp_path / "none", str(tmp_path / "*.log")):
        with pytest.raises(FileNotFoundError, match=str(tmp_path)):
            lamport.load(source)
    with pytest.raises(ValueError, match="the list is empty"):
        lamport.load([])


def test_bad_files(run, tmp_path):
    home = run.save(tmp_path / "copy")
    (home / "machine_1.log").write_text("")
    with pytest.raises(lamport.LogError, match=r"machine_1\.log"):
        lamport.load(home)
    (home / "machine_1.log").write_bytes(bytes(range(256)))
    with pytest.raises(lamport.LogError, match=r"machine_1\.log"):
        lamport.load(home)
    lines = (run.log_dir / "machine_1.log").read_text().splitlines(keepends=True)
    (home / "machine_1.log").write_text("".join([*lines[:2], "{]\n", *lines[2:]]))
    with pytest.raises(lamport.LogError, match=r"machine_1\.log:3"):
        lamport.load(home)


def test_torn_last_line_is_a_note(run, tmp_path):
    home = run.save(tmp_path / "copy")
    log = home / "machine_1.log"
    log.write_text(log.read_text()[:-5])
    again = lamport.load(home)
    assert any("machine_1.log" in note for note in again.notes)
    assert len(again.events) == len(run.events)


def test_bad_record(run, tmp_path):
    home = run.save(tmp_path / "copy")
    (home / "run.json").write_text("[1]")
    with pytest.raises(lamport.LogError, match=r"run\.json: a JSON list"):
        lamport.load(home)
    (home / "run.json").write_text("{")
    with pytest.raises(lamport.LogError, match=r"run\.json"):
        lamport.load(home)


def test_interrupted_is_kept(run, tmp_path):
    home = run.save(tmp_path / "copy")
    record = json.loads((home / "run.json").read_text())
    (home / "run.json").write_text(json.dumps({**record, "interrupted": True}))
    assert lamport.load(home).interrupted


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
        ({"event": ["SEND", "END"]}, "row 1: event 'END' is not one of SEND, RECEIVE, INTERNAL"),
        ({"event": ["SEND", None]}, "row 1: event"),
        ({"new_clock": [1, 1.5]}, "row 1: new_clock"),
        ({"new_clock": [1, -2]}, "row 1: new_clock"),
        ({"new_clock": [1, 2.0**53]}, "row 1: new_clock"),
        ({"machine_id": ["a", 1]}, "row 0: machine_id 'a' is not a number"),
        ({"machine_id": [1, None]}, "row 1: machine_id"),
        ({"queue_len": [0, "many"]}, "row 1: queue_len 'many' is not a number"),
    ],
)
def test_bad_tables(change, message):
    columns = {"machine_id": [1, 1], "event": ["SEND", "SEND"], "new_clock": [1, 2], **change}
    with pytest.raises(ValueError, match=message):
        lamport.from_events({name: values for name, values in columns.items() if values is not None})
