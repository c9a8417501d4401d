// The page: its state, and what people do to it.

import { axisOf } from "./axis.js";
import { fromBase64, openColumns } from "./codec.js";
import { palette, rateColors } from "./colors.js";
import { coneOf, relation } from "./cones.js";
import { RECEIVE, deriveRun } from "./derive.js";
import { FOOT } from "./detail.js";
import { drawFrame, lineOf, screen } from "./draw.js";
import { channelsOf, eachInWindow, eventsInWindow } from "./index.js";
import { HELP, actionOf } from "./keys.js";
import { layoutLanes, moved, plainArrangement, sortedBy, toggled } from "./layout.js";
import { drawOver } from "./over.js";
import { parse, search, textsOf } from "./search.js";
import { spelled } from "./spelled.js";
import { svgContext } from "./svg.js";
import { hasTimes, notesOf, secondsText, tellCone, tellEvent, tellMessage } from "./tell.js";
import { textsOfRun } from "./texts.js";

const NEAR = 5;
const IN_TABLE = 200;
const $ = (id) => document.getElementById(id);
const state = { chosen: null, cone: null, hits: [], hit: -1, pointed: null, violation: -1, dark: false };
let run;
let texts;
let pending = false;

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

async function begin() {
  if (typeof DecompressionStream === "undefined") {
    $("words").textContent += " This browser has no DecompressionStream.";
    return;
  }
  try {
    const file = await openColumns(fromBase64($("data").textContent));
    $("data").remove();
    run = await deriveRun(file);
    texts = textsOfRun(file);
    prepare();
  } catch (error) {
    $("words").textContent = `This page could not be drawn: ${error.message}`;
    throw error;
  }
  $("words").remove();
  $("app").hidden = false;
  listen();
  resize();
}

function prepare() {
  const { head } = run;
  const notes = notesOf(run);
  document.title = spelled(head.title);
  $("title").textContent = document.title;
  $("notes").hidden = !notes.length;
  $("notes").textContent = notes.slice(0, 3).join("; ") + (notes.length > 3 ? `; and ${notes.length - 3} more notes` : "");
  $("notes").title = notes.join("\n");
  if (!hasTimes(run)) $("axis").options[0].disabled = true;
  state.arranged = plainArrangement(run.lanes);
  state.rates = rateColors(head.rates);
  state.longest = run.queue.reduce((a, b) => (a > b ? a : b), 0);
  state.faults = head.faults.map((fault) => ({
    ...fault,
    until: fault.for === null ? null : fault.at + fault.for,
    lanes: fault.machines.map((machine) => head.machines.indexOf(machine)),
  }));
  state.violations = head.violations.map(([machine, clock, rule, expected, found]) => ({
    event: clock === null ? -1 : eventAt(machine, clock), rule, expected: spelled(expected), found: spelled(found), machine, clock,
  }));
  const count = head.broken;
  $("violations").hidden = !count;
  $("violations").textContent = `${count.toLocaleString("en")} violation${count === 1 ? "" : "s"}`;
  state.cut = cutOf(head.cut);
  setAxis(hasTimes(run) ? "real" : "lamport");
  if (head.highlight) {
    const event = eventAt(...head.highlight);
    if (event >= 0) {
      choose(event);
      showCone(event);
    }
  }
  setDark(matchMedia("(prefers-color-scheme: dark)").matches);
}

/** The event of a machine that set this clock, or -1. */
function eventAt(machine, clock) {
  const lane = run.head.machines.indexOf(machine);
  if (lane < 0) return -1;
  for (let e = run.first[lane]; e < run.first[lane + 1]; e++) if (run.clock[e] === clock) return e;
  return -1;
}

/** Of each lane its last event in the cut, one before its first if there is none. */
function cutOf(places) {
  if (!places) return null;
  const cut = Array.from(run.first.subarray(0, run.lanes), (first) => first - 1);
  for (const [machine, clock] of places) {
    const lane = run.head.machines.indexOf(machine);
    // The page may have a part of the run: what is in the cut may all be before it, or go on behind it.
    while (cut[lane] + 1 < run.first[lane + 1] && run.clock[cut[lane] + 1] <= clock) cut[lane]++;
  }
  return cut;
}

function setAxis(name) {
  const before = state.axis;
  const share = before && [(state.low - before.low) / (before.high - before.low), (state.high - before.low) / (before.high - before.low)];
  state.axis = axisOf(run, name);
  state.channels = channelsOf(run, state.axis);
  $("axis").value = name;
  whole();
  if (share && share[1] - share[0] < 0.98) {
    const span = state.axis.high - state.axis.low;
    show(state.axis.low + share[0] * span, state.axis.low + share[1] * span);
  }
  state.map = null;
  draw();
}

function whole() {
  const span = state.axis.high - state.axis.low || 1;
  show(state.axis.low - 0.015 * span, state.axis.high + 0.015 * span);
}

/** Shows a window of the axis: never less than can be told apart, nor much more than there is. */
function show(low, high) {
  const span = state.axis.high - state.axis.low || 1;
  const least = state.axis.name === "real" ? Math.max(2e-6, span * 1e-12) : 2;
  const most = 1.2 * span;
  let wide = Math.min(Math.max(high - low, least), Math.max(most, least));
  const middle = (low + high) / 2;
  state.low = Math.max(state.axis.low - wide * 0.5, Math.min(middle - wide / 2, state.axis.high - wide * 0.5));
  state.high = state.low + wide;
  draw();
}

function zoom(by, around) {
  const at = around ?? (state.low + state.high) / 2;
  show(at - (at - state.low) * by, at + (state.high - at) * by);
}

function setDark(dark) {
  state.dark = dark;
  document.documentElement.classList.toggle("dark", dark);
  $("dark").setAttribute("aria-pressed", String(dark));
  state.map = null;
  draw();
}

function scene() {
  const box = $("stage").getBoundingClientRect();
  const width = Math.max(200, box.width);
  const height = Math.max(80, box.height);
  const names = run.names.reduce((most, name) => Math.max(most, name.length), 0);
  const left = Math.min(Math.max(44, 6.2 * Math.min(names, 24) + 18), width / 4);
  const layout = layoutLanes(state.arranged, height - FOOT);
  return {
    ...state, run, layout, width, height, left, colors: palette(state.dark), chosenLane: state.chosen === null ? -1 : run.lane[state.chosen],
    violations: state.violations.map((each) => each.event).filter((event) => event >= 0), arrows: true, putImage,
  };
}

function putImage(image, x, y) {
  const ratio = devicePixelRatio || 1;
  const context = state.base;
  if (ratio === 1) context.putImageData(image, Math.round(x), Math.round(y));
  else {
    const scratch = document.createElement("canvas");
    scratch.width = image.width;
    scratch.height = image.height;
    scratch.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
    context.drawImage(scratch, x, y);
  }
}

function contextOf(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

function draw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    frame();
  });
}

function frame() {
  if ($("app").hidden) return;
  const made = scene();
  state.base = contextOf($("drawing"), made.width, made.height);
  state.told = drawFrame(state.base, made);
  $("drawing").dataset.window = `${state.low} ${state.high}`;
  over(made);
  minimap(made);
  legend(made);
}

function over(made = scene()) {
  drawOver(contextOf($("over"), made.width, made.height), made);
}

function minimap(made) {
  const canvas = $("minimap");
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const context = contextOf(canvas, width, height);
  const { low, high } = state.axis;
  const span = high - low || 1;
  if (!state.map || state.map.length !== Math.floor(width)) {
    const counts = new Int32Array(Math.max(1, Math.floor(width)));
    const { x } = state.axis;
    for (let e = 0; e < x.length; e++) counts[Math.min(counts.length - 1, Math.floor(((x[e] - low) / span) * counts.length))]++;
    state.map = counts;
  }
  context.fillStyle = made.colors.ground;
  context.fillRect(0, 0, width, height);
  const most = state.map.reduce((a, b) => Math.max(a, b), 1);
  context.fillStyle = made.colors.faint;
  for (let px = 0; px < state.map.length; px++) {
    const tall = (state.map[px] / most) * (height - 6);
    if (tall) context.fillRect(px, height - 2 - tall, 1, tall);
  }
  context.fillStyle = made.colors.window;
  const a = ((state.low - low) / span) * width;
  context.fillRect(a, 0, Math.max(3, ((state.high - state.low) / span) * width), height);
}

function legend(made) {
  const { told } = state;
  const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const parts = [counted(told.events, "event")];
  parts.push(told.crossings ? `messages as shades: up to ${told.most.toLocaleString("en")} at once between two lanes` : counted(told.messages, "message"));
  parts.push("● SEND  ■ RECEIVE  | INTERNAL");
  if (told.styles & 2) parts.push("-·- its receipt is inferred");
  if (told.styles & 4) parts.push("- - × never received");
  if (told.styles & 8) parts.push("· · what became of it is in no log");
  if (state.cut) parts.push(`broken line: a cut, ${run.head.cut_is}`);
  if (made.cone) parts.push(`blue: its causal past, orange: its future, grey: concurrent${made.cone.mayPast ? ", violet: the logs leave it open" : ""}`);
  if (state.axis.backwards) parts.push(`${counted(state.axis.backwards, "event")} before the one that came first on its lane: drawn where the lane was`);
  const hidden = state.arranged.hidden.size;
  if (hidden) parts.push(`${counted(hidden, "lane")} hidden`);
  $("legend").textContent = parts.join("   ·   ");
}

function resize() {
  state.map = null;
  draw();
}

function laneAt(made, y) {
  const row = Math.floor(y / made.layout.rowHeight);
  return made.layout.lanesOf[row] ?? [];
}

/** The events at a place of the drawing. */
function eventsAt(made, px, py) {
  const place = screen(made);
  const found = [];
  for (const lane of laneAt(made, py)) {
    const row = made.layout.rowOf[lane];
    if (made.layout.rowHeight > 24 && Math.abs(made.layout.y(row) - py) > 10) continue;
    const [begin, stop] = eventsInWindow(run, state.axis, lane, place.back(px - NEAR), place.back(px + NEAR));
    for (let event = begin; event < stop && found.length < 1000; event++) found.push(event);
  }
  const far = (event) => Math.abs(place.at(state.axis.x[event]) - px);
  return found.sort((a, b) => far(a) - far(b));
}

/** The message nearest to a place of the drawing, or null. */
function messageAt(made, px, py) {
  const place = screen(made);
  const { rowOf } = made.layout;
  const shown = (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes);
  let best = null;
  let nearest = NEAR;
  eachInWindow(state.channels, place.back(px - 16), place.back(px + 2), shown, (i) => {
    const message = state.channels.message[i];
    const [x0, y0, x1, y1] = lineOf(made, place, message);
    const along = Math.max(0, Math.min(1, ((px - x0) * (x1 - x0) + (py - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1)));
    const far = Math.hypot(px - x0 - along * (x1 - x0), py - y0 - along * (y1 - y0));
    if (far < nearest) {
      nearest = far;
      best = message;
    }
    return false;
  });
  return best;
}

async function hover(px, py) {
  const made = scene();
  const events = px > made.left ? eventsAt(made, px, py) : [];
  const message = events.length || px <= made.left ? null : messageAt(made, px, py);
  const before = state.pointed;
  state.pointed = message ?? (events.length && (run.kind[events[0]] & 3) === RECEIVE && run.messageOf[events[0]] >= 0 ? run.messageOf[events[0]] : null);
  if (before !== state.pointed) over();
  if (!events.length && message === null) {
    const lane = px <= made.left ? laneAt(made, py) : [];
    tip(lane.length ? [lane.slice(0, 8).map((each) => run.names[each]).join(", ")] : [], px, py, made);
    return;
  }
  const lines = message !== null ? tellMessage(run, message) : [];
  const marker = (state.hovering = {});
  const tell = (all) => [...all.flat(), ...(events.length > 4 ? [`and ${events.length - 4} more here`] : [])];
  const first = events.slice(0, 4);
  tip(message !== null ? lines : tell(first.map((event) => tellEvent(run, state.axis, event))), px, py, made);
  if (texts.has && first.length) {
    const told = await Promise.all(first.map(async (event) => tellEvent(run, state.axis, event, await texts.of(run, event))));
    if (state.hovering === marker && !$("tip").hidden) tip(tell(told), px, py, made);
  }
}

function tip(lines, px, py, made) {
  const box = $("tip");
  box.hidden = !lines.length;
  if (!lines.length) return;
  box.textContent = lines.join("\n");
  const wide = box.offsetWidth;
  const tall = box.offsetHeight;
  box.style.left = `${Math.max(0, px + 14 + wide > made.width ? px - wide - 10 : px + 14)}px`;
  box.style.top = `${Math.max(0, py + 14 + tall > made.height ? py - tall - 10 : py + 14)}px`;
}

function choose(event) {
  state.chosen = event;
  state.hovering = {};
  if (event === null) {
    state.cone = null;
    $("said").textContent = "";
    draw();
    return;
  }
  say(event);
  const { x } = state.axis;
  if (x[event] < state.low || x[event] > state.high) {
    const half = (state.high - state.low) / 2;
    show(x[event] - half, x[event] + half);
  }
  draw();
}

async function say(event) {
  const words = tellEvent(run, state.axis, event, texts.has ? await texts.of(run, event) : {}).join("; ");
  if (state.chosen !== event) return;
  const cone = state.cone;
  let more = "";
  if (cone && cone.event === event) {
    more = `. ${tellCone(run, cone)}`;
  } else if (cone) more = `. It is ${{ past: "in the past of", future: "in the future of", concurrent: "concurrent with", possible: "perhaps in the past or the future of", self: "" }[relation(run, cone, event)]} the event of the colours`;
  else if (run.refused) more = `. What can have caused it is not shown: ${spelled(run.refused)}`;
  $("said").textContent = words + more;
}

function showCone(event) {
  state.cone = run.refused ? null : coneOf(run, event);
  say(event);
  draw();
}

function step(by) {
  if (state.chosen === null) {
    const [lane] = scene().layout.lanes;
    if (lane === undefined) return;
    const [begin, stop] = eventsInWindow(run, state.axis, lane, state.low, state.high);
    if (begin < stop) choose(begin);
    return;
  }
  const lane = run.lane[state.chosen];
  const goal = state.chosen + by;
  if (goal >= run.first[lane] && goal < run.first[lane + 1]) choose(goal);
}

function otherLane(by) {
  const { lanes } = scene().layout;
  if (state.chosen === null) return step(1);
  const at = lanes.indexOf(run.lane[state.chosen]);
  const x = state.axis.x[state.chosen];
  for (let place = at + by; place >= 0 && place < lanes.length; place += by) {
    const lane = lanes[place];
    if (run.first[lane] === run.first[lane + 1]) continue;
    const [found] = eventsInWindow(run, state.axis, lane, x, Infinity);
    return choose(Math.min(found, run.first[lane + 1] - 1));
  }
  return undefined;
}

function nextViolation(by) {
  const count = state.violations.length;
  if (!count) return;
  state.violation = (state.violation + by + count) % count;
  const { event, rule, expected, found } = state.violations[state.violation];
  if (event >= 0) choose(event);
  $("said").textContent = `violation ${state.violation + 1} of ${run.head.broken}: ${rule}: expected ${expected}, found ${found}`;
}

async function find() {
  const text = $("query").value.trim();
  state.hits = [];
  state.hit = -1;
  if (!text) $("hits").textContent = "";
  else {
    try {
      const asked = parse(text);
      const needed = textsOf(asked);
      const marked = new Set(state.violations.map((each) => each.event));
      const known = needed.length ? await texts.all(needed) : {};
      state.hits = search(asked, run, known, marked);
      $("hits").textContent = `${state.hits.length.toLocaleString("en")} found`;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      $("hits").textContent = error.message;
    }
  }
  over();
}

function nextHit(by) {
  const count = state.hits.length;
  if (!count) return;
  state.hit = (state.hit + by + count) % count;
  $("hits").textContent = `${(state.hit + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`;
  choose(state.hits[state.hit]);
}

function panel(title) {
  const box = $("panel");
  const same = !box.hidden && box.dataset.title === title;
  box.replaceChildren();
  box.hidden = same;
  box.dataset.title = title;
  draw();
  if (same) return null;
  element("strong", title, box);
  return box;
}

function table() {
  const box = panel("Events in view");
  if (!box) return;
  const made = element("table", undefined, box);
  const head = element("tr", undefined, element("thead", undefined, made));
  for (const name of ["machine", "event", "clock", "time", "queue"]) element("th", name, head).scope = "col";
  const body = element("tbody", undefined, made);
  const found = [];
  for (const lane of scene().layout.lanes) {
    const [begin, stop] = eventsInWindow(run, state.axis, lane, state.low, state.high);
    for (let event = begin; event < Math.min(stop, begin + IN_TABLE); event++) found.push(event);
  }
  found.sort((a, b) => state.axis.x[a] - state.axis.x[b]);
  for (const event of found.slice(0, IN_TABLE)) {
    const row = element("tr", undefined, body);
    const values = [run.names[run.lane[event]], ["SEND", "RECEIVE", "INTERNAL"][run.kind[event] & 3], run.clock[event], hasTimes(run) ? secondsText(run, run.time[event]) : "", run.queue[event] < 0 ? "" : run.queue[event]];
    for (const value of values) element("td", String(value), row);
  }
  if (found.length > IN_TABLE) element("p", `The first ${IN_TABLE} of them.`, box);
}

function lanesPanel() {
  const box = panel("Lanes");
  if (!box) return;
  const sorts = element("p", undefined, box);
  const offer = (text, arrange) => {
    element("button", text, sorts).onclick = () => {
      state.arranged = arrange();
      panel("Lanes");
      lanesPanel();
    };
  };
  offer("as they come", () => plainArrangement(run.lanes));
  offer("by rate", () => sortedBy(state.arranged, (lane) => run.head.rates[lane]));
  offer("by events", () => sortedBy(state.arranged, (lane) => run.first[lane] - run.first[lane + 1]));
  offer("show all", () => ({ ...state.arranged, hidden: new Set() }));
  const list = element("ul", undefined, box);
  for (const lane of state.arranged.order.slice(0, 500)) {
    const label = element("label", undefined, element("li", undefined, list));
    const tick = element("input", undefined, label);
    tick.type = "checkbox";
    tick.checked = !state.arranged.hidden.has(lane);
    tick.onchange = () => {
      state.arranged = toggled(state.arranged, lane);
      draw();
    };
    label.append(` ${run.names[lane]}${run.head.rates[lane] === null ? "" : ` (${run.head.rates[lane]}/s)`}`);
  }
}

function violationsPanel() {
  const box = panel("Violations");
  if (!box) return;
  const list = element("ol", undefined, box);
  const { broken } = run.head;
  if (broken > state.violations.length) element("p", `The first ${state.violations.length.toLocaleString("en")} of ${broken.toLocaleString("en")}.`, box);
  state.violations.forEach((each, place) => {
    const who = run.names[run.head.machines.indexOf(each.machine)] ?? `machine ${each.machine}`;
    const button = element("button", `${each.rule}: ${who}${each.clock === null ? "" : `, clock ${each.clock}`}: expected ${each.expected}, found ${each.found}`, element("li", undefined, list));
    button.onclick = () => {
      state.violation = place - 1;
      nextViolation(1);
    };
  });
}

function help() {
  const box = panel("Keys");
  if (!box) return;
  const made = element("table", undefined, box);
  for (const [keys, what] of HELP) {
    const row = element("tr", undefined, made);
    element("th", keys, row);
    element("td", what, row);
  }
  element("p", 'Search: send receive internal unread lost inferred manual caused violation, machine: to: from: clock> queue> time< body~"…" state~"…"; and is a space, or, not, ( ).', box);
}

function saveSvg() {
  const made = scene();
  const context = svgContext(made.width, made.height);
  if (made.layout.lanes.length > 40) context.image($("drawing").toDataURL(), 0, 0, made.width, made.height);
  else drawFrame(context, made);
  drawOver(context, made);
  const link = element("a");
  link.href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(context.text())}`;
  link.download = "space-time.svg";
  link.click();
}

function act(name) {
  const span = state.high - state.low;
  const actions = {
    "previous event": () => step(-1), "next event": () => step(1), "lane above": () => otherLane(-1), "lane below": () => otherLane(1),
    cone: () => state.chosen !== null && showCone(state.chosen), clear: () => choose(null), search: () => $("query").focus(),
    "next violation": () => nextViolation(1), "previous violation": () => nextViolation(-1), table, help, whole,
    "zoom in": () => zoom(0.7), "zoom out": () => zoom(1 / 0.7), "page left": () => show(state.low - span / 2, state.high - span / 2),
    "page right": () => show(state.low + span / 2, state.high + span / 2),
    "first event": () => state.chosen !== null && choose(run.first[run.lane[state.chosen]]),
    "last event": () => state.chosen !== null && choose(run.first[run.lane[state.chosen] + 1] - 1),
    axis: () => setAxis({ real: "lamport", lamport: "step", step: hasTimes(run) ? "real" : "lamport" }[state.axis.name]),
    "lane up": () => arrange(-1), "lane down": () => arrange(1),
    "hide lane": () => {
      if (state.chosen !== null) state.arranged = toggled(state.arranged, run.lane[state.chosen]);
      draw();
    },
  };
  actions[name]();
}

function arrange(by) {
  if (state.chosen === null) return;
  state.arranged = moved(state.arranged, run.lane[state.chosen], by);
  draw();
}

function listen() {
  const stage = $("over");
  const at = (event) => {
    const box = $("stage").getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let grip = null;
  stage.addEventListener("pointerdown", (event) => {
    const [px, py] = at(event);
    grip = { px, py, low: state.low, high: state.high, moved: false };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    if (!grip) return void hover(px, py);
    if (Math.abs(px - grip.px) > 3) grip.moved = true;
    if (grip.moved) {
      const made = scene();
      const by = ((grip.px - px) * (grip.high - grip.low)) / (made.width - made.left);
      show(grip.low + by, grip.high + by);
      $("tip").hidden = true;
    }
    return undefined;
  });
  stage.addEventListener("pointerup", (event) => {
    const [px, py] = at(event);
    if (grip && !grip.moved) {
      const [found] = eventsAt(scene(), px, py);
      if (found === undefined) choose(null);
      else {
        choose(found);
        showCone(found);
      }
      $("drawing").focus();
    }
    grip = null;
  });
  stage.addEventListener("pointerleave", () => {
    $("tip").hidden = true;
    state.hovering = {};
    state.pointed = null;
    over();
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const made = scene();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) * (state.high - state.low)) / (made.width - made.left);
      show(state.low + by, state.high + by);
    } else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * 0.002))), screen(made).back(at(event)[0]));
  }, { passive: false });
  $("drawing").addEventListener("keydown", (event) => {
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    act(action);
  });
  const map = $("minimap");
  const jump = (event) => {
    if (!(event.buttons & 1)) return;
    const share = event.offsetX / map.clientWidth;
    const middle = state.axis.low + share * (state.axis.high - state.axis.low);
    const half = (state.high - state.low) / 2;
    show(middle - half, middle + half);
  };
  map.addEventListener("pointerdown", jump);
  map.addEventListener("pointermove", jump);
  $("axis").onchange = () => setAxis($("axis").value);
  $("search").addEventListener("submit", (event) => event.preventDefault());
  $("query").addEventListener("input", () => void find());
  $("query").addEventListener("keydown", (event) => {
    if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") $("drawing").focus();
    else return;
    event.preventDefault();
  });
  $("next").onclick = () => nextHit(1);
  $("previous").onclick = () => nextHit(-1);
  $("whole").onclick = whole;
  $("in").onclick = () => zoom(0.6);
  $("out").onclick = () => zoom(1 / 0.6);
  $("order").onclick = lanesPanel;
  $("violations").onclick = violationsPanel;
  $("table").onclick = table;
  $("svg").onclick = saveSvg;
  $("dark").onclick = () => setDark(!state.dark);
  $("help").onclick = help;
  new ResizeObserver(resize).observe($("stage"));
}

void begin();
