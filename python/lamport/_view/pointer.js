// The pointer on the drawing and on the map: drags, pinches, the wheel and clicks.

import { choose, showCone, step } from "./choosing.js";
import { arrange } from "./lanes.js";
import { movedTo } from "./layout.js";
import { show, zoom } from "./moving.js";
import { screen } from "./place.js";
import { eventsAt, hover, laneAt, leave } from "./pointing.js";
import { part, scene, state } from "./stage.js";

const STILL = 3;

/** Listens to what a pointer does on the drawing: beside the lanes it moves them. */
export function listenToPointer(stage) {
  const touches = new Map();
  let grip = null;
  const at = (event) => {
    const box = part("stage").getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const take = ([px, py]) => {
    const made = scene();
    grip = { px, py, low: state.low, high: state.high, moved: false, lane: px < made.left ? laneAt(made, py)[0] ?? null : null };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    touches.set(event.pointerId, at(event));
    if (touches.size === 1) take(at(event));
    if (touches.size === 2) grip = pinchOf([...touches.values()]);
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    if (!grip) return void hover(px, py);
    if (touches.has(event.pointerId)) touches.set(event.pointerId, [px, py]);
    if (grip.pinch) return pinch(grip, [...touches.values()]);
    if (Math.hypot(px - grip.px, py - grip.py) > STILL) grip.moved = true;
    if (!grip.moved) return undefined;
    part("tip").hidden = true;
    const made = scene();
    if (grip.lane !== null) {
      const [other] = laneAt(made, py);
      if (other !== undefined && other !== grip.lane && made.layout.rowOf[other] !== made.layout.rowOf[grip.lane]) arrange(movedTo(state.arranged, grip.lane, other));
      return undefined;
    }
    const by = ((grip.px - px) * (grip.high - grip.low)) / (made.width - made.left);
    show(grip.low + by, grip.high + by);
    return undefined;
  });
  const release = (event) => {
    touches.delete(event.pointerId);
    const before = grip;
    grip = null;
    if (touches.size === 1) {
      take([...touches.values()][0]);
      grip.moved = true; // what is left of a pinch is no click
    }
    return before;
  };
  stage.addEventListener("pointerup", (event) => {
    const before = release(event);
    if (before && !before.pinch && !before.moved) click(...at(event), before.lane);
  });
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", leave);
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const made = scene();
    const [dx, dy] = [event.deltaX, event.deltaY].map((by) => by * [1, 16, 400][event.deltaMode]);
    if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      const by = ((dx || dy) * (state.high - state.low)) / (made.width - made.left);
      show(state.low + by, state.high + by);
    } else zoom(Math.exp(Math.max(-1, Math.min(1, dy * 0.002))), screen(made).back(at(event)[0]));
  }, { passive: false });
}

function click(px, py, lane) {
  const [found] = eventsAt(scene(), px, py);
  if (lane !== null) {
    choose(null);
    step(1, lane);
  } else if (found === undefined) choose(null);
  else {
    choose(found);
    showCone(found);
  }
  part("drawing").focus();
}

function pinchOf([[x0], [x1]]) {
  const place = screen(scene());
  return { pinch: true, moved: true, a: place.back(x0), b: place.back(x1) };
}

/** Moves the window so that what was under two fingers stays under them. */
function pinch({ a, b }, [[x0], [x1]]) {
  const { left, width } = scene();
  if (Math.abs(x1 - x0) < 8) return;
  const scale = (b - a) / (x1 - x0);
  if (!(scale > 0)) return;
  const low = a - (x0 - left) * scale;
  show(low, low + (width - left) * scale);
}

/** Listens to what a pointer does on the map: it drags the window, or puts it where it is pressed. */
export function listenToMap(map) {
  let offset = null;
  const place = (event) => {
    const box = map.getBoundingClientRect();
    return state.axis.low + ((event.clientX - box.left) / box.width) * (state.axis.high - state.axis.low);
  };
  const middle = () => (state.low + state.high) / 2;
  const drag = (event) => {
    const half = (state.high - state.low) / 2;
    show(place(event) - offset - half, place(event) - offset + half);
  };
  map.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    map.setPointerCapture(event.pointerId);
    const x = place(event);
    offset = x >= state.low && x <= state.high ? x - middle() : 0;
    drag(event);
  });
  map.addEventListener("pointermove", (event) => offset !== null && drag(event));
  for (const ends of ["pointerup", "pointercancel"]) map.addEventListener(ends, () => (offset = null));
}
