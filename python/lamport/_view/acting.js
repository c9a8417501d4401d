// What people do: pointer, wheel, keys and buttons.

import { choose, nextViolation, otherLane, showCone, step } from "./choosing.js";
import { drawFrame, screen } from "./draw.js";
import { find, nextHit } from "./finding.js";
import { actionOf } from "./keys.js";
import { moved, toggled } from "./layout.js";
import { setAxis, show, whole, zoom } from "./moving.js";
import { drawOver } from "./over.js";
import { eventsPanel, helpPanel, lanesPanel, violationsPanel } from "./panels.js";
import { eventsAt, hover, leave } from "./pointing.js";
import { draw, element, part, resize, scene, setDark, state } from "./stage.js";
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
    cone: () => state.chosen !== null && showCone(state.chosen), clear: () => choose(null), search: () => part("query").focus(),
    "next violation": () => nextViolation(1), "previous violation": () => nextViolation(-1), table: eventsPanel, help: helpPanel, whole,
    "zoom in": () => zoom(0.7), "zoom out": () => zoom(1 / 0.7), "page left": () => show(state.low - span / 2, state.high - span / 2),
    "page right": () => show(state.low + span / 2, state.high + span / 2),
    "first event": () => state.chosen !== null && choose(run.first[run.lane[state.chosen]]),
    "last event": () => state.chosen !== null && choose(run.first[run.lane[state.chosen] + 1] - 1),
    axis: () => setAxis({ real: "lamport", lamport: "step", step: hasTimes(run) ? "real" : "lamport" }[state.axis.name]),
    "lane up": () => arrange(-1), "lane down": () => arrange(1),
    "hide lane": () => {
      if (state.chosen !== null) state.arranged = toggled(state.arranged, run.lane[state.chosen]);
      draw();
    },
  };
  actions[name]();
}

function arrange(by) {
  if (state.chosen === null) return;
  state.arranged = moved(state.arranged, state.run.lane[state.chosen], by);
  draw();
}

function listenToPointer() {
  const stage = part("over");
  const at = (event) => {
    const box = part("stage").getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let grip = null;
  stage.addEventListener("pointerdown", (event) => {
    const [px, py] = at(event);
    grip = { px, py, low: state.low, high: state.high, moved: false };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    if (!grip) return void hover(px, py);
    if (Math.abs(px - grip.px) > 3) grip.moved = true;
    if (grip.moved) {
      const made = scene();
      const by = ((grip.px - px) * (grip.high - grip.low)) / (made.width - made.left);
      show(grip.low + by, grip.high + by);
      part("tip").hidden = true;
    }
    return undefined;
  });
  stage.addEventListener("pointerup", (event) => {
    const [px, py] = at(event);
    if (grip && !grip.moved) {
      const [found] = eventsAt(scene(), px, py);
      if (found === undefined) choose(null);
      else {
        choose(found);
        showCone(found);
      }
      part("drawing").focus();
    }
    grip = null;
  });
  stage.addEventListener("pointerleave", leave);
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const made = scene();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) * (state.high - state.low)) / (made.width - made.left);
      show(state.low + by, state.high + by);
    } else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * 0.002))), screen(made).back(at(event)[0]));
  }, { passive: false });
}

function listenToMap() {
  const map = part("minimap");
  const jump = (event) => {
    if (!(event.buttons & 1)) return;
    const share = event.offsetX / map.clientWidth;
    const middle = state.axis.low + share * (state.axis.high - state.axis.low);
    const half = (state.high - state.low) / 2;
    show(middle - half, middle + half);
  };
  map.addEventListener("pointerdown", jump);
  map.addEventListener("pointermove", jump);
}

/** Listens to all that people do. */
export function listen() {
  listenToPointer();
  listenToMap();
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
  part("dark").onclick = () => setDark(!state.dark);
  part("help").onclick = helpPanel;
  new ResizeObserver(resize).observe(part("stage"));
}
