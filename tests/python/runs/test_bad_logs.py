"""What is no log, or not all of one: an error that names file and line, or what there is and a note."""

import gzip
import json
import re
import subprocess
import sys

import pytest

import lamport
from lamport._cli.commands import main

INTERNAL = {"event": "INTERNAL", "system_time": 1.5, "machine_id": 1, "old_clock": 0, "new_clock": 1}
STARTUP = {
    "event": "STARTUP", "system_time": 1.0, "machine_id": 1, "clock_rate": 1.0, "local_clock": 0,
    "listen": ["127.0.0.1", 5001], "peers": [], "run_id": "lab", "seed": 1, "time": "real",
}  # fmt: skip
WHOLE = json.dumps(STARTUP) + "\n" + json.dumps(INTERNAL) + "\n"


def line(**fields):
    return json.dumps(INTERNAL | fields)


def both(source):
    """Say how `load` and `verify` refuse it, and that the command line exits with status 2."""
    words = []
    for read in (lamport.load, lamport.verify):
        with pytest.raises((lamport.LogError, ValueError, OSError)) as caught:
            read(source)
        words.append(str(caught.value))
    assert main(["verify", str(source)]) == 2
    return words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"ts": 1.5, "node": "a", "msg": "sent"}',
            ["missing event, system_time, machine_id", "from_events"],
        ),
        (line(machine_id="1"), ['machine_id is "1"', "whole number"]),
        (line(new_clock="1"), ['new_clock is "1"', "whole number"]),
        (line(system_time="1.5"), ['system_time is "1.5"']),
        (line(system_time=float("nan")), ["NaN"]),
        (line(new_clock=float("inf")), ["Infinity"]),
        (line()[:-1] + ', "deep": ' + "[" * 100_000, ["not JSON", "recursion limit"]),
        (line(new_clock=0)[:-2] + "[" * 100_000 + "]" * 100_000 + "}", ["not JSON", "recursion limit"]),
        (
            line(system_time=0).replace(" 0,", "[" * 9_000 + "]" * 9_000 + ",", 1),
            ["system_time is [[[", "…"],
        ),
        ('{"event": "\udcff"}', ["invalid UTF-8 at byte 12"]),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path, text, words, capsys):
    path = tmp_path / "machine_1.log"
    last = line(old_clock=1, new_clock=2)
    path.write_bytes((WHOLE + text + "\n" + last + "\n").encode(errors="surrogateescape"))
    with pytest.raises(lamport.LogError) as caught:
        lamport.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:3: ")
    # What load refuses is a violation to verify, which checks the rest.
    done = lamport.verify(path)
    assert done.violations["rule"].tolist() == ["structure"]
    assert done.violations.loc[0, ["line", "expected"]].tolist() == [3, "a line of a log"]
    assert done.violations["found"][0] == message.removeprefix(f"{path}:3: ")
    assert done.checked["step"] == 2
    for word in words:
        assert word in message
    assert len(message) < len(str(path)) + 300
    assert main(["verify", str(path)]) == 1
    assert f"{path}:3: structure: expected a line of a log, found" in capsys.readouterr().out
    # A file without any line of a log is none.
    path.write_bytes((text + "\n").encode(errors="surrogateescape"))
    assert all(message.startswith(f"{path}:1: ") for message in both(path))


@pytest.mark.parametrize("blank", ["\n", "\n\n\n", " \t\n", "\r\n", "\n  "])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_blank_lines_and_other_ends_of_lines_are_no_error(tmp_path, blank, ending):
    whole = WHOLE + line(old_clock=1, new_clock=2) + "\n"
    (tmp_path / "machine_1.log").write_text(whole)
    expected = lamport.load(tmp_path)
    first, rest = whole.replace("\n", ending).split(ending, 1)
    for text in (
        first + ending + rest + blank,
        blank.rstrip(" ") + first + ending + blank.rstrip(" ") + rest,
    ):
        (tmp_path / "machine_1.log").write_bytes(text.encode())
        run = lamport.load(tmp_path)
        assert run.events.equals(expected.events)
        assert run.notes == expected.notes
        done = lamport.verify(tmp_path)
        assert done.ok
        assert done.unchecked == expected.verify().unchecked
        assert main(["verify", str(tmp_path)]) == 0
        # What is exported has none.
        out = run.export(tmp_path / "all.jsonl").read_bytes().replace(b"\r\n", b"\n")
        assert out == whole.encode()
    (tmp_path / "machine_1.log").write_text(blank)
    words = "only blank lines" if "\n" in blank else "no complete line"
    assert all(words in message for message in both(tmp_path / "machine_1.log"))


def test_a_table_or_a_log_with_a_million_blank_lines(tmp_path):
    path = tmp_path / "machine_1.log"
    path.write_text("\n" * 1_000_000 + WHOLE + "\n" * 1_000_000)
    assert len(lamport.load(path).events) == 1
    assert lamport.load(path).export(tmp_path / "all.jsonl").read_text() == WHOLE
    assert lamport.verify(path).ok


def test_a_field_that_no_one_knows_may_be_as_deep_as_it_likes(tmp_path):
    path = tmp_path / "machine_1.log"
    path.write_text(
        WHOLE + line(old_clock=1, new_clock=2)[:-1] + ', "deep": ' + "[" * 9_000 + "]" * 9_000 + "}\n"
    )
    assert len(lamport.load(path).events) == 2
    assert lamport.verify(path).ok


def test_logs_of_two_runs(tmp_path):
    (tmp_path / "machine_1.log").write_text(WHOLE)
    other = WHOLE.replace('"machine_id": 1', '"machine_id": 2').replace("lab", "field")
    (tmp_path / "machine_2.log").write_text(other)
    for message in both(tmp_path):
        assert 'machine_2.log:1: run "field", but ' in message
        assert 'machine_1.log is of run "lab"' in message


def test_two_logs_of_one_machine_and_one_log_twice(tmp_path):
    (tmp_path / "machine_1.log").write_text(WHOLE)
    (tmp_path / "machine_2.log").write_text(WHOLE)
    for message in both(tmp_path):
        assert "machine_2.log:1: machine 1 has two logs, the other is" in message
    # A file named twice is read once; its other names are other logs.
    path = tmp_path / "machine_1.log"
    assert len(lamport.load([path, str(path)]).events) == 1
    link = tmp_path / "link.log"
    link.symlink_to(path)
    for read in (lamport.load, lamport.verify):
        with pytest.raises(lamport.LogError, match=r"link\.log:1: machine 1 has two logs"):
            read([path, link])


def test_a_directory_without_logs_and_one_with_other_files(tmp_path):
    for message in both(tmp_path):
        assert f"{tmp_path}: no machine_*.log" in message
        assert "it has no file" in message
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "machine_1.txt").write_text("x")
    for message in both(tmp_path):
        assert f"{tmp_path}: no machine_*.log" in message
        assert "it has machine_1.txt, notes.txt: give the logs by name, or a pattern like" in message
    (tmp_path / "machine_1.log").write_text(WHOLE)
    (tmp_path / "run.json").write_text('{"seed": 1}')
    run = lamport.load(tmp_path)
    assert len(run.events) == 1
    assert run.parameters == {"seed": 1}
    assert lamport.verify(tmp_path).ok


@pytest.mark.parametrize("names", [["node1.jsonl", "node2.jsonl"], ["a.log", "b.ndjson.gz"]])
def test_logs_of_other_names(tmp_path, names):
    for number, name in enumerate(names, 1):
        text = WHOLE.replace('"machine_id": 1', f'"machine_id": {number}').encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    (tmp_path / "notes.txt").write_text("x")
    run = lamport.load(tmp_path)
    assert run.machines.index.tolist() == [1, 2]
    assert [file.name for file in run.files] == names
    assert lamport.verify(tmp_path).ok
    assert main(["verify", str(tmp_path)]) == 0
    # Where there are logs of ours, in it or below, they are all.
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "machine_7.log").write_text(WHOLE.replace('"machine_id": 1', '"machine_id": 7'))
    assert lamport.load(tmp_path).machines.index.tolist() == [7]


def test_compressed_logs_are_found(run, tmp_path):
    expected = run.events
    for file in run.files[1:]:
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    plain = tmp_path / run.files[0].name
    plain.write_bytes(run.files[0].read_bytes())
    (tmp_path / "run.json").write_bytes((run.log_dir / "run.json").read_bytes())
    again = lamport.load(tmp_path)
    assert [file.name for file in again.files] == ["machine_1.log", "machine_2.log.gz", "machine_3.log.gz"]
    assert again.events.equals(expected)
    assert again.verify().checked == run.verify().checked
    (tmp_path / "machine_1.log.gz").write_bytes(gzip.compress(plain.read_bytes()))
    for message in both(tmp_path):
        assert "machine_1.log and machine_1.log.gz are the same machine's log: keep one" in message


def test_a_zstd_log_is_found(run, tmp_path):
    zstd = pytest.importorskip("pyarrow").Codec("zstd")
    for file in run.files:
        data = zstd.compress(file.read_bytes(), asbytes=True)
        (tmp_path / f"{file.name}.zst").write_bytes(data)
    assert lamport.load(tmp_path).events.equals(run.events)


def test_a_torn_log_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "machine_1.log"
    path.write_text(WHOLE + line(new_clock=2)[:30])
    run = lamport.load(path)
    assert len(run.events) == 1
    assert f"{path}:3: the last line has no newline and is not counted" in run.notes
    assert f"{path}:3: the last line has no newline and is not counted" in run.verify().unchecked


@pytest.mark.parametrize("how", ["load", "verify"])
def test_two_gigabytes_on_one_line_take_little_memory(tmp_path, how):
    path = tmp_path / "machine_1.log"
    path.write_text(WHOLE)
    with path.open("r+b") as file:
        file.truncate(2 << 30)  # a hole: bytes that are 0, and no newline
    code = (
        "import sys, lamport\n"
        f"try: lamport.{how}(sys.argv[1])\n"
        "except lamport.LogError as error: print(error)\n"
        # Unlike ru_maxrss, which starts with what the parent had, this is the process's own.
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, text=True)
    message, kilobytes = done.stdout.splitlines()
    assert message.startswith(f"{path}:3: a line longer than 16777216 bytes")
    # pandas and numpy are in it, and a buffer a thread.
    assert int(kilobytes) < 300_000


def attempt(path):
    """Read and verify: the clocks, whether all is well, and the error."""
    try:
        clocks = lamport.load(path).events["new_clock"].tolist()
        done = lamport.verify(path)
        first = "" if done.ok else "{file}:{line}: ".format(**done.violations.iloc[0])
        assert {rule for rule, count in done.counts.items() if count} <= {"structure"}, str(done)
        return clocks, done.ok, first
    except lamport.LogError as error:
        return [], False, str(error)


def test_a_log_that_others_write_at_the_same_time(tmp_path):
    """A writer appends, cuts and appends again: whatever is read is a beginning, or an error with a line."""
    path = tmp_path / "machine_1.log"
    text = json.dumps(STARTUP) + "\n"
    text += "".join(line(old_clock=clock, new_clock=clock + 1) + "\n" for clock in range(20_000))
    path.write_text(text)
    code = (
        "import sys\n"
        "text = open(sys.argv[1]).read()\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for length in (len(text) // 3, len(text)):\n"
        "        with open(sys.argv[1], 'r+') as file:\n"
        "            file.truncate(min(length, len(text) // 2))\n"
        "            file.seek(0, 2)\n"
        "            file.write(text[file.tell():length])\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
    try:
        writer.stdout.readline()
        for _ in range(20):
            clocks, ok, error = attempt(path)
            # The system may show zeros where the file is cut under a read.
            assert ok or re.match(re.escape(f"{path}:") + r"\d+: ", error)
            assert clocks == list(range(1, len(clocks) + 1))
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
