import { type CaptionIntent, CaptionStyle, type JsonObject, UserError } from "@loramill/contracts";
import {
  pixelsOf,
  preparedPicture,
  runCaptionerFailureSuite,
  runCaptionerSuite,
  startFakeReplicateServer,
  waitUntil,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createReplicateCaptioner } from "./replicate-captioner.ts";

const clock = { now: () => new Date("2026-01-02T03:04:05Z") };
const TOKEN = "r8_secretsecretsecret";

async function open(timeoutMs = 20_000) {
  const server = await startFakeReplicateServer({ token: TOKEN, now: clock.now });
  const options = {
    token: TOKEN,
    url: server.url,
    model: "andreasjansson/blip-2",
    timeoutMs,
    concurrency: 8,
    usdPerSecond: 0.001,
  };
  const captioner = createReplicateCaptioner(options, { clock });
  const close = async () => {
    await captioner.close();
    await server.close();
  };
  return { server, captioner, misbehave: server.misbehave, close };
}

runCaptionerSuite("Replicate", () => open());
runCaptionerFailureSuite("Replicate", () => open(), { keyVariable: /REPLICATE_API_TOKEN/, answersAtOnce: false });

describe("createReplicateCaptioner", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });
  const openForTest = async (timeoutMs?: number) => {
    const opened = await open(timeoutMs);
    cleanups.push(opened.close);
    return opened;
  };
  const memory = (): CaptionIntent & { kept: JsonObject[] } => {
    const kept: JsonObject[] = [];
    return { kept, find: async () => kept.at(-1), put: async (value) => void kept.push(value) };
  };
  const request = (intent: CaptionIntent) => ({
    image: preparedPicture("a"),
    pixels: async () => ({ bytes: pixelsOf("a"), mediaType: "image/png" }),
    style: CaptionStyle.parse({}),
    intent,
  });
  const signal = new AbortController().signal;

  it("asks blip-2 for a caption, notes the picture before and the prediction after, and charges its seconds", async () => {
    const { captioner, server } = await openForTest();
    const intent = memory();
    const { text, charges } = await captioner.caption(request(intent), signal);
    expect(text).toMatch(/^a picture [0-9a-f]{8}$/);
    expect(server.created).toMatchObject([{ input: { caption: true } }]);
    expect(intent.kept.map(({ prediction }) => prediction)).toEqual([null, server.created[0]?.id]);
    expect(charges).toEqual([
      {
        kind: "captioning",
        supplier: "replicate:andreasjansson/blip-2",
        quantity: 2.5,
        unit: "gpu-second",
        amountMicroUsd: 2_500,
        note: `prediction ${server.created[0]?.id}`,
      },
    ]);
  });

  it("finds a prediction whose answer was lost by the picture's address, and does not pay again", async () => {
    const { captioner, server } = await openForTest();
    const intent = memory();
    server.misbehave({ kind: "drop" });
    await expect(captioner.caption(request(intent), signal)).rejects.toMatchObject({ code: "endpoint-unreachable" });
    expect(server.created.length).toBe(1);
    expect((await captioner.caption(request(intent), signal)).text).toContain("a picture");
    expect(server.created.length).toBe(1);
    expect(intent.kept.at(-1)).toMatchObject({ prediction: server.created[0]?.id });
  });

  it("goes on with the prediction of a worker that stopped, and asks again only for one that failed", async () => {
    const { captioner, server } = await openForTest();
    const intent = memory();
    const stop = new AbortController();
    server.misbehave({ kind: "hang" });
    const first = captioner.caption(request(intent), stop.signal);
    const ended = expect(first).rejects.toBeInstanceOf(Error);
    await waitUntil("the prediction is known", () => intent.kept.length >= 2);
    stop.abort(new Error("drained"));
    await ended;
    expect(server.cancelled).toEqual([]);

    const failing = memory();
    server.misbehave({ kind: "fail", error: "CUDA error" });
    await expect(captioner.caption(request(failing), signal)).rejects.toMatchObject({
      errorClass: "transient",
      code: "prediction-failed",
      message: expect.stringContaining("CUDA error"),
    });
    expect((await captioner.caption(request(failing), signal)).text).toContain("a picture");
    expect(server.created.length).toBe(3);
  });

  it("cancels the prediction of a run that was cancelled", async () => {
    const { captioner, server } = await openForTest();
    const intent = memory();
    const stop = new AbortController();
    const reason = new UserError("The run was cancelled", { code: "cancelled" });
    server.misbehave({ kind: "hang" });
    const asked = captioner.caption(request(intent), stop.signal);
    const ended = expect(asked).rejects.toBe(reason);
    await waitUntil("the prediction is known", () => intent.kept.length >= 2);
    stop.abort(reason);
    await ended;
    expect(server.cancelled).toEqual([server.created[0]?.id]);
  });

  it("stops waiting for a prediction that takes too long, which goes on and is found again", async () => {
    const { captioner, server } = await openForTest(600);
    const intent = memory();
    server.misbehave({ kind: "hang" });
    await expect(captioner.caption(request(intent), signal)).rejects.toMatchObject({
      errorClass: "transient",
      code: "endpoint-timeout",
      retryAfterMs: 3_000,
    });
    await expect(captioner.caption(request(intent), signal)).rejects.toMatchObject({ code: "endpoint-timeout" });
    expect(server.created.length).toBe(1);
  });
});
