import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Generation, type RunSpecInput, sha256Hex } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { drawCountedVideo, hasFfmpeg, startFileServer } from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { expectInside, killInside, someJobsDone } from "../support/kills.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const data = makeDataDir();
const pictures = join(data.path, "pictures");
const photo = join(data.path, "photo.jpg");
const dataDir = join(data.path, "mill");
const loramill = createCli({ cwd: data.path, env: { DATA_DIR: dataDir } });
const env = {
  // A web server of the tests is one of this machine.
  ...{ SOURCE_ALLOW_PRIVATE_NETWORK: "true", SOURCE_ALLOW_HTTP: "true" },
  // A cancel reaches what is drawn in its midst, on a quick machine too.
  QUEUE_HEARTBEAT_SECONDS: "0.2",
};
let mill: MillProcess;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  await drawSamplePictures(pictures);
  const rgb = new Uint8Array(96 * 72 * 3).map((_, at) => (at % 3 === 0 ? 40 + Math.floor(at / 3 / 96) * 2 : 90));
  writeFileSync(photo, await encodeImage({ width: 96, height: 72, rgb }, "jpeg"));
  mill = await startMill({ dataDir, env });
  for (const [name, seed] of [
    ["dog", 1],
    ["ink", 2],
  ] as const) {
    const { id } = await mill.client.createRun({
      name,
      dataset: { sources: [{ type: "folder", path: pictures }] },
      caption: { triggerWord: name },
      train: { recipe: { steps: 10, batchSize: 4, warmupSteps: 2, rank: 2, alpha: 2, seed } },
    });
    expect((await finished(mill.client, id)).state).toBe("succeeded");
  }
});
afterAll(async () => {
  await mill?.stop();
  data.remove();
});

/** Runs `generate` into a folder, and reads back what lies there. */
async function generate(folder: string, ...args: string[]) {
  const said = await loramill("generate", ...args, "--output", folder);
  expect(said, said.err).toMatchObject({ code: 0 });
  return { said: said.out, ...saved(folder) };
}

function saved(folder: string) {
  const at = join(data.path, folder);
  const names = (pattern: string) => globSync(join(at, pattern)).sort();
  const records = names("{images,clips}/*.json").map((path) =>
    Generation.parse(JSON.parse(readFileSync(path, "utf8"))),
  );
  const files = names("{images,clips}/*").filter((path) => !path.endsWith(".json"));
  return { at, records, files, names: files.map((path) => basename(path)) };
}

test("pictures with two LoRAs, each with all that is known of it, under names that say what they are", async () => {
  const drawn = await generate(
    "two",
    "dog, ink",
    "--lora",
    "dog:0.9",
    "--lora",
    "ink:0.4",
    "--seed",
    "0",
    "--images",
    "2",
    "--steps",
    "4",
  );
  expect(drawn.names).toEqual(["0000-dog-ink-seed0-x0.9.png", "0001-dog-ink-seed1-x0.9.png"]);
  expect(drawn.said).toContain(join("two", "images"));
  for (const [index, record] of drawn.records.entries()) {
    expect(record).toMatchObject({ index, prompt: "dog, ink", seed: index, steps: 4, backend: "pocket" });
    expect(record.loras.map(({ name, strength }) => [name, strength])).toEqual([
      ["dog", 0.9],
      ["ink", 0.4],
    ]);
  }
  const listed = await mill.client.generations.list({ lora: "ink", limit: 1 });
  expect(listed.items).toMatchObject([{ seed: 1, kind: "text-to-image", project: "default" }]);
  const next = await mill.client.generations.list({ lora: "ink", limit: 1, cursor: listed.next ?? "" });
  expect(next).toMatchObject({ items: [{ seed: 0 }], next: null });
  const one = await mill.client.generations.get(listed.items[0]?.id ?? "");
  expect(one.record).toEqual(drawn.records[1]);
  expect(Buffer.from(await mill.client.download(one.file.url))).toEqual(readFileSync(drawn.files[1] ?? ""));
  expect((await mill.client.generations.list({ lora: "nobody" })).items).toEqual([]);
  await expect(mill.client.generations.get(`gen_${"0".repeat(32)}`)).rejects.toThrow(/no generation/);

  const described = await (await fetch(`${mill.client.url}/openapi.json`)).text();
  expect(described).toContain('"/v1/generations/{id}"');
  expect(described).toContain("zorb on a hill");

  // The same again costs nothing, and what another run made is listed under this one too.
  const again = await generate(
    "again",
    "dog, ink",
    "--lora",
    "dog:0.9",
    "--lora",
    "ink:0.4",
    "--seed",
    "0",
    "--images",
    "2",
    "--steps",
    "4",
  );
  expect(again.records).toEqual(drawn.records);
  const [{ id = "" } = {}] = (await mill.client.listRuns({ limit: 1 })).items;
  expect((await mill.client.generations.list({ run: id })).items).toHaveLength(2);
});

test("a picture to start from is sent by its content; the fields of a file are relative to it", async () => {
  const nearer = await generate(
    "near",
    "dog",
    "--lora",
    "dog",
    "--image",
    "photo.jpg",
    "--denoise",
    "0.1",
    "--steps",
    "8",
  );
  expect(nearer.records).toMatchObject([
    { spec: { kind: "image-to-image", denoise: 0.1, image: expect.stringMatching(/^sha256:/) } },
  ]);
  mkdirSync(join(data.path, "specs"), { recursive: true });
  const request = {
    request: { kind: "image-to-image", image: "../photo.jpg", denoise: 0.1, sampling: { steps: 8 } },
    prompts: ["dog"],
    lora: "dog",
  };
  writeFileSync(join(data.path, "specs", "request.json"), JSON.stringify(request));
  const same = await generate("same", "--file", "specs/request.json");
  expect(same.said).toContain("reused");
  expect(same.records).toEqual(nearer.records);
  const quote = await loramill("--json", "quote", "specs/run.json");
  expect(quote).toMatchObject({ code: 2, out: expect.stringContaining("no such file") });
  writeFileSync(join(data.path, "specs", "run.json"), JSON.stringify({ name: "quoted", generate: request }));
  expect(JSON.parse((await loramill("--json", "quote", "specs/run.json")).out).steps).toMatchObject([
    { cache: "reused" },
  ]);
});

test("a picture to start from is fetched from its address, and another one behind it is another picture", async () => {
  const web = await startFileServer({ "/photo.jpg": readFileSync(photo) });
  onTestFinished(() => web.close());
  const args = [
    "a dog",
    "--lora",
    "dog",
    "--image",
    `${web.url}/photo.jpg?signature=abc`,
    "--denoise",
    "0.2",
    "--steps",
    "4",
  ];
  const startOf = ({ records }: ReturnType<typeof saved>) => {
    const spec = records[0]?.spec;
    return spec?.kind === "image-to-image" ? spec.image : null;
  };
  const first = await generate("fetched", ...args);
  expect(startOf(first)).toBe(`sha256:${sha256Hex(readFileSync(photo))}`);
  const other = await encodeImage({ width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3).fill(200) }, "jpeg");
  web.files.set("/photo.jpg", other);
  expect(startOf(await generate("fetched-again", ...args))).toBe(`sha256:${sha256Hex(other)}`);
  const gone = await loramill("generate", "a dog", "--lora", "dog", "--image", `${web.url}/nothing.jpg?signature=abc`);
  expect(gone.code).not.toBe(0);
  expect(gone.err).toContain("/nothing.jpg: the server answered 404");
  expect(gone.err).not.toContain("signature");
});

test("a LoRA is named by its file too, which is the one of the library", async () => {
  const download = await loramill("lora", "download", "dog", "--output", "mine.safetensors");
  expect(download.code, download.err).toBe(0);
  const line = ["dog", "--steps", "3", "--lora"];
  const [byName, byFile] = [
    await generate("by-name", ...line, "dog:0.5"),
    await generate("by-file", ...line, "./mine.safetensors:0.5"),
  ];
  expect(byFile.records).toEqual(byName.records);
  expect(byFile.said).toContain("reused");
});

test("wildcards, variations and a strip are drawn in order, with a labelled sheet", async () => {
  const line = [
    "a __animal__",
    "--wildcard",
    "animal=dog|cat",
    "--combine",
    "all",
    "--vary",
    "steps=2,3",
    "--seed",
    "5",
    "--mode",
    "manual",
  ];
  const { records, at } = await generate("matrix", ...line, "--grid");
  expect(records.map(({ prompt, steps, loras }) => [prompt, steps, loras.length])).toEqual([
    ["a dog", 2, 0],
    ["a cat", 2, 0],
    ["a dog", 3, 0],
    ["a cat", 3, 0],
  ]);
  const strip = await generate("strip", "dog", "--lora", "dog", "--strip", "--steps", "2");
  expect(strip.records.map(({ seed, loras }) => [seed, loras[0]?.strength ?? 0])).toEqual(
    [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5].map((strength) => [1, strength]),
  );
  const example = await generate("example", "--file", join(import.meta.dirname, "../../examples/wildcards.yaml"));
  expect(example.records.map(({ seed, guidance }) => [seed, guidance])).toEqual(
    [1.5, 3].flatMap((guidance) => Array.from({ length: 4 }, () => [0, guidance])),
  );
  // Cells are as large as they may be, with a gap beside each: 2 and 7 columns.
  const sheetOf = async (folder: string) => readRgb(readFileSync(join(folder, "contact-sheet.png")));
  expect(await sheetOf(at)).toMatchObject({ width: 168 + 2 * 200 });
  expect(await sheetOf(strip.at)).toMatchObject({ width: 8 + 7 * 200 });
});

test("what cannot be made is refused before anything starts, by the name of the field", async () => {
  const refused = async (...args: string[]) => {
    const { code, err } = await loramill("generate", ...args);
    expect(code, err).toBe(2);
    return err;
  };
  expect(await refused("dog", "--kind", "text-to-imag")).toMatch(
    /generate\.request\.kind: did you mean text-to-image\?/,
  );
  expect(await refused("dog", "--clip", "nowhere.mp4")).toMatch(/there is no file .*nowhere\.mp4/);
  expect(await refused("dog", "--lora", "dogg")).toMatch(/did you mean .*dog/);
  expect(await refused("dog", "--vary", "sampling.stepz=1,2")).toMatch(/generate\.vary\.sampling\.stepz/);
  expect(await refused()).toMatch(/generate\.prompts/);
});

test("a short clip is drawn anew, with as many frames at the same rate", async ({ skip }) => {
  if (!(await hasFfmpeg())) return skip("no ffmpeg: drawing a clip anew was not tried");
  const clip = join(data.path, "clip.mp4");
  await drawCountedVideo(clip, { frames: 5, codec: "libx264" });
  const drawn = await generate(
    "clip",
    "ink",
    "--lora",
    "ink",
    "--clip",
    "clip.mp4",
    "--denoise",
    "0.3",
    "--steps",
    "2",
    "--size",
    "64x64",
  );
  expect(drawn.names).toEqual(["0000-ink-seed1-x0.8.mp4"]);
  expect(drawn.records).toMatchObject([{ frames: 5, spec: { kind: "restyle-clip" } }]);
  const tools = createClipTools(videoConfig.options(videoConfig.env.parse({})).video);
  const facts = await tools.look(drawn.files[0] ?? "");
  expect(facts.rate).toBe((await tools.look(clip)).rate);
  const { items } = await mill.client.generations.list({ kind: "restyle-clip" });
  expect(items).toMatchObject([{ frames: 5, file: { mediaType: "video/mp4" } }]);
});

/** Large enough to be interrupted in the middle on a quick machine. */
const many: NonNullable<RunSpecInput["generate"]> = {
  lora: "dog",
  prompts: ["dog", "a dog at night"],
  imagesPerPrompt: 4,
  strengths: [0, 1],
  steps: 10,
  width: 128,
  height: 128,
};
const MANY = 16;
const places = Array.from({ length: MANY }, (_, index) => index);

test("kill -9 in the middle: after the next start every picture is there once, and what was done was not done again", async () => {
  const { id } = await mill.client.createRun({ name: "killed", generate: { ...many, grid: true } });
  const kill = await killInside(mill, id, "generate", someJobsDone);
  mill = await startMill({ dataDir, env });
  const run = await finished(mill.client, id);
  expect(run).toMatchObject({ state: "succeeded", error: null });
  expectInside(kill, run);
  const { items: jobs } = await mill.client.listJobs(id, { step: "generate", limit: 200 });
  const before = jobs.filter(({ endedAt }) => Date.parse(endedAt ?? "") <= kill.at.getTime());
  expect(before.length).toBeGreaterThanOrEqual(kill.seen.jobs.succeeded);
  expect(before.map(({ workersLost }) => workersLost)).toEqual(before.map(() => 0));
  const { items } = await mill.client.generations.list({ run: id, limit: 200 });
  expect(items.map(({ index }) => index).sort((a, b) => a - b)).toEqual(places);
  const kept = await loramill("save", id, "--output", "killed");
  expect(kept.code, kept.err).toBe(0);
  expect(saved("killed").records.map(({ index }) => index)).toEqual(places);
  expect(kept.out).toContain("contact-sheet.png");
});

test("a cancelled run keeps what it had made, and goes on from there", async () => {
  const { id } = await mill.client.createRun({ name: "cancelled", generate: { ...many, lora: "ink" } });
  await eventually(
    "some pictures are made",
    () => mill.client.getRun(id),
    (run) => stepOf(run, "generate").jobs.succeeded > 0,
  );
  await mill.client.cancelRun(id);
  expect((await finished(mill.client, id)).state).toBe("cancelled");
  const partly = await loramill("save", id, "--output", "partly");
  expect(partly.code, partly.err).toBe(0);
  const early = saved("partly").names;
  expect(early.length).toBeGreaterThan(0);
  expect(early.length).toBeLessThan(MANY);
  const resumed = await loramill("generate", "--resume", id, "--output", "resumed");
  expect(resumed.code, resumed.err).toBe(0);
  expect(saved("resumed").records.map(({ index }) => index)).toEqual(places);
  expect(saved("resumed").names).toEqual(expect.arrayContaining(early));
});
