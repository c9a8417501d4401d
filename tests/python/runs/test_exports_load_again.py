"""What `export` wrote, whole or a window, loads again as the same run, and is accused of nothing."""

import random

import numpy as np
import pandas as pd
import pytest

import lamport

TIMES = {"time", "system_time", "arrived", "sent", "received"}
START, STOP = 3.3, 11.1


def make(seed):
    """A run in memory: any number of machines, topology, delays and faults."""
    chance = random.Random(seed)
    machines = chance.randint(1, 5)
    faults = []
    if chance.random() < 0.5 and machines > 1:
        faults.append(lamport.Crash(chance.randint(1, machines), at=5, down_for=chance.choice([2, None])))
        if chance.random() < 0.5:
            faults.append(lamport.Partition([[1], list(range(2, machines + 1))], at=9, duration=3))
    return lamport.simulate(
        machines,
        duration=15,
        seed=seed,
        progress=False,
        internal_probability=chance.choice([0, 0.3, 0.7]),
        topology=chance.choice(["full", "ring", "star", "line"]),
        faults=faults,
        latency=chance.choice([0.0005, 0.3]),
    )


def same(one, other, names):
    assert len(one) == len(other)
    for name in names:
        if name in TIMES:
            np.testing.assert_allclose(
                one[name].astype(float), other[name].astype(float), atol=1e-6, err_msg=name
            )
        else:
            assert one[name].astype("str").tolist() == other[name].astype("str").tolist(), name


def within(table):
    return table[(table["time"] >= START) & (table["time"] < STOP)].reset_index(drop=True)


def read(path):
    if path.suffix == ".jsonl":
        return lamport.load(path)
    return lamport.from_events(pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path))


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("seed", range(20))
def test_a_run(seed, form, tmp_path):
    run = make(seed)
    again = read(run.export(tmp_path / f"run.{form}"))
    same(run.events, again.events, run.events.columns)
    keys = ["sender", "sent_clock", "recipient", "sent", "received", "received_clock"]
    same(run.messages, again.messages, [*keys, "status", "arrived"] if form == "jsonl" else keys)
    if form == "jsonl":
        same(run.machines, again.machines, run.machines.columns)
        assert again.verify().counts == run.verify().counts
    assert again.verify().ok, str(again.verify())
    some = read(run.export(tmp_path / f"some.{form}", start=START, stop=STOP))
    if form == "jsonl":
        same(within(run.events), some.events, run.events.columns)
    assert some.verify().ok, str(some.verify())
