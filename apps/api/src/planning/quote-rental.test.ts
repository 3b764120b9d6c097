import {
  type FleetDemand,
  type FleetOffer,
  type FleetSupply,
  type JobId,
  type KnownModel,
  neutralRecipe,
  type Placement,
  type PlanLock,
  type PlannedStep,
  type Recipe,
} from "@loramill/contracts";
import { defaultFleetSettings } from "@loramill/fleet";
import { describe, expect, it } from "vitest";
import { rentalMarket } from "../../test/rental-market.ts";
import { type RentalContext, rentalQuotes } from "./quote-rental.ts";

const RTX4090 = "NVIDIA GeForce RTX 4090";
const MODEL = "some/model";
const WEIGHTS = "a".repeat(64);

const recipe: Recipe = {
  ...neutralRecipe,
  ...{ family: "sdxl", baseModel: MODEL, rank: 16, alpha: 16, learningRate: 1e-4, optimiser: "adamw8bit" },
  ...{ scheduler: "constant", mixedPrecision: "bf16", steps: 2_000, batchSize: 1, resolution: 1_024 },
  ...{ saveEverySteps: 200, textEncoderLearningRate: 0, seed: 1 },
};
const cloud: Placement = {
  ...{ mode: "cloud", provider: "runpod", gpu: RTX4090, dataCentres: [], maxMicroUsdPerHour: null },
};
const offer: FleetOffer = {
  ...{ provider: "runpod", gpuType: RTX4090, region: "EU-RO-1", vramBytes: 24 * 2 ** 30 },
  ...{ pricePerHourMicroUsd: 400_000, interruptible: false, available: 3 },
};
const models: KnownModel[] = [
  { id: MODEL, family: "sdxl", files: [{ path: "w.safetensors", stored: { sha256: WEIGHTS, bytes: 7e9 } }] },
];
const pod = (more: Partial<FleetSupply> = {}): FleetSupply => ({
  ...{
    name: "loramill-1",
    provider: "runpod",
    state: "ready",
    offer,
    priceAtMostMicroUsd: 400_000,
    slots: 1,
    jobs: [],
  },
  ...{ wantedFor: [], projects: [], holds: [WEIGHTS], busyAt: null },
  ...{ createdAt: new Date("2026-11-20T09:00:00Z"), answeredAt: new Date("2026-11-20T09:02:00Z") },
  ...more,
});

const ask = (
  facts: Parameters<typeof rentalMarket>[0],
  {
    placement = cloud,
    local = null,
    backend = "agent",
    ...market
  }: Parameters<typeof rentalMarket>[1] & {
    placement?: Placement | null;
    local?: object | null;
    backend?: string;
  } = {},
) => {
  const step = { name: "train", params: { backend, recipe, placement } } as unknown as PlannedStep;
  const lock = { name: "x", priority: 5, steps: [step] } as unknown as PlanLock;
  const backends = [{ name: backend, capabilities: { placement: { local, cloud: { providers: ["runpod"] } } } }];
  const context = {
    ...{ market: rentalMarket(facts, market), models, past: [] },
    trainingBackends: backends as unknown as RentalContext["trainingBackends"],
  };
  return rentalQuotes(lock, context)(step, 20);
};

const priced = (...given: Parameters<typeof ask>) => {
  const price = ask(...given)?.price;
  if (!price) throw new Error("it has no price");
  return price;
};

describe("the price of a training on a rented machine", () => {
  it("is boot, download, work and idling, and the same for the same market", () => {
    const { parts, expectedMicroUsd, costMicroUsd, seconds } = priced({ offers: [offer] });
    expect(parts.map(({ part, seconds }) => [part, seconds > 0])).toEqual([
      ["boot", true],
      ["download", true],
      ["work", true],
      ["restarts", false],
      ["idle", true],
    ]);
    expect(parts.reduce((sum, { microUsd }) => sum + microUsd, 0)).toBe(expectedMicroUsd);
    expect(costMicroUsd.p90).toBeGreaterThan(costMicroUsd.p50);
    const busy = parts.filter(({ part }) => part !== "idle").reduce((sum, part) => sum + part.seconds, 0);
    expect(seconds.p50 / busy).toBeCloseTo(1, 0);
    expect(priced({ offers: [offer] })).toEqual(priced({ offers: [offer] }));
  });

  it("takes the fleet's own settings: a machine that idles longer costs more", () => {
    const settings = { ...defaultFleetSettings, idleSeconds: 3_600 };
    const idle = (of: ReturnType<typeof priced>) => of.parts.find(({ part }) => part === "idle")?.seconds;
    expect(idle(priced({ offers: [offer] }, { settings }))).toBe(3_600);
    expect(idle(priced({ offers: [offer] }))).toBe(defaultFleetSettings.idleSeconds);
  });

  it("is lower where a machine is there that holds the base model, and the note names it", () => {
    const warm = { offers: [offer], supply: [pod()] };
    expect(priced(warm).expectedMicroUsd).toBeLessThan(priced({ offers: [offer] }).expectedMicroUsd);
    expect(ask(warm)?.notes).toEqual([expect.stringContaining("train: on loramill-1, which is there: ")]);
  });

  it("waits behind what the machine has to do where that is cheaper than another", () => {
    const work = { job: "other" as JobId, pod: "loramill-1", seconds: { [RTX4090]: { p50: 60, p90: 70 } }, models: [] };
    const busy = { offers: [offer], supply: [pod({ jobs: [work.job] })], demand: [work as unknown as FleetDemand] };
    expect(priced(busy).seconds.p50).toBeGreaterThan(priced({ offers: [offer], supply: [pod()] }).seconds.p50 + 30);
  });

  it("is that of the list, with the same parts, where nothing is offered or nothing on offer will do", () => {
    const unknown = ask({});
    expect(unknown?.price?.parts.find(({ part }) => part === "boot")?.microUsd).toBeGreaterThan(0);
    expect(unknown?.notes).toEqual([
      expect.stringMatching(/no offers are known yet.*list prices.*RTX 4090 at \$0\.34\/h/),
    ]);
    const set = ask({}, { listUsdPerHour: new Map([[RTX4090, 0.5]]) });
    expect(set?.notes).toEqual([expect.stringContaining("at $0.50/h")]);
    const dear = ask(
      { offers: [{ ...offer, pricePerHourMicroUsd: 900_000 }] },
      { placement: { ...cloud, maxMicroUsdPerHour: 500_000 } },
    );
    expect(dear?.notes).toEqual([expect.stringMatching(/no machine on offer can take the training.*list prices/)]);
    const cheap = ask({ offers: [offer] }, { placement: { ...cloud, maxMicroUsdPerHour: 1_000 } });
    expect(cheap).toEqual({
      price: null,
      notes: [expect.stringContaining("no machine on offer can take the training")],
    });
  });

  it("does not change by what forbids to rent now; that is told", () => {
    const free = priced({ offers: [offer] });
    for (const [facts, more, note] of [
      [{ stopped: "a test" }, {}, "nothing is rented while the fleet is stopped: a test"],
      [{ perHourMicroUsd: 100_000 }, {}, "left below the ceiling of $0.10/h"],
      [{ perHourByProject: { prj_1: 200_000 } }, {}, "$0.20/h of its project"],
      [{}, { settings: { ...defaultFleetSettings, maxPods: 0 } }, "0 machines are the most that may be rented at once"],
      [{}, { dryRun: true }, "the fleet is in dry run"],
    ] as const) {
      const answer = ask({ offers: [offer], ...facts }, more);
      expect(answer?.price).toEqual(free);
      expect(answer?.notes[1]).toContain(note);
    }
  });

  it("is none where a machine of one's own may take the training, and where another backend rents", () => {
    expect(ask({ offers: [offer] }, { placement: null, local: {} })).toBeNull();
    expect(ask({ offers: [offer] }, { placement: null })?.price).not.toBeNull();
    expect(ask({ offers: [offer] }, { backend: "replicate" })).toBeNull();
  });
});
