// What lies in a window: events of a lane by bisection, messages by what blocks of them reach.

/** The first place from `low` on where sorted numbers are at least `value`; `high` if there is none. */
export function atLeast(sorted, value, low, high) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first place from `low` on where sorted numbers are above `value`. */
export function above(sorted, value, low, high) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const WIDE = 16;

/**
 * The messages of a run on an axis, to be looked up. A message takes from its SEND to `till`, or back where
 * clocks of hosts are apart. Each 16 messages, in their order, are a block that knows its earliest and its latest,
 * as each 16 blocks are: a window looks into those alone that reach it, whatever overtakes what, however long
 * one message was under way, and however many channels there are.
 */
export function indexMessages(run, axis) {
  const { send, to, lane } = run;
  const { x, till } = axis;
  const count = send.length;
  const blocks = Math.ceil(count / WIDE);
  const lowest = { earliest: new Float64Array(blocks).fill(Infinity), latest: new Float64Array(blocks).fill(-Infinity) };
  for (let m = 0; m < count; m++) {
    const block = Math.floor(m / WIDE);
    const a = x[send[m]];
    const b = Number.isNaN(till[m]) ? a : till[m];
    if ((a < b ? a : b) < lowest.earliest[block]) lowest.earliest[block] = a < b ? a : b;
    if ((a > b ? a : b) > lowest.latest[block]) lowest.latest[block] = a > b ? a : b;
  }
  const levels = [lowest];
  while (levels[levels.length - 1].latest.length > WIDE) levels.push(above16(levels[levels.length - 1]));
  const top = levels[levels.length - 1];
  return {
    send, to, lane, x, till, count, levels, low: top.earliest.reduce((a, b) => Math.min(a, b), axis.low),
    high: top.latest.reduce((a, b) => Math.max(a, b), axis.high), grid: null,
  };
}

/** The blocks of blocks. */
function above16({ earliest, latest }) {
  const count = Math.ceil(latest.length / WIDE);
  const made = { earliest: new Float64Array(count).fill(Infinity), latest: new Float64Array(count).fill(-Infinity) };
  for (let block = 0; block < latest.length; block++) {
    const over = Math.floor(block / WIDE);
    made.earliest[over] = Math.min(made.earliest[over], earliest[block]);
    made.latest[over] = Math.max(made.latest[over], latest[block]);
  }
  return made;
}

/** Calls `take(message)` for each message that meets the window, in their order; stops if it says true, and says so. */
export function eachInWindow(index, low, high, shown, take) {
  const { send, to, lane, x, till, count, levels } = index;
  const search = (level, begin, stop) => {
    const { earliest, latest } = levels[level];
    for (let block = begin; block < stop; block++) {
      if (latest[block] < low || earliest[block] > high) continue;
      const from = block * WIDE;
      if (level) {
        if (search(level - 1, from, Math.min(from + WIDE, levels[level - 1].latest.length))) return true;
        continue;
      }
      for (let m = from; m < from + WIDE && m < count; m++) {
        const a = x[send[m]];
        const b = Number.isNaN(till[m]) ? a : till[m];
        if ((a > b ? a : b) >= low && (a < b ? a : b) <= high && shown(lane[send[m]], to[m]) && take(m)) return true;
      }
    }
    return false;
  };
  return search(levels.length - 1, 0, levels[levels.length - 1].latest.length);
}

/** Whether more than `most` messages meet the window. */
export function areMore(index, low, high, shown, most) {
  let count = 0;
  return eachInWindow(index, low, high, shown, () => ++count > most);
}

/** The events of a lane that lie in the window: from and up to these. */
export function eventsInWindow(run, axis, lane, low, high) {
  const begin = atLeast(axis.x, low, run.first[lane], run.first[lane + 1]);
  return [begin, above(axis.x, high, begin, run.first[lane + 1])];
}
