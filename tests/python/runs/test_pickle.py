"""Runs go to other processes and come back."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest

import lamport


def check_same(one, two):
    assert one.parameters == two.parameters
    assert (one.log_dir, one.interrupted) == (two.log_dir, two.interrupted)
    pd.testing.assert_frame_equal(one.machines, two.machines)
    pd.testing.assert_frame_equal(one.events, two.events)
    pd.testing.assert_frame_equal(one.messages, two.messages)


def there_and_back(run):
    return pickle.loads(pickle.dumps(run))


def test_a_simulation_pickles_as_its_parameters():
    faults = [lamport.Crash(1, at=2, down_for=1)]
    run = lamport.simulate(duration=10, seed=3, latency=lamport.Exponential(0.01), faults=faults)
    assert len(run.events) > 0
    assert len(pickle.dumps(run)) < 5_000
    check_same(run, there_and_back(run))
    check_same(run, copy.deepcopy(run))
    assert there_and_back(there_and_back(run)).verify().ok


def test_what_was_not_recorded_is_not_there_either():
    run = there_and_back(lamport.simulate(duration=10, seed=3, record=False))
    assert run.machines["ticks"].sum() > 0
    with pytest.raises(lamport.LamportError, match="record=False"):
        _ = run.events


def test_logs_pickle_as_their_place(tmp_path, run):
    check_same(run, there_and_back(run))
    simulated = lamport.simulate(duration=10, seed=3, log_dir=tmp_path / "run")
    check_same(simulated, there_and_back(simulated))
    loaded = lamport.load(tmp_path / "run", offsets={1: 0.5})
    check_same(loaded, there_and_back(loaded))


def test_a_relative_path_leads_there_from_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = lamport.run_local(duration=0.2, rates=[20, 20], log_dir="real", progress=False)
    lamport.simulate(duration=10, seed=3, log_dir="run")
    frozen = [pickle.dumps(made) for made in (run, lamport.load("run"))]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert [len(pickle.loads(made).events) > 0 for made in frozen] == [True, True]


def test_what_cannot_be_made_again_says_so(table_run):
    for made in (table_run, interrupted()):
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(made)


def interrupted():
    def stop(now):
        raise KeyboardInterrupt

    return lamport.simulate(duration=1e7, seed=1, record=False, progress=stop)


def test_simulations_are_mapped_over_processes():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        check_same(pool.submit(lamport.simulate, 3, 10, seed=5).result(), lamport.simulate(3, 10, seed=5))
