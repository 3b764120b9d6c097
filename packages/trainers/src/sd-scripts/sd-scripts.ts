import type { Recipe } from "@loramill/contracts";
import { parseBar, parseLoss, parseTrouble } from "../progress-line.ts";
import {
  checkpointOrId,
  type FoundCheckpoint,
  type ModelFileRoles,
  OUTPUT_NAME,
  type TrainerAdapter,
  type TrainerInput,
} from "../trainer-adapter.ts";
import { datasetConfig, samplePrompts } from "./sd-scripts-dataset.ts";
import { checkSdScripts, sdScriptsSupport } from "./sd-scripts-support.ts";
import { trainConfig } from "./sd-scripts-train.ts";

const SCRIPTS: Readonly<Partial<Record<Recipe["family"], string>>> = {
  sd15: "train_network.py",
  sdxl: "sdxl_train_network.py",
  sd3: "sd3_train_network.py",
  flux: "flux_train_network.py",
};

/** Families whose scripts read nothing but single files. The VAE of sd3 is in its checkpoint. */
const SINGLE_FILES: Readonly<Partial<Record<Recipe["family"], ModelFileRoles>>> = {
  flux: { roles: ["base", "ae", "clip_l", "t5xxl"], needed: true },
  sd3: { roles: ["base", "clip_l", "clip_g", "t5xxl"], needed: true },
};

const SAVE = new RegExp(`^${OUTPUT_NAME}-step(\\d{8})\\.safetensors$`);
const FINAL = `${OUTPUT_NAME}.safetensors`;
const SAMPLE = new RegExp(`^sample/${OUTPUT_NAME}_(\\d{6})_\\d{2}_\\d+(?:_\\d+)?\\.png$`);
const STATE = "train_state.json";

/**
 * kohya-ss/sd-scripts. A resumed run counts from where it went on, in its bar and in its file names, so the adapter adds
 * the step that it went on from; and the count in the state that it goes on from is set to the absolute step, or the next
 * resume would begin too early.
 */
export const sdScripts: TrainerAdapter = {
  name: "sd-scripts",
  families: ["sd15", "sdxl", "sd3", "flux"],
  support: sdScriptsSupport,
  restoresTo: "resume",
  check: checkSdScripts,
  modelFiles: (family) => SINGLE_FILES[family] ?? checkpointOrId(family),

  command(input) {
    const { recipe, place } = input;
    const state = stateFolder(input);
    const drawn = samplePrompts(recipe);
    const train = trainConfig(input, {
      state: state === null ? null : `${place.resume}/${state}`,
      prompts: drawn === null ? null : `${place.work}/prompts.json`,
    });
    const several = recipe.gpus > 1 ? ["--multi_gpu", "--num_processes", String(recipe.gpus)] : [];
    return {
      files: [
        { path: `${place.work}/train.toml`, text: train },
        { path: `${place.work}/dataset.toml`, text: datasetConfig(input) },
        ...(drawn === null ? [] : [{ path: `${place.work}/prompts.json`, text: drawn }]),
        ...(state === null ? [] : [{ path: `${place.resume}/${state}/${STATE}`, text: absoluteState(input) }]),
      ],
      command: place.python,
      args: [
        ...["-m", "accelerate.commands.launch", ...several, "--num_cpu_threads_per_process", "1"],
        ...["--mixed_precision", precisionOf(recipe), SCRIPTS[recipe.family] ?? ""],
        ...["--config_file", `${place.work}/train.toml`, "--dataset_config", `${place.work}/dataset.toml`],
      ],
      cwd: place.trainer,
      env: {},
    };
  },

  readLine(line, { fromStep }) {
    const bar = parseBar(line);
    if (bar === null) return parseTrouble(line);
    if (bar.title !== "steps") return null;
    const { done, perSecond, etaSeconds, rest } = bar;
    return { kind: "progress", step: fromStep + done, loss: parseLoss(rest), stepsPerSecond: perSecond, etaSeconds };
  },

  findCheckpoints(files, { totalSteps, fromStep }) {
    const paths = files.map(({ path }) => path);
    return paths.flatMap((path): FoundCheckpoint[] => {
      if (path === FINAL) return [{ step: totalSteps, final: true, weights: [{ role: "both", path }], files: [path] }];
      const step = SAVE.exec(path)?.[1];
      if (step === undefined) return [];
      const folder = `${OUTPUT_NAME}-step${step}-state/`;
      const state = paths.filter((other) => other.startsWith(folder));
      // The weights are written before the state, without which nothing goes on.
      if (!state.includes(`${folder}${STATE}`)) return [];
      return [
        { step: fromStep + Number(step), final: false, weights: [{ role: "both", path }], files: [path, ...state] },
      ];
    });
  },

  findSamples: (files, { fromStep }) =>
    files.flatMap(({ path }) => {
      const step = SAMPLE.exec(path)?.[1];
      return step === undefined ? [] : [{ step: fromStep + Number(step), path }];
    }),
};

const precisionOf = ({ mixedPrecision }: Recipe): string => (mixedPrecision === "fp32" ? "no" : mixedPrecision);

/** Folder of the state in the checkpoint that the training goes on from. */
function stateFolder({ resume }: TrainerInput): string | null {
  const marker = resume?.files.find((file) => file.endsWith(`/${STATE}`));
  return marker === undefined ? null : marker.slice(0, -STATE.length - 1);
}

/** The scripts read nothing of it but the step; they find the epoch by it. */
const absoluteState = ({ resume }: TrainerInput): string =>
  JSON.stringify({ current_epoch: 0, current_step: resume?.step ?? 0 });
