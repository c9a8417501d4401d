"""The same run beside others: an SVG with an element for each event and message, plotly, and ShiViz."""

import json
import subprocess
import warnings
from html import escape
from pathlib import Path
from statistics import median

import numpy as np
from page_trace import Traced

import lamport

HERE = Path(__file__).resolve().parent
SIZES = (10_000, 100_000)
OF_SHIVIZ = (1_000, 3_000, 10_000)
EVENTS_A_SECOND = 12_000
WIDTH, HEIGHT = 1180, 560
MARK = 'performance.mark("lamport drawn")'
SVG = """<!DOCTYPE html>
<meta charset="utf-8">
<title>{title}</title>
<svg id="drawing" width="{width}" height="{height}" viewBox="0 0 {width} {height}" preserveAspectRatio="none">
<g stroke="#888" stroke-width="0.8" vector-effect="non-scaling-stroke">{lines}</g><g>{marks}</g></svg>
<script>
const drawing = document.getElementById("drawing");
let wide = {width};
addEventListener("keydown", () => {{
  requestAnimationFrame(() => {{
    wide *= 0.9;
    drawing.setAttribute("viewBox", `0 0 ${{wide}} {height}`);
  }});
}});
requestAnimationFrame(() => {{ {mark}; globalThis.shown = true; }});
</script>
"""
PLOTLY = """
const plot = document.getElementById("{plot_id}");
let wide = %f;
%s; // this runs when it is drawn
globalThis.shown = true;
addEventListener("keydown", () => {
  requestAnimationFrame(() => {
    wide *= 0.9;
    Plotly.relayout(plot, { "xaxis.range": [0, wide] });
  });
});
"""


def simulated(events):
    rates = [100, 2500, 700, 1200, 3000, 50, 2000, 2450]
    late = lamport.Exponential(0.02)
    seconds = events / EVENTS_A_SECOND
    return lamport.simulate(rates=rates, duration=seconds, seed=1, latency=late, progress=False)


def places(run):
    """Where the marks and lines are: x, y of events by kind, and both ends of messages, NaN between them."""
    lane = {machine: place for place, machine in enumerate(sorted(run.machines.index))}
    events, messages = run.events, run.messages
    marks = {}
    for kind, of in events.groupby("event"):
        marks[kind] = of["time"].to_numpy(), of["machine_id"].map(lane).to_numpy()
    known = messages.dropna(subset=["arrived"])
    ends = [known["sent"], known["arrived"]], [known["sender"].map(lane), known["recipient"].map(lane)]
    return marks, [np.array([*each, np.full(len(known), np.nan)], dtype=float).T.ravel() for each in ends]


def svg(run, path):
    marks, (xs, ys) = places(run)
    wide, tall = WIDTH / run.events["time"].max(), HEIGHT / len(run.machines)

    def at(x, y):
        return f"{x * wide:.2f}", f"{(y + 0.5) * tall:.1f}"

    begins, ends = (zip(xs[end::3], ys[end::3], strict=True) for end in (0, 1))
    lines = [
        '<path d="M{} {}L{} {}"/>'.format(*at(*begin), *at(*end))
        for begin, end in zip(begins, ends, strict=True)
    ]
    dots = [
        '<circle cx="{}" cy="{}" r="2"/>'.format(*at(x, y))
        for of in marks.values()
        for x, y in zip(*of, strict=True)
    ]
    sizes = {"width": WIDTH, "height": HEIGHT}
    parts = {"lines": "".join(lines), "marks": "".join(dots), "mark": MARK}
    path.write_text(SVG.format(title=escape(repr(run)), **sizes, **parts))


def plotly(run, path):
    from plotly import graph_objects  # noqa: PLC0415 - it need not be there

    marks, (xs, ys) = places(run)
    figure = graph_objects.Figure(layout={"width": WIDTH, "height": HEIGHT, "showlegend": False})
    figure.add_scatter(x=xs, y=ys, mode="lines", line={"width": 0.8, "color": "#888"}, hoverinfo="skip")
    for kind, (x, y) in marks.items():
        figure.add_scatter(x=x, y=y, mode="markers", name=kind, marker={"size": 4})
    script = PLOTLY.replace("%f", repr(float(run.events["time"].max())), 1).replace("%s", MARK, 1)
    path.write_text(figure.to_html(include_plotlyjs=True, post_script=script))


def page(run, path):
    run.view().save(path, overwrite=True)


def timed(path, key, times):
    """How long until it is painted, and from a key that zooms to the next paint."""
    painted, frames = [], []
    ready = "globalThis.shown || document.getElementById('drawing')?.dataset.window !== undefined"
    for _ in range(times):
        with Traced() as browser:
            opened, trace = browser.open(path, ready)
            process, _ = trace.opened(path)
            painted.append(trace.painted(path))
            opened.ask("document.getElementById('drawing')?.focus()")
            with browser.trace(traces := []):
                for _ in range(5):
                    opened.key(key)
            frames += [paint for _, paint in traces[0].answers("keydown", process)]
    return median(painted), median(frames)


def in_node(*words):
    words = ["node", HERE / "view_beside.mjs", *map(str, words)]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return told["events"], median(told["took"])


def beside(home, shiviz, times):
    print("beside others: painted; a frame of the zoom; times the page's")
    for size in SIZES:
        run = simulated(size)
        print(f"    {len(run.events):,} events, {len(run.messages):,} messages")
        own = None
        for name, write in (("page", page), ("SVG", svg), ("plotly", plotly)):
            path = home / f"{name}.html"
            write(run, path)
            painted, frame = timed(path, "+", times)
            own = own or (painted, frame)
            ratios = f"{painted / own[0]:6.1f}, {frame / own[1]:6.1f}"
            print(f"        {name:8} {painted:8,.0f} ms, {frame:7,.1f} ms; {ratios}", flush=True)
    if not shiviz:
        return
    print("beside ShiViz, in Node: what is done before anything is drawn")
    for size in OF_SHIVIZ:
        run = simulated(size)
        with warnings.catch_warnings(category=lamport.LamportWarning, action="ignore"):
            run.export(home / "run.shiviz")  # which says that ShiViz takes long
        page(run, home / "run.html")
        events, theirs = in_node("shiviz", home / "run.shiviz", 3, shiviz)
        count, ours = in_node("page", home / "run.html", 15)
        assert events == count == len(run.events)
        words = f"{events:7,} events: {theirs:9,.1f} ms, the page {ours:6.2f} ms: {theirs / ours:,.0f} times"
        print(f"        {words}", flush=True)
