import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ChoiceExplanation, type RunSpecInput } from "@loramill/contracts";
import { encodePicture, insertPngText, readPngText, readRgb } from "@loramill/imaging";
import { readProvenance } from "@loramill/imaging/provenance";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { finished } from "../support/runs.ts";

const data = makeDataDir();
const dataDir = join(data.path, "mill");
const loramill = createCli({ cwd: data.path, env: { DATA_DIR: dataDir } });
const PROMPT = "an inkwash drawing of a lighthouse";
let mill: MillProcess;

beforeAll(async () => {
  const pictures = join(data.path, "pictures");
  mkdirSync(pictures);
  await drawSamplePictures(pictures);
  mill = await startMill({ dataDir });
  for (const [name, tags] of [
    ["clay", ["clay", "toy"]],
    ["inkwash", ["ink", "drawing"]],
  ] as const) {
    const { id } = await mill.client.createRun({
      name,
      dataset: { sources: [{ type: "folder", path: pictures }] },
      caption: { triggerWord: name },
      train: { recipe: { steps: 4, batchSize: 2, warmupSteps: 1, rank: 2, alpha: 2, seed: tags.length } },
    });
    expect((await finished(mill.client, id)).state).toBe("succeeded");
    await mill.client.loras.change(name, { addTags: [...tags] });
  }
});
afterAll(async () => {
  await mill?.stop();
  data.remove();
});

const recommended = async (minConfidence = 0.6) =>
  (await mill.client.intelligence.recommend({ prompt: PROMPT, choose: { minConfidence } })).explanation;

async function run(generate: NonNullable<RunSpecInput["generate"]>) {
  const spec: RunSpecInput = { name: "chosen", generate };
  const { lock } = await mill.client.plan(spec);
  expect((await mill.client.plan(spec)).lock, "equal facts give equal plans").toEqual(lock);
  const { id } = await mill.client.createRun(spec);
  expect(await finished(mill.client, id)).toMatchObject({ state: "succeeded" });
  const folder = `saved-${id}`;
  expect(await loramill("save", id, "--output", folder)).toMatchObject({ code: 0 });
  const [picture = ""] = globSync(join(data.path, folder, "images", "*.png"));
  return { id, lock, picture };
}

test("the LoRA that a prompt asks for is recommended, with reasons and what it will take", async () => {
  const { summary, loras, estimate, state } = await recommended();
  expect(state).toBe("proposed");
  expect(summary).toMatch(/^Selected LoRAs: inkwash \(α=0\.80\) \| Parameters: \d+ steps, CFG [\d.]+, 64×64 \| Prompt/);
  expect(loras.map(({ name }) => name)).toEqual(["inkwash"]);
  expect(loras[0]?.reasons.map(({ kind }) => kind)).toContain("trigger-word");
  expect(estimate.seconds.p90).toBeGreaterThan(estimate.seconds.p50);
  const said = await loramill("recommend", PROMPT);
  expect(said).toMatchObject({ code: 0, out: expect.stringContaining("its trigger word") });
  const elsewhere = await mill.client.intelligence.recommend({ prompt: PROMPT, project: "other" });
  expect(elsewhere.explanation).toMatchObject({ loras: [], passed: [] });
  const described = await (await fetch(`${mill.client.url}/openapi.json`)).text();
  for (const part of ["/v1/recommendations", "/v1/ratings/rollback", "anime girl in a misty forest"]) {
    expect(described).toContain(part);
  }
  const { checks } = await mill.client.doctor({ checks: "prompts" });
  expect(checks).toMatchObject([{ name: "prompts", status: "off", advice: expect.stringContaining("LLM_URL") }]);
  const suggested = await loramill("--json", "lora", "suggest", "a clay toy");
  expect(JSON.parse(suggested.out).loras).toMatchObject([{ name: "clay" }]);
  expect(await mill.client.intelligence.suggestLoras({ prompt: "a clay toy" })).toMatchObject({
    loras: [{ name: "clay" }],
    comparison: expect.stringContaining("by words alone"),
    charges: [],
  });
});

test("a run that names no LoRA draws with what suits, and its picture, its sidecar and the API say why", async () => {
  const { lock, picture } = await run({ mode: "auto", prompts: [PROMPT] });
  expect(lock.notes).toContainEqual(expect.stringContaining("Selected LoRAs: inkwash (α=0.80) | Parameters: "));

  const sidecar = JSON.parse(readFileSync(picture.replace(/\.png$/, ".json"), "utf8"));
  const explanation = ChoiceExplanation.parse(sidecar.explanation);
  expect(explanation).toMatchObject({ mode: "auto", state: "decided", loras: [{ name: "inkwash", given: false }] });
  expect(sidecar).toMatchObject({ loras: [{ name: "inkwash", strength: 0.8 }] });
  expect(sidecar.steps).toBe(explanation.parameters.steps.value);
  expect(sidecar.guidance).toBe(explanation.parameters.guidance.value);
  const { record } = readProvenance(readFileSync(picture));
  expect(record?.explanation).toEqual(explanation);

  const [one] = (await mill.client.generations.list({ limit: 1 })).items;
  expect(await mill.client.intelligence.explanation(one?.id ?? "")).toEqual(explanation);
  const told = await loramill("explain", "generation", picture);
  expect(told.out).toContain("Prompt complexity: ");
  const estimated = await recommended();
  expect(estimated.estimate.jobs).toBeGreaterThan(0);
});

test("what is proposed is used as it was accepted, and what the spec says stays", async () => {
  const drawn = await loramill(
    "generate",
    PROMPT,
    "--mode",
    "assisted",
    "--accept",
    "--steps",
    "3",
    "--output",
    "kept",
  );
  expect(drawn, drawn.err).toMatchObject({ code: 0, err: expect.stringContaining("This is a proposal") });
  const [record = ""] = globSync(join(data.path, "kept", "images", "*.json"));
  const { explanation, steps, loras } = JSON.parse(readFileSync(record, "utf8"));
  expect([steps, loras.length]).toEqual([3, 1]);
  expect(explanation).toMatchObject({
    mode: "assisted",
    state: "decided",
    loras: [{ name: "inkwash", given: true }],
    parameters: { steps: { value: 3, source: "given" } },
  });
  const plain = await mill.client.plan({
    name: "plain",
    generate: { mode: "manual", strengths: [0], prompts: [PROMPT] },
  });
  expect(plain.lock.notes.join()).not.toContain("Selected LoRAs");
});

test("ratings change what is recommended next, and taking them back undoes it", async () => {
  const { picture } = await run({ prompts: [PROMPT], baseSeed: 77 });
  const before = (await recommended()).loras[0]?.confidence ?? 0;
  expect(await loramill("rate", picture, "1", "not a lighthouse", "--batch", "bad-day", "--by", "ann")).toMatchObject({
    code: 0,
    out: expect.stringContaining("1 stars by ann"),
  });
  const { items } = await mill.client.intelligence.ratings({ batch: "bad-day" });
  expect((await mill.client.intelligence.ratings({ project: "other" })).items).toEqual([]);
  expect(items).toMatchObject([{ by: "ann", stars: 1, comment: "not a lighthouse", arm: null }]);
  const original = readFileSync(picture);
  const small = await readRgb(original, { size: { width: 32, height: 32, fit: "fill" } });
  const smaller = insertPngText(await encodePicture(small, { format: "png" }), readPngText(original));
  writeFileSync(join(data.path, "smaller.png"), smaller);
  const again = await loramill("--json", "rate", "smaller.png", "1", "--batch", "bad-day", "--by", "gil");
  expect(JSON.parse(again.out), "a copy that was encoded anew").toMatchObject({ generation: items[0]?.generation });
  for (const by of ["bob", "cleo", "dan", "eve", "finn"]) {
    await mill.client.intelligence.rate(items[0]?.generation ?? "", { stars: 1, by, batch: "bad-day" });
  }
  expect((await recommended(before)).loras).toEqual([]);
  expect((await recommended(before)).passed[0]).toMatchObject({ name: "inkwash", because: "confidence" });
  const learning = await mill.client.intelligence.learning();
  expect(learning).toMatchObject({ ratings: 7, calibration: { forecasts: 7 } });
  expect((await loramill("ratings", "export", "--format", "csv")).out.split("\r\n")).toHaveLength(9);

  expect(await loramill("ratings", "rollback", "--batch", "bad-day")).toMatchObject({ out: "7 ratings taken back\n" });
  expect((await recommended()).loras[0]?.confidence).toBe(before);
  expect(await mill.client.intelligence.restoreRatings({ by: "ann" })).toEqual({ ratings: 1 });
  expect((await recommended(0)).loras[0]?.confidence).toBeLessThan(before);
  writeFileSync(join(data.path, "other.png"), "not made here");
  const unknown = await loramill("rate", "other.png", "5");
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toContain("it holds no record of one");
});
