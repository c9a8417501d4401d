"""Runs at the edges of a host: their first instants, few descriptors, stopped processes, one directory."""

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import lamport
from lamport._drive import machine_process
from lamport._drive.work import Work
from lamport._runs.claim import Claim

QUICK = {"rates": [20, 40], "duration": 0.3, "progress": False}
BOTH = pytest.mark.parametrize("processes", [False, True])


def last(log):
    return json.loads(log.read_text().splitlines()[-1])


def children(of="self"):
    tasks = Path(f"/proc/{of}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


# Ctrl-C in the first instants


FIRST = """
import signal, sys, threading, lamport
import lamport._drive.processes
at, log_dir, processes = float(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"

def again(lost):
    # Python drops what is raised in a callback of its own, as those of import locks: press once more.
    assert lost.exc_type is KeyboardInterrupt, lost
    threading.Timer(0.01, signal.raise_signal, [signal.SIGINT]).start()

sys.unraisablehook = again
try:
    threading.Timer(at, signal.raise_signal, [signal.SIGINT]).start()
    run = lamport.run_local(3, 60, rates=[20, 20, 20], log_dir=log_dir, processes=processes, progress=False)
    print("run", run.interrupted)
except KeyboardInterrupt:
    print("nothing")
"""


@BOTH
def test_ctrl_c_in_the_first_instants_gives_a_run_or_leaves_nothing(tmp_path, processes):
    times = [0.0, 0.002, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST, str(at), str(tmp_path / str(at)), str(processes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for at in times
    ]
    try:
        said = [child.communicate(timeout=60) for child in started]
    finally:
        for child in started:
            child.kill()
            child.wait()
            child.stdout.close()
            child.stderr.close()
    for at, (out, error) in zip(times, said, strict=True):
        home = tmp_path / str(at)
        if out == "nothing\n":
            assert not home.exists()
        else:
            assert (out, error) == ("run True\n", ""), at
            assert [last(home / f"machine_{number}.log")["event"] for number in (1, 2, 3)] == ["END"] * 3
            assert lamport.load(home).interrupted


def test_work_is_whole_whenever_its_watcher_is_interrupted():
    """A KeyboardInterrupt at every one of the first looks, and between them by signal."""
    for turn in range(30):
        looks, steps = [], []

        def work(work, steps=steps, turn=turn):
            steps.append("begun")
            if turn % 2:
                # Not before it is watched: until then Ctrl-C belongs to whoever presses it.
                time.sleep(turn / 10_000)
                signal.raise_signal(signal.SIGINT)
            work.ends.wait()
            steps.append("ended")
            return len(steps)

        def look(looks=looks, turn=turn):
            looks.append(turn)
            if len(looks) == 1 + turn % 3:
                raise KeyboardInterrupt

        doing = Work(work)
        if turn % 2:
            look = list
        assert doing.watch(look) == 2
        assert steps == ["begun", "ended"]
        assert doing.ends.is_set()


def test_a_second_ctrl_c_ends_the_work_at_once():
    def work(work):
        work.fails.wait()

    def look():
        raise KeyboardInterrupt

    doing = Work(work)
    with pytest.raises(KeyboardInterrupt):
        doing.watch(look)
    assert doing.fails.is_set()


# one directory


@BOTH
def test_a_directory_belongs_to_one_run(tmp_path, processes):
    """Of runs that begin at once one has it, and the others change nothing."""
    home = tmp_path / "a"
    home.mkdir()
    ends, together = [], threading.Barrier(4)

    def run(seed):
        together.wait()
        try:
            lamport.run_local(log_dir=home, seed=seed, processes=processes, **QUICK)
            ends.append(seed)
        except FileExistsError as error:
            ends.append(str(error))

    threads = [threading.Thread(target=run, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = (end for end in ends if isinstance(end, int))
    assert sum("run.json exists" in str(end) for end in ends) == 3
    loaded = lamport.load(home)
    assert loaded.parameters["seed"] == winner
    assert loaded.verify().ok
    assert {path.name for path in home.iterdir()} == {"run.json", "machine_1.log", "machine_2.log"}


def test_a_claim_takes_back_what_is_its_own(tmp_path):
    home = tmp_path / "mine"
    home.mkdir()
    for name in ("machine_1.log", "faults.json", "notes.txt"):
        (home / name).write_text("mine")
    claim = Claim(home, {"a": 1})
    assert json.loads((home / "run.json").read_text()) == {"a": 1}
    (home / "machine_2.log").write_text("of the run")
    claim.give_up()
    assert {path.name for path in home.iterdir()} == {"machine_1.log", "faults.json", "notes.txt"}
    new = Claim(tmp_path / "x" / "y", {})
    new.give_up()
    assert not (tmp_path / "x").exists()


def test_a_run_that_cannot_begin_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for processes in (False, True):
            with pytest.raises(OSError, match=str(port)):
                lamport.run_local(1, base_port=port, processes=processes, progress=False)
    assert not list(tmp_path.iterdir())


# more than there is room for


@BOTH
@pytest.mark.parametrize("machines", [100_000, 10**9, 2**32, 10**30])
@pytest.mark.parametrize("topology", ["full", "star"])
def test_more_machines_than_ports(tmp_path, monkeypatch, processes, machines, topology):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=str(machines)):
        lamport.run_local(machines, topology=topology, processes=processes)
    assert not list(tmp_path.iterdir())


@BOTH
def test_more_connections_than_files(tmp_path, monkeypatch, processes):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((OSError, lamport.LamportError), match=r"needs? .*available"):
        lamport.run_local(60_000, processes=processes)
    assert not list(tmp_path.iterdir())


def test_the_command_line_says_so_too(tmp_path, monkeypatch, capsys):
    from lamport._cli.commands import main

    monkeypatch.chdir(tmp_path)
    assert main(["run", "-n", "1000000000"]) == 2
    assert "1000000000 machines on one host" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


FEW = """
import resource, sys
import lamport, lamport._drive.local, lamport._drive.processes, pandas
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
try:
    lamport.run_local(3, 1, processes=sys.argv[1] == "True", progress=False)
except OSError as error:
    print(error)
"""


@BOTH
def test_few_descriptors_are_said_before_anything_is_made(tmp_path, processes):
    command = [sys.executable, "-c", FEW, str(processes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert re.search(r"this run needs \d+ open files but only \d+ are available", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.iterdir())


@BOTH
def test_a_taken_port_of_the_ephemeral_range_is_explained(tmp_path, processes):
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert low <= port <= high
        with pytest.raises(OSError, match=f"port {port} .*{low} to {high}.*choose one outside"):
            lamport.run_local(1, base_port=port, log_dir=tmp_path / "a", processes=processes)
    assert not (tmp_path / "a").exists()


def descriptors():
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize("fails", [False, True])
def test_a_run_that_is_over_has_nothing_open(tmp_path, fails):
    """Even where someone still has the run, its error, or a cycle of references to it."""
    options = {"log_dir": tmp_path / "a", "processes": True, "progress": False}
    setting = {"rates": [20, 20], "duration": 0.2, "faults": [lamport.Disconnect(1, 2, 0.1)]}
    gc.collect()
    gc.disable()
    try:
        before = descriptors()
        if fails:
            (tmp_path / "a" / "faults.json").mkdir(parents=True)
            with pytest.raises(IsADirectoryError) as caught:
                lamport.run_local(**setting, **options)
            assert caught.value.__traceback__
        else:
            lamport.run_local(**setting, **options)
        assert descriptors() <= before
    finally:
        gc.enable()


# processes that others stop


def stop_first(pids, log_dir, when):
    """Return a progress callable that stops machine 1 once."""

    def look(elapsed, *_):
        if elapsed > when and not pids:
            for child in children():
                words = Path(f"/proc/{child}/cmdline").read_bytes()
                if f"--log={log_dir}/machine_1.log".encode() in words.split(b"\0"):
                    pids.append(child)
                    os.kill(child, signal.SIGSTOP)

    return look


def test_a_stopped_process_is_let_go_on_when_the_run_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_process, "SILENT", 1.0)
    pids = []
    with pytest.warns(lamport.LamportWarning, match=r"machine 1 \(process \d+\) has said nothing for 1 s"):
        run = lamport.run_local(
            2, 1, rates=[20, 20], log_dir=tmp_path, processes=True, progress=stop_first(pids, tmp_path, 0.5)
        )
    assert pids
    assert run.machines["ticks"].tolist() == [20, 20]
    assert [last(log)["event"] for log in run.files] == ["END", "END"]


@pytest.mark.parametrize("interrupt", [False, True])
def test_a_process_that_was_stopped_for_long_before_the_end_is_let_go_on(tmp_path, monkeypatch, interrupt):
    monkeypatch.setattr(machine_process, "SILENT", 1.0)
    monkeypatch.setattr(machine_process, "LOST", 2.0)
    pids, struck = [], []
    stop = stop_first(pids, tmp_path, 0.3)

    def look(elapsed, *_):
        stop(elapsed)
        if interrupt and elapsed > 3 and not struck:
            struck.append(elapsed)
            signal.raise_signal(signal.SIGINT)

    with pytest.warns(lamport.LamportWarning, match=r"machine 1 .* has said nothing") as told:
        run = lamport.run_local(
            2, 60 if interrupt else 3, rates=[20, 20], log_dir=tmp_path, processes=True, progress=look
        )
    assert pids
    assert "for 1 s: if others have stopped it, kill -CONT" in str(told[0].message)
    assert run.interrupted == interrupt
    assert [last(log)["event"] for log in run.files] == ["END", "END"]


def test_a_process_that_stays_stopped_is_named_and_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_process, "SILENT", 0.6)
    monkeypatch.setattr(machine_process, "LOST", 1.5)
    pids = []
    tell = machine_process.MachineProcess._signal

    def tell_and_stop(self, number):
        tell(self, number)
        # Whoever has stopped it does so again, before it can get anywhere.
        for pid in pids if number == signal.SIGCONT else ():
            os.kill(pid, signal.SIGSTOP)

    monkeypatch.setattr(machine_process.MachineProcess, "_signal", tell_and_stop)
    options = {"log_dir": tmp_path, "processes": True, "progress": stop_first(pids, tmp_path, 0.3)}
    with (
        pytest.warns(lamport.LamportWarning, match="machine 1"),
        pytest.raises(
            lamport.LamportError, match=r"machine 1 \(process \d+\) .* does not end: it was killed"
        ),
    ):
        lamport.run_local(2, 0.6, rates=[20, 20], **options)
    assert last(tmp_path / "machine_2.log")["event"] == "END"
    assert not children() & set(pids)


def test_a_process_that_never_begins_is_named(tmp_path, monkeypatch):
    """The wait for its first word is bounded too."""
    monkeypatch.setattr(machine_process, "SILENT", 2.0)
    monkeypatch.setattr(machine_process, "STARTING", 0.5)
    start = machine_process.MachineProcess.start

    def start_and_stop(self, command, listener):
        start(self, command, listener)
        if self.machine == 2:
            os.kill(self._process.pid, signal.SIGSTOP)

    monkeypatch.setattr(machine_process.MachineProcess, "start", start_and_stop)
    began = time.monotonic()
    with pytest.raises(lamport.LamportError, match=r"machine 2 \(process .* does not begin: it was killed"):
        lamport.run_local(2, 60, rates=[20, 20], log_dir=tmp_path, processes=True, wait=30, progress=False)
    assert time.monotonic() - began < 30
    assert last(tmp_path / "machine_1.log")["event"] == "END"


def test_a_machine_that_others_end_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_process, "ECHO", 0.3)
    pids = []
    stop = stop_first(pids, tmp_path, 0.3)

    def look(*told):
        had = bool(pids)
        stop(*told)
        if pids and not had:
            os.kill(pids[0], signal.SIGTERM)
            os.kill(pids[0], signal.SIGCONT)

    with pytest.raises(lamport.LamportError, match=r"machine 1 failed .*143.*asked to end by SIGTERM"):
        lamport.run_local(2, 60, rates=[20, 20], log_dir=tmp_path, processes=True, progress=look)
    assert [last(tmp_path / f"machine_{number}.log")["event"] for number in (1, 2)] == ["END", "END"]
