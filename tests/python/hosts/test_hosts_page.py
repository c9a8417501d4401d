"""What the page on several hosts tells people to write is what the package takes."""

import re
import sys
import types
from pathlib import Path

import pytest

import lamport
from lamport._drive.spoken import ALIVE, SILENCE
from lamport._hosts import steps
from lamport._hosts.host import as_hosts
from lamport._hosts.hosts_file import read_hosts_file

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "several-hosts.md"


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_hosts_of_the_table():
    given = [eval(text) for text in re.findall(r"^\| .* \| `(.*)` \|$", PAGE.read_text(), re.MULTILINE)]
    assert len(given) == 7
    assert [type(each) for each in given] == [str] + [list] * 6
    assert len(as_hosts(given)) == 7


def test_the_file(tmp_path):
    (text,) = blocks("toml")
    path = tmp_path / "hosts.toml"
    path.write_text(text)
    assert [host.machines for host in read_hosts_file(path)["hosts"]] == [8, None]


def test_the_calls(monkeypatch):
    """Each call takes what it is given, and looks at it, before a host is asked."""
    asked = []

    def ask(place):
        asked.append(place)
        raise lamport.LamportError("no host is asked by a test")

    monkeypatch.setattr("lamport._hosts.place.Place.open", ask)
    monkeypatch.setattr("lamport._hosts.dask_hosts.WorkerPlace.open", ask)
    workers = {"tcp://10.0.0.1:9999": {}}
    client = types.SimpleNamespace(scheduler_info=lambda **_: {"workers": workers})
    monkeypatch.setitem(sys.modules, "distributed", types.SimpleNamespace(Client=lambda _: client))
    names = {}
    for number, text in enumerate(blocks("python"), 1):
        with pytest.raises(lamport.LamportError, match="no host is asked"):
            exec(text, names)
        assert len(asked) == number
    assert [place.machines for place in asked] == [range(1, 5), range(1, 9), range(1, 4)]
    assert asked[2].host.address == "10.0.0.1"


def test_the_times():
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"A host has {steps.HELLO:.0f} s for its first word" in text
    assert f"hear of each other every {ALIVE:.0f} s; {SILENCE:.0f} s of silence" in text
