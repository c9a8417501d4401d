// The page of a recorded run: its data is in the page.

import { fromBase64, openColumns } from "./codec.js";
import { deriveRun } from "./derive.js";
import { present } from "./present.js";
import { part } from "./stage.js";
import { textsOfRun } from "./texts.js";

async function begin() {
  if (typeof DecompressionStream === "undefined") {
    part("words").textContent += " This browser has no DecompressionStream.";
    return;
  }
  try {
    const file = await openColumns(fromBase64(part("data").textContent));
    part("data").remove();
    present(await deriveRun(file), textsOfRun(file));
  } catch (error) {
    const words = part("words");
    if (words) words.textContent = `This page could not be drawn: ${error.message}`;
    throw error;
  }
}

void begin();
