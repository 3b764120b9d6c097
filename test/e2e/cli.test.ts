import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { makeDataDir } from "../support/mill.ts";

const PHOTOS = resolve(import.meta.dirname, "../../../shared/data/photos/dog");
const data = makeDataDir();
const pictures = join(data.path, "pictures");
const env = { DATA_DIR: join(data.path, "data") };
const loramill = createCli({ cwd: data.path, env });

beforeAll(() => drawSamplePictures(pictures));
afterAll(() => data.remove());

test("says its version, and starts nothing for that", async () => {
  expect(await loramill("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(existsSync(env.DATA_DIR)).toBe(false);
});

/** Where the first test leaves its LoRA. */
const trained = join(data.path, "data", "lora_models", "pictures.safetensors");
const small = ["--trigger", "zorb", "--class", "creature", "--steps", "20", "--rank", "4", "--images", "1"];

test("one command goes from a folder to a LoRA and images, says where they are, and leaves no mill behind", async () => {
  const first = await loramill("run", pictures, ...small, "--output", "results");
  expect(first.err).toBe("");
  expect(first.code).toBe(0);
  expect(first.out).toContain("succeeded");
  expect(existsSync(trained)).toBe(true);
  expect(readdirSync(join(data.path, "results", "images")).filter((name) => name.endsWith(".png"))).toHaveLength(2);
  expect(readFileSync(join(data.path, "results", "plan.lock.json"), "utf8")).toContain('"loramill-plan/1"');
  expect(existsSync(join(data.path, "data", "mill.json"))).toBe(false);

  const again = await loramill("--json", "run", pictures, ...small);
  expect(again.code).toBe(0);
  const { run } = JSON.parse(again.out);
  expect(run.steps.map((step: { state: string }) => step.state)).toEqual(run.steps.map(() => "reused"));

  const explained = await loramill("explain", "last");
  expect(explained.code).toBe(0);
  expect(explained.out).toContain(first.out.match(/run_[0-9a-f]{32}/)?.[0] ?? "no run id");
  const cost = await loramill("--json", "cost", "last");
  expect(JSON.parse(cost.out).totalMicroUsd).toBe(0);
  const days = await loramill("cost", "--by", "day", "--csv");
  expect(days.out).toMatch(/^day,label,project,amount_usd,.*\r\n\d{4}-\d{2}-\d{2},.*,0.000000,/);
  const runs = await loramill("runs");
  expect(runs.out.split("\n").filter((line) => line.startsWith("run_"))).toHaveLength(2);
});

test("the LoRA that was trained says what it is, and its model takes the whole of it", async () => {
  const { files } = JSON.parse((await loramill("--json", "lora", "inspect", trained, "--hashes", "--keys")).out);
  const [{ description, hashes, keys }] = files;
  expect(description).toMatchObject({
    title: "pictures",
    family: { family: "pocket", from: "modelspec.architecture" },
    ranks: [{ rank: 4, modules: description.modules }],
    triggerWords: [{ word: "zorb", from: "loramill.trigger_word" }],
    training: { network_dim: 4, steps: 20 },
    ...{ unresolved: [], missingModelSpec: [], warnings: [] },
  });
  expect(description.modelSpec.hash_sha256).toBe(`0x${hashes.tensorsSha256}`);
  const { code, out } = await loramill("lora", "validate", trained, "--strength", "1");
  expect(out).toContain(`will load ${keys.length} of ${keys.length} keys on pocket`);
  expect(code).toBe(0);
});

test("the LoRA that was trained opens with the reference reader", async ({ skip }) => {
  const script = `import json, sys, safetensors
with safetensors.safe_open(sys.argv[1], framework="np") as file:
    shapes = {key: file.get_slice(key).get_shape() for key in file.keys()}
    print(json.dumps({"metadata": file.metadata(), "shapes": shapes}))`;
  const read = spawnSync("python3", ["-c", script, trained], { encoding: "utf8" });
  if (read.error !== undefined || read.stderr.includes("No module named 'safetensors'")) {
    return skip("python3 with safetensors is not here: the reference reader did not open the LoRA");
  }
  expect(read.stderr).toBe("");
  const found: { metadata: Record<string, string>; shapes: Record<string, number[]> } = JSON.parse(read.stdout);
  const ours = JSON.parse((await loramill("--json", "lora", "inspect", trained, "--keys", "--metadata")).out).files[0];
  const shapes = ours.keys.map(({ name, shape }: { name: string; shape: number[] }) => [name, shape]);
  expect(found).toEqual({ metadata: ours.metadata, shapes: Object.fromEntries(shapes) });
});

test("mistakes are said in a sentence, with their exit code", async () => {
  const loramillAt = (url: string) => createCli({ cwd: data.path, env: { ...env, LORAMILL_URL: url } });
  const missing = await loramill("run", "nowhere");
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("nowhere: no such file or folder") });
  const option = await loramill("run", pictures, "--steps", "many");
  expect(option.code).toBe(2);
  const unreachable = await loramillAt("http://127.0.0.1:1")("runs");
  expect(unreachable).toMatchObject({ code: 3, err: expect.stringContaining("no Loramill API answers") });
  const insecure = await loramillAt("http://mill.example")("runs");
  expect(insecure).toMatchObject({ code: 2, err: expect.stringContaining("LORAMILL_URL") });
});

test("five real photographs are all kept, with a warning that names the number", async ({ skip }) => {
  if (!existsSync(PHOTOS)) return skip("the photographs beside the repository are not here: the dog was not curated");
  const result = await loramill(
    "run",
    PHOTOS,
    "--trigger",
    "sks dog",
    "--class",
    "dog",
    "--steps",
    "20",
    "--rank",
    "4",
    "--images",
    "1",
  );
  expect(result.code).toBe(0);
  expect(result.out).toMatch(/\b5\b.*fewer than.*\b10\b/);
  const { out } = await loramill("--json", "run", PHOTOS, "--trigger", "sks dog", "--class", "dog", "--no-train");
  const dataset = JSON.parse(out).run.steps.find((step: { name: string }) => step.name === "dataset");
  expect(dataset.items).toBe(5);
});
