// What is said of events, messages and lanes, in words.

import { countCone, vectorClock } from "./cones.js";
import { ARRIVAL_KNOWN, FLAG, KINDS, MATCHES, STATUSES } from "./derive.js";

/** A time as people read it: seconds with the digits that the log has. */
export function secondsText(run, time) {
  return `${(time / run.unit).toFixed(run.unit === 1e9 ? 9 : 6)} s`;
}

function who(run, lane) {
  return lane < run.lanes && lane >= 0 ? run.names[lane] : "a machine without a log";
}

/** What an event is, in lines. `texts`: {body, state} of it, as far as they are known. */
export function tellEvent(run, axis, event, texts = {}) {
  const kind = KINDS[run.kind[event] & 3];
  const lane = run.lane[event];
  const lines = [`${who(run, lane)}: ${kind}, clock ${run.clock[event].toLocaleString("en")}, ${secondsText(run, run.time[event])}`];
  if (axis.name === "real" && axis.x[event] * run.unit > run.time[event] + 0.5) lines.push("its clock goes back here: it is drawn where the lane was");
  const message = run.messageOf[event];
  if (message >= 0) {
    const send = run.send[message];
    const how = (run.state[message] >> 2) & 7;
    lines.push(`from ${who(run, run.lane[send])}, clock ${run.clock[send].toLocaleString("en")}${how ? ` (${MATCHES[how]})` : ""}`);
    if (run.state[message] & ARRIVAL_KNOWN) lines.push(`waited ${secondsText(run, run.time[event] - run.end[message])}`);
  } else if (run.alone.has(event)) {
    const told = run.alone.get(event);
    lines.push(run.kind[event] & FLAG.by_hand ? "given from outside" : `from ${who(run, told.from)}${told.clock >= 0 ? `, clock ${told.clock}` : ""}; its send is not known`);
  }
  if (run.queue[event] >= 0) lines.push(`queue ${run.queue[event]}`);
  const sent = run.sent[event + 1] - run.sent[event];
  if (sent) lines.push(`to ${listed(run, event)}`);
  const flags = ["manual", "caused", "ambiguous"].filter((flag) => run.kind[event] & FLAG[flag]);
  if (flags.length) lines.push(flags.join(", "));
  for (const name of ["body", "state"]) if (texts[name] !== undefined) lines.push(`${name} ${short(texts[name])}`);
  return lines;
}

function listed(run, event) {
  const found = [];
  for (let m = run.sent[event]; m < run.sent[event + 1] && found.length < 6; m++) {
    const status = run.state[m] & 3;
    found.push(who(run, run.to[m]) + (status ? ` (${STATUSES[status]})` : ""));
  }
  const more = run.sent[event + 1] - run.sent[event] - found.length;
  return found.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function short(text) {
  return text.length > 400 ? `${text.slice(0, 399)}…` : text;
}

/** What a message is, in lines. */
export function tellMessage(run, message) {
  const send = run.send[message];
  const receipt = run.receipt[message];
  const lines = [`message from ${who(run, run.lane[send])} (clock ${run.clock[send]}) to ${who(run, run.to[message])}: ${STATUSES[run.state[message] & 3]}`];
  lines.push(`sent ${secondsText(run, run.time[send])}`);
  if (run.state[message] & ARRIVAL_KNOWN) lines.push(`arrived ${secondsText(run, run.end[message])}, after ${secondsText(run, run.end[message] - run.time[send])}`);
  if (receipt >= 0) lines.push(`received ${secondsText(run, run.time[receipt])} (clock ${run.clock[receipt]})`);
  const how = (run.state[message] >> 2) & 7;
  if (how) lines.push(`its receipt is ${MATCHES[how]}`);
  return lines;
}

/** What past and future of an event are, in sentences. */
export function tellCone(run, cone) {
  const { past, future, possible, concurrent } = countCone(run, cone);
  const counted = (count) => count.toLocaleString("en");
  const vector = run.lanes <= 16 ? `Vector clock (${vectorClock(run, cone.event).join(", ")}). ` : "";
  const open = possible ? `; of ${counted(possible)} the logs leave it open` : "";
  return `${vector}Its past has ${counted(past)} events, its future ${counted(future)}; ${counted(concurrent)} are concurrent with it${open}`;
}
