"""What is left of the runs in which mutants are found, and what a judge says of where it shows."""

import pytest
from cases import CASES
from mutants import MUTANTS

import lamport

SEARCHED = 20
"""Runs within which each mutant is found."""
SHORT = (
    "ImpatientMutex",
    "CountingAgrawala",
    "LazyOrder",
    "PoliteSnapshot",
    "ImpatientElection",
    "LocalGossip",
)
"""One of each algorithm; `benches/algorithms.py` has a table of all."""

some = [mutant for mutant in MUTANTS if mutant.algorithm.__name__ in SHORT]
mutants = pytest.mark.parametrize("mutant", some, ids=lambda mutant: mutant.algorithm.__name__)
OF_EVENTS = ("was inside", "took", "recorded", "for the leader")


@mutants
def test_a_mutant_is_found_and_shrunk(mutant):
    case = CASES[mutant.case]
    found = case.search(mutant.algorithm, runs=SEARCHED)
    smallest = found.shrink()
    assert mutant.says in smallest.message
    assert not smallest.interrupted
    assert len(found.faults) >= 8
    faults, events = mutant.left
    assert (len(smallest.faults), smallest.events) <= (faults, events)
    assert mutant.needs_fault == bool(smallest.faults)
    assert (smallest.event is not None) == any(word in mutant.says for word in OF_EVENTS)
    if smallest.event is not None:
        events = smallest.run.events
        assert smallest.event in zip(events["machine_id"], events["new_clock"], strict=True)
        assert smallest.events == smallest.run.causality.past(smallest.event).sum() + 1
    # It is the mutant that is broken by what is left, not the property.
    without = lamport.simulate(**smallest.parameters | {"algorithm": case.algorithm})
    assert case.promised(without) is True
