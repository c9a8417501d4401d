"""What a page knows of a run that still goes on, against the page of the same run."""

import json
import subprocess

import numpy as np
import pytest
import told
from pages import JS, NODE, ask

import lamport

LIVE = JS.parent / "live"


def grown(home, texts, most=""):
    path = home / "texts"
    path.write_text("".join(f"{text}\n" for text in texts))
    done = subprocess.run(
        [NODE, str(LIVE / "grow.mjs"), str(path), str(most)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


RUNS = {
    "plain": lambda: lamport.simulate(3, 20, seed=1, latency=lamport.Exponential(0.2)),
    "uneven": lambda: lamport.simulate(rates=[1, 7, 50], duration=10, seed=2),
    "all to all": lambda: lamport.simulate(6, 10, seed=3, broadcast_share=1.0, latency=0.3),
}


@pytest.mark.parametrize("name", RUNS)
def test_grown_from_texts_is_what_the_page_of_the_whole_run_knows(tmp_path, name):
    run = RUNS[name]()
    whole = ask(tmp_path, run, "run")["run"]
    mine = grown(tmp_path, told.texts(run, 0.7))["run"]
    for column in ("kind", "clock", "queue", "send", "to", "receipt", "messageOf", "alone", "ordered"):
        assert mine[column] == whole[column], column
    assert np.allclose(mine["time"], whole["time"], atol=2)
    taken = np.array(mine["receipt"]) >= 0
    assert taken.sum() > 10
    assert np.allclose(np.array(mine["end"])[taken], np.array(whole["end"])[taken], atol=2)
    # What has not been received is under way, where the page of the whole knows how it ended.
    assert set(np.array(mine["state"])[~taken]) <= {3}


def test_clocks_and_queues_and_drift_are_those_of_the_tables(tmp_path):
    run = RUNS["plain"]()
    made = grown(tmp_path, told.texts(run, 1.0))
    newest = run.events.groupby("machine_id")["new_clock"].last()
    assert [each["clock"] for each in made["present"]] == newest.tolist()
    assert [each["count"] for each in made["present"]] == run.events.groupby("machine_id").size().tolist()
    for row in made["rows"]:
        seen = run.events[run.events["time"] < row["time"]]
        clocks = seen.groupby("machine_id")["new_clock"].last().reindex([1, 2, 3])
        assert np.allclose(np.array(row["drift"], dtype=float), clocks - clocks.median(), equal_nan=True)


def test_a_bounded_window_of_the_newest(tmp_path):
    run = lamport.simulate(rates=[0.1, 20, 20, 20], duration=100, seed=4)
    made = grown(tmp_path, told.texts(run, 1.0), most=600)
    kept = made["run"]
    assert made["kept"]["weight"] <= 1.2 * 600
    assert made["kept"]["weight"] == len(kept["kind"]) + len(kept["send"])
    assert made["kept"]["dropped"] == len(run.events) - len(kept["kind"])
    # Of each lane what is kept are its newest, the slow one's too.
    for lane, (begin, stop) in enumerate(zip(kept["first"][:-1], kept["first"][1:], strict=True)):
        clocks = run.events[run.events["machine_id"] == lane + 1]["new_clock"].tolist()
        assert stop > begin
        assert kept["clock"][begin:stop] == clocks[len(clocks) - (stop - begin) :]
    # The slow one has all that it did, which is less than its share.
    assert kept["first"][1] == (run.events["machine_id"] == 1).sum() > 5
    # Receipts whose SEND is forgotten tell it themselves.
    for event, sender, clock in kept["alone"]:
        row = run.events[
            (run.events["machine_id"] == kept["lane"][event] + 1)
            & (run.events["new_clock"] == kept["clock"][event])
        ].iloc[0]
        assert (sender + 1, clock) == (row["sender"], row["sent_clock"])
    assert kept["alone"]


def test_thinned_streams_have_their_messages_whole(tmp_path):
    run = lamport.simulate(4, 30, seed=6, latency=0.1)
    events = run.events
    clock = events["sent_clock"].fillna(0).where(events["event"] == "RECEIVE", events["new_clock"])
    sender = events["sender"].fillna(0).where(events["event"] == "RECEIVE", events["machine_id"])
    some = events[(clock * 7 + sender) % 3 == 0]
    made = grown(tmp_path, [told.begin(run), told.more(some, 30.0, every=3, last=events)])
    kept = made["run"]
    assert not kept["alone"]
    received = run.messages[(run.messages["sent_clock"] * 7 + run.messages["sender"]) % 3 == 0]["received"]
    assert sum(receipt >= 0 for receipt in kept["receipt"]) == received.notna().sum() > 20
    assert sum(each["count"] for each in made["present"]) == len(events)


def test_modules_that_grow():
    done = subprocess.run(
        [NODE, "--test", str(LIVE)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 10" in done.stdout
