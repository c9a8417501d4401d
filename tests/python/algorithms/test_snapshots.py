"""Snapshots of Chandy and Lamport's algorithm are cuts as `Run.causality` has them; mistakes are found."""

import os

import pytest
from snapshots import MUTANTS, differences, random_run

from lamport.algorithms import consistent_cuts

RUNS = int(os.environ.get("LAMPORT_SNAPSHOT_RUNS", "60"))
"""`benches/snapshots.py` makes more."""


def test_snapshots_are_consistent_and_their_channels_are_what_the_log_says():
    looked_at = faults = 0
    for seed in range(RUNS):
        run = random_run(seed)
        found, complete = differences(run)
        assert found == [], f"seed {seed}"
        assert consistent_cuts(run) is True, f"seed {seed}"
        looked_at, faults = looked_at + complete, faults + len(run.faults)
    assert looked_at > 5 * RUNS
    assert faults > RUNS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mistake_is_found(mutant):
    said = [each for seed in range(12) for each in differences(random_run(seed, mutant))[0]]
    assert any(MUTANTS[mutant] in each for each in said)
