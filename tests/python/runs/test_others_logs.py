"""Logs in the shapes that programs of others have: each is read by one call, and accused of nothing."""

import re

import pytest

import lamport

SHORT = {"SEND": "S", "RECEIVE": "R", "INTERNAL": "I"}


@pytest.fixture(scope="module")
def simulated():
    return lamport.simulate(3, 40, rates=[2, 3, 5], seed=4)


def peers(row, everyone):
    to = [machine for machine in row["recipients"] if machine is not None]
    return everyone if len(to) > 1 else f"{to[0]}"


def write(simulated, home, line, head=""):
    """Write a file for each machine."""
    home.mkdir(exist_ok=True)
    for machine, rows in simulated.events.groupby("machine_id"):
        lines = [line(row) for row in rows.to_dict("records")]
        (home / f"{machine}-run-7.txt").write_text(head + "".join(f"{each}\n" for each in lines))
    return sorted(home.glob("*.txt"))


def words_first(row):
    if row["event"] == "SEND":
        return f"send {peers(row, 'both other nodes')} @ {row['time']:.6f} {row['new_clock']}"
    left = f" {row['queue_len']}" if row["event"] == "RECEIVE" else ""
    return f"{row['event'].lower()} @ {row['time']:.6f}{left} {row['new_clock']}"


RECEIVES = r"^(?<event>receive) @ (?<time>\S+) (?<queue_len>\d+) (?<clock>\d+)$"
LOCAL = r"^(?<event>internal) @ (?<time>\S+) (?<clock>\d+)$"
SENDS = r"^(?<event>send) (?<recipients>.+) @ (?<time>\S+) (?<clock>\d+)$"
FILE = r"^(?<machine>\d+)-"


def test_a_pattern_for_each_word(simulated, tmp_path):
    files = write(simulated, tmp_path, words_first, head="rate: 3\n")
    run = lamport.read_text(files, [RECEIVES, LOCAL, SENDS], file_pattern=FILE)
    events = simulated.events
    assert run.events["new_clock"].tolist() == events["new_clock"].tolist()
    sent = run.events["event"] == "SEND"
    assert run.events["recipients"][sent].tolist() == events["recipients"][sent].tolist()
    assert run.verify().ok


def test_a_pattern_that_misses_events_is_refused_though_they_have_another_form(simulated, tmp_path):
    files = write(simulated, tmp_path, words_first, head="rate: 3\n")
    with pytest.raises(
        lamport.LogError, match=r"no pattern matches \"send .*looks like lines that are events"
    ):
        lamport.read_text(files, [RECEIVES, LOCAL], file_pattern=FILE)


def test_the_names_of_columns_are_left_aside(simulated, tmp_path):
    def row_of(row):
        left = row["queue_len"] if row["event"] == "RECEIVE" else 0
        return f"{SHORT[row['event']]},{row['time']:.6f},{left},{row['new_clock']}"

    files = write(simulated, tmp_path, row_of, head="kind,at,waiting,lamport clock\n")
    pattern = r"^(?<event>\w+),(?<time>[\d.]+),(?<queue_len>\d+),(?<clock>\d+)$"
    events = {short: kind for kind, short in SHORT.items()}
    run = lamport.read_text(files, pattern, events=events, file_pattern=FILE)
    assert run.verify().ok
    assert any('first line 1: "kind,at' in note for note in run.notes)
    # What is proposed for unknown words is right as it stands.
    with pytest.raises(ValueError, match="no kind of event is known") as error:
        lamport.read_text(files, pattern, file_pattern=FILE)
    for short, kind in (("S", "SEND"), ("R", "RECEIVE"), ("I", "INTERNAL")):
        assert f'"{short}": "{kind}"' in str(error.value)


@pytest.mark.parametrize("form", ["{0},{1},{2}", "[{0}, {1}, {2}]", "({0} {1} {2})", "<<{0}, {1}, {2}>>"])
def test_vectors_as_counts_alone(tmp_path, form):
    lines = ["1 send 1 0 0", "2 receive 1 1 0", "2 send 1 2 0", "3 receive 1 2 1"]
    lines = [" ".join([*line.split()[:2], form.format(*line.split()[2:])]) for line in lines]
    (tmp_path / "vectors.txt").write_text("\n".join(lines) + "\n")
    run = lamport.read_text(tmp_path / "vectors.txt", r"^(?<machine>\d) (?<event>\w+) (?<vector_clock>.*)$")
    assert run.messages["matched"].tolist() == ["exact", "exact"]
    assert run.verify().ok


def test_both_others_are_those_two_if_there_are_two():
    rows = [("a", "sent", 1, "both other machines"), ("b", "received", 2, None), ("c", "internal", 1, None)]
    names = ("machine_id", "event", "new_clock", "recipients")
    table = [dict(zip(names, row, strict=True)) for row in rows]
    assert lamport.from_events(table).messages["recipient"].tolist() == [2, 3]
    four = lamport.from_events([*table, {**table[2], "machine_id": "d"}])
    assert list(four.events["recipients"].iloc[0]) == [None, None]
    assert set(four.names.values()) == {"a", "b", "c", "d"}
    assert four.verify().ok


EXECUTIONS = """\
=== good ===
a begins
a {"a":1}
b hears of it
b {"b":1, "a":1}

=== bad ===
a begins
a {"a":1}
b hears of more
b {"b":1, "a":2}
"""


def test_executions_without_a_header(tmp_path):
    file = tmp_path / "several.log"
    file.write_text(EXECUTIONS)
    with pytest.raises(ValueError, match=r'2 executions.*they are "good", "bad"'):
        lamport.load(file)
    good = lamport.load(file, execution="good")
    assert good.verify().ok
    assert good.messages["matched"].tolist() == ["exact"]
    assert len(lamport.load(file, execution=2).events) == 2
    # In a pattern of one's own a group without a name names them too.
    pattern = r"(?<event>.*)\n(?<host>\S+) (?<clock>{.*})"
    again = lamport.read_text(file, pattern, delimiter="^=== (.*) ===$", execution="good")
    assert len(again.events) == 2
    # The vector may come first.
    turned = re.sub(r"^(.*)\n(.*\})$", r"\2\n\1", EXECUTIONS.replace("===\n", "===\n\n"), flags=re.MULTILINE)
    file.write_text(turned)
    with pytest.raises(ValueError, match=r'2 executions.*they are "good", "bad"'):
        lamport.load(file)
    assert lamport.load(file, execution="good").messages["matched"].tolist() == ["exact"]
    # One alone needs no name, and a text of an event may look like one.
    file.write_text(EXECUTIONS.partition("\n=== bad")[0])
    assert len(lamport.load(file).events) == 2
    file.write_text('a begins\na {"a":1}\n=== ready ===\na {"a":2}\n')
    assert len(lamport.load(file).events) == 2


def test_texts_in_brackets_are_no_json(tmp_path):
    file = tmp_path / "x.log"
    for text in ("[INFO] [12:00] node0 up", "[2026-01-01 12:00:00] [1] up"):
        file.write_text(text + "\n")
        with pytest.raises(lamport.LogError, match=re.escape("not a form that is known: it begins with '[")):
            lamport.load(file)


def test_what_all_machines_lack_is_told_once(simulated, tmp_path):
    files = write(simulated, tmp_path, words_first)
    unchecked = lamport.read_text(files, [RECEIVES, LOCAL, SENDS], file_pattern=FILE).verify().unchecked
    assert sum("arrival time" in text for text in unchecked) == 1
    assert sum("do not say which message" in text for text in unchecked) <= 1


@pytest.mark.parametrize(
    "mistake",
    [{"stamp": "before"}, {"receive": "max(clock + 1, T)"}, {"stamp": "before", "receive": "max(clock, T)"}],
)
def test_numbers_of_messages_tell_no_timestamps(mistake):
    events = lamport.simulate(3, 60, seed=4, broadcast_share=0, **mistake).events
    step = mistake.get("stamp") == "before"
    own = events["event"].ne("RECEIVE")
    sender = events["sender"].where(~own, events["machine_id"])
    clock = events["sent_clock"].add(int(step)).where(~own, events["new_clock"])
    names = ["machine_id", "event", "time", "new_clock"]
    table = events[names].assign(message=sender.astype(str) + "/" + clock.astype(str))
    run = lamport.from_events(table)
    done = run.verify()
    assert not done.ok
    # What makes the same clocks is named, too: each makes all of them possible.
    rules = [lamport.Rules(**mistake), *(each.rules for each in done.diagnosis)]
    assert len(rules) > 1
    assert rules[0] in rules[1:]
    for each in rules:
        assert run.verify(rules=each).ok
        assert lamport.from_events(table, rules=each).verify().ok


@pytest.mark.parametrize("has_sender", [True, False])
def test_machines_with_two_names_are_not_accused(simulated, has_sender):
    """Recipients are ports, and logs are of ids."""
    events = simulated.events[["machine_id", "event", "time", "new_clock"]].copy()
    to = simulated.events["recipients"]
    events["recipients"] = [None if row is None else [5000 + machine for machine in row] for row in to]
    if has_sender:
        events["sender"] = simulated.events["sender"]
    run = lamport.from_events(events)
    assert run.verify().ok
    (note,) = (note for note in run.notes if "two names" in note)
    assert "5001, 5002, 5003" in note
    assert "1, 2, 3" in note
    received = run.messages["status"].eq("received").sum() if has_sender else 0
    assert bool(received) is has_sender
    # One machine that is called so by all is a machine without a log.
    server = [("a", "sent", 1, "server"), ("a", "received", 3, None), ("b", "sent", 1, "server")]
    names = ("machine_id", "event", "new_clock", "recipients")
    table = [dict(zip(names, row, strict=True)) | {"sender": "server"} for row in server]
    assert lamport.from_events(table).events["recipients"].iloc[0] == (3,)


def test_what_is_proposed_names_columns_as_the_log_does(tmp_path):
    run = lamport.simulate(3, 60, seed=4)
    events = run.events
    files = []
    for machine, rows in events.groupby("machine_id"):
        lines = [f"{row.event} {row.time:.6f} {row.old_clock}\n" for row in rows.itertuples()]
        files.append(tmp_path / f"m{machine}.txt")
        files[-1].write_text("".join(lines))
    pattern = r"^(?<event>\w+) (?<time>\S+) (?<clock>\d+)$"
    (told,) = lamport.read_text(files, pattern).verify().diagnosis
    assert told.options["columns"] == {"clock": "old_clock"}
    assert lamport.read_text(files, pattern, **told.options).verify().ok
    for name in ("new_clock", "lc"):
        with pytest.raises(
            ValueError, match=f'no group of a pattern is called "{name}": there are event, time'
        ):
            lamport.read_text(files, pattern, columns={name: "old_clock"})
    (told,) = (
        lamport.read_text(files, pattern.replace("clock", "lc"), columns={"lc": "clock"}).verify().diagnosis
    )
    assert told.options["columns"] == {"lc": "old_clock"}


def test_messages_that_come_too_early_are_explained_without_a_jump():
    rows = [
        {"machine_id": "a", "event": "internal", "new_clock": 1, "time": 0.1},
        {"machine_id": "b", "event": "internal", "new_clock": 1, "time": 0.2},
        {"machine_id": "b", "event": "sent", "new_clock": 2, "time": 0.3, "recipients": "a"},
        {"machine_id": "a", "event": "received", "new_clock": 2, "time": 0.4, "sender": "b"},
    ]
    done = lamport.from_events(rows).verify()
    assert {rule for rule, count in done.counts.items() if count} == {"count"}
    assert [told.rules for told in done.diagnosis] == [
        lamport.Rules(stamp="before"),
        lamport.Rules(receive="max(clock + 1, T)"),
    ]
    # A message that nobody sent is explained by no such way.
    rows[3]["new_clock"], rows[2]["event"], rows[2]["recipients"] = 2, "internal", None
    none = lamport.from_events(rows).verify()
    assert not none.ok
    assert none.diagnosis == []
