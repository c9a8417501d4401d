// Messages, drawn one by one: how each came, by dashes and ends.

import { drawCrossings } from "./dense.js";
import { MOST_MESSAGES } from "./detail.js";
import { areMore, eachInWindow } from "./index.js";
import { screen } from "./place.js";
import { relationOfMessage, shade } from "./shades.js";

const STUB = 14;

/** How a message came, or did not: its dashes, what is at its end, and words. */
export const STYLES = [
  { dash: [], end: "head", words: "message" },
  { dash: [10, 3, 2, 3], end: "head", words: "receipt inferred: no other fits" },
  { dash: [10, 2.5, 2, 2.5, 2, 2.5], end: "head", words: "receipt inferred: in the order of its channel" },
  { dash: [6, 3], end: "box", words: "unread: it waited at the end" },
  { dash: [2.5, 3], end: "cross", words: "never arrived" },
  { dash: [1, 3], end: "", words: "no log tells what became of it" },
];

/** Which of these a message is. */
export function styleOf(run, message) {
  const status = run.state[message] & 3;
  if (status) return 2 + status;
  const how = (run.state[message] >> 2) & 7;
  return how === 1 || how === 2 ? how : 0;
}

/** Draws messages over the queues that `queues` draws, or as shades below them. */
export function drawMessages(context, scene, told, queues) {
  const { run, index, layout, low, high, colors, cone, late } = scene;
  const place = screen(scene);
  const { rowOf } = layout;
  const shown = (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes);
  if (areMore(index, low, high, shown, MOST_MESSAGES)) {
    drawCrossings(context, scene, place, told);
    queues();
    return;
  }
  queues();
  const groups = new Map();
  eachInWindow(index, low, high, shown, (message) => {
    const relation = cone ? relationOfMessage(cone, run, message) : -1;
    const style = styleOf(run, message);
    const key = ((relation + 1) * 2 + late[message]) * STYLES.length + style;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(lineOf(scene, place, message));
    told.messages++;
    told.styles |= 1 << style;
    if (late[message]) told.late++;
    return false;
  });
  const heads = told.messages <= 300;
  const wide = told.messages <= 400 ? 1.2 : 0.8;
  const box = Math.min(3, Math.max(1, layout.rowHeight / 3)); // half of its side: no wider than rows allow
  for (const key of [...groups.keys()].sort((a, b) => a - b)) {
    const relation = Math.floor(key / (2 * STYLES.length)) - 1;
    const isLate = Math.floor(key / STYLES.length) % 2 === 1;
    const plain = isLate ? colors.late : colors.message;
    drawLines(context, groups.get(key), STYLES[key % STYLES.length], { color: relation < 0 ? plain : shade(colors, relation), wide, heads, late: isLate, box, ground: colors.ground });
  }
}

/** Draws lines [x0, y0, x1, y1] in a style. */
export function drawLines(context, lines, { dash, end }, { color, wide, heads, late, box, ground }) {
  context.strokeStyle = color;
  context.lineWidth = late ? 2 * wide : wide;
  context.setLineDash(dash);
  context.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
  context.setLineDash([]);
  if (end === "") return;
  context.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    if (end === "head" && heads) {
      head(context, x0, y0, x1, y1, 0);
      if (late) head(context, x0, y0, x1, y1, 6);
    } else if (end === "cross") {
      context.moveTo(x1 - 3, y1 - 3);
      context.lineTo(x1 + 3, y1 + 3);
      context.moveTo(x1 - 3, y1 + 3);
      context.lineTo(x1 + 3, y1 - 3);
    } else if (end === "box") context.rect(x1 - box, y1 - box, 2 * box, 2 * box);
  }
  if (end === "box") {
    context.fillStyle = ground;
    context.fill();
  }
  context.stroke();
}

/** The ends of a message on the screen: from sent to arrived; where no arrival is known a short way. */
export function lineOf(scene, place, message) {
  const { run, axis, layout } = scene;
  const x0 = place.at(axis.x[run.send[message]]);
  const y0 = layout.y(layout.rowOf[run.lane[run.send[message]]]);
  const till = axis.till[message];
  const row = layout.rowOf[run.to[message]];
  if (Number.isNaN(till) || row < 0) {
    const y = row < 0 ? y0 + Math.min(14, layout.rowHeight * 0.4) : y0 + (layout.y(row) - y0) * 0.3;
    return [x0, y0, x0 + STUB, y];
  }
  return [x0, y0, place.at(till), layout.y(row)];
}

/** An arrowhead, some pixels before the end of a line. */
function head(context, x0, y0, x1, y1, before) {
  const long = Math.hypot(x1 - x0, y1 - y0);
  if (long < 12 + before) return;
  const ux = (x1 - x0) / long;
  const uy = (y1 - y0) / long;
  const x = x1 - before * ux;
  const y = y1 - before * uy;
  context.moveTo(x - 7 * ux - 3 * uy, y - 7 * uy + 3 * ux);
  context.lineTo(x, y);
  context.lineTo(x - 7 * ux + 3 * uy, y - 7 * uy - 3 * ux);
}
