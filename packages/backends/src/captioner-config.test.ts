import { describe, expect, it } from "vitest";
import { captionerConfig } from "./captioner-config.ts";
import { type LocalCaptioner, openCaptioners } from "./open-captioners.ts";

const parse = (env: Record<string, string>) => captionerConfig.options(captionerConfig.env.parse(env));
const clock = { now: () => new Date("2026-01-02T03:04:05Z") };

describe("captionerConfig", () => {
  it("is nothing without an address or a token, and complete with one", () => {
    expect(parse({ LLAVA_API_KEY: "x" })).toEqual({
      openai: null,
      ollama: null,
      huggingface: null,
      replicate: null,
      fuser: null,
    });
    const { openai } = parse({
      LLAVA_API_URL: "http://localhost:8000/v1",
      CAPTION_CONCURRENCY: "32",
      LLAVA_TIMEOUT_SECONDS: "2.5",
      LLAVA_REQUESTS_PER_MINUTE: "90",
    });
    expect(openai).toEqual({
      url: "http://localhost:8000/v1",
      apiKey: null,
      model: "llava",
      timeoutMs: 2_500,
      concurrency: 32,
      requestsPerMinute: 90,
      atOnce: null,
      inputUsdPerMillionTokens: 0,
      outputUsdPerMillionTokens: 0,
    });
  });

  it("refuses plain HTTP to another machine, and a model on Replicate that has no owner", () => {
    expect(() => parse({ LLAVA_API_URL: "http://gpu.example/v1" })).toThrow(/https/);
    expect(() => parse({ REPLICATE_API_TOKEN: "r8_x", REPLICATE_CAPTION_MODEL: "blip-2" })).toThrow(/owner\/name/);
  });
});

describe("openCaptioners", () => {
  it("offers what is configured in the order of auto, then what needs nothing, and closes twice", async () => {
    const options = parse({
      LLAVA_API_URL: "http://localhost:8000/v1",
      OLLAMA_URL: "http://localhost:11434",
      HUGGINGFACE_TOKEN: "hf_x",
      REPLICATE_API_TOKEN: "r8_x",
      CAPTION_FUSE_URL: "http://localhost:11434/v1",
      CAPTION_FUSE_MODEL: "qwen3",
    });
    const opened = openCaptioners(options, { clock });
    expect(opened.all.map(({ captioner }) => captioner.id)).toEqual([
      "openai:llava",
      "ollama:llava",
      "huggingface:Qwen/Qwen2.5-VL-7B-Instruct",
      "replicate:andreasjansson/blip-2",
      "describe/1",
      "simple/1",
      "metadata/1",
      "sidecar/1",
    ]);
    expect(opened.fuser?.id).toBe("text:qwen3");
    await opened.close();
    await opened.close();
    const none = openCaptioners(parse({}), { clock });
    expect(none.all.map(({ provider }) => provider)).toEqual(["describe", "simple", "metadata", "sidecar"]);
    await none.close();
    let closed = 0;
    const captioner = {
      ...none.all[0]?.captioner,
      id: "wd-tagger:tiny",
      close: async () => {
        closed += 1;
      },
    } as LocalCaptioner["captioner"];
    const local = openCaptioners(parse({}), { clock }, [{ provider: "wd-tagger", captioner }]);
    expect(local.all.map(({ provider }) => provider).slice(0, 2)).toEqual(["wd-tagger", "describe"]);
    await local.close();
    expect(closed).toBe(1);
  });
});
