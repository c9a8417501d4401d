"""The command ``lamport view``, and ``--view`` of commands that make a run."""

import webbrowser
from contextlib import suppress
from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import lamport
from lamport._cli import picture, view
from lamport._cli.commands import main
from lamport._plot.spacetime_labels import LABELS
from lamport._plot.spacetime_layout import TIMES
from lamport.algorithms import LamportMutex


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    home = tmp_path_factory.mktemp("small") / "logs"
    lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978, log_dir=home)
    return str(home)


def test_words_are_those_of_the_library():
    assert picture.AXES == TIMES
    assert picture.LABELS == LABELS


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
    assert main(["view", logs, "-o", str(path), *words]) == 0
    assert path.read_bytes().startswith(begin)
    assert capsys.readouterr().out == f"wrote {path}\n"
    assert plt.get_fignums() == []


def test_a_picture_is_the_same_again_and_another_by_another_axis(logs, tmp_path):
    drawn = []
    for words in ([], [], ["--time", "step"]):
        path = tmp_path / f"{len(drawn)}.png"
        assert main(["view", logs, "-o", str(path), "--stop", "5", *words]) == 0
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1] != drawn[2]


def test_machines_by_name(tmp_path):
    rows = ["machine,event,clock,sender,sent_clock", "7,SEND,1,,", "bob=x,RECEIVE,2,7,1"]
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    wanted = product(("a.png", "a.html"), (["--highlight", "bob=x=2"], ["--cut", "7=1,bob=x=2"]))
    for made, words in wanted:
        argv = ["view", str(tmp_path / "a.csv"), "-o", str(tmp_path / made), "--overwrite", *words]
        assert main(argv) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "a.jpg"], "--output a.jpg: its ending is not one of html, png, svg, pdf"),
        (
            ["-o", "-"],
            "--output -: its ending is not one of html, png, svg, pdf: give a file such as run.html",
        ),
        (
            ["-o", "a.html", "--labels", "clock"],
            "--labels clock goes with a picture: give --output FILE with",
        ),
        (["-o", "a.html", "--time", "step"], "--time step goes with a picture: give --output FILE with .png"),
        (["-o", "a.png", "--no-texts"], "--no-texts goes with a page: give --output FILE with .html"),
        (["-o", "a.html", "--highlight", "9=1"], "machine 9 is not in this run: its machines are 1, 2, 3"),
        (["-o", "a.html", "--highlight", "1=9999"], "machine 1 has no event that set its clock to 9999"),
        (["-o", "a.html", "--start", "100"], "no event from --start=100"),
        (["-o", "a.html", "--start", "5", "--stop", "4"], "start must be below"),
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
        assert main(["view", logs, *words]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_that_of_the_library(logs, tmp_path, capsys):
    path = tmp_path / "made" / "run.HTML"
    words = ["--start", "10", "--stop", "14", "--highlight", "2=66", "--cut", "1=44,2=66", "--no-texts"]
    assert main(["view", logs, "-o", str(path), *words]) == 0
    page = lamport.load(logs).view(10, 14, highlight=(2, 66), cut={1: 44, 2: 66}, texts=False)
    assert path.read_text(encoding="utf-8") == page.html
    assert capsys.readouterr().out == f"wrote {path}\n"


def test_texts_are_left_out(tmp_path):
    home, pages = tmp_path / "a", []
    lamport.simulate(3, 2, algorithm=LamportMutex, rates=10, seed=1, log_dir=home)
    for texts in (True, False):
        path = tmp_path / f"{texts}.html"
        assert main(["view", str(home), "-o", str(path), *([] if texts else ["--no-texts"])]) == 0
        assert path.read_text(encoding="utf-8") == lamport.load(home).view(texts=texts).html
        pages.append(path.stat().st_size)
    assert pages[0] > pages[1]


@pytest.mark.parametrize("ending", ["html", "png"])
def test_what_is_there_is_kept(logs, tmp_path, capsys, ending):
    path = tmp_path / f"a.{ending}"
    path.write_text("kept")
    assert main(["view", logs, "-o", str(path)]) == 1
    assert f"--output {path} exists: give another file, or --overwrite\n" in capsys.readouterr().err
    assert path.read_text() == "kept"
    assert main(["view", logs, "-o", str(path), "--overwrite"]) == 0
    assert path.stat().st_size > 10_000


def test_no_log_is_overwritten(tmp_path, capsys):
    log = tmp_path / "a.html"
    log.write_text("machine,event,clock\n7,INTERNAL,1\n")
    assert main(["view", str(log), "--format", "csv", "-o", str(log), "--overwrite"]) == 2
    assert f"--output {log} is one of the logs: give another file" in capsys.readouterr().err
    assert log.read_text().startswith("machine,")


def test_places_that_cannot_be(logs, tmp_path, capsys):
    (tmp_path / "home.html").mkdir()
    (tmp_path / "file").write_text("")
    for place, told in (
        ("home.html", ": it is a directory: give a file in it"),
        ("file/a.html", f": {tmp_path}/file: it is a file, not a directory"),
    ):
        assert main(["view", logs, "-o", str(tmp_path / place), "--overwrite"]) == 1
        assert f"--output {tmp_path}/{place}{told}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a b#c%41?.html", "nöl\n.html", "\udcff.html", "-a.html"])
def test_the_file_is_opened(logs, tmp_path, monkeypatch, capsys, name):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda place: opened.append(place) or True)
    monkeypatch.chdir(tmp_path)
    assert main(["view", logs, f"--output={name}", "--open"]) == 0
    place = (tmp_path / name).as_uri()
    assert opened == [place]
    assert place in capsys.readouterr().out.splitlines()[-1]
    assert not {"#", "?", " ", "\n"} & set(place)


def test_no_browser(logs, tmp_path, monkeypatch, capsys):
    def fail(_):
        raise webbrowser.Error("could not locate runnable browser")

    for opening in (lambda _: False, fail):
        monkeypatch.setattr(webbrowser, "open", opening)
        assert main(["view", logs, "-o", str(tmp_path / "a.html"), "--open", "--overwrite"]) == 0
        said = capsys.readouterr().out.splitlines()[-1]
        assert said == f"no browser was opened: it is at {(tmp_path / 'a.html').as_uri()}"


def test_beside_a_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    quick = ["--no-progress", "--no-report", "--view"]
    assert main(["run", "--duration", "0.2", "--rates", "20,40", "--log-dir", "a", *quick]) == 0
    assert main(["simulate", "--duration", "3", "--seed", "1", "--log-dir", "b", *quick]) == 0
    assert main(["rerun", "b", "--log-dir", "c", *quick]) == 0
    written = [line for line in capsys.readouterr().out.splitlines() if line.startswith("wrote")]
    assert written == [f"wrote {home}/run.html" for home in "abc"]
    for home in "abc":
        assert Path(home, "run.html").read_text(encoding="utf-8") == lamport.load(home).view().html


def test_several_runs_have_a_page_each(tmp_path):
    home = tmp_path / "a"
    words = ["--duration", "0.2", "--rates", "20,40", "--repeat", "2", "--view", "--no-progress"]
    assert main(["run", *words, "--no-report", "--log-dir", str(home)]) == 0
    assert sorted(home.rglob("*.html")) == [home / "run_1" / "run.html", home / "run_2" / "run.html"]


def test_a_page_without_a_place_is_said_before_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a").mkdir()
    Path("a/run.html").write_text("kept")
    lamport.simulate(duration=3, seed=1, log_dir="b")
    for command in ("run", "simulate --duration 3", "rerun b"):
        assert main([*command.split(), "--log-dir", "a", "--view"]) == 1
        assert "a/run.html exists: give another --log-dir" in capsys.readouterr().err
    for command in ("simulate --duration 3", "simulate --duration 3 --log-dir c --no-record"):
        assert main([*command.split(), "--view"]) == 2
        assert "--view goes with --log-dir and without --no-record" in capsys.readouterr().err
    assert main(["rerun", "b", "--no-record", "--view"]) == 2
    assert "--view: with --no-record there are no events" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert Path("a/run.html").read_text() == "kept"


def test_long_pages_are_announced(logs, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(view, "MANY", 10)
    assert main(["view", logs, "-o", str(tmp_path / "a.html")]) == 0
    assert "making a page of 600 events" in capsys.readouterr().err
