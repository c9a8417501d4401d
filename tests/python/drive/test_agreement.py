"""Virtual time agrees with reality: two samples of runs, made independently, have one distribution.

40 real runs of 1 s against 4,000 simulated ones, at equal parameters and an equal added latency. Each
of nine metrics is compared by the two-sample Kolmogorov-Smirnov test (conservative for whole
numbers) at level 0.001 / 9 (Bonferroni), so a sound pair of runtimes fails once in 1,000 times.

The long version, at several settings: `python benches/agreement.py`.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import lamport

PARAMETERS = {"rates": [12, 30, 60], "duration": 1, "broadcast_share": 0.5, "latency": 0.004}
REAL, SIMULATED, AT_ONCE = 40, 4000, 10
LEVEL = 0.001


def metrics(frame):
    """The metrics of each run, from a table with one row per machine and run."""
    clocks = frame.pivot_table(index=["label", "run"], columns="machine_id", values="final_clock")
    slow = frame[frame.machine_id == 1].set_index(["label", "run"])
    fast = frame[frame.machine_id == 3].set_index(["label", "run"])
    sums = frame.groupby(["label", "run"])[["sends", "receives", "internals"]].sum()
    return {
        "clock 1": clocks[1],
        "clock 2": clocks[2],
        "clock 3": clocks[3],
        "drift": slow.drift,
        "longest queue": slow.max_queue_len.fillna(0),
        "largest jump": slow.max_jump,
        "sends": sums.sends,
        "receives": sums.receives,
        "internals of the fast": fast.internals,
    }


def real(internal_probability, count=REAL):
    def one(seed):
        return lamport.run_local(
            **PARAMETERS, internal_probability=internal_probability, seed=seed, progress=False
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(pool.map(one, range(10_000, 10_000 + count)))
    return metrics(lamport.compare({"real": runs}))


def simulated(internal_probability):
    frame = lamport.sweep(
        [{"internal_probability": internal_probability}],
        runs=SIMULATED,
        seed=77,
        progress=False,
        **PARAMETERS,
    )
    return metrics(frame.assign(label="simulated"))


def distance(a, b, comparisons=9):
    """The largest gap between the distributions of two samples, in units of what the level allows."""
    values = np.union1d(a, b)
    steps = [np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (a, b)]
    allowed = np.sqrt(-np.log(LEVEL / comparisons / 2) / 2 * (1 / len(a) + 1 / len(b)))
    return np.abs(steps[0] - steps[1]).max() / allowed


def test_reality_and_virtual_time_agree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = real(0.4)
    expected = simulated(0.4)
    gaps = {name: distance(seen[name], expected[name]) for name in seen}
    assert max(gaps.values()) < 1, gaps
    # The test has the power to tell another internal probability.
    other = simulated(0.6)
    assert max(distance(seen[name], other[name]) for name in seen) > 1
