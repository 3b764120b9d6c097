import {
  type GenerationBackend,
  type GenerationRequest,
  type PreviewedItem,
  previewKey,
  sha256Hex,
  sideStepOf,
} from "@loramill/contracts";
import { findFamily } from "@loramill/graphs";
import {
  backendContext,
  type FakeComfyUiServer,
  pollGeneration,
  runGenerationBackendSuite,
  startFakeComfyUiServer,
  waitUntil,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type GenerationSetup, openComfyUiGeneration, picture } from "../../../test/comfyui-generation-setup.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(setup: GenerationSetup = {}) {
  const opened = await openComfyUiGeneration(setup);
  cleanups.push(opened.close);
  return opened;
}

async function startServer(options: Parameters<typeof startFakeComfyUiServer>[0] = {}): Promise<FakeComfyUiServer> {
  const server = await startFakeComfyUiServer(options);
  cleanups.push(server.close);
  return server;
}

/** From submission to the files. */
async function make(backend: GenerationBackend, request: GenerationRequest) {
  const { remoteId } = await backend.submit(request, backendContext());
  const statuses = await pollGeneration(backend, remoteId, request);
  const last = statuses.at(-1);
  if (last?.kind !== "succeeded") throw last?.kind === "failed" ? last.error : new Error(`it ended as ${last?.kind}`);
  return { ...(await backend.collect(remoteId, request, backendContext())), charges: last.charges, remoteId };
}

const isIdle = (server: FakeComfyUiServer) => () =>
  server.runner.running === null && server.runner.pending.length === 0;
const four = [1, 2, 3, 4].map((seed) => picture({ seed }));
const pngs = ({ runner }: FakeComfyUiServer) =>
  [...runner.files.all.keys()].filter((path) => path.startsWith("output/") && path.endsWith(".png"));

runGenerationBackendSuite("comfyui", async () => {
  const { server, backend, openAs, requestOf, stores, close } = await openComfyUiGeneration({ stepMs: 10 });
  const request = await requestOf([
    ...four.slice(0, 2),
    picture({ seed: 3, loras: [{ lora: "style", strength: 0.5 }] }),
    picture({ kind: "image-to-image", image: "a.png", seed: 4 }),
  ]);
  return {
    backend,
    request,
    reopen: async () => {
      // What was sent before has ended by the time that the other process is there.
      await waitUntil("the server has nothing to do", isIdle(server), { timeoutMs: 60_000 });
      return openAs({ stores });
    },
    close,
  };
});

describe("prompts", () => {
  it("are one for each picture, at most two of them queued, and tell how the picture was made", async () => {
    const { backend, server, requestOf, stores } = await open({ stepMs: 5 });
    const request = await requestOf(four);
    const queued: number[] = [];
    const { remoteId } = await backend.submit(request, backendContext());
    for (;;) {
      queued.push(server.runner.pending.length + (server.runner.running === null ? 0 : 1));
      const [status] = await pollGeneration(backend, remoteId, request, { turns: 1 });
      if (status?.kind === "succeeded") break;
    }
    expect(Math.max(...queued)).toBeLessThanOrEqual(2);
    expect(server.submitted).toHaveLength(4);
    expect(new Set(server.submitted).size).toBe(4);
    const { files } = await backend.collect(remoteId, request, backendContext());
    expect(files[0]).toMatchObject({
      ...{ width: 64, height: 96, steps: 3, guidance: 6, sampler: "dpmpp_2m" },
      ...{ baseModel: "sd_xl_base_1.0.safetensors", file: { mediaType: "image/png" } },
    });
    expect(files[0]?.pipeline).toContain("CheckpointLoaderSimple > ");
    const graph = await stores.blobs.read(files[0]?.graph ?? { sha256: "" });
    expect(JSON.parse(Buffer.from(graph).toString())["1"]).toHaveProperty("class_type");
  });
});

describe("a server with bad habits", () => {
  it("whose receipt is lost, or that drops the prompt, is asked for it and draws it once", async () => {
    const { backend, server, requestOf } = await open();
    server.misbehave({ kind: "lose-receipt" });
    const request = await requestOf(four);
    await expect(make(backend, request)).resolves.toMatchObject({ refused: [] });
    expect(new Set(server.submitted).size).toBe(4);
    expect(server.submitted).toHaveLength(4);
    const other = await requestOf([picture({ seed: 9 })], "job-2");
    server.misbehave({ kind: "drop-prompt" });
    await make(backend, other);
    expect(server.submitted).toHaveLength(5);
  });

  it("that is started again gets the same prompts once more, its LoRAs and inputs with them", async () => {
    const { backend, server, requestOf } = await open({ stepMs: 20 });
    const request = await requestOf([
      picture({ loras: [{ lora: "style" }] }),
      picture({ kind: "image-to-image", image: "a.png", seed: 2, loras: [{ lora: "style" }] }),
      ...four.slice(2),
    ]);
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("it draws", () => server.runner.steps.size > 0);
    server.runner.restart();
    server.runner.files.all.clear();
    const statuses = await pollGeneration(backend, remoteId, request);
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    expect((await backend.collect(remoteId, request, backendContext())).files).toHaveLength(4);
    expect(new Set(server.submitted).size).toBe(4);
  });

  it("that remembers a graph whose files are gone draws it anew under another name", async () => {
    const { backend, server, requestOf, stores, openAs } = await open();
    const request = await requestOf([picture()]);
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("it is drawn", isIdle(server));
    // Somebody clears its output folder before the picture is fetched.
    for (const path of pngs(server)) server.runner.files.all.delete(path);
    const after = openAs({ stores });
    await pollGeneration(after, remoteId, request);
    const { files } = await after.collect(remoteId, request, backendContext());
    expect(files).toHaveLength(1);
    expect(server.submitted).toHaveLength(2);
    expect(new Set(server.submitted).size).toBe(2);
    await after.close();
  });

  it("that cuts a file is asked for the rest of it", async () => {
    const { backend, server, requestOf, stores } = await open();
    server.misbehave({ kind: "cut-file" });
    const { files, refused } = await make(backend, await requestOf(four));
    expect([files.length, refused]).toEqual([4, []]);
    const saved = pngs(server).map((path) => sha256Hex(server.runner.files.all.get(path) ?? ""));
    expect(files.map(({ file }) => file.sha256).sort()).toEqual(saved.sort());
    for (const { file } of files) expect(await stores.blobs.has(file.sha256)).toBe(true);
    expect(server.submitted).toHaveLength(4);
  });

  it("that would run parts of a graph alone has the prompt taken back, and the item is refused", async () => {
    const { backend, server, requestOf } = await open({ stepMs: 50 });
    // What it says of itself and what it takes differ, as with a pack that checks by code of its own.
    server.misbehave({ kind: "node-errors" });
    const { files, refused } = await make(backend, await requestOf(four.slice(0, 2)));
    expect(files).toHaveLength(1);
    expect(refused).toMatchObject([{ index: 0, code: "graph-refused" }]);
    expect(pngs(server)).toHaveLength(1);
  });

  it("whose sockets are deaf is polled", async () => {
    const { backend, server, requestOf } = await open();
    server.deafen();
    expect((await make(backend, await requestOf(four))).files).toHaveLength(4);
  });

  it("that knows neither jobs nor their cancelling is asked in the old way", async () => {
    const { backend, server, requestOf } = await open({ jobs: "none", stepMs: 50 });
    const request = await requestOf(four);
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await backend.cancel(remoteId, backendContext())).toBe("cancelled");
    expect(isIdle(server)()).toBe(true);
    expect((await make(backend, request)).files).toHaveLength(4);
  });
});

describe("an item that cannot be made", () => {
  it("for want of memory is tried once more on an emptied server, and then given up while the others go on", async () => {
    const { backend, server, requestOf } = await open();
    server.misbehave({ kind: "out-of-memory" });
    const first = await make(backend, await requestOf(four.slice(0, 2)));
    expect([first.files.length, first.refused]).toEqual([2, []]);
    expect(server.requests.filter((request) => request === "POST /free")).toHaveLength(1);
    // The server has room for one prompt at a time, so that the same one fails twice.
    const request = await requestOf(four.slice(2), "job-2");
    server.misbehave({ kind: "out-of-memory" }, { kind: "out-of-memory" }, { kind: "out-of-memory" });
    const { files, refused } = await make(backend, request);
    expect(files).toHaveLength(1);
    expect(refused).toMatchObject([{ code: "out-of-memory" }]);
  });

  it("ends the job with its reason where it was the only one, and is tried anew when somebody looks again", async () => {
    const { backend, server, requestOf } = await open();
    server.misbehave({ kind: "fail", exceptionType: "ValueError", message: "no such thing" });
    const request = await requestOf([picture()]);
    await expect(make(backend, request)).rejects.toMatchObject({ code: "execution-failed", errorClass: "permanent" });
    expect((await make(backend, request)).files).toHaveLength(1);
  });

  it("because somebody presses stop is sent again", async () => {
    const { backend, server, requestOf } = await open();
    server.misbehave({ kind: "interrupt" });
    expect((await make(backend, await requestOf(four))).files).toHaveLength(4);
    expect(new Set(server.submitted).size).toBe(5);
  });

  it("in time is stopped on the server", async () => {
    const { backend, server, requestOf } = await open({ stepMs: 50, options: { generationTimeoutSeconds: 2 } });
    const endless = picture({ sampling: { steps: 200 } });
    const { files, refused } = await make(backend, await requestOf([endless, picture({ sampling: { steps: 1 } })]));
    expect(files).toMatchObject([{ index: 1 }]);
    expect(refused).toMatchObject([{ index: 0, code: "generation-timeout" }]);
    expect([...server.runner.steps.values()][0]).toBeLessThan(200);
  });

  it("of a size is planned in steps of its own family", async () => {
    const { capabilities, validate } = (await open()).backend;
    const steps = (["sd15", "sdxl", "sd3", "flux", "wan21", "wan22"] as const).map((family) =>
      sideStepOf(capabilities, { family }),
    );
    expect(steps).toEqual([8, 8, 16, 16, 16, 16]);
    expect(sideStepOf(capabilities, { family: "wan22", variant: "5b" })).toBe(32);
    expect(sideStepOf(capabilities, { family: "wan21", variant: "14b" })).toBe(16);
    expect(validate(picture({ width: 1000, height: 1048 }))).toEqual([]);
    expect(validate(picture({ width: 1000, model: { family: "flux" } }))).toMatchObject([{ field: "width" }]);
  });

  it("is refused before anything is sent: no node, no model, no size", async () => {
    const { backend, server, requestOf } = await open({ without: ["LoadImage"] });
    expect(await backend.isAvailable()).toMatchObject({ available: true });
    const [node] = backend.validate(picture({ kind: "image-to-image", image: "a.png" }));
    expect(node).toMatchObject({ field: "kind", message: expect.stringContaining("LoadImage") });
    const model = picture({ model: { family: "sdxl", files: { checkpoint: "nobody.safetensors" } } });
    expect(backend.validate(model)).toMatchObject([
      { field: "model.files", message: expect.stringContaining("nobody.safetensors in models/checkpoints") },
    ]);
    expect(backend.validate(picture({ model: { family: "pocket" } }))).toMatchObject([{ field: "model.family" }]);
    expect(backend.validate(picture({ model: { family: "flux", variant: "5b" } }))).toMatchObject([
      { field: "model.variant" },
    ]);
    const request = await requestOf([model]);
    await expect(backend.submit(request, backendContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "impossible-request",
    });
    expect(server.submitted).toEqual([]);
  });
});

describe("LoRAs", () => {
  const styled = (seed: number, lora = "style") => picture({ seed, loras: [{ lora, strength: 0.7 }] });

  it("are placed once under the digest of their content, and applied", async () => {
    const { backend, server, requestOf, openAs, stores, lora } = await open();
    await make(backend, await requestOf([styled(1), styled(2), picture({ seed: 3 })]));
    const { weights } = await lora("style");
    const name = `loramill-${weights.sha256.slice(0, 32)}.safetensors`;
    expect(server.runner.files.names("output/loras")).toEqual([name]);
    const uploads = server.requests.filter((request) => request.startsWith("POST /upload")).length;
    const other = openAs({ stores });
    await make(other, await requestOf([styled(4)], "job-2"));
    await other.close();
    expect(server.requests.filter((request) => request.startsWith("POST /upload"))).toHaveLength(uploads);
  });

  it.each([
    ["is told beforehand", {}],
    ["is found by sending", { hidesLimit: true }],
  ])(
    "that a server does not take are named, where its limit %s",
    async (_how, { hidesLimit = false }: { hidesLimit?: boolean }) => {
      const { backend, requestOf, server } = await open({ maxUploadBytes: 1_500 });
      if (hidesLimit) server.misbehave({ kind: "status", path: "/features", status: 404 });
      await expect(backend.submit(await requestOf([styled(1)]), backendContext())).rejects.toMatchObject({
        errorClass: "user",
        code: "lora-unloadable",
        details: { lora: "style" },
      });
      expect((await make(backend, await requestOf([picture()]))).files).toHaveLength(1);
    },
  );

  it("that cannot be read are named, and the job goes on without them under the same marker", async () => {
    const { backend, server, requestOf } = await open();
    server.misbehave({ kind: "fail-lora", message: "Error while deserializing header" });
    const request = await requestOf([styled(1), picture({ seed: 2 })]);
    await expect(make(backend, request)).rejects.toMatchObject({
      code: "lora-unloadable",
      details: { lora: "style" },
    });
    const without = await requestOf([picture({ seed: 1 }), picture({ seed: 2 })]);
    expect((await make(backend, without)).files).toHaveLength(2);
  });

  it("for two experts go on each their own, as two files", async () => {
    const usual = findFamily({ kind: "text-to-video", model: { family: "wan22", files: {}, weightDtype: "default" } });
    const { highNoise = "", lowNoise = "", textEncoders = [], vae = "" } = usual?.usual.files ?? {};
    const models = { diffusion_models: [highNoise, lowNoise], text_encoders: textEncoders, vae: [vae] };
    const { backend, server, requestOf, lora } = await open({ models });
    const video = { kind: "text-to-video", model: { family: "wan22" }, frames: 5, loras: [{ lora: "pair" }] };
    const request = await requestOf([picture(video)]);
    const [high, low] = [await lora("high"), await lora("low")];
    const files = [
      { role: "high" as const, weights: high.weights, tensorsSha256: high.tensorsSha256 },
      { role: "low" as const, weights: low.weights, tensorsSha256: low.tensorsSha256 },
    ];
    const items = request.items.map((item) => ({ ...item, loras: { pair: { ...high, name: "pair", files } } }));
    const made = await make(backend, { ...request, items });
    expect(made.files).toMatchObject([{ frames: 5, file: { mediaType: "video/mp4" } }]);
    expect(server.runner.files.names("output/loras")).toHaveLength(2);
    const [entry] = server.runner.history.values();
    const graph = JSON.stringify(entry?.prompt[2]);
    for (const { weights } of files) expect(graph).toContain(weights.sha256.slice(0, 32));
  });

  it("change their strength over the steps by hooks, and are refused that where the model cannot", async () => {
    const { backend, server, requestOf } = await open();
    const schedule = [{ at: 0.5, strength: 0.2 }];
    const { files } = await make(backend, await requestOf([picture({ loras: [{ lora: "style", schedule }] })]));
    expect(files[0]?.pipeline).toContain("CreateHookKeyframe");
    expect(server.submitted).toHaveLength(1);
    const video = picture({ kind: "text-to-video", model: { family: "wan22" }, width: 832, height: 480 });
    const moving = { ...video, loras: [{ lora: "style", strength: 1, schedule }] } as typeof video;
    expect(backend.validate(moving)).toMatchObject([{ field: "loras.0.schedule", severity: "error" }]);
  });
});

describe("several servers", () => {
  it("work at once, and one that is away does not hold the others up", async () => {
    const other = await startServer({ stepMs: 20 });
    const gone = await startServer();
    await gone.close();
    const { backend, server, requestOf } = await open({ stepMs: 20, others: [other, gone] });
    expect(
      (await make(backend, await requestOf([...four, ...[5, 6].map((seed) => picture({ seed }))]))).files,
    ).toHaveLength(6);
    expect(server.submitted.length).toBeGreaterThan(0);
    expect(other.submitted.length).toBeGreaterThan(0);
    expect(server.submitted.length + other.submitted.length).toBe(6);
  });

  it("take over from one that stays away, and not before it has had its time", async () => {
    let minutes = 0;
    const clock = { now: () => new Date(Date.now() + minutes * 60_000) };
    const other = await startServer();
    const first = await startServer({ stepMs: 1_500 });
    const servers = [first, other].map(({ url }) => ({ url, headers: {} }));
    const { backend, requestOf } = await open({ clock, options: { servers } });
    const request = await requestOf([picture({ seed: 1 }), picture({ seed: 2 })]);
    const { remoteId } = await backend.submit(request, backendContext());
    expect([first.submitted.length, other.submitted.length]).toEqual([1, 1]);
    await first.close();
    await waitUntil("the other has drawn", isIdle(other));
    const early = backendContext();
    expect(await backend.poll(remoteId, request, early)).toMatchObject({ kind: "running", done: 1 });
    expect(early.lines.join()).toContain("it is asked again");
    minutes = 11;
    const statuses = await pollGeneration(backend, remoteId, request);
    expect(statuses.at(-1)).toMatchObject({ kind: "succeeded", done: 2 });
    expect(other.submitted).toHaveLength(2);
  });

  it("that are all away are waited for, and their error is told in the end", async () => {
    let minutes = 0;
    const clock = { now: () => new Date(Date.now() + minutes * 60_000) };
    const server = await startServer({ stepMs: 1_500 });
    const { backend, requestOf } = await open({ clock, options: { servers: [{ url: server.url, headers: {} }] } });
    const request = await requestOf([picture()]);
    const { remoteId } = await backend.submit(request, backendContext());
    await server.close();
    expect(await backend.poll(remoteId, request, backendContext())).toMatchObject({ kind: "running" });
    minutes = 11;
    await expect(backend.poll(remoteId, request, backendContext())).rejects.toMatchObject({
      code: "endpoint-unreachable",
    });
    await expect(backend.submit(await requestOf([picture()], "job-2"), backendContext())).rejects.toMatchObject({
      code: "endpoint-unreachable",
    });
  });

  it("get what they have the nodes and models for", async () => {
    const flux = await startServer({ models: { checkpoints: [], diffusion_models: ["flux1-dev.safetensors"] } });
    const { backend, server, requestOf } = await open({ others: [flux], models: { diffusion_models: [] } });
    const request = await requestOf([
      picture({ seed: 1 }),
      picture({
        seed: 2,
        model: { family: "flux", variant: "schnell", files: { diffusionModel: "flux1-dev.safetensors" } },
      }),
    ]);
    expect((await make(backend, request)).files).toHaveLength(2);
    expect([server.submitted.length, flux.submitted.length]).toEqual([1, 1]);
  });

  it("keep their models: what is loaded is used first, and the reloads saved are told", async () => {
    const { backend, server, requestOf } = await open();
    const ckpt = (checkpoint: string, seed: number) =>
      picture({ seed, model: { family: "sdxl", files: { checkpoint } } });
    const [sdxl, sd15] = ["sd_xl_base_1.0.safetensors", "v1-5-pruned-emaonly-fp16.safetensors"] as const;
    const request = await requestOf([ckpt(sdxl, 1), ckpt(sd15, 2), ckpt(sdxl, 3), ckpt(sd15, 4)]);
    const context = backendContext();
    const { remoteId } = await backend.submit(request, context);
    let last = await backend.poll(remoteId, request, context);
    while (last.kind === "running") last = await backend.poll(remoteId, request, context);
    const order = [...server.runner.history.values()].map(({ prompt }) => JSON.stringify(prompt[2]).includes(sdxl));
    expect(order).toEqual([true, true, false, false]);
    expect(context.progress.at(-1)).toEqual({ done: 4, total: 4, reloadsSaved: 2 });
  });
});

describe("money and memory", () => {
  it("is charged once for each prompt, and not at all for what was made before", async () => {
    const { backend, requestOf, server } = await open({ stepMs: 10 });
    const { charges } = await make(backend, await requestOf(four));
    expect(charges).toHaveLength(4);
    expect(new Set(charges.map(({ mark }) => mark)).size).toBe(4);
    for (const { quantity, amountMicroUsd, unit } of charges) {
      expect(unit).toBe("gpu-second");
      expect(quantity).toBeGreaterThan(0);
      expect(amountMicroUsd).toBe(Math.round(quantity * 1_000));
    }
    const again = await make(backend, await requestOf(four, "another-job"));
    expect([again.files.length, again.charges]).toEqual([4, []]);
    expect(server.submitted).toHaveLength(4);
  });

  it("is charged until a cancel, by the server's own clock, once", async () => {
    const { backend, requestOf, server } = await open({ stepMs: 50 });
    const request = await requestOf([picture({ sampling: { steps: 200 } }), picture({ seed: 2 })]);
    const context = backendContext();
    const { remoteId } = await backend.submit(request, context);
    // Nobody has looked at it between its beginning and its end.
    await waitUntil("it draws", () => [...server.runner.steps.values()].some((steps) => steps >= 4));
    expect(await backend.cancel(remoteId, context)).toBe("cancelled");
    const status = await backend.poll(remoteId, request, context);
    const charges = status.kind === "cancelled" ? (status.charges ?? []) : [];
    const [[prompt, entry] = []] = server.runner.history;
    const times = (entry?.status.messages ?? []).map(([, data]) => Number(data.timestamp));
    expect(charges).toMatchObject([{ mark: prompt, quantity: ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000 }]);
    expect(charges[0]?.quantity).toBeGreaterThan(0.1);
    expect(await backend.poll(remoteId, request, context)).toEqual(status);
  });

  it("is charged as far as it was seen where the server does not answer the cancel", async () => {
    let seconds = 0;
    const clock = { now: () => new Date(Date.now() + seconds * 1000) };
    const server = await startServer({ stepMs: 50 });
    const { backend, requestOf } = await open({ clock, options: { servers: [{ url: server.url, headers: {} }] } });
    const request = await requestOf([picture({ sampling: { steps: 200 } })]);
    const context = backendContext();
    const { remoteId } = await backend.submit(request, context);
    await waitUntil("it draws", () => server.runner.steps.size > 0);
    await backend.poll(remoteId, request, context);
    await server.close();
    seconds = 60;
    await expect(backend.cancel(remoteId, context)).rejects.toMatchObject({ code: "endpoint-unreachable" });
    const status = await backend.poll(remoteId, request, context);
    expect(status).toMatchObject({ kind: "cancelled", charges: [{ unit: "gpu-second" }] });
    expect(status.kind === "cancelled" ? status.charges?.[0]?.quantity : 0).toBeGreaterThanOrEqual(60);
  });

  it("of the card is told as it was seen while it drew, else as nothing", async () => {
    const { backend, requestOf } = await open({ stepMs: 50 });
    const { files } = await make(backend, await requestOf([picture({ sampling: { steps: 8 } })]));
    expect(files[0]?.peakVramBytes).toBe(12 * 2 ** 30);
  });
});

describe("previews", () => {
  const slow = picture({ sampling: { steps: 200 } });

  async function draw(setup: GenerationSetup = {}) {
    const opened = await open({ stepMs: 50, ...setup, options: { previewMs: 100, ...setup.options } });
    const request = await opened.requestOf([slow]);
    const context = backendContext();
    const { remoteId } = await opened.backend.submit(request, context);
    const look = async () => {
      const status = await opened.backend.poll(remoteId, request, context);
      return status.kind === "running" ? (status.previews ?? []) : [];
    };
    const bytes = async () => (await opened.stores.objects.get(previewKey(context.job, 0))).body;
    return { ...opened, request, context, remoteId, look, bytes };
  }
  const seen = async (look: () => Promise<readonly PreviewedItem[]>) =>
    waitUntil("there is a preview", async () => (await look())[0] ?? false, { timeoutMs: 60_000 });

  it.each([
    ["say of which prompt they are", {}],
    ["of an older server do not", { plainPreviews: true }],
  ])("that %s are kept, the newest alone, for as long as the picture is drawn", async (_how, setup) => {
    const { look, stores, context, backend, remoteId, bytes } = await draw(setup);
    const first = await seen(look);
    expect(first.index).toBe(0);
    for await (const chunk of await bytes()) expect(Buffer.from(chunk).subarray(1, 4).toString()).toBe("PNG");
    await waitUntil("a newer one", async () => Number((await look())[0]?.at) > Number(first.at), { timeoutMs: 60_000 });
    const kept = await Array.fromAsync(stores.objects.list("previews/"));
    expect(kept.map(({ key }) => key)).toEqual([previewKey(context.job, 0)]);
    await backend.cancel(remoteId, context);
    expect(await Array.fromAsync(stores.objects.list("previews/"))).toEqual([]);
  });

  it("go when the picture is finished", async () => {
    const { backend, requestOf, stores } = await open({ stepMs: 20, options: { previewMs: 1 } });
    const request = await requestOf([picture({ sampling: { steps: 60 } })]);
    const { remoteId } = await backend.submit(request, backendContext());
    const statuses = await pollGeneration(backend, remoteId, request);
    expect(statuses.some((status) => status.kind === "running" && status.previews !== undefined)).toBe(true);
    expect(statuses.at(-1)).not.toHaveProperty("previews");
    expect(await Array.fromAsync(stores.objects.list("previews/"))).toEqual([]);
  });

  it("that are malformed are named in the log and cost nothing else", async () => {
    const { look, server, context, backend, remoteId } = await draw();
    server.misbehave({ kind: "bad-preview", frame: Buffer.from([0, 0, 0, 4, 255, 255, 255, 255]) });
    await seen(look);
    await waitUntil("it is named", async () => {
      await look();
      return context.lines.some((line) => line.includes("for item 0: not shown"));
    });
    await backend.cancel(remoteId, context);
  });

  it("are neither asked for nor kept where nobody wants them", async () => {
    const { backend, requestOf, server, stores } = await open({ stepMs: 20 });
    const request = await requestOf([picture({ sampling: { steps: 5 } })]);
    await make(backend, request);
    const [entry] = server.runner.history.values();
    expect(entry?.prompt[3]).toMatchObject({ preview_method: "none" });
    expect(await Array.fromAsync(stores.objects.list("previews/"))).toEqual([]);
  });
});

describe("files", () => {
  it("of every kind of node are fetched: pictures, clips of the core, several in one item", async () => {
    const { backend, requestOf } = await open();
    const solid = picture({ kind: "text-to-image", moreSeeds: [7, 8] });
    const { files } = await make(
      backend,
      await requestOf([
        solid,
        {
          kind: "solid-colour",
          rgb: "#ff0000",
          width: 32,
          height: 16,
          frames: 2,
          fps: 8,
          formats: ["png", "mp4", "webm"],
        },
      ]),
    );
    expect(files.map(({ index, file }) => [index, file.mediaType])).toEqual([
      ...[0, 0, 0].map((index) => [index, "image/png"]),
      ...[1, 1].map((index) => [index, "image/png"]),
      [1, "video/mp4"],
      [1, "video/webm"],
    ]);
    expect(files.at(-1)).toMatchObject({ width: 32, height: 16, frames: 2, fps: 8, sampler: "none" });
  });
});
