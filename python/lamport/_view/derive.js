// What follows from the columns of a page (data.py): partners, clocks and queues of a run.

import { causalOrder } from "./cones.js";
import { above } from "./index.js";
import { placesOf, sortedBy16 } from "./order.js";
import { spelled } from "./spelled.js";

export const SEND = 0;
export const RECEIVE = 1;
export const INTERNAL = 2;
export const KINDS = ["SEND", "RECEIVE", "INTERNAL"];
export const STATUSES = ["received", "unread", "undelivered", "unknown"];
export const MATCHES = ["exact", "unique", "fifo", "ambiguous", "none"];
export const FLAG = { manual: 4, by_hand: 8, caused: 16, ambiguous: 32, alone: 64 };
export const ARRIVAL_KNOWN = 32;
export const END_KNOWN = 64;
export const LINKED = 128;

/** The run that a file of columns holds: events lane by lane, messages by SEND and recipient. */
export async function deriveRun(file) {
  const { head } = file;
  const [kind, time, aloneFrom, aloneClock, places, to, lasts, state, ranks, before, clock, waits, moreOf, moreFrom, openOf, openFrom, aloneOther, other] =
    await Promise.all([
      file.column("kind", Uint8Array),
      file.column("time"),
      file.column("alone_from", Int32Array),
      file.column("alone_clock"),
      file.column("message_send", Int32Array),
      file.column("message_to", Int32Array),
      file.column("message_end"),
      file.column("message_state", Uint8Array),
      file.column("message_rank", Int32Array),
      file.column("clock_before"),
      file.column("clock"),
      file.column("queue"),
      file.column("more_event", Int32Array),
      file.column("more_cause", Int32Array),
      file.column("open_event", Int32Array),
      file.column("open_cause", Int32Array),
      file.column("alone_other", Int32Array),
      file.column("message_other", Int32Array),
    ]);
  const first = Int32Array.from(head.first);
  const lanes = first.length - 1;
  const lane = new Int32Array(kind.length);
  for (let l = 0; l < lanes; l++) lane.fill(l, first[l], first[l + 1]);
  const sends = eventsOf(kind, 3, SEND);
  const send = places;
  for (let m = 0; m < send.length; m++) send[m] = sends[send[m]];
  const end = lasts;
  for (let m = 0; m < end.length; m++) end[m] += time[send[m]];
  const byArrival = orderOf(end, to, lanes);
  const receipt = new Int32Array(send.length).fill(-1);
  const messageOf = new Int32Array(kind.length).fill(-1);
  link(kind, state, byArrival, ranks, receipt, messageOf);
  const alone = new Map();
  for (let e = 0, i = 0; e < kind.length; e++) {
    if (kind[e] & FLAG.alone) alone.set(e, { from: aloneFrom[i], clock: aloneClock[i], other: aloneOther[i++] });
  }
  const begins = new Float64Array(lanes);
  for (let l = 0, i = 0; l < lanes; l++) if (first[l + 1] > first[l]) begins[l] = before[i++];
  const derived = head.columns.clock.derived;
  const cause = new Int32Array(kind.length).fill(-1);
  for (let m = 0; m < send.length; m++) if (receipt[m] >= 0) cause[receipt[m]] = send[m];
  const visit = (event) => {
    const l = lane[event];
    const last = event === first[l] ? begins[l] : clock[event - 1];
    const from = cause[event];
    const carried = from >= 0 ? clock[from] : kind[event] & FLAG.alone ? alone.get(event).clock : -1;
    clock[event] += (last > carried ? last : carried) + 1;
  };
  let order = causalOrder(first, lane, cause, null, derived ? visit : null);
  const named = nameCauses(kind, first, clock, alone, cause);
  const more = byEvent(moreOf, moreFrom, kind.length);
  if (named || more) order = causalOrder(first, lane, cause, more, null);
  const { open, refused } = head.causality;
  const told = open === "some" ? byEvent(openOf, openFrom, kind.length) : null;
  const possible = open === "some" ? { more: told, order: causalOrder(first, lane, cause, told, null).receipts } : null;
  const queue = queues(kind, time, first, end, to, state, byArrival, waits);
  return {
    head, unit: head.unit, lanes, first, lane, kind, time, clock, begins, queue, send, to, other, end, state,
    sent: sentBy(send, kind.length), receipt, messageOf, cause, more, alone, order: order.receipts, ordered: order.complete,
    open, possible, refused, names: nameAll(head), others: head.others.map(([machine, name]) => calledSo(machine, name)),
  };
}

/** What each lane's machine is called. */
export function nameAll(head) {
  return head.machines.map((machine, l) => calledSo(machine, head.names[l]));
}

function calledSo(machine, name) {
  return name ? spelled(name) : `machine ${machine}`;
}

/** Where the messages of each event begin, and behind the last how many there are. */
function sentBy(send, events) {
  const sent = new Int32Array(events + 1);
  for (let m = 0; m < send.length; m++) sent[send[m] + 1]++;
  for (let e = 0; e < events; e++) sent[e + 1] += sent[e];
  return sent;
}

/** Pairs, sorted by their events, as those of each event: where they begin, and what they are. Null if there are none. */
function byEvent(events, causes, count) {
  if (!events.length) return null;
  const begin = new Int32Array(count + 1);
  for (const event of events) begin[event + 1]++;
  for (let e = 0; e < count; e++) begin[e + 1] += begin[e];
  return { begin, causes };
}

/** The numbers of the events for which what is known of a kind (`mask`) is `which`. */
function eventsOf(kind, mask, which) {
  let count = 0;
  for (let e = 0; e < kind.length; e++) if ((kind[e] & mask) === which) count++;
  const found = new Int32Array(count);
  for (let e = 0, i = 0; i < count; e++) if ((kind[e] & mask) === which) found[i++] = e;
  return found;
}

/**
 * Lets a receipt whose message is not here follow from the SEND that its sender and clock name, whomever that
 * was sent to; not if it was given by hand. Returns how many do.
 */
function nameCauses(kind, first, clock, alone, cause) {
  if (!alone.size) return 0;
  const sends = new Map();
  const wanted = new Set([...alone.values()].map((told) => told.from));
  for (const l of wanted) {
    if (l < 0 || l + 1 >= first.length) continue;
    const own = new Map();
    for (let e = first[l + 1] - 1; e >= first[l]; e--) if ((kind[e] & 3) === SEND) own.set(clock[e], e);
    sends.set(l, own);
  }
  let count = 0;
  for (const [event, told] of alone) {
    const send = kind[event] & FLAG.by_hand ? undefined : sends.get(told.from)?.get(told.clock);
    if (send === undefined) continue;
    cause[event] = send;
    count++;
  }
  return count;
}

/** Messages sorted by recipient and end; of equal ones by their number. */
function orderOf(end, to, lanes) {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let m = 0; m < end.length; m++) {
    if (end[m] < lowest) lowest = end[m];
    if (end[m] > highest) highest = end[m];
  }
  return sortedBy16(sortedBy16(placesOf(end.length), end, lowest, highest), to, 0, lanes);
}

/** Gives each received message its RECEIVE: they are taken as they arrived, but for `ranks`. */
function link(kind, state, byArrival, ranks, receipt, messageOf) {
  const receipts = eventsOf(kind, 3 | FLAG.alone, RECEIVE);
  let place = 0;
  for (let i = 0; i < byArrival.length; i++) {
    const message = byArrival[i];
    if (!(state[message] & LINKED)) continue;
    const event = receipts[place + ranks[place]];
    place++;
    receipt[message] = event;
    messageOf[event] = message;
  }
}

/** The queue after each receipt: what had arrived by then and was not taken, and `waits` more; -1: not known. */
function queues(kind, time, first, end, to, state, byArrival, waits) {
  const queue = new Int32Array(kind.length).fill(-1);
  const arrivals = new Float64Array(end.length);
  let at = 0;
  let which = 0;
  for (let l = 0; l + 1 < first.length; l++) {
    let come = 0;
    while (at < byArrival.length && to[byArrival[at]] === l) {
      if (state[byArrival[at]] & END_KNOWN) arrivals[come++] = end[byArrival[at]];
      at++;
    }
    let taken = 0;
    let seen = 0;
    for (let e = first[l]; e < first[l + 1]; e++) {
      if ((kind[e] & 3) !== RECEIVE) continue;
      taken++;
      // Times go on, as a rule, and then the next arrivals are looked at; else all.
      if (seen && arrivals[seen - 1] > time[e]) seen = above(arrivals, time[e], 0, come);
      while (seen < come && arrivals[seen] <= time[e]) seen++;
      queue[e] = waits[which++] + seen - taken;
    }
  }
  return queue;
}
