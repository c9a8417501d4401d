"""Clocks compared, against stamps that are encoded and compared one by one."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from rows import internal, receive, send

import lamport

KINDS = [
    "physical",
    "lamport",
    "hlc",
    "plausible(1)",
    "plausible(3)",
    "bloom(7, 2)",
    "direct",
    "vector_diff",
    "vector",
    "matrix",
    "itc",
]
OPTIONS = {
    "plausible(1)": {"entries": 1},
    "plausible(3)": {"entries": 3},
    "bloom(7, 2)": {"size": 7, "hashes": 2},
}
WRONG = lamport.Physical(offset=(-0.2, 0.2), ppm=(-2000, 2000), resolution=0.02, sync=(0.7, 0.1), slew=False)


def leb128(number):
    """Encode a number, seven bits a byte; a negative one as 64 bits."""
    number %= 2**64
    coded = bytearray()
    while True:
        coded.append(number & 127 | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(coded)


def size(numbers):
    return sum(len(leb128(int(number))) for number in numbers)


def tree(text):
    """Take a tree apart as its nodes, in order: twice the number, and one more if it has branches."""
    return [2 * int(number) + bool(branches) for branches, number in re.findall(r"(\(?)(\d+)", text)]


class Changes:
    """What of a vector has changed since the last message of a channel."""

    def __init__(self, places):
        self.places, self.sent = places, {}

    def of(self, machine, recipient, vector):
        before = self.sent.get((machine, recipient), [0] * len(vector))
        self.sent[machine, recipient] = vector
        pairs = enumerate(zip(before, vector, strict=True))
        return [number for place, (old, new) in pairs if old != new for number in (place, new)]


def carried(run, kind, **options):
    """Give the size of each message, and by SEND and recipient the entries that its receipt is handed."""
    name = kind.partition("(")[0]
    vectors = run.stamps("vector").to_numpy().tolist()
    stamps = run.stamps(name, **OPTIONS.get(kind, {}), **options) if name != "vector_diff" else None
    places = {machine: place for place, machine in enumerate(run.stamps("vector").columns)}
    changes, sizes, handed = Changes(places), [], {}
    for row, event in enumerate(run.events.itertuples()):
        for recipient in event.recipients or ():
            match name:
                case "vector_diff":
                    numbers = changes.of(event.machine_id, recipient, vectors[row])
                    entries = len(numbers) // 2
                case "direct":
                    numbers, entries = [vectors[row][places[event.machine_id]]], 1
                case "itc":
                    numbers = tree(stamps["event"].iloc[row])
                    entries = len(numbers)
                case _:
                    numbers = stamps.iloc[row].tolist()
                    entries = len(numbers)
            sizes.append(size(numbers))
            handed.setdefault((event.machine_id, event.new_clock, recipient), entries)
    return sizes, handed


def touched(run, kind, handed):
    """Count the entries that events set, and that receipts are handed."""
    own = {"hlc": 2, "bloom(7, 2)": 2}.get(kind, 1)
    received = run.events[run.events["event"] == "RECEIVE"]
    entries = [handed.get((row.sender, row.sent_clock, row.machine_id), 0) for row in received.itertuples()]
    return own * len(run.events) + (sum(entries) if kind != "physical" else 0)


def before(run, kind, **options):
    """Give, by row and row, whether the stamp of one is before that of the other."""
    name = kind.partition("(")[0]
    if name in ("vector_diff", "matrix", "itc"):
        name, kind = "vector", "vector"
    stamps = run.stamps(name, **OPTIONS.get(kind, {}), **options).to_numpy()
    a, b = stamps[:, None], stamps[None]
    match name:
        case "hlc":
            return (a[..., 0] < b[..., 0]) | (a[..., 0] == b[..., 0]) & (a[..., 1] < b[..., 1])
        case "direct":
            places = run.events["machine_id"].map({m: p for p, m in enumerate(run.stamps("direct").columns)})
            own = stamps[np.arange(len(stamps)), places]
            same = places.to_numpy()[:, None] == places.to_numpy()
            heard = stamps[:, places].T
            return np.where(same, own[:, None] < own, heard >= own[:, None])
        case _:
            return (a <= b).all(-1) & (a != b).any(-1)


def orders(run, kind, **options):
    happened, told = before(run, "vector"), before(run, kind, **options)
    concurrent = ~(happened | happened.T)
    made_up = (told | told.T) & concurrent & np.tri(len(told), k=-1, dtype=bool)
    return [(happened & told).sum(), made_up.sum(), (happened & ~told).sum()]


def runs():
    mesh = {
        "machines": 4,
        "duration": 4.0,
        "rates": [5, 9, 3, 7],
        "seed": 3,
        "latency": lamport.Constant(0.1),
    }
    yield pytest.param(lamport.simulate(**mesh, internal_probability=0.3), id="mesh")
    star = {"topology": "star", "machines": 5, "duration": 5.0, "seed": 4, "latency": lamport.Uniform(0, 0.5)}
    yield pytest.param(lamport.simulate(**star, internal_probability=0.1, broadcast_share=0.5), id="star")
    told = [
        *(internal(7, 1, time=0.1), send(3, 1, [7, 900], time=0.2), send(3, 2, [7], time=0.2)),
        *(receive(7, 2, 3, 1, time=0.3), receive(7, 3, 3, 2, time=0.3), receive(7, 4, 50, 3, time=0.35)),
        *(send(7, 5, [3, 3], time=0.4), receive(3, 6, 7, 5, time=0.5), internal(900, 1, time=0.05)),
    ]
    yield pytest.param(lamport.from_events(pd.DataFrame(told)), id="told")


@pytest.mark.parametrize("run", list(runs()))
@pytest.mark.parametrize("physical", [None, WRONG], ids=["right", "wrong"])
def test_every_stamp_is_encoded_and_compared(run, physical):
    options = {} if physical is None else {"physical": physical, "seed": 5, "on_top": True}
    table = run.compare_clocks(KINDS, **options)
    assert table.index.tolist() == KINDS
    for kind in KINDS:
        row = table.loc[kind]
        told = options if kind in ("physical", "hlc") else {}
        sizes, handed = carried(run, kind, **told)
        assert table.attrs["messages"] == len(sizes)
        assert row["bytes_mean"] == pytest.approx(sum(sizes) / len(sizes), rel=1e-12)
        assert row["bytes_max"] == max(sizes)
        assert row["entries_per_event"] == pytest.approx(touched(run, kind, handed) / len(run.events))
        assert row[["kept", "false_orders", "missed"]].tolist() == orders(run, kind, **told), kind
        assert (row[["kept_error", "false_orders_error", "missed_error"]] == 0).all()
    hlc, shown = run.stamps("hlc", **options), run.stamps("physical", **options)["physical"]
    assert table["hlc_ahead"]["hlc"] == pytest.approx((hlc["l"] - shown).max() / 1e9)
    assert table["hlc_counter"]["hlc"] == hlc["c"].max()
    assert table["bytes_packed"].dropna().to_dict() == {"hlc": 8}
    assert table[["hlc_ahead", "hlc_counter"]].drop("hlc").isna().all(axis=None)


def test_what_clocks_get_wrong():
    run = lamport.simulate(machines=5, duration=20.0, seed=2)
    table = run.compare_clocks()
    kept = table["kept"].to_dict()
    exact = ["vector_diff", "vector", "matrix", "itc"]
    all_kept = ["lamport", "hlc", "plausible(8)", "bloom(32, 3)", *exact]
    assert len({kept[kind] for kind in all_kept}) == 1
    assert (table.loc[all_kept, "missed"] == 0).all()
    assert (table.loc[[*exact, "direct", "plausible(8)"], "false_orders"] == 0).all()
    share = run.causality.concurrent_share()
    assert kept["vector"] == round((1 - share.value) * share.pairs)
    assert share.pairs == table.attrs["pairs"]
    rate = run.causality.false_order_rate()
    # Of a run that keeps Lamport's clocks.
    assert table["false_orders"]["lamport"] == round(rate.value * rate.pairs)
    assert 0 < table["missed"]["direct"] < kept["vector"]
    assert table["bytes_mean"]["matrix"] > table["bytes_mean"]["vector"] > table["bytes_mean"]["lamport"]


def test_samples_come_with_their_errors():
    run = lamport.simulate(machines=4, duration=60.0, seed=6)
    counted, drawn = (run.compare_clocks(samples=samples, seed=4) for samples in (None, 300))
    assert (counted.attrs["samples"], drawn.attrs["samples"]) == (None, 300)
    for name in ("kept", "false_orders", "missed"):
        error = drawn[f"{name}_error"]
        assert ((drawn[name] - counted[name]).abs() <= 0.5 + 4 * error).all()
    assert (drawn["kept_error"].drop("direct") > 0).all()
    assert drawn["bytes_mean"].equals(counted["bytes_mean"])
    again = run.compare_clocks(samples=300, seed=4)
    pd.testing.assert_frame_equal(drawn, again)
    assert not drawn["kept"].equals(run.compare_clocks(samples=300, seed=5)["kept"])


def test_what_logs_leave_open_counts_as_concurrent():
    """A receipt that may be of any of two SENDs."""
    rows = [send(1, 1, None), send(2, 1, None), receive(3, 2, None, None), internal(3, 3)]
    run = lamport.from_events(pd.DataFrame(rows))
    assert not run.causality.is_certain
    table = run.compare_clocks(["vector", "lamport"])
    events = list(zip(run.events["machine_id"].tolist(), run.events["new_clock"].tolist(), strict=True))
    verdicts = [run.causality.concurrent(*pair) for pair in itertools.combinations(events, 2)]
    assert table.attrs["undecided"] == verdicts.count(None) > 0
    assert table["kept"]["vector"] == verdicts.count(False)


def test_runs_without_much():
    columns = {"machine_id": [4], "event": ["INTERNAL"], "new_clock": [1], "time": [1.0]}
    one = lamport.from_events(columns).compare_clocks()
    assert one[["kept", "false_orders", "missed"]].eq(0).all(axis=None)
    assert one["bytes_mean"].isna().all()
    assert one["bytes_max"].isna().all()
    assert one.attrs == {"pairs": 0, "undecided": 0, "messages": 0, "samples": None, "left_out": {}}
    untimed = lamport.from_events({"machine_id": [4, 5], "event": ["INTERNAL"] * 2, "new_clock": [1, 1]})
    table = untimed.compare_clocks()
    assert set(table.attrs["left_out"]) == {"physical", "hlc"}
    assert not {"physical", "hlc"} & set(table.index)
    with pytest.raises(ValueError, match="needs a column time"):
        untimed.compare_clocks("hlc")
    silent = lamport.simulate(machines=2, duration=1.0, internal_probability=1.0)
    assert silent.compare_clocks("plausible").index.tolist() == ["plausible(8)"]
    named = pd.DataFrame([send("ann", 1, ["bob"]), receive("bob", 2, "ann", 1), internal("zoe", 1)])
    table = lamport.from_events(named).compare_clocks(["vector", "vector_diff"])
    assert (table["kept"] == 1).all()
    assert table["bytes_max"].tolist() == [3, 2]
    idle = lamport.simulate(rates=[1e-3, 1e-3], duration=1e-3, seed=1)
    assert len(idle.events) == 0
    table = idle.compare_clocks()
    assert table["entries_per_event"].isna().all()
    assert table.attrs["pairs"] == 0
    with pytest.raises(lamport.LamportError, match="record"):
        lamport.simulate(duration=1.0, record=False).compare_clocks()


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("sundial", "'sundial' is no clock: it is one of physical, lamport, hlc"),
        (["vector", 3], "3 is no clock"),
        ("lamport(3)", "'lamport(3)' has too many numbers: lamport has no numbers"),
        ("hlc(3)", "hlc has no numbers"),
        ("plausible(3, 4)", "has too many numbers: plausible has entries"),
        ("plausible(0)", "entries=0 is out of range"),
        ("bloom(8, 0)", "hashes=0 is out of range"),
        (["plausible", "plausible(8)"], "plausible(8) stands there twice"),
        ("bloom(,3)", "'bloom(,3)' is no clock"),
        ("bloom(3,)", "'bloom(3,)' is no clock"),
        ("bloom(3 4)", "'bloom(3 4)' is no clock"),
        ([], "kinds=[] lists no clocks"),
        ({"lamport": 1}, "kinds={'lamport': 1} lists no clocks"),
    ],
)
def test_kinds_that_are_none(kinds, words):
    run = lamport.from_events({"machine_id": [4], "event": ["INTERNAL"], "new_clock": [1]})
    with pytest.raises(ValueError, match=re.escape(words)):
        run.compare_clocks(kinds)


def test_other_arguments():
    run = lamport.simulate(machines=2, duration=1.0)
    with pytest.raises(ValueError, match="samples is 1: a standard error needs 2 or more"):
        run.compare_clocks("vector", samples=1)
    for samples in (-1, 0, 2**20 + 1, 10**9, 10**30):
        words = (
            f"samples is {samples}: a standard error needs 2 or more, and at most 1048576 events are drawn"
        )
        for asked in (
            lambda samples: run.compare_clocks("vector", samples=samples),
            lambda samples: run.causality.concurrent_share(samples=samples),
            lambda samples: run.causality.false_order_rate(samples=samples),
        ):
            with pytest.raises(ValueError, match=words):
                asked(samples)
    with pytest.raises(ValueError, match="seed"):
        run.compare_clocks("vector", seed=-1)
    with pytest.raises(ValueError, match="physical='late' is no clock"):
        run.compare_clocks(physical="late")


def test_clocks_that_would_fill_memory(monkeypatch):
    run = lamport.simulate(machines=3, duration=400.0, rates=[3, 3, 3], seed=1)
    events = len(run.events)
    for kind in ("plausible(1048576)", "bloom(1048576, 1024)"):
        words = (
            f"kinds: {kind} has {events * 2**20} counters on {events} events, and at most 1000000000 are held"
        )
        with pytest.raises(ValueError, match=re.escape(words)):
            run.compare_clocks(kind)
    # One that nobody asked for.
    monkeypatch.setattr("lamport._runs.clock_table.MOST_CELLS", 32 * events - 1)
    table = run.compare_clocks()
    assert "bloom(32, 3)" not in table.index
    assert "plausible(8)" in table.index
    reason = f"all events have {32 * events} counters, and at most {32 * events - 1} are held"
    assert table.attrs["left_out"] == {"bloom(32, 3)": reason}
    monkeypatch.setattr("lamport._runs.clock_table.MOST_CELLS", 32 * events)
    assert run.compare_clocks().attrs["left_out"] == {}


def test_messages_are_counted_once_where_recipients_are_not_told():
    """Of 200 events of machine 1 the first and the last send, and the first message is received."""
    clocks = range(1, 201)
    rows = [send(1, clock) if clock in (1, 200) else internal(1, clock) for clock in clocks]
    run = lamport.from_events(pd.DataFrame([*rows, receive(2, 2, 1, 1)]).drop(columns="recipients"))
    assert run.events["recipients"].tolist()[0] == (2, None)
    table = run.compare_clocks(["lamport", "vector", "vector_diff"])
    assert table.attrs["messages"] == len(run.messages) == 2
    assert table["bytes_mean"].tolist() == [1.5, 2.5, 2.5]
    # The receipt is handed the one entry that its message has.
    assert table["entries_per_event"]["vector_diff"] == pytest.approx(202 / 201)
    told = [(2, None), *[None] * 198, (2,), None]
    frame = pd.DataFrame([*rows, receive(2, 2, 1, 1)]).assign(recipients=pd.Series(told, dtype=object))
    # There the one that is not known is a message.
    assert lamport.from_events(frame).compare_clocks("lamport").attrs["messages"] == 3


@pytest.mark.parametrize(
    ("received", "gap"),
    [
        ([2, 3], None),
        ([2], None),
        ([], None),
        ([3], (3, 2)),
        ([3, 2], (3, 2)),
        ([2, 3, 2], None),
    ],
)
@pytest.mark.parametrize("names", [[1, 2, 3], ["ann", "bob", "zoe"]])
def test_differences_of_channels_with_gaps(received, gap, names):
    """Machine 3 tells 1, which tells 2 in two messages, of which these are received in this order."""
    ann, bob, zoe = names
    rows = [send(zoe, 1, [ann]), receive(ann, 1, zoe, 1), send(ann, 2, [bob]), send(ann, 3, [bob])]
    rows += [receive(bob, 10 + place, ann, clock) for place, clock in enumerate(received)]
    table = lamport.from_events(pd.DataFrame(rows)).compare_clocks(["vector", "vector_diff"])
    counts = ["kept", "false_orders", "missed"]
    errors = [f"{name}_error" for name in counts]
    assert table.loc["vector", counts + errors].notna().all()
    assert table["bytes_mean"].notna().all()
    if gap is None:
        assert table.loc["vector_diff", counts].equals(table.loc["vector", counts])
        assert table.attrs["left_out"] == {}
        return
    assert table.loc["vector_diff", counts + errors].isna().all()
    shown = [f'"{name}"' if isinstance(name, str) else str(name) for name in (bob, ann)]
    words = (
        f"machine {shown[0]} received what machine {shown[1]} sent at clock {gap[0]}, and not before it what"
    )
    assert table.attrs["left_out"]["vector_diff"].startswith(f"{words} that sent at clock {gap[1]}")
