"""Cuts through diagrams."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from all_cuts import standing_clocks
from hypothesis import given, settings
from hypothesis import strategies as st

import lamport
from lamport._runs.answer import CutPath

RUN = lamport.simulate(duration=12, rates=[1, 3, 6], internal_probability=0.6, seed=1978)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def entries(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def line(axes):
    (found,) = (line for line in axes.lines if line.get_gid() == "cut")
    return found.get_xdata(), found.get_ydata()


@given(
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    time=st.sampled_from(["real", "lamport", "step"]),
    window=st.sampled_from([(None, None), (3, 9)]),
)
@settings(max_examples=25)
def test_the_line_is_between_what_is_in_the_cut_and_what_is_not(ends, time, window):
    events = RUN.events
    cut = {}
    for machine, end in zip((1, 2, 3), ends, strict=True):
        clocks = events["new_clock"][events["machine_id"] == machine].tolist()
        if (count := round(end * len(clocks))) > 0:
            cut[machine] = clocks[count - 1]
    axes = RUN.plot_spacetime(*window, time=time, cut=cut)
    x, y = line(axes)
    np.testing.assert_array_equal(y[1:-1], [0, 1, 2])
    low, high = axes.get_xlim()
    assert ((x >= low) & (x <= high)).all()
    shown = events if window == (None, None) else events[events["time"].between(*window, inclusive="left")]
    steps = shown[["new_clock", "machine_id"]].apply(tuple, axis=1).rank() - 1
    places = {"real": shown["time"], "lamport": shown["new_clock"], "step": steps}[time]
    for machine in (1, 2, 3):
        own = (shown["machine_id"] == machine).to_numpy()
        inside = shown["new_clock"].to_numpy() <= cut.get(machine, 0)
        assert (places[own & inside] < x[machine]).all()
        assert (places[own & ~inside] > x[machine]).all()
    verdict = RUN.causality.cut_is_consistent(cut)
    assert {True: "cut: consistent", False: "cut: not consistent"}[verdict] in entries(axes)
    back = [each for each in axes.collections if each.get_gid() == "after the cut"]
    assert bool(back) == ("message from after the cut" in entries(axes))
    if window == (None, None):
        assert bool(back) != verdict
        messages = RUN.messages[RUN.messages["status"] == "received"]
        broken = (messages["sent_clock"] > messages["sender"].map(cut).fillna(0)) & (
            messages["received_clock"] <= messages["recipient"].map(cut).fillna(0)
        )
        assert sum(len(each.get_segments()) for each in back) == broken.sum()
    plt.close("all")


def test_a_cut_that_the_logs_leave_open():
    table = {"machine_id": [1, 3, 2], "event": ["SEND", "SEND", "RECEIVE"], "new_clock": [1, 1, 2]}
    axes = lamport.from_events(table).plot_spacetime(cut={2: 2, 1: 1})
    assert "cut: consistent or not: the logs leave it open" in entries(axes)


def test_machines_are_named():
    table = {
        "machine_id": ["alice", "bob"],
        "event": ["SEND", "RECEIVE"],
        "new_clock": [1, 2],
        "sender": [None, "alice"],
        "sent_clock": [None, 1],
    }
    run = lamport.from_events(table)
    assert "cut: not consistent" in entries(run.plot_spacetime(cut={"bob": 2}))
    assert "cut: consistent" in entries(run.plot_spacetime(cut={"alice": 1, "bob": 0}))
    with pytest.raises(ValueError, match="there is no machine 'bab'"):
        run.plot_spacetime(cut={"bab": 2})


def test_an_answer_is_the_cut_that_it_has():
    early = RUN.events[RUN.events["time"] < 6].groupby("machine_id")["new_clock"].max().to_dict()
    cut = lamport.Answer(True, early, None, 3)
    axes = RUN.plot_spacetime(cut=cut)
    assert "cut: consistent" in entries(axes)
    np.testing.assert_array_equal(line(axes), line(RUN.plot_spacetime(cut=early)))
    with pytest.raises(ValueError, match="has no cut"):
        RUN.plot_spacetime(cut=lamport.Answer(False, None, None, 3))


@pytest.mark.parametrize("length", [1, 5, 12, 60])
def test_of_a_path_some_cuts_are_drawn_in_their_order(length):
    path = [{1: 0, 2: 0, 3: 0}]
    for machine, clock in zip(RUN.events["machine_id"], RUN.events["new_clock"], strict=True):
        path.append({**path[-1], machine: clock})
    axes = RUN.plot_spacetime(cut=lamport.Answer(False, None, path[:length], 3))
    drawn = [each for each in axes.lines if each.get_gid() == "path"]
    assert len(drawn) == min(length, 12)
    x = np.array([each.get_xdata() for each in drawn])
    assert (np.diff(x, axis=0) >= 0).all()
    assert len({each.get_color() for each in drawn}) == len(drawn)
    assert f"{len(drawn)} of {length} cuts of the path, its first" in entries(axes)
    np.testing.assert_array_equal(x[-1], line(RUN.plot_spacetime(cut=path[length - 1]))[0])


def test_of_a_path_no_other_cuts_are_made(monkeypatch):
    never = RUN.causality.definitely(lambda *_: False, stop=3)
    made = []
    one = CutPath.counts_at
    monkeypatch.setattr(CutPath, "counts", None)
    monkeypatch.setattr(CutPath, "counts_at", lambda path, place: made.append(place) or one(path, place))
    axes = RUN.plot_spacetime(cut=never)
    assert len([each for each in axes.lines if each.get_gid() == "path"]) == len(set(made)) == 12


def test_clocks_that_stand_still():
    run, machine, receipt, cut = standing_clocks()
    x, _ = line(run.plot_spacetime(cut=cut))
    times = run.events["time"][run.events["machine_id"] == machine]
    assert times[times.index < receipt].iloc[-1] < x[machine] < times[receipt]
    path = run.causality.definitely(lambda *_: False)
    axes = run.plot_spacetime(cut=path)
    drawn = np.array([each.get_xdata() for each in axes.lines if each.get_gid() == "path"])
    assert (np.diff(drawn, axis=0) >= 0).all()
    assert (np.diff(drawn, axis=0)[:, 1:-1] > 0).any(axis=1).all()


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ({1: 10_000}, "machine 1 has no event with clock 10000"),
        ({9: 1}, "machine 9"),
        ([(1, 2)], "cut="),
        ({1: 2.5}, "the form is"),
    ],
)
def test_errors(cut, message):
    with pytest.raises(ValueError, match=message):
        RUN.plot_spacetime(cut=cut)
    assert not plt.get_fignums()
