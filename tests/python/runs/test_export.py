"""Runs as files."""

import json

import numpy as np
import pandas as pd
import pytest

import lamport


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


def test_table_has_no_general_log(table_run, tmp_path):
    with pytest.raises(lamport.LamportError):
        table_run.export(tmp_path / "a.jsonl")
    assert len(pd.read_csv(table_run.export(tmp_path / "a.csv"))) == 3


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


def test_save_needs_logs(table_run, tmp_path):
    with pytest.raises(ValueError, match="no logs"):
        table_run.save(tmp_path)


def test_a_stretch_ends_before_its_stop(run, tmp_path):
    times = run.events["time"]
    # The very times of events, and times between two of them.
    early, late = times.iloc[len(times) // 4], times.iloc[3 * len(times) // 4]
    whole = run.export(tmp_path / "all.jsonl").read_text().splitlines()
    origin = run.parameters["began"]
    for start, stop in [(early, late), (None, late), (early, None), (early + 1e-7, late + 1e-7)]:
        first, last = (-np.inf if start is None else start), (np.inf if stop is None else stop)
        for form in ("jsonl", "csv"):
            path = run.export(tmp_path / f"some.{form}", start=start, stop=stop)
            if form == "csv":
                got, all_times = pd.read_csv(path)["time"].tolist(), times.tolist()
            else:
                lines = path.read_text().splitlines()
                assert lines == whole[whole.index(lines[0]) :][: len(lines)]
                got, all_times = (
                    [round(json.loads(line)["system_time"] - origin, 6) for line in some]
                    for some in (lines, whole)
                )
            assert got == pytest.approx([time for time in all_times if first <= time < last])
            assert 0 < len(got) < len(all_times)
