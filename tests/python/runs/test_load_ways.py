"""Ways to the logs of a run: groupings, rotation, depth, compression, tables, viewers, and what is no log."""

import gzip
import io
import json
import re
import tarfile
import zipfile

import pandas as pd
import pytest

import lamport


def line(event, time, machine, old, new, **more):
    first = {"event": event, "system_time": time, "machine_id": machine, "old_clock": old, "new_clock": new}
    return json.dumps(first | more) + "\n"


TWO = [line("INTERNAL", 1.0 + at, 1, at, at + 1) for at in range(6)]


@pytest.fixture(scope="module")
def small():
    return lamport.simulate(duration=10, rates=[1, 3, 6], seed=2)


def same(run, other):
    names = [
        "machine_id",
        "event",
        "old_clock",
        "new_clock",
        "queue_len",
        "sender",
        "sent_clock",
        "recipients",
    ]
    assert run.events[names].equals(other.events[names])
    names = ["sender", "sent_clock", "recipient", "received_clock"]
    assert run.messages[names].equals(other.messages[names])


def test_the_merged_export_is_the_run(run, tmp_path):
    again = lamport.load(run.export(tmp_path / "all.jsonl"))
    same(again, run)
    assert again.machines.drop(columns="queue_growth").equals(run.machines.drop(columns="queue_growth"))
    assert any("it has the lines of 3 machines" in note for note in again.notes)
    assert again.verify().ok
    # And once more: what is exported of it is the same file.
    assert again.export(tmp_path / "twice.jsonl").read_text() == (tmp_path / "all.jsonl").read_text()


@pytest.mark.parametrize(
    "names", [("machine_1.log.1", "machine_1.log"), ("machine_1.log", "machine_1.log.1")]
)
def test_rotated_logs_join_by_what_they_say(tmp_path, names):
    (tmp_path / names[0]).write_text("".join(TWO[:2]))
    (tmp_path / names[1]).write_text("".join(TWO[2:4]))
    (tmp_path / "machine_1.log.2.gz").write_bytes(gzip.compress("".join(TWO[4:]).encode()))
    (tmp_path / "machine_1.log.bak").write_text("".join(TWO))
    run = lamport.load(tmp_path)
    assert run.events["new_clock"].tolist() == [1, 2, 3, 4, 5, 6]
    assert any("they are one log, that of machine 1" in note for note in run.notes)
    assert any("left aside are machine_1.log.bak" in note for note in run.notes)
    assert lamport.verify(tmp_path).ok
    assert len(run.files) == 3


def test_a_violation_names_the_file_of_its_line(tmp_path):
    (tmp_path / "machine_1.log.1").write_text("".join(TWO[:2]))
    (tmp_path / "machine_1.log").write_text(TWO[2] + line("INTERNAL", 4.0, 1, 3, 7))
    done = lamport.verify(tmp_path)
    assert done.violations[["rule", "line"]].to_numpy().tolist() == [["step", 2], ["exactness", 2]]
    assert done.violations["file"][0].endswith("machine_1.log")


def test_logs_at_any_depth_but_not_through_links(tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "machine_1.log").write_text("".join(TWO))
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "a" / "link").symlink_to(other)
    (other / "machine_1.log").write_text("".join(TWO))
    assert len(lamport.load(tmp_path / "a").events) == 6
    told = re.escape("holds 2 runs (a/b/c, other): load one of them")
    with pytest.raises(ValueError, match=told):
        lamport.load(tmp_path)


def test_damaged_lines_are_left_aside_if_told_so(tmp_path):
    log = tmp_path / "machine_1.log"
    log.write_text(TWO[0] + "{broken\nnothing\n" + TWO[1])
    with pytest.raises(lamport.LogError, match=r"machine_1\.log:2: not JSON"):
        lamport.load(log)
    run = lamport.load(log, errors="skip")
    assert run.events["new_clock"].tolist() == [1, 2]
    assert any("machine_1.log:2: left aside and 1 more after it: not JSON" in note for note in run.notes)
    assert run.verify().violations["rule"].tolist() == ["structure"]


def test_an_end_of_base_fields_tells_no_queue(tmp_path):
    end = json.dumps({"event": "END", "system_time": 9.0, "machine_id": 1, "final_clock": 6}) + "\n"
    (tmp_path / "machine_1.log").write_text("".join(TWO) + end)
    run = lamport.load(tmp_path)
    assert run.machines.loc[1, ["ticks", "final_clock"]].tolist() == [6, 6]
    assert pd.isna(run.machines.loc[1, "final_queue_len"])
    assert lamport.verify(tmp_path).ok
    (tmp_path / "machine_1.log").write_text("".join(TWO) + end.replace("6", "7"))
    assert lamport.verify(tmp_path).violations["rule"].tolist() == ["step"]


@pytest.mark.parametrize("recipients", [["localhost:5002"], [["localhost", 5002]], ["[::1]:5002"], [2]])
def test_recipients_are_addresses_in_any_form_or_ids(tmp_path, recipients):
    (tmp_path / "machine_1.log").write_text(line("SEND", 1.0, 1, 0, 1, recipients=recipients))
    found = lamport.load(tmp_path).events["recipients"][0]
    assert found == ((2,) if recipients == [2] else (None,))


@pytest.mark.parametrize("recipients", [["localhost"], ["localhost:x"], [{}], "localhost:5002"])
def test_what_is_no_recipient_is_named(tmp_path, recipients):
    (tmp_path / "machine_1.log").write_text(line("SEND", 1.0, 1, 0, 1, recipients=recipients))
    with pytest.raises(lamport.LogError, match=r"machine_1\.log:1: .*host"):
        lamport.load(tmp_path)


def test_bytes_in_front_ends_of_lines_and_compression_are_no_error(run, tmp_path):
    for file in run.files:
        text = file.read_bytes().replace(b"\n", b"\r\n")
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + text + b"\r\n"))
    again = lamport.load(tmp_path)
    same(again, run)
    assert again.export(tmp_path / "all.jsonl").read_bytes().startswith(b'{"event"')


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_exported_tables_load_again(small, tmp_path, ending):
    again = lamport.load(small.export(tmp_path / f"x.{ending}"))
    same(again, small)
    assert again.events["time"].tolist() == small.events["time"].tolist()
    assert again.verify().ok


@pytest.mark.parametrize("ending", ["shiviz", "tsviz"])
def test_exports_for_viewers_load_again(small, tmp_path, ending):
    again = lamport.load(small.export(tmp_path / f"x.{ending}"))
    assert len(again.events) == len(small.events)
    assert sorted(again.machines.index) == [1, 2, 3]
    for machine in (1, 2, 3):
        ours = small.events.loc[small.events["machine_id"] == machine, "new_clock"].tolist()
        theirs = again.events.loc[again.events["machine_id"] == machine, "new_clock"].tolist()
        assert theirs == ours
    share, other = small.causality.concurrent_share(), again.causality.concurrent_share()
    assert share.value == other.value
    assert again.verify().ok


def test_tables_with_other_names_in_several_files(tmp_path):
    for name in "AB":
        rows = ["wie;wann;uhr", f"lokal;2026-01-01T00:00:0{1 if name == 'A' else 2}Z;1"]
        (tmp_path / f"node_{name}.csv").write_text("\ufeff" + "\r\n".join(rows) + "\r\n", encoding="utf-8")
    run = lamport.load(
        tmp_path, columns={"wie": "event", "wann": "time", "uhr": "clock"}, events={"lokal": "internal"}
    )
    assert run.names == {1: "A", 2: "B"}
    assert run.events["time"].tolist() == [0.0, 1.0]
    assert any("node_A.csv is of A" in note and "file_pattern=" in note for note in run.notes)
    assert any("taken for CSV" in note for note in run.notes)


def test_what_looks_like_a_number_may_be_a_name(tmp_path):
    (tmp_path / "x.csv").write_text("machine_id,event,new_clock\n01,INTERNAL,1\n1,INTERNAL,1\n")
    assert lamport.load(tmp_path / "x.csv").names == {1: "01", 2: "1"}


def test_a_bad_row_of_a_table_is_named_where_it_stands(tmp_path):
    good = "machine_id,event,new_clock\n1,INTERNAL,1\n"
    (tmp_path / "a.csv").write_text(good)
    (tmp_path / "b.csv").write_text(good.replace("1,INTERNAL,1", "2,INTERNAL,1\n2,INTERNAL,x\n2,INTERNAL,2"))
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    with pytest.raises(lamport.LogError, match=r"b\.csv:3: new_clock 'x' is not"):
        lamport.load(files)
    run = lamport.load(files, errors="skip")
    assert run.events["new_clock"].tolist() == [1, 1, 2]
    assert any("b.csv:3: left aside: new_clock 'x'" in note for note in run.notes)
    done = lamport.verify(files)
    assert done.violations[["rule", "line"]].to_numpy().tolist() == [["structure", 3]]


def archives():
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("machine_1.log", TWO[0])
    with tarfile.open(fileobj=tarred, mode="w") as file:
        info = tarfile.TarInfo("machine_1.log")
        info.size = len(TWO[0])
        file.addfile(info, io.BytesIO(TWO[0].encode()))
    return {
        "zip archive": zipped.getvalue(),
        "tar archive": tarred.getvalue(),
        "PNG image": b"\x89PNG\r\n\x1a\n" + bytes(99),
        "empty": b"",
    }


@pytest.mark.parametrize("what", archives())
@pytest.mark.parametrize("name", ["x.log", "machine_1.log", "x.csv", "x.bin"])
def test_what_is_no_log_is_named(tmp_path, what, name):
    file = tmp_path / name
    file.write_bytes(archives()[what])
    for read in (lamport.load, lamport.verify):
        with pytest.raises(lamport.LogError, match=what) as error:
            read(file)
        assert str(error.value).startswith(f"{file}:1: ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a log of some sort\nmore of it\n",
            "not a form that is known: it begins with 'a log of some sort'; say",
        ),
        ('[\n{"a": 1}\n]\n', "it begins like one JSON list"),
    ],
)
def test_texts_of_unknown_form_say_what_to_do(tmp_path, text, told):
    file = tmp_path / "x.log"
    file.write_text(text)
    with pytest.raises(lamport.LogError, match=re.escape(f"{file}:1: {told}")):
        lamport.load(file)


def test_first_and_last_line_must_agree(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"node": "a", "kind": "sent", "clock": 1}\nthe end\n')
    with pytest.raises(ValueError, match="looks like JSON lines, but the last does not: 'the end'"):
        lamport.load(file)
    # A log that fits two forms is read so that each text stays with its event.
    hosts = r"(?<host>\S*) (?<clock>{.*})"
    for head, texts in (
        (rf"(?<event>.*)\n{hosts}", ['a {"a": 1}', "one", 'a {"a": 2}', "two"]),
        (rf"{hosts}\n(?<event>.*)", ["one", 'a {"a": 1}', "two", 'a {"a": 2}']),
    ):
        file.write_text("\n".join([head, "", *texts]) + "\n")
        run = lamport.load(file)
        assert len(run.events) == 2
        assert any("first" in note for note in run.notes)


def test_files_of_two_forms_are_not_one_run(tmp_path):
    (tmp_path / "a.log").write_text(TWO[0])
    (tmp_path / "b.log").write_text("machine_id,event,new_clock\n1,INTERNAL,1\n")
    with pytest.raises(ValueError, match=r"a\.log looks like our own lines, but .*b\.log like CSV"):
        lamport.load(tmp_path)


def test_the_standard_input_is_a_file(run, tmp_path):
    import subprocess
    import sys

    text = run.export(tmp_path / "all.jsonl").read_bytes()
    for command in (["verify", "-"], ["export", "-", "-o", str(tmp_path / "x.csv")]):
        done = subprocess.run(
            [sys.executable, "-m", "lamport", *command], input=text, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "x.csv")) == len(run.events)


@pytest.mark.parametrize("before", ["", "1,INTERNAL,1\n"])
def test_a_row_that_is_too_long_shifts_nothing(tmp_path, before):
    file = tmp_path / "x.csv"
    file.write_text(f"machine_id,event,new_clock\n{before}7,1,INTERNAL,9\n1,INTERNAL,2\n")
    line = 3 if before else 2
    with pytest.raises(lamport.LogError, match=rf"x\.csv:{line}: 4 fields, but 3 before"):
        lamport.load(file)
    run = lamport.load(file, errors="skip")
    assert run.events["new_clock"].tolist() == ([1, 2] if before else [2])
    assert any("left aside" in note and str(line) in note for note in run.notes)
    assert lamport.verify(file).violations[["rule", "line"]].to_numpy().tolist() == [["structure", line]]


def test_what_is_taken_for_true_goes_with_the_run(tmp_path):
    (tmp_path / "machine_1.log").write_text("".join(TWO))
    rules = lamport.Rules(step=2)
    run = lamport.load(tmp_path, rules=rules)
    assert run.rules == rules
    assert run.verify().counts["step"] == lamport.verify(tmp_path, rules=rules).counts["step"] == 6
    assert run.verify(rules=lamport.Rules()).ok


def test_options_for_our_own_logs(tmp_path):
    home = tmp_path / "below" / "it"
    home.mkdir(parents=True)
    receipt = line("RECEIVE", 9.0, 1, 6, 8, queue_len=3)
    (home / "machine_1.log").write_text("".join(TWO) + receipt)
    assert lamport.load(tmp_path).events["queue_len"].max() == 3
    assert lamport.load(tmp_path, queue_len="before").events["queue_len"].max() == 2
    with pytest.raises(ValueError, match="execution=2: there is none such: no STARTUP line names a run"):
        lamport.load(tmp_path, execution=2)
    with pytest.raises(ValueError, match="no machine is called 'A'"):
        lamport.load(tmp_path, offsets={"A": 1.0})
    with pytest.raises(lamport.LogError, match=r"machine_1\.log:1: it is not of format='shiviz'"):
        lamport.load(home, format="shiviz")


def test_a_clock_before_that_is_not_told_is_that_of_the_event_before(tmp_path):
    lines = [json.loads(each) for each in TWO]
    text = "".join(json.dumps({k: v for k, v in each.items() if k != "old_clock"}) + "\n" for each in lines)
    (tmp_path / "machine_1.log").write_text(text)
    run = lamport.load(tmp_path)
    assert run.events["old_clock"].tolist()[1:] == [1, 2, 3, 4, 5]
    assert pd.isna(run.events["old_clock"][0])
    assert run.verify().ok
    (tmp_path / "machine_1.log").write_text(text.replace('"new_clock": 4', '"new_clock": 2'))
    assert "step" in lamport.verify(tmp_path).violations["rule"].tolist()


def test_behind_a_line_that_cannot_be_read_the_clock_before_is_not_known(tmp_path):
    lines = [json.loads(each) for each in TWO]
    texts = [json.dumps({k: v for k, v in each.items() if k != "old_clock"}) for each in lines]
    texts[2] = "damaged"
    (tmp_path / "machine_1.log").write_text("\n".join(texts) + "\n")
    run = lamport.load(tmp_path, errors="skip")
    assert run.events["old_clock"].isna().tolist() == [True, False, True, False, False]
    assert run.verify().counts["step"] == 0


STARTUP = '{"event": "STARTUP", "system_time": 1.0, "machine_id": 1, "clock_rate": 1.0%s}\n'


@pytest.mark.parametrize("told", ["", ', "local_clock": null'])
def test_a_start_that_does_not_tell_the_clock_proves_nothing(told, tmp_path):
    event = '{"event": "INTERNAL", "system_time": %s.0, "machine_id": 1, "old_clock": %s, "new_clock": %s}\n'
    lines = [STARTUP % told, event % (2, 5, 6), STARTUP.replace("1.0", "2.5", 1) % told, event % (3, 6, 7)]
    (tmp_path / "machine_1.log").write_text("".join(lines))
    done = lamport.verify(tmp_path)
    assert done.ok, str(done)
    assert any("exactness" in text for text in done.unchecked)
    lines[0] = STARTUP % ', "local_clock": 0'
    (tmp_path / "machine_1.log").write_text("".join(lines))
    assert not lamport.verify(tmp_path).ok


@pytest.mark.parametrize("name", ["comma_text", "logging_text", "jsonl_names"])
def test_runs_of_other_programs_are_exported_as_lines_that_load(name, tmp_path):
    from pathlib import Path

    from lamport._runs.declaration import Declaration, read_declaration
    from lamport._runs.load import load_declared

    home = Path(__file__).parent / "samples"
    run = load_declared(home / name, Declaration(**read_declaration(home / f"{name}.toml")))
    again = lamport.load(run.export(tmp_path / "x.jsonl"))
    assert again.names == run.names
    names = ["machine_id", "event", "old_clock", "new_clock", "queue_len", "sender", "sent_clock"]
    assert again.events[names].astype("str").equals(run.events[names].astype("str"))
    assert again.verify().ok
