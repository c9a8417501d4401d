// What opens below the drawing: tables and lists.

import { nextViolation } from "./choosing.js";
import { eventsInWindow } from "./index.js";
import { HELP } from "./keys.js";
import { plainArrangement, sortedBy, toggled } from "./layout.js";
import { SEARCH_HELP } from "./search.js";
import { draw, element, part, scene, state } from "./stage.js";
import { hasTimes, secondsText } from "./tell.js";

const IN_TABLE = 200;

/** Opens a panel, or closes it if it is open: then null. */
function panel(title) {
  const box = part("panel");
  const same = !box.hidden && box.dataset.title === title;
  box.replaceChildren();
  box.hidden = same;
  box.dataset.title = title;
  draw();
  if (same) return null;
  element("strong", title, box);
  return box;
}

/** The events in view, as a table. */
export function eventsPanel() {
  const { run } = state;
  const box = panel("Events in view");
  if (!box) return;
  const made = element("table", undefined, box);
  const head = element("tr", undefined, element("thead", undefined, made));
  for (const name of ["machine", "event", "clock", "time", "queue"]) element("th", name, head).scope = "col";
  const body = element("tbody", undefined, made);
  const found = [];
  for (const lane of scene().layout.lanes) {
    const [begin, stop] = eventsInWindow(run, state.axis, lane, state.low, state.high);
    for (let event = begin; event < Math.min(stop, begin + IN_TABLE); event++) found.push(event);
  }
  found.sort((a, b) => state.axis.x[a] - state.axis.x[b]);
  for (const event of found.slice(0, IN_TABLE)) {
    const row = element("tr", undefined, body);
    const values = [run.names[run.lane[event]], ["SEND", "RECEIVE", "INTERNAL"][run.kind[event] & 3], run.clock[event], hasTimes(run) ? secondsText(run, run.time[event]) : "", run.queue[event] < 0 ? "" : run.queue[event]];
    for (const value of values) element("td", String(value), row);
  }
  if (found.length > IN_TABLE) element("p", `The first ${IN_TABLE} of them.`, box);
}

/** Who is drawn where. */
export function lanesPanel() {
  const { run } = state;
  const box = panel("Lanes");
  if (!box) return;
  const sorts = element("p", undefined, box);
  const offer = (text, arrange) => {
    element("button", text, sorts).onclick = () => {
      state.arranged = arrange();
      panel("Lanes");
      lanesPanel();
    };
  };
  offer("as they come", () => plainArrangement(run.lanes));
  offer("by rate", () => sortedBy(state.arranged, (lane) => run.head.rates[lane]));
  offer("by events", () => sortedBy(state.arranged, (lane) => run.first[lane] - run.first[lane + 1]));
  offer("show all", () => ({ ...state.arranged, hidden: new Set() }));
  const list = element("ul", undefined, box);
  for (const lane of state.arranged.order.slice(0, 500)) {
    const label = element("label", undefined, element("li", undefined, list));
    const tick = element("input", undefined, label);
    tick.type = "checkbox";
    tick.checked = !state.arranged.hidden.has(lane);
    tick.onchange = () => {
      state.arranged = toggled(state.arranged, lane);
      draw();
    };
    label.append(` ${run.names[lane]}${run.head.rates[lane] === null ? "" : ` (${run.head.rates[lane]}/s)`}`);
  }
}

/** Where rules are broken. */
export function violationsPanel() {
  const { run } = state;
  const box = panel("Violations");
  if (!box) return;
  const list = element("ol", undefined, box);
  const broken = run.head.broken ?? 0;
  if (broken > state.violations.length) element("p", `The first ${state.violations.length.toLocaleString("en")} of ${broken.toLocaleString("en")}.`, box);
  state.violations.forEach((each, place) => {
    const who = run.names[run.head.machines.indexOf(each.machine)] ?? `machine ${each.machine}`;
    const button = element("button", `${each.rule}: ${who}${each.clock === null ? "" : `, clock ${each.clock}`}: expected ${each.expected}, found ${each.found}`, element("li", undefined, list));
    button.onclick = () => {
      state.violation = place - 1;
      nextViolation(1);
    };
  });
}

/** What keys do. */
export function helpPanel() {
  const box = panel("Keys");
  if (!box) return;
  const made = element("table", undefined, box);
  for (const [keys, what] of HELP) {
    const row = element("tr", undefined, made);
    element("th", keys, row);
    element("td", what, row);
  }
  element("strong", "Search", box);
  const asked = element("table", undefined, box);
  for (const [query, what] of SEARCH_HELP) {
    const row = element("tr", undefined, asked);
    element("th", query, row);
    element("td", what, row);
  }
}
