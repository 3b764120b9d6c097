import { describe, expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { quoteFleet } from "./quote-fleet.ts";
import { after, demand, facts, GIB, L4, model, offer, supply } from "./testing/facts.ts";

/** A repeatable stream; any will do. */
function stream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const jobs = (count: number) => Array.from({ length: count }, (_, at) => demand({ job: `job_${at}` }));
const quote = (change: Parameters<typeof facts>[0], settings = defaultFleetSettings) =>
  quoteFleet(facts({ offers: [offer({ available: 9 })], ...change }), settings, { random: stream(7) });

describe("a quote", () => {
  it("is a price and a time with what one in ten exceeds, boot, download and idling included", () => {
    const { microUsd, seconds, machines, without } = quote({ demand: jobs(1) });
    expect({ machines, without }).toEqual({ machines: 1, without: [] });
    // An hour of work at $0.40/h.
    expect(microUsd.p50).toBeGreaterThan(400_000);
    expect(microUsd.p50).toBeLessThan(500_000);
    expect(microUsd.p90).toBeGreaterThan(microUsd.p50 * 1.05);
    expect(seconds.p50).toBeGreaterThan(3_600);
    expect(seconds.p90).toBeLessThan(2 * 3_600);
  });

  it("is the same for the same question and stream", () => {
    expect(quote({ demand: jobs(5) })).toEqual(quote({ demand: jobs(5) }));
  });

  it("puts jobs that a ceiling keeps waiting behind the others: about as dear, and later", () => {
    const free = quote({ demand: jobs(12) });
    const tight = quote({ demand: jobs(12), perHourMicroUsd: 400_000 });
    expect(tight.machines).toBe(1);
    expect(tight.seconds.p50).toBeGreaterThan(2 * free.seconds.p50);
    expect(tight.microUsd.p50 / free.microUsd.p50).toBeGreaterThan(0.85);
    expect(tight.microUsd.p50 / free.microUsd.p50).toBeLessThan(1.05);
  });

  it("is dearer where machines are taken back", () => {
    const risky = [offer({ interruptible: true })];
    const calm = quote({ demand: jobs(3), offers: risky }, { ...defaultFleetSettings, preemptionsPerHour: 0 });
    const wild = quote({ demand: jobs(3), offers: risky }, { ...defaultFleetSettings, preemptionsPerHour: 2 });
    expect(wild.microUsd.p50).toBeGreaterThan(calm.microUsd.p50 * 1.1);
  });

  it("counts no download where the base model lies on the volume of the region, not on a restart either", () => {
    const volumes = [{ provider: "runpod", region: "EU-RO-1", holds: [model("a")] }];
    const large = [demand({ models: [{ digest: model("a"), bytes: 120 * GIB }] })];
    const [far, near] = [quote({ demand: large }), quote({ demand: large, volumes })];
    const none = quote({ demand: [demand({ models: [] })] });
    expect(near).toEqual(none);
    expect(far.seconds.p50 - near.seconds.p50).toBeGreaterThan(500);
    const risky = { demand: large, offers: [offer({ interruptible: true })] };
    const settings = { ...defaultFleetSettings, preemptionsPerHour: 2 };
    const saved = quote(risky, settings).seconds.p50 - quote({ ...risky, volumes }, settings).seconds.p50;
    expect(saved).toBeGreaterThan(900);
  });

  it("names the jobs that nothing on offer can do", () => {
    const { without, microUsd } = quote({ demand: [demand({ vramBytes: 90 * GIB })] });
    expect(without).toMatchObject([{ job: "job_1", because: expect.stringContaining("90 GiB") }]);
    expect(microUsd).toEqual({ p50: 0, p90: 0 });
  });

  it("is told by parts that add up to what is expected, to the micro-dollar", () => {
    const spot = [offer({ interruptible: true, available: 9, pricePerHourMicroUsd: 333_333 })];
    const { parts, expectedMicroUsd, microUsd } = quote({ demand: jobs(3), offers: spot });
    expect(parts.map(({ part }) => part)).toEqual(["boot", "download", "work", "restarts", "idle"]);
    expect(parts.reduce((sum, part) => sum + part.microUsd, 0)).toBe(expectedMicroUsd);
    expect(parts.every((part) => part.microUsd > 0)).toBe(true);
    expect(expectedMicroUsd / microUsd.p50).toBeGreaterThan(0.95);
    expect(expectedMicroUsd).toBeLessThan(microUsd.p90);
  });

  it("is cheaper and sooner on a machine that is there and holds the base model, by its boot and the download", () => {
    const [asked] = jobs(1);
    const ask = (change: Parameters<typeof facts>[0]) =>
      quote({ demand: asked === undefined ? [] : [asked], ...change });
    const fresh = ask({});
    const warm = ask({ supply: [supply({ holds: [model("a")] })] });
    const cold = ask({ supply: [supply()] });
    expect(warm.places).toMatchObject([{ pod: "lm-1", jobs: ["job_0"] }]);
    expect(warm.machines).toBe(0);
    expect(warm.expectedMicroUsd).toBeLessThan(cold.expectedMicroUsd);
    expect(cold.expectedMicroUsd).toBeLessThan(fresh.expectedMicroUsd);
    expect(warm.seconds.p50).toBeLessThan(fresh.seconds.p50);
    const download = ({ parts }: typeof warm) => parts.find(({ part }) => part === "download")?.seconds ?? 0;
    expect(download(cold) - download(warm)).toBeCloseTo((10 * GIB) / defaultFleetSettings.downloadBytesPerSecond, 0);
  });

  it("waits for what a machine has to do, and pays only for its own time", () => {
    const busy = demand({ job: "busy", pod: "lm-1", seconds: { [L4]: { p50: 600, p90: 700 } } });
    const pod = supply({ jobs: [busy.job], holds: [model("a")] });
    const free = quote({ demand: jobs(1), supply: [pod], offers: [] });
    const behind = quote({ demand: [busy, ...jobs(1)], supply: [pod], offers: [] });
    expect(behind.seconds.p50).toBeGreaterThan(free.seconds.p50 + 400);
    expect(behind.expectedMicroUsd).toBeLessThanOrEqual(free.expectedMicroUsd);
  });

  it("shares boot and idling by seconds: two jobs on one machine pay what the machine costs", () => {
    const two = jobs(2).map((job) => ({ ...job, since: after(-1) }));
    const tight = { demand: two, perHourMicroUsd: 400_000 };
    const all = quote(tight);
    const each = two.map(({ job }) =>
      quoteFleet(facts({ offers: [offer({ available: 9 })], ...tight }), defaultFleetSettings, {
        random: stream(7),
        of: job,
      }),
    );
    expect(all.machines).toBe(1);
    const sum = each.reduce((so, { expectedMicroUsd }) => so + expectedMicroUsd, 0);
    expect(Math.abs(sum - all.expectedMicroUsd)).toBeLessThanOrEqual(2);
    const idle = each.map(({ parts }) => parts.find(({ part }) => part === "idle")?.seconds ?? 0);
    expect((idle[0] ?? 0) + (idle[1] ?? 0)).toBeCloseTo(defaultFleetSettings.idleSeconds, -1);
  });

  it("takes no machine that is given back", () => {
    const { places } = quote({ demand: jobs(1), supply: [supply({ state: "draining", holds: [model("a")] })] });
    expect(places).toMatchObject([{ pod: null }]);
  });
});
