// How far a page is behind the run that it shows, and what it follows.

/** Seconds of silence after which words are said. */
export const SILENCE = 3;

/** Measures, without a common clock: what came with the least delay so far was not late. */
export function keepingTime() {
  return { apart: Infinity, now: 0, heard: -Infinity };
}

/** An update that tells of the run up to `now` comes at `here`, both in seconds. */
export function heard(kept, now, here) {
  kept.apart = Math.min(kept.apart, here - now);
  kept.now = Math.max(kept.now, now);
  kept.heard = here;
}

/** Seconds from what is shown to what happens, at `here`. */
export function behind(kept, here) {
  return kept.apart === Infinity ? 0 : Math.max(0, here - kept.apart - kept.now);
}

/** How much time is in view where it is followed: as much as has about a thousand events, 2 to 20 seconds. */
export function spanOf(events, seconds) {
  const rate = events / Math.max(seconds, 1);
  return Math.min(20, Math.max(2, 1000 / Math.max(rate, 1e-9)));
}

/** How it stands, in words. */
export function standing({ state, words, now, late, every, events, kept, dropped, ended }) {
  const time = `${now.toFixed(1)} s`;
  const counted = `${events.toLocaleString("en")} event${events === 1 ? "" : "s"}`;
  const parts = [];
  if (state === "waiting") return words || "Waiting for the run to tell something…";
  if (state === "over") parts.push(`over at ${time}${ended ? `: ${ended}` : ""}`);
  else if (state === "lost") parts.push(`${words} (at ${time})`);
  else parts.push(`live, ${time}`, late > SILENCE ? `nothing was heard for ${late.toFixed(0)} s` : `${late.toFixed(1)} s behind`);
  parts.push(counted);
  if (every > 1) parts.push(`too many to draw: 1 in ${every.toLocaleString("en")} messages is`);
  if (dropped) parts.push(`the newest ${kept.toLocaleString("en")} are here`);
  return parts.join("  ·  ");
}
