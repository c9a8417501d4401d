"""The key that a run draws for itself: whom it keeps out, where it is, how a killed run comes back."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from machines import ended, free_ports, processes

import lamport
from lamport._cli.commands import main

QUICK = {"duration": 0.4, "rates": [30, 60], "internal_probability": 0.3, "progress": False}
MADE_UP = 9 * 10**15


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch):
    monkeypatch.delenv("LAMPORT_KEY", raising=False)


def startup(log):
    with Path(log).open(encoding="utf-8") as file:
        return json.loads(file.readline())


def said_to(port, words):
    """Say something in plain text, and more whatever the answer is. Gives all that comes back."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), 5) as line, suppress(OSError):
        line.sendall(words)
        line.settimeout(0.5)
        heard += line.recv(65536)
        line.sendall(b"%d:2\n%d:99\n" % (MADE_UP, MADE_UP))
        while data := line.recv(65536):
            heard += data
    return heard


@pytest.mark.parametrize("apart", [False, True])
def test_a_stranger_on_loopback_learns_nothing_and_moves_no_clock(tmp_path, apart):
    """Even one that has read the logs, and knows the run id and the histories of all machines."""
    directory, heard, known = tmp_path / "run", [], []

    def intrude(elapsed, *_):
        if heard or not elapsed:
            return
        lines = [startup(log) for log in sorted(directory.glob("machine_*.log"))]
        known.extend(word for line in lines for word in (line["run_id"], line["history"]))
        for at in lines:
            names = [("lab", 2, "0" * 16)]
            names += [(at["run_id"], sender, line["history"]) for line in lines for sender in (1, 2, 99)]
            for run_id, sender, history in names:
                hello = f"lamport/1 {run_id} {sender} {history} {'1' * 16}\n"
                heard.append(said_to(at["listen"][1], hello.encode()))
            heard.append(said_to(at["listen"][1], b"GET / HTTP/1.1\r\n\r\n"))

    quick = QUICK | {"duration": 3, "progress": intrude}
    with pytest.warns(lamport.LamportWarning):
        run = lamport.run_local(**quick, processes=apart, log_dir=directory)
    assert len(heard) == 2 * (1 + 2 * 3 + 1)
    assert len(set(known)) == 3
    for answer in heard:
        assert not any(word.encode() in answer for word in known), answer
        assert not answer or answer.startswith(b"no ")
    assert run.verify().ok
    assert run.machines["final_clock"].max() < 1000
    assert set(run.messages["sender"]) <= {1, 2}
    assert (run.messages["status"] == "received").sum() > 10


@pytest.mark.parametrize("apart", [False, True])
def test_a_run_draws_a_key_and_keeps_it_until_it_ends(tmp_path, apart):
    directory, seen = tmp_path / "run", set()

    def look(*_):
        path = directory / "run.key"
        seen.add((path.read_text(), stat.S_IMODE(path.stat().st_mode)))

    before = os.umask(0)
    try:
        run = lamport.run_local(**QUICK | {"progress": look}, processes=apart, log_dir=directory)
    finally:
        os.umask(before)
    ((text, mode),) = seen
    assert mode == 0o600
    assert len(bytes.fromhex(text)) == 32
    assert run.parameters["keyed"] is True
    assert json.loads((directory / "run.json").read_text())["keyed"] is True
    assert not (directory / "run.key").exists()
    for path in filter(Path.is_file, directory.rglob("*")):
        assert text.strip() not in path.read_text()
    assert text.strip() not in repr(run) + repr(run.parameters)
    assert run.verify().ok


def test_every_run_draws_its_own(tmp_path):
    texts = []
    for name in "ab":
        path = tmp_path / name / "run.key"
        look = QUICK | {"progress": lambda *_, path=path: texts.append(path.read_text())}
        lamport.run_local(**look, seed=1, log_dir=tmp_path / name)
    assert len(set(texts)) == 2


def test_given_ports_or_none_make_a_plain_run(tmp_path):
    (port, *_) = free_ports(1)
    told = []
    one = QUICK | {"rates": [30], "progress": lambda *_: told.extend(tmp_path.rglob("run.key"))}
    for name, more in [
        ("a", {"base_port": port}),
        ("b", {"key": None}),
        ("c", {"key": None, "processes": True}),
    ]:
        run = lamport.run_local(**one, **more, log_dir=tmp_path / name)
        assert run.parameters["keyed"] is False
    assert not told
    run = lamport.run_local(**QUICK | {"rates": [30]}, base_port=port, key="0" * 64, log_dir=tmp_path / "d")
    assert run.parameters["keyed"] is True


@pytest.mark.parametrize("apart", [False, True])
def test_where_the_ports_are_given_another_machine_can_join(tmp_path, apart):
    port, *_ = free_ports(1)
    joined = []

    def join(*_):
        first = tmp_path / "run" / "machine_1.log"
        if not joined and first.exists() and first.read_text():
            log, peers = tmp_path / "machine_3.log", [("127.0.0.1", port)]
            run_id = startup(first)["run_id"]
            guest = lamport.Machine(3, 0, peers, log, 60, run_id=run_id, clock_rate=1)
            joined.append(guest)
            guest.send_message()

    options = {"base_port": port, "processes": apart, "log_dir": tmp_path / "run"}
    try:
        run = lamport.run_local(**QUICK | {"rates": [30], "duration": 2, "progress": join}, **options)
    finally:
        for guest in joined:
            guest.stop()
    assert 3 in run.events["sender"].dropna().tolist()
    for check in (run.verify(), lamport.verify(tmp_path / "run")):
        assert check.ok, check.violations.to_string()
        assert check.checked["membership"] == 0
        told = f"run.json: base_port is {port}, others can join: "
        assert [text for text in check.unchecked if text.startswith(told)]


def test_the_command_line_turns_it_off(tmp_path, monkeypatch, capsys):
    words = ["run", "--duration", "0.2", "--rates", "20,40", "--no-progress", "--no-report", "--log-dir"]
    assert main([*words, str(tmp_path / "a")]) == 0
    assert lamport.load(tmp_path / "a").parameters["keyed"] is True
    monkeypatch.setenv("LAMPORT_KEY", "no key at all")
    assert main([*words, str(tmp_path / "b"), "--no-key"]) == 0
    assert lamport.load(tmp_path / "b").parameters["keyed"] is False
    assert main([*words, str(tmp_path / "c"), "--no-key", "--key-file", "lab.key"]) == 2
    assert "--no-key and --key-file lab.key exclude each other" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


def test_an_interrupted_run_forgets_its_key(tmp_path):
    def interrupt(elapsed, *_):
        if elapsed > 0.2 and not struck:
            struck.append(elapsed)
            assert (tmp_path / "a" / "run.key").exists()
            signal.raise_signal(signal.SIGINT)

    struck = []
    run = lamport.run_local(**QUICK | {"duration": 60, "progress": interrupt}, log_dir=tmp_path / "a")
    assert run.interrupted
    assert not (tmp_path / "a" / "run.key").exists()


@pytest.mark.parametrize("apart", [False, True])
def test_a_run_that_cannot_begin_leaves_no_key_and_takes_none(tmp_path, apart):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = QUICK | {"rates": [30], "base_port": taken.getsockname()[1], "key": "0" * 64}
        with pytest.raises(OSError, match="port"):
            lamport.run_local(**options, processes=apart, log_dir=tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "run.key").write_text("of another run\n")
    with pytest.raises(FileExistsError, match=r"run\.key"):
        lamport.run_local(**QUICK, processes=apart, log_dir=tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of another run\n"]


KILLED = """
import sys, lamport
lamport.run_local(duration=60, rates=[30, 60], internal_probability=0.3, log_dir=sys.argv[1],
                  processes=sys.argv[2] == "True",
                  progress=lambda elapsed, *_: elapsed > 0.5 and print("on", flush=True))
"""


def children(parent):
    """The processes that this one started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if int(entry.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found


@pytest.mark.parametrize("apart", [False, True])
def test_machines_of_a_killed_run_come_back_with_its_key(tmp_path, apart):
    logs = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, str(logs), str(apart)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as parent:
        assert parent.stdout.readline() == "on\n"
        parent.send_signal(signal.SIGSTOP)
        machines = children(parent.pid)
        assert len(machines) == 2 * apart
        for process in (*machines, parent.pid):
            os.kill(process, signal.SIGKILL)
    key, record = logs / "run.key", json.loads((logs / "run.json").read_text())
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert record["keyed"] is True
    files = [logs / "machine_1.log", logs / "machine_2.log"]
    assert not any('"event": "END"' in file.read_text() for file in files)
    ports = [startup(file)["listen"][1] for file in files]

    def words(machine, *more):
        return [
            "--resume", "--id", machine, "--port", ports[machine - 1], "--log", files[machine - 1],
            "--peers", f"127.0.0.1:{ports[2 - machine]}", "--run-id", record["run_id"],
            "--internal-probability", 0.3, "--duration", 1.5, *more,
        ]  # fmt: skip

    before = time.time()
    with processes() as start:
        again = [start(*words(machine, "--key-file", key)) for machine in (1, 2)]
        assert list(map(ended, again)) == [(0, ""), (0, "")]
    run = lamport.load(logs)
    assert run.verify().ok
    later = [line for file in files for line in map(json.loads, file.read_text().splitlines())]
    assert any(line["event"] == "RECEIVE" and line["system_time"] > before for line in later)
    assert not any(line.get("undelivered") for line in later)


def test_the_wait_grows_with_the_connections():
    from lamport._drive.wait import wait_of

    assert wait_of(None, 0) == wait_of(None, 10_000) == 10
    assert wait_of(None, 200 * 199) == pytest.approx(39.8)
    assert wait_of(0, 200 * 199) == 0
    assert wait_of(2.5, 3) == 2.5
