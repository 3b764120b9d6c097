import type { FleetFacts, ProjectId } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { planFleet } from "./plan-fleet.ts";
import { pressDeadlines } from "./press-deadlines.ts";
import { after, demand, facts, NOW, offer } from "./testing/facts.ts";

const HOUR = 3_600;
const deadline = after(100 * HOUR);
const behind = (trainings: number, over: Partial<NonNullable<FleetFacts["backlog"]>[number]> = {}) => ({
  ...{ project: "project_1" as ProjectId, deadline, trainings },
  ...over,
});
const many = Array.from({ length: 10 }, (_, at) => demand({ job: `job_${at}`, deadline }));
const hoursLeft = (change: Partial<FleetFacts>) =>
  pressDeadlines(facts({ demand: many, ...change }), defaultFleetSettings).map(({ deadline: at }) =>
    at === null ? null : (at.getTime() - NOW.getTime()) / 1_000 / HOUR,
  );

describe("work behind the trainings that were let go", () => {
  it("takes of the time until its deadline what it needs", () => {
    expect(hoursLeft({ backlog: [behind(90)] })).toEqual(many.map(() => 10));
    expect(hoursLeft({})).toEqual(many.map(() => 100));
  });

  it("is none of another project, of another deadline, or without one", () => {
    const others = [behind(90, { project: "project_2" as ProjectId }), behind(90, { deadline: after(HOUR) })];
    expect(hoursLeft({ backlog: others })).toEqual(many.map(() => 100));
    const [free] = pressDeadlines(facts({ demand: [demand()], backlog: others }), defaultFleetSettings);
    expect(free?.deadline).toBeNull();
  });

  it("asks for nothing impossible: a boot and twice the work remain, and what is late stays so", () => {
    expect(hoursLeft({ backlog: [behind(1e6)] })[0]).toBeCloseTo((300 + 2 * 4_200) / HOUR);
    const late = after(-HOUR);
    const past = { demand: [demand({ deadline: late })], backlog: [behind(90, { deadline: late })] };
    expect(hoursLeft(past)).toEqual([-1]);
  });

  it("makes the plan rent as many machines as all of it takes, not only what was let go", () => {
    const machines = (trainings: number) =>
      planFleet(
        facts({
          demand: many.map((job) => ({ ...job, deadline: after(40 * HOUR) })),
          offers: [offer({ available: 50 })],
          backlog: trainings === 0 ? [] : [behind(trainings, { deadline: after(40 * HOUR) })],
        }),
        { ...defaultFleetSettings, maxPods: 50, waitMicroUsdPerHour: 0 },
      ).filter(({ kind }) => kind === "create").length;
    expect(machines(0)).toBe(1);
    expect(machines(110)).toBeGreaterThanOrEqual(3);
  });
});
