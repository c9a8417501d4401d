// Events on their lanes: marks, queues and labels.

import { drawDensity } from "./dense.js";
import { RECEIVE, SEND } from "./derive.js";
import { eventsInWindow } from "./index.js";
import { queueAfter, relationOf, shade, thickness } from "./shades.js";

const MARK = 3;
const LETTER = 6.2;
export const TALL = 26;
const NARROW = 5;

/** Draws the lanes of a row. `dense`: the counts of rows that have too many events in the window. */
export function drawLane(context, scene, place, row, told, dense) {
  const { run, axis, layout, low, high, left, width, colors } = scene;
  const y = layout.y(row);
  // Where rows are a few pixels high, lines at full strength would be all there is to see.
  const narrow = layout.rowHeight < NARROW;
  context.fillStyle = (narrow ? null : scene.rates[layout.lanesOf[row][0]]) ?? colors.lane;
  context.globalAlpha = narrow ? 0.2 : 0.6;
  context.fillRect(left, y - 0.5, width - left, 1);
  context.globalAlpha = 1;
  const lanes = layout.lanesOf[row];
  const counted = dense.found.get(row);
  if (counted) drawDensity(context, scene, y, counted, dense.most, told);
  for (const lane of lanes) {
    const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
    told.events += stop - begin;
    if (counted) continue;
    drawMarks(context, scene, place, y, begin, stop, told);
    if (lanes.length === 1 && layout.rowHeight >= TALL) drawLabels(context, scene, place, y, begin, stop);
  }
}

/** Draws the queue of a row, below all else. Pale when past and future are in colour: what is concurrent is of its grey. */
export function drawQueue(context, scene, place, row, told, dense) {
  const { run, axis, layout, low, high } = scene;
  const lanes = layout.lanesOf[row];
  if (lanes.length > 1 || dense.found.get(row)) return; // of several lanes at once it means nothing
  const [lane, y] = [lanes[0], layout.y(row)];
  const [begin, stop] = eventsInWindow(run, axis, lane, low, high);
  context.fillStyle = scene.colors.queue;
  context.globalAlpha = scene.cone ? 0.4 : 1;
  for (let event = Math.max(run.first[lane], begin - 1); event < stop; event++) {
    const thick = thickness(scene, queueAfter(run, event));
    if (!thick) continue;
    const x0 = Math.max(scene.left, place.at(axis.x[event]));
    const x1 = event + 1 < run.first[lane + 1] ? Math.min(scene.width, place.at(axis.x[event + 1])) : Math.min(scene.width, place.at(axis.high)); // nobody knows what waits later
    context.fillRect(x0, y - thick / 2, x1 - x0, thick);
    told.queues = true;
  }
  context.globalAlpha = 1;
}

function drawMarks(context, scene, place, y, begin, stop, told) {
  const { run, axis, colors, layout, cone } = scene;
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
    const hollow = (key & 1) === 1;
    told.kinds |= 1 << kind;
    if (hollow) told.hollow = true;
    drawSigns(context, xs, y, { kind, size, hollow, color: relation < 0 ? colors.marks[kind] : shade(colors, relation), ground: colors.ground });
  }
}

/** Draws marks of one kind: round, square or a line; a hollow one is a receipt of which the logs tell too little. */
export function drawSigns(context, xs, y, { kind, size, hollow, color, ground }) {
  context.beginPath();
  for (const x of xs) {
    if (kind === SEND) {
      context.moveTo(x + size, y);
      context.arc(x, y, size, 0, 2 * Math.PI);
    } else if (kind === RECEIVE) context.rect(x - size, y - size, 2 * size, 2 * size);
    else context.rect(x - 0.75, y - 1.6 * size, 1.5, 3.2 * size);
  }
  context.fillStyle = hollow ? ground : color;
  context.fill();
  if (!hollow) return;
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.stroke();
}

/**
 * The labels of events at places from left to right: [{place, text, more}]. Where there is no room the first
 * wins, and says how many follow that have none.
 */
export function labelsOf(places, texts, room) {
  const labels = [];
  let free = -Infinity;
  texts.forEach((text, i) => {
    const last = labels[labels.length - 1];
    if (places[i] < free && last) {
      if (!last.more) free += 3.5 * room;
      last.more++;
      return;
    }
    labels.push({ place: i, text, more: 0 });
    free = places[i] + room * text.length + 5;
  });
  return labels;
}

/** Vector clocks after a click, else clocks; none where most events would have none. */
function drawLabels(context, scene, place, y, begin, stop) {
  const { run, axis, colors, vectors } = scene;
  if (stop === begin || stop - begin > 300) return;
  const events = Array.from({ length: stop - begin }, (_, i) => begin + i);
  const places = events.map((event) => place.at(axis.x[event]));
  const fits = (labels) => labels.length * 3 >= events.length || events.length <= 8;
  let labels = [];
  if (vectors) {
    // By their length first: those that have no room are not computed.
    labels = labelsOf(places, events.map(() => "0".repeat(vectors.longest)), LETTER);
    if (!fits(labels)) labels = [];
    for (const label of labels) label.text = vectors.of(events[label.place]) ?? "(…)";
  }
  if (!labels.length) labels = labelsOf(places, events.map((event) => String(run.clock[event])), LETTER);
  if (!fits(labels)) return;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.lineWidth = 3; // of the ground around the letters, for lines run below them
  context.strokeStyle = colors.ground;
  for (const { place: at, text, more } of labels) {
    const event = events[at];
    const relation = scene.cone ? relationOf(scene.cone, run, event) : -1;
    context.fillStyle = relation === 3 ? colors.self : colors.faint;
    const [words, x, line] = [more ? `${text} +${more}` : text, places[at] - 2, isBelow(scene, event) ? y + 16 : y - 8];
    context.strokeText(words, x, line);
    context.fillText(words, x, line);
  }
}

/** Whether the label of an event stands below its lane: a message comes from above, or goes there. */
function isBelow({ run, layout }, event) {
  const own = layout.rowOf[run.lane[event]];
  const message = run.messageOf[event];
  if (message >= 0) return layout.rowOf[run.lane[run.send[message]]] < own && layout.rowOf[run.lane[run.send[message]]] >= 0;
  let above = false;
  for (let m = run.sent[event]; m < run.sent[event + 1]; m++) {
    const other = layout.rowOf[run.to[m]];
    if (other > own) return false;
    if (other >= 0 && other < own) above = true;
  }
  return above;
}
