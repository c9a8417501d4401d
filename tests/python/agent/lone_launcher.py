"""A launcher of a few lines, which says to an agent what a test wants."""

import base64
import json
import os
import selectors
import signal
import subprocess
import sys
import time
import zlib
from contextlib import contextmanager, suppress

from lamport._drive.spoken import SIGN, order

PATIENCE = 60


class Agent:
    """An agent's process, and the two pipes to it."""

    def __init__(self, command, **options):
        options = {"stderr": subprocess.PIPE, "start_new_session": True} | options
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        self.heard = []
        self._rest = b""
        self._next = 0

    def order(self, do, **more):
        self.process.stdin.write(order({"do": do, **more}))
        self.process.stdin.flush()

    def read(self, seconds=0.0):
        """Read what there is; whether there may be more."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                return True
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        *lines, self._rest = (self._rest + data).split(b"\n")
        sign = SIGN.encode()
        assert all(not line or line.startswith(sign) for line in lines), lines
        self.heard += [json.loads(line.removeprefix(sign)) for line in lines if line]
        return bool(data)

    def wait_for(self, say, seconds=PATIENCE, **more):
        """Wait until it says a word with these values; what it then has said."""
        until = time.monotonic() + seconds
        told = time.monotonic()
        place = self._next
        while True:
            for number in range(place, len(self.heard)):
                said = self.heard[number]
                if said["say"] == say and more.items() <= said.items():
                    self._next = number + 1
                    return said
                assert said["say"] != "failed" or say == "failed", said
            place = len(self.heard)
            assert time.monotonic() < until, f"no {say} in {seconds} s: {self.heard}"
            if not self.read(0.1) and place == len(self.heard):
                raise AssertionError(f"it ended without {say}: {self.heard}")
            if time.monotonic() > told + 1:
                told = time.monotonic()
                with suppress(BrokenPipeError):
                    self.order("alive")

    def ended(self):
        """Wait for its end. Gives its exit status and what it wrote to stderr."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdin = None
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors.decode()

    def logs(self):
        """Gather the logs, by machine."""
        self.order("gather")
        self.wait_for("gathered")
        logs = {}
        for said in self.heard:
            if said["say"] == "log":
                part = zlib.decompress(base64.b64decode(said["part"]))
                logs[said["machine"]] = logs.get(said["machine"], b"") + part
            elif said["say"] == "log_end":
                log = logs[said["machine"]]
                assert (said["bytes"], said["crc"]) == (len(log), zlib.crc32(log))
        return logs


@contextmanager
def agents(count=1, command=(sys.executable, "-m", "lamport.agent"), **options):
    """Give agents on this host, which have said hello; end by force what is left of them."""
    made = []
    try:
        made.extend(Agent(command, **options) for _ in range(count))
        for agent in made:
            agent.hello = agent.wait_for("hello")
        yield made
    finally:
        for agent in made:
            with suppress(ProcessLookupError):
                agent.process.send_signal(signal.SIGKILL)
            agent.process.wait()
            for pipe in (agent.process.stdin, agent.process.stdout, agent.process.stderr):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()


def spread(agents, machines, listen="127.0.0.1", **options):
    """Reserve ports for machines 1 .. n, one after the other at the agents in turn; give who has which."""
    homes = {machine: agents[(machine - 1) % len(agents)] for machine in range(1, machines + 1)}
    for agent in agents:
        own = [machine for machine, home in homes.items() if home is agent]
        agent.order(
            "reserve",
            **{"run_id": "it", "machines": own, "listen": listen, "ports": None, "keep": False} | options,
        )
    ports = {}
    for agent in agents:
        ports |= {int(machine): port for machine, port in agent.wait_for("reserved")["ports"].items()}
    return homes, ports


def start_order(own, ports, peers=None, *, rate=20, duration=1, words=(), **options):
    """An order to start machines; without `peers` each sends to all others."""
    peers = peers or {machine: [other for other in ports if other != machine] for machine in ports}
    senders = {machine: [] for machine in ports}
    for machine, others in peers.items():
        for other in others:
            senders[other].append(machine)
    commands = {
        str(machine): [
            f"--id={machine}", f"--rate={rate}", f"--duration={duration}", "--run-id=it", "--seed=1",
            "--no-limits", "--allow=127.0.0.1",
            "--peers=" + ",".join(f"127.0.0.1:{ports[peer]}" for peer in peers[machine]),
            *([] if options.get("algorithm") else ["--internal-probability=0.3"]), *words,
        ]
        for machine in own
    }  # fmt: skip
    return {
        "total": len(ports), "duration": duration, "wait": 60.0, "key": None, "commands": commands,
        "files": {}, "faults": "[]", "senders": {str(machine): senders[machine] for machine in own},
        "algorithm": None, "environment": {},
    } | options  # fmt: skip


def begin(agents, homes, ports, peers=None, **options):
    """Start the machines, wait until all are ready, and let them go."""
    for agent in agents:
        own = [machine for machine, home in homes.items() if home is agent]
        agent.order("start", **start_order(own, ports, peers, **options))
    for agent in agents:
        agent.wait_for("ready")
    for agent in agents:
        agent.order("go")


def stay(agents, say="over"):
    """Wait for all agents at once, as none may be left alone for long."""
    left = list(agents)
    while left:
        for agent in left:
            agent.order("alive")
            agent.read(0.05)
        left = [agent for agent in left if not any(said["say"] == say for said in agent.heard)]
