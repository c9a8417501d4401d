// What lies over a frame: it changes more often than the frame.

import { ARRIVAL_KNOWN } from "./derive.js";
import { FOOT } from "./detail.js";
import { atLeast, eventsInWindow } from "./index.js";
import { TALL } from "./marks.js";
import { lineOf } from "./messages.js";
import { screen } from "./place.js";

/** What lies over the frame: the chosen event, hits, violations, the message under the pointer and its wait. */
export function drawOver(context, scene) {
  const { run, axis, layout, colors, chosen, hits, violations, pointed, left, width, height, low, high } = scene;
  const place = screen(scene);
  context.clearRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(left, 0, width - left, height - FOOT);
  context.clip();
  const ring = (event, color, radius, wide) => {
    const row = layout.rowOf[run.lane[event]];
    if (row < 0 || axis.x[event] < low || axis.x[event] > high) return;
    context.strokeStyle = color;
    context.lineWidth = wide;
    context.beginPath();
    context.arc(place.at(axis.x[event]), layout.y(row), radius, 0, 2 * Math.PI);
    context.stroke();
  };
  for (const lane of layout.lanes) {
    const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
    let at = atLeast(hits, begin, 0, hits.length);
    while (at < hits.length && hits[at] < stop) {
      ring(hits[at], colors.hit, 6, 1.4);
      // Of hits that would be drawn into each other the first is drawn.
      const next = atLeast(axis.x, axis.x[hits[at]] + 2 / place.scale, hits[at] + 1, stop);
      at = atLeast(hits, next, at + 1, hits.length);
    }
  }
  context.fillStyle = colors.violation;
  for (const event of violations) {
    const row = layout.rowOf[run.lane[event]];
    if (row < 0 || axis.x[event] < low || axis.x[event] > high) continue;
    const x = place.at(axis.x[event]);
    const y = layout.y(row) - (layout.rowHeight >= TALL ? 19 : 7); // above the labels
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - 5, y - 9);
    context.lineTo(x + 5, y - 9);
    context.fill();
  }
  if (pointed !== null) {
    const [x0, y0, x1, y1] = lineOf(scene, place, pointed);
    context.strokeStyle = colors.hit;
    context.lineWidth = 2.2;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    const receipt = run.receipt[pointed];
    if (receipt >= 0 && run.state[pointed] & ARRIVAL_KNOWN && axis.name === "real") {
      context.globalAlpha = 0.5;
      context.fillStyle = colors.hit;
      context.fillRect(x1, y1 - 4, Math.max(2, place.at(axis.x[receipt]) - x1), 8);
      context.globalAlpha = 1;
    }
  }
  if (chosen !== null) ring(chosen, colors.self, 8, 2);
  context.restore();
}
