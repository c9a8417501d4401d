"""Logs as runs."""

import json

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
    with pytest.raises(ValueError, match=r"holds 2 runs \(a, b\): load one of them"):
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
