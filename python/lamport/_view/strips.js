// Drift and queues of all machines over the time since the start, and the machines as they are now.

import { tickText, ticks } from "./axis.js";
import { FOOT } from "./detail.js";
import { cutShort } from "./spelled.js";

const FONT = "11px system-ui, sans-serif";
const LINES = 40;
const APART = 12;
const MARGIN = 5;
const TITLE = 15;
const TINTS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];

/** The colour of a lane's line: that of its rate, if rates differ; lighter on dark ground. */
export function tint(rates, lane, colors) {
  const color = rates[lane] ?? TINTS[lane % TINTS.length];
  const light = (hex) => Math.round(parseInt(hex, 16) * 0.6 + 255 * 0.4);
  if (parseInt(colors.ground.slice(1, 3), 16) > 127) return color;
  return `rgb(${[1, 3, 5].map((at) => light(color.slice(at, at + 2))).join(", ")})`;
}

/** The smallest and the largest of all numbers of a column of the rows that are known; [0, 1] if none is. */
export function extent(rows, name) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    for (const value of row[name]) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return [0, 1];
  return high - low < 1 ? [Math.min(low, (low + high) / 2 - 0.5), Math.max(high, (low + high) / 2 + 0.5)] : [low, high];
}

/** The place of each label, near where it wants to be and none over another. */
export function spread(wanted, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const places = new Array(wanted.length);
  let last = low - APART;
  for (const i of order) last = places[i] = Math.max(wanted[i], last + APART);
  let next = high + APART;
  for (const i of order.reverse()) next = places[i] = Math.min(places[i], next - APART);
  return places;
}

/** Draws one strip: `name` is the column, `title` what it is called. */
export function drawStrip(context, { rows, slots, names, rates, colors, left, right, width, now, chosen, shown, ...place }, name, title) {
  const top = place.top + TITLE;
  const height = place.height - TITLE;
  const [low, high] = extent(rows, name);
  const begin = Math.min(0, rows.length ? rows[0].time : 0);
  const end = Math.max(now, begin + 1);
  const x = (time) => left + ((time - begin) / (end - begin)) * (right - left);
  const y = (value) => top + height - MARGIN - ((value - low) / (high - low || 1)) * (height - 2 * MARGIN);
  context.font = FONT;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const marks = ticks(low, high, Math.max(1, Math.floor(height / 22)), true);
  const step = marks.length > 1 ? marks[1] - marks[0] : 1;
  for (const mark of marks) {
    context.fillStyle = colors.rule;
    context.fillRect(left, Math.round(y(mark)), right - left, 1);
    context.fillStyle = colors.faint;
    context.fillText(tickText(mark, step), left - 5, y(mark));
  }
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, height);
  context.clip();
  context.fillStyle = colors.window;
  context.fillRect(x(shown[0]), top, Math.max(2, x(shown[1]) - x(shown[0])), height);
  const line = (slot, color, wide) => {
    context.strokeStyle = color;
    context.lineWidth = wide;
    context.beginPath();
    let drawing = false;
    for (const row of rows) {
      const value = row[name][slot];
      // Not there yet, or not known: the line is open.
      if (value === undefined || Number.isNaN(value)) drawing = false;
      else if (drawing) context.lineTo(x(row.time), y(value));
      else {
        context.moveTo(x(row.time), y(value));
        drawing = true;
      }
    }
    context.stroke();
  };
  if (slots.length > LINES) drawBand(context, rows, name, x, y, colors);
  else slots.forEach((slot, lane) => line(slot, tint(rates, lane, colors), 1.2));
  if (chosen >= 0) line(slots[chosen], colors.self, 2.4);
  context.restore();
  drawEnds(context, { rows, slots, names, rates, colors, right, width, top, height, chosen }, name, y);
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillStyle = colors.ink;
  context.fillText(title, left, place.top + 3);
}

/** Many machines: where all are, and where the middle half is. */
function drawBand(context, rows, name, x, y, colors) {
  const sorted = rows.map((row) => Float64Array.from(row[name].filter((value) => !Number.isNaN(value))).sort());
  const known = rows.map((_, i) => i).filter((i) => sorted[i].length);
  const at = (i, share) => sorted[i][Math.round(share * (sorted[i].length - 1))];
  for (const [low, high, alpha] of [[0, 1, 0.25], [0.25, 0.75, 0.5]]) {
    context.globalAlpha = alpha;
    context.fillStyle = TINTS[0];
    context.beginPath();
    for (const i of known) context.lineTo(x(rows[i].time), y(at(i, high)));
    for (const i of known.slice().reverse()) context.lineTo(x(rows[i].time), y(at(i, low)));
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Names at the ends of lines: of all if there is room, else of the outermost and of the chosen one. */
function drawEnds(context, { rows, slots, names, rates, colors, right, width, top, height, chosen }, name, y) {
  const last = rows[rows.length - 1];
  if (!last) return;
  let lanes = slots.map((_, lane) => lane).filter((lane) => !Number.isNaN(last[name][slots[lane]] ?? NaN));
  if (lanes.length * APART > height) {
    const sorted = lanes.slice().sort((a, b) => last[name][slots[a]] - last[name][slots[b]]);
    lanes = [...new Set([sorted[0], sorted[sorted.length - 1], ...(chosen >= 0 && lanes.includes(chosen) ? [chosen] : [])])];
  }
  const places = spread(lanes.map((lane) => y(last[name][slots[lane]])), top + 6, top + height - 6);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const most = Math.max(3, Math.floor((width - right - 10) / 6.2));
  lanes.forEach((lane, i) => {
    const value = last[name][slots[lane]];
    const signed = `${value > 0 && name === "drift" ? "+" : ""}${(value || 0).toLocaleString("en", { maximumFractionDigits: 1 })}`;
    const text = `${short(names[lane], most - signed.length - 1)} ${signed}`;
    context.fillStyle = slots.length > LINES ? colors.ink : lane === chosen ? colors.self : tint(rates, lane, colors);
    context.fillRect(right + 2, places[i] - 4, 3, 8);
    context.fillStyle = colors.ink;
    context.fillText(text, right + 8, places[i]);
  });
}

/** A name in at most so many letters. */
export function short(name, most) {
  return cutShort(name.replace(/^machine (?=\d+$)/, ""), most);
}

/** Draws beside each lane its clock, its queue as a bar and as a number, and whether it is down. */
export function drawNow(context, { layout, machines, down, colors, width, height }) {
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = "middle";
  const longest = machines.reduce((most, each) => Math.max(most, each.queue), 1);
  const bar = width * 0.42;
  const tall = layout.rowHeight >= 11;
  for (let row = 0; row < layout.rows; row++) {
    const y = layout.y(row);
    const here = layout.lanesOf[row];
    const queue = here.reduce((most, lane) => Math.max(most, machines[lane].queue), 0);
    const half = Math.max(0.5, Math.min(5, layout.rowHeight * 0.35));
    context.fillStyle = colors.queue;
    if (queue > 0) context.fillRect(width - bar - 4, y - half, Math.max(1, (queue / longest) * bar), 2 * half);
    const lost = here.some((lane) => down.has(lane));
    if (lost) {
      context.fillStyle = colors.violation;
      context.fillRect(0, y - half, 3, 2 * half);
    }
    if (!tall || here.length > 1) continue;
    const { clock } = machines[here[0]];
    context.fillStyle = colors.ink;
    context.textAlign = "left";
    if (!Number.isNaN(clock)) context.fillText(clock.toLocaleString("en"), 6, y);
    context.fillStyle = lost ? colors.violation : queue > 0 ? colors.ink : colors.faint;
    if (lost) context.fillText("down", width - bar, y);
    else if (machines[here[0]].queue >= 0) context.fillText(queue.toLocaleString("en"), width - bar, y);
  }
  context.fillStyle = colors.faint;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText("clock", 6, height - FOOT + 14);
  context.fillText("queue", width - bar, height - FOOT + 14);
}
