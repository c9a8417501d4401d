"""Tables as other programs write them: names, words, times, orders, clocks."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import internal, receive, send

import lamport

NAMED = [send("alice", 1, ["bob"]), receive("bob", 2, "alice", 1), internal("Zoë", 1)]


def test_machines_with_names():
    run = lamport.from_events(NAMED)
    assert run.names == {1: "alice", 2: "bob", 3: "Zoë"}
    assert run.verify().ok
    assert len(run.machines) == 3
    assert run.messages["recipient"].tolist() == [2]
    assert lamport.from_events([internal(4, 1)]).names == {}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, list])
def test_numbers_as_texts_are_ids(make):
    rows = [send("10", 1, ["9"]), receive("9", 2, "10", 1)]
    run = lamport.from_events(make(rows))
    assert run.events["machine_id"].tolist() == [10, 9]
    assert run.names == {}


@pytest.mark.parametrize(
    "rows",
    [
        [internal(3, 1), internal("3", 1)],
        [send(1, 1, ["2"]), receive(2, 2, 1, 1)],
        [send(1, 1, [2]), receive(2, 2, "1", 1)],
    ],
)
def test_a_number_and_its_text_are_not_one_machine(rows):
    with pytest.raises(ValueError, match=r"stands as the number \d \(\w+ in row \d\) and as the text '\d'"):
        lamport.from_events(rows)


def test_one_name_makes_names_of_all():
    assert lamport.from_events([internal("01", 1), internal("1", 1)]).names == {1: "01", 2: "1"}
    assert lamport.from_events([internal(2, 1), internal("x", 1)]).names == {1: "2", 2: "x"}
    assert lamport.from_events([send(2, 1, "x")]).names == {1: "2", 2: "x"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a\nb", "row 1: the name .* holds a control character"),
        ("\x1b[31m", "holds a control character"),
        ("", "row 1: the name .* is empty"),
        ("9007199254740993", "row 1: the machine 9007199254740993 is beyond 9007199254740991"),
        (2**53, "row 1: machine_id 9007199254740992 is not a whole number"),
        (-1, "row 1: machine_id -1 is not a whole number"),
        (None, "row 1: machine_id is missing: it must be the id or the name"),
    ],
)
def test_names_that_cannot_be(name, words):
    first = internal("1" if isinstance(name, str) else 1, 1)
    if name is None:
        first = internal("a", 1)
    with pytest.raises(ValueError, match=words):
        lamport.from_events([first, internal(name, 1)])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6),
        min_size=1,
        max_size=8,
        unique=True,
    )
)
def test_any_text_is_a_name(names):
    """Every name is told apart and comes back; all are ids only if all are plain numbers."""
    if any(name.strip() in {"", "null", "None"} for name in names):
        return
    rows = [internal(name, 1) for name in names] + [receive(names[0], 2, names[-1])]
    run = lamport.from_events(rows)
    back = [run.names.get(number, str(number)) for number in run.events["machine_id"]]
    assert back == [*names, names[0]]
    sender = run.events["sender"].iloc[-1]
    assert run.names.get(sender, str(sender)) == names[-1]
    plain = all(name.isascii() and name.isdecimal() and str(int(name)) == name for name in names)
    assert (not run.names) == plain


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("bob", ["bob"]),
        ("bob, carol", ["bob", "carol"]),
        ("bob; carol", ["bob", "carol"]),
        ("bob and carol", ["bob", "carol"]),
        ("bob, carol and dave", ["bob", "carol", "dave"]),
        ('["bob", "carol"]', ["bob", "carol"]),
        ("('bob', 'carol')", ["bob", "carol"]),
        (["bob", None], ["bob", None]),
        (("bob", "carol"), ["bob", "carol"]),
        ("others", ["bob", "carol", "rock and roll"]),
        ("all", ["bob", "carol", "rock and roll"]),
        ("rock and roll", ["rock and roll"]),
        ("rock and roll and bob", ["rock and roll", "bob"]),
        ([["localhost", 5002]], [None]),
        ("localhost:5002", [None]),
        (["localhost:5002", "bob"], [None, "bob"]),
    ],
)
def test_recipients_in_words(cell, expected):
    machines = ["alice", "bob", "carol", "rock and roll"]
    run = lamport.from_events([internal(name, 1) for name in machines] + [send("alice", 2, cell)])
    found = run.events["recipients"].iloc[-1]
    names = [None if number is None else run.names[number] for number in found]
    assert sorted(names, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("cell", ["2, 3", "2 and 3", 2, 2.0, [2, 3], "[2, 3]", "2;3", "all"])
def test_recipients_that_are_numbers(cell):
    rows = [internal(2, 1), internal(3, 1), send(1, 1, cell)]
    run = lamport.from_events(pd.DataFrame(rows, dtype=object))
    expected = (2,) if cell in (2, 2.0) else (2, 3)
    assert run.events["recipients"].iloc[-1] == expected


def test_addresses_that_are_names_are_machines():
    run = lamport.from_events([send("a:1", 1, ["b:2"]), receive("b:2", 2, "a:1", 1)])
    assert run.names == {1: "a:1", 2: "b:2"}
    assert run.events["recipients"].iloc[0] == (2,)


def test_columns_and_words_are_declared():
    rows = [
        {"host": "n1", "what": "Sent", "lc": 1, "to": "n2", "level": "INFO"},
        {"host": "n2", "what": "INIT", "lc": None, "to": None, "level": "DEBUG"},
        {"host": "n2", "what": "Processed", "lc": 2, "to": None, "level": "WARN"},
    ]
    run = lamport.from_events(
        rows,
        columns={"host": "machine", "what": "event", "lc": "clock", "to": "recipients"},
        events={"Processed": "RECEIVE", "INIT": None},
    )
    assert run.events["event"].tolist() == ["SEND", "RECEIVE"]
    assert run.events["level"].tolist() == ["INFO", "WARN"]
    assert "1 rows are no events, as declared: they are left aside" in run.notes
    assert (
        "level"
        not in lamport.from_events(
            rows[:1],
            columns={"host": "machine", "what": "event", "lc": "clock", "to": "recipients", "level": None},
        ).events
    )


def test_messages_count_rows_of_the_table_that_was_given():
    rows = [internal("a", 1), internal("a", 1, event="NOTE"), internal("a", None)]
    with pytest.raises(ValueError, match=r"row 2: new_clock is missing"):
        lamport.from_events(rows, events={"NOTE": None})


def test_words_for_events_that_receive_and_send():
    rows = [
        send("a", 1, "b"),
        receive("b", 3, "a", 1, event="Reply", recipients="a"),
        receive("a", 4, "b", 3),
    ]
    run = lamport.from_events(rows, events={"Reply": ("RECEIVE", "SEND")})
    assert run.events["event"].tolist() == ["SEND", "RECEIVE", "SEND", "RECEIVE"]
    assert run.events["new_clock"].tolist() == [1, 2, 3, 4]
    assert run.verify().ok
    rows[1]["new_clock"] = 2
    with pytest.raises(
        ValueError, match="row 1: the clock goes from what is not told to 2, which leaves no room"
    ):
        lamport.from_events(rows, events={"Reply": ("RECEIVE", "SEND")})


def test_unknown_words_are_listed_with_their_counts():
    rows = [internal(1, k, event="Crunch") for k in range(1, 4)] + [internal(1, 4, event="Nap")]
    with pytest.raises(ValueError, match=r'"Crunch" \(3\), "Nap" \(1\) \(first in row 0\).*events='):
        lamport.from_events(rows)


def test_a_declared_column_must_be_there():
    with pytest.raises(ValueError, match="columns: the table has no column 'lc': it has machine_id"):
        lamport.from_events([internal(1, 1)], columns={"lc": "new_clock"})


@pytest.mark.parametrize("column", ["time", "system_time"])
def test_dates_as_texts(column):
    """As pandas.read_csv gives them."""
    times = ["2030-01-01T10:00:00Z", "2030-01-01T11:00:01.5+01:00"]
    run = lamport.from_events([internal(1, 1, **{column: times[0]}), internal(1, 2, **{column: times[1]})])
    assert run.events["time"].tolist() == [0.0, 1.5]
    assert any("read as dates: the run lasts 1.5 s" in note for note in run.notes)


def test_dates_by_their_format():
    rows = [internal(1, 1, time="04/03/25 23:59:59,250"), internal(1, 2, time="05/03/25 00:00:01,000")]
    run = lamport.from_events(rows, time_format="%d/%m/%y %H:%M:%S,%f")
    assert run.events["time"].tolist() == [0.0, 1.75]
    with pytest.raises(ValueError, match=r"row 0: time '04/03/25 23:59:59,250' is not a time as time_format"):
        lamport.from_events(rows, time_format="%Y")
    with pytest.raises(ValueError, match="time_format is given, but time holds numbers"):
        lamport.from_events([internal(1, 1, time=1.5)], time_format="%Y")


def test_dates_and_numbers_do_not_mix():
    rows = [internal(1, 1, time="17.5"), internal(1, 2, time="2030-01-01T10:00:00Z")]
    with pytest.raises(ValueError, match=r"time mixes numbers \('17.5' in row 0\) and dates .* in row 1"):
        lamport.from_events(rows)


def test_units_do_not_mix():
    rows = [internal(1, 1, time=1_893_456_000), internal(1, 2, time=1_893_456_001_000)]
    words = (
        "time mixes units: 1893456000 in row 0 looks like seconds, 1893456001000 in row 1 like milliseconds"
    )
    with pytest.raises(ValueError, match=words):
        lamport.from_events(rows)


def test_whole_nanoseconds_stay_exact():
    day = 1_893_456_000_123_456_789
    rows = [internal(1, 1, time=day), internal(1, 2, time=day + 1), internal(1, 3, time=day + 250_000_000)]
    run = lamport.from_events(rows, time_unit="ns")
    assert run.events["time"].tolist() == [0.0, 1e-9, 0.25]
    with pytest.raises(ValueError, match="time_unit='ns'"):
        lamport.from_events(rows)


def test_rows_of_a_second_keep_their_order():
    rows = [internal(1, clock, time=time) for clock, time in [(1, 1.0), (3, 2.0), (2, 2.0), (4, 3.0)]]
    run = lamport.from_events(rows)
    assert run.events["new_clock"].tolist() == [1, 3, 2, 4]
    found = run.verify().violations
    assert "step" in set(found["rule"])
    assert found["found"].str.contains("have the same time").any()


def test_nothing_is_received_before_it_was_sent():
    run = lamport.from_events([receive(2, 2, 1, 1), internal(2, 3), send(1, 1, [2])])
    assert (run.messages["sent"] <= run.messages["received"]).all()
    assert run.events["machine_id"].tolist() == [1, 2, 2]


def test_rows_of_a_multicast_are_one_event():
    rows = [send(1, 1, [2]), send(1, 1, [3]), receive(2, 2, 1, 1), receive(3, 2, 1, 1)]
    for multicast in (None, "rows"):
        run = lamport.from_events(rows, multicast=multicast)
        assert run.verify().ok
        assert run.events["recipients"].iloc[0] == (2, 3)
        assert any("multicast" in note for note in run.notes)
    twice = lamport.from_events([send(1, 1, [2]), send(1, 1, [2])])
    assert twice.verify().counts["step"] == 1


def test_old_clocks_alone():
    rows = [
        {"machine_id": 1, "event": "SEND", "old_clock": 0, "recipients": [2]},
        {"machine_id": 2, "event": "RECEIVE", "old_clock": 0, "sender": 1, "sent_clock": 1},
        {"machine_id": 2, "event": "INTERNAL", "old_clock": 2},
    ]
    run = lamport.from_events(rows)
    assert run.events["new_clock"].tolist() == [1, 2, 3]
    assert run.verify().ok


def test_a_queue_counted_before():
    rows = [send(1, 1, [2]), receive(2, 2, 1, 1, queue_len=1)]
    events = lamport.from_events(rows, queue_len="before").events
    assert events["queue_len"].tolist() == [pd.NA, 0]


VECTORS = [
    {"host": "a", "vector_clock": {"a": 1}},
    {"host": "b", "vector_clock": {"a": 1, "b": 1}},
    {"host": "c", "vector_clock": {"a": 1, "b": 1, "c": 1}},
    {"host": "a", "vector_clock": {"a": 2}},
]


@pytest.mark.parametrize("form", ["mapping", "json", "list"])
def test_vectors_alone_tell_a_run(form):
    hosts = ("a", "b", "c")
    made = {
        "mapping": lambda vector: vector,
        "json": json.dumps,
        "list": lambda vector: [vector.get(host, 0) for host in hosts],
    }[form]
    rows = [{"host": row["host"], "vector_clock": made(row["vector_clock"])} for row in VECTORS]
    run = lamport.from_events(rows, columns={"host": "machine_id"})
    assert run.events["event"].tolist() == ["SEND", "RECEIVE", "SEND", "RECEIVE", "INTERNAL"]
    assert run.events["new_clock"].tolist() == [1, 2, 3, 4, 2]
    assert run.causality.happened_before((1, 1), (3, 4)) is True
    assert any("computed" in note for note in run.notes)
    assert any("receive and send" in note for note in run.notes)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("{a: }", "row 0: vector_clock '{a: }' is not a vector clock"),
        ({"a": 1.5}, "counts must be whole numbers"),
        (7, "give a mapping"),
        ({"b": 1}, "row 0: the vector clock has no entry of the machine itself"),
        ([1, 2, 3], "is a list of 3 counts without names, and there are 1 machines"),
    ],
)
def test_what_is_no_vector(cell, words):
    with pytest.raises(ValueError, match=words):
        lamport.from_events([{"machine_id": "a", "vector_clock": cell}])


def test_messages_by_number_and_a_computed_clock():
    rows = [
        {"machine_id": "x", "event": "send", "message": "m1"},
        {"machine_id": "y", "event": "recv", "message": "m1"},
        {"machine_id": "y", "event": "local", "message": None},
    ]
    run = lamport.from_events(rows)
    assert run.events["new_clock"].tolist() == [1, 2, 3]
    assert run.messages["received_clock"].tolist() == [2]
    assert run.causality.happened_before((1, 1), (2, 3)) is True


def test_no_clock_is_computed_of_what_is_ambiguous():
    rows = [{"machine_id": 1, "event": "SEND", "sender": None, "recipients": None}]
    rows += [{"machine_id": 2, "event": "RECEIVE", "sender": None, "recipients": None}]
    with pytest.raises(ValueError, match="no column new_clock, and no clock can be computed: row 1"):
        lamport.from_events(rows)


def test_offsets_by_id_and_by_name():
    rows = [internal("a", 1, time=1.0), internal("b", 1, time=2.0)]
    for key in (2, "b"):
        assert lamport.from_events(rows, offsets={key: -1.5}).events["time"].tolist() == [0.5, 1.0]
    with pytest.raises(ValueError, match='there is no machine "c" with events'):
        lamport.from_events(rows, offsets={"c": 1.0})


def test_rules_are_kept():
    rules = lamport.Rules(receive="max(clock, T)", channel="unordered")
    run = lamport.from_events([send(1, 1, [2]), receive(2, 1, 1, 1)], rules=rules)
    assert run.rules == rules
    assert run.verify().ok
    assert lamport.from_events([internal(1, 1)]).rules == lamport.Rules()


def test_a_hundred_thousand_machines():
    count = 100_000
    frame = pd.DataFrame({"machine_id": [f"m{k}" for k in range(count)], "new_clock": np.ones(count, int)})
    frame["event"] = "INTERNAL"
    run = lamport.from_events(frame)
    assert run.names[2] == "m1"
    assert run.names[count] == f"m{count - 1}"


def test_other_columns_follow_their_rows():
    frame = pd.DataFrame([internal(1, 2, time=2.0, node={"x": 1}, load=0.5), internal(2, 1, time=1.0)])
    events = lamport.from_events(frame).events
    assert events["load"].tolist() == pytest.approx([float("nan"), 0.5], nan_ok=True)
    assert events["node"].tolist()[1] == {"x": 1}
