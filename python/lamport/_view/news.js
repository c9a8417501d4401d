// What is around the diagram of a run that goes on: how it stands, machines as they are now, strips, news.

import { behind, heard, keepingTime, spanOf, standing } from "./behind.js";
import { machinesOf, newsOf, runOf, seriesOf, take } from "./grow.js";
import { follow, follows, present, replace } from "./present.js";
import { contextOf, draw, element, part, whenDrawn } from "./stage.js";
import { drawNow, drawStrip } from "./strips.js";

const NEWS = 60;
const here = () => performance.now() / 1000;

/** Shows what is told of a run; returns what a transport is to call. */
export function show(grown, title) {
  const kept = keepingTime();
  const view = { state: "waiting", words: "", following: true, asked: false, shown: false, told: new Set(), span: null, scene: null };
  const refresh = () => {
    view.asked = false;
    const run = runOf(grown);
    if (!run) return;
    if (view.shown) replace(run);
    else open(run);
    view.run = run;
    if (view.following && (follows() || view.scene === null)) forward();
    tellNews(grown, view);
    say();
  };
  /** At the next frame of the screen: a tab that nobody sees has none, and only what is kept grows no further. */
  const soon = () => {
    if (view.asked) return;
    view.asked = true;
    requestAnimationFrame(refresh);
  };
  const open = (run) => {
    frameOf();
    part("follow").onclick = () => {
      if (!view.following && view.scene) view.span = view.scene.high - view.scene.low;
      setFollowing(!view.following);
    };
    whenDrawn((scene) => {
      view.scene = scene;
      if (view.following && !follows()) setFollowing(false);
      drawAround(scene, grown);
    });
    present(run, null);
    view.shown = true;
  };
  const setFollowing = (following) => {
    view.following = following;
    part("follow").setAttribute("aria-pressed", String(following));
    if (following) forward();
  };
  /** Moves the window to the present. */
  const forward = () => {
    const axis = view.scene?.axis.name ?? "real";
    const events = machinesOf(grown).reduce((sum, each) => sum + each.count, 0);
    if (axis === "real") {
      const span = view.span ?? spanOf(events, grown.now);
      const high = Math.max(grown.now, span);
      follow(high - span, high + 0.02 * span);
    } else {
      const { high, low } = view.scene.axis;
      const span = Math.min(high - low, view.scene.high - view.scene.low);
      follow(high - span, high + 0.02 * span);
    }
  };
  const say = () => {
    const box = part("standing");
    if (!box) {
      const last = grown.warnings[grown.warnings.length - 1];
      part("words").textContent = view.words || `Waiting for news of ${grown.title || title}… ${last ? last.text : ""}`;
      return;
    }
    const events = machinesOf(grown).reduce((sum, each) => sum + each.count, 0);
    box.classList.toggle("lost", view.state === "lost");
    box.querySelector("span").textContent = standing({
      ...view, now: grown.now, late: behind(kept, here()), every: grown.every, events, kept: view.run?.kind.length ?? 0, dropped: grown.dropped, ended: grown.ended,
    });
  };
  const to = (state, words = "") => {
    if (view.state === "over") return;
    Object.assign(view, { state, words });
    say();
  };
  say();
  setInterval(say, 500);
  return {
    news(texts, number) {
      if (number <= grown.taken) return;
      for (const text of texts) {
        let kind = "";
        try {
          kind = take(grown, text);
        } catch (error) {
          grown.warnings.push({ at: grown.now, text: `an update could not be read: ${error.message}` });
        }
        if (kind === "more") heard(kept, grown.now, here());
        if (kind === "end") to("over");
      }
      if (!Number.isNaN(number)) grown.taken = number;
      if (view.state !== "over") Object.assign(view, { state: "live", words: "" });
      soon();
    },
    beat() {
      if (kept.apart !== Infinity) heard(kept, here() - kept.apart, here());
      if (view.state !== "over") to(view.shown ? "live" : "waiting");
    },
    found: () => to(view.shown ? "live" : "waiting"),
    lost: (words) => to("lost", words),
    over: () => to("over"),
  };
}

/** Puts what is around the diagram where it belongs. */
function frameOf() {
  const stage = part("stage");
  const row = document.createElement("div");
  row.id = "row";
  stage.replaceWith(row);
  row.append(stage);
  const beside = element("canvas", undefined, row);
  beside.id = "beside";
  beside.setAttribute("role", "img");
  const standingBox = document.createElement("p");
  standingBox.id = "standing";
  row.before(standingBox);
  const button = element("button", "follow", standingBox);
  button.id = "follow";
  button.type = "button";
  button.setAttribute("aria-pressed", "true");
  button.title = "keep the present in view; moving or zooming the diagram stops it";
  element("span", undefined, standingBox);
  const strips = document.createElement("canvas");
  strips.id = "strips";
  strips.setAttribute("role", "img");
  const news = document.createElement("ol");
  news.id = "news";
  news.setAttribute("aria-live", "polite");
  news.setAttribute("aria-label", "faults and warnings");
  part("minimap").after(strips, news);
}

function drawAround(scene, grown) {
  const machines = machinesOf(grown);
  const down = new Set();
  for (const { kind, at, for: lasts, machines: whom } of scene.run.head.faults) {
    if (kind === "crash" && (lasts === null || at + lasts > grown.now)) down.add(grown.machines.indexOf(whom[0]));
  }
  const beside = part("beside");
  const width = beside.clientWidth;
  drawNow(contextOf(beside, width, scene.height), { ...scene, machines, down, width });
  const most = machines.reduce((best, each) => (each.queue > best.queue ? each : best), machines[0]);
  beside.setAttribute("aria-label", `Clocks and queues now; the longest queue: ${most.queue < 0 ? "not known" : most.queue} (machine ${most.machine})`);
  const strips = part("strips");
  const [wide, tall] = [strips.clientWidth, strips.clientHeight];
  const context = contextOf(strips, wide, tall);
  context.fillStyle = scene.colors.ground;
  context.fillRect(0, 0, wide, tall);
  const { rows, slots } = seriesOf(grown);
  const shown = scene.axis.name === "real" ? [scene.low, scene.high] : [NaN, NaN];
  const common = {
    rows, slots, names: scene.run.names, rates: scene.rates, colors: scene.colors, left: scene.left, right: wide - width, width: wide, now: grown.now,
    chosen: scene.chosenLane, shown, height: tall / 2,
  };
  drawStrip(context, { ...common, top: 0 }, "drift", "drift: clock less the median clock, since the start");
  drawStrip(context, { ...common, top: tall / 2 }, "queue", "queue");
  strips.setAttribute("aria-label", "Drift and queues of all machines since the start");
}

/** Adds the faults and warnings that are new to the list, the newest first. */
function tellNews(grown, view) {
  const list = part("news");
  const add = (key, at, text, name) => {
    if (view.told.has(key)) return;
    view.told.add(key);
    const line = document.createElement("li");
    line.className = name;
    line.textContent = `${at.toFixed(2)} s: ${text}`;
    list.prepend(line);
  };
  const news = newsOf(grown);
  for (const each of news.sort((a, b) => a[1] - b[1])) add(...each);
  // What was waited for has come.
  for (const line of grown.lanes.size ? [...list.children] : []) if (line.className === "warning" && line.textContent.endsWith("yet: waiting")) line.remove();
  while (list.children.length > NEWS) list.lastChild.remove();
  if (view.told.size > 20 * NEWS) view.told = new Set(news.map(([key]) => key));
}
