import { CaptionSpec, type RunSpecInput, UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { planCaption } from "./plan-caption.ts";
import type { CaptionerChoice, PlanContext } from "./plan-context.ts";
import { planContext } from "./testing/fixtures.ts";

const there = (provider: CaptionerChoice["provider"], id: string, estimateMicroUsd = 0): CaptionerChoice => ({
  provider,
  id,
  available: true,
  message: `${provider} answers`,
  estimateMicroUsd,
});
const all = [
  there("openai", "openai:llava", 100),
  there("ollama", "ollama:llava"),
  there("huggingface", "huggingface:qwen", 300),
  there("replicate", "replicate:blip-2", 3_000),
  there("describe", "describe/1"),
  there("simple", "simple/1"),
  there("metadata", "metadata/1"),
  there("sidecar", "sidecar/1"),
];
type Spec = NonNullable<RunSpecInput["caption"]>;
const planned = (spec: Spec, over: Partial<PlanContext> = { captioners: all }) =>
  planCaption(CaptionSpec.parse(spec), planContext(over));
const refusal = (spec: Spec, over?: Partial<PlanContext>): UserError => {
  try {
    planned(spec, over);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("planCaption", () => {
  it("lets auto take the first that is there: openai, ollama, huggingface, replicate, describe", () => {
    for (let left = 0; left < 5; left += 1) {
      const captioners = all.slice(left);
      const { step, notes } = planned({}, { captioners });
      expect(step.params.provider).toBe(captioners[0]?.id);
      expect(notes[0]).toContain(`caption.provider: ${captioners[0]?.id}`);
      expect(step.params).not.toHaveProperty("ensemble");
    }
  });

  it("says why auto passed one over", () => {
    const down = { provider: "ollama", id: "ollama:llava", available: false, message: "no model llava" } as const;
    expect(planned({}, { captioners: [down, ...all.slice(4)] }).notes).toEqual([
      "caption.provider: describe/1 (describe answers; openai is not available: set LLAVA_API_URL to a vision endpoint; ollama is not available: no model llava)",
    ]);
  });

  it.each([
    ["ollama", "set OLLAMA_URL"],
    ["huggingface", "set HUGGINGFACE_TOKEN"],
    ["replicate", "set REPLICATE_API_TOKEN"],
    ["transformers", "set TRANSFORMERS_MODEL"],
    ["wd-tagger", "set WD_TAGGER_MODEL"],
    ["interrogator", "set CLIP_MODEL"],
  ] as const)("says what to set for %s", (provider, what) => {
    const error = refusal({ provider }, {});
    expect(error).toMatchObject({ code: "captioner-unavailable", details: { field: "caption.provider" } });
    expect(error.message).toContain(what);
  });

  it("names the tokenizer that decides where captions are cut, where it does and there is one", () => {
    const clip = { id: "clip@1", available: true, message: "counts" };
    const broken = { id: "t5@none", available: false, message: "T5_TOKENIZER: no such file" };
    const tools = { captioners: all, captionTools: { tokenCounters: { clip, t5: broken } } };
    expect(planned({ maxTokens: 75 }, tools).step.params).toMatchObject({ tokenCounter: "clip@1" });
    for (const [spec, over] of [
      [{}, tools],
      [{ maxTokens: 75 }, { captioners: all }],
    ] as const) {
      expect(planned(spec, over).step.params).not.toHaveProperty("tokenCounter");
    }
    expect(refusal({ maxTokens: 75, tokenizer: "t5" }, tools)).toMatchObject({
      code: "tokenizer-unavailable",
      details: { field: "caption.maxTokens" },
      message: expect.stringContaining("T5_TOKENIZER: no such file"),
    });
  });

  it("leaves what is not there out of a chain, and says so", () => {
    const { step, notes } = planned({ providers: ["openai", "metadata", "describe"] }, { captioners: all.slice(1) });
    expect(step.params).toMatchObject({
      provider: "metadata/1",
      ensemble: { providers: ["metadata/1", "describe/1"], combine: "first" },
    });
    expect(notes[0]).toContain("openai is not available: set LLAVA_API_URL");
  });

  it("prices a chain by its first captioner, the others by all of them, and both by the budget", () => {
    const providers: Spec["providers"] = ["openai", "huggingface"];
    expect(planned({ providers }).step.estimate.microUsd).toBe(30 * 100);
    expect(planned({ providers, combine: "vote" }).step.estimate.microUsd).toBe(30 * 400);
    const limited = planned({ providers, combine: "longest", budgetUsdPerImage: 0.0002 });
    expect(limited.step.estimate.microUsd).toBe(30 * 200);
    expect(limited.step.params).toMatchObject({ microUsdPerImage: 200 });
  });

  it.each<[string, Spec, string, string]>([
    ["a combination of one", { provider: "describe", combine: "vote" }, "nothing-to-combine", "caption.providers"],
    ["a combination of one in a list", { providers: ["describe"], combine: "vote" }, "nothing-to-combine", "several"],
    ["the same one twice", { providers: ["describe", "describe"] }, "named-twice", "describe"],
    [
      "both ways of naming them",
      { provider: "openai", providers: ["describe"] },
      "conflicting-providers",
      "put it first",
    ],
    [
      "fuse without a text model",
      { providers: ["openai", "describe"], combine: "fuse" },
      "fuser-unavailable",
      "set CAPTION_FUSE_URL",
    ],
    [
      "best without an embedder",
      { providers: ["openai", "describe"], combine: "best" },
      "embedder-unavailable",
      "longest, vote or fuse",
    ],
    ["an excluded trigger word", { triggerWord: "sks", exclude: ["SKS"] }, "conflicting-phrases", "trigger word"],
    [
      "a word to have and not to have",
      { include: ["dog"], exclude: ["dog"] },
      "conflicting-phrases",
      "caption.include",
    ],
  ])("refuses %s and says what to do", (_, spec, code, said) => {
    const error = refusal(spec);
    expect(error.code).toBe(code);
    expect(error.message).toContain(said);
  });

  it("takes fuse and best where there is what they need", () => {
    const captionTools = {
      fuser: { id: "text:llama", available: true, message: "answers" },
      embedder: { id: "clip", available: true, message: "is there" },
    };
    const spec: Spec = { providers: ["openai", "describe"], combine: "fuse" };
    expect(planned(spec, { captioners: all, captionTools }).step.params).toMatchObject({
      ensemble: { combine: "fuse", fuser: "text:llama" },
    });
    expect(planned({ ...spec, combine: "best" }, { captioners: all, captionTools }).step.params).toMatchObject({
      ensemble: { combine: "best", embedder: "clip" },
    });
  });

  it("warns of captions that the family's text encoder does not read to the end", () => {
    const noted = (spec: Spec, family: "sdxl" | "flux") =>
      planCaption(CaptionSpec.parse(spec), planContext(), family).notes;
    expect(noted({}, "sdxl").join()).toContain("set maxTokens to 75");
    expect(noted({ maxTokens: 75 }, "sdxl").join()).not.toContain("maxTokens");
    expect(noted({}, "flux").join()).not.toContain("maxTokens");
  });
});
