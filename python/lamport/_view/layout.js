// Which lane is drawn where.

/** The lanes in order: `arranged` has who is where and who is hidden. */
export function layoutLanes(arranged, height) {
  const seen = arranged.order.filter((lane) => !arranged.hidden.has(lane));
  const rows = Math.max(1, Math.min(seen.length, Math.floor(height)));
  const rowOf = new Int32Array(arranged.order.length + 1).fill(-1);
  const rowHeight = height / rows;
  const lanesOf = Array.from({ length: rows }, () => []);
  seen.forEach((lane, place) => {
    const row = Math.floor((place * rows) / seen.length);
    rowOf[lane] = row;
    lanesOf[row].push(lane);
  });
  return { rows: seen.length ? rows : 0, rowOf, rowHeight, lanesOf, lanes: seen, y: (row) => (row + 0.5) * rowHeight };
}

/** All lanes as they come, none hidden. */
export function plainArrangement(lanes) {
  return { order: Array.from({ length: lanes }, (_, lane) => lane), hidden: new Set() };
}

/** The same with a lane hidden, or shown again. */
export function toggled(arranged, lane) {
  const hidden = new Set(arranged.hidden);
  if (!hidden.delete(lane)) hidden.add(lane);
  return { ...arranged, hidden };
}

/** The same with a lane moved by some places. */
export function moved(arranged, lane, by) {
  const order = arranged.order.slice();
  const at = order.indexOf(lane);
  const goal = Math.max(0, Math.min(order.length - 1, at + by));
  order.splice(at, 1);
  order.splice(goal, 0, lane);
  return { ...arranged, order };
}

/** The same in the order of a number of each lane: its rate, its events. Unknown ones are last. */
export function sortedBy(arranged, value) {
  const key = (lane) => value(lane) ?? Infinity;
  const order = arranged.order.slice().sort((a, b) => key(a) - key(b) || a - b);
  return { ...arranged, order };
}
