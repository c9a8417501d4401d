// Times of reading a run in Node, in ms: `node view_beside.mjs page RUN.html TIMES`, `... shiviz LOG TIMES CHECKOUT`.

import { readFileSync } from "node:fs";
import vm from "node:vm";

const VIEW = new URL("../python/lamport/_view/", import.meta.url);
const SHIVIZ = [
  "util/exception", "util/regexp", "util/util", "graph/graphEvent", "graph/abstractGraph", "graph/abstractNode", "model/vectorTimestamp",
  "model/logEvent", "model/modelNode", "model/modelGraph", "model/parser",
];
const FORM = "(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)";

/** What a page does before it draws: base64, columns, partners, clocks, queues and the causal order. */
async function ofPage(path) {
  const { fromBase64, openColumns } = await import(new URL("codec.js", VIEW));
  const { deriveRun } = await import(new URL("derive.js", VIEW));
  const text = /id="data">([^<]*)</.exec(readFileSync(path, "utf8"))[1];
  return async () => (await deriveRun(await openColumns(fromBase64(text)))).kind.length;
}

/** What ShiViz does before it draws: its parser, and its graph of the events. */
function ofShiviz(path, checkout) {
  const context = vm.createContext({ console });
  for (const name of SHIVIZ) vm.runInContext(readFileSync(`${checkout}/js/${name}.js`, "utf8"), context, { filename: name });
  context.text = readFileSync(path, "utf8").split("\n").slice(2).join("\n");
  context.form = FORM;
  return () => vm.runInContext(`{
    const parser = new LogParser(text, null, new NamedRegExp(form, "m"));
    const events = parser.getLogEvents("");
    new ModelGraph(events);
    events.length;
  }`, context);
}

const [what, path, times, checkout] = process.argv.slice(2);
const read = what === "page" ? await ofPage(path) : ofShiviz(path, checkout);
const took = [];
let events;
for (let i = 0; i < Number(times); i++) {
  const begin = performance.now();
  events = await read();
  took.push(performance.now() - begin);
}
process.stdout.write(JSON.stringify({ events, took }));
