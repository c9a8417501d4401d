// What is known of a run that goes on: node --test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, growing, machinesOf, median, newsOf, runOf, seriesOf, take } from "../../../../python/lamport/_view/grow.js";
import { axisOf } from "../../../../python/lamport/_view/axis.js";

const begin = (machines, more = {}) => JSON.stringify({ type: "begin", version: 1, title: "t", machines, names: [], rates: machines.map(() => 5), algorithm: null, faults: [], limit: 5000, ...more });

/** An update of rows [machine, kind, time, clock, from, sent_clock, arrived, to]. */
function update(now, rows = [], more = {}) {
  const column = (i, other) => rows.map((row) => row[i] ?? other);
  const last = { machine: [], clock: [], queue: [], events: [] };
  return JSON.stringify({
    type: "more", now, every: 1, machine: column(0), kind: column(1), time: column(2), clock: column(3), queue: rows.map(() => -1), from: column(4, 0),
    sent_clock: column(5, 0), arrived: column(6, null), to: column(7, 0), last, struck: [], warnings: [], ...more,
  });
}

test("a message is under way until its receipt comes, from whomever it is told first", () => {
  const grown = growing();
  take(grown, begin([1, 2]));
  take(grown, update(1, [[2, 1, 0.9, 8, 1, 5, 0.8]]));
  assert.deepEqual([...runOf(grown).alone], [[0, { from: 0, clock: 5 }]]);
  take(grown, update(2, [[1, 0, 0.7, 5, 0, 0, null, [2]], [1, 0, 1.7, 6, 0, 0, null, [2]]]));
  const run = runOf(grown);
  assert.deepEqual([Array.from(run.receipt), Array.from(run.cause), run.alone.size], [[2, -1], [-1, -1, 0], 0]);
  const { till } = axisOf(run, "real");
  assert.deepEqual([till[0], Number.isNaN(till[1])], [0.8, true]);
  assert.deepEqual(Array.from(run.order), [2]);
});

test("a machine that appears later has a lane of its own, events told before stay where they were", () => {
  const grown = growing();
  take(grown, begin([2, 5], { names: ["b", "e"] }));
  take(grown, update(1, [[2, 2, 0.5, 1], [5, 0, 0.6, 1, 0, 0, null, [2, 3]]]));
  assert.deepEqual(Array.from(runOf(grown).to), [0, 2]);
  take(grown, begin([2, 3, 5], { names: ["b", "c", "e"] }));
  take(grown, update(2, [[3, 1, 1.5, 4, 5, 1, 1.1]]));
  const run = runOf(grown);
  assert.deepEqual([run.names, Array.from(run.lane), Array.from(run.receipt)], [["b", "c", "e"], [0, 1, 2], [-1, 1]]);
  assert.deepEqual(seriesOf(grown).slots, [0, 2, 1]);
  take(grown, update(3, [[1, 2, 2.5, 1]]));
  assert.deepEqual([grown.machines, runOf(grown).lanes, grown.names.length, grown.rates.length], [[1, 2, 3, 5], 4, 4, 4]);
});

test("texts that come twice are taken once", () => {
  const grown = growing();
  const texts = [begin([1]), update(1, [[1, 2, 0.5, 1]])];
  for (const round of [0, 1]) texts.forEach((text, number) => assert.equal(take(grown, text, number), round ? "" : ["begin", "more"][number]));
  assert.equal(runOf(grown).kind.length, 1);
});

test("what is told again from its beginning stands there once", () => {
  const grown = growing();
  for (const again of [false, true]) {
    take(grown, begin([1], { again }));
    take(grown, update(1, [[1, 2, 0.5, 1], [1, 2, 0.7, 2]], { warnings: ["w"] }));
  }
  assert.deepEqual([runOf(grown).kind.length, grown.warnings.length, seriesOf(grown).rows.length], [2, 1, 2]);
});

test("hours are kept in as much as minutes", () => {
  const grown = growing(500);
  take(grown, begin([1, 2]));
  let most = 0;
  for (let i = 1; i <= 20000; i++) {
    const last = { machine: [1, 2], clock: [i, 3 * i], queue: [0, i % 7], events: [i, i] };
    take(grown, update(i, [[1, 2, i - 0.5, i], [2, 0, i - 0.4, 3 * i, 0, 0, null, [1]]], { last, struck: [{ kind: "recovery", at: i, machine: 1, told: "" }], warnings: ["w"] }));
    most = Math.max(most, grown.weight);
  }
  const { rows } = seriesOf(grown);
  assert.ok(most <= 1.2 * 500 + 3);
  assert.ok(rows.length > 600 && rows.length <= 1201);
  assert.deepEqual([rows[0].time, rows[rows.length - 1].time], [1, 20000]);
  assert.deepEqual(Array.from(rows[rows.length - 1].drift), [-20000, 20000]);
  assert.deepEqual([grown.struck.length, grown.warnings.length], [1000, 100]);
  const steps = rows.slice(1, -1).map((row, i) => row.time - rows[i].time);
  assert.ok(Math.max(...steps) <= 4 * Math.min(...steps));
});

test("faults stand there once they strike, and crashes as the logs tell them", () => {
  const planned = [
    { kind: "crash", at: 5, for: 2, machines: [1], told: "planned" }, { kind: "pause", at: 9, for: 1, machines: [2], told: "pause" },
    { kind: "crash", at: 50, for: null, machines: [2], told: "later" },
  ];
  const grown = growing();
  take(grown, begin([1, 2], { faults: planned }));
  take(grown, update(4));
  assert.deepEqual(faultsOf(grown), []);
  take(grown, update(5.5, [], { struck: [{ kind: "crash", at: 5.1, machine: 1, told: "it crashed" }] }));
  assert.deepEqual(faultsOf(grown), [{ kind: "crash", at: 5.1, for: null, machines: [1], told: "planned", planned: 5 }]);
  take(grown, update(10, [], { struck: [{ kind: "recovery", at: 7.6, machine: 1, told: "back" }] }));
  assert.deepEqual(faultsOf(grown).map((fault) => [fault.told, fault.for]), [["pause", 1], ["planned", 2.5]]);
  take(grown, update(11, [], { struck: [{ kind: "crash", at: 10.5, machine: 2, told: "killed" }] }));
  assert.equal(faultsOf(grown)[2].told, "killed");
});

test("the median is that of what is known", () => {
  assert.equal(median(Float64Array.of(5, NaN, 1, 3)), 3);
  assert.equal(median(Float64Array.of(4, 1, 3, 2)), 2.5);
  assert.ok(Number.isNaN(median(Float64Array.of(NaN))));
});

test("nothing is known, and then the end", () => {
  const grown = growing();
  assert.equal(runOf(grown), null);
  assert.deepEqual(machinesOf(grown), []);
  take(grown, begin([7]));
  assert.equal(runOf(grown).kind.length, 0);
  assert.deepEqual(Number.isNaN(machinesOf(grown)[0].clock), true);
  assert.equal(take(grown, '{"type":"end","told":"over"}'), "end");
  assert.equal(take(grown, '{"type":"other"}'), "");
  assert.deepEqual([grown.ended, runOf(grown).goesOn], ["over", false]);
});

test("what is new after a log was written anew is news; that a machine ended or came back is no fault", () => {
  const grown = growing();
  const keys = () => new Set(newsOf(grown).map(([key]) => key));
  take(grown, begin([1]));
  take(grown, update(0, [], { warnings: ["no log is there yet: waiting"] }));
  const before = keys();
  take(grown, begin([1], { again: true }));
  take(grown, update(1, [], { warnings: ["machine_1.log: it was written anew"] }));
  assert.equal([...keys()].filter((key) => before.has(key)).length, 0);
  const struck = [["crash", 1], ["recovery", 2], ["end", 3]].map(([kind, at]) => ({ kind, at, machine: 1, told: kind }));
  take(grown, update(4, [], { struck }));
  assert.deepEqual(newsOf(grown).map(([, , words, kind]) => [words, kind]).slice(0, 3), [["crash", "fault"], ["recovery", "news"], ["end", "news"]]);
});
