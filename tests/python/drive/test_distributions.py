"""Machines that differ: as Python passes them, in both runtimes, in logs, run.json and command lines."""

import json

import numpy as np
import pytest

import lamport
from lamport._cli.commands import main

P, B, W = [0.9, 0.1, 0.5], [0.0, 1.0, 0.5], {1: {2: 3, 3: 1}, 3: {1: 0}}


def startups(run):
    return [json.loads(path.read_text().splitlines()[0]) for path in run.files]


def single(run, machine):
    """The recipients of sends to one machine."""
    sends = run.events[(run.events["machine_id"] == machine) & (run.events["event"] == "SEND")]
    return [to[0] for to in sends["recipients"] if len(to) == 1]


def test_each_machine_has_its_own(tmp_path):
    run = lamport.simulate(
        duration=400, rates=[5, 5, 5], internal_probability=P, broadcast_share=B, weights=W, seed=1,
        log_dir=tmp_path,
    )  # fmt: skip
    lines = startups(run)
    assert [line["internal_probability"] for line in lines] == P
    assert [line["broadcast_share"] for line in lines] == B
    assert [line.get("weights") for line in lines] == [[3, 1], None, [0, 1]]
    kept = json.loads((tmp_path / "run.json").read_text())
    assert kept["internal_probability"] == P
    assert kept["weights"] == {"1": {"2": 3, "3": 1}, "3": {"1": 0}}
    to = single(run, 1)
    assert not single(run, 2)
    assert set(single(run, 3)) == {2}
    # Five standard deviations.
    assert abs(to.count(2) / len(to) - 0.75) < 5 * (0.1875 / len(to)) ** 0.5
    assert run.verify().ok
    assert lamport.load(tmp_path).verify().ok
    assert lamport.replay(run)["line"].isna().all()
    again = lamport.rerun(tmp_path, log_dir=tmp_path / "again")
    assert [a.read_bytes() for a in again.files] == [b.read_bytes() for b in run.files]
    assert again.events.equals(run.events)


def test_the_defaults_leave_no_word(tmp_path):
    plain = lamport.simulate(3, 5, seed=1, log_dir=tmp_path / "plain")
    same = lamport.simulate(
        3, 5, seed=1, internal_probability=[0.7] * 3, weights={1: {2: 1}, 2: {}}, log_dir=tmp_path / "same"
    )
    assert [a.read_bytes() for a in plain.files] == [b.read_bytes() for b in same.files]
    assert "weights" not in json.loads((tmp_path / "plain" / "run.json").read_text())


@pytest.mark.parametrize("processes", [False, True])
def test_machines_over_tcp_draw_as_in_virtual_time(tmp_path, processes):
    """Where no message arrives both draw the same: machines 1 and 2 send to 3 alone, which sends to none."""
    given = {
        "rates": [80, 60, 5], "topology": {1: [3, 2], 2: [3, 1], 3: []}, "seed": 3, "duration": 1,
        "internal_probability": [0.4, 0.8, 0.2], "broadcast_share": 0,
        "weights": {1: {2: 0}, 2: {1: 0, 3: 2}},
    }  # fmt: skip
    real = lamport.run_local(**given, processes=processes, log_dir=tmp_path / "real", progress=False)
    virtual = lamport.simulate(**given, log_dir=tmp_path / "virtual")
    for machine in (1, 2):
        one, other = ([*run.events[run.events["machine_id"] == machine]["event"]] for run in (real, virtual))
        assert one == other
        assert set(single(real, machine)) == {3}
    names = ("internal_probability", "broadcast_share", "weights")
    assert [[line.get(name) for name in names] for line in startups(real)] == [
        [line.get(name) for name in names] for line in startups(virtual)
    ]
    assert real.verify().ok
    assert lamport.replay(real)["line"].isna().all()
    again = lamport.rerun(real, time="virtual")
    assert again.parameters["weights"] == {"1": {"2": 0}, "2": {"1": 0, "3": 2}}


def test_over_tcp_a_peer_of_weight_0_hears_of_sends_to_all_alone(tmp_path):
    real = lamport.run_local(
        rates=100, duration=1.5, internal_probability=0, broadcast_share=0.4, weights={1: {2: 0}, 3: {1: 0}},
        seed=8, log_dir=tmp_path / "run", progress=False,
    )  # fmt: skip
    assert set(single(real, 1)) == {3}
    assert set(single(real, 2)) == {1, 3}
    assert set(single(real, 3)) == {2}
    sends = real.events[real.events["event"] == "SEND"]
    to_all = {
        machine for machine, to in zip(sends["machine_id"], sends["recipients"], strict=True) if len(to) == 2
    }
    assert to_all == {1, 2, 3}
    assert real.verify().ok


def test_machines_that_come_back_are_as_they_were(tmp_path):
    faults = [lamport.Crash(1, at=0.3, down_for=0.2)]
    for where, run in {
        "real": lambda **given: lamport.run_local(**given, progress=False),
        "processes": lambda **given: lamport.run_local(**given, progress=False, processes=True),
        "virtual": lamport.simulate,
    }.items():
        got = run(
            rates=[40, 40, 40], duration=1.2, internal_probability=[0.2, 0.5, 0.7], broadcast_share=0,
            weights={1: {3: 4}}, faults=faults, seed=2, log_dir=tmp_path / where,
        )  # fmt: skip
        lines = [json.loads(line) for line in got.files[0].read_text().splitlines()]
        starts = [line for line in lines if line["event"] == "STARTUP"]
        assert [(line["internal_probability"], line["weights"]) for line in starts] == [(0.2, [1, 4])] * 2
        assert got.verify().ok


def test_theory_knows_them():
    rates = [2, 5, 7]
    alike = lamport.predict(rates, internal_probability=0.6, broadcast_share=0.25)
    same = lamport.predict(rates, internal_probability=[0.6] * 3, broadcast_share=[0.25] * 3)
    np.testing.assert_array_equal(alike, same)
    weighed = lamport.predict(rates, internal_probability=[0.6, 0.9, 0.7], weights={1: {2: 5}, 3: {1: 0}})
    run = lamport.simulate(
        duration=20_000, rates=rates, internal_probability=[0.6, 0.9, 0.7], weights={1: {2: 5}, 3: {1: 0}},
        seed=4, record=False,
    )  # fmt: skip
    machines = run.machines
    assert np.allclose(machines["load_predicted"], weighed["load"], equal_nan=True)
    np.testing.assert_allclose(
        machines["receives"] / machines["ticks"], weighed["load"].clip(upper=1), rtol=0.03
    )
    # More than one solution, or none that is known.
    many = lamport.predict(
        [10] * 4, internal_probability=[0.0, 0, 0, 0.01], broadcast_share=1, topology="ring"
    )
    assert many["load"].isna().all()


def test_a_sweep_varies_them():
    frame = lamport.sweep(
        {"internal_probability": [0.5, [0.1, 0.9]], "weights": [None, {1: {2: 3}}]}, machines=2, runs=2,
        duration=5,
    )  # fmt: skip
    assert frame["internal_probability"].unique().tolist() == ["0.5", "0.1, 0.9"]
    assert frame["weights"].unique().tolist() == ["all 1", "{1: {2: 3}}"]
    compared = lamport.compare({"a": lamport.simulate(2, 5, internal_probability=[0.1, 0.9])})
    assert compared["internal_probability"].tolist() == [0.1, 0.9]


def test_the_command_line_takes_them(tmp_path, capsys):
    words = ["--internal-probability=0.9,0.1,0.5", "--broadcast-share=0,1,1/2"]
    words += ['--weights={"1": {"2": 3, "3": 1}, "3": {"1": 0}}', "--duration=5", "--seed=1", "--no-report"]
    assert main(["simulate", *words, f"--log-dir={tmp_path}"]) == 0
    run = lamport.simulate(
        3, 5, internal_probability=P, broadcast_share=B, weights=W, seed=1, log_dir=tmp_path / "same"
    )
    assert [a.read_bytes() for a in lamport.load(tmp_path).files] == [b.read_bytes() for b in run.files]


def test_a_machine_by_hand_has_weights_of_its_peers(tmp_path):
    peers = [("127.0.0.1", 9), ("127.0.0.1", 11)]
    log = tmp_path / "log"
    with lamport.Machine(
        1, 0, peers, log, 5, peer_weights=[0, 1], internal_probability=0, broadcast_share=0, seed=1
    ) as machine:
        assert {machine.tick()["recipients"][0][1] for _ in range(20)} == {11}
        assert json.loads(log.read_text().splitlines()[0])["weights"] == [0, 1]


WRONG = [
    ({"internal_probability": [0.1, 0.2]}, ["internal_probability has 2 values", "machines=3"]),
    ({"broadcast_share": [0.1, 1.5, 0]}, ["broadcast_share of machine 2 is 1.5", "between 0 and 1"]),
    ({"internal_probability": [0.1, "x", 0]}, ["internal_probability of machine 2='x' is not a number"]),
    ({"weights": [3, 1]}, ["weights=[3, 1] is not a mapping", "{1: {2: 3, 3: 1}}"]),
    ({"weights": {1: {2: -1}}}, ["weights of machine 1 for machine 2=-1", "whole number"]),
    ({"weights": {1: {2: 0.5}}}, ["weights of machine 1 for machine 2=0.5 is not a whole number"]),
    ({"weights": {1: {2: 0, 3: 0}}}, ["machine 1, [0, 0], sum to 0", "above 0"]),
    ({"weights": {1: {1: 2}}}, ["machine 1 has the weight 2 for machine 1, which is no peer", "2, 3"]),
    ({"weights": {4: {1: 2}}}, ["there is no machine 4: they are 1 to 3"]),
    ({"weights": {"a": {1: 2}}}, ["'a' is not a machine"]),
    ({"weights": {1: {2: 2**53 - 1, 3: 1}}}, ["sum to more than 2^53 - 1"]),
]


@pytest.mark.parametrize(("given", "words"), WRONG)
@pytest.mark.parametrize("function", [lamport.simulate, lamport.run_local])
def test_what_cannot_be_is_named(tmp_path, monkeypatch, function, given, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r".") as error:
        function(machines=3, duration=1, **given)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_machine_by_hand_names_what_cannot_be(tmp_path):
    peers = [("127.0.0.1", 9), ("127.0.0.1", 11)]
    for weights, words in {(1,): "2 peers and [1]", (0, 0): "sum to 0"}.items():
        with pytest.raises(ValueError, match=r".") as error:
            lamport.Machine(1, 0, peers, tmp_path / "log", 5, peer_weights=weights)
        assert words in str(error.value)
    assert not list(tmp_path.iterdir())


STEPS = lamport.Steps([(0, 20), (0.4, 80), (0.8, 5)])
TICKS = [
    {"ticks": "poisson"},
    {"ticks": lamport.Jitter(0.7)},
    {"rates": [STEPS, 30, 50]},
    {"rates": [STEPS, 30, 50], "ticks": "poisson"},
    {"rates": [STEPS, 30, 50], "ticks": {"jitter": 0.5}},
]


def times(run, machine):
    """When a machine ticked, from its first tick on."""
    ticks = run.events[run.events["machine_id"] == machine]["time"].to_numpy()
    return ticks - ticks[0]


def ticks_of_last_starts(run, is_virtual):
    """How many ticks a verification can hold against their schedule."""
    ticks = 0
    for path in run.files:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        # In real time, ticks that were all on time to the microsecond are taken for ticks by hand.
        if is_virtual or lines[-1]["lateness"]["max"] > 0:
            events = [line["event"] for line in lines]
            last = len(events) - 1 - events[::-1].index("STARTUP")
            ticks += sum(event in ("SEND", "RECEIVE", "INTERNAL") for event in events[last:])
    return ticks


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("given", TICKS)
def test_machines_over_tcp_tick_as_in_virtual_time(tmp_path, processes, given):
    given = {"rates": [40, 30, 50], "duration": 1.2, "seed": 5, **given}
    real = lamport.run_local(**given, processes=processes, log_dir=tmp_path / "real", progress=False)
    virtual = lamport.simulate(**given, log_dir=tmp_path / "virtual")
    assert real.machines["ticks"].tolist() == virtual.machines["ticks"].tolist()
    for machine in (1, 2, 3):
        # As late as ticks were, and a little for rounding.
        late = real.machines.loc[machine, "lateness_max"] + 5e-6
        assert abs(times(real, machine) - times(virtual, machine)).max() <= late
    for run in (real, virtual):
        assert run.verify().ok
        assert run.verify().checked["schedule"] == ticks_of_last_starts(run, run is virtual)
        assert lamport.load(run.log_dir).verify().ok
        assert lamport.replay(run)["line"].isna().all()
    kept = json.loads((tmp_path / "real" / "run.json").read_text())
    assert kept.get("ticks", "periodic") == virtual.parameters.get("ticks", "periodic")
    again = lamport.rerun(real, time="virtual", log_dir=tmp_path / "again")
    assert [a.read_bytes() for a in again.files] == [b.read_bytes() for b in virtual.files]
    assert again.parameters["rates"] == virtual.parameters["rates"]


def test_counts_are_exact():
    run = lamport.simulate(duration=60, rates=[1, lamport.Steps([(0, 2), (30, 6)]), 6], seed=1)
    assert run.machines["ticks"].tolist() == [60, 240, 360]
    run = lamport.simulate(duration=60, rates=[1, 3, 6], ticks=lamport.Jitter(0.99), seed=1)
    assert run.machines["ticks"].tolist() == [60, 180, 360]
    one, other = (
        lamport.simulate(duration=60, rates=[1, 3, 6], ticks="poisson", seed=1, internal_probability=p)
        for p in (0, 1)
    )
    # No message changes when anyone ticks.
    assert one.machines["ticks"].tolist() == other.machines["ticks"].tolist()
    assert one.events["time"].equals(other.events["time"])


@pytest.mark.parametrize("given", TICKS)
@pytest.mark.parametrize("where", ["real", "processes", "virtual"])
def test_machines_that_come_back_or_stand_still_tick_as_they_are_to(tmp_path, where, given):
    faults = [lamport.Crash(1, at=0.3, down_for=0.2), lamport.Pause(2, at=0.5, duration=0.2)]
    given = {"rates": [40, 30, 50], "duration": 1.2, "seed": 6, "faults": faults, **given}
    run = (
        lamport.simulate(**given, log_dir=tmp_path / "run")
        if where == "virtual"
        else lamport.run_local(
            **given, log_dir=tmp_path / "run", progress=False, processes=where == "processes"
        )
    )
    lines = [json.loads(line) for line in run.files[0].read_text().splitlines()]
    starts = [line for line in lines if line["event"] == "STARTUP"]
    assert len(starts) == 2
    names = ("ticking", "rates", "clock_rate")
    assert [starts[0].get(name) for name in names] == [starts[1].get(name) for name in names]
    if "rates" in starts[0]:
        assert "since" not in starts[0]
        assert 0.49 < starts[1]["since"] < 1.1
        # Those of the last rate: 5 a second from 0.8 s on.
        after = run.events[(run.events["machine_id"] == 1) & (run.events["time"] > 0.8)]
        assert len(after) < 12
    assert run.verify().ok
    assert run.verify().checked["schedule"] == ticks_of_last_starts(run, where == "virtual")
    assert lamport.load(run.log_dir).verify().ok


@pytest.mark.parametrize("given", [TICKS[0], TICKS[1], TICKS[2]])
def test_a_tick_that_was_not_due_then_is_found(tmp_path, given):
    given = {"rates": [40, 30, 50], **given}
    run = lamport.simulate(duration=2, seed=1, internal_probability=1, log_dir=tmp_path, **given)
    path = run.files[0]
    lines = path.read_text().splitlines()
    told = json.loads(lines[40])["system_time"]
    lines[40] = lines[40].replace(f"{told:.6f}", f"{told + 50e-6:.6f}")
    path.write_text("\n".join(lines) + "\n")
    assert set(lamport.load(tmp_path).verify().violations["rule"]) == {"schedule"}


def test_settings_that_change_on_the_way_are_found(tmp_path):
    faults = [lamport.Crash(1, at=0.3, down_for=0.2)]
    given = {"rates": [STEPS, 30], "ticks": "poisson", "weights": {1: {2: 1}}, "faults": faults}
    run = lamport.simulate(duration=2, seed=1, log_dir=tmp_path, **given)
    path = run.files[0]
    text = path.read_text()
    for old, new in {'"poisson"': '{"jitter": 0.5}', "[0.4, 80]": "[0.4, 81]"}.items():
        before, _, after = text.rpartition(old)
        path.write_text(before + new + after)
        assert "settings" in set(lamport.load(tmp_path).verify().violations["rule"])


def test_theory_of_ticks():
    rates = [2, 5, 7]
    table = lamport.simulate(duration=20_000, rates=rates, ticks="poisson", seed=4, record=False).machines
    np.testing.assert_allclose(table["load_predicted"], lamport.predict(rates)["load"])
    np.testing.assert_allclose(
        table["receives"] / table["ticks"], table["load_predicted"].clip(upper=1), rtol=0.04
    )
    changing = [2, lamport.Steps([(0, 5), (9, 1)]), 7]
    assert lamport.predict(changing).drop(columns="clock_rate").isna().all(axis=None)
    run = lamport.simulate(duration=20, rates=changing, seed=4)
    assert run.machines["load_predicted"].isna().all()


def test_the_command_line_takes_ticks(tmp_path):
    for words, given in [
        (["--rates=1,0:2/30:6,6"], {"rates": [1, lamport.Steps([(0, 2), (30, 6)]), 6]}),
        (["--ticks=poisson"], {"ticks": "poisson"}),
        (["--ticks=jitter:0.25", "--rates=2,3"], {"ticks": lamport.Jitter(0.25), "rates": [2, 3]}),
    ]:
        name = str(len(list(tmp_path.iterdir())))
        assert main(["simulate", *words, "--seed=1", "--no-report", f"--log-dir={tmp_path / name}"]) == 0
        run = lamport.simulate(seed=1, log_dir=tmp_path / f"{name}-same", **given)
        files = lamport.load(tmp_path / name).files
        assert [a.read_bytes() for a in files] == [b.read_bytes() for b in run.files]


def test_a_machine_by_hand_goes_on_with_its_rates(tmp_path):
    log = tmp_path / "log"
    first = lamport.Machine(1, 0, [], log, 0.5, clock_rate=STEPS, ticks="poisson", seed=1)
    first.run()
    lines = log.read_text().splitlines()
    log.write_text("\n".join(lines[:-1]) + "\n")
    again = lamport.Machine(1, 0, [], log, 0.3, ticks="poisson", resume=True)
    again.run()
    starts = [line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "STARTUP"]
    assert [line["rates"] for line in starts] == [[[0, 20], [0.4, 80], [0.8, 5]]] * 2
    assert starts[1]["since"] > 0.5
    log.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(ValueError, match="is of ticks poisson, not of ticks periodic"):
        lamport.Machine(1, 0, [], log, 0.3, resume=True)
    with pytest.raises(ValueError, match="rates"):
        lamport.Machine(1, 0, [], log, 0.3, ticks="poisson", clock_rate=20, resume=True)


WRONG_TICKS = [
    (lambda: lamport.Steps([]), ["the first time is 0"]),
    (lambda: lamport.Steps([(1, 2)]), ["(1, 2)", "the first time is 0"]),
    (lambda: lamport.Steps([(0, 2), (5, 1), (3, 2)]), ["a step at 3 s after one at 5 s", "order"]),
    (lambda: lamport.Steps([(0, 2, 3)]), ["pairs of a time and a rate"]),
    (lambda: lamport.Steps("fast"), ["pairs of a time and a rate"]),
    (lambda: lamport.Jitter(1), ["Jitter(1)", "0 to below 1"]),
    (lambda: lamport.Jitter(-0.1), ["Jitter(-0.1)"]),
    (lambda: lamport.simulate(ticks="fast"), ["ticks='fast'", "poisson"]),
    (lambda: lamport.simulate(ticks={"jitter": 2}), ["Jitter(2)"]),
    (lambda: lamport.simulate(rates=[1, [[0, 2], [0, 3]]]), ["a step at 0 s after one at 0 s"]),
    (lambda: lamport.simulate(rates=[1, lamport.Steps([(0, 2), (5, 0)])]), ["clock rate of 0"]),
    (lambda: lamport.simulate(3, rates=[1, lamport.Steps([(0, 2)])]), ["rates has 2 values", "machines=3"]),
    (lambda: lamport.simulate(3, rates=lamport.Steps([(0, 2)])), ["one Steps", "like [steps, steps, 6]"]),
    (lambda: lamport.simulate(rates=[1, None, 3]), ["rate of machine 2=None is not a number"]),
    (lambda: lamport.Machine(1, 0, [], "log", 1, ticks="fast"), ["ticks is", "fast", "poisson"]),
]


@pytest.mark.parametrize(("make", "words"), WRONG_TICKS)
def test_ticks_that_cannot_be_are_named(tmp_path, monkeypatch, make, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r".") as error:
        make()
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not list(tmp_path.iterdir())


LINKS = {(1, 2): 0.15, (2, 1): lamport.Uniform(0.05, 0.1), None: 0.01}


@pytest.mark.parametrize("how", ["virtual", "real", "processes"])
def test_links_have_delays_of_their_own(tmp_path, how):
    given = {"rates": [20, 20, 20], "duration": 1, "seed": 3, "latency": LINKS, "log_dir": tmp_path / "run"}
    given |= {"internal_probability": 0.3}
    if how == "virtual":
        run = lamport.simulate(**given)
    else:
        run = lamport.run_local(**given, processes=how == "processes", progress=False)
    messages = run.messages.dropna(subset="arrived")
    flights = messages["arrived"] - messages["sent"]
    bounds = {(1, 2): (0.15, 0.15), (2, 1): (0.05, 0.1), (3, 1): (0.01, 0.01)}
    for (sender, recipient), (low, high) in bounds.items():
        own = flights[(messages["sender"] == sender) & (messages["recipient"] == recipient)]
        assert len(own)
        assert own.min() >= low - 2e-6
        assert own.median() <= high + (0.0001 if how == "virtual" else 0.05)
    kept = json.loads((tmp_path / "run" / "run.json").read_text())["latency"]
    assert kept["kind"] == "per_link"
    assert kept["links"][0] == [1, 2, 0.15]
    assert run.verify().ok
    if how == "virtual":
        again = lamport.rerun(tmp_path / "run", log_dir=tmp_path / "again")
        assert [a.read_bytes() for a in again.files] == [b.read_bytes() for b in run.files]


@pytest.mark.parametrize(
    ("latency", "words"),
    [
        ({(1, 2): 0.05}, "give one, like None: 0.001"),
        ({(1, 9): 0.05, None: 0.1}, "machine 1 does not send to machine 9"),
        ({(1, 1): 0.05, None: 0.1}, "machine 1 does not send to machine 1"),
        ({"ab": 0.05, None: 0.1}, "'ab' is no link"),
        ({(1, 2): -1, None: 0.1}, "-1"),
        ({(1, 2): {(1, 2): 1, None: 2}, None: 0.1}, "is not known"),
    ],
)
def test_links_that_cannot_be_are_named(latency, words):
    with pytest.raises(ValueError, match=r".") as error:
        lamport.simulate(3, 1, latency=latency)
    assert words in str(error.value)
