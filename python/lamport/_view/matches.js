// Which events a question of the search box (search.js) means.

import { FLAG, RECEIVE, SEND } from "./derive.js";
import { MACHINES, NUMBERS } from "./search.js";

const COMPARE = {
  ":": (a, b) => a === b, "=": (a, b) => a === b, "!=": (a, b) => a !== b,
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
};

/** A function that says whether an event is meant. `texts`: {body: Map, state: Map} by event. */
export function matcher(asked, run, texts = {}, violations = new Set()) {
  if (asked.and) {
    const parts = asked.and.map((part) => matcher(part, run, texts, violations));
    return (event) => parts.every((part) => part(event));
  }
  if (asked.or) {
    const parts = asked.or.map((part) => matcher(part, run, texts, violations));
    return (event) => parts.some((part) => part(event));
  }
  if (asked.not) {
    const part = matcher(asked.not, run, texts, violations);
    return (event) => !part(event);
  }
  if (asked.word) return ofWord(asked.word, run, violations);
  if (MACHINES.includes(asked.field)) return ofMachine(asked, run);
  return NUMBERS.includes(asked.field) ? ofNumber(asked, run) : ofText(asked, run, texts);
}

function ofWord(word, run, violations) {
  const kind = ["send", "receive", "internal"].indexOf(word);
  if (kind >= 0) return (event) => (run.kind[event] & 3) === kind;
  if (Object.hasOwn(FLAG, word)) return (event) => (run.kind[event] & FLAG[word]) !== 0;
  if (word === "violation") return (event) => violations.has(event);
  if (word === "inferred") {
    return (event) => {
      const m = run.messageOf[event];
      const how = m < 0 ? 0 : (run.state[m] >> 2) & 7;
      return how === 1 || how === 2;
    };
  }
  if (word === "late") return (event) => run.messageOf[event] >= 0 && run.late?.[run.messageOf[event]] === 1;
  const status = { unread: 1, lost: 2, unknown: 3 }[word];
  return (event) => {
    if ((run.kind[event] & 3) !== SEND) return false;
    for (let m = run.sent[event]; m < run.sent[event + 1]; m++) if ((run.state[m] & 3) === status) return true;
    return false;
  };
}

function ofNumber({ field, sign, value, low, high }, run) {
  const of = {
    clock: (event) => run.clock[event],
    time: (event) => run.time[event] / run.unit,
    queue: (event) => (run.queue[event] < 0 ? NaN : run.queue[event]),
  }[field];
  if (sign === undefined) return (event) => of(event) >= low && of(event) <= high;
  const test = COMPARE[sign];
  // A queue that is not known is not another than one asked for.
  return (event) => !Number.isNaN(of(event)) && test(of(event), value);
}

function ofText({ field, sign, value }, run, texts) {
  const kinds = field === "text" ? ["body", "state"] : [field];
  const maps = kinds.map((kind) => texts[kind] ?? new Map());
  const quoted = JSON.stringify(value);
  const test = {
    "~": (text) => text.includes(value), "!=": (text) => text !== value && text !== quoted,
  }[sign] ?? ((text) => text === value || text === quoted);
  return (event) => maps.some((map, i) => {
    const message = run.messageOf[event];
    const own = kinds[i] === "body" && message >= 0 && !map.has(event) ? run.send[message] : event;
    const text = map.get(own);
    return typeof text === "string" && test(text);
  });
}

/** Which machines a value means: a name, else an id. Of lanes, and of those that have none from place 1 on. */
function meant({ field, sign, value }, run) {
  const folded = value.toLowerCase();
  const names = [...run.names, ...(run.others ?? [])];
  const ids = [...run.head.machines, ...(run.head.others ?? []).map(([id]) => id)];
  let test = (name) => name.toLowerCase().includes(folded);
  if (sign !== "~") {
    test = names.some((name) => name.toLowerCase() === folded) ? (name) => name.toLowerCase() === folded : (_, id) => String(id) === value;
  }
  const found = names.map((name, i) => test(name, ids[i]));
  if (sign !== "~" && !found.includes(true)) throw new SyntaxError(`${field}${sign}${value.slice(0, 40)}: there is no such machine`);
  return [found.slice(0, run.lanes), [false, ...found.slice(run.lanes)]];
}

function ofMachine(asked, run) {
  const [lanes, others] = meant(asked, run);
  const isNot = asked.sign === "!=";
  if (asked.field === "machine") return (event) => lanes[run.lane[event]] !== isNot;
  if (asked.field === "from") {
    return (event) => {
      if ((run.kind[event] & 3) !== RECEIVE) return false;
      const m = run.messageOf[event];
      if (m >= 0) return lanes[run.lane[run.send[m]]] !== isNot;
      const { from, other } = run.alone.get(event);
      if (from < run.lanes) return lanes[from] !== isNot;
      return other ? others[other] !== isNot : false; // nobody is told
    };
  }
  const is = (m) => (run.to[m] < run.lanes ? lanes[run.to[m]] : others[run.other?.[m] ?? 0]);
  const isTold = (m) => run.to[m] < run.lanes || (run.other?.[m] ?? 0) > 0;
  return (event) => {
    if ((run.kind[event] & 3) !== SEND) return false;
    for (let m = run.sent[event]; m < run.sent[event + 1]; m++) {
      if (is(m)) return !isNot;
      if (isNot && !isTold(m)) return false;
    }
    return isNot;
  };
}

/** The events that are meant, in their order: of several conditions each looks at what those before it left. */
export function search(asked, run, texts, violations) {
  const [first, ...rest] = (asked.and ?? [asked]).map((part) => matcher(part, run, texts, violations));
  const found = [];
  for (let event = 0; event < run.kind.length; event++) if (first(event)) found.push(event);
  for (const test of rest) {
    let left = 0;
    for (let i = 0; i < found.length; i++) if (test(found[i])) found[left++] = found[i];
    found.length = left;
  }
  return found;
}
