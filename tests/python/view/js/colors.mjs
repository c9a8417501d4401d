// The colours of pages, as JSON.
import { palette, rateColors } from "../../../../python/lamport/_view/colors.js";

const rates = (count) => Array.from({ length: count }, (_, i) => i + 1);
const of = (dark) => ({ ...palette(dark), rates: Object.fromEntries([2, 3, 4, 5, 9].map((count) => [count, rateColors(rates(count), dark)])) });
process.stdout.write(JSON.stringify({ light: of(false), dark: of(true) }));
