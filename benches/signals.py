"""Signals at random moments: what commands leave behind, and with which exit status.

    python benches/signals.py [SIGNALS] [--seed SEED]

Sends SIGINT, SIGTERM and SIGHUP, each SIGNALS times (100), to ``lamport run``, ``lamport run --processes``,
``lamport machine`` and ``python -m lamport.machine``, somewhere between their first instant and half a second
after they would end by themselves. Each time: every log that there is ends with an END line, a run verifies
and has its report, ``run.json`` says whether it was interrupted, the exit status tells the signal, nothing is
left running; or nothing was made. It takes about a second per signal and command. The short version is a
test, tests/python/cli/test_signals.py.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

AT_ONCE = 4
DURATION = 1.0
LATEST = 2.5
MOST_SHOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("signals", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=1978)
    args = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "cli"))
    signalled = import_module("signalled")
    draw = random.Random(args.seed)
    jobs = [
        (command, number, draw.uniform(0.0, LATEST))
        for _ in range(args.signals)
        for command in signalled.COMMANDS
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    ]
    tally: Counter[tuple[str, str]] = Counter()
    wrong = []

    def attack(job: tuple[int, tuple[str, int, float]]) -> None:
        place, (command, number, at) = job
        home = Path(directory, str(place), "run")
        child = signalled.Signalled(command, home, duration=DURATION, report=True).start()
        time.sleep(at)
        child.send(number)
        try:
            tally[command, child.check_any_end(number)] += 1
        except AssertionError as error:
            tally[command, "wrong"] += 1
            wrong.append(f"{command}, {signal.Signals(number).name} after {at:.3f} s in {home}: {error}")

    with tempfile.TemporaryDirectory() as directory:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(attack, enumerate(jobs)))
        for command in signalled.COMMANDS:
            ends = {end: count for (of, end), count in sorted(tally.items()) if of == command}
            print(f"{command}: {', '.join(f'{end} {count}' for end, count in ends.items())}")
        print(f"{len(jobs)} signals, wrong {len(wrong)}")
        for each in wrong[:MOST_SHOWN]:
            print(each)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
