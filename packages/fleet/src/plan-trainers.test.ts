import type { FleetDecision, FleetFacts } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { planFleet } from "./plan-fleet.ts";
import { withTold } from "./supply-of.ts";
import { after, demand, facts, NOW, offer, supply } from "./testing/facts.ts";

const plan = (change: Partial<FleetFacts>): FleetDecision[] => planFleet(facts(change), defaultFleetSettings);

const SD = { image: "registry.example/sd:1", trainers: ["sd-scripts"] };
const BOTH = { image: "registry.example/both:1", trainers: ["ai-toolkit", "simpletuner"] };
const offers = [offer({ images: [SD, BOTH] })];
const flux = demand({ job: "job_flux", trainer: "ai-toolkit" });
const sdxl = demand({ job: "job_sdxl", trainer: "sd-scripts" });

describe("trainings of several trainers", () => {
  it("get machines with an image of theirs, each for those that its image can do", () => {
    const wan = demand({ job: "job_wan", trainer: "simpletuner" });
    const short = { seconds: { "NVIDIA L4": { p50: 60, p90: 70 } } };
    const created = plan({
      demand: [
        { ...flux, ...short },
        { ...sdxl, ...short },
        { ...wan, ...short },
      ],
      offers,
    });
    expect(created).toMatchObject([
      { kind: "create", jobs: ["job_flux", "job_wan"], candidates: [{ images: [BOTH] }] },
      { kind: "create", jobs: ["job_sdxl"], candidates: [{ images: [SD] }] },
    ]);
  });

  it("are put on no machine whose agent lacks their trainer, which is therefore not kept for them", () => {
    const pod = supply({ trainers: ["sd-scripts"], busyAt: after(-900) });
    expect(plan({ demand: [flux], supply: [pod], offers })).toMatchObject([
      { kind: "create", jobs: ["job_flux"], candidates: [{ images: [BOTH] }] },
      { kind: "drain", pod: "lm-1" },
    ]);
    expect(plan({ demand: [sdxl], supply: [pod], offers })).toMatchObject([{ kind: "keep", jobs: ["job_sdxl"] }]);
  });

  it("are on no machine that was rented with another's image and has not answered yet", () => {
    const boots = supply({
      state: "booting",
      answeredAt: null,
      busyAt: null,
      createdAt: NOW,
      offer: offer({ images: [SD] }),
    });
    expect(plan({ demand: [flux], supply: [boots], offers }).map(({ kind }) => kind)).toEqual(["create", "end"]);
  });

  it("wait where no image has their trainer, and are told what to do", () => {
    const because =
      "no machine that could be rented has ai-toolkit: give it an image that has it in FLEET_IMAGES, or leave it out of AGENT_TRAINERS";
    const wait = [{ kind: "wait", job: "job_flux", because }];
    expect(plan({ demand: [flux], offers: [offer({ images: [SD] })] })).toEqual(wait);
    // It was to have all of them, and the last machine that ran it had one.
    const all = { image: "registry.example/all:1", trainers: ["ai-toolkit", "sd-scripts"] };
    const told = new Map([[all.image, ["sd-scripts"]]]);
    expect(plan({ demand: [flux], offers: [withTold(offer({ images: [all] }), told)] })).toEqual(wait);
    expect(plan({ demand: [sdxl], offers: [withTold(offer({ images: [all] }), told)] })).toMatchObject([
      { kind: "create" },
    ]);
  });
});

describe("a machine that is ready and begins nothing of what is next on it", () => {
  const idle = (seconds: number) => ({
    demand: [demand()],
    supply: [supply({ busyAt: null, idleWithNextMs: after(-seconds).getTime() })],
    offers,
  });

  it("is kept for a while, from the first plan that had something for it", () => {
    const first = plan({ ...idle(0), supply: [supply({ busyAt: null })] });
    expect(first).toMatchObject([{ kind: "keep", idleWithNextMs: NOW.getTime() }]);
    const later = plan(idle(299));
    expect(later).toMatchObject([{ kind: "keep", idleWithNextMs: after(-299).getTime() }]);
  });

  it("is given back then, for good and with the reason", () => {
    const [drain] = plan(idle(300));
    expect(drain).toEqual({
      kind: "drain",
      pod: "lm-1",
      because:
        "is ready, and of 1 job that is next on it none has begun for 5 min: what its agent answers is told by the events of job_1",
    });
  });

  it("is not one that had work since, or has some", () => {
    const pod = supply({ busyAt: after(-20), idleWithNextMs: after(-900).getTime() });
    expect(plan({ ...idle(0), supply: [pod] })).toMatchObject([{ kind: "keep", idleWithNextMs: after(-20).getTime() }]);
    const works = demand({ job: "job_0", pod: "lm-1" });
    const [keep] = plan({ demand: [works, demand()], supply: [{ ...pod, jobs: [works.job] }] });
    expect(keep).toMatchObject({ kind: "keep" });
    expect(keep).not.toHaveProperty("idleWithNextMs");
  });
});
