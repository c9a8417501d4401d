// What a key does.

const PLAIN = {
  ArrowLeft: "previous event", ArrowRight: "next event", ArrowUp: "lane above", ArrowDown: "lane below",
  Enter: "cone", Escape: "clear", n: "next violation", p: "previous violation", "/": "search", t: "table",
  "+": "zoom in", "=": "zoom in", "-": "zoom out", 0: "whole", Home: "first event", End: "last event",
  PageUp: "page left", PageDown: "page right", a: "page left", d: "page right", h: "hide lane",
  l: "lanes", "[": "lane up", "]": "lane down", "?": "help", x: "axis",
};

/** The name of what a key does in the drawing, or null. */
export function actionOf({ key, ctrlKey = false, metaKey = false, altKey = false }) {
  if (ctrlKey || metaKey || altKey) return null;
  return Object.hasOwn(PLAIN, key) ? PLAIN[key] : null;
}

/** What keys do, in words. */
export const HELP = [
  ["drag, wheel", "move, zoom"], ["+  -  0", "zoom in, out, all"], ["← →  Home End", "the events of the lane, its first and last"],
  ["↑ ↓", "the lane above, below"], ["Enter", "past and future of the event"], ["Esc", "without them"],
  ["n  p", "next, previous violation"], ["PgUp PgDn, a d", "half a window to the left, to the right"], ["/", "search"], ["t", "the events in view as a table"],
  ["[  ]  h  l", "move the lane up, down; hide it; the list of lanes"], ["x", "another axis"], ["5 +2", "beside an event: its clock, and two events after it whose labels have no room"],
];
