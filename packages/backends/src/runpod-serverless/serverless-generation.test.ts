import type { GenerationRequest, GenerationRequestItem, VolumeFiles } from "@loramill/contracts";
import {
  backendContext,
  pollGeneration,
  runGenerationBackendSuite,
  startFakeRunpodServerless,
} from "@loramill/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { drawByText, loraNamed, openParts, putPicture, textItem } from "../../test/item-backend.ts";
import { createServerlessGeneration, type ServerlessGenerationOptions } from "./serverless-generation.ts";
import type { LoraVolume } from "./volume-loras.ts";

const WEIGHTS = { mediaType: "application/octet-stream" };
const KEY = "rpa_a-key-that-nobody-may-see";

async function open(over: Partial<ServerlessGenerationOptions> = {}) {
  const parts = await openParts();
  const runpod = await startFakeRunpodServerless({
    apiKey: KEY,
    draw: ({ workflow, images = [] }) => {
      const nodes = Object.values(workflow).map(({ class_type, inputs }) => ({ class_type, ...inputs }));
      const drawing = nodes.filter(({ class_type }) => class_type !== "SaveImage");
      return drawByText(JSON.stringify([drawing, images.map(({ image }) => image)]));
    },
  });
  onTestFinished(runpod.close);
  const options: ServerlessGenerationOptions = {
    ...{ apiKey: KEY, url: runpod.url, endpoint: runpod.endpoint, executionSeconds: 600, ttlSeconds: 3600 },
    ...{ families: ["flux"], kinds: ["text-to-image", "image-to-image", "inpaint", "upscale"], hasLoras: false },
    ...{ usdPerSecond: 0.0003, atOnce: 2, pollMs: 1, maxFileBytes: 1_000_000 },
    ...over,
  };
  const make = (more: Partial<ServerlessGenerationOptions> = {}, loraVolume?: LoraVolume) => {
    const backend = createServerlessGeneration(
      { ...options, ...more },
      { ...parts, ...(loraVolume && { loraVolume }) },
    );
    onTestFinished(() => backend.close());
    return backend;
  };
  const requestOf = (items: readonly GenerationRequestItem[]): GenerationRequest => ({ marker: "job_1", items });
  const request = requestOf([textItem(0), textItem(1), textItem(2)]);
  /** Until it ends, with every status. */
  const finish = async (backend = make(), wanted = request) => {
    const { remoteId } = await backend.submit(wanted, backendContext());
    const statuses = await pollGeneration(backend, remoteId, wanted);
    return { backend, remoteId, statuses, last: statuses.at(-1) };
  };
  return { ...parts, runpod, make, request, requestOf, finish };
}

runGenerationBackendSuite("runpod-serverless", async () => {
  const { make, request } = await open();
  return { backend: make(), request, reopen: async () => make(), close: async () => {} };
});

describe("a request to an endpoint", () => {
  it("is the graph of one item, its pictures by their content, and the bounds of what it may cost", async () => {
    const { stores, runpod, finish, requestOf, make } = await open();
    const image = await putPicture(stores, "before");
    const item = textItem(0, { kind: "image-to-image", image: "before.png" });
    const { last } = await finish(make(), requestOf([{ ...item, inputs: { "before.png": image } }]));
    expect(last?.kind).toBe("succeeded");
    const [job] = runpod.created;
    expect(job?.policy).toEqual({ executionTimeout: 600_000, ttl: 3_600_000 });
    const loads = Object.values(job?.input.workflow ?? {}).find(({ class_type }) => class_type === "LoadImage");
    expect(loads?.inputs.image).toBe(`${image.sha256}.png`);
    const sent = job?.input.images?.map(({ name }) => name);
    expect(sent).toEqual([`${image.sha256}.png`]);
  });

  it("that would be too large is refused before it is sent, and leaves the other items alone", async () => {
    const { stores, runpod, finish, requestOf, make } = await open();
    const large = { ...(await putPicture(stores, "large")), bytes: 9_000_000 };
    const item = textItem(1, { kind: "image-to-image", image: "large.png" });
    const request = requestOf([textItem(0), { ...item, inputs: { "large.png": large } }]);
    const { backend, remoteId, last } = await finish(make(), request);
    expect(last).toMatchObject({ kind: "succeeded", done: 2 });
    const { files, refused } = await backend.collect(remoteId, request, backendContext());
    expect(files.map(({ index }) => index)).toEqual([0]);
    expect(refused).toMatchObject([
      { index: 1, code: "payload-too-large", message: expect.stringContaining("smaller") },
    ]);
    expect(runpod.created).toHaveLength(1);
  });

  it("is made once for equal items, and never again for what any job has made", async () => {
    const { runpod, finish, requestOf, make } = await open();
    const twice = requestOf([textItem(0), { ...textItem(0), index: 1 }]);
    await finish(make(), twice);
    expect(runpod.created).toHaveLength(1);
    const other = { ...twice, marker: "job_2" };
    const { last } = await finish(make(), other);
    expect(last).toMatchObject({ kind: "succeeded", done: 2 });
    expect(runpod.created).toHaveLength(1);
  });
});

describe("what RunPod answers", () => {
  it.each([
    [401, {}, "permanent", "endpoint-key-refused"],
    [402, { title: "Payment Required", detail: "insufficient balance" }, "permanent", "payment-required"],
    [404, { title: "Not Found" }, "permanent", "endpoint-not-found"],
    [500, {}, "transient", "endpoint-failed"],
    [429, { detail: "rate limit exceeded" }, "transient", "rate-limited"],
  ] as const)("with status %s is %s", async (status, body, errorClass, code) => {
    const { runpod, finish } = await open();
    runpod.misbehave({ kind: "status", status, body });
    const { last } = await finish();
    expect(last).toMatchObject({ kind: "failed", error: { errorClass, code } });
    expect(JSON.stringify(last)).not.toContain(KEY);
  });

  it.each([
    [524, "<html><h1>A timeout occurred</h1></html>", {}, { errorClass: "transient", code: "endpoint-timeout" }],
    [502, "<html>", {}, { errorClass: "transient", code: "endpoint-failed" }],
    [403, "error code: 1010", {}, { errorClass: "permanent", code: "endpoint-network-refused" }],
    [403, "<html>", {}, { errorClass: "permanent", code: "endpoint-key-refused" }],
  ])("in its network's words, with status %s and %s, is %o %o", async (status, text, headers, error) => {
    const { runpod, finish } = await open();
    runpod.misbehave({ kind: "page", status, text, headers });
    const { last } = await finish();
    expect(last).toMatchObject({ kind: "failed", error });
    if (last?.kind !== "failed") throw new Error("it failed");
    expect(last.error.message.includes("RUNPOD_API_KEY")).toBe(error.code === "endpoint-key-refused");
  });

  it("with a RateLimit that is used up is waited for as with Retry-After", async () => {
    const { runpod, make, request } = await open();
    const headers = { ratelimit: '"minute";r=0;t=12, "hour";r=2800;t=1812' };
    runpod.misbehave({ kind: "page", status: 429, text: "{}", headers });
    const backend = make();
    const { remoteId } = await backend.submit(request, backendContext());
    const status = await backend.poll(remoteId, request, backendContext());
    expect(status).toMatchObject({ kind: "running", pollMs: 12_000, done: 0 });
  });

  it.each([413, 422])("with status %s refuses the item alone", async (status) => {
    const { runpod, finish, request } = await open();
    runpod.misbehave({ kind: "status", status });
    const { backend, remoteId, last } = await finish();
    expect(last?.kind).toBe("succeeded");
    const { refused } = await backend.collect(remoteId, request, backendContext());
    expect(refused).toMatchObject([{ index: 0, code: "generation-refused" }]);
  });

  it("with Retry-After is waited for, and nothing is looked for that was not begun", async () => {
    const { runpod, make, request } = await open();
    runpod.misbehave({ kind: "status", status: 429, retryAfter: "30" });
    const backend = make();
    const { remoteId } = await backend.submit(request, backendContext());
    const status = await backend.poll(remoteId, request, backendContext());
    expect(status).toMatchObject({ kind: "running", pollMs: 30_000, done: 0 });
  });

  it("too late, cut off or not at all is asked for again: the loss of one answer costs one job", async () => {
    const { runpod, finish, make, request } = await open();
    for (const kind of ["drop", "cut", "malformed"] as const) runpod.misbehave({ kind });
    const backend = make();
    for (let lost = 1; lost <= 3; lost += 1) {
      const { last } = await finish(backend);
      expect(last).toMatchObject({ kind: "failed", error: { errorClass: "transient" } });
    }
    const { last, remoteId } = await finish(backend);
    expect(last?.kind).toBe("succeeded");
    expect(runpod.created).toHaveLength(request.items.length + 3);
    expect((await backend.collect(remoteId, request, backendContext())).files).toHaveLength(3);
  });

  it("about a result and is cut off is asked again without paying again", async () => {
    const { runpod, finish, make, request } = await open();
    runpod.misbehave({ kind: "cut-result" });
    const backend = make();
    expect((await finish(backend)).last).toMatchObject({ kind: "failed", error: { errorClass: "transient" } });
    expect((await finish(backend)).last?.kind).toBe("succeeded");
    expect(runpod.created).toHaveLength(request.items.length);
  });
});

describe("a job on an endpoint", () => {
  it("costs its seconds of work, under its own mark however often it is told", async () => {
    const { runpod, finish } = await open();
    const { statuses } = await finish();
    const charges = new Map(
      statuses.flatMap((status) => ("charges" in status ? (status.charges ?? []) : [])).map((one) => [one.mark, one]),
    );
    expect(charges.size).toBe(3);
    const total = [...charges.values()].reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
    expect(total).toBe((runpod.billedMs / 1000) * 300);
  });

  it("waits for a cold worker, and says so with its count of finished items", async () => {
    const { runpod, finish } = await open();
    runpod.misbehave({ kind: "cold", looks: 4 });
    const { statuses, last } = await finish();
    expect(last?.kind).toBe("succeeded");
    expect(statuses.length).toBeGreaterThan(4);
  });

  it("that never gets a worker is forgotten by RunPod, asked for again, and at last told as missing capacity", async () => {
    const { runpod, finish, requestOf, make } = await open();
    runpod.misbehave({ kind: "expire" }, { kind: "expire" }, { kind: "expire" });
    const { last } = await finish(make(), requestOf([textItem(0)]));
    expect(last).toMatchObject({ kind: "failed", error: { errorClass: "transient", code: "capacity" } });
    expect(runpod.created).toHaveLength(3);
  });

  it("that failed is tried once more; memory and time are told at once, and the others are kept", async () => {
    const { runpod, finish, request } = await open({ atOnce: 1 });
    const memory = JSON.stringify({
      error_type: "RuntimeError",
      error_message: "CUDA out of memory. Tried to allocate",
    });
    runpod.misbehave({ kind: "fail", error: "a node broke" }, { kind: "fail", error: memory }, { kind: "time-out" });
    const { backend, remoteId, last } = await finish();
    expect(last?.kind).toBe("succeeded");
    const { files, refused } = await backend.collect(remoteId, request, backendContext());
    expect(files.map(({ index }) => index)).toEqual([2]);
    expect(refused.map(({ index, code }) => [index, code])).toEqual([
      [0, "out-of-memory"],
      [1, "timeout"],
    ]);
  });

  it("of which nothing came out says why as a whole, with what it cost", async () => {
    const { runpod, finish, requestOf, make } = await open();
    runpod.misbehave({ kind: "time-out" });
    const { last } = await finish(make(), requestOf([textItem(0)]));
    expect(last).toMatchObject({ kind: "failed", error: { code: "timeout" }, charges: [{ mark: "job-0001-u1" }] });
  });

  it("may put its file anywhere that a worker can name", async () => {
    const { runpod, finish, requestOf, make } = await open();
    const png = Buffer.from(await drawByText("elsewhere"));
    const outputs = [
      { images: [{ filename: "a.png", type: "base64", data: png.toString("base64") }] },
      { images: [`data:image/png;base64,${png.toString("base64")}`] },
      { message: `data:image/png;base64,${png.toString("base64")}`, status: "success" },
      { images: [{ filename: "a.png", type: "s3_url", data: `data:image/png;base64,` }] },
      { images: [], status: "success_no_images" },
    ];
    for (const output of outputs) runpod.misbehave({ kind: "deliver", output });
    const request = requestOf(outputs.map((_, index) => textItem(index)));
    const { backend, remoteId, last } = await finish(make({ atOnce: 1 }), request);
    expect(last?.kind).toBe("succeeded");
    const { files, refused } = await backend.collect(remoteId, request, backendContext());
    expect(files.map(({ index, width }) => [index, width])).toEqual([
      [0, 16],
      [1, 16],
      [2, 16],
    ]);
    expect(refused.map(({ code }) => code)).toEqual(["bad-output", "no-output"]);
  });

  it("is cancelled with the request, and what it was paid for is told", async () => {
    const { runpod, make, request } = await open();
    runpod.misbehave({ kind: "cold" }, { kind: "cold" });
    const backend = make();
    const { remoteId } = await backend.submit(request, backendContext());
    await backend.poll(remoteId, request, backendContext());
    expect(await backend.cancel(remoteId, backendContext())).toBe("cancelled");
    expect(runpod.cancelled).toHaveLength(2);
  });
});

describe("LoRAs on an endpoint", () => {
  const use = { loras: [{ lora: "main", strength: 0.8 }] };

  it("are on its volume by their content, or the job is told that they cannot be loaded", async () => {
    const { stores, runpod, finish, requestOf, make } = await open();
    const lora = loraNamed("red", await stores.blobs.put(Buffer.from("weights"), { mediaType: "application/x" }));
    const request = requestOf([{ ...textItem(0, use), loras: { main: lora } }]);
    const without = await finish(make(), request);
    expect(without.last).toMatchObject({ error: { code: "lora-unloadable", details: { lora: "main" } } });
    expect(runpod.created).toHaveLength(0);

    const onVolume = make({ hasLoras: true });
    expect(onVolume.capabilities).toMatchObject({ maxLoras: 8, loraFamilies: ["flux"] });
    const file = `loramill-${lora.weights.sha256.slice(0, 32)}.safetensors`;
    runpod.misbehave({
      kind: "fail",
      error: `Workflow validation failed: lora_name: '${file}' not in (list of length 2)`,
    });
    const missing = await finish(onVolume, request);
    expect(missing.last).toMatchObject({ error: { code: "lora-unloadable", details: { lora: "main" } } });
    const found = await finish(onVolume, request);
    expect(found.last?.kind).toBe("succeeded");
    expect(JSON.stringify(runpod.created.at(-1)?.input.workflow)).toContain(file);
  });

  it("are brought to its volume before a request names them, those of no strength not at all", async () => {
    const { stores, runpod, finish, requestOf, make } = await open();
    const [red, idle] = await Promise.all(
      ["red", "idle"].map(async (name) => loraNamed(name, await stores.blobs.put(Buffer.from(name), WEIGHTS))),
    );
    if (red === undefined || idle === undefined) throw new Error("two LoRAs");
    const brought: string[] = [];
    const volume = {
      put: async () => ({}),
      head: async () => null,
      async *list() {},
      putLarge: async (key: string) => {
        expect(runpod.created).toEqual([]);
        brought.push(key);
      },
      close: async () => {},
    } as unknown as VolumeFiles;
    const backend = make({ hasLoras: true }, { open: async () => volume, maxBytes: 1e9 });
    const loras = [
      { lora: "main", strength: 0.8 },
      { lora: "other", strength: 0 },
    ];
    const request = requestOf([{ ...textItem(0, { loras }), loras: { main: red, other: idle } }]);
    expect((await finish(backend, request)).last?.kind).toBe("succeeded");
    expect(brought).toEqual([`loramill-${red.weights.sha256.slice(0, 32)}.safetensors`]);
  });
});

it("makes clips only where it was said that the worker returns them, and refuses what it cannot draw", async () => {
  const { make } = await open();
  const clip = textItem(0, { kind: "text-to-video", model: { family: "wan22" } }).spec;
  expect(make().validate(clip)).toMatchObject([{ field: "kind", message: expect.stringContaining("KINDS") }]);
  const able = make({ kinds: ["text-to-video"], families: ["wan22"] });
  expect(able.validate(clip).filter(({ severity }) => severity === "error")).toEqual([]);
  const foreign = textItem(0, { model: { family: "sdxl" }, moreSeeds: [] }).spec;
  expect(make().validate(foreign)).toMatchObject([{ field: "model.family", severity: "error" }]);
  const more = textItem(0, { moreSeeds: [7] }).spec;
  expect(make().validate(more)).toMatchObject([{ field: "moreSeeds", severity: "error" }]);
});
