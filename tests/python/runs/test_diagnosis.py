"""The usual mistakes of a classroom, each recognised by what it does to logs."""

import json

import pandas as pd
import pytest

import lamport

SETTING = {"machines": 4, "duration": 60, "max_rate": 5, "internal_probability": 0.4}
STAMP = "messages carry the clock from before the tick of their SEND"
MAX = "receipts make the clock max(clock, T), without the step"
NEXT = "receipts make the clock max(clock + 1, T)"
QUEUE = "queue lengths are logged before the pop, and count the message that is taken"
ROWS = "a SEND to several machines is logged once for each recipient"
EARLY = "the clock that is logged is that before the event"
DRAWS = "a tick that has taken a message draws an action as well"


def words(done):
    return [reading.words for reading in done.diagnosis]


def logs(directory, change):
    """Change the lines of logs: a function takes the lines of a machine and returns them."""
    for path in sorted(directory.glob("machine_*.log")):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(line) + "\n" for line in change(lines)))


@pytest.fixture
def clean(tmp_path):
    lamport.simulate(**SETTING, seed=3, log_dir=tmp_path)
    assert lamport.verify(tmp_path).diagnosis == []
    return tmp_path


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"stamp": "before"}, STAMP),
        ({"receive": "max(clock, T)"}, MAX),
        ({"receive": "max(clock + 1, T)"}, NEXT),
        ({"stamp": "before", "receive": "max(clock, T)"}, f"{STAMP} and {MAX}"),
        ({"draw_after_receive": True}, DRAWS),
    ],
)
def test_a_mistake_of_the_clock_is_named(tmp_path, mistake, said):
    done = lamport.simulate(**SETTING, seed=3, **mistake, log_dir=tmp_path).verify()
    assert words(done) == [said]
    (reading,) = done.diagnosis
    assert reading.explained == reading.violations == sum(done.counts.values())
    assert reading.unexplained.empty
    for name in ("stamp", "receive"):
        assert getattr(reading.rules, name) == mistake.get(name, getattr(lamport.Rules(), name))
    assert lamport.verify(tmp_path, rules=reading.rules).ok
    assert reading.arguments in str(done)
    assert said in str(done)
    assert said.replace("'", "&#x27;") in done._repr_html_()
    # What is explained is no less wrong.
    assert not done.ok


def test_queue_lengths_from_before_the_pop(clean):
    def change(lines):
        return [
            line | ({"queue_len": line["queue_len"] + 1} if line["event"] == "RECEIVE" else {})
            for line in lines
        ]

    logs(clean, change)
    done = lamport.verify(clean)
    assert not done.ok
    assert QUEUE in words(done)
    assert [reading.options for reading in done.diagnosis if reading.words == QUEUE] == [
        {"queue_len": "before"}
    ]


def test_one_row_for_each_recipient(clean):
    def change(lines):
        for line in lines:
            for place, _ in enumerate(line.get("recipients", ())):
                one = {key: [line[key][place]] for key in ("recipients", "recipient_ids")}
                yield line | one
            if "recipients" not in line:
                yield line

    logs(clean, change)
    done = lamport.verify(clean)
    assert not done.ok
    assert words(done) == [ROWS]
    assert done.diagnosis[0].options == {"multicast": "rows"}


def test_clocks_that_do_not_start_at_0(clean):
    def change(lines):
        clocks = ("old_clock", "new_clock", "sent_clock", "final_clock")
        return [line | {name: line[name] + 5 for name in clocks if name in line} for line in lines]

    logs(clean, change)
    done = lamport.verify(clean)
    assert not done.ok
    assert words(done) == ["clocks start at 5"]
    assert done.diagnosis[0].rules == lamport.Rules(start=5)
    assert lamport.verify(clean, rules=done.diagnosis[0].rules).ok


def test_another_step(clean):
    def change(lines):
        clocks = ("old_clock", "new_clock", "sent_clock", "final_clock")
        return [line | {name: line[name] * 10 for name in clocks if name in line} for line in lines]

    logs(clean, change)
    done = lamport.verify(clean)
    assert words(done) == ["events move the clock by 10"]
    assert lamport.verify(clean, rules=done.diagnosis[0].rules).ok


def test_the_clock_logged_before_the_event():
    events = lamport.simulate(**SETTING, seed=3).events
    early = events[["time", "machine_id", "event", "sender", "sent_clock", "recipients"]].assign(
        new_clock=events["old_clock"]
    )
    done = lamport.from_events(early).verify()
    assert not done.ok
    assert EARLY in words(done)


def test_base_logs_have_the_readings_that_they_leave_possible():
    events = lamport.simulate(**SETTING, seed=3, stamp="before", receive="max(clock, T)").events
    base = events[["time", "machine_id", "event", "new_clock", "recipients"]]
    assert words(lamport.from_events(base).verify()) == [f"{STAMP} and {MAX}"]


def test_what_is_damaged_has_no_diagnosis(clean):
    """A few wrong lines are no habit of the program."""

    def change(lines):
        lines[10]["new_clock"] += 1
        return lines

    logs(clean, change)
    done = lamport.verify(clean)
    assert not done.ok
    assert done.diagnosis == []


def test_clean_runs_have_none():
    for seed in range(10):
        assert lamport.simulate(**SETTING, seed=seed).verify().diagnosis == []


def test_rules_that_are_given_are_where_it_begins():
    """A right program judged by wrong rules is recognised as right."""
    run = lamport.simulate(**SETTING, seed=3)
    done = run.verify(rules=lamport.Rules(receive="max(clock, T)"))
    assert [reading.rules for reading in done.diagnosis] == [lamport.Rules()]
    assert words(done) == ["receipts make the clock max + 1"]


def test_a_reading_lists_what_it_leaves(tmp_path):
    run = lamport.simulate(5, 600, seed=3, max_rate=12, stamp="before", log_dir=tmp_path)
    path = tmp_path / "machine_1.log"
    lines = path.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines[100:], 100) if '"INTERNAL"' in line)
    line = json.loads(lines[place])
    lines[place] = json.dumps(line | {"system_time": line["system_time"] - 30}) + "\n"
    path.write_text("".join(lines))
    done = lamport.verify(tmp_path)
    assert sum(done.counts.values()) > sum(run.verify().counts.values()) - 1
    (reading,) = done.diagnosis
    assert 0 < len(reading.unexplained) <= reading.violations / 100
    assert isinstance(reading.unexplained, pd.DataFrame)
    assert f"explains {reading.explained} of {reading.violations}" in str(done)
