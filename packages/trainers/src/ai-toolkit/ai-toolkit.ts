import { parseBar, parseLoss, parseTrouble } from "../progress-line.ts";
import {
  checkpointOrId,
  type FoundCheckpoint,
  OUTPUT_NAME,
  type TrainerAdapter,
  type TrainerInput,
} from "../trainer-adapter.ts";
import { aiToolkitConfig } from "./ai-toolkit-config.ts";
import { aiToolkitSupport, checkAiToolkit } from "./ai-toolkit-support.ts";

const SAVE = new RegExp(`^${OUTPUT_NAME}/${OUTPUT_NAME}_(\\d{9})\\.safetensors$`);
const FINAL = `${OUTPUT_NAME}/${OUTPUT_NAME}.safetensors`;
/** State of the optimiser, overwritten at every save. */
const OPTIMISER = `${OUTPUT_NAME}/optimizer.pt`;
const SAMPLE = new RegExp(`^${OUTPUT_NAME}/samples/\\d+__(\\d{9})_\\d+\\.(?:jpg|png|webp)$`);

/**
 * ostris/ai-toolkit by its command line. It counts steps from the start of the whole training, and goes on by itself from
 * the newest save that lies in its output folder.
 */
export const aiToolkit: TrainerAdapter = {
  name: "ai-toolkit",
  families: ["sd15", "sdxl", "sd3", "flux", "flux2", "qwen-image", "z-image"],
  support: aiToolkitSupport,
  restoresTo: "output",
  check: checkAiToolkit,
  modelFiles: checkpointOrId,

  command: (input: TrainerInput) => ({
    files: [{ path: `${input.place.work}/config.yaml`, text: aiToolkitConfig(input) }],
    command: input.place.python,
    args: ["run.py", `${input.place.work}/config.yaml`],
    cwd: input.place.trainer,
    env: {},
  }),

  readLine(line) {
    const bar = parseBar(line);
    if (bar === null) return parseTrouble(line);
    if (bar.title !== OUTPUT_NAME) return null;
    const { done, perSecond, etaSeconds, rest } = bar;
    return { kind: "progress", step: done, loss: parseLoss(rest), stepsPerSecond: perSecond, etaSeconds };
  },

  findCheckpoints(files, { totalSteps }) {
    const paths = files.map(({ path }) => path);
    const state = paths.includes(OPTIMISER) ? [OPTIMISER] : [];
    return paths.flatMap((path): FoundCheckpoint[] => {
      if (path === FINAL) return [{ step: totalSteps, final: true, weights: path, files: [path] }];
      const step = SAVE.exec(path)?.[1];
      if (step === undefined) return [];
      return [{ step: Number(step), final: false, weights: path, files: [path, ...state] }];
    });
  },

  findSamples: (files) =>
    files.flatMap(({ path }) => {
      const step = SAMPLE.exec(path)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path }];
    }),
};
