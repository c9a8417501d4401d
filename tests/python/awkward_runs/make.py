"""Runs that are clean but awkward: whatever reads them must raise no alarm.

A run is made in virtual time, or by real machines; then its logs become what real machines, other programs
and hard times leave: other clocks, other hosts, fewer fields, fewer lines, fewer files. Nothing is ever false
in them.
"""

import gzip
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import lamport
from awkward_runs.as_real import as_real
from awkward_runs.change import CHANGES
from awkward_runs.runs import by_hand, late, real, simulated


@dataclass
class Awkward:
    """Logs of a clean run, and how to read them."""

    home: Path
    options: dict = field(default_factory=dict)
    """For `load`."""
    uncertainty: float | None = None
    """For `verify`: how far the clocks of hosts lie apart, if that is told."""
    is_whole: bool = True
    """Whether every line of every machine is there, as it was written."""
    said: list = field(default_factory=list)

    def load(self):
        return lamport.load(self.home, **self.options)


def make(seed, home):
    """Make the run of a seed in a directory that is not there."""
    chance = random.Random(seed)
    awkward = Awkward(Path(home))
    kind = chance.random()
    if kind < 0.03:
        by_hand(awkward, chance)
    elif kind < 0.05:
        real(awkward, chance)
    elif kind < 0.06:
        late(awkward, chance)
    else:
        simulated(awkward, chance)
    logs = read(awkward)
    if logs and logs[0][0].get("time") == "virtual" and chance.random() < 0.6:
        as_real(awkward, chance, logs)
    for change in CHANGES:
        if chance.random() < 0.2:
            change(awkward, chance, logs)
            awkward.said.append(change.__name__)
    write(awkward, chance, logs)
    return awkward


def read(awkward):
    files = sorted(awkward.home.glob("machine_*.log"), key=lambda file: int(file.stem.split("_")[1]))
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def write(awkward, chance, logs):
    """Write the logs that are left, in one of the forms that a log may have."""
    for file in awkward.home.glob("machine_*.log"):
        file.unlink()
    form = chance.choice(["plain"] * 6 + ["torn", "gzip", "crlf", "blank", "order", "names", "hosts"])
    awkward.said.append(form)
    for log in logs:
        if not log:
            continue
        lines = [text(chance, line, form) for line in log]
        ending = {"crlf": "\r\n", "blank": "\n\n"}.get(form, "\n")
        data = "".join(line + ending for line in lines).encode()
        name = f"machine_{log[0]['machine_id']}.log"
        if form == "torn" and log[-1]["event"] != "END":
            data += lines[-1].encode()[: chance.randrange(len(lines[-1]))]
            awkward.is_whole = False
        if form == "gzip":
            name, data = name + ".gz", gzip.compress(data, 1)
        if form == "names":
            name = f"node-{log[0]['machine_id']}.jsonl"
        home = awkward.home / f"host{log[0]['machine_id']}" if form == "hosts" else awkward.home
        home.mkdir(exist_ok=True)
        (home / name).write_bytes(data)


def text(chance, line, form):
    """Write a line as our writer does, or with its fields in another order and other spaces."""
    if form == "order":
        names = list(line)
        chance.shuffle(names)
        return json.dumps({name: line[name] for name in names}, separators=(",", ":"), ensure_ascii=False)
    return json.dumps(line)
