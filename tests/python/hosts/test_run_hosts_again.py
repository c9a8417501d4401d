"""A run over hosts that is read, judged and run again."""

import json
import pickle
import sys

import pytest

import lamport
from lamport._cli.commands import main

APART = {1: 0.0, 2: 0.0, 3: 0.31, 4: 0.31, 5: -86400.0}
"""By how much the clock of each machine is ahead: three hosts, one a day behind."""


def here(word):
    return lamport.Host(["env", word], address="127.0.0.1", python=sys.executable)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Five machines on three hosts, all of them this one."""
    return lamport.run_hosts(
        [here("H=0"), here("H=1"), here("H=2")], 5, 2, rates=[40] * 5, seed=5,
        log_dir=tmp_path_factory.mktemp("hosts") / "run", progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def apart(real, tmp_path_factory):
    """The same, had the clocks of the hosts been apart."""
    home = tmp_path_factory.mktemp("apart")
    shift(real.log_dir, home)
    (home / "run.json").write_text((real.log_dir / "run.json").read_text())
    return home


def shift(directory, home):
    """Copy logs as clocks would have had them that are so much ahead."""
    for file in directory.glob("machine_*.log"):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        for line in lines:
            for field in {"system_time", "arrival_time", "began"} & set(line):
                line[field] = round(line[field] + APART[line["machine_id"]], 6)
        (home / file.name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_machines_of_a_host_share_an_offset(tmp_path):
    """Where every message takes as long, offsets are known exactly."""
    lamport.simulate(5, 20, rates=[10] * 5, latency=0.02, seed=1, log_dir=tmp_path / "as_made")
    home = tmp_path / "apart"
    home.mkdir()
    shift(tmp_path / "as_made", home)
    known = json.loads((tmp_path / "as_made" / "run.json").read_text())
    hosts = [{"name": name, "machines": ids} for name, ids in (("a", [1, 2]), ("b", [3, 4]), ("c", [5]))]
    (home / "run.json").write_text(json.dumps(known | {"hosts": hosts}))
    run = lamport.load(home)
    offsets = {int(machine): offset for machine, offset in run.parameters["offsets"].items()}
    assert offsets[1] == offsets[2]
    assert offsets[3] == offsets[4]
    assert offsets == pytest.approx({machine: -ahead for machine, ahead in APART.items()}, abs=1e-3)


def test_clocks_of_hosts_are_aligned_as_the_logs_are_read(real, apart):
    run = lamport.load(apart)
    assert run.parameters["aligned"] is True
    offsets = {int(machine): offset for machine, offset in run.parameters["offsets"].items()}
    bounds = run.align()
    for machine, ahead in APART.items():
        assert bounds["low"][machine] <= -ahead <= bounds["high"][machine]
        assert offsets[machine] == pytest.approx(-ahead, abs=0.1)
    assert run.events["time"].between(-0.1, 2.2).all()
    assert (
        run.messages["arrived"].dropna() >= run.messages["sent"][run.messages["arrived"].notna()] - 2e-6
    ).all()
    assert run.machines["ticks"].tolist() == real.machines["ticks"].tolist()


def test_a_run_is_read_so_whoever_reads_it(real, apart):
    loaded = lamport.load(apart)
    made = lamport.Run(apart, parameters=json.loads((apart / "run.json").read_text()))
    for other in (made, pickle.loads(pickle.dumps(loaded)), pickle.loads(pickle.dumps(made))):
        assert other.events["time"].equals(loaded.events["time"])
        assert other.parameters["offsets"] == loaded.parameters["offsets"]
        assert other.parameters["began"] == loaded.parameters["began"]


def test_times_can_be_left_as_they_were_logged(apart):
    run = lamport.load(apart, offsets={})
    assert run.events["time"].max() - run.events["time"].min() > 86_000
    assert "aligned" not in run.parameters
    by_hand = lamport.load(apart, offsets={3: -0.31, 4: -0.31, 5: 86400})
    assert by_hand.parameters["offsets"] == {"3": -0.31, "4": -0.31, "5": 86400}


def test_they_are_judged_by_whether_any_offsets_fit(apart, capsys):
    for done in (lamport.verify(apart), lamport.load(apart).verify(), lamport.Run(
        apart, parameters=json.loads((apart / "run.json").read_text())
    ).verify()):  # fmt: skip
        assert done.ok, str(done)
        assert done.checked["time"] > 100
        assert not any("clock_uncertainty" in text for text in done.unchecked)
    assert main(["verify", str(apart)]) == 0
    # As logged, and by clocks that would be a second apart at most, they are none.
    assert not lamport.verify(apart, offsets={}, clock_uncertainty=1).ok


def test_a_message_that_arrives_before_it_was_sent_is_found_all_the_same(apart, tmp_path):
    """Clocks that no offsets explain: one steps by a second on the way."""
    for file in apart.iterdir():
        text = file.read_text()
        if file.name == "machine_5.log":
            lines = [json.loads(line) for line in text.splitlines()]
            for line in lines[len(lines) // 2 :]:
                for field in {"system_time", "arrival_time"} & set(line):
                    line[field] = round(line[field] + 1, 6)
            text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / file.name).write_text(text)
    done = lamport.verify(tmp_path)
    assert not done.ok
    assert done.counts["time"] > 0
    run = lamport.load(tmp_path)
    assert any("cannot be aligned, so times are as logged" in note for note in run.notes)
    assert "offsets" not in run.parameters


@pytest.mark.parametrize(
    "told",
    [
        {"hosts": "many"},
        {"hosts": [1, 2]},
        {"hosts": [{"machines": 3}, {}]},
        {"hosts": [{"machines": [[1]]}, {"machines": ["2"]}]},
        {"lost": 3},
        {"lost": [3, {}, {"machines": 1}, {"machines": [[1]], "host": None}]},
    ],
)
def test_a_run_json_that_was_edited_by_hand(apart, tmp_path, told):
    for file in apart.glob("machine_*.log"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "run.json").write_text(json.dumps(json.loads((apart / "run.json").read_text()) | told))
    run = lamport.load(tmp_path)
    assert len(run.events) > 0
    assert isinstance(run.notes, list)
    assert lamport.verify(tmp_path).received > 0


def test_it_runs_again_here_unless_hosts_are_said(real, tmp_path):
    again = lamport.rerun(real, duration=0.5, log_dir=tmp_path / "here", progress=False)
    assert again.parameters["processes"] is True
    assert "hosts" not in again.parameters
    assert [again.parameters[name] for name in ("seed", "rates")] == [5, [40.0] * 5]
    there = lamport.rerun(
        real.log_dir, duration=0.5, hosts=[here("H=9")], log_dir=tmp_path / "there", progress=False
    )
    assert [host["name"] for host in there.parameters["hosts"]] == ["env H=9"]
    assert there.parameters["seed"] == 5
    assert there.machines["ticks"].tolist() == [20] * 5
    assert len(lamport.rerun(real, time="virtual").events) > 0


def test_what_goes_with_hosts_alone(real):
    with pytest.raises(ValueError, match='hosts= is for a run in real time, not for time="virtual"'):
        lamport.rerun(real, time="virtual", hosts=["a"])
    with pytest.raises(ValueError, match="listen= goes with hosts="):
        lamport.rerun(real, listen="10.0.0.1")


def test_run_json_never_says_what_is_run(real, tmp_path, monkeypatch):
    """Whoever sends a directory sends no command with it."""
    ran = tmp_path / "ran"
    known = dict(
        real.parameters, hosts=[{"name": "x", "where": ["touch", str(ran)], "machines": [1, 2, 3, 4, 5]}]
    )
    lamport.rerun(known, duration=0.2, log_dir=tmp_path / "run", progress=False)
    assert not ran.exists()


def test_the_command_runs_on_the_hosts_of_a_file(tmp_path, capsys):
    hosts = tmp_path / "hosts.toml"
    hosts.write_text(
        f'python = "{sys.executable}"\n'
        '[[hosts]]\nwhere = ["env", "H=1"]\naddress = "127.0.0.1"\n'
        '[[hosts]]\nwhere = ["env", "H=2"]\naddress = "127.0.0.1"\nmachines = 2\n'
    )
    made = tmp_path / "run"
    words = ["--duration", "0.5", "--log-dir", str(made), "--no-report", "--no-progress"]
    assert main(["run", "--hosts", str(hosts), *words]) == 0
    assert json.loads((made / "run.json").read_text())["hosts"][1]["machines"] == [2, 3]
    assert "logs: " in capsys.readouterr().out
    again = tmp_path / "again"
    words[3] = str(again)
    assert main(["rerun", str(made), "--hosts", str(hosts), *words]) == 0
    assert len(json.loads((again / "run.json").read_text())["hosts"]) == 2
    assert lamport.verify(again).ok
