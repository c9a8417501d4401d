// The search box.

import { choose } from "./choosing.js";
import { parse, search, textsOf } from "./search.js";
import { drawOverlay, part, state } from "./stage.js";

/** Looks for what is asked for. */
export async function find() {
  const { run, texts } = state;
  const text = part("query").value.trim();
  state.hits = [];
  state.hit = -1;
  if (!text) part("hits").textContent = "";
  else {
    try {
      const asked = parse(text);
      const needed = textsOf(asked);
      const marked = new Set(state.violations.map((each) => each.event));
      const known = needed.length ? await texts.all(needed) : {};
      if (state.run !== run || part("query").value.trim() !== text) return;
      state.hits = search(asked, run, known, marked);
      part("hits").textContent = `${state.hits.length.toLocaleString("en")} found`;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      part("hits").textContent = error.message;
    }
  }
  drawOverlay();
}

/** Chooses the next hit, or the previous. */
export function nextHit(by) {
  const count = state.hits.length;
  if (!count) return;
  state.hit = (state.hit + by + count) % count;
  part("hits").textContent = `${(state.hit + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`;
  choose(state.hits[state.hit]);
}
