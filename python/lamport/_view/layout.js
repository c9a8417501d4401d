// Which lane is drawn where.

/**
 * The lanes in order: `arranged` has who is where, who is hidden, and of which group each is. A folded group has
 * one row; where there are more rows than pixels several share one.
 */
export function layoutLanes(arranged, height) {
  const { order, hidden, groups = null, folded = NOTHING } = arranged;
  const seen = order.filter((lane) => !hidden.has(lane));
  const units = unitsOf(seen, groups, folded);
  const rows = Math.max(1, Math.min(units.length, Math.floor(height)));
  const rowOf = new Int32Array(order.length + 1).fill(-1);
  const rowHeight = height / rows;
  const lanesOf = Array.from({ length: rows }, () => []);
  const spans = [];
  units.forEach(({ lanes, group }, place) => {
    const row = Math.floor((place * rows) / units.length);
    for (const lane of lanes) {
      rowOf[lane] = row;
      lanesOf[row].push(lane);
    }
    const last = spans[spans.length - 1];
    if (group === null) return;
    if (last && last.group === group) [last.bottom, last.count] = [row, last.count + lanes.length];
    else spans.push({ group, top: row, bottom: row, count: lanes.length, folded: folded.has(group) });
  });
  return { rows: seen.length ? rows : 0, rowOf, rowHeight, lanesOf, lanes: seen, spans, y: (row) => (row + 0.5) * rowHeight };
}

const NOTHING = new Set();

function unitsOf(seen, groups, folded) {
  if (!groups) return seen.map((lane) => ({ lanes: [lane], group: null }));
  const known = new Map();
  const units = [];
  for (const lane of seen) {
    const group = groups[lane];
    if (known.has(group)) known.get(group).push(lane);
    else {
      const lanes = [lane];
      if (folded.has(group)) known.set(group, lanes);
      units.push({ lanes, group });
    }
  }
  return units;
}

/** All lanes as they come, none hidden. */
export function plainArrangement(lanes) {
  return { order: Array.from({ length: lanes }, (_, lane) => lane), hidden: new Set(), by: "", groups: null, folded: new Set() };
}

/** The same with a lane hidden, or shown again. */
export function toggled(arranged, lane) {
  return { ...arranged, hidden: changed(arranged.hidden, [lane], !arranged.hidden.has(lane)) };
}

/** The same with all lanes of a group hidden, or shown. */
export function groupHidden(arranged, group, hide) {
  return { ...arranged, hidden: changed(arranged.hidden, arranged.order.filter((lane) => arranged.groups[lane] === group), hide) };
}

/** The same with a group in one row, or in as many as it has lanes. */
export function groupFolded(arranged, group, fold) {
  return { ...arranged, folded: changed(arranged.folded, [group], fold) };
}

function changed(set, members, has) {
  const made = new Set(set);
  for (const each of members) {
    if (has) made.add(each);
    else made.delete(each);
  }
  return made;
}

/** The same with a lane moved by some places among those that are shown. */
export function moved(arranged, lane, by) {
  const seen = arranged.order.filter((each) => each === lane || !arranged.hidden.has(each));
  const goal = Math.max(0, Math.min(seen.length - 1, seen.indexOf(lane) + by));
  return movedTo(arranged, lane, seen[goal]);
}

/** The same with a lane at the place of another. */
export function movedTo(arranged, lane, other) {
  const order = arranged.order.slice();
  const goal = order.indexOf(other);
  order.splice(order.indexOf(lane), 1);
  order.splice(goal, 0, lane);
  return { ...arranged, order };
}

/** The same in the order of a number of each lane: its rate, its events. Unknown ones are last. */
export function sortedBy(arranged, value) {
  const key = (lane) => value(lane) ?? Infinity;
  const order = arranged.order.slice().sort((a, b) => key(a) - key(b) || a - b);
  return { ...arranged, order };
}

/** The same with lanes of one group together; `by` says what groups are, and "" that there are none. */
export function groupedBy(arranged, by, names, rates) {
  const plain = { ...arranged, by, groups: null, folded: new Set() };
  if (!by) return plain;
  const { groups, all } = groupsOf(by, names, rates);
  const place = new Map(all.map((group, i) => [group, i]));
  const order = arranged.order.slice().sort((a, b) => place.get(groups[a]) - place.get(groups[b]));
  return { ...plain, groups, order };
}

/** The group of each lane, and all groups in their order: by rates, or by names without their numbers. */
export function groupsOf(by, names, rates) {
  if (by === "rate") {
    const { classes, words } = rateClasses(rates);
    const groups = classes.map((each) => (each < 0 ? "rate not known" : words[each]));
    return { groups, all: [...words, "rate not known"] };
  }
  const groups = names.map(prefixOf);
  return { groups, all: [...new Set(groups)] };
}

/** A name without the number at its end: "db-12" is of "db". */
export function prefixOf(name) {
  return name.replace(/[\s\-._/:#]*\d+$/, "") || name;
}

const CLASSES = 5;

/** Rates in at most five classes, of neighbouring rates where there are more: the class of each (-1: not known), and words. */
export function rateClasses(rates) {
  const known = [...new Set(rates.filter((rate) => rate !== null))].sort((a, b) => a - b);
  const count = Math.min(known.length, CLASSES);
  const classOf = new Map(known.map((rate, i) => [rate, Math.floor((i * count) / known.length)]));
  const text = (rate) => Number(rate.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 9 });
  const words = Array.from({ length: count }, (_, each) => {
    const own = known.filter((rate) => classOf.get(rate) === each);
    return own.length === 1 ? `${text(own[0])}/s` : `${text(own[0])} to ${text(own[own.length - 1])}/s`;
  });
  return { classes: rates.map((rate) => (rate === null ? -1 : classOf.get(rate))), words };
}

/** The same lanes among other machines: those that are new stand last, or where they would if none was moved. */
export function carriedOver(arranged, before, run) {
  const after = run.head.machines;
  if (before.length === after.length && before.every((machine, lane) => machine === after[lane])) return arranged;
  const places = new Map(after.map((machine, lane) => [machine, lane]));
  const here = (lanes) => lanes.map((lane) => places.get(before[lane])).filter((lane) => lane !== undefined);
  const plain = arranged.order.every((lane, place) => lane === place);
  const kept = here(arranged.order);
  const known = new Set(kept);
  const all = [...after.keys()];
  const order = plain ? all : [...kept, ...all.filter((lane) => !known.has(lane))];
  const made = { ...arranged, order, hidden: new Set(here([...arranged.hidden])) };
  return { ...groupedBy(made, arranged.by, run.names, run.head.rates), folded: arranged.folded };
}
