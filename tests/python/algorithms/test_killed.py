"""Algorithms in real processes that are killed: three short runs; `benches/killed.py` makes more."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from killed import REAL

import lamport

TRIED = {"LamportMutex": 1, "TotalOrderMulticast": 2, "ChandyLamport": 3}
"""Of each algorithm the seed of its run."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run them at the same time: they wait more than they work."""
    tried = [case for case in REAL if case.name in TRIED]

    def run(case):
        return case.run(TRIED[case.name], tmp_path_factory.mktemp(case.name) / "run")

    with ThreadPoolExecutor(len(tried)) as threads:
        return dict(zip((case.name for case in tried), threads.map(run, tried), strict=True))


@pytest.mark.parametrize("case", [case for case in REAL if case.name in TRIED], ids=lambda case: case.name)
def test_promises_are_kept_by_processes_that_are_killed(case, runs):
    run = runs[case.name]
    crashes = [fault for fault in run.faults if isinstance(fault, lamport.Crash)]
    startups = sum((run.log_dir / f"machine_{n + 1}.log").read_text().count('"STARTUP"') for n in range(4))
    assert startups == 4 + len(crashes) > 4
    assert case.judge(run) == []
    assert len(run.states) > 20
