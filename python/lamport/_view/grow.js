// A run that still goes on: what its follower tells in, a bounded window of its newest events out.

import { causalOrder } from "./cones.js";
import { ARRIVAL_KNOWN, END_KNOWN, FLAG, LINKED, RECEIVE, SEND, nameAll } from "./derive.js";

/** The most events and messages that are kept. */
export const MOST = 60000;
const UNIT = 1e6;
const ROWS = 1200;
const NUMBERS = 1 << 19;
const STRUCK = 1000;
const WARNINGS = 100;
/** Seconds between a crash as it was planned and as the logs tell it. */
const APART = 2;
const UNKNOWN = 3;

/** Nothing is known yet. */
export function growing(most = MOST) {
  return { most, title: "", names: [], rates: [], algorithm: null, planned: [], limit: 0, taken: -1, ended: null, ...emptied() };
}

function emptied() {
  return {
    machines: [], now: 0, every: 1, weight: 0, dropped: 0, thinned: false, lanes: new Map(), struck: [], warnings: [],
    series: { spacing: 0, rows: [] },
  };
}

/** Takes one text of the follower; `number` tells texts that come twice. Returns what it was: begin, more, end or "". */
export function take(grown, text, number = NaN) {
  if (number <= grown.taken) return "";
  const told = JSON.parse(text);
  if (!Number.isNaN(number)) grown.taken = number;
  if (told.type === "begin") begin(grown, told);
  else if (told.type === "more") more(grown, told);
  else if (told.type === "end") grown.ended = String(told.told);
  else return "";
  return told.type;
}

function begin(grown, told) {
  // What follows is told from its beginning: nothing of it is to stand twice.
  if (told.again) Object.assign(grown, emptied());
  const { title, names, rates, machines } = told;
  Object.assign(grown, { title, algorithm: told.algorithm, planned: told.faults, limit: told.limit });
  grown.machines = machines.slice();
  grown.names = names.length ? names.slice() : [];
  grown.rates = machines.map((_, place) => rates[place] ?? null);
  for (const machine of machines) laneOf(grown, machine);
}

/** What is kept of a machine. */
function laneOf(grown, machine) {
  let lane = grown.lanes.get(machine);
  if (!lane) {
    lane = { slot: grown.lanes.size, events: [], clock: NaN, queue: -1, count: 0 };
    grown.lanes.set(machine, lane);
    if (!grown.machines.includes(machine)) {
      // Told before its name: it stands where it will.
      const place = grown.machines.filter((each) => each < machine).length;
      grown.machines.splice(place, 0, machine);
      grown.rates.splice(place, 0, null);
      if (grown.names.length) grown.names.splice(place, 0, "");
    }
  }
  return lane;
}

function more(grown, told) {
  grown.now = Math.max(grown.now, told.now);
  grown.every = told.every;
  if (told.every > 1) grown.thinned = true;
  for (let i = 0; i < told.machine.length; i++) {
    const arrived = told.arrived[i];
    const to = Array.isArray(told.to[i]) ? told.to[i] : [];
    laneOf(grown, told.machine[i]).events.push({
      kind: told.kind[i], time: Math.round(told.time[i] * UNIT), clock: told.clock[i], queue: told.queue[i], from: told.from[i],
      sent: told.sent_clock[i], arrived: arrived === null ? null : Math.round(arrived * UNIT), to,
    });
    grown.weight += 1 + to.length;
  }
  const { machine, clock, queue, events } = told.last;
  for (let i = 0; i < machine.length; i++) Object.assign(laneOf(grown, machine[i]), { clock: clock[i], queue: queue[i], count: events[i] });
  grown.struck.push(...told.struck);
  grown.struck.splice(0, grown.struck.length - STRUCK);
  grown.warnings.push(...told.warnings.map((text) => ({ at: told.now, text })));
  grown.warnings.splice(0, grown.warnings.length - WARNINGS);
  sample(grown);
  if (grown.weight > 1.2 * grown.most) trim(grown);
}

/** Forgets the oldest events: each lane keeps its share of a quarter, however old. */
function trim(grown) {
  const lanes = [...grown.lanes.values()];
  const share = Math.ceil(grown.most / (4 * Math.max(1, lanes.length)));
  const all = lanes.flatMap((lane) => lane.events).sort((a, b) => b.time - a.time);
  let weight = 0;
  let oldest = -Infinity;
  for (const { time, to } of all) {
    weight += 1 + to.length;
    if (weight <= 0.75 * grown.most) continue;
    oldest = time;
    break;
  }
  grown.weight = 0;
  for (const lane of lanes) {
    const before = lane.events.length;
    let kept = 0;
    let place = before;
    for (; place > 0; place--) {
      const { time, to } = lane.events[place - 1];
      if (kept + 1 + to.length > share && time <= oldest) break;
      kept += 1 + to.length;
    }
    if (place) lane.events = lane.events.slice(place);
    grown.dropped += place;
    grown.weight += kept;
  }
}

/** Keeps clocks and queues as they are now: of a long run ever farther from each other. */
function sample(grown) {
  const { series, now } = grown;
  const last = series.rows[series.rows.length - 1];
  if (last && now - last.time < series.spacing) return;
  const row = rowOf(grown);
  if (last && last.time === now) series.rows.pop();
  series.rows.push(row);
  const most = Math.max(60, Math.min(ROWS, Math.floor(NUMBERS / Math.max(1, grown.lanes.size))));
  if (series.rows.length <= most) return;
  series.rows = series.rows.filter((_, place) => place % 2 === 0);
  series.spacing = (2 * (now - series.rows[0].time)) / most;
}

/** Clocks less their median, and queues, of all machines as they are now. */
function rowOf(grown) {
  const clocks = new Float64Array(grown.lanes.size).fill(NaN);
  const queues = new Float64Array(grown.lanes.size).fill(NaN);
  for (const { slot, clock, queue } of grown.lanes.values()) {
    clocks[slot] = clock;
    if (queue >= 0) queues[slot] = queue;
  }
  const middle = median(clocks);
  return { time: grown.now, drift: clocks.map((clock) => clock - middle), queue: queues };
}

/** The median of the numbers that are known. */
export function median(values) {
  const known = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  if (!known.length) return NaN;
  const half = known.length >> 1;
  return known.length % 2 ? known[half] : (known[half - 1] + known[half]) / 2;
}

/** Drift and queues over time, the present last: rows of {time, drift, queue}, by the slots of `slots`. */
export function seriesOf(grown) {
  return { rows: grown.series.rows.concat(rowOf(grown)), slots: grown.machines.map((machine) => grown.lanes.get(machine).slot) };
}

/** Each machine as it is now, in the order of the lanes. */
export function machinesOf(grown) {
  return grown.machines.map((machine) => {
    const { clock, queue, count } = grown.lanes.get(machine);
    return { machine, clock, queue, count };
  });
}

/** What has gone wrong so far: what was planned once its time has come, crashes as the logs tell them. */
export function faultsOf(grown) {
  const told = [];
  const open = new Map();
  for (const { kind, at, machine, told: words } of grown.struck) {
    if (kind === "crash") {
      const plan = grown.planned.find((each) => each.kind === "crash" && each.machines[0] === machine && Math.abs(each.at - at) < APART);
      const fault = { kind, at, for: null, machines: [machine], told: plan?.told ?? words, planned: plan?.at ?? at };
      open.set(machine, fault);
      told.push(fault);
    } else if (kind === "recovery" && open.has(machine)) {
      const fault = open.get(machine);
      fault.for = at - fault.at;
      open.delete(machine);
    }
  }
  const seen = (plan) => told.some((fault) => plan.kind === "crash" && plan.machines[0] === fault.machines[0] && plan.at === fault.planned);
  return [...grown.planned.filter((plan) => plan.at <= grown.now && !seen(plan)), ...told];
}

/** What is to be told of faults, machines and the run: what tells one from another, when, words, and what kind it is. */
export function newsOf(grown) {
  return [
    ...faultsOf(grown).map((fault) => [`${fault.kind} ${fault.planned ?? fault.at} ${fault.machines}`, fault.at, fault.told, "fault"]),
    ...grown.struck.filter(({ kind }) => kind !== "crash").map((each) => [`${each.kind} ${each.at} ${each.machine}`, each.at, each.told, "news"]),
    // Not by number: of a run that is told anew from its beginning they count anew.
    ...grown.warnings.map((each) => [`warning ${each.at} ${each.text}`, each.at, each.text, "warning"]),
  ];
}

/** The run that is known, as `deriveRun` gives runs; null before any machine is. */
export function runOf(grown) {
  const { machines } = grown;
  if (!machines.length) return null;
  const kept = machines.map((machine) => grown.lanes.get(machine).events);
  const lanes = machines.length;
  const laneBy = new Map(machines.map((machine, l) => [machine, l]));
  const first = new Int32Array(lanes + 1);
  for (let l = 0; l < lanes; l++) first[l + 1] = first[l] + kept[l].length;
  const count = first[lanes];
  const kind = new Uint8Array(count);
  const lane = new Int32Array(count);
  const time = new Float64Array(count);
  const clock = new Float64Array(count);
  const queue = new Int32Array(count).fill(-1);
  const sent = new Int32Array(count + 1);
  const begins = new Float64Array(lanes);
  const send = [];
  const to = [];
  const sends = kept.map(() => new Map());
  for (let l = 0, e = 0; l < lanes; l++) {
    for (const event of kept[l]) {
      [kind[e], lane[e], time[e], clock[e]] = [event.kind, l, event.time, event.clock];
      if (event.kind === RECEIVE) queue[e] = event.queue;
      if (event.kind === SEND) {
        sends[l].set(event.clock, e);
        for (const machine of event.to) {
          send.push(e);
          to.push(laneBy.get(machine) ?? lanes);
        }
      }
      sent[++e] = send.length;
    }
    begins[l] = kept[l].length ? kept[l][0].clock - 1 : 0;
  }
  const end = Float64Array.from(send, (event) => time[event]);
  const state = new Uint8Array(send.length).fill(UNKNOWN);
  const receipt = new Int32Array(send.length).fill(-1);
  const messageOf = new Int32Array(count).fill(-1);
  const cause = new Int32Array(count).fill(-1);
  const alone = new Map();
  for (let l = 0, e = 0; l < lanes; l++) {
    for (const event of kept[l]) {
      if (event.kind === RECEIVE) {
        const from = laneBy.get(event.from) ?? lanes;
        const cameFrom = sends[from]?.get(event.sent) ?? -1;
        let message = cameFrom < 0 ? 0 : sent[cameFrom];
        const stop = cameFrom < 0 ? 0 : sent[cameFrom + 1];
        while (message < stop && (to[message] !== l || receipt[message] >= 0)) message++;
        cause[e] = cameFrom;
        if (message < stop) {
          receipt[message] = e;
          messageOf[e] = message;
          end[message] = event.arrived ?? event.time;
          state[message] = END_KNOWN | LINKED | (event.arrived === null ? 0 : ARRIVAL_KNOWN);
        } else {
          kind[e] |= FLAG.alone;
          alone.set(e, { from, clock: event.sent });
        }
      }
      e++;
    }
  }
  const head = {
    version: 1, unit: UNIT, machines, first: Array.from(first), title: grown.title, names: grown.names, rates: grown.rates, notes: [],
    highlight: null, cut: null, path: [], faults: faultsOf(grown), violations: [], texts: [], columns: {},
    causality: { open: "", refused: "" },
  };
  const order = causalOrder(first, lane, cause, null, null);
  return {
    head, unit: UNIT, lanes, first, lane, kind, time, clock, begins, queue, send: Int32Array.from(send), to: Int32Array.from(to), end, state,
    sent, receipt, messageOf, cause, more: null, alone, order: order.receipts, ordered: order.complete,
    open: "", possible: null, refused: "", names: nameAll(head), goesOn: grown.ended === null, isPart: grown.dropped > 0 || grown.thinned,
  };
}
