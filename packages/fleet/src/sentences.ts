import type { FleetOffer, MicroUsd } from "@loramill/contracts";
import { formatMicroUsd } from "@loramill/contracts";

/** "spot NVIDIA RTX 4090 in EU-RO-1 (COMMUNITY) at $0.31/h". */
export function sayOffer({ gpuType, region, cloud, interruptible, pricePerHourMicroUsd }: FleetOffer): string {
  const place = [region === "" ? [] : [`in ${region}`], cloud === undefined ? [] : [`(${cloud})`]].flat();
  const kind = interruptible ? ["spot"] : [];
  return [...kind, gpuType, ...place, `at ${sayPrice(pricePerHourMicroUsd)}`].join(" ");
}

/** "$0.31/h". */
export function sayPrice(microUsdPerHour: number): string {
  return `${sayMoney(microUsdPerHour)}/h`;
}

/** Rounded to a hundredth of a cent; amounts below zero are nothing. */
export function sayMoney(microUsd: number): string {
  const rounded: MicroUsd = Math.round(Math.max(0, microUsd) / 100) * 100;
  return formatMicroUsd(rounded);
}

/** "45 s", "12 min", "1 h 20 min". */
export function saySeconds(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}

/** "1 job", "3 jobs". */
export function sayCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
