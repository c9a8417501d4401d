"""Several runs in few words: which are alike, and what their means are."""

import json

import numpy as np
import pytest

import lamport
from lamport._runs.comparison import Comparison, interval
from lamport._runs.rates import drawn_rates

SETTING = {"duration": 30, "rates": [1, 3, 6]}


def runs_of(seeds, **setting):
    return {f"s{seed}": lamport.simulate(seed=seed, **(SETTING | setting)) for seed in seeds}


@pytest.fixture(scope="module")
def alike():
    return runs_of(range(5))


def split(cell):
    mean, _, ends = cell.partition(" [")
    return float(mean), *map(float, ends.rstrip("]").split(", "))


def test_means_of_runs_alike(alike):
    comparison = Comparison(alike)
    assert comparison.differing == []
    assert "made alike, but for their seeds" in comparison.verdict
    (group,) = comparison.groups
    means = comparison.means(group)
    assert means["Machine"] == ["1", "2", "3"]
    assert means["Rate (ticks/s)"] == ["1", "3", "6"]
    final = np.array([run.machines["final_clock"] for run in alike.values()], dtype=float)
    half = 2.7764451 * final.std(axis=0, ddof=1) / np.sqrt(5)  # t of 4 degrees of freedom
    for place in (0, 1):
        expected = (final.mean(axis=0)[place], *(final.mean(axis=0)[place] + np.array([-1, 1]) * half[place]))
        assert split(means["Final clock"][place]) == pytest.approx(expected, rel=1e-3)
    drift = np.array([run.drift for run in alike.values()], dtype=float)
    assert split(comparison.whole_means(group)["Drift"][0])[0] == pytest.approx(drift.mean(), rel=1e-3)
    table = comparison.table()
    assert table["Seed"] == list("01234")
    assert table["Rates (ticks/s)"] == ["1, 3, 6"] * 5
    assert table["Drift"] == [f"{value:.0f}" for value in drift]
    assert "Remark" not in table
    assert comparison.facts()["rates"] == "1, 3, 6 ticks/s"


def test_unlike_machines_are_not_averaged():
    runs = runs_of([1], rates=[1, 3, 6]) | {"fast": lamport.simulate(seed=1, duration=30, rates=[6, 3, 1])}
    comparison = Comparison(runs)
    assert comparison.differing == ["rates"]
    assert "The runs differ in rates: machine 1 of one is not machine 1 of another" in comparison.verdict
    assert [comparison.means(group) for group in comparison.groups] == [None, None]
    assert comparison.means_of_drawn() is None
    assert comparison.table()["Rates (ticks/s)"] == ["1, 3, 6", "6, 3, 1"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("duration", 20, "duration"),
        ("internal_probability", 0.3, "internal probability"),
        ("broadcast_share", 0.5, "broadcast share"),
        ("topology", "ring", "topology"),
        ("latency", lamport.Exponential(0.1), "latency"),
        ("faults", [lamport.Pause(1, at=3, duration=2)], "faults"),
        ("rates", [1, 3, 6, 6], "machines and rates"),
    ],
)
def test_whatever_differs_makes_a_group_of_its_own(alike, name, value, words):
    comparison = Comparison(alike | runs_of([10, 11], **{name: value}))
    assert f"differ in {words}:" in comparison.verdict
    assert "means are over those alike only" in comparison.verdict
    assert [len(group.runs) for group in comparison.groups] == [5, 2]
    (first, second) = [comparison.means(group) for group in comparison.groups]
    assert first == Comparison(alike).means(Comparison(alike).groups[0])
    assert len(second["Machine"]) in {3, 4}
    shown = words.split()[0].capitalize() if name != "rates" else "Machines"
    assert any(column.startswith(shown) for column in comparison.table())


def test_upper_end_of_rates_is_no_difference(alike):
    assert Comparison(alike | runs_of([10], max_rate=12)).differing == []


def test_rates_that_the_seeds_drew():
    """Whole runs may be averaged over the draws, machines may not."""
    drawn = {str(seed): lamport.simulate(duration=30, seed=seed) for seed in range(4)}
    comparison = Comparison(drawn)
    assert [comparison.means(group) for group in comparison.groups] == [None] * 4
    drift = [run.drift for run in drawn.values()]
    assert split(comparison.means_of_drawn()["Drift"][0])[0] == pytest.approx(np.mean(drift), rel=1e-3)
    first = drawn["0"].parameters
    assert drawn_rates(3, 6, 0) == first["rates"]
    given = {"given": lamport.simulate(duration=30, seed=9, rates=first["rates"])}
    assert Comparison(drawn | given).means_of_drawn() is None


def test_rates_drawn_are_those_of_real_runs(tmp_path):
    run = lamport.run_local(4, 0.1, max_rate=500, seed=77, log_dir=tmp_path, progress=False)
    assert run.parameters["rates"] == drawn_rates(4, 500, 77)


def test_runs_that_ended_early_or_are_incomplete_are_in_no_mean(alike, tmp_path):
    for seed in (20, 21):
        lamport.simulate(seed=seed, log_dir=tmp_path / str(seed), **SETTING)
    path = tmp_path / "20" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"interrupted": True}))
    odd = {
        "early": lamport.load(tmp_path / "20"),
        "part": lamport.load(tmp_path / "21" / "machine_1.log"),
    }
    comparison = Comparison(alike | odd)
    assert comparison.differing == []
    (group,) = comparison.groups
    assert len(group.finished) == 5
    assert comparison.means(group) == Comparison(alike).means(Comparison(alike).groups[0])
    assert comparison.table()["Remark"] == [""] * 5 + ["ended early", "machine 1 of 3"]
    assert comparison.table()["Drift"][-1] == "-"


def test_tables_and_single_runs(table_run):
    comparison = Comparison({"t": table_run})
    assert "There is one run" in comparison.verdict
    assert comparison.table()["Seed"] == ["-"]
    assert comparison.means(comparison.groups[0]) is None
    nothing = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    assert Comparison({"t": table_run, "n": nothing}).table()["Maximum jump"][1] == "-"


def test_intervals():
    assert interval([np.nan, np.nan]) == "-"
    assert interval([np.nan, 3.0]) == "3"
    assert interval([2.0, 2.0, 2.0]) == "2"
    assert interval([0.0, 0.0, 9.0]).startswith("3 [0, ")
