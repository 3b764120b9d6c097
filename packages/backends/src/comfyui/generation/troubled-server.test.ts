import { sha256Hex, sideStepOf } from "@loramill/contracts";
import { backendContext, pollGeneration, waitUntil } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { four, isIdle, make, openDrawing, pngs } from "../../../test/comfyui-drawing.ts";
import { picture } from "../../../test/comfyui-generation-setup.ts";

describe("a server with bad habits", () => {
  it("whose receipt is lost, or that drops the prompt, is asked for it and draws it once", async () => {
    const { backend, server, requestOf } = await openDrawing();
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
    const { backend, server, requestOf } = await openDrawing({ stepMs: 20 });
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
    const { backend, server, requestOf, stores, openAs } = await openDrawing();
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
    const { backend, server, requestOf, stores } = await openDrawing();
    server.misbehave({ kind: "cut-file" });
    const { files, refused } = await make(backend, await requestOf(four));
    expect([files.length, refused]).toEqual([4, []]);
    const saved = pngs(server).map((path) => sha256Hex(server.runner.files.all.get(path) ?? ""));
    expect(files.map(({ file }) => file.sha256).sort()).toEqual(saved.sort());
    for (const { file } of files) expect(await stores.blobs.has(file.sha256)).toBe(true);
    expect(server.submitted).toHaveLength(4);
  });

  it("that would run parts of a graph alone has the prompt taken back, and the item is refused", async () => {
    const { backend, server, requestOf } = await openDrawing({ stepMs: 50 });
    // What it says of itself and what it takes differ, as with a pack that checks by code of its own.
    server.misbehave({ kind: "node-errors" });
    const { files, refused } = await make(backend, await requestOf(four.slice(0, 2)));
    expect(files).toHaveLength(1);
    expect(refused).toMatchObject([{ index: 0, code: "graph-refused" }]);
    expect(pngs(server)).toHaveLength(1);
  });

  it("whose sockets are deaf is polled", async () => {
    const { backend, server, requestOf } = await openDrawing();
    server.deafen();
    expect((await make(backend, await requestOf(four))).files).toHaveLength(4);
  });

  it("that knows neither jobs nor their cancelling is asked in the old way", async () => {
    const { backend, server, requestOf } = await openDrawing({ jobs: "none", stepMs: 50 });
    const request = await requestOf(four);
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await backend.cancel(remoteId, backendContext())).toBe("cancelled");
    expect(isIdle(server)()).toBe(true);
    expect((await make(backend, request)).files).toHaveLength(4);
  });
});

describe("an item that cannot be made", () => {
  it("for want of memory is tried once more on an emptied server, and then given up while the others go on", async () => {
    const { backend, server, requestOf } = await openDrawing();
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
    const { backend, server, requestOf } = await openDrawing();
    server.misbehave({ kind: "fail", exceptionType: "ValueError", message: "no such thing" });
    const request = await requestOf([picture()]);
    await expect(make(backend, request)).rejects.toMatchObject({ code: "execution-failed", errorClass: "permanent" });
    expect((await make(backend, request)).files).toHaveLength(1);
  });

  it("because somebody presses stop is sent again", async () => {
    const { backend, server, requestOf } = await openDrawing();
    server.misbehave({ kind: "interrupt" });
    expect((await make(backend, await requestOf(four))).files).toHaveLength(4);
    expect(new Set(server.submitted).size).toBe(5);
  });

  it("in time is stopped on the server", async () => {
    const { backend, server, requestOf } = await openDrawing({ stepMs: 50, options: { generationTimeoutSeconds: 2 } });
    const endless = picture({ sampling: { steps: 200 } });
    const { files, refused } = await make(backend, await requestOf([endless, picture({ sampling: { steps: 1 } })]));
    expect(files).toMatchObject([{ index: 1 }]);
    expect(refused).toMatchObject([{ index: 0, code: "generation-timeout" }]);
    expect([...server.runner.steps.values()][0]).toBeLessThan(200);
  });

  it("of a size is planned in steps of its own family", async () => {
    const { capabilities, validate } = (await openDrawing()).backend;
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
    const { backend, server, requestOf } = await openDrawing({ without: ["LoadImage"] });
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
