import type { GenerationRequest, GenerationRequestItem } from "@loramill/contracts";
import {
  backendContext,
  pollGeneration,
  runGenerationBackendSuite,
  startFakeReplicatePainter,
} from "@loramill/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { drawByText, loraNamed, openParts, putPicture, textItem } from "../../../test/item-backend.ts";
import { createReplicateGeneration, type ReplicateGenerationOptions } from "./replicate-generation.ts";

const TOKEN = "r8_a-token-that-nobody-may-see";

async function open(over: Partial<ReplicateGenerationOptions> = {}, address: string | null = null) {
  const opened = await openParts();
  const objects = { ...opened.stores.objects, presign: async (key: string) => address && `${address}/${key}?sig=1` };
  const parts = { ...opened, stores: { ...opened.stores, objects } };
  const replicate = await startFakeReplicatePainter({
    token: TOKEN,
    draw: (input, files) =>
      drawByText(JSON.stringify({ ...input, image: files.map((bytes) => bytes.toString("base64")) })),
  });
  onTestFinished(replicate.close);
  const options: ReplicateGenerationOptions = {
    ...{ token: TOKEN, url: replicate.url, usdPerSecond: 0.001_525, atOnce: 2, pollMs: 1, timeoutMs: 600_000 },
    models: [{ family: "flux", name: replicate.model, version: replicate.version }],
    ...{ webhookUrl: null, maxFileBytes: 1_000_000 },
    ...over,
  };
  const make = (more: Partial<ReplicateGenerationOptions> = {}) => {
    const backend = createReplicateGeneration({ ...options, ...more }, parts);
    onTestFinished(() => backend.close());
    return backend;
  };
  const requestOf = (items: readonly GenerationRequestItem[]): GenerationRequest => ({ marker: "job_1", items });
  const request = requestOf([textItem(0), textItem(1), textItem(2)]);
  const finish = async (backend = make(), wanted = request) => {
    const { remoteId } = await backend.submit(wanted, backendContext());
    const statuses = await pollGeneration(backend, remoteId, wanted);
    return { backend, remoteId, statuses, last: statuses.at(-1) };
  };
  return { ...parts, replicate, make, request, requestOf, finish };
}

runGenerationBackendSuite("replicate", async () => {
  const { make, request } = await open();
  return { backend: make(), request, reopen: async () => make(), close: async () => {} };
});

describe("the input of a prediction", () => {
  it("is the spec in the words of the model's own schema", async () => {
    const webhookUrl = "https://mill.example/v1/webhooks/replicate";
    const { replicate, stores, finish, requestOf, make } = await open({ webhookUrl });
    const image = await putPicture(stores, "before");
    const drawn = { width: 1344, height: 756, sampling: { steps: 20, distilledGuidance: 3.5 }, denoise: 0.5 };
    const item = textItem(7, { kind: "image-to-image", image: "before.png", ...drawn });
    const wanted = requestOf([{ ...item, inputs: { "before.png": image } }]);
    const { backend, remoteId, last } = await finish(make(), wanted);
    expect(last?.kind).toBe("succeeded");
    const [prediction] = replicate.created;
    expect(prediction?.input).toEqual({
      ...{ prompt: "a thing", seed: 7, num_inference_steps: 20, guidance: 3.5, prompt_strength: 0.5 },
      ...{ aspect_ratio: "16:9", megapixels: "1", output_format: "png", num_outputs: 1 },
      image: expect.stringContaining("/v1/files/"),
    });
    expect(prediction?.webhook).toBe(`${webhookUrl}?work=${remoteId}`);
    const { files } = await backend.collect(remoteId, wanted, backendContext());
    const model = `${replicate.model}:${replicate.version.slice(0, 12)}`;
    expect(files).toMatchObject([{ index: 7, width: 16, steps: 20, guidance: 3.5, baseModel: model }]);
  });

  it("names what the model has no input for, once its schema is known", async () => {
    const { make } = await open();
    const backend = make();
    await backend.isAvailable();
    const fieldsOf = (over: Record<string, unknown>) =>
      backend.validate(textItem(0, over).spec).flatMap(({ field, severity }) => (severity === "error" ? field : []));
    expect(fieldsOf({ negativePrompt: "ugly" })).toEqual(["negativePrompt"]);
    expect(fieldsOf({ sampling: { sampler: "euler", steps: 51, guidance: 7 } })).toEqual([
      "sampling.steps",
      "sampling.sampler",
      "sampling.guidance",
    ]);
    expect(fieldsOf({ width: 1000, height: 640 })).toEqual(["width"]);
    expect(fieldsOf({ kind: "inpaint", image: "a", mask: "b" })).toEqual(["mask"]);
    expect(fieldsOf({ controls: [{ image: "a" }], moreSeeds: [7] })).toEqual(["controls", "moreSeeds"]);
    expect(fieldsOf({ kind: "text-to-video" })).toEqual(["kind"]);
    expect(fieldsOf({ loras: [{ lora: "a", noise: "high" }] })).toEqual(["loras.0.noise"]);
  });

  it("names LoRAs by an address of the store, and the job is told where there is none", async () => {
    const open1 = await open({}, "https://store.example");
    const weights = await open1.stores.blobs.put(Buffer.from("weights"), { mediaType: "application/x" });
    const item = {
      ...textItem(0, { loras: [{ lora: "main", strength: 0.8 }] }),
      loras: { main: loraNamed("red", weights) },
    };
    const { last } = await open1.finish(open1.make(), open1.requestOf([item]));
    expect(last?.kind).toBe("succeeded");
    const { lora_weights, lora_scale } = open1.replicate.created[0]?.input ?? {};
    expect(lora_scale).toBe(0.8);
    expect(lora_weights).toBe(`https://store.example/blobs/${weights.sha256}?sig=1#lora.safetensors`);

    const { finish, make, requestOf, replicate } = await open();
    const unreachable = await finish(make(), requestOf([item]));
    expect(unreachable.last).toMatchObject({ error: { code: "lora-unloadable", details: { lora: "main" } } });
    expect(replicate.created).toHaveLength(0);
  });
});

describe("what Replicate answers", () => {
  it.each([
    [401, {}, "permanent", "endpoint-key-refused"],
    [402, { title: "Insufficient credit", detail: "You have insufficient credit" }, "permanent", "payment-required"],
    [404, { detail: "Not found." }, "permanent", "endpoint-not-found"],
    [503, {}, "transient", "endpoint-failed"],
  ] as const)("with status %s is %s", async (status, body, errorClass, code) => {
    const { replicate, finish } = await open();
    replicate.misbehave({ kind: "status", status, body });
    const { last } = await finish();
    expect(last).toMatchObject({ kind: "failed", error: { errorClass, code } });
    expect(JSON.stringify(last)).not.toContain(TOKEN);
  });

  it("with 422 refuses the item alone, and with 429 is waited for as long as it says", async () => {
    const { replicate, finish, make, request } = await open();
    const throttled = { detail: "Request was throttled. Your rate limit resets in ~30s.", status: 429 };
    replicate.misbehave({ kind: "status", status: 422 }, { kind: "status", status: 429, body: throttled });
    const backend = make();
    const { remoteId } = await backend.submit(request, backendContext());
    const status = await backend.poll(remoteId, request, backendContext());
    expect(status).toMatchObject({ kind: "running", pollMs: 30_000, done: 1 });
    expect((await finish(backend)).last?.kind).toBe("succeeded");
  });

  it.each(["drop", "cut", "malformed"] as const)("and is lost (%s) is found again by its input", async (kind) => {
    const { replicate, finish, make, request } = await open();
    replicate.misbehave({ kind });
    const backend = make();
    expect((await finish(backend)).last).toMatchObject({ kind: "failed", error: { errorClass: "transient" } });
    expect((await finish(backend)).last?.kind).toBe("succeeded");
    expect(replicate.created).toHaveLength(request.items.length);
  });
});

describe("a prediction", () => {
  it("costs its seconds, under its own mark however often it is told, also when it failed", async () => {
    const { replicate, finish } = await open();
    replicate.misbehave({ kind: "fail", error: "a worker broke" });
    const { statuses, last } = await finish();
    expect(last?.kind).toBe("succeeded");
    const charges = statuses.flatMap((status) => ("charges" in status ? (status.charges ?? []) : []));
    const byMark = new Map(charges.map(({ mark, amountMicroUsd }) => [mark, amountMicroUsd]));
    expect(byMark.size).toBe(4);
    const total = [...byMark.values()].reduce((sum, amount) => sum + amount, 0);
    expect(total).toBe(4 * Math.round(2.5 * 1525));
    expect(replicate.billedSeconds).toBe(10);
  });

  it("whose result was forgotten is made again only if it was never fetched", async () => {
    const { replicate, finish, request } = await open();
    replicate.misbehave({ kind: "expire" });
    expect((await finish()).last?.kind).toBe("succeeded");
    expect(replicate.created).toHaveLength(request.items.length + 1);
  });

  it("whose file breaks off is fetched again without paying again", async () => {
    const { replicate, finish, make, request } = await open();
    replicate.misbehave({ kind: "cut-file" });
    const backend = make();
    expect((await finish(backend)).last).toMatchObject({ kind: "failed", error: { code: "fetch-failed" } });
    expect((await finish(backend)).last?.kind).toBe("succeeded");
    expect(replicate.created).toHaveLength(request.items.length);
  });

  it("that takes too long is cancelled and told, and the others are kept", async () => {
    const { replicate, finish, request } = await open({ timeoutMs: 50 });
    replicate.misbehave({ kind: "cold" });
    const { backend, remoteId, last } = await finish();
    expect(last?.kind).toBe("succeeded");
    const { refused } = await backend.collect(remoteId, request, backendContext());
    expect(refused).toMatchObject([{ index: 0, code: "timeout" }]);
    expect(replicate.cancelled).toHaveLength(1);
  });

  it("says in its error what a person can do about memory", async () => {
    const { replicate, finish, requestOf, make } = await open();
    replicate.misbehave({ kind: "fail", error: "CUDA out of memory. Tried to allocate 2 GiB" });
    const { last } = await finish(make(), requestOf([textItem(0)]));
    expect(last).toMatchObject({ kind: "failed", error: { code: "out-of-memory" } });
    expect(replicate.created).toHaveLength(1);
  });
});
