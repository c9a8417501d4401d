// What opens below the drawing: tables and lists.

import { choose, eventIn, nextViolation } from "./choosing.js";
import { KINDS } from "./derive.js";
import { eventsInWindow } from "./index.js";
import { HELP } from "./keys.js";
import { SEARCH_HELP } from "./search.js";
import { spelled } from "./spelled.js";
import { draw, element, part, scene, state } from "./stage.js";
import { hasTimes, secondsText } from "./tell.js";

const IN_TABLE = 200;

/** Opens a panel, or closes it if it is open: then null. */
export function panel(title) {
  const box = part("panel");
  const same = !box.hidden && box.dataset.title === title;
  if (same) {
    closePanel();
    return null;
  }
  const made = fill(title);
  box.focus();
  return made;
}

/** Opens a panel anew, with the focus where it was. */
export function fill(title) {
  const box = part("panel");
  box.replaceChildren();
  box.hidden = false;
  box.dataset.title = title;
  box.setAttribute("aria-label", title);
  const head = element("header", undefined, box);
  element("h2", title, head);
  button("close", head, closePanel);
  draw();
  return box;
}

export function closePanel() {
  const box = part("panel");
  if (box.hidden) return;
  box.hidden = true;
  box.replaceChildren();
  part("drawing").focus();
  draw();
}

export function button(text, parent, act, label) {
  const made = element("button", text, parent);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.onclick = act;
  return made;
}

/** The events in view, as a table. */
export function eventsPanel() {
  const { run } = state;
  const box = panel("Events in view");
  if (!box) return;
  const found = [];
  for (const lane of scene().layout.lanes) {
    const [begin, stop] = eventsInWindow(run, state.axis, lane, state.low, state.high);
    for (let event = begin; event < Math.min(stop, begin + IN_TABLE + 1); event++) found.push(event);
  }
  found.sort((a, b) => state.axis.x[a] - state.axis.x[b] || a - b);
  const made = element("table", undefined, box);
  element("caption", found.length > IN_TABLE ? `The first ${IN_TABLE} events in view.` : `${found.length} events in view.`, made);
  const head = element("tr", undefined, element("thead", undefined, made));
  const columns = ["machine", "event", "clock", ...(hasTimes(run) ? ["time"] : []), "from", "to", "queue"];
  for (const name of columns) element("th", name, head).scope = "col";
  const body = element("tbody", undefined, made);
  for (const event of found.slice(0, IN_TABLE)) {
    const row = element("tr", undefined, body);
    const name = element("th", undefined, row);
    name.scope = "row";
    button(run.names[run.lane[event]], name, () => {
      const now = eventIn(state.run, run, event);
      if (now >= 0) choose(now);
    });
    const values = [KINDS[run.kind[event] & 3], run.clock[event], ...(hasTimes(run) ? [secondsText(run, run.time[event])] : []), senderOf(event), recipientsOf(event), run.queue[event] < 0 ? "" : run.queue[event]];
    for (const value of values) element("td", String(value), row);
  }
}

function senderOf(event) {
  const { run } = state;
  const message = run.messageOf[event];
  const from = message >= 0 ? run.lane[run.send[message]] : run.alone.get(event)?.from ?? -1;
  return run.names[from] ?? "";
}

function recipientsOf(event) {
  const { run } = state;
  const [begin, stop] = [run.sent[event], run.sent[event + 1]];
  const names = Array.from({ length: Math.min(4, stop - begin) }, (_, i) => run.names[run.to[begin + i]] ?? "?");
  return names.join(", ") + (stop - begin > 4 ? ` and ${stop - begin - 4} more` : "");
}

/** Where rules are broken. */
export function violationsPanel() {
  const { run } = state;
  const box = panel("Violations");
  if (!box) return;
  const steps = element("p", undefined, box);
  button("previous", steps, () => nextViolation(-1), "previous violation");
  button("next", steps, () => nextViolation(1), "next violation");
  (run.head.diagnosis ?? []).forEach((reading, place) => element("p", `${place ? "or" : "diagnosis"}: ${spelled(reading)}`, box));
  const broken = run.head.broken ?? 0;
  if (broken > state.violations.length) element("p", `The first ${state.violations.length.toLocaleString("en")} of ${broken.toLocaleString("en")}.`, box);
  const list = element("ol", undefined, box);
  state.violations.forEach((each, place) => {
    const who = run.names[run.head.machines.indexOf(each.machine)] ?? `machine ${each.machine}`;
    const words = `${each.rule}: ${who}${each.clock === null ? "" : `, clock ${each.clock}`}: expected ${each.expected}, found ${each.found}`;
    button(words, element("li", undefined, list), () => {
      state.violation = place - 1;
      nextViolation(1);
    });
  });
}

/** What keys do. */
export function helpPanel() {
  const box = panel("Keys");
  if (!box) return;
  rows(box, HELP);
  element("h2", "Search", box);
  rows(box, SEARCH_HELP);
}

function rows(box, pairs) {
  const made = element("table", undefined, box);
  for (const [head, what] of pairs) {
    const row = element("tr", undefined, made);
    element("th", head, row).scope = "row";
    element("td", what, row);
  }
}
