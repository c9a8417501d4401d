"""Past and future on a page are those of `Run.causality`, for every event of runs of any kind."""

import random
from collections import Counter

import any_runs
import numpy as np
import pytest
from any_runs import any_run
from pages import ask_each, laid_out

import lamport
from lamport._view.causes import causes_of

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
        elif told["open"] == "":
            may_future = future  # no event may have another past
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
    # Paths can leave a stretch of time and come back where clocks of hosts are apart.
    kinds = range(len(any_runs.KINDS))
    apart = any_runs.KINDS.index(any_runs._logs_of_hosts_apart)
    runs = [any_run(number, tmp_path)[0] for number in kinds]
    for number in range(200, 206):
        chance = random.Random(number)
        run, _ = any_runs._simulated(chance)
        runs.append(any_runs.KINDS[apart](chance, run, tmp_path / str(number)))
    asked = [
        (run, dict(zip(("start", "stop"), run.events["time"].quantile([0.3, 0.7]), strict=True)))
        for run in runs
    ]
    for (run, span), told in zip(asked, ask_each(tmp_path, asked, "cones"), strict=True):
        check(told, run, **span)


def test_vectors_tell_what_no_message_does(tmp_path):
    rows = [
        {"machine_id": "a", "event": "INTERNAL", "vector_clock": {"a": 1}},
        {"machine_id": "b", "event": "RECEIVE", "vector_clock": {"a": 2, "b": 1}},
        {"machine_id": "b", "event": "INTERNAL", "vector_clock": {"a": 2, "b": 2}},
    ]
    run = lamport.from_events(rows)
    assert run.causality.is_certain
    assert run.messages.empty
    (told,) = ask_each(tmp_path, [(run, {})], "cones")
    assert check(told, run) == (3, "")
    assert told["cones"][2][0] == [1, 3], "the row of a, of which only the vector tells"


def test_what_messages_tell_is_not_told_again(tmp_path):
    run = any_runs._of_others(None, lamport.simulate(4, 20, seed=1), tmp_path)
    causes = causes_of(run, laid_out(run))
    assert len(causes.certain.events) == len(causes.possible.events) == 0


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
