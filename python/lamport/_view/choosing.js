// The chosen event, its past and its future, and walks from event to event.

import { coneOf, relation } from "./cones.js";
import { eventsInWindow } from "./index.js";
import { show } from "./moving.js";
import { spelled } from "./spelled.js";
import { draw, part, scene, state } from "./stage.js";
import { tellCone, tellEvent } from "./tell.js";

/** The event of a machine that set this clock, or -1. */
export function eventAt(run, machine, clock) {
  const lane = run.head.machines.indexOf(machine);
  if (lane < 0) return -1;
  for (let e = run.first[lane]; e < run.first[lane + 1]; e++) if (run.clock[e] === clock) return e;
  return -1;
}

/** What is an event of another run in this one, which may be what that has become since; or -1. */
export function eventIn(run, other, event) {
  return run === other ? event : eventAt(run, other.head.machines[other.lane[event]], other.clock[event]);
}

/** Chooses an event, and shows it, and says it behind `before`; null: none. */
export function choose(event, before = "") {
  state.chosen = event;
  state.hovering = {};
  if (event === null) {
    state.cone = null;
    part("said").textContent = before;
    draw();
    return;
  }
  void say(event, before);
  const { x } = state.axis;
  if (x[event] < state.low || x[event] > state.high) {
    const half = (state.high - state.low) / 2;
    show(x[event] - half, x[event] + half);
  }
  draw();
}

async function say(event, before = "") {
  const { run, texts } = state;
  const words = tellEvent(run, state.axis, event, texts.has ? await texts.of(run, event) : {}).join("; ");
  if (state.chosen !== event || state.run !== run) return;
  const { cone } = state;
  let more = "";
  if (cone && cone.event === event) {
    more = `. ${tellCone(run, cone)}`;
  } else if (cone) more = `. It is ${{ past: "in the past of", future: "in the future of", concurrent: "concurrent with", possible: "perhaps in the past or the future of", self: "" }[relation(run, cone, event)]} the event of the colours`;
  else if (run.refused) more = `. What can have caused it is not shown: ${spelled(run.refused)}`;
  part("said").textContent = before + words + more;
}

/** Colours the past and the future of an event. */
export function showCone(event) {
  state.cone = state.run.refused ? null : coneOf(state.run, event);
  void say(event);
  draw();
}

/** Chooses the next event of the lane, or the previous. */
export function step(by, among = scene().layout.lanes[0]) {
  const { run } = state;
  if (state.chosen === null) {
    if (among === undefined) return;
    const [begin, stop] = eventsInWindow(run, state.axis, among, state.low, state.high);
    if (begin < stop) choose(begin);
    return;
  }
  const lane = run.lane[state.chosen];
  const goal = state.chosen + by;
  if (goal >= run.first[lane] && goal < run.first[lane + 1]) choose(goal);
}

/** Chooses an event of the lane above or below. */
export function otherLane(by) {
  const { run } = state;
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

/** Chooses the next violation, or the previous. */
export function nextViolation(by) {
  const count = state.violations.length;
  if (!count) {
    if (state.run.kind.length) part("said").textContent = "No violations are marked here.";
    return;
  }
  state.violation = (state.violation + by + count) % count;
  const { event, rule, expected, found } = state.violations[state.violation];
  const words = `violation ${state.violation + 1} of ${state.run.head.broken ?? count}: ${rule}: expected ${expected}, found ${found}`;
  if (event >= 0) choose(event, `${words}. `);
  else {
    state.chosen = null; // it is of no event, not of the one before
    part("said").textContent = words;
    draw();
  }
}
