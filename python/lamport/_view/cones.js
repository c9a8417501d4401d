// What can have caused an event, and what it can have caused: prefixes and ends of each lane.

/**
 * The receipts in an order in which causes come first: `cause` is the SEND of each event or -1. `visit` is called with each event after its causes.
 * A lane runs until it needs a SEND that was not reached; then that lane runs first.
 */
export function causalOrder(first, lane, cause, visit) {
  const lanes = first.length - 1;
  const at = Int32Array.from(first.subarray(0, lanes));
  const runs = new Uint8Array(lanes);
  const found = new Int32Array(first[lanes]);
  let count = 0;
  let complete = true;
  const stack = [];
  const goals = [];
  for (let start = 0; start < lanes; start++) {
    stack.push(start);
    goals.push(first[start + 1]);
    runs[start] = 1;
    next: while (stack.length) {
      const own = stack[stack.length - 1];
      const goal = goals[goals.length - 1];
      while (at[own] < goal) {
        const event = at[own];
        const send = cause[event];
        if (send >= 0) {
          const other = lane[send];
          if (at[other] <= send) {
            if (!runs[other]) {
              stack.push(other);
              goals.push(send + 1);
              runs[other] = 1;
              continue next;
            }
            complete = false; // an event that follows from itself: this message is passed over
          } else {
            found[count++] = event;
          }
        }
        if (visit) visit(event);
        at[own]++;
      }
      runs[own] = 0;
      stack.pop();
      goals.pop();
    }
  }
  return { receipts: found.slice(0, count), complete };
}

/** Of each lane the number of its first event that is not in the past of `event`, nor `event` itself. */
export function past(run, event) {
  const { first, lane, order } = run;
  const bound = Int32Array.from(first.subarray(0, first.length - 1));
  bound[lane[event]] = event + 1;
  for (let i = order.length - 1; i >= 0; i--) {
    const receipt = order[i];
    if (receipt >= bound[lane[receipt]]) continue;
    const cause = run.cause[receipt];
    if (cause >= bound[lane[cause]]) bound[lane[cause]] = cause + 1;
  }
  return bound;
}

/** Of each lane the number of its first event in the future of `event`, or `event` itself. */
export function future(run, event) {
  const { first, lane, order } = run;
  const bound = Int32Array.from(first.subarray(1));
  bound[lane[event]] = event;
  for (let i = 0; i < order.length; i++) {
    const receipt = order[i];
    const cause = run.cause[receipt];
    if (cause >= bound[lane[cause]] && receipt < bound[lane[receipt]]) bound[lane[receipt]] = receipt;
  }
  return bound;
}

/** How `other` stands to the event of these bounds: "self", "past", "future" or "concurrent". */
export function relation(run, cone, other) {
  const l = run.lane[other];
  if (other === cone.event) return "self";
  if (other < cone.past[l]) return "past";
  return other >= cone.future[l] ? "future" : "concurrent";
}

/** The vector clock of an event: how many events of each lane happened before it, and itself. */
export function vectorClock(run, event) {
  return past(run, event).map((bound, l) => bound - run.first[l]);
}
