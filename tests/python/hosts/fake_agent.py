"""What answers like an agent, up to some point: ``python fake_agent.py WHAT``, other words are ignored.

It stands where a host's words stand, so that the words that run an agent come behind.
"""

import json
import sys
import time

import lamport
from lamport._drive.spoken import PROTOCOL

HELLO = {
    "say": "hello",
    "protocol": PROTOCOL,
    "version": lamport.__version__,
    "python": "3.11.0",
    "pid": 1,
    "directory": "/nowhere",
    "reached": "127.0.0.1",
    "addresses": ["127.0.0.1"],
    "files": 1024,
    "cores": 1,
    "time": time.time(),
}


def say(told):
    text = told if isinstance(told, str) else json.dumps(told)
    sys.stdout.write(f"\n\x1elamport {text}\n")
    sys.stdout.flush()


def wait():
    """Take orders and do nothing, until it is told to go."""
    for order in sys.stdin:
        if json.loads(order)["do"] == "bye":
            return


def ends():
    """Gone after its first line."""
    say(HELLO)


def stalls():
    """Nothing after its first line, but it lives."""
    say(HELLO)
    wait()


def is_mute():
    wait()


def is_older():
    say(HELLO | {"version": "0.0.1"})
    wait()


def speaks_otherwise():
    say(HELLO | {"protocol": 99})
    wait()


def says_no_json():
    say("{")
    wait()


def says_a_list():
    say("[]")
    wait()


def says_too_little():
    say({"say": "hello"})
    wait()


def says_numbers_as_text():
    say(HELLO | {"files": "many", "addresses": 7, "directory": None})
    wait()


def says_the_unknown():
    say(HELLO)
    while True:
        say({"say": "gossip"})
        time.sleep(0.1)


def reserves_wrong():
    say(HELLO)
    sys.stdin.readline()
    say({"say": "reserved", "ports": {"7": "x", "one": 70000}})
    wait()


def floods():
    """Never a line's end."""
    say(HELLO)
    while True:
        sys.stdout.write("x" * 65536)


def fails():
    """A machine fails that there is not, before anything was started."""
    say(HELLO)
    sys.stdin.readline()
    say({"say": "failed", "machine": 99, "kind": "Surprise", "text": "as a surprise", "error": "zz"})
    wait()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
