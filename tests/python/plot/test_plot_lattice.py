"""The lattice of consistent cuts, drawn: what is there is what an enumeration has."""

import re
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from all_cuts import Asked, a_seed, by_messages, by_past, small_run, standing_clocks

import lamport

TWO = lamport.simulate(2, 4, rates=[2, 3], internal_probability=0.4, seed=5)
THREE = lamport.simulate(3, 2, rates=[2, 3, 2], internal_probability=0.3, seed=5)


GIDS = {
    (False, False): "consistent cut",
    (False, True): "consistent or not: the logs leave it open",
    (True, False): "the predicate holds",
    (True, True): "it holds, if this is consistent",
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def entries(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def points(axes, gid):
    found = [each for each in axes.collections if each.get_gid() == gid]
    return [tuple(place) for each in found for place in np.round(np.asarray(each.get_offsets()), 9).tolist()]


def segments(axes, gid):
    found = [each for each in axes.collections if each.get_gid() == gid]
    return [np.round(each, 9) for one in found for each in one.get_segments()]


def path_of(axes):
    (line,) = (line for line in axes.lines if line.get_gid() == "path")
    return list(zip(*np.round(line.get_xydata().T, 9).tolist(), strict=True))


@pytest.mark.parametrize("number", range(12))
def test_every_cut_and_every_event_is_drawn_once(number):
    run = small_run(a_seed(number))
    if run.events.empty:
        pytest.skip("a run of nothing")
    cuts = by_messages(run)
    axes = run.causality.plot_lattice()
    drawn = points(axes, "consistent cut")
    assert len(drawn) == len(set(drawn)) == len(cuts.all)
    assert f"consistent cut ({len(cuts.all):,})" in entries(axes)
    lines = segments(axes, "events")
    assert len(lines) == sum(1 for cut in cuts.all for _ in cuts.after(cut))
    assert {tuple(end) for line in lines for end in line.tolist()} <= set(drawn)
    moved = np.flatnonzero(cuts.last)
    if len(cuts.ids) == 2 or len(moved) == 2:
        places = moved if len(cuts.ids) > 2 else [0, 1]
        assert set(drawn) == {(cut[places[0]], cut[places[1]]) for cut in cuts.all}
    else:
        assert sorted(x for x, _ in drawn) == sorted(map(sum, cuts.all))
        assert all(b[0] - a[0] == 1 for a, b in lines)


def test_the_lines_of_a_machine_are_parallel_while_there_is_room():
    axes = THREE.causality.plot_lattice()
    slopes = {round(float(b[1] - a[1]), 6) for a, b in segments(axes, "events")}
    assert len(slopes) == 3
    wide = lamport.simulate(5, 1.5, rates=[2, 3, 2, 1, 2], seed=7).causality.plot_lattice()
    drawn = points(wide, "consistent cut")
    levels = {}
    for x, y in drawn:
        levels.setdefault(x, []).append(y)
    for level in levels.values():
        assert {round(b - a, 6) for a, b in pairwise(sorted(level))} <= {1.0}


@pytest.mark.parametrize("number", range(20, 32))
def test_a_predicate_its_first_cut_and_a_path_that_avoids_it(number):
    chance = a_seed(number)
    run = small_run(chance)
    if run.events.empty:
        pytest.skip("a run of nothing")
    cuts = by_messages(run)
    asked = Asked(run, cuts, chance)
    ends = cuts.first, cuts.last
    axes = run.causality.plot_lattice(asked.given, **asked.options)
    holds = points(axes, "the predicate holds")
    assert len(holds) == sum(map(asked.holds, cuts.all))
    assert len(points(axes, "consistent cut")) + len(holds) == len(cuts.all)
    ring = points(axes, "cut")
    assert len(ring) == cuts.possibly(asked.holds, *ends)
    assert set(ring) <= set(holds)
    possibly, definitely = cuts.possibly(asked.holds, *ends), cuts.definitely(asked.holds, *ends)
    (notes,) = (text for text in axes.texts if text.get_gid() == "notes")
    assert notes.get_text() == f"possibly {possibly}, definitely {definitely}"
    has_path = any(line.get_gid() == "path" for line in axes.lines)
    assert has_path == (not definitely)
    if has_path:
        path = path_of(axes)
        assert len(path) == sum(cuts.last) + 1
        assert not set(path) & set(holds)
        assert set(path) <= set(points(axes, "consistent cut"))
    assert ("a path on which it never holds" in entries(axes)) == has_path


def test_an_answer_and_a_cut():
    cuts = by_messages(TWO)
    early = TWO.causality.snapshot(2)
    axes = TWO.causality.plot_lattice(cut=early)
    (ring,) = points(axes, "cut")
    assert ring == cuts.before(2)
    assert points(TWO.causality.plot_lattice(cut=early.cut), "cut") == [ring]
    assert "the cut" in entries(axes)
    never = TWO.causality.definitely(lambda *_: False)
    axes = TWO.causality.plot_lattice(cut=never)
    assert path_of(axes) == list(map(cuts.counted, never.path))
    assert "the path" in entries(axes)


def test_the_axes_of_two_machines_tell_clocks():
    axes = TWO.causality.plot_lattice()
    clocks = TWO.events.groupby("machine_id")["new_clock"].agg(list)
    for axis, machine in ((axes.xaxis, 1), (axes.yaxis, 2)):
        assert axis.get_label_text() == f"machine {machine}: clock of its last event in the cut"
        text = axis.get_major_formatter()
        assert [text(place, 0) for place in (-1, 0, 0.5, 1)] == ["", "none", "", str(clocks[machine][0])]
        assert text(len(clocks[machine]), 0) == str(clocks[machine][-1])


def test_few_cuts_of_more_machines_tell_clocks_beside_them():
    run = lamport.simulate(3, 1.5, rates=[2, 3, 2], internal_probability=0.3, seed=7)
    cuts = by_messages(run)
    axes = run.causality.plot_lattice()
    said = [text.get_text() for text in axes.texts if text.get_gid() == "clocks"]
    assert sorted(said) == sorted(str(tuple(cuts.named(cut).values())) for cut in cuts.all)
    assert axes.get_xlabel() == "events in the cut; beside it the clocks of machine 1, machine 2, machine 3"
    many = lamport.simulate(3, 3, rates=[2, 3, 2], seed=5).causality.plot_lattice()
    assert not [text for text in many.texts if text.get_gid() == "clocks"]


def test_what_the_logs_leave_open_is_hollow():
    table = TWO.events.drop(columns=["system_time", "sender", "sent_clock"])
    run = lamport.from_events(table, rules=lamport.Rules(machines="more"))
    certain, sure = by_past(run, possible=False), by_past(run, possible=True)
    axes = run.causality.plot_lattice(lambda one, two: one is not None and two is not None)
    for (holds, is_open), gid in GIDS.items():
        cuts = certain.all - sure.all if is_open else sure.all
        assert sorted(points(axes, gid)) == sorted(cut for cut in cuts if (min(cut) > 0) == holds)
    assert len(segments(axes, "open events")) + len(segments(axes, "events")) == sum(
        1 for cut in certain.all for _ in certain.after(cut)
    )


def test_a_stretch_of_time():
    axes = THREE.causality.plot_lattice(start=0.5, stop=1.5)
    cuts = by_messages(THREE)
    between = cuts.between(cuts.before(0.5), cuts.before(1.5))
    assert sorted(x for x, _ in points(axes, "consistent cut")) == sorted(map(sum, between))
    (notes,) = (text for text in axes.texts if text.get_gid() == "notes")
    assert notes.get_text() == "from 0.5 s; before 1.5 s"


def test_few_machines_and_few_events():
    (point,) = points(THREE.causality.plot_lattice(stop=-5), "consistent cut")
    assert point == (0, 0)
    one = lamport.simulate(1, 5, seed=1)
    assert len(points(one.causality.plot_lattice(), "consistent cut")) == len(one.events) + 1
    idle = lamport.simulate(rates=[4, 0.0001, 3], duration=2, seed=2)
    assert idle.causality.plot_lattice().get_xlabel() == "machine 1: clock of its last event in the cut"
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        lamport.simulate(3, 5, seed=1, record=False).causality.plot_lattice()


def test_names():
    rows = {"machine_id": ["$a$", "_b"], "event": ["SEND", "RECEIVE"], "new_clock": [1, 2],
            "sender": [None, "$a$"], "sent_clock": [None, 1]}  # fmt: skip
    run = lamport.from_events(rows)
    axes = run.causality.plot_lattice(cut={"$a$": 1})
    assert points(axes, "cut") == [(1, 0)]
    axes.figure.canvas.draw()
    with pytest.raises(ValueError, match="there is no machine '_c'"):
        run.causality.plot_lattice(cut={"_c": 1})


def test_given_axes():
    _, axes = plt.subplots(layout="constrained")
    assert TWO.causality.plot_lattice(ax=axes) is axes
    with pytest.raises(ValueError, match="ax holds no Axes"):
        TWO.causality.plot_lattice(ax=3)


@pytest.mark.parametrize("start", [None, 3.0])
def test_too_many_cuts_are_refused_with_a_stretch_that_has_few_enough(start):
    run = lamport.simulate(4, 30, seed=1)
    with pytest.raises(ValueError, match=r"more than limit=2,000 consistent cuts, too many to draw") as told:
        run.causality.plot_lattice(start=start)
    stop = float(re.search(r"as in stop=([\d.]+)", str(told.value))[1])
    count = int(run.causality.count_cuts(start, stop))
    assert 200 < count <= 2_000
    assert len(points(run.causality.plot_lattice(start=start, stop=stop), "consistent cut")) == count
    with pytest.raises(ValueError, match="more than limit=10 "):
        run.causality.plot_lattice(start=start, stop=stop, limit=10)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cut": {1: 999}}, "machine 1 has no event with clock 999"),
        ({"cut": {1: 2}}, r"cut=\{1: 2\} is not consistent, and so not here"),
        ({"cut": {}, "start": 2}, r"cut=\{\} is not among the cuts from start to stop"),
        ({"cut": 3}, "cut="),
        ({"limit": 0}, "limit=0: give the number of cuts that are drawn at most, 1 or more"),
        ({"limit": -1}, "limit=-1: give the number"),
        ({"start": 3, "stop": 2}, "start must be below stop"),
        ({"predicate": {1: [True]}}, "predicate of machine 1 is a list"),
        ({"predicate": 3}, "predicate=3"),
    ],
)
def test_errors(given, message):
    with pytest.raises(ValueError, match=message):
        TWO.causality.plot_lattice(**given)
    assert not plt.get_fignums()


@pytest.mark.parametrize("run", [TWO, lamport.from_events({"machine_id": [], "event": [], "new_clock": []})])
def test_no_lattice_has_no_cuts(run):
    with pytest.raises(ValueError, match="limit=0: give"):
        run.causality.plot_lattice(stop=-1, limit=0)
    assert len(points(run.causality.plot_lattice(stop=-1, limit=1), "consistent cut")) == 1


def test_many_machines_are_too_many_cuts():
    """By the memory of machines x machines it would be the interpreter's end."""
    ids = np.arange(1, 100_001)
    run = lamport.from_events(
        {"machine_id": ids, "event": ["INTERNAL"] * len(ids), "new_clock": [1] * len(ids)}
    )
    with pytest.raises(ValueError, match=r"more than limit=2,000 consistent cuts, too many to draw"):
        run.causality.plot_lattice()


def test_a_path_of_more_cuts_than_are_drawn():
    never = TWO.causality.definitely(lambda *_: False)
    with pytest.raises(ValueError, match="the path of cut= is not among the cuts from start to stop"):
        TWO.causality.plot_lattice(cut=never, stop=0.1)


def test_clocks_that_stand_still():
    run, machine, receipt, cut = standing_clocks()
    axes = run.causality.plot_lattice(cut=cut)
    ((level, _),) = points(axes, "cut")
    assert level == sum(cut.counts.values()) == (run.events["time"] < run.events["time"][receipt]).sum()
    path = path_of(run.causality.plot_lattice(cut=run.causality.definitely(lambda *_: False)))
    assert [x for x, _ in path] == list(range(len(run.events) + 1))
    with pytest.raises(ValueError, match=f"machine {machine} has several events with clock"):
        run.causality.plot_lattice(cut=cut.cut)
