// Bodies and states of events: blocks of them are inflated when they are asked for.

/** Gives texts by event; what was inflated is kept, up to some blocks. */
export function textsOfRun(file) {
  const blocks = new Map();
  const kept = 8;
  const read = async (entry) => {
    if (!blocks.has(entry)) {
      if (blocks.size >= kept) blocks.delete(blocks.keys().next().value);
      blocks.set(entry, file.json(entry.at).then(([events, texts]) => new Map(events.map((event, i) => [event, texts[i]]))));
    }
    return blocks.get(entry);
  };
  return {
    has: file.head.texts.length > 0,
    /** The texts of an event, of its SEND in place of a receipt. */
    async of(run, event) {
      const found = {};
      const message = run.messageOf[event];
      for (const entry of file.head.texts) {
        const own = entry.name === "body" && message >= 0 ? run.send[message] : event;
        if (entry.block !== Math.floor(own / 65536)) continue;
        const text = (await read(entry)).get(own);
        if (text !== undefined) found[entry.name] = text;
      }
      return found;
    },
    /** All texts of these names, as one map of events each. */
    async all(names) {
      const found = {};
      for (const name of names) {
        found[name] = new Map();
        for (const entry of file.head.texts) {
          if (entry.name === name) for (const [event, text] of await read(entry)) found[name].set(event, text);
        }
      }
      return found;
    },
  };
}
