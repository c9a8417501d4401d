"""`lamport.Machine` takes latencies and faults as `run_local` does, and says the same of what is none."""

import pytest

import lamport

LATENCIES = [
    0,
    0.02,
    lamport.Constant(0.02),
    lamport.Uniform(0.01, 0.03),
    lamport.Exponential(0.001),
    lamport.LogNormal(0.001, 0.5),
    lamport.Empirical([0.001, 0.02]),
    {"kind": "exponential", "mean": 0.001},
]
BAD_LATENCIES = [
    "slow",
    "0.1",
    None,
    object(),
    -1,
    float("nan"),
    2e9,
    True,
    ["constant", [0.1]],
    {"kind": "gamma"},
]
FAULTS = [
    lamport.Partition(pairs=[(1, 2)], at=0, duration=0.1),
    lamport.Delay(1, 2, lamport.Exponential(0.01), at=0, duration=1),
    lamport.Disconnect(1, 2, at=0.05),
    lamport.Crash(1, at=0.05),
]
BAD_FAULTS = [
    "faults.json",
    '[{"fault": "crash"}]',
    lamport.Crash(1, at=1),
    3,
    None,
    [3],
    [{"fault": "flood"}],
]


def machine(path, **options):
    return lamport.Machine(1, 0, [], path / "machine_1.log", 0.1, clock_rate=20, **options)


def complaint(make, **options):
    with pytest.raises((TypeError, ValueError)) as caught:
        make(**options)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize("latency", LATENCIES)
def test_latencies(tmp_path, latency):
    with machine(tmp_path, latency=latency) as made:
        made.run()
        assert made.ticks == 2


@pytest.mark.parametrize("bad", BAD_LATENCIES)
def test_what_is_no_latency(tmp_path, bad):
    kind, told = complaint(lambda latency: machine(tmp_path, latency=latency), latency=bad)
    assert (kind, told) == complaint(lambda latency: lamport.run_local(2, 0.1, latency=latency), latency=bad)
    assert "latency" in told
    assert any(word in told for word in ("lamport.Exponential", "delays are finite", "is not a number"))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("faults", [FAULTS, tuple(FAULTS), iter(FAULTS), [], ()])
def test_faults(tmp_path, faults):
    with machine(tmp_path, faults=faults) as made:
        made.run()
        assert made.ticks == 2


@pytest.mark.parametrize("bad", BAD_FAULTS)
def test_what_is_no_list_of_faults(tmp_path, bad):
    kind, told = complaint(lambda faults: machine(tmp_path, faults=faults), faults=bad)
    assert (kind, told) == complaint(lambda faults: lamport.run_local(2, 0.1, faults=faults), faults=bad)
    assert "fault" in told
    assert "lamport.Crash" in told or "crash, pause" in told
    assert not any(tmp_path.iterdir())


def test_a_delay_and_a_latency_hold_at_a_machine(tmp_path):
    """Both are added where messages arrive."""
    latency, added = 0.02, lamport.Constant(0.08)
    logs = [tmp_path / f"machine_{number}.log" for number in (1, 2)]
    second = lamport.Machine(
        2, 0, [], logs[1], 1, clock_rate=200, latency=latency, allow=["127.0.0.1"],
        faults=[lamport.Delay(1, 2, added, at=0, duration=60)], internal_probability=1,
    )  # fmt: skip
    first = lamport.Machine(
        1, 0, [("127.0.0.1", second.listen_port)], logs[0], 1, clock_rate=10, internal_probability=0
    )
    with first, second:
        first.start()
        second.start()
        first.join()
        second.join()
    messages = lamport.load(tmp_path).messages
    flights = (messages["arrived"] - messages["sent"]).dropna()
    assert len(flights)
    assert (flights > 0.095).all()
