"""A host that crashes: its file system forgets what was not synced."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from machines import PATIENCE, channels, ended, free_ports, lines, processes

import lamport

FORGETFUL = Path(__file__).parent.parent / "forgetful.py"
CRASHES = 4


class Host:
    """The host of one machine; `prefix` runs a command on it."""

    def __init__(self, process, where, storage):
        self.process, self.where, self.storage = process, where, storage
        target = ("--target", str(process.pid), "--user", "--mount", "--preserve-credentials")
        self.prefix = ("nsenter", *target)

    def ask(self, word):
        print(word, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def crash(self, machine):
        """Take the machine and all that is not on storage. Give how many bytes that were."""
        machine.send_signal(signal.SIGKILL)
        machine.communicate()
        return int(self.ask("crash"))

    def log(self, name):
        """Copy a log from there. Give where it is."""
        self.ask("copy")
        return self.storage / name


@contextmanager
def forgetful(tmp_path):
    """Give a host whose file system forgets; it is gone with its process."""
    if not all(map(shutil.which, ("unshare", "nsenter"))) or not Path("/dev/fuse").exists():
        pytest.skip("no file system of its own without unshare, nsenter and /dev/fuse")
    where, storage = tmp_path / "host", tmp_path / "storage"
    where.mkdir()
    storage.mkdir()
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, FORGETFUL, where, storage]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, text=True, **pipes)
    try:
        if process.stdout.readline() != "mounted\n":
            _, errors = process.communicate()
            pytest.skip(f"no file system of its own may be mounted here: {errors.strip().splitlines()[-1]}")
        yield Host(process, where, storage)
    finally:
        process.kill()
        process.communicate()


def options(number, ports, log, *more):
    peers = ",".join(f"127.0.0.1:{port}" for port in ports if port != ports[number - 1])
    machine = ["--id", number, "--port", ports[number - 1], "--peers", peers, "--log", log]
    return [*machine, "--rate", 200, "--duration", 3600, "--internal-probability", 0.5, "--no-precise", *more]


def received(log):
    """The timestamps that a log says came from machine 1."""
    found = [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [line["sent_clock"] for line in found if line["event"] == "RECEIVE"]


def clock(log):
    """The clock of the last line of a log that has one."""
    found = [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return max(line.get("new_clock", 0) for line in found)


def wait_for_more(log, count):
    """Wait until the log has so many more receipts. Give the newest."""
    before = len(received(log)) if log.exists() else 0
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if log.exists() and len(got := received(log)) >= before + count:
            return got[-1]
        time.sleep(0.02)
    raise AssertionError(f"{log}: no {count} receipts more than {before}")


def test_with_sync_a_crash_of_the_host_loses_nothing_and_doubles_nothing(tmp_path):
    draw = random.Random(5)
    ports, other = free_ports(2), tmp_path / "machine_2.log"
    with forgetful(tmp_path) as host, processes() as start:
        second = start(*options(2, ports, other))
        first = options(1, ports, host.where / "machine_1.log", "--sync")
        machine = start(*first, prefix=host.prefix)
        for _ in range(CRASHES):
            wait_for_more(other, 20)
            time.sleep(draw.uniform(0, 0.1))
            host.crash(machine)
            machine = start(*first, "--resume", "--wait", 0, prefix=host.prefix)
        wait_for_more(other, 20)
        for process in (machine, second):
            process.send_signal(signal.SIGINT)
        assert [ended(process) for process in (machine, second)] == [(130, "")] * 2
        log = host.log("machine_1.log")
    logs = [lines(log), lines(other)]
    assert sum(line["event"] == "STARTUP" for line in logs[0]) == 1 + CRASHES
    sent, arrived = channels(logs)
    assert len(arrived[1, 2]) > 20 * CRASHES
    for (sender, recipient), messages in sent.items():
        # One of the two ends before the other, whose last messages find nobody.
        missing = dict(logs[sender - 1][-1]["undelivered"]).get(recipient, 0)
        assert arrived[sender, recipient] == messages[: len(messages) - missing]
    done = lamport.verify([log, other])
    assert done.ok, done


def test_without_sync_what_a_crash_of_the_host_took_is_found_out(tmp_path):
    ports, other = free_ports(2), tmp_path / "machine_2.log"
    with forgetful(tmp_path) as host, processes() as start:
        second = start(*options(2, ports, other))
        first = options(1, ports, host.where / "machine_1.log")
        machine = start(*first, prefix=host.prefix)
        wait_for_more(other, 20)
        host.ask("flush")
        mark = wait_for_more(other, 20)
        assert host.crash(machine) > 0
        machine = start(*first, "--resume", "--wait", 0, prefix=host.prefix)
        # Its clock passes what the other has of it, and still that takes nothing for a message of before.
        deadline = time.monotonic() + PATIENCE
        while clock(host.log("machine_1.log")) < mark + 50:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        machine.send_signal(signal.SIGINT)
        status, errors = ended(machine)
        second.send_signal(signal.SIGINT)
        ended(second)
        log = host.log("machine_1.log")
    assert status != 0
    assert "it has accepted message" in errors
    assert "its end is lost, as after a crash of the host" in errors
    found = lines(log)
    back = max(line["system_time"] for line in found if line["event"] == "STARTUP")
    came = [line["arrival_time"] for line in lines(other) if line["event"] in {"RECEIVE", "UNREAD"}]
    assert max(came) < back
    sent = [line for line in found if line["event"] == "SEND"]
    assert sum(count for _, count in found[-1]["undelivered"]) == len(sent)
