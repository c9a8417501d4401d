"""Real processes, killed and stopped at random under load, and what their logs say afterwards."""

import json
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import time

import pytest
from machines import PATIENCE, ended, free_ports, processes

import lamport

CYCLES = int(os.environ.get("LAMPORT_KILL_CYCLES", "30"))
"""How often machines are killed or stopped; the long version has 300."""
SEED = int(os.environ.get("LAMPORT_KILL_SEED", "1978"))
RATE = 200
MACHINES = 3


@pytest.mark.timeout(120 + 3 * CYCLES)
def test_machines_killed_at_random_lose_nothing(tmp_path, capsys):
    """Kill, stop and restart; afterwards all logs obey, and every message was processed once."""
    draw = random.Random(SEED)
    ports = free_ports(MACHINES)
    killed = stopped = 0
    with processes() as start:
        hosts = [_Host(number, ports, tmp_path, start) for number in range(1, MACHINES + 1)]
        for host in hosts:
            host.start()
        _wait_until_all(hosts, "SEND")
        for _ in range(CYCLES):
            time.sleep(draw.uniform(0.0, 0.25))
            # Sometimes two at once: then no one is there to be caught up with.
            for host in draw.sample(hosts, draw.choice([1, 1, 2])):
                if draw.random() < 0.25:
                    stopped += 1
                    host.freeze(draw.uniform(0.0, 0.3))
                killed += 1
                host.kill()
            time.sleep(draw.choice([0.0, 0.0, draw.uniform(0, 0.3)]))
            for host in hosts:
                # Sometimes the next kill comes while a machine still reads its log.
                host.revive(settle=draw.random() < 0.8)
        # Everybody is up and hears of everybody before the end.
        for host in hosts:
            host.settle()
        time.sleep(2)
        for host in hosts:
            host.process.send_signal(signal.SIGINT)
        for host in hosts:
            _, errors = host.process.communicate(timeout=PATIENCE)
            assert host.process.returncode == 130, errors
    done = lamport.verify(tmp_path)
    assert done.ok, done
    tally = _tally(tmp_path)
    waits = statistics.median(wait for host in hosts for wait in host.waits)
    with capsys.disabled():
        print(
            f"\n{killed} kills, {stopped} stops, {tally['events']:,} events, {tally['sent']:,} messages: "
            f"lost {tally['lost']}, doubled {tally['doubled']}, clocks that went back {tally['back']}; "
            f"from a restart's STARTUP to its first message processed: median {tally['first']:.3f} s, "
            f"and {waits:.3f} s before that to start a process"
        )
    assert MACHINES < tally["starts"] <= MACHINES + killed
    assert tally["lost"] == tally["doubled"] == tally["back"] == 0
    assert tally["sent"] > 10 * CYCLES


class _Host:
    """A machine that is started again and again on one log."""

    def __init__(self, number, ports, directory, start):
        self.log = directory / f"machine_{number}.log"
        peers = ",".join(f"127.0.0.1:{port}" for port in ports if port != ports[number - 1])
        self.options = ["--id", number, "--port", ports[number - 1], "--peers", peers, "--log", self.log]
        self.options += ["--rate", RATE, "--duration", 3600, "--internal-probability", 0.5, "--no-precise"]
        self.process = None
        self.waits = []
        self._start = start
        self._startups = 0
        self._began = 0.0

    def start(self, *more):
        self._startups = self._count()
        self._began = time.time()
        self.process = self._start(*self.options, *more)

    def freeze(self, seconds):
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        if seconds > 0.15:  # else it is killed as it stands
            self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def revive(self, *, settle=True):
        """Start the machine again, if it was killed, and wait until it has its log."""
        if self.process.returncode is None:
            return
        self.start("--resume", "--wait", 0)
        if settle:
            self.settle()
            # Written a moment ago, unless the system was busy.
            self.waits.append(time.time() - self._began)

    def settle(self):
        """Wait until the process has its log."""
        for _ in range(PATIENCE * 100):
            if self._count() > self._startups:
                return
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.01)
        raise AssertionError(f"{self.log} was not resumed")

    def _count(self):
        return self.log.read_bytes().count(b'{"event": "STARTUP"') if self.log.exists() else 0


def _wait_until_all(hosts, event):
    for host in hosts:
        for _ in range(PATIENCE * 20):
            if host.log.exists() and f'"event": "{event}"' in host.log.read_text():
                break
            time.sleep(0.05)
        else:
            raise AssertionError(f"no {event} in {host.log}")


def _tally(directory):
    """Count, with nothing but the lines of the logs, what was sent, processed, lost and doubled."""
    sent, processed, firsts = {}, {}, []
    events = starts = back = 0
    for path in sorted(directory.glob("machine_*.log")):
        clock, startup, before = 0, None, starts
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            machine, kind = entry["machine_id"], entry["event"]
            if kind == "STARTUP":
                starts += 1
                startup = entry["system_time"] if starts > before + 1 else None
                assert entry["local_clock"] == clock
            if "new_clock" in entry:
                events += 1
                back += entry["new_clock"] <= clock
                clock = entry["new_clock"]
            if kind == "SEND":
                for port in entry["recipients"]:
                    sent[machine, clock, tuple(port)] = 0
            if kind in {"RECEIVE", "UNREAD"}:
                key = entry["sender"], entry["sent_clock"], machine
                processed[key] = processed.get(key, 0) + 1
                if kind == "RECEIVE" and startup is not None:
                    firsts.append(entry["system_time"] - startup)
                    startup = None
    places = {}
    for path in directory.glob("machine_*.log"):
        first = json.loads(path.read_text().splitlines()[0])
        places[tuple(first["listen"])] = first["machine_id"]
    sent = {(machine, clock, places[place]) for machine, clock, place in sent}
    return {
        "events": events,
        "starts": starts,
        "sent": len(sent),
        "back": back,
        "lost": len(sent - set(processed)),
        "doubled": sum(count > 1 for count in processed.values()) + len(set(processed) - sent),
        "first": statistics.median(firsts),
    }


def test_a_queue_that_a_crash_takes_after_its_senders_have_ended_is_not_held_against_anyone(tmp_path):
    """What is accepted is in memory only, and who sent it is gone: nobody can have counted it."""
    ports = free_ports(2)
    logs = [tmp_path / f"machine_{number}.log" for number in (1, 2)]
    common = ["--internal-probability", 0, "--no-precise"]
    slow = ["--id", 2, "--port", ports[1], "--allow", "127.0.0.1", "--log", logs[1], "--rate", 2, *common]
    slow += ["--duration", 3600]
    with processes() as start:
        crashing = start(*slow)
        peers = ["--peers", f"127.0.0.1:{ports[1]}"]
        sender = start("--id", 1, *peers, "--log", logs[0], "--rate", 100, *common, "--duration", 1.2)
        assert ended(sender)[0] == 0
        crashing.kill()
        crashing.communicate(timeout=PATIENCE)
        back = start(*slow, "--resume")
        for _ in range(PATIENCE * 100):
            if logs[1].read_text().count("STARTUP") == 2:
                break
            time.sleep(0.01)
        back.send_signal(signal.SIGINT)
        assert ended(back)[0] == 130
    sent = logs[0].read_text().count('"event": "SEND"')
    received = logs[1].read_text().count('"event": "RECEIVE"')
    assert json.loads(logs[0].read_text().splitlines()[-1])["undelivered"] == []
    assert sent - received > 50
    done = lamport.verify(tmp_path)
    assert done.ok, done
    taken = f"{sent - received} messages may have been in the queue of machine 2 when it crashed"
    assert any(line.startswith(taken) for line in done.unchecked), done.unchecked


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, resource.RLIM_INFINITY))
from lamport.machine import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_stops_a_machine_and_loses_nothing(tmp_path):
    """The write of a line fails half-way: nothing of it leaves, peers keep the rest, `--resume` goes on."""
    ports = free_ports(MACHINES)
    with processes() as start:
        hosts = [_Host(number, ports, tmp_path, start) for number in range(1, MACHINES + 1)]
        full = hosts[0]
        code = LIMITED.format(size=20_001)
        command = [sys.executable, "-c", code, *map(str, full.options)]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            for host in hosts[1:]:
                host.start()
            _, errors = first.communicate(timeout=PATIENCE)
        finally:
            first.kill()
            first.wait()
        assert first.returncode == 1, errors
        assert "machine_1.log" in errors
        assert "File too large" in errors
        assert full.log.stat().st_size <= 20_001
        assert '"event": "END"' not in full.log.read_text()
        # The others go on, and keep what it has not acknowledged.
        time.sleep(0.5)
        assert [host.process.poll() for host in hosts[1:]] == [None, None]
        full.process = first
        full.revive()
        time.sleep(2)
        for host in hosts:
            host.process.send_signal(signal.SIGINT)
        for host in hosts:
            _, errors = host.process.communicate(timeout=PATIENCE)
            assert host.process.returncode == 130, errors
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = lamport.verify(tmp_path)
    assert done.ok, done
    tally = _tally(tmp_path)
    assert tally["starts"] == MACHINES + 1
    assert tally["lost"] == tally["doubled"] == tally["back"] == 0
    assert tally["sent"] > 100
