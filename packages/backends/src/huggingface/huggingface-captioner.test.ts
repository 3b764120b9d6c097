import { CaptionStyle } from "@loramill/contracts";
import {
  pixelsOf,
  preparedPicture,
  runCaptionerFailureSuite,
  runCaptionerSuite,
  startFakeHuggingFaceEndpoint,
  startFakeVisionServer,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createHuggingFaceCaptioner } from "./huggingface-captioner.ts";

const clock = { now: () => new Date("2026-01-02T03:04:05Z") };
const TOKEN = "hf_secretsecretsecret";
const options = {
  token: TOKEN,
  timeoutMs: 20_000,
  concurrency: 4,
  inputUsdPerMillionTokens: 0,
  outputUsdPerMillionTokens: 0,
};

async function openRouter(timeoutMs = 20_000) {
  const server = await startFakeVisionServer({ apiKey: TOKEN, models: ["Qwen/Qwen2.5-VL-7B-Instruct"] });
  const captioner = createHuggingFaceCaptioner(
    { ...options, timeoutMs, url: server.url, task: "chat", model: "Qwen/Qwen2.5-VL-7B-Instruct" },
    { clock },
  );
  const close = async () => {
    await captioner.close();
    await server.close();
  };
  return { server, captioner, misbehave: server.misbehave, close };
}

async function openDedicated(timeoutMs = 20_000, legacy = false) {
  const server = await startFakeHuggingFaceEndpoint({ token: TOKEN, legacy });
  const captioner = createHuggingFaceCaptioner(
    { ...options, timeoutMs, url: server.url, task: "image-to-text", model: "Salesforce/blip-image-captioning-large" },
    { clock },
  );
  const close = async () => {
    await captioner.close();
    await server.close();
  };
  return { server, captioner, misbehave: server.misbehave, close };
}

runCaptionerSuite("Hugging Face's router", openRouter);
runCaptionerSuite("a dedicated endpoint", openDedicated);
runCaptionerFailureSuite("Hugging Face's router", openRouter, { keyVariable: /HUGGINGFACE_TOKEN/ });
runCaptionerFailureSuite("a dedicated endpoint", (timeoutMs) => openDedicated(timeoutMs), {
  keyVariable: /HUGGINGFACE_TOKEN/,
});

describe("createHuggingFaceCaptioner", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  it("reads the list that older endpoints answer, and keeps the token out of messages", async () => {
    const { captioner, server, close } = await openDedicated(20_000, true);
    cleanups.push(close);
    const request = {
      image: preparedPicture("a"),
      pixels: async () => ({ bytes: pixelsOf("a"), mediaType: "image/png" }),
      style: CaptionStyle.parse({}),
    };
    const signal = new AbortController().signal;
    const { text, charges } = await captioner.caption(request, signal);
    expect(text).toMatch(/^picture [0-9a-f]{8}$/);
    expect(charges).toMatchObject([{ unit: "request", amountMicroUsd: 0 }]);
    server.misbehave({ kind: "status", status: 401, body: { error: `bad token ${TOKEN}` } });
    const error = await captioner.caption(request, signal).catch((failure) => failure);
    expect(error.message).toContain("HUGGINGFACE_TOKEN");
    expect(error.message).not.toContain(TOKEN);
  });
});
