// Whole numbers sorted digit by digit: in linear time, equal ones as they were.

/** Sorts the places in `order` by the numbers there, none of them below `lowest` or above `highest`. */
export function sortedBy16(order, values, lowest, highest) {
  const digits = new Uint16Array(values.length);
  for (let weight = 1, digit = 0; weight <= highest - lowest; weight *= 65536, digit++) {
    const shift = digit % 2 ? 16 : 0;
    const whole = digit < 2 ? 1 : 2 ** (32 * Math.floor(digit / 2));
    for (let i = 0; i < digits.length; i++) digits[i] = ((values[i] - lowest) / whole) >>> shift;
    order = byDigit(order, digits);
  }
  return order;
}

function byDigit(order, digits) {
  const at = new Int32Array(65537);
  for (let i = 0; i < digits.length; i++) at[digits[i] + 1]++;
  for (let d = 0; d < 65536; d++) at[d + 1] += at[d];
  const sorted = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) sorted[at[digits[order[i]]]++] = order[i];
  return sorted;
}

/** The places as they come. */
export function placesOf(count) {
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}
