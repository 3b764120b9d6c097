import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { CaptionPart, CostView, DatasetManifest, Generation, LoraDocument, RunView } from "@loramill/contracts";
import { stringify } from "yaml";
import { z } from "zod";
import { drawContactSheet } from "./demo/contact-sheet.ts";
import { CLOSENESS_LIMIT, measureCloseness } from "./demo/measure-closeness.ts";
import { renderReport } from "./demo/report.ts";
import { drawTrainingCurve } from "./demo/training-curve.ts";
import { drawSamplePictures } from "./sample-pictures.ts";

/** From pictures to images with the embedded mill, into ./demo-output; fails when the LoRA did not learn. */
const OUTPUT = resolve("demo-output");
const STRENGTHS = [0, 0.5, 1];
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const at = (...names: string[]) => join(OUTPUT, ...names);

await drawSamplePictures(at("pictures"));
await writeFile(
  at("spec.yaml"),
  stringify({
    version: 1,
    name: "zorb",
    dataset: {
      sources: [{ type: "folder", path: "pictures" }],
      // Drawn with few colours on plain ground: true of all of them, and no news.
      cleaning: { lowInformation: "keep", borders: "keep" },
    },
    caption: { triggerWord: "zorb", className: "creature" },
    train: { preset: "pocket", recipe: { seed: 7 } },
    generate: {
      prompts: ["zorb creature on blue background", "zorb creature on hills at sunset"],
      seeds: SEEDS,
      strengths: STRENGTHS,
    },
    budgetUsd: 1,
  }),
);

const { run } = await runMill(["run", at("spec.yaml"), "--output", OUTPUT, "--save-dataset", "--json"]);
const [dataset, lora, cost, generations] = await Promise.all([
  readJson("dataset.json", DatasetManifest),
  readJson("zorb.lora.json", LoraDocument),
  readJson("ledger.json", CostView),
  readGenerations(),
]);
const captions = await readCaptions();
const pictures = await readPngs(at("dataset", "zorb"));

const closeness = await measureCloseness({ dataset: pictures, generations });
const contactSheet = await drawContactSheet({ dataset: pictures, generations, strengths: STRENGTHS });
const curve = await drawTrainingCurve(lora.curve);
await writeFile(at("contact-sheet.png"), contactSheet);
await writeFile(at("training-curve.png"), curve);
await writeFile(
  at("report.html"),
  renderReport({
    ...{ run, dataset, lora, cost, captions, pictures, generations },
    closeness: closeness.ratio,
    strengths: STRENGTHS,
  }),
);

const show = (name: string) => relative(process.cwd(), at(name));
process.stdout.write(`
The LoRA's images are ${closeness.ratio.toFixed(2)} × as far from the dataset as the base model's (${SEEDS.length} seeds; lower is closer).

  contact sheet   ${show("contact-sheet.png")}
  LoRA            ${show("zorb.safetensors")}
  images          ${show("images")}
  training curve  ${show("training-curve.png")}
  plan            ${show("plan.lock.json")}
  ledger          ${show("ledger.json")}
  report          ${show("report.html")}

The run on web pages: DATA_DIR=${show("data")} npm start
`);
if (closeness.ratio > CLOSENESS_LIMIT) {
  process.stderr.write(`demo: the ratio is above ${CLOSENESS_LIMIT}: the LoRA did not learn its subject\n`);
  process.exitCode = 1;
}

/** Runs the command line with its progress on this terminal and answers what it printed as JSON. */
async function runMill(args: readonly string[]): Promise<{ run: RunView }> {
  const main = resolve(import.meta.dirname, "../apps/cli/src/main.ts");
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["inherit", "pipe", "inherit"],
    env: {
      ...process.env,
      DATA_DIR: at("data"),
      LORA_OUTPUT_DIR: OUTPUT,
      DATASET_OUTPUT_DIR: at("dataset"),
    },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("close", done);
    child.once("error", fail);
  });
  if (code !== 0) {
    process.stderr.write(`${output}\ndemo: the run did not succeed (exit code ${code})\n`);
    process.exit(code ?? 1);
  }
  return z.object({ run: RunView }).parse(JSON.parse(output));
}

async function readJson<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema>> {
  return schema.parse(JSON.parse(await readFile(at(name), "utf8")));
}

async function readGenerations(): Promise<{ generation: Generation; png: Uint8Array }[]> {
  const names = (await readdir(at("images"))).filter((name) => name.endsWith(".json"));
  const read = await Promise.all(
    names.map(async (name) => ({
      generation: await readJson(join("images", name), Generation),
      png: await readFile(at("images", name.replace(/\.json$/, ".png"))),
    })),
  );
  return read.sort((a, b) => a.generation.index - b.generation.index);
}

async function readCaptions(): Promise<{ path: string; text: string }[]> {
  const names = (await readdir(OUTPUT)).filter((name) => /^captions-\d+\.json$/.test(name)).sort();
  const parts = await Promise.all(names.map((name) => readJson(name, CaptionPart)));
  return parts.flatMap((part) => part.captions.map(({ path, text }) => ({ path, text })));
}

async function readPngs(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".png")).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}
