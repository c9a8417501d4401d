"""Space-time diagrams: what is drawn is what happened."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba

import lamport
from lamport._plot.spacetime import LINE, SHADES, THIN
from lamport._plot.spacetime_layout import MOST_EVENTS, MOST_MACHINES, MOST_MESSAGES

TIMES = ("real", "lamport", "step")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def small():
    """Three machines for twelve seconds; machine 1 has a queue and leaves messages unread."""
    return lamport.simulate(duration=12, rates=[1, 3, 6], internal_probability=0.6, seed=1978)


def artists(ax):
    return {artist.get_gid(): artist for artist in ax.collections}


def segments(ax, name):
    found = artists(ax).get(name)
    return np.empty((0, 2, 2)) if found is None else np.array(found.get_segments()).reshape(-1, 2, 2)


def marks(ax):
    """All events drawn: x, y and colour, sorted."""
    kinds = [artists(ax)[kind] for kind in ("SEND", "RECEIVE", "INTERNAL") if kind in artists(ax)]
    places = np.concatenate([kind.get_offsets() for kind in kinds])
    colors = np.concatenate(
        [np.broadcast_to(kind.get_edgecolors(), (len(kind.get_offsets()), 4)) for kind in kinds]
    )
    order = np.lexsort(places.T)
    return places[order], colors[order]


def reach(run, event, *, back):
    """The rows of what an event can have been caused by, or can have caused, by walking along arrows."""
    events, messages = run.events, run.messages
    rows = {key: row for row, key in enumerate(zip(events["machine_id"], events["new_clock"], strict=True))}
    arrows = {}
    last = {}
    for key in rows:
        if key[0] in last:
            arrows.setdefault(key if back else last[key[0]], []).append(last[key[0]] if back else key)
        last[key[0]] = key
    received = messages[messages["status"] == "received"]
    columns = ("sender", "sent_clock", "recipient", "received_clock")
    for one, clock, other, later in zip(*(received[name] for name in columns), strict=True):
        ends = [(one, clock), (int(other), int(later))]
        arrows.setdefault(ends[back], []).append(ends[not back])
    found, ahead = set(), list(arrows.get(event, []))
    while ahead:
        key = ahead.pop()
        if key not in found:
            found.add(key)
            ahead += arrows.get(key, [])
    return np.array([key in found for key in rows])


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("window", [(None, None), (3, 7), (None, 5.5), (6, None)])
def test_every_event_and_message_of_the_window_once(small, time, window):
    ax = small.plot_spacetime(*window, time=time)
    low = -np.inf if window[0] is None else window[0]
    high = np.inf if window[1] is None else window[1]
    events, messages = small.events, small.messages
    inside = events[(events["time"] >= low) & (events["time"] < high)]
    for kind in ("SEND", "RECEIVE", "INTERNAL"):
        assert len(artists(ax)[kind].get_offsets()) == (inside["event"] == kind).sum()
    touching = messages[
        ((messages["sent"] >= low) & (messages["sent"] < high))
        | ((messages["received"] >= low) & (messages["received"] < high))
    ]
    received = touching["status"] == "received"
    assert len(segments(ax, "message")) == received.sum() > 0
    assert len(segments(ax, "never received")) == (~received).sum()


def test_messages_go_from_send_to_receipt(small):
    messages = small.messages
    for time, ends in (("real", ["sent", "received"]), ("lamport", ["sent_clock", "received_clock"])):
        ax = small.plot_spacetime(time=time)
        received = messages[messages["status"] == "received"]
        drawn = segments(ax, "message").reshape(-1, 4)
        expected = np.column_stack([received[ends[0]], received["sender"] - 1, received[ends[1]]])
        expected = np.column_stack([expected, received["recipient"] - 1])
        np.testing.assert_array_equal(drawn[np.lexsort(drawn.T)], expected[np.lexsort(expected.T)])


def test_a_message_never_received_goes_to_its_arrival_or_nowhere(small):
    waiting = small.messages[small.messages["status"] != "received"]
    assert len(waiting) > 1
    ax = small.plot_spacetime()
    drawn = segments(ax, "never received").reshape(-1, 4)
    expected = waiting.assign(sender=waiting["sender"] - 1, recipient=waiting["recipient"] - 1)
    expected = expected[["sent", "sender", "arrived", "recipient"]].to_numpy(dtype=np.float64)
    arrived = ~np.isnan(expected[:, 2])
    np.testing.assert_array_equal(drawn[arrived], expected[arrived])
    np.testing.assert_array_equal(artists(ax)["ends"].get_offsets(), drawn[:, 2:])
    assert artists(ax)["never received"].get_linestyles() != artists(ax)["message"].get_linestyles()
    for time in ("lamport", "step"):
        stubs = segments(small.plot_spacetime(time=time), "never received")
        across = stubs[:, 1, 1] - stubs[:, 0, 1]
        assert (np.abs(across) < 0.5).all()
        np.testing.assert_array_equal(np.sign(across), np.sign(expected[:, 3] - expected[:, 1]))


@given(
    seed=st.integers(0, 2**32),
    machines=st.integers(1, 6),
    internal=st.floats(0, 0.9),
    time=st.sampled_from(TIMES),
)
@settings(max_examples=25)
def test_time_never_runs_back_along_a_line_or_a_message(seed, machines, internal, time):
    run = lamport.simulate(machines, 5, internal_probability=internal, seed=seed)
    ax = run.plot_spacetime(time=time)
    for name in ("message", "never received", "machines"):
        drawn = segments(ax, name)
        assert (drawn[:, 0, 0] <= drawn[:, 1, 0]).all()
    places, _ = marks(ax)
    assert len(places) == len(np.unique(places, axis=0)) == len(run.events)
    if time == "step":
        order = run.events.sort_values(["new_clock", "machine_id"])["machine_id"] - 1
        np.testing.assert_array_equal(places[np.argsort(places[:, 0]), 1], order)
    plt.close("all")


@pytest.mark.parametrize("time", TIMES)
def test_thickness_is_the_queue_after_the_last_event(small, time):
    ax = small.plot_spacetime(2, 11, time=time)
    lines = artists(ax)["machines"]
    drawn, width = segments(ax, "machines"), lines.get_linewidths()
    assert (drawn[:, 0, 1] == drawn[:, 1, 1]).all()
    events = small.events
    events = events[(events["time"] >= 2) & (events["time"] < 11)]
    events = events.assign(step=events[["new_clock", "machine_id"]].apply(tuple, axis=1).rank() - 1)
    column = {"real": "time", "lamport": "new_clock", "step": "step"}[time]
    received = events["event"] == "RECEIVE"
    queue = events["queue_len"].where(received, 0)
    lengths = dict(zip(zip(events[column], events["machine_id"] - 1, strict=True), queue, strict=True))
    known = [lengths[tuple(begin)] for begin in drawn[:, 0] if tuple(begin) in lengths]
    drawn_width = [w for begin, w in zip(drawn[:, 0], width, strict=True) if tuple(begin) in lengths]
    each = (max(width) - THIN) / queue.max()
    assert each > 0
    np.testing.assert_allclose(drawn_width, THIN + each * np.array(known))
    assert len(known) == len(events) - (0 if time == "real" else 3)


def test_a_line_begins_with_the_queue_found(small):
    before = small.events[(small.events["time"] < 9) & (small.events["machine_id"] == 1)].iloc[-1]
    assert before["queue_len"] > 0
    ax = small.plot_spacetime(9, 11)
    begins = segments(ax, "machines")[:, 0]
    widths = artists(ax)["machines"].get_linewidths()
    first = {y: width for (x, y), width in reversed(list(zip(begins, widths, strict=True)))}
    assert begins[0, 0] == 9
    assert first[0] > first[1] == THIN


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("event", [(3, 37), (1, 20), (2, 1), (3, 72)])
def test_highlight_colours_past_and_future(small, time, event):
    ax = small.plot_spacetime(time=time, highlight=event)
    events = small.events
    past, future = reach(small, event, back=True), reach(small, event, back=False)
    own = ((events["machine_id"] == event[0]) & (events["new_clock"] == event[1])).to_numpy()
    names = np.select([own, past, future], ["self", "past", "future"], "concurrent")
    steps = np.empty(len(events))
    steps[np.lexsort((events["machine_id"], events["new_clock"]))] = np.arange(len(events))
    x = {"real": events["time"], "lamport": events["new_clock"], "step": steps}[time]
    order = np.lexsort((x, events["machine_id"]))
    places, colors = marks(ax)
    np.testing.assert_array_equal(places[:, 0], np.asarray(x)[order])
    np.testing.assert_array_equal(colors, [to_rgba(SHADES[name]) for name in names[order]])
    np.testing.assert_array_equal(artists(ax)["highlight"].get_offsets()[0, 1], event[0] - 1)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {f"event ({event[0]}, {event[1]})", "its causal past", "its causal future"} <= set(labels)


@pytest.mark.parametrize("window", [(None, None), (6, 11)])
@pytest.mark.parametrize("kind", ["SEND", "RECEIVE", "INTERNAL"])
def test_highlight_colours_messages_that_carry_news(small, kind, window):
    events = small.events
    row = events[(events["event"] == kind) & (events["time"] > 7)].iloc[0]
    event = (int(row["machine_id"]), int(row["new_clock"]))
    ax = small.plot_spacetime(*window, time="lamport", highlight=event)
    own = (events["machine_id"] == event[0]) & (events["new_clock"] == event[1])
    groups = {
        "past": events[reach(small, event, back=True) | own],
        "future": events[reach(small, event, back=False) | own],
    }
    keys = {
        name: set(zip(group["machine_id"], group["new_clock"], strict=True)) for name, group in groups.items()
    }
    for name in ("message", "never received"):
        found = artists(ax).get(name)
        for ((x0, y0), (x1, y1)), color in zip(segments(ax, name), found.get_colors(), strict=True):
            expected = "concurrent"
            if name == "message" and (y1 + 1, x1) in keys["past"]:
                expected = "past"
            elif (y0 + 1, x0) in keys["future"]:
                expected = "future"
            assert tuple(color) == to_rgba(SHADES[expected])


def test_grey_lies_under_what_matters(small):
    ax = small.plot_spacetime(highlight=(1, 20))
    order = [to_rgba(shade) for shade in SHADES.values()]
    for name in ("RECEIVE", "message"):
        artist = artists(ax)[name]
        colors = artist.get_colors() if name == "message" else artist.get_facecolors()
        ranks = [order.index(tuple(color)) for color in colors]
        assert ranks == sorted(ranks)
        assert len(set(ranks)) > 1


def test_the_window_holds_its_start_and_not_its_stop(small):
    times = small.events["time"].to_numpy()
    places, _ = marks(small.plot_spacetime(times[5], times[20]))
    np.testing.assert_array_equal(np.sort(places[:, 0]), times[5:20])


@pytest.mark.parametrize("time", TIMES)
def test_ends_outside_the_window_are_open(small, time):
    assert "outside" not in artists(small.plot_spacetime(time=time))
    ax = small.plot_spacetime(3, 6, time=time)
    if time == "real":
        assert "outside" not in artists(ax)
        return
    places, _ = marks(ax)
    drawn = {tuple(place) for place in places}
    ends = segments(ax, "message").reshape(-1, 2)
    low, high = ax.get_xlim()
    open_ends = {tuple(end) for end in ends if tuple(end) not in drawn and low <= end[0] <= high}
    assert len(open_ends) > 1
    assert {tuple(place) for place in artists(ax)["outside"].get_offsets()} == open_ends


def test_given_axes_are_used_and_no_figure_is_made(small):
    figure, ax = plt.subplots()
    assert small.plot_spacetime(ax=ax) is ax
    assert plt.get_fignums() == [figure.number]
    assert ax.get_xlabel() == "time (s)"
    assert next(label.get_text() for label in ax.get_yticklabels()) == "machine 1 (1/s)"


def test_style_is_left_alone(small):
    before = dict(mpl.rcParams)
    small.plot_spacetime(highlight=(3, 37))
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("highlight", [None, (77, 30)])
def test_many_machines_are_thinned_with_a_note(highlight):
    run = lamport.simulate(100, 15, rates=[5] * 100, topology="ring", seed=1)
    if highlight is not None:
        mine = run.events[run.events["machine_id"] == 77]
        highlight = (77, int(mine["new_clock"].iloc[len(mine) // 2]))
    ax = run.plot_spacetime(highlight=highlight)
    shown = [int(label.get_text().split()[1]) for label in ax.get_yticklabels()]
    assert len(shown) == MOST_MACHINES
    assert any("30 of 100 machines shown" in text.get_text() for text in ax.texts)
    if highlight is not None:
        # On a ring those that exchange messages are neighbours.
        assert {75, 76, 77, 78, 79} <= set(shown)
        assert len(artists(ax)["highlight"].get_offsets()) == 1


@pytest.mark.parametrize("where", [None, 0, 0.5, 1])
def test_many_events_are_thinned_with_a_note(where):
    run = lamport.simulate(3, 1000, seed=1)
    highlight = None
    if where is not None:
        row = run.events.iloc[round(where * (len(run.events) - 1))]
        highlight = (int(row["machine_id"]), int(row["new_clock"]))
    ax = run.plot_spacetime(highlight=highlight)
    places, _ = marks(ax)
    assert 50 < len(places) <= MOST_EVENTS
    drawn = len(segments(ax, "message")) + len(segments(ax, "never received"))
    assert 50 < drawn <= MOST_MESSAGES
    assert any(f"{len(places):,} of {len(run.events):,} events" in text.get_text() for text in ax.texts)
    if highlight is not None:
        assert len(artists(ax)["highlight"].get_offsets()) == 1
    np.testing.assert_array_equal(
        np.sort(places[:, 0]), run.events["time"][run.events["time"].isin(places[:, 0])]
    )


def test_events_of_one_moment_are_thinned_too():
    n = 5000
    run = lamport.from_events(
        {"time": [0.0] * n, "machine_id": [1] * n, "event": ["INTERNAL"] * n, "new_clock": range(1, n + 1)}
    )
    ax = run.plot_spacetime(highlight=(1, 4000))
    assert len(artists(ax)["INTERNAL"].get_offsets()) == MOST_EVENTS
    assert len(artists(ax)["highlight"].get_offsets()) == 1


def test_a_table_of_one_event():
    run = lamport.from_events({"machine_id": [7], "event": ["SEND"], "new_clock": [1], "recipients": [[8]]})
    for time in TIMES:
        ax = run.plot_spacetime(time=time)
        assert len(segments(ax, "never received")) == 1
        ax.figure.canvas.draw()


def test_what_the_logs_lack_is_said():
    table = {
        "machine_id": [1, 2, 2],
        "event": ["SEND", "RECEIVE", "RECEIVE"],
        "new_clock": [1, 2, 6],
        "sender": [None, 1, 9],
        "sent_clock": [None, 1, 5],
    }
    ax = lamport.from_events(table).plot_spacetime()
    (note,) = (text.get_text() for text in ax.texts if text.get_gid() == "notes")
    assert "1 receipts of messages whose SEND is in no log" in note
    assert "the logs hold no queue lengths" in note
    assert len(segments(ax, "message")) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time": "wall"}, "time='wall' is not known: it is one of 'real', 'lamport', 'step'"),
        ({"start": 5, "stop": 5}, "start=5 and stop=5 .* start must be below stop"),
        ({"start": 6, "stop": 5}, "start=6 and stop=5"),
        ({"start": float("nan")}, "start=nan"),
        ({"start": 100}, "no event from start=100 to stop=inf .*: this run has events from 0.* to 1[12]"),
        ({"highlight": (4, 1)}, "machine 4 is not in this run: its machines are 1, 2, 3"),
        ({"highlight": (1, 10_000)}, "machine 1 has no event that set its clock to 10000"),
        ({"highlight": (3, 37), "stop": 5}, r"highlight=\(3, 37\) happened at 6.* not between"),
        ({"highlight": 37}, r"highlight=37 is not an event: give \(machine_id, clock\)"),
        ({"highlight": (1, 2.5)}, "is not an event"),
        ({"highlight": (1, 2, 3)}, "is not an event"),
    ],
)
def test_errors(small, arguments, message):
    with pytest.raises(ValueError, match=message):
        small.plot_spacetime(**arguments)
    assert not plt.get_fignums()


def test_base_fields_only_and_nothing_at_all():
    run = lamport.from_events(
        {"machine_id": [1, 3, 2], "event": ["SEND", "SEND", "RECEIVE"], "new_clock": [1, 1, 2]}
    )
    ax = run.plot_spacetime()
    assert "RECEIVE of one of several messages" in [text.get_text() for text in ax.get_legend().get_texts()]
    with pytest.raises(ValueError, match="no events to draw"):
        lamport.from_events({"machine_id": [], "event": [], "new_clock": []}).plot_spacetime()


def test_a_real_run(run):
    ax = run.plot_spacetime(0.2, 0.8)
    assert len(segments(ax, "message")) > 0
    assert to_rgba(LINE) in map(tuple, artists(ax)["machines"].get_colors())
