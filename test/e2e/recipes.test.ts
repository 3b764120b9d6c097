import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { openMill } from "../support/open-mill.ts";
import { smallSpec } from "../support/runs.ts";

const mill = openMill();
const pictures = mill.at("toys");
const loramill = createCli({ cwd: mill.at(), env: { DATA_DIR: mill.at("data") } });

beforeAll(() => drawSamplePictures(pictures));

const trainParams = async (train: object) => {
  const { lock } = await mill.client.plan(smallSpec(pictures, { train }));
  return lock.steps.find(({ name }) => name === "train")?.params as { recipe: object; placement?: object };
};

test("a recipe is saved, listed, used by name, carried away as a file, and taken back", async () => {
  expect(
    await loramill("train", "recipe", "save", "zorbs", "pocket", "--set", "rank=6", "--set", "epochs=3"),
  ).toMatchObject({ code: 0, out: expect.stringContaining("saved zorbs") });
  expect((await loramill("train", "recipe", "list")).out).toMatch(/zorbs +pocket +64 +6/);
  expect((await trainParams({ preset: "zorbs" })).recipe).toMatchObject({ rank: 6, steps: 9 });
  expect((await trainParams({ recipe: "zorbs" })).recipe).toMatchObject({ rank: 6, steps: 9 });
  expect((await trainParams({ preset: "zorbs", recipe: { steps: 7 } })).recipe).toMatchObject({ rank: 6, steps: 7 });

  const file = mill.at("zorbs.yaml");
  expect((await loramill("train", "recipe", "export", "zorbs", "--output", file)).code).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("format: loramill-recipe/1");
  expect((await loramill("train", "recipe", "delete", "zorbs")).code).toBe(0);
  const gone = await loramill("train", "recipe", "delete", "zorbs");
  expect([gone.code === 0, gone.err]).toEqual([false, expect.stringContaining('no saved recipe "zorbs"')]);
  expect((await loramill("train", "recipe", "import", file, "--name", "zorbs again")).code).toBe(0);
  expect((await mill.client.recipes.get("zorbs again")).recipe.rank).toBe(6);

  const spec = mill.at("spec.json");
  writeFileSync(spec, JSON.stringify(smallSpec(pictures, { train: { recipe: "zorbs.yaml" } })));
  const planned = await loramill("plan", spec, "--json");
  expect(planned.err).toBe("");
  expect(planned.out).toContain('"rank":6');
});

test("what cannot be is refused with the field, what is allowed, and near names", async () => {
  const refusal = async (train: object) => {
    const error: unknown = await mill.client.plan(smallSpec(pictures, { train })).catch((thrown: unknown) => thrown);
    if (!(error instanceof Error)) throw new Error("it was not refused");
    return error.message;
  };
  await mill.client.recipes.save("my zorbs", { recipe: (await mill.client.recipes.get("zorbs again")).recipe });
  expect(await refusal({ preset: "my zorb" })).toContain("did you mean my zorbs?");
  expect(await refusal({ recipe: { rank: 500 } })).toContain("(allowed: 1 to 128)");
  expect(await refusal({ recipe: { optimizer: "lion" } })).toContain("did you mean optimiser?");
  expect(await refusal({ recipe: { minSnrGamma: 5 } })).toContain("train.recipe.minSnrGamma: pocket cannot do");
  expect(await refusal({ recipe: { targetModules: ["atention"] } })).toContain("train.recipe.targetModules");
  expect(await refusal({ compute: { gpu_type: "RTX409" } })).toContain("did you mean RTX4090");
  expect(await refusal({ mode: "cloud", compute: { gpu_type: "RTX4090" } })).toContain("does not rent machines");
  expect((await loramill("train", "explain", "sdx")).err).toContain("did you mean sdxl");
  const taken = await loramill("train", "recipe", "save", "sdxl", "pocket");
  expect(taken.err).toContain("is the name of a preset");
  expect((await trainParams({ mode: "local" })).placement).toEqual({
    mode: "local",
    device: "auto",
    optimization: null,
  });
});
