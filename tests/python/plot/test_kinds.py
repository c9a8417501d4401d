"""What stands once for each kind of event: a kind that is new has to be added there."""

import lamport
from lamport._lamport import EVENT_KINDS
from lamport._plot import spacetime


def test_every_kind_has_a_mark_and_a_colour():
    where = "python/lamport/_plot/spacetime.py"
    assert list(spacetime.MARKS) == list(EVENT_KINDS), f"MARKS in {where}"
    assert list(spacetime.COLORS) == list(EVENT_KINDS), f"COLORS in {where}"
    assert list(spacetime.DARK_COLORS) == list(EVENT_KINDS), f"DARK_COLORS in {where}"


def test_every_kind_is_counted():
    run = lamport.simulate(duration=20, seed=1)
    for kind in EVENT_KINDS:
        column = f"{kind.lower()}s"
        assert column in run.machines, f"{column} in python/lamport/_runs/tables.py and src/python/tables.rs"
        assert run.machines[column].sum() == (run.events["event"] == kind).sum()
