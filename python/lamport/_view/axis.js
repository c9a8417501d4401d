// What goes from left to right: seconds, clocks, or the places of events in the total order.

import { END_KNOWN } from "./derive.js";
import { placesOf, sortedBy16 } from "./order.js";

/**
 * An axis: `x` of each event, never smaller than that of the event before it in its lane, and `till` of each
 * message (NaN: its end has no place). `backwards`: how many events were set right so.
 */
export function axisOf(run, name) {
  const { first, send, receipt, state, end, unit } = run;
  const x = name === "real" ? run.time.map((t) => t / unit) : name === "lamport" ? run.clock.slice() : steps(run);
  let backwards = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let l = 0; l + 1 < first.length; l++) {
    for (let e = first[l] + 1; e < first[l + 1]; e++) {
      if (x[e] < x[e - 1]) {
        x[e] = x[e - 1];
        backwards++;
      }
    }
    if (first[l] < first[l + 1]) {
      low = Math.min(low, x[first[l]]);
      high = Math.max(high, x[first[l + 1] - 1]);
    }
  }
  const till = new Float64Array(send.length);
  for (let m = 0; m < send.length; m++) {
    if (name === "real") till[m] = state[m] & END_KNOWN ? end[m] / unit : NaN;
    else till[m] = receipt[m] < 0 ? NaN : x[receipt[m]];
  }
  if (low > high) [low, high] = [0, 1];
  return { name, x, till, low, high, backwards };
}

/** The place of each event by clock and lane. */
function steps(run) {
  const highest = run.clock.reduce((a, b) => (a > b ? a : b), 0);
  const order = sortedBy16(placesOf(run.kind.length), run.clock, 0, highest);
  const place = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) place[order[i]] = i;
  return place;
}

/** Round places for the marks of an axis: at most `most` of them. */
export function ticks(low, high, most, whole) {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  if (whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let i = Math.ceil(low / step) + 0; i * step <= high && found.length <= 2 * most + 2; i++) found.push(i * step + 0);
  return found;
}

/** A number as the marks of an axis say it. */
export function tickText(value, step) {
  const digits = Math.max(0, Math.min(15, -Math.floor(Math.log10(step || 1) + 1e-9)));
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
