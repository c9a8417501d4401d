// What is known of a run after the texts of its follower: node grow.mjs FILE [MOST], one text a line; as JSON.
import { readFileSync } from "node:fs";
import { faultsOf, growing, machinesOf, runOf, seriesOf, take } from "../../../../python/lamport/_view/grow.js";

const [, , path, most] = process.argv;
const grown = growing(most ? Number(most) : undefined);
for (const text of readFileSync(path, "utf8").split("\n")) if (text) take(grown, text);
const run = runOf(grown);
const list = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
process.stdout.write(
  JSON.stringify({
    run: {
      kind: list(run.kind), time: list(run.time), clock: list(run.clock), queue: list(run.queue), send: list(run.send), to: list(run.to),
      end: list(run.end), receipt: list(run.receipt), state: list(run.state), ordered: run.ordered, messageOf: list(run.messageOf),
      alone: [...run.alone].map(([event, told]) => [event, told.from, told.clock]), sent: list(run.sent), lane: list(run.lane), first: list(run.first),
    },
    present: machinesOf(grown).map((each) => ({ ...each, clock: each.clock })),
    faults: faultsOf(grown),
    rows: seriesOf(grown).rows.map((row) => ({ time: row.time, drift: list(row.drift), queue: list(row.queue) })),
    kept: { weight: grown.weight, dropped: grown.dropped, struck: grown.struck.length, warnings: grown.warnings.length },
  }),
);
