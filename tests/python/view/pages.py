"""Pages as tests ask them: their data, and what the modules of the page make of it in Node."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np

import lamport
from lamport._view.data import data
from lamport._view.lanes import lanes
from lamport._view.texts import MOST

JS = Path(__file__).parent / "js"
NODE = shutil.which("node") or "node"
HOSTILE = "</script><img src=x onerror=document.title='run'><!--<script>"


def hostile_run():
    """A run whose machines have names that a page must not take for anything else."""
    table = lamport.simulate(3, 10, seed=6).events.drop(columns=["system_time"])
    names = {1: HOSTILE, 2: "{{DATA}}", 3: "javascript:alert(1)"}
    table["machine_id"] = table["machine_id"].map(names)
    table["sender"] = table["sender"].map(names, na_action="ignore").astype(object)
    table["recipients"] = table["recipients"].map(lambda ids: ids and tuple(names[each] for each in ids))
    return lamport.from_events(table)


def head_of(run):
    return run.view()._head(())


def columns(run, start=-np.inf, stop=np.inf, texts=MOST):
    return data(run, start, stop, head=lambda: head_of(run), texts=texts)[0]


def laid_out(run, start=-np.inf, stop=np.inf):
    return lanes(run, start, stop)


def ask(home, run, *questions, **window):
    """What the page tells of a run."""
    return ask_each(home, [(run, window)], *questions)[0]


def ask_each(home, runs, *questions):
    """What the pages tell of runs, each with its window."""
    paths = [home / f"columns-{number}" for number in range(len(runs))]
    for path, (run, window) in zip(paths, runs, strict=True):
        path.write_bytes(columns(run, **window))
    done = subprocess.run(
        [NODE, str(JS / "ask.mjs"), *map(str, paths), "--", *questions],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
