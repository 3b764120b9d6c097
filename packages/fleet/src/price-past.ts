import type { FleetOffer, MicroUsd, PricePoint } from "@loramill/contracts";

const HOUR_MS = 3_600_000;
/** Days by which it is judged what waiting gets. */
const KEPT_HOURS = 5 * 24;

/**
 * What an offer cost, with one more look at it; `offer` is undefined where its provider lists it no more. Only changes are kept, one
 * for an hour: within an hour the last price that was in stock counts, and hours without a look are taken to be as the one before.
 * The same past, where the look has changed nothing.
 */
export function notePrice(
  past: readonly PricePoint[],
  offer: FleetOffer | undefined,
  now: Date,
): readonly PricePoint[] {
  const hour = hourOf(now);
  const last = past.at(-1);
  const seen = offer !== undefined && offer.available > 0 ? offer.pricePerHourMicroUsd : null;
  const isSameHour = last?.hour === hour;
  const microUsd = isSameHour ? (seen ?? last.microUsd) : seen;
  if (last?.microUsd === microUsd && last.hour <= hour) return past;
  const before = isSameHour ? past.slice(0, -1) : past;
  const next = before.at(-1)?.microUsd === microUsd ? before : [...before, { hour, microUsd }];
  // Of the points before the first hour that counts, the last one says what it cost then.
  const first = next.findLastIndex((point) => point.hour <= hour - KEPT_HOURS);
  return next.slice(Math.max(0, first));
}

/** Hour by hour, that of now first, as far back as is known and counts; undefined where it was the same all the time. */
export function pricesOf(past: readonly PricePoint[], now: Date): (MicroUsd | null)[] | undefined {
  if (past.length < 2) return undefined;
  const hour = hourOf(now);
  const prices: (MicroUsd | null)[] = [];
  let at = past.length - 1;
  for (let ago = 0; ago <= KEPT_HOURS && at >= 0; ago += 1) {
    while (at >= 0 && (past[at]?.hour ?? 0) > hour - ago) at -= 1;
    if (at >= 0) prices.push(past[at]?.microUsd ?? null);
  }
  return prices.every((price) => price === prices[0]) ? undefined : prices;
}

const hourOf = (time: Date): number => Math.floor(time.getTime() / HOUR_MS);
