"""Predicates over consistent cuts: verdicts, what they are made of, and what is refused."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import lamport


def rows_of(run, machine):
    return run.events[run.events["machine_id"] == machine]


@pytest.fixture(scope="module")
def trio():
    """1 sends, 2 receives and goes on, 3 does something by itself."""
    table = {
        "machine_id": [1, 2, 1, 3, 2],
        "event": ["SEND", "RECEIVE", "INTERNAL", "INTERNAL", "INTERNAL"],
        "new_clock": [1, 2, 2, 1, 3],
        "sender": [None, 1, None, None, None],
        "sent_clock": [None, 1, None, None, None],
    }
    return lamport.from_events(table)


def test_the_least_cut_and_a_path_around(trio):
    one, two = rows_of(trio, 1)["new_clock"], rows_of(trio, 2)["new_clock"]
    found = trio.causality.possibly({1: one == 1, 2: two == 2})
    assert (found.value, found.cut, found.path) == (True, {1: 1, 2: 2, 3: 0}, None)
    assert found.counts == {1: 1, 2: 1, 3: 0}
    around = trio.causality.definitely({1: one == 1, 2: two == 2})
    assert (around.value, around.cut) == (False, None)
    assert around.path[0] == {1: 0, 2: 0, 3: 0}
    assert around.path[-1] == {1: 2, 2: 3, 3: 1}
    assert len(around.path) == 6
    assert list(around.path) == [around.path[at] for at in range(6)] == around.path[:]
    assert not any(cut[1] == 1 and cut[2] == 2 for cut in around.path)
    assert around.path[-6] == around.path[0]
    for place in (6, -7):
        with pytest.raises(IndexError, match=f"there is no cut {place} in a path of 6 cuts"):
            around.path[place]
    assert repr(around) == f"Answer(value=False, cut=None, path=<6 cuts>, visited={around.visited})"
    sure = trio.causality.definitely({1: one == 1, 2: two < 0}, initial={2: True})
    assert (sure.value, sure.cut) == (True, {1: 1, 2: 0, 3: 0})
    assert not trio.causality.possibly({1: one < 0, 2: two == 2}, initial={1: True})


def test_nothing_asked_of_anybody_is_true_at_once(trio):
    assert trio.causality.possibly({}).cut == {1: 0, 2: 0, 3: 0}
    assert trio.causality.definitely({}).cut == {1: 0, 2: 0, 3: 0}


def test_callables_see_rows(trio):
    seen = []

    def look(*states):
        seen.append(states)
        return False

    answer = trio.causality.possibly(look)
    assert (answer.value, answer.visited) == (False, len(seen))
    assert int(trio.causality.count_cuts()) == len(seen) == len(set(map(id, seen)))
    assert seen[0] == (None, None, None)
    last = seen[-1]
    assert [state.machine_id for state in last] == [1, 2, 3]
    assert last[0]._fields == tuple(trio.events.columns)
    assert (last[0].event, last[0].sender, last[1].new_clock) == ("INTERNAL", None, 3)
    # Each is made once.
    assert len({id(states[1]) for states in seen}) == 3
    with pytest.raises(AttributeError):
        last[0].new_clock = 7
    found = trio.causality.possibly(lambda a, b, _: a is not None and b is not None and a.new_clock == 1)
    assert found.cut == {1: 1, 2: 2, 3: 0}
    around = trio.causality.definitely(lambda _, b, c: c is not None and b is None)
    assert around.value is False
    assert around.path[-1] == {1: 2, 2: 3, 3: 1}
    assert trio.causality.definitely(lambda a, b, _: np.bool_(a is not None and b is None)).value is True


def test_states_of_algorithms_last_until_the_next():
    run = lamport.simulate(3, 20, algorithm=lamport.algorithms.RicartAgrawala, seed=3)
    states = run.states
    column = next(name for name in states.columns if states[name].dtype in {np.dtype(bool), "boolean"})
    held = {
        machine: states.loc[states["machine_id"] == machine, column].fillna(False).astype(bool)
        for machine in (1, 2, 3)
    }
    by_event = {}
    for machine in (1, 2, 3):
        own = states[states["machine_id"] == machine].set_index("new_clock")[column]
        told = rows_of(run, machine)["new_clock"].map(own.astype("boolean")).astype("boolean")
        by_event[machine] = told.ffill().fillna(False).astype(bool)
    assert any(len(held[machine]) < len(by_event[machine]) for machine in held)
    for pair in ((1, 2), (1, 3), (2, 3)):
        for ask in (run.causality.possibly, run.causality.definitely):
            one = ask({machine: held[machine] for machine in pair})
            assert one == ask({machine: by_event[machine] for machine in pair})
    assert run.causality.possibly({1: held[1]})


@pytest.mark.parametrize(
    ("predicate", "options", "message"),
    [
        (lambda _: 3, {}, "predicate=3 is none: give a mapping of machines to boolean Series"),
        (lambda _: {1: [True]}, {}, "predicate of machine 1 is a list: give a boolean Series"),
        (lambda e: {9: e}, {}, "machine 9 is not in this run: its machines are 1, 2, 3"),
        (lambda e: {"a": e}, {}, "machine of predicate: there is no machine 'a'"),
        (lambda e: {1.0: e}, {}, "machine of predicate=1.0 is not a whole number"),
        (lambda _: {}, {"initial": {1.0: True}}, "machine of initial=1.0 is not a whole number"),
        (lambda e: {1: e > 0}, {}, r'5 values, .* 2 events: take .* series\[events\["machine_id"\] == 1'),
        (lambda e: {1: e[[2, 0]] > 0}, {}, "another index than .*: 2, not 0: keep"),
        (lambda e: {1: (e[[0, 2]] > 0).reset_index(drop=True)}, {}, "another index .*: 1, not 2"),
        (lambda e: {1: e[[0, 2]]}, {}, "is of int64, not of truth values: compare it"),
        (lambda e: {1: (e[[0, 2]] > 0).where([True, False])}, {}, "1 has no value in row 2: say what"),
        (lambda e: {1: e[[0, 2]].astype(float).where([True, False])}, {}, "has no value in row 2"),
        (lambda _: {1: pd.Series([pd.NA, True], [0, 2], dtype="boolean")}, {}, "has no value in row 0"),
        (lambda _: {1: pd.Series([True, 1], [0, 2], dtype=object)}, {}, "has 1 in row 2, which is no"),
        (lambda e: {1: e[[0, 2]] > 0}, {"initial": 1}, "initial=1: give True or False"),
        (lambda e: {1: e[[0, 2]] > 0}, {"initial": {2: True}}, "initial names machine 2, of which"),
        (lambda e: {1: e[[0, 2]] > 0}, {"initial": {1: "yes"}}, "initial of machine 1='yes': give True"),
        (lambda _: max, {"initial": True}, "initial=True is for a mapping: a callable gets None"),
        (lambda _: max, {"limit": 0}, "limit=0: give the number of cuts"),
        (lambda _: max, {"limit": -1}, "limit=-1: give the number of cuts"),
        (lambda _: max, {"start": 2, "stop": 1}, "start=2 and stop=1"),
    ],
)  # fmt: skip
def test_what_is_no_predicate(trio, predicate, options, message):
    for ask in (trio.causality.possibly, trio.causality.definitely):
        with pytest.raises(ValueError, match=message):
            ask(predicate(trio.events["new_clock"]), **options)


def test_what_is_one_although_it_looks_odd(trio):
    own = trio.events["new_clock"][[0, 2]]
    for truth in (
        (own == 2).astype("boolean"),
        (own == 2).astype(object),
        pd.Series([False, True], [0.0, 2.0]),
    ):
        assert trio.causality.possibly({1: truth}).cut == {1: 2, 2: 0, 3: 0}
    # One without events is in its initial state; machines may have names.
    assert trio.causality.possibly({np.int64(1): own == 2}).value
    run = lamport.simulate(2, 0.3, rates=[20, 1], seed=0)
    none = pd.Series([], dtype=bool)
    assert set(run.events["machine_id"]) == {1}
    assert run.causality.possibly({2: none}, initial=True).value is True
    assert run.causality.definitely({2: none}).value is False
    run = lamport.from_events({"machine_id": ["a", "b"], "event": ["INTERNAL"] * 2, "new_clock": [1, 1]})
    assert run.causality.possibly({"b": run.events["new_clock"][[1]] > 0}).cut == {1: 0, 2: 1}
    with pytest.raises(ValueError, match="predicate names a twice"):
        run.causality.possibly({"a": run.events["new_clock"][[0]] > 0, 1: run.events["new_clock"][[0]] > 0})
    with pytest.raises(ValueError, match=r"^predicate of a has 0 values"):
        run.causality.possibly({"a": none})


@pytest.mark.parametrize("question", ["possibly", "definitely"])
def test_callables_that_do_not_answer(trio, question):
    ask = getattr(trio.causality, question)

    def fails(a, b, c):
        return (a is not None) / (b is None) > 9

    with pytest.raises(ZeroDivisionError) as raised:
        ask(fails)
    assert raised.value.__notes__ == ["the predicate was asked about the consistent cut {1: 1, 2: 2, 3: 0}"]
    with pytest.raises(
        TypeError,
        match=r"the predicate takes \(_\), but gets 3 arguments: the states of machines in the order",
    ):
        ask(lambda _: True)
    for returned, words in (
        (None, "None"),
        (float("nan"), "nan"),
        (np.zeros(2), r"array\(\[0\., 0\.\]\)"),
        (pd.NA, "<NA>"),
    ):
        with pytest.raises(
            ValueError, match=rf"predicate returned {words} for the consistent cut {{1: 0, 2: 0, 3: 0}}"
        ):
            ask(lambda *_, returned=returned: returned)
    with pytest.raises(ValueError, match="returned a DataFrame for"):
        ask(lambda *_: trio.events)


@pytest.mark.parametrize("limit", [1, 5, 12])
def test_at_the_limit_there_is_no_verdict(trio, limit):
    count = int(trio.causality.count_cuts())
    for question in ("possibly", "definitely"):
        answer = getattr(trio.causality, question)(lambda *_: False, limit=limit)
        assert answer.visited == min(limit, count)
        if limit < count:
            assert answer.value is None
            with pytest.raises(
                ValueError, match=f"no answer: limit={limit} came first: {limit} consistent cuts"
            ):
                bool(answer)


def test_a_stretch_keeps_states():
    run = lamport.simulate(duration=30, rates=[1, 2, 3], seed=4, internal_probability=0.5)
    late = {machine: rows_of(run, machine)["time"] >= 5 for machine in (1, 2, 3)}
    assert not run.causality.possibly(late, stop=4)
    first = run.causality.possibly(late, start=12)
    assert first.cut == run.causality.snapshot(12).cut
    assert run.causality.definitely(late, start=12, stop=13)
    # `initial` is before all events, not before the stretch.
    never = {1: rows_of(run, 1)["time"] < 0}
    assert not run.causality.possibly(never, initial=True, start=12)
    assert run.causality.possibly(never, initial=True)
    callable_too = run.causality.possibly(lambda a, *_: a is not None and a.time >= 12, start=12, stop=13)
    assert callable_too.cut[1] == rows_of(run, 1).query("time >= 12")["new_clock"].iloc[0]


def hidden(run, seed, share):
    """The same events, where some receipts do not tell their message."""
    table = run.events.copy()
    chance = np.random.default_rng(seed)
    is_hidden = table["event"].eq("RECEIVE") & (chance.random(len(table)) < share)
    for column in ("sender", "sent_clock") if seed % 2 else ("sender",):
        table[column] = table[column].mask(is_hidden)
    return lamport.from_events(table.drop(columns=["arrived"]))


def test_verdicts_on_logs_that_leave_something_open():
    decided = asked = 0
    for seed in range(60):
        whole = lamport.simulate(3, 5, rates=[1, 1.4, 1.9], seed=seed, internal_probability=0.3)
        part = hidden(whole, seed, 0.5)
        chance = np.random.default_rng(seed)
        truth = {
            each: pd.Series(chance.random(len(rows_of(whole, each))) < 0.5, rows_of(whole, each).index)
            for each in (1, 2, 3)
        }
        of_machine = {
            each: dict(zip(rows_of(whole, each)["new_clock"], truth[each], strict=True)) for each in truth
        }
        initial = bool(seed % 3 == 0)

        def holds(*states, of_machine=of_machine, initial=initial):
            return all(
                initial if state is None else of_machine[machine][state.new_clock]
                for machine, state in zip((1, 2, 3), states, strict=True)
            )

        low, count, high = (
            part.causality.count_cuts(),
            int(whole.causality.count_cuts()),
            part.causality.count_cuts().high,
        )
        assert low.low <= count <= high
        for question in ("possibly", "definitely"):
            known = getattr(whole.causality, question)(truth, initial=initial)
            told = getattr(part.causality, question)(truth, initial=initial)
            called = getattr(part.causality, question)(holds)
            assert told.value == called.value
            assert told.value is None or told.value is known.value
            asked, decided = asked + 1, decided + (told.value is not None)
            for answer in (told, called):
                if answer.value and answer.cut:
                    assert whole.causality.cut_is_consistent(answer)
                if answer.path:
                    assert all(whole.causality.cut_is_consistent(cut) for cut in answer.path)
                if answer.value is None:
                    with pytest.raises(ValueError, match="the logs leave open which cuts are consistent"):
                        bool(answer)
    assert asked > decided > 0.7 * asked


def test_where_the_logs_rule_nothing_out():
    rows = [
        {"machine_id": "a", "event": "INTERNAL", "vector_clock": {"a": 1}},
        {"machine_id": "a", "event": "RECEIVE", "vector_clock": None},
        {"machine_id": "b", "event": "SEND", "vector_clock": None},
        {"machine_id": "b", "event": "INTERNAL", "vector_clock": {"b": 2}},
    ]
    run = lamport.from_events(rows)
    causality = run.causality
    one, two = (rows_of(run, machine)["new_clock"] for machine in (1, 2))
    cases = [
        (True, one < 0, two < 0, True),
        (False, one == 2, two == 2, True),
        (False, one == 1, two == 2, None),
        (False, one < 0, two < 0, False),
    ]
    for initial, first, last, verdict in cases:
        given = {1: first, 2: last}
        ids = {1: dict(zip(one, first, strict=True)), 2: dict(zip(two, last, strict=True))}

        def holds(a, b, ids=ids, initial=initial):
            return all(
                initial if state is None else ids[state.machine_id][state.new_clock] for state in (a, b)
            )

        states = {1: initial, 2: initial}
        for question in (causality.possibly, causality.definitely):
            assert question(given, initial=states).value is question(holds).value is verdict
    # Of a cut in which it holds only the ends are known to be consistent.
    begun = {1: True, 2: True}
    first, last = {1: 0, 2: 0}, {1: 2, 2: 2}
    assert causality.definitely(lambda *_: True).cut == first
    assert causality.definitely({1: one < 0, 2: two < 0}, initial=begun).cut == first
    assert causality.definitely({1: one == 2, 2: two == 2}).cut == last
    assert causality.definitely(lambda a, b: bool(a and b and a.new_clock == b.new_clock == 2)).cut == last
    between = causality.definitely(lambda *states: sum(state is None for state in states) == 1)
    assert (between.value, between.cut) == (True, None)
    count = causality.count_cuts()
    assert (count.value, count.low, count.high) == (None, 5, 9)
    assert causality.cut_is_consistent({1: 2, 2: 2}) is True
    # Nothing says that what had happened by then is a cut.
    assert causality.snapshot(0.5).value is None
    assert causality.count_cuts(start=0.5).low == 0
    assert causality.definitely({2: two > 1}, start=0.5).value is None
    alone = lamport.from_events(rows[:2]).causality
    assert alone.cut_is_consistent({1: 1}) is True
    assert int(alone.count_cuts()) == 3


INTERRUPTED = """
import lamport, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
run = lamport.simulate(12, 400, rates=[3] * 12, seed=1, internal_probability=0.9)
causality = run.causality
of = run.events["machine_id"]
truth = {each: run.events.loc[of == each, "new_clock"] % 2 == 0 for each in range(1, 13)}
question = sys.argv[1]
print("ready", flush=True)
try:
    if question == "count":
        causality.count_cuts(limit=10**12)
    elif question == "called":
        causality.definitely(lambda *states: False, limit=10**12)
    else:
        while True:
            causality.definitely(truth)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("question", ["count", "called", "states"])
def test_interrupted(question):
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, question], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "ready\n"
        timer = threading.Timer(60, child.kill)
        timer.start()
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGINT)
        assert child.stdout.read() == "interrupted\n"
        timer.cancel()


def test_snapshots_are_what_the_log_says():
    for seed in range(40):
        fault = [lamport.Crash(2, at=3.0, down_for=1.0)] if seed % 4 == 0 else []
        run = lamport.simulate(
            4,
            8,
            rates=[1, 2, 3, 4],
            seed=seed,
            internal_probability=0.3,
            latency=lamport.Exponential(0.4),
            faults=fault,
        )
        when = float(np.random.default_rng(seed).uniform(0, 9))
        taken = run.causality.snapshot(when)
        assert taken.value is True
        assert run.causality.cut_is_consistent(taken) is True
        before = run.events[run.events["time"] < when]
        assert (
            taken.cut
            == before.groupby("machine_id")["new_clock"].max().reindex(range(1, 5), fill_value=0).to_dict()
        )
        assert taken.visited == len(before) == sum(taken.counts.values())
        messages = run.messages
        is_under_way = (messages["sent"] < when) & ~(messages["received"] < when)
        pd.testing.assert_frame_equal(taken.channels, messages[is_under_way])


def test_a_snapshot_at_any_time(trio):
    for when, count in ((float("-inf"), 0), (-1e300, 0), (float("inf"), 5)):
        taken = trio.causality.snapshot(when)
        assert (taken.visited, sum(taken.counts.values()), taken.value) == (count, count, True)
    with pytest.raises(ValueError, match="time=nan is no time"):
        trio.causality.snapshot(float("nan"))


def test_channels_of_the_largest_clocks():
    big = 2**53 - 5
    table = {
        "machine_id": ["a", "a", "b"],
        "event": ["SEND", "SEND", "RECEIVE"],
        "new_clock": [big, big + 2, big + 4],
        "time": [0.0, 1.0, 2.0],
        "sender": [None, None, "a"],
        "sent_clock": [None, None, big],
    }
    run = lamport.from_events(table, rules=lamport.Rules(start="any", step="any"))
    assert run.messages["recipient"].isna().any()
    for when, waiting in ((0.5, [big]), (1.5, [big, big + 2]), (3.0, [big + 2])):
        assert run.causality.snapshot(when).channels["sent_clock"].tolist() == waiting


def test_a_snapshot_where_receipts_leave_clocks_as_they_are():
    table = {
        "machine_id": ["a", "a", "b", "b", "b"],
        "event": ["SEND", "SEND", "SEND", "RECEIVE", "RECEIVE"],
        "new_clock": [1, 2, 5, 5, 5],
        "time": [0.0, 1.0, 2.0, 3.0, 4.0],
        "sender": [None, None, None, "a", "a"],
        "sent_clock": [None, None, None, 1, 2],
        "recipients": ["b", "b", "a", None, None],
    }
    run = lamport.from_events(table, rules=lamport.Rules(receive="max(clock, T)", start="any", step="any"))
    taken = run.causality.snapshot(3.5)
    assert taken.cut == {1: 2, 2: 5}
    assert taken.counts == {1: 2, 2: 2}
    assert taken.channels[["sender", "sent_clock"]].to_numpy().tolist() == [[1, 2], [2, 5]]
    assert run.causality.cut_is_consistent(taken) is True
    assert run.causality.possibly({2: rows_of(run, 2)["time"] == 3.0}).counts[2] == 2
