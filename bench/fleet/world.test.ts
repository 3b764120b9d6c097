import { describe, expect, it } from "vitest";
import { drawJobs } from "./draw-jobs.ts";
import { exactOptimum } from "./exact-optimum.ts";
import { expectSound } from "./expect-sound.ts";
import { hourlyBound } from "./hourly-bound.ts";
import { lowerBound } from "./lower-bound.ts";
import { drawWorldMarket, speedOf } from "./markets.ts";
import { cheapestFirst, impatient, ours, runMonth } from "./month.ts";
import { actualByQuote, costByOptimum } from "./small-cases.ts";
import { trueSeconds, type WorldJob } from "./world-job.ts";
import { PROVIDER, START } from "./world-state.ts";

const RTX_4090 = "NVIDIA GeForce RTX 4090";
const GIB = 2 ** 30;

describe("a fleet in virtual time", () => {
  it.each([1, 2, 3])(
    "finishes all jobs below its ceiling, with a ledger that equals the bill (seed %i)",
    async (seed) => {
      expectSound(await runMonth(ours, { shape: seed === 2 ? "moving" : "list", seed, count: 60 }));
    },
  );

  it("is as sound with a planner that only rents what is cheapest by the hour", async () => {
    expectSound(await runMonth(cheapestFirst, { shape: "list", seed: 4, count: 40 }));
  });

  it("costs less where it waits for cheaper hours, and nobody is late for it", async () => {
    const month = { shape: "moving", seed: 7, count: 60 } as const;
    const [patient, hasty] = [await runMonth(ours, month), await runMonth(impatient, month)];
    expectSound(patient);
    expect(patient.billMicroUsd).toBeLessThan(0.95 * hasty.billMicroUsd);
    expect(patient.missed).toBeLessThanOrEqual(0.02);
    // Keeping machines at the price of a cheap hour is what only the other bound knows.
    expect(patient.vsHourlyBound).toBeLessThan(patient.vsBound);
  });

  it("happens again exactly as it did", async () => {
    const once = await runMonth(ours, { shape: "list", seed: 5, count: 30 });
    const again = await runMonth(ours, { shape: "list", seed: 5, count: 30 });
    expect({ ...again, seconds: 0 }).toEqual({ ...once, seconds: 0 });
  });

  it("costs hardly more than the exact optimum, and what was quoted", async () => {
    expect((await costByOptimum(6)).cost).toBeLessThan(1.2);
    expect((await actualByQuote(6, "list")).cost).toBeLessThan(1.2);
  });
});

describe("what the figures are measured by", () => {
  const jobsAtOnce = (count: number): WorldJob[] =>
    drawJobs({ seed: 9, count, hours: 1, batch: 3, slackHours: [0, 3] }).map((job) => ({
      ...job,
      arrivesMs: START.getTime(),
      deadlineMs: START.getTime() + (job.deadlineMs ?? 0) - job.arrivesMs,
    }));
  const offers = [
    { gpuType: "NVIDIA A40", vramBytes: 48 * GIB, pricePerHourMicroUsd: 300_000 },
    { gpuType: RTX_4090, vramBytes: 24 * GIB, pricePerHourMicroUsd: 400_000 },
    { gpuType: "NVIDIA H100 80GB HBM3", vramBytes: 80 * GIB, pricePerHourMicroUsd: 1_500_000 },
  ].map((offer) => ({ ...offer, provider: PROVIDER, region: "EU-RO-1", interruptible: false, available: 9 }));
  const question = { offers, bootSeconds: 120, bytesPerSecond: 2e8 };

  it("the optimum is what trying all orders on all machines finds", () => {
    const jobs = jobsAtOnce(5);
    const least = (left: readonly WorldJob[], machines: readonly (readonly WorldJob[])[]): number => {
      const [job, ...rest] = left;
      if (job === undefined) return machines.reduce((sum, orders) => sum + cheapestMachine(orders), 0);
      const behind = machines.map((_, at) =>
        least(
          rest,
          machines.map((own, i) => (i === at ? [...own, job] : own)),
        ),
      );
      return Math.min(least(rest, [...machines, [job]]), ...behind);
    };
    const cheapestMachine = (own: readonly WorldJob[]): number =>
      Math.min(...offers.flatMap((offer) => orders(own).map((order) => inOrder(order, offer))));
    const inOrder = (
      order: readonly WorldJob[],
      { gpuType, vramBytes, pricePerHourMicroUsd }: (typeof offers)[number],
    ) => {
      const holds = new Set<string>();
      let seconds = 120;
      for (const job of order) {
        const missing = job.models.filter(({ digest }) => !holds.has(digest));
        for (const { digest } of missing) holds.add(digest);
        seconds += missing.reduce((sum, { bytes }) => sum + bytes, 0) / 2e8 + trueSeconds(job, gpuType);
        if (job.vramBytes > vramBytes || START.getTime() + seconds * 1_000 > (job.deadlineMs ?? 0)) return Infinity;
      }
      return (pricePerHourMicroUsd * seconds) / 3_600;
    };
    expect(exactOptimum({ ...question, jobs })).toBeCloseTo(least(jobs, []), 3);
  });

  it("the lower bound of one offer at one price is that price for all work, and a boot at the beginning", () => {
    const jobs = jobsAtOnce(6).map((job) => ({ ...job, vramBytes: GIB, deadlineMs: START.getTime() + 90 * 3_600_000 }));
    const trace = Array.from({ length: 100 }, (_, hour) => ({
      atMs: hour * 3_600_000,
      pricePerHourMicroUsd: 400_000,
      available: 1,
    }));
    const offer = { gpuType: RTX_4090, region: "EU-RO-1", vramBytes: 48 * GIB, interruptible: false };
    const boundOf = (market: Parameters<typeof lowerBound>[0]["market"]) =>
      lowerBound({ market, jobs, bootSeconds: 120, hours: 100 });
    const work = jobs.reduce((sum, job) => sum + workSeconds(job), 0);
    const bound = boundOf([{ offer, trace }]);
    expect(bound).toBeGreaterThanOrEqual((work * 400_000) / 3_600 - 1);
    expect(bound).toBeLessThan(((work + 120) * 400_000) / 3_600 + 1);
    // Where hardly a machine lives to the next hour it is no lower, and still a number.
    const taken = boundOf([{ offer: { ...offer, interruptible: true }, preemptionsPerHour: 20, trace }]);
    expect(taken).toBeGreaterThanOrEqual((work * 400_000) / 3_600 - 1);
    expect(taken).toBeLessThan(2 * bound);
  });

  it("the bound by the hour is what work costs in the cheapest hours, one machine for a job at a time, and a boot", () => {
    const [job] = jobsAtOnce(1).map((one) => ({
      ...one,
      vramBytes: GIB,
      estimate: { [RTX_4090]: { p50: 5_400, p90: 5_400 } },
    }));
    if (job === undefined) throw new Error("no job");
    const offer = { gpuType: RTX_4090, region: "EU-RO-1", vramBytes: 24 * GIB, interruptible: false };
    const trace = [500_000, 100_000, 300_000, 900_000].map((pricePerHourMicroUsd, hour) => ({
      ...{ atMs: hour * 3_600_000, pricePerHourMicroUsd, available: 1 },
    }));
    const boundOf = (hours: number, bootSeconds = 0) =>
      hourlyBound({
        market: [{ offer, trace }],
        jobs: [{ ...job, truth: 1, deadlineMs: START.getTime() + hours * 3_600_000 }],
        ...{ bootSeconds, hours: 4 },
      });
    // An hour of the two cheapest, and half of another: of the first and the second, of the second and the third.
    expect(boundOf(2)).toBeCloseTo(100_000 + 250_000, -1);
    expect(boundOf(4)).toBeCloseTo(100_000 + 150_000, -1);
    expect(boundOf(4, 120)).toBeGreaterThan(boundOf(4));
    expect(boundOf(4, 120)).toBeLessThanOrEqual(boundOf(4) + (500_000 * 120) / 3_600);
  });

  it("the bound by the hour lets a machine be rented at the end of a dear hour", () => {
    const [job] = jobsAtOnce(1).map((one) => ({ ...one, vramBytes: GIB, truth: 1 }));
    if (job === undefined) throw new Error("no job");
    const offer = { gpuType: RTX_4090, region: "EU-RO-1", vramBytes: 24 * GIB, interruptible: false };
    /** Rented until the third hour, in which all work is done: then none is in stock any more. */
    const boundOf = (prices: readonly number[]) =>
      hourlyBound({
        market: [
          {
            offer,
            trace: prices.map((pricePerHourMicroUsd, hour) => ({
              ...{ atMs: hour * 3_600_000, pricePerHourMicroUsd, available: hour < 2 ? 1 : 0 },
            })),
          },
          // Another machine of the type makes an hour at the first one's price worth less than it costs.
          {
            offer: { ...offer, region: "US-KS-2" },
            trace: [
              { atMs: 0, pricePerHourMicroUsd: 10_000, available: 1 },
              ...prices.slice(1).map((_, hour) => ({
                ...{ atMs: (hour + 1) * 3_600_000, pricePerHourMicroUsd: hour === 0 ? 10_000 : 900_000, available: 1 },
              })),
            ],
          },
        ],
        jobs: [
          {
            ...job,
            estimate: { [RTX_4090]: { p50: 1_800, p90: 1_800 } },
            arrivesMs: START.getTime() + 2 * 3_600_000,
            deadlineMs: START.getTime() + 3 * 3_600_000,
          },
        ],
        ...{ bootSeconds: 120, hours: 3 },
      });
    // Half an hour at the price of the third hour, and a boot at that of the second.
    expect(boundOf([400_000, 400_000, 100_000])).toBeLessThanOrEqual(50_000 + (400_000 * 120) / 3_600);
  });

  it("recorded stock comes, goes and is taken back when it was", () => {
    const market = drawWorldMarket("recorded", 3, 720);
    const spot = market.filter(({ offer }) => offer.interruptible);
    expect(spot).toHaveLength(market.length / 2);
    for (const { trace, takenBackAtMs = [], preemptionsPerHour } of spot) {
      expect(preemptionsPerHour).toBe(0);
      expect(trace.map(({ atMs }) => atMs)).toEqual(trace.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
      const soldOut = trace.filter(({ available }, at) => available === 0 && (trace[at - 1]?.available ?? 0) > 0);
      // An end of stock is the moment at which all are taken back.
      expect(soldOut.map(({ atMs }) => atMs)).toEqual(takenBackAtMs);
    }
    const sold = spot.map(({ trace }) => trace.filter(({ available }) => available > 0).length / trace.length);
    expect(Math.min(...sold)).toBeLessThan(Math.max(...sold));
    const rented = market.filter(({ offer }) => !offer.interruptible);
    expect(rented.every(({ takenBackAtMs }) => takenBackAtMs === undefined)).toBe(true);
  });

  /** On an RTX 4090. */
  function workSeconds(job: WorldJob): number {
    const [gpuType = ""] = Object.keys(job.estimate);
    return trueSeconds(job, gpuType) * speedOf(gpuType);
  }
});

/** All of them. */
function orders<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, at) => orders(values.toSpliced(at, 1)).map((rest) => [value, ...rest]));
}
