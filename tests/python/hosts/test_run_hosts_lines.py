"""The line to an agent, logs that come over it, and when all is quiet."""

import base64
import json
import os
import selectors
import time
import types
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamport._drive.spoken import frame
from lamport._hosts.gather import Gathered
from lamport._hosts.line import KEPT, Line
from lamport._hosts.quiet import Quiet
from lamport._hosts.station import Look


class Pipes:
    """An end of a line whose other end a test holds."""

    def __init__(self):
        self.taken, self.writing = os.pipe()
        self.reading, self.said = os.pipe()
        self.printed, self.prints = os.pipe()
        os.set_blocking(self.taken, False)

    def status(self, _):
        return 0

    def kill(self):
        pass

    def hang_up(self):
        for fd in (self.taken, self.said, self.prints):
            os.close(fd)


@pytest.fixture(name="held")
def hold():
    """A line and its other end."""
    with held() as pair:
        yield pair


class held:  # noqa: N801
    def __enter__(self):
        self.pipes = Pipes()
        self.selector = selectors.DefaultSelector()
        self.line = Line(self.pipes, self.selector)
        return self.line, self.pipes, self.turn

    def turn(self):
        while ready := self.selector.select(0):
            for key, _ in ready:
                key.data()

    def __exit__(self, *_):
        self.pipes.hang_up()
        self.line.close()
        self.selector.close()


def take_all(line):
    found = []
    while (said := line.take()) is not None:
        found.append(said)
    return found


NOISE = st.binary(max_size=40).filter(lambda text: b"\x1elamport" not in text)
SAID = st.fixed_dictionaries({"say": st.text(max_size=9)}, optional={"text": st.text(max_size=60)})


@given(st.lists(NOISE | SAID, max_size=12), st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_what_an_agent_says_is_taken_whole_among_any_noise(parts, cuts):
    """However the bytes are cut, and whatever is printed between."""
    data = b"".join(part if isinstance(part, bytes) else frame(part) for part in parts)
    with held() as (line, pipes, turn):
        place = 0
        for cut in cuts:
            os.write(pipes.said, data[place : place + cut])
            place += cut
            turn()
        os.write(pipes.said, data[place:])
        turn()
        assert take_all(line) == [part for part in parts if isinstance(part, dict)]
        assert not line.broken
        assert line.has_said == any(isinstance(part, dict) for part in parts)


def test_noise_is_kept_until_the_first_word_and_no_more_than_can_be_shown(held):
    line, pipes, turn = held
    for number in range(2000):
        os.write(pipes.said, b"noise %d\n" % number)
        turn()
    assert line.noise.endswith("noise 1999")
    assert len(line.noise) <= KEPT
    os.write(pipes.said, frame({"say": "hello"}) + b"later\n")
    os.write(pipes.prints, b"beside\n")
    turn()
    assert "later" not in line.noise
    assert line.printed == "beside"


def test_a_question_that_nobody_answers_is_noise_too(held):
    line, pipes, turn = held
    os.write(pipes.said, b"Welcome!\nPassword: ")
    turn()
    assert line.noise == "Welcome!\nPassword:"
    os.write(pipes.said, frame({"say": "hello"}) + b"and more")
    turn()
    assert line.noise == "Welcome!\nPassword:"


@pytest.mark.parametrize("text", [b"{", b"3", b"[]", b"\xff", b"", b"[" * 50_000])
def test_a_frame_that_is_none(text, held):
    line, pipes, turn = held
    os.write(pipes.said, b"\n\x1elamport " + text + b"\n")
    turn()
    assert "no JSON object" in line.broken


def test_a_line_without_an_end_is_bounded(held, monkeypatch):
    monkeypatch.setattr("lamport._hosts.line.LONGEST", 100_000)
    line, pipes, turn = held
    for _ in range(30):
        os.write(pipes.said, b"x" * 4000)
        turn()
    assert "100,000 bytes" in line.broken


def test_orders_wait_for_an_agent_that_does_not_read(held):
    line, pipes, turn = held
    text = "x" * 300_000
    line.order(do="start", text=text)
    line.order(do="go")
    data = b""
    while data.count(b"\n") < 2:
        try:
            data += os.read(pipes.taken, 1 << 20)
        except BlockingIOError:
            turn()
    assert [json.loads(each) for each in data.splitlines()] == [{"do": "start", "text": text}, {"do": "go"}]


def test_orders_to_who_is_gone_are_lost(held):
    line, pipes, _ = held
    os.close(pipes.taken)
    line.order(do="stop")
    pipes.taken = os.dup(pipes.said)


def test_the_end_of_a_line_is_noticed_behind_all_that_was_said():
    pipes = Pipes()
    with selectors.DefaultSelector() as selector:
        line = Line(pipes, selector)
        os.write(pipes.said, frame({"say": "bye"}))
        pipes.hang_up()
        while line.is_open:
            for key, _ in selector.select(1):
                key.data()
        assert take_all(line) == [{"say": "bye"}]
        line.close()


def part_of(data):
    return base64.b64encode(zlib.compress(data, 1)).decode()


@given(st.lists(st.binary(max_size=2000), max_size=5))
def test_a_log_comes_back_to_the_byte(tmp_path_factory, parts):
    home = tmp_path_factory.mktemp("logs")
    gathered = Gathered(home, range(3, 5))
    for data in parts:
        gathered.part(4, part_of(data))
    whole = b"".join(parts)
    if parts:
        with pytest.raises(ValueError, match="the log of machine 4 came without its end"):
            gathered.close()
    gathered.end(4, len(whole), zlib.crc32(whole))
    gathered.close()
    if parts:
        assert (home / "machine_4.log").read_bytes() == whole
    with pytest.raises(ValueError, match="of the log of machine 4"):
        gathered.end(4, len(whole), zlib.crc32(whole + b"x"))
    with pytest.raises(ValueError, match="of the log of machine 4"):
        gathered.end(4, len(whole) + 1, zlib.crc32(whole))


@pytest.mark.parametrize(
    ("machine", "text"),
    [
        (5, part_of(b"")),
        (3, "no base64!"),
        (3, base64.b64encode(b"nothing that was compressed").decode()),
        (3, part_of(bytes((1 << 21) + 1))),
    ],
)
def test_what_is_no_part_of_a_log_is_refused(tmp_path, machine, text):
    with pytest.raises(ValueError, match=r"machine|base64|padding|data"):
        Gathered(tmp_path, range(3, 5)).part(machine, text)
    assert not list(tmp_path.iterdir())


def test_a_log_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "machine_3.log").write_bytes(b"kept")
    with pytest.raises(FileExistsError):
        Gathered(tmp_path, range(3, 5)).part(3, part_of(b"new"))
    assert (tmp_path / "machine_3.log").read_bytes() == b"kept"


def test_quiet_is_one_instant_of_all_hosts():
    """Each answer tells for how long it holds: all have to hold at the instant of the question."""
    asked = []
    stations = [types.SimpleNamespace(looks=None, order=lambda **said: asked.append(said)) for _ in range(2)]
    quiet = Quiet()
    assert not quiet.turn(stations)
    assert asked == [{"do": "look", "number": 1}] * 2
    now = time.monotonic()
    long, short = int(60e9), 0

    def answers(*looks, number=1):
        for station, look in zip(stations, looks, strict=True):
            station.looks = (number, now + 1, [look])
        return quiet.turn(stations)

    assert not answers(Look(True, 0, 0, long), Look(True, 0, 0, short))
    assert not answers(Look(True, 0, 0, long), Look(True, 0, 0, int(0.9e9)))
    assert not answers(Look(True, 1, 0, long), Look(True, 0, 0, long))
    assert not answers(Look(False, 0, 0, long), Look(True, 0, 0, long))
    assert not answers(Look(True, 0, 0, long), Look(True, 0, 0, long), number=0)
    # What waits in the queue of a machine that has stopped is kept by who sent it.
    assert answers(Look(True, 1, 0, long), Look(True, 0, 1, long))
