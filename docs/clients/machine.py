"""A machine without lamport, which answers what it is asked.

python machine.py ID PORT HOST:PORT [lamport/1]: its id, its port, its one peer; lamport/1 has no bodies.
"""

import asyncio
import json
import secrets
import sys

ME, PORT, (HOST, _, PEER_PORT) = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].rpartition(":")
PROTOCOL, RUN = (sys.argv[4:] or ["lamport/2"])[0], "lab"
HISTORY, INSTANCE = secrets.token_hex(8), secrets.token_hex(8)

clock = accepted = 0
kept = {}  # what the peer may not have in its log: lines by their timestamps
more = asyncio.Event()


def handle(_sender, body):
    """Say what this machine does with a message."""
    send({"echo": body, "clock": clock})


def send(body):
    """Have this said to the peer."""
    global clock
    clock += 1
    kept[clock] = f"{clock}:{ME}{f' {json.dumps(body)}' if PROTOCOL == 'lamport/2' else ''}\n"
    more.set()


async def hear(reader, writer):
    """Hear a peer that has connected: hello, then its messages, of which each counts once."""
    global clock, accepted
    protocol, run, sender, _history, _instance = (await reader.readline()).decode().split()
    if (protocol, run) != (PROTOCOL, RUN):
        writer.write(b"no it speaks otherwise, or belongs to another run\n")
        writer.close()
        return
    writer.write(f"ok {ME} {HISTORY} {accepted} {accepted}\n".encode())
    while (line := (await reader.readline()).decode()).endswith("\n"):
        head, _, text = line.partition(" ")
        timestamp = int(head.partition(":")[0])
        if timestamp > accepted:  # else it came before, on a connection that broke
            accepted, clock = timestamp, max(clock, timestamp) + 1
            handle(int(sender), json.loads(text or "null"))
        writer.write(f"ack {accepted} {accepted}\n".encode())
    writer.close()


async def say():
    """Connect to the peer, say hello, then all that it has not accepted; again whenever that breaks."""
    reader, writer = await asyncio.open_connection(HOST, int(PEER_PORT))
    writer.write(f"{PROTOCOL} {RUN} {ME} {HISTORY} {INSTANCE}\n".encode())
    answer = (await reader.readline()).decode().split()
    if answer[:1] != ["ok"]:
        raise ConnectionError(" ".join(answer))
    sent, acks = int(answer[4]), asyncio.create_task(forget(reader))
    while not acks.done():
        writer.write("".join(kept[timestamp] for timestamp in kept if timestamp > sent).encode())
        sent = max(kept, default=sent)
        more.clear()
        await asyncio.wait({acks, asyncio.create_task(more.wait())}, return_when=asyncio.FIRST_COMPLETED)
    writer.close()


async def forget(reader):
    """Keep no longer what the peer has logged."""
    while (line := (await reader.readline()).decode()).endswith("\n"):
        for timestamp in [timestamp for timestamp in kept if timestamp <= int(line.split()[1])]:
            del kept[timestamp]


async def main():
    """Listen, and connect again and again."""
    await asyncio.start_server(hear, "127.0.0.1", PORT, limit=2**17)
    while True:
        try:
            await say()
        except OSError as error:
            print(error, file=sys.stderr)
        await asyncio.sleep(0.1)


asyncio.run(main())
