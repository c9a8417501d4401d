"""What handlers are handed and may do: each word of `me`, and what is refused."""

import json
import math
import pickle
import random
import threading

import pandas as pd
import pytest

import lamport
from lamport.algorithms import LamportMutex


def run(start=None, on_message=None, on_timer=None, on_idle=None, *, machines=2, duration=5, **more):
    """Simulate machines whose handlers are these functions of (told, me, ...), and return what they told."""
    told = []

    class Made(lamport.Algorithm):
        def start(self, me):
            if start is not None:
                start(told, me)

        def on_message(self, me, sender, body):
            if on_message is not None:
                on_message(told, me, sender, body)

        def on_timer(self, me, name):
            if on_timer is not None:
                on_timer(told, me, name)

    class Idle(Made):
        def on_idle(self, me):
            on_idle(told, me)

    made = Made if on_idle is None else Idle
    more = {"rates": 100, "seed": 3, "latency": 0.001, **more}
    done = lamport.simulate(machines, duration, algorithm=lambda _: made(), **more)
    return told, done


def refused(call, *given):
    """Return what a call raises, with its text."""
    try:
        call(*given)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def test_a_machine_knows_its_place():
    def start(told, me):
        told.append((me.id, me.peers, me.senders, me.machines, me.clock, me.sent_clock, me.is_replay))

    told, _ = run(start, machines=4, topology={1: [3, 2], 2: [1], 3: [2], 4: []})
    assert sorted(told) == [
        (1, (2, 3), (2,), (1, 2, 3, 4), 1, None, False),
        (2, (1,), (1, 3), (1, 2, 3, 4), 1, None, False),
        (3, (2,), (1,), (1, 2, 3, 4), 1, None, False),
        (4, (), (), (1, 2, 3, 4), 1, None, False),
    ]


def test_clocks_are_of_the_event_and_then_of_the_newest_send():
    def start(told, me):
        if me.id == 1:
            told.append([me.clock, me.send(2, "a"), me.clock, me.broadcast("b"), me.send([], "c"), me.clock])

    def on_message(told, me, sender, body):
        told.append((me.id, sender, body, me.sent_clock, me.clock))

    told, done = run(start, on_message)
    assert told == [[1, 2, 2, 3, 3, 3], (2, 1, "a", 2, 3), (2, 1, "b", 3, 4)]
    assert done.events["event"].value_counts().to_dict() == {"INTERNAL": 2, "SEND": 2, "RECEIVE": 2}


def test_recipients_count_once_in_any_order():
    def start(told, me):
        if me.id == 1:
            for to in ([3, 2, 3], {4, 2}, (each for each in (2,)), range(2, 5), 3):
                me.send(to, "x")

    def on_message(told, me, sender, body):
        told.append((me.sent_clock, me.id))

    told, _ = run(start, on_message, machines=4)
    assert sorted(told) == [(2, 2), (2, 3), (3, 2), (3, 4), (4, 2), (5, 2), (5, 3), (5, 4), (6, 3)]


def test_who_cannot_be_sent_to():
    def start(told, me):
        if me.id == 1:
            told += [
                refused(me.send, to) for to in (1, [2, 1], 9, -1, 2**70, [2, 3], True, "2", None, 2.0, [[2]])
            ]
            told.append(refused(me.broadcast))

    told, _ = run(start, machines=3, topology={1: [2], 2: [1], 3: [1]})
    assert told[0] == told[1] == ("ValueError", "machine 1 sends to itself: use a timer, me.timer(name, 0)")
    for found, to in zip(told[2:6], ("9", "-1", str(2**70), "3"), strict=True):
        assert found == ("ValueError", f"machine 1 sends to {to}: it may send to 2 (me.peers)")
    for found, to in zip(told[6:11], ("True", "'2'", "None", "2.0", "[2]"), strict=True):
        assert found == (
            "TypeError", f"machine 1 sends to {to}: give the id of a machine, or several in a list"
        )  # fmt: skip
    assert told[11] is None


def test_what_is_refused_is_not_sent():
    def start(told, me):
        if me.id == 1:
            for body in ({1: 2}, {3}, math.nan, "x" * 70_000):
                told.append(refused(me.send, 2, body)[0])
            told.append(refused(lambda: me.state(good=1, bad={2}))[0])

    def on_message(told, me, sender, body):
        told.append(body)

    told, done = run(start, on_message)
    assert told == ["TypeError", "TypeError", "ValueError", "ValueError", "TypeError"]
    assert len(done.events) == 2


def test_a_body_is_as_it_was_and_each_recipient_has_its_own():
    def start(told, me):
        if me.id == 1:
            body = {"list": [1, (2, 3)], "none": None}
            me.broadcast(body)
            body["list"].append(4)
            me.send(2, body)

    def on_message(told, me, sender, body):
        told.append((me.id, str(body)))
        body["list"].clear()
        body["more"] = 1

    for record in (True, False):
        told, _ = run(start, on_message, machines=3, record=record)
        first = "{'list': [1, [2, 3]], 'none': None}"
        second = "{'list': [1, [2, 3], 4], 'none': None}"
        assert sorted(told) == sorted([(2, first), (2, second), (3, first)])


def test_a_timer_is_due_after_whole_microseconds():
    def start(told, me):
        me.timer("second", 0.5)
        me.timer("first", 0.5)
        me.timer("moved", 0.1)
        me.timer("moved", 1)
        me.timer("second", 0.5)
        me.timer("gone", 0.2)
        me.cancel("gone")
        me.cancel("never set")
        me.timer("now", 0)

    def on_timer(told, me, name):
        told.append((name, me.now, me.sent_clock))
        if name == "now":
            me.timer("again", 1e-7)
        if name == "again":
            me.timer("soon", 6e-7)

    told, done = run(start, on_timer=on_timer, machines=1, rates=1000)
    names = [name for name, *_ in told]
    assert names == ["now", "again", "soon", "first", "second", "moved"]
    times = {name: now for name, now, _ in told}
    began = done.events["time"].min()
    assert times["first"] >= began + 0.5
    assert times["first"] - began < 0.503
    assert 1 <= times["moved"] - began < 1.003
    assert times["soon"] > times["again"] > times["now"]
    assert sorted(times.values()) == [time for time in done.events["time"] if time in times.values()]


@pytest.mark.parametrize("seconds", [-1e-9, -1, math.nan, math.inf, -math.inf, 1.1e9, 10**400])
def test_what_is_no_time_of_a_timer(seconds):
    def start(told, me):
        told.append(refused(me.timer, "wait", seconds))

    (found,), _ = run(start, machines=1)
    assert found[0] == "ValueError"
    assert 'timer "wait" in' in found[1]
    assert "it must be a number from 0 to 1e9" in found[1]


def test_what_is_no_name_of_a_timer():
    def start(told, me):
        told += [refused(me.timer, name, 1) for name in (3, None, "\ud800", "x" * 257)]
        told.append(refused(me.timer, "wait", "abc"))

    told, _ = run(start, machines=1)
    assert told[-1][1] == "timer \"wait\" in 'abc' seconds: it must be a number from 0 to 1e9"
    assert [error for error, _ in told] == ["TypeError", "TypeError", "TypeError", "ValueError", "TypeError"]


def test_chance_is_named_by_seed_and_machine():
    def start(told, me):
        told.append((me.id, me.random.random(), me.random is me.random))

    told, _ = run(start, machines=3, seed=12)
    expected = [(machine, random.Random(f"12/{machine}").random(), True) for machine in (1, 2, 3)]
    assert sorted(told) == expected


def test_idle_ticks_are_events_of_those_who_ask_for_them():
    def on_idle(told, me):
        told.append(me.now)

    told, done = run(on_idle=on_idle, machines=1, duration=2, rates=10)
    assert len(told) == 19  # the first tick of 20 is the start
    assert len(done.events) == 20
    _, done = run(lambda *_: None, machines=1, duration=2, rates=10)
    assert len(done.events) == 1


def test_a_machine_that_stops_takes_no_further_step():
    def on_idle(told, me):
        told.append(me.id)
        if len(told) == 3:
            me.stop()
            me.timer("never", 0)

    told, _ = run(on_idle=on_idle, machines=1)
    assert len(told) == 3


def test_me_does_nothing_outside_of_its_call():
    kept = []

    def start(told, me):
        kept.append(me)
        if len(kept) == 2:
            first = kept[0]
            told += [
                refused(first.send, 2), refused(first.broadcast), refused(first.timer, "a", 1),
                refused(first.cancel, "a"), refused(first.stop), refused(lambda: first.state(x=1)),
            ]  # fmt: skip
            told.append((first.id, first.peers, first.clock, first.now >= 0))

    told, done = run(start)
    *errors, seen = told
    for error, text in errors:
        assert error == "LamportError"
        assert text.startswith(f"machine {kept[0].id}: me.")
        assert "while no handler of it runs" in text
    assert seen == (kept[0].id, (kept[1].id,), 1, True)
    with pytest.raises(lamport.LamportError, match=r"me.send\(\) while no handler"):
        kept[1].send(1)
    assert len(done.events) == 2


def test_me_does_nothing_from_another_thread():
    def start(told, me):
        if me.id == 1:
            thread = threading.Thread(target=lambda: told.append(refused(me.send, 2)))
            thread.start()
            thread.join()
            told.append(me.send(2))

    told, _ = run(start)
    assert told[0][0] == "LamportError"
    assert "machine 1: me.send() from another thread than that of its handler" in told[0][1]
    assert told[1] == 2


class Nosy:
    """Asks back while its text is asked for."""

    def __init__(self, me):
        self.me = me

    def __repr__(self):
        self.me.send(2, "inner")
        return "nosy"


def test_a_body_that_asks_back():
    def start(told, me):
        if me.id == 1:
            told += [refused(me.send, 2, [Nosy(me)]), me.send(2, "outer")]

    told, done = run(start)
    assert told[0][0] == "TypeError"
    assert told[1] == 2
    assert done.events["event"].tolist().count("SEND") == 1


def test_a_flooding_handler_is_stopped():
    def start(told, me):
        body = "x" * 65_000
        while True:
            me.broadcast(body)

    with pytest.raises(
        lamport.AlgorithmError, match=r"bodies of \d+ bytes were sent and not received"
    ) as caught:
        run(start)
    assert isinstance(caught.value.__cause__, lamport.LamportError)


def test_timers_of_ever_new_names_end_somewhere():
    def start(told, me):
        for number in range(65_536):
            me.timer(f"old {number}", 1)
        told.append(refused(me.timer, "new", 1))

    def on_message(told, me, sender, body):
        told.append(refused(me.timer, "new", 1))
        me.cancel("old 7")

    def on_timer(told, me, name):
        told.append(refused(me.timer, "later", 1))

    inputs = [(0.5, 1, "more"), (0.6, 1, "more")]
    told, _ = run(start, on_message, on_timer, machines=1, duration=1.02, inputs=inputs)
    full = told[0]
    assert full[0] == "LamportError"
    assert "machine 1 has more timers than it may: 65536 are the most" in full[1]
    assert told[:5] == [full, full, None, None, None]


def test_an_exception_says_machine_time_and_seed_and_keeps_its_traceback():
    def deeper():
        return {}["lock"]

    def on_timer(told, me, name):
        deeper()

    with pytest.raises(lamport.AlgorithmError, match="machine 1: ") as caught:
        run(lambda _, me: me.timer("a", 1), on_timer=on_timer, machines=1, seed=77)
    error = caught.value
    assert isinstance(error.__cause__, KeyError)
    assert (error.machine, error.seed) == (1, 77)
    assert 1 <= error.time < 1.02
    for word in ("on_timer", "in deeper", "KeyError: 'lock'", "seed 77"):
        assert word in str(error)


def test_an_exception_leaves_the_logs_of_a_crash_at_that_moment(tmp_path):
    def on_message(told, me, sender, body):
        if me.id == 2:
            me.send(1, "never")
            raise ValueError("no")

    with pytest.raises(lamport.AlgorithmError) as caught:
        run(
            lambda _, me: me.id == 1 and me.send([2, 3], "go"),
            on_message,
            machines=3,
            log_dir=tmp_path / "run",
        )
    assert caught.value.line == f"{tmp_path}/run/machine_2.log:3"
    kept = lamport.load(tmp_path / "run")
    assert kept.verify().ok
    words = [[json.loads(line)["event"] for line in file.read_text().splitlines()] for file in kept.files]
    assert words[0] == ["STARTUP", "INTERNAL", "SEND", "END"]
    assert words[1] == ["STARTUP", "INTERNAL", "RECEIVE"]
    assert words[2][-1] == "END"
    with pytest.raises(lamport.AlgorithmError):
        run(lambda *_: 1 / 0, log_dir=tmp_path / "other")
    assert lamport.load(tmp_path / "other").verify().ok


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_drops_its_step(interrupt):
    def on_message(told, me, sender, body):
        raise interrupt

    _, done = run(lambda _, me: me.id == 1 and me.send(2), on_message)
    assert done.interrupted
    assert "RECEIVE" not in set(done.events["event"])


def test_a_handler_that_returns_its_rest_is_refused():
    class Waits(lamport.Algorithm):
        def start(self, me):
            async def rest():
                me.send(2)

            return rest()

    with pytest.raises(lamport.AlgorithmError, match="a handler returned a coroutine: there is no await"):
        lamport.simulate(2, 1, algorithm=Waits, rates=10)


def test_handlers_may_change_places():
    told = []

    class Changing(lamport.Algorithm):
        def on_message(self, me, sender, body):
            told.append((me.id, sender, body))
            self.on_message = self.second

        def second(self, me, sender, body):
            told.append((-me.id, sender, body))

    lamport.simulate(1, 2, algorithm=Changing, rates=10, inputs=[(0.5, 1, 1), (0.6, 1, 2), (0.7, 1, 3)])
    assert told == [(1, None, 1), (-1, None, 2), (-1, None, 3)]


def test_inputs_that_cannot_be_are_named():
    for inputs, error, words in [
        (5, TypeError, r"inputs=5 is not a list of \(time, machine, body\)"),
        ([(1, 2)], ValueError, r"inputs\[0\]=\(1, 2\) is not \(time, machine, body\)"),
        ([(1, 9, None)], ValueError, r"inputs\[0\] is for machine 9: there are machines 1 to 2"),
    ]:
        with pytest.raises(error, match=words):
            run(inputs=inputs)
    with pytest.warns(
        lamport.LamportWarning, match=r"machine 2 is never given the input of 7 s: .* ends at 5 s"
    ):
        run(lambda *_: None, inputs=[(7, 2, None)])


def test_states_of_one_step_are_one_and_the_last_counts():
    def start(told, me):
        values = [1]
        me.state(a=1, b=values)
        values.append(2)
        me.state(a={"x": None}, c="ä")
        me.state()

    def on_message(told, me, sender, body):
        me.state(b=2)

    _, done = run(start, on_message, machines=1, inputs=[(1, 1, "go")])
    states = done.states
    assert states[["a", "b", "c"]].to_numpy().tolist() == [[{"x": None}, [1], "ä"], [{"x": None}, 2, "ä"]]


def test_whole_numbers_of_any_length_are_states():
    _, done = run(lambda _, me: me.state(v=10**5000, w=1), machines=1)
    assert done.states["v"].tolist() == [10**5000]
    assert done.states["w"].tolist() == [1]


def test_names_of_values_are_texts_that_can_be_written():
    def start(told, me):
        told.append(refused(lambda: me.state(**{"\ud800": 1})))

    (found,), _ = run(start, machines=1)
    assert found[0] == "ValueError"
    assert "a lone surrogate in a name" in found[1]


@pytest.mark.parametrize("name", ["machine_id", "time", "new_clock"])
def test_states_do_not_take_the_names_of_columns(name):
    def start(told, me):
        told.append(refused(lambda: me.state(**{name: 1})))

    (found,), _ = run(start, machines=1)
    assert found[0] == "ValueError"
    assert f"the table of states has a column {name} of its own" in found[1]


class Idler(lamport.Algorithm):
    def on_idle(self, me):
        pass


@pytest.mark.parametrize("ticks", ["periodic", "poisson", lamport.Jitter(0.4)])
@pytest.mark.parametrize("rates", [[1, 3, 6], [1, lamport.Steps([(0, 2), (5, 6)]), 6]])
def test_ticks_are_those_of_the_built_in_behaviour(ticks, rates):
    """With the same rates and seed, through crashes and pauses: each tick is an event of both."""
    faults = [lamport.Crash(2, at=3.3, down_for=2), lamport.Pause(1, at=4, duration=1.5)]
    setting = {"duration": 20, "rates": rates, "ticks": ticks, "seed": 9, "faults": faults}
    events = lamport.simulate(**setting).events
    run = lamport.simulate(**setting, algorithm=Idler)
    assert run.verify().ok
    columns = ["time", "machine_id"]
    assert (
        run.events[columns].sort_values(columns).to_numpy().tolist()
        == events[columns].sort_values(columns).to_numpy().tolist()
    )


def test_a_body_for_many_takes_its_room_once():
    text = "x" * 60_000

    def start(told, me):
        if me.id == 1:
            for _ in range(200):
                me.broadcast(text)
            me.timer("more", 0.5)

    def on_timer(told, me, name):
        told.append(me.broadcast(text))

    # For each of the 29 others it would be 348 MB, of 256 MiB.
    told, _ = run(start, on_timer=on_timer, machines=30, duration=1, latency=5)
    assert told == [203]


@pytest.mark.parametrize("since", [0, 3, 8.5])
def test_what_is_counted_from_a_time_on_is_what_the_events_tell(since):
    options = {
        "algorithm": LamportMutex,
        "rates": 50,
        "seed": 7,
        "latency": lamport.Exponential(0.02),
        "faults": lamport.random_faults(7, 0.3, machines=3, duration=10),
    }
    recorded = lamport.simulate(3, 10, **options)
    counted = lamport.simulate(3, 10, record=False, since=since, **options)
    assert len(recorded.faults) > 1
    for each in (counted, pickle.loads(pickle.dumps(counted))):
        pd.testing.assert_frame_equal(
            each.machines_since(since), recorded.machines_since(since), check_exact=True
        )
        with pytest.raises(lamport.LamportError, match="no event was recorded"):
            each.machines_since(since + 0.01)


class Heard(lamport.Algorithm):
    def on_message(self, me, sender, body):
        if sender is None:
            me.broadcast(body)


@pytest.mark.parametrize("form", ["table", "csv", "parquet", "logs"])
def test_inputs_are_no_messages_without_a_send(form, tmp_path):
    run = lamport.simulate(
        3,
        3,
        algorithm=Heard,
        rates=100,
        inputs=[(0.5, 1, "x"), (1, 2, "y")],
        log_dir=tmp_path / "a",
    )
    assert run.notes == []
    assert run.events["by_hand"].sum() == 2
    assert run.events["sender"].isna().equals(run.events["by_hand"] | (run.events["event"] != "RECEIVE"))
    if form == "table":
        again = lamport.from_events(run.events)
    elif form == "logs":
        again = lamport.load(tmp_path / "a")
        assert again.notes == []
    else:
        again = lamport.load(run.export(tmp_path / f"events.{form}"))
    assert again.verify().violations.empty
    assert again.events["by_hand"].equals(run.events["by_hand"])
    assert len(again.messages) == len(run.messages) == 4


def test_what_a_stranger_sent_keeps_its_note(tmp_path):
    """A machine of which no log is here is no input."""
    run = lamport.simulate(3, 3, algorithm=Heard, rates=100, inputs=[(0.5, 1, "x")], log_dir=tmp_path)
    (tmp_path / "machine_1.log").unlink()
    part = lamport.load(tmp_path)
    assert any(note.startswith("2 messages were received without a known send") for note in part.notes)
    assert len(run.messages) == 2
