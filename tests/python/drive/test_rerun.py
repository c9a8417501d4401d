"""A run again, from what is kept of it."""

import json
import re
import shutil

import pytest

import lamport
from lamport._cli.commands import main

SETTINGS = {
    "drawn rates": {"max_rate": 12},
    "given": {"rates": [1, 2.5, 6], "internal_probability": 0.4, "broadcast_share": 0.5},
    "faults": {
        "rates": [5, 20, 7],
        "faults": [
            lamport.Crash(2, at=3, down_for=2),
            lamport.Pause(1, at=6, duration=1),
            lamport.Partition([[1], [2, 3]], at=8, duration=2),
            lamport.Delay(1, 3, lamport.Exponential(0.2), at=1, duration=4),
            lamport.Disconnect(3, 1, at=12),
        ],
    },
    "latency": {"latency": lamport.LogNormal(0.03, 0.7), "machines": 5},
    "measured": {"latency": lamport.Empirical([0.001, 0.5, 0.25])},
    "ring": {"topology": "ring", "machines": 7},
    "mapping": {"topology": {1: [2, 4], 2: [3], 3: [], 4: [1]}},
}


def files(directory):
    """The bytes of every file of a run."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("given", ["run", "loaded", "directory", "run.json", "parameters"])
def test_the_same_to_the_byte(here, name, given):
    first = lamport.simulate(duration=20, **SETTINGS[name], log_dir="first")
    source = {
        "run": first,
        "loaded": lamport.load("first"),
        "directory": "first",
        "run.json": here / "first" / "run.json",
        "parameters": first.parameters,
    }
    again = lamport.rerun(source[given])
    assert re.fullmatch(r"logs/run_[\d_-]+", str(again.log_dir.resolve().relative_to(here)))
    assert files(again.log_dir) == files(here / "first")
    third = lamport.rerun(again, log_dir="third")
    assert files(here / "third") == files(here / "first")
    assert third.parameters["seed"] == first.parameters["seed"]


def test_without_logs(here):
    first = lamport.simulate(30, 5)
    again = lamport.rerun(first)
    assert again.log_dir is None
    assert again.events.equals(first.events)
    assert list(here.iterdir()) == []


def test_changes(here):
    first = lamport.simulate(duration=20, seed=5, log_dir="first")
    rates = first.parameters["rates"]
    other = lamport.rerun("first", seed=None, log_dir="a")
    assert other.parameters["seed"] != 5
    assert other.parameters["rates"] == rates
    longer = lamport.rerun("first", duration=40, log_dir="b")
    pair = [run.events.query("time < 15").reset_index(drop=True) for run in (first, longer)]
    assert pair[0].equals(pair[1])
    drawn = lamport.rerun("first", rates=None, max_rate=1000, machines=4, log_dir="c")
    assert len(drawn.machines) == 4
    assert max(drawn.parameters["rates"]) > 6
    faster = lamport.rerun("first", max_rate=1000, log_dir="h").parameters
    assert max(faster["rates"]) > 6
    assert faster["max_rate"] == 1000
    more = lamport.rerun("first", machines=4, log_dir="i").parameters["rates"]
    assert (more[:3], len(more)) == (rates, 4)
    assert len(lamport.rerun("first", rates=[4, 2], log_dir="f").machines) == 2
    assert len(lamport.rerun("first", topology={1: [2], 2: [1], 3: []}, log_dir="g").machines) == 3
    assert lamport.rerun(first, faults=[lamport.Crash(1, at=3)], log_dir="d").faults
    assert len(lamport.rerun(first, record=False, log_dir="e").machines) == 3


def test_what_cannot_be_changed(here, run):
    lamport.simulate(duration=1, seed=5, log_dir="first")
    with pytest.raises(ValueError, match="'colour' is not a parameter of simulate: they are machines, durat"):
        lamport.rerun("first", colour=1)
    with pytest.raises(ValueError, match=r"'record' is not a parameter of run_local: they are .*processes"):
        lamport.rerun(run, record=False)
    with pytest.raises(ValueError, match="time='soon' is not one of 'real', 'virtual'"):
        lamport.rerun("first", time="soon")
    lamport.simulate(duration=1, rates=[1, 3, 6], log_dir="given")
    with pytest.raises(ValueError, match="machines=4, but rates has 3 values"):
        lamport.rerun("given", machines=4)
    with pytest.raises(
        ValueError, match=r"max_rate=50, but the rates \[1.0, 3.0, 6.0\] of this run were given"
    ):
        lamport.rerun("given", max_rate=50)
    with pytest.raises(FileExistsError, match=r"run\.json exists"):
        lamport.rerun("first", log_dir="first")
    assert list(here.glob("logs/*")) == []


def test_what_does_not_tell_how_it_was_made(here, table_run):
    with pytest.raises(ValueError, match="cannot run again: it was made of a table"):
        lamport.rerun(table_run)
    with pytest.raises(FileNotFoundError, match="none"):
        lamport.rerun("none")
    (here / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no run\.json in it"):
        lamport.rerun("empty")
    with pytest.raises(ValueError, match=r"3 is not a run: give a Run, its directory, its run\.json"):
        lamport.rerun(3)
    first = lamport.simulate(duration=20, seed=5, log_dir="first")
    with pytest.raises(ValueError, match=r"machine_1\.log is not the run\.json of a run"):
        lamport.rerun("first/machine_1.log")
    (here / "first" / "run.json").unlink()
    for source in ("first", lamport.load("first")):
        with pytest.raises(ValueError, match=r"first does not tell duration and seed, .*rates"):
            lamport.rerun(source)
        again = lamport.rerun(source, duration=20, seed=5, time="virtual", latency=0.0005)
        assert again.events.equals(first.events)
    (here / "first" / "run.json").write_text("[1]")
    with pytest.raises(lamport.LogError, match="a JSON list"):
        lamport.rerun("first")
    (here / "first" / "run.json").write_text('{"colour": 1}')
    with pytest.raises(ValueError, match="but nothing of a run; give duration= and seed="):
        lamport.rerun("first")


def test_another_version_is_told(here):
    first = lamport.simulate(duration=2, log_dir="first")
    path = here / "first" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "0.0.1"}))
    with pytest.warns(lamport.LamportWarning, match=r"first was made by lamport 0\.0\.1, this is"):
        again = lamport.rerun("first", log_dir="again")
    assert again.events.equals(first.events)


@pytest.mark.parametrize("processes", [False, True])
def test_in_real_time(here, processes):
    """Rates and seed are the same, and so is what a machine draws to which nobody sends."""
    # Processes may start so far apart that one which waits for no peer has ended before the other begins.
    topology = "full" if processes else {1: [2], 2: []}
    setting = {"max_rate": 200, "topology": topology, "processes": processes, "progress": False}
    first = lamport.run_local(2, 0.5, **setting, log_dir="first")
    again = lamport.rerun("first", progress=False)
    assert again.log_dir.parent.name == "logs"
    for name in ("rates", "seed", "processes", "topology", "max_rate", "duration"):
        assert again.parameters[name] == first.parameters[name]
    assert again.parameters["run_id"] != first.parameters["run_id"]
    if not processes:
        drawn = [run.events.query("machine_id == 1")["event"].tolist() for run in (first, again)]
        assert drawn[0] == drawn[1]
        assert len(drawn[0]) > 0


def test_from_real_to_virtual_time_and_back(here, run):
    virtual = lamport.rerun(run, time="virtual", log_dir="virtual")
    assert virtual.parameters["rates"] == run.parameters["rates"]
    assert virtual.parameters["latency"] == 0.0005
    assert virtual.machines["ticks"].tolist() == run.machines["ticks"].tolist()
    real = lamport.rerun("virtual", time="real", progress=False)
    assert real.parameters["latency"] == 0
    assert real.machines["ticks"].tolist() == run.machines["ticks"].tolist()
    delayed = lamport.rerun("virtual", time="real", progress=False, latency=0.01, duration=0.1)
    assert lamport.rerun(delayed, time="virtual", log_dir="kept").parameters["latency"] == 0.01


def test_a_run_with_a_key_draws_a_new_one(here, monkeypatch):
    given = []
    real = lamport.run_local

    def run_local(*words, **named):
        given.append(named["key"])
        return real(*words, **named)

    real(2, 0.2, key="ab" * 32, log_dir="first", progress=False)
    monkeypatch.setattr("lamport._drive.local.run_local", run_local)
    assert lamport.rerun("first", progress=False).parameters["keyed"] is True
    assert lamport.rerun("first", progress=False).parameters["keyed"] is True
    assert len({*given, "ab" * 32}) == 3
    assert lamport.rerun("first", key=None, progress=False).parameters["keyed"] is False


def test_a_run_that_leaves_its_ports_is_as_any_on_free_ones(here):
    """It was plain for others to join, which nobody can now."""
    lamport.run_local(2, 0.2, log_dir="plain", key=None, progress=False)
    known = lamport.load("plain").parameters
    assert lamport.rerun(known, progress=False).parameters["keyed"] is False
    ports = known | {"base_port": 29_000}
    assert lamport.rerun(ports, base_port=0, progress=False).parameters["keyed"] is True
    assert lamport.rerun(ports, base_port=0, key=None, progress=False).parameters["keyed"] is False


def test_one_that_was_interrupted_runs_to_its_end(here):
    shutil.rmtree(here / "logs", ignore_errors=True)
    whole = lamport.simulate(duration=20, seed=5, log_dir="whole")
    path = here / "whole" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"interrupted": True}))
    again = lamport.rerun("whole")
    assert not again.interrupted
    assert again.events.equals(whole.events)


def test_the_command(here, capsys):
    assert main(["simulate", "--duration", "20", "--log-dir", "first", "--no-progress", "--no-report"]) == 0
    assert main(["rerun", "first", "--log-dir", "again", "--no-report"]) == 0
    assert files(here / "again") == files(here / "first")
    assert main(["rerun", "first/run.json", "--rates", "2,4", "--topology", "ring", "--seed=7"]) == 0
    (home,) = (here / "logs").iterdir()
    known = lamport.load(home).parameters
    expected = {"rates": [2, 4], "topology": "ring", "machines": 2, "seed": 7, "duration": 20}
    assert {name: known[name] for name in expected} == expected
    assert (home / "analysis_summary.md").exists()
    words = ["rerun", str(home), "--time", "real", "--duration", "0.1", "--no-progress", "--no-report"]
    assert main([*words, "--processes", "--log-dir", "real"]) == 0
    assert lamport.load("real").parameters["processes"] is True
    assert main(["rerun", "real", "--no-processes", "--log-dir=threads", "--no-report"]) == 0
    assert lamport.load("threads").parameters["processes"] is False
    capsys.readouterr()
    assert main(["rerun", "first", "--wait", "3"]) == 2
    assert "--wait is not for a run in virtual time" in capsys.readouterr().err
    assert main(["rerun", "none"]) == 1
    assert "none" in capsys.readouterr().err


def test_more_machines_in_real_time(here):
    first = lamport.run_local(2, 0.2, max_rate=50, seed=3, log_dir="first", progress=False)
    more = lamport.rerun(first, machines=3, log_dir="more", progress=False)
    assert more.parameters["rates"][:2] == first.parameters["rates"]
    assert sorted(map(len, more.parameters["topology"].values())) == [2, 2, 2]


def test_an_algorithm_that_cannot_be_imported(here):
    """A run in memory has the class itself, wherever that stands."""

    class Own(lamport.Algorithm):
        def __init__(self, word="none"):
            self.word = word

        def start(self, me):
            me.state(word=self.word)
            me.timer("again", 0.2)

        def on_timer(self, me, _name):
            me.broadcast(self.word)

    options = {"machines": 2, "duration": 1, "rates": 50, "seed": 1}
    run = lamport.simulate(algorithm=Own, arguments={"word": "a"}, **options)
    assert "<locals>" in run.parameters["algorithm"]
    assert lamport.rerun(run).events.equals(run.events)
    changed = lamport.rerun(run, arguments={"word": "b"}, duration=2)
    assert changed.states["word"].tolist() == ["b"] * 2
    roles = {1: Own, 2: lambda _: Own("c")}
    run = lamport.simulate(algorithm=roles, **options)
    again = lamport.rerun(run, log_dir=here / "again")
    assert again.states.equals(run.states)
    assert (here / "again" / "machine_2.log").exists()
    real = lamport.rerun(run, time="real", duration=0.3)
    assert sorted(real.states["word"]) == ["c", "none"]
    with pytest.raises(ValueError, match="<locals>"):
        lamport.rerun(run.parameters)
