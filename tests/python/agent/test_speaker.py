"""What an agent says to a reader who is quick, slow, or gone."""

import base64
import json
import os
import selectors
import zlib
from contextlib import contextmanager, suppress

import pytest

from lamport._agent import speaker
from lamport._agent.gathering import PART, gathering
from lamport._agent.speaker import Speaker
from lamport._drive.spoken import SIGN


@contextmanager
def speaking():
    """A speaker, its reader, and what watches it."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with selectors.DefaultSelector() as selector:
        yield Speaker(writing, selector), reading, selector
    for fd in (reading, writing):
        # A test may have.
        with suppress(OSError):
            os.close(fd)


def hear(reading):
    """Read what is there, as the words of whole lines and the beginning of the next."""
    data = b""
    while True:
        try:
            part = os.read(reading, 1 << 16)
        except BlockingIOError:
            return data
        if not part:
            return data
        data += part


def frames(data):
    sign = SIGN.encode()
    lines = [line for line in data.split(b"\n") if line]
    assert all(line.startswith(sign) for line in lines)
    return [json.loads(line.removeprefix(sign)) for line in lines]


def everything(made, reading, selector):
    """Read on as long as there is more."""
    data = hear(reading)
    while selector.get_map():
        for key, _ in selector.select(5):
            key.data()
        data += hear(reading)
    assert made.has_room
    return frames(data)


def test_what_has_to_be_heard_is_heard_in_order_and_of_the_rest_the_newest():
    with speaking() as (made, reading, selector):
        long = "x" * 1000
        for number in range(500):
            made.say("ended", machine=number, text=long)
            made.tell("status", machines=[number])
        said = everything(made, reading, selector)
    assert [each["machine"] for each in said if each["say"] == "ended"] == list(range(500))
    told = [each["machines"][0] for each in said if each["say"] == "status"]
    assert told == sorted(told)
    assert told[-1] == 499
    assert len(told) < 500


def test_warnings_that_nobody_reads_are_counted():
    with speaking() as (made, reading, selector):
        wide = "y" * 1000
        for _ in range(3000):
            made.warn(wide)
        assert not made.has_room
        said = everything(made, reading, selector)
        heard = len(said)
        made.warn("last")
        last = everything(made, reading, selector)
    assert 1000 < heard < 1300
    assert [each["text"] for each in last] == [f"{3000 - heard} warnings more were not heard in time", "last"]


def test_who_is_gone_hears_nothing():
    with speaking() as (made, reading, selector):
        os.close(reading)
        for _ in range(3):
            made.say("alive")
            made.tell("status", machines=[])
        assert not made.is_heard
        assert made.has_room
        assert not selector.get_map()
        made.finish(60)


def test_last_words_are_waited_for_but_not_for_ever():
    with speaking() as (made, reading, _):
        made.say("log", part="z" * (1 << 18))
        made.finish(0.05)
        data = hear(reading)
        made.finish(0.05)
        assert len(data) < 1 << 18
        assert hear(reading)


def test_it_says_that_it_is_there_only_after_a_while(monkeypatch):
    with speaking() as (made, reading, _):
        made.live()
        assert hear(reading) == b""
        monkeypatch.setattr(speaker, "ALIVE", 0.0)
        made.live()
        assert frames(hear(reading)) == [{"say": "alive"}]


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART])
def test_logs_come_in_parts_that_say_when_they_are_whole(tmp_path, size):
    log = os.urandom(size // 2) + b"a" * (size - size // 2)
    (tmp_path / "machine_4.log").write_bytes(log)
    said = list(gathering(tmp_path, [3, 4]))
    assert said[-1] == {"say": "gathered"}
    # One that never had a log says nothing of it.
    assert {each["machine"] for each in said[:-1]} == {4}
    assert said[-2] == {"say": "log_end", "machine": 4, "bytes": size, "crc": zlib.crc32(log)}
    parts = [zlib.decompress(base64.b64decode(each["part"])) for each in said[:-2]]
    assert all(len(part) <= PART for part in parts)
    assert b"".join(parts) == log
