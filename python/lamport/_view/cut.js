// A cut: what had happened by then, and the messages that break it.

import { FOOT, MOST_MESSAGES } from "./detail.js";
import { STYLES, drawLines, lineOf, styleOf } from "./messages.js";
import { screen } from "./place.js";

/** How far behind an event the cut is at most, in pixels. */
const CLOSE = 9;
const LETTER = 6;

/**
 * A cut of a run: `last` has of each lane its last event in the cut, one before its first if there is none; `back`
 * the messages that were received in it and sent after it. `places`: machines, clocks, and how many events where clocks do
 * not tell; null: there is no cut.
 */
export function cutOf(run, places) {
  if (!places) return null;
  const last = lastOf(run, places);
  const isIn = (event) => event <= last[run.lane[event]];
  const back = [];
  run.receipt.forEach((receipt, message) => {
    if (receipt >= 0 && isIn(receipt) && !isIn(run.send[message])) back.push(message);
  });
  return { last, back };
}

/** Of each lane its last event in a cut. */
export function lastOf(run, places) {
  const last = Array.from(run.first.subarray(0, run.lanes), (first) => first - 1);
  for (const [machine, clock, count] of places) {
    const lane = run.head.machines.indexOf(machine);
    if (count !== undefined) {
      last[lane] += count;
      continue;
    }
    // The page may have a part of the run: what is in the cut may all be before it, or go on behind it.
    while (last[lane] + 1 < run.first[lane + 1] && run.clock[last[lane] + 1] <= clock) last[lane]++;
  }
  return last;
}

/** Draws cuts of a path, the later the stronger. */
export function drawPath(context, scene) {
  const { path, colors } = scene;
  context.strokeStyle = colors.cut;
  context.lineWidth = 1.4;
  path.forEach((last, place) => {
    context.globalAlpha = strengthOf(place, path.length);
    strokeCut(context, scene, last);
  });
  context.globalAlpha = 1;
}

/** How strong a cut of a path is drawn. */
export function strengthOf(place, count) {
  return count > 1 ? 0.3 + (0.7 * place) / (count - 1) : 1;
}

/** What they are, in words. */
export function wordsOfPath({ path, run }) {
  return `${path.length} of ${run.head.path_length.toLocaleString("en")} cuts of the path, the later the stronger`;
}

/** Draws the messages from after the cut, whatever becomes of the others. */
export function drawBack(context, scene, told) {
  const { run, axis, cut, layout, colors, low, high } = scene;
  if (!cut) return;
  const place = screen(scene);
  const groups = new Map();
  for (const message of cut.back) {
    const from = axis.x[run.send[message]];
    const till = Number.isNaN(axis.till[message]) ? from : axis.till[message];
    if (Math.max(from, till) < low || Math.min(from, till) > high) continue;
    if (layout.rowOf[run.lane[run.send[message]]] < 0 || layout.rowOf[run.to[message]] < 0) continue;
    const style = styleOf(run, message);
    if (!groups.has(style)) groups.set(style, []);
    groups.get(style).push(lineOf(scene, place, message));
    if (++told.back === MOST_MESSAGES) break;
  }
  for (const [style, lines] of groups) drawLines(context, lines, STYLES[style], backLook(colors, told.back <= 300));
}

/** How they look. */
export function backLook(colors, heads) {
  return { color: colors.violation, wide: 2.2, heads, late: false, box: 3, ground: colors.ground };
}

/** Draws the cut itself, with words: they are all that a saved picture says of it. */
export function drawCut(context, scene) {
  const { run, cut, layout, colors, left, width } = scene;
  if (!cut) return;
  context.strokeStyle = colors.cut;
  context.lineWidth = 2;
  context.setLineDash([6, 3]);
  const points = strokeCut(context, scene, cut.last);
  context.setLineDash([]);
  if (!points.length) return;
  const [x] = points[0];
  if (layout.rowHeight < 12 || x < left || x > width) return;
  const words = wordsOf(run);
  const isRight = x + 6 + LETTER * words.length < width;
  context.textAlign = isRight ? "left" : "right";
  context.textBaseline = "alphabetic";
  context.lineWidth = 3;
  context.strokeStyle = colors.ground;
  context.fillStyle = colors.cut;
  context.strokeText(words, isRight ? x + 6 : x - 6, 11);
  context.fillText(words, isRight ? x + 6 : x - 6, 11);
}

/** Draws a line behind the last events of a cut, which goes on above the first row and below the last. */
function strokeCut(context, scene, last) {
  const points = pointsOf(scene, last);
  if (!points.length) return points;
  points.unshift([points[0][0], 0]);
  points.push([points[points.length - 1][0], scene.height - FOOT]);
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  return points;
}

/** What the cut is, in words. */
export function wordsOf(run) {
  return `cut, ${run.head.cut_is}`;
}

/** Where the cut passes each row that has events: of several lanes at once, from the first to the last. */
function pointsOf({ run, axis, layout, low, high, left, width }, lasts) {
  const place = screen({ low, high, left, width });
  const points = [];
  for (let row = 0; row < layout.rows; row++) {
    let [least, most] = [Infinity, -Infinity];
    for (const lane of layout.lanesOf[row]) {
      const [begin, stop] = [run.first[lane], run.first[lane + 1]];
      if (begin === stop) continue;
      const last = lasts[lane];
      const before = last >= begin ? place.at(axis.x[last]) : place.at(axis.x[begin]) - 2 * CLOSE;
      const after = last + 1 < stop ? place.at(axis.x[last + 1]) : before + 2 * CLOSE;
      const x = last < begin ? before + CLOSE : before + Math.min(CLOSE, (after - before) / 2);
      if (x < least) least = x;
      if (x > most) most = x;
    }
    if (least <= most) points.push([least, layout.y(row)]);
    if (least < most) points.push([most, layout.y(row)]);
  }
  return points;
}
