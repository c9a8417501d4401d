"""What is taken for true of a program whose log is read."""

import pickle
import re

import pytest

import lamport
from lamport._model.rules import as_rules


def test_the_defaults_are_this_packages_own():
    rules = lamport.Rules()
    assert (rules.step, rules.start, rules.stamp, rules.receive) == (1, "log", "after", "max + 1")
    assert (rules.channel, rules.machines, rules.pace) == ("fifo", "these", "log")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("step", (1, 5, "any")),
        ("start", ("log", 0, 7, "any")),
        ("stamp", ("after", "before")),
        ("receive", ("max + 1", "max(clock + 1, T)", "max(clock, T)")),
        ("channel", ("fifo", "unordered", "lossy", "duplicating", ("unordered", "lossy"))),
        ("machines", ("these", "more")),
        ("pace", ("log", True, False)),
    ],
)
def test_values_are_the_words_of_the_table(name, values):
    rows = {"machine_id": [1], "event": ["internal"], "new_clock": [1]}
    for value in values:
        rules = lamport.Rules(**{name: value})
        assert getattr(rules, name) == value
        assert as_rules({name: value}) == rules
        assert pickle.loads(pickle.dumps(rules)) == rules
        lamport.verify(rows, rules=rules)


def test_the_order_of_words_does_not_matter():
    assert lamport.Rules(channel=["lossy", "unordered"]) == lamport.Rules(channel=("unordered", "lossy"))
    assert lamport.Rules(channel=("lossy",)).channel == "lossy"
    assert hash(lamport.Rules(channel=["lossy", "unordered"]))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"step": 0}, "step=0 is out of range"),
        ({"step": "some"}, "step='some' is not known: give a whole number or \"any\""),
        ({"step": 1.5}, "step=1.5 is not a whole number"),
        ({"start": -1}, "start=-1 is out of range"),
        ({"stamp": "during"}, 'stamp=\'during\' is not known: give "after" or "before"'),
        ({"receive": "max"}, "receive='max' is not known"),
        ({"channel": "udp"}, "channel='udp' is not known: give \"fifo\", or one or several of"),
        ({"channel": ("fifo", "lossy")}, '"fifo" stands alone'),
        ({"channel": 3}, "channel=3 is not known"),
        ({"machines": 3}, "machines=3 is not known"),
        ({"pace": "fast"}, "pace='fast' is not known: give \"log\", True or False"),
        ({"stamps": "before"}, "rules have no 'stamps': they have step, start"),
    ],
)
def test_what_is_none_is_refused(given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        as_rules(given)


def test_verify_takes_rules_only():
    run = lamport.simulate(duration=2, rates=[1, 2], seed=1)
    assert run.verify(rules=lamport.Rules()).ok
    for verify in (run.verify, lambda **more: lamport.verify(run, **more)):
        with pytest.raises(ValueError, match=r"give lamport\.Rules"):
            verify(rules="before")
