// What is drawn of things that are too many: shades of what is counted.

import { COLUMN, FOOT, crossings, laneDensity, strength } from "./detail.js";
import { eventsInWindow } from "./index.js";
import { queueAfter, relationOf, shade, thickness } from "./shades.js";

const LEVELS = 12;
const SHADES = 8;

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

export function drawCrossings(context, scene, place, told) {
  const { index, layout, low, high, left, width, colors } = scene;
  const { counts, gaps, columns, most, from, step } = crossings(index, layout, low, high, Math.max(1, Math.floor((width - left) / 2)));
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
      const here = column < columns ? level[counts[gap * columns + column]] : 0;
      if (here === last) continue;
      if (last) filled[last].push(place.at(from + begun * step), top, (column - begun) * step * place.scale, tall);
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

/** Which relation to the chosen event a column shows that has several: the chosen one itself, past, future, open, concurrent. */
const RANK = [0, 3, 2, 4, 1];

/** The counts of each row that has too many events in the window, and the largest of all. */
export function rowDensities(scene, columns, few) {
  const { run, axis, layout, low, high, cone } = scene;
  const found = new Map();
  let most = 0;
  layout.lanesOf.forEach((lanes, row) => {
    const windows = lanes.map((lane) => eventsInWindow(run, axis, lane, low, high));
    if (windows.reduce((sum, [begin, stop]) => sum + stop - begin, 0) <= few) return;
    const counts = new Int32Array(columns);
    const relations = cone ? new Uint8Array(columns) : null;
    for (const [begin, stop] of windows) {
      const own = laneDensity(axis.x, begin, stop, low, high, columns);
      let event = begin;
      for (let column = 0; column < columns; column++) {
        if (!own[column]) continue;
        const relation = cone ? relationOf(cone, run, event) : 0;
        if (cone && RANK[relation] > RANK[relations[column]]) relations[column] = relation;
        counts[column] += own[column];
        event += own[column];
      }
    }
    for (let column = 0; column < columns; column++) if (counts[column] > most) most = counts[column];
    found.set(row, { counts, relations, begin: lanes.length === 1 ? windows[0][0] : -1 });
  });
  return { found, most };
}

/**
 * A row whose events are too many: how many there are in each column. In one colour: in four pixels of such a
 * row there are events of all kinds, and mixed colours would tell nothing in grey.
 */
export function drawDensity(context, scene, y, { counts, relations, begin }, most, told) {
  const { run, left, width, colors, layout } = scene;
  const columns = counts.length;
  const wide = (width - left) / columns;
  const half = Math.min(7, layout.rowHeight * 0.3);
  told.density++;
  told.densest = Math.max(told.densest, most);
  const level = levels(most, SHADES);
  const filled = buckets(5 * (SHADES + 1));
  const queues = [];
  let event = begin;
  for (let column = 0; column < columns; column++) {
    if (!counts[column]) continue;
    const x = left + column * wide;
    event += counts[column];
    const thick = begin < 0 ? 0 : thickness(scene, queueAfter(run, event - 1));
    if (thick) queues.push(x, y - thick / 2, wide, thick);
    filled[(relations ? relations[column] : 0) * (SHADES + 1) + level[counts[column]]].push(x, y - half, wide, 2 * half);
  }
  if (queues.length) told.queues = true;
  fillAll(context, colors.queue, queues);
  filled.forEach((places, key) => {
    context.globalAlpha = 0.1 + (0.9 * (key % (SHADES + 1))) / SHADES;
    const color = relations ? shade(colors, Math.floor(key / (SHADES + 1))) : `rgb(${colors.event.join(", ")})`;
    fillAll(context, color, places);
  });
  context.globalAlpha = 1;
}

/** Many lanes: one image, in which each lane has at least a pixel. */
export function drawImage(context, scene, place, told) {
  const { run, axis, index, layout, low, high, left, width, height, colors, cone } = scene;
  const columns = Math.max(1, Math.floor(width - left));
  const rows = Math.max(1, Math.floor(height - FOOT));
  const found = crossings(index, layout, low, high, columns);
  told.crossings = true;
  told.most = found.most;
  const image = context.createImageData ? context.createImageData(columns, rows) : null;
  if (!image) return;
  const ground = rgb(colors.ground);
  const words = new Uint32Array(image.data.buffer);
  const tone = (color, amount) => word(color.map((part, i) => Math.round(ground[i] + (part - ground[i]) * amount)));
  const crossing = Uint32Array.from({ length: 65 }, (_, level) => tone(colors.crossing, (0.45 * level) / 64));
  const marks = Array.from({ length: 65 }, (_, level) => tone(colors.event, 0.35 + (0.65 * level) / 64));
  const level = levels(found.most, 64);
  const columnOf = Int32Array.from({ length: columns }, (_, px) => {
    return Math.max(0, Math.min(found.columns - 1, Math.floor((place.back(left + px + 0.5) - found.from) / found.step)));
  });
  let drawn = -1;
  for (let y = 0; y < rows; y++) {
    const gap = Math.min(found.gaps - 1, Math.max(0, Math.floor(y / layout.rowHeight - 0.5)));
    if (gap === drawn) {
      words.copyWithin(y * columns, (y - 1) * columns, y * columns);
      continue;
    }
    drawn = gap;
    const own = gap * found.columns;
    for (let px = 0; px < columns; px++) words[y * columns + px] = crossing[level[found.counts[own + columnOf[px]]]];
  }
  const cells = Math.max(1, Math.floor(columns / COLUMN));
  const shades = cone ? [colors.concurrent, colors.past, colors.future, colors.self, colors.possible].map((each) => word(rgb(each))) : null;
  const dense = densities(scene, cells, cells);
  if (dense.found.size) [told.density, told.densest] = [dense.found.size, dense.most];
  else told.dots = true;
  const half = layout.rowHeight >= 6 ? Math.min(3, Math.floor(layout.rowHeight / 4)) : 0;
  const fade = word(rgb(colors.lane));
  for (let row = 0; row < layout.rows; row++) {
    const y = Math.min(rows - 1, Math.floor(layout.y(row)));
    if (layout.rowHeight >= 3) words.fill(fade, y * columns, (y + 1) * columns);
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
