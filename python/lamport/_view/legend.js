// What is in view, and what its signs mean, below the drawing.

import { SIGN_TALL, SIGN_WIDE, SLIM, drawSign, signsOf } from "./signs.js";

/** How much is in view, in words. `told` is what `drawFrame` returned. */
export function countsOf(scene, told) {
  const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const parts = [counted(told.events, "event")];
  parts.push(told.crossings ? `messages as shades: up to ${told.most.toLocaleString("en")} at once across a gap between lanes` : counted(told.messages, "message"));
  if (scene.axis.backwards) parts.push(`${counted(scene.axis.backwards, "event")} before the one that came first on its lane: drawn where the lane was`);
  const hidden = scene.arranged.hidden.size;
  if (hidden) parts.push(`${counted(hidden, "lane")} hidden`);
  return parts.join("   ·   ");
}

/** Shows the counts, and the signs if they are others than before. */
export function showLegend(counts, list, scene, told, contextOf) {
  const words = countsOf(scene, told);
  if (counts.textContent !== words) counts.textContent = words;
  const signs = signsOf(scene, told);
  const known = JSON.stringify([scene.dark, devicePixelRatio, signs]);
  if (list.dataset.known === known) return;
  list.dataset.known = known;
  list.replaceChildren(...signs.map((sign) => {
    const item = document.createElement("li");
    if (sign.sign) {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      if (SLIM.includes(sign.sign)) canvas.className = "slim";
      item.append(canvas);
      drawSign(contextOf(canvas, SIGN_WIDE, SIGN_TALL), sign, scene.colors);
    }
    item.append(`${sign.words} `);
    return item;
  }));
}
