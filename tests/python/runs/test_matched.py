"""Receipts that do not name their message, against what is known to have happened."""

import random

import pytest
from rows import internal, receive, send

import lamport


def test_a_timestamp_that_one_send_has_tells_the_sender():
    run = lamport.from_events([send(1, 1, [2]), receive(2, 2, None, 1)])
    assert run.messages["matched"].tolist() == ["unique"]
    assert run.causality.happened_before((1, 1), (2, 2)) is True
    share = run.causality.concurrent_share()
    assert (share.value, share.error, share.low, share.high) == (0, 0, 0, 0)


def test_a_channel_in_order_tells_the_timestamp():
    rows = [send(1, 1, [2]), send(1, 2, [2]), receive(2, 2, 1), receive(2, 3, 1), internal(2, 4)]
    run = lamport.from_events(rows)
    assert run.causality.happened_before((1, 2), (2, 4)) is True
    assert set(run.messages["matched"]) <= {"exact", "unique", "fifo"}
    assert run.notes == lamport.from_events(rows[:2]).notes


def test_what_is_left_open_is_none_and_an_interval():
    run = lamport.from_events([send(1, 1), send(2, 1), receive(3, 2)])
    causality = run.causality
    assert causality.happened_before((1, 1), (3, 2)) is None
    assert causality.concurrent((1, 1), (3, 2)) is None
    assert causality.concurrent((1, 1), (2, 1)) is True
    assert not causality.is_certain
    share = causality.concurrent_share()
    assert (share.low, share.high) == (pytest.approx(1 / 3), 1)
    assert share.value - share.error <= share.low < share.high <= share.value + share.error
    assert repr(share).endswith("low=0.3333333333333333, high=1.0)")
    assert causality.vector_clock((3, 2)).tolist() == [0, 0, 1]
    assert causality.vector_clock((3, 2), possible=True).tolist() == [1, 1, 1]
    assert causality.past((3, 2), possible=True).tolist() == [True, True, False]
    assert causality.future((1, 1), possible=True).tolist() == [False, False, True]
    assert not causality.future((1, 1)).any()
    assert any("1 receipts could not be matched" in note for note in run.notes)
    assert run.messages["matched"].tolist() == ["ambiguous"] * 2


def thinned(run, drop, chance):
    """The rows of a run without some columns, and without heads and tails of some machines."""
    table = run.events.drop(columns=drop)
    for machine in table["machine_id"].unique():
        rows = table.index[table["machine_id"] == machine]
        head = chance.choice([0, 0, 0, len(rows) // 3])
        tail = chance.choice([0, 0, len(rows) // 4])
        table = table.drop(index=[*rows[:head], *rows[len(rows) - tail :]])
    return table


COLUMNS = ["old_clock", "sender", "sent_clock", "recipients", "queue_len", "arrived"]


@pytest.mark.parametrize("seed", range(12))
def test_no_answer_about_a_part_of_a_run_is_wrong(seed):
    chance = random.Random(seed)
    run = lamport.simulate(duration=15, machines=3 + seed % 3, seed=seed, latency=[0.0005, 0.3][seed % 2])
    whole = run.causality
    truth = {
        (row.sender, row.sent_clock, row.recipient): row.received_clock
        for row in run.messages.itertuples()
        if row.status == "received"
    }
    for count in range(5):
        part = lamport.from_events(thinned(run, chance.sample(COLUMNS, count), chance))
        for row in part.messages[part.messages["status"] == "received"].itertuples():
            assert truth[row.sender, row.sent_clock, row.recipient] == row.received_clock, row
        events = list(zip(part.events["machine_id"], part.events["new_clock"], strict=True))
        for _ in range(300):
            a, b = chance.choice(events), chance.choice(events)
            said = part.causality.happened_before(a, b)
            assert said is None or said == whole.happened_before(a, b), (a, b)
