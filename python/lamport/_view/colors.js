// Colours that hold in grey and for readers who do not see all of them: marks and dashes differ, too.

import { rateClasses } from "./layout.js";

const LIGHT = {
  ground: "#ffffff", ink: "#1c1c1c", faint: "#6a6a6a", rule: "#e4e4e4", lane: "#b9b9b9", queue: "#e0c98a",
  marks: ["#1b7f5c", "#6a51a3", "#444444"], message: "#555555", late: "#d0006f", crossing: [70, 70, 70], event: [20, 70, 120],
  past: "#00507c", future: "#e5852b", concurrent: "#cccccc", possible: "#8a7aa8", self: "#000000", hit: "#cc0077", violation: "#b2182b",
  fault: "rgba(178, 24, 43, 0.14)", wall: "rgba(110, 110, 110, 0.16)", cut: "#8c510a", window: "rgba(0, 114, 178, 0.18)",
};
const DARK = {
  ground: "#16181c", ink: "#e8e8e8", faint: "#a2a6ad", rule: "#2c3037", lane: "#5a606a", queue: "#7d6a35",
  marks: ["#5fcfa5", "#b39ddb", "#d6d6d6"], message: "#9aa0a8", late: "#ffb8d4", crossing: [190, 195, 205], event: [120, 190, 250],
  past: "#3f97d6", future: "#ffc08a", concurrent: "#4a4e55", possible: "#8f83ad", self: "#ffffff", hit: "#ff6ec7", violation: "#ff6b6b",
  fault: "rgba(255, 107, 107, 0.18)", wall: "rgba(160, 160, 160, 0.18)", cut: "#dfa35a", window: "rgba(86, 180, 233, 0.2)",
};

/** The colours of a page. */
export function palette(dark) {
  return dark ? DARK : LIGHT;
}

const RATES = ["#440154", "#3b528b", "#21918c", "#4aae5a", "#d9c400"];
const DARK_RATES = ["#7d5fb2", "#5f8fd0", "#35b5a8", "#8fdc7a", "#fde725"];

/** The colour of each lane by its rate; null where that is not known, or all have one. */
export function rateColors(rates, dark) {
  const { classes, words } = rateClasses(rates);
  const shades = dark ? DARK_RATES : RATES;
  if (words.length < 2) return rates.map(() => null);
  return classes.map((each) => (each < 0 ? null : shades[Math.round((each * (shades.length - 1)) / (words.length - 1))]));
}
