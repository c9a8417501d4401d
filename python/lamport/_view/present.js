// A run is shown, and replaced by what it has become.

import { listen } from "./acting.js";
import { choose, eventAt, eventIn, showCone } from "./choosing.js";
import { rateColors } from "./colors.js";
import { cutOf, lastOf } from "./cut.js";
import { find } from "./finding.js";
import { arrange } from "./lanes.js";
import { carriedOver, plainArrangement } from "./layout.js";
import { setAxis, takeAxis } from "./moving.js";
import { spelled } from "./spelled.js";
import { draw, part, resize, setDark, state } from "./stage.js";
import { hasTimes, notesOf } from "./tell.js";

const NO_TEXTS = { has: false, of: () => Promise.resolve({}), all: (names) => Promise.resolve(Object.fromEntries(names.map((name) => [name, new Map()]))) };

/** Shows a run (`deriveRun`) and its texts (`textsOfRun`; null: none), once for a page. */
export function present(run, texts) {
  Object.assign(state, { texts: texts ?? NO_TEXTS, arranged: plainArrangement(run.lanes) });
  take(run);
  setAxis(hasTimes(run) ? "real" : "lamport");
  const { highlight } = run.head;
  const event = highlight ? eventAt(run, ...highlight) : -1;
  if (event >= 0) {
    choose(event);
    showCone(event);
  }
  setDark(matchMedia("(prefers-color-scheme: dark)").matches);
  part("words").remove();
  part("app").hidden = false;
  listen();
  resize();
}

/**
 * Shows another run in the place of this one: what it has become since. Axis, window and arrangement stay, and
 * what is chosen and coloured, where the run still has it.
 */
export function replace(run) {
  const { run: before, chosen, cone } = state;
  const kept = (event) => (event === null ? -1 : eventIn(run, before, event));
  const [stays, colored, hit] = [chosen, cone?.event ?? null, state.hits[state.hit] ?? null].map(kept);
  const { violation } = state;
  const arranged = carriedOver(state.arranged, before.head.machines, run);
  state.pointed = null;
  take(run);
  if (arranged !== state.arranged) arrange(arranged);
  state.violation = Math.min(violation, state.violations.length - 1);
  takeAxis(state.axis.name);
  if (chosen !== null && stays < 0) choose(null);
  state.chosen = stays < 0 ? null : stays;
  state.cone = null;
  if (colored >= 0) showCone(colored);
  if (state.hits.length || part("query").value.trim()) void find(hit);
  draw();
}

/** Shows this window of the axis, until people move it: then `follows()` is false. */
export function follow(low, high) {
  Object.assign(state, { low, high, follows: true });
  draw();
}

/** Whether the window is still that of `follow`. */
export function follows() {
  return state.follows;
}

function take(run) {
  const { head } = run;
  state.run = run;
  const notes = notesOf(run);
  document.title = spelled(head.title);
  part("title").textContent = document.title;
  part("drawing").setAttribute("aria-label", `Space-time diagram. ${document.title}. Press ? for its keys.`);
  part("notes").hidden = !notes.length;
  part("notes").textContent = notes.slice(0, 3).join("; ") + (notes.length > 3 ? `; and ${notes.length - 3} more note${notes.length === 4 ? "" : "s"}` : "");
  part("notes").title = notes.join("\n");
  part("axis").options[0].disabled = !hasTimes(run);
  state.rates = [false, true].map((dark) => rateColors(head.rates, dark));
  state.longest = run.queue.reduce((a, b) => (a > b ? a : b), 0);
  state.faults = head.faults.map((fault) => ({
    ...fault,
    until: fault.for === null ? null : fault.at + fault.for,
    lanes: fault.machines.map((machine) => head.machines.indexOf(machine)),
  }));
  state.violations = head.violations.map(([machine, clock, rule, expected, found, event]) => ({
    event, rule, expected: spelled(expected), found: spelled(found), machine, clock,
  }));
  const count = head.broken ?? head.violations.length;
  part("violations").hidden = !count;
  part("violations").textContent = `${count.toLocaleString("en")} violation${count === 1 ? "" : "s"}`;
  state.cut = cutOf(run, head.cut);
  state.path = head.path.map((places) => lastOf(run, places));
}
