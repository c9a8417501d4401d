"""Verification from Python and the command line."""

import json

import pytest

import lamport
from lamport._cli.commands import main


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
    with pytest.raises(ValueError, match="offsets"):
        lamport.verify(table, offsets={1: 0.0})
    with pytest.raises(ValueError, match="clock_uncertainty"):
        lamport.verify(table, clock_uncertainty=-1)
