"""Every reader of a run, each of which must take a clean one without an alarm."""

import contextlib
import io
import warnings

import matplotlib.pyplot as plt
import pandas as pd

import lamport
from lamport._cli.commands import main

OPTIONAL = (
    "time",
    "system_time",
    "old_clock",
    "queue_len",
    "sender",
    "sent_clock",
    "arrived",
    "manual",
    "recipients",
)
NOT_TOLD = ("the machine resumed here", "the log has no END")
"""Why a log cannot be replayed that does not tell all arrivals."""


def look(awkward, chance, *, drawn):
    """Read a run in every way; `drawn` also draws it. Raises where a reader raises, warns or accuses.

    Returns whether there was a line to read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = (
            awkward.load() if any(awkward.home.rglob("*.log*")) or any(awkward.home.glob("*.jsonl")) else None
        )
        if run is None:
            return False
        judge(awkward, run)
        tables(run)
        table(awkward, run, chance)
        exports(awkward, run, chance)
        if awkward.is_whole:
            replayed(run)
        if drawn:
            draw(awkward, run, chance)
    return True


def obeys(done):
    assert done.ok, str(done)
    assert done.violations.empty


def outside(awkward):
    """What is judged by where columns are missing: whoever put in messages by hand is not of the machines."""
    return lamport.Rules(machines="more") if {"by hand", "missing"} & set(awkward.said) else None


def judge(awkward, run):
    rules = outside(awkward) if "base_fields" in awkward.said else None
    obeys(run.verify(clock_uncertainty=awkward.uncertainty, rules=rules))
    offsets = awkward.options.get("offsets")
    obeys(lamport.verify(run.files, offsets=offsets, clock_uncertainty=awkward.uncertainty, rules=rules))


def tables(run):
    events, machines = run.events, run.machines
    assert len(events) == machines[["sends", "receives", "internals"]].sum().sum()
    assert run.notes is not None
    assert run.drift >= 0
    assert len(run.durations) == len(machines)
    clocks = run.clocks()
    assert clocks.to_numpy().min(initial=0) >= 0
    assert (clocks.diff().iloc[1:] >= 0).all(axis=None)
    assert (run.drift_over_time(1.0) >= 0).all()
    assert run.total_order()["new_clock"].is_monotonic_increasing
    assert run.parameters is not None
    assert repr(run)
    assert run._repr_html_()
    messages = run.messages
    received = messages[messages["status"] == "received"]
    assert received["received"].notna().all()
    assert (received["sent_clock"] < received["received_clock"]).all()
    assert len(received) <= machines["receives"].sum()
    causal(run)
    compared = lamport.compare({"one": run, "two": run})
    assert len(compared) == 2 * len(machines)
    lamport.summarize(compared.assign(run=0), by="label")


def causal(run):
    causality = run.causality
    share = causality.concurrent_share()
    events = run.events
    assert 0 <= share.value <= 1 or len(events) < 2
    if len(events):
        last = events.iloc[len(events) // 2]
        name = (int(last["machine_id"]), int(last["new_clock"]))
        past, future = causality.past(name), causality.future(name)
        assert not (past & future).any()
        assert causality.vector_clock(name).max() > 0
        assert causality.cut_is_consistent({name[0]: 0})


def table(awkward, run, chance):
    """Make a run of the events, with fewer columns and in other forms."""
    events = run.events
    names = [name for name in OPTIONAL if name in events.columns and chance.random() < 0.3]
    if "time" in names and "arrived" not in names:
        names.append("arrived")  # it is on the clock of time
    if "manual" in names and events["manual"].any():
        names.remove("manual")  # what was done by hand is exempt where the table says so
    fewer = events.drop(columns=names)
    form = chance.choice(["frame", "rows", "columns", "csv"])
    if form == "rows":
        given = fewer.to_dict("records")
    elif form == "columns":
        given = {name: fewer[name].tolist() for name in fewer}
    elif form == "csv":
        given = pd.read_csv(io.StringIO(fewer.to_csv(index=False)))
    else:
        given = fewer
    if not len(events):
        given = fewer
    again = lamport.from_events(given)
    assert again.events["new_clock"].tolist() == events["new_clock"].tolist(), (names, form)
    obeys(again.verify(rules=outside(awkward)))
    assert len(again.machines) == events["machine_id"].nunique()
    if len(events):
        obeys(lamport.verify(given, rules=outside(awkward)))
    again.messages  # noqa: B018 - it is made
    causal(again)


def exports(awkward, run, chance):
    home = awkward.home / "out"
    home.mkdir()
    form = chance.choice(["csv", "parquet", "jsonl", "shiviz", "tsviz"])
    path = run.export(home / f"all.{form}")
    assert path.exists()
    if form == "csv":
        obeys(lamport.from_events(pd.read_csv(path)).verify(rules=outside(awkward)))
    if form == "parquet":
        obeys(lamport.from_events(pd.read_parquet(path)).verify(rules=outside(awkward)))
    if len(run.events):
        # A window without an event is refused.
        time = chance.choice(run.events["time"].tolist())
        start, stop = time - chance.random(), time + 2 * chance.random() + 0.1
        run.export(home / f"part.{form}", start=start, stop=stop)


def replayed(run):
    try:
        again = lamport.replay(run)
    except lamport.LogError as error:
        if not any(text in str(error) for text in NOT_TOLD):
            raise
        return
    assert again["line"].isna().all(), again.to_string()


def draw(awkward, run, chance):
    """Draw it, report it, and ask the command line."""
    try:
        run.plot(predict=chance.random() < 0.5)
        if len(run.events):
            name = run.events.iloc[-1]
            highlight = chance.choice([None, (int(name["machine_id"]), int(name["new_clock"]))])
            run.plot_spacetime(time=chance.choice(["real", "lamport", "step"]), highlight=highlight)
        run.report(awkward.home / "report")
    finally:
        plt.close("all")
    files = [str(file) for file in run.files]
    offsets = awkward.options.get("offsets")
    if offsets is None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            assert main(["verify", *files]) == 0, out.getvalue()
