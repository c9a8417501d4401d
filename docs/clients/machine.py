"""A machine without lamport, which answers what it is asked.

python machine.py ID PORT HOST:PORT [lamport/1]: its id, its port, its one peer; lamport/1 has no bodies.
"""

import asyncio
import json
import secrets
import sys
from contextlib import suppress

me, port, (peer_host, peer_port) = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(":")
protocol, history, instance = (sys.argv[4:] or ["lamport/2"])[0], secrets.token_hex(8), secrets.token_hex(8)
clock = accepted = 0
kept, connections = {}, []  # what the peer may not have in its log, by timestamps; where it is said


def handle(_sender, body):
    """Say what this machine does with a message."""
    send({"echo": body, "clock": clock})


def send(body):
    """Have this said to the peer."""
    global clock
    clock += 1
    kept[clock] = f"{clock}:{me}{f' {json.dumps(body)}' if protocol == 'lamport/2' else ''}\n".encode()
    for connection in connections:
        connection.write(kept[clock])


async def hear(reader, writer):
    """Hear the peer, which has connected: hello, then its messages, of which each counts once."""
    global clock, accepted
    said, run, sender, *_ = (await reader.readline()).decode().split()
    ours = (said, run) == (protocol, "lab")
    answer = f"ok {me} {history} {accepted} {accepted}" if ours else f"no this is {protocol} of the run lab"
    writer.write(f"{answer}\n".encode())
    while ours and (line := await reader.readline()).endswith(b"\n"):
        timestamp = int(line.partition(b":")[0])
        if timestamp > accepted:  # else it came before, on a connection that broke
            accepted, clock = timestamp, max(clock, timestamp) + 1
            handle(int(sender), json.loads(line.partition(b" ")[2] or "null"))
        writer.write(f"ack {accepted} {accepted}\n".encode())
    writer.close()


async def say():
    """Connect to the peer and say hello, then all that it has not accepted, and what comes after."""
    reader, writer = await asyncio.open_connection(peer_host, peer_port)
    writer.write(f"{protocol} lab {me} {history} {instance}\n".encode())
    while (line := (await reader.readline()).decode()).endswith("\n"):
        word, *numbers = line.split()
        if word == "ok":
            writer.writelines(kept[timestamp] for timestamp in kept if timestamp > int(numbers[3]))
            connections[:] = [writer]
        elif word == "ack":  # what the peer has logged is kept no longer
            for timestamp in [timestamp for timestamp in kept if timestamp <= int(numbers[0])]:
                del kept[timestamp]
        else:
            print(line, file=sys.stderr)
    writer.close()


async def main():
    """Listen, and connect again and again."""
    await asyncio.start_server(hear, "127.0.0.1", port, limit=2**17)
    while True:
        with suppress(OSError):
            await say()
        connections.clear()
        await asyncio.sleep(0.1)


asyncio.run(main())
