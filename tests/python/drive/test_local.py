"""Short runs over real TCP."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

import lamport

BUSY = {"rates": [10, 20, 40], "internal_probability": 0.2, "progress": False}


def check_complete(run, ticks=None):
    """No message is lost, every cause has the smaller number, every log is whole."""
    machines, messages = run.machines, run.messages
    if ticks is not None:
        assert machines["ticks"].tolist() == ticks
    assert set(messages["status"]) <= {"received", "unread"}
    received = messages[messages["status"] == "received"]
    assert (received["sent_clock"] < received["received_clock"]).all()
    assert len(received) == machines["receives"].sum()
    unread = messages["status"].eq("unread").groupby(messages["recipient"]).sum()
    final = machines["final_queue_len"]
    assert unread.reindex(final.index, fill_value=0).tolist() == final.tolist()
    for file in run.files:
        assert json.loads(file.read_text().splitlines()[-1])["event"] == "END"


@pytest.mark.parametrize("processes", [False, True])
def test_every_tick_and_no_message_lost(tmp_path, processes):
    run = lamport.run_local(duration=1, log_dir=tmp_path / "a", processes=processes, **BUSY)
    check_complete(run, [10, 20, 40])
    assert not run.interrupted
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert record["rates"] == [10, 20, 40]
    assert record["processes"] is processes
    assert 0 <= record["seed"] < 2**53
    assert record["version"] == lamport.__version__
    assert record["run_id"]
    datetime.fromisoformat(record["started"])


@pytest.mark.parametrize("topology", ["ring", "star", "line", {1: [2], 2: [3], 3: [1]}, {1: [2, 3]}])
def test_topologies(tmp_path, topology):
    run = lamport.run_local(duration=0.5, topology=topology, log_dir=tmp_path / "a", **BUSY)
    check_complete(run, [5, 10, 20])
    sent = run.messages[["sender", "recipient"]].drop_duplicates().astype(int).itertuples(index=False)
    allowed = {(int(i), peer) for i, peers in run.parameters["topology"].items() for peer in peers}
    assert set(map(tuple, sent)) <= allowed


def test_directed_topology_as_processes(tmp_path):
    options = {"duration": 0.5, "topology": {1: [2, 3]}, "log_dir": tmp_path / "a", "processes": True}
    check_complete(lamport.run_local(**options, **BUSY), [5, 10, 20])


def test_a_seed_draws_the_same_rates_and_actions_as_processes(tmp_path):
    options = {"duration": 1, "seed": 11, "internal_probability": 1, "progress": False}
    threads = lamport.run_local(log_dir=tmp_path / "a", **options)
    processes = lamport.run_local(log_dir=tmp_path / "b", processes=True, **options)
    assert threads.parameters["rates"] == processes.parameters["rates"]
    assert threads.machines["clock_rate"].tolist() == processes.machines["clock_rate"].tolist()
    record = json.loads((tmp_path / "b" / "run.json").read_text())
    assert record["rates"] == processes.machines["clock_rate"].tolist()


def test_processes_take_many_measured_delays(tmp_path):
    """More than a command line has room for."""
    delays = lamport.Empirical(number / 1e7 / 3 for number in range(10_000))
    assert sum(len(repr(delay)) for delay in delays.delays) > 128 * 1024
    options = {"duration": 0.5, "rates": [20, 40], "progress": False, "processes": True}
    run = lamport.run_local(latency=delays, log_dir=tmp_path / "a", **options)
    check_complete(run, [10, 20])
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert json.loads((tmp_path / "a" / "latency.json").read_text()) == record["latency"]
    with pytest.raises(ValueError, match="rate"):
        lamport.run_local(latency=delays, log_dir=tmp_path / "b", **{**options, "rates": [1, 0]})


def test_a_record_is_enough_to_run_again(tmp_path):
    first = lamport.run_local(2, duration=0.5, max_rate=20, log_dir=tmp_path / "a", progress=False)
    kept = (
        "machines",
        "duration",
        "rates",
        "max_rate",
        "internal_probability",
        "broadcast_share",
        "topology",
    )
    kept += ("seed", "base_port", "processes", "wait", "precise")
    again = lamport.run_local(
        **{name: first.parameters[name] for name in kept}, log_dir=tmp_path / "b", progress=False
    )
    assert again.machines["ticks"].tolist() == first.machines["ticks"].tolist()


def test_directories_are_named_after_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"machines": 1, "duration": 0.05, "rates": [20], "progress": False}
    names = [lamport.run_local(**options).log_dir for _ in range(3)]
    assert len(set(names)) == 3
    for name in names:
        assert name.parent == tmp_path / "logs"
        assert re.fullmatch(r"run_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(_\d+)?", name.name)


@pytest.mark.parametrize("processes", [False, True])
def test_logs_are_never_overwritten(tmp_path, processes):
    options = {"machines": 1, "duration": 0.05, "rates": [20], "progress": False, "processes": processes}
    lamport.run_local(log_dir=tmp_path, **options)
    log = (tmp_path / "machine_1.log").read_bytes()
    with pytest.raises(FileExistsError, match=r"run\.json exists"):
        lamport.run_local(log_dir=tmp_path, **options)
    (tmp_path / "run.json").unlink()
    with pytest.raises(FileExistsError, match=r"machine_1\.log"):
        lamport.run_local(log_dir=tmp_path, **options)
    assert (tmp_path / "machine_1.log").read_bytes() == log
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": 0}, "duration"),
        ({"duration": float("inf")}, "duration"),
        ({"rates": [1, 0, 3]}, "rate"),
        ({"internal_probability": 1.2}, r"1\.2"),
        ({"broadcast_share": -0.5}, r"-0\.5"),
        ({"seed": 2**53}, str(2**53)),
        ({"max_rate": 0}, "0"),
        ({"wait": -1}, "-1"),
        ({"machines": 2, "rates": [1, 2, 3]}, "machines=2, but rates has 3"),
        ({"topology": "mesh"}, "mesh"),
        ({"processes": True, "duration": -2}, "-2"),
        ({"processes": True, "rates": [1, 0, 3]}, "rate"),
        ({"processes": True, "base_port": 65535}, "65536"),
    ],
)
def test_bad_arguments(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        lamport.run_local(**{"duration": 1, "progress": False, **options})
    if not options.get("processes"):
        assert not list(tmp_path.glob("logs/*"))


@pytest.mark.parametrize("processes", [False, True])
def test_port_in_use(tmp_path, processes):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            lamport.run_local(1, log_dir=tmp_path / "a", base_port=port, processes=processes, progress=False)


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        lamport.run_local(1, duration=0.1, log_dir=tmp_path / "file" / "logs", progress=False)


@pytest.mark.parametrize("processes", [False, True])
def test_progress_is_told(tmp_path, processes):
    told = []
    lamport.run_local(
        duration=1,
        rates=[20, 20],
        log_dir=tmp_path / "a",
        progress=lambda *state: told.append(state),
        processes=processes,
    )
    elapsed, clocks, queues = told[-1]
    assert 0.5 < elapsed < 5
    assert len(clocks) == len(queues) == 2
    assert min(clocks) >= 10
    assert [state[0] for state in told] == sorted(state[0] for state in told)


@pytest.mark.parametrize("processes", [False, True])
def test_an_error_of_the_callback_ends_the_run(tmp_path, processes):
    def fail(*_):
        raise RuntimeError("enough")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="enough"):
        lamport.run_local(
            duration=60, rates=[5, 5], log_dir=tmp_path / "a", progress=fail, processes=processes
        )
    assert threading.active_count() == before


INTERRUPTED = """
import sys, lamport
run = lamport.run_local(duration=60, rates=[10, 20, 40], internal_probability=0.2, log_dir=sys.argv[1],
                        processes=sys.argv[2] == "True",
                        progress=lambda elapsed, clocks, queues: elapsed > 0.5 and print("on", flush=True))
print("interrupted", run.interrupted, run.drift >= 0)
"""


@pytest.mark.parametrize("processes", [False, True])
def test_ctrl_c_gives_what_there_is(tmp_path, processes):
    logs = tmp_path / "a"
    command = [sys.executable, "-c", INTERRUPTED, str(logs), str(processes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as child:
        assert child.stdout.readline() == "on\n"
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
        rest = child.stdout.read()
    assert child.returncode == 0
    assert rest.endswith("interrupted True True\n")
    run = lamport.load(logs)
    assert run.interrupted
    assert run.parameters["rates"] == [10, 20, 40]
    check_complete(run)
    assert 0 < run.machines["ticks"].max() < 40 * 30


def test_processes_end_when_their_parent_dies(tmp_path):
    logs = tmp_path / "a"
    command = [sys.executable, "-c", INTERRUPTED, str(logs), "True"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "on\n"
        child.kill()
    deadline = time.monotonic() + 20
    files = [logs / f"machine_{number}.log" for number in (1, 2, 3)]
    while not all('"event": "END"' in file.read_text() for file in files):
        assert time.monotonic() < deadline, "the machines go on without their parent"
        time.sleep(0.1)


def test_a_process_that_dies_fails_the_run(tmp_path):
    def kill(*_):
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--id=2" in words and f"--log={tmp_path / 'a' / 'machine_2.log'}".encode() in words:
                os.kill(int(entry.parent.name), signal.SIGKILL)

    with pytest.raises(lamport.LamportError, match=r"machine 2 failed \(signal SIGKILL\)"):
        lamport.run_local(duration=60, log_dir=tmp_path / "a", processes=True, rates=[5, 5, 5], progress=kill)
