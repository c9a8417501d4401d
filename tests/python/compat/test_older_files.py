"""Files of older versions, as these wrote them, are read as they were read then.

`files/` has a directory for each version, made by `write_files.py` with it; `expected.json` is what it said.
The commits are 00c541d (first), 0782396 (virtual), f4eddfb (faults), b6dfde6 (began) and 3728766 (clocks).
"""

import json
from pathlib import Path

import pandas as pd
import pytest

import lamport

FILES = Path(__file__).parent / "files"
DIRECTORIES = sorted(path.parent for path in FILES.glob("*/*/expected.json"))
RUNS = pytest.mark.parametrize("home", DIRECTORIES, ids=lambda home: f"{home.parent.name}/{home.name}")
NOT_TOLD = "no log says when ticking began"
WRONG = {"faults/simulated_faults": {"schedule"}}
"""Logs that broke a rule that their version did not have: ENDs that leave out how late a pause made ticks."""


def name(home):
    return f"{home.parent.name}/{home.name}"


def expected(home):
    return json.loads((home / "expected.json").read_text(encoding="utf-8"))


def counted(column):
    return {str(value): int(count) for value, count in column.astype(str).value_counts().items()}


def said(run):
    """What this version says of a run, in the words of `write_files.py`."""
    machines = run.machines
    last = tuple(int(value) for value in run.events[["machine_id", "new_clock"]].iloc[-1])
    return {
        "events": len(run.events),
        "kinds": counted(run.events["event"]),
        "final_clocks": {str(machine): int(clock) for machine, clock in machines["final_clock"].items()},
        "ticks": {str(machine): int(ticks) for machine, ticks in machines["ticks"].dropna().items()},
        "drift": run.drift,
        "messages": counted(run.messages["status"]),
        "concurrent_share": run.causality.concurrent_share().value,
        "vector_of_the_last": run.causality.vector_clock(last).tolist(),
        "notes": [note.rpartition("/")[2] for note in run.notes if NOT_TOLD not in note],
    }


def test_there_are_files_of_each_version():
    assert {home.parent.name for home in DIRECTORIES} == {
        path.name for path in FILES.iterdir() if path.is_dir()
    }
    assert len(DIRECTORIES) >= 19


@RUNS
def test_they_say_what_they_said(home):
    run, then = lamport.load(home), expected(home)
    now = said(run)
    assert then["events"] > 5
    assert {key: now[key] for key in then if key in now} == {key: then[key] for key in then if key != "ok"}


@RUNS
def test_they_verify(home):
    done = lamport.load(home).verify()
    mistake = lamport.load(home).parameters.get("stamp", "after") != "after"
    assert expected(home).get("ok", True) is not mistake
    assert done.ok is (not mistake and name(home) not in WRONG), done.violations.to_string()
    if not mistake:
        assert set(done.violations["rule"]) == WRONG.get(name(home), set())


@RUNS
def test_they_run_again(home, tmp_path):
    """A simulation is the same again, to the last event; a run in real time has its rates and its faults."""
    run = lamport.load(home)
    again = lamport.rerun(home, time="virtual", log_dir=tmp_path / "again")
    assert again.verify().ok is (run.parameters.get("stamp", "after") == "after")
    for known in ("rates", "seed", "duration", "internal_probability"):
        assert again.parameters.get(known) == run.parameters.get(known), known
    assert [type(fault) for fault in again.faults] == [type(fault) for fault in run.faults]
    if run.parameters["time"] == "virtual":
        assert again.events.equals(run.events)


@RUNS
def test_a_page_shows_them(home, tmp_path):
    run = lamport.load(home)
    run.view().save(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 10_000
    table = lamport.compare({"then": run, "again": run})
    assert len(table) == 2 * len(run.machines)


TABLES = sorted(FILES.glob("*/*/events.csv"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: name(table.parent))
def test_their_tables_are_read(table):
    run, logged = lamport.load(table), lamport.load(table.parent)
    assert len(run.events) == len(logged.events)
    for column in ("machine_id", "event", "old_clock", "new_clock", "sender", "sent_clock"):
        assert run.events[column].astype(str).tolist() == logged.events[column].astype(str).tolist(), column
    assert run.verify().ok
    assert run.messages["matched"].eq("exact").sum() == run.events["event"].eq("RECEIVE").sum()
    assert {"time", "system_time", "queue_len", "arrived"} <= set(pd.read_csv(table).columns)
    assert set(pd.read_csv(table).columns) <= set(logged.events.columns)


SWEEPS = sorted(FILES.glob("*/sweep.csv"))


@pytest.mark.parametrize("table", SWEEPS, ids=lambda table: table.parent.name)
def test_their_sweeps_are_summarized_and_made_again(table):
    then = pd.read_csv(table)
    assert len(lamport.summarize(then, by="max_rate")) == 2
    now = lamport.sweep({"max_rate": [3, 6]}, runs=2, duration=5, seed=1)
    assert set(then.columns) <= set(now.columns)
    for column in ("max_rate", "machine_id", "seed", "final_clock", "drift"):
        assert now[column].tolist() == then[column].tolist(), column


def test_the_fields_of_the_beginning_are_enough(tmp_path):
    """The fields that each event of a log has had from the beginning, and none besides."""
    sent = {
        "event": "SEND",
        "system_time": 1677782102.954512,
        "machine_id": 1,
        "old_clock": 0,
        "new_clock": 1,
    }
    sent["recipients"] = [["localhost", 5002]]
    moved = {
        "event": "INTERNAL",
        "system_time": 1677782103.2,
        "machine_id": 1,
        "old_clock": 1,
        "new_clock": 2,
    }
    received = {
        "event": "RECEIVE",
        "system_time": 1677782103,
        "machine_id": 2,
        "old_clock": 0,
        "new_clock": 2,
    }
    for machine, events in [(1, [sent, moved]), (2, [received])]:
        text = "".join(f"{json.dumps(event)}\n" for event in events)
        (tmp_path / f"machine_{machine}.log").write_text(text, encoding="utf-8")
    run = lamport.load(tmp_path)
    assert run.events["new_clock"].tolist() == [1, 2, 2]
    assert run.verify().ok
    assert run.drift == 0
