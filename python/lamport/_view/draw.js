// The diagram, drawn: lanes, events, messages, and what is counted where they are too many.

import { tickText, ticks } from "./axis.js";
import { COLUMN, MOST_EVENTS, MOST_LANES, MOST_MESSAGES, gapCounts, laneDensity, strength } from "./detail.js";
import { ARRIVAL_KNOWN } from "./derive.js";
import { countInWindow, eachInWindow, eventsInWindow } from "./index.js";

export const FOOT = 20;
const STUB = 14;
const MARK = 3;
const LEVELS = 12;
const SHADES = 8;
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
  const { run, axis, channels, layout, low, high } = scene;
  const { rowOf } = layout;
  if (countInWindow(channels, low, high, (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes)) > MOST_MESSAGES) return false;
  let events = 0;
  for (const lane of layout.lanes) {
    const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
    events += stop - begin;
    if (events > MOST_MESSAGES) return false;
  }
  return true;
}

/** The counts of each lane that has too many events in the window, and the largest of all. */
function densities(scene, columns, few) {
  const { run, axis, layout, low, high } = scene;
  const found = new Map();
  let most = 0;
  for (const lane of layout.lanes) {
    const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
    if (stop - begin <= few) continue;
    const counts = laneDensity(axis.x, begin, stop, low, high, columns);
    found.set(lane, counts);
    for (let column = 0; column < columns; column++) if (counts[column] > most) most = counts[column];
  }
  return { found, most };
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
      if (rows[0] < 0) continue;
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

function relationOf(cone, run, event) {
  if (event === cone.event) return 3;
  const l = run.lane[event];
  if (event < cone.past[l]) return 1;
  return event >= cone.future[l] ? 2 : 0;
}

/** The relation of a message to the chosen event: it is of the past if its receipt is, of the future if its SEND is. */
function relationOfMessage(cone, run, message) {
  const send = relationOf(cone, run, run.send[message]);
  const receipt = run.receipt[message] < 0 ? 0 : relationOf(cone, run, run.receipt[message]);
  if (receipt === 1 || receipt === 3) return 1;
  return send === 2 || send === 3 ? 2 : 0;
}

function shade(colors, relation) {
  return [colors.concurrent, colors.past, colors.future, colors.self][relation];
}

function drawMessages(context, scene, place, told) {
  const { run, channels, layout, low, high, colors, cone } = scene;
  const { rowOf } = layout;
  const shown = (a, b) => rowOf[a] >= 0 && (rowOf[b] >= 0 || b === run.lanes);
  if (countInWindow(channels, low, high, shown) > MOST_MESSAGES) {
    let seen = 0;
    eachInWindow(channels, low, high, shown, () => ++seen > MOST_MESSAGES);
    if (seen > MOST_MESSAGES) {
      drawCrossings(context, scene, told);
      return;
    }
  }
  const groups = new Map();
  eachInWindow(channels, low, high, shown, (i) => {
    const message = channels.message[i];
    const relation = cone ? relationOfMessage(cone, run, message) : -1;
    const how = (run.state[message] >> 2) & 7;
    const style = run.receipt[message] < 0 ? 2 : how === 1 || how === 2 ? 1 : 0;
    const key = (relation + 1) * 3 + style;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(message);
    told.messages++;
    told.styles |= 1 << style;
    return false;
  });
  const arrows = scene.arrows && told.messages <= 300;
  for (const key of [...groups.keys()].sort((a, b) => a - b)) {
    const relation = Math.floor(key / 3) - 1;
    const style = key % 3;
    context.strokeStyle = relation < 0 ? colors.message : shade(colors, relation);
    context.lineWidth = told.messages <= 400 ? 1.2 : 0.8;
    context.setLineDash([[], [7, 2, 1.5, 2], [4, 2.5]][style]);
    context.beginPath();
    for (const message of groups.get(key)) {
      const [x0, y0, x1, y1] = lineOf(scene, place, message);
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      if (arrows && style !== 2) arrow(context, x0, y0, x1, y1);
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

function drawCrossings(context, scene, told) {
  const { channels, layout, low, high, left, width, colors } = scene;
  const columns = Math.max(1, Math.floor((width - left) / 2));
  const wide = (width - left) / columns;
  const { counts, gaps, most } = gapCounts(channels, layout, low, high, columns);
  const [red, green, blue] = colors.crossing;
  told.crossings = true;
  told.most = most;
  const level = levels(most, LEVELS);
  const filled = buckets(LEVELS + 1);
  const tall = Math.max(1, layout.rowHeight - 6);
  for (let gap = 0; gap < gaps && gap + 1 < layout.rows; gap++) {
    const top = layout.y(gap) + 3;
    let begun = 0;
    let last = 0;
    for (let column = 0; column <= columns; column++) {
      const here = column < columns ? level[counts[column * gaps + gap]] : 0;
      if (here === last) continue;
      if (last) filled[last].push(left + begun * wide, top, (column - begun) * wide, tall);
      begun = column;
      last = here;
    }
  }
  for (let each = 1; each <= LEVELS; each++) {
    fillAll(context, `rgba(${red}, ${green}, ${blue}, ${(0.7 * each) / LEVELS})`, filled[each]);
  }
}

/** The level of each count up to the largest, 1 to `top`; 0 of none. */
function levels(most, top) {
  const found = new Uint8Array(most + 1);
  for (let count = 1; count <= most; count++) found[count] = Math.ceil(top * strength(count, most));
  return found;
}

function buckets(count) {
  return Array.from({ length: count }, () => []);
}

/** Fills rectangles of one colour: x, y, width and height of each. One by one: a path of them is drawn slower. */
function fillAll(context, color, places) {
  context.fillStyle = color;
  for (let i = 0; i < places.length; i += 4) {
    const x = Math.round(places[i]);
    const y = Math.round(places[i + 1]);
    context.fillRect(x, y, Math.round(places[i] + places[i + 2]) - x, Math.max(1, Math.round(places[i + 1] + places[i + 3]) - y));
  }
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

/** The queue after an event: only a receipt tells one, what is done else is done with an empty queue. */
function queueAfter(run, event) {
  return (run.kind[event] & 3) === 1 ? Math.max(0, run.queue[event]) : 0;
}

function thickness(scene, queue) {
  if (scene.layout.rowHeight < 5) return 0; // no room between lanes
  const room = Math.max(0, Math.min(0.6 * scene.layout.rowHeight, 40) - 1);
  return queue ? 1 + Math.min(room, queue * Math.min(1.5, room / Math.max(1, scene.longest))) : 0;
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

function drawDensity(context, scene, y, begin, counts, most, told) {
  const { run, left, width, colors, cone, layout } = scene;
  const columns = counts.length;
  const wide = (width - left) / columns;
  const [red, green, blue] = colors.event;
  const half = Math.min(7, layout.rowHeight * 0.3);
  told.density++;
  const level = levels(most, SHADES);
  const filled = buckets(4 * (SHADES + 1));
  const queues = [];
  let event = begin;
  for (let column = 0; column < columns; column++) {
    if (!counts[column]) continue;
    const x = left + column * wide;
    const thick = thickness(scene, queueAfter(run, event + counts[column] - 1));
    if (thick) queues.push(x, y - thick / 2, wide, thick);
    const relation = cone ? relationOf(cone, run, event) : 0;
    filled[relation * (SHADES + 1) + level[counts[column]]].push(x, y - half, wide, 2 * half);
    event += counts[column];
  }
  fillAll(context, colors.queue, queues);
  filled.forEach((places, key) => {
    context.globalAlpha = 0.1 + (0.9 * (key % (SHADES + 1))) / SHADES;
    const color = cone ? shade(colors, Math.floor(key / (SHADES + 1))) : `rgb(${red}, ${green}, ${blue})`;
    fillAll(context, color, places);
  });
  context.globalAlpha = 1;
}

/** Many lanes: one image, in which each lane has at least a pixel. */
function drawImage(context, scene, place, told) {
  const { run, axis, channels, layout, low, high, left, width, height, colors, cone } = scene;
  const columns = Math.max(1, Math.floor(width - left));
  const rows = Math.max(1, Math.floor(height - FOOT));
  const found = gapCounts(channels, layout, low, high, columns);
  told.crossings = true;
  told.most = found.most;
  const image = context.createImageData ? context.createImageData(columns, rows) : null;
  if (!image) return;
  const ground = rgb(colors.ground);
  const words = new Uint32Array(image.data.buffer);
  const tone = (color, amount) => word(color.map((part, i) => Math.round(ground[i] + (part - ground[i]) * amount)));
  const crossing = Array.from({ length: 65 }, (_, level) => tone(colors.crossing, (0.45 * level) / 64));
  const marks = Array.from({ length: 65 }, (_, level) => tone(colors.event, 0.35 + (0.65 * level) / 64));
  const level = levels(found.most, 64);
  for (let y = 0; y < rows; y++) {
    const gap = Math.min(found.gaps - 1, Math.max(0, Math.floor(y / layout.rowHeight - 0.5)));
    for (let column = 0; column < columns; column++) {
      words[y * columns + column] = crossing[level[found.counts[column * found.gaps + gap]]];
    }
  }
  const cells = Math.max(1, Math.floor(columns / COLUMN));
  const shades = cone ? [colors.concurrent, colors.past, colors.future, colors.self].map((each) => word(rgb(each))) : null;
  const dense = densities(scene, cells, cells);
  const half = layout.rowHeight >= 6 ? Math.min(3, Math.floor(layout.rowHeight / 4)) : 0;
  const fade = word(rgb(colors.lane));
  for (let row = 0; row < layout.rows; row++) {
    const y = Math.min(rows - 1, Math.floor(layout.y(row)));
    if (layout.rowHeight >= 3) for (let column = 0; column < columns; column++) words[y * columns + column] = fade;
    for (const lane of layout.lanesOf[row]) {
      const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
      told.events += stop - begin;
      if (stop === begin) continue;
      if (stop - begin <= cells) {
        for (let event = begin; event < stop; event++) {
          const column = Math.min(columns - 1, Math.floor(place.at(axis.x[event]) - left));
          dot(words, columns, rows, column, y, half, shades ? shades[relationOf(cone, run, event)] : marks[64], half ? 2 : 1);
        }
        continue;
      }
      const counts = dense.found.get(lane);
      let event = begin;
      for (let cell = 0; cell < cells; cell++) {
        if (!counts[cell]) continue;
        const color = shades ? shades[relationOf(cone, run, event)] : marks[Math.round(64 * strength(counts[cell], dense.most))];
        dot(words, columns, rows, cell * COLUMN, y, half, color, COLUMN);
        event += counts[cell];
      }
    }
  }
  scene.putImage(image, left, 0);
}

function dot(words, columns, rows, x, y, half, color, wide) {
  for (let v = Math.max(0, y - half); v <= Math.min(rows - 1, y + half); v++) {
    for (let u = Math.max(0, x); u < Math.min(columns, x + wide); u++) words[v * columns + u] = color;
  }
}

function rgb(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

function word([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
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
  let drawn = 0;
  for (const event of hits) {
    if (drawn > 3000) break;
    if (axis.x[event] >= low && axis.x[event] <= high) {
      ring(event, colors.hit, 6, 1.4);
      drawn++;
    }
  }
  context.fillStyle = colors.violation;
  for (const event of violations) {
    const row = layout.rowOf[run.lane[event]];
    if (row < 0 || axis.x[event] < low || axis.x[event] > high) continue;
    const x = place.at(axis.x[event]);
    const y = layout.y(row) - 7;
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
