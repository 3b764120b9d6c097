import type { AnalystAnswer, Charge, Json, PromptAnalyst } from "@loramill/contracts";
import { expect, test } from "vitest";
import { createPromptReader } from "./read-prompts.ts";

const charge: Charge = {
  kind: "analysis",
  supplier: "llm:small",
  quantity: 1000,
  unit: "token",
  amountMicroUsd: 2800,
  note: "900 in, 100 out",
};
const answer: AnalystAnswer = {
  subject: [{ value: "animal", words: "cat" }],
  style: [],
  medium: [],
  lighting: [],
  composition: [],
  intent: "scene",
  complexity: 0.1,
  language: "en",
};

/** An analyst that is paid for each answer, and answers prompts about cats alone. */
const analyst: PromptAnalyst = {
  id: "llm:small",
  isAvailable: async () => ({ available: true, message: "" }),
  async analyse({ prompt }, _signal, paid) {
    paid?.(charge);
    if (prompt.includes("cat")) return answer;
    throw new TypeError("it said something else");
  },
};

function memory() {
  const kept = new Map<string, unknown>();
  return {
    memos: {
      find: async (kind: string, key: string) => kept.get(kind + key) ?? null,
      put: async (kind: string, key: string, value: Json) => void kept.set(kind + key, value),
    },
  };
}

const texts = (prompt: string) => ({ prompt, negativePrompt: "" });

test("what a model said of a prompt is paid for once", async () => {
  const reader = createPromptReader(analyst, memory() as never);
  expect(await reader.read(texts("a cat"))).toMatchObject({ analysis: { source: "llm:small" }, charges: [charge] });
  expect(await reader.read(texts("a cat"))).toMatchObject({ analysis: { source: "llm:small" }, charges: [] });
  const { analyses, charges } = await reader.readAll([texts("a cat"), texts("two cats"), texts("two cats")]);
  expect([...analyses.keys()]).toEqual(["a cat", "two cats"]);
  expect(charges).toEqual([charge]);
});

test("an answer that cannot be used is paid for all the same, each time", async () => {
  const reader = createPromptReader(analyst, memory() as never);
  for (const _ of [1, 2]) {
    expect(await reader.read(texts("a dog"))).toMatchObject({ analysis: { source: "rules" }, charges: [charge] });
  }
});

test("rules cost nothing", async () => {
  const reader = createPromptReader(null, memory() as never);
  expect(await reader.read(texts("a cat"))).toMatchObject({ analysis: { source: "rules" }, charges: [] });
  expect(await reader.readAll([texts("a cat")])).toEqual({ analyses: new Map(), charges: [] });
});
