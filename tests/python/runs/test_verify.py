"""Verification from Python and the command line."""

import json

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lamport
from lamport._cli.commands import main
from lamport._runs.comparison import Comparison


@pytest.fixture
def damaged(run, tmp_path):
    """The logs of the run, one line of which has a wrong clock."""
    run.save(tmp_path / "run")
    path = tmp_path / "run" / "machine_2.log"
    lines = path.read_text().splitlines()
    line = next(number for number, text in enumerate(lines) if '"INTERNAL"' in text)
    event = json.loads(lines[line])
    event["new_clock"] += 1
    lines[line] = json.dumps(event)
    path.write_text("\n".join([*lines, lines[line]]) + "\n")
    return tmp_path / "run", line + 1


def test_a_run_obeys_before_and_after_its_events_were_taken(run):
    done = run.verify()
    assert done.ok
    assert done
    assert done.violations.empty
    assert done.checked["match"] > 0
    assert len(run.events)
    loaded = lamport.load(run.log_dir)
    assert len(loaded.events)
    assert loaded.verify().checked == done.checked
    assert "obey" in str(done)
    assert "obey" in done._repr_html_()


def test_damage_is_found_with_its_line(damaged):
    directory, line = damaged
    done = lamport.verify(directory)
    assert not done.ok
    assert done.counts["step"] >= 1
    assert done.counts["structure"] >= 1
    step = done.violations.query("rule == 'step'").iloc[0]
    assert (step["line"], step["machine_id"]) == (line, 2)
    assert step["file"].endswith("machine_2.log")
    assert f"machine_2.log:{line}: step: expected new_clock" in str(done)
    assert "<table" in done._repr_html_()


def test_exit_statuses(run, damaged, tmp_path, capsys):
    assert main(["verify", str(run.log_dir)]) == 0
    assert "obey" in capsys.readouterr().out
    assert main(["verify", str(damaged[0])]) == 1
    assert "not a possible history" in capsys.readouterr().out
    (tmp_path / "machine_1.log").write_text("not a log\n")
    assert main(["verify", str(tmp_path / "machine_1.log")]) == 2
    assert "machine_1.log:1" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "absent")]) == 2


def test_a_table_is_checked_as_far_as_it_goes(table_run):
    assert len(table_run.events)
    done = table_run.verify(clock_uncertainty=0.1)
    assert done.ok, str(done)
    assert done.checked["match"] == done.checked["clock condition"] == 1
    assert any("no lines" in text for text in done.unchecked)


def test_a_wrong_table_is_found():
    table = {
        "machine_id": [1, 2, 2],
        "event": ["SEND", "RECEIVE", "RECEIVE"],
        "new_clock": [1, 2, 3],
        "sender": [None, 1, 1],
        "sent_clock": [None, 1, 1],
        "recipients": [[2], None, None],
    }
    done = lamport.verify(table)
    assert done.counts["match"] == 1
    assert done.violations.loc[0, ["rule", "line", "clock"]].tolist() == ["match", 2, 3]
    # A table is read as from_events reads it; a run was read.
    assert lamport.verify(table, offsets={1: 0.0}).counts["match"] == 1
    with pytest.raises(ValueError, match="offsets"):
        lamport.verify(lamport.from_events(table), offsets={1: 0.0})
    with pytest.raises(ValueError, match="clock_uncertainty"):
        lamport.verify(table, clock_uncertainty=-1)


WRONG = {
    "machine_id": [1, 2],
    "event": ["SEND", "RECEIVE"],
    "old_clock": [0, 0],
    "new_clock": [1, 3],
    "sender": [None, 1],
    "sent_clock": [None, 1],
}


@pytest.mark.parametrize(
    "form", ["columns", "frame", "rows", "tuple", "iterator", "polars", "arrow", "stream"]
)
def test_verify_takes_what_from_events_takes(form):
    frame = pd.DataFrame(WRONG)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    given = {
        "columns": WRONG,
        "frame": frame,
        "rows": rows,
        "tuple": tuple(rows),
        "iterator": iter(rows),
        "polars": pl.DataFrame(WRONG),
        "arrow": pa.table(WRONG),
        "stream": pa.table(WRONG).to_reader(),
    }[form]
    assert lamport.verify(given).violations["rule"].tolist() == ["step", "exactness"]


def test_verify_takes_paths_in_any_collection(run):
    files = [str(file) for file in run.files]
    for given in (files, tuple(files), iter(files), dict.fromkeys(files).keys()):
        assert lamport.verify(given).ok
    with pytest.raises(ValueError, match="the list is empty"):
        lamport.verify([])
    with pytest.raises(TypeError, match="int is not a table of events"):
        lamport.verify(3)


def altered(run, home, event, **fields):
    """A copy of a run in which the first line of this event in the log of machine 1 says something else."""
    run.save(home)
    lines = (home / "machine_1.log").read_text().splitlines()
    number = next(n for n, line in enumerate(lines) if f'"event": "{event}"' in line)
    lines[number] = json.dumps(json.loads(lines[number]) | fields)
    (home / "machine_1.log").write_text("\n".join(lines) + "\n")
    return number + 1


@pytest.mark.parametrize("event", ["RECEIVE", "UNREAD", "CONNECT"])
def test_who_is_not_of_the_run_is_a_violation(run, tmp_path, event):
    home = tmp_path / "poisoned"
    field = {"peer_id": 99} if event == "CONNECT" else {"sender": 99}
    number = altered(run, home, event, **field)
    by_path, loaded = lamport.verify(home), lamport.load(home).verify()
    for done in (by_path, loaded, lamport.verify(sorted(home.glob("*.log")))):
        found = done.violations.query("rule == 'membership'")
        assert found["line"].tolist() == [number]
        assert found["machine_id"].tolist() == [1]
        assert "machines 1 to 3, as in run.json" in found["expected"].item()
        assert "machine 99" in found["found"].item()
        assert done.checked["membership"] > 0
    assert main(["verify", str(home)]) == 1


@pytest.mark.parametrize(
    "record", [None, "{", '{"machines": "x", "topology": "full"}', '{"seed": 1}', "other run"]
)
def test_without_what_the_run_was_made_with_it_is_not_known_who_may_speak(run, tmp_path, record):
    home = tmp_path / "poisoned"
    altered(run, home, "RECEIVE", sender=99)
    if record is None:
        (home / "run.json").unlink()
    elif record == "other run":
        known = json.loads((home / "run.json").read_text())
        (home / "run.json").write_text(json.dumps(known | {"run_id": "lab"}))
    else:
        (home / "run.json").write_text(record)
    done = lamport.verify(home)
    assert "membership" not in done.violations["rule"].tolist()
    assert any("machine 99 has no log here" in text for text in done.unchecked)
    said = [text for text in done.unchecked if "which machines may take part is not checked" in text]
    assert len(said) == (record in {"{", '{"machines": "x", "topology": "full"}', "other run"})


@pytest.mark.parametrize(
    ("machines", "topology"),
    [
        (3, "fulll"),
        (3, '{"1": [99]}'),
        (3, {"1": [99]}),
        (3, {"1": [0]}),
        (3, {"1": [-1]}),
        (3, {"1": [2**40]}),
        (3, {"1": [float("inf")]}),
        (3, {"1": "x" * 10_000}),
        (2, {"1": [2], "2": [3], "3": []}),
        (3, 7),
        (True, "full"),
        (0, "full"),
        (-1, "full"),
        (10**12, "full"),
        ("x", "full"),
    ],
)
def test_what_run_json_cannot_mean_is_told(run, tmp_path, machines, topology):
    run.save(home := tmp_path / "edited")
    known = json.loads((home / "run.json").read_text()) | {"machines": machines, "topology": topology}
    (home / "run.json").write_text(json.dumps(known))
    for done in (lamport.verify(home), lamport.load(home).verify()):
        assert done.ok
        (said,) = [text for text in done.unchecked if "which machines may take part" in text]
        assert said.startswith("run.json: ")
        assert "opology" in said or "machines=" in said
        assert len(said) < 400


@pytest.mark.parametrize("machines", [2**32 - 1, 4])
def test_how_many_machines_a_run_had_takes_no_room(run, tmp_path, machines):
    run.save(home := tmp_path / "edited")
    known = json.loads((home / "run.json").read_text()) | {"machines": machines}
    (home / "run.json").write_text(json.dumps(known))
    loaded = lamport.load(home)
    assert f"machines 1, 2 and 3 of {machines:,}: there is no log of" in loaded.notes[0]
    many = f"machines 4, ..., {machines} ({machines - 3:,})"
    assert f"no log of {'machine 4' if machines == 4 else many}, and" in loaded.notes[0]
    assert f"of {machines:,}" in Comparison({"a": loaded}).table()["Remark"][0]


@pytest.mark.parametrize("machines", [True, 0, -1, 2**32, 10**12, "x", 1.5])
def test_a_number_of_machines_that_cannot_be_hides_no_machine(run, tmp_path, machines):
    run.save(home := tmp_path / "edited")
    known = json.loads((home / "run.json").read_text()) | {"machines": machines}
    (home / "run.json").write_text(json.dumps(known))
    assert not any("this is part" in note for note in lamport.load(home).notes)
    (home / "machine_2.log").unlink()
    assert "no log of machine 2, and" in lamport.load(home).notes[0]


def test_a_machine_that_does_not_send_here_is_no_sender(tmp_path):
    run = lamport.simulate(
        topology={1: [2], 2: [3], 3: [1]}, duration=20, seed=1978, log_dir=tmp_path / "ring", progress=False
    )
    assert run.verify().ok
    log = tmp_path / "ring" / "machine_1.log"
    log.write_text(log.read_text().replace('"sender": 3', '"sender": 2'))
    assert "match" in lamport.verify(tmp_path / "ring").violations["rule"].tolist()
    (tmp_path / "ring" / "machine_2.log").unlink()
    done = lamport.verify(tmp_path / "ring")
    expected = done.violations.query("rule == 'membership'")["expected"]
    assert "a machine that sends to machine 1 by run.json" in expected.iloc[0]
    # Its own messages, without its log, are no violation.
    (tmp_path / "ring" / "machine_3.log").unlink()
    log.write_text(log.read_text().replace('"sender": 2', '"sender": 3'))
    done = lamport.verify(tmp_path / "ring")
    assert done.counts["membership"] == 0
    assert done.checked["membership"] > 0


def test_a_message_by_hand_may_have_any_name(tmp_path):
    """Nobody sent it, so nobody need be of the run."""
    lamport.simulate(2, duration=5, seed=1, log_dir=tmp_path / "a", progress=False)
    table = {**WRONG, "new_clock": [1, 2], "sender": [None, 99], "by_hand": [False, True]}
    assert lamport.verify(table).ok
    log = tmp_path / "a" / "machine_1.log"
    text = log.read_text()
    log.write_text(text.replace('"sender": 2', '"by_hand": true, "sender": 99'))
    assert lamport.verify(tmp_path / "a").counts["membership"] == 0
    log.write_text(text.replace('"sender": 2', '"sender": 99'))
    assert lamport.verify(tmp_path / "a").counts["membership"] > 0


def base(seed=1):
    """A run as tables of base fields tell it: no sender, no timestamp of what was received."""
    events = lamport.simulate(duration=20, rates=[2, 3, 5], seed=seed).events
    return events.drop(columns=["sender", "sent_clock", "arrived", "manual", "by_hand"], errors="ignore")


def test_the_summary_counts_what_was_matched(run):
    done = run.verify()
    assert done.matched == done.received == (run.events["event"] == "RECEIVE").sum()
    assert f"the logs obey every rule; {done.matched:,} of {done.received:,} receipts" in str(done)
    table = {"machine_id": [1, 2], "event": ["internal", "receive"], "new_clock": [1, 1], "old_clock": [0, 0]}
    rules = lamport.Rules(machines="more", receive="max(clock + 1, T)")
    said = str(lamport.verify(table, rules=rules))
    assert "obey every rule that could be checked; 0 of 1 receipts could be matched" in said
    assert "so nothing about causality was checked" in said


def test_strict_is_not_content_with_what_could_be_checked(run, tmp_path, capsys):
    assert run.verify(strict=True).ok
    assert main(["verify", "--strict", str(run.log_dir)]) == 0
    run.save(home := tmp_path / "cut")
    lines = (home / "machine_1.log").read_text().splitlines()
    (home / "machine_1.log").write_text("\n".join(lines[:-1]) + "\n")
    assert lamport.verify(home).ok
    assert not lamport.verify(home, strict=True)
    assert not lamport.load(home).verify(strict=True).ok
    capsys.readouterr()
    assert main(["verify", str(home)]) == 0
    assert main(["verify", "--strict", str(home)]) == 1
    said = capsys.readouterr().out
    assert "no rule is broken, but" in said
    assert "could not be checked" in said
    with pytest.raises(ValueError, match="strict"):
        run.verify(strict="yes")


@pytest.mark.parametrize(("start", "stop"), [(0.0, 8.0), (5.0, 30.0), (5.0, 12.0)])
def test_a_window_of_events_is_accused_of_nothing(start, stop):
    for seed in range(5):
        events = lamport.simulate(duration=20, rates=[1, 3, 6], seed=seed).events
        part = events[(events["time"] >= start) & (events["time"] < stop)]
        assert lamport.verify(part).ok
        one = events[(events["machine_id"] != 2) | (events["time"] < stop)]
        assert lamport.verify(one).ok


def send(machine, clock, to, **more):
    return {
        "machine_id": machine,
        "event": "SEND",
        "old_clock": clock - 1,
        "new_clock": clock,
        "recipients": to,
        **more,
    }


def receive(machine, old, clock, sender=None, sent_clock=None, **more):
    return {
        "machine_id": machine,
        "event": "RECEIVE",
        "old_clock": old,
        "new_clock": clock,
        "sender": sender,
        "sent_clock": sent_clock,
        **more,
    }


def internal(machine, clock):
    return {"machine_id": machine, "event": "INTERNAL", "old_clock": clock - 1, "new_clock": clock}


def rules_of(rows, **more):
    done = lamport.verify(rows, **more)
    return sorted(set(done.violations["rule"]))


def test_rules_decide_what_is_wrong():
    late = [send(1, 1, [2]), send(1, 2, [2]), receive(2, 0, 3, 1, 2), receive(2, 3, 4, 1, 1)]
    assert rules_of(late) == ["fifo"]
    assert rules_of(late, rules=lamport.Rules(channel="unordered")) == []
    twice = [send(1, 1, [2]), receive(2, 0, 2, 1, 1), receive(2, 2, 3, 1, 1)]
    assert rules_of(twice) == ["match"]
    assert rules_of(twice, rules=lamport.Rules(channel="duplicating")) == []
    lost = [send(1, 1, [2]), send(1, 2, [2]), receive(2, 0, 3, 1, 2)]
    assert rules_of(lost) == ["fifo"]
    assert rules_of(lost, rules=lamport.Rules(channel="lossy")) == []
    before = [internal(1, 1), send(1, 2, [2]), receive(2, 0, 2, 1, 1)]
    assert rules_of(before) == ["match"]
    assert rules_of(before, rules=lamport.Rules(stamp="before")) == []
    without = [internal(1, 1), send(1, 2, [2]), receive(2, 0, 2, 1, 2)]
    assert rules_of(without) == ["clock condition", "exactness", "step"]
    for receipt in ("max(clock + 1, T)", "max(clock, T)"):
        assert rules_of(without, rules=lamport.Rules(receive=receipt)) == []
    fives = [
        {**send(1, 5, [2]), "old_clock": 0},
        receive(2, 0, 10, 1, 5),
    ]
    assert rules_of(fives) == ["exactness", "step"]
    assert rules_of(fives, rules=lamport.Rules(step=5)) == []
    assert rules_of(fives, rules=lamport.Rules(step="any")) == []
    assert rules_of(fives, rules=lamport.Rules(step="any", start=1)) == ["step"]


def test_a_stamp_that_a_send_tells_is_matched_and_judged():
    rows = [internal(1, 1), send(1, 2, [2], sent_clock=1), receive(2, 0, 2, 1, 1)]
    assert "clock condition" in rules_of(rows)
    assert "match" not in rules_of(rows)


def test_more_is_received_than_was_sent_by_then():
    rows = [internal(1, 1), internal(1, 2), send(1, 3, [2]), receive(2, 0, 3)]
    done = lamport.verify(rows)
    assert sorted(set(done.violations["rule"])) == ["count", "jump"]
    assert done.violations["expected"].str.contains("if these 2 machines are all").all()
    # A machine more may have sent it.
    assert rules_of(rows, rules=lamport.Rules(machines="more")) == []
    # So it is if the sender is named, and no other matters.
    named = [*rows[:3], receive(2, 0, 3, 1)]
    done = lamport.verify(named, rules=lamport.Rules(machines="more"))
    assert sorted(set(done.violations["rule"])) == ["count", "jump"]
    assert not done.violations["expected"].str.contains("if these").any()
    # The log of the sender may go on.
    assert rules_of([send(1, 1, [2]), receive(2, 0, 2, 1), receive(2, 2, 3, 1)]) == []
    whole = [send(1, 1, [2]), internal(1, 2), receive(2, 0, 2, 1), receive(2, 2, 3, 1)]
    assert rules_of(whole) == ["count"]


def test_base_tables_tell_rows():
    events = base()
    assert lamport.verify(events).ok
    sends = events["event"] == "SEND"
    done = lamport.verify(events.assign(event=events["event"].where(~sends, "INTERNAL")))
    assert done.counts["jump"] + done.counts["count"] > 0
    assert done.violations["line"].between(0, len(events) - 1).all()
