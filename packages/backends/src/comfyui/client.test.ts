import { randomUUID } from "node:crypto";
import { draftGraph } from "@loramill/graphs";
import { type FakeComfyUiOptions, startFakeComfyUiServer, waitUntil } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createComfyUiClient } from "./client.ts";
import { connect } from "./connection.ts";
import type { RemoteFile } from "./outputs.ts";
import { openPromptSocket } from "./prompt-socket.ts";

const clock = { now: () => new Date() };
const signal = new AbortController().signal;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(setup: FakeComfyUiOptions & { readonly headers?: Record<string, string> } = {}) {
  const server = await startFakeComfyUiServer(setup);
  const options = { url: server.url, headers: setup.headers ?? {}, timeoutMs: 10_000 };
  const client = createComfyUiClient(options, { clock });
  cleanups.push(server.close, client.close);
  return { server, client, options };
}

/** Draws a grey picture; saved under the prefix. */
function greyPicture(prefix: string) {
  const draft = draftGraph();
  const [images] = draft.add("EmptyImage", { width: 8, height: 8, batch_size: 1, color: 0 });
  draft.add("SaveImage", { images, filename_prefix: prefix });
  return draft.graph();
}
const prompt = (graph: ReturnType<typeof greyPicture>, id: string = randomUUID()) => {
  return { id, clientId: id, graph, owner: "job-1" };
};
const ended = async ({ prompts }: Awaited<ReturnType<typeof open>>["client"], id: string) => {
  const state = await waitUntil("the prompt ends", async () => {
    const now = await prompts.find(id, signal);
    return now.kind !== "pending" && now.kind !== "running" && now;
  });
  if (state.kind !== "succeeded") throw new Error(`unexpected ${state.kind}`);
  return state;
};

describe("prompts of a ComfyUI server", () => {
  it("are found by their own id from the queue to the end, with the files they saved", async () => {
    const { client, server } = await open();
    server.runner.pause();
    const sent = prompt(greyPicture("job/one"));
    await client.prompts.submit(sent, signal);
    expect(await client.prompts.find(sent.id, signal)).toEqual({ kind: "pending", ahead: 0 });
    expect(await client.prompts.queued(signal)).toBe(1);
    server.runner.resume();
    const { outputs } = await ended(client, sent.id);
    expect(outputs).toEqual([
      { node: "2", kind: "image", filename: "one_00001_.png", subfolder: "job", type: "output" },
    ]);
    expect(await client.prompts.find(randomUUID(), signal)).toEqual({ kind: "absent" });
  });

  it("say when the server remembered all of it and names an older file", async () => {
    const { client } = await open();
    const first = prompt(greyPicture("same"));
    const second = prompt(greyPicture("same"));
    await client.prompts.submit(first, signal);
    expect((await ended(client, first.id)).isCached).toBe(false);
    await client.prompts.submit(second, signal);
    const again = await ended(client, second.id);
    expect(again.isCached).toBe(true);
    expect(again.outputs[0]?.filename).toBe("same_00001_.png");
  });

  it("are refused as a whole when the server would run a part of them", async () => {
    const { client, server } = await open();
    server.runner.pause();
    const graph = { ...greyPicture("good"), "3": { class_type: "SaveImage", inputs: {}, _meta: { title: "bad" } } };
    const sent = prompt(graph);
    await expect(client.prompts.submit(sent, signal)).rejects.toMatchObject({
      errorClass: "user",
      code: "graph-refused",
      message: expect.stringContaining("SaveImage: Required input is missing"),
    });
    expect(server.submitted).toEqual([sent.id]);
    expect(server.runner.pending).toEqual([]);
  });

  it("are refused with the nodes and inputs that are wrong", async () => {
    const { client } = await open();
    const unknown = { "1": { class_type: "NoSuchNode", inputs: {}, _meta: { title: "" } } };
    await expect(client.prompts.submit(prompt(unknown), signal)).rejects.toThrow(/NoSuchNode' not found/);
    const good = greyPicture("x");
    const bad = { ...good, "1": { ...good["1"], inputs: { width: 8, height: 8, batch_size: 0, color: 0 } } };
    await expect(client.prompts.submit(prompt(bad as typeof good), signal)).rejects.toThrow(/smaller than min of 1/);
  });
});

describe("files of a ComfyUI server", () => {
  const file: RemoteFile = { filename: "a.txt", subfolder: "job", type: "input" };
  const upload = (text: string) => ({ file, bytes: Buffer.from(text), mediaType: "text/plain" });
  const read = async (client: Awaited<ReturnType<typeof open>>["client"], maxBytes = 1000) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of client.files.download(file, { maxBytes, signal })) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it("are put under their own name, over what was there, and read back whole or in part", async () => {
    const { client } = await open();
    expect(await client.files.size(file, signal)).toBeNull();
    await client.files.upload(upload("first"), signal);
    await client.files.upload(upload("second"), signal);
    expect(await client.files.size(file, signal)).toBe(6);
    expect(await read(client)).toBe("second");
    expect(Buffer.from(await client.files.range(file, 1, 4, signal)).toString()).toBe("eco");
    await client.files.upload(upload(""), signal);
    expect(await client.files.size(file, signal)).toBe(0);
  });

  it("are refused with what to do: too large, missing, outside of the folder", async () => {
    const { client } = await open({ maxUploadBytes: 600 });
    await expect(client.files.upload(upload("x".repeat(800)), signal)).rejects.toMatchObject({
      errorClass: "user",
      code: "upload-too-large",
      message: expect.stringContaining("--max-upload-size"),
    });
    await expect(read(client)).rejects.toMatchObject({ errorClass: "permanent", code: "file-missing" });
    const outside = { ...upload("x"), file: { ...file, subfolder: "../../etc" } };
    await expect(client.files.upload(outside, signal)).rejects.toMatchObject({ errorClass: "permanent" });
    await client.files.upload(upload("0123456789"), signal);
    await expect(read(client, 5)).rejects.toMatchObject({ code: "file-too-large" });
  });
});

describe("the socket of a prompt", () => {
  it("is opened again when it fell silent because an older one of its client closed", async () => {
    const { server, client, options } = await open({ stepMs: 10 });
    let now = 0;
    const turned = { now: () => new Date(now) };
    const connection = connect(options);
    cleanups.push(connection.close);
    const id = randomUUID();
    const listen = () => openPromptSocket(connection, { id, clientId: id }, { clock: turned, silentMs: 1_000 });
    const older = listen();
    older.keep();
    await waitUntil("the older is there", () => server.sockets === 1);
    const newer = listen();
    cleanups.push(newer.close);
    newer.keep();
    await waitUntil("both are there", () => server.sockets === 2);
    older.close();
    await waitUntil("the older is gone", () => server.sockets === 1);

    const training = { steps: 4_000, grad_accumulation_steps: 1 };
    server.runner.add({
      ...{ number: 1, id, clientId: id, extra: {}, outputs: ["1"] },
      graph: { "1": { class_type: "TrainLoraNode", inputs: training } },
    });
    await waitUntil("it trains", () => (server.runner.steps.get(id) ?? 0) > 2);
    newer.keep();
    expect(newer.progress("1")).toBeNull();
    now = 2_000;
    newer.keep();
    const heard = await waitUntil("it hears again", () => newer.progress("1") ?? false);
    expect(heard).toMatchObject({ node: "1", max: 4_000 });
    await client.prompts.cancel(id, signal);
  });
});

describe("a connection to ComfyUI", () => {
  it("says what is wrong with the address or the key, and shows no secret", async () => {
    const secret = "a-very-secret-word";
    const { client } = await open({
      auth: { header: "authorization", value: "Bearer other" },
      headers: { authorization: `Bearer ${secret}` },
    });
    const error = await client.system(signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ errorClass: "permanent", code: "endpoint-key-refused" });
    expect(String(error)).not.toContain(secret);
    const nowhere = createComfyUiClient({ url: "http://127.0.0.1:9", headers: {}, timeoutMs: 60_000 }, { clock });
    cleanups.push(nowhere.close);
    await expect(nowhere.system(signal)).rejects.toMatchObject({
      errorClass: "transient",
      code: "endpoint-unreachable",
      message: expect.stringContaining("COMFYUI_API_URL"),
    });
  });

  it("stops at once when it is told to, with the reason it was given", async () => {
    const { client, server } = await open();
    const stop = new AbortController();
    const reason = new Error("the run was cancelled");
    server.misbehave({ kind: "hang", path: "/system_stats" });
    const asked = client.system(stop.signal);
    const failed = expect(asked).rejects.toBe(reason);
    await waitUntil("it waits", () => server.hanging === 1);
    stop.abort(reason);
    await failed;
  });
});
