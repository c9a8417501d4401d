"""The command ``lamport spacetime``."""

from contextlib import suppress

import matplotlib.pyplot as plt
import pytest

import lamport
from lamport._cli import spacetime
from lamport._cli.commands import main
from lamport._plot.spacetime_labels import LABELS
from lamport._plot.spacetime_layout import TIMES


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    home = tmp_path_factory.mktemp("small") / "logs"
    lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978, log_dir=home)
    return str(home)


def test_words_are_those_of_the_library():
    assert spacetime.AXES == TIMES
    assert spacetime.LABELS == LABELS


@pytest.mark.parametrize(
    ("ending", "begin"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
def test_pictures(logs, tmp_path, capsys, ending, begin):
    path = tmp_path / "made" / f"here.{ending}"
    words = [
        "--start",
        "10",
        "--stop",
        "14",
        "--highlight",
        "2=66",
        "--cut",
        "1=44,2=66",
        "--labels",
        "vector",
    ]
    assert main(["spacetime", logs, "-o", str(path), *words]) == 0
    assert path.read_bytes().startswith(begin)
    assert capsys.readouterr().out == f"wrote {path}\n"
    assert plt.get_fignums() == []


def test_a_picture_is_the_same_again(logs, tmp_path):
    paths = [tmp_path / f"{name}.png" for name in "ab"]
    for path in paths:
        assert main(["spacetime", logs, "-o", str(path), "--stop", "5"]) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_machines_by_name(tmp_path):
    rows = ["machine,event,clock,sender,sent_clock", "7,SEND,1,,", "bob=x,RECEIVE,2,7,1"]
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    for words in (["--highlight", "bob=x=2"], ["--cut", "7=1,bob=x=2"]):
        assert main(["spacetime", str(tmp_path / "a.csv"), "-o", str(tmp_path / "a.png"), *words]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "a.jpg"], "--output a.jpg: its ending is not one of png, svg, pdf"),
        (["-o", "a.png", "--cut", "1=44,1=45"], "names a machine twice"),
        (["-o", "a.png", "--cut", "1=x"], "'1=x' is no event: give MACHINE=CLOCK, as in 2=88"),
        (["-o", "a.png", "--cut", "9=1"], "there is no machine 9"),
        (["-o", "a.png", "--highlight", "bob=1"], "there is no machine 'bob'"),
        (["-o", "a.png", "--start", "100"], "no event from --start=100"),
        (["-o", "a.png", "--start", "5", "--stop", "4"], "start must be below"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(logs, tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    with suppress(SystemExit):  # of words that cannot be read at all
        assert main(["spacetime", logs, *words]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
