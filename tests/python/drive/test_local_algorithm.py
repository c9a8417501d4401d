"""Algorithms over real TCP, in threads."""

import time

import pytest

import lamport

FAST = {"rates": 200, "seed": 4}


class Ring(lamport.Algorithm):
    """A token goes round, and counts its steps."""

    def __init__(self, rounds=5):
        self.rounds = rounds

    def start(self, me):
        if me.id == 1:
            me.timer("begin", 0.05)

    def on_timer(self, me, _name):
        me.send(2, {"token": 1})

    def on_message(self, me, _sender, body):
        me.state(token=body["token"])
        if body["token"] < self.rounds * len(me.machines):
            me.send(me.id % len(me.machines) + 1, {"token": body["token"] + 1})


def tokens(run):
    return sorted(run.states["token"].tolist())


def test_an_algorithm_runs_over_tcp_as_in_virtual_time(tmp_path):
    given = {"algorithm": Ring, "arguments": {"rounds": 4}, "topology": "ring", **FAST}
    real = lamport.run_local(3, 20, until="quiet", log_dir=tmp_path / "run", **given)
    assert real.parameters["duration"] == 20
    assert tokens(real) == list(range(1, 13))
    assert tokens(lamport.simulate(3, 20, until="quiet", **given)) == list(range(1, 13))
    assert real.verify().ok
    again = lamport.load(tmp_path / "run")
    assert tokens(again) == tokens(real)
    assert again.parameters["algorithm"] == f"{__name__}:Ring"
    assert again.parameters["arguments"] == {"rounds": 4}
    assert "internal_probability" not in again.parameters


def test_a_machine_that_crashes_forgets_nothing(tmp_path):
    crash = lamport.Crash(2, at=0.2, down_for=0.3)
    given = {"algorithm": Ring, "arguments": {"rounds": 30}, "topology": "ring", "until": "quiet", **FAST}
    run = lamport.run_local(3, 20, faults=[crash], log_dir=tmp_path / "run", **given)
    assert tokens(run) == list(range(1, 91))
    assert (tmp_path / "run" / "machine_2.log").read_text().count("STARTUP") == 2


def test_an_exception_of_a_handler_is_raised_with_its_place(tmp_path):
    class Failing(Ring):
        def on_message(self, me, _sender, _body):
            raise KeyError(me.id)

    with pytest.raises(lamport.AlgorithmError, match="machine 2: ") as caught:
        lamport.run_local(3, 5, algorithm=Failing, log_dir=tmp_path / "run", **FAST)
    error = caught.value
    assert isinstance(error.__cause__, KeyError)
    assert (error.machine, error.seed) == (2, 4)
    assert "in on_message" in str(error)
    assert error.line.startswith(f"{tmp_path / 'run' / 'machine_2.log'}:")
    assert 0 < error.time < 5
    assert f", {error.time:.6f} s after the machine began, " in str(error)


def test_a_class_that_cannot_be_made_is_raised_with_its_traceback(tmp_path):
    class Homeless(Ring):
        def __init__(self):
            raise RuntimeError("no place to stand")

    with pytest.raises(lamport.AlgorithmError, match="its algorithm cannot be made") as caught:
        lamport.run_local(2, 5, algorithm=Homeless, log_dir=tmp_path / "run", **FAST)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "in __init__" in str(caught.value)


class Idler(lamport.Algorithm):
    """Each of its ticks is an event."""

    def on_idle(self, me):
        pass


STEPS = lamport.Steps([(0, 20), (0.4, 80), (0.8, 5)])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ticks": "poisson"},
        {"ticks": lamport.Jitter(0.7)},
        {"rates": [STEPS, 30, 50]},
        {"rates": [STEPS, 30, 50], "ticks": "poisson"},
    ],
)
def test_ticks_over_tcp_are_those_of_virtual_time(tmp_path, given):
    """With the same rates and seed: as many as of the built-in behaviour, each when it is due, or late."""
    given = {"rates": [40, 30, 50], "duration": 1.2, "seed": 5, **given}
    real = lamport.run_local(**given, algorithm=Idler, log_dir=tmp_path / "run")
    virtual = lamport.simulate(**given, algorithm=Idler)
    assert real.machines["ticks"].tolist() == virtual.machines["ticks"].tolist()
    assert real.machines["ticks"].tolist() == lamport.simulate(**given).machines["ticks"].tolist()
    for machine in (1, 2, 3):
        one, other = (
            run.events.loc[run.events["machine_id"] == machine, "time"].to_numpy() for run in (real, virtual)
        )
        # As late as ticks were, and a little for rounding.
        late = real.machines.loc[machine, "lateness_max"] + 5e-6
        assert abs((one - one[0]) - (other - other[0])).max() <= late
    assert real.verify().ok
    assert lamport.replay(real)["line"].isna().all()


def test_what_is_for_the_built_in_behaviour(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="internal_probability= is for the built-in behaviour"):
        lamport.run_local(2, 1, algorithm=Ring, internal_probability=0.5)
    with pytest.raises(ValueError, match="until= is for an algorithm"):
        lamport.run_local(2, 1, until="quiet")


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_out_of_a_handler_ends_the_run(tmp_path, processes, interrupt):
    class Interrupted(Ring):
        def on_message(self, _me, _sender, _body):
            raise interrupt

    with pytest.warns(
        lamport.LamportWarning, match=rf"a handler raised {interrupt.__name__}\(.*the run ended"
    ):
        run = lamport.run_local(
            3, 30, algorithm=Interrupted, processes=processes, log_dir=tmp_path / "run", **FAST
        )
    assert run.interrupted
    assert "RECEIVE" not in set(run.events["event"])
    assert run.verify().ok
    assert [file.read_text().splitlines()[-1][:15] for file in run.files] == ['{"event": "END"'] * 3


def test_what_a_machine_does_otherwise_after_a_crash_is_named(tmp_path):
    class Clocked(lamport.Algorithm):
        def start(self, me):
            me.broadcast(time.time())

    faults = [lamport.Crash(1, at=0.3, down_for=0.2)]
    with pytest.raises(
        lamport.AlgorithmError, match=r"not deterministic here .*draw from me.random"
    ) as caught:
        lamport.run_local(3, 30, algorithm=Clocked, faults=faults, log_dir=tmp_path / "run", **FAST)
    assert caught.value.machine == 1
    assert caught.value.line.startswith(f"{tmp_path / 'run' / 'machine_1.log'}:")


@pytest.mark.parametrize("processes", [False, True])
def test_who_crashes_later_keeps_no_run_from_being_quiet(processes, tmp_path):
    faults = [lamport.Crash(2, at=20, down_for=5)]
    run = lamport.run_local(
        3, 60, algorithm=Ring, until="quiet", faults=faults, processes=processes, log_dir=tmp_path, **FAST
    )
    assert run.events["time"].max() < 10
    assert lamport.load(tmp_path).verify().ok
