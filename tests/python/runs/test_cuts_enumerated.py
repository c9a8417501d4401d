"""Questions about cuts, against the enumeration of all cuts of small runs."""

import os
from collections import Counter
from itertools import pairwise

from all_cuts import (
    AllCuts,
    Asked,
    a_seed,
    by_messages,
    by_past,
    ends_of,
    open_history,
    small_run,
    stretch,
    thinned,
)

import lamport

RUNS = int(os.environ.get("LAMPORT_CUT_RUNS", "100"))
"""Of each kind; with LAMPORT_CUT_RUNS=500 in the environment it is the long form, see `benches/README.md`."""
QUESTIONS = 4


def check_possibly(cuts, asked, answer, first, last):
    where = [cut for cut in cuts.between(first, last) if asked.holds(cut)]
    assert answer.value is bool(where)
    assert (answer.cut is not None) == bool(where)
    if not where:
        return
    found = cuts.counted(answer.cut)
    assert found in where
    if asked.is_mapping:
        assert found == tuple(map(min, zip(*where, strict=True)))
    else:
        assert sum(found) == min(map(sum, where))


def check_definitely(cuts, asked, answer, first, last):
    assert answer.value is cuts.definitely(asked.holds, first, last)
    if answer.value is False:
        check_path(cuts, asked, answer.path, first, last)
    else:
        check_first(cuts, asked, answer, first, last)


def check_first(cuts, asked, answer, first, last):
    """The cut of what is so has the fewest events of all in which it holds."""
    where = [cut for cut in cuts.between(first, last) if asked.holds(cut)]
    found = cuts.counted(answer.cut)
    assert found in where
    assert sum(found) == min(map(sum, where))


def check_path(cuts, asked, path, first, last):
    """A path that avoids a predicate goes event by event, from cut to cut, from end to end."""
    counts = [cuts.counted(cut) for cut in path]
    assert counts[0] == first
    assert counts[-1] == last
    for cut, after in pairwise(counts):
        assert after in cuts.after(cut)
    assert not any(map(asked.holds, counts))


def test_of_complete_runs():
    seen = Counter()
    for number in range(RUNS):
        chance = a_seed(number)
        run = small_run(chance)
        if run.events.empty:
            continue
        cuts = by_messages(run)
        causality = run.causality
        for _ in range(QUESTIONS):
            given = stretch(run, chance)
            first, last = ends_of(cuts, given)
            asked = Asked(run, cuts, chance)
            options = given | asked.options
            possibly = causality.possibly(asked.given, **options)
            check_possibly(cuts, asked, possibly, first, last)
            definitely = causality.definitely(asked.given, **options)
            check_definitely(cuts, asked, definitely, first, last)
            seen[possibly.value, definitely.value, asked.is_mapping] += 1
        time = chance.choice(run.events["time"].tolist())
        assert cuts.counted(causality.snapshot(time).cut) == cuts.before(time)
    for verdicts in ((True, True), (True, False), (False, False)):
        assert min(seen[*verdicts, True], seen[*verdicts, False]) > 0


def test_of_logs_that_leave_something_open():
    """Exactly what the two graphs say, and never what is not so in the run itself."""
    seen = Counter()
    for number in range(RUNS):
        chance = a_seed(number + 10**6)
        whole = small_run(chance)
        table = thinned(whole, chance)
        if not len(table):
            continue
        run = lamport.from_events(table, rules=lamport.Rules(machines="more"))
        certain, sure = by_past(run, possible=False), by_past(run, possible=True)
        truth = true_cuts(run, whole)
        assert sure.all <= truth.all <= certain.all, number
        for _ in range(QUESTIONS):
            asked = Asked(run, certain, chance)
            ends = certain.first, certain.last
            possibly = run.causality.possibly(asked.given, **asked.options)
            expected = True if sure.possibly(asked.holds, *ends) else None
            expected = expected if certain.possibly(asked.holds, *ends) else False
            assert possibly.value is expected, number
            assert possibly.value in (None, truth.possibly(asked.holds, *ends)), number
            if possibly.value:
                assert sure.counted(possibly.cut) in sure.all
                assert asked.holds(sure.counted(possibly.cut))
            definitely = run.causality.definitely(asked.given, **asked.options)
            expected = False if not sure.definitely(asked.holds, *ends) else None
            expected = True if certain.definitely(asked.holds, *ends) else expected
            assert definitely.value is expected, number
            assert definitely.value in (None, truth.definitely(asked.holds, *ends)), number
            if definitely.value is False:
                check_path(sure, asked, definitely.path, *ends)
            elif definitely.value:
                check_first(sure, asked, definitely, *ends)
            seen[possibly.value, definitely.value] += 1
    decided = sum(count for verdicts, count in seen.items() if None not in verdicts)
    assert 0.9 * sum(seen.values()) < decided < sum(seen.values())


def true_cuts(run, whole):
    """The cuts of a log by what happened before what in the run that it is of."""
    events = list(zip(run.events["machine_id"].tolist(), run.events["new_clock"].tolist(), strict=True))
    causes = {}
    for row, event in enumerate(events):
        causes[row] = [at for at, other in enumerate(events) if whole.causality.happened_before(other, event)]
    return AllCuts(run, causes)


def test_no_verdict_is_wrong_whichever_messages_were_taken():
    seen = Counter()
    for number in range(RUNS):
        chance = a_seed(number)
        rows, ways = open_history(chance)
        run = lamport.from_events(rows)
        place = {(row["machine_id"], row["new_clock"]): at for at, row in enumerate(rows)}
        events = zip(run.events["machine_id"].tolist(), run.events["new_clock"].tolist(), strict=True)
        order = [place[event] for event in events]
        each = [
            AllCuts(run, {order.index(at): list(map(order.index, those)) for at, those in way.items()})
            for way in ways
        ]
        asked = Asked(run, each[0], chance)
        ends = each[0].first, each[0].last
        for question in ("possibly", "definitely"):
            truth = {getattr(cuts, question)(asked.holds, *ends) for cuts in each}
            said = getattr(run.causality, question)(asked.given, **asked.options).value
            assert said is None or truth == {said}, (number, question)
            seen[question, len(truth) == 1, said is not None] += 1
    for question in ("possibly", "definitely"):
        assert seen[question, True, True] > 4 * seen[question, True, False] > 0
        assert seen[question, False, False] > 0
