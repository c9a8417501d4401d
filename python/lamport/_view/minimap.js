// How many events there are over the whole axis, and where the window is.

/** How many events lie in each of `columns` parts of an axis. */
export function mapCounts({ x, low, high }, columns) {
  const counts = new Int32Array(columns);
  const scale = columns / (high - low || 1);
  for (let e = 0; e < x.length; e++) {
    const column = Math.floor((x[e] - low) * scale);
    counts[column < columns ? column : columns - 1]++;
  }
  return counts;
}

/** Draws it; returns its counts, which are taken from the scene as long as they fit. */
export function drawMinimap(context, scene, width, height) {
  const { axis, colors } = scene;
  const columns = Math.max(1, Math.floor(width));
  const counts = scene.map?.length === columns ? scene.map : mapCounts(axis, columns);
  const span = axis.high - axis.low || 1;
  context.fillStyle = colors.ground;
  context.fillRect(0, 0, width, height);
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  // Roots: one column of a machine that catches up does not flatten all others.
  context.fillStyle = colors.faint;
  for (let px = 0; px < columns; px++) {
    const tall = Math.sqrt(counts[px] / most) * (height - 6);
    if (tall) context.fillRect(px, height - 2 - tall, 1, tall);
  }
  context.fillStyle = colors.window;
  context.fillRect(((scene.low - axis.low) / span) * width, 0, Math.max(3, ((scene.high - scene.low) / span) * width), height);
  return counts;
}
