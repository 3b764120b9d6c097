import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createComfyUiTraining, createReplicateTraining } from "@loramill/backends";
import {
  type Charge,
  type InputOf,
  type JobOutput,
  type JsonObject,
  neutralRecipe,
  Parked,
  type Recipe,
  type Stores,
  type TrainingBackend,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import {
  type CrashPoint,
  createCrashPoint,
  fakeJobContext,
  startFakeComfyUiServer,
  startFakeReplicateTrainer,
} from "@loramill/testkit";
import { fetch } from "undici";
import { afterAll, describe, expect, it } from "vitest";
import { putDataset } from "../test/put-dataset.ts";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

/** A remote side, and a backend as each process opens it. */
interface World {
  readonly recipe: Recipe;
  open(stores: Stores, crash: CrashPoint): TrainingBackend;
  /** How many trainings were paid for. */
  submissions(): number;
  close(): Promise<void>;
}

const worlds: Readonly<Record<string, () => Promise<World>>> = {
  async replicate() {
    const server = await startFakeReplicateTrainer();
    const baseModel = "black-forest-labs/FLUX.1-dev";
    const options = {
      family: "flux" as const,
      ...{ token: "r8_token", url: server.url, trainer: "ostris/flux-dev-lora-trainer", baseModel },
      ...{ destination: "me/loras", hardware: "cpu", usdPerSecond: 0.001, webhookUrl: null },
      ...{ maxJobs: 1, timeoutSeconds: 7200, pollMs: 1, maxUploadBytes: 1e6, maxWeightsBytes: 1e6 },
    };
    return {
      recipe: {
        ...neutralRecipe,
        family: "flux",
        ...{ baseModel, rank: 4, alpha: 4, learningRate: 4e-4, batchSize: 1, steps: 100 },
        ...{ resolution: 512, scheduler: "constant", saveEverySteps: 50, seed: 1 },
      },
      open(stores, crash) {
        return createReplicateTraining(options, {
          stores,
          clock: { now: () => new Date() },
          fetch: crash.fetch(fetch),
        });
      },
      submissions: () => server.created.length,
      close: server.close,
    };
  },

  async comfyui() {
    const server = await startFakeComfyUiServer();
    const options = {
      servers: [{ url: server.url, headers: {} }],
      ...{ isSet: true, timeoutMs: 20_000, maxJobs: 1, pollMs: 1, trainingTimeoutSeconds: 3600, usdPerHour: 0 },
    };
    return {
      recipe: {
        ...neutralRecipe,
        family: "sdxl",
        baseModel: "stabilityai/stable-diffusion-xl-base-1.0",
        ...{ rank: 4, alpha: 4, learningRate: 4e-4, batchSize: 1, steps: 3, buckets: true },
        ...{ resolution: 512, scheduler: "constant", saveEverySteps: 50, seed: 1 },
      },
      open(stores, crash) {
        return createComfyUiTraining(options, { stores, clock: { now: () => new Date() }, fetch: crash.fetch(fetch) });
      },
      submissions: () => server.submitted.length,
      close: server.close,
    };
  },
};

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Outcome {
  readonly awaits: number;
  readonly submissions: number;
  readonly output: JobOutput;
  readonly charges: ReadonlyMap<string, number>;
  readonly stores: Stores;
  close(): Promise<void>;
}

/** One training from its first turn to its LoRA, by as many processes as it takes; the first dies at the n-th await. */
async function train(
  openWorld: () => Promise<World>,
  death: { at: number; when: "before" | "after" },
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "crashes-"));
  folders.push(folder);
  const stores = await openStores({ url: folder, sync: "never" });
  const world = await openWorld();
  const crash = createCrashPoint();
  const opened: TrainingBackend[] = [];
  const start = () => {
    const seen = crash.stores(stores);
    const backend = world.open(seen, crash);
    opened.push(backend);
    const slots = { take: () => crash.step(async () => true) };
    return {
      stores: seen,
      backends: [backend],
      slots,
      requests: createRequestLoader(seen),
      clock: { now: () => new Date() },
    };
  };
  const input: InputOf<"train-lora"> = {
    inputs: { dataset: await putDataset(stores, ["a red thing", "a blue thing"]) },
    params: {
      name: "things",
      backend: start().backends[0]?.name ?? "",
      backendVersion: (await opened[0]?.version()) ?? "",
      triggerWord: "sks",
      recipe: world.recipe,
    },
  };
  let deps = start();
  let turn: JsonObject | null = null;
  let awaits = 0;
  const charges = new Map<string, number>();
  crash.arm({ n: death.at, when: death.when });
  for (let epoch = 1; epoch < 200; epoch += 1) {
    try {
      const ctx = fakeJobContext({ turn, epoch });
      const answer = await trainLora(input, deps, ctx);
      // The catalog takes the turn and its charges together, or neither.
      await crash.step(async () => {
        for (const { mark, amountMicroUsd } of ctx.said.charges as Charge[]) charges.set(mark ?? "", amountMicroUsd);
        if (answer instanceof Parked) turn = answer.turn;
      });
      if (answer instanceof Parked) continue;
      if (awaits === 0) awaits = crash.steps;
      const close = async () => {
        for (const backend of opened) await backend.close();
        await world.close();
        await stores.close();
      };
      return { awaits, submissions: world.submissions(), output: answer, charges, stores, close };
    } catch (error) {
      if (!crash.hasCrashed) throw error;
      awaits = crash.steps;
      crash.revive();
      deps = start();
    }
  }
  throw new Error("the training did not end");
}

describe.each(Object.entries(worlds))("a training on %s whose process dies", (_name, openWorld) => {
  it.each(["before", "after"] as const)(
    "%s any of its awaits is paid for once and gives one LoRA",
    async (when) => {
      const whole = await train(openWorld, { at: Number.POSITIVE_INFINITY, when });
      expect(whole.submissions).toBe(1);
      const expected = await whole.stores.documents.get("lora", whole.output.digest);
      expect(whole.awaits).toBeGreaterThan(20);
      for (let at = 1; at <= whole.awaits; at += 1) {
        const { submissions, output, charges, stores, close } = await train(openWorld, { at, when });
        expect({ at, submissions }).toEqual({ at, submissions: 1 });
        expect({ at, charges: [...charges] }).toEqual({ at, charges: [...whole.charges] });
        const lora = await stores.documents.get("lora", output.digest);
        expect(lora.tensorsSha256).toBe(expected.tensorsSha256);
        await close();
      }
      await whole.close();
    },
    300_000,
  );
});
