"""Past and future on a page are those of `Run.causality`, for every event of runs of any kind."""

from collections import Counter

import numpy as np
import pytest
from any_runs import any_run
from pages import ask_each, laid_out

import lamport

TOLD = ("past", "future", "possible past", "possible future")


def check(told, run, start=-np.inf, stop=np.inf):
    """Compare; return of how many events, and what the logs leave open."""
    try:
        causality = run.causality
    except lamport.LamportError as refused:
        if told["refused"] != str(refused):
            raise
        return 0, "refused"
    assert not told["refused"]
    laid = laid_out(run, start, stop)
    lane = np.repeat(np.arange(len(laid.machines)), np.diff(laid.first))
    place = np.arange(len(lane))
    compared = 0
    for event, bounds in enumerate(told["cones"]):
        name = (int(laid.machines[lane[event]]), int(laid.clocks[event]))
        try:
            past, future = causality.past(name), causality.future(name)
        except ValueError:  # several events have this clock
            continue
        may_past = causality.past(name, possible=True)
        if told["open"] == "any":
            may_future = ~past
            may_future[laid.rows[event]] = False
        else:
            may_future = causality.future(name, possible=True)
        before, after, may_before, may_after = (np.array(bound)[lane] for bound in bounds)
        found = (place < before, place >= after, place < may_before, place >= may_after)
        wanted = (past, future, may_past, may_future)
        for what, mine, theirs in zip(TOLD, found, wanted, strict=True):
            mine[event] = False
            assert np.array_equal(mine, theirs[laid.rows]), f"the {what} of {name}"
        compared += 1
    return compared, told["open"]


@pytest.mark.parametrize("first", range(0, 60, 12))
def test_cones_are_those_of_causality(first, tmp_path):
    runs = [any_run(number, tmp_path)[0] for number in range(first, first + 12)]
    seen = Counter()
    for run, told in zip(runs, ask_each(tmp_path, [(run, {}) for run in runs], "cones"), strict=True):
        compared, is_open = check(told, run)
        seen[is_open] += 1
        seen["events"] += compared
    assert seen["events"] > 500, seen
    assert seen[""] > 3, seen
    assert seen["some"], seen


def test_cones_of_a_part_are_those_of_the_whole(tmp_path):
    runs = [any_run(number, tmp_path)[0] for number in range(100, 115)]
    spans = [
        dict(zip(("start", "stop"), run.events["time"].quantile([0.3, 0.8]), strict=True)) for run in runs
    ]
    asked = list(zip(runs, spans, strict=True))
    for (run, span), told in zip(asked, ask_each(tmp_path, asked, "cones"), strict=True):
        check(told, run, **span)


def test_everything_may_be_open(tmp_path):
    rows = [
        {"machine_id": "a", "event": "INTERNAL", "vector_clock": {"a": 1}},
        {"machine_id": "a", "event": "RECEIVE", "vector_clock": None},
        {"machine_id": "b", "event": "SEND", "vector_clock": None},
        {"machine_id": "b", "event": "INTERNAL", "vector_clock": {"b": 2}},
    ]
    run = lamport.from_events(rows)
    (told,) = ask_each(tmp_path, [(run, {})], "cones")
    assert check(told, run) == (4, "any")
