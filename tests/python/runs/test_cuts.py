"""Consistent cuts: how many there are, and what an answer about them is."""

import itertools
import pickle

import pytest

import lamport
from lamport import Answer


def small(seed, machines=3, duration=3):
    rates = [1 + (seed * 7 + place * 5) % 3 for place in range(machines)]
    return lamport.simulate(machines, duration, rates=rates, seed=seed, internal_probability=0.4)


def all_cuts(run):
    """Every consistent cut, by trying all: {machine: clock}."""
    clocks = [[0, *run.events.loc[run.events["machine_id"] == each, "new_clock"]] for each in (1, 2, 3)]
    cuts = (dict(zip((1, 2, 3), cut, strict=True)) for cut in itertools.product(*clocks))
    return [cut for cut in cuts if run.causality.cut_is_consistent(cut)]


@pytest.mark.parametrize("seed", range(4))
def test_cuts_are_counted(seed):
    run = small(seed)
    count = run.causality.count_cuts()
    assert int(count) == count.value == count.low == count.high == count.visited == len(all_cuts(run))
    assert run.causality.count_cuts(limit=int(count)) == count


def test_a_stretch_of_time():
    run = small(1, duration=5)
    whole = int(run.causality.count_cuts())
    parts = [int(run.causality.count_cuts(start, start + 1)) for start in range(5)]
    assert all(1 < part < whole for part in parts)
    assert int(run.causality.count_cuts(9)) == 1
    with pytest.raises(ValueError, match="start=3 and stop=2"):
        run.causality.count_cuts(3, 2)
    for limit in (0, -1):
        with pytest.raises(ValueError, match=f"limit={limit}: give the number of cuts .* 1 or more"):
            run.causality.count_cuts(limit=limit)


def test_what_was_not_counted_is_no_number():
    count = small(1).causality.count_cuts(limit=7)
    assert (count.value, count.low, count.high, count.visited) == (None, 7, None, 7)
    for ask in (bool, int, range):
        with pytest.raises(ValueError, match="no answer: there are more consistent cuts than limit=7"):
            ask(count)
    with pytest.raises(ValueError, match="limit=0: give"):
        small(1).causality.count_cuts(limit=0)


def test_an_answer_is_a_cut():
    run = small(2)
    first = run.events.iloc[0]
    counts = {1: 0, 2: 0, 3: 0} | {first["machine_id"]: 1}
    answer = Answer(True, {**counts, first["machine_id"]: first["new_clock"]}, None, 1, counts=counts)
    assert run.causality.cut_is_consistent(answer) is True
    assert run.causality.cut_is_consistent(Answer(True, answer.cut, None, 1)) is True
    assert pickle.loads(pickle.dumps(answer)) == answer
    with pytest.raises(ValueError, match="has no cut"):
        run.causality.cut_is_consistent(Answer(False, None, None, 1))
    with pytest.raises(ValueError, match="a cut with 99 events of machine 2: it has"):
        run.causality.cut_is_consistent(Answer(True, {2: 99}, None, 1, counts={2: 99}))
    with pytest.raises(ValueError, match="no machine 9"):
        run.causality.cut_is_consistent(Answer(True, {9: 1}, None, 1, counts={9: 1}))


def test_runs_with_little_in_them():
    empty = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    assert int(empty.causality.count_cuts()) == 1
    never = empty.causality.definitely(lambda: False)
    assert (list(never.path), never.path[0], never.path[:]) == ([{}], {}, [{}])
    assert pickle.loads(pickle.dumps(never)).path == [{}]
    one = lamport.from_events({"machine_id": [1] * 3, "event": ["INTERNAL"] * 3, "new_clock": [1, 2, 3]})
    assert int(one.causality.count_cuts()) == 4
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        lamport.simulate(duration=5, record=False).causality.count_cuts()


def test_logs_that_leave_open_how_many_cuts_there_are():
    rows = {
        "machine_id": [1, 1, 2, 2],
        "event": ["SEND", "SEND", "RECEIVE", "INTERNAL"],
        "new_clock": [1, 2, 3, 4],
    }
    run = lamport.from_events(rows, rules=lamport.Rules(machines="these"))
    assert not run.causality.is_certain
    count = run.causality.count_cuts()
    assert count.value is None
    assert count.low < count.high == 9
    with pytest.raises(ValueError, match="the logs leave open how many cuts are consistent"):
        int(count)
    assert count.low <= 8
    assert run.causality.count_cuts(limit=8).why == "there can be more consistent cuts than limit=8"
