"""How late a run that goes on is shown in JupyterLab, and what that costs the kernel.

    python benches/jupyterlab.py [MACHINES [RATE [SECONDS]]]

Starts JupyterLab and Chromium as the tests do (``pip install ".[test]"``). Of each update it takes the time
from the kernel's display call to the frame's message event, to the next frame of the screen behind it; and
the processor time of the kernel with and without ``live=True``.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "python" / "view"))
from browser import Browser
from lab import Lab

CELL = """
import json, resource, time, lamport
from lamport._live.notebook import Cell
sent = {{}}
plain = Cell._show
def show(self, what, told, **more):
    if isinstance(told, dict) and "application/javascript" in told:
        sent[self._number] = (time.time(), len(told["application/javascript"]))
    plain(self, what, told, **more)
Cell._show = show
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
taken = {{}}
for live in (False, True):
    begin = spent()
    given = dict(rates={rate}, seed=1, progress=False, log_dir=f"run_{{live}}")
    run = lamport.run_local({machines}, {seconds}, live=live, **given)
    taken[live] = spent() - begin
json.dump({{"sent": sent, "spent": taken, "events": len(run.events)}}, open("told.json", "w"))
"""
HEAR = """(() => { window.heard = []; window.addEventListener("message", (event) => {
  const mine = { number: event.data.number, at: Date.now() / 1000 };
  heard.push(mine);
  requestAnimationFrame(() => setTimeout(() => { mine.drawn = Date.now() / 1000; }));
}); })()"""


def main(machines=20, rate=50, seconds=20):
    with tempfile.TemporaryDirectory() as home, Lab(home) as lab, Browser(1300, 900) as browser:
        lab.write("bench.ipynb", CELL.format(machines=machines, rate=rate, seconds=seconds))
        opened = lab.open(browser, "bench.ipynb")
        opened.run()
        opened.page.until("!!document.querySelector('.jp-OutputArea iframe')", 2 * seconds + 60)
        [frame] = opened.page.frames()
        frame.ask(HEAR)
        frame.until("!!document.getElementById('standing')", 60)
        heard, said = [], ""
        while not (Path(home) / "told.json").exists():
            try:
                heard = frame.ask("heard")
                said = frame.text("standing")
            except RuntimeError:
                break
            opened.page.ask("new Promise((done) => setTimeout(done, 300))")
        opened.page.until(
            "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'", 120
        )
        told = json.loads((Path(home) / "told.json").read_text())
    pairs = [
        (told["sent"][str(each["number"])], each) for each in heard if str(each["number"]) in told["sent"]
    ]
    for name in ("at", "drawn"):
        late = sorted(1000 * (each[name] - at) for (at, _), each in pairs if name in each)
        p95 = late[int(0.95 * len(late))]
        print(f"{name:>6}: median {statistics.median(late):.0f} ms, p95 {p95:.0f} ms of {len(late)}")
    sizes = [size / 1000 for _, size in told["sent"].values()]
    print(f"updates: {len(sizes)}, {statistics.mean(sizes):.1f} kB each, largest {max(sizes):.1f} kB")
    print(f"processor of the kernel: {told['spent']}, {told['events']} events, {seconds} s; {said!r}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
