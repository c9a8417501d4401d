"""Runs as files."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import lamport

BEGAN = re.compile(r', "began": [\d.]+(?=})')
VIRTUAL = {
    "full": {},
    "ring": {"machines": 5, "topology": "ring"},
    "listed": {"machines": 4, "topology": {1: [3, 2], 2: [1], 3: [4, 1], 4: []}},
    "overloaded": {"rates": [1, 6, 6], "latency": 0.2, "internal_probability": 0.1},
    "faults": {
        "rates": [3, 4, 5],
        "faults": [
            lamport.Crash(2, at=10, down_for=5),
            lamport.Pause(1, at=20, duration=3),
            lamport.Partition([[1], [2, 3]], at=30, duration=10),
            lamport.Crash(3, at=50),
        ],
    },
}


def test_jsonl_is_the_general_log(run, tmp_path):
    path = run.export(tmp_path / "all.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    logs = [line for file in run.files for line in file.read_text().splitlines(keepends=True)]
    assert sorted(lines) == sorted(logs)
    times = [json.loads(line)["system_time"] for line in lines]
    assert times == sorted(times)


def test_jsonl_of_a_stretch(run, tmp_path):
    path = run.export(tmp_path / "some.jsonl", start=0.25, stop=0.75)
    kinds = pd.Series([json.loads(line)["event"] for line in path.read_text().splitlines()])
    times = run.events["time"]
    expected = ((times >= 0.25) & (times < 0.75)).sum()
    assert kinds.isin(["SEND", "RECEIVE", "INTERNAL"]).sum() == expected > 0


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "shiviz"])
def test_a_stretch_without_a_line_leaves_the_file_that_was_there(run, tmp_path, form):
    path = tmp_path / f"mine.{form}"
    for is_there in (False, True):
        if is_there:
            path.write_text("mine")
        with pytest.raises(ValueError, match="nothing is left"):
            run.export(path, start=1e6)
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [
            (path.name, "mine")
        ] * is_there


def test_jsonl_of_a_stretch_in_place_of_a_file(run, tmp_path):
    path, link = tmp_path / "a.jsonl", tmp_path / "link.jsonl"
    path.write_text("x" * 1_000_000)
    path.chmod(0o640)
    link.symlink_to(path)
    run.export(link, start=0.25, stop=0.75)
    assert path.read_text() == run.export(tmp_path / "b.jsonl", start=0.25, stop=0.75).read_text()
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_come_back(run, tmp_path, form):
    path = run.export(tmp_path / f"events.{form}")
    table = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
    assert list(table.columns) == list(run.events.columns)
    again = lamport.from_events(table).events
    for name in ("machine_id", "event", "old_clock", "new_clock", "queue_len", "sender", "sent_clock"):
        assert again[name].equals(run.events[name]), name


def test_csv_has_whole_numbers(run, tmp_path):
    text = run.export(tmp_path / "events.csv").read_text()
    received = next(line for line in text.splitlines() if ",RECEIVE," in line)
    assert received.split(",")[6].isdigit()
    assert received.split(",")[7].isdigit()


def test_stretch(run, tmp_path):
    path = run.export(tmp_path / "x", format="csv", start=0.5)
    times = pd.read_csv(path)["time"]
    expected = run.events["time"][lambda time: time >= 0.5]
    np.testing.assert_allclose(times, expected)


def test_unknown_formats(run, tmp_path):
    with pytest.raises(
        ValueError, match=r"the ending of 'a\.txt' is not one of jsonl, csv, parquet, shiviz, tsviz"
    ):
        run.export(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="format 'xml' is not one of"):
        run.export(tmp_path / "a.csv", format="xml")


def test_own_logs_are_never_overwritten(run):
    log = run.files[0]
    before = log.read_bytes()
    with pytest.raises(ValueError, match="is a log of this run"):
        run.export(log, format="jsonl")
    assert log.read_bytes() == before


def test_a_table_has_the_lines_that_would_be_in_its_logs(table_run, tmp_path):
    lines = table_run.export(tmp_path / "a.jsonl").read_text().splitlines()
    send, receive, internal = lines
    assert send == (
        '{"event": "SEND", "system_time": 0.200000, "machine_id": 1, "old_clock": 0, "new_clock": 1, '
        '"recipients": [["machine", 2]], "recipient_ids": [2], "began": 0.000000}'
    )
    assert receive == (
        '{"event": "RECEIVE", "system_time": 0.700000, "machine_id": 2, "old_clock": 0, "new_clock": 2, '
        '"queue_len": 0, "sender": 1, "sent_clock": 1}'
    )
    assert internal == (
        '{"event": "INTERNAL", "system_time": 1.100000, "machine_id": 1, "old_clock": 1, "new_clock": 2}'
    )
    assert len(pd.read_csv(table_run.export(tmp_path / "a.csv"))) == 3
    home = table_run.save(tmp_path / "logs")
    assert [(home / f"machine_{number}.log").read_text().count("\n") for number in (1, 2)] == [2, 1]
    assert lamport.load(home).events["new_clock"].tolist() == [1, 2, 2]


OF_TABLES = {
    "day": {"system_time": [1.7e9, 1.7e9 + 0.25]},
    "before": {"time": [-2.5, -0.25]},
    "zero": {"time": [0, 1]},
    "two clocks": {"time": [1, 2], "system_time": [1.7e9, 1.7e9 + 0.5]},
}


@pytest.mark.parametrize("times", OF_TABLES)
def test_what_a_table_tells_is_in_its_lines(times, tmp_path):
    """Who it went to may be unknown; a message may be without a sender, made and delivered by hand."""
    rows = {
        "machine_id": [0, 2**53 - 1],
        "event": ["SEND", "RECEIVE"],
        "new_clock": [3, 2**53 - 1],
        "old_clock": [2, 1],
        "recipients": [[None, 7], None],
        "sent_clock": [None, 2**53 - 2],
        "manual": [True, True],
        "by_hand": [False, True],
    }
    run = lamport.from_events(rows | OF_TABLES[times])
    first, second = map(json.loads, run.export(tmp_path / "a.jsonl").read_text().splitlines())
    assert first["recipient_ids"] == [None, 7]
    assert first["recipients"] == [["unknown", 0], ["machine", 7]]
    assert (second["sender"], second["sent_clock"], second["by_hand"]) == (None, 2**53 - 2, True)
    assert "queue_len" not in second
    assert "arrival_time" not in second
    began = first.get("began", first["system_time"])
    expected = run.events["time"].tolist()
    if times == "before":  # ticking began after all of it
        assert [first["system_time"], second["system_time"]] == [-2.5, -0.25]
    else:
        assert [line["system_time"] - began for line in (first, second)] == pytest.approx(expected)
    if times == "day":
        assert first["system_time"] == 1.7e9


@pytest.mark.parametrize("window", [{}, {"start": 9.5, "stop": 17.25}, {"stop": 12}, {"start": 40}])
@pytest.mark.parametrize("name", VIRTUAL)
def test_a_run_in_memory_has_the_lines_of_its_logs(name, window, tmp_path):
    options = {"duration": 60, "seed": 5, "progress": False, **VIRTUAL[name]}
    memory = lamport.simulate(**options)
    logged = lamport.simulate(log_dir=tmp_path / "logs", **options)
    lines = memory.export(tmp_path / "memory.jsonl", **window).read_bytes()
    assert lines == lamport.load(tmp_path / "logs").export(tmp_path / "logs.jsonl", **window).read_bytes()
    assert lines.count(b"\n") > 20
    copy = memory.save(tmp_path / "copy")
    for file in [*logged.files, tmp_path / "logs" / "run.json"]:
        assert (copy / file.name).read_bytes() == file.read_bytes()
    with pytest.raises(FileExistsError, match=r"machine_1\.log exists: give another directory"):
        memory.save(copy)


def test_times_of_a_stretch_stay_what_they_are(run, tmp_path):
    path = run.export(tmp_path / "some.jsonl", start=0.25, stop=0.75)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    first = {}
    for line in lines:
        first.setdefault(line["machine_id"], line)
    assert {line["began"] for line in first.values()} <= set(beginnings(run))
    assert sum("began" in line for line in lines) == len(first)


def beginnings(run):
    for file in run.files:
        yield from (
            line["began"] for line in map(json.loads, file.read_text().splitlines()) if "began" in line
        )


def test_save(run, tmp_path):
    home = run.save(tmp_path / "deep" / "copy")
    for file in run.files:
        assert (home / file.name).read_bytes() == file.read_bytes()
    copy = lamport.load(home)
    assert copy.parameters == run.parameters
    assert copy.events.drop(columns="event").equals(run.events.drop(columns="event"))
    with pytest.raises(FileExistsError, match=r"machine_1\.log exists"):
        run.save(home)


def test_save_loses_no_log_of_the_same_name(run, tmp_path):
    files = []
    for number, file in enumerate(run.files):
        (tmp_path / f"host{number}").mkdir()
        files.append(tmp_path / f"host{number}" / "m.log")
        files[-1].write_bytes(file.read_bytes())
    with pytest.raises(ValueError, match=r"host0/m\.log and .*host1/m\.log have one name"):
        lamport.load(files).save(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "shiviz", "tsviz"])
@pytest.mark.parametrize(("start", "stop"), [(5, 1), (1, 1), (float("nan"), 2)])
def test_an_empty_stretch_writes_nothing(run, tmp_path, form, start, stop):
    path = tmp_path / f"some.{form}"
    for make in (lambda: run.export(path, start=start, stop=stop), lambda: run.plot_spacetime(start, stop)):
        with pytest.raises(ValueError, match=r"hold nothing: start must be below stop"):
            make()
    assert not path.exists()


def test_save_needs_events(tmp_path):
    run = lamport.simulate(duration=5, seed=1, record=False)
    for make in (run.save, lambda home: run.export(home / "a.jsonl")):
        with pytest.raises(lamport.LamportError, match="no event was recorded"):
            make(tmp_path)


def test_a_stretch_ends_before_its_stop(run, tmp_path):
    times = run.events["time"]
    # The very times of events, and times between two of them.
    early, late = times.iloc[len(times) // 4], times.iloc[3 * len(times) // 4]
    whole = [BEGAN.sub("", line) for line in run.export(tmp_path / "all.jsonl").read_text().splitlines()]
    origin = run.parameters["began"]
    for start, stop in [(early, late), (None, late), (early, None), (early + 1e-7, late + 1e-7)]:
        first, last = (-np.inf if start is None else start), (np.inf if stop is None else stop)
        for form in ("jsonl", "csv"):
            path = run.export(tmp_path / f"some.{form}", start=start, stop=stop)
            if form == "csv":
                got, all_times = pd.read_csv(path)["time"].tolist(), times.tolist()
            else:
                lines = path.read_text().splitlines()
                plain = [BEGAN.sub("", line) for line in lines]
                assert plain == whole[whole.index(plain[0]) :][: len(lines)]
                got, all_times = (
                    [round(json.loads(line)["system_time"] - origin, 6) for line in some]
                    for some in (lines, whole)
                )
            assert got == pytest.approx([time for time in all_times if first <= time < last])
            assert 0 < len(got) < len(all_times)
