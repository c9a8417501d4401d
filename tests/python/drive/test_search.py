"""Searches for a run that breaks a property: what they find, and what they refuse."""

import pickle
import random
import subprocess
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import lamport


class Hasty(lamport.Algorithm):
    """Lamport's mutual exclusion, whose machines enter without waiting for anyone's answer."""

    def __init__(self, think=5.0, hold=0.05):
        self.think, self.hold, self.requests = think, hold, {}

    def start(self, me):
        me.timer("want", self.think * me.random.random())

    def on_timer(self, me, name):
        if name == "want":
            self.requests[me.id] = me.broadcast("request")
            self.enter(me)
        else:
            del self.requests[me.id]
            me.state(inside=False)
            me.broadcast("release")
            me.timer("want", self.think)

    def enter(self, me):
        first = min(self.requests, key=lambda machine: (self.requests[machine], machine), default=None)
        if first == me.id:
            me.state(inside=True)
            me.timer("leave", self.hold)

    def on_message(self, me, sender, body):
        if body == "request":
            self.requests[sender] = me.sent_clock
        else:
            self.requests.pop(sender, None)
            self.enter(me)


class Watch(lamport.Algorithm):
    """Everyone tells everyone that it lives; who is silent for long is suspected."""

    def start(self, me):
        self.on_timer(me, "beat")
        for peer in me.peers:
            me.timer(f"silence of {peer}", 2)

    def on_timer(self, me, name):
        if name == "beat":
            me.broadcast()
            me.timer("beat", 0.5)
        else:
            self.suspect(me, int(name.rpartition(" ")[2]))

    def suspect(self, me, peer):
        me.state(**{f"suspects_{peer}": True})

    def on_message(self, me, sender, _body):
        me.timer(f"silence of {sender}", 2)


class Fails(lamport.Algorithm):
    """Raises an exception after a while."""

    def on_timer(self, _me, name):
        raise RuntimeError(f"no idea what {name} is for")

    def start(self, me):
        me.timer("this", 3 + me.id)


def is_exclusive(states):
    inside = [machine for machine, values in states.items() if values.get("inside")]
    return len(inside) < 2 or f"machines {inside} are inside"


def trusts(states):
    return not any(states.values())


def trusts_most(states):
    """One machine at most is ever suspected by machine 3."""
    return len(states.get(3, ())) < 2


def trusts_all(run):
    """The same of whole runs, with pandas."""
    return run.states.empty


def is_close(run):
    return run.drift <= 5 or f"clocks are {run.drift} apart"


MUTEX = {"invariant": is_exclusive, "algorithm": Hasty, "rates": 100}
CLOSE = {"duration": 10, "rates": [9, 9, 9]}
CRASH = lamport.Crash(2, at=3.4, down_for=2.7)
FAULTS = [
    lamport.Disconnect(1, 2, at=1.5),
    lamport.Pause(1, at=2.25, duration=0.5),
    CRASH,
    lamport.Delay(1, 3, 0.05, at=4, duration=1),
    lamport.Crash(1, at=8.1, down_for=0.5),
    lamport.Disconnect(3, 2, at=9),
]
WATCH = {"algorithm": Watch, "rates": 100, "duration": 12}


@pytest.fixture(scope="module")
def found():
    """Two machines that are inside at once. Read only."""
    return lamport.search(**MUTEX)


def test_a_bug_is_found(found):
    assert found.kind == "invariant"
    assert found.message.endswith("are inside")
    states = found.run.states.groupby("machine_id")["inside"].last()
    assert states.sum() == 2
    machine, clock = found.event
    last = found.run.states.iloc[-1]
    assert (last["machine_id"], last["new_clock"]) == (machine, clock)
    assert states[machine]
    assert found.run.events["time"].max() == last["time"], "the run ends where it is broken"
    assert found.run.causality.past(found.event).sum() + 1 == found.events


def test_it_is_the_first_and_the_run_of_a_sweep(found):
    before = lamport.search(**MUTEX, runs=found.number) if found.number else None
    assert before is None
    frame = lamport.sweep(runs=found.number + 1, duration=1)
    assert frame["seed"].iloc[-1] == found.seed
    assert list(found.faults) == lamport.random_faults(
        found.seed, 0.1, machines=3, duration=60, length=(0.5, 2.0), settle=1.0
    )


def test_a_short_run_has_some_faults_too():
    found = lamport.search(lambda _: False, duration=5)
    assert list(found.faults) == lamport.random_faults(
        found.seed, 1.2, machines=3, duration=5, length=(0.25, 1.0), settle=0.5
    )
    assert found.faults


def test_simulate_makes_it_again(found):
    assert set(found.parameters) == {"algorithm", "rates", "faults", "seed"}
    again = lamport.simulate(**found.parameters)
    events = found.run.events
    rows = again.events[: len(events)]
    assert rows[["time", "machine_id", "new_clock"]].equals(events[["time", "machine_id", "new_clock"]])


def test_another_seed_is_another_search(found):
    assert lamport.search(**MUTEX, seed=1).seed != found.seed
    assert lamport.search(**MUTEX) == found
    assert found.run is not None
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert "run" not in vars(again), "it is made again where it is asked for"
    assert again.run.events.equals(found.run.events)


def test_other_parameters_are_another_counterexample():
    def look(_):
        return False

    options = {"duration": 5, "faults": ()}
    ring = lamport.search(look, **options, topology="ring")
    star = lamport.search(look, **options, topology={1: [2, 3], 2: [1], 3: [1]})
    assert (ring.seed, ring.faults, ring.message) == (star.seed, star.faults, star.message)
    assert ring != star
    assert ring.parameters["topology"] == "ring"
    assert star.parameters["topology"] == {1: [2, 3], 2: [1], 3: [1]}
    assert lamport.simulate(**star.parameters).events.equals(star.run.events)


def test_a_property_looks_at_the_whole_run():
    seen = []

    def look(run):
        seen.append((run.parameters["seed"], run.parameters["faults"], len(run.events), run.interrupted))
        return len(seen) < 3

    found = lamport.search(look, duration=5, rates=[3, 3])
    assert (found.kind, found.number, len(seen)) == ("property", 2, 3)
    assert found.message == f"{look.__qualname__} does not hold"
    assert seen[2][0] == found.seed
    assert found.events == seen[2][2]
    assert len({seed for seed, *_ in seen}) == 3


def test_what_holds_of_all_runs_is_not_broken():
    told = []
    assert lamport.search(lambda _: True, runs=20, duration=5, progress=told.append) is None
    assert told == [*range(1, 21), 20]
    assert lamport.search(lambda _: None, runs=3, duration=5) is None
    assert lamport.search(lambda _: np.True_, runs=3, duration=5) is None
    assert lamport.search(lambda _: np.False_, runs=3, duration=5).number == 0


def test_an_event_may_be_named():
    def look(run):
        return "here", tuple(run.events[["machine_id", "new_clock"]].iloc[-1])

    found = lamport.search(look, duration=5, rates=[3, 3])
    assert found.events == found.run.causality.past(found.event).sum() + 1
    assert 0 < found.events <= len(found.run.events)
    assert f"machine {found.event[0]}, clock {found.event[1]}" in str(found)


def test_a_handler_that_fails_breaks_the_run():
    found = lamport.search(algorithm=Fails, rates=100, duration=10, faults=())
    assert (found.kind, found.number, found.run, found.events) == ("algorithm", 0, None, None)
    assert found.message.startswith("machine 1: on_timer")
    assert found.message.endswith("RuntimeError: no idea what this is for")
    assert lamport.search(algorithm=Fails, rates=100, duration=2, runs=5) is None


def test_faults_are_a_schedule_or_a_function_of_the_seed():
    assert lamport.search(invariant=trusts, **WATCH, faults=(), runs=3) is None
    found = lamport.search(invariant=trusts, **WATCH, faults=[CRASH])
    assert (found.number, found.faults) == (0, (CRASH,))
    seeds = []

    def crash_at_last(seed):
        seeds.append(seed)
        return [CRASH] if len(seeds) == 3 else []

    found = lamport.search(invariant=trusts, **WATCH, faults=crash_at_last)
    assert (found.number, found.faults, found.seed) == (2, (CRASH,), seeds[2])


@pytest.mark.parametrize("options", [MUTEX, {"property": trusts_all, **WATCH, "faults": [CRASH]}])
def test_the_same_on_an_executor(options):
    here = lamport.search(**options)
    with ThreadPoolExecutor(2) as executor:
        assert lamport.search(**options, executor=executor) == here
    assert here is not None


def test_seeds_are_made_in_batches_of_which_no_run_knows(monkeypatch):
    seen = []

    def look(run):
        seen.append(run.parameters["seed"])
        return len(seen) % 12 > 0

    found = lamport.search(look, runs=20, duration=1)
    monkeypatch.setattr("lamport._drive.search.BATCH", 5)
    assert lamport.search(look, runs=20, duration=1) == found
    assert found.number == 11
    assert seen[:12] == seen[12:]
    assert len({*seen}) == 12


def test_inputs_that_can_be_read_once_are_given_in_every_run():
    given = ((1.0, machine, None) for machine in (1, 2))
    counts = []

    def look(run):
        events = run.events
        counts.append(int((events["sender"].isna() & (events["event"] == "RECEIVE")).sum()))

    assert lamport.search(look, algorithm=Hasty, rates=100, duration=2, inputs=given, runs=3) is None
    assert counts[0] == 2
    assert counts == counts[:1] * 3
    given = iter([(1.0, 1, None)])
    found = lamport.search(lambda _: False, algorithm=Hasty, rates=100, duration=2, inputs=given, faults=())
    assert found.parameters["inputs"] == [(1.0, 1, None)]


def test_the_order_of_runs_decides_not_who_is_first():
    class Backwards(ThreadPoolExecutor):
        """Does last what was handed over first."""

        tasks, order = [], []

        def submit(self, function, *args):
            future = Future()
            self.tasks.append((future, function, args))
            if len(self.tasks) == 20:
                super().submit(self.do_all)
            return future

        def do_all(self):
            for future, function, args in reversed(self.tasks):
                future.set_running_or_notify_cancel()
                future.set_result(function(*args))

    def look(run):
        seed = run.parameters["seed"]
        Backwards.order.append(seed)
        return seed % 5 > 0

    here = lamport.search(look, runs=60, duration=5)
    first = len(Backwards.order)
    with Backwards(1) as executor:
        assert lamport.search(look, runs=60, duration=5, executor=executor) == here
    assert sum(seed % 5 == 0 for seed in Backwards.order[first:]) > 3
    assert Backwards.order[first] != Backwards.order[0]


def test_the_same_in_other_processes():
    words = [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1])\n" + ELSEWHERE]
    done = subprocess.run(
        [*words, str(__file__).rpartition("/")[0]], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["equal"] * 3


ELSEWHERE = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import lamport
import test_search as here

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        class Own(here.Hasty):
            "Known to this process alone, as what a notebook has."

        own = {"invariant": lambda states: here.is_exclusive(states), "algorithm": Own, "rates": 100}
        for options in (here.MUTEX, {"property": here.is_close, **here.CLOSE}, own):
            there = lamport.search(**options, executor=executor)
            assert there is not None
            print("equal" if there == lamport.search(**options) else "not equal")
"""


LOCK = threading.Lock()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("property", {"property": lambda _: LOCK}),
        ("invariant", {**MUTEX, "invariant": lambda _: LOCK}),
        ("faults", {"property": is_close, "faults": lambda _: [LOCK]}),
        ("algorithm", {**MUTEX, "algorithm": lambda _: Hasty(LOCK)}),
    ],
)
def test_what_does_not_pickle_is_refused_before_anything_runs(name, options):
    class Never(ProcessPoolExecutor):
        def submit(self, *_, **__):
            raise AssertionError("nothing is to be submitted")

    with (
        Never(1) as executor,
        pytest.raises(ValueError, match=rf"^{name} does not pickle.*or search without"),
    ):
        lamport.search(**options, executor=executor)


def test_an_executor_that_fails():
    class Broken(ThreadPoolExecutor):
        def submit(self, *_, **__):
            raise RuntimeError("no workers")

    with Broken(1) as executor, pytest.raises(lamport.LamportError, match=r"executor failed: .*no workers"):
        lamport.search(is_close, **CLOSE, executor=executor)


def test_ctrl_c_is_passed_on():
    runs = []

    def look(run):
        runs.append(run)
        if len(runs) == 3:
            raise KeyboardInterrupt
        return True

    with pytest.raises(KeyboardInterrupt):
        lamport.search(look, duration=5)
    assert len(runs) == 3


def test_ctrl_c_during_a_run():
    class Interrupted(lamport.Algorithm):
        def start(self, _me):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lamport.search(lambda _: True, algorithm=Interrupted, rates=100, duration=5)


def test_ctrl_c_takes_back_what_has_not_begun():
    begun, goes_on = [], threading.Event()

    def look(run):
        begun.append(run)
        goes_on.wait(30)
        return True

    def interrupt(done):
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor:
        goes_on.set()
        with pytest.raises(KeyboardInterrupt):
            lamport.search(look, runs=2000, duration=5, executor=executor, progress=interrupt)
    assert len(begun) < 2000


def test_what_is_not_the_same_when_it_is_made_again_is_no_counterexample():
    class Unsteady(lamport.Algorithm):
        def start(self, me):
            me.timer("look", 1)

        def on_timer(self, me, name):
            me.state(x=random.random())
            me.timer(name, 1)

    def is_small(states):
        return all(state["x"] < 0.9 for state in states.values()) or "x is large"

    def are_small(run):
        return bool((run.states["x"] < 0.9).all())

    given = {"algorithm": Unsteady, "machines": 3, "duration": 20, "rates": 100, "faults": ()}
    for looked_for in ({"invariant": is_small}, {"property": are_small}):
        with pytest.raises(
            lamport.LamportError, match=r"run \d with seed \d+ is broken .*made again .*me.random"
        ):
            lamport.search(**looked_for, **given)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"property": 1}, TypeError, "property=1 cannot be called"),
        ({"property": is_close, "invariant": "x"}, TypeError, "invariant='x' cannot be called"),
        ({}, ValueError, "nothing to look for"),
        ({"invariant": is_exclusive}, ValueError, "invariant= is asked about the states"),
        ({"property": is_close, "runs": 0}, ValueError, "runs=0"),
        ({"property": is_close, "seed": -1}, ValueError, "seed"),
        ({"property": is_close, "colour": 1}, ValueError, "'colour' is not a parameter.*they are machines"),
        ({"property": is_close, "log_dir": "x"}, ValueError, "'log_dir' is not a parameter"),
        ({"property": is_close, "executor": 3}, ValueError, "executor=3 is not an Executor"),
        ({"property": is_close, "faults": "crash"}, ValueError, "faults='crash': give a list"),
        ({"property": is_close, "faults": [lamport.Crash(7, at=1)]}, ValueError, "machine 7"),
        (
            {"property": is_close, "algorithm": Hasty, "weights": {1: {2: 3}}},
            ValueError,
            "weights= is for the",
        ),
        ({"property": is_close, "until": "quiet"}, ValueError, "until= is for an algorithm"),
        ({"property": is_close, "algorithm": Hasty, "arguments": {"thnk": 1}}, ValueError, "thnk"),
    ],
)
def test_bad_input(options, error, message):
    with pytest.raises(error, match=message):
        lamport.search(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"property": lambda run: run.machines}, "gives a DataFrame: return True"),
        ({"property": lambda _: ""}, "gives an empty text"),
        ({"property": lambda _: ("x", 3)}, "gives 3 for an event"),
        ({"property": lambda run: run.colour}, "AttributeError: .*colour"),
        ({**MUTEX, "invariant": lambda states: states[9]}, "KeyError: 9"),
        ({**MUTEX, "invariant": lambda states: [states]}, "invariant .* gives a list"),
        ({"property": is_close, "faults": lambda _: 3}, r"faults\(seed\) returned something else: faults=3"),
        ({"property": is_close, "faults": lambda _: [lamport.Crash(9, at=1)]}, "machine 9"),
        ({"property": is_close, "faults": lambda _: 1 / 0}, "ZeroDivisionError"),
    ],
)
@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_functions_that_fail_name_the_run(options, message, is_elsewhere):
    with ThreadPoolExecutor(1) as executor, pytest.raises(lamport.LamportError, match=message) as caught:
        lamport.search(**options, executor=executor if is_elsewhere else None)
    assert str(caught.value).startswith("run 0 with seed ")


def test_a_run_that_an_invariant_ended_pickles(found):
    run = found.run
    again = pickle.loads(pickle.dumps(run))
    assert again.events.equals(run.events)
    assert again.states.equals(run.states)
    assert again.parameters == run.parameters
    crash = [lamport.Crash(machine, at=at, down_for=1) for machine in (1, 2) for at in (2, 6)]
    seen = []

    def first_of_many(states):
        seen.append(states)
        return len(seen) < 57

    found = lamport.search(invariant=first_of_many, algorithm=Hasty, rates=100, faults=crash)
    assert len(seen) == 57
    run = found._trial.look(found.seed, found.faults)[1]
    assert run.faults == tuple(crash)
    assert pickle.loads(pickle.dumps(run)).events.equals(run.events)


def test_it_is_told_in_words(found):
    text = str(found)
    assert found.message in text
    assert str(found.seed) in text
    assert all(str(fault) in text for fault in found.faults)
    assert "lamport rerun" in text
    assert f" {len(found.faults)} faults:" in text
    assert repr(found) == f"<Counterexample: {text}>"
