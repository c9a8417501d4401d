"""Runs on several hosts: what they take beyond the run itself, what they lose, and CPU.

    python benches/hosts.py [start | long | many | mesh | gather] [ROUNDS]

Hosts are network namespaces of this machine, joined by a switch, and what an sshd on loopback lets in; all
share its cores. ``start``: 12 machines on 3 hosts for 6 s, from the call to its return, less these 6 s; by
namespaces and by ssh, ROUNDS (5) times in turn. ``long``: 60 s at rates of 1 to 200, clocks that are apart,
a cable that is out for 5 s and a host that is killed. ``many`` and ``mesh``: 200 machines on 8 hosts, each
with 4 peers, and each with all others, encrypted. ``gather``: 50 MB of logs. Without a word: all of them.
What breaks a promise is an error. Needs root, ip, sshd and faketime.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import networkx

import lamport

HERE = Path(__file__).resolve().parent.parent / "tests" / "python"
sys.path[:0] = [str(HERE), str(HERE / "hosts")]

from launched import host  # noqa: E402
from loopback_sshd import Sshd  # noqa: E402
from namespaces import Network  # noqa: E402
from other_time import at_offset  # noqa: E402
from promises import assert_clocks_are_found, assert_promises_kept  # noqa: E402

RATES = [1, 200, 50, 2, 100, 20, 5, 150, 80, 3, 30, 10]
OFFSETS = [0.0, 0.35, -3.2]


class Measured:
    """The time and the CPU of a block, with all processes that it started and waited for."""

    def __enter__(self):
        self._began, self._used = time.monotonic(), _cpu()
        return self

    def __exit__(self, *_):
        self.took, self.cpu = time.monotonic() - self._began, _cpu() - self._used


def _cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run(place, hosts, machines, duration, **given):
    options = {"seed": 1978, "progress": False, "internal_probability": 0.4}
    directory = tempfile.mkdtemp(dir=place)
    with Measured() as measured:
        made = lamport.run_hosts(
            [host(each) for each in hosts],
            machines,
            duration,
            log_dir=Path(directory, "run"),
            **options | given,
        )
    return made, measured


def start(place, rounds):
    took = {"namespaces": [], "ssh": []}
    with Network(3) as network, Sshd(_made(place / "sshd")) as daemon:
        os.environ["PATH"] = daemon.path
        ways = {"namespaces": [network.words(i) for i in range(3)], "ssh": ["alpha", "beta", "gamma"]}
        for _ in range(rounds):
            for way, hosts in ways.items():
                made, measured = run(place, hosts, 12, 6, rates=RATES)
                assert_promises_kept(made, ticks={i: 6 * rate for i, rate in enumerate(RATES, 1)})
                took[way].append(measured.took - 6)
    for way, times in took.items():
        print(f"12 machines, 3 hosts by {way}: {_more(times)}")


def long(place, _rounds):
    plan = [(15, lambda network: network.cut(1)), (20, lambda network: network.mend(1))]
    plan += [(30, lambda network: network.kill(2))]
    with Network(3) as network, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        def look(elapsed, *_):
            while plan and elapsed >= plan[0][0]:
                plan.pop(0)[1](network)

        hosts = [[*network.words(i), *at_offset(offset)] for i, offset in enumerate(OFFSETS)]
        made, measured = run(place, hosts, 12, 60, rates=RATES, progress=look)
    lost = made.parameters["lost"][0]["machines"]
    ticks = {i: 60 * rate for i, rate in enumerate(RATES, 1)}
    messages = assert_promises_kept(made, lost=lost, ticks=ticks)
    offsets = {i: OFFSETS[at] for at, each in enumerate(made.parameters["hosts"]) for i in each["machines"]}
    left = {i: offset for i, offset in offsets.items() if i not in lost}
    assert_clocks_are_found(made, left)
    table = made.align()
    wide = (table["high"] - table["low"])[[i for i in left if offsets[i]]]
    print(
        f"60 s, a cable out for 5 s, a host killed: {messages:,} messages among {len(left)} machines, "
        f"0 lost; it verifies; offsets in their intervals, {1e3 * wide.max():.2f} ms wide at most; "
        f"{measured.took - 60:.2f} s more than the run; {measured.cpu:.0f} s of CPU; "
        f"{sum(isinstance(each.message, lamport.LamportWarning) for each in caught)} warnings"
    )


def many(place, rounds, topology=None, name="each with 4 peers"):
    duration, rate, took, cpu = 10, 10, [], []
    for _ in range(rounds):
        with Network(8) as network, warnings.catch_warnings(record=True) as caught:
            # Handshakes that were late are made again.
            warnings.simplefilter("always")
            hosts = [network.words(i) for i in range(8)]
            graph = topology or networkx.random_regular_graph(4, 200, seed=1978)
            made, measured = run(place, hosts, 200, duration, rates=rate, topology=graph, broadcast_share=0.0)
        messages = assert_promises_kept(made, ticks=dict.fromkeys(range(1, 201), duration * rate))
        took.append(measured.took - duration)
        cpu.append(measured.cpu)
    print(
        f"200 machines, 8 hosts, {name}: {_more(took)}; "
        f"{statistics.median(cpu):.0f} s of CPU; {messages:,} messages, 0 lost, every tick; "
        f"{len(caught)} warnings"
    )


def mesh(place, rounds):
    many(place, rounds, "full", "each with all others, encrypted")


def gather(place, rounds):
    duration, rate, took = 6, 3500, []
    for _ in range(rounds):
        with Network(3) as network:
            hosts = [network.words(i) for i in range(3)]
            made, measured = run(place, hosts, 12, duration, rates=rate)
        size = sum(file.stat().st_size for file in made.files)
        took.append(measured.took - duration)
    print(f"{size / 1e6:.0f} MB of logs: {_more(took)}")


def _made(directory):
    directory.mkdir()
    return directory


def _more(times):
    each = ", ".join(f"{time:.2f}" for time in sorted(times))
    return f"{statistics.median(times):.2f} s more than the run ({each})"


ALL = {"start": (start, 5), "long": (long, 1), "many": (many, 1), "mesh": (mesh, 1), "gather": (gather, 3)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=ALL)
    parser.add_argument("rounds", nargs="?", type=int)
    args = parser.parse_args()
    # A machine without a peer, for one: then no figure means anything.
    warnings.simplefilter("error", lamport.LamportWarning)
    with tempfile.TemporaryDirectory() as place:
        # A host that is killed keeps what its agent had.
        os.environ["TMPDIR"] = place
        for name, (measure, rounds) in ALL.items():
            if args.what in {None, name}:
                measure(Path(place), args.rounds or rounds)


if __name__ == "__main__":
    main()
