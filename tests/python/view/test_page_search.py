"""The search box of a page finds what a filter of the tables finds."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import ask, laid_out

import lamport

NAMES = {1: "Anna", 2: "ben", 3: "x y", 4: "7", 5: 'say "hi"'}
COMPARE = {
    ":": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def algorithm():
    faults = [lamport.Crash(2, 2, down_for=2), lamport.Partition([[1], [2, 3, 4]], at=5, duration=2)]
    return lamport.simulate(
        4, 10, seed=7, algorithm=lamport.algorithms.RicartAgrawala, faults=faults, latency=0.05
    )


def of_others():
    """With names, machines without logs, recipients and senders that are not told, and inferred receipts."""
    run = lamport.simulate(5, 12, seed=3, latency=lamport.Exponential(0.4))
    table = run.events.drop(columns=["system_time", "arrived"])
    table["recipients"] = [
        ids and (tuple(NAMES[each] for each in ids) + ((None,) if row % 7 == 0 else ()))
        for row, ids in enumerate(table["recipients"])
    ]
    table["sender"] = [None if pd.isna(each) or each == 2 else NAMES[each] for each in table["sender"]]
    table["machine_id"] = table["machine_id"].map(NAMES)
    table.loc[table.index % 5 == 0, "sent_clock"] = pd.NA
    return lamport.from_events(table[table["machine_id"] != 'say "hi"'])


RUNS = {"algorithm": algorithm, "of others": of_others}


class Filter:
    """What a query means, by the tables alone."""

    def __init__(self, run):
        self.run, laid = run, laid_out(run)
        self.table = table = run.events.iloc[laid.rows].reset_index(drop=True)
        self.length, self.names = len(table), dict(run.names)
        messages = run.messages
        keys = list(zip(table["machine_id"], table["new_clock"], strict=True))
        kind = table["event"]
        place = {key: event for event, key in enumerate(keys) if kind[event] == "SEND"}
        receipts = {key: event for event, key in enumerate(keys) if kind[event] == "RECEIVE"}
        self.sent = [[] for _ in keys]
        self.statuses = [set() for _ in keys]
        self.senders = [None if pd.isna(each) else int(each) for each in table["sender"]]
        self.inferred = np.zeros(self.length, dtype=bool)
        for row in messages.to_dict("records"):
            event = place[row["sender"], row["sent_clock"]]
            self.sent[event].append(None if pd.isna(row["recipient"]) else int(row["recipient"]))
            self.statuses[event].add(row["status"])
            if pd.notna(row["received_clock"]):
                receipt = receipts[row["recipient"], row["received_clock"]]
                self.senders[receipt] = row["sender"]
                self.inferred[receipt] = row["matched"] in {"unique", "fifo"}
        bodies = table["body"] if "body" in table else pd.Series([None] * self.length)
        self.bodies = bodies.tolist()
        rows, states = run._logs.states()
        told = dict(zip(rows.tolist(), states, strict=True))
        self.states = [told.get(row) for row in laid.rows.tolist()]

    def word(self, word):
        kind = self.table["event"]
        if word.upper() in {"SEND", "RECEIVE", "INTERNAL"}:
            return kind == word.upper()
        if word in {"manual", "by_hand", "caused"}:
            return self.table[word]
        if word == "inferred":
            return pd.Series(self.inferred)
        status = {"unread": "unread", "lost": "undelivered", "unknown": "unknown"}[word]
        return pd.Series([status in each for each in self.statuses])

    def number(self, field, sign, value):
        column = {"clock": "new_clock", "queue": "queue_len", "time": "time"}[field]
        return COMPARE[sign](self.table[column], value).fillna(False).astype(bool)

    def between(self, field, low, high):
        return self.number(field, ">=", low) & self.number(field, "<=", high)

    def machine(self, field, sign, machine):
        def is_it(each):
            if sign == "~":
                return each is not None and machine.lower() in self.called(each).lower()
            return each == machine

        if field == "machine":
            found = [is_it(each) for each in self.table["machine_id"]]
            return pd.Series(found) ^ (sign == "!=")
        found = []
        for event, kind in enumerate(self.table["event"]):
            if field == "from":
                sender = self.senders[event]
                found.append(kind == "RECEIVE" and sender is not None and is_it(sender) != (sign == "!="))
            elif sign == "!=":
                sent = self.sent[event]
                found.append(kind == "SEND" and None not in sent and not any(map(is_it, sent)))
            else:
                found.append(kind == "SEND" and any(map(is_it, self.sent[event])))
        return pd.Series(found)

    def called(self, machine):
        return self.names.get(machine, f"machine {machine}")

    def text(self, columns, sign, value):
        def is_it(text):
            whole = text in {value, json.dumps(value, ensure_ascii=False)}
            return value in text if sign == "~" else whole != (sign == "!=")

        found = np.zeros(self.length, dtype=bool)
        for texts in columns:
            found |= [isinstance(text, str) and is_it(text) for text in texts]
        return pd.Series(found)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def atoms(wanted):
    """Queries of one part, each with what it means."""
    table = wanted.table
    words = ["send", "RECEIVE", "internal", "manual", "by_hand", "caused", "inferred"]
    words += ["unread", "lost", "unknown"]
    signs = list(COMPARE)
    clocks = st.integers(0, int(table["new_clock"].max()) + 2)
    numbers = {
        "clock": clocks,
        "queue": st.integers(0, 4),
        "time": st.one_of(
            st.sampled_from(table["time"].tolist()), st.floats(-1, 20).map(lambda x: round(x, 3))
        ),
    }
    known = set(table["machine_id"]) | {each for sent in wanted.sent for each in sent if each is not None}
    people = st.sampled_from(sorted(map(int, known)))
    pieces = st.sampled_from(["re", "", "e", '"', "{", "ack", "é", "\\", "1", "null", "request"])
    whole = st.sampled_from(
        [text for text in {*wanted.bodies, *wanted.states} if isinstance(text, str)] or [""]
    )

    def number(field):
        value = numbers[field]
        compared = st.tuples(st.sampled_from(signs), value).map(
            lambda told: (f"{field}{told[0]}{told[1]}", wanted.number(field, *told))
        )
        ranged = st.tuples(value, value).map(
            lambda ends: (f"{field}:{ends[0]}..{ends[1]}", wanted.between(field, *ends))
        )
        return st.one_of(compared, ranged)

    def machine(field):
        def named(told):
            sign, each = told
            called = wanted.names.get(each, str(each))
            called = called.upper() if each % 2 else called
            return f"{field}{sign}{quoted(called)}", wanted.machine(field, sign, each)

        part = st.sampled_from(["a", "n", " ", "machine", "7", "3"])
        return st.one_of(
            st.tuples(st.sampled_from([":", "=", "!="]), people).map(named),
            part.map(lambda text: (f"{field}~{quoted(text)}", wanted.machine(field, "~", text))),
        )

    def text(field, columns):
        return st.tuples(st.sampled_from(["~", "=", "!=", ":"]), st.one_of(pieces, whole)).map(
            lambda told: (f"{field}{told[0]}{quoted(told[1])}", wanted.text(columns, *told))
        )

    return st.one_of(
        st.sampled_from(words).map(lambda word: (word, wanted.word(word.lower()))),
        *map(number, numbers),
        *map(machine, ("machine", "to", "from")),
        text("body", [wanted.bodies]),
        text("state", [wanted.states]),
        pieces.map(lambda piece: (quoted(piece), wanted.text([wanted.bodies, wanted.states], "~", piece))),
    )


def queries(wanted):
    """Queries of any form."""
    joined = {
        " ": lambda a, b: (f"{a[0]} {b[0]}", a[1] & b[1]),
        "and": lambda a, b: (f"{a[0]} and {b[0]}", a[1] & b[1]),
        "or": lambda a, b: (f"({a[0]} or {b[0]})", a[1] | b[1]),
    }
    return st.recursive(
        atoms(wanted),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(list(joined)), inner, inner).map(
                lambda told: joined[told[0]](*told[1:])
            ),
            st.tuples(st.sampled_from(["not ", "-", "!"]), inner).map(
                lambda told: (f"{told[0]}({told[1][0]})", ~told[1][1])
            ),
        ),
        max_leaves=6,
    )


@pytest.mark.parametrize("name", RUNS)
def test_hits_are_what_a_filter_finds(name, tmp_path):
    run = RUNS[name]()
    asked = {}

    @settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(queries(Filter(run)))
    def collect(query):
        asked[query[0]] = np.flatnonzero(query[1]).tolist()

    collect()
    found = ask(tmp_path, run, *(f"search {text}" for text in asked))["search"]
    for (text, wanted), hits in zip(asked.items(), found, strict=True):
        assert hits == wanted, text
    assert sum(0 < len(hits) < len(run.events) for hits in found) > 100


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("to:nobody", "to:nobody: there is no such machine"),
        ("machine:99", "machine:99: there is no such machine"),
        ("clock>many", "clock>many: many is no number"),
        ("from>3", "from>: take from:3"),
    ],
)
def test_what_cannot_be_meant_is_said(query, words, tmp_path):
    assert ask(tmp_path, of_others(), f"search {query}")["search"] == [words]


def test_names_go_before_ids(tmp_path):
    run = of_others()
    assert run.names[1] == "7", "the machine called 7 has another number"
    assert (
        ask(tmp_path, run, "search machine:7")["search"] == ask(tmp_path, run, "search machine:1")["search"]
    )


def test_long_texts_and_any_letters_are_found(tmp_path):
    run = lamport.simulate(3, 20, seed=1, algorithm=lamport.algorithms.RicartAgrawala)
    run.save(tmp_path / "logs")
    long = json.dumps("x" * 10**6 + "é日本🦊 </script>", ensure_ascii=False)
    changed = 0
    for path in (tmp_path / "logs").glob("*.log"):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if '"body": ' in line and changed < 3 and number % 2:
                told = json.loads(line)
                lines[number] = line.replace(json.dumps(told["body"], separators=(",", ":")), long)
                changed += long in lines[number]
        path.write_text("\n".join(lines) + "\n")
    assert changed == 3
    run = lamport.load(tmp_path / "logs")
    bodies = run.events["body"].iloc[laid_out(run).rows].reset_index(drop=True)
    wanted = np.flatnonzero(bodies.map(lambda text: isinstance(text, str) and len(text) > 10**6)).tolist()
    (found,) = ask(tmp_path, run, 'search body~"é日本🦊 </script>"')["search"]
    assert found == wanted
    texts = dict(map(tuple, ask(tmp_path, run, "texts of")["texts of"]))
    assert texts == bodies.dropna().to_dict()
