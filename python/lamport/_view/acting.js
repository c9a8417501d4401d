// What people do: pointer, wheel, keys and buttons.

import { choose, nextViolation, otherLane, showCone, step } from "./choosing.js";
import { drawFrame } from "./draw.js";
import { find, nextHit } from "./finding.js";
import { actionOf } from "./keys.js";
import { arrange, lanesPanel } from "./lanes.js";
import { moved, toggled } from "./layout.js";
import { setAxis, show, whole, zoom } from "./moving.js";
import { drawOver } from "./over.js";
import { closePanel, eventsPanel, helpPanel, violationsPanel } from "./panels.js";
import { listenToMap, listenToPointer } from "./pointer.js";
import { element, frame, part, resize, scene, setDark, state } from "./stage.js";
import { svgContext } from "./svg.js";
import { hasTimes } from "./tell.js";

function saveSvg() {
  const made = scene();
  const context = svgContext(made.width, made.height);
  if (made.layout.lanes.length > 40) context.image(part("drawing").toDataURL(), 0, 0, made.width, made.height);
  else drawFrame(context, made);
  drawOver(context, made);
  const link = element("a");
  link.href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(context.text())}`;
  link.download = "space-time.svg";
  link.click();
}

function act(name) {
  const { run } = state;
  const span = state.high - state.low;
  const actions = {
    "previous event": () => step(-1), "next event": () => step(1), "lane above": () => otherLane(-1), "lane below": () => otherLane(1),
    cone: () => state.chosen !== null && showCone(state.chosen), clear: () => (part("panel").hidden ? choose(null) : closePanel()), search: () => part("query").focus(),
    "next violation": () => nextViolation(1), "previous violation": () => nextViolation(-1), table: eventsPanel, help: helpPanel, whole,
    "zoom in": () => zoom(0.7), "zoom out": () => zoom(1 / 0.7), "page left": () => show(state.low - span / 2, state.high - span / 2),
    "page right": () => show(state.low + span / 2, state.high + span / 2),
    "first event": () => state.chosen !== null && choose(run.first[run.lane[state.chosen]]),
    "last event": () => state.chosen !== null && choose(run.first[run.lane[state.chosen] + 1] - 1),
    axis: () => setAxis({ real: "lamport", lamport: "step", step: hasTimes(run) ? "real" : "lamport" }[state.axis.name]),
    "lane up": () => moveLane(-1), "lane down": () => moveLane(1), lanes: lanesPanel,
    "hide lane": () => {
      if (state.chosen !== null) arrange(toggled(state.arranged, run.lane[state.chosen]));
    },
  };
  actions[name]();
}

function moveLane(by) {
  if (state.chosen !== null) arrange(moved(state.arranged, state.run.lane[state.chosen], by));
}

/** Dark is what the button says, before it is pressed what the system says, and never on paper. */
function listenToColors() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let pressed = false;
  system.addEventListener("change", () => {
    if (!pressed) setDark(system.matches);
  });
  part("dark").onclick = () => {
    pressed = true;
    setDark(!state.dark);
  };
  let screens = false;
  addEventListener("beforeprint", () => {
    screens = state.dark;
    setDark(false);
    frame();
  });
  addEventListener("afterprint", () => setDark(screens));
}

/** Listens to all that people do. */
export function listen() {
  listenToPointer(part("over"));
  listenToMap(part("minimap"));
  part("drawing").addEventListener("keydown", (event) => {
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    act(action);
  });
  part("axis").onchange = () => setAxis(part("axis").value);
  part("search").addEventListener("submit", (event) => event.preventDefault());
  part("query").addEventListener("input", () => void find());
  part("query").addEventListener("keydown", (event) => {
    if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") part("drawing").focus();
    else return;
    event.preventDefault();
  });
  part("next").onclick = () => nextHit(1);
  part("previous").onclick = () => nextHit(-1);
  part("whole").onclick = whole;
  part("in").onclick = () => zoom(0.6);
  part("out").onclick = () => zoom(1 / 0.6);
  part("order").onclick = lanesPanel;
  part("violations").onclick = violationsPanel;
  part("table").onclick = eventsPanel;
  part("svg").onclick = saveSvg;
  listenToColors();
  part("panel").addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePanel();
  });
  part("help").onclick = helpPanel;
  new ResizeObserver(resize).observe(part("stage"));
}
