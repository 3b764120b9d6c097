import type { FleetDecision, FleetFacts, JobId } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { defaultFleetSettings, type FleetSettings } from "./fleet-settings.ts";
import { planFleet } from "./plan-fleet.ts";
import { A40, after, demand, facts, GIB, L4, model, offer, supply } from "./testing/facts.ts";

const plan = (change: Partial<FleetFacts>, settings: Partial<FleetSettings> = {}): FleetDecision[] =>
  planFleet(facts(change), { ...defaultFleetSettings, ...settings });
const spot = offer({ interruptible: true, pricePerHourMicroUsd: 200_000 });
const many = (count: number, change: Parameters<typeof demand>[0] = {}) =>
  Array.from({ length: count }, (_, at) => demand({ ...change, job: `job_${at}` }));
const busy = (change: Parameters<typeof demand>[0] = {}) => ({
  supply: [supply({ jobs: ["job_0" as JobId], holds: [model("a")] })],
  demand: [
    demand({ job: "job_0", pod: "lm-1", seconds: { [L4]: { p50: 600, p90: 700 } } }),
    demand({ job: "job_1", ...change }),
  ],
});

describe("renting", () => {
  it("takes the offer that is cheapest for the work, not by the hour, and says what it expects", () => {
    const slow = offer({ gpuType: A40, pricePerHourMicroUsd: 350_000 });
    const job = demand({ seconds: { [L4]: { p50: 3_600, p90: 4_000 }, [A40]: { p50: 9_000, p90: 9_900 } } });
    const [create] = plan({ demand: [job], offers: [slow, offer()] });
    expect(create).toMatchObject({ kind: "create", provider: "runpod", jobs: ["job_1"] });
    expect(create?.kind === "create" && create.candidates[0]).toMatchObject({ gpuType: L4 });
    expect(create?.because).toBe(
      "1 job of 1 h 1 min: NVIDIA L4 in EU-RO-1 at $0.40/h is expected to cost $0.4571 with a boot of 2 min; the next, NVIDIA A40 in EU-RO-1 at $0.35/h, $0.9249",
    );
  });

  it("counts boots, restarts and downloads: spot is left where it is taken back all the time", () => {
    const first = (preemptionsPerHour: number) => {
      const record = { failureShare: 0.05, preemptionsPerHour, bootSeconds: { p50: 600, p90: 900 } };
      const [create] = plan({
        demand: [demand()],
        offers: [spot, offer()],
        records: { "runpod|NVIDIA L4|EU-RO-1||spot": record },
      });
      return create?.kind === "create" && create.candidates[0]?.interruptible;
    };
    expect(first(0.1)).toBe(true);
    expect(first(6)).toBe(false);
  });

  it("ranks down offers whose machines come to grief, and leaves alone those where more do than not", () => {
    const other = offer({ region: "US-KS-2" });
    const regions = (failureShare: number) => {
      const record = { failureShare, preemptionsPerHour: null, bootSeconds: null };
      const records = { "runpod|NVIDIA L4|EU-RO-1||on-demand": record };
      const [create] = plan({ demand: [demand()], offers: [offer(), other], records });
      return create?.kind === "create" && create.candidates.map(({ region }) => region);
    };
    expect(regions(0.4)).toEqual(["US-KS-2", "EU-RO-1"]);
    expect(regions(0.6)).toEqual(["US-KS-2"]);
  });

  it("goes from spot to on demand when a restart would miss the deadline", () => {
    const isSpot = (seconds: number) => {
      const [create] = plan({ demand: [demand({ deadline: after(seconds) })], offers: [spot, offer()] });
      return create?.kind === "create" && create.candidates[0]?.interruptible;
    };
    expect(isSpot(8_000)).toBe(true);
    expect(isSpot(4_700)).toBe(false);
  });

  it("rents the fastest when a deadline cannot be met any more, and the cheapest when it has passed", () => {
    const fast = offer({ gpuType: A40, pricePerHourMicroUsd: 3_000_000 });
    const first = (seconds: number) => {
      const [create] = plan({ demand: [demand({ deadline: after(seconds) })], offers: [spot, offer(), fast] });
      return create?.kind === "create" && create.candidates[0];
    };
    expect(first(3_000)).toMatchObject({ gpuType: A40 });
    expect(first(-1)).toMatchObject({ gpuType: L4, interruptible: true });
  });
});

describe("money for a part", () => {
  const creates = (change: Partial<FleetFacts>) => plan(change).filter(({ kind }) => kind === "create");

  it("rents for a training that comes to a checkpoint with what is left, and expects to spend no more than that", () => {
    expect(creates({ demand: [demand()], offers: [offer()], remainingMicroUsd: 200_000 })).toMatchObject([
      { jobs: ["job_1"], expected: { microUsd: 200_000 } },
    ]);
  });

  it("promises the same money to one, and what is at work comes first", () => {
    const two = many(2, { run: "run_1" as never });
    expect(creates({ demand: two, offers: [offer()], remainingMicroUsd: 200_000 })).toMatchObject([
      { jobs: ["job_0"], expected: { microUsd: 200_000 } },
    ]);
    const {
      demand: [running],
      supply: pods,
    } = busy();
    const facts = { supply: pods, demand: [...(running ? [running] : []), demand({ job: "job_1" })] };
    const offers = [offer()];
    expect(plan({ ...facts, offers, remainingMicroUsd: 1_000_000 }).some(({ kind }) => kind === "wait")).toBe(false);
    expect(plan({ ...facts, offers, remainingMicroUsd: 70_000 })).toContainEqual(
      expect.objectContaining({ kind: "wait", job: "job_1" }),
    );
  });
});

describe("packing", () => {
  it("puts jobs behind each other where a boot costs more than waiting is worth, within the deadline", () => {
    const creates = (deadline: Date | null) =>
      plan(
        { demand: many(4, { deadline }), offers: [offer({ available: 9 })] },
        { waitMicroUsdPerHour: 30_000 },
      ).filter(({ kind }) => kind === "create");
    expect(creates(null)).toHaveLength(2);
    expect(creates(after(20_000))).toHaveLength(1);
    expect(creates(after(5_500))).toHaveLength(4);
  });

  it("rents where the base model lies on a volume when its download costs more than the difference in price", () => {
    const there = offer({ region: "EU-CZ-1", pricePerHourMicroUsd: 410_000 });
    const jobs = [demand({ models: [{ digest: model("a"), bytes: 60 * GIB }] })];
    const first = (volumes: FleetFacts["volumes"]) => {
      const [create] = plan({ demand: jobs, offers: [offer(), there], ...(volumes && { volumes }) });
      return create?.kind === "create" && create.candidates[0]?.region;
    };
    const volume = { provider: "runpod", region: "EU-CZ-1", holds: [model("a")] };
    expect(first(undefined)).toBe("EU-RO-1");
    expect(first([volume])).toBe("EU-CZ-1");
    expect(first([{ ...volume, holds: [model("b")] }])).toBe("EU-RO-1");
    expect(first([{ ...volume, provider: "another" }])).toBe("EU-RO-1");
  });

  it("waits for a warm machine that holds the base model rather than to boot another", () => {
    const decisions = plan({ ...busy(), offers: [offer()] });
    expect(decisions).toMatchObject([{ kind: "keep", pod: "lm-1", jobs: ["job_0", "job_1"] }]);
    expect(decisions[0]?.because).toBe("works on 1 job, 1 job next; done in about 1 h 10 min");
  });

  it("waits for a machine that boots, though it has told of no slots yet, and uses all slots of one that is up", () => {
    const booting = supply({ state: "booting", slots: 0, createdAt: after(-60), answeredAt: null, busyAt: null });
    expect(plan({ supply: [booting], demand: [demand()], offers: [offer()] })).toMatchObject([
      { kind: "keep", pod: "lm-1", jobs: ["job_1"], because: "boots, 1 job next; done in about 1 h 2 min" },
    ]);
    const wide = supply({ slots: 2, holds: [model("a")] });
    const [keep] = plan({ supply: [wide], demand: many(2), offers: [offer()] });
    expect(keep?.because).toBe("is free, 2 jobs next; done in about 1 h");
  });

  it("boots another when the warm one is free too late", () => {
    const decisions = plan({ ...busy({ deadline: after(4_800) }), offers: [offer()] });
    expect(decisions.map(({ kind }) => kind)).toEqual(["create", "keep"]);
  });

  it("gives a training that lost its machine one of its own, unless the warm one is free about as soon", () => {
    const fast = offer({ gpuType: A40, pricePerHourMicroUsd: 3_000_000 });
    const seconds = { [L4]: { p50: 3_600, p90: 4_000 }, [A40]: { p50: 1_800, p90: 2_000 } };
    const lost = { preemptions: 1, models: [{ digest: model("a"), bytes: GIB }], seconds };
    const kinds = (change: Parameters<typeof demand>[0], own = 600) => {
      const facts = busy(change);
      const [running] = facts.demand.map((job) => ({ ...job, seconds: { [L4]: { p50: own, p90: own } } }));
      return plan({
        ...facts,
        demand: [...(running ? [running] : []), ...facts.demand.slice(1)],
        offers: [offer(), fast],
      });
    };
    expect(kinds({ ...lost, preemptions: 0 })).toMatchObject([{ kind: "keep", jobs: ["job_0", "job_1"] }]);
    expect(kinds(lost)).toMatchObject([
      { kind: "create", jobs: ["job_1"] },
      { kind: "keep", jobs: ["job_0"] },
    ]);
    // It is to go on soon, and not to be done at any price.
    expect(kinds(lost)[0]).toMatchObject({ candidates: [{ gpuType: L4 }] });
    expect(kinds(lost, 60)).toMatchObject([{ kind: "keep", jobs: ["job_0", "job_1"] }]);
  });

  it.each([
    { p50: 2, p90: 3 },
    { p50: 6, p90: 60 },
  ])("rents no other machine while one boots for the job, however late that is: %o", (bootSeconds) => {
    const record = { failureShare: 0.05, preemptionsPerHour: null, bootSeconds };
    const records = { "runpod|NVIDIA L4|EU-RO-1||on-demand": record };
    const job = demand({ preemptions: 1, seconds: { [L4]: { p50: 30, p90: 40 } } });
    for (const state of ["wanted", "booting"] as const) {
      for (const age of [1, 5, 7, 60]) {
        const comes = supply({ state, slots: 0, createdAt: after(-age), answeredAt: null, busyAt: null });
        const decisions = plan({ supply: [comes], demand: [job], offers: [offer()], records }, { idleSeconds: 3 });
        expect(decisions, `${state} for ${age} s`).toMatchObject([{ kind: "keep", pod: "lm-1", jobs: ["job_1"] }]);
      }
    }
  });

  it("serves by priority, then by how soon a job has to begin", () => {
    const jobs = [
      demand({ job: "job_late", deadline: after(90_000) }),
      demand({ job: "job_soon", deadline: after(9_000) }),
      demand({ job: "job_first", priority: 0 }),
    ];
    const [create] = plan({ demand: jobs, offers: [offer({ available: 1 })] });
    expect(create?.kind === "create" && create.jobs).toEqual(["job_first", "job_soon", "job_late"]);
  });
});

describe("waiting says what would have to change", () => {
  const why = (change: Partial<FleetFacts>, settings: Partial<FleetSettings> = {}) =>
    plan({ demand: [demand()], offers: [offer()], ...change }, settings).find(({ kind }) => kind === "wait")?.because;

  it("when the fleet is stopped", () => {
    expect(why({ stopped: "no credit" })).toBe("nothing is rented while the fleet is stopped: no credit");
  });

  it("when nothing suits, or all of it is sold out", () => {
    expect(why({ demand: [demand({ vramBytes: 40 * GIB, regions: ["CA-MTL-1"] })] })).toBe(
      "none of 1 offer can do it (40 GiB of memory, regions CA-MTL-1); its placement has to allow more",
    );
    expect(why({ offers: [offer({ available: 0 })] })).toMatch(/^all 1 offer that can do it are out of stock/);
  });

  it("when a ceiling, a budget or the number of machines stands in its way", () => {
    expect(why({ perHourMicroUsd: 300_000 })).toMatch(
      /^the cheapest machine for it costs \$0\.40\/h, and \$0\.30\/h is left below the ceiling of \$0\.30\/h/,
    );
    expect(why({ remainingMicroUsd: 50_000 })).toMatch(
      /expected to cost \$0\.45\d*, \$0\.10\d* of it to its first checkpoint, and \$0\.05\d* is left/,
    );
    expect(why({ remainingByProject: { project_1: 50_000 } })).toMatch(/and \$0\.05\d* is left/);
    expect(why({ demand: [demand({ remainingMicroUsd: 50_000 })] })).toMatch(/and \$0\.05\d* is left/);
    expect(why({}, { maxPods: 0 })).toMatch(/^0 machines are the most/);
  });
});

describe("waiting for want of money", () => {
  const needed = (change: Partial<FleetFacts>): number | undefined => {
    const [wait] = plan({ demand: [demand()], offers: [offer()], ...change }).filter(({ kind }) => kind === "wait");
    if (wait?.kind !== "wait") throw new Error("it does not wait");
    return wait.neededMicroUsd;
  };

  it("says what it takes to the next checkpoint on the cheapest machine of all, sold out or not", () => {
    const poor = { demand: [demand({ remainingMicroUsd: 50_000 })] };
    const alone = needed(poor) ?? 0;
    expect(alone).toBeGreaterThan(50_000);
    const dearer = offer({ region: "US-KS-2", pricePerHourMicroUsd: 800_000 });
    expect(needed({ ...poor, offers: [offer({ available: 0 }), dearer] })).toBe(alone);
  });

  it("says nothing where another moment could have room", () => {
    expect(needed({ offers: [offer({ available: 0 })] })).toBeUndefined();
    expect(needed({ perHourMicroUsd: 300_000 })).toBeUndefined();
    expect(needed({ stopped: "no credit", demand: [demand({ remainingMicroUsd: 50_000 })] })).toBeUndefined();
    // Only a dear one is left: the budget has room for the one that is sold out.
    const [cheap, dear] = [offer({ available: 0 }), offer({ region: "US-KS-2", pricePerHourMicroUsd: 40_000_000 })];
    expect(needed({ offers: [cheap, dear], demand: [demand({ remainingMicroUsd: 900_000 })] })).toBeUndefined();
  });
});

describe("giving back", () => {
  const idle = (seconds: number, change: Parameters<typeof supply>[0] = {}) =>
    supply({ busyAt: after(-seconds), ...change });
  const about = (change: Partial<FleetFacts>, settings: Partial<FleetSettings> = {}) =>
    plan(change, { idleSeconds: 300, ...settings }).map(({ kind, because }) => `${kind}: ${because}`);

  it("keeps a machine without work for a while, then lets it go, down to none", () => {
    expect(about({ supply: [idle(200)] })).toEqual([
      "keep: without work for 3 min of 5 min: the next job needs no boot here",
    ]);
    expect(about({ supply: [idle(300)] })).toEqual(["drain: without work for 5 min of 5 min"]);
  });

  it("keeps one after all that was to go for want of work, when there is some again and nothing else stands against it", () => {
    const going = supply({ state: "draining", mayReturn: true, answeredAt: after(-900), holds: [model("a")] });
    const back = { supply: [going], demand: [demand()], offers: [offer()] };
    const kinds = (of: FleetDecision[]) => of.map(({ kind }) => kind);
    expect(plan(back)).toMatchObject([
      { kind: "keep", pod: "lm-1", jobs: ["job_1"], because: expect.stringMatching(/^was to go, 1 job next;/) },
    ]);
    expect(plan({ ...back, demand: [] })).toEqual([]);
    expect(kinds(plan({ ...back, stopped: "by hand" }))).toEqual(["wait"]);
    expect(kinds(plan({ ...back, perHourMicroUsd: 300_000 }))).toEqual(["wait"]);
    // By a person, for money, or because a ceiling was lowered.
    expect(kinds(plan({ ...back, supply: [{ ...going, mayReturn: false }] }))).toEqual(["create"]);
    const dear = offer({ pricePerHourMicroUsd: 4_000_000 });
    expect(kinds(plan({ ...back, supply: [{ ...going, offer: dear }] }))).toEqual(["create"]);
  });

  it("lets one go at once that another would be much cheaper than", () => {
    expect(about({ supply: [idle(10)], offers: [spot] })).toEqual([
      "drain: without work, and at $0.40/h too dear to wait: another NVIDIA L4 costs $0.20/h",
    ]);
  });

  it("keeps one where the cheaper cannot be had, eats its price up by its boot, or would be taken back before a deadline", () => {
    const pod = { supply: [idle(10)], offers: [spot] };
    const record = { failureShare: 0.6, preemptionsPerHour: null, bootSeconds: null };
    const key = "runpod|NVIDIA L4|EU-RO-1||spot";
    const kept = ["keep: without work for 10 s of 5 min: the next job needs no boot here"];
    expect(about({ ...pod, records: { [key]: record } })).toEqual(kept);
    const slow = { ...record, failureShare: 0.1, bootSeconds: { p50: 3_000, p90: 4_000 } };
    expect(about({ ...pod, records: { [key]: slow } })).toEqual(kept);
    const late = demand({ job: "job_0", pod: "lm-2", deadline: after(7_200) });
    const other = supply({ name: "lm-2", jobs: [late.job] });
    expect(about({ offers: [spot], supply: [idle(10), other], demand: [late] })).toContain(kept[0]);
  });

  it("keeps as many as the time of the week asks for, the cheapest first", () => {
    const keepWarm = [{ days: [5], fromMinute: 9 * 60, toMinute: 18 * 60, pods: 1 }];
    const pods = [
      idle(9_000, { name: "lm-1", offer: offer({ pricePerHourMicroUsd: 500_000 }) }),
      idle(9_000, { name: "lm-2" }),
    ];
    expect(plan({ supply: pods }, { keepWarm }).map(({ kind }) => kind)).toEqual(["drain", "keep"]);
    expect(plan({ now: after(9 * 3_600), supply: pods }, { keepWarm }).map(({ kind }) => kind)).toEqual([
      "drain",
      "drain",
    ]);
  });

  it("keeps a machine that is on its way for a job that another would have now, and lets it go when another has it", () => {
    const onItsWay = supply({ name: "lm-2", state: "booting", createdAt: after(-5), answeredAt: null, busyAt: null });
    const pods = [idle(10), { ...onItsWay, wantedFor: ["job_1" as JobId] }];
    const [, kept] = plan({ supply: pods, demand: [demand({ job: "job_1" })], offers: [offer()] });
    expect(kept).toMatchObject({ kind: "keep", pod: "lm-2", jobs: ["job_1"] });
    const taken = plan({ supply: pods, demand: [demand({ job: "job_1", pod: "lm-1" })], offers: [offer()] });
    expect(taken.find(({ kind }) => kind === "end")).toMatchObject({ pod: "lm-2" });
  });

  it("ends what was wanted for work that has gone, and wishes that nothing met", () => {
    const wanted = supply({ state: "wanted", createdAt: after(-60), answeredAt: null, busyAt: null });
    expect(about({ supply: [wanted] })).toEqual(["end: the work that it was wanted for is gone"]);
    const old = { ...wanted, createdAt: after(-400) };
    const decisions = plan({ supply: [old], demand: [demand()], offers: [offer()] });
    expect(decisions.map(({ kind }) => kind)).toEqual(["create", "end"]);
  });

  it("takes machines out when a ceiling is lowered, the idle and the dear first, and never their work", () => {
    const pods = [
      supply({ name: "lm-1", jobs: ["job_0" as JobId] }),
      supply({ name: "lm-2", offer: offer({ pricePerHourMicroUsd: 900_000 }), jobs: ["job_9" as JobId] }),
      supply({ name: "lm-3" }),
    ];
    const work = [demand({ job: "job_0", pod: "lm-1" }), demand({ job: "job_9", pod: "lm-2" })];
    const decisions = plan({ supply: pods, demand: work, perHourMicroUsd: 500_000 });
    expect(decisions).toMatchObject([
      { kind: "keep", pod: "lm-1" },
      { kind: "drain", pod: "lm-2" },
      { kind: "drain", pod: "lm-3" },
    ]);
    expect(decisions[1]?.because).toBe(
      "the machines cost $1.70/h and the ceiling is $0.50/h: this one takes no more work",
    );
  });

  it("replaces a machine that is being taken back, before its job is told", () => {
    const taken = supply({ state: "ending", jobs: ["job_1" as JobId] });
    const decisions = plan({ supply: [taken], demand: [demand({ pod: "lm-1" })], offers: [offer()] });
    expect(decisions).toMatchObject([{ kind: "create", jobs: ["job_1"] }]);
  });
});
