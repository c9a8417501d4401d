"""The tables of a run are its user's own: what is written to one changes no other result."""

import gc

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import lamport

TABLES = ("events", "messages", "machines")


def make(home=None):
    return lamport.simulate(duration=20, rates=[1, 3, 6], seed=1978, log_dir=home, progress=False)


def again():
    return lamport.from_events(make().events)


def every_result(run, home):
    """All that is computed of a run, but for the tables that were written to."""
    home.mkdir(exist_ok=True)
    order = run.total_order()
    name = order.loc[order["time"].between(3, 6), ["machine_id", "new_clock"]].iloc[0]
    axes = [run.plot(), [run.plot_spacetime(2, 8, highlight=tuple(name))]]
    lines = [line.get_xydata() for panels in axes for ax in panels for line in ax.lines]
    exports = [run.export(home / f"events.{form}").read_bytes() for form in ("csv", "shiviz")]
    share = run.causality.concurrent_share()
    report = run.report(home)[1].read_text()
    plt.close("all")
    texts = [str(run.verify()), run._repr_html_(), repr(run.parameters), str(run.notes), report]
    frames = [order, run.clocks(), lamport.compare({"a": run}), run.durations]
    return lines, exports, share, texts, frames, run.drift, run.drift_over_time(1).tolist()


def written(table, column):
    """Write to all of a column, in place, in every way that takes it."""
    value = {"b": True, "O": (7,), "f": 5.5}.get(table[column].dtype.kind, 99)
    if table[column].dtype == "category":
        value = table[column].cat.categories[1]
    arrays = [table[column].to_numpy, table[column].__array__]
    # The array of a column of NumPy is pandas' own way past its copy-on-write.
    arrays += [] if isinstance(table[column].dtype, np.dtype) else [lambda: table[column].array]
    for array in arrays:
        values = array()
        if not isinstance(values, np.ndarray) or values.flags.writeable:
            values[1] = value
    table.at[table.index[1], column] = value  # noqa: PD008 - the way for a tuple
    if column != "recipients":
        table.loc[table.index[1], column] = value
        table.iloc[2, table.columns.get_loc(column)] = value
        table.loc[:, column] = value
        assert (table[column] == value).all()
    table[column] = [value] * len(table)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("source", [make, again])
def test_writing_changes_no_other_result(name, source, tmp_path):
    run, other = source(), source()
    before = every_result(other, tmp_path / "a")
    # As things are when everything has been asked for, and as when nothing has.
    for written_to in (run, other):
        table = getattr(written_to, name)
        for column in table.columns:
            written(table, column)
        del table[table.columns[0]]
        table["more"] = 1
        assert getattr(written_to, name) is table
        for result, expected in zip(every_result(written_to, tmp_path / "b"), before, strict=True):
            same(result, expected)
        for left in set(TABLES) - {name}:
            pd.testing.assert_frame_equal(getattr(written_to, left), getattr(source(), left))


def same(result, expected):
    if isinstance(result, list | tuple):
        assert len(result) == len(expected)
        for one, two in zip(result, expected, strict=True):
            same(one, two)
    elif isinstance(result, np.ndarray):
        np.testing.assert_array_equal(result, expected)
    elif isinstance(result, pd.DataFrame | pd.Series):
        assert result.equals(expected)
    else:
        assert result == expected


def test_a_table_outlives_its_run():
    for name in TABLES:
        table = getattr(make(), name)
        gc.collect()
        for column in table.columns:
            written(table, column)


def test_what_other_results_share_is_theirs_too():
    run = make()
    durations = run.durations
    durations.iloc[0] = 99
    order = run.total_order()
    order.loc[order.index[0], "new_clock"] = 99
    clocks = run.clocks()
    clocks.iloc[0, 0] = 99
    assert run.durations.tolist() == make().durations.tolist()
    assert run.total_order().equals(make().total_order())
    assert run.clocks().equals(make().clocks())


def test_recipients_cannot_be_written_into():
    sent = make().events["recipients"].dropna()
    assert {len(recipients) for recipients in sent} == {1, 2}
    with pytest.raises(TypeError):
        sent.iloc[0][0] = 9


def test_types_are_those_that_are_documented():
    run = make()
    kinds = {name: str(dtype) for name, dtype in run.events.dtypes.items()}
    assert kinds == {
        "time": "float64",
        "system_time": "float64",
        "machine_id": "int64",
        "event": "category",
        "old_clock": "int64",
        "new_clock": "int64",
        "queue_len": "Int64",
        "sender": "Int64",
        "sent_clock": "Int64",
        "arrived": "float64",
        "manual": "bool",
        "by_hand": "bool",
        "caused": "bool",
        "recipients": "object",
    }
    kinds = {name: str(dtype) for name, dtype in run.messages.dtypes.items()}
    assert kinds == {
        "sender": "int64",
        "sent_clock": "int64",
        "recipient": "Int64",
        "sent": "float64",
        "arrived": "float64",
        "received": "float64",
        "received_clock": "Int64",
        "status": "category",
        "matched": "category",
    }
    kinds = run.machines.dtypes.astype("str")
    whole = ["ticks", "sends", "receives", "internals", "final_clock", "max_jump", "max_drift"]
    maybe = ["max_queue_len", "final_queue_len"]
    assert set(kinds[whole]) == {"int64"}
    assert set(kinds[maybe]) == {"Int64"}
    assert set(kinds.drop(whole + maybe)) == {"float64"}
    text = pd.Index(["as pandas has it"], dtype="str").dtype  # objects with pandas 2
    assert run.events["event"].cat.categories.dtype == run.messages["status"].cat.categories.dtype == text


def test_machines_and_messages_share_nothing():
    run = lamport.simulate(duration=20, rates=[1, 3, 6], seed=1978)
    drift, first = run.drift, run.clocks().columns[0]
    run.machines["final_clock"].array[:] = 7
    np.asarray(run.machines.index)[0] = 77
    run.messages["sent"].array[:] = 0.0
    assert (run.drift, run.clocks().columns[0]) == (drift, first)
    assert run.messages["sent"].sum() == 0
    assert run._messages["sent"].sum() > 0


ANSWERS = {
    "past": lambda run: run.causality.past((1, 10)),
    "future": lambda run: run.causality.future((1, 10)),
    "vector clock": lambda run: run.causality.vector_clock((1, 10)),
    "clocks": lambda run: run.clocks(),
    "clocks every second": lambda run: run.clocks(1.0),
    "drift": lambda run: run.drift_over_time(),
    "durations": lambda run: run.durations,
    "order": lambda run: run.total_order(),
    "notes": lambda run: run.notes,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_the_users_own_too(name, tmp_path):
    """What is asked again is as it was, whatever became of the first answer."""
    run, ask = make(), ANSWERS[name]
    before = every_result(make(), tmp_path / "a")
    expected, answer = ask(make()), ask(run)
    if isinstance(answer, list):
        answer.append("mine")
    elif isinstance(answer, np.ndarray):
        answer[:] = ~answer
    elif isinstance(answer, pd.Series):
        answer.iloc[:] = 77
        answer.array[:] = 78
    else:
        for column in answer.columns[answer.dtypes == "int64"]:
            answer.loc[:, column] = 77
            np.asarray(answer[column].array)[:] = 78
    same(ask(run), expected)
    for result, wanted in zip(every_result(run, tmp_path / "b"), before, strict=True):
        same(result, wanted)
