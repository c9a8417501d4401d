// What was made to go wrong, as shapes over time.

import { FOOT } from "./detail.js";
import { placeOfTime, screen } from "./place.js";

const SLIM = 3;

/**
 * The faults that meet the window: {fault, points}, a polygon on the screen. Where the axis is not that of time an
 * instant has another place in each lane, so that the borders bend.
 */
export function faultShapes(scene) {
  const { faults, layout, low, high } = scene;
  const found = [];
  if (!layout.rows) return found;
  const place = screen(scene);
  for (const fault of faults) {
    const rows = rowsOf(scene, fault);
    if (!rows) continue;
    const { top, bottom } = rows;
    const begin = border(scene, place, top, bottom, fault.at, low);
    let end = fault.until === null ? begin.map(([, y]) => [scene.width + 9, y]) : border(scene, place, top, bottom, fault.until, high);
    end = end.map(([x, y], i) => [Math.max(x, begin[i][0] + SLIM), y]);
    const points = [...stretched(scene, begin, rows), ...stretched(scene, end, rows).reverse()];
    if (Math.max(...points.map(([x]) => x)) < scene.left || Math.min(...points.map(([x]) => x)) > scene.width) continue;
    found.push({ fault, points });
  }
  return found;
}

/** From which row to which a fault is, and how far around them; null: it is on none that is shown. */
function rowsOf(scene, fault) {
  const { layout } = scene;
  if (fault.kind === "partition" || !fault.lanes.length) return { top: 0, bottom: layout.rows - 1, whole: true };
  const rows = fault.lanes.map((lane) => layout.rowOf[lane] ?? -1);
  if (rows.some((row) => row < 0)) return null;
  return { top: Math.min(...rows), bottom: Math.max(...rows), whole: false };
}

/** The places of an instant in rows, from top to bottom. A lane without events is passed over. */
function border(scene, place, top, bottom, seconds, otherwise) {
  const { run, axis, layout } = scene;
  const found = [];
  for (let row = top; row <= bottom; row++) {
    const x = placeOfTime(run, axis, layout.lanesOf[row][0], seconds);
    if (!Number.isNaN(x)) found.push([place.at(x), layout.y(row)]);
    if (axis.name === "real" && row < bottom) row = bottom - 1;
  }
  return found.length ? found : [[place.at(otherwise), layout.y(top)]];
}

/** A border, to the edges of what the fault concerns. */
function stretched(scene, points, { top, bottom, whole }) {
  const { layout, height } = scene;
  const half = whole || top !== bottom ? 0 : Math.min(14, layout.rowHeight * 0.4);
  const first = whole ? 0 : layout.y(top) - half;
  const last = whole ? height - FOOT : layout.y(bottom) + half;
  return [[points[0][0], first], ...points, [points[points.length - 1][0], last]];
}

export function drawFaults(context, scene, told) {
  const { colors } = scene;
  for (const { fault, points } of faultShapes(scene)) {
    const own = fault.kind === "crash" || fault.kind === "pause";
    told.faults.add(fault.kind);
    context.fillStyle = own ? colors.fault : colors.wall;
    context.beginPath();
    outline(context, points);
    context.fill();
    context.strokeStyle = own ? colors.violation : colors.faint;
    context.lineWidth = 1;
    context.setLineDash(FAULT_DASHES[fault.kind] ?? []);
    context.stroke();
    context.setLineDash([]);
  }
}

export const FAULT_DASHES = { crash: [], pause: [4, 3], partition: [1, 3], delay: [8, 4], disconnect: [] };

function outline(context, points) {
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.lineTo(...points[0]);
}

/** The faults at a place of the screen. */
export function faultsAt(scene, px, py) {
  return faultShapes(scene).filter(({ points }) => isInside(points, px, py)).map(({ fault }) => fault);
}

function isInside(points, px, py) {
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [x0, y0] = points[i];
    const [x1, y1] = points[j];
    if (y0 > py !== y1 > py && px < x0 + ((x1 - x0) * (py - y0)) / (y1 - y0)) inside = !inside;
  }
  return inside;
}
