import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecipeFile, RunSpec } from "@loramill/contracts";
import { presetList } from "@loramill/recipes";
import { afterAll, expect, test } from "vitest";
import { createProgram } from "./program.ts";
import { specOfTraining } from "./train-spec.ts";

const folder = mkdtempSync(join(tmpdir(), "train-spec-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pictures = join(folder, "toys");
mkdirSync(pictures);

test("a folder becomes a run of dataset, captions and training, named after it", () => {
  const spec = specOfTraining(pictures, {
    ...{ preset: "sdxl", backend: "agent", set: ["rank=48", "epochs=12", "optimiser=prodigy"] },
    ...{ trigger: "zorb", class: "toy", budget: 2 },
  });
  expect(spec).toEqual({
    name: "toys",
    dataset: { sources: [{ type: "folder", path: pictures }] },
    caption: { triggerWord: "zorb", className: "toy" },
    train: { backend: "agent", preset: "sdxl", recipe: { rank: 48, epochs: 12, optimiser: "prodigy" } },
    budgetUsd: 2,
  });
  expect(RunSpec.parse(spec)).not.toHaveProperty("generate");
});

test("what is no path is a dataset by name or version, trained on as it was cleaned", () => {
  expect(specOfTraining("zorbs@0123abcd", {})).toMatchObject({
    name: "zorbs",
    dataset: { sources: [{ type: "dataset", dataset: "zorbs@0123abcd" }], cleaning: { blurred: "keep" } },
  });
  expect(specOfTraining("dataset:zorbs", {}).dataset?.sources).toEqual([{ type: "dataset", dataset: "zorbs" }]);
  expect(() => specOfTraining("./zorbs", {})).toThrow("no such file or folder");
});

test("a recipe of a file is sent along, with steps in place of its epochs", () => {
  const template = presetList.find(({ name }) => name === "fast")?.template;
  const file = join(folder, "mine.json");
  const recipe = { format: "loramill-recipe/1", name: "mine", description: "", recipe: template };
  writeFileSync(file, JSON.stringify(RecipeFile.parse(recipe)));
  const train = specOfTraining(pictures, { recipe: file, set: ["steps=900"] }).train;
  expect(train).not.toHaveProperty("preset");
  expect(train?.recipe).toMatchObject({ family: "sd15", rank: 8, steps: 900 });
  expect(train?.recipe).not.toHaveProperty("epochs");
});

test("what cannot be is refused with its field", () => {
  expect(() => specOfTraining(pictures, { backend: "cloud" })).toThrow(/train\.backend/);
  expect(() => specOfTraining(pictures, { set: ["rank=500"] })).toThrow(/train\.recipe/);
  expect(() => specOfTraining(pictures, { set: ["rank"] })).toThrow("expected FIELD=VALUE");
  expect(() => specOfTraining(pictures, { recipe: "a", preset: "b" })).toThrow("either --recipe or --preset");
});

test("a first word that is no command of `train` is what is trained on", async () => {
  const ran: string[] = [];
  const parse = async (...args: string[]) => {
    const program = createProgram(async () => void ran.push(args.join(" ")));
    await program.parseAsync(["train", ...args], { from: "user" });
  };
  await parse(pictures, "--budget", "1.5", "--detach");
  await parse("presets");
  await parse("recipe", "export", "mine", "--output", "mine.yaml");
  await parse("run", "presets", "--name", "presets");
  expect(ran).toHaveLength(4);
});
