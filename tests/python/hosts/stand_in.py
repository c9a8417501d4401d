"""An agent that is none, or a bad one: what it does is its first word, the three of the launcher follow."""

import base64
import json
import pickle
import signal
import sys
import time
import zlib

from lamport import __version__

PORTS = 40_000


def say(**said):
    sys.stdout.write(f"\n\x1elamport {json.dumps(said)}\n")
    sys.stdout.flush()


def hello(**more):
    known = {"protocol": 1, "version": __version__, "directory": "/nowhere", "reached": None}
    say(say="hello", **{**known, "addresses": ["10.0.0.7"], "files": 1024, **more})


def orders():
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] != "alive":
            yield order


def serve(**answers):
    """Answer as an agent does whose machines say nothing; what differs is said."""
    for order in orders():
        do = order["do"]
        if do in answers:
            answers[do](order)
        elif do == "reserve":
            say(say="reserved", ports={str(machine): PORTS + machine for machine in order["machines"]})
        elif do == "probe":
            say(say="probed", failed=[])
        elif do == "start":
            say(say="started")
            say(say="ready")
        elif do == "bye":
            say(say="bye")
            return


def noise():
    print("Welcome to this host!\n\x1b[31mno lamport here")
    print("bash: python3: command not found", file=sys.stderr)
    sys.exit(127)


def missing():
    print("/usr/bin/python3: No module named lamport", file=sys.stderr)
    sys.exit(1)


def old():
    print("/usr/bin/python3: No module named lamport.agent; 'lamport' is a package", file=sys.stderr)
    sys.exit(1)


def stall():
    print("Last login: yesterday", flush=True)
    time.sleep(600)


def version():
    hello(version="0.0.9")
    serve()


def protocol():
    hello(protocol=7)
    serve()


def files():
    hello(files=24)
    serve()


def homeless():
    hello(addresses=["127.0.0.1", "fe80::1", "10.0.0.7", "10.1.0.7"])
    serve()


def near():
    hello(reached="127.0.0.1")
    serve()


def far():
    hello(reached="10.0.0.7")
    serve()


def blocked():
    hello()
    serve(
        probe=lambda order: say(
            say="probed", failed=[[target[0], "timed out"] for target in order["targets"]]
        )
    )


def busy():
    hello()
    serve(
        reserve=lambda _: say(
            say="failed", machine=None, kind="OSError", text="ports 9000 to 9001 are in use\x1b[2J"
        )
    )


def silent():
    hello()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def garbled():
    hello()
    serve(reserve=lambda _: say(say="reserved", ports={"1": "many"}))


def rubbish():
    hello()
    serve(reserve=lambda _: print("\x1elamport {rubbish", flush=True))


def unkeyed():
    """Says what is no object."""
    sys.stdout.write("\n\x1elamport []\n")
    sys.stdout.flush()
    serve()


def curt():
    say(say="hello")
    serve()


def flood():
    """A line that never ends."""
    hello()
    while True:
        sys.stdout.write("x" * 65536)


def surprise():
    """A machine of nobody fails, of no known kind."""
    hello()
    serve(reserve=lambda _: say(say="failed", machine=99, kind="Surprise", text="so there", error="zz"))


def endless():
    """What it says is JSON for Python alone, and no number of anything."""
    hello()
    say(say=["reserved"])
    serve(reserve=lambda _: say(say="reserved", ports={"1": float("inf")}))


def several():
    """Its address would be more words for machines of others."""
    hello(reached="10.0.0.7:1,10.0.0.8")
    serve()


class Opened:
    """Whoever unpickles it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def evil():
    """Says of an error what would open the file that is its second word."""
    hello()
    error = pickle.dumps((pickle.dumps(Opened(sys.argv[2])), None)).hex()
    serve(start=lambda _: say(say="failed", machine=1, kind="AlgorithmError", text="so there", error=error))


def dies():
    hello()
    serve(start=lambda _: sys.exit("there is no room here"))


def strange():
    """Tells more than is known, and of machines of others."""
    hello(colour="blue")
    say(say="colour", value="blue")
    serve(reserve=lambda _: say(say="status", machines=[[77, 1, 0, None]]))


def foreign():
    """Sends the log of a machine that is not its own."""
    hello()

    def go(_):
        say(say="over")

    serve(go=go, gather=lambda _: say(say="log", machine=77, part=""))


def torn():
    """Sends the beginning of a log and says that this was all."""
    hello()
    part = base64.b64encode(zlib.compress(b"{")).decode()

    def gather(_):
        say(say="log", machine=1, part=part)
        say(say="gathered")

    serve(go=lambda _: say(say="over"), gather=gather)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
