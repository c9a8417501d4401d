// Texts of others, as people see them.

const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text with what cannot be seen, or moves what can, spelled out as Python does. */
export function spelled(text) {
  return text.replace(HIDDEN, (sign) => {
    const code = sign.codePointAt(0);
    const known = { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
    if (known) return known;
    const hex = code.toString(16);
    if (code < 256) return `\\x${hex.padStart(2, "0")}`;
    return code < 65536 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
}

/** A text of at most so many units, the last of which then says that there were more; no sign of two units is halved. */
export function cutShort(text, most) {
  if (text.length <= most) return text;
  return `${text.slice(0, Math.max(1, most - 1)).replace(/[\ud800-\udbff]$/, "")}…`;
}
