import type { FleetDecision, FleetDemand, FleetFacts, JobId } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultFleetSettings, type FleetSettings } from "./fleet-settings.ts";
import { planFleet } from "./plan-fleet.ts";
import { after, demand, facts, L4, NOW, offer, supply } from "./testing/facts.ts";
import { recordsOfDays } from "./testing/prices.ts";

const HOUR = 3_600;
const spot = offer({ interruptible: true, pricePerHourMicroUsd: 300_000 });
/** Dear from six in the morning until eleven at night, UTC; it is ten. */
const byDay = (_: unknown, hours: number): number =>
  (((10 + hours) % 24) + 24) % 24 >= 23 || (34 + (hours % 24)) % 24 < 6 ? 120_000 : 300_000;
const records = recordsOfDays([spot], 5, byDay);
const plan = (change: Partial<FleetFacts>, settings: Partial<FleetSettings> = {}): FleetDecision[] =>
  planFleet(facts({ offers: [spot], records, ...change }), { ...defaultFleetSettings, ...settings });
const kindsOf = (decisions: readonly FleetDecision[]) => decisions.map(({ kind }) => kind);
const due = (hours: number, change: Parameters<typeof demand>[0] = {}) =>
  demand({ deadline: after(hours * HOUR), ...change });

describe("a training that has time", () => {
  it("waits in a dear hour for one that usually is cheaper, and says until when and for what", () => {
    const [decision] = plan({ demand: [due(20)] });
    expect(decision?.kind).toBe("wait");
    expect(decision?.because).toMatch(
      /^waits until 23:00 UTC for spot NVIDIA L4 at \$0\.12\/h: \$0\.1\d+ is usual for it then, and \$0\.3\d+ now$/,
    );
  });

  it("is rented in the cheap hour", () => {
    const now = after(13 * HOUR);
    const cheap = { ...spot, pricePerHourMicroUsd: 120_000 };
    const then = recordsOfDays([spot], 5, (_, hours) => byDay(_, hours + 13), now);
    const [decision] = plan({ now, demand: [due(20)], offers: [cheap], records: then });
    expect(decision).toMatchObject({ kind: "create", candidates: [{ pricePerHourMicroUsd: 120_000 }] });
  });

  it("waits no more when the hour comes and is as dear as before", () => {
    const now = after(19 * HOUR);
    const dear = { ...spot, pricePerHourMicroUsd: 300_000 };
    const then = recordsOfDays([spot], 5, (_, hours) => byDay(_, hours + 19), now);
    expect(kindsOf(plan({ now, demand: [due(21)], offers: [dear], records: then }))).toEqual(["create"]);
  });

  it("does not wait where its deadline comes first, nobody gave it one, it is told not to, or too few days are known", () => {
    expect(kindsOf(plan({ demand: [due(13)] }))).toEqual(["create"]);
    expect(kindsOf(plan({ demand: [demand()] }))).toEqual(["create"]);
    expect(kindsOf(plan({ demand: [due(20)] }, { patience: "off" }))).toEqual(["create"]);
    expect(kindsOf(plan({ demand: [due(20)], records: recordsOfDays([spot], 2, byDay) }))).toEqual(["create"]);
  });

  it("waits without a deadline only where it is told to, as long as that saves more than waiting costs", () => {
    const patience = { patience: "all" } as const;
    expect(kindsOf(plan({ demand: [demand()] }, { ...patience, waitMicroUsdPerHour: 5_000 }))).toEqual(["wait"]);
    expect(kindsOf(plan({ demand: [demand()] }, { ...patience, waitMicroUsdPerHour: 50_000 }))).toEqual(["create"]);
  });

  it("does not wait where prices stand still, or jumped and stay", () => {
    expect(kindsOf(plan({ demand: [due(20)], records: {} }))).toEqual(["create"]);
    const jumped = recordsOfDays([spot], 5, (_, hours) => (hours < -29 ? 120_000 : 300_000));
    expect(kindsOf(plan({ demand: [due(20)], records: jumped }))).toEqual(["create"]);
  });

  it("does not change its mind once a machine is on its way for it, and goes on at once when it lost its machine", () => {
    const booting = supply({ state: "booting", offer: spot, wantedFor: ["job_1" as JobId], createdAt: after(-10) });
    expect(plan({ supply: [booting], demand: [due(20)] })).toMatchObject([{ kind: "keep", jobs: ["job_1"] }]);
    expect(kindsOf(plan({ demand: [due(20, { preemptions: 1 })] }))).toEqual(["create"]);
  });

  it("waits for no region that it may not have", () => {
    const far = { ...spot, region: "US-KS-2" };
    const both = { ...recordsOfDays([far], 5, byDay), ...recordsOfDays([spot], 5, () => 300_000) };
    const only = (regions: string[]) =>
      kindsOf(plan({ demand: [due(20, { regions })], offers: [spot, far], records: both }));
    expect(only(["US-KS-2"])).toEqual(["wait"]);
    expect(only(["EU-RO-1"])).toEqual(["create"]);
  });
});

describe("any plan with a past of prices", () => {
  const anyFacts: fc.Arbitrary<FleetFacts> = fc
    .record({
      hours: fc.array(fc.integer({ min: 50_000, max: 900_000 }), { minLength: 24, maxLength: 24 }),
      noise: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 7, maxLength: 7 }),
      jobs: fc.array(fc.record({ due: fc.integer({ min: 1, max: 30 }), work: fc.integer({ min: 600, max: 20_000 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      stock: fc.integer({ min: 1, max: 3 }),
      perHour: fc.option(fc.integer({ min: 0, max: 3_000_000 })),
    })
    .map(({ hours, noise, jobs, stock, perHour }) => {
      const offers = [{ ...spot, available: stock }, offer({ available: stock, pricePerHourMicroUsd: 1_000_000 })];
      const priceAt = (one: { readonly interruptible: boolean }, at: number) =>
        one.interruptible
          ? Math.round((hours[((at % 24) + 24) % 24] ?? 0) * (1 + (noise[-at % 7] ?? 0) / 100))
          : 1_000_000;
      const waiting = jobs.map(
        ({ due, work }, at): FleetDemand =>
          demand({
            job: `job_${at}`,
            deadline: after(due * HOUR),
            seconds: { [L4]: { p50: work, p90: work * 1.2 } },
          }),
      );
      const now = offers.map((one) => ({ ...one, pricePerHourMicroUsd: priceAt(one, 0) }));
      return facts({
        offers: now,
        records: recordsOfDays(now, 5, priceAt),
        demand: waiting,
        perHourMicroUsd: perHour,
      });
    });
  const check = (holds: (facts: FleetFacts, decisions: readonly FleetDecision[]) => void) =>
    fc.assert(
      fc.property(anyFacts, (all) => holds(all, planFleet(all, defaultFleetSettings))),
      { numRuns: 200 },
    );

  it("lets nobody wait for an hour after which a slow machine on demand would come too late", () => {
    check(({ demand: jobs }, decisions) => {
      for (const one of decisions) {
        if (one.kind !== "wait" || !one.because.startsWith("waits until")) continue;
        const job = jobs.find(({ job }) => job === one.job);
        const [, hour = "", minute = ""] = /until (\d\d):(\d\d)/.exec(one.because) ?? [];
        const minutes = Number(hour) * 60 + Number(minute) - NOW.getUTCHours() * 60 - NOW.getUTCMinutes();
        const begins = NOW.getTime() + ((minutes + 1_440) % 1_440) * 60_000;
        const worst = (job?.seconds[L4]?.p90 ?? 0) + defaultFleetSettings.bootSeconds.p90;
        expect(begins + worst * 1_000).toBeLessThanOrEqual(job?.deadline?.getTime() ?? 0);
      }
    });
  });

  it("is the same in whatever order the facts are told, and within the ceiling", () => {
    check((all, decisions) => {
      const turned = { ...all, demand: all.demand.toReversed(), offers: all.offers.toReversed() };
      expect(planFleet(turned, defaultFleetSettings)).toEqual(decisions);
      const rented = decisions.flatMap((one) =>
        one.kind === "create" ? [Math.max(...one.candidates.map((each) => each.pricePerHourMicroUsd))] : [],
      );
      const limit = all.perHourMicroUsd ?? Number.POSITIVE_INFINITY;
      expect(rented.reduce((sum, price) => sum + price, 0)).toBeLessThanOrEqual(limit);
    });
  });
});
