import { readSafetensors } from "@loramill/lora";
import {
  backendContext,
  pollTraining,
  runTrainingBackendSuite,
  startFakeComfyUiServer,
  waitUntil,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type ComfyUiSetup, openComfyUi, openComfyUiHarness } from "../../test/comfyui-setup.ts";
import { createComfyUiTraining } from "./comfyui-training.ts";
import { promptIdOf } from "./training-record.ts";

runTrainingBackendSuite("comfyui", openComfyUiHarness);

/** Trains for longer than any test that stops it. */
const LONG = { steps: 2_000 };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
async function open(setup: ComfyUiSetup = {}) {
  const opened = await openComfyUi(setup);
  cleanups.push(opened.close);
  return opened;
}

describe("a training on ComfyUI", () => {
  it("becomes a file in kohya's names with the metadata that ComfyUI leaves out", async () => {
    const { backend, request, stores, server } = await open();
    const { remoteId } = await backend.submit(request, backendContext());
    await pollTraining(backend, remoteId, request);
    const collected = await backend.collect(remoteId, request, backendContext());
    const file = readSafetensors(await stores.blobs.read(collected.weights));
    expect([...file.tensors.keys()]).toContain(
      "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_down.weight",
    );
    expect([...file.tensors.keys()].every((name) => name.startsWith("lora_unet_"))).toBe(true);
    expect(Object.fromEntries(file.metadata)).toMatchObject({
      "modelspec.title": "things",
      ss_network_alpha: "1",
      ss_steps: "12",
    });
    expect(collected.finalLoss).toBeNull();
    expect(collected.deviations.map(({ code }) => code)).toContain("no-loss");
    expect(server.submitted).toEqual([remoteId]);
  });

  it("tells steps through the socket and what the card's time costs", async () => {
    // Steps slow enough to be seen before they are over.
    const { backend, request, server } = await open({ stepMs: 50, recipe: { gradientAccumulation: 2 } });
    server.runner.pause();
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("the socket is open", () => server.sockets === 1);
    server.runner.resume();
    await waitUntil("it trains", () => (server.runner.steps.get(remoteId) ?? 0) >= 6);
    server.runner.pause();
    const step = await waitUntil("a step is told", async () => {
      const status = await backend.poll(remoteId, request, backendContext());
      return status.kind === "running" && status.progress.step > 0 && status.progress.step;
    });
    expect(step).toBeLessThanOrEqual((server.runner.steps.get(remoteId) ?? 0) / 2);
    server.runner.resume();
    const last = (await pollTraining(backend, remoteId, request)).at(-1);
    if (last?.kind !== "succeeded") throw new Error(`unexpected ${last?.kind}`);
    expect(last.charges).toMatchObject([{ unit: "gpu-second", mark: remoteId }]);
    const [charge] = last.charges;
    // 3.6 dollars an hour are 1,000 micro-dollars a second.
    expect(charge?.amountMicroUsd).toBe(Math.round((charge?.quantity ?? 0) * 1000));
    expect(last.progress.imagesSeen).toBe(24);
  });

  it("draws the recipe's prompts with the finished LoRA, tells the pictures once and collects them", async () => {
    const drawing = { samplePrompts: ["sks on a hill", "sks at night"], sampleEverySteps: 6 };
    const { backend, request, server, stores } = await open({ recipe: drawing });
    const { remoteId } = await backend.submit(request, backendContext());
    const last = (await pollTraining(backend, remoteId, request)).at(-1);
    const drawn = drawing.samplePrompts.map((prompt, index) => ({ step: 12, index, prompt }));
    expect(last).toMatchObject({ kind: "succeeded", samples: drawn });
    expect(await backend.poll(remoteId, request, backendContext())).toMatchObject({ samples: [] });
    const { samples = [], deviations } = await backend.collect(remoteId, request, backendContext());
    expect(samples).toMatchObject(drawn);
    for (const { image } of samples)
      expect((await stores.blobs.read(image)).subarray(1, 4)).toEqual(Buffer.from("PNG"));
    expect(deviations).toContainEqual(expect.objectContaining({ code: "sampleEverySteps" }));
    expect(server.runner.files.names(`output/loramill-${remoteId}`)).toHaveLength(2);
  });

  it("trains SD3 with its three encoders, and names its modules as other tools do", async () => {
    const sd3 = { family: "sd3", baseModel: "stabilityai/stable-diffusion-3.5-large" } as const;
    const { backend, request, stores } = await open({ recipe: sd3 });
    const title = { ...request, metadata: { "modelspec.architecture": "stable-diffusion-3.5-large/lora" } };
    const { remoteId } = await backend.submit(title, backendContext());
    expect((await pollTraining(backend, remoteId, title)).at(-1)?.kind).toBe("succeeded");
    const { weights } = await backend.collect(remoteId, title, backendContext());
    const { tensors } = readSafetensors(await stores.blobs.read(weights));
    expect(new Set([...tensors.keys()].map((name) => name.split(".")[0]))).toEqual(
      new Set([
        "lora_unet_joint_blocks_0_context_block_mlp_fc1",
        "lora_unet_joint_blocks_0_x_block_attn_qkv",
        "lora_unet_joint_blocks_3_x_block_attn_proj",
      ]),
    );
  });

  it("trains without samples where they cannot be drawn, and says so", async () => {
    const drawing = { samplePrompts: ["sks on a hill"], sampleEverySteps: 12 };
    const old = await open({ recipe: drawing, without: ["LoraModelLoader"] });
    const { remoteId } = await old.backend.submit(old.request, backendContext());
    expect((await pollTraining(old.backend, remoteId, old.request)).at(-1)).toMatchObject({ samples: [] });
    const { deviations } = await old.backend.collect(remoteId, old.request, backendContext());
    expect(deviations).toContainEqual({ code: "samplePrompts", message: expect.stringContaining("LoraModelLoader") });

    const full = await open({ recipe: drawing });
    full.server.misbehave({
      kind: "fail-drawing",
      exceptionType: "torch.OutOfMemoryError",
      message: "Allocation failed",
    });
    const again = await full.backend.submit(full.request, backendContext());
    expect((await pollTraining(full.backend, again.remoteId, full.request)).at(-1)).toMatchObject({
      kind: "succeeded",
      samples: [],
    });
    expect((await full.backend.collect(again.remoteId, full.request, backendContext())).steps).toBe(12);
  });

  it("closes the socket of a training that another worker goes on with", async () => {
    let skipped = 0;
    const clock = { now: () => new Date(Date.now() + skipped) };
    const { backend, request, server } = await open({ clock, stepMs: 20, recipe: LONG, options: { maxJobs: 2 } });
    await backend.submit(request, backendContext());
    await waitUntil("the socket is open", () => server.sockets === 1);
    skipped = 400_000;
    await backend.submit({ ...request, marker: "job-2" }, backendContext({ job: `job_${"2".repeat(32)}` }));
    await waitUntil("the other is open", () => server.connected === 2);
    await waitUntil("the first is closed", () => server.sockets === 1);
  });

  it("ends without a word from the socket", async () => {
    const { backend, request, server } = await open();
    server.deafen();
    const { remoteId } = await backend.submit(request, backendContext());
    expect((await pollTraining(backend, remoteId, request)).at(-1)?.kind).toBe("succeeded");
  });

  it("finds the prompt whose receipt was lost, and sends one that never arrived again", async () => {
    for (const [kind, sent] of [
      ["lose-receipt", 1],
      ["drop-prompt", 0],
    ] as const) {
      const { backend, request, server, reopen } = await open({ stepMs: 5 });
      server.misbehave({ kind });
      await expect(backend.submit(request, backendContext())).rejects.toMatchObject({ code: "endpoint-unreachable" });
      expect(server.submitted.length).toBe(sent);
      const other = reopen();
      const found = await other.find(request.marker, backendContext());
      expect(found).toBe(sent === 1 ? promptIdOf(request.marker, 1) : null);
      const { remoteId } = await other.submit(request, backendContext());
      expect((await pollTraining(other, remoteId, request)).at(-1)?.kind).toBe("succeeded");
      expect(server.submitted).toEqual([promptIdOf(request.marker, 1)]);
      await other.close();
    }
  });

  it("begins anew when the server was started again in the middle", async () => {
    const { backend, request, server } = await open();
    server.misbehave({ kind: "die", afterSteps: 5 });
    const { remoteId } = await backend.submit(request, backendContext());
    expect((await pollTraining(backend, remoteId, request)).at(-1)?.kind).toBe("lost");
    const again = await backend.submit(request, backendContext());
    expect(again.remoteId).not.toBe(remoteId);
    const statuses = await pollTraining(backend, again.remoteId, request);
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    expect(server.submitted).toEqual([remoteId, again.remoteId]);
  });

  it("takes the file of a training that the server has forgotten", async () => {
    const { backend, request, server } = await open();
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("the file is saved", () => server.runner.files.names("output/loras").length > 0);
    server.runner.restart();
    expect(await backend.find(request.marker, backendContext())).toBe(remoteId);
    expect((await backend.poll(remoteId, request, backendContext())).kind).toBe("succeeded");
    expect((await backend.collect(remoteId, request, backendContext())).steps).toBe(12);
    expect(server.submitted.length).toBe(1);
  });

  it("takes no half of a file for a training", async () => {
    const { backend, request, server } = await open();
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("the training has ended", () => server.runner.history.size > 0);
    const [[path, file] = ["", Buffer.alloc(0)]] = [...server.runner.files.all].filter(([name]) => /loras/.test(name));
    server.runner.files.all.set(path, file.subarray(0, file.length - 8));
    expect((await backend.poll(remoteId, request, backendContext())).kind).toBe("lost");
  });

  it("begins under a new name where the server remembers a result whose file is gone", async () => {
    const { backend, request, server } = await open();
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("the training has ended", () => server.runner.history.size > 0);
    for (const path of server.runner.files.all.keys()) if (/loras/.test(path)) server.runner.files.all.delete(path);
    expect((await backend.poll(remoteId, request, backendContext())).kind).toBe("lost");
    const again = await backend.submit(request, backendContext());
    expect((await pollTraining(backend, again.remoteId, request)).at(-1)?.kind).toBe("succeeded");
    // The training itself was remembered: only the saving ran.
    expect(server.runner.steps.get(again.remoteId)).toBeUndefined();
  });

  it("empties a card that ran out of memory, and begins anew when it is asked again", async () => {
    const { backend, request, server } = await open();
    server.misbehave({ kind: "out-of-memory" });
    const first = await backend.submit(request, backendContext());
    const context = backendContext();
    await waitUntil("it has failed", () => server.runner.history.size > 0);
    expect(await backend.poll(first.remoteId, request, context)).toMatchObject({
      kind: "failed",
      error: { errorClass: "transient", code: "out-of-memory", message: expect.stringContaining("TrainLoraNode") },
      charges: [{ mark: first.remoteId }],
    });
    expect(context.lines.join()).toContain("execution.py");
    expect(server.requests).toContain("POST /free");
    const second = await backend.submit(request, backendContext());
    expect((await pollTraining(backend, second.remoteId, request)).at(-1)?.kind).toBe("succeeded");
  });

  it("starts anew what somebody stopped at the server", async () => {
    const { backend, request, server } = await open();
    server.misbehave({ kind: "interrupt" });
    const { remoteId } = await backend.submit(request, backendContext());
    expect((await pollTraining(backend, remoteId, request)).at(-1)?.kind).toBe("lost");
  });

  it.each(["none", "read", "all"] as const)("cancels its own prompt and no other where jobs: %s", async (jobs) => {
    const { backend, request, server } = await open({ jobs, stepMs: 20, recipe: LONG, options: { maxJobs: 4 } });
    const first = await backend.submit(request, backendContext());
    const other = { ...request, marker: "job-2", recipe: { ...request.recipe, seed: 8 } };
    const context = backendContext({ job: `job_${"1".repeat(32)}` });
    const second = await backend.submit(other, context);
    await waitUntil("the first runs", () => server.runner.running?.id === first.remoteId);
    expect(await backend.cancel(second.remoteId, context)).toBe("cancelled");
    expect(server.runner.pending).toEqual([]);
    expect(server.runner.running?.id).toBe(first.remoteId);
    expect(await backend.cancel(first.remoteId, backendContext())).toBe("cancelled");
    expect(server.runner.running).toBeNull();
    const entry = server.runner.history.get(first.remoteId);
    const times = (entry?.status.messages ?? []).map(([, data]) => Number(data.timestamp));
    const quantity = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    expect(await backend.poll(first.remoteId, request, backendContext())).toMatchObject({
      kind: "cancelled",
      charges: [{ mark: first.remoteId, quantity, unit: "gpu-second" }],
    });
    expect(await backend.poll(second.remoteId, other, context)).toMatchObject({ kind: "cancelled", charges: [] });
  });

  it("does not cancel what somebody else runs while its own prompt is gone", async () => {
    const { backend, request, server } = await open({ jobs: "none", stepMs: 20, recipe: LONG });
    const { remoteId } = await backend.submit(request, backendContext());
    await waitUntil("it runs", () => server.runner.running !== null);
    server.runner.restart();
    expect(await backend.cancel(remoteId, backendContext())).toBe("cancelled");
    expect(server.requests).not.toContain("POST /interrupt");
  });

  it("holds a training back while every server is busy, and takes the one that is free", async () => {
    const other = await startFakeComfyUiServer({ stepMs: 20 });
    cleanups.push(other.close);
    const { backend, request, server } = await open({ stepMs: 20, recipe: LONG, others: [other] });
    const submit = (name: string) =>
      backend.submit({ ...request, marker: name }, backendContext({ job: `job_${name.repeat(32)}` }));
    await submit("1");
    await submit("2");
    expect([server.submitted.length, other.submitted.length]).toEqual([1, 1]);
    await expect(submit("3")).rejects.toMatchObject({ errorClass: "transient", code: "capacity" });
    expect(backend.limits.maxJobs).toBe(2);
  });

  it("says what a server lacks before it sends a picture", async () => {
    const old = await open({ without: ["ResolutionBucket"] });
    await expect(old.backend.submit(old.request, backendContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "nodes-missing",
      message: expect.stringContaining("ComfyUI 0.5.1"),
    });
    const bare = await open({ models: { checkpoints: ["dreamshaper.safetensors"] } });
    await expect(bare.backend.submit(bare.request, backendContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "base-model-missing",
      message: expect.stringContaining("models/checkpoints, which has dreamshaper.safetensors"),
    });
    expect([...old.server.runner.files.all, ...bare.server.runner.files.all]).toEqual([]);
  });

  it("sends each picture once, also when a worker was lost in between", async () => {
    const { backend, request, server, reopen } = await open();
    server.misbehave({ kind: "drop-prompt" });
    await expect(backend.submit(request, backendContext())).rejects.toThrow();
    const uploads = () => server.requests.filter((line) => line === "POST /upload/image").length;
    expect(uploads()).toBe(2 * request.images.length);
    const other = reopen();
    await other.submit(request, backendContext());
    expect(uploads()).toBe(2 * request.images.length);
    await other.close();
  });

  it("encodes the pictures once for all trainings on a server, and again when what was kept cannot be read", async () => {
    const { backend, request, server } = await open({ recipe: { latentCaching: "disk" } });
    const train = async (name: string) => {
      const context = backendContext({ job: `job_${name.repeat(32)}` });
      const mine = { ...request, marker: name, recipe: { ...request.recipe, seed: Number(name) } };
      const { remoteId } = await backend.submit(mine, context);
      const last = (await pollTraining(backend, remoteId, mine, { job: context.job })).at(-1);
      const [, , graph] = server.runner.history.get(remoteId)?.prompt ?? [];
      return { kind: last?.kind, isFromKept: JSON.stringify(graph).includes('"LoadTrainingDataset"') };
    };
    expect(await train("1")).toEqual({ kind: "succeeded", isFromKept: false });
    const uploads = server.requests.filter((line) => line.startsWith("POST /upload")).length;
    expect(await train("2")).toEqual({ kind: "succeeded", isFromKept: true });
    expect(server.requests.filter((line) => line.startsWith("POST /upload")).length).toBe(uploads);

    const has = server.runner.datasets.has;
    server.runner.datasets.has = () => false;
    server.runner.forget();
    expect(await train("3")).toEqual({ kind: "failed", isFromKept: true });
    server.runner.datasets.has = has;
    expect(await train("3")).toEqual({ kind: "succeeded", isFromKept: false });
  });

  it("asks a proxy with its key and under its path", async () => {
    const secret = "s3cr3t-s3cr3t";
    const setup = { auth: { header: "x-api-key", value: secret }, basePath: "/comfy" };
    const right = await open(setup);
    const servers = [{ url: right.server.url, headers: { "X-Api-Key": secret } }];
    const keyed = await openComfyUi({ ...setup, options: { servers } });
    cleanups.push(keyed.close);
    const { remoteId } = await keyed.backend.submit(keyed.request, backendContext());
    expect((await pollTraining(keyed.backend, remoteId, keyed.request)).at(-1)?.kind).toBe("succeeded");
    await expect(right.backend.submit(right.request, backendContext())).rejects.toMatchObject({
      errorClass: "permanent",
      code: "endpoint-key-refused",
      message: expect.not.stringContaining(secret),
    });
  });

  it("goes on with the file where the connection broke in the middle of it", async () => {
    const { backend, request, server } = await open();
    const { remoteId } = await backend.submit(request, backendContext());
    await pollTraining(backend, remoteId, request);
    server.misbehave({ kind: "cut-file" });
    const cut = await backend.collect(remoteId, request, backendContext());
    expect(cut).toEqual(await backend.collect(remoteId, request, backendContext()));
  });

  it("waits for a server that is away for a while, and fails when it stays away", async () => {
    let skipped = 0;
    const clock = { now: () => new Date(Date.now() + skipped) };
    const { backend, request, server, stores, openAs } = await open({ clock, stepMs: 10 });
    const { remoteId } = await backend.submit(request, backendContext());
    const context = backendContext();
    server.misbehave({ kind: "hang", path: "/history" });
    const hasty = openAs({ timeoutMs: 1_000 }, { stores });
    cleanups.push(hasty.close);
    expect((await hasty.poll(remoteId, request, context)).kind).toBe("running");
    expect(context.lines).toContainEqual(expect.stringContaining("it is asked again"));
    server.misbehave({ kind: "status", path: "/history", status: 503, retryAfter: "7" });
    expect(await backend.poll(remoteId, request, context)).toMatchObject({ kind: "running", pollMs: 7_000 });
    skipped = 660_000;
    server.misbehave({ kind: "status", path: "/history", status: 503 });
    await expect(backend.poll(remoteId, request, context)).rejects.toMatchObject({
      errorClass: "transient",
      code: "endpoint-failed",
    });
    expect((await pollTraining(backend, remoteId, request)).at(-1)?.kind).toBe("succeeded");
  });

  it("says that a server it needs is not configured any more", async () => {
    const { backend, request, options, stores } = await open();
    const { remoteId } = await backend.submit(request, backendContext());
    const elsewhere = await openComfyUi();
    cleanups.push(elsewhere.close);
    const servers = [{ url: elsewhere.server.url, headers: {} }];
    const moved = createComfyUiTraining({ ...options, servers }, { stores, clock: { now: () => new Date() } });
    cleanups.push(moved.close);
    await expect(moved.poll(remoteId, request, backendContext())).rejects.toMatchObject({
      code: "server-not-configured",
    });
  });
});
