"""What may be asked of other clocks, what is refused, and what is drawn for the clocks of hosts."""

import math
import time

import numpy as np
import pandas as pd
import pytest
import told_clocks
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport import Physical
from lamport._runs import stamps

KINDS = list(stamps.KINDS)


@pytest.fixture(scope="module")
def virtual():
    return lamport.simulate(duration=20, rates=[1, 3, 6], internal_probability=0.3, seed=1978)


def logged(**columns):
    """A table as of logs of others: two machines, and what is given."""
    table = {
        "time": [0.2, 0.7, 1.1],
        "machine_id": [1, 2, 1],
        "event": ["SEND", "RECEIVE", "INTERNAL"],
        "new_clock": [1, 2, 2],
        "sender": [None, 1, None],
        "sent_clock": [None, 1, None],
    }
    return lamport.from_events(table | columns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_has_the_rows_of_the_whole(virtual, kind):
    whole, some = virtual.stamps(kind), virtual.stamps(kind, 3, 7.5)
    time = virtual.events["time"]
    rows = virtual.events.index[(time >= 3) & (time < 7.5)]
    assert 0 < len(some) < len(whole) == len(virtual.events)
    pd.testing.assert_frame_equal(some, whole.loc[rows])
    assert whole.index.equals(virtual.events.index)
    empty = virtual.stamps(kind, 1000)
    assert len(empty) == 0
    assert empty.columns.equals(whole.columns)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_without_much(kind):
    alone = lamport.simulate(1, 3, rates=[2], seed=1)
    assert len(alone.stamps(kind)) == 6
    nothing = lamport.simulate(2, 0.0001, rates=[1, 1], seed=1)
    assert len(nothing.stamps(kind)) == len(nothing.events)
    silent = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    assert len(silent.stamps(kind)) == 0
    unrecorded = lamport.simulate(duration=5, seed=1, record=False)
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        unrecorded.stamps(kind)


def test_machines_without_events_have_a_column():
    run = lamport.simulate(3, 2, rates=[5, 5, 0.001], seed=2)
    assert run.machines["ticks"].tolist()[2] == 0
    assert run.stamps("vector").columns.tolist() == [1, 2, 3]
    assert (run.stamps("vector")[3] == 0).all()


def test_names_stand_for_machines():
    run = lamport.from_events(
        {
            "machine_id": ["anna", "ben", "anna"],
            "event": ["SEND", "RECEIVE", "INTERNAL"],
            "new_clock": [1, 2, 2],
            "sender": [None, "anna", None],
            "sent_clock": [None, 1, None],
            "time": [0.0, 1.0, 2.0],
        }
    )
    clocks = {"ben": Physical(0.5), None: Physical()}
    shown = run.stamps("physical", physical=clocks, on_top=True)["physical"]
    assert shown.tolist() == [0, 1_500_000_000, 2_000_000_000]
    with pytest.raises(ValueError, match="did you mean 'anna'"):
        run.stamps("physical", physical={"annna": Physical(), None: Physical()}, on_top=True)


def test_unmatched_receipts_bring_no_news():
    run = logged(sender=[None, None, None], sent_clock=[None, None, None], event=["SEND", "RECEIVE", "SEND"])
    assert run.causality.unmatched == 1
    assert not run.causality.is_certain
    assert run.stamps("vector").to_numpy().tolist() == [[1, 0], [0, 1], [2, 0]]
    assert run.stamps("lamport")["lamport"].tolist() == [1, 1, 2]


def test_clocks_that_repeat():
    rules = lamport.Rules(receive="max(clock, T)")
    run = lamport.from_events(
        {
            "machine_id": [1, 2, 2],
            "event": ["SEND", "RECEIVE", "INTERNAL"],
            "new_clock": [1, 1, 2],
            "sender": [None, 1, None],
            "sent_clock": [None, 1, None],
        },
        rules=rules,
    )
    assert run.stamps("vector").to_numpy().tolist() == [[1, 0], [1, 1], [1, 2]]


def test_logged_vectors_tell_more_than_messages():
    run = lamport.from_events(
        {
            "machine_id": [1, 2, 1],
            "event": ["INTERNAL"] * 3,
            "new_clock": [1, 2, 2],
            "vector_clock": [{"1": 1}, {"1": 1, "2": 1}, {"1": 2}],
        }
    )
    vectors = run.stamps("vector").to_numpy().tolist()
    assert vectors == [[1, 0], [1, 1], [2, 0]]
    trees = [told_clocks.tree(text) for text in run.stamps("itc")["event"]]
    assert told_clocks.within(trees[0], trees[1])
    assert run.stamps("lamport")["lamport"].tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("sundial", {}, "kind='sundial' is not known: it is one of lamport, vector"),
        (7, {}, "kind=7 is not a text"),
        ("vector", {"entries": 3}, "vector has no option entries, which is of plausible: it has none"),
        ("bloom", {"hash": 3}, "bloom has no option hash: it has size, hashes"),
        ("plausible", {"entries": 0}, "entries=0 is out of range"),
        ("plausible", {"entries": 2.5}, "entries=2.5 is not a whole number"),
        ("plausible", {"entries": math.nan}, "entries=nan is not a whole number"),
        ("bloom", {"size": 0}, "size=0 is out of range"),
        ("bloom", {"hashes": 5000}, "hashes=5000 is out of range"),
        ("bloom", {"size": -1}, "size=-1 is out of range"),
        ("hlc", {"physical": 0.5}, "physical=0.5 is no clock: give a lamport.Physical"),
        ("hlc", {"physical": {1: Physical()}}, "physical has no clock of machine 2"),
        ("hlc", {"physical": {9: Physical()}}, "machine 9 is not in this run"),
        ("hlc", {"physical": {1: 3}}, "3 of 1 is no clock"),
        ("hlc", {"seed": -1}, "seed=-1 is out of range"),
        ("hlc", {"on_top": 1}, "on_top=1: give True or False"),
        ("physical", {"physical": Physical(sync=(1e-9, 0))}, "set too often"),
    ],
)
def test_what_makes_no_sense_is_refused(virtual, kind, options, said):
    with pytest.raises(ValueError, match=said):
        virtual.stamps(kind, **options)
    for start, stop in [(5, 5), (math.nan, None), (3, 2)]:
        with pytest.raises(ValueError, match="start must be below stop"):
            virtual.stamps("vector", start, stop)


def test_too_many_numbers_are_refused():
    run = lamport.simulate(300, 20, rates=[2] * 300, topology="ring", seed=1)
    with pytest.raises(ValueError, match=r"matrix: .* 100000000 are given: choose fewer .* start and stop"):
        run.stamps("matrix")
    some = run.stamps("matrix", 19.9)
    assert some.shape[1] == 90_000
    own = np.array([row[machine].to_numpy() for (_, row), machine in zip(
        some.iterrows(), run.events["machine_id"].loc[some.index], strict=True)])  # fmt: skip
    assert (own == run.stamps("vector", 19.9).to_numpy()).all()


@pytest.mark.parametrize(("kind", "option"), [("bloom", "size"), ("plausible", "entries")])
def test_too_many_counters_are_refused_before_they_are_made(kind, option):
    run = lamport.simulate(200, 1, rates=[2] * 200, topology="ring", seed=1)
    with pytest.raises(ValueError, match=rf"{kind}: {option}=1048576 .* 200 machines .* {option}=500000 or"):
        run.stamps(kind, 0, 0.01, **{option: 2**20})
    assert run.stamps(kind, 0, 0.01, **{option: 2**15}).shape[1] == 2**15


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"offset": math.nan}, "offset=nan is out of range"),
        ({"offset": math.inf}, "offset=inf is out of range"),
        ({"offset": "1"}, "offset='1' is not a number"),
        ({"offset": (2, 1)}, "give the smaller number first"),
        ({"offset": (1, 2, 3)}, "give a number, or the bounds"),
        ({"ppm": -1e6}, "ppm=-1e[+]06 is out of range"),
        ({"ppm": (0, math.nan)}, "ppm=nan is out of range"),
        ({"resolution": 0}, "resolution=0 is out of range"),
        ({"resolution": -1}, "resolution=-1 is out of range"),
        ({"sync": 3}, "sync=3: give the seconds"),
        ({"sync": (0, 1)}, "every=0 is out of range"),
        ({"sync": (1, -1)}, "sigma=-1 is out of range"),
        ({"sync": (math.nan, 1)}, "every=nan is out of range"),
        ({"slew": 1}, "slew=1: give True or False"),
    ],
)
def test_clocks_that_cannot_be_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        Physical(**arguments)


@given(
    offset=st.floats(-10, 10),
    ppm=st.floats(-9e5, 9e5),
    resolution=st.sampled_from([1e-9, 1e-6, 0.01, 0.3, 7]),
)
def test_a_clock_shows_what_its_formula_says(virtual, offset, ppm, resolution):
    clock = Physical(offset, ppm, resolution)
    times = np.rint(virtual.events["time"].to_numpy() * 1e9).astype(np.int64).tolist()
    shown = virtual.stamps("physical", physical=clock)["physical"].tolist()
    assert shown == [told_clocks.shown(clock, time) for time in times]


def test_clocks_are_set_at_multiples_of_a_time(virtual):
    """Between two times an offset is one; a clock that slews is the most that one that steps has shown."""
    events = virtual.events
    clock = {"ppm": 1e5, "sync": (2.0, 0.5)}
    steps = virtual.stamps("physical", physical=Physical(0.25, slew=False, **clock), seed=4)["physical"]
    times = np.rint(events["time"].to_numpy() * 1e9).astype(np.int64)
    number = times // 2_000_000_000
    offsets = steps.to_numpy() - times - 0.1 * (times - number * 2_000_000_000)
    by_time = pd.Series(offsets).groupby([events["machine_id"], number])
    assert (by_time.max() - by_time.min() <= 1).all()
    first, later = by_time.mean().xs(0, level=1), by_time.mean().drop(0, level=1)
    assert np.allclose(first, 0.25e9, atol=1)
    assert later.round().nunique() == len(later)
    assert 0.3e9 < later.std() < 0.7e9
    slews = virtual.stamps("physical", physical=Physical(0.25, **clock), seed=4)["physical"]
    assert (steps.groupby(events["machine_id"]).diff() < 0).any()
    assert not (slews.groupby(events["machine_id"]).diff() < 0).any()
    assert (slews >= steps.groupby(events["machine_id"]).cummax()).all()
    assert (slews == steps)[number == 0].all()


def test_what_is_drawn_follows_from_the_seed(virtual):
    clock = Physical(offset=(-0.5, 0.5), ppm=(-100, 100))
    ask = lambda seed: virtual.stamps("physical", physical=clock, seed=seed)["physical"]  # noqa: E731
    assert ask(1).equals(ask(1))
    assert not ask(1).equals(ask(2))
    off = (ask(1) - virtual.stamps("physical")["physical"]).groupby(virtual.events["machine_id"]).first()
    assert off.nunique() == 3
    assert (off.abs() <= 0.5e9 + 2e6).all()


def test_logged_times_are_not_skewed_twice(run, tmp_path, virtual):
    """Of several hosts there is what was logged; one host has one clock, which may go wrong in any way."""
    others = logged()
    assert others.stamps("physical")["physical"].tolist() == [200_000_000, 700_000_000, 1_100_000_000]
    for kind in ("physical", "hlc"):
        with pytest.raises(ValueError, match="on_top=True"):
            others.stamps(kind, physical=Physical(1))
    shown = others.stamps("physical", physical=Physical(1), on_top=True)["physical"]
    assert shown.tolist() == [1_200_000_000, 1_700_000_000, 2_100_000_000]
    real = run.stamps("physical")["physical"]
    assert abs(real.iloc[-1] / 1e9 - time.time()) < 86_400
    assert np.allclose(real / 1e9, run.events["system_time"], atol=1e-6)
    assert (real % 1000 == 0).all()
    skewed = run.stamps("physical", physical=Physical(1))["physical"]
    assert np.allclose(skewed / 1e9, run.events["time"] + 1, atol=1e-6)
    # The logs alone tell that time is virtual, and not that a run was on one host.
    virtual.save(tmp_path / "virtual")
    loaded = lamport.load(sorted((tmp_path / "virtual").glob("*.log")))
    assert len(loaded.stamps("physical", physical=Physical(1))) == len(virtual.events)


def test_tables_without_times_have_no_physical_clocks():
    run = lamport.from_events({"machine_id": [1, 2], "event": ["INTERNAL"] * 2, "new_clock": [1, 1]})
    for kind in ("physical", "hlc"):
        with pytest.raises(ValueError, match="needs a column time"):
            run.stamps(kind)
    assert len(run.stamps("vector")) == 2


def test_stamps_are_the_users_own(virtual):
    mine = virtual.stamps("vector")
    mine.loc[:, :] = -1
    assert (virtual.stamps("vector") > -1).all(axis=None)


def test_hybrid_clocks_are_bounded_where_clocks_advance(virtual):
    """By the largest difference of two clocks, which are the same at all times; else c may go on and on."""
    wrong = Physical(offset=(-0.05, 0.05))
    physical = virtual.stamps("physical", physical=wrong)["physical"]
    hybrid = virtual.stamps("hlc", physical=wrong)
    advances = physical.groupby(virtual.events["machine_id"]).diff().dropna()
    assert (advances > 0).all()
    assert ((hybrid["l"] - physical) <= 0.1e9).all()
    standing = virtual.stamps("hlc", physical=Physical(resolution=100.0))
    assert (standing["l"] == 0).all()
    assert standing["c"].max() > 30
