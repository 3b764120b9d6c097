import { z } from "zod";

/** Money is integer micro-USD: 1_000_000 is one dollar. Safe up to nine billion dollars. */
export const MicroUsd = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export type MicroUsd = z.output<typeof MicroUsd>;

/** Dollars as people write them, to micro-USD, rounded half up once. */
export function microUsdFromUsd(usd: number): MicroUsd {
  return Math.round(usd * 1_000_000);
}

/** "$0.0123"; at least two decimals, at most six. */
export function formatMicroUsd(microUsd: MicroUsd): string {
  const text = (microUsd / 1_000_000).toFixed(6).replace(/0+$/, "");
  const [whole, fraction = ""] = text.split(".");
  return `$${whole}.${fraction.padEnd(2, "0")}`;
}
