"""Clean but awkward runs raise no alarm in any reader."""

import random

import pytest
from awkward_runs.look import look
from awkward_runs.make import make

RUNS, SHARE = 300, 15
MOST_EMPTY = 2
"""Runs of a share that ended before a machine had anything to say, in logs of base fields."""


@pytest.mark.parametrize("first", range(0, RUNS, SHARE))
def test_clean_runs_raise_no_alarm(first, tmp_path):
    empty = 0
    for seed in range(first, first + SHARE):
        awkward = make(seed, tmp_path / str(seed))
        try:
            empty += not look(awkward, random.Random(-seed), drawn=seed % SHARE == 0)
        except Exception as error:
            error.add_note(f"seed {seed}: {'; '.join(awkward.said)}")
            raise
    assert empty <= MOST_EMPTY
