// How an event stands to the chosen one, in colours; and how thick a queue is.

export function relationOf(cone, run, event) {
  if (event === cone.event) return 3;
  const l = run.lane[event];
  if (event < cone.past[l]) return 1;
  return event >= cone.future[l] ? 2 : 0;
}

/** The relation of a message to the chosen event: it is of the past if its receipt is, of the future if its SEND is. */
export function relationOfMessage(cone, run, message) {
  const send = relationOf(cone, run, run.send[message]);
  const receipt = run.receipt[message] < 0 ? 0 : relationOf(cone, run, run.receipt[message]);
  if (receipt === 1 || receipt === 3) return 1;
  return send === 2 || send === 3 ? 2 : 0;
}

export function shade(colors, relation) {
  return [colors.concurrent, colors.past, colors.future, colors.self][relation];
}

/** The queue after an event: only a receipt tells one, what is done else is done with an empty queue. */
export function queueAfter(run, event) {
  return (run.kind[event] & 3) === 1 ? Math.max(0, run.queue[event]) : 0;
}

export function thickness(scene, queue) {
  if (scene.layout.rowHeight < 5) return 0; // no room between lanes
  const room = Math.max(0, Math.min(0.6 * scene.layout.rowHeight, 40) - 1);
  return queue ? 1 + Math.min(room, queue * Math.min(1.5, room / Math.max(1, scene.longest))) : 0;
}
