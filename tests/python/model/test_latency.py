"""Latencies: what they accept, and how they travel."""

import json
import pickle
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport._model.latency import as_latency, latency_text, parse, to_json

seconds = st.floats(0, 1e9)
latencies = st.one_of(
    st.builds(lamport.Constant, seconds),
    st.tuples(seconds, seconds).map(lambda pair: lamport.Uniform(*sorted(pair))),
    st.builds(lamport.Exponential, seconds),
    st.tuples(seconds, seconds).map(lambda pair: lamport.Exponential(*sorted(pair, reverse=True))),
    st.builds(lamport.LogNormal, seconds, seconds),
    st.builds(lamport.Empirical, st.lists(seconds, min_size=1, max_size=5)),
)


@given(latencies)
def test_they_pickle_hash_and_come_back_from_json(latency):
    assert pickle.loads(pickle.dumps(latency)) == latency
    assert hash(pickle.loads(pickle.dumps(latency))) == hash(latency)
    assert as_latency(json.loads(json.dumps(to_json(latency)))) == latency
    # What the native module and processes are given.
    assert as_latency(json.loads(latency_text(latency))) == parse(latency_text(latency)) == latency
    kind, numbers = type(latency).__name__, astuple(latency)
    numbers = latency.delays if isinstance(latency, lamport.Empirical) else numbers
    words = {"LogNormal": "log-normal"}.get(kind, kind.lower()), *map(repr, numbers)
    assert parse(":".join(words)) == latency
    assert str(latency)


def test_numbers_mean_constant():
    for number in (0, 0.25, np.float32(0.25), np.int64(3)):
        assert as_latency(number) == lamport.Constant(float(number))
    assert to_json(as_latency(2)) == 2.0
    assert parse("0.25") == lamport.Constant(0.25)
    assert parse("log-normal:0.01:0.5") == lamport.LogNormal(0.01, 0.5)


def test_measured_delays_are_kept_as_a_tuple():
    latency = lamport.Empirical(np.array([0.1, 0.2]))
    assert latency.delays == (0.1, 0.2)
    assert latency == lamport.Empirical([0.1, 0.2])
    with pytest.raises(AttributeError):
        latency.delays = ()


def test_a_minimum_of_zero_is_said_nowhere():
    assert lamport.Exponential(0.5, 0) == lamport.Exponential(0.5)
    assert repr(lamport.Exponential(0.5, 0)) == "Exponential(mean=0.5)"
    assert to_json(lamport.Exponential(0.5, 0)) == {"kind": "exponential", "mean": 0.5}
    above = lamport.Exponential(0.5, minimum=0.125)
    assert to_json(above) == {"kind": "exponential", "mean": 0.5, "minimum": 0.125}
    assert (repr(above), str(above)) == (
        "Exponential(mean=0.5, minimum=0.125)",
        "exponential, mean 0.5 s, at least 0.125 s",
    )


BAD = [-1, -1e-9, float("nan"), float("inf"), 2e9, "1", True, None]


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_delay(bad):
    makers = [
        lamport.Constant,
        lamport.Exponential,
        lambda value: lamport.Exponential(1, value),
        lambda value: lamport.Uniform(value, 1),
        lambda value: lamport.Uniform(0, value),
        lambda value: lamport.LogNormal(value, 1),
        lambda value: lamport.LogNormal(1, value),
        lambda value: lamport.Empirical([0.1, value]),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=r"out of range|not a number"):
            make(bad)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lamport.Uniform(2, 1), "low must not be above high"),
        (
            lambda: lamport.Exponential(1, 2),
            r"Exponential\(mean=1.0, minimum=2.0\): minimum must not be above mean",
        ),
        (lambda: parse("exponential:0.1:0.2"), "minimum must not be above mean"),
        (lambda: as_latency({"kind": "exponential", "minimum": 0}), "is not known"),
        (lambda: lamport.Empirical([]), "at least one"),
        (lambda: lamport.Empirical("12"), "a list of delays"),
        (lambda: lamport.Empirical(3), "a list of delays"),
        (lambda: as_latency("slow"), "lamport.Exponential"),
        (lambda: as_latency({"kind": "gamma"}), "gamma"),
        (lambda: as_latency({"kind": "constant"}), "is not known"),
        (lambda: as_latency({"kind": [1]}), r"\[1\].* is not known"),
        (lambda: parse("empirical:0.1:inf"), "delay inf is out of range"),
        (lambda: parse("empirical:"), "uniform:LOW:HIGH"),
        (lambda: parse("soon"), "uniform:LOW:HIGH"),
        (lambda: as_latency(-1), "latency -1 is out of range"),
        (lambda: parse("gamma:1"), "uniform:LOW:HIGH"),
        (lambda: parse("uniform:1"), "uniform:LOW:HIGH"),
        (lambda: parse("uniform:a:b"), "uniform:LOW:HIGH"),
        (lambda: parse("exponential:-1"), "mean -1 is out of range"),
        (lambda: parse("{"), "uniform:LOW:HIGH"),
        (lambda: parse('{"kind": "exponential", "mean": -1}'), "mean -1 is out of range"),
        (lambda: as_latency(["exponential", [0.1]]), "lamport.Exponential"),
    ],
)
def test_errors_say_what_would_be_right(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@given(latencies)
def test_a_file_of_one(tmp_path_factory, latency):
    path = tmp_path_factory.mktemp("latency") / "latency.json"
    path.write_text(json.dumps(to_json(latency)))
    assert parse(str(path)) == latency


def test_a_file_of_none(tmp_path):
    path = tmp_path / "latency.json"
    with pytest.raises(FileNotFoundError):
        parse(str(path))
    for text in ("{", '"slow"', '{"kind": [1]}', '{"kind": "exponential", "mean": -1}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"latency\.json: "):
            parse(str(path))


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf")])
def test_the_run_refuses_it_too(bad):
    with pytest.raises(ValueError, match="latency"):
        lamport.simulate(duration=1, latency=bad)


@given(latencies, st.integers(0, 2**53 - 1))
def test_messages_of_a_pair_never_overtake_each_other(latency, seed):
    run = lamport.simulate(2, 20, rates=[5, 5], latency=latency, internal_probability=0.2, seed=seed)
    arrived = run.messages[run.messages["received"].notna()]
    for _, pair in arrived.groupby(["sender", "recipient"]):
        assert pair.sort_values("sent_clock")["arrived"].is_monotonic_increasing
        assert pair.sort_values("sent_clock")["received"].is_monotonic_increasing
