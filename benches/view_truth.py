"""Whether pages of many runs of any kind tell what their tables do: `view_truth.py [RUNS] [FIRST]`.

For each run, as it is and as a part: past and future of every event, possible ones too, beside
`Run.causality`; times, clocks, queues, partners and arrivals beside the tables. Runs are those of
tests/python/view/any_runs.py, and every other one an awkward one of tests/python/awkward_runs.
"""

import sys
import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "view"))

import numpy as np
from any_runs import any_run
from awkward_runs.make import make
from pages import ask_each, laid_out
from test_cones import check

AT_ONCE = 20
MOST = 1_500
"""Events of a run: each is compared with all."""
COLUMNS = {
    "times": "time",
    "clocks": "clock",
    "queues": "queue",
    "ends": "end",
    "receipts": "receipt",
    "to": "to",
}


def drawn(number, home):
    if number % 2:
        return any_run(number, home)
    awkward = make(number, home / str(number))
    try:
        return awkward.load(), "; ".join(awkward.said)
    except (ValueError, OSError) as refused:
        return None, str(refused)


def main(count=1_000, first=1_000):
    """Compare runs, and print what they were."""
    warnings.simplefilter("ignore")
    seen = Counter()
    for low in range(first, first + count, AT_ONCE):
        with TemporaryDirectory() as place:
            home = Path(place)
            asked = []
            for number in range(low, min(low + AT_ONCE, first + count)):
                run, said = drawn(number, home)
                if run is None or not 0 < len(run.events) <= MOST:
                    seen["left aside"] += 1
                    continue
                start, stop = run.events["time"].quantile([0.25, 0.75])
                asked.append((number, said, run, {}))
                if start < stop:
                    asked.append((number, said, run, {"start": start, "stop": stop}))
            answers = ask_each(home, [(run, span) for _, _, run, span in asked], "cones", "run")
            for (number, said, run, span), told in zip(asked, answers, strict=True):
                try:
                    compared, is_open = check(told, run, **span)
                    laid = laid_out(run, **span)
                    for ours, theirs in COLUMNS.items():
                        assert np.array_equal(told["run"][theirs], getattr(laid, ours)), ours
                except Exception as error:
                    error.add_note(f"run {number} {span}: {said}")
                    raise
                seen[f"open: {is_open or 'nothing'}"] += 1
                seen["events"] += compared
                seen["runs and parts"] += 1
    print(", ".join(f"{what} {times:,}" for what, times in sorted(seen.items())))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
