// What the signs of a drawing mean: those that are in it, and how each is drawn beside its words.

import { backLook, strengthOf, wordsOf, wordsOfPath } from "./cut.js";
import { FAULT_DASHES } from "./faults.js";
import { rateClasses } from "./layout.js";
import { drawSigns } from "./marks.js";
import { STYLES, drawLines } from "./messages.js";

export const SIGN_WIDE = 44;
export const SIGN_TALL = 14;
const FAULTS = { crash: "crash, until it is back", pause: "pause", partition: "partition", delay: "delay of a link", disconnect: "disconnect" };

/** Those that fill but the middle of their sample: beside them the words stand near. */
export const SLIM = ["mark", "hollow", "dot", "rate", "hit", "violation"];

/** The signs in a drawing, with their words. `told` is what `drawFrame` returned. */
export function signsOf(scene, told) {
  const { run, cone, hits, violations, cut, axis } = scene;
  const found = [];
  // First what was asked for: a narrow page shows a few lines of the legend, and the rest is scrolled to.
  if (cone) {
    found.push({ sign: "relation", name: "past", words: "what can have caused it" }, { sign: "relation", name: "future", words: "what it can have caused" });
    found.push({ sign: "relation", name: "concurrent", words: "concurrent with it" });
    if (cone.mayPast) found.push({ sign: "relation", name: "possible", words: "the logs leave it open" });
  }
  ["SEND", "RECEIVE", "INTERNAL"].forEach((words, kind) => {
    if (told.kinds & (1 << kind)) found.push({ sign: "mark", kind, words });
  });
  if (cut) found.push({ sign: "cut", words: wordsOf(run) });
  if (scene.path.length) found.push({ sign: "path", words: wordsOfPath(scene) });
  if (told.back) found.push({ sign: "back", words: "message from after the cut" });
  if (told.density) found.push({ sign: "density", words: `events of all kinds: the darker the more, up to ${told.densest.toLocaleString("en")} in 4 pixels` });
  if (told.dots) found.push({ sign: "dot", words: "an event" });
  if (told.hollow) found.push({ sign: "hollow", words: "RECEIVE that more than one message fits" });
  if (told.crossings) found.push({ sign: "crossing", words: "messages under way between lanes" });
  STYLES.forEach(({ words }, style) => {
    if (style && told.styles & (1 << style)) found.push({ sign: "message", style, words: run.goesOn && style === STYLES.length - 1 ? "not received yet" : words });
  });
  if (told.late) found.push({ sign: "late", words: "late: one that was sent after it on its channel was there before" });
  if (told.queues) found.push({ sign: "queue", words: "messages wait in the queue" });
  for (const kind of told.faults) found.push({ sign: "fault", kind, words: FAULTS[kind] ?? kind });
  if (hits.length) found.push({ sign: "hit", words: "found" });
  if (violations.length) found.push({ sign: "violation", words: "violation" });
  found.push(...ratesOf(scene));
  if (axis.name !== "real" && scene.faults.length) found.push({ sign: "", words: "a fault stands between the events before and after it" });
  return found;
}

/** The rates by the colours beside the names. */
function ratesOf({ run, rates }) {
  if (!rates.some((color) => color !== null)) return [];
  const { classes, words } = rateClasses(run.head.rates);
  return words.map((text, each) => ({ sign: "rate", color: rates[classes.indexOf(each)], words: text }));
}

/** Draws one of them. */
export function drawSign(context, sign, colors) {
  const [wide, tall] = [SIGN_WIDE, SIGN_TALL];
  const [x, y] = [wide / 2, tall / 2];
  const line = [[2, y, wide - 3, y]];
  context.clearRect(0, 0, wide, tall);
  const plain = { color: colors.message, wide: 1.2, heads: true, late: false, box: 3, ground: colors.ground };
  const box = (color, left = 14, right = 30) => {
    context.fillStyle = color;
    context.fillRect(left, 2, right - left, tall - 4);
  };
  const draws = {
    mark: () => drawSigns(context, [x], y, { kind: sign.kind, size: 3, hollow: false, color: colors.marks[sign.kind], ground: colors.ground }),
    hollow: () => drawSigns(context, [x], y, { kind: 1, size: 3, hollow: true, color: colors.marks[1], ground: colors.ground }),
    message: () => drawLines(context, line, STYLES[sign.style], plain),
    late: () => drawLines(context, line, STYLES[0], { ...plain, color: colors.late, late: true }),
    queue: () => {
      context.fillStyle = colors.queue;
      context.fillRect(2, y - 2.5, wide - 4, 5);
    },
    fault: () => {
      const own = sign.kind === "crash" || sign.kind === "pause";
      box(own ? colors.fault : colors.wall, 8.5, 35.5);
      context.strokeStyle = own ? colors.violation : colors.faint;
      context.lineWidth = 1;
      context.setLineDash(FAULT_DASHES[sign.kind] ?? []);
      context.strokeRect(8.5, 2.5, 27, tall - 5);
      context.setLineDash([]);
    },
    relation: () => box(colors[sign.name]),
    rate: () => box(sign.color, 20, 24),
    density: () => [0.35, 0.65, 1].forEach((alpha, i) => {
      context.globalAlpha = alpha;
      box(`rgb(${colors.event.join(", ")})`, 10 + 8 * i, 18 + 8 * i);
      context.globalAlpha = 1;
    }),
    crossing: () => [0.15, 0.4, 0.7].forEach((alpha, i) => box(`rgba(${colors.crossing.join(", ")}, ${alpha})`, 10 + 8 * i, 18 + 8 * i)),
    dot: () => box(`rgb(${colors.event.join(", ")})`, 21, 23),
    hit: () => ring(context, x, y, colors.hit),
    violation: () => {
      context.fillStyle = colors.violation;
      context.beginPath();
      context.moveTo(x, y + 5);
      context.lineTo(x - 5, y - 4);
      context.lineTo(x + 5, y - 4);
      context.fill();
    },
    path: () => [0, 1, 2, 3].forEach((place) => {
      context.globalAlpha = strengthOf(place, 4);
      drawLines(context, [[8 + 9 * place, 1, 8 + 9 * place, tall - 1]], { dash: [], end: "" }, { ...plain, color: colors.cut, wide: 1.4 });
      context.globalAlpha = 1;
    }),
    back: () => drawLines(context, line, STYLES[0], backLook(colors, true)),
    cut: () => drawLines(context, line, { dash: [6, 3], end: "" }, { ...plain, color: colors.cut, wide: 2 }),
  };
  draws[sign.sign]?.();
}

function ring(context, x, y, color) {
  context.strokeStyle = color;
  context.lineWidth = 1.4;
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.stroke();
}
