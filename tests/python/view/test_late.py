"""Which messages a page calls late."""

import heapq

import numpy as np
import pandas as pd
import pytest
from pages import ask, laid_out

import lamport


def unordered(seed, told):
    """A log of channels that keep no order. `told`: the share of messages whose arrival is logged."""
    draw = np.random.default_rng(seed)
    machines = ["a", "b", "c"]
    waiting, clocks, rows = [], dict.fromkeys(machines, 0), []
    for number, time in enumerate(np.cumsum(draw.exponential(0.2, 60))):
        sender, recipient = draw.choice(machines, 2, replace=False)
        heapq.heappush(waiting, (float(time), number, "SEND", str(sender), str(recipient), None))
    while waiting:
        time, number, event, sender, recipient, stamp = heapq.heappop(waiting)
        who = sender if event == "SEND" else recipient
        old = clocks[who]
        clocks[who] = max(old, stamp or 0) + 1
        row = {"time": time, "machine_id": who, "event": event, "old_clock": old, "new_clock": clocks[who]}
        if event == "SEND":
            rows.append(row | {"recipients": [recipient], "message": str(number)})
            if draw.random() < 0.9:
                arrives = time + float(draw.exponential(1.0))
                heapq.heappush(waiting, (arrives, number, "RECEIVE", sender, recipient, clocks[who]))
        else:
            arrived = time - float(draw.uniform(0, 0.3)) if draw.random() < told else None
            rows.append(
                row | {"sender": sender, "sent_clock": stamp, "arrived": arrived, "message": str(number)}
            )
    return lamport.from_events(rows, rules=lamport.Rules(channel=("unordered", "lossy")))


def overtaken(messages):
    """Of each message whether one that was sent later on its channel was there before."""
    late = np.zeros(len(messages), dtype=bool)
    for _, channel in messages.groupby(["sender", "recipient"]):
        for place, mine in channel.iterrows():
            after = channel[channel["sent_clock"] > mine["sent_clock"]]
            known = after["arrived"].notna() & pd.notna(mine["arrived"])
            arrived = known & (after["arrived"] < mine["arrived"])
            received = ~known & (after["received_clock"] < mine["received_clock"])
            late[place] = (arrived | received).any()
    return late


@pytest.mark.parametrize("told", [0, 0.5, 1])
def test_late_is_what_was_overtaken_on_its_channel(told, tmp_path):
    seen = 0
    for seed in range(3):
        run = unordered(seed, told)
        messages = run.messages.sort_values(["sender", "sent_clock", "recipient"], ignore_index=True)
        assert len(laid_out(run).sends) == len(messages)
        wanted = overtaken(messages)
        page = ask(tmp_path, run, "late", "search late")
        assert page["late"] == wanted.astype(int).tolist()
        receipts = laid_out(run).receipts[wanted]
        assert page["search"] == [sorted(receipts[receipts >= 0].tolist())]
        seen += wanted.sum()
    assert seen > 10


def test_nothing_is_late_where_channels_are_in_order(tmp_path):
    faults = [lamport.Delay(1, 3, lamport.Constant(9.0), at=1, duration=1)]
    run = lamport.simulate(4, 20, seed=4, faults=faults, latency=lamport.Exponential(0.5))
    late = ask(tmp_path, run, "late")["late"]
    assert len(late) > 20
    assert not any(late)
