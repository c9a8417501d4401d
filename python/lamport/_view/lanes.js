// The list of lanes: who is shown, in which order, in which groups.

import { groupFolded, groupHidden, groupedBy, moved, movedTo, plainArrangement, sortedBy, toggled } from "./layout.js";
import { button, fill, panel } from "./panels.js";
import { draw, element, part, state } from "./stage.js";

const TITLE = "Lanes";
const LISTED = 500;

export function lanesPanel() {
  const box = panel(TITLE);
  if (box) list(box);
}

/** Takes another arrangement; the list is made anew, and what has this name in it keeps the focus. */
export function arrange(arranged, focus = "") {
  state.arranged = arranged;
  const box = part("panel");
  if (!box.hidden && box.dataset.title === TITLE) {
    const top = box.scrollTop;
    list(fill(TITLE));
    box.scrollTop = top;
    const again = focus && [...box.querySelectorAll("[data-name]")].find((each) => each.dataset.name === focus);
    if (again) again.focus();
  }
  draw();
}

function named(made, name) {
  made.dataset.name = name;
  return made;
}

function list(box) {
  const { run, arranged } = state;
  const { names, head } = run;
  const tools = element("p", undefined, box);
  const offer = (text, label, change) => named(button(text, tools, () => arrange(change(), label), label), label);
  element("span", "order ", tools);
  offer("as they come", "lanes as they come", () => groupedBy({ ...state.arranged, order: plainArrangement(run.lanes).order }, state.arranged.by, names, head.rates));
  offer("by rate", "lanes by rate", () => sortedBy(state.arranged, (lane) => head.rates[lane]));
  offer("by events", "lanes by events", () => sortedBy(state.arranged, (lane) => run.first[lane] - run.first[lane + 1]));
  offer("show all", "show all lanes", () => ({ ...state.arranged, hidden: new Set() }));
  const label = element("label", " groups ", tools);
  const select = named(element("select", undefined, label), "groups");
  for (const [value, text] of [["", "none"], ["rate", "by rate"], ["name", "by name without its number"]]) {
    const option = element("option", text, select);
    option.value = value;
    option.selected = value === arranged.by;
  }
  select.onchange = () => arrange(groupedBy(state.arranged, select.value, names, head.rates), "groups");
  const all = element("ul", undefined, box);
  let group = null;
  for (const lane of arranged.order.slice(0, LISTED)) {
    const own = arranged.groups?.[lane] ?? null;
    if (own !== null && own !== group) groupHead(all, own);
    group = own;
    laneItem(all, lane);
  }
  if (arranged.order.length > LISTED) element("p", `The first ${LISTED} of ${arranged.order.length.toLocaleString("en")} lanes.`, box);
}

function groupHead(all, group) {
  const { arranged } = state;
  const lanes = arranged.order.filter((lane) => arranged.groups[lane] === group);
  const item = element("li", undefined, all);
  item.className = "group";
  element("strong", `${group} (${lanes.length}) `, item);
  const hide = lanes.some((lane) => !arranged.hidden.has(lane));
  const fold = !arranged.folded.has(group);
  const offer = (text, change) => named(button(text, item, () => arrange(change, `${text} ${group}`), `${text} ${group}`), `${text} ${group}`);
  offer(hide ? "hide" : "show", groupHidden(arranged, group, hide));
  offer(fold ? "fold" : "unfold", groupFolded(arranged, group, fold));
}

function laneItem(all, lane) {
  const { run, arranged } = state;
  const item = element("li", undefined, all);
  const label = element("label", undefined, item);
  const tick = named(element("input", undefined, label), `tick ${lane}`);
  tick.type = "checkbox";
  tick.checked = !arranged.hidden.has(lane);
  tick.onchange = () => arrange(toggled(state.arranged, lane), `tick ${lane}`);
  const rate = run.head.rates[lane];
  const count = run.first[lane + 1] - run.first[lane];
  label.append(` ${run.names[lane]} (${rate === null ? "" : `${rate}/s, `}${count.toLocaleString("en")} event${count === 1 ? "" : "s"}) `);
  for (const [sign, by, words] of [["↑", -1, "up"], ["↓", 1, "down"]]) {
    named(button(sign, item, () => arrange(moved(state.arranged, lane, by), `${words} ${lane}`), `move ${run.names[lane]} ${words}`), `${words} ${lane}`);
  }
  item.draggable = true;
  item.ondragstart = (event) => event.dataTransfer.setData("text/plain", String(lane));
  item.ondragover = (event) => event.preventDefault();
  item.ondrop = (event) => {
    event.preventDefault();
    const dragged = Number(event.dataTransfer.getData("text/plain"));
    if (dragged !== lane && arranged.order.includes(dragged)) arrange(movedTo(state.arranged, dragged, lane));
  };
}
