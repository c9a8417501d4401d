"""Three hosts that are namespaces, whose clocks are apart, through what can happen to them."""

import json
from itertools import pairwise

import pytest
from launched import host
from other_time import at_offset
from promises import assert_clocks_are_found, assert_promises_kept, logs_of

import lamport

RATES = [1, 200, 50, 2, 100, 20, 5, 150, 80, 3, 30, 10]
OFFSETS = [0.0, 0.35, -3.2]
"""By how much the clocks of the hosts are ahead (s)."""
DURATION = 6


class At:
    """What is done at which time of a run, by its progress."""

    def __init__(self, *plan):
        self._plan = sorted(plan, key=lambda each: each[0])

    def __call__(self, elapsed, *_):
        while self._plan and elapsed >= self._plan[0][0]:
            self._plan.pop(0)[1]()

    def is_done(self):
        return not self._plan


def run_on(network, tmp_path, *, offsets=OFFSETS, duration=DURATION, machines=12, **given):
    hosts = [host([*network.words(i), *at_offset(offset)]) for i, offset in enumerate(offsets)]
    options = {"rates": RATES[:machines], "seed": 1978, "progress": False}
    options |= {"log_dir": tmp_path / "run", "internal_probability": 0.4}
    return lamport.run_hosts(hosts, machines, duration, **options | given)


def hosts_of(run):
    """Give the machines of each host, as run.json has them."""
    return [each["machines"] for each in run.parameters["hosts"]]


def offsets_of(run, offsets=OFFSETS):
    return {machine: offsets[at] for at, row in enumerate(hosts_of(run)) for machine in row}


def test_three_hosts(network, other_time, mark, tmp_path):
    """All ticks, all messages, the clocks of the hosts found; nothing is left."""
    run = run_on(network, tmp_path, duration=3)
    assert mark.pids() == []
    assert assert_promises_kept(run, ticks={i: 3 * rate for i, rate in enumerate(RATES, 1)}) > 100
    assert_clocks_are_found(run, offsets_of(run))
    # All machines of a host begin together; all hosts within a moment, by their own clocks.
    began = [each["began"] for each in run.parameters["hosts"]]
    truth = [time - offset for time, offset in zip(began, OFFSETS, strict=True)]
    assert max(truth) - min(truth) < 0.5
    assert run.events["time"].max() < 3.5
    # What is loaded again is judged the same.
    again = lamport.load(run.log_dir)
    assert again.verify().ok
    assert again.events["time"].max() < 3.5
    assert lamport.verify(run.log_dir).ok


def test_a_host_dies_and_a_cable_is_out(network, other_time, mark, tmp_path):
    """What dies costs its own machines alone; what was under way when the cable was out arrives later."""
    kill, cut, mend = (lambda: network.kill(2)), (lambda: network.cut(1)), (lambda: network.mend(1))
    at = At((1.0, cut), (2.5, mend), (3.0, kill))
    with pytest.warns(lamport.LamportWarning) as warned:
        run = run_on(network, tmp_path, progress=at)
    assert at.is_done()
    assert mark.pids() == []
    lost = hosts_of(run)[2]
    (said,) = [str(each.message) for each in warned if network.words(2)[-1] in str(each.message)]
    assert f"{lost[0]} to {lost[-1]}" in said
    assert [each["machines"] for each in run.parameters["lost"]] == [lost]
    assert run.parameters["lost"][0]["logs"] in said
    assert (
        assert_promises_kept(run, lost=lost, ticks={i: DURATION * rate for i, rate in enumerate(RATES, 1)})
        > 100
    )
    assert_clocks_are_found(run, {i: offset for i, offset in offsets_of(run).items() if i not in lost})
    # The cable was out for real: for a second and more nothing came from the other side.
    assert longest_silence(logs_of(run), hosts_of(run)) > 1.0


def longest_silence(logs, hosts):
    """Give the longest time in which a host took nothing from another that is left (s)."""
    longest = 0.0
    for here in hosts[:2]:
        arrivals = sorted(
            line["arrival_time"]
            for machine in here
            for line in logs[machine]
            if line["event"] == "RECEIVE" and line["sender"] not in [*here, *hosts[2]]
        )
        longest = max(longest, *(b - a for a, b in pairwise(arrivals)))
    return longest


def test_clocks_a_day_apart(network, other_time, mark, tmp_path):
    day = 86_400.0
    run = run_on(network, tmp_path, offsets=[0, day, -day], duration=1, machines=6)
    assert assert_promises_kept(run) > 10
    assert_clocks_are_found(run, offsets_of(run, [0, day, -day]))
    assert mark.pids() == []


def test_faults_on_several_hosts(network, mark, tmp_path):
    """A crash is a kill on its host, and the machine comes back there on its port."""
    faults = [
        lamport.Crash(1, at=0.5, down_for=0.5),
        lamport.Pause(2, at=0.5, duration=0.5),
        lamport.Partition([[1, 2], [3]], at=1.5, duration=0.5),
        lamport.Disconnect(1, 3, at=1.2),
    ]
    hosts = [host(network.words(i)) for i in range(3)]
    options = {"seed": 1, "progress": False, "log_dir": tmp_path / "run"}
    run = lamport.run_hosts(
        hosts, 3, 3, rates=[40, 30, 20], internal_probability=0.3, faults=faults, **options
    )
    assert mark.pids() == []
    text = (run.log_dir / "machine_1.log").read_text()
    assert text.count('"STARTUP"') == 2
    done = run.verify()
    assert done.ok, str(done)
    assert set(run.messages["status"]) <= {"received", "unread"}


def test_an_algorithm_on_several_hosts(network, mark, tmp_path):
    """The class goes there by the launcher's pipe; a run that is quiet ends."""
    from lamport.algorithms import ChangRoberts

    hosts = [host(network.words(i)) for i in range(3)]
    options = {"seed": 1, "progress": False, "log_dir": tmp_path / "run"}
    run = lamport.run_hosts(
        hosts, 6, 60, rates=50, topology="ring", algorithm=ChangRoberts, until="quiet", **options
    )
    assert mark.pids() == []
    assert run.verify().ok
    assert run.events["time"].max() < 30


@pytest.mark.parametrize("kind", ["addresses", "addresses_6"])
def test_the_record_says_where_it_ran(network, mark, tmp_path, kind):
    addresses = getattr(network, kind)
    given = addresses if kind == "addresses_6" else [None] * 3
    hosts = [
        host(network.words(i)) | ({"address": address} if address else {}) for i, address in enumerate(given)
    ]
    options = {"seed": 1, "progress": False, "log_dir": tmp_path / "run"}
    run = lamport.run_hosts(hosts, 3, 0.5, rates=20, **options)
    record = json.loads((run.log_dir / "run.json").read_text())
    assert [each["address"] for each in record["hosts"]] == addresses
    assert sorted(machine for each in record["hosts"] for machine in each["machines"]) == [1, 2, 3]
    assert record["keyed"]
    assert assert_promises_kept(run, ticks=dict.fromkeys((1, 2, 3), 10)) > 0
    assert not (run.log_dir / "run.key").exists()
