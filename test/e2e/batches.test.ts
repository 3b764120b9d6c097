import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchView, BulkChange } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";

const data = makeDataDir();
const cli = createCli({
  cwd: data.path,
  env: { DATA_DIR: join(data.path, "data"), OUTPUT_DIR: join(data.path, "out") },
});
const SUBJECTS = ["Ann Smith", "bob", "cleo"];
let mill: MillProcess;

beforeAll(async () => {
  await drawSamplePictures(join(data.path, "pictures"));
  const pictures = readdirSync(join(data.path, "pictures"));
  for (const [at, subject] of SUBJECTS.entries()) {
    const folder = join(data.path, "subjects", subject);
    mkdirSync(folder, { recursive: true });
    for (const name of pictures.slice(4 * at, 4 * at + 4))
      copyFileSync(join(data.path, "pictures", name), join(folder, name));
  }
  mill = await startMill({ dataDir: join(data.path, "data") });
});
afterAll(async () => {
  await mill?.stop();
  data.remove();
});

const writeBatch = (steps: number) =>
  writeFileSync(
    join(data.path, "batch.yaml"),
    `kind: batch
name: subjects
folders: ./subjects/*
budgetUsd: 1
run:
  caption: { provider: simple, triggerWord: "sks\${folder.word}" }
  train: { preset: pocket, recipe: { steps: ${steps}, seed: 7 } }
`,
  );

test("one command makes a LoRA of each folder; the next one takes everything from the first", async () => {
  writeBatch(4);
  const done = await cli("batch", "run", "batch.yaml");
  expect(done, done.out + done.err).toMatchObject({ code: 0 });
  expect(done.out).toContain("3 succeeded");
  const files = SUBJECTS.map((name) => done.out.match(new RegExp(`LoRA +(.*${name}.*\\.safetensors)`))?.[1]);
  for (const path of files) expect(existsSync(path ?? ""), done.out).toBe(true);

  const [batch] = (await mill.client.batches.list()).items;
  expect(batch).toMatchObject({ state: "succeeded", counts: { succeeded: 3 }, budgetMicroUsd: 1_000_000 });
  const { items } = await mill.client.batches.members(batch?.id ?? "");
  expect(items.map(({ name, loras }) => [name, loras.map((lora) => lora.name)])).toEqual(
    SUBJECTS.map((name) => [name, [name]]),
  );
  const quote = await cli("batch", "quote", "batch.yaml");
  expect(quote.out).toMatch(/train +0 +0 +3/);
});

test("what cannot be made is told, the rest goes on, and many runs are changed at once when that was looked at", async () => {
  mkdirSync(join(data.path, "subjects", "empty"));
  const partial = await cli("batch", "run", "batch.yaml");
  expect(partial.code, partial.out + partial.err).toBe(1);
  expect(partial.out).toContain("3 succeeded");
  expect(partial.out).toMatch(/1 +\S+ +empty/);

  writeBatch(100_000);
  const long = JSON.parse((await cli("batch", "run", "batch.yaml", "--detach", "--json")).out).batch as BatchView;
  const view = () => mill.client.batches.get(long.id);
  await expect.poll(async () => (await view()).counts.waiting, { timeout: 60_000 }).toBe(0);
  const bob = ["runs", "cancel", "--batch", "last", "--name", "bob"];
  const seen = await cli(...bob);
  expect(seen.out).toContain("1 runs match, 1 of them would change");
  expect(seen.out).toContain("nothing was changed: --yes changes them");
  const { outcome } = JSON.parse((await cli(...bob, "--yes", "--json")).out) as BulkChange;
  expect(outcome).toMatchObject({ changed: 1, skipped: [] });
  await mill.client.batches.cancel(long.id);
  await expect.poll(async () => (await view()).state, { timeout: 60_000 }).toBe("cancelled");
});
