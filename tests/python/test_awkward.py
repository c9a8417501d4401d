"""Clean but awkward runs raise no alarm in any reader."""

import random

import pytest
from awkward_runs.look import look
from awkward_runs.make import make

RUNS, SHARE = 300, 15


@pytest.mark.parametrize("first", range(0, RUNS, SHARE))
def test_clean_runs_raise_no_alarm(first, tmp_path):
    for seed in range(first, first + SHARE):
        awkward = make(seed, tmp_path / str(seed))
        try:
            look(awkward, random.Random(-seed), drawn=seed % SHARE == 0)
        except Exception as error:
            error.add_note(f"seed {seed}: {'; '.join(awkward.said)}")
            raise
