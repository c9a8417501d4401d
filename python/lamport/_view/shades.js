// How an event stands to the chosen one, in colours; and how thick a queue is.

import { FLAG } from "./derive.js";

/** 0: concurrent, 1: past, 2: future, 3: itself, 4: the logs leave open which of these. */
export function relationOf(cone, run, event) {
  if (event === cone.event) return 3;
  const l = run.lane[event];
  if (event < cone.past[l]) return 1;
  if (event >= cone.future[l]) return 2;
  return cone.mayPast && (event < cone.mayPast[l] || event >= cone.mayFuture[l]) ? 4 : 0;
}

/** The relation of a message to the chosen event: it is of the past if its receipt is, of the future if its SEND is. */
export function relationOfMessage(cone, run, message) {
  const send = run.send[message];
  const receipt = run.receipt[message];
  const from = relationOf(cone, run, send);
  const to = receipt < 0 ? 0 : relationOf(cone, run, receipt);
  if (to === 1 || to === 3) return 1;
  if (from === 2 || from === 3) return 2;
  if (!cone.mayPast) return 0;
  return (receipt >= 0 && receipt < cone.mayPast[run.lane[receipt]]) || send >= cone.mayFuture[run.lane[send]] ? 4 : 0;
}

export function shade(colors, relation) {
  return [colors.concurrent, colors.past, colors.future, colors.self, colors.possible][relation];
}

/** The queue after an event: only a receipt tells one, what is done else is done with an empty queue. */
export function queueAfter(run, event) {
  // What a handler sends in the tick of a receipt is sent with the queue that this left.
  while (run.kind[event] & FLAG.caused && event > run.first[run.lane[event]]) event--;
  return (run.kind[event] & 3) === 1 ? Math.max(0, run.queue[event]) : 0;
}

export function thickness(scene, queue) {
  if (scene.layout.rowHeight < 5) return 0; // no room between lanes
  const room = Math.max(0, Math.min(0.6 * scene.layout.rowHeight, 40) - 1);
  return queue ? 1 + Math.min(room, queue * Math.min(1.5, room / Math.max(1, scene.longest))) : 0;
}
