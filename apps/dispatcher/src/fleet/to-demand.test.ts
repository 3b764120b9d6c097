import type { WantingTraining } from "@loramill/catalog";
import type { Placement } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { recipe } from "../../test/recipe.ts";
import { createWorkEstimates } from "./estimate-work.ts";
import { toDemand } from "./to-demand.ts";

const RTX4090 = "NVIDIA GeForce RTX 4090";
const H200 = "NVIDIA H200";

const training = (over: Partial<WantingTraining> = {}): WantingTraining => ({
  ...{ job: `job_${"1".repeat(32)}`, run: `run_${"1".repeat(32)}`, step: `stp_${"1".repeat(32)}` },
  ...{ project: `prj_${"1".repeat(32)}`, priority: 5, since: new Date(0), deadline: null, placement: null, images: 20 },
  trainer: null,
  ...{ recipe: JSON.parse(JSON.stringify(recipe)), stepsDone: 0, remainingMicroUsd: null, pod: null, preemptions: 0 },
  ...over,
});

function demandOf(given: WantingTraining) {
  const demand = toDemand(given, {
    gpuTypes: [RTX4090, H200, "a card that nobody knows"],
    models: new Map([["some/model", [{ digest: "f".repeat(64), bytes: 4_000 }]]]),
    past: [],
    estimates: createWorkEstimates(),
  });
  if (demand === null) throw new Error("it wants nothing");
  return demand;
}

describe("what a training wants", () => {
  it("is time on each GPU type of which something is known, and the files of its base model", () => {
    const { seconds, models, vramBytes } = demandOf(training());
    expect(Object.keys(seconds)).toEqual([RTX4090, H200]);
    expect(seconds[H200]?.p50).toBeLessThan(seconds[RTX4090]?.p50 ?? 0);
    expect(models).toHaveLength(1);
    expect(vramBytes).toBeGreaterThan(1e9);
  });

  it("shrinks with the steps that are done, and what a checkpoint loses does not", () => {
    const [whole, rest] = [demandOf(training()), demandOf(training({ stepsDone: 750 }))];
    expect(rest.seconds[RTX4090]?.p50).toBeCloseTo((whole.seconds[RTX4090]?.p50 ?? 0) / 4);
    expect(rest.checkpointSeconds).toBe(whole.checkpointSeconds);
    expect(demandOf(training({ stepsDone: 2_000 })).seconds[RTX4090]?.p90).toBe(0);
  });

  it("is the GPU, provider, regions and price of its placement, by whatever name", () => {
    const placement: Placement = {
      ...{ mode: "cloud", provider: "runpod", gpu: "RTX4090", dataCentres: ["EU-RO-1"], maxMicroUsdPerHour: 400_000 },
    };
    expect(demandOf(training({ placement }))).toMatchObject({
      ...{ providers: ["runpod"], regions: ["EU-RO-1"], maxMicroUsdPerHour: 400_000 },
      seconds: { [RTX4090]: {} },
    });
    expect(Object.keys(demandOf(training({ placement })).seconds)).toEqual([RTX4090]);
  });

  it("is nothing for a GPU on which it fits only narrowly, unless the placement names it", () => {
    const wide = JSON.parse(JSON.stringify({ ...recipe, family: "sdxl", resolution: 1_024 }));
    expect(Object.keys(demandOf(training({ recipe: wide })).seconds)).toEqual([H200]);
    const named: Placement = {
      ...{ mode: "cloud", provider: "runpod", gpu: RTX4090, dataCentres: [], maxMicroUsdPerHour: null },
    };
    expect(Object.keys(demandOf(training({ recipe: wide, placement: named })).seconds)).toEqual([RTX4090]);
  });

  it("is nothing for a recipe that cannot be read", () => {
    const context = { gpuTypes: [RTX4090], models: new Map(), past: [], estimates: createWorkEstimates() };
    expect(toDemand(training({ recipe: { family: "of tomorrow" } }), context)).toBeNull();
  });
});
