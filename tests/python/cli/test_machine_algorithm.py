"""``lamport machine --algorithm``: an algorithm as one process, killed and resumed, and what it refuses."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

import lamport
from lamport import machine

MODULE = """
import lamport

class Ring(lamport.Algorithm):
    def __init__(self, pause, rounds=10, word="hop"):
        self.pause, self.rounds, self.word, self.seen = pause, rounds, word, 0

    def start(self, me):
        if me.id == 1:
            me.send(2, {self.word: 1})

    def on_message(self, me, sender, body):
        self.seen = body[self.word]
        me.state(seen=self.seen)
        if self.seen < self.rounds:
            me.timer("on", self.pause)

    def on_timer(self, me, name):
        me.send(me.peers, {self.word: self.seen + 1})
"""


RING = "--algorithm rings:Ring"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "rings.py").write_text(MODULE)
    yield tmp_path
    sys.modules.pop("rings", None)


def start(*options, module="lamport.machine"):
    # Modules of the current directory are found by the command, not by Python.
    command = [sys.executable, "-P", "-m", *module.split(), *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


@pytest.mark.parametrize("told", [False, True])
def test_two_processes_of_which_one_is_killed(here, told):
    ports = free_ports(2)
    logs = [here / f"machine_{machine}.log" for machine in (1, 2)]

    def begin(number, *more):
        other = 3 - number
        peer = f"{other}=" * told + f"127.0.0.1:{ports[other - 1]}"
        words = ["--id", number, "--port", ports[number - 1], "--peers", peer, "--log", logs[number - 1]]
        words += ["--algorithm=rings:Ring", "--set", "pause=0.02", "--set", "word=hop hop", "--set=rounds=12"]
        module = "lamport machine" if told else "lamport.machine"
        return start(*words, "--rate=200", "--duration=60", *more, module=module)

    children = [begin(1), begin(2)]

    def until(count):
        deadline = time.monotonic() + 40
        while sum(log.read_text().count('"seen"') for log in logs if log.exists()) < count:
            assert time.monotonic() < deadline, [child.poll() for child in children]
            time.sleep(0.005)

    try:
        until(5)
        children[1].kill()
        children[1].communicate()
        children[1] = begin(2, "--resume")
        until(12)
    finally:
        for child in children:
            child.send_signal(signal.SIGINT)
        said = [child.communicate(timeout=30) for child in children]
    assert [child.returncode for child in children] == [130, 130], said
    told = [line["state"]["seen"] for log in logs for line in lines(log) if "state" in line]
    assert sorted(told) == list(range(1, 13))
    first, *_, end = lines(logs[1])
    assert (first["algorithm"], end["event"]) == ("rings:Ring", "END")
    assert first["arguments"] == {"pause": 0.02, "word": "hop hop", "rounds": 12}
    assert [line["event"] for line in lines(logs[1])].count("STARTUP") == 2
    assert lamport.load(here).verify().ok


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--algorithm rings", "--algorithm 'rings' is not of the form module:Class"),
        ("--algorithm nowhere:Ring", "--algorithm 'nowhere:Ring': there is no module nowhere in the current"),
        ("--algorithm rings:Rong", "--algorithm 'rings:Rong': rings has no Rong (did you mean Ring?)"),
        (RING, "Ring needs the argument pause: give --set pause=..."),
        (
            f"{RING} --set pause=1 --set puse=2",
            "Ring has no argument puse (did you mean pause?)",
        ),
        ("--set hold=1", "--set is for an algorithm: give --algorithm, a class"),
        (
            f"{RING} --set pause=1 --broadcast-share 0.5",
            "--broadcast-share is for the built-in",
        ),
        ("--peers 2=a:1,b:2", 'argument --peers: bad peer "b:2": it has no id, and others have'),
        ("--peers 1=127.0.0.1:1", "peer 127.0.0.1:1 is told to be machine 1, which this machine is"),
    ],
)
def test_what_cannot_run_is_said_in_a_line(here, capsys, words, told):
    try:
        code = machine.main(["--id", "1", "--duration", "0.1", "--log", "a.log", *words.split()])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert told in error
    assert not os.path.exists("a.log")  # noqa: PTH110


def test_a_handler_that_fails_is_shown_with_its_traceback(here, capsys):
    (here / "rings.py").write_text(MODULE.replace("if me.id == 1:", "if me.id == 1 / 0:"))
    words = ["--id", "1", "--duration", "1", "--rate", "50", "--log", "a.log", "--algorithm", "rings:Ring"]
    assert machine.main([*words, "--set", "pause=1"]) == 1
    error = capsys.readouterr().err.splitlines()
    assert "raised ZeroDivisionError: division by zero (" in error[0]
    assert error[-1] == "ZeroDivisionError: division by zero"
    assert any('rings.py", line ' in line for line in error)
