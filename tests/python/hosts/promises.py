"""What the rules promise of a run on several hosts, looked up in its logs."""

import json

from machines import channels, lines

__all__ = ["assert_clocks_are_found", "assert_promises_kept", "logs_of"]


def logs_of(run):
    """Give the logs that came back, by machine. Each must be complete, and consistent in itself."""
    found = {}
    for path in run.log_dir.glob("machine_*.log"):
        log = lines(path)
        found[log[0]["machine_id"]] = log
    return dict(sorted(found.items()))


def assert_promises_kept(run, *, lost=(), ticks=None):
    """Nothing is lost among the machines that are left, and nothing twice; each tick happened; the logs obey.

    Parameters
    ----------
    run : Run
        The run.
    lost : iterable of int
        The machines of hosts that were lost: their logs are too.
    ticks : mapping of int to int, optional
        How often each machine that is left ticked.

    Returns
    -------
    int
        How many messages the machines that are left sent each other.
    """
    logs, lost = logs_of(run), set(lost)
    everyone = set(range(1, json.loads((run.log_dir / "run.json").read_text())["machines"] + 1))
    assert set(logs) == everyone - lost
    sent, arrived = channels(logs.values())
    messages = 0
    for pair in {*sent, *arrived}:
        sender, recipient = pair
        assert sender is not None, f"{pair}: sent to an address that told no id"
        assert recipient is not None, f"{pair}: sent to an address that told no id"
        if sender in lost or recipient in lost:
            # What a lost machine sent is known by who received it: in order, and once.
            assert arrived.get(pair, []) == sorted(set(arrived.get(pair, [])))
            continue
        assert arrived.get(pair) == sent.get(pair), f"from {sender} to {recipient}"
        messages += len(sent[pair])
    for machine, log in logs.items():
        missed = {recipient for recipient, _ in log[-1]["undelivered"]}
        assert missed <= lost, f"machine {machine} says that {missed} missed messages"
    if ticks is not None:
        assert {machine: log[-1]["ticks"] for machine, log in logs.items()} == {
            machine: number for machine, number in ticks.items() if machine not in lost
        }
    done = run.verify()
    assert done.ok, str(done)
    left = [each for each in run.parameters["hosts"] if not lost.issuperset(each["machines"])]
    if len(left) > 1:
        assert done.checked["time"] > 0, "nothing was said of the times of different hosts"
    return messages


def assert_clocks_are_found(run, offsets, *, width=0.5):
    """The offsets that were put in lie in the intervals that come out, which say something.

    Parameters
    ----------
    run : Run
        The run.
    offsets : mapping of int to float
        By how much the clock of each machine's host was ahead (s).
    width : float
        How wide an interval may be (s).
    """
    table = run.align()
    (measure, *_) = table.index[(table["low"] == 0) & (table["high"] == 0)]
    for machine, row in table.iterrows():
        truth = offsets[measure] - offsets[machine]
        # The wall clocks of processes of one host are read a moment apart.
        assert row["low"] - 1e-3 <= truth <= row["high"] + 1e-3, (machine, truth, dict(row))
        assert row["high"] - row["low"] < width, (machine, dict(row))
