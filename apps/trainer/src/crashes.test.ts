import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createComfyUiTraining, createPocketTraining, createReplicateTraining } from "@loramill/backends";
import { neutralRecipe } from "@loramill/contracts";
import { presets } from "@loramill/recipes";
import { openStores } from "@loramill/storage";
import { createFakePocketEngine, startFakeComfyUiServer, startFakeReplicateTrainer } from "@loramill/testkit";
import { fetch } from "undici";
import { afterAll, describe, expect, it } from "vitest";
import { train, type World } from "../test/train-through-crashes.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), "crashes-"));
  folders.push(folder);
  return openStores({ url: folder, sync: "never" });
}

const clock = { now: () => new Date() };
const SIDE = 16;

const worlds: Readonly<Record<string, () => Promise<World>>> = {
  async replicate() {
    const [server, stores] = await Promise.all([startFakeReplicateTrainer(), openFolder()]);
    const baseModel = "black-forest-labs/FLUX.1-dev";
    const options = {
      family: "flux" as const,
      ...{ token: "r8_token", url: server.url, trainer: "ostris/flux-dev-lora-trainer", baseModel },
      ...{ destination: "me/loras", hardware: "cpu", usdPerSecond: 0.001, webhookUrl: null },
      ...{ maxJobs: 1, timeoutSeconds: 7200, pollMs: 1, maxUploadBytes: 1e6, maxWeightsBytes: 1e6 },
    };
    return {
      stores,
      recipe: {
        ...neutralRecipe,
        family: "flux",
        ...{ baseModel, rank: 4, alpha: 4, learningRate: 4e-4, batchSize: 1, steps: 100 },
        ...{ resolution: 512, scheduler: "constant", saveEverySteps: 50, seed: 1 },
      },
      open: (seen, crash) => createReplicateTraining(options, { stores: seen, clock, fetch: crash.fetch(fetch) }),
      submissions: () => server.created.length,
      async close() {
        await server.close();
        await stores.close();
      },
    };
  },

  async comfyui() {
    const [server, stores] = await Promise.all([startFakeComfyUiServer(), openFolder()]);
    const options = {
      servers: [{ url: server.url, headers: {} }],
      ...{
        isSet: true,
        timeoutMs: 20_000,
        maxJobs: 1,
        pollMs: 1,
        previewMs: null,
        trainingTimeoutSeconds: 3600,
        generationTimeoutSeconds: 3600,
        usdPerHour: 0,
      },
    };
    return {
      stores,
      recipe: {
        ...neutralRecipe,
        family: "sdxl",
        baseModel: "stabilityai/stable-diffusion-xl-base-1.0",
        ...{ rank: 4, alpha: 4, learningRate: 4e-4, batchSize: 1, steps: 3, buckets: true },
        ...{ resolution: 512, scheduler: "constant", saveEverySteps: 50, seed: 1 },
      },
      open: (seen, crash) => createComfyUiTraining(options, { stores: seen, clock, fetch: crash.fetch(fetch) }),
      submissions: () => server.submitted.length,
      async close() {
        await server.close();
        await stores.close();
      },
    };
  },

  async pocket() {
    const stores = await openFolder();
    const engine = createFakePocketEngine();
    const begun = new Set<string>();
    const prepareImage = async () => ({ width: SIDE, height: SIDE, rgb: new Uint8Array(SIDE * SIDE * 3).fill(200) });
    return {
      stores,
      recipe: { ...presets.pocket, resolution: SIDE, steps: 12, saveEverySteps: 3, learningRate: 0.02 },
      open(seen, crash) {
        // So short that every checkpoint is a turn of its own.
        const backend = createPocketTraining({ engine, stores: seen, clock, prepareImage, turnSeconds: 0.000_1 });
        return {
          ...backend,
          async submit(request, context) {
            const submitted = await crash.step(() => backend.submit(request, context));
            begun.add(submitted.remoteId);
            return submitted;
          },
        };
      },
      submissions: () => begun.size,
      close: () => stores.close(),
    };
  },
};

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
