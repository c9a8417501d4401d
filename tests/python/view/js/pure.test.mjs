// The pure modules of the page, one by one: node --test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

const home = "../../../../python/lamport/_view/";
const { fromBase64, fromPlanes, inflate } = await import(`${home}codec.js`);
const { causalOrder, future, past } = await import(`${home}cones.js`);
const { above, areMore, atLeast, eachInWindow, indexMessages } = await import(`${home}index.js`);
const { crossings, gapCounts, laneDensity, strength } = await import(`${home}detail.js`);
const { carriedOver, groupFolded, groupHidden, groupedBy, layoutLanes, moved, movedTo, plainArrangement, prefixOf, rateClasses, sortedBy, toggled } = await import(`${home}layout.js`);
const { labelsOf } = await import(`${home}marks.js`);
const { parse, textsOf } = await import(`${home}search.js`);
const { actionOf } = await import(`${home}keys.js`);
const { placesOf, sortedBy16 } = await import(`${home}order.js`);
const { axisOf, tickText, ticks } = await import(`${home}axis.js`);
const { cutShort } = await import(`${home}spelled.js`);
const { svgContext } = await import(`${home}svg.js`);

/** A source of numbers that are the same each time. */
function draws(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

/** A run of some lanes whose messages take any time, back in time too, drawn anew for each seed. */
function drawn(seed, lanes, each) {
  const next = draws(seed);
  const first = Int32Array.from({ length: lanes + 1 }, (_, l) => l * each);
  const n = lanes * each;
  const lane = Int32Array.from({ length: n }, (_, e) => Math.floor(e / each));
  const time = new Float64Array(n);
  for (let l = 0; l < lanes; l++) for (let e = l * each; e < (l + 1) * each; e++) time[e] = (e % each ? time[e - 1] : 0) + Math.floor(next() * 50);
  const send = [];
  const to = [];
  const end = [];
  for (let e = 0; e < n; e++) {
    if (next() < 0.5) continue;
    send.push(e);
    to.push(Math.floor(next() * lanes));
    end.push(time[e] + Math.floor((next() - 0.2) * 400));
  }
  return {
    first, lane, lanes, unit: 1, time, kind: new Uint8Array(n), clock: Float64Array.from(time), send: Int32Array.from(send),
    to: Int32Array.from(to), end: Float64Array.from(end), state: new Uint8Array(send.length).fill(64), receipt: new Int32Array(send.length).fill(-1),
  };
}

test("base64 with and without the browser's own function", () => {
  const bytes = Uint8Array.from({ length: 257 }, (_, i) => i % 256);
  const text = Buffer.from(bytes).toString("base64");
  const own = Uint8Array.fromBase64;
  assert.deepEqual(fromBase64(text), bytes);
  Uint8Array.fromBase64 = () => "asked";
  assert.equal(fromBase64(text), "asked");
  if (own) Uint8Array.fromBase64 = own;
  else delete Uint8Array.fromBase64;
});

test("planes hold signs and numbers up to 2^53", () => {
  const values = [0, -1, 1, 2 ** 53 - 1, -(2 ** 53) + 1, 255, 256];
  const bytes = new Uint8Array(values.length * 7);
  values.forEach((value, i) => {
    let folded = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
    for (let plane = 0; plane < 7; plane++) {
      bytes[plane * values.length + i] = Number(folded & 255n);
      folded >>= 8n;
    }
  });
  assert.deepEqual(Array.from(fromPlanes(bytes, values.length, 7, false)), values);
  assert.deepEqual(Array.from(fromPlanes(Uint8Array.of(14, 0, 1), 3, 1, true)), [7, 7, 6]);
  assert.deepEqual(Array.from(fromPlanes(null, 3, 0, true)), [0, 0, 0]);
});

test("planes of every width hold their numbers, and differences of them", () => {
  const next = draws(5);
  for (let width = 1; width < 7; width++) {
    const values = Array.from({ length: 50 }, () => Math.floor((next() - 0.5) * 2 ** (8 * width)));
    const bytes = new Uint8Array(values.length * width);
    values.forEach((value, i) => {
      for (let plane = 0, rest = value < 0 ? -2 * value - 1 : 2 * value; plane < width; plane++, rest = Math.floor(rest / 256)) bytes[plane * values.length + i] = rest % 256;
    });
    assert.deepEqual(Array.from(fromPlanes(bytes, values.length, width, false)), values);
    let sum = 0;
    assert.deepEqual(Array.from(fromPlanes(bytes, values.length, width, true)), values.map((value) => (sum += value)));
  }
});

test("numbers are sorted digit by digit, equal ones as they were", () => {
  const next = draws(6);
  for (const span of [1, 70000, 2 ** 33, 2 ** 52]) {
    const values = Float64Array.from({ length: 400 }, (_, i) => (i % 3 ? Math.floor(next() * span) : 7) - 20);
    const order = Array.from(sortedBy16(placesOf(400), values, -20, span));
    assert.deepEqual(order, Array.from({ length: 400 }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b));
  }
});

test("what is broken in a part is an error, and what is long comes whole", async () => {
  const bytes = Uint8Array.from({ length: 300000 }, (_, i) => (i * i) % 251);
  assert.deepEqual(await inflate(deflateSync(bytes)), bytes);
  await assert.rejects(inflate(Uint8Array.of(1, 2, 3)));
});

test("bisection is what a walk finds", () => {
  const next = draws(1);
  for (let round = 0; round < 200; round++) {
    const sorted = Array.from({ length: Math.floor(next() * 9) }, () => Math.floor(next() * 6)).sort((a, b) => a - b);
    const value = Math.floor(next() * 7);
    assert.equal(atLeast(sorted, value, 0, sorted.length), sorted.filter((each) => each < value).length);
    assert.equal(above(sorted, value, 0, sorted.length), sorted.filter((each) => each <= value).length);
  }
});

test("messages in a window are those whose interval meets it", () => {
  for (let seed = 1; seed <= 42; seed++) {
    const run = drawn(seed, 4, seed > 40 ? 4000 : 30); // some have blocks of blocks of blocks
    const axis = axisOf(run, "real");
    const index = indexMessages(run, axis);
    const next = draws(seed + 1000);
    for (let round = 0; round < 20; round++) {
      const low = next() * 900 - 50;
      const high = low + next() * 200;
      const found = [];
      eachInWindow(index, low, high, (a) => a !== 1, (message) => (found.push(message), false));
      const wanted = [];
      run.send.forEach((event, m) => {
        const ends = [run.time[event], run.end[m]];
        if (run.lane[event] !== 1 && Math.max(...ends) >= low && Math.min(...ends) <= high) wanted.push(m);
      });
      assert.deepEqual(found, wanted);
      for (const most of [0, Math.max(0, wanted.length - 1), wanted.length]) assert.equal(areMore(index, low, high, (a) => a !== 1, most), wanted.length > most);
    }
  }
});

test("crossings are counted as one by one, at both ends and between", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const run = drawn(seed, 5, 20);
    const axis = axisOf(run, "real");
    const index = indexMessages(run, axis);
    const layout = layoutLanes(toggled(plainArrangement(5), 2), 100);
    const [low, high, columns] = [100, 400, 30];
    const { counts, gaps, most } = gapCounts(index, layout, low, high, columns);
    const plain = new Int32Array(columns * gaps);
    run.send.forEach((event, m) => {
      const rows = [layout.rowOf[run.lane[event]], layout.rowOf[run.to[m]]].sort((a, b) => a - b);
      const ends = [run.time[event], run.end[m]].sort((a, b) => a - b);
      if (rows[0] < 0 || ends[1] < low || ends[0] > high) return;
      const column = (x) => Math.max(0, Math.min(columns - 1, Math.floor(((x - low) * columns) / (high - low))));
      for (let c = column(ends[0]); c <= column(ends[1]); c++) for (let g = rows[0]; g < rows[1]; g++) plain[g * columns + c]++;
    });
    assert.deepEqual(Array.from(counts), Array.from(plain));
    assert.equal(most, Math.max(...plain));
  }
});

test("crossings of many messages are those of whole cells of a grid, wherever the lanes are", () => {
  const run = drawn(1, 5, 30000);
  const index = indexMessages(run, axisOf(run, "real"));
  assert.ok(index.count > 30000);
  const wide = (index.high - index.low) / 32768;
  let arranged = plainArrangement(5);
  for (const [low, high, asked] of [[index.low, index.high, 70], [index.low - 900, index.high + 400, 50], [3000, 90000, 100], [3000, 3001, 10]]) {
    const layout = layoutLanes(arranged, 100);
    const { counts, gaps, most, from, step, columns } = crossings(index, layout, low, high, asked);
    assert.ok(from <= low && from + columns * step >= high - 1e-6 && step > (high - low) / asked / 2 && step <= (high - low) / asked);
    const whole = step >= wide;
    const cell = (x) => Math.floor((x - index.low) / wide);
    const place = (x) => (whole ? (cell(x) - Math.round((from - index.low) / wide)) / Math.round(step / wide) : (x - from) / step);
    const plain = new Int32Array(gaps * columns);
    run.send.forEach((event, m) => {
      const [top, bottom] = [layout.rowOf[run.lane[event]], layout.rowOf[run.to[m]]].sort((a, b) => a - b);
      const [begin, end] = [run.time[event], run.end[m]].sort((a, b) => a - b).map((x) => Math.floor(place(x)));
      if (top < 0) return;
      for (let c = Math.max(0, begin); c <= Math.min(columns - 1, end); c++) {
        for (let g = top; g < bottom; g++) plain[g * columns + c]++;
      }
    });
    assert.deepEqual(counts, plain);
    assert.equal(most, plain.reduce((a, b) => Math.max(a, b)));
    assert.ok(most > 0);
    arranged = toggled(arranged, 2);
  }
});

test("density counts every event once, in its column", () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => Math.sqrt(i));
  const counts = laneDensity(x, 100, 900, x[100], x[899], 50);
  const plain = new Int32Array(50);
  for (let e = 100; e < 900; e++) plain[Math.min(49, Math.floor(((x[e] - x[100]) / (x[899] - x[100])) * 50))]++;
  assert.deepEqual(counts, plain);
  assert.equal(strength(0, 5), 0);
  assert.ok(strength(1, 1e6) > 0.15 && strength(5, 5) === 1);
});

test("lanes: folded to pixels, hidden, moved, sorted", () => {
  const plain = plainArrangement(1000);
  const folded = layoutLanes(plain, 100);
  assert.equal(folded.rows, 100);
  assert.equal(folded.lanesOf.flat().length, 1000);
  assert.equal(folded.rowOf[999], 99);
  const hidden = toggled(plainArrangement(3), 1);
  assert.deepEqual(layoutLanes(hidden, 90).lanes, [0, 2]);
  assert.equal(layoutLanes(hidden, 90).rowOf[1], -1);
  assert.deepEqual([...toggled(hidden, 1).hidden], []);
  assert.deepEqual(moved(plainArrangement(4), 2, -1).order, [0, 2, 1, 3]);
  assert.deepEqual(moved(plainArrangement(3), 0, 9).order, [1, 2, 0]);
  assert.deepEqual(sortedBy(plainArrangement(3), (lane) => [2, null, 1][lane]).order, [2, 0, 1]);
  assert.equal(layoutLanes({ order: [0], hidden: new Set([0]) }, 90).rows, 0);
});

test("causes come first, and a circle is told", () => {
  const first = Int32Array.of(0, 2, 4);
  const lane = Int32Array.of(0, 0, 1, 1);
  const of = (pairs) => [0, 1, 2, 3].map((event) => pairs[event] ?? -1);
  const seen = [];
  const order = causalOrder(first, lane, of({ 0: 2, 3: 1 }), null, (event) => seen.push(event));
  assert.deepEqual([Array.from(order.receipts), order.complete, seen], [[0, 3], true, [2, 0, 1, 3]]);
  const circle = causalOrder(first, lane, of({ 0: 3, 2: 1 }), null, null);
  assert.equal(circle.complete, false);
  const run = { first, lane, order: order.receipts, cause: [2, -1, -1, 1] };
  assert.deepEqual(Array.from(past(run, 3)), [2, 4]);
  assert.deepEqual(Array.from(future(run, 2)), [0, 2]);
});

test("questions are read, or refused with words", () => {
  assert.deepEqual(parse('send to:3 clock>500 body~"ack"'), {
    and: [{ word: "send" }, { field: "to", sign: ":", value: "3" }, { field: "clock", sign: ">", value: 500 }, { field: "body", sign: "~", value: "ack" }],
  });
  assert.deepEqual(parse("send or not (receive queue>=2)"), { or: [{ word: "send" }, { not: { and: [{ word: "receive" }, { field: "queue", sign: ">=", value: 2 }] } }] });
  assert.deepEqual(parse('"a\\"b"'), { field: "text", sign: "~", value: 'a"b' });
  assert.deepEqual(parse("time>-1.5"), { field: "time", sign: ">", value: -1.5 });
  assert.deepEqual(parse("clock:-3..5"), { field: "clock", low: -3, high: 5 });
  assert.deepEqual(parse("send or receive or internal"), { or: [{ word: "send" }, { word: "receive" }, { word: "internal" }] });
  assert.deepEqual(parse("clock:..5"), { field: "clock", low: -Infinity, high: 5 });
  assert.deepEqual(parse("Send AND Clock>1e3"), { and: [{ word: "send" }, { field: "clock", sign: ">", value: 1000 }] });
  assert.deepEqual(parse("-send !(receive)"), { and: [{ not: { word: "send" } }, { not: { word: "receive" } }] });
  assert.deepEqual(parse('body~"x\ny"'), { field: "body", sign: "~", value: "x\ny" });
  assert.equal(parse(`${"send ".repeat(1e5)}`).and.length, 1e5);
  assert.deepEqual(textsOf(parse('send (body~x or state~y)')).sort(), ["body", "state"]);
  for (const [text, words] of [
    ["clock>", /value behind clock> is missing/], ["colour:3", /none of the fields/], ["sends", /none of send/], ["(send", /\) is missing/],
    ["clock>many", /is no number/], ["to>3", /take to:3/], ["send )", /one too many/], ["or", /missing/], ['"open', /a quote is missing/], ["body>3", /take body~/],
    ["constructor", /none of/], ["__proto__:1", /none of the fields/], ['clock>""', /nothing is no number/], ["clock:1,000", /is no number/],
    ["clock>NaN", /is no number/], ["clock>1..2", /range stands behind a colon/], ["clock:a..2", /a is no number/], ["send and", /missing behind and/],
    ["(".repeat(1e5), /in each other/], ["not ".repeat(1e5) + "send", /in each other/], ["x".repeat(1e6), /^x{39}… is none of/], ["!", /missing/], ["()", /missing/],
    ["~", /behind a field/], ["to:", /value behind to: is missing/], ["clock~5", /take clock=5/],
  ]) assert.throws(() => parse(text), (error) => error instanceof SyntaxError && words.test(error.message), text);
});

test("keys do what the page says, and none that is not there", () => {
  assert.equal(actionOf({ key: "n" }), "next violation");
  assert.equal(actionOf({ key: "n", ctrlKey: true }), null);
  assert.equal(actionOf({ key: "toString" }), null);
});

test("an axis never goes back, and says how often it was set right", () => {
  const run = { first: Int32Array.of(0, 4), lanes: 1, unit: 10, time: Float64Array.of(0, 30, 20, 40), clock: Float64Array.of(1, 2, 3, 4), kind: new Uint8Array(4), send: [1], receipt: [3], state: [0], end: [35] };
  const real = axisOf(run, "real");
  assert.deepEqual([Array.from(real.x), real.backwards, Number.isNaN(real.till[0])], [[0, 3, 3, 4], 1, true]);
  assert.equal(axisOf(run, "lamport").till[0], 4);
  assert.deepEqual(Array.from(axisOf(run, "step").x), [0, 1, 2, 3]);
  const clocks = { ...run, first: Int32Array.of(0, 2, 4), clock: Float64Array.of(1, 3, 1, 70000), receipt: [-1] };
  assert.deepEqual(Array.from(axisOf(clocks, "step").x), [0, 2, 1, 3]);
});

test("marks of an axis are round", () => {
  assert.deepEqual(ticks(0.1, 9.7, 5, false), [2, 4, 6, 8]);
  assert.deepEqual(ticks(0, 3, 10, true), [0, 1, 2, 3]);
  assert.deepEqual(ticks(1, 1, 5, false), []);
  assert.equal(tickText(0.25, 0.05), "0.25");
});

test("SVG has texts of others as texts", () => {
  const context = svgContext(10, 10);
  context.fillText('<script>alert("&")', 1, 1);
  assert.ok(!context.text().includes("<script>"));
  assert.ok(context.text().includes("&#60;script&#62;"));
});

test("an arrangement goes on when machines come", () => {
  const hidden = toggled(plainArrangement(2), 1);
  const grown = carriedOver(hidden, [3, 7], { head: { machines: [1, 3, 7] } });
  assert.deepEqual([grown.order, [...grown.hidden]], [[0, 1, 2], [2]]);
  assert.equal(carriedOver(hidden, [3, 7], { head: { machines: [3, 7] } }), hidden);
  const turned = carriedOver(moved(plainArrangement(2), 1, -1), [3, 7], { head: { machines: [1, 3, 7, 9] } });
  assert.deepEqual(turned.order, [2, 1, 0, 3]);
});

test("lanes are grouped by rate and by name, groups are folded and hidden", () => {
  const names = ["db-1", "api", "db-2", "cache 7", "db"];
  assert.deepEqual(names.map(prefixOf), ["db", "api", "db", "cache", "db"]);
  assert.equal(prefixOf("42"), "42");
  const grouped = groupedBy(plainArrangement(5), "name", names, []);
  assert.deepEqual(grouped.order, [0, 2, 4, 1, 3]);
  assert.deepEqual(layoutLanes(grouped, 100).spans.map(({ group, top, bottom }) => [group, top, bottom]), [["db", 0, 2], ["api", 3, 3], ["cache", 4, 4]]);
  const folded = layoutLanes(groupFolded(grouped, "db", true), 90);
  assert.deepEqual([folded.rows, folded.lanesOf[0], folded.rowOf[4], folded.rowOf[3]], [3, [0, 2, 4], 0, 2]);
  assert.deepEqual(layoutLanes(groupHidden(grouped, "db", true), 90).lanes, [1, 3]);
  assert.deepEqual([...groupHidden(groupHidden(grouped, "db", true), "db", false).hidden], []);
  const by = groupedBy(plainArrangement(4), "rate", names, [5, null, 1, 5]);
  assert.deepEqual([by.order, by.groups], [[2, 0, 3, 1], ["5/s", "rate not known", "1/s", "5/s"]]);
  assert.equal(groupedBy(by, "", names, []).groups, null);
});

test("many rates are in five classes of neighbours", () => {
  const rates = Array.from({ length: 70 }, (_, i) => 20 + i);
  const { classes, words } = rateClasses([...rates, null]);
  assert.deepEqual([words.length, words[0], words[4], classes[0], classes[69], classes[70]], [5, "20 to 33/s", "76 to 89/s", 0, 4, -1]);
  assert.ok(classes.slice(1, 70).every((each, i) => each >= classes[i]));
  assert.deepEqual(rateClasses([null]).words, []);
});

test("a lane goes to the place of another, and past those that are hidden", () => {
  assert.deepEqual(movedTo(plainArrangement(4), 3, 1).order, [0, 3, 1, 2]);
  assert.deepEqual(movedTo(plainArrangement(4), 0, 2).order, [1, 2, 0, 3]);
  assert.deepEqual(moved(toggled(plainArrangement(4), 1), 0, 1).order, [1, 2, 0, 3]);
});

test("labels: the first wins, and says how many follow", () => {
  assert.deepEqual(labelsOf([0, 0, 0, 100], ["1", "2", "3", "4"], 6), [{ place: 0, text: "1", more: 2 }, { place: 3, text: "4", more: 0 }]);
  assert.deepEqual(labelsOf([0, 12, 40], ["1", "2", "3"], 6).map(({ text, more }) => [text, more]), [["1", 0], ["2", 0], ["3", 0]]);
  assert.deepEqual(labelsOf([], [], 6), []);
});

test("no sign of two units is cut in halves: an SVG with one of them could not be saved", () => {
  const name = "ab\u{1f600}\u{1f600}cd";
  const cut = [3, 4, 5, 6, 7, 8].map((most) => cutShort(name, most));
  assert.deepEqual(cut, ["ab…", "ab…", "ab\u{1f600}…", "ab\u{1f600}…", "ab\u{1f600}\u{1f600}…", name]);
  for (const each of cut) encodeURIComponent(each);
});
