// The drawing as SVG: a context that writes down what is drawn on it.

function escaped(text) {
  return String(text).replace(/[&"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replaceAll("<", "&#60;").replaceAll(">", "&#62;");
}

const short = (value) => String(Math.round(value * 100) / 100);

/** A context with the part of Canvas 2D that `draw.js` uses; `text()` is the SVG. */
export function svgContext(width, height) {
  const parts = [];
  let path = "";
  let dash = [];
  let clips = 0;
  const open = [];
  const context = {
    fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1, globalAlpha: 1, font: "", textAlign: "left", textBaseline: "alphabetic",
    beginPath() { path = ""; },
    moveTo(x, y) { path += `M${short(x)} ${short(y)}`; },
    lineTo(x, y) { path += `L${short(x)} ${short(y)}`; },
    rect(x, y, w, h) { path += `M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}z`; },
    arc(x, y, r) { path += `M${short(x - r)} ${short(y)}a${short(r)} ${short(r)} 0 1 0 ${short(2 * r)} 0a${short(r)} ${short(r)} 0 1 0 ${short(-2 * r)} 0z`; },
    setLineDash(list) { dash = list; },
    fill() { if (path) parts.push(`<path d="${path}" fill="${context.fillStyle}"${alpha()}/>`); },
    stroke() { if (path) parts.push(`<path d="${path}" fill="none"${lines()}/>`); },
    fillRect(x, y, w, h) { parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, w))}" height="${short(Math.max(0, h))}" fill="${context.fillStyle}"${alpha()}/>`); },
    strokeRect(x, y, w, h) { parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" fill="none"${lines()}/>`); },
    clearRect() {},
    strokeText(text, x, y) { words(text, x, y, `fill="none" stroke="${context.strokeStyle}" stroke-width="${short(context.lineWidth)}" stroke-linejoin="round"`); },
    fillText(text, x, y) { words(text, x, y, `fill="${context.fillStyle}"`); },
    save() { open.push(0); },
    clip() {
      clips++;
      parts.push(`<clipPath id="c${clips}"><path d="${path}"/></clipPath><g clip-path="url(#c${clips})">`);
      if (open.length) open[open.length - 1]++;
    },
    restore() { parts.push("</g>".repeat(open.pop() ?? 0)); },
    image(url, x, y, w, h) { parts.push(`<image href="${url}" x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}"/>`); },
    text() {
      return `<svg xmlns="http://www.w3.org/2000/svg" width="${short(width)}" height="${short(height)}" viewBox="0 0 ${short(width)} ${short(height)}" font-family="sans-serif" font-size="11">${parts.join("\n")}</svg>\n`;
    },
  };
  const words = (text, x, y, how) => {
    const anchor = { left: "start", center: "middle", right: "end" }[context.textAlign];
    const down = context.textBaseline === "middle" ? 4 : 0;
    parts.push(`<text x="${short(x)}" y="${short(y + down)}" text-anchor="${anchor}" ${how}>${escaped(text)}</text>`);
  };
  const alpha = () => (context.globalAlpha === 1 ? "" : ` opacity="${short(context.globalAlpha)}"`);
  const lines = () => ` stroke="${context.strokeStyle}" stroke-width="${short(context.lineWidth)}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}${alpha()}`;
  return context;
}
