import { drawMarket, drawNormal, seededRandom, type TracedOffer, type TracePoint } from "@loramill/compute";
import { microUsdFromUsd } from "@loramill/contracts";
import { RECORDED_STOCK, RECORDED_TICK_MS } from "./recorded-stock.ts";

const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;

/**
 * GPUs as RunPod sold them in April 2026 (dollars by the hour, secure and community), and how fast they train by the speed of
 * an RTX 4090: the speeds are guesses from public comparisons, no measurements of ours.
 */
export const GPUS = [
  { gpuType: "NVIDIA GeForce RTX 4090", vramBytes: 24 * GIB, secure: 0.69, community: 0.34, speed: 1, stock: 6 },
  { gpuType: "NVIDIA A40", vramBytes: 48 * GIB, secure: 0.44, community: 0.34, speed: 0.6, stock: 4 },
  { gpuType: "NVIDIA RTX A6000", vramBytes: 48 * GIB, secure: 0.49, community: 0.33, speed: 0.65, stock: 4 },
  { gpuType: "NVIDIA A100 80GB PCIe", vramBytes: 80 * GIB, secure: 1.39, community: 1.19, speed: 1.3, stock: 3 },
  { gpuType: "NVIDIA H100 80GB HBM3", vramBytes: 80 * GIB, secure: 2.99, community: 2.69, speed: 2.4, stock: 2 },
] as const;

const REGIONS = ["EU-RO-1", "US-KS-2", "CA-MTL-1"];

export const speedOf = (gpuType: string): number => GPUS.find((gpu) => gpu.gpuType === gpuType)?.speed ?? 0;

/** How often spot machines of an offer are taken back by the hour: a guess; half of the offers between 0.03 and 0.12. */
const PREEMPTIONS = { median: 0.06, spread: 1 };

/** Shares of the list price that spot cost in the vendor's own examples, while it sold spot. */
const SPOT_SHARES = [0.45, 0.65] as const;
/** How long a spot price stands, on average: a guess. */
const STANDS_HOURS = 96;

/**
 * `list`: as RunPod prices; the list stands, and spot is set anew every few days to a share of it. `moving`: spot follows the
 * hours of the day and wanders, as where spot is auctioned. Stock moves by the hour in both. `recorded`: priced as `list`, and spot is
 * there, sold out and taken back when it was in a zone of a cloud that somebody watched for 45 days.
 */
export type MarketShape = "list" | "moving" | "recorded";

/** Both clouds of each GPU in three data centres, on demand and as spot, for so many hours. */
export function drawWorldMarket(shape: MarketShape, seed: number, hours: number): TracedOffer[] {
  const random = seededRandom(seed, 31);
  return (["secure", "community"] as const).flatMap((cloud, index) => {
    const gpus = GPUS.map((gpu) => ({
      gpuType: gpu.gpuType,
      vramBytes: gpu.vramBytes,
      usdPerHour: gpu[cloud],
      usualStock: gpu.stock,
    }));
    const market = drawMarket({ seed: seed * 2 + index, hours, gpus, regions: REGIONS, withSpot: true });
    return market.map(({ offer, trace }) => {
      const ours = { ...offer, cloud: cloud.toUpperCase() };
      if (!offer.interruptible) return { offer: ours, trace };
      const preemptionsPerHour = PREEMPTIONS.median * Math.exp(drawNormal(random) * PREEMPTIONS.spread);
      const gpu = GPUS.find(({ gpuType }) => gpuType === offer.gpuType);
      const priced = shape === "moving" ? trace : setByList(trace, gpu?.[cloud] ?? 0, random);
      if (shape !== "recorded") return { offer: ours, trace: priced, preemptionsPerHour };
      return { offer: ours, ...asRecorded(priced, gpu?.stock ?? 0, random), preemptionsPerHour: 0 };
    });
  });
}

/** Stock of one of the recorded zones, from one of its ticks on; after its last it begins again. */
function asRecorded(
  priced: readonly TracePoint[],
  usualStock: number,
  random: () => number,
): Pick<TracedOffer, "trace" | "takenBackAtMs"> {
  const zones = Object.values(RECORDED_STOCK);
  const runs = zones[Math.floor(random() * zones.length)]?.split(" ") ?? [];
  const recorded = runs.flatMap((ticks, run) => Array<boolean>(Number(ticks)).fill(run % 2 === 1));
  const from = Math.floor(random() * recorded.length);
  const isThere = (tick: number): boolean => recorded[(from + tick) % recorded.length] ?? false;
  const ticks = Math.floor((priced.length * HOUR_MS) / RECORDED_TICK_MS);
  const changes = Array.from({ length: ticks - 1 }, (_, at) => at + 1).filter((at) => isThere(at) !== isThere(at - 1));
  const between = changes.flatMap((tick) => {
    const atMs = tick * RECORDED_TICK_MS;
    const point = priced[Math.floor(atMs / HOUR_MS)];
    return point === undefined || point.atMs === atMs ? [] : [{ ...point, atMs }];
  });
  const points = [...priced, ...between].sort((a, b) => a.atMs - b.atMs);
  return {
    trace: points.map((point) => ({
      ...point,
      available: isThere(Math.floor(point.atMs / RECORDED_TICK_MS)) ? usualStock : 0,
    })),
    takenBackAtMs: changes.filter((tick) => !isThere(tick)).map((tick) => tick * RECORDED_TICK_MS),
  };
}

function setByList(trace: TracedOffer["trace"], list: number, random: () => number): TracePoint[] {
  let share = 0;
  return trace.map((point) => {
    if (share === 0 || random() < 1 / STANDS_HOURS)
      share = SPOT_SHARES[0] + random() * (SPOT_SHARES[1] - SPOT_SHARES[0]);
    return { ...point, pricePerHourMicroUsd: microUsdFromUsd(list * share) };
  });
}

/** The same offers, as if what holds at the beginning held for ever, and nothing were ever taken back. */
export function standStill(market: readonly TracedOffer[]): TracedOffer[] {
  return market.map(({ offer, trace }) => ({
    offer,
    preemptionsPerHour: 0,
    trace: trace.slice(0, 1).map((point) => ({ ...point, available: 100 })),
  }));
}
