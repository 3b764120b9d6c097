import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  neutralRecipe,
  PermanentError,
  type Recipe,
  type TrainingRequest,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { readSafetensors } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import {
  backendContext,
  type CrashPoint,
  type FakeReplicateTrainerOptions,
  pollTraining,
  runTrainingBackendSuite,
  startFakeReplicateTrainer,
  tinyLora,
} from "@loramill/testkit";
import { fetch } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { createReplicateTraining } from "./replicate-training.ts";
import type { ReplicateTrainingOptions } from "./replicate-training-options.ts";

const TOKEN = "r8_a-token-that-nobody-may-see";
const recipe: Recipe = {
  ...neutralRecipe,
  family: "flux",
  baseModel: "black-forest-labs/FLUX.1-dev",
  rank: 16,
  alpha: 16,
  learningRate: 4e-4,
  batchSize: 1,
  steps: 1000,
  resolution: 1024,
  scheduler: "constant",
  optimiser: "adamw8bit",
  captionDropout: 0.05,
  saveEverySteps: 250,
  seed: 0,
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(over: Partial<ReplicateTrainingOptions> = {}, server: FakeReplicateTrainerOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), "replicate-training-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const replicate = await startFakeReplicateTrainer({ token: TOKEN, ...server });
  cleanups.push(replicate.close);
  const stores = await openStores({ url: folder, sync: "never" });
  cleanups.push(() => stores.close());
  const options: ReplicateTrainingOptions = {
    token: TOKEN,
    url: replicate.url,
    trainer: "ostris/flux-dev-lora-trainer",
    family: "flux",
    baseModel: recipe.baseModel,
    destination: "me/loras",
    hardware: "gpu-h100",
    usdPerSecond: 0.001_525,
    maxJobs: 4,
    timeoutSeconds: 7200,
    pollMs: 1,
    webhookUrl: null,
    maxUploadBytes: 1_000_000,
    maxWeightsBytes: 10_000_000,
    ...over,
  };
  const make = (crash?: CrashPoint, more: Partial<ReplicateTrainingOptions> = {}) => {
    const parts = crash === undefined ? { stores } : { stores: crash.stores(stores), fetch: crash.fetch(fetch) };
    const backend = createReplicateTraining({ ...options, ...more }, { ...parts, clock: { now: () => new Date() } });
    cleanups.push(() => backend.close());
    return backend;
  };
  const picture = await stores.blobs.put(Buffer.from("a picture"), { mediaType: "image/png" });
  const backend = make();
  const request: TrainingRequest = {
    marker: `job_${"0".repeat(32)}`,
    backendVersion: await backend.version(),
    name: "a dog",
    triggerWord: "sks",
    recipe,
    images: [{ image: picture, width: 64, height: 64, caption: "sks, a dog" }],
    metadata: { "modelspec.title": "a dog" },
  };
  return { backend, make, request, replicate, stores };
}

runTrainingBackendSuite("replicate", async () => {
  const { backend, make, request, replicate } = await open();
  return {
    ...{ backend, request, hasObjects: async () => false, close: async () => {} },
    reopen: async (crash) => make(crash),
    remote: {
      started: async () => replicate.created.length,
      active: async () => replicate.active,
      loseNextAnswer: () => replicate.misbehave({ kind: "drop" }),
      vanish: async () => replicate.forget(),
      openWithWrongKey: async () => make(undefined, { token: "r8_of-somebody-else" }),
    },
  };
});

const context = (epoch = 1) => backendContext({ epoch });

describe("a training on Replicate", () => {
  it("sends pictures and captions, the recipe under the trainer's names, and says what it could not send", async () => {
    const { backend, request, replicate } = await open({ webhookUrl: "https://mill.example/v1/webhooks/replicate" });
    const odd = { ...request, recipe: { ...recipe, alpha: 8, warmupSteps: 50, horizontalFlip: true } };
    const { remoteId } = await backend.submit(odd, context());
    const [created] = replicate.created;
    expect(created).toMatchObject({
      destination: "me/loras",
      webhook: "https://mill.example/v1/webhooks/replicate",
      input: {
        trigger_word: "sks",
        autocaption: false,
        steps: 1000,
        learning_rate: 4e-4,
        lora_rank: 16,
        batch_size: 1,
        resolution: "1024",
        caption_dropout_rate: 0.05,
      },
    });
    expect(replicate.destinations).toEqual(["me/loras"]);
    const zip = replicate.uploaded(String(created?.input.input_images))?.toString("latin1") ?? "";
    expect(["000000.png", "000000.txt"].filter((name) => zip.includes(name))).toHaveLength(2);
    await pollTraining(backend, remoteId, odd);
    const { deviations } = await backend.collect(remoteId, odd, context(99));
    expect(deviations.map(({ message }) => message).join("\n")).toMatch(
      /alpha = rank.*\n?[\s\S]*warmupSteps \(50\)[\s\S]*horizontalFlip/,
    );
  });

  it("publishes the file of the archive with our metadata, and charges the seconds once", async () => {
    const { backend, request, stores } = await open();
    const { remoteId } = await backend.submit(request, context());
    const statuses = await pollTraining(backend, remoteId, request);
    const charges = statuses.flatMap((status) => ("charges" in status ? (status.charges ?? []) : []));
    expect(charges).toEqual([
      expect.objectContaining({ quantity: 502.71, unit: "gpu-second", amountMicroUsd: 766_633, mark: remoteId }),
    ]);
    const collected = await backend.collect(remoteId, request, context(99));
    expect(collected).toMatchObject({ steps: 1000, computeSeconds: 502.71, finalLoss: expect.any(Number) });
    expect(collected.curve.at(-1)).toMatchObject({ step: 1000, loss: 0.125 });
    const file = readSafetensors(await stores.blobs.read(collected.weights));
    expect(file.metadata.get("modelspec.title")).toBe("a dog");
    expect([...file.tensors.keys()][0]).toContain("lora_A.weight");
  });

  it("tells each line of the trainer's log once, whatever process asks", async () => {
    const { backend, make, request } = await open();
    const { remoteId } = await backend.submit(request, context());
    const lines: string[] = [];
    for (let epoch = 2; epoch < 9; epoch += 1) {
      const turn = context(epoch);
      const status = await make().poll(remoteId, request, turn);
      lines.push(...turn.lines);
      if (status.kind === "succeeded") break;
    }
    expect(lines.filter((line) => line.includes("1000/1000"))).toHaveLength(1);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it.each(["drop", "cut", "malformed"] as const)(
    "finds the training again whose answer was lost (%s)",
    async (kind) => {
      const { backend, make, request, replicate } = await open();
      replicate.misbehave({ kind });
      await expect(backend.submit(request, context())).rejects.toBeInstanceOf(TransientError);
      const other = make();
      const found = await other.find(request.marker, context(2));
      expect(await other.submit(request, context(2))).toEqual({ remoteId: found });
      expect(replicate.created).toHaveLength(1);
    },
  );

  it("finds nothing for another marker, and nothing before a submission", async () => {
    const { backend, request } = await open();
    expect(await backend.find(request.marker, context())).toBeNull();
    await backend.submit(request, context());
    expect(await backend.find("another", context(2))).toBeNull();
  });

  it.each([
    [401, PermanentError, "endpoint-key-refused", "REPLICATE_API_TOKEN"],
    [402, PermanentError, "payment-required", "add some at Replicate"],
    [422, UserError, "training-refused", "refused the training"],
    [429, TransientError, "rate-limited", "429"],
    [503, TransientError, "endpoint-failed", "503"],
  ] as const)("tells what to do about a %d, and shows no token", async (status, type, code, words) => {
    const { backend, request, replicate } = await open();
    replicate.misbehave({ kind: "status", status, body: { detail: `no, says ${TOKEN}`, status } });
    const error = await backend.submit(request, context()).catch((caught) => caught);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.message).not.toContain(TOKEN);
    expect(replicate.created).toHaveLength(0);
  });

  it("charges a training that failed, says why, and starts another when it is asked to", async () => {
    const { backend, request, replicate } = await open();
    replicate.misbehave({ kind: "fail", error: "Input images must be a zip" });
    const { remoteId } = await backend.submit(request, context());
    const last = (await pollTraining(backend, remoteId, request)).at(-1);
    expect(last).toMatchObject({
      kind: "failed",
      error: { code: "training-failed", message: expect.stringContaining("Input images must be a zip") },
      charges: [{ quantity: 61.5 }],
    });
    const again = await backend.submit(request, context(50));
    expect(again.remoteId).not.toBe(remoteId);
  });

  it("knows a trainer that ran out of memory", async () => {
    const { backend, request, replicate } = await open();
    replicate.misbehave({ kind: "fail", error: "CUDA out of memory. Tried to allocate 2.00 GiB" });
    const { remoteId } = await backend.submit(request, context());
    expect((await pollTraining(backend, remoteId, request)).at(-1)).toMatchObject({
      kind: "failed",
      error: { errorClass: "transient", code: "out-of-memory" },
    });
  });

  it("charges what a cancelled training had cost", async () => {
    const { backend, request } = await open();
    const { remoteId } = await backend.submit(request, context());
    expect(await backend.cancel(remoteId, context(2))).toBe("cancelled");
    expect(await backend.poll(remoteId, request, context(3))).toMatchObject({
      kind: "cancelled",
      charges: [{ quantity: 30 }],
    });
  });

  it.each([
    ["no LoRA", [{ name: "config.yaml", body: Buffer.from("x") }], "no .safetensors"],
    [
      "two LoRAs",
      [
        { name: "a/lora.safetensors", body: tinyLora(["x"], { rank: 2 }) },
        { name: "b/lora.safetensors", body: tinyLora(["x"], { rank: 2 }) },
      ],
      "several LoRAs",
    ],
    [
      "a link for a LoRA",
      [{ name: "lora.safetensors", body: Buffer.alloc(0), linkTo: "/etc/passwd" }],
      "no .safetensors",
    ],
    ["no archive", Buffer.from("this is no archive at all".repeat(100)), ""],
    ["more than is allowed", [{ name: "lora.safetensors", body: Buffer.alloc(2_000) }], "the limit"],
  ])("refuses an archive with %s", async (_what, weights, words) => {
    const { backend, request, replicate } = await open({ maxWeightsBytes: 1_900 });
    replicate.misbehave({ kind: "deliver", weights });
    const { remoteId } = await backend.submit(request, context());
    await pollTraining(backend, remoteId, request);
    await expect(backend.collect(remoteId, request, context(9))).rejects.toMatchObject({
      errorClass: "permanent",
      code: "bad-weights",
      message: expect.stringContaining(words),
    });
  });

  it("takes a name for the LoRA from wherever the trainer puts it", async () => {
    const { backend, request, replicate } = await open();
    replicate.misbehave({
      kind: "deliver",
      weights: [{ name: "../../flux-lora.safetensors", body: tinyLora(["x"], { rank: 2 }) }],
    });
    const { remoteId } = await backend.submit(request, context());
    await pollTraining(backend, remoteId, request);
    expect((await backend.collect(remoteId, request, context(9))).tensorsSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("says what to do about a set that is too large to upload", async () => {
    const { backend, request, replicate } = await open({ maxUploadBytes: 4 });
    await expect(backend.submit(request, context())).rejects.toMatchObject({
      errorClass: "user",
      code: "dataset-too-large",
      message: expect.stringContaining("PUBLIC_URL"),
    });
    expect(replicate.created).toHaveLength(0);
  });

  it("warns of what it does in its own way, and refuses what no trainer does", async () => {
    const { backend } = await open();
    const issues = backend.validate({ ...recipe, alpha: 8, minSnrGamma: 5 });
    expect(issues).toContainEqual(expect.objectContaining({ field: "alpha", severity: "warning" }));
    expect(issues).toContainEqual(expect.objectContaining({ field: "minSnrGamma", severity: "error" }));
    const errors = backend.validate({ ...recipe, baseModel: "another" }).filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ field: "baseModel" }]);
  });

  it("reads what a trainer takes from its schema, and refuses what it does not", async () => {
    const schema = {
      input_images: { type: "string" },
      training_steps: { type: "integer", minimum: 100, maximum: 500 },
      trigger_word: { type: "string" },
    };
    const { backend, request, replicate } = await open({}, { schema });
    await expect(backend.submit(request, context())).rejects.toMatchObject({
      code: "impossible-recipe",
      message: expect.stringContaining("100 to 500"),
    });
    await backend.submit({ ...request, recipe: { ...recipe, steps: 500 } }, context(2));
    expect(replicate.created[0]?.input).toMatchObject({ training_steps: 500, trigger_word: "sks" });
    expect(replicate.created[0]?.input).not.toHaveProperty("learning_rate");
  });
});
