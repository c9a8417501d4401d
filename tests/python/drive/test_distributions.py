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
