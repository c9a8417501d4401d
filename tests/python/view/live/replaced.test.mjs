// What people are at stays, when a run is replaced by what it has become: node --test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { growing, runOf, take } from "../../../../python/lamport/_view/grow.js";
import { svgContext } from "../../../../python/lamport/_view/svg.js";

const parts = new Map();
const box = { width: 400, height: 200 };

/** As much of an element as is used here. */
function fake() {
  const context = Object.assign(svgContext(box.width, box.height), { setTransform() {} });
  const made = { children: [], dataset: {}, classList: { toggle() {} }, hidden: true, value: "", textContent: "", options: [{}], focus() {}, setAttribute() {} };
  return Object.assign(made, {
    append: (...all) => made.children.push(...all), replaceChildren: () => made.children.splice(0), getBoundingClientRect: () => box, getContext: () => context,
  });
}

globalThis.document = {
  getElementById: (id) => parts.get(id) ?? parts.set(id, fake()).get(id), createElement: fake, documentElement: fake(), title: "",
};
globalThis.devicePixelRatio = 1;
globalThis.requestAnimationFrame = () => {};
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.addEventListener = () => {};
globalThis.ResizeObserver = class { observe() {} };
const { nextHit } = await import("../../../../python/lamport/_view/finding.js");
const { lanesPanel } = await import("../../../../python/lamport/_view/lanes.js");
const { eventsPanel } = await import("../../../../python/lamport/_view/panels.js");
const { present, replace } = await import("../../../../python/lamport/_view/present.js");
const { state } = await import("../../../../python/lamport/_view/stage.js");
parts.set("words", Object.assign(fake(), { remove() {} }));
for (const id of ["drawing", "over", "minimap", "search", "query", "panel"]) document.getElementById(id).addEventListener = () => {};

/** Machines of which each has an event in each second. */
function after(seconds, machines) {
  const grown = growing();
  take(grown, JSON.stringify({ type: "begin", version: 1, title: "t", machines, names: [], rates: machines.map(() => 1), algorithm: null, faults: [], limit: 5000 }));
  const events = Array.from({ length: seconds }, (_, i) => machines.map((machine) => [machine, i + 1])).flat();
  const of = (value) => events.map(() => value);
  const last = { machine: [], clock: [], queue: [], events: [] };
  take(grown, JSON.stringify({
    type: "more", now: seconds, every: 1, machine: events.map(([machine]) => machine), kind: of(2), time: events.map(([, clock]) => clock),
    clock: events.map(([, clock]) => clock), queue: of(-1), from: of(0), sent_clock: of(0), arrived: of(null), to: of(0), last, struck: [], warnings: [],
  }));
  return runOf(grown);
}

const where = () => [state.run.head.machines[state.run.lane[state.chosen]], state.run.clock[state.chosen]];
const below = (element) => [element, ...(element.children ?? []).flatMap(below)];

test("hits are stepped through, rows chosen and lanes listed, whatever came since", async () => {
  present(after(3, [2, 5]), null);
  document.getElementById("query").value = "machine:5 internal";
  replace(after(4, [2, 5]));
  nextHit(1);
  nextHit(1);
  assert.deepEqual(where(), [5, 2]);
  replace(after(6, [2, 5]));
  assert.equal(document.getElementById("hits").textContent, "2 of 6");
  nextHit(1);
  assert.deepEqual(where(), [5, 3]);
  eventsPanel();
  const row = below(document.getElementById("panel")).filter((each) => each.onclick).at(-1);
  row.onclick();
  const last = where();
  replace(after(9, [1, 2, 5]));
  row.onclick();
  assert.deepEqual(where(), last);
  eventsPanel();
  lanesPanel();
  const listed = () => below(document.getElementById("panel")).filter((each) => each.type === "checkbox").length;
  assert.equal(listed(), 3);
  replace(after(9, [1, 2, 3, 5]));
  assert.equal(listed(), 4);
});
