"""Where rules are broken, pages mark the events themselves, also where a clock is that of several."""

import numpy as np
import pytest
from browser import CHROMIUM, Browser

import lamport
from lamport._view.data import _placed
from lamport._view.lanes import lanes
from lamport._view.view import _judged


def wrong(**where):
    return lamport.simulate(4, 20, seed=4, stamp="before", receive="max(clock, T)", **where)


def steps_of(run):
    """The rows of receipts whose clock is not max(clock, T) + 1, as the tables tell them."""
    taken = run.events[run.events.event == "RECEIVE"]
    return set(taken.index[taken.new_clock <= taken[["old_clock", "sent_clock"]].max(axis=1)])


def marked(run, **window):
    """The rows of the events that a page marks for `step`."""
    whole = lanes(run, window.get("start", -np.inf), window.get("stop", np.inf))
    placed = _placed(whole, _judged(run)["violations"])
    return {int(whole.rows[each[-1]]) for each in placed if each[2] == "step" and each[-1] >= 0}


@pytest.mark.parametrize("logged", [False, True])
def test_each_event_that_breaks_a_rule_is_marked(tmp_path, logged):
    run = wrong(log_dir=tmp_path / "logs") if logged else wrong()
    if logged:
        run = lamport.load(tmp_path / "logs")
    expected = steps_of(run)
    clocks = run.events.loc[sorted(expected), ["machine_id", "new_clock"]]
    assert clocks.duplicated().any()  # else a clock would do
    assert marked(run) == expected


def test_of_a_table_in_another_order_the_rows_are_found():
    events = wrong().events.sample(frac=1, random_state=1)
    run = lamport.from_events(events)
    assert marked(run) == steps_of(run)


def test_a_part_marks_its_own():
    run = wrong()
    times = run.events.time
    inside = {row for row in steps_of(run) if 5 <= times[row] < 12}
    assert marked(run, start=5, stop=12) == inside


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


def test_a_step_through_violations_says_each_with_its_event(browser, tmp_path):
    page = browser.open(lamport.simulate(3, 5, seed=1).view().save(tmp_path / "fine.html"))
    page.ask("document.getElementById('drawing').focus()")
    page.key("n")
    assert page.text("said") == "No violations are marked here."
    page = browser.open(wrong().view().save(tmp_path / "wrong.html"))
    page.ask("document.getElementById('drawing').focus()")
    page.key("n")
    rule = "step: expected new_clock 2, max(0, 1) + 1, found new_clock 1"
    assert page.text("said").startswith(f"violation 1 of 203: {rule}. machine 1: RECEIVE, clock 1,")
    page.key("p")  # the last is of no event: none is chosen
    assert page.text("said").startswith("violation 203 of 203: conservation")
    page.key("Enter")
    assert page.text("said").startswith("violation 203 of 203: conservation")
    page.ask("document.getElementById('violations').click()")
    page.settle()
    assert "diagnosis: messages carry the clock from before the tick of their SEND" in page.text("panel")
