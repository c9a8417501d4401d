"""`docs/how-to/check-your-clock.md` runs, block by block, and so do clocks of packages, which are right."""

import contextlib
import io
import re
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import lamport

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "check-your-clock.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|text)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
OF_PACKAGES = ["OfVectorclock", "OfTibet", "OfHlcpy", "OfPyitc"]


@pytest.fixture(scope="module")
def said():
    """What the blocks define, and by block what it prints."""
    known, printed = {"__name__": "page"}, []
    real = lamport.check_clock
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lamport, "check_clock", lambda make, runs=200, **more: real(make, runs, **more))
        for kind, text in BLOCKS:
            if kind == "python":
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(text, known)
                printed.append(out.getvalue())
    plt.close("all")
    return known, printed


def test_the_page_runs(said):
    known, printed = said
    assert [text for text in printed if text]
    assert set(OF_PACKAGES) <= set(known)


def test_what_is_printed_stands_below():
    told = {}
    for (kind, text), (below, shown) in pairwise(BLOCKS):
        if (kind, below) == ("python", "text"):
            told[text] = shown
    assert len(told) == 1
    known = {}
    exec(BLOCKS[0][1] + BLOCKS[1][1], known)
    for text, shown in told.items():
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(text, known)
        assert out.getvalue() == shown


@pytest.mark.parametrize("name", OF_PACKAGES)
def test_clocks_of_packages_are_right(said, name):
    clock = said[0][name]
    is_complete = name != "OfHlcpy"
    assert lamport.check_clock(clock, 100, seed=1, complete=is_complete)
    report = lamport.check_clock(clock, 100, seed=2, fifo=False, complete=is_complete)
    assert report, str(report)
    assert report.complete is is_complete


@pytest.mark.parametrize("name", OF_PACKAGES)
def test_each_is_told_in_few_lines(name):
    block = next(text for _, text in BLOCKS if f"class {name}:" in text)
    body = block[block.index("class") :].split("\n\nassert")[0].splitlines()
    assert 5 <= len(body[1:]) <= 11


@pytest.mark.parametrize("name", OF_PACKAGES)
def test_a_mistake_in_such_a_class_is_found(said, name):
    """That they pass is not because nothing is looked at."""
    right = said[0][name]

    class Deaf(right):
        def receive(self, stamp):
            return super().tick()

    report = lamport.check_clock(Deaf, 200)
    assert report.faults == ("sound",)
    assert len(report.counterexamples["sound"].steps) == 2
