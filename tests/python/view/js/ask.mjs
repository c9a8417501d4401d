// What the page tells from its data: node ask.mjs FILE... -- QUESTION..., answers of each file as JSON.
import { readFileSync } from "node:fs";
import { axisOf } from "../../../../python/lamport/_view/axis.js";
import { openColumns } from "../../../../python/lamport/_view/codec.js";
import { coneOf } from "../../../../python/lamport/_view/cones.js";
import { cutOf, lastOf } from "../../../../python/lamport/_view/cut.js";
import { deriveRun } from "../../../../python/lamport/_view/derive.js";
import { eachInWindow, indexMessages } from "../../../../python/lamport/_view/index.js";
import { lateOf } from "../../../../python/lamport/_view/late.js";
import { styleOf } from "../../../../python/lamport/_view/messages.js";
import { search } from "../../../../python/lamport/_view/matches.js";
import { parse, textsOf } from "../../../../python/lamport/_view/search.js";
import { notesOf, tellEvent, tellMessage } from "../../../../python/lamport/_view/tell.js";
import { textsOfRun } from "../../../../python/lamport/_view/texts.js";

const cut = process.argv.indexOf("--");
const [paths, questions] = [process.argv.slice(2, cut), process.argv.slice(cut + 1)];
const list = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));

async function answersOf(path) {
  const file = await openColumns(new Uint8Array(readFileSync(path)));
  const run = await deriveRun(file);
  run.late = lateOf(run);
  const answers = {};
  for (const question of questions) {
    const [what, ...rest] = question.split(" ");
    if (what === "run") {
      answers.run = {
        kind: list(run.kind), time: list(run.time), clock: list(run.clock), queue: list(run.queue), send: list(run.send), to: list(run.to),
        end: list(run.end), receipt: list(run.receipt), state: list(run.state), ordered: run.ordered, messageOf: list(run.messageOf),
        alone: [...run.alone].map(([event, told]) => [event, told.from, told.clock]),
      };
    } else if (what === "cones") {
      answers.cones = list(run.kind).map((_, event) => {
        const { past, future, mayPast, mayFuture } = coneOf(run, event);
        return [past, future, mayPast ?? past, mayFuture ?? future].map(list);
      });
      answers.open = run.open;
      answers.refused = run.refused;
    } else if (what === "cut") {
      const { last, back } = cutOf(run, rest.length ? JSON.parse(rest.join("")) : run.head.cut);
      answers.cut ??= [];
      answers.cut.push({ last, back: back.map((message) => [run.send[message], run.receipt[message]]) });
    } else if (what === "path") {
      answers.path = run.head.path.map((places) => lastOf(run, places));
    } else if (what === "late") {
      answers.late = list(lateOf(run));
    } else if (what === "search") {
      answers.search ??= [];
      try {
        const asked = parse(rest.join(" "));
        answers.search.push(search(asked, run, await textsOfRun(file).all(textsOf(asked))));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        answers.search.push(error.message);
      }
    } else if (what === "tell") {
      const axis = axisOf(run, "real");
      answers.events = list(run.kind).map((_, event) => tellEvent(run, axis, event));
      answers.messages = list(run.send).map((_, message) => tellMessage(run, message));
      answers.styles = list(run.send).map((_, message) => styleOf(run, message));
      answers.notes = notesOf(run);
    } else if (what === "texts" && rest.length) {
      answers[question] = [];
      const texts = textsOfRun(file);
      for (let event = 0; event < run.kind.length; event++) {
        const { body } = await texts.of(run, event);
        if (body !== undefined) answers[question].push([event, body]);
      }
    } else if (what === "texts") {
      const all = await textsOfRun(file).all(["body", "state"]);
      answers.texts = Object.fromEntries(Object.entries(all).map(([name, map]) => [name, [...map]]));
    } else if (what === "window") {
      const [low, high] = rest.map(Number);
      const index = indexMessages(run, axisOf(run, "real"));
      const found = [];
      eachInWindow(index, low, high, () => true, (message) => (found.push(message), false));
      answers.window ??= [];
      answers.window.push({ found });
    }
  }
  return answers;
}

const all = [];
for (const path of paths) all.push(await answersOf(path));
process.stdout.write(JSON.stringify(all));
