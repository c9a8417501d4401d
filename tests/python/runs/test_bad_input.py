"""What cannot be read of others' logs: a message with file, line, value and remedy, nothing loaded."""

import gzip
import io
import os
import re
import socket
import tarfile
import threading
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lamport
from lamport._cli.commands import main

PATTERN = r"^(?<machine>\S+) (?<event>\w+) (?<clock>\d+)$"
TIMED = PATTERN[:-1] + r" (?<time>.+)$"
GOOD = "1 INTERNAL 1\n2 INTERNAL 1\n1 SEND 2\n2 RECEIVE 3\n"
ROWS = "machine,event,clock\n1,INTERNAL,1\n"
LINE = '{"machine":1,"event":"INTERNAL","clock":1}\n'


def refused(words, read, *args, **options):
    """Check that it is refused with these words."""
    with pytest.raises((ValueError, OSError)) as caught:
        read(*args, **options)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?<machine>\S+) x", ["no group event", "(?<event>"]),
        (r"(?<machine>\S+)=(?<event>\w+)", ["a.log:1", "matches nothing", '"1 INTERNAL 1"']),
        (r"(?<machine>\S+", ["cannot be compiled", "parenthesis", "at its place 14"]),
        (r"(?<machine>\d)[z-a] (?<event>a)", ["cannot be compiled", "range", '"z-a"']),
        (r"(?<machine>\w{1000}{1000}) (?<event>a)", ["cannot be compiled", "16 MiB", "repeat less"]),
        ("(" * 100_000 + "(?<event>a)" + ")" * 100_000, ["cannot be compiled", "nested"]),
        (r"(?<machine>\S*)(?<event>\w*)", ["matches where there is nothing"]),
        (r"\0(?<event>x)(?<machine>y)", ["cannot be compiled", "back reference"]),
        ("", ["give a text"]),
        ([], ["pattern"]),
    ],
)
def test_a_pattern_that_cannot_read_is_named(tmp_path, pattern, words):
    (tmp_path / "a.log").write_text(GOOD)
    refused(words, lamport.read_text, tmp_path / "a.log", pattern)


def test_a_pattern_that_takes_for_ever_is_named(tmp_path):
    endless = r"^(?<machine>\d) (?<event>\w+) (?<clock>\d+) ((?!b)a+)+$"
    (tmp_path / "once.log").write_text("1 INTERNAL 1\n1 INTERNAL 2 " + "a" * 60 + "!\n")
    refused(["once.log:2", "for ever here", "(a+)+"], lamport.read_text, tmp_path / "once.log", endless)
    lines = "".join(f"1 INTERNAL {n} {'a' * 15}!\n" for n in range(1, 1_000))
    (tmp_path / "sum.log").write_text(lines)
    refused(["sum.log:", "in sum"], lamport.read_text, tmp_path / "sum.log", endless)
    assert main(["verify", str(tmp_path / "sum.log"), "--pattern", endless]) == 2


@pytest.mark.parametrize("form", ["text", "jsonl", "csv"])
def test_unknown_words_are_listed_with_their_counts(tmp_path, form):
    words = ["FOO", "BAR", "FOO", "SEND"]
    lines = {
        "text": "".join(f"1 {word} {n}\n" for n, word in enumerate(words, 1)),
        "jsonl": "".join(LINE.replace("INTERNAL", word) for word in words),
        "csv": "machine,event,clock\n" + "".join(f"1,{word},{n}\n" for n, word in enumerate(words, 1)),
    }
    file = tmp_path / f"a.{form}"
    file.write_text(lines[form])
    first = f"a.{form}:{2 if form == 'csv' else 1}"
    told = ['"FOO" (2), "BAR" (1)', first, 'events={"FOO": "INTERNAL"']
    if form == "text":
        refused(told, lamport.read_text, file, PATTERN)
    else:
        refused(told, lamport.load, file)


def test_two_names_for_one_machine_are_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text(LINE + LINE.replace('"machine":1', '"machine":"1"'))
    refused(
        ["a.jsonl:2", "as a text and as a number", "a.jsonl:1", "write it in one way"],
        lamport.load,
        tmp_path / "a.jsonl",
    )


@pytest.mark.parametrize("number", [2**53, 2**63, 2**64, 10**30])
def test_ids_and_clocks_beyond_what_is_exact(tmp_path, number):
    for id_, clock, words in (
        (number, 1, ["beyond 9007199254740991", f"m{number}"]),
        (1, number, ["whole number", str(number)]),
    ):
        (tmp_path / "a.log").write_text(f"{id_} INTERNAL {clock}\n")
        refused([*words, "a.log:1"], lamport.read_text, tmp_path / "a.log", PATTERN)
        (tmp_path / "a.jsonl").write_text(f'{{"machine":{id_},"event":"INTERNAL","clock":{clock}}}\n')
        refused([*words, "a.jsonl:1"], lamport.load, tmp_path / "a.jsonl")
        (tmp_path / "a.csv").write_text(f"machine,event,clock\n{id_},INTERNAL,{clock}\n")
        refused([*words, "a.csv:2"], lamport.load, tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (("1741130946.5", "1741130946500"), ["one"]),
        (("1741130946.5", "2025-03-04T00:00:00"), ["number", "date"]),
        (("2025-03-04T00:00:00", "x"), ["x"]),
        (("1.5", "NaN"), ["NaN"]),
        (("1.5", "1e400"), []),
        (("1.5", "true"), ["true"]),
    ],
)
def test_times_of_two_kinds_are_refused_where_the_second_stands(tmp_path, times, words):
    lines = "".join(f"1 INTERNAL {n} {time}\n" for n, time in enumerate(times, 1))
    (tmp_path / "a.log").write_text(lines)
    refused([*words, "a.log:2"], lamport.read_text, tmp_path / "a.log", TIMED)
    (tmp_path / "a.csv").write_text("machine,event,clock,time\n" + lines.replace(" ", ","))
    refused([*words, "a.csv:3"], lamport.load, tmp_path / "a.csv")


def packed(kind):
    """Return an archive."""
    held = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("a.log", GOOD)
    else:
        with tarfile.open(fileobj=held, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("a.log"), io.BytesIO())
    return held.getvalue()


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (packed("zip"), ["zip archive", "unpack"]),
        (packed("tar"), ["tar archive", "unpack"]),
        (gzip.compress(packed("tar")), ["tar archive", "unpack"]),
        (gzip.compress(packed("zip")), ["zip archive", "unpack"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), ["PNG image"]),
        (bytes(5_000), ["binary"]),
        ((ROWS + GOOD).encode("utf-16"), ["UTF-16", "UTF-8"]),
        (("machine,event,clock\nZürich,INTERNAL,2\n").encode("latin-1"), [":2: byte 2", "UTF-8"]),
        (b"", ["empty"]),
        (b"\n \n", [":1"]),
    ],
    ids=range(10),
)
@pytest.mark.parametrize("name", ["a.csv", "a.log", "machine_1.log"])
def test_files_that_hold_no_text_are_named(tmp_path, held, words, name):
    file = tmp_path / name
    file.write_bytes(held)
    refused([name, *words], lamport.read_text, file, PATTERN)
    if "byte 2" not in str(words) or name == "a.csv":
        refused([name, *([] if words == [":1"] else words)], lamport.load, file)
    assert main(["verify", str(file), "--pattern", PATTERN]) == 2


def test_directories_say_what_is_there(tmp_path):
    refused(["no file"], lamport.load, tmp_path)
    (tmp_path / "a.doc").touch()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "up").symlink_to("..")
    for read in (lamport.load, lambda path: lamport.read_text(path, PATTERN)):
        refused(["a.doc", str(tmp_path)], read, tmp_path)
    (tmp_path / "machine_1.log").mkdir()
    os.mkfifo(tmp_path / "machine_2.log")
    refused(["a.doc"], lamport.load, tmp_path)


def test_what_is_no_file_is_named_and_pipes_are_read(tmp_path):
    for device in ("/dev/zero", "/dev/null", "/dev/urandom"):
        refused([device, "device"], lamport.load, device)
        refused([device, "device"], lamport.read_text, device, PATTERN)
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "s.log"))
        refused(["s.log", "socket"], lamport.load, tmp_path / "s.log")
    (tmp_path / "self.log").symlink_to("self.log")
    refused(["self.log"], lamport.load, tmp_path / "self.log")
    os.mkfifo(tmp_path / "pipe.log")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe.log").write_text(GOOD), daemon=True)
    writer.start()
    assert len(lamport.read_text(tmp_path / "pipe.log", PATTERN).events) == 4
    writer.join()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("machine,machine,event,clock\n1,2,INTERNAL,1\n", []),
        ('machine,event,clock\n1,"INTERNAL,1\n1,INTERNAL,2\n', ["a.csv:2", "quote"]),
        ("machine,event,clock\n1,INTERNAL,1\n1,IN\0TERNAL,2\n", ["a.csv:3", "binary"]),
        ("machine,event,clock\n,INTERNAL,1\n", ["a.csv:2", "machine"]),
        ("machine,event,clock\n1,INTERNAL,1.5\n", ["a.csv:2", "1.5"]),
        ("machine,event,clock\n1,INTERNAL,-1\n", ["a.csv:2", "-1"]),
        ("machine,event,clock\n1,INTERNAL,true\n", ["a.csv:2", "rue"]),
        ("machine,event,clock\n1,INTERNAL,1e400\n", ["a.csv:2", "is not a whole number from 0 to 2^53 - 1"]),
        ("machine,event\n1,INTERNAL\n", ["clock"]),
    ],
)
def test_rows_of_tables_that_cannot_be(tmp_path, rows, words):
    file = tmp_path / "a.csv"
    file.write_text(rows)
    if words:
        refused(words, lamport.load, file)
    else:
        assert len(lamport.load(file).events) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"machine":1,"machine":2,"event":"INTERNAL","clock":1}', ['"machine"', "twice"]),
        ('{"machine":1,"event":"INTERNAL","clock":1e400}', ["out of range"]),
        ('{"machine":1,"event":"INTERNAL","clock":1.5}', ['"1.5"', "whole number"]),
        ('{"machine":1,"event":"INTERNAL","clock":-1}', ['"-1"', "whole number"]),
        ('{"machine":1,"event":"INTERNAL","clock":true}', ["true", "whole number"]),
        ('{"machine":1,"event":"INTERNAL","clock":1,"x":' + "[" * 100_000, ["recursion limit"]),
        ('{"machine":"a\\u0007","event":"INTERNAL","clock":1}', ["control character"]),
        ("[1, 2]", ["[1"]),
    ],
)
def test_lines_of_json_that_cannot_be(tmp_path, line, words):
    file = tmp_path / "a.jsonl"
    file.write_text(line + "\n")
    refused([*words, "a.jsonl:1"], lamport.load, file)


@pytest.mark.parametrize("vector", ["", ',"vector_clock":{"a":1,"b\\u0001":1}'])
def test_names_that_cannot_be_are_left_out_wherever_they_come(tmp_path, vector):
    bad = "a" if vector else "a\\u0007"
    rows = [(bad, 1, vector), ("a", 2, ""), (bad, 3, vector), ("c", 1, "")]
    lines = [f'{{"machine":"{name}","event":"INTERNAL","clock":{clock}{more}}}' for name, clock, more in rows]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(lines) + "\n")
    run = lamport.load(file, errors="skip")
    assert list(run.names.values()) == ["a", "c"]
    assert run.events["new_clock"].tolist() == [2, 1]


def test_many_files_are_listed_in_no_time(tmp_path):
    """Each name was compared to each."""
    for number in range(3_000):
        (tmp_path / f"machine_{number}.log").write_text("INTERNAL 1\n")
    run = lamport.read_text(tmp_path, r"^(?<event>\w+) (?<clock>\d+)$")
    assert len(run.machines) == 3_000


def test_names_of_columns_are_those_of_patterns_and_keys(tmp_path):
    (tmp_path / "a.csv").write_text("host,event,clock,timestamp\nA,INTERNAL,1,1.5\nB,INTERNAL,1,2.5\n")
    run = lamport.load(tmp_path / "a.csv")
    assert list(run.names.values()) == ["A", "B"]
    assert run.events["new_clock"].tolist() == [1, 1]
    both = pd.DataFrame({"machine": ["x"], "machine_id": [3], "event": ["INTERNAL"], "clock": [1]})
    table = lamport.from_events(both).events
    assert table["machine_id"].tolist() == [3]
    assert table["machine"].tolist() == ["x"]


def outcome(read):
    """Return what a run is judged, or why there is none."""
    try:
        return str(read().verify())
    except (ValueError, OSError) as error:
        return str(error)


PIECES = st.sampled_from(
    [b"1 SEND 2\n", b"machine,event,clock\n", b"1,INTERNAL,1\n", LINE.encode(), b'{"a": 1} x\n', b"\0",
     b"\xff", b'"', b"{", b"\r\n", b",", b"PAR1", b"\x1f\x8b\x08", b"PK\x03\x04", b"\n\n",
     b'a {"a":1}\nhello\n', b"(?<host>\\S*) (?<clock>{.*})\\n", b"1e400", b"2025-03-04", b"nan",
     "Ä\u202e".encode()]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(held=st.lists(PIECES | st.binary(max_size=6), max_size=9).map(b"".join), data=st.data())
def test_any_bytes_are_a_run_or_an_error(tmp_path_factory, held, data):
    file = tmp_path_factory.mktemp("any") / data.draw(
        st.sampled_from(["a.log", "a.csv", "a.jsonl", "machine_1.log"])
    )
    file.write_bytes(held)
    errors = data.draw(st.sampled_from(["raise", "skip"]))
    patterns = [PATTERN, r"(?<event>\w+)(?<machine>\W)", r"(?!x)(?<machine>\w)[^q]*(?<event>\w)"]
    for read in (
        lambda: lamport.load(file, errors=errors),
        lambda: lamport.load(file, errors=errors, columns={"a": "machine"}),
        lambda: lamport.load(
            file, errors=errors, format=data.draw(st.sampled_from(["jsonl", "csv", "parquet"]))
        ),
        lambda: lamport.read_text(file, data.draw(st.sampled_from(patterns)), errors=errors),
    ):
        said = outcome(read)
        # No letter of a file moves the terminal.
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said), said


CELLS = st.sampled_from(
    [1, 0, -1, 2**53, 1.5, float("nan"), float("inf"), None, True, "1", "a", "", "all", "SEND", "RECEIVE",
     [1], ["a"], {"a": 1}, b"x", "2025-03-04", 1e18, "{", pd.Timestamp(0), pd.Timedelta(1), "\udcff"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_table_is_a_run_or_an_error(data):
    names = st.sampled_from(
        ["machine_id", "event", "new_clock", "time", "sender", "recipients", "vector_clock"]
    )
    columns = data.draw(st.lists(names, unique=True))
    rows = data.draw(st.integers(0, 4))
    sound = {
        "machine_id": st.sampled_from([1, "a"]),
        "event": st.just("SEND"),
        "new_clock": st.integers(1, 4),
    }
    cells = {
        name: data.draw(
            st.lists(
                data.draw(st.sampled_from([CELLS, sound.get(name, CELLS)])), min_size=rows, max_size=rows
            )
        )
        for name in columns
    }
    assert outcome(lambda: lamport.from_events(pd.DataFrame(cells)))
