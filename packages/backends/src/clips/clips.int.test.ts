import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type GenerationBackend, type GenerationRequest, GenerationSpec } from "@loramill/contracts";
import { findFamily } from "@loramill/graphs";
import { pictureCodec } from "@loramill/imaging";
import { openStores } from "@loramill/storage";
import {
  backendContext,
  createFakePocketEngine,
  drawCountedVideo,
  type FakePocketOptions,
  hasFfmpeg,
  pollGeneration,
  startFakeComfyUiServer,
  waitUntil,
} from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import { afterEach, describe, expect, it } from "vitest";
import { packedFrames } from "../comfyui/generation/check-request.ts";
import { createComfyUiGeneration } from "../comfyui/generation/comfyui-generation.ts";
import { createPocketGeneration } from "../pocket/pocket-generation.ts";
import { createFfmpegGeneration } from "./ffmpeg-generation.ts";
import { addRestyling } from "./restyle-generation.ts";

const run = promisify(execFile);
const clock = { now: () => new Date() };
const tools = createClipTools(videoConfig.options(videoConfig.env.parse({})).video);
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(options: FakePocketOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), "clips-"));
  const stores = await openStores({ url: join(folder, "store"), sync: "never" });
  cleanups.push(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const engine = createFakePocketEngine(options);
  const make = (given = engine): GenerationBackend => {
    const pocket = createPocketGeneration({
      engine: given,
      stores,
      clock,
      ...pictureCodec,
      turnSeconds: 0,
    });
    return addRestyling(pocket, { stores, tools });
  };
  /** A clip of 10 frames at 25 a second with sound. */
  const plain = join(folder, "plain.mp4");
  const path = join(folder, "clip.mp4");
  await drawCountedVideo(plain, { frames: 10, codec: "libx264" });
  const tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.4"];
  await run("ffmpeg", ["-v", "error", "-y", "-i", plain, ...tone, "-c:v", "copy", "-c:a", "aac", path]);
  const clip = await stores.blobs.put(await readFile(path), { mediaType: "video/mp4" });
  const request = (spec: object): GenerationRequest => ({
    marker: "job-1",
    items: [{ index: 0, spec: GenerationSpec.parse(spec), loras: {}, inputs: { clip } }],
  });
  const restyle = request({
    kind: "restyle-clip",
    model: { family: "pocket" },
    prompt: "ink",
    seed: 3,
    clip: "clip",
    denoise: 0.5,
    chunkFrames: 4,
  });
  const keep = async (file: { sha256: string }, name = "made.mp4") => {
    const to = join(folder, name);
    await writeFile(to, await stores.blobs.read(file));
    return to;
  };
  return { stores, engine, make, request, restyle, path, keep };
}

describe.skipIf(!(await hasFfmpeg()))("a clip that a LoRA is applied back to", () => {
  it("keeps its frames, rate, size and sound", async () => {
    const { make, restyle, path, keep, engine } = await open();
    const backend = make();
    expect(backend.capabilities.kinds).toContain("restyle-clip");
    const { remoteId } = await backend.submit(restyle, backendContext());
    expect((await pollGeneration(backend, remoteId, restyle)).at(-1)?.kind).toBe("succeeded");
    const { files } = await backend.collect(remoteId, restyle, backendContext());
    const made = await keep(files[0]?.file ?? { sha256: "" });
    expect(await tools.look(made)).toEqual(await tools.look(path));
    expect(files[0]).toMatchObject({ frames: 10, fps: 25, sampler: "Euler" });
    expect(engine.work.pictures).toBe(10);
    expect(await backend.cancel(remoteId, backendContext())).toBe("already-ended");
  });

  it("is checked and estimated as the pictures that it is made of", async () => {
    const { make, restyle } = await open();
    const backend = make();
    const spec = restyle.items[0]?.spec as GenerationSpec;
    expect(backend.validate(spec)).toEqual([]);
    expect(backend.validate({ ...spec, width: 63 } as GenerationSpec)).toMatchObject([{ field: "width" }]);
    expect(backend.estimate(spec, 1).seconds.p50).toBeGreaterThan(0);
  });

  it("draws only the frame again at which its worker was lost", async () => {
    let alive = true;
    const { make, restyle, engine } = await open({
      afterPicture: (pictures) => {
        if (alive && pictures === 6) throw new Error("killed");
      },
    });
    const { remoteId } = await make().submit(restyle, backendContext());
    await expect(pollGeneration(make(), remoteId, restyle)).rejects.toThrow("killed");
    alive = false;
    expect((await pollGeneration(make(), remoteId, restyle, { fromEpoch: 50 })).at(-1)?.kind).toBe("succeeded");
    expect(engine.work.pictures).toBe(11);
    const again = createFakePocketEngine();
    const whole = make(again);
    await pollGeneration(whole, (await whole.submit(restyle, backendContext())).remoteId, restyle);
    expect(again.work.pictures).toBe(0);
  });

  it("stops when it is cancelled and goes on where it was", async () => {
    const { make, restyle, engine } = await open();
    const backend = make();
    const { remoteId } = await backend.submit(restyle, backendContext());
    await pollGeneration(backend, remoteId, restyle, { turns: 5 });
    expect(await backend.cancel(remoteId, backendContext())).toBe("cancelled");
    expect((await backend.poll(remoteId, restyle, backendContext())).kind).toBe("cancelled");
    await backend.submit(restyle, backendContext());
    expect((await pollGeneration(backend, remoteId, restyle)).at(-1)?.kind).toBe("succeeded");
    expect(engine.work.pictures).toBe(10);
    expect((await backend.poll("clips-unknown", restyle, backendContext())).kind).toBe("lost");
  });
});

describe.skipIf(!(await hasFfmpeg()))("a clip whose frames are drawn on ComfyUI", () => {
  async function openOnComfyUi(options: Parameters<typeof startFakeComfyUiServer>[0] = {}) {
    const opened = await open();
    const { stores, request } = opened;
    const servers = [await startFakeComfyUiServer(options), await startFakeComfyUiServer(options)];
    const settings = {
      servers: servers.map(({ url }) => ({ url, headers: {} })),
      ...{ timeoutMs: 20_000, maxJobs: 1, pollMs: 20, previewMs: null, usdPerHour: 3.6, generationTimeoutSeconds: 600 },
    };
    const backend = addRestyling(createComfyUiGeneration(settings, { stores, clock, tools }), {
      stores,
      tools,
      packedFrames,
    });
    cleanups.unshift(async () => {
      await backend.close();
      for (const server of servers) await server.close();
    });
    const spec = { kind: "restyle-clip", model: { family: "sdxl" }, prompt: "ink", seed: 3, clip: "clip" };
    return { ...opened, backend, servers, restyle: request({ ...spec, chunkFrames: 4 }) };
  }

  it("is drawn in whole pieces by a model of clips, which share some frames and give each one once", async () => {
    const model = { family: "wan22" as const, variant: "14b" as const, files: {}, weightDtype: "default" as const };
    const {
      highNoise = "",
      lowNoise = "",
      textEncoders = [],
      vae = "",
    } = findFamily({ kind: "restyle-clip", model })?.usual.files ?? {};
    const models = { diffusion_models: [highNoise, lowNoise], text_encoders: textEncoders, vae: [vae] };
    const { request, backend, servers, keep, path } = await openOnComfyUi({ models });
    const spec = { kind: "restyle-clip", model, prompt: "ink", seed: 3, clip: "clip", chunkFrames: 8 };
    const restyle = request(spec);
    expect(backend.validate(GenerationSpec.parse(spec))).toMatchObject([
      { field: "chunkFrames", severity: "warning", message: expect.stringContaining("pieces of 9") },
    ]);
    expect(backend.estimate(GenerationSpec.parse(spec), 1).seconds.p50).toBeGreaterThan(0);
    const { remoteId } = await backend.submit(restyle, backendContext());
    expect((await pollGeneration(backend, remoteId, restyle)).at(-1)?.kind).toBe("succeeded");
    const { files } = await backend.collect(remoteId, restyle, backendContext());
    expect(await tools.look(await keep(files[0]?.file ?? { sha256: "" }))).toEqual(await tools.look(path));
    expect(files[0]).toMatchObject({ frames: 10, fps: 25, baseModel: lowNoise });
    const graphs = servers.flatMap(({ runner }) => [...runner.history.values()].map(({ prompt }) => prompt[2]));
    const loaded = graphs.map((graph) =>
      Object.values(graph as Record<string, { class_type: string }>).filter(
        ({ class_type: type }) => type === "LoadImage",
      ),
    );
    expect(loaded.map(({ length }) => length)).toEqual([9, 9]);
  });

  it("is refused by name where frames are drawn one by one and the model is one of clips", async () => {
    const { make, request } = await open();
    const [item] = request({
      kind: "restyle-clip",
      model: { family: "wan22" },
      prompt: "ink",
      seed: 3,
      clip: "clip",
    }).items;
    expect(make().validate(item?.spec as GenerationSpec)).toMatchObject([
      {
        field: "model.family",
        severity: "error",
        message: expect.stringContaining("take pocket, or the backend comfyui"),
      },
    ]);
  });

  it("is charged until a cancel for the frames that were being drawn", async () => {
    const { restyle, backend, servers } = await openOnComfyUi({ stepMs: 50 });
    const { remoteId } = await backend.submit(restyle, backendContext());
    await waitUntil("a frame is drawn", async () => {
      await backend.poll(remoteId, restyle, backendContext());
      return servers.some(({ runner }) => runner.steps.size > 0);
    });
    expect(await backend.cancel(remoteId, backendContext())).toBe("cancelled");
    const status = await backend.poll(remoteId, restyle, backendContext());
    const charged = status.kind === "cancelled" ? (status.charges ?? []) : [];
    expect(charged.length).toBeGreaterThan(0);
    for (const { quantity } of charged) expect(quantity).toBeGreaterThan(0);
  });

  it("keeps its frames, rate, size and sound, by one prompt for each frame, on several servers", async () => {
    const { restyle, backend, servers, keep, path } = await openOnComfyUi();
    const { remoteId } = await backend.submit(restyle, backendContext());
    const statuses = await pollGeneration(backend, remoteId, restyle);
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    const { files } = await backend.collect(remoteId, restyle, backendContext());
    expect(await tools.look(await keep(files[0]?.file ?? { sha256: "" }))).toEqual(await tools.look(path));
    expect(files[0]).toMatchObject({ frames: 10, fps: 25, baseModel: "sd_xl_base_1.0.safetensors" });
    const submitted = servers.map((server) => server.submitted.length);
    expect(submitted[0]).toBeGreaterThan(0);
    expect(submitted[1]).toBeGreaterThan(0);
    expect(submitted.reduce((sum, count) => sum + count, 0)).toBe(10);
    const charged = statuses.flatMap((status) => (status.kind === "running" ? status.charges : []));
    expect(new Set(charged.map(({ mark }) => mark)).size).toBe(10);
  });
});

describe.skipIf(!(await hasFfmpeg()))("createFfmpegGeneration", () => {
  it("smooths and interpolates, once", async () => {
    const { stores, request, keep, path } = await open();
    const backend = createFfmpegGeneration({ stores, tools, clock });
    const smooth = request({ kind: "smooth-clip", clip: "clip" });
    const { remoteId } = await backend.submit(smooth, backendContext());
    const statuses = await pollGeneration(backend, remoteId, smooth);
    expect(statuses.map(({ kind }) => kind)).toEqual(["running", "succeeded"]);
    const { files } = await backend.collect(remoteId, smooth, backendContext());
    expect(await tools.look(await keep(files[0]?.file ?? { sha256: "" }))).toEqual(await tools.look(path));
    expect((await pollGeneration(backend, remoteId, smooth)).map(({ kind }) => kind)).toEqual(["succeeded"]);

    const faster = request({ kind: "interpolate", clip: "clip", method: "motion" });
    const other = await backend.submit(faster, backendContext());
    await pollGeneration(backend, other.remoteId, faster);
    const made = await backend.collect(other.remoteId, faster, backendContext());
    expect(made.files[0]).toMatchObject({ fps: 50 });
  });

  it("names what it does not do", async () => {
    const { stores } = await open();
    const backend = createFfmpegGeneration({ stores, tools, clock });
    const fields = (spec: object) => backend.validate(GenerationSpec.parse(spec)).map(({ field }) => field);
    expect(fields({ kind: "interpolate", clip: "c" })).toEqual(["method"]);
    expect(fields({ kind: "interpolate", clip: "c", method: "motion", fps: 9 })).toEqual(["fps"]);
    expect(fields({ kind: "smooth-clip", clip: "c", windowFrames: 4 })).toEqual(["windowFrames"]);
    expect(fields({ kind: "upscale", image: "c" })).toEqual(["kind"]);
  });
});
