// Level of detail: what is counted where too much lies in the window to be drawn one by one.

import { atLeast, eachInWindow } from "./index.js";

export const MOST_MESSAGES = 2000;
export const MOST_EVENTS = 800;
export const MOST_LANES = 40;
export const COLUMN = 4;

/** Pixels below the lanes, for the marks of the axis. */
export const FOOT = 20;

/**
 * How many messages are under way between neighbouring rows, by pixel column: `counts[column * gaps + gap]`.
 * A message counts from the column in which it leaves to that in which it arrives, in each gap that it
 * crosses; four numbers are changed for each, whatever it crosses.
 */
export function gapCounts(channels, layout, low, high, columns) {
  const gaps = Math.max(1, layout.rows - 1);
  const width = gaps + 1;
  const change = new Int32Array((columns + 1) * width);
  const scale = columns / (high - low);
  const { rowOf } = layout;
  const { from, to, x0, x1 } = channels;
  const shown = (a, b) => rowOf[a] >= 0 && rowOf[b] >= 0 && rowOf[a] !== rowOf[b];
  eachInWindow(channels, low, high, shown, (i, c) => {
    const a = rowOf[from[c]];
    const b = rowOf[to[c]];
    const top = a < b ? a : b;
    const bottom = a < b ? b : a;
    let begin = Math.floor(((x0[i] < x1[i] ? x0[i] : x1[i]) - low) * scale);
    let end = Math.floor(((x0[i] < x1[i] ? x1[i] : x0[i]) - low) * scale);
    if (begin < 0) begin = 0;
    if (end >= columns) end = columns - 1;
    if (begin >= columns) begin = columns - 1;
    change[begin * width + top]++;
    change[begin * width + bottom]--;
    change[(end + 1) * width + top]--;
    change[(end + 1) * width + bottom]++;
    return false;
  });
  const counts = new Int32Array(columns * gaps);
  const under = new Int32Array(width);
  let most = 0;
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let gap = 0; gap < gaps; gap++) {
      under[gap] += change[column * width + gap];
      sum += under[gap];
      counts[column * gaps + gap] = sum;
      if (sum > most) most = sum;
    }
    under[gaps] += change[column * width + gaps];
  }
  return { counts, gaps, columns, most };
}

/** How many events of a lane lie in each of `columns` columns of the window. */
export function laneDensity(x, begin, stop, low, high, columns) {
  const counts = new Int32Array(columns);
  let at = begin;
  for (let column = 0; column < columns && at < stop; column++) {
    const edge = low + ((high - low) * (column + 1)) / columns;
    const next = column + 1 === columns ? stop : atLeast(x, edge, at, stop);
    counts[column] = next - at;
    at = next;
  }
  return counts;
}

/** How strong a count is drawn, 0 to 1, beside the largest. */
export function strength(count, most) {
  return count ? 0.15 + 0.85 * Math.sqrt(count / Math.max(1, most)) : 0;
}
