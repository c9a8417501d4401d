// What is said of events, messages and lanes, in words.

import { countCone, vectorClock } from "./cones.js";
import { ARRIVAL_KNOWN, FLAG, KINDS, MATCHES, STATUSES } from "./derive.js";
import { cutShort, spelled } from "./spelled.js";

const LATE = "late: one that was sent after it on its channel was there before";
const FATES = ["received", "unread: it waited in the queue at the end", "undelivered", "what became of it is in no log"];

const NOT_YET = "not received yet";

function fateOf(run, message) {
  const status = run.state[message] & 3;
  return run.goesOn && status === 3 ? NOT_YET : FATES[status];
}

/** A time as people read it: seconds with the digits that the log has. */
export function secondsText(run, time) {
  return `${(time / run.unit).toFixed(Math.max(6, Math.round(Math.log10(run.unit))))} s`;
}

/** Whether the log tells times; else those that there are only put events in an order. */
export function hasTimes(run) {
  return run.head?.has_times !== false;
}

/** What a machine is called: that of a lane, or the `other`-th of those that are named and have no log. */
function who(run, lane, other) {
  if (lane < run.lanes && lane >= 0) return run.names[lane];
  return other ? `${run.others[other - 1]} (no log of it is here)` : "a machine that is not told";
}

/** What an event is, in lines. `texts`: {body, state} of it, as far as they are known. */
export function tellEvent(run, axis, event, texts = {}) {
  const kind = KINDS[run.kind[event] & 3];
  const lane = run.lane[event];
  const lines = [`${who(run, lane)}: ${kind}, clock ${run.clock[event].toLocaleString("en")}${hasTimes(run) ? `, ${secondsText(run, run.time[event])}` : ""}`];
  if (axis.name === "real" && axis.x[event] * run.unit > run.time[event] + 0.5) lines.push("its clock goes back here: it is drawn where the lane was");
  const message = run.messageOf[event];
  if (message >= 0) {
    const send = run.send[message];
    const how = (run.state[message] >> 2) & 7;
    lines.push(`from ${who(run, run.lane[send])}, clock ${run.clock[send].toLocaleString("en")}${how ? ` (${MATCHES[how]})` : ""}`);
    if (run.late?.[message]) lines.push(LATE);
    if (run.state[message] & ARRIVAL_KNOWN) lines.push(`waited ${secondsText(run, run.time[event] - run.end[message])}`);
  } else if (run.alone.has(event)) {
    const told = run.alone.get(event);
    const from = `from ${who(run, told.from, told.other)}${told.clock >= 0 ? `, clock ${told.clock.toLocaleString("en")}` : ""}`;
    lines.push(run.kind[event] & FLAG.by_hand ? "given from outside" : `${from}; its send ${run.cause[event] >= 0 ? "does not name this machine" : "is not here"}`);
  }
  if (run.queue[event] >= 0) lines.push(`queue ${run.queue[event]}`);
  const sent = run.sent[event + 1] - run.sent[event];
  if (sent) lines.push(`to ${listed(run, event)}`);
  const flags = ["manual", "caused", "ambiguous"].filter((flag) => run.kind[event] & FLAG[flag]);
  if (flags.length) lines.push(flags.join(", "));
  for (const name of ["body", "state"]) if (texts[name] !== undefined) lines.push(`${name} ${cutShort(spelled(texts[name].slice(0, 401)), 400)}`);
  return lines;
}

function listed(run, event) {
  const found = [];
  for (let m = run.sent[event]; m < run.sent[event + 1] && found.length < 6; m++) {
    const status = run.state[m] & 3;
    found.push(who(run, run.to[m], run.other?.[m]) + (status ? ` (${run.goesOn && status === 3 ? NOT_YET : STATUSES[status]})` : ""));
  }
  const more = run.sent[event + 1] - run.sent[event] - found.length;
  return found.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** What a message is, in lines. */
export function tellMessage(run, message) {
  const send = run.send[message];
  const receipt = run.receipt[message];
  const lines = [`message from ${who(run, run.lane[send])} (clock ${run.clock[send].toLocaleString("en")}) to ${who(run, run.to[message], run.other?.[message])}: ${fateOf(run, message)}`];
  if (hasTimes(run)) lines.push(`sent ${secondsText(run, run.time[send])}`);
  if (run.state[message] & ARRIVAL_KNOWN) lines.push(`arrived ${secondsText(run, run.end[message])}, after ${secondsText(run, run.end[message] - run.time[send])}`);
  if (receipt >= 0) lines.push(`received${hasTimes(run) ? ` ${secondsText(run, run.time[receipt])}` : ""} (clock ${run.clock[receipt].toLocaleString("en")})`);
  else if ((run.state[message] & 3) === 0) lines.push("no receipt of its own is on this page");
  const how = (run.state[message] >> 2) & 7;
  if (how) lines.push(`its receipt is ${MATCHES[how]}`);
  if (run.late?.[message]) lines.push(LATE);
  return lines;
}

/** What past and future of an event are, in sentences. */
export function tellCone(run, cone) {
  const { past, future, possible, concurrent } = countCone(run, cone);
  const counted = (count) => count.toLocaleString("en");
  const vector = run.lanes <= 16 && !run.isPart ? `Vector clock (${vectorClock(run, cone.event).join(", ")}). ` : "";
  const open = possible ? `; of ${counted(possible)} the logs leave it open` : "";
  return `${vector}${run.isPart ? "Of the events that are here: its" : "Its"} past has ${counted(past)} event${past === 1 ? "" : "s"}, its future ${counted(future)}; ${counted(concurrent)} are concurrent with it${open}`;
}

/** What a reader should know of a run, in sentences. */
export function notesOf(run) {
  const notes = run.head.notes.map(spelled);
  if (!run.kind.length) return ["No event was recorded in this run.", ...notes];
  if (!hasTimes(run)) notes.unshift("no times were logged: events are in an order in which nothing is received before it was sent");
  if (run.refused) notes.push(`what can have caused an event is not shown: ${spelled(run.refused)}`);
  return notes;
}
