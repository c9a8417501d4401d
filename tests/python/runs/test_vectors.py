"""Vector clocks that were logged: what they say must be what happened before."""

import pytest
from rows import internal, receive, send

import lamport


def rows():
    """A history: C sends to A, A to B, and each knows what it has heard of."""
    return [
        send("C", 1, ["A"], vector_clock={"C": 1}),
        receive("A", 2, "C", 1, vector_clock={"A": 1, "C": 1}),
        send("A", 3, ["B"], vector_clock={"A": 2, "C": 1}),
        receive("B", 4, "A", 3, vector_clock={"A": 2, "B": 1, "C": 1}),
        internal("B", 5, vector_clock={"A": 2, "B": 2, "C": 1}),
    ]


def violations(changed):
    told = lamport.verify(changed).violations
    return told[told["rule"] == "vector"]


def test_vectors_of_a_history_are_right():
    done = lamport.verify(rows())
    assert done.ok, str(done)
    assert done.checked["vector"] == 5


@pytest.mark.parametrize(
    ("row", "vector", "expected"),
    [
        pytest.param(4, {"A": 2, "B": 4, "C": 1}, "the own entry 2", id="an event is missing"),
        pytest.param(4, {"A": 2, "B": 1, "C": 1}, "the own entry 2", id="its entry stands still"),
        pytest.param(0, {"C": 2}, "the own entry 1", id="it begins too late"),
        pytest.param(4, {"A": 1, "B": 2, "C": 1}, 'machine "A" from 2 on', id="what was known is forgotten"),
        pytest.param(3, {"A": 2, "B": 1}, '"C": 1}, with what is known at row 2', id="not all is known"),
        pytest.param(3, {"B": 1}, "with what is known at", id="nothing of the message is known"),
    ],
)
def test_a_wrong_vector_is_found(row, vector, expected):
    changed = rows()
    changed[row]["vector_clock"] = vector
    found = violations(changed)
    assert row in found["line"].tolist(), found
    assert expected in found.set_index("line")["expected"].loc[[row]].iloc[0]


def test_an_entry_that_grew_brings_what_that_event_knew():
    changed = rows()
    # Which message it was is told by the vector alone.
    changed[3] = receive("B", 4, vector_clock={"A": 2, "B": 1})
    assert 3 in violations(changed)["line"].tolist()


def test_rows_that_are_missing_prove_nothing():
    kept = rows()
    del kept[3]
    assert violations(kept).empty
    del kept[0]
    assert violations(kept).empty
