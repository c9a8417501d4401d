// What can have caused an event, and what it can have caused: prefixes and ends of each lane.

const NONE = [];

/** What else an event follows from: `more` is {begin, causes} by event, or null. */
function others(more, event) {
  return more && more.begin[event] < more.begin[event + 1] ? more.causes.subarray(more.begin[event], more.begin[event + 1]) : NONE;
}

/**
 * The events that follow from another lane, in an order in which causes come first: `cause` is the SEND of each
 * event or -1, `more` what else it follows from. `visit` is called with each event after its causes.
 * A lane runs until it needs an event that was not reached; then that lane runs first.
 */
export function causalOrder(first, lane, cause, more, visit) {
  const lanes = first.length - 1;
  const at = Int32Array.from(first.subarray(0, lanes));
  const runs = new Uint8Array(lanes);
  const found = new Int32Array(first[lanes]);
  let count = 0;
  let complete = true;
  const stack = [];
  const goals = [];
  /** Whether the lane of a cause runs now, so that the event has to wait. */
  const waits = (from) => {
    const other = lane[from];
    if (at[other] > from) return false;
    if (runs[other]) {
      complete = false; // an event that follows from itself: this cause is passed over
      return false;
    }
    stack.push(other);
    goals.push(from + 1);
    runs[other] = 1;
    return true;
  };
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
        let reached = send >= 0 && at[lane[send]] > send;
        if (send >= 0 && !reached && waits(send)) continue next;
        if (more) for (const from of others(more, event)) {
          if (waits(from)) continue next;
          if (at[lane[from]] > from) reached = true;
        }
        if (reached) found[count++] = event;
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
  return before(run, event, run.order, run.more);
}

function before({ first, lane, cause }, event, order, more) {
  const bound = Int32Array.from(first.subarray(0, first.length - 1));
  bound[lane[event]] = event + 1;
  for (let i = order.length - 1; i >= 0; i--) {
    const receipt = order[i];
    if (receipt >= bound[lane[receipt]]) continue;
    const send = cause[receipt];
    if (send >= 0 && send >= bound[lane[send]]) bound[lane[send]] = send + 1;
    if (more) for (const from of others(more, receipt)) if (from >= bound[lane[from]]) bound[lane[from]] = from + 1;
  }
  return bound;
}

/** Of each lane the number of its first event in the future of `event`, or `event` itself. */
export function future(run, event) {
  return after(run, event, run.order, run.more);
}

function after({ first, lane, cause }, event, order, more) {
  const bound = Int32Array.from(first.subarray(1));
  bound[lane[event]] = event;
  for (let i = 0; i < order.length; i++) {
    const receipt = order[i];
    if (receipt >= bound[lane[receipt]]) continue;
    const send = cause[receipt];
    let follows = send >= 0 && send >= bound[lane[send]];
    if (more) for (const from of others(more, receipt)) follows = follows || from >= bound[lane[from]];
    if (follows) bound[lane[receipt]] = receipt;
  }
  return bound;
}

/**
 * Past and future of an event, as `past` and `future` say; and where the logs leave something open `mayPast` and
 * `mayFuture`, which have what is possible too, else null.
 */
export function coneOf(run, event) {
  const made = { event, past: past(run, event), future: future(run, event), mayPast: null, mayFuture: null };
  if (run.possible) {
    made.mayPast = before(run, event, run.possible.order, run.possible.more);
    made.mayFuture = after(run, event, run.possible.order, run.possible.more);
  } else if (run.open === "any") {
    // Whatever contradicts nothing that is certain.
    const own = run.lane[event];
    made.mayPast = made.future.map((bound, l) => (l === own ? event + 1 : bound));
    made.mayFuture = made.past.map((bound, l) => (l === own ? event : bound));
  }
  return made;
}

/** How `other` stands to the event of a cone: "self", "past", "future", "concurrent", or "possible": not decided. */
export function relation(run, cone, other) {
  const l = run.lane[other];
  if (other === cone.event) return "self";
  if (other < cone.past[l]) return "past";
  if (other >= cone.future[l]) return "future";
  const may = cone.mayPast && (other < cone.mayPast[l] || other >= cone.mayFuture[l]);
  return may ? "possible" : "concurrent";
}

/** How many events stand so to the event of a cone: {past, future, possible, concurrent}. */
export function countCone(run, cone) {
  const { first, lanes } = run;
  const found = { past: -1, future: -1, possible: 0, concurrent: 0 };
  for (let l = 0; l < lanes; l++) {
    found.past += cone.past[l] - first[l];
    found.future += first[l + 1] - cone.future[l];
    const between = cone.future[l] - cone.past[l];
    if (!cone.mayPast || between <= 0) continue;
    // What may be before ends at mayPast, what may be after begins at mayFuture; they can overlap.
    const sure = Math.max(0, Math.min(cone.mayFuture[l], cone.future[l]) - Math.max(cone.mayPast[l], cone.past[l]));
    found.possible += between - sure;
  }
  found.concurrent = run.kind.length - 1 - found.past - found.future - found.possible;
  return found;
}

/** The vector clock of an event: how many events of each lane happened before it, and itself. */
export function vectorClock(run, event) {
  return past(run, event).map((bound, l) => bound - run.first[l]);
}
