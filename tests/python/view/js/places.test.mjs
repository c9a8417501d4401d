// Where an instant is on an axis, which faults are where, and which messages are late.
import assert from "node:assert/strict";
import { test } from "node:test";

const home = "../../../../python/lamport/_view/";
const { placeOfTime } = await import(`${home}place.js`);
const { faultShapes, faultsAt } = await import(`${home}faults.js`);
const { layoutLanes, plainArrangement } = await import(`${home}layout.js`);
const { lateOf } = await import(`${home}late.js`);

const run = { lanes: 3, unit: 10, first: Int32Array.of(0, 3, 5, 5), time: Float64Array.of(10, 20, 30, 15, 35) };
const axis = { name: "lamport", x: Float64Array.of(1, 2, 9, 4, 6) };

test("an instant stands between the events of a lane before and after it", () => {
  assert.equal(placeOfTime(run, axis, 0, 2.5), 5.5);
  assert.equal(placeOfTime(run, axis, 0, 0.5), 0.5);
  assert.equal(placeOfTime(run, axis, 0, 3.5), 9.5);
  assert.equal(placeOfTime(run, axis, 1, 2), 5);
  assert.ok(Number.isNaN(placeOfTime(run, axis, 2, 2)));
  assert.equal(placeOfTime(run, { ...axis, name: "real" }, 2, 2), 2);
});

test("faults are polygons on the lanes that they concern", () => {
  const scene = { run, axis: { ...axis, name: "real" }, low: 0, high: 4, left: 0, width: 400, height: 320, layout: layoutLanes(plainArrangement(3), 300) };
  const crash = { kind: "crash", at: 1, until: 2, lanes: [1] };
  const wall = { kind: "partition", at: 3, until: null, lanes: [] };
  const link = { kind: "delay", at: 1.5, until: 2.5, lanes: [0, 2] };
  const elsewhere = { kind: "crash", at: 1, until: 2, lanes: [-1] };
  const made = { ...scene, faults: [crash, wall, link, elsewhere] };
  assert.deepEqual(faultShapes(made).map(({ fault }) => fault), [crash, wall, link]);
  const at = (x, y) => faultsAt(made, x, y);
  assert.deepEqual([at(110, 150), at(90, 150), at(110, 100), at(350, 5), at(210, 100)], [[crash], [], [], [wall], [link]]);
  assert.deepEqual(faultShapes({ ...made, low: 2.6, high: 2.9 }), []);
});

test("a message is late by its arrival, else by its receipt, on its own channel", () => {
  // Three messages of lane 0: two to lane 1, one to lane 2.
  const messages = (state, end, receipt) => ({ lanes: 3, lane: Int32Array.of(0, 0, 0, 1, 1, 2), send: Int32Array.of(0, 1, 2), to: Int32Array.of(1, 1, 2), state, end, receipt });
  const known = Uint8Array.of(32, 32, 32);
  const late = (...of) => Array.from(lateOf(messages(...of)));
  assert.deepEqual(late(known, [9, 8, 1], [4, 3, 5]), [1, 0, 0]);
  assert.deepEqual(late(known, [8, 8, 1], [4, 3, 5]), [0, 0, 0]);
  assert.deepEqual(late(known, [7, 8, 1], [3, 4, 5]), [0, 0, 0]);
  assert.deepEqual(late(Uint8Array.of(0, 0, 0), [9, 9, 9], [4, 3, 5]), [1, 0, 0]);
  assert.deepEqual(late(Uint8Array.of(0, 32, 0), [9, 9, 9], [4, 3, 5]), [1, 0, 0]);
  assert.deepEqual(late(Uint8Array.of(0, 0, 0), [9, 9, 9], [-1, 3, 5]), [0, 0, 0]);
});
