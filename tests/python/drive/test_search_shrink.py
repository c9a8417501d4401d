"""What is left of a broken run when all that it does not need is left out."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_search import CLOSE, CRASH, FAULTS, MUTEX, WATCH, Fails, is_close, trusts, trusts_all, trusts_most

import lamport
from lamport._cli.commands import main
from lamport._drive.shrink import minimal
from lamport._drive.smaller import rounder, simpler


def test_a_bug_that_needs_no_fault_is_left_without():
    found = lamport.search(**MUTEX)
    told = []
    smallest = found.shrink(progress=told.append)
    assert found.faults
    assert smallest.found == found.faults
    assert smallest.faults == ()
    assert (smallest.kind, smallest.seed, smallest.number) == ("invariant", found.seed, found.number)
    assert smallest.parameters["duration"] < 10
    assert smallest.events == smallest.run.causality.past(smallest.event).sum() + 1 < 20
    assert not smallest.interrupted
    assert told[:2] == [1, 2]
    assert len(told) < 60
    assert f"no faults of {len(found.faults)}" in str(smallest)


@pytest.mark.parametrize("asked", [{"invariant": trusts}, {"property": trusts_all}])
def test_a_bug_that_needs_a_crash_is_left_with_the_crash(asked):
    found = lamport.search(**asked, **WATCH, faults=FAULTS)
    assert found.faults == tuple(FAULTS)
    smallest = found.shrink()
    (crash,) = smallest.faults
    assert isinstance(crash, lamport.Crash)
    assert crash.machine_id == 2
    assert crash.at == round(crash.at)
    assert 1.5 <= crash.down_for <= CRASH.down_for
    assert smallest._trial.setting["machines"] == 2
    assert smallest.parameters["duration"] < 12
    assert smallest.shrink() == smallest, "it is as small as it gets"


def test_a_bug_that_needs_two_faults_is_left_with_the_two():
    faults = [*FAULTS[:4], lamport.Crash(1, at=7.25, down_for=2.6), FAULTS[5]]
    found = lamport.search(invariant=trusts_most, **WATCH, faults=faults)
    smallest = found.shrink()
    assert [(type(fault), fault.machine_id) for fault in smallest.faults] == [
        (lamport.Crash, 2),
        (lamport.Crash, 1),
    ]
    assert smallest._trial.setting["machines"] == 3
    assert smallest.shrink() == smallest


def test_a_bug_that_needs_three_faults_is_left_with_the_three():
    """More than singles and pairs: by delta debugging alone."""

    def is_someone_trusted(states):
        return len(states.get(4, ())) < 3

    crashes = [lamport.Crash(machine, at=1 + 4 * machine, down_for=2.7) for machine in (1, 2, 3)]
    others = [lamport.Disconnect(1, 2, at=at) for at in (2, 4, 8, 12)]
    options = {**WATCH, "duration": 18, "machines": 4}
    found = lamport.search(invariant=is_someone_trusted, **options, faults=[*others, *crashes])
    smallest = found.shrink()
    assert [fault.machine_id for fault in smallest.faults] == [1, 2, 3]
    assert {type(fault) for fault in smallest.faults} == {lamport.Crash}


@pytest.mark.parametrize("enough", [{5}, {4, 5}])
def test_one_or_two_are_found_where_parts_do_not_lead_to_them(enough):
    """Three of the faults break it by themselves, or with any others; one or two only without others."""

    def is_whole(run):
        at = {fault.at for fault in run.faults}
        return not (at >= {1, 2, 8} or at == enough)

    faults = [lamport.Disconnect(1, 2, at=at) for at in range(1, 9)]
    found = lamport.search(is_whole, duration=10, machines=2, rates=[1, 1], faults=faults)
    assert {fault.at for fault in found.shrink().faults} == enough


def test_nothing_can_be_left_out_of_what_is_left():
    found = lamport.search(is_close, **CLOSE)
    smallest = found.shrink()
    assert len(smallest.faults) <= len(found.faults)
    parameters = smallest.parameters
    assert is_close(lamport.simulate(**parameters)) is not True
    for place in range(len(smallest.faults)):
        faults = [fault for number, fault in enumerate(smallest.faults) if number != place]
        assert is_close(lamport.simulate(**parameters | {"faults": faults})) is True


def test_the_end_of_a_run_does_not_break_it():
    """A shorter run breaks this without any fault: then the fault was not what broke it."""

    def is_served(run):
        return run.events["time"].max() > 3 and (run.events["event"] == "RECEIVE").sum() > 2 and is_close(run)

    faults = [lamport.Crash(2, at=4)]
    smallest = lamport.search(is_served, **CLOSE, faults=faults).shrink()
    assert [type(fault) for fault in smallest.faults] == [lamport.Crash]
    assert is_served(lamport.simulate(**smallest.parameters | {"faults": []})) is True


def test_it_stays_broken_in_the_same_way():
    class Both(Fails):
        def on_message(self, me, _sender, _body):
            me.state(got=True)

        def start(self, me):
            super().start(me)
            if me.id == 1:
                me.send(2)

    found = lamport.search(invariant=trusts, algorithm=Both, rates=100, duration=10, faults=[CRASH])
    assert found.shrink().kind == "invariant"
    found = lamport.search(algorithm=Both, rates=100, duration=10, faults=[CRASH])
    smallest = found.shrink()
    assert (smallest.kind, smallest.faults) == ("algorithm", ())
    assert smallest.parameters["machines"] == 1


def test_ctrl_c_returns_the_smallest_so_far():
    found = lamport.search(invariant=trusts, **WATCH, faults=FAULTS)
    runs = []

    def interrupt(number):
        runs.append(number)
        if number == 6:
            raise KeyboardInterrupt

    smallest = found.shrink(progress=interrupt)
    assert smallest.interrupted
    assert "ended early" in str(smallest)
    assert 0 < len(smallest.faults) <= len(FAULTS)
    assert runs == [1, 2, 3, 4, 5, 6]


def test_there_is_an_end_to_the_runs(monkeypatch):
    monkeypatch.setattr("lamport._drive.shrink.MOST", 7)
    told = []
    smallest = lamport.search(invariant=trusts, **WATCH, faults=FAULTS).shrink(progress=told.append)
    assert smallest.interrupted
    assert told == [1, 2, 3, 4, 5, 6, 7]


@settings(max_examples=300, deadline=None)
@given(whole=st.lists(st.integers(), unique=True, min_size=1, max_size=30), data=st.data())
def test_what_is_minimal_needs_each_of_its_parts(whole, data):
    needed = [data.draw(st.sets(st.sampled_from(whole), min_size=1, max_size=4)) for _ in range(2)]

    def is_broken(some):
        return any(each <= set(some) for each in needed)

    left = minimal(whole, is_broken)
    assert is_broken(left)
    assert all(not is_broken(left[:place] + left[place + 1 :]) for place in range(len(left)))
    assert [each for each in whole if each in left] == list(left)


@given(st.floats(0, 1000).map(lambda value: round(value, 6)))
def test_rounder_numbers_have_fewer_digits(value):
    def digits(number):
        return len(f"{number:.6f}".rstrip("0").partition(".")[2])

    others = list(rounder(value))
    assert all(digits(other) < digits(value) and abs(other - value) < 1 for other in others)
    assert bool(others) == (digits(value) > 0)


def test_faults_that_are_simpler():
    others = list(simpler(lamport.Crash(1, at=3.25, down_for=None)))
    assert [fault.at for fault in others] == [3, 4, 3.2, 3.3]
    others = list(simpler(lamport.Delay(1, 2, lamport.Exponential(0.1), at=1, duration=0.01)))
    assert len(others) > 10
    assert {type(fault.latency) for fault in others} == {lamport.Constant}
    assert list(simpler(lamport.Disconnect(1, 2, at=3))) == []
    others = list(simpler(lamport.Partition([[1], [2]], at=1, duration=0.03)))
    assert [fault.duration for fault in others] == [0.01, 0.02]


FAULT = st.one_of(
    st.builds(lamport.Crash, st.just(1), st.floats(0, 99), st.none() | st.floats(0.001, 99)),
    st.builds(
        lamport.Delay, st.just(1), st.just(2), st.floats(0, 99), st.floats(0, 99), st.floats(0.001, 99)
    ),
)


@given(fault=FAULT, data=st.data())
def test_simpler_comes_to_an_end(fault, data):
    """However what is simpler is chosen, nothing comes again."""
    seen = [fault]
    while others := list(simpler(seen[-1])):
        fault = data.draw(st.sampled_from(others))
        assert fault not in seen
        seen.append(fault)


def log_bytes(directory):
    return {path.name: path.read_bytes() for path in directory.glob("machine_*.log")}


def test_it_is_saved_and_runs_again(tmp_path, monkeypatch, capsys):
    smallest = lamport.search(invariant=trusts, **WATCH, faults=FAULTS).shrink()
    file = smallest.save(tmp_path / "deep" / "bug.json")
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["algorithm"] == "test_search:Watch"
    assert record["faults"] == [{"fault": "crash", **vars(smallest.faults[0])}]
    assert record["message"] == smallest.message == "trusts does not hold"
    with pytest.raises(FileExistsError, match="give another path"):
        smallest.save(file)
    assert smallest.save(tmp_path / "directory") == tmp_path / "directory" / "run.json"
    lamport.simulate(**smallest.parameters, log_dir=tmp_path / "first")
    again = lamport.rerun(file, log_dir=tmp_path / "again")
    assert not trusts_all(again)
    monkeypatch.chdir(tmp_path)
    main(["rerun", str(file), "--log-dir", str(tmp_path / "by_command"), "--no-report"])
    capsys.readouterr()
    first = log_bytes(tmp_path / "first")
    assert len(first) == 2
    assert first == log_bytes(tmp_path / "again") == log_bytes(tmp_path / "by_command")


def test_runs_of_the_built_in_behaviour_are_saved(tmp_path):
    found = lamport.search(is_close, **CLOSE)
    again = lamport.rerun(found.save(tmp_path / "bug.json"), log_dir=tmp_path / "again")
    assert again.events.equals(found.run.events)


def test_what_a_smaller_run_cannot_be_asked_is_not_broken():
    """A very short run has no states: the property fails, and the search for a smaller one goes on."""

    def is_held(run):
        return len(run.states["suspects_2"]) < 2

    found = lamport.search(is_held, **WATCH, faults=[CRASH])
    smallest = found.shrink()
    assert not smallest.interrupted
    assert is_held(smallest.run) is False


def test_an_algorithm_of_a_function_is_not_for_others(tmp_path):
    class Own(Fails):
        pass

    found = lamport.search(algorithm=Own, rates=100, duration=10, faults=())
    with pytest.warns(lamport.LamportWarning, match="which only this process knows"):
        found.save(tmp_path)
