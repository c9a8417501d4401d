"""A run is where it began, whoever changes the directory meanwhile."""

import os
from pathlib import Path

import pytest

import lamport


@pytest.mark.parametrize("processes", [False, True])
def test_a_run_goes_on_where_it_began(tmp_path, monkeypatch, processes):
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    monkeypatch.chdir(home)
    run = lamport.run_local(
        duration=1.5,
        rates=[40, 40],
        faults=[lamport.Crash(2, at=0.5, down_for=0.2)],
        log_dir="logs/run",
        key=None,
        processes=processes,
        progress=lambda *_: os.chdir(other),
    )
    assert Path.cwd() == other
    assert run.log_dir == home / "logs" / "run"
    assert run.files == [home / "logs" / "run" / f"machine_{machine}.log" for machine in (1, 2)]
    # The machine that crashed came back in the same file.
    assert (home / "logs" / "run" / "machine_2.log").read_text().count('"STARTUP"') == 2
    assert run.verify().ok
    assert len(run.events) > 60
    assert not list(other.iterdir())


def test_what_was_loaded_stays_where_it_was(tmp_path, monkeypatch):
    home, other = tmp_path / "home", tmp_path / "other"
    other.mkdir()
    made = lamport.simulate(duration=10, rates=[3, 4], seed=1, log_dir=home / "run")
    monkeypatch.chdir(home)
    loaded = [lamport.load("run"), lamport.load("run/machine_*.log"), lamport.load(Path("run"))]
    lazily = lamport.simulate(duration=10, rates=[3, 4], seed=1, log_dir="again")
    monkeypatch.chdir(other)
    for run in [*loaded, lazily]:
        assert run.log_dir.parent == home
        assert [file.parent for file in run.files] == [run.log_dir] * 2
        assert run.verify().ok
        lines = run.export(f"{run.log_dir.name}.jsonl").read_text()
        assert lines.count("\n") == len(run.events) + lines.count('"STARTUP"') + lines.count("UNREAD") + 2
        assert len(run.save(other / f"copy_{id(run)}").joinpath("machine_1.log").read_text()) > 100
    assert made.events.equals(lazily.events)


def test_a_machine_knows_where_its_log_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with lamport.Machine(1, 0, [], "machine_1.log", 0.1, clock_rate=20) as machine:
        assert machine.log_filename == str(tmp_path / "machine_1.log")
