// Messages that were overtaken.

import { ARRIVAL_KNOWN } from "./derive.js";

/**
 * Which messages are late: one that the same sender sent later to the same recipient was there before. Both are
 * told by when they arrived, or, where that is not known of one, by which was received first.
 */
export function lateOf({ lanes, lane, send, to, state, end, receipt }) {
  const late = new Uint8Array(send.length);
  // Of what was sent later on the channels of a sender, by recipient: the first arrival, and the first receipt,
  // of those whose arrival is not known and of any.
  const arrival = new Float64Array(lanes + 1);
  const unknown = new Float64Array(lanes + 1);
  const any = new Float64Array(lanes + 1);
  const of = new Int32Array(lanes + 1).fill(-1);
  for (let m = send.length - 1; m >= 0; m--) {
    const r = to[m];
    if (r >= lanes) continue; // machines without a log are many
    if (of[r] !== lane[send[m]]) {
      of[r] = lane[send[m]];
      arrival[r] = unknown[r] = any[r] = Infinity;
    }
    const known = (state[m] & ARRIVAL_KNOWN) !== 0;
    const received = receipt[m];
    if ((known && end[m] > arrival[r]) || (received >= 0 && received > (known ? unknown[r] : any[r]))) late[m] = 1;
    if (known && end[m] < arrival[r]) arrival[r] = end[m];
    if (received < 0) continue;
    if (!known && received < unknown[r]) unknown[r] = received;
    if (received < any[r]) any[r] = received;
  }
  return late;
}
