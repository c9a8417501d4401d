// The diagram, drawn: lanes, events, messages, and what is counted where they are too many.

import { tickText, ticks } from "./axis.js";
import { densities, drawCrossings, drawDensity, drawImage } from "./dense.js";
import { COLUMN, FOOT, MOST_EVENTS, MOST_LANES, MOST_MESSAGES } from "./detail.js";
import { areMore, eachInWindow, eventsInWindow } from "./index.js";
import { queueAfter, relationOf, relationOfMessage, shade, thickness } from "./shades.js";

const STUB = 14;
const MARK = 3;
const FONT = "11px system-ui, sans-serif";

/** Places on the screen of a window of an axis. */
export function screen({ low, high, left, width }) {
  const scale = (width - left) / (high - low);
  return { at: (x) => left + (x - low) * scale, back: (px) => low + (px - left) / scale, scale };
}

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
  drawFaults(context, scene, place);
  const many = scene.layout.lanes.length > MOST_LANES && !isSparse(scene);
  const told = { events: 0, messages: 0, crossings: false, density: 0, styles: 0 };
  if (many) drawImage(context, scene, place, told);
  else {
    drawMessages(context, scene, place, told);
    const dense = densities(scene, Math.max(1, Math.floor((width - left) / COLUMN)), MOST_EVENTS);
    for (let row = 0; row < scene.layout.rows; row++) drawLane(context, scene, place, row, told, dense);
  }
  drawCut(context, scene, place);
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
    context.fillText(tickText(mark, step), px, height - 6);
  }
  context.textAlign = "left";
  context.fillText({ real: "s", lamport: "clock", step: "step" }[axis.name], 4, height - 6);
}

function drawNames(context, scene) {
  const { layout, run, left, colors, height, rates, chosenLane } = scene;
  const every = Math.max(1, Math.ceil(11 / layout.rowHeight));
  context.textAlign = "right";
  context.textBaseline = "middle";
  const most = Math.max(3, Math.floor((left - 16) / 6));
  for (let row = 0; row < layout.rows; row += every) {
    const lane = layout.lanesOf[row][0];
    const y = layout.y(row);
    if (y < 5 && layout.rowHeight < 10) continue;
    if (y > height - FOOT) break;
    if (rates[lane]) {
      context.fillStyle = rates[lane];
      context.fillRect(left - 6, y - Math.min(8, layout.rowHeight / 2 - 1), 4, 2 * Math.min(8, layout.rowHeight / 2 - 1));
    }
    const name = run.names[lane];
    context.fillStyle = lane === chosenLane ? colors.past : colors.ink;
    context.fillText(name.length > most ? `${name.slice(0, most - 1)}…` : name, left - 10, y);
  }
}

function drawFaults(context, scene, place) {
  const { faults, layout, colors, axis } = scene;
  if (axis.name !== "real") return;
  for (const fault of faults) {
    const x0 = place.at(fault.at);
    const x1 = fault.until === null ? scene.width : Math.max(place.at(fault.until), x0 + 2);
    if (x1 < scene.left || x0 > scene.width) continue;
    const rows = fault.lanes.map((lane) => layout.rowOf[lane]);
    if (fault.kind === "partition" || !rows.length) {
      context.fillStyle = colors.wall;
      context.fillRect(x0, 0, x1 - x0, scene.height - FOOT);
    } else if (fault.kind === "crash" || fault.kind === "pause") {
      if (!(rows[0] >= 0)) continue; // hidden, or a machine without a log
      const half = Math.min(14, layout.rowHeight * 0.4);
      const y = layout.y(rows[0]);
      context.fillStyle = colors.fault;
      context.fillRect(x0, y - half, x1 - x0, 2 * half);
      context.strokeStyle = colors.violation;
      context.lineWidth = 1;
      context.setLineDash(fault.kind === "crash" ? [] : [4, 3]);
      context.strokeRect(x0, y - half, x1 - x0, 2 * half);
      context.setLineDash([]);
    } else if (rows.every((row) => row >= 0)) {
      const ys = rows.map((row) => layout.y(row));
      context.fillStyle = colors.wall;
      context.fillRect(x0, Math.min(...ys), x1 - x0, Math.max(...ys) - Math.min(...ys));
    }
  }
}

function drawMessages(context, scene, place, told) {
  const { run, index, layout, low, high, colors, cone } = scene;
  const { rowOf } = layout;
  const shown = (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes);
  if (areMore(index, low, high, shown, MOST_MESSAGES)) {
    drawCrossings(context, scene, place, told);
    return;
  }
  const groups = new Map();
  eachInWindow(index, low, high, shown, (message) => {
    const relation = cone ? relationOfMessage(cone, run, message) : -1;
    const style = styleOf(run, message);
    const key = (relation + 1) * 4 + style;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(message);
    told.messages++;
    told.styles |= 1 << style;
    return false;
  });
  const arrows = scene.arrows && told.messages <= 300;
  for (const key of [...groups.keys()].sort((a, b) => a - b)) {
    const relation = Math.floor(key / 4) - 1;
    const style = key % 4;
    context.strokeStyle = relation < 0 ? colors.message : shade(colors, relation);
    context.lineWidth = told.messages <= 400 ? 1.2 : 0.8;
    context.setLineDash([[], [7, 2, 1.5, 2], [4, 2.5], [1.5, 3]][style]);
    context.beginPath();
    for (const message of groups.get(key)) {
      const [x0, y0, x1, y1] = lineOf(scene, place, message);
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      if (arrows && style < 2) arrow(context, x0, y0, x1, y1);
    }
    context.stroke();
    context.setLineDash([]);
    if (style === 2) {
      context.beginPath();
      for (const message of groups.get(key)) {
        const [, , x, y] = lineOf(scene, place, message);
        context.moveTo(x - 3, y - 3);
        context.lineTo(x + 3, y + 3);
        context.moveTo(x - 3, y + 3);
        context.lineTo(x + 3, y - 3);
      }
      context.stroke();
    }
  }
}

/** How a message is drawn: 0 as it is, 1: its receipt is inferred, 2: it was never received, 3: no log tells. */
function styleOf(run, message) {
  const status = run.state[message] & 3;
  if (status) return status === 3 ? 3 : 2;
  const how = (run.state[message] >> 2) & 7;
  return how === 1 || how === 2 ? 1 : 0;
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

function arrow(context, x0, y0, x1, y1) {
  const long = Math.hypot(x1 - x0, y1 - y0);
  if (long < 12) return;
  const ux = (x1 - x0) / long;
  const uy = (y1 - y0) / long;
  context.moveTo(x1 - 7 * ux - 3 * uy, y1 - 7 * uy + 3 * ux);
  context.lineTo(x1, y1);
  context.lineTo(x1 - 7 * ux + 3 * uy, y1 - 7 * uy - 3 * ux);
}

function drawLane(context, scene, place, row, told, dense) {
  const { run, axis, layout, low, high, left, width, colors, cone } = scene;
  const y = layout.y(row);
  context.fillStyle = colors.lane;
  context.fillRect(left, y - 0.5, width - left, 1);
  for (const lane of layout.lanesOf[row]) {
    const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
    told.events += stop - begin;
    if (dense.found.has(lane)) drawDensity(context, scene, y, begin, dense.found.get(lane), dense.most, told);
    else {
      drawQueue(context, scene, place, lane, y, begin, stop);
      drawMarks(context, scene, place, y, begin, stop, cone);
      if (layout.rowHeight >= 26) drawClocks(context, scene, place, y, begin, stop);
    }
  }
}

function drawQueue(context, scene, place, lane, y, begin, stop) {
  const { run, axis } = scene;
  context.fillStyle = scene.colors.queue;
  for (let event = Math.max(run.first[lane], begin - 1); event < stop; event++) {
    const thick = thickness(scene, queueAfter(run, event));
    if (!thick) continue;
    const x0 = Math.max(scene.left, place.at(axis.x[event]));
    const x1 = event + 1 < run.first[lane + 1] ? Math.min(scene.width, place.at(axis.x[event + 1])) : scene.width;
    context.fillRect(x0, y - thick / 2, x1 - x0, thick);
  }
}

function drawMarks(context, scene, place, y, begin, stop, cone) {
  const { run, axis, colors, layout } = scene;
  const size = Math.min(MARK, Math.max(1.2, layout.rowHeight / 4));
  const groups = new Map();
  for (let event = begin; event < stop; event++) {
    const relation = cone ? relationOf(cone, run, event) : -1;
    const key = ((relation + 1) * 3 + (run.kind[event] & 3)) * 2 + (run.kind[event] & 32 ? 1 : 0);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(place.at(axis.x[event]));
  }
  for (const [key, xs] of groups) {
    const kind = (key >> 1) % 3;
    const relation = Math.floor((key >> 1) / 3) - 1;
    const color = relation < 0 ? colors.marks[kind] : shade(colors, relation);
    context.beginPath();
    for (const x of xs) {
      if (kind === 0) {
        context.moveTo(x + size, y);
        context.arc(x, y, size, 0, 2 * Math.PI);
      } else if (kind === 1) context.rect(x - size, y - size, 2 * size, 2 * size);
      else context.rect(x - 0.75, y - 1.6 * size, 1.5, 3.2 * size);
    }
    context.fillStyle = key & 1 ? colors.ground : color;
    context.fill();
    if (key & 1) {
      context.strokeStyle = color;
      context.lineWidth = 1;
      context.stroke();
    }
  }
}

/** The clocks of events, where most have room: of those that have none the first says how many follow. */
function drawClocks(context, scene, place, y, begin, stop) {
  const { run, axis, colors } = scene;
  const labels = [];
  for (let event = begin; event < stop; event++) {
    const x = place.at(axis.x[event]);
    const last = labels[labels.length - 1];
    if (last && x < last.x + 4 + 6.2 * (last.text.length + (last.more ? 3 : 0))) last.more++;
    else labels.push({ x, text: String(run.clock[event]), more: 0 });
  }
  if (2 * labels.length < stop - begin) return;
  context.fillStyle = colors.faint;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  for (const { x, text, more } of labels) context.fillText(more ? `${text} +${more}` : text, x - 2, y - 8);
}

function drawCut(context, scene, place) {
  const { cut, layout, run, axis, colors } = scene;
  if (!cut) return;
  context.strokeStyle = colors.cut;
  context.lineWidth = 2;
  context.setLineDash([6, 3]);
  context.beginPath();
  for (let row = 0; row < layout.rows; row++) {
    const lane = layout.lanesOf[row][0];
    const last = cut[lane];
    const after = last + 1 < run.first[lane + 1] ? axis.x[last + 1] : null;
    const before = last >= run.first[lane] ? axis.x[last] : null;
    const x = before === null ? (after === null ? axis.low : after) : after === null ? before : (before + after) / 2;
    const px = place.at(x) + (after === null ? 5 : 0);
    if (row) context.lineTo(px, layout.y(row));
    else context.moveTo(px, layout.y(row));
  }
  context.stroke();
  context.setLineDash([]);
}
