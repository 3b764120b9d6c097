import type { MicroUsd } from "@loramill/contracts";

/** What `seconds` (whole) of a machine cost, rounded once and half up. Exact for centuries of the dearest machine. */
export function billSeconds(seconds: number, pricePerHourMicroUsd: MicroUsd): MicroUsd {
  return Math.round((seconds * pricePerHourMicroUsd) / 3_600);
}

/** Begun seconds count whole; none before the beginning. */
export function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.ceil((to.getTime() - from.getTime()) / 1_000));
}
