// Writes down what is drawn on the canvas of a page, before the page's own script: drawn() tells the last frame.
(() => {
  let calls = [];
  const { prototype } = CanvasRenderingContext2D;
  for (const name of ["fillRect", "arc", "rect", "moveTo", "lineTo", "beginPath", "fill", "stroke", "clip", "putImageData", "drawImage"]) {
    const own = prototype[name];
    prototype[name] = function (...args) {
      if (this.canvas.id === "drawing") {
        // A frame begins with its ground.
        if (name === "fillRect" && args[0] === 0 && args[1] === 0 && args[3] > 100) calls = [];
        calls.push([name, ...args.map((each) => (typeof each === "number" ? each : null))]);
      }
      return own.apply(this, args);
    };
  }
  globalThis.drawn = () => {
    const clip = calls.findIndex(([name]) => name === "clip");
    const [, left, , width, height] = calls[clip - 1];
    const found = { left, width, height, marks: [], lines: [], image: false, dense: false };
    let path = [];
    let lanes = false; // messages are drawn before the first lane
    for (const [name, ...args] of calls.slice(clip + 1)) {
      if (name === "beginPath") path = [];
      else if (name === "putImageData" || name === "drawImage") found.image = true;
      else if (name === "fillRect" && args[0] === left && args[2] === width && args[3] === 1) lanes = true;
      else if (name === "fillRect") found.dense ||= args[3] > 1 && args[2] >= 3.5 && args[2] < 4.5 && Number.isInteger(args[0]);
      else if (name !== "fill" && name !== "stroke") path.push([name, ...args]);
      else if (lanes && name === "fill" && path.some(([what]) => what === "arc" || what === "rect")) {
        for (const [what, x, y, w, h] of path) {
          if (what === "arc") found.marks.push(["SEND", x, y]);
          else if (what === "rect") found.marks.push([Math.abs(w - h) < 0.01 ? "RECEIVE" : "INTERNAL", x + w / 2, y + h / 2]);
        }
      } else if (!lanes && name === "stroke" && !path.some(([what]) => what === "arc" || what === "rect")) {
        for (let i = 0; i < path.length; ) {
          let far = i + 1;
          while (far < path.length && path[far][0] === "lineTo") far++;
          const [, x0, y0] = path[i];
          const [, x1, y1] = path[i + 1] ?? path[i];
          const cross = Math.abs(Math.abs(x1 - x0) - 6) < 1e-6 && Math.abs(Math.abs(y1 - y0) - 6) < 1e-6;
          if (far - i === 2 && !cross) found.lines.push([x0, y0, x1, y1]); // three points are the head of an arrow
          i = far;
        }
      }
    }
    return found;
  };
})();
