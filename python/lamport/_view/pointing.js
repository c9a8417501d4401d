// What is under the pointer.

import { RECEIVE } from "./derive.js";
import { faultsAt } from "./faults.js";
import { eachInWindow, eventsInWindow } from "./index.js";
import { lineOf } from "./messages.js";
import { screen } from "./place.js";
import { drawOverlay, part, scene, state } from "./stage.js";
import { spelled } from "./spelled.js";
import { tellEvent, tellMessage } from "./tell.js";

const NEAR = 5;

/** The lanes at a height of the drawing. */
export function laneAt(made, y) {
  const row = Math.floor(y / made.layout.rowHeight);
  return made.layout.lanesOf[row] ?? [];
}

/** The events at a place of the drawing, the nearest first. */
export function eventsAt(made, px, py) {
  const { run, axis, layout } = made;
  const place = screen(made);
  const found = [];
  for (const lane of laneAt(made, py)) {
    const row = layout.rowOf[lane];
    if (layout.rowHeight > 24 && Math.abs(layout.y(row) - py) > 10) continue;
    const [begin, stop] = eventsInWindow(run, axis, lane, place.back(px - NEAR), place.back(px + NEAR));
    for (let event = begin; event < stop && found.length < 1000; event++) found.push(event);
  }
  const far = (event) => Math.abs(place.at(axis.x[event]) - px);
  return found.sort((a, b) => far(a) - far(b));
}

/** The message nearest to a place of the drawing, or null. */
export function messageAt(made, px, py) {
  const { run, index, layout } = made;
  const place = screen(made);
  const { rowOf } = layout;
  const shown = (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes);
  let best = null;
  let nearest = NEAR;
  eachInWindow(index, place.back(px - 16), place.back(px + 2), shown, (message) => {
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

/** Tells what is at a place of the drawing. */
export async function hover(px, py) {
  const { run, axis, texts } = state;
  const made = scene();
  const events = px > made.left ? eventsAt(made, px, py) : [];
  const message = events.length || px <= made.left ? null : messageAt(made, px, py);
  const before = state.pointed;
  state.pointed = message ?? (events.length && (run.kind[events[0]] & 3) === RECEIVE && run.messageOf[events[0]] >= 0 ? run.messageOf[events[0]] : null);
  if (before !== state.pointed) drawOverlay();
  if (!events.length && message === null) {
    const lanes = px <= made.left ? laneAt(made, py) : [];
    if (lanes.length) tip([lanes.slice(0, 8).map((lane) => tellLane(run, lane)).join("\n") + (lanes.length > 8 ? `\nand ${lanes.length - 8} more` : "")], px, py, made);
    else tip(px > made.left ? faultsAt(made, px, py).map((fault) => spelled(fault.told)) : [], px, py, made);
    return;
  }
  const lines = message !== null ? tellMessage(run, message) : [];
  const marker = (state.hovering = {});
  const tell = (all) => [...all.flat(), ...(events.length > 4 ? [`and ${events.length - 4} more here`] : [])];
  const first = events.slice(0, 4);
  tip(message !== null ? lines : tell(first.map((event) => tellEvent(run, axis, event))), px, py, made);
  if (texts.has && first.length) {
    const told = await Promise.all(first.map(async (event) => tellEvent(run, axis, event, await texts.of(run, event))));
    if (state.hovering === marker && !part("tip").hidden) tip(tell(told), px, py, made);
  }
}

function tellLane(run, lane) {
  const rate = run.head.rates[lane];
  return `${run.names[lane]}${rate === null ? "" : `, ${rate}/s`}, ${(run.first[lane + 1] - run.first[lane]).toLocaleString("en")} events`;
}

/** Tells nothing any more. */
export function leave() {
  part("tip").hidden = true;
  state.hovering = {};
  if (state.pointed === null) return;
  state.pointed = null;
  drawOverlay();
}

function tip(lines, px, py, made) {
  const box = part("tip");
  box.hidden = !lines.length;
  if (!lines.length) return;
  box.textContent = lines.join("\n");
  const wide = box.offsetWidth;
  const tall = box.offsetHeight;
  box.style.left = `${Math.max(0, px + 14 + wide > made.width ? px - wide - 10 : px + 14)}px`;
  box.style.top = `${Math.max(0, py + 14 + tall > made.height ? py - tall - 10 : py + 14)}px`;
}
