"""What users had before: three machines in plain Python, a log line for every event.

    python3 benches/throughput_baseline.py socket|kept threads|processes SECONDS DIRECTORY

Each machine ticks as fast as it can: it takes a message from its queue, or
sends its clock to both others, and writes one JSON line (into a buffered file,
which is kind to it). `socket` opens a new connection for each message, `kept`
keeps one for each peer. Machines are threads of one process or processes;
processes are faster and what the bench runs. Prints messages received a second.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

MACHINES = 3


def listen():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    return listener, listener.getsockname()[1]


def accept(listener, queue):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=take, args=(connection, queue), daemon=True).start()


def accept_one(listener, queue):
    while True:
        connection, _ = listener.accept()
        with connection:
            put(connection.recv(64), queue)


def take(connection, queue):
    with connection, connection.makefile("rb", 1 << 16) as lines:
        for line in lines:
            put(line, queue)


def put(line, queue):
    timestamp, sender = line.split(b":")
    queue.append((int(timestamp), int(sender), time.time()))


def connect(port):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:  # no local port is free: all wait for their end
            time.sleep(0.001)


def send_new(ports, message):
    for port in ports:
        with connect(port) as connection:
            connection.sendall(message)


def machine(number, listener, ports, options):
    kind, seconds, directory = options
    queue = deque()
    body = accept_one if kind == "socket" else accept
    threading.Thread(target=body, args=(listener, queue), daemon=True).start()
    peers = [port for other, port in enumerate(ports) if other != number]
    kept = [connect(port) for port in peers] if kind == "kept" else []
    addresses = [["127.0.0.1", port] for port in peers]
    clock = received = 0
    with Path(directory, f"machine_{number}.log").open("w") as log:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = {"event": "SEND", "system_time": time.time(), "machine_id": number, "old_clock": clock}
            if queue:
                timestamp, sender, arrived = queue.popleft()
                clock = max(clock, timestamp) + 1
                received += 1
                event |= {"event": "RECEIVE", "new_clock": clock, "queue_len": len(queue)}
                event |= {"sender": sender, "sent_clock": timestamp, "arrival_time": arrived}
                log.write(json.dumps(event) + "\n")
                continue
            clock += 1
            event |= {"new_clock": clock, "recipients": addresses}
            log.write(json.dumps(event) + "\n")
            message = b"%d:%d\n" % (clock, number)
            if kept:
                for connection in kept:
                    # The other machine may have ended first.
                    with contextlib.suppress(OSError):
                        connection.sendall(message)
            else:
                send_new(peers, message)
    return received


def in_process(results, *arguments):
    results.put(machine(*arguments))
    results.close()
    results.join_thread()
    # The others may still send.
    time.sleep(0.3)
    os._exit(0)


def main():
    kind, parallel, seconds, directory = sys.argv[1:]
    seconds = float(seconds)
    listeners, ports = zip(*(listen() for _ in range(MACHINES)), strict=True)
    options = (kind, seconds, directory)
    each = [(number, listener, ports, options) for number, listener in enumerate(listeners)]
    if parallel == "processes":
        context = get_context("fork")
        results = context.Queue()
        for arguments in each:
            context.Process(target=in_process, args=(results, *arguments)).start()
        total = sum(results.get() for _ in range(MACHINES))
    else:
        with ThreadPoolExecutor(MACHINES) as pool:
            total = sum(pool.map(lambda arguments: machine(*arguments), each))
    print(total / seconds, flush=True)
    # Threads of connections go on for ever.
    os._exit(0)


if __name__ == "__main__":
    main()
