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

/** "0.012300": US dollars for programs; exact, because micro-dollars have six decimals. */
export const usdForPrograms = (microUsd: number): string => (microUsd / 1_000_000).toFixed(6);

/** "$12.35", "$0.443", "$0.000012": for estimates, of which more decimals would say nothing. */
export function formatRoughUsd(microUsd: MicroUsd): string {
  const usd = microUsd / 1_000_000;
  return `$${usd.toFixed(usd === 0 || usd >= 1 ? 2 : usd >= 0.01 ? 3 : 6)}`;
}
