import { CaptionStyle } from "@loramill/contracts";
import {
  pixelsOf,
  preparedPicture,
  runCaptionerFailureSuite,
  runCaptionerSuite,
  startFakeOllamaServer,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createOllamaCaptioner } from "./ollama-captioner.ts";

const clock = { now: () => new Date("2026-01-02T03:04:05Z") };

async function open(given: { timeoutMs?: number; server?: Parameters<typeof startFakeOllamaServer>[0] } = {}) {
  const server = await startFakeOllamaServer(given.server);
  const options = { url: `${server.url}/`, model: "llava", timeoutMs: given.timeoutMs ?? 20_000, concurrency: 4 };
  const captioner = createOllamaCaptioner(options, { clock });
  const close = async () => {
    await captioner.close();
    await captioner.close();
    await server.close();
  };
  return { server, captioner, misbehave: server.misbehave, close };
}

runCaptionerSuite("Ollama", open);
runCaptionerFailureSuite("Ollama", (timeoutMs) => open(timeoutMs === undefined ? {} : { timeoutMs }), {
  keyVariable: /OLLAMA_URL/,
});

describe("createOllamaCaptioner", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });
  const openForTest = async (given: Parameters<typeof open>[0] = {}) => {
    const opened = await open(given);
    cleanups.push(opened.close);
    return opened;
  };

  it("says which model to pull, and that a model without eyes is of no use", async () => {
    const without = await openForTest({ server: { models: ["qwen2.5:7b"] } });
    expect(await without.captioner.isAvailable()).toEqual({
      available: false,
      message: expect.stringContaining('run "ollama pull llava"'),
    });
    const blind = await openForTest({ server: { capabilities: ["completion"] } });
    expect(await blind.captioner.isAvailable()).toEqual({
      available: false,
      message: expect.stringContaining("OLLAMA_CAPTION_MODEL"),
    });
  });

  it("drops what the token limit cut off, and counts tokens that cost nothing", async () => {
    const { captioner, server } = await openForTest();
    server.misbehave({ kind: "say", content: "A boat at sea. It has a re", finishReason: "length" });
    const request = {
      image: preparedPicture("a"),
      pixels: async () => ({ bytes: pixelsOf("a"), mediaType: "image/png" }),
      style: CaptionStyle.parse({ prompt: "What is this?" }),
    };
    expect(await captioner.caption(request, new AbortController().signal)).toEqual({
      text: "A boat at sea.",
      prompt: "What is this?",
      charges: [
        {
          kind: "captioning",
          supplier: "ollama:llava",
          quantity: 312,
          unit: "token",
          amountMicroUsd: 0,
          note: "300 in, 12 out",
        },
      ],
    });
    expect(server.asked[0]?.prompt).toBe("What is this?");
  });
});
