"""The page on the wire: machines in other languages, as it shows them, against our own."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lamport

DOCS = Path(__file__).parents[2] / "docs"
OWN = DOCS / "how-to" / "own-machine.md"
PYTHON = [sys.executable, "-I", str(DOCS / "clients" / "machine.py")]
NODE = [shutil.which("node") or "node", str(DOCS / "clients" / "machine.js")]
CLIENTS = pytest.mark.parametrize("client", [PYTHON, NODE], ids=["python", "node"])
BODIES = [
    None,
    True,
    -7,
    0.1,
    'Größe \U0001f600 \x7f\x85\n"\\',
    [1, [2, {}]],
    {"question": {"text": "x" * 60_000}},
    {"last": 2**53},
]


class Asker(lamport.Algorithm):
    """Asks machine 2 one thing after the other, and keeps what it answers."""

    def __init__(self, pause=0.0):
        self.pause, self.asked = pause, 0

    def start(self, me):
        self.ask(me)

    def ask(self, me):
        me.send(2, BODIES[self.asked % len(BODIES)])
        self.asked += 1

    def on_message(self, me, _sender, body):
        me.state(echo=body["echo"], its=body["clock"])
        if self.asked < 2 * len(BODIES):
            me.timer("again", self.pause)

    def on_timer(self, me, _name):
        self.ask(me)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Client:
    """A machine of another language at work, as machine 2."""

    def __init__(self, command, port, peer, *more):
        words = [*command, "2", str(port), f"127.0.0.1:{peer}", *more]
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        _, self.said = self.process.communicate()


def made(path, port, **options):
    given = {"clock_rate": 200, "seed": 1, "host": "127.0.0.1", **options}
    listen = given.pop("listen_port", 0)
    return lamport.Machine(1, listen, {2: ("127.0.0.1", port)}, path / "machine_1.log", 60, **given)


def lines(path):
    return [json.loads(line) for line in (path / "machine_1.log").read_text().splitlines()]


def until(condition, machine):
    deadline = time.monotonic() + 60
    while not condition():
        assert not machine.join(0.01), "it ended"
        assert time.monotonic() < deadline, machine.warnings()


def check(path):
    """Each body came and went once, as it was; returns how often the machine started."""
    echoes = [line["state"] for line in lines(path) if "state" in line]
    assert [state["echo"] for state in echoes] == BODIES * 2
    assert [state["its"] for state in echoes] == sorted({state["its"] for state in echoes})
    run = lamport.load(path)
    assert run.verify().ok
    assert lines(path)[-1]["event"] == "END"
    return [line["event"] for line in lines(path)].count("STARTUP")


@CLIENTS
def test_bodies_both_ways(tmp_path, client):
    port = free_port()
    with made(tmp_path, port, algorithm=Asker) as machine, Client(client, port, machine.listen_port):
        machine.start()
        until(lambda: (tmp_path / "machine_1.log").read_text().count('"state"') == 2 * len(BODIES), machine)
        assert machine.warnings() == []
    assert check(tmp_path) == 1
    assert lines(tmp_path)[-1]["undelivered"] == []


@CLIENTS
def test_what_a_machine_that_was_killed_had_not_heard_comes_again(tmp_path, client):
    port = free_port()
    first = made(tmp_path, port, algorithm=Asker, clock_rate=50)
    listen = first.listen_port
    with Client(client, port, listen):
        # Steps by hand, and then it is gone as if it was killed, with an answer that it has not logged.
        received, deadline = 0, time.monotonic() + 60
        while received < 3 or first.queue_len == 0:
            received += (first.tick() or {}).get("event") == "RECEIVE"
            time.sleep(0.01)
            assert time.monotonic() < deadline
        # It says that it has accepted it.
        time.sleep(0.1)
        del first
        given = {"algorithm": Asker, "listen_port": listen, "resume": True, "clock_rate": 50}
        with made(tmp_path, port, **given) as again:
            again.start()
            until(lambda: (tmp_path / "machine_1.log").read_text().count('"state"') == 2 * len(BODIES), again)
    assert check(tmp_path) == 2


@CLIENTS
def test_with_the_built_in_behaviour(tmp_path, client):
    port = free_port()
    machine = made(tmp_path, port, clock_rate=100, internal_probability=0)
    with machine, Client(client, port, machine.listen_port, "lamport/1"):
        machine.start()
        until(lambda: (tmp_path / "machine_1.log").read_text().count("RECEIVE") >= 20, machine)
    run = lamport.load(tmp_path)
    assert run.verify().ok
    received = [line for line in lines(tmp_path) if line["event"] == "RECEIVE"]
    assert {line["sender"] for line in received} == {2}
    assert not any("body" in line for line in lines(tmp_path))


@CLIENTS
def test_who_speaks_otherwise_is_told(tmp_path, client):
    port = free_port()
    with made(tmp_path, port, clock_rate=100) as machine:
        with Client(client, port, machine.listen_port) as other:
            machine.start()
            warnings = []
            until(lambda: "no " in str(warnings.extend(machine.warnings()) or warnings), machine)
            time.sleep(0.3)
        assert "no this machine, 2, has an algorithm, and machine 1 has no algorithm" in other.said
    assert any("refused machine 2" in warning for warning in warnings)


NAMES = "0123456789abcdef 0123456789abcdef"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"lamport/2 lob 2 {NAMES}", "it belongs to another run"),
        (f"lamport/1 lab 2 {NAMES}", "this machine, 2, has no algorithm, and machine 1 has an algorithm"),
        (f"lamport/2 lab 1 {NAMES}", "duplicate id"),
        (f"lamport/2 lab 3 {NAMES}", "machine 3 is not a peer"),
        (b"\x000" + bytes(48), "this machine has no key"),
        (f"lamport/2 lab 2 {NAMES}", "this machine has a key"),
    ],
)
def test_who_is_refused_is_told_what_the_page_says(tmp_path, said, told):
    page = (DOCS / "reference" / "wire.md").read_text(encoding="utf-8")
    assert f"`{told.replace('machine 3', 'machine 2')}`" in page
    key = bytes(32) if "has a key" in told else None
    with (
        made(tmp_path, free_port(), algorithm=Asker, key=key) as machine,
        socket.create_connection(("127.0.0.1", machine.listen_port), timeout=10) as connection,
    ):
        connection.sendall(said if isinstance(said, bytes) else f"{said}\n".encode())
        answer = connection.makefile().readline()
    assert answer.startswith(f"no {told}")


def test_the_page_shows_the_files():
    page = OWN.read_text(encoding="utf-8")
    for name, language in [("machine.py", "python"), ("machine.js", "javascript")]:
        text = (DOCS / "clients" / name).read_text(encoding="utf-8")
        assert f"```{language}\n{text}```\n" in page
        code = [line for line in re.sub(r'"""[^"]*"""', "", text).splitlines() if line.strip()]
        assert 40 <= sum(not line.lstrip().startswith("//") for line in code) <= 60  # as the page says
        assert "import lamport" not in text
    assert max(len(line) for line in page.splitlines() if not line.startswith(("{", "lamport "))) <= 125


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_commands_of_the_page(tmp_path, language):
    """What the page has one type, with other ports."""
    page = OWN.read_text(encoding="utf-8")
    theirs, ours = free_port(), free_port()
    command = next(line for line in page.splitlines() if line.startswith("lamport machine "))
    command = command.replace("5001", str(ours)).replace("5002", str(theirs))
    asker = re.search(r"```python\n# asker.py\n(.*?)```", page, re.DOTALL)
    (tmp_path / "asker.py").write_text(asker[1], encoding="utf-8")
    words = [sys.executable, "-m", "lamport", *command.split()[1:]]
    with Client(PYTHON if language == "python" else NODE, theirs, ours):
        done = subprocess.run(words, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    verify = [sys.executable, "-m", "lamport", "verify", "logs"]
    assert "verify logs" in page
    judged = subprocess.run(verify, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert judged.returncode == 0, judged.stdout
    assert len([line for line in lines(tmp_path / "logs") if "state" in line]) > 3


def test_a_log_of_ones_own_is_checked_against_ours(tmp_path):
    """The two lines that the page shows are all that a machine has to log."""
    page = OWN.read_text(encoding="utf-8")
    theirs = re.findall(r"^\{.*\}$", page, re.MULTILINE)
    assert len(theirs) == 2
    ours = [
        {
            "event": "SEND",
            "system_time": 1677782102.9,
            "machine_id": 1,
            "old_clock": 6,
            "new_clock": 7,
            "recipients": [2],
        },
        {"event": "RECEIVE", "system_time": 1677782103, "machine_id": 1, "old_clock": 7, "new_clock": 10}
        | {"sender": 2, "sent_clock": 9},
    ]
    (tmp_path / "machine_1.log").write_text("".join(f"{json.dumps(line)}\n" for line in ours))
    mine = tmp_path / "machine_2.log"
    mine.write_text("".join(f"{line}\n" for line in theirs))
    run = lamport.load(tmp_path)
    assert run.verify().ok
    assert run.messages["received"].notna().all()
    mine.write_text(
        mine.read_text()
        .replace('"new_clock": 8', '"new_clock": 7')
        .replace('"old_clock": 8', '"old_clock": 7')
    )
    assert not lamport.verify(tmp_path).ok
