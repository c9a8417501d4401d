// Level of detail: what is counted where too much lies in the window to be drawn one by one.

import { atLeast, eachInWindow } from "./index.js";

export const MOST_MESSAGES = 2000;
export const MOST_EVENTS = 800;
export const MOST_LANES = 40;
export const COLUMN = 4;

/** Pixels below the lanes, for the marks of the axis. */
export const FOOT = 20;

const FEW = 30000;
const ROOM = 3000000;
const MOST_CELLS = 32768;

/**
 * How many messages are under way between neighbouring rows, by column: `counts[gap * columns + column]`, of which
 * the first begins at `from` and each is `step` wide. About `columns` of them: where messages are many they are
 * counted once, in a grid, and columns are of whole cells of it.
 */
export function crossings(index, layout, low, high, columns) {
  const grid = index.count > FEW && gridOf(index, layout);
  const wide = grid ? Math.floor((high - low) / columns / grid.wide) : 0;
  return wide ? fromGrid(grid, low, high, wide) : gapCounts(index, layout, low, high, columns);
}

function fromGrid(grid, low, high, wide) {
  const { gaps, cells, begun, ended } = grid;
  // Columns begin at multiples of their width, so that nothing flickers when the window moves.
  const first = Math.floor((low - grid.low) / grid.wide / wide) * wide;
  const from = grid.low + first * grid.wide;
  const step = wide * grid.wide;
  const columns = Math.max(1, Math.ceil((high - from) / step));
  const counts = new Int32Array(columns * gaps);
  let most = 0;
  for (let gap = 0; gap < gaps; gap++) {
    const own = gap * (cells + 1);
    for (let column = 0; column < columns; column++) {
      const a = Math.max(0, Math.min(cells, first + column * wide));
      const b = Math.max(0, Math.min(cells, first + (column + 1) * wide));
      const count = a < b ? begun[own + b] - ended[own + a] : 0;
      counts[gap * columns + column] = count;
      if (count > most) most = count;
    }
  }
  return { counts, gaps, columns, most, from, step };
}

/**
 * All messages in cells of the axis: of each gap and cell how many that cross the gap begin before the cell, and how
 * many end before it. It is made again when lanes are elsewhere.
 */
function gridOf(index, layout) {
  const { send, to, lane, x, till, count } = index;
  const { rowOf } = layout;
  const known = index.grid;
  if (known && known.rowOf.length === rowOf.length && known.rowOf.every((row, l) => row === rowOf[l])) return known;
  const gaps = Math.max(1, layout.rows - 1);
  let cells = MOST_CELLS;
  while (cells * gaps > ROOM) cells /= 2;
  const across = cells + 1;
  const wide = (index.high - index.low) / cells || 1;
  const begun = new Int32Array(across * (gaps + 1));
  const ended = new Int32Array(across * (gaps + 1));
  for (let m = 0; m < count; m++) {
    const one = rowOf[lane[send[m]]];
    const other = rowOf[to[m]];
    if (one < 0 || other < 0 || one === other) continue;
    const a = x[send[m]];
    const b = Number.isNaN(till[m]) ? a : till[m];
    const begin = Math.min(cells - 1, Math.floor(((a < b ? a : b) - index.low) / wide));
    const end = Math.min(cells - 1, Math.floor(((a < b ? b : a) - index.low) / wide));
    const top = (one < other ? one : other) * across;
    const bottom = (one < other ? other : one) * across;
    begun[top + begin + 1]++;
    begun[bottom + begin + 1]--;
    ended[top + end + 1]++;
    ended[bottom + end + 1]--;
  }
  for (const counts of [begun, ended]) {
    for (let gap = 0; gap < gaps; gap++) {
      let sum = 0;
      for (let cell = 0; cell < across; cell++) {
        sum += counts[gap * across + cell];
        counts[gap * across + cell] = sum + (gap ? counts[(gap - 1) * across + cell] : 0);
      }
    }
  }
  index.grid = { rowOf, gaps, cells, low: index.low, wide, begun, ended };
  return index.grid;
}

/**
 * The same with exactly these columns, counted from the messages in the window alone. A message counts from the
 * column in which it leaves to that in which it arrives, in each gap that it crosses; four numbers are changed
 * for each, whatever it crosses.
 */
export function gapCounts(index, layout, low, high, columns) {
  const gaps = Math.max(1, layout.rows - 1);
  const across = columns + 1;
  const change = new Int32Array(across * (gaps + 1));
  const scale = columns / (high - low);
  const { rowOf } = layout;
  const { send, to, lane, x, till } = index;
  const shown = (a, b) => rowOf[a] >= 0 && rowOf[b] >= 0 && rowOf[a] !== rowOf[b];
  eachInWindow(index, low, high, shown, (m) => {
    const one = rowOf[lane[send[m]]];
    const other = rowOf[to[m]];
    const a = x[send[m]];
    const b = Number.isNaN(till[m]) ? a : till[m];
    const begin = Math.max(0, Math.min(columns - 1, Math.floor(((a < b ? a : b) - low) * scale)));
    const end = Math.min(columns - 1, Math.floor(((a < b ? b : a) - low) * scale));
    const top = (one < other ? one : other) * across;
    const bottom = (one < other ? other : one) * across;
    change[top + begin]++;
    change[bottom + begin]--;
    change[top + end + 1]--;
    change[bottom + end + 1]++;
    return false;
  });
  const counts = new Int32Array(columns * gaps);
  const under = new Int32Array(columns);
  let most = 0;
  for (let gap = 0; gap < gaps; gap++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      sum += change[gap * across + column];
      const count = (under[column] += sum);
      counts[gap * columns + column] = count;
      if (count > most) most = count;
    }
  }
  return { counts, gaps, columns, most, from: low, step: (high - low) / columns };
}

/** How many events of a lane lie in each of `columns` columns of the window. */
export function laneDensity(x, begin, stop, low, high, columns) {
  const counts = new Int32Array(columns);
  let at = begin;
  for (let column = 0; column < columns && at < stop; column++) {
    const edge = low + ((high - low) * (column + 1)) / columns;
    const next = column + 1 === columns ? stop : nextFrom(x, edge, at, stop);
    counts[column] = next - at;
    at = next;
  }
  return counts;
}

/** The first place where sorted numbers are at least `value`, sought from `at` on in longer and longer steps. */
function nextFrom(x, value, at, stop) {
  let step = 1;
  let low = at;
  let high = at;
  while (high < stop && x[high] < value) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  return atLeast(x, value, low, Math.min(high, stop));
}

/** How strong a count is drawn, 0 to 1, beside the largest. */
export function strength(count, most) {
  return count ? 0.15 + 0.85 * Math.sqrt(count / Math.max(1, most)) : 0;
}
