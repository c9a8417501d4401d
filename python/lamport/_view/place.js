// Places on the screen.

/** Places on the screen of a window of an axis. */
export function screen({ low, high, left, width }) {
  const scale = (width - left) / (high - low);
  return { at: (x) => left + (x - low) * scale, back: (px) => low + (px - left) / scale, scale };
}

/** Where an instant is on the axis, seen from a lane: between the events before and after it. */
export function placeOfTime(run, axis, lane, seconds) {
  if (axis.name === "real") return seconds;
  const [begin, stop] = [run.first[lane], run.first[lane + 1]];
  if (begin === stop) return NaN;
  const time = seconds * run.unit;
  let low = begin;
  let high = stop;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (run.time[middle] < time) low = middle + 1;
    else high = middle;
  }
  if (low === begin) return axis.x[begin] - 0.5;
  return low === stop ? axis.x[stop - 1] + 0.5 : (axis.x[low - 1] + axis.x[low]) / 2;
}
