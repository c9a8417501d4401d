// The window of the axis that is shown.

import { axisOf } from "./axis.js";
import { indexMessages } from "./index.js";
import { lateOf } from "./late.js";
import { draw, part, state } from "./stage.js";

/** Takes another axis, and shows the same part of it. */
export function setAxis(name) {
  const before = state.axis;
  const share = before && [(state.low - before.low) / (before.high - before.low), (state.high - before.low) / (before.high - before.low)];
  takeAxis(name);
  whole();
  if (share && share[1] - share[0] < 0.98) {
    const span = state.axis.high - state.axis.low;
    show(state.axis.low + share[0] * span, state.axis.low + share[1] * span);
  }
}

/** Takes an axis of the run that is shown; the window stays. */
export function takeAxis(name) {
  state.axis = axisOf(state.run, name);
  state.index = indexMessages(state.run, state.axis);
  if (state.run.late === undefined) state.run.late = lateOf(state.run);
  state.late = state.run.late;
  state.map = null;
  part("axis").value = name;
  draw();
}

export function whole() {
  const span = state.axis.high - state.axis.low || 1;
  show(state.axis.low - 0.015 * span, state.axis.high + 0.015 * span);
}

/** Shows a window of the axis: never less than can be told apart, nor much more than there is. */
export function show(low, high) {
  const span = state.axis.high - state.axis.low || 1;
  const least = state.axis.name === "real" ? Math.max(2 / state.run.unit, span * 1e-12) : 2;
  const most = 1.2 * span;
  const wide = Math.min(Math.max(high - low, least), Math.max(most, least));
  const middle = (low + high) / 2;
  state.low = Math.max(state.axis.low - wide * 0.5, Math.min(middle - wide / 2, state.axis.high - wide * 0.5));
  state.high = state.low + wide;
  state.follows = false;
  draw();
}

export function zoom(by, around) {
  const at = around ?? (state.low + state.high) / 2;
  show(at - (at - state.low) * by, at + (state.high - at) * by);
}
