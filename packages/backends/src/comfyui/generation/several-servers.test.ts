import { setTimeout as pause } from "node:timers/promises";
import { backendContext, pollGeneration, waitUntil } from "@loramill/testkit";
import { fetch } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { four, isIdle, make, openDrawing, startServer } from "../../../test/comfyui-drawing.ts";
import { picture } from "../../../test/comfyui-generation-setup.ts";

describe("several servers", () => {
  it("work at once, and one that is away does not hold the others up", async () => {
    const other = await startServer({ stepMs: 20 });
    const gone = await startServer();
    await gone.close();
    const { backend, server, requestOf } = await openDrawing({ stepMs: 20, others: [other, gone] });
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
    const { backend, requestOf } = await openDrawing({ clock, options: { servers } });
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
    const { backend, requestOf } = await openDrawing({
      clock,
      options: { servers: [{ url: server.url, headers: {} }] },
    });
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

  it("are all done with before a look ends, whatever one of them said", async () => {
    const other = await startServer();
    const { backend, server, openAs, requestOf, stores } = await openDrawing({ others: [other] });
    server.misbehave({ kind: "fail-lora", message: "Error while deserializing header" });
    const request = await requestOf([picture({ loras: [{ lora: "style" }] }), picture({ seed: 2 })]);
    const { remoteId } = await backend.submit(request, backendContext());
    expect([server.submitted.length, other.submitted.length]).toEqual([1, 1]);
    await waitUntil("both have ended", () => isIdle(server)() && isIdle(other)());

    const [held, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: typeof fetch = async (url, init) => {
      if (String(url).startsWith(other.url)) {
        held.resolve();
        await open.promise;
      }
      return fetch(url, init);
    };
    const looking = openAs({ stores, fetch: slow });
    onTestFinished(() => looking.close());
    const seen = looking.poll(remoteId, request, backendContext());
    await held.promise;
    // However soon the first server says its no: the other's part of the record is still to be written.
    expect(await Promise.race([seen.then(({ kind }) => kind), pause(500, "nothing yet")])).toBe("nothing yet");
    open.resolve();
    expect(await seen).toMatchObject({ kind: "failed", error: { code: "lora-unloadable" } });
  });

  it("get what they have the nodes and models for", async () => {
    const flux = await startServer({ models: { checkpoints: [], diffusion_models: ["flux1-dev.safetensors"] } });
    const { backend, server, requestOf } = await openDrawing({ others: [flux], models: { diffusion_models: [] } });
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
    const { backend, server, requestOf } = await openDrawing();
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
