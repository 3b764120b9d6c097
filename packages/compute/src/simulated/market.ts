import { type MachineOffer, microUsdFromUsd } from "@loramill/contracts";
import { drawNormal, seededRandom } from "./seeded-random.ts";

/** Price and stock from `atMs` on, until the next point. */
export interface TracePoint {
  /** Milliseconds since the beginning of the script. */
  readonly atMs: number;
  readonly pricePerHourMicroUsd: number;
  /** Machines that others leave; those that we rent are counted off by the provider. */
  readonly available: number;
}

export interface TracedOffer {
  readonly offer: Omit<MachineOffer, "pricePerHourMicroUsd" | "available">;
  /** In order of time, the first at 0. */
  readonly trace: readonly TracePoint[];
  /** How often its machines are taken back; as the script says without it. */
  readonly preemptionsPerHour?: number;
  /** When all that there are of it are taken back besides: milliseconds since the beginning of the script, in order of time. */
  readonly takenBackAtMs?: readonly number[];
}

export interface MarketSettings {
  readonly seed: number;
  readonly hours: number;
  readonly gpus: readonly MarketGpu[];
  readonly regions: readonly string[];
  /** Whether each GPU is sold as spot too. */
  readonly withSpot: boolean;
}

export interface MarketGpu {
  readonly gpuType: string;
  readonly vramBytes: number;
  readonly usdPerHour: number;
  /** Machines that a region has free on average. */
  readonly usualStock: number;
}

/**
 * How busy the hours of a day are (UTC), 1 on average: a guess at offices on two continents, no measurement. Stock falls and
 * spot prices rise with it.
 */
const BUSY_HOURS = [
  0.8, 0.7, 0.6, 0.6, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.1, 1.1, 1.1, 1.2, 1.3, 1.3, 1.3, 1.3, 1.2, 1.2, 1.1, 1.1, 1, 0.9,
];

/** Spot costs about half; its logarithm forgets a tenth of its distance from that every hour, and moves by chance. */
const SPOT = { share: 0.5, forgets: 0.1, moves: 0.08 };
/** Of the usual stock, how much of its distance from it is forgotten every hour, and how far it moves. */
const STOCK = { forgets: 0.2, moves: 0.35 };

/**
 * A market by the hour, equal for equal settings. On demand the price stands still and the stock moves around its usual height;
 * as spot both move. Each offer draws from a stream of its own, so that more offers do not change those before.
 */
export function drawMarket(settings: MarketSettings): TracedOffer[] {
  const { seed, gpus, regions, withSpot } = settings;
  const ways = withSpot ? [false, true] : [false];
  const kinds = gpus.flatMap((gpu) => regions.flatMap((region) => ways.map((isSpot) => ({ gpu, region, isSpot }))));
  return kinds.map(({ gpu, region, isSpot }, stream) => ({
    offer: { gpuType: gpu.gpuType, region, vramBytes: gpu.vramBytes, interruptible: isSpot },
    trace: drawTrace(seededRandom(seed, stream), gpu, { isSpot, hours: settings.hours }),
  }));
}

function drawTrace(
  random: () => number,
  gpu: MarketGpu,
  { isSpot, hours }: { isSpot: boolean; hours: number },
): TracePoint[] {
  const points: TracePoint[] = [];
  let price = 0;
  let stock = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    const busy = BUSY_HOURS[hour % 24] ?? 1;
    price = price * (1 - SPOT.forgets) + drawNormal(random) * SPOT.moves;
    stock = stock * (1 - STOCK.forgets) + drawNormal(random) * STOCK.moves;
    const usd = isSpot ? gpu.usdPerHour * Math.min(1, SPOT.share * busy * Math.exp(price)) : gpu.usdPerHour;
    const available = Math.max(0, Math.round(gpu.usualStock * (1 + stock) * (2 - busy)));
    points.push({ atMs: hour * 3_600_000, pricePerHourMicroUsd: microUsdFromUsd(usd), available });
  }
  return points;
}

/** What holds at a time: the last point that is not later. */
export function pointAt(trace: readonly TracePoint[], atMs: number): TracePoint | undefined {
  let low = 0;
  let high = trace.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((trace[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return trace[low - 1];
}
