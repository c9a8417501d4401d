"""Runs over hosts that are commands on this one."""

import importlib
import json
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cloudpickle
import pytest

import lamport
from lamport._drive import spoken
from lamport._hosts import hosts_run, steps
from lamport._hosts.client import Client
from lamport._hosts.handler_error import handler_error

STAND_IN = Path(__file__).with_name("stand_in.py")
PLAN = {"progress": False, "limits": False}


def here(*words, **more):
    """A host that is this one."""
    known = {"address": "127.0.0.1", "python": sys.executable}
    return lamport.Host(["env", *words], **{**known, **more})


def bad(mode, **more):
    """A host whose agent is none, or does not behave."""
    return lamport.Host([sys.executable, str(STAND_IN), mode], **more)


def begun(run_dir, seconds=60):
    """Wait until machines tick."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if "began" in json.loads((run_dir / "run.json").read_text()):
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    raise AssertionError("ticking did not begin")


def after_begin(run_dir, call):
    """Call this once machines tick, beside the run."""

    def wait():
        begun(run_dir)
        call()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_machines_of_three_hosts_are_one_run(tmp_path, mark):
    shown = []
    run = lamport.run_hosts(
        [here("H=0"), here("H=1", machines=1), here("H=2")],
        duration=1.5,
        rates=[40, 20, 10, 30, 25],
        seed=1978,
        log_dir=tmp_path / "run",
        progress=lambda *told: shown.append(told),
    )
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        *(f"machine_{machine}.log" for machine in range(1, 6)),
        "run.json",
    ]
    kept = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [host["machines"] for host in kept["hosts"]] == [[1, 2], [3], [4, 5]]
    assert [host["name"] for host in kept["hosts"]] == ["env H=0", "env H=1", "env H=2"]
    assert {host["address"] for host in kept["hosts"]} == {"127.0.0.1"}
    assert all(abs(host["began"] - kept["began"]) < 5 for host in kept["hosts"])
    assert kept["keyed"] is True
    assert run.machines["ticks"].tolist() == [60, 30, 15, 45, 37]
    done = run.verify()
    assert done.ok, str(done)
    assert done.checked["time"] > 0
    assert not (run.messages["status"] == "unknown").any()
    assert run.notes == []
    assert shown[-1][1] == run.machines["final_clock"].tolist()
    assert not mark.pids("lamport.agent")
    mark.wait_until_gone("-m", seconds=5)


def test_a_key_can_be_left_out_and_draws_are_those_of_a_simulation(tmp_path, mark):
    run = lamport.run_hosts(
        [here()], machines=2, duration=0.5, seed=3, key=None, log_dir=tmp_path / "r", **PLAN
    )
    assert run.parameters["keyed"] is False
    assert run.parameters["rates"] == lamport.simulate(2, 1, seed=3).parameters["rates"]
    assert run.verify().ok


def test_faults_and_latency_are_carried_out_there(tmp_path, mark):
    faults = [lamport.Crash(1, at=0.4, down_for=0.2), lamport.Pause(3, at=0.3, duration=0.3)]
    latency = lamport.Empirical([0.001 + number / 1e6 for number in range(500)])
    run = lamport.run_hosts(
        [here("H=0"), here("H=1")], duration=1.5, rates=[30] * 4, faults=faults, latency=latency,
        log_dir=tmp_path / "r", **PLAN,
    )  # fmt: skip
    assert run.faults == tuple(faults)
    assert run.machines["ticks"].loc[1] < 45
    assert run.machines["ticks"].loc[[2, 3, 4]].tolist() == [45] * 3
    assert run.verify().ok
    flights = run.messages["arrived"] - run.messages["sent"]
    assert flights.dropna().min() > 0.0005


class Token(lamport.Algorithm):
    """Goes around three times."""

    def start(self, me):
        if me.id == 1:
            me.send(2, 1)

    def on_message(self, me, sender, body):  # noqa: ARG002
        if body < 3 * len(me.machines):
            me.send(me.id % len(me.machines) + 1, body + 1)


class Fails(lamport.Algorithm):
    """Raises what no other host knows."""

    def start(self, me):
        if me.id == 2:
            raise RuntimeError("not today")


def test_an_algorithm_goes_to_hosts_and_ends_when_all_is_quiet(tmp_path, mark):
    run = lamport.run_hosts(
        [here("H=0"), here("H=1")], 3, 30, rates=[20] * 3, algorithm=Token, until="quiet",
        log_dir=tmp_path / "r", **PLAN,
    )  # fmt: skip
    assert (run.messages["status"] == "received").sum() == 9
    assert run.events["time"].max() < 15
    assert run.verify().ok
    assert run.parameters["algorithm"].endswith("Token")


def test_what_a_handler_raises_there_is_raised_here(tmp_path, mark):
    with pytest.raises(lamport.AlgorithmError, match="not today") as raised:
        lamport.run_hosts(
            [here("H=0"), here("H=1")], 2, 5, rates=[20] * 2, algorithm=Fails, log_dir=tmp_path / "r", **PLAN
        )
    assert raised.value.machine == 2
    assert repr(raised.value.__cause__) == "RuntimeError('not today')"
    mark.wait_until_gone("-m", seconds=10)


def test_nothing_that_a_host_says_is_run_here(tmp_path, mark):
    made = tmp_path / "made"
    evil = lamport.Host([sys.executable, str(STAND_IN), "evil", str(made)], address="127.0.0.1")
    with pytest.raises(lamport.LamportError, match=r"so there.*open is no error"):
        lamport.run_hosts([evil], 1, 1, rates=20, algorithm=Token, log_dir=tmp_path / "r", **PLAN)
    assert not made.exists()
    assert not mark.pids("stand_in")


@pytest.mark.parametrize(
    ("error", "is_read"),
    [
        (lamport.AlgorithmError("m", machine=3, seed=4), True),
        (KeyboardInterrupt("k"), True),
        (FileNotFoundError(2, "not there", "f"), True),
        (type("Own", (Exception,), {"__module__": "elsewhere"})("o"), False),
        (lamport.simulate, False),
        (print, False),
        (sys.exit, False),
        ({"machine": 1}, False),
    ],
)
def test_of_what_a_host_says_only_errors_are_read(error, is_read):
    told = pickle.dumps((cloudpickle.dumps(error), None)).hex()
    if not is_read:
        with pytest.raises((pickle.UnpicklingError, TypeError)):
            handler_error(told)
        return
    read = handler_error(told)
    assert (type(read), read.args, vars(read)) == (type(error), error.args, vars(error))


def test_an_algorithm_may_need_what_the_environment_says(tmp_path, mark, monkeypatch):
    """As where modules of a cluster set PYTHONPATH, here and on its nodes."""
    (tmp_path / "found_by_path.py").write_text("def first():\n    return 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    needed = importlib.import_module("found_by_path")

    class Needs(lamport.Algorithm):
        first = staticmethod(needed.first)

        def start(self, me):
            if me.id == 1:
                me.send(self.first(), "there")

    # What the user wants sent by value stays so.
    this = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(this)
    run = lamport.run_hosts(
        [here(), here()], 2, 20, rates=20, algorithm=Needs, until="quiet", log_dir=tmp_path / "r", **PLAN
    )
    cloudpickle.unregister_pickle_by_value(this)
    assert run.messages["status"].tolist() == ["received"]
    mark.wait_until_gone("-m", seconds=10)


BEFORE = {
    "noise": ["ended (exit status 127)", "Welcome to this host!", "command not found", "python='/path"],
    "missing": ["has no lamport there", f"pip install lamport=={lamport.__version__}"],
    "old": ["is older than agents"],
    "version": ["has lamport 0.0.9", lamport.__version__, "install one version"],
    "protocol": ["protocol 7", "install one version"],
    "files": ["only 24 files", "ulimit -Hn"],
    "homeless": ["it has 10.0.0.7, 10.1.0.7", "address="],
    "busy": ["ports 9000 to 9001 are in use"],
    "garbled": ["'reserved' in a way that no agent of this version does"],
    "rubbish": ["no JSON object"],
    "endless": ["'reserved' in a way that no agent of this version does"],
    "several": ["'hello' in a way that no agent of this version does", "10.0.0.7:1,10.0.0.8"],
    "dies": ["the line to it ended (exit status 1): there is no room here"],
    "strange": ["machine 77 is not one of its"],
}


@pytest.mark.parametrize("mode", BEFORE)
def test_a_host_that_does_not_fit_is_named_and_nothing_runs(mode, tmp_path, mark):
    host = bad(mode)
    with pytest.raises((lamport.LamportError, OSError)) as raised:
        lamport.run_hosts([host, bad("far")], log_dir=tmp_path / "logs" / "run", **PLAN)
    told = str(raised.value)
    assert host.name in told
    assert all(part in told for part in BEFORE[mode]), told
    assert "\x1b" not in told
    assert not (tmp_path / "logs").exists()
    assert not mark.pids("lamport.agent")


def test_hosts_that_cannot_connect_are_a_table(tmp_path, mark):
    with pytest.raises(lamport.LamportError) as raised:
        lamport.run_hosts([bad("blocked"), bad("far")], log_dir=tmp_path / "run", **PLAN)
    told = str(raised.value)
    assert "1 pair of hosts cannot connect, and nothing was started" in told
    row = told.splitlines()[2].replace(bad("blocked").name, "BLOCKED").replace(bad("far").name, "FAR")
    assert row.split() == ["BLOCKED", "FAR", "10.0.0.7:40003", "timed", "out"]
    assert "timed out" in told
    assert all(remedy in told for remedy in ("firewall", "ports=", "address=", "listen="))
    assert not (tmp_path / "run").exists()


def test_loopback_is_no_place_for_others(tmp_path, mark):
    with pytest.raises(lamport.LamportError, match=r"was reached at 127\.0\.0\.1.*address="):
        lamport.run_hosts([bad("near"), bad("far")], log_dir=tmp_path / "run", **PLAN)


def test_a_host_that_stalls_before_its_first_line(tmp_path, mark, monkeypatch):
    monkeypatch.setattr(steps, "HELLO", 1.0)
    with pytest.raises(lamport.LamportError, match="after 1 s nothing came before the first line") as raised:
        lamport.run_hosts([bad("stall"), bad("far")], log_dir=tmp_path / "run", **PLAN)
    assert "Last login: yesterday" in str(raised.value)
    assert not mark.pids("lamport.agent")


def test_a_host_that_falls_silent_before_ticking(tmp_path, mark, monkeypatch):
    monkeypatch.setattr("lamport._hosts.station.SILENCE", 1.0)
    monkeypatch.setattr(hosts_run, "ENDING", 0.5)
    with pytest.raises(lamport.LamportError, match=r"stand_in.py silent: it has said nothing for \d+ s"):
        lamport.run_hosts([bad("silent")], log_dir=tmp_path / "run", **PLAN)
    assert not mark.pids("lamport.agent")
    assert spoken.SILENCE == 15


def test_a_program_that_is_not_here(tmp_path):
    with pytest.raises(lamport.LamportError, match="host nosuchprogram x: there is no program"):
        lamport.run_hosts([["nosuchprogram", "x"]], log_dir=tmp_path / "run", **PLAN)
    assert not (tmp_path / "run").exists()


def test_noise_before_the_first_line_harms_nothing(tmp_path, mark):
    noisy = lamport.Host(
        ["sh", "-c", 'echo motd; echo "$0 $@"; exec "$0" "$@"'], address="127.0.0.1", python=sys.executable
    )
    run = lamport.run_hosts([noisy], duration=0.5, rates=[20, 20], log_dir=tmp_path / "run", **PLAN)
    assert run.machines["ticks"].tolist() == [10, 10]


def test_the_log_of_anothers_machine_is_refused(tmp_path, mark):
    with pytest.warns(lamport.LamportWarning, match="is lost: it says 'log' in a way that no agent"):
        run = lamport.run_hosts(
            [bad("foreign", address="127.0.0.1"), here()], 2, 0.5, rates=[20, 20],
            topology={1: [2], 2: []}, log_dir=tmp_path / "run", **PLAN,
        )  # fmt: skip
    assert not (tmp_path / "run" / "machine_77.log").exists()
    assert run.parameters["lost"][0]["machines"] == [1]


def test_a_log_without_its_end_is_not_whole(tmp_path, mark):
    with pytest.warns(lamport.LamportWarning, match="is lost: it says 'gathered' in a way that no agent"):
        run = lamport.run_hosts(
            [bad("torn", address="127.0.0.1"), here()], 2, 0.5, rates=[20, 20],
            topology={1: [2], 2: []}, log_dir=tmp_path / "run", **PLAN,
        )  # fmt: skip
    assert run.parameters["lost"][0]["machines"] == [1]


@pytest.mark.parametrize("ends", ["status", "kill"])
def test_what_a_command_started_ends_with_it(ends):
    client = Client(["sh", "-c", "sleep 600 & echo $!"])
    with os.fdopen(client.writing, "wb"), os.fdopen(client.reading) as said, os.fdopen(client.printed):
        helper = Path(f"/proc/{int(said.readline())}")
        assert helper.exists()
        # The command itself is over at once.
        assert client.status(10) == 0 if ends == "status" else client.kill() is None
        assert said.read() == ""
    until = time.monotonic() + 10
    while helper.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not helper.exists()


def kill_one(mark, marker):
    """Kill the agent that has this word in its environment."""
    pids = mark.agents()
    for pid in pids:
        # Its machines are copies of it.
        is_machine = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) in pids
        if not is_machine and marker.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            os.kill(pid, signal.SIGKILL)
            return
    raise AssertionError(f"no agent has {marker}")


def test_a_host_that_is_lost_costs_its_machines_only(tmp_path, mark):
    where = tmp_path / "run"
    thread = after_begin(where, lambda: kill_one(mark, "H=1"))
    with pytest.warns(lamport.LamportWarning, match="host env H=1 is lost: .*its machines 3 to 4 ended"):
        run = lamport.run_hosts(
            [here("H=0"), here("H=1"), here("H=2")], 6, 3, rates=[20] * 6, log_dir=where, **PLAN
        )
    thread.join()
    (lost,) = json.loads((where / "run.json").read_text())["lost"]
    assert (lost["host"], lost["machines"]) == ("env H=1", [3, 4])
    assert run.machines.index.tolist() == [1, 2, 5, 6]
    assert run.machines["ticks"].tolist() == [60] * 4
    assert any("host env H=1 was lost after" in note for note in run.notes)
    assert any("host env H=1 was lost after" in note for note in lamport.load(where).notes)
    assert not run.interrupted
    assert run.verify().ok, str(run.verify())
    mark.wait_until_gone("-m", seconds=20)


def test_all_hosts_lost(tmp_path, mark):
    where = tmp_path / "run"
    thread = after_begin(where, lambda: kill_one(mark, "H=0"))
    with (
        pytest.warns(lamport.LamportWarning, match="host env H=0 is lost"),
        pytest.raises(lamport.LamportError, match="every host was lost, and no log is here: env H=0: "),
    ):
        lamport.run_hosts([here("H=0")], 2, 20, log_dir=where, **PLAN)
    thread.join()
    mark.wait_until_gone("-m", seconds=20)


def test_ctrl_c_ends_it_in_order(tmp_path, mark):
    where = tmp_path / "run"
    thread = after_begin(where, lambda: os.kill(os.getpid(), signal.SIGINT))
    run = lamport.run_hosts([here("H=0"), here("H=1")], 4, 60, rates=[20] * 4, log_dir=where, **PLAN)
    thread.join()
    assert run.interrupted
    assert json.loads((where / "run.json").read_text())["interrupted"] is True
    assert run.machines.index.tolist() == [1, 2, 3, 4]
    assert not any("END" in note for note in run.notes)
    assert run.verify().ok
    assert not mark.pids("lamport.agent")


def test_ctrl_c_before_ticking_leaves_nothing(tmp_path, mark):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        lamport.run_hosts([bad("stall")], log_dir=tmp_path / "run", **PLAN)
    assert not (tmp_path / "run").exists()
    assert not mark.pids("lamport.agent")


def test_a_directory_that_holds_a_run_is_refused_before_any_host_is_asked(tmp_path, mark):
    lamport.simulate(2, 1, log_dir=tmp_path / "run")
    with pytest.raises(FileExistsError):
        lamport.run_hosts([bad("stall")], log_dir=tmp_path / "run", **PLAN)


def test_the_command_ends_by_a_signal_before_ticking_too(tmp_path, mark):
    hosts = tmp_path / "hosts.toml"
    hosts.write_text(f'[[hosts]]\nwhere = ["{sys.executable}", "{STAND_IN}", "stall"]\n')
    command = [
        sys.executable,
        "-m",
        "lamport",
        "run",
        "--hosts",
        str(hosts),
        "--log-dir",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not mark.pids("lamport.agent") and time.monotonic() < until:
        time.sleep(0.02)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert time.monotonic() < began + steps.HELLO / 2
    assert "interrupted" in said
    assert not (tmp_path / "run").exists()
    assert not mark.pids("lamport.agent")


def test_a_log_that_is_there_is_never_overwritten(tmp_path, mark):
    where = tmp_path / "run"
    where.mkdir()
    (where / "machine_2.log").write_text("")
    with pytest.raises(FileExistsError, match=r"machine_2\.log exists"):
        lamport.run_hosts([bad("stall")], log_dir=where, **PLAN)
    assert [path.name for path in where.iterdir()] == ["machine_2.log"]


def test_a_command_that_does_not_pass_its_input_on(tmp_path, mark):
    deaf = lamport.Host(["sh", "-c", 'exec "$0" "$@" < /dev/null'], python=sys.executable)
    with pytest.raises(lamport.LamportError, match=r"does not pass standard input on.*docker exec -i"):
        lamport.run_hosts([deaf], log_dir=tmp_path / "run", **PLAN)


def test_all_hosts_that_fail_are_named(tmp_path, mark):
    with pytest.raises(lamport.LamportError) as raised:
        lamport.run_hosts([bad("missing"), bad("far"), bad("old")], log_dir=tmp_path / "run", **PLAN)
    told = str(raised.value)
    assert f"host {bad('missing').name}: " in told
    assert f"host {bad('old').name}: " in told
    assert f"host {bad('far').name}: " not in told


def test_logs_that_cannot_be_written_here_are_kept_there(tmp_path, mark):
    """No file of this process may be longer than what ``run.json`` needs."""
    where = tmp_path / "run"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    thread = after_begin(where, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1])))
    try:
        with (
            pytest.warns(
                lamport.LamportWarning, match="host env H=0 keeps what its machines logged"
            ) as warned,
            pytest.raises(OSError, match=r"File too large: .*machine_\d\.log"),
        ):
            lamport.run_hosts([here("H=0")], 2, 2, rates=[20, 20], log_dir=where, **PLAN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    thread.join()
    (kept,) = {Path(str(each.message).rpartition(" in ")[2]) for each in warned}
    mark.wait_until_gone("-m", seconds=20)
    assert lamport.verify(kept).ok
    shutil.rmtree(kept)
