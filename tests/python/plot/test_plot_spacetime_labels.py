"""What stands beside the events of a diagram, arrowheads, and where there is room for both."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import FancyArrowPatch

import lamport
from lamport._plot.spacetime_labels import LETTERS
from lamport.algorithms import LamportMutex


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def few():
    return lamport.simulate(duration=4, rates=[1, 2, 3], seed=5, internal_probability=0.3)


@pytest.fixture(scope="module")
def many():
    return lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)


def labels(axes):
    """The labels of a diagram: the machine's place, x, the text, and how many it hides."""
    found = []
    for label in axes.texts:
        if label.get_gid() == "label":
            text, hidden = re.fullmatch(r"(.*?)(?: \+(\d+))?", label.get_text(), re.DOTALL).groups()
            found.append((label.xy[1], label.xy[0], text, int(hidden or 0)))
    return sorted(found)


def heads(axes):
    return [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]


def test_few_events_have_their_clocks_and_arrowheads_unasked(few):
    axes = few.plot_spacetime()
    expected = [
        (machine - 1, time, str(clock), 0)
        for machine, time, clock in zip(
            few.events["machine_id"], few.events["time"], few.events["new_clock"], strict=True
        )
    ]
    assert labels(axes) == sorted(expected)
    assert len(heads(axes)) == (few.messages["status"] == "received").sum() > 0


def test_many_events_have_neither(many):
    axes = many.plot_spacetime()
    assert labels(axes) == []
    assert heads(axes) == []


@pytest.mark.parametrize("kind", ["clock", "vector"])
@pytest.mark.parametrize("time", ["real", "lamport", "step"])
@pytest.mark.parametrize("window", [(10, 12), (10, 30)])
def test_the_first_wins_and_says_how_many_it_hides(many, kind, time, window):
    axes = many.plot_spacetime(*window, time=time, labels=kind)
    events = many.events[many.events["time"].between(*window, inclusive="left")]
    drawn = labels(axes)
    for lane, (_, own) in enumerate(events.groupby("machine_id")):
        mine = [label for label in drawn if label[0] == lane]
        place = 0
        for _, _, text, hidden in mine:
            event = own.iloc[place]
            name = (int(event["machine_id"]), int(event["new_clock"]))
            vector = f"({', '.join(map(str, many.causality.vector_clock(name)))})"
            assert text == {"clock": str(name[1]), "vector": vector}[kind]
            place += 1 + hidden
        assert place == len(own)
    assert_apart(axes)


def assert_apart(axes):
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts if text.get_gid() == "label"]
    lanes = [text.xy[1] for text in axes.texts if text.get_gid() == "label"]
    for place, box in enumerate(boxes):
        assert box.x1 < axes.figure.bbox.x1
        for other in range(place):
            if lanes[other] == lanes[place]:
                assert not box.overlaps(boxes[other])


@given(
    seed=st.integers(0, 2**32),
    machines=st.integers(1, 6),
    length=st.floats(0.5, 30),
    kind=st.sampled_from(["clock", "vector", None]),
    time=st.sampled_from(["real", "lamport", "step"]),
)
@settings(max_examples=25)
def test_labels_are_apart(seed, machines, length, kind, time):
    run = lamport.simulate(machines, length, rates=[4] * machines, seed=seed)
    assert_apart(run.plot_spacetime(labels=kind, time=time))
    plt.close("all")


def test_labels_stay_apart_in_a_small_axes(many):
    figure, axes = plt.subplots(figsize=(3, 2))
    many.plot_spacetime(10, 15, labels="vector", ax=axes)
    assert labels(axes)
    assert_apart(axes)
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("machines", [8, 60])
def test_vectors_of_some_machines_are_whole_and_of_many_are_cut(machines):
    run = lamport.simulate(machines, 20, seed=1)
    drawn = [label[2] for label in labels(run.plot_spacetime(10, 12, labels="vector"))]
    assert drawn
    for text in drawn:
        assert len(text) <= 48
        assert text.endswith(")" if machines == 8 else "…")
        assert text.count(",") == 7 or machines == 60


def test_a_label_stands_off_its_messages(few):
    axes = few.plot_spacetime()
    below = {label.xy for label in axes.texts if label.get_gid() == "label" and label.get_va() == "top"}
    messages = few.messages
    received = messages[messages["status"] == "received"]
    down = received[received["sender"] < received["recipient"]]
    for time, machine in zip(down["received"], down["recipient"], strict=True):
        assert (time, machine - 1) in below
    assert len(below) < len(few.events)


def test_heads_are_at_the_receipts(few):
    axes = few.plot_spacetime()
    received = few.messages[few.messages["status"] == "received"]
    ends = sorted(head._posA_posB[1].tolist() for head in heads(axes))
    recipients = (received["recipient"] - 1).astype(float)
    expected = sorted(map(list, zip(received["received"], recipients, strict=True)))
    np.testing.assert_array_equal(ends, expected)


def test_bodies_and_states_of_algorithms():
    run = lamport.simulate(3, 6, rates=[5] * 3, seed=2, algorithm=LamportMutex)
    events = run.events[run.events["time"] < 1.3]
    texts = {(lane, x): text for lane, x, text, _ in labels(run.plot_spacetime(0, 1.3, labels="body"))}
    assert texts
    states = run.states.set_index(["machine_id", "new_clock"]).index
    for (lane, x), text in texts.items():
        # A SEND that follows from an event has its time.
        step = events[(events["machine_id"] == lane + 1) & (events["time"] == x)]
        told = [
            (event.body, (event.machine_id, event.new_clock) in states)
            for event in step.itertuples()
            if event.body is not None or (event.machine_id, event.new_clock) in states
        ]
        body, has_state = told[0]
        if body is None:
            assert "=" in text
        elif not has_state:
            assert text == body.strip('"')


class Talking(lamport.Algorithm):
    """It says what is hard to draw."""

    def start(self, me):
        me.timer("now", 0.5)

    def on_timer(self, me, name):  # noqa: ARG002
        me.send(3 - me.id, {"q": "ü", "n": 12345678901234567890123})

    def on_message(self, me, sender, body):  # noqa: ARG002
        me.state(last=body["n"], held=True)


def test_values_are_read_and_cut():
    run = lamport.simulate(2, 3, rates=[5, 5], algorithm=Talking, seed=1)
    texts = {text for _, _, text, _ in labels(run.plot_spacetime(labels="body"))}
    assert '{"q": "ü", "n": 1234567…' in texts
    assert all(len(text) <= LETTERS for text in texts)


def foreign(bodies):
    return lamport.from_events(
        {
            "time": [1.0, 2.0, 3.0, 4.0],
            "machine_id": ["alice", "bob $x$", "alice", "_c"],
            "event": ["SEND", "RECEIVE", "SEND", "INTERNAL"],
            "new_clock": [1, 2, 2, 1],
            "sender": [None, "alice", None, None],
            "sent_clock": [None, 1, None, None],
            "body": bodies,
        }
    )


@pytest.mark.parametrize("time", ["real", "lamport", "step"])
def test_texts_of_others_are_drawn_as_they_stand(time):
    run = foreign(["a $\\frac$ \n <b>", "x" * 10**6, None, "_d"])
    axes = run.plot_spacetime(time=time, labels="body")
    axes.figure.canvas.draw()
    texts = [text.replace("\\$", "$").strip() for _, _, text, _ in labels(axes)]
    assert sorted(texts) == ["_d", "a $\\frac$ \\n <b>", "x" * (LETTERS - 1) + "…"]


def test_what_there_is_not_is_said(few):
    (note,) = (text.get_text() for text in few.plot_spacetime(labels="body").texts)
    assert "there are no bodies or states here" in note
    table = {
        "machine_id": [1, 3, 2],
        "event": ["SEND", "SEND", "RECEIVE"],
        "new_clock": [1, 1, 2],
    }
    axes = lamport.from_events(table).plot_spacetime(labels="vector")
    assert any("vectors count what is certain" in text.get_text() for text in axes.texts)
    with pytest.raises(
        ValueError, match="labels='clocks' is not known: it is one of 'clock', 'vector', 'body'"
    ):
        few.plot_spacetime(labels="clocks")
    with pytest.raises(ValueError, match="labels=True is not known"):
        few.plot_spacetime(labels=True)


def test_runs_without_times_and_of_one_event():
    table = {"machine_id": [1, 2], "event": ["SEND", "RECEIVE"], "new_clock": [1, 2]}
    run = lamport.from_events(table | {"sender": [None, 1], "sent_clock": [None, 1]})
    assert [label[2] for label in labels(run.plot_spacetime(labels="vector"))] == ["(1, 0)", "(1, 1)"]
    one = lamport.from_events({"machine_id": [7], "event": ["INTERNAL"], "new_clock": [5]})
    for time in ("real", "lamport", "step"):
        axes = one.plot_spacetime(time=time, labels="clock", cut={7: 5})
        assert [label[2] for label in labels(axes)] == ["5"]
        axes.figure.canvas.draw()
