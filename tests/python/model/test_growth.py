"""How fast clocks grow and drift apart, as theory has it, against simulation.

The long form is benches/theory.py. The generator of settings is shared with it.
"""

import math
import random

import numpy as np
import pytest
from matplotlib.figure import Figure

import lamport

KINDS = ("full", "ring", "star", "line", "directed", "circle")


def setting(seed):
    """Draw topology, rates and probabilities whose loads are not near 1 and whose fixed point is unique."""
    chance = random.Random(seed)
    kind = chance.choice(KINDS)
    while True:
        machines = chance.randint(2, 10)
        ids = range(1, machines + 1)
        if kind == "directed":
            others = {one: [two for two in ids if two != one] for one in ids}
            topology = {one: chance.sample(to, chance.randint(0, len(to))) for one, to in others.items()}
        elif kind == "circle":
            topology = {one: [one % machines + 1] for one in ids}
        else:
            topology = kind
        told = {
            "rates": [round(chance.uniform(1, 12), 3) for _ in ids],
            "topology": topology,
            "internal_probability": chance.uniform(0, 0.95),
            "broadcast_share": chance.uniform(0, 1),
        }
        table = lamport.predict(**told)
        if table.attrs["fixed_point"] == "unique" and (abs(table["load"] - 1) >= 0.1).all():
            return kind, told, table


def compare(seed, duration):
    """Simulate a setting; return kind, growth measured and the table of what is predicted."""
    kind, told, table = setting(seed)
    run = lamport.simulate(duration=duration, seed=seed, record=False, **told)
    return kind, run.machines["final_clock"] / duration, table


def allowed(table, duration):
    """How far growth may be off, as a share: the fit, and how messages scatter over so long a run."""
    arrivals = table["arrival_rate"].clip(lower=1e-9)
    scatter = np.where(table["arrival_rate"] > 0, 5 / np.sqrt(arrivals * duration), 1 / duration)
    return 0.07 + scatter


def slope_error(measured, table):
    """How far the drift slope is off, as a share of it or of 0.05."""
    expected = table.attrs["drift_growth"]
    return abs((measured.max() - measured.min()) - expected) / max(expected, 0.05)


def begin(table, duration):
    """What the first seconds make of growth: who will be overloaded is not yet."""
    return 5 * table["clock_rate"].max() / duration


def outside(measured, table, duration):
    """Return by how much growth is outside of what is proved, less what a run of finite length is."""
    scatter = allowed(table, duration) - 0.07
    below = table["clock_growth_low"] * (1 - scatter) - measured
    above = measured - table["clock_growth_high"] * (1 + scatter)
    return max(below.max(), above.max()) - begin(table, duration)


@pytest.mark.parametrize("seed", range(12))
def test_growth_and_drift(seed):
    duration = 20_000
    _, measured, table = compare(seed, duration)
    assert table["clock_growth"].notna().all()
    assert (abs(table["clock_growth"] / measured - 1) <= allowed(table, duration)).all()
    assert slope_error(measured, table) < 0.1
    assert outside(measured, table, duration) <= 0
    jumps = table["clock_growth"] / table["clock_rate"]
    np.testing.assert_allclose(table["mean_jump"], jumps)


def test_of_equal_rates_the_growth_depends_on_phases():
    circle = {1: [2], 2: [3], 3: [1]}
    told = {"topology": circle, "internal_probability": 0, "broadcast_share": 0}
    table = lamport.predict([6, 6, 6], **told)
    assert table["clock_growth"].isna().all()
    assert table["clock_growth_low"].tolist() == [6] * 3
    assert table["clock_growth_high"].tolist() == [12] * 3
    assert table.attrs["drift_growth"] == 0
    told |= {"rates": [6] * 3, "duration": 500, "record": False}
    runs = [lamport.simulate(seed=seed, **told) for seed in range(20)]
    growth = [run.machines["final_clock"].max() / 500 for run in runs]
    assert min(growth) == pytest.approx(6.75, abs=0.05)
    assert max(growth) == pytest.approx(9.00, abs=0.05)


def test_numbers_of_the_fixed_points():
    two = lamport.predict([1, 2], internal_probability=0)
    assert two["queue_growth"].tolist() == [1, 0]
    assert two["load"].tolist() == [2, 0]
    three = lamport.predict([1, 2, 3], internal_probability=0, broadcast_share=1)
    assert three["queue_growth"].tolist() == [2, 1, 0]
    assert three["load"].tolist() == [3, 1.5, 0]


def test_what_has_several_fixed_points_lists_them():
    ring = lamport.predict([1] * 4, topology="ring", internal_probability=0, broadcast_share=1)
    assert ring.attrs["fixed_point"] == "several"
    assert ring.attrs["is_continuum"] is False
    assert sorted(ring.attrs["solutions"])[::2] == [(0, 1, 0, 1), (1, 0, 1, 0)]
    assert ring["clock_rate"].tolist() == [1] * 4
    assert ring.drop(columns="clock_rate").isna().all(axis=None)
    assert math.isnan(ring.attrs["drift_growth"])
    same = lamport.predict([3, 3, 3], internal_probability=0, broadcast_share=1)
    assert same.attrs["fixed_point"] == "continuum"
    assert same.attrs["is_continuum"] is True
    assert sorted(same.attrs["solutions"]) == [(0, 0, 3), (0, 3, 0), (3, 0, 0)]
    assert same["load"].isna().all()
    large = lamport.predict([1] * 24, topology="ring", internal_probability=0, broadcast_share=1)
    assert large.attrs["fixed_point"] == "not decided"
    assert large.attrs["is_continuum"] is None
    assert large.attrs["solutions"] == ()
    assert large["load"].isna().all()
    steps = lamport.predict([1, lamport.Steps([(0, 5), (9, 1)])])
    assert steps.attrs["fixed_point"] == "not decided"
    np.testing.assert_array_equal(steps["clock_rate"], [1, math.nan])
    assert steps.drop(columns="clock_rate").isna().all(axis=None)


@pytest.mark.parametrize("told", [{"rates": [2]}, {"rates": [1, 2, 3], "topology": {1: [2], 2: [], 3: []}}])
def test_who_hears_nobody_gets_no_messages_and_not_less(told):
    table = lamport.predict(**told)
    assert not np.signbit(table.to_numpy()).any()


def test_tables_with_what_is_said_of_all_machines_can_be_put_together():
    import pandas as pd

    tables = [lamport.predict([1, 3, 6]), lamport.predict([1, 3, 6])]
    assert len(pd.concat(tables)) == 6
    assert tables[0].round(3).attrs == tables[1].attrs


PREDICTED = ["clock_growth_predicted", "clock_growth_low", "clock_growth_high"]


def test_runs_have_what_is_predicted(tmp_path):
    told = {"rates": [1, 3, 6], "internal_probability": [0.6, 0.7, 0.9], "weights": {1: {2: 5}}}
    run = lamport.simulate(
        duration=20, seed=1, log_dir=tmp_path / "a", faults=[lamport.Crash(2, 5, 1)], **told
    )
    expected = lamport.predict(**told)[["clock_growth", "clock_growth_low", "clock_growth_high"]]
    np.testing.assert_allclose(run.machines[PREDICTED], expected)
    np.testing.assert_allclose(lamport.load(tmp_path / "a").machines[PREDICTED], expected)
    assert run.machines_since(10)[PREDICTED].equals(run.machines[PREDICTED])


@pytest.mark.parametrize(
    "options",
    [
        {"ticks": "poisson"},
        {"ticks": lamport.Jitter(0.1)},
        {"rates": [lamport.Steps([(0, 5), (9, 1)]), 3, 6]},
    ],
)
def test_clocks_of_ticks_that_are_not_even_are_not_predicted(options):
    run = lamport.simulate(duration=20, seed=1, **({"rates": [1, 3, 6]} | options))
    assert run.machines[PREDICTED].isna().all(axis=None)


@pytest.mark.parametrize(
    "rule", [{"receive": "max(clock, T)"}, {"receive": "max(clock + 1, T)"}, {"stamp": "before"}]
)
def test_clocks_of_other_rules_are_not_predicted(rule, tmp_path):
    told = {"topology": {1: [2], 2: []}, "rates": [5, 6], "internal_probability": 0}
    run = lamport.simulate(duration=200, seed=1, log_dir=tmp_path / "a", **told, **rule)
    if rule == {"receive": "max(clock, T)"}:  # what is proved of Lamport's would be wrong
        assert run.machines["final_clock"][2] / 200 < lamport.predict(**told)["clock_growth_low"][2]
    queues = ["load_predicted", "queue_growth_predicted"]
    alone = lamport.load(sorted((tmp_path / "a").glob("*.log")), rules=lamport.Rules(**rule))
    for same in (run, lamport.load(tmp_path / "a"), alone):
        assert same.machines[PREDICTED].isna().all(axis=None)
        assert same.machines[queues].notna().all(axis=None)
    plain = lamport.simulate(duration=20, seed=1, log_dir=tmp_path / "b", **told)
    other = lamport.load(tmp_path / "b", rules=lamport.Rules(step="any"))
    assert plain.machines[PREDICTED].notna().all(axis=None)
    assert other.machines[PREDICTED].isna().all(axis=None)
    assert "expected to grow" not in run.report()
    clocks = run.plot(predict=True, axes=Figure().subplots(3))[0]
    assert not clocks.findobj(lambda each: each.get_gid() in ("predicted", "bounds"))
    clocks = plain.plot(predict=True, axes=Figure().subplots(3))[0]
    assert clocks.findobj(lambda each: each.get_gid() in ("predicted", "bounds"))


def test_foreign_logs_have_no_prediction():
    run = lamport.from_events({"time": [0.2], "machine_id": [1], "event": ["INTERNAL"], "new_clock": [1]})
    assert run.machines[PREDICTED].isna().all(axis=None)
    assert (run.machines[PREDICTED].dtypes == np.float64).all()


@pytest.mark.parametrize("rates", [[5], [5, 1e-9], [1e9, 1e-9, 3]])
@pytest.mark.parametrize("p", [0, 1e-12, 0.5, 1])
@pytest.mark.parametrize("topology", ["full", "ring", "line", "star"])
def test_any_machines_are_answered(rates, p, topology):
    table = lamport.predict(rates, topology=topology, internal_probability=p, broadcast_share=0)
    assert table.attrs["fixed_point"] == "unique"
    low, high = table["clock_growth_low"], table["clock_growth_high"]
    assert (low >= table["clock_rate"]).all()
    assert (high <= 2 * max(rates)).all()
    known = table["clock_growth"].dropna()
    assert ((known >= low[known.index]) & (known <= high[known.index])).all()
