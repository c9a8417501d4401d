// What is shown, and the canvases that it is drawn on.

import { palette } from "./colors.js";
import { vectorClock } from "./cones.js";
import { FOOT } from "./detail.js";
import { drawFrame } from "./draw.js";
import { layoutLanes } from "./layout.js";
import { showLegend } from "./legend.js";
import { drawMinimap } from "./minimap.js";
import { drawOver } from "./over.js";

export const state = {
  run: null, texts: null, axis: null, index: null, low: 0, high: 1, arranged: null, chosen: null, cone: null, late: null, vectors: null, hits: [], hit: -1,
  pointed: null, hovering: null, violation: -1, dark: false, faults: [], violations: [], cut: null, path: [], rates: [], longest: 0, map: null, follows: false,
};
let pending = false;
let around = null;
/** Milliseconds of a frame for vector clocks, and the most lanes that have some. */
const BUDGET = 10;
const MOST_VECTOR = 16;

export function part(id) {
  return document.getElementById(id);
}

export function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

/** All that a frame is drawn from. */
export function scene() {
  const { run } = state;
  const box = part("stage").getBoundingClientRect();
  const width = Math.max(200, box.width);
  const height = Math.max(80, box.height);
  const names = run.names.reduce((most, name) => Math.max(most, name.length), 0);
  const left = Math.min(Math.max(56, 6.9 * Math.min(names, 24) + 18), width / 4);
  const layout = layoutLanes(state.arranged, height - FOOT);
  return {
    ...state, layout, width, height, left, colors: palette(state.dark), chosenLane: state.chosen === null ? -1 : run.lane[state.chosen],
    violations: state.violations.map((each) => each.event).filter((event) => event >= 0), rates: state.rates[state.dark ? 1 : 0], putImage,
    vectors: state.cone && run.lanes <= MOST_VECTOR ? vectorsOf(run) : null,
  };
}

/** Vector clocks as texts, as far as this frame has time for them; null: another frame tells. */
function vectorsOf(run) {
  if (state.vectors?.run !== run) state.vectors = { run, texts: new Map() };
  const { texts } = state.vectors;
  const widths = 2 * run.lanes + Array.from({ length: run.lanes }, (_, l) => String(run.first[l + 1] - run.first[l]).length).reduce((a, b) => a + b, 0);
  const until = performance.now() + BUDGET;
  const vectorOf = (event) => {
    if (!texts.has(event)) {
      if (performance.now() > until) {
        draw();
        return null;
      }
      texts.set(event, `(${vectorClock(run, event).join(", ")})`);
    }
    return texts.get(event);
  };
  return { longest: widths, of: vectorOf };
}

function putImage(image, x, y) {
  const ratio = devicePixelRatio || 1;
  const context = state.base;
  if (ratio === 1) context.putImageData(image, Math.round(x), Math.round(y));
  else {
    const scratch = document.createElement("canvas");
    scratch.width = image.width;
    scratch.height = image.height;
    scratch.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
    context.drawImage(scratch, x, y);
  }
}

/** The context of a canvas of this size, whatever the ratio of the screen. */
export function contextOf(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Draws all with the next frame of the browser. */
export function draw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    frame();
  });
}

/** Draws all now. */
export function frame() {
  if (part("app").hidden) return;
  const made = scene();
  state.base = contextOf(part("drawing"), made.width, made.height);
  const told = drawFrame(state.base, made);
  part("drawing").dataset.window = `${state.low} ${state.high}`;
  drawOverlay(made);
  const map = part("minimap");
  state.map = drawMinimap(contextOf(map, map.clientWidth, map.clientHeight), made, map.clientWidth, map.clientHeight);
  showLegend(part("counts"), part("signs"), made, told, contextOf);
  if (around) around(made);
}

/** Has `call` draw what is around the drawing, after each frame and from the same scene. */
export function whenDrawn(call) {
  around = call;
}

/** Draws what lies over the frame. */
export function drawOverlay(made = scene()) {
  drawOver(contextOf(part("over"), made.width, made.height), made);
}

/** The canvases have another size. */
export function resize() {
  state.map = null;
  draw();
}

export function setDark(dark) {
  state.dark = dark;
  document.documentElement.classList.toggle("dark", dark);
  part("dark").setAttribute("aria-pressed", String(dark));
  draw();
}
