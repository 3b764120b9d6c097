import { type PreviewedItem, previewKey } from "@loramill/contracts";
import { backendContext, pollGeneration, waitUntil } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { make, openDrawing } from "../../../test/comfyui-drawing.ts";
import { type GenerationSetup, picture } from "../../../test/comfyui-generation-setup.ts";

describe("previews", () => {
  const slow = picture({ sampling: { steps: 200 } });

  async function draw(setup: GenerationSetup = {}) {
    const opened = await openDrawing({ stepMs: 50, ...setup, options: { previewMs: 100, ...setup.options } });
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
    const { backend, requestOf, stores } = await openDrawing({ stepMs: 20, options: { previewMs: 1 } });
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
    const { backend, requestOf, server, stores } = await openDrawing({ stepMs: 20 });
    const request = await requestOf([picture({ sampling: { steps: 5 } })]);
    await make(backend, request);
    const [entry] = server.runner.history.values();
    expect(entry?.prompt[3]).toMatchObject({ preview_method: "none" });
    expect(await Array.fromAsync(stores.objects.list("previews/"))).toEqual([]);
  });
});
