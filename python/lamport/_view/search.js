// The search box: `send to:3 clock>500 body~"ack"`, read here; matched in matches.js, never by eval.

export const WORDS = ["send", "receive", "internal", "manual", "by_hand", "caused", "ambiguous", "unread", "lost", "late", "unknown", "inferred", "violation"];
export const MACHINES = ["machine", "to", "from"];
export const NUMBERS = ["clock", "queue", "time"];
export const TEXTS = ["body", "state"];
const FIELDS = [...MACHINES, ...NUMBERS, ...TEXTS];
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(!=|<=|>=|[:=<>~()!-])|([^\s":=<>~()!]+))/sy;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const RANGE = /^(.*?)\.\.(.*)$/s;
const DEEPEST = 100;

/** Says what is wrong with a question. */
function wrong(words) {
  return new SyntaxError(words);
}

function short(text) {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** The tokens of a question. */
function tokens(text) {
  const whole = text.trimEnd();
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < whole.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(whole);
    if (!match) throw wrong(whole.slice(at).trim().startsWith('"') ? "a quote is missing: \"…\"" : `cannot read ${short(whole.slice(at).trim())}`);
    if (match[1]) found.push({ quoted: true, text: match[1].slice(1, -1).replace(/\\(.)/gs, "$1") });
    else found.push({ sign: match[2], text: match[2] ?? match[3] });
  }
  return found;
}

/**
 * Reads a question: {and|or: [...]}, {not}, {word}, {field, sign, value}, or {field, low, high} for a range of numbers.
 * Throws SyntaxError with words for people.
 */
export function parse(text) {
  const list = tokens(text);
  let at = 0;
  let depth = 0;
  const sees = (sign) => list[at]?.sign === sign;
  const is = (word) => list[at] && !list[at].quoted && list[at].text.toLowerCase() === word && !compares(list[at + 1]);
  const deeper = (read) => {
    if (++depth > DEEPEST) throw wrong(`more than ${DEEPEST} parentheses and nots in each other`);
    const made = read();
    depth--;
    return made;
  };
  const either = () => {
    const parts = [both()];
    while (is("or")) {
      at++;
      parts.push(both());
    }
    return parts.length > 1 ? { or: parts } : parts[0];
  };
  const both = () => {
    const parts = [];
    while (at < list.length && !sees(")") && !is("or")) {
      if (parts.length && is("and")) at++;
      if (at >= list.length || sees(")") || is("or")) throw wrong("something to look for is missing behind and");
      parts.push(one());
    }
    if (!parts.length) throw wrong("something to look for is missing");
    return parts.length > 1 ? { and: parts } : parts[0];
  };
  const one = () => {
    if (sees("!") || sees("-") || is("not")) {
      at++;
      if (at >= list.length) throw wrong("something to look for is missing");
      return { not: deeper(one) };
    }
    if (sees("(")) {
      at++;
      const inner = deeper(either);
      if (!sees(")")) throw wrong("a ) is missing");
      at++;
      return inner;
    }
    const token = list[at++];
    if (token.sign) throw wrong(`${token.text} stands behind a field, as in clock>500`);
    if (token.quoted) return { field: "text", sign: "~", value: token.text };
    const name = token.text.toLowerCase();
    if (compares(list[at])) return compared(name, list[at++].sign);
    if (!WORDS.includes(name)) throw wrong(`${short(token.text)} is none of ${WORDS.join(", ")}; and fields are ${FIELDS.join(", ")}`);
    return { word: name };
  };
  const compared = (field, sign) => {
    if (!FIELDS.includes(field)) throw wrong(`${short(field)} is none of the fields ${FIELDS.join(", ")}`);
    const negative = sees("-") && !list[at + 1]?.quoted;
    if (negative) at++;
    const value = list[at++];
    if (!value || value.sign) throw wrong(`a value behind ${field}${sign} is missing`);
    const told = (negative ? "-" : "") + value.text;
    if (NUMBERS.includes(field)) return ofNumbers(field, sign, told);
    if (["<", "<=", ">", ">="].includes(sign)) {
      throw wrong(`${field}${sign}: take ${field}${MACHINES.includes(field) ? `:${short(told)}` : `~"${short(told)}"`}`);
    }
    return { field, sign, value: told };
  };
  if (!list.length) throw wrong("nothing is asked for");
  const made = either();
  if (at < list.length) throw wrong(`${list[at].text} is one too many`);
  return made;
}

function compares(token) {
  return token?.sign !== undefined && !"()!-".includes(token.sign);
}

function ofNumbers(field, sign, text) {
  const number = (told) => {
    if (!NUMBER.test(told)) throw wrong(`${field}${sign}${short(text)}: ${short(told) || "nothing"} is no number`);
    return Number(told);
  };
  const ends = RANGE.exec(text);
  if (ends) {
    if (sign !== ":" && sign !== "=") throw wrong(`${field}${sign}${short(text)}: a range stands behind a colon, as in ${field}:1..9`);
    const [low, high] = [ends[1] === "" ? -Infinity : number(ends[1]), ends[2] === "" ? Infinity : number(ends[2])];
    return { field, low, high };
  }
  if (sign === "~") throw wrong(`${field}~: take ${field}=${short(text)}`);
  return { field, sign, value: number(text) };
}

/** Whether a question is about violations. */
export function needsViolations(asked) {
  const parts = asked.and ?? asked.or ?? (asked.not ? [asked.not] : []);
  return asked.word === "violation" || parts.some(needsViolations);
}

/** Which texts a question needs: "body", "state". */
export function textsOf(asked) {
  const parts = asked.and ?? asked.or ?? (asked.not ? [asked.not] : []);
  if (parts.length) return [...new Set(parts.flatMap(textsOf))];
  if (asked.field === "text") return TEXTS;
  return TEXTS.includes(asked.field) ? [asked.field] : [];
}

/** What can be asked, in words. */
export const SEARCH_HELP = [
  ["send receive internal", "events of a kind"],
  ["machine:3 to:anna from:\"x y\"", "of a machine, sent to one, received from one; by id or name, != for not, ~ for a part of the name"],
  ["clock>500 queue>=2 time<1.5", "numbers: = != < <= > >=; clock:100..200, time:..5 are ranges with their ends"],
  ["body~\"ack\" state=\"{}\"", "a part of a text, letter by letter; = and != are for the whole"],
  ["\"ack\"", "in a body or a state"],
  ["unread lost unknown", "sends of which a message stayed in a queue, was undelivered, or of which no log tells more"],
  ["inferred ambiguous late", "receipts whose message was inferred, may be several, was overtaken on its channel"],
  ["manual by_hand caused violation", "other marks of events"],
  ["send to:3 (clock>9 or not manual)", "a space is and; or, not (also - and !), parentheses"],
];
