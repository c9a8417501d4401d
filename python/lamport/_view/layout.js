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

/** The same lanes among other machines: those that are new stand last, or where they would if none was moved. */
export function carriedOver(arranged, before, after) {
  if (before.length === after.length && before.every((machine, lane) => machine === after[lane])) return arranged;
  const places = new Map(after.map((machine, lane) => [machine, lane]));
  const here = (lanes) => lanes.map((lane) => places.get(before[lane])).filter((lane) => lane !== undefined);
  const plain = arranged.order.every((lane, place) => lane === place);
  const kept = here(arranged.order);
  const known = new Set(kept);
  const order = [...after.keys()];
  return { ...arranged, order: plain ? order : [...kept, ...order.filter((lane) => !known.has(lane))], hidden: new Set(here([...arranged.hidden])) };
}
