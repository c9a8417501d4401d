"""Machines with names: shown by them wherever a run is, asked for by them, and never believed."""

import json
import re
import warnings

import pandas as pd
import pytest

import lamport
from lamport._runs.names import in_markdown, in_words, plain

matplotlib = pytest.importorskip("matplotlib")

HOSTILE = [
    "<script>alert(1)</script>",
    "a|b\\|c `d` **e** [f](javascript:g) ![h](i)",
    "$\\frac{1}{0}$",
    "_hidden",
    "end",
    "wrap:x;y#9829;%%{init: {}}%%",
    "\u202eevil\u2066",
    "nobody\u200b",
    '"; drop "\'',
    "../../etc/passwd",
    "שלום",
    "👩‍👩‍👧 family",
    "x" * 500,
    "Zoë",
]
"""Names that mean something in a page, in Markdown, in formulas, in diagrams, or that hide."""


def named(names=("alice", "bob", "Zoë")):
    """A run of as many machines: each sends to the next, and the last has a receipt that breaks a rule."""
    rows = []
    for place, name in enumerate(names):
        to = names[(place + 1) % len(names)]
        rows.append({"time": place, "machine_id": name, "event": "SEND", "new_clock": 1, "recipients": [to]})
    for place, name in enumerate(names):
        origin = names[place - 1]
        row = {"time": len(names) + place, "machine_id": name, "event": "RECEIVE", "new_clock": 2}
        rows.append({**row, "queue_len": 0, "sender": origin, "sent_clock": 1})
    rows.append({"time": 2 * len(names), "machine_id": names[-1], "event": "INTERNAL", "new_clock": 9})
    return lamport.from_events(rows)


@pytest.fixture(scope="module")
def run():
    return named()


@pytest.fixture(scope="module")
def hostile():
    return named(HOSTILE)


def test_tables_have_numbers_and_names(run):
    assert run.names == {1: "alice", 2: "bob", 3: "Zoë"}
    assert run.machines["name"].tolist() == ["alice", "bob", "Zoë"]
    assert run.machines.index.tolist() == [1, 2, 3]
    assert run.events["machine_id"].tolist() == [1, 2, 3, 1, 2, 3, 3]
    assert "name" not in lamport.simulate(duration=1, seed=1).machines
    table = lamport.compare({"a": run, "b": run})
    assert table["name"].tolist() == ["alice", "bob", "Zoë"] * 2


def test_arguments_take_names_and_ids(run):
    causality = run.causality
    assert causality.happened_before(("alice", 1), ("bob", 2))
    assert causality.happened_before((1, 1), ("bob", 2))
    assert causality.vector_clock(("bob", 2)).tolist() == causality.vector_clock((2, 2)).tolist()
    assert causality.past(("bob", 2)).tolist() == causality.past((2, 2)).tolist()
    assert causality.cut_is_consistent({"alice": 1, "bob": 2}) == causality.cut_is_consistent({1: 1, 2: 2})
    panels = run.plot(machines=["bob", 1])
    labels = [line.get_label() for line in panels[0].get_lines()]
    assert labels == ["bob", "alice"]
    assert [line.get_label() for line in run.plot(machines="Zoë")[0].get_lines()] == ["Zoë"]
    ax = run.plot_spacetime(highlight=("alice", 1))
    assert "event (alice, 1)" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["alice", "bob", "Zoë"]
    matplotlib.pyplot.close("all")


def test_names_that_are_not_there(run, table_run):
    cases = [
        (lambda: run.plot(machines="Alise"), "machines: there is no machine 'Alise': did you mean 'alice'?"),
        (lambda: run.plot(machines=["bob", "quux"]), "its machines are 1 (alice), 2 (bob), 3 (Zoë)"),
        (lambda: run.plot(machines=9), "machine 9 is not in this run: its machines are 1 (alice), 2 (bob)"),
        (lambda: run.plot_spacetime(highlight=("bo", 1)), "there is no machine 'bo': did you mean 'bob'?"),
        (lambda: run.plot_spacetime(highlight=("bob", 7)), "bob has no event that set its clock to 7"),
        (lambda: run.causality.past(("zoe", 1)), "did you mean 'Zoë'?"),
        (lambda: run.causality.past(("bob", 7)), 'machine "bob" has no event with clock 7'),
        (lambda: run.causality.past((9, 1)), 'the machines are "alice", "bob", "Zoë"'),
        (lambda: run.causality.cut_is_consistent({"eve": 1}), "there is no machine 'eve'"),
        (lambda: table_run.plot(machines="1"), "have no names, give an id, as in 1: they are 1, 2"),
        (lambda: table_run.causality.past(("alice", 1)), "have no names, give an id: they are 1, 2"),
    ]
    for ask, words in cases:
        with pytest.raises(ValueError, match=re.escape(words)):
            ask()
    matplotlib.pyplot.close("all")


def test_verdicts_name_machines(run):
    done = run.verify()
    assert not done.ok
    table = done.violations
    assert list(table.columns[3:5]) == ["machine_id", "name"]
    assert set(table["name"]) == {"Zoë"}
    assert '(machine "Zoë")' in str(done)
    assert not re.search(r"machine \d", str(done))
    assert "name" not in lamport.simulate(duration=1, seed=1).verify().violations


def test_words_of_the_native_module():
    names = {1: "alice", 2: "b\u202eob", 30: "<x>"}
    assert in_words(names, "machine 1 and machine 30") == 'machine "alice" and machine "<x>"'
    assert in_words(names, "machines 1, 2 and 3") == 'machines "alice", "b\\u202eob" and 3'
    assert in_words(names, "machine_1.log: 1 of 2") == "machine_1.log: 1 of 2"
    assert in_words(names, "machine 11") == "machine 11"
    assert in_words({}, "machine 1") == "machine 1"


def test_a_report_is_plain_text_with_hostile_names(hostile, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, summary = hostile.report(tmp_path)
    assert figure.stat().st_size > 10_000
    text = summary.read_text(encoding="utf-8")
    assert "<script" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    for line in tables:
        cells = re.split(r"(?<!\\)\|", line)
        assert len(cells) in {len(re.split(r"(?<!\\)\|", head)) for head in tables if "Machine" in head}
    for sign in "*`[":
        assert not re.search(rf"(?<!\\)\{sign}(e|d|f)", text)
    assert "\u202e" not in text
    assert in_markdown(plain("Zoë")) in text
    assert "x" * 100 not in text


@pytest.mark.parametrize("time", ["real", "lamport"])
def test_figures_take_names_as_they_stand(hostile, time, tmp_path):
    ax = hostile.plot_spacetime(time=time, highlight=("$\\frac{1}{0}$", 1))
    panels = hostile.plot()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        for axes in (ax, panels[0]):
            axes.figure.savefig(tmp_path / "figure.png")
    shown = [text.get_text() for text in panels[0].get_legend().get_texts()]
    assert len(shown) == len(HOSTILE)
    assert not any("\u202e" in text for text in shown)
    assert any(text.strip() == "_hidden" for text in shown)
    matplotlib.pyplot.close("all")


def test_pages_take_names_as_text(hostile):
    for page in (hostile._repr_html_(), hostile.verify()._repr_html_()):
        assert "<script" not in page
        assert "\u202e" not in page
    assert "&lt;script&gt;" in hostile._repr_html_()


def test_what_is_printed_has_nothing_hidden(hostile, capsys):
    from argparse import Namespace

    from lamport._cli.say import Say
    from lamport._cli.show_run import show_run

    show_run(Namespace(json=False, say=Say(is_quiet=False)), hostile)
    text = capsys.readouterr().out + str(hostile.verify())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", text)
    assert "\\u202eevil" in text
    assert "x" * 100 not in text


def test_exports_have_names(run, hostile, tmp_path):
    table = pd.read_csv(run.export(tmp_path / "run.csv"))
    assert len(table) == 7
    text = run.export(tmp_path / "run.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["machine_id"] for line in lines[:3]] == ["alice", "bob", "Zoë"]
    assert lines[0]["recipients"] == ["bob"]
    assert lines[4]["sender"] == "alice"
    lines = hostile.export(tmp_path / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["machine_id"] for line in lines} == set(HOSTILE)
    for form in ("shiviz", "tsviz"):
        text = hostile.export(tmp_path / form, format=form).read_text(encoding="utf-8")
        assert "<" not in text.split("\n", 1)[1]
        hosts = [line.split(" ", 1) for line in text.splitlines()[2::2]]
        assert len({host for host, _ in hosts}) == len(HOSTILE)
        assert all(host in json.loads(clock) for host, clock in hosts)
    told = json.loads(hostile.export(tmp_path / "hostile.json").read_text(encoding="utf-8"))
    names = [event["args"]["name"] for event in told["traceEvents"] if event["name"] == "thread_name"]
    assert len(names) == len(HOSTILE)
    assert "<script>alert(1)</script>" in names
    assert not any("\u202e" in name for name in names)
    assert "<script" not in (tmp_path / "hostile.json").read_text(encoding="utf-8")


def test_diagrams_have_nothing_but_plain_names(hostile, tmp_path):
    lines = hostile.export(tmp_path / "hostile.mmd").read_text(encoding="utf-8").splitlines()
    text = r"(\w|[ ,.→_-]|#\d+;|…)+"
    statement = re.compile(
        rf"    (participant m\d+ as {text}|Note over m\d+(,m\d+)?: .*|m\d+-+(>>|x|\))m\d+: {text})"
    )
    assert lines[0] == "sequenceDiagram"
    for line in lines[1:]:
        assert statement.fullmatch(line), line
        assert not set(line.replace("<br/>", "").replace("->>", "")) & set("<>{}$%\\`\u202e")
