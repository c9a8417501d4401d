"""One large simulation on several threads: the same run, or one thread and a note that says why."""

import os
import pickle

import pandas as pd
import pytest

import lamport
from lamport._cli.commands import main
from lamport.algorithms import Gossip

LARGE = {"machines": 40, "rates": 1000.0, "duration": 3, "latency": 0.01, "topology": "ring", "seed": 5}
"""400 ticks in the latency of a message: two threads, where there are two processors."""
ARE_TWO = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) >= 2


def logs(directory):
    return {path.name: path.read_bytes() for path in directory.glob("machine_*.log")}


@pytest.mark.parametrize("latency", [0.01, lamport.Exponential(0.03, minimum=0.01)])
def test_a_run_is_the_same_on_any_number_of_threads(tmp_path, latency):
    setting = LARGE | {"latency": latency, "faults": [lamport.Crash(7, 1.0, 0.5), lamport.Pause(9, 2.0, 0.5)]}
    one = lamport.simulate(**setting, threads=1, log_dir=tmp_path / "one")
    two = lamport.simulate(**setting, threads=2, log_dir=tmp_path / "two")
    assert not two.notes or not ARE_TWO
    pd.testing.assert_frame_equal(one.events, two.events)
    pd.testing.assert_frame_equal(one.machines, two.machines)
    assert one.parameters == two.parameters
    assert logs(tmp_path / "one") == logs(tmp_path / "two")
    counted = [
        lamport.simulate(**setting, record=False, since=1, threads=threads) for threads in (None, 1, 2, 1000)
    ]
    for other in counted[1:]:
        pd.testing.assert_frame_equal(counted[0].machines, other.machines)
        pd.testing.assert_frame_equal(counted[0].machines_since(1), other.machines_since(1))
    pd.testing.assert_frame_equal(counted[0].machines_since(1), one.machines_since(1))


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"latency": lamport.Exponential(0.01)}, "a message may arrive as soon as it is sent"),
        ({"latency": 0}, "a message may arrive as soon as it is sent"),
        (
            {"latency": 0.001},
            "in the 0.001 s that a message takes at the least, all machines together tick about 40.0",
        ),
        ({"duration": 1}, "the run is short, of about 40000 ticks"),
        ({"machines": None, "topology": {1: []}, "rates": 1e6}, "there is one machine"),
        (
            {"machines": 3, "topology": "full", "algorithm": Gossip, "rates": None},
            "handlers run one after the other",
        ),
    ],
)
def test_the_notes_say_why_there_is_one_thread(setting, why):
    run = lamport.simulate(**(LARGE | setting), threads=1000, record=False)
    [note] = run.notes
    assert note.startswith("1 thread was used, not threads=1000: ")
    assert why in note
    assert pickle.loads(pickle.dumps(run)).notes == [note]
    for threads in (None, 1):
        assert lamport.simulate(**(LARGE | setting), threads=threads, record=False).notes == []


def test_more_threads_than_processors_are_not_taken():
    run = lamport.simulate(**LARGE, threads=1000, record=False)
    [note] = run.notes
    assert "processor" in note or "a thread is worth its while" in note


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, 2.0, "2", 2**53])
def test_what_is_no_number_of_threads(threads):
    with pytest.raises(ValueError, match=f"threads='?{threads}.*(whole number)"):
        lamport.simulate(duration=1, threads=threads)


@pytest.mark.parametrize("record", [True, False])
def test_ctrl_c_returns_what_there_is(record, tmp_path):
    called = []

    def interrupt(now):
        called.append(now)
        if len(called) == 1:  # a second one would not wait for what there is
            raise KeyboardInterrupt

    setting = LARGE | {"duration": 60 if record else 100_000}
    directory = tmp_path / "logs" if record else None
    run = lamport.simulate(**setting, threads=2, record=record, progress=interrupt, log_dir=directory)
    assert run.interrupted
    assert 0 < run.machines["ticks"].sum() < 40_000 * setting["duration"]
    # Every tick up to one time happened, of all machines.
    assert run.machines["ticks"].max() - run.machines["ticks"].min() <= 1
    if record:
        assert lamport.verify(directory).ok


def test_the_option(capsys):
    words = ["simulate", "--no-record", "--no-progress", "--duration", "1", "--threads"]
    assert main([*words, "1000"]) == 0
    with pytest.raises(SystemExit) as ended:
        main([*words, "0"])
    assert ended.value.code == 2
    assert "argument --threads: 0 is out of range: give a whole number, 1 or more" in capsys.readouterr().err
