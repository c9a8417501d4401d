// Files of columns (codec.py): base64, a head, and parts that are inflated when they are needed.

/** The bytes of a text in base64. */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const found = atob(text);
  const bytes = new Uint8Array(found.length);
  for (let i = 0; i < found.length; i++) bytes[i] = found.charCodeAt(i);
  return bytes;
}

/** The bytes that were deflated. */
export async function inflate(bytes) {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => {});
  const reader = stream.readable.getReader();
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Whole numbers out of their planes of bytes; exact up to 2^53. */
export function fromPlanes(bytes, count, width, differences, Kind = Float64Array) {
  const values = new Kind(count);
  if (width === 0) return values;
  if (width === 1) {
    for (let i = 0; i < count; i++) values[i] = (bytes[i] >>> 1) ^ -(bytes[i] & 1);
  } else if (width < 4) {
    // Below 2^24 whole numbers of 32 bits will do.
    const third = width > 2 ? 2 * count : count;
    const much = width > 2 ? 16 : 8;
    for (let i = 0; i < count; i++) {
      const folded = bytes[i] | (bytes[count + i] << 8) | (bytes[third + i] << much);
      values[i] = (folded >>> 1) ^ -(folded & 1);
    }
  } else {
    for (let i = 0; i < count; i++) {
      let value = bytes[i] >>> 1;
      let weight = 128;
      for (let plane = 1; plane < width; plane++) {
        value += bytes[plane * count + i] * weight;
        weight *= 256;
      }
      values[i] = bytes[i] & 1 ? -value - 1 : value;
    }
  }
  if (differences) for (let i = 1; i < count; i++) values[i] += values[i - 1];
  return values;
}

/** Opens a file of columns: its head, and functions that give its columns and texts. */
export async function openColumns(bytes) {
  const length = bytes[0] + bytes[1] * 256 + bytes[2] * 65536 + bytes[3] * 16777216;
  const decoder = new TextDecoder();
  const head = JSON.parse(decoder.decode(await inflate(bytes.subarray(4, 4 + length))));
  const part = (at) => inflate(bytes.subarray(4 + length + at[0], 4 + length + at[0] + at[1]));
  return {
    head,
    async column(name, Kind) {
      const { count, width, differences, at } = head.columns[name];
      return fromPlanes(width ? await part(at) : null, count, width, differences, Kind);
    },
    async json(at) {
      return JSON.parse(decoder.decode(await part(at)));
    },
  };
}
