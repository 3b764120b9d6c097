import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import type { Clock, FleetOffer, JobId, JsonObject, PlanLock } from "@loramill/contracts";
import { defaultFleetSettings, type FleetSettings, offerKey } from "@loramill/fleet";
import { keepLog, type TrialStep, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll } from "vitest";
import { createMachinePlanner } from "../src/fleet/plan-machines.ts";
import type { FleetPlanOptions } from "../src/index.ts";
import { openBench } from "./bench.ts";
import { recipe } from "./recipe.ts";

const GIB = 1024 ** 3;

export const offer: FleetOffer = {
  ...{ provider: "simulated", gpuType: "NVIDIA GeForce RTX 4090", region: "EU-RO-1", vramBytes: 24 * GIB },
  ...{ pricePerHourMicroUsd: 340_000, interruptible: false, available: 10 },
};

export const fleetOptions = (settings: Partial<FleetSettings> = {}): FleetPlanOptions => ({
  providers: ["simulated"],
  namePrefix: "trial-",
  planMs: 50,
  settings: { ...defaultFleetSettings, ...settings },
});

export const clock = { now: () => new Date() };

/** What the leading dispatcher runs every few seconds, by itself. */
export const planner = (catalog: Catalog, options = fleetOptions(), time: Clock = clock) =>
  createMachinePlanner({ catalog, clock: time, log: keepLog() }, options);

export const trainStep = (name: string, params: JsonObject = {}): TrialStep => ({
  ...{ name: "train", kind: "train", job: "train-lora" },
  params: { name, backend: "agent", backendVersion: "agent/2", triggerWord: null, recipe, ...params },
});

/** A database server for the tests of a file, and benches on it. */
export function useFleetBench() {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());
  return {
    open: () => openFleetBench(server),
    /** The catalog of another process. */
    openAgain: (url: string) => server.openAgain(url),
  };
}

/** A dispatcher that rents nothing, trainings that wait for a machine, and the market of one provider. */
async function openFleetBench(server: TestServer) {
  const bench = await openBench(server);
  const { fleet } = bench.catalog;
  await fleet.offers.replace("simulated", [{ key: offerKey(offer), offer }]);

  /** The next delivery of a training, taken by a worker. */
  const takenBy = async (job: JobId | null) =>
    waitUntil("a delivery of the training", () =>
      bench.producer.due("train").find((delivery) => job === null || delivery.job === job),
    );

  /** What the provisioner does until the agent of a machine answers. */
  const bootPod = async (name: string, trainers: readonly string[] = ["ai-toolkit", "sd-scripts"]): Promise<void> => {
    await fleet.intents.put({ name, state: "rented", asked: null, remoteId: `remote-${name}` });
    const wanted = (await fleet.pod(name))?.candidates[0] ?? offer;
    await fleet.move(name, "rent", { rentedAt: new Date(), offer: { ...wanted, provider: offer.provider } });
    const health = { at: new Date(), trainers, slots: 1, active: 0, holds: [] };
    await fleet.move(name, "answer", { answeredAt: new Date(), address: `http://${name}:8690`, health });
  };

  return {
    ...bench,
    takenBy,
    bootPod,
    /** A training that every agent has refused. */
    async waitingTraining(
      name: string,
      params: JsonObject = {},
      lock: Partial<Omit<PlanLock, "policy">> = {},
    ): Promise<JobId> {
      await bench.submit([trainStep(name, params)], { ...lock, name });
      const delivery = await takenBy(null);
      await bench.workOn(delivery, async () => ({
        ...{ kind: "retrying", until: new Date(Date.now() + 3_600_000), spendsAttempt: false },
        error: { class: "transient", code: "capacity", message: "waits for a machine", details: {} },
        turn: { phase: "submitting" },
      }));
      return delivery.job;
    },
    /** A worker's turn that leaves the training at work on a machine. */
    async startOn(job: JobId, pod: string): Promise<void> {
      await bench.workOn(await takenBy(job), async () => ({
        kind: "parked",
        until: new Date(Date.now() + 3_600_000),
        turn: { phase: "running", remoteId: `1@${pod}`, pod },
      }));
    },
    /** Boots the machine that was wished for first, and answers its name. */
    async bootPlanned(): Promise<string> {
      const name = (await fleet.pods())[0]?.name ?? "";
      await bootPod(name);
      return name;
    },
  };
}
