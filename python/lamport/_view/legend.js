// What is in view, and what the signs mean, in words.

/** The line below the drawing. `told` is what `drawFrame` returns. */
export function legendText(scene, told) {
  const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const parts = [counted(told.events, "event")];
  parts.push(told.crossings ? `messages as shades: up to ${told.most.toLocaleString("en")} at once between two lanes` : counted(told.messages, "message"));
  parts.push("● SEND  ■ RECEIVE  | INTERNAL");
  if (told.styles & 2) parts.push("-·- its receipt is inferred");
  if (told.styles & 4) parts.push("- - × never received");
  if (told.styles & 8) parts.push("· · what became of it is in no log");
  if (scene.cut) parts.push(`broken line: a cut, ${scene.run.head.cut_is}`);
  if (scene.cone) parts.push(`blue: its causal past, orange: its future, grey: concurrent${scene.cone.mayPast ? ", violet: the logs leave it open" : ""}`);
  if (scene.axis.backwards) parts.push(`${counted(scene.axis.backwards, "event")} before the one that came first on its lane: drawn where the lane was`);
  const hidden = scene.arranged.hidden.size;
  if (hidden) parts.push(`${counted(hidden, "lane")} hidden`);
  return parts.join("   ·   ");
}
