import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { z } from "zod";

/** One training as a trainer's own configuration asks for it, and how that trainer saves and speaks. */
export interface Dialect {
  readonly rank: number;
  readonly alpha: number;
  readonly steps: number;
  readonly saveEvery: number;
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
  readonly images: string;
  /** Networks that learn in turns, by what their files' names end in: one without, or the experts of a pair. */
  readonly networks: readonly string[];
  /** Steps of one turn, where there are several. */
  readonly stepsPerTurn: number;
  /** Absolute step of the save that it goes on from, and its weights, one file for each network; null from the start. */
  findSave(): { readonly step: number; readonly weights: readonly string[] } | null;
  /** `fromStep` is where this process began. */
  save(step: number, fromStep: number, weights: readonly Uint8Array[]): void;
  finish(weights: readonly Uint8Array[]): void;
  /** Draws the recipe's prompts when the step is due; left out where nothing is drawn. */
  draw?(step: number, fromStep: number): void;
  begin(fromStep: number): string[];
  bar(step: number, fromStep: number, loss: number, seconds: number): string;
  end(): string[];
}

/** Reads the arguments and the environment as the trainer that they are meant for would. */
export function readDialect(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Dialect {
  const config = args[args.indexOf("--config_file") + 1];
  if (args.includes("--config_file") && config)
    return sdScripts(config, args[args.indexOf("--dataset_config") + 1] ?? "");
  if (args[0] === "run.py" && args[1]) return aiToolkit(args[1]);
  if (env.CONFIG_PATH) return simpleTuner(`${env.CONFIG_PATH}.json`);
  throw new Error(`nothing is known that is called by ${args.join(" ")}`);
}

function tqdm(title: string, done: number, total: number, seconds: number, rest: string): string {
  const percent = Math.floor((100 * done) / total);
  const rate = done / Math.max(0.001, seconds);
  const speed = rate >= 1 ? `${rate.toFixed(2)}it/s` : `${(1 / Math.max(rate, 1e-6)).toFixed(2)}s/it`;
  const time = (s: number) =>
    `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const left = Math.min(5_999, (total - done) / Math.max(rate, 1e-6));
  const blocks = "█".repeat(Math.floor(percent / 10)).padEnd(10);
  return `${title}: ${String(percent).padStart(3)}%|${blocks}| ${done}/${total} [${time(seconds)}<${time(left)}, ${speed.padStart(9)}, ${rest}]`;
}

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const oneNetwork = { networks: [""], stepsPerTurn: 1 };

const AiToolkitFile = z.object({
  config: z.object({
    name: z.string(),
    process: z.tuple([
      z.object({
        training_folder: z.string(),
        network: z.object({ linear: z.number(), linear_alpha: z.number() }),
        save: z.object({ save_every: z.number() }),
        datasets: z.tuple([z.object({ folder_path: z.string() })], z.unknown()),
        train: z.object({
          steps: z.number(),
          batch_size: z.number(),
          lr: z.number(),
          switch_boundary_every: z.number().default(1),
        }),
        model: z.object({
          arch: z.string(),
          model_kwargs: z.object({ train_high_noise: z.boolean(), train_low_noise: z.boolean() }).optional(),
        }),
        sample: z.object({ sample_every: z.number(), prompts: z.array(z.string()) }).optional(),
      }),
    ]),
  }),
});

function aiToolkit(path: string): Dialect {
  const { config } = AiToolkitFile.parse(parseYaml(readFileSync(path, "utf8")));
  const [{ training_folder, network, save, datasets, train, model, sample }] = config.process;
  const { name } = config;
  const folder = join(training_folder, name);
  const { train_high_noise, train_low_noise } = model.model_kwargs ?? {};
  const networks = model.arch.startsWith("wan22_14b")
    ? [...(train_high_noise ? ["_high_noise"] : []), ...(train_low_noise ? ["_low_noise"] : [])]
    : [""];
  const filesOf = (stem: string) => networks.map((network) => join(folder, `${stem}${network}.safetensors`));
  const filesAt = (step: number) => filesOf(`${name}_${String(step).padStart(9, "0")}`);
  const writeAll = (files: readonly string[], weights: readonly Uint8Array[]) => {
    for (const [i, file] of files.entries()) write(file, weights[i] ?? new Uint8Array());
  };
  return {
    rank: network.linear,
    alpha: network.linear_alpha,
    steps: train.steps,
    saveEvery: save.save_every,
    batch: train.batch_size,
    rate: train.lr,
    seed: 1,
    images: datasets[0].folder_path,
    networks,
    stepsPerTurn: train.switch_boundary_every,
    findSave() {
      const names = existsSync(folder) ? readdirSync(folder) : [];
      const steps = names.flatMap((file) => /_(\d{9})(?:_\w+_noise)?\.safetensors$/.exec(file)?.[1] ?? []).map(Number);
      const step = Math.max(0, ...steps);
      // Without the optimiser's state it would begin with a cold one.
      return step > 0 && existsSync(join(folder, "optimizer.pt")) ? { step, weights: filesAt(step) } : null;
    },
    save(step, _fromStep, weights) {
      writeAll(filesAt(step), weights);
      write(join(folder, "optimizer.pt"), `state of step ${step}`);
    },
    finish: (weights) => writeAll(filesOf(name), weights),
    draw(step) {
      if (sample === undefined || step % sample.sample_every !== 0) return;
      for (const [i, prompt] of sample.prompts.entries()) {
        const file = `${1_760_000_000_000 + step}__${String(step).padStart(9, "0")}_${i}.jpg`;
        write(join(folder, "samples", file), `${prompt} after ${step} steps`);
      }
    },
    begin: () => ["Running 1 job", "Loading model", "Caching latents: 100%|██████████| 3/3 [00:00<00:00, 12.31it/s]"],
    bar: (step, _fromStep, loss, seconds) =>
      tqdm(name, step, train.steps, seconds, `lr: ${train.lr.toExponential(1)} loss: ${loss.toExponential(3)}`),
    end: () => [
      "",
      "========================================",
      "Result:",
      " - 1 completed job",
      "========================================",
    ],
  };
}

const SdScriptsFile = z.object({
  output_dir: z.string(),
  output_name: z.string(),
  network_dim: z.number(),
  network_alpha: z.number(),
  max_train_steps: z.number(),
  save_every_n_steps: z.number(),
  learning_rate: z.number(),
  seed: z.number(),
  resume: z.string().optional(),
  sample_prompts: z.string().optional(),
  sample_every_n_steps: z.number().optional(),
  pretrained_model_name_or_path: z.string(),
  ae: z.string().optional(),
  clip_l: z.string().optional(),
  clip_g: z.string().optional(),
  t5xxl: z.string().optional(),
});
const SdScriptsDataset = z.object({
  datasets: z.tuple([
    z.object({ batch_size: z.number(), subsets: z.tuple([z.object({ image_dir: z.string() })], z.unknown()) }),
  ]),
});

function sdScripts(path: string, datasetPath: string): Dialect {
  const config = SdScriptsFile.parse(parseToml(readFileSync(path, "utf8")));
  const [dataset] = SdScriptsDataset.parse(parseToml(readFileSync(datasetPath, "utf8"))).datasets;
  const { output_dir: output, output_name: name, max_train_steps: steps, resume } = config;
  const { sample_prompts: prompts, sample_every_n_steps: every } = config;
  const { pretrained_model_name_or_path: base, ae, clip_l, clip_g, t5xxl } = config;
  const models = Object.entries({ base, ae, clip_l, clip_g, t5xxl }).flatMap(([role, file]) =>
    file !== undefined && isAbsolute(file) ? [[role, file] as const] : [],
  );
  return {
    rank: config.network_dim,
    alpha: config.network_alpha,
    steps,
    saveEvery: config.save_every_n_steps,
    batch: dataset.batch_size,
    rate: config.learning_rate,
    seed: config.seed,
    images: dataset.subsets[0].image_dir,
    ...oneNetwork,
    findSave() {
      if (resume === undefined) return null;
      const state = z
        .object({ current_step: z.number() })
        .parse(JSON.parse(readFileSync(join(resume, "train_state.json"), "utf8")));
      return { step: state.current_step, weights: [join(resume, "model.safetensors")] };
    },
    // Its files count from where the process began, as its bar does.
    save(step, fromStep, [weights = new Uint8Array()]) {
      const stem = join(output, `${name}-step${String(step - fromStep).padStart(8, "0")}`);
      write(`${stem}.safetensors`, weights);
      write(join(`${stem}-state`, "model.safetensors"), weights);
      write(join(`${stem}-state`, "optimizer.bin"), `state of step ${step}`);
      write(
        join(`${stem}-state`, "train_state.json"),
        JSON.stringify({ current_epoch: 1, current_step: step - fromStep }),
      );
    },
    finish: ([weights = new Uint8Array()]) => write(join(output, `${name}.safetensors`), weights),
    draw(step, fromStep) {
      if (prompts === undefined || every === undefined || step % every !== 0) return;
      const drawn = z.array(z.object({ prompt: z.string() })).parse(JSON.parse(readFileSync(prompts, "utf8")));
      for (const [i, { prompt }] of drawn.entries()) {
        const file = `${name}_${String(step - fromStep).padStart(6, "0")}_${String(i).padStart(2, "0")}_20260101000000.png`;
        write(join(output, "sample", file), `${prompt} after ${step} steps`);
      }
    },
    begin: () => [
      ...models.map(([role, file]) => `loading ${role} from ${file}: ${statSync(file).size} bytes`),
      "running training / 学習開始",
      "  num train images * repeats / 学習画像の数×繰り返し回数: 3",
      "  num batches per epoch / 1epochのバッチ数: 3",
      "  num epochs / epoch数: 10",
      `  total optimization steps / 学習ステップ数: ${steps}`,
      "epoch 1/10",
    ],
    bar: (step, fromStep, loss, seconds) =>
      tqdm("steps", step - fromStep, steps - fromStep, seconds, `avr_loss=${loss.toPrecision(3)}`),
    end: () => [`saving checkpoint: ${join(output, name)}.safetensors`, "model saved."],
  };
}

const SimpleTunerFile = z.object({
  output_dir: z.string(),
  lora_rank: z.number(),
  lora_alpha: z.number(),
  max_train_steps: z.number(),
  checkpoint_step_interval: z.number(),
  train_batch_size: z.number(),
  learning_rate: z.number(),
  seed: z.number(),
  data_backend_config: z.string(),
  user_prompt_library: z.string().optional(),
  validation_step_interval: z.number().optional(),
});
const SimpleTunerBackends = z.array(z.object({ dataset_type: z.string(), instance_data_dir: z.string().optional() }));

function simpleTuner(path: string): Dialect {
  const config = SimpleTunerFile.parse(JSON.parse(readFileSync(path, "utf8")));
  const backends = SimpleTunerBackends.parse(JSON.parse(readFileSync(config.data_backend_config, "utf8")));
  const { output_dir: output, max_train_steps: steps, learning_rate: rate } = config;
  const weightsAt = (step: number) => join(output, `checkpoint-${step}`, "pytorch_lora_weights.safetensors");
  return {
    rank: config.lora_rank,
    alpha: config.lora_alpha,
    steps,
    saveEvery: config.checkpoint_step_interval,
    batch: config.train_batch_size,
    rate,
    seed: config.seed,
    images: backends.find(({ dataset_type }) => dataset_type === "image")?.instance_data_dir ?? "",
    ...oneNetwork,
    findSave() {
      const names = existsSync(output) ? readdirSync(output) : [];
      const step = Math.max(0, ...names.flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? []).map(Number));
      return step > 0 ? { step, weights: [weightsAt(step)] } : null;
    },
    save(step, _fromStep, [weights = new Uint8Array()]) {
      write(weightsAt(step), weights);
      write(join(output, `checkpoint-${step}`, "optimizer.bin"), `state of step ${step}`);
      write(join(output, `checkpoint-${step}`, "training_state.json"), JSON.stringify({ global_step: step }));
    },
    finish: ([weights = new Uint8Array()]) => write(join(output, "pytorch_lora_weights.safetensors"), weights),
    draw(step) {
      const { user_prompt_library: prompts, validation_step_interval: every } = config;
      if (prompts === undefined || every === undefined || step % every !== 0) return;
      const drawn = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(prompts, "utf8")));
      for (const [name, prompt] of Object.entries(drawn)) {
        const file = `step_${step}_${name}_0_512x512.png`;
        write(join(output, "validation_images", file), `${prompt} after ${step} steps`);
      }
    },
    begin: () => ["Writing embeds to disk: 100%|██████████| 3/3 [00:00<00:00, 91.00it/s]"],
    bar: (step, _fromStep, loss, seconds) =>
      tqdm("Epoch 1/10, Steps", step, steps, seconds, `lr=${rate}, step_loss=${loss.toPrecision(3)}`),
    end: () => ["Training complete."],
  };
}
