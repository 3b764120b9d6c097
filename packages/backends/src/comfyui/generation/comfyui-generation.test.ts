import { backendContext, pollGeneration, runGenerationBackendSuite, waitUntil } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { four, isIdle, make, openDrawing, startServer } from "../../../test/comfyui-drawing.ts";
import { openComfyUiGeneration, picture } from "../../../test/comfyui-generation-setup.ts";

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
    const { backend, server, requestOf, stores } = await openDrawing({ stepMs: 5 });
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

describe("files", () => {
  it("of every kind of node are fetched: pictures, clips of the core, several in one item", async () => {
    const { backend, requestOf } = await openDrawing();
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

describe("money and memory", () => {
  it("is charged once for each prompt, and not at all for what was made before", async () => {
    const { backend, requestOf, server } = await openDrawing({ stepMs: 10 });
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
    const { backend, requestOf, server } = await openDrawing({ stepMs: 50 });
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
    const { backend, requestOf } = await openDrawing({
      clock,
      options: { servers: [{ url: server.url, headers: {} }] },
    });
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
    const { backend, requestOf } = await openDrawing({ stepMs: 50 });
    const { files } = await make(backend, await requestOf([picture({ sampling: { steps: 20 } })]));
    expect(files[0]?.peakVramBytes).toBe(12 * 2 ** 30);
  });
});
