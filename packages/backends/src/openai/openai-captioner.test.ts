import { CaptionStyle } from "@loramill/contracts";
import {
  pixelsOf,
  preparedPicture,
  runCaptionerFailureSuite,
  runCaptionerSuite,
  startFakeVisionServer,
  waitUntil,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { endpointUrls } from "./chat.ts";
import { createOpenAiCaptioner, type OpenAiCaptionerOptions } from "./openai-captioner.ts";

const clock = { now: () => new Date("2026-01-02T03:04:05Z") };
const KEY = "sk-very-secret-key";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(over: Partial<OpenAiCaptionerOptions> = {}, models?: readonly string[]) {
  const server = await startFakeVisionServer({ apiKey: KEY, ...(models === undefined ? {} : { models }) });
  const options: OpenAiCaptionerOptions = {
    url: server.url,
    apiKey: KEY,
    model: "llava",
    timeoutMs: 20_000,
    concurrency: 4,
    inputUsdPerMillionTokens: 2,
    outputUsdPerMillionTokens: 10,
    ...over,
  };
  const captioner = createOpenAiCaptioner(options, { clock });
  const close = async () => {
    await captioner.close();
    await captioner.close();
    await server.close();
  };
  const ask = (path = "a.png", signal = new AbortController().signal, style = CaptionStyle.parse({})) =>
    captioner.caption(
      { image: preparedPicture(path), pixels: async () => ({ bytes: pixelsOf(path), mediaType: "image/png" }), style },
      signal,
    );
  return { server, captioner, ask, close };
}

async function openForTest(over: Partial<OpenAiCaptionerOptions> = {}, models?: readonly string[]) {
  const opened = await open(over, models);
  cleanups.push(opened.close);
  return opened;
}

runCaptionerSuite("an OpenAI-compatible endpoint", open);
runCaptionerFailureSuite(
  "an OpenAI-compatible endpoint",
  async (timeoutMs) => {
    const { captioner, server, close } = await open(timeoutMs === undefined ? {} : { timeoutMs });
    return { captioner, misbehave: server.misbehave, close };
  },
  { keyVariable: /LLAVA_API_KEY/ },
);

describe("createOpenAiCaptioner", () => {
  it("sends picture, model and prompt, and turns usage into micro-dollars rounded once", async () => {
    const { server, ask } = await openForTest();
    const { text, charges } = await ask("b.png", undefined, CaptionStyle.parse({ maxWords: 40, className: "owl" }));
    expect(text).toMatch(/^This image shows picture [0-9a-f]{8}\.$/);
    const [asked] = server.asked;
    expect(asked).toMatchObject({ model: "llava", maxTokens: 124 });
    expect(asked?.prompt).toContain("the owl");
    const input = 256 + (asked?.prompt.split(" ").length ?? 0);
    expect(charges).toEqual([
      {
        kind: "captioning",
        supplier: "openai:llava",
        quantity: input + 12,
        unit: "token",
        amountMicroUsd: input * 2 + 120,
        note: `${input} in, 12 out`,
      },
    ]);
  });

  it.each([
    [429, "7", { errorClass: "transient", code: "rate-limited", retryAfterMs: 7_000 }],
    [429, "Fri, 02 Jan 2026 03:04:15 GMT", { code: "rate-limited", retryAfterMs: 10_000 }],
    [503, undefined, { errorClass: "transient", code: "endpoint-failed", retryAfterMs: undefined }],
    [504, undefined, { errorClass: "transient", code: "endpoint-timeout" }],
    [500, "soon", { errorClass: "transient", code: "endpoint-failed", retryAfterMs: undefined }],
    [400, undefined, { errorClass: "user", code: "caption-refused" }],
    [413, undefined, { errorClass: "user", code: "picture-too-large" }],
    [402, undefined, { errorClass: "permanent", code: "payment-required" }],
    [403, undefined, { errorClass: "permanent", code: "endpoint-key-refused" }],
    [404, undefined, { errorClass: "permanent", code: "endpoint-not-found" }],
    [307, undefined, { errorClass: "permanent", code: "endpoint-refused" }],
  ])("judges status %i with Retry-After %s once", async (status, retryAfter, expected) => {
    const { server, ask } = await openForTest();
    server.misbehave({ kind: "status", status, ...(retryAfter === undefined ? {} : { retryAfter }) });
    await expect(ask()).rejects.toMatchObject(expected);
    expect(server.asked.length).toBe(1);
  });

  it.each([
    ["a connection that drops", { kind: "drop" }, "endpoint-unreachable"],
    ["an answer cut in the middle", { kind: "cut" }, "endpoint-unreachable"],
    ["half a JSON document", { kind: "malformed" }, "bad-answer"],
    ["another JSON document", { kind: "foreign" }, "bad-answer"],
    ["an answer of megabytes", { kind: "huge" }, "bad-answer"],
    ["an empty caption", { kind: "say", content: "  " }, "empty-answer"],
    ["no content at all", { kind: "say", content: null }, "empty-answer"],
  ] as const)("takes %s for something that passes", async (_, move, code) => {
    const { server, ask } = await openForTest();
    server.misbehave(move);
    await expect(ask()).rejects.toMatchObject({ errorClass: "transient", code });
    expect((await ask()).text).toContain("picture");
  });

  it("gives up on a server that is too slow, and at once when told to stop", async () => {
    const slow = await openForTest({ timeoutMs: 100 });
    slow.server.misbehave({ kind: "slow", milliseconds: 5_000 });
    await expect(slow.ask()).rejects.toMatchObject({ errorClass: "transient", code: "endpoint-timeout" });

    const { server, ask } = await openForTest();
    server.misbehave({ kind: "slow", milliseconds: 30_000 });
    const abort = new AbortController();
    const reason = new Error("cancelled");
    const answer = ask("a.png", abort.signal);
    await waitUntil("the question arrives", () => server.asked.length > 0);
    abort.abort(reason);
    await expect(answer).rejects.toBe(reason);
  });

  it("treats a model's refusal as the picture's and reads content in parts", async () => {
    const { server, ask } = await openForTest();
    server.misbehave(
      { kind: "say", content: null, refusal: "I cannot help with that" },
      { kind: "say", content: "x", finishReason: "content_filter" },
      {
        kind: "say",
        content: [
          { type: "text", text: "a small " },
          { type: "text", text: "boat" },
        ],
      },
      { kind: "say", content: "A boat at sea. It has a re", finishReason: "length" },
    );
    await expect(ask()).rejects.toMatchObject({ errorClass: "user", code: "caption-refused" });
    await expect(ask()).rejects.toMatchObject({ errorClass: "user", code: "caption-refused" });
    expect((await ask()).text).toBe("a small boat");
    expect((await ask()).text).toBe("A boat at sea.");
  });

  it("reports what was paid for an answer that holds no caption", async () => {
    const { server, captioner } = await openForTest();
    const wasted: unknown[] = [];
    server.misbehave({ kind: "say", content: " " });
    const request = {
      image: preparedPicture("a"),
      pixels: async () => ({ bytes: pixelsOf("a"), mediaType: "image/png" }),
      style: CaptionStyle.parse({}),
      wasted: (charge: unknown) => wasted.push(charge),
    };
    const signal = new AbortController().signal;
    await expect(captioner.caption(request, signal)).rejects.toMatchObject({ code: "empty-answer" });
    expect(wasted).toMatchObject([{ supplier: "openai:llava", unit: "token" }]);
    await captioner.caption(request, signal);
    expect(wasted.length).toBe(1);
  });

  it("never shows the key, not even when the server repeats it", async () => {
    const { captioner, ask } = await openForTest({ apiKey: "wrong-key-1234567" });
    const failure = await ask().catch((error) => error);
    expect(failure).toMatchObject({ code: "endpoint-key-refused", message: expect.stringContaining("LLAVA_API_KEY") });
    expect(JSON.stringify([failure.message, failure.details])).not.toContain("wrong-key");
    const { available, message } = await captioner.isAvailable();
    expect(available).toBe(false);
    expect(message).not.toContain("wrong-key");
  });

  it("says what to do when the model or the server is not there", async () => {
    const { captioner } = await openForTest({}, ["qwen", "joy"]);
    expect(await captioner.isAvailable()).toEqual({
      available: false,
      message: expect.stringContaining("set LLAVA_MODEL to one of qwen, joy"),
    });
    const gone = await openForTest();
    await gone.server.close();
    expect(await gone.captioner.isAvailable()).toMatchObject({
      available: false,
      message: expect.stringContaining("ECONNREFUSED"),
    });
    await expect(gone.ask()).rejects.toMatchObject({ code: "endpoint-unreachable" });
  });

  it("does not send pictures that are too large, and sends what shrink makes of them", async () => {
    const { server } = await openForTest();
    const options = {
      url: server.url,
      apiKey: KEY,
      model: "llava",
      timeoutMs: 20_000,
      concurrency: 1,
      inputUsdPerMillionTokens: 0,
      outputUsdPerMillionTokens: 0,
    };
    const request = {
      image: preparedPicture("a"),
      pixels: async () => ({ bytes: new Uint8Array(21 * 1024 * 1024), mediaType: "image/png" }),
      style: CaptionStyle.parse({}),
    };
    const plain = createOpenAiCaptioner(options, { clock });
    const shrinking = createOpenAiCaptioner(options, {
      clock,
      shrink: async () => ({ bytes: pixelsOf("s"), mediaType: "image/jpeg" }),
    });
    cleanups.push(plain.close, shrinking.close);
    await expect(plain.caption(request, new AbortController().signal)).rejects.toMatchObject({
      code: "picture-too-large",
    });
    expect((await shrinking.caption(request, new AbortController().signal)).text).toContain("picture");
  });
});

describe("endpointUrls", () => {
  it.each([
    ["http://localhost:8000", "http://localhost:8000/v1/chat/completions"],
    ["http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"],
    ["https://router.example/api/v1", "https://router.example/api/v1/chat/completions"],
    ["https://host.example/v1/chat/completions", "https://host.example/v1/chat/completions"],
  ])("takes %s for %s", (base, chat) => {
    expect(endpointUrls(base).chat).toBe(chat);
  });
});
