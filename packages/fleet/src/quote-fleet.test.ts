import { describe, expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { quoteFleet } from "./quote-fleet.ts";
import { demand, facts, GIB, model, offer } from "./testing/facts.ts";

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
});
