"""The bar, and those who bring their own."""

import io
import sys

import pytest

from lamport._drive.progress import Count, describe, watch


def test_callable_is_passed_through():
    seen = []
    with watch(lambda *told: seen.append(told), 1, 3) as show:
        show(0.5, [1, 2], [0, 0])
    assert seen == [(0.5, [1, 2], [0, 0])]


@pytest.mark.parametrize("progress", [False, None])
def test_no_bar_without_a_terminal(progress, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with watch(progress, 1, 3) as show:
        show(1.0, [1], [0])
    assert sys.stderr.getvalue() == ""


def test_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with watch(True, 2, 2) as show:
        show(1.0, [5, 7], [0, 1])
        show(2.5, [9, 9], [0, 0])
    text = sys.stderr.getvalue()
    assert "2 machines: 100%" in text
    assert "2 of 2 s, clocks 9 9, queues 0 0" in text


def test_many_machines_take_one_line():
    assert describe(list(range(80)), [0] * 79 + [5]) == "clocks 0 to 79, queues 0 to 5"


def test_a_count_shows_no_bar_for_work_that_is_over_at_once(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with Count(True, 10, "points", "runs") as tell:
        tell.end(done=True)
    assert sys.stderr.getvalue() == ""


def test_a_count_ends_where_the_work_ended(monkeypatch):
    for done, expected in ((True, "10 of 10 runs"), (False, "4 of 10 runs")):
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        with Count(True, 10, "points", "runs") as tell:
            tell(4)
            tell.end(done=done)
        last = sys.stderr.getvalue().split("\r")[-1]
        assert "points" in last
        assert expected in last


def test_a_count_passes_callables_through(monkeypatch):
    seen = []
    with Count(seen.append, 10, "points", "runs") as tell:
        assert tell.wanted
        tell(3)
    assert seen == [3]
    with Count(False, 10, "points", "runs") as tell:
        assert not tell.wanted
        tell(3)
