"""How many cuts there are, and which, against the enumeration of all cuts of small runs."""

import os

import numpy as np
import pytest
from all_cuts import a_seed, by_messages, by_past, ends_of, small_run, stretch, thinned

import lamport

RUNS = int(os.environ.get("LAMPORT_CUT_RUNS", "100"))
"""Of each kind; with LAMPORT_CUT_RUNS=500 in the environment it is the long form, see `benches/README.md`."""


def check(run, cuts, *, possible=False, **ends):
    """Hold the native lattice against the cuts between its ends."""
    first, last = ends_of(cuts, ends)
    inside = cuts.between(first, last)
    native = run.causality._cuts(ends.get("start"), ends.get("stop"))
    assert (tuple(native.first), tuple(native.last)) == (first, last)
    found = native.lattice(len(inside), possible=possible)
    rows = list(map(tuple, found["cuts"].tolist()))
    assert len(rows) == len(inside)
    assert set(rows) == inside
    size = np.array(list(map(sum, rows)))
    assert (np.diff(size) >= 0).all()
    np.testing.assert_array_equal(np.flatnonzero(np.diff(size)) + 1, found["levels"][1:-1])
    steps = [(rows[one], rows[other]) for one, other in found["steps"].tolist()]
    wanted = [(cut, after) for cut in inside for after in cuts.after(cut) if after in inside]
    assert sorted(steps) == sorted(wanted)
    if len(inside) > 1:
        assert native.lattice(len(inside) - 1, possible=possible) is None
    return len(inside)


def test_of_complete_runs():
    for number in range(RUNS):
        chance = a_seed(number)
        run = small_run(chance)
        if run.events.empty:
            continue
        cuts = by_messages(run)
        for _ in range(2):
            given = stretch(run, chance)
            count = check(run, cuts, **given)
            assert int(run.causality.count_cuts(**given)) == count, number
            assert run.causality.count_cuts(**given, limit=count).value == count
            if count > 1:
                told = run.causality.count_cuts(**given, limit=count - 1)
                assert told.value is None
                assert told.low <= count


def test_of_logs_that_leave_something_open():
    undecided = 0
    for number in range(RUNS):
        chance = a_seed(number + 10**6)
        table = thinned(small_run(chance), chance)
        if not len(table):
            continue
        run = lamport.from_events(table, rules=lamport.Rules(machines="more"))
        certain, sure = by_past(run, possible=False), by_past(run, possible=True)
        counts = len(sure.all), len(certain.all)
        told = run.causality.count_cuts()
        assert (told.low, told.high) == counts, number
        assert told.value == (counts[0] if counts[0] == counts[1] else None)
        undecided += counts[0] < counts[1]
        check(run, certain)
        check(run, sure, possible=True)
    assert undecided > RUNS / 4


@pytest.mark.parametrize("share", [0.5, 0.8, 1.0])
def test_of_logs_of_vectors(tmp_path, share):
    """An event may tell of several machines at once where lines are missing."""
    for number in range(RUNS // 3):
        chance = a_seed(number)
        run = small_run(chance)
        if run.events.empty:
            continue
        path = run.export(tmp_path / f"{number}.log", format="shiviz")
        head, *lines = path.read_text().rstrip("\n").split("\n")
        pairs = list(zip(lines[1::2], lines[2::2], strict=True))
        kept = [pair for pair in pairs if chance.random() < share] or pairs[:1]
        path.write_text("\n".join([head, "", *(line for pair in kept for line in pair)]) + "\n")
        loaded = lamport.load(path)
        count = check(loaded, by_past(loaded, possible=False))
        assert int(loaded.causality.count_cuts()) == count, number
