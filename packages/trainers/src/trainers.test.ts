import { type LoraRole, neutralRecipe, type Recipe, type TrainerName } from "@loramill/contracts";
import { presets, supportIssues } from "@loramill/recipes";
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import type { TrainingPlace } from "./trainer-adapter.ts";
import { trainerAdapters } from "./trainer-adapters.ts";

const models = { base: "/models/base.safetensors", clip_l: "/models/clip_l.safetensors" };
const place: TrainingPlace = {
  work: "/job/work",
  images: "/job/images",
  regularisation: null,
  output: "/job/output",
  resume: "/job/resume",
  trainer: "/opt/trainer",
  python: "/opt/python",
  models: {
    ...models,
    clip_g: "/models/clip_g.safetensors",
    t5xxl: "/models/t5xxl.safetensors",
    ae: "/models/ae.safetensors",
  },
};

const presetRecipe = (name: keyof typeof presets): Recipe => {
  const { epochs: _epochs, ...recipe } = presets[name];
  return { ...recipe, steps: recipe.steps ?? 1_000 };
};

/** What each preset is rendered to, by the trainers that can do all of it. */
const goldens = (Object.keys(presets) as (keyof typeof presets)[]).flatMap((preset) =>
  Object.values(trainerAdapters)
    .filter(({ families }) => families.includes(presetRecipe(preset).family))
    .map((adapter) => ({ preset, adapter, recipe: presetRecipe(preset) }))
    .filter(({ adapter, recipe }) =>
      [...supportIssues(adapter.name, recipe, adapter.support), ...adapter.check(recipe)].every(
        ({ severity }) => severity !== "error",
      ),
    ),
);

describe("what a recipe is to a trainer", () => {
  it.each(goldens.map(({ preset, adapter, recipe }) => [preset, adapter.name, recipe] as const))(
    "renders the preset %s for %s as the golden file has it",
    async (preset, name, recipe) => {
      const { files, command, args, cwd, env } = trainerAdapters[name].command({ recipe, place, resume: null });
      const run = `$ cd ${cwd}\n${Object.entries(env)
        .map(([key, value]) => `$ export ${key}=${value}\n`)
        .join("")}$ ${[command, ...args].join(" ")}\n`;
      const text = [run, ...files.map(({ path, text }) => `--- ${path}\n${text}`)].join("\n");
      await expect(text).toMatchFileSnapshot(`expected/${preset}.${name}.txt`);
    },
  );

  it("has a trainer for every preset that is not for the embedded engine", () => {
    const served = new Set(goldens.map(({ preset }) => preset));
    const missing = Object.keys(presets).filter((preset) => !served.has(preset as keyof typeof presets));
    expect(missing.sort()).toEqual(["pocket"]);
  });

  it("trains the experts of Wan 2.2 in turns, for the steps of both, or one alone by what is said of it", () => {
    const wan = presetRecipe("wan22");
    const processOf = (experts: Recipe["experts"]) => {
      const { files } = trainerAdapters["ai-toolkit"].command({ recipe: { ...wan, experts }, place, resume: null });
      return parseYaml(files[0]?.text ?? "").config.process[0];
    };
    const both = processOf({ high: {}, low: {}, boundary: 0.875 });
    expect(both.train).toMatchObject({ steps: 2 * wan.steps, switch_boundary_every: 10 });
    expect(both.model).toMatchObject({
      arch: "wan22_14b",
      model_kwargs: { train_high_noise: true, train_low_noise: true },
    });
    const low = processOf({ high: null, low: { rank: 8, alpha: 4, steps: 700, learningRate: 2e-4 }, boundary: 0.875 });
    expect(low.network).toMatchObject({ linear: 8, linear_alpha: 4 });
    expect(low.train).toMatchObject({ steps: 700, lr: 2e-4 });
    expect(low.model.model_kwargs).toEqual({ train_high_noise: false, train_low_noise: true });
  });

  it("refuses experts that ai-toolkit cannot train as a recipe says", () => {
    const check = (experts: Recipe["experts"]) =>
      trainerAdapters["ai-toolkit"].check({ ...presetRecipe("wan22"), experts }).map(({ message }) => message);
    expect(check({ high: {}, low: {}, boundary: 0.875 })).toEqual([]);
    expect(check({ high: { rank: 8 }, low: null, boundary: 0.875 })).toEqual([]);
    expect(check({ high: { rank: 8 }, low: { steps: 100 }, boundary: 0.875 })).toEqual([
      expect.stringMatching(/alike, and here they differ in rank, steps: .*two runs/),
    ]);
    expect(check({ high: {}, low: {}, boundary: 0.9 })).toEqual([expect.stringMatching(/at 0.875, not at 0.9/)]);
  });

  it("passes whatever a person wrote as data and never as an option or a shell's text", () => {
    const recipe = {
      ...presetRecipe("sdxl"),
      samplePrompts: ['a "b" --w 64\n--n x; rm -rf /', "$(id)"],
      sampleEverySteps: 10,
    };
    for (const { command } of Object.values(trainerAdapters)) {
      const { files, args } = command({ recipe, place, resume: null });
      expect(args.join(" ")).not.toContain("rm -rf");
      for (const { path, text } of files) {
        const read = path.endsWith("yaml")
          ? parseYaml(text)
          : path.endsWith("toml")
            ? parseToml(text)
            : JSON.parse(text);
        expect(read).toBeTypeOf("object");
      }
    }
    const [, , prompts] = trainerAdapters["sd-scripts"].command({ recipe, place, resume: null }).files;
    expect(JSON.parse(prompts?.text ?? "")[0].prompt).toBe(recipe.samplePrompts[0]);
  });

  it("refuses a flux training by single files that the base model does not name", () => {
    const input = { recipe: presetRecipe("flux"), place: { ...place, models }, resume: null };
    expect(() => trainerAdapters["sd-scripts"].command(input)).toThrow(/names no t5xxl/);
  });

  it("goes on from a state of sd-scripts at the absolute step of our ledger", () => {
    const files = ["lora-step00000250.safetensors", "lora-step00000250-state/train_state.json"];
    const { files: written } = trainerAdapters["sd-scripts"].command({
      recipe: presetRecipe("sdxl"),
      place,
      resume: { step: 750, files },
    });
    const train = parseToml(written.find(({ path }) => path.endsWith("train.toml"))?.text ?? "");
    expect(train.resume).toBe("/job/resume/lora-step00000250-state");
    const state = written.find(({ path }) => path === "/job/resume/lora-step00000250-state/train_state.json");
    expect(JSON.parse(state?.text ?? "")).toMatchObject({ current_step: 750 });
  });

  it("finds nothing to object to in neutral values", () => {
    for (const adapter of Object.values(trainerAdapters)) {
      const recipe: Recipe = { ...presetRecipe("sdxl"), ...neutralRecipe, mixedPrecision: "bf16" };
      expect(adapter.check(recipe)).toEqual([]);
    }
  });
});

describe("what a trainer prints", () => {
  const read = (trainer: TrainerName, line: string, fromStep = 0) =>
    trainerAdapters[trainer].readLine(line, { totalSteps: 2_000, fromStep, roles: ["both"] });

  it("reads the bar of ai-toolkit", () => {
    const line = "lora:   5%|▌         | 100/2000 [02:10<41:15,  1.30s/it, lr: 1.0e-04 loss: 3.512e-01]";
    expect(read("ai-toolkit", line)).toEqual({
      kind: "progress",
      step: 100,
      loss: 0.3512,
      stepsPerSecond: 1 / 1.3,
      etaSeconds: 41 * 60 + 15,
    });
  });

  it("adds the step that sd-scripts went on from, which its bar leaves out", () => {
    const line = "steps:  10%|█         | 100/1000 [01:23<12:27,  1.20it/s, avr_loss=0.0912]";
    expect(read("sd-scripts", line)).toMatchObject({ step: 100, loss: 0.0912, stepsPerSecond: 1.2 });
    expect(read("sd-scripts", line, 500)).toMatchObject({ step: 600 });
  });

  it("reads the bar of SimpleTuner, whose title gets a comma once it trains", () => {
    const begun = "Epoch 1/10 Steps:   0%|          | 0/1000 [00:00<?, ?it/s]";
    expect(read("simpletuner", begun)).toMatchObject({ step: 0, loss: null });
    const line = "Epoch 1/10, Steps:  10%|█         | 100/1000 [01:23<12:27,  1.20it/s, lr=0.0001, step_loss=9.12e-05]";
    expect(read("simpletuner", line)).toMatchObject({ step: 100, loss: 9.12e-5, etaSeconds: 747 });
    const withProdigy =
      "Epoch 2/10, Steps:  20%|██        | 200/1000 [02:46<11:04,  1.20it/s, lr=1, prodigy_d=0, prodigy_effective_lr=0, step_loss=0.05]";
    expect(read("simpletuner", withProdigy)).toMatchObject({ step: 200, loss: 0.05 });
  });

  it("takes the average of sd-scripts among the norms that it may print before", () => {
    const line =
      "steps:  10%|█         | 100/1000 [01:23<12:27,  1.20it/s, Keys Scaled=3, Average key norm=0.52, avr_loss=0.0912]";
    expect(read("sd-scripts", line)).toMatchObject({ step: 100, loss: 0.0912 });
  });

  it("passes over the bars of downloads, caching and sampling", () => {
    const lines = [
      "Fetching 23 files:  10%|█         | 2/23 [00:01<00:12,  1.20it/s]",
      "100%|██████████| 20/20 [00:05<00:00,  3.90it/s]",
      "Caching latents to disk: 100%|██████████| 5/5 [00:00<00:00, 12.31it/s]",
      "Caching text embeddings to disk:  50%|█████     | 5/10 [00:01<00:01,  4.31it/s]",
      "Generating Images:  50%|█████     | 1/2 [00:05<00:05,  5.00s/it]",
      "Generating Samples: 100%|██████████| 2/2 [00:10<00:00,  5.00s/it]",
      "validation steps:  50%|█████     | 5/10 [00:01<00:01,  4.31it/s, val_avg_loss=0.1]",
      "Processing validation prompts: 100%|██████████| 2/2 [00:10<00:00,  5.00s/it]",
    ];
    for (const trainer of Object.keys(trainerAdapters) as TrainerName[]) {
      for (const line of lines) expect(read(trainer, line)).toBeNull();
    }
  });

  it("sees a loss that is no number, a bar without a loss, and hours", () => {
    expect(read("sd-scripts", "steps: 1%|  | 10/1000 [00:03<1:05:00, 1.20s/it, avr_loss=nan]")).toMatchObject({
      loss: Number.NaN,
      etaSeconds: 3_900,
    });
    expect(read("sd-scripts", "steps:   0%|          | 0/1000 [00:00<?, ?it/s]")).toMatchObject({
      step: 0,
      loss: null,
      stepsPerSecond: null,
      etaSeconds: null,
    });
  });

  it("knows a full GPU and an exception's last line", () => {
    const full =
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity of 23.65 GiB";
    expect(read("ai-toolkit", full)).toMatchObject({ kind: "out-of-memory" });
    const given = "RuntimeError: OOM during training step 3 times in a row, aborting training";
    expect(read("ai-toolkit", given)).toMatchObject({ kind: "out-of-memory" });
    expect(read("ai-toolkit", "# OOM during training step, skipping batch 1/3 #")).toBeNull();
    expect(read("sd-scripts", "RuntimeError: mat1 and mat2 shapes cannot be multiplied")).toMatchObject({
      kind: "failure",
    });
    expect(read("ai-toolkit", "Error running job: no pictures")).toMatchObject({ kind: "failure" });
    expect(read("simpletuner", "2026-11-20 INFO an error rate of 3 %")).toBeNull();
  });
});

describe("what a trainer saves", () => {
  const find = (trainer: TrainerName, paths: string[], fromStep = 0, roles: LoraRole[] = ["both"]) =>
    trainerAdapters[trainer].findCheckpoints(
      paths.map((path) => ({ path })),
      { totalSteps: 2_000, fromStep, roles },
    );

  it("is found by each trainer's own names", () => {
    expect(
      find("ai-toolkit", ["lora/lora_000000250.safetensors", "lora/optimizer.pt", "lora/lora.safetensors"]),
    ).toEqual([
      {
        step: 250,
        final: false,
        weights: [{ role: "both", path: "lora/lora_000000250.safetensors" }],
        files: ["lora/lora_000000250.safetensors", "lora/optimizer.pt"],
      },
      {
        step: 2_000,
        final: true,
        weights: [{ role: "both", path: "lora/lora.safetensors" }],
        files: ["lora/lora.safetensors"],
      },
    ]);
    const folder = "checkpoint-500";
    expect(
      find("simpletuner", [`${folder}/pytorch_lora_weights.safetensors`, `${folder}/optimizer.bin`]),
    ).toMatchObject([
      { step: 500, final: false, files: [`${folder}/pytorch_lora_weights.safetensors`, `${folder}/optimizer.bin`] },
    ]);
  });

  it("is found of a pair when both files are there, and of one expert by its name", () => {
    const [high, low] = ["lora/lora_000000250_high_noise.safetensors", "lora/lora_000000250_low_noise.safetensors"];
    const optimiser = "lora/optimizer.pt";
    expect(find("ai-toolkit", [high, optimiser], 0, ["high", "low"])).toEqual([]);
    const weights = [
      { role: "high", path: high },
      { role: "low", path: low },
    ];
    expect(find("ai-toolkit", [low, high, optimiser], 0, ["high", "low"])).toEqual([
      { step: 250, final: false, weights, files: [high, low, optimiser] },
    ]);
    const end = "lora/lora_low_noise.safetensors";
    expect(find("ai-toolkit", [end], 0, ["low"])).toEqual([
      { step: 2_000, final: true, weights: [{ role: "low", path: end }], files: [end] },
    ]);
  });

  it("counts the saves of a resumed sd-scripts from where it went on, and waits for its state", () => {
    const weights = "lora-step00000250.safetensors";
    expect(find("sd-scripts", [weights], 750)).toEqual([]);
    expect(find("sd-scripts", [weights, "lora-step00000250-state/train_state.json"], 750)).toMatchObject([
      { step: 1_000, weights: [{ role: "both", path: weights }] },
    ]);
  });

  it("tells samples by their step", () => {
    const sample = "lora/samples/1732000000000__000000250_0.jpg";
    expect(
      trainerAdapters["ai-toolkit"].findSamples([{ path: sample }], { totalSteps: 1, fromStep: 0, roles: ["both"] }),
    ).toEqual([{ step: 250, path: sample }]);
    const kohya = "sample/lora_000100_00_20261120101010_42.png";
    expect(
      trainerAdapters["sd-scripts"].findSamples([{ path: kohya }], { totalSteps: 1, fromStep: 50, roles: ["both"] }),
    ).toEqual([{ step: 150, path: kohya }]);
    const tuner = "validation_images/step_500_p01_0_1024x1024.png";
    const others = ["validation_images/step_500_unconditional_0_1024x1024.png", "validation_images/base_model_p01.png"];
    const found = [tuner, ...others].map((path) => ({ path }));
    expect(trainerAdapters.simpletuner.findSamples(found, { totalSteps: 1, fromStep: 0, roles: ["both"] })).toEqual([
      { step: 500, path: tuner },
    ]);
  });
});
