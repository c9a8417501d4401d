"""Machines as processes of their own, and what their logs must agree on."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 60


def free_ports(count):
    """Ports that were free a moment ago, each another."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def processes():
    """Give a function that starts a machine; end by force what is left of them."""
    started = []

    def start(*arguments, prefix=()):
        command = [*prefix, sys.executable, "-m", "lamport.machine", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.communicate()


def ended(process):
    """Wait for a process. Gives its exit status and what it wrote to stderr."""
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def wait_for(log, event):
    """Wait until a log has a line of this event."""
    for _ in range(600):
        if log.exists() and f'"event": "{event}"' in log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"no {event} in {log}")


def lines(path):
    """Give the lines of a log, which must be complete and consistent in itself."""
    text = Path(path).read_text()
    assert text.endswith("\n")
    found = [json.loads(line) for line in text.splitlines()]
    assert found[0]["event"] == "STARTUP"
    assert found[-1]["event"] == "END"
    clock, now = 0, 0.0
    for line in found:
        assert line["system_time"] >= now
        now = line["system_time"]
        if "new_clock" in line:
            assert line["old_clock"] == clock
            clock = line["new_clock"]
        if line["event"] == "RECEIVE":
            assert line["new_clock"] == max(line["old_clock"], line["sent_clock"]) + 1
    assert found[-1]["final_clock"] == clock
    assert found[-1]["queue_len"] == sum(line["event"] == "UNREAD" for line in found)
    return found


def channels(logs):
    """For each ordered pair: the timestamps sent, and those received or unread, in order."""
    ids = {}
    for log in logs:
        for line in log:
            if line["event"] == "CONNECT":
                ids[log[0]["machine_id"], tuple(line["peer"])] = line["peer_id"]
    sent, arrived = defaultdict(list), defaultdict(list)
    for log in logs:
        machine = log[0]["machine_id"]
        for line in log:
            if line["event"] == "SEND":
                for recipient in line["recipients"]:
                    sent[machine, ids.get((machine, tuple(recipient)))].append(line["new_clock"])
            elif line["event"] in {"RECEIVE", "UNREAD"}:
                arrived[line["sender"], machine].append(line["sent_clock"])
    return dict(sent), dict(arrived)


def assert_nothing_lost(logs):
    """Every message sent arrived once, in order, and the senders know. Gives the number of messages."""
    sent, arrived = channels(logs)
    assert arrived == sent
    assert [log[-1]["undelivered"] for log in logs] == [[]] * len(logs)
    return sum(map(len, sent.values()))
