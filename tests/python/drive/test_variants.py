"""Programs with the usual mistakes, made on purpose: where they are settings, and where they are refused."""

import json
import re

import pandas as pd
import pytest

import lamport
from lamport._cli.commands import main

MISTAKES = {"stamp": "before", "receive": "max(clock, T)", "draw_after_receive": True}
SHORT = {"machines": 3, "duration": 20, "seed": 5}


def read(directory):
    return {path.name: path.read_bytes() for path in sorted(directory.glob("*.log"))}


@pytest.mark.parametrize("mistake", MISTAKES.items(), ids=lambda item: item[0])
def test_a_mistake_is_a_setting(tmp_path, mistake):
    name, value = mistake
    usual = lamport.simulate(**SHORT)
    run = lamport.simulate(**SHORT, **{name: value}, log_dir=tmp_path)
    assert not run.events.equals(usual.events)
    kept = json.loads((tmp_path / "run.json").read_text())
    assert kept[name] == run.parameters[name] == value
    assert all(kept[other] == usual.parameters[other] for other in MISTAKES if other != name)
    assert lamport.load(tmp_path).events.equals(run.events)


def test_receipts_are_as_the_setting_says():
    rules = {
        "max + 1": lambda old, sent: max(old, sent) + 1,
        "max(clock + 1, T)": lambda old, sent: max(old + 1, sent),
        "max(clock, T)": max,
    }
    for receive, rule in rules.items():
        for stamp in ("after", "before"):
            events = lamport.simulate(**SHORT, receive=receive, stamp=stamp).events
            sends, receipts = (events[events["event"] == kind] for kind in ("SEND", "RECEIVE"))
            clocks = sends["new_clock"] if stamp == "after" else sends["old_clock"]
            sent = set(zip(sends["machine_id"], clocks, strict=True))
            rows = list(receipts[["old_clock", "new_clock", "sender", "sent_clock"]].itertuples(index=False))
            assert len(rows) > 20
            for old, new, sender, clock in rows:
                assert new == rule(old, clock)
                assert (sender, clock) in sent


def test_a_tick_that_draws_too_has_two_events():
    run = lamport.simulate(**SHORT, draw_after_receive=True)
    machines = run.machines
    assert (machines["ticks"] == machines["sends"] + machines["internals"]).all()
    assert (machines["receives"] > 0).all()
    # Theory knows nothing of such machines.
    assert machines["load_predicted"].isna().all()
    assert lamport.simulate(**SHORT).machines["load_predicted"].notna().all()
    unrecorded = lamport.simulate(**SHORT, draw_after_receive=True, record=False, since=0)
    assert unrecorded.machines.equals(machines)


def test_a_grid_varies_mistakes(tmp_path):
    grid = {"receive": ["max + 1", "max(clock, T)"], "draw_after_receive": [False, True]}
    frame = lamport.sweep(grid, runs=2, duration=20, seed=1, machines=3, stamp="before")
    assert frame["receive"].cat.categories.tolist() == grid["receive"]
    assert frame["draw_after_receive"].dtype == bool
    drift = frame.groupby(["receive", "draw_after_receive"], observed=True)["final_clock"].mean()
    assert drift.nunique() == 4
    out = tmp_path / "table.csv"
    words = ["sweep", "-n", "3", "--stamp", "before", "--runs", "1", "--duration", "5", "-o", str(out)]
    mistakes = ["--draw-after-receive", "--grid", "receive=max + 1,max(clock, T)", "--no-progress"]
    assert main([*words, *mistakes]) == 0
    written = pd.read_csv(out)
    assert written["receive"].unique().tolist() == grid["receive"]
    assert (written["ticks"] == written["sends"] + written["internals"]).all()


def test_a_run_with_a_mistake_runs_again_as_it_was(tmp_path):
    run = lamport.simulate(**SHORT, **MISTAKES, log_dir=tmp_path / "a")
    again = lamport.rerun(tmp_path / "a", log_dir=tmp_path / "b")
    assert read(tmp_path / "a") == read(tmp_path / "b")
    assert again.events.equals(run.events)
    right = lamport.rerun(run, stamp="after", receive="max + 1", draw_after_receive=False)
    assert right.events.equals(lamport.simulate(**SHORT).events)


def test_a_log_with_a_mistake_replays_by_its_record_alone(tmp_path):
    lamport.simulate(**SHORT, **MISTAKES, log_dir=tmp_path)
    assert lamport.replay(tmp_path)["line"].isna().all()
    record = tmp_path / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"receive": "max + 1"}))
    assert lamport.replay(tmp_path)["line"].notna().all()


@pytest.mark.parametrize("mistake", MISTAKES.items(), ids=lambda item: item[0])
def test_real_machines_have_no_mistakes(tmp_path, mistake):
    name, value = mistake
    with pytest.raises(TypeError, match=name):
        lamport.run_local(2, 0.1, **{name: value})
    lamport.simulate(**SHORT, **{name: value}, log_dir=tmp_path)
    with pytest.raises(ValueError, match=rf"{name}=.* virtual time only: machines that talk over TCP"):
        lamport.rerun(tmp_path, time="real")


def test_the_record_is_no_proof(tmp_path):
    """What run.json says of a program's mistakes does not make them right."""
    lamport.simulate(3, 60, seed=2, stamp="before", receive="max(clock, T)", log_dir=tmp_path)
    assert not lamport.verify(tmp_path).ok
    record = tmp_path / "run.json"
    before = str(lamport.verify(tmp_path))
    kept = {name: value for name, value in json.loads(record.read_text()).items() if name not in MISTAKES}
    record.write_text(json.dumps(kept))
    assert str(lamport.verify(tmp_path)) == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("stamp", "later", 'stamp is "later", which is not known: give one of "after", "before"'),
        ("receive", "max", 'receive is "max", which is not known: give one of "max + 1"'),
        ("receive", 3, "receive=3 is not a text"),
        ("stamp", None, "stamp=None is not a text"),
        ("draw_after_receive", 1, "draw_after_receive=1: give True or False"),
    ],
)
def test_what_is_no_mistake_is_refused(name, value, said):
    for make in (lamport.simulate, lambda **given: lamport.sweep([{}], runs=1, **given)):
        with pytest.raises(ValueError, match="^(point 1 of 1.*: )?" + re.escape(said)):
            make(**{name: value})


def test_on_the_command_line(tmp_path, capsys):
    words = ["simulate", "-n", "3", "--duration", "20", "--seed", "5", "--no-report", "--log-dir"]
    mistakes = ["--stamp", "before", "--receive", "max(clock, T)", "--draw-after-receive"]
    assert main([*words, str(tmp_path / "a"), *mistakes]) == 0
    lamport.simulate(**SHORT, **MISTAKES, log_dir=tmp_path / "b")
    assert read(tmp_path / "a") == read(tmp_path / "b")
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main([*words, str(tmp_path / "c"), "--stamp", "later"])
    assert stopped.value.code == 2
    assert 'give one of "after", "before"' in capsys.readouterr().err
    main(
        ["rerun", str(tmp_path / "a"), "--receive", "max + 1", "--no-draw-after-receive", "--stamp", "after"]
    )
