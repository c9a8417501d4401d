// The diagram, drawn: lanes, events, messages, and what is counted where they are too many.

import { tickText, ticks } from "./axis.js";
import { drawBack, drawCut, drawPath } from "./cut.js";
import { drawImage, rowDensities } from "./dense.js";
import { COLUMN, FOOT, MOST_EVENTS, MOST_LANES, MOST_MESSAGES } from "./detail.js";
import { drawFaults } from "./faults.js";
import { areMore, eventsInWindow } from "./index.js";
import { drawLane, drawQueue } from "./marks.js";
import { drawMessages } from "./messages.js";
import { screen } from "./place.js";
import { cutShort } from "./spelled.js";

const FONT = "11px system-ui, sans-serif";

/** Draws a frame; returns how many events and messages there are in it, and whether they were drawn one by one. */
export function drawFrame(context, scene) {
  const { width, height, left, colors } = scene;
  const place = screen(scene);
  context.fillStyle = colors.ground;
  context.fillRect(0, 0, width, height);
  context.font = FONT;
  drawAxis(context, scene, place);
  context.save();
  context.beginPath();
  context.rect(left, 0, width - left, height - FOOT);
  context.clip();
  const many = scene.layout.rows > MOST_LANES && !isSparse(scene);
  const told = { events: 0, messages: 0, crossings: false, most: 0, density: 0, densest: 0, styles: 0, late: 0, back: 0, kinds: 0, hollow: false, dots: false, queues: false, faults: new Set() };
  if (many) drawImage(context, scene, place, told);
  drawFaults(context, scene, told); // an image has nothing below it
  const dense = many ? null : rowDensities(scene, Math.max(1, Math.floor((width - left) / COLUMN)), MOST_EVENTS);
  if (!many) {
    drawMessages(context, scene, told, () => {
      for (let row = 0; row < scene.layout.rows; row++) drawQueue(context, scene, place, row, told, dense);
    });
  }
  drawPath(context, scene);
  drawBack(context, scene, told);
  if (!many) for (let row = 0; row < scene.layout.rows; row++) drawLane(context, scene, place, row, told, dense);
  drawCut(context, scene);
  context.restore();
  drawNames(context, scene);
  return told;
}

/** Whether there is so little in the window that it can be drawn one by one, whatever the number of lanes. */
function isSparse(scene) {
  const { run, axis, index, layout, low, high } = scene;
  const { rowOf } = layout;
  if (areMore(index, low, high, (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes), MOST_MESSAGES)) return false;
  let events = 0;
  for (const lane of layout.lanes) {
    const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
    events += stop - begin;
    if (events > MOST_MESSAGES) return false;
  }
  return true;
}

function drawAxis(context, scene, place) {
  const { low, high, width, height, left, colors, axis } = scene;
  const marks = ticks(low, high, Math.max(2, (width - left) / 90), axis.name !== "real");
  const step = marks.length > 1 ? marks[1] - marks[0] : high - low;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  context.fillStyle = colors.faint;
  for (const mark of marks) {
    const px = Math.round(place.at(mark));
    context.fillStyle = colors.rule;
    context.fillRect(px, 0, 1, height - FOOT);
    context.fillStyle = colors.faint;
    const text = tickText(mark, step);
    context.fillText(text, Math.min(px, width - 2 - 3.3 * text.length), height - 6); // not cut at the edge
  }
  context.textAlign = "left";
  context.fillText({ real: "time (s)", lamport: "clock", step: "step" }[axis.name], 4, height - 6);
}

/** The names of lanes and groups, and the colours of their rates. */
function drawNames(context, scene) {
  const { layout, run, left, colors, height, width, rates, chosenLane } = scene;
  const every = Math.max(1, Math.ceil(12 / layout.rowHeight));
  const half = Math.min(8, Math.max(0.5, layout.rowHeight / 2 - 1));
  const most = Math.max(3, Math.floor((left - 16) / 6.8));
  const folded = new Map(layout.spans.filter((span) => span.folded).map((span) => [span.top, span]));
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let row = 0; row < layout.rows; row++) {
    const lane = layout.lanesOf[row][0];
    const y = layout.y(row);
    if (rates[lane]) {
      context.fillStyle = rates[lane];
      context.fillRect(left - 6, y - half, 4, 2 * half);
    }
    if (row % every || (y < 5 && layout.rowHeight < 10) || y > height - FOOT - 3) continue;
    const span = folded.get(row);
    context.fillStyle = layout.lanesOf[row].includes(chosenLane) ? colors.past : colors.ink;
    context.fillText(cutShort(span ? `${span.group} (${span.count})` : run.names[lane], most), left - 10, y);
  }
  context.textAlign = "left";
  context.lineWidth = 3;
  context.strokeStyle = colors.ground;
  for (const { group, top, bottom, folded: one } of layout.spans) {
    const y = top * layout.rowHeight;
    context.fillStyle = colors.faint;
    if (top) context.fillRect(0, y - 0.5, width, 1);
    if (one || (bottom + 1 - top) * layout.rowHeight < 14) continue;
    context.strokeText(group, left + 4, y + 8);
    context.fillText(group, left + 4, y + 8);
  }
}
