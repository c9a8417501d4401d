// What lies in a window: events of a lane and messages of a channel, by bisection.

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

/**
 * The messages by channel (sender, recipient), in the order in which they were sent. A message takes from
 * `left` to `right`; `latest` is the largest right so far and `earliest` the smallest left from there on, so
 * that both can be bisected where messages overtake each other, and where clocks of hosts are apart.
 */
export function channelsOf(run, axis) {
  const { send, to, lane, lanes } = run;
  const count = send.length;
  const width = lanes + 1;
  const keyed = new Map();
  const channel = new Int32Array(count);
  const sizes = [];
  const from = [];
  const into = [];
  for (let m = 0; m < count; m++) {
    const key = lane[send[m]] * width + to[m];
    let c = keyed.get(key);
    if (c === undefined) {
      keyed.set(key, (c = sizes.length));
      sizes.push(0);
      from.push(lane[send[m]]);
      into.push(to[m]);
    }
    channel[m] = c;
    sizes[c]++;
  }
  const first = new Int32Array(sizes.length + 1);
  for (let c = 0; c < sizes.length; c++) first[c + 1] = first[c] + sizes[c];
  const at = first.slice(0, sizes.length);
  const message = new Int32Array(count);
  for (let m = 0; m < count; m++) message[at[channel[m]]++] = m;
  const x0 = new Float64Array(count);
  const x1 = new Float64Array(count);
  const latest = new Float64Array(count);
  const earliest = new Float64Array(count);
  for (let c = 0; c < sizes.length; c++) {
    for (let i = first[c]; i < first[c + 1]; i++) {
      const m = message[i];
      x0[i] = axis.x[send[m]];
      x1[i] = Number.isNaN(axis.till[m]) ? x0[i] : axis.till[m];
      latest[i] = Math.max(x0[i], x1[i], i > first[c] ? latest[i - 1] : -Infinity);
    }
    for (let i = first[c + 1] - 1; i >= first[c]; i--) {
      earliest[i] = Math.min(x0[i], x1[i], i + 1 < first[c + 1] ? earliest[i + 1] : Infinity);
    }
  }
  return { first, from: Int32Array.from(from), to: Int32Array.from(into), message, x0, x1, latest, earliest };
}

/** Calls `take(i, c)` with the place of each message that meets the window, and its channel; stops if it says true. */
export function eachInWindow(channels, low, high, shown, take) {
  const { first, from, to, x0, x1, latest, earliest } = channels;
  for (let c = 0; c + 1 < first.length; c++) {
    if (!shown(from[c], to[c])) continue;
    const begin = atLeast(latest, low, first[c], first[c + 1]);
    const stop = above(earliest, high, begin, first[c + 1]);
    for (let i = begin; i < stop; i++) {
      const a = x0[i];
      const b = x1[i];
      if ((a > b ? a : b) >= low && (a < b ? a : b) <= high && take(i, c)) return;
    }
  }
}

/** How many messages may meet the window: no fewer than do. */
export function countInWindow(channels, low, high, shown) {
  const { first, from, to, latest, earliest } = channels;
  let count = 0;
  for (let c = 0; c + 1 < first.length; c++) {
    if (!shown(from[c], to[c])) continue;
    const begin = atLeast(latest, low, first[c], first[c + 1]);
    count += above(earliest, high, begin, first[c + 1]) - begin;
  }
  return count;
}

/** The events of a lane that lie in the window: from and up to these. */
export function eventsInWindow(run, axis, lane, low, high) {
  const begin = atLeast(axis.x, low, run.first[lane], run.first[lane + 1]);
  return [begin, above(axis.x, high, begin, run.first[lane + 1])];
}
