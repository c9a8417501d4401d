// The search box: `send to:3 clock>500 body~"ack"`, read and carried out here, never by eval.

import { FLAG, RECEIVE, SEND } from "./derive.js";

const WORDS = ["send", "receive", "internal", "manual", "by_hand", "caused", "ambiguous", "unread", "lost", "inferred", "violation"];
const FIELDS = ["machine", "to", "from", "clock", "queue", "time", "body", "state"];
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(!=|<=|>=|[:=<>~()!-])|([^\s":=<>~()!]+))/y;

/** The tokens of a question. */
function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim()) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError(`cannot read ${JSON.stringify(text.slice(at).trim())}`);
    if (match[1]) found.push({ quoted: true, text: match[1].slice(1, -1).replace(/\\(.)/g, "$1") });
    else found.push({ sign: match[2], text: match[2] ?? match[3] });
  }
  return found;
}

/** Reads a question: {and|or: [...]}, {not}, {word} or {field, sign, value}. Throws SyntaxError with words for people. */
export function parse(text) {
  const list = tokens(text);
  let at = 0;
  const sees = (sign) => list[at]?.sign === sign;
  const either = () => {
    const parts = [both()];
    while (list[at] && !list[at].quoted && list[at].text === "or") {
      at++;
      parts.push(both());
    }
    return parts.length > 1 ? { or: parts } : parts[0];
  };
  const both = () => {
    const parts = [];
    while (at < list.length && !sees(")") && (list[at].quoted || list[at].text !== "or")) parts.push(one());
    if (!parts.length) throw new SyntaxError("something to look for is missing");
    return parts.length > 1 ? { and: parts } : parts[0];
  };
  const one = () => {
    if (sees("!") || sees("-") || (!list[at].quoted && list[at].text === "not")) {
      at++;
      if (at >= list.length) throw new SyntaxError("something to look for is missing");
      return { not: one() };
    }
    if (sees("(")) {
      at++;
      const inner = either();
      if (!sees(")")) throw new SyntaxError("a ) is missing");
      at++;
      return inner;
    }
    const token = list[at++];
    if (token.sign) throw new SyntaxError(`${token.text} stands behind a field, as in clock>500`);
    if (token.quoted) return { field: "text", sign: "~", value: token.text };
    const sign = list[at]?.sign;
    if (sign && !"()!-".includes(sign)) return compared(token.text, sign);
    if (!WORDS.includes(token.text.toLowerCase())) {
      throw new SyntaxError(`${token.text} is none of ${WORDS.join(", ")}; and fields are ${FIELDS.join(", ")}`);
    }
    return { word: token.text.toLowerCase() };
  };
  const compared = (field, sign) => {
    at++;
    let negative = false;
    if (sees("-")) {
      negative = true;
      at++;
    }
    const value = list[at++];
    if (!value || value.sign) throw new SyntaxError(`a value behind ${field}${sign} is missing`);
    if (!FIELDS.includes(field)) throw new SyntaxError(`${field} is none of the fields ${FIELDS.join(", ")}`);
    const text = (negative ? "-" : "") + value.text;
    const texts = ["body", "state"].includes(field);
    const who = ["machine", "to", "from"].includes(field);
    if (!texts && !who && Number.isNaN(Number(text))) throw new SyntaxError(`${field}${sign}${text}: ${text} is no number`);
    if (who && !":=~".includes(sign) && sign !== "!=") throw new SyntaxError(`${field}${sign}: take ${field}:${text}`);
    if (!texts && !who && sign === "~") throw new SyntaxError(`${field}~: take ${field}=${text}`);
    if (texts && "<>".includes(sign[0])) throw new SyntaxError(`${field}${sign}: take ${field}~"${text}"`);
    return { field, sign, value: text };
  };
  if (!list.length) throw new SyntaxError("nothing is asked for");
  const made = either();
  if (at < list.length) throw new SyntaxError(`${list[at].text} is one too many`);
  return made;
}

/** Which texts a question needs: "body", "state". */
export function textsOf(asked) {
  const parts = asked.and ?? asked.or ?? (asked.not ? [asked.not] : []);
  if (parts.length) return [...new Set(parts.flatMap(textsOf))];
  if (asked.field === "text") return ["body", "state"];
  return ["body", "state"].includes(asked.field) ? [asked.field] : [];
}

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
  return asked.word ? ofWord(asked.word, run, violations) : ofField(asked, run, texts);
}

function ofWord(word, run, violations) {
  const kind = ["send", "receive", "internal"].indexOf(word);
  if (kind >= 0) return (event) => (run.kind[event] & 3) === kind;
  if (word in FLAG) return (event) => (run.kind[event] & FLAG[word]) !== 0;
  if (word === "violation") return (event) => violations.has(event);
  const some = (test) => (event) => {
    if ((run.kind[event] & 3) !== SEND) return false;
    for (let m = run.sent[event]; m < run.sent[event + 1]; m++) {
      if (test(run.state[m])) return true;
    }
    return false;
  };
  if (word === "unread") return some((state) => (state & 3) === 1);
  if (word === "lost") return some((state) => (state & 3) >= 2);
  return (event) => {
    const m = run.messageOf[event];
    const how = m < 0 ? 0 : (run.state[m] >> 2) & 7;
    return how === 1 || how === 2;
  };
}

function ofField({ field, sign, value }, run, texts) {
  if (field === "clock") return number((event) => run.clock[event], sign, value);
  if (field === "time") return number((event) => run.time[event] / run.unit, sign, value);
  if (field === "queue") {
    const test = COMPARE[sign];
    const wanted = Number(value);
    return (event) => run.queue[event] >= 0 && test(run.queue[event], wanted);
  }
  if (["machine", "to", "from"].includes(field)) return ofMachine(field, sign, value, run);
  const kinds = field === "text" ? ["body", "state"] : [field];
  const maps = kinds.map((kind) => texts[kind] ?? new Map());
  const has = { "~": (text) => text.includes(value), "!=": (text) => text !== value };
  const test = has[sign] ?? ((text) => text === value || text === JSON.stringify(value));
  return (event) => maps.some((map, i) => {
    const message = run.messageOf[event];
    const own = kinds[i] === "body" && message >= 0 ? run.send[message] : event;
    const text = map.get(own);
    return text !== undefined && test(text);
  });
}

function number(of, sign, value) {
  const wanted = Number(value);
  const test = COMPARE[sign];
  return (event) => test(of(event), wanted);
}

function ofMachine(field, sign, value, run) {
  const meant = new Uint8Array(run.lanes + 1);
  const folded = value.toLowerCase();
  run.head.machines.forEach((machine, lane) => {
    const name = (run.head.names[lane] ?? "").toLowerCase();
    const is = sign === "~" ? run.names[lane].toLowerCase().includes(folded) : String(machine) === value || (name && name === folded);
    meant[lane] = (sign === "!=" ? !is : is) ? 1 : 0;
  });
  if (field === "machine") return (event) => meant[run.lane[event]] === 1;
  if (field === "from") {
    return (event) => {
      if ((run.kind[event] & 3) !== RECEIVE) return false;
      const m = run.messageOf[event];
      return meant[m >= 0 ? run.lane[run.send[m]] : run.alone.get(event)?.from ?? run.lanes] === 1;
    };
  }
  return (event) => {
    if ((run.kind[event] & 3) !== SEND) return false;
    for (let m = run.sent[event]; m < run.sent[event + 1]; m++) {
      if (meant[run.to[m]]) return true;
    }
    return false;
  };
}

/** The events that are meant, in their order. */
export function search(asked, run, texts, violations) {
  const test = matcher(asked, run, texts, violations);
  const found = [];
  for (let event = 0; event < run.kind.length; event++) if (test(event)) found.push(event);
  return found;
}
