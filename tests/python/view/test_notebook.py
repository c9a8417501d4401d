"""A run shown in a cell while it goes on: what is sent to the notebook, and what if that fails."""

import json
import re
import sys
import time
import types
import warnings
from itertools import pairwise
from pathlib import Path

import pytest

import lamport
import lamport._drive.local
from lamport._live import notebook
from lamport._live.notebook import LARGEST, WAITING, Cell

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028`${1}"


class ZMQInteractiveShell:
    """What a kernel's shell is called."""


class Own(ZMQInteractiveShell):
    """That of somebody else's notebooks."""


class Notebook:
    """The outputs of a cell, in the order in which they came."""

    def __init__(self, monkeypatch, shell=ZMQInteractiveShell):
        self.sent, self.fails = [], None
        made = types.ModuleType("IPython")
        made.get_ipython = shell
        made.display = types.ModuleType("IPython.display")
        made.display.display = self._take("display")
        made.display.update_display = self._take("update")
        monkeypatch.setitem(sys.modules, "IPython", made)
        monkeypatch.setitem(sys.modules, "IPython.display", made.display)

    def _take(self, how):
        def take(told, *, raw, display_id):
            if self.fails is not None and len(self.sent) >= self.fails:
                raise OSError("the notebook is gone")
            self.sent.append((time.monotonic(), how, display_id, told, raw))

        return take

    @property
    def scripts(self):
        kind = "application/javascript"
        return [(when, told[kind]) for when, _, _, told, raw in self.sent if raw and kind in told]

    @property
    def texts(self):
        found = []
        for _, script in self.scripts:
            listed = re.search(r"lamport: (\[.*\]), number", script)[1]
            found += json.loads(listed)
        return found


class Told:
    """A follower that has something new each time."""

    def __init__(self, *batches, error=None):
        self.batches, self.error, self.polled = list(batches), error, 0

    def poll(self):
        self.polled += 1
        if self.error and self.polled > 2:
            raise self.error
        return self.batches.pop(0) if self.batches else []


def more(size=0, number=0):
    return json.dumps({"type": "more", "number": number, "filled": "x" * size})


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "run"


def run(place, **options):
    return lamport.run_local(2, 0.6, rates=[20, 30], seed=1, log_dir=place, live=True, **options)


def test_without_a_notebook_it_says_what_to_do(place):
    with pytest.raises(ValueError, match=r"this is none: take `lamport run --live` in a shell"):
        run(place)
    with pytest.raises(ValueError, match="live=1"):
        lamport.run_local(1, 0.1, live=1)
    assert not place.exists()


@pytest.mark.parametrize("shell", [ZMQInteractiveShell, Own])
def test_a_frame_updates_and_the_page_in_its_place(place, monkeypatch, shell, capsys):
    seen = Notebook(monkeypatch, shell)
    begin = '{"type":"begin","title":' + json.dumps(HOSTILE) + "}"
    told = Told([begin, more(number=1)], [more(number=2)], [more(number=3)])
    monkeypatch.setattr(lamport._drive.local, "follower", lambda _: told)
    made = run(place)
    assert capsys.readouterr().err == ""  # no bar beside it
    first, last = seen.sent[0], seen.sent[-1]
    assert first[1] == "display"
    assert 'sandbox="allow-scripts allow-downloads"' in first[3]["text/html"]
    assert last[2] == first[2]
    assert isinstance(last[3], lamport.View)
    assert seen.sent[-2][2] == seen.sent[1][2] != first[2]
    assert seen.sent[-2][3] == {"text/plain": ""}
    when = [each for each, _ in seen.scripts]
    assert all(b - a >= 0.2 for a, b in pairwise(when))
    told = [json.loads(text) for text in seen.texts]
    numbers = [each["number"] for each in told if each["type"] == "more"]
    assert numbers == [1, 2, 3][: len(numbers)] != []
    # Every update has what is needed to begin with it.
    assert sum(each["type"] == "begin" for each in told) >= len(numbers)
    assert told[0]["title"] == HOSTILE
    for _, script in seen.scripts:
        code = re.sub(r"=>|&&", "", script.split("lamport: [")[1].split("], number")[0])
        assert not set("<>&\u2028") & set(code)
    assert "live" not in json.loads((place / "run.json").read_text())
    assert len(made.events) > 10


def test_updates_are_bounded_and_in_order(place, monkeypatch):
    seen = Notebook(monkeypatch)
    cell = Cell(lambda _: told)
    sizes = [190_000, 60_000, 10, 199_000, 20]
    told = Told([more(size, number) for number, size in enumerate(sizes)])
    end = time.monotonic() + 30
    while len(seen.texts) < len(sizes) and time.monotonic() < end:
        cell.look(Path("run"))
        time.sleep(0.01)
    assert [json.loads(text)["number"] for text in seen.texts] == list(range(len(sizes)))
    assert max(len(script) for _, script in seen.scripts) < LARGEST + 2000
    spent = seen.scripts[-1][0] - seen.scripts[0][0]
    assert sum(len(script) for _, script in seen.scripts[:-1]) / spent <= notebook.FLOW * 1.05


def test_what_is_too_much_to_be_shown_is_not_kept(monkeypatch):
    Notebook(monkeypatch)
    cell = Cell(lambda _: Told())
    for number in range(100):
        cell._gather([more(100_000, number)])
    assert sum(map(len, cell._waiting)) <= WAITING
    assert json.loads(cell._waiting[-1])["number"] == 99


def test_a_directory_whose_name_is_no_text_leaves_a_notebook_that_can_be_saved(monkeypatch):
    seen = Notebook(monkeypatch)
    Cell(lambda _: Told()).look(Path("m\udcff"))
    first = seen.sent[0][3]
    assert first["text/plain"].encode() == rb"<m\udcff, live>"
    assert rb"m\udcff" in first["text/html"].encode()


def test_silence_is_told_each_second(monkeypatch):
    seen = Notebook(monkeypatch)
    cell = Cell(lambda _: Told())
    now = [0.0]
    monkeypatch.setattr(notebook.time, "monotonic", lambda: now[0])
    for step in range(100):
        now[0] = 10 + step * 0.05
        cell.look(Path("run"))
    assert 4 <= len(seen.scripts) <= 6
    assert seen.texts == []


@pytest.mark.parametrize("fails", [0, 2])
def test_a_display_that_fails_changes_nothing_of_the_run(place, monkeypatch, fails):
    seen = Notebook(monkeypatch)
    seen.fails = fails
    monkeypatch.setattr(lamport._drive.local, "follower", lambda _: Told([more()], [more()], [more()]))
    with pytest.warns(lamport.LamportWarning, match="goes on, but is not shown any more: OSError") as caught:
        made = run(place)
    assert len(caught) == 1
    assert not made.interrupted
    assert made.verify().ok


def test_a_follower_that_fails_changes_nothing_of_the_run(place, monkeypatch):
    Notebook(monkeypatch)
    told = Told(error=RuntimeError("no such log"))
    monkeypatch.setattr(lamport._drive.local, "follower", lambda _: told)
    with pytest.warns(lamport.LamportWarning, match="not shown any more: RuntimeError: no such log"):
        made = run(place)
    assert made.verify().ok


def test_where_warnings_are_errors_the_run_goes_on(place, monkeypatch):
    Notebook(monkeypatch)
    told = Told(error=RuntimeError("no such log"))
    monkeypatch.setattr(lamport._drive.local, "follower", lambda _: told)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = run(place)
    assert told.polled == 3
    assert not made.interrupted
    assert made.verify().ok


@pytest.mark.parametrize("sign", ["x", "\u00e9"])
def test_a_text_as_large_as_an_update_is_sent_beside_what_each_begins_with(monkeypatch, sign):
    seen = Notebook(monkeypatch)
    begin = '{"type":"begin","filled":"' + "x" * 19_000 + '"}'
    large = json.dumps({"type": "more", "filled": sign * 190_000}, ensure_ascii=False)
    told = Told([begin], [large], [more(number=7)])
    now = [0.0]
    monkeypatch.setattr(notebook.time, "monotonic", lambda: now[0])
    cell = Cell(lambda _: told)
    for _ in range(10):
        now[0] += 10
        cell.look(Path("run"))
    assert [text for text in seen.texts if text != begin] == [large, more(number=7)]


def test_a_run_that_fails_leaves_words(place, monkeypatch):
    seen = Notebook(monkeypatch)
    monkeypatch.setattr(lamport._drive.local, "follower", lambda _: Told([more()]))

    def broken(elapsed, clocks, queues):
        if seen.sent:
            raise KeyError("mine")

    with warnings.catch_warnings(), pytest.raises(KeyError, match="mine"):
        run(place, progress=broken)
    assert "lamport.load(directory).view()" in seen.sent[-1][3]["text/html"]
    assert seen.sent[-2][3] == {"text/plain": ""}
