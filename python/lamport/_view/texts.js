// Bodies and states of events: blocks of them are inflated when they are asked for.

const DAMAGED = "(the texts of this page are damaged: they cannot be read)";

/** Gives texts by event; what was inflated is kept, up to some blocks. */
export function textsOfRun(file) {
  const blocks = new Map();
  const kept = 8;
  const read = async (entry) => {
    if (!blocks.has(entry)) {
      if (blocks.size >= kept) blocks.delete(blocks.keys().next().value);
      const texts = file.json(entry.at).then(([events, told]) => new Map(events.map((event, i) => [event, told[i]])));
      blocks.set(entry, texts.catch(() => null));
    }
    return blocks.get(entry);
  };
  return {
    has: file.head.texts.length > 0,
    /** The texts of an event: a receipt that has no body of its own has that of its SEND. */
    async of(run, event) {
      const found = {};
      const message = run.messageOf[event];
      const from = message >= 0 ? run.send[message] : event;
      const own = new Set();
      for (const entry of file.head.texts) {
        const isBody = entry.name === "body";
        const places = isBody && from !== event ? [event, from] : [event];
        for (const place of places) {
          if (entry.block !== Math.floor(place / 65536)) continue;
          const texts = (await read(entry)) ?? new Map([[place, DAMAGED]]);
          if (!texts.has(place) || (place !== event && own.has(entry.name))) continue;
          if (place === event) own.add(entry.name);
          found[entry.name] = texts.get(place) ?? undefined;
        }
      }
      return found;
    },
    /** All texts of these names, as one map of events each. */
    async all(names) {
      const found = {};
      for (const name of names) {
        found[name] = new Map();
        for (const entry of file.head.texts) {
          if (entry.name !== name) continue;
          const texts = await read(entry);
          if (!texts) throw new SyntaxError(DAMAGED.slice(1, -1)); // as what cannot be asked is said
          for (const [event, text] of texts) found[name].set(event, text);
        }
      }
      return found;
    },
  };
}
