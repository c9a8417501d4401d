"""What is said of logs of other programs, and what is refused."""

import re

import pytest

import lamport
from lamport._runs.declaration import Declaration, python_pattern, read_declaration

TOML = """
format = "jsonl"
file_pattern = 'node-(?<machine>\\w+)'
time_unit = "ms"

[columns]
node = "machine"
lc = "clock"
note = ""

[events]
Exec = "internal"
INIT = ""
Forward = ["send", "receive"]

[rules]
stamp = "before"

[offsets]
2 = 0.5
north = 1
"""


def test_nothing_said_is_nothing_declared():
    assert Declaration().given() == {}
    assert not Declaration(offsets={1: 0.5}, errors="skip").is_foreign
    assert Declaration(columns={"lc": "new_clock"}).is_foreign


def test_a_file_of_options_is_the_same_as_the_options(tmp_path):
    file = tmp_path / "like.toml"
    file.write_text(TOML, encoding="utf-8")
    assert Declaration(**read_declaration(file)) == Declaration(
        format="jsonl",
        columns={"node": "machine_id", "lc": "new_clock", "note": None},
        events={"Exec": "INTERNAL", "INIT": None, "Forward": ("RECEIVE", "SEND")},
        file_pattern=r"node-(?<machine>\w+)",
        time_unit="ms",
        rules=lamport.Rules(stamp="before"),
        offsets={2: 0.5, "north": 1.0},
    )


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("format", "xml", "format='xml' is not known: it is one of 'jsonl', 'csv'"),
        ("columns", ["lc"], "columns=['lc'] is not a mapping: give one like"),
        ("columns", {"lc": "lamport"}, "columns['lc']='lamport' is not known: it is one of machine,"),
        ("columns", {"clock": "lc"}, "(their name comes first: {'lc': 'clock'})"),
        ("columns", {"a": "clock", "b": "new_clock"}, "'a' and 'b' are both new_clock: keep one"),
        ("columns", {1: "clock"}, "columns[1]: the name of a column is a text"),
        (
            "events",
            {"Exec": "STEP"},
            "events['Exec']='STEP' is not a kind of event: give SEND, RECEIVE, INTERNAL",
        ),
        ("events", {"Exec": ["SEND", "SEND"]}, "is not a kind of event"),
        ("events", {3: "SEND"}, "events[3]: a word of their log is a text"),
        ("file_pattern", r"machine_\d+", "has no group 'machine': give one"),
        ("file_pattern", "(", "is not a regular expression"),
        ("pattern", [], "pattern=[] is not a pattern"),
        ("pattern", "", "pattern is '': give a text"),
        ("time_unit", "min", "time_unit='min' is not known: it is one of 's', 'ms', 'us', 'ns'"),
        ("time_format", 3, "time_format is 3: give a text"),
        ("queue_len", "later", "queue_len='later' is not known: it is one of 'after', 'before'"),
        ("multicast", "cells", "multicast='cells' is not known: it is one of 'rows'"),
        ("execution", True, "execution=True is neither the name of an execution nor its number"),
        ("errors", "ignore", "errors='ignore' is not known: it is one of 'raise', 'skip'"),
        ("rules", {"stamps": "before"}, "rules have no 'stamps'"),
        ("offsets", "auto", "offsets='auto' is not a mapping"),
        ("offsets", {1.5: 0}, "offsets: machine=1.5 is not a whole number"),
    ],
)
def test_what_no_option_takes(option, value, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        Declaration(**{option: value})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("format = ", "not a declaration in TOML"),
        ("colums = 3", "'colums' is not an option: give format, columns"),
        ("time_unit = 'min'", "time_unit='min' is not known"),
    ],
)
def test_files_that_are_no_declaration_are_named(tmp_path, text, told):
    file = tmp_path / "like.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        read_declaration(file)
    assert str(error.value).startswith(f"{file}: ")


def test_groups_of_both_notations_are_read():
    assert re.fullmatch(python_pattern(r"(?<=x)?(?<machine>\d)(?P<b>a)(?<!b)"), "3a")["machine"] == "3"
