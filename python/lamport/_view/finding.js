// The search box.

import { choose } from "./choosing.js";
import { search } from "./matches.js";
import { needsViolations, parse, textsOf } from "./search.js";
import { drawOverlay, part, state } from "./stage.js";

/** Looks for what is asked for; `at`: the hit at which one was, of those of a run that goes on. */
export async function find(at = -1) {
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
      state.hit = at < 0 ? -1 : state.hits.indexOf(at);
      if (state.hit < 0) part("hits").textContent = `${state.hits.length.toLocaleString("en")} found${leftOut(run, asked, needed)}`;
      else tellHit();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      part("hits").textContent = error.message;
    }
  }
  drawOverlay();
}

/** What was not looked through, in words. */
function leftOut(run, asked, needed) {
  const texts = needed.reduce((sum, name) => sum + (run.head.texts_left?.[name] ?? 0), 0);
  const violations = needsViolations(asked) ? (run.head.broken ?? 0) - run.head.violations.length : 0;
  const told = [[texts, "text"], [violations, "violation"]].filter(([count]) => count > 0);
  return told.map(([count, what]) => `; ${count.toLocaleString("en")} ${what}${count === 1 ? " is" : "s are"} not on this page`).join("");
}

/** Chooses the next hit, or the previous. */
export function nextHit(by) {
  const count = state.hits.length;
  if (!count) return;
  state.hit = (state.hit + by + count) % count;
  tellHit();
  choose(state.hits[state.hit]);
}

function tellHit() {
  part("hits").textContent = `${(state.hit + 1).toLocaleString("en")} of ${state.hits.length.toLocaleString("en")}`;
}
