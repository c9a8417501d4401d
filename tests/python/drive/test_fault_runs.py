"""What runs do under faults."""

import json
import os
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machines import ended, free_ports, lines, processes

import lamport
from lamport._cli.commands import main
from lamport._drive.ports import Ports
from lamport._model.fault import faults_json


@pytest.mark.parametrize("as_processes", [False, True])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lamport.Crash(4, at=1), "crash of machine 4.*1"),
        (lamport.Pause(1, at=-1, duration=1), "-1"),
        (lamport.Pause(1, at=1, duration=0), "no length"),
        (lamport.Partition([[1], [1, 2]], at=1, duration=1), "1"),
        (lamport.Disconnect(1, 9, at=1), "9"),
    ],
)
def test_an_impossible_fault_leaves_nothing_behind(tmp_path, as_processes, fault, words):
    with pytest.raises(ValueError, match=words):
        lamport.run_local(duration=1, faults=[fault], log_dir=tmp_path / "run", processes=as_processes)
    assert not (tmp_path / "run").exists()


def test_two_faults_of_a_machine_at_a_time(tmp_path):
    overlapping = [lamport.Crash(1, at=1, down_for=2), lamport.Pause(1, at=2, duration=1)]
    for as_processes in (False, True):
        with pytest.raises(ValueError, match="machine 1 overlap at 2 s"):
            lamport.run_local(
                duration=5, faults=overlapping, log_dir=tmp_path / "run", processes=as_processes
            )


def everything(log_dir):
    """Count what is sent, received, unread and undelivered, from the logs."""
    counts = {"SEND": 0, "RECEIVE": 0, "UNREAD": 0, "undelivered": 0, "STARTUP": [], "END": []}
    for path in sorted(log_dir.glob("machine_*.log")):
        found = [json.loads(line) for line in path.read_text().splitlines()]
        counts["STARTUP"].append(sum(line["event"] == "STARTUP" for line in found))
        counts["END"].append(sum(line["event"] == "END" for line in found))
        counts["SEND"] += sum(len(line["recipients"]) for line in found if line["event"] == "SEND")
        for event in ("RECEIVE", "UNREAD"):
            counts[event] += sum(line["event"] == event for line in found)
        counts["undelivered"] += sum(
            n for line in found if line["event"] == "END" for _, n in line["undelivered"]
        )
    return counts


@pytest.mark.parametrize("as_processes", [False, True])
def test_a_run_loses_nothing_to_them(tmp_path, as_processes):
    schedule = [
        lamport.Crash(1, at=0.6, down_for=0.7),
        lamport.Pause(2, at=0.8, duration=0.7),
        lamport.Crash(3, at=1.6, down_for=0.3),
        lamport.Partition([[1], [2, 3]], at=2.2, duration=0.6),
        lamport.Delay(2, 3, 0.1, at=1, duration=2),
        lamport.Disconnect(3, 1, at=3.1),
        lamport.Crash(1, at=3.2, down_for=0.2),
    ]
    run = lamport.run_local(
        duration=6,
        rates=[40, 50, 60],
        internal_probability=0.3,
        seed=5,
        faults=schedule,
        log_dir=tmp_path / "run",
        processes=as_processes,
        progress=False,
    )
    done = run.verify()
    assert done.ok, done
    counts = everything(run.log_dir)
    assert counts["STARTUP"] == [3, 1, 2]
    assert counts["END"] == [1, 1, 1]
    assert counts["undelivered"] == 0
    assert counts["SEND"] == counts["RECEIVE"] + counts["UNREAD"] > 200
    ticks = run.machines["ticks"]
    # Who is down does not tick; who stands still ticks late.
    assert ticks[1] <= 40 * (6 - 0.9) + 2
    assert ticks[2] == 300
    assert run.machines["lateness_max"][2] > 0.6
    assert run.parameters["faults"] == faults_json(schedule)
    assert run.faults == tuple(schedule)
    again = lamport.load(run.log_dir)
    assert again.faults == run.faults
    assert again.parameters == run.parameters
    # Nothing passes a partition, whatever was under way.
    zero = run.events["system_time"] - run.events["time"]
    assert zero.to_numpy() == pytest.approx(run.parameters["began"], abs=2e-6)
    across = run.messages[(run.messages["sender"] == 3) & (run.messages["recipient"] == 1)]
    slack = 0.15 if as_processes else 0.05
    assert not across["arrived"].between(2.2 + slack, 2.8 - slack).any()
    assert across["sent"].between(2.2, 2.8).any()


@pytest.mark.parametrize("as_processes", [False, True])
def test_a_machine_that_stays_down(tmp_path, as_processes):
    run = lamport.run_local(
        duration=1.5,
        rates=[20, 20, 20],
        internal_probability=0.3,
        faults=[lamport.Crash(2, at=0.5)],
        log_dir=tmp_path / "run",
        processes=as_processes,
        progress=False,
    )
    counts = everything(run.log_dir)
    assert counts["STARTUP"] == [1, 1, 1]
    assert counts["END"] == [1, 0, 1]
    assert run.verify().ok
    assert any("machine_2" in note and "END" in note for note in run.notes)


def test_a_pause_that_outlasts_the_run(tmp_path):
    for as_processes in (False, True):
        run = lamport.run_local(
            duration=1,
            rates=[20, 20],
            faults=[lamport.Pause(2, at=0.5, duration=600)],
            log_dir=tmp_path / str(as_processes),
            processes=as_processes,
            progress=False,
        )
        assert run.verify().ok
        assert run.machines["ticks"].tolist() == [20, 20]
        assert lines(run.log_dir / "machine_2.log")


class Interrupt:
    """A progress callback that interrupts at a time of the run."""

    def __init__(self, at):
        self.at = at

    def __call__(self, elapsed, *_):
        if elapsed > self.at:
            self.at = float("inf")
            raise KeyboardInterrupt


@pytest.mark.parametrize("as_processes", [False, True])
@pytest.mark.parametrize(
    "fault", [lamport.Pause(2, at=0.3, duration=500), lamport.Crash(2, at=0.3, down_for=500)]
)
def test_ctrl_c_during_a_fault(tmp_path, as_processes, fault):
    began = time.monotonic()
    run = lamport.run_local(
        duration=600,
        rates=[20, 20],
        faults=[fault],
        log_dir=tmp_path / "run",
        processes=as_processes,
        progress=Interrupt(1),
    )
    assert time.monotonic() - began < 60
    assert run.interrupted
    assert run.verify().ok
    paused = isinstance(fault, lamport.Pause)
    assert everything(run.log_dir)["END"] == [1, int(paused)]
    assert _children() == []


def test_a_failed_run_leaves_no_stopped_process(tmp_path):
    def fail(elapsed, *_):
        if elapsed > 0.8:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        lamport.run_local(
            duration=600,
            rates=[20, 20],
            faults=[lamport.Pause(2, at=0.3, duration=500)],
            log_dir=tmp_path / "run",
            processes=True,
            progress=fail,
        )
    assert _children() == []


def _children():
    """Give the machines' processes that this one started and that are still there."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    numbers = children.read_text().split() if children.exists() else []
    return [number for number in numbers if b"lamport.machine" in _command_line(number)]


def _command_line(number):
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def test_a_port_stays_taken_while_its_machine_is_down():
    ports = Ports({1: [0], 2: [0]}, keep=True)
    ports.hand_over()
    port = ports.numbers[2]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    with ports.open(2), socket.create_connection(("127.0.0.1", port)):
        pass
    with ports.open(2):
        pass
    ports.close()


SCHEDULE = [
    lamport.Crash(1, at=10, down_for=5),
    lamport.Pause(2, at=12, duration=4),
    lamport.Partition([[1], [2, 3]], at=20, duration=10),
    lamport.Delay(2, 3, lamport.Exponential(0.5), at=31, duration=10),
    lamport.Disconnect(3, 1, at=42),
]


def test_simulated_faults_are_exact(tmp_path):
    options = {"rates": [3, 5, 7], "internal_probability": 0.3, "seed": 1978, "faults": SCHEDULE}
    run = lamport.simulate(duration=60, log_dir=tmp_path / "a", **options)
    lamport.simulate(duration=60, log_dir=tmp_path / "b", **options)
    for number in (1, 2, 3):
        name = f"machine_{number}.log"
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert run.verify().ok, run.verify()
    assert lamport.load(tmp_path / "a").faults == run.faults == tuple(SCHEDULE)
    events, messages = run.events, run.messages
    first, second = events[events["machine_id"] == 1], events[events["machine_id"] == 2]
    assert not first["time"].between(10, 15, inclusive="neither").any()
    assert not second["time"].between(12, 16, inclusive="neither").any()
    assert run.machines["ticks"][2] == 300
    assert 3 * 55 - 1 <= run.machines["ticks"][1] <= 3 * 55
    across = messages[(messages["sender"] == 1) | (messages["recipient"] == 1)]
    assert not across["arrived"].between(20.001, 30, inclusive="left").any()
    assert across["sent"].between(20, 30).any()
    slow = messages[(messages["sender"] == 2) & (messages["recipient"] == 3)]
    late = (slow["arrived"] - slow["sent"])[slow["sent"].between(31, 41)]
    assert late.max() > 0.1
    counts = everything(tmp_path / "a")
    assert counts["STARTUP"] == [2, 1, 1]


@given(st.integers(0, 2**53 - 1), st.floats(0.01, 2))
def test_whatever_is_drawn_gives_a_possible_history(seed, rate):
    schedule = lamport.random_faults(seed, rate, machines=4, duration=20)
    run = lamport.simulate(4, 20, internal_probability=0.4, seed=seed, faults=schedule)
    assert run.verify().ok, run.verify()
    assert run.parameters["faults"] == faults_json(schedule)


def test_simulations_refuse_impossible_faults():
    with pytest.raises(ValueError, match="4"):
        lamport.simulate(3, 10, faults=[lamport.Crash(4, at=1)])


def test_sweep_takes_faults():
    options = {"runs": 5, "duration": 60, "rates": [3, 5, 7]}
    once = lamport.sweep({"max_rate": [1, 2]}, faults=iter(SCHEDULE), **options)
    assert once.equals(lamport.sweep({"max_rate": [1, 2]}, faults=SCHEDULE, **options))
    plain = lamport.sweep([{}], **options)
    fixed = lamport.sweep([{}], faults=SCHEDULE, **options)
    assert (fixed["ticks"] <= plain["ticks"]).all()
    assert (fixed["ticks"] < plain["ticks"])[fixed["machine_id"] == 1].all()
    varied = lamport.sweep({"faults": [[], SCHEDULE]}, **options)
    assert list(varied["faults"].unique()) == ["no faults", "5 faults"]
    for label, frame in (("no faults", plain), ("5 faults", fixed)):
        part = varied[varied["faults"] == label].reset_index(drop=True)
        assert (part[list(plain.columns)] == frame.reset_index(drop=True)).all(axis=None)
    row = fixed.iloc[0]
    run = lamport.simulate(duration=60, rates=[3, 5, 7], seed=int(row["seed"]), faults=SCHEDULE)
    assert run.machines["ticks"].tolist() == fixed["ticks"].iloc[:3].tolist()


def test_command_line(tmp_path, capsys):
    path = tmp_path / "faults.json"
    schedule = [lamport.Crash(1, at=0.3, down_for=0.2), lamport.Disconnect(2, 1, at=0.8)]
    path.write_text(json.dumps(faults_json(schedule)))
    words = ["--duration", "1.5", "--rates", "20,20", "--no-progress", "--no-report", "--faults", str(path)]
    for command in ("run", "simulate"):
        assert main([command, *words, "--log-dir", str(tmp_path / command)]) == 0
        run = lamport.load(tmp_path / command)
        assert run.faults == tuple(schedule)
        assert everything(run.log_dir)["STARTUP"] == [2, 1]
    capsys.readouterr()
    path.write_text('[{"fault": "crash", "machine": 1}]')
    odd = tmp_path / "odd.json"
    odd.write_text(
        json.dumps([{"fault": "delay", "src": 1, "dst": 2, "at": 1, "duration": 1, "latency": [["x"], 2]}])
    )
    files = (path, odd, tmp_path / "none")
    for words in (["run", "--faults", str(files[0])], *(["simulate", "--faults", str(f)] for f in files[1:])):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "has no 'at'" in told
    assert "latency [['x'], 2] is not known" in told
    assert "No such file" in told


def test_machines_by_hand_take_the_faults_of_their_links(tmp_path):
    ports = free_ports(2)
    path = tmp_path / "faults.json"
    cut = [lamport.Partition(pairs=[(1, 2)], at=0.5, duration=1), lamport.Crash(1, at=0.5)]
    path.write_text(json.dumps(faults_json(cut)))
    with processes() as start:
        started = []
        for number, (own, other) in enumerate((ports, ports[::-1]), 1):
            log = tmp_path / f"machine_{number}.log"
            options = ["--id", number, "--port", own, "--peers", f"127.0.0.1:{other}", "--log", log]
            options += ["--duration", 2.5, "--rate", 40, "--internal-probability", 0.3, "--faults", path]
            started.append(start(*options))
        first, second = (ended(machine) for machine in started)
    warning = (
        "lamport: machine 1: of --faults it takes those of its links; "
        "its crashes and pauses are left to whoever started this process\n"
    )
    assert (first, second) == ((0, warning), (0, ""))
    run = lamport.load(tmp_path)
    assert run.verify().ok
    arrived = run.messages.dropna(subset="arrived").sort_values("arrived").groupby("sender")["arrived"]
    there, back = (arrived.get_group(sender).to_numpy() for sender in (1, 2))
    longest = np.diff(there).argmax()
    start, stop = there[longest : longest + 2]
    # One way only, and nobody crashed: that is for whoever started the processes.
    assert stop - start > 0.99
    assert ((back > start) & (back < stop)).sum() > 10  # of 28 on average
    assert run.machines["ticks"].tolist() == [100, 100]


LATE = [
    lamport.Crash(1, at=2),
    lamport.Pause(1, at=2.5, duration=1),
    lamport.Partition([[1], [2]], at=3, duration=1),
    lamport.Delay(1, 2, 0.1, at=3, duration=1),
    lamport.Disconnect(1, 2, at=3),
]
STRANGE = [lamport.Crash(4, at=1), lamport.Delay(1, 4, 0.1, at=1, duration=1)]


@pytest.mark.parametrize(
    "run",
    [
        lambda **given: lamport.simulate(**given, rates=[1, 1, 1], duration=2),
        lambda **given: lamport.sweep([{"duration": 2} | given], runs=1, rates=[1, 1, 1], progress=False),
        lambda **given: lamport.run_local(**given, rates=[1, 1, 1], duration=2, progress=False),
        lambda **given: lamport.run_local(
            **given, rates=[1, 1, 1], duration=2, progress=False, processes=True
        ),
    ],
    ids=["simulate", "sweep", "run_local", "processes"],
)
def test_a_fault_that_cannot_happen_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for fault in LATE:
        with pytest.raises(ValueError, match=f"at {fault.at:g} s never happens: the run ends at 2 s"):
            run(faults=[fault])
    for fault in STRANGE:
        with pytest.raises(ValueError, match=r"no machine 4 in this run of 3 machines, 1 \.\. 3"):
            run(faults=[fault])
    assert not list(tmp_path.rglob("*.log"))


def test_a_machine_refuses_a_fault_after_its_end(tmp_path):
    log = tmp_path / "machine_1.log"
    for fault in LATE:
        with pytest.raises(ValueError, match="never happens: the run ends at 2 s"):
            lamport.Machine(1, 0, [], log, 2, faults=[fault])
    assert not log.exists()
