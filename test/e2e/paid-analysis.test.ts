import { join } from "node:path";
import type { AnalystAnswer, RunSpecInput } from "@loramill/contracts";
import { type FakeLlmServer, startFakeLlmServer } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { finished } from "../support/runs.ts";

const answer: AnalystAnswer = {
  subject: [{ value: "building", words: "lighthouse" }],
  style: [],
  medium: [],
  lighting: [],
  composition: [],
  intent: "scene",
  complexity: 0.2,
  language: "en",
};
const data = makeDataDir();
let llm: FakeLlmServer;
let mill: MillProcess;

beforeAll(async () => {
  llm = await startFakeLlmServer({ model: "small", answer: () => JSON.stringify(answer) });
  mill = await startMill({
    dataDir: join(data.path, "mill"),
    env: {
      LLM_URL: `${llm.url}/v1`,
      LLM_MODEL: "small",
      LLM_INPUT_USD_PER_MILLION_TOKENS: "2",
      LLM_OUTPUT_USD_PER_MILLION_TOKENS: "10",
    },
  });
});
afterAll(async () => {
  await mill?.stop();
  await llm?.close();
  data.remove();
});

/** 900 tokens in and 100 out, as the server states of each answer. */
const charge = { kind: "analysis", supplier: "llm:small", quantity: 1000, unit: "token", amountMicroUsd: 2800 };

test("a run pays for what a language model read when it was planned, once", async () => {
  const spec: RunSpecInput = { name: "lights", generate: { mode: "auto", prompts: ["a lighthouse"] } };
  const { id } = await mill.client.createRun(spec);
  expect(await finished(mill.client, id)).toMatchObject({ state: "succeeded" });
  const { entries, steps, totalMicroUsd } = await mill.client.cost(id);
  expect(entries.filter(({ kind }) => kind === "analysis")).toMatchObject([{ ...charge, step: "generate", job: null }]);
  expect(steps.find(({ step }) => step === "generate")?.amountMicroUsd).toBe(2800);
  expect(totalMicroUsd).toBe(2800);
  expect((await mill.client.plan(spec)).charges, "what it said is kept").toEqual([]);
});

test("what belongs to no run is told by the answer", async () => {
  const { intelligence } = mill.client;
  expect((await intelligence.analysePrompt({ prompt: "a lighthouse by day" })).charges).toMatchObject([charge]);
  expect((await intelligence.recommend({ prompt: "a lighthouse by day" })).charges).toEqual([]);
  const { charges, explanation } = await intelligence.recommend({ prompt: "a lighthouse at night" });
  expect(charges).toMatchObject([charge]);
  expect(explanation.prompt.source).toBe("llm:small");
  const quote: RunSpecInput = { name: "x", generate: { mode: "auto", prompts: ["a lighthouse in fog"] } };
  expect((await mill.client.quote(quote)).charges).toMatchObject([charge]);
});
