"""Pages of runs: what it takes to make one, to open it, and to look around in it, beside what was asked for.

    python benches/view.py [RUN ...] [--times N] [--large] [--beside] [--shiviz CHECKOUT]

The runs of 10^6 events (`view_runs.py`): "real 8" (eight machines over TCP at uneven rates), "8", "30",
"300" (simulated: uneven rates, exponential latency), "8, texts" (an algorithm: bodies and states); with
--large also "8" with 10^7 events. Each page is made N times (3) and opened N times in a Chromium without
window or GPU; times are medians out of its performance traces (`page_trace.py`): of a page from the beginning
of the navigation to its drawing on the screen, of a frame from the input (wheel, drag) to the next paint. Of
each figure what was asked follows, and * where it was not reached. Other work of the host is in all of them:
its load is printed.

--beside: the same run as an SVG with an element for each event and message, and by plotly (pip install
plotly), in the same browser; and what ShiViz does before it draws, in Node, if --shiviz names a checkout:

    git clone https://github.com/DistributedClocks/shiviz

Its parser's time grows with the square of the events, so it is given few of them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from page_trace import Traced
from view_beside import beside

HERE = Path(__file__).resolve().parent
MIDDLE = (650, 300)
QUERIES = ("send clock>5000", "send to:3 clock>500", "receive queue>3 from:2", "time>10 internal")
TEXTS = ('"key-77"', 'body~"\\"by\\": 3" send', 'state~"key-500"')
ASK = """
(async () => {
  const [query, hits] = ["query", "hits"].map((id) => document.getElementById(id));
  hits.textContent = "";
  const begin = performance.now();
  query.value = %s;
  query.dispatchEvent(new Event("input"));
  while (!hits.textContent) await new Promise((done) => setTimeout(done));
  return [performance.now() - begin, hits.textContent];
})()
"""
MB = 1e6


def asked(name, events):
    """What was asked for a page: by figure the largest that is allowed."""
    million = events / 1e6
    large, lanes = million > 3, 300 if name.startswith("300") else 8
    return {
        "made": 1.0 * million,
        "bytes": 45 * MB if large else {"30": 6, "300": 7.5}.get(name, 4.5) * MB * million,
        "painted": 4000 if large else 1500 if lanes == 300 else 1000,
        "frame": 65 if lanes == 300 else 35,
        "cone": 50,
        "numbers": 50,
        "texts": 1000,
        "memory": 1000 if large else 300,
    }


def told(what, value, most, unit="ms", digits=0):
    star = "" if value <= most else " *"
    print(f"    {what:44} {value:10,.{digits}f} {unit:3} (asked {most:,.{digits}f}){star}", flush=True)


def p95(values):
    return sorted(values)[int(0.95 * (len(values) - 1))]


def heap(page):
    """What the page keeps: its objects and its arrays, in MB, after what is unused is gone."""
    page.call("HeapProfiler.enable")
    page.call("HeapProfiler.collectGarbage")
    told = page.call("Runtime.getHeapUsage")
    return (told["usedSize"] + told.get("backingStorageSize", 0)) / MB


def of_process(process, field):
    line = next(
        each for each in Path(f"/proc/{process}/status").read_text().splitlines() if each.startswith(field)
    )
    return int(line.split()[1]) * 1024 / MB


def look_around(browser, page, process):
    """Zoom in and out and drag; return how long handlers took, and from inputs to the paint."""
    found = []
    with browser.trace(traces := []):
        for by in (-60, 60):
            for _ in range(30):
                page.wheel(*MIDDLE, by)
        for _ in range(8):
            page.wheel(*MIDDLE, -60)
    found += traces[0].answers("wheel", process)
    with browser.trace(traces := []):
        x, y = MIDDLE
        page.mouse("mousePressed", x, y, button="left", clickCount=1)
        for step in range(1, 31):
            page.mouse("mouseMoved", x - 6 * step, y, button="left", buttons=1)
            page.settle()
        page.mouse("mouseReleased", x - 180, y, button="left", clickCount=1)
        page.settle()
    return found, traces[0].answers("pointermove", process)


def cones(browser, page, process):
    page.ask("document.getElementById('whole').click()")
    page.settle()
    page.ask("document.getElementById('drawing').focus()")
    page.key("ArrowRight")
    times = []
    for _ in range(5):
        page.key("ArrowDown")
        with browser.trace(traces := []):
            page.key("Enter")
        times += traces[0].answers("keydown", process)
    return times


def searches(page, queries):
    times = []
    for query in queries:
        page.ask(ASK % json.dumps(query))  # what is inflated once is not inflated again
        took, found = page.ask(ASK % json.dumps(query))
        assert "found" in found, f"{query}: {found}"
        times.append(took)
    return times


def first_search(page, query):
    return page.ask(ASK % json.dumps(query))[0]


def measure(name, scale, times, home):
    path = home / "page.html"
    made = json.loads(
        subprocess.run(
            [sys.executable, HERE / "view_runs.py", name, str(scale), path, str(times)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    most = asked(name, made["events"])
    print(
        f"{name}: {made['events']:,} events, {made['messages']:,} messages; load {made['load']:.1f}",
        flush=True,
    )
    told("made", median(made["made"]), most["made"], "s", 2)
    cpu, before, peak = median(made["cpu"]), made["before"], made["peak"]
    print(f"        its CPU {cpu:.2f} s; memory of Python {before:,.0f} MB before, {peak:,.0f} MB at most")
    if "texts" in name:
        print(f"        HTML with all texts {made['bytes'] / MB:.2f} MB")
    else:
        told("HTML", made["bytes"] / MB, most["bytes"] / MB, "MB", 2)
        print(f"        {made['bytes'] / made['events']:.2f} MB for 10^6 events; hoped for: 3")
    painted, held, private, wheel, drag, cone, numbers, texts, first = ([] for _ in range(9))
    for _ in range(times):
        with Traced() as browser:
            page, trace = browser.open(path)
            process, _ = trace.opened(path)
            painted.append(trace.painted(path))
            held.append(heap(page))
            private.append(of_process(process, "RssAnon"))
            found, dragged = look_around(browser, page, process)
            wheel += found
            drag += dragged
            cone += cones(browser, page, process)
            numbers += searches(page, QUERIES)
            if "texts" in name:
                first.append(first_search(page, TEXTS[0]))
                texts += searches(page, TEXTS)
    told("painted", median(painted), most["painted"])
    told("memory of the page", median(held), most["memory"], "MB")
    load = os.getloadavg()[0]
    print(f"        of its process, without what is shared {median(private):,.0f} MB; load {load:.1f}")
    for what, inputs in (("wheel", wheel), ("drag", drag)):
        paints = [paint for _, paint in inputs]
        told(f"frame after {what}, p95 of {len(paints)}", p95(paints), most["frame"])
        print(f"        its median {median(paints):.1f} ms")
    told("cone, to its paint", median(paint for _, paint in cone), most["cone"])
    print(f"        of which it is found in {median(took for took, _ in cone):.1f} ms")
    told("search over numbers", median(numbers), most["numbers"])
    if texts:
        told("search over texts, the first", median(first), most["texts"])
        told("search over texts", median(texts), most["texts"])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", default=["real 8", "8", "30", "300", "8, texts"])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--shiviz", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        for name in args.runs:
            measure(name, 1, args.times, Path(home))
        if args.large:
            measure("8", 10, args.times, Path(home))
        if args.beside or args.shiviz:
            beside(Path(home), args.shiviz, args.times)


if __name__ == "__main__":
    main()
