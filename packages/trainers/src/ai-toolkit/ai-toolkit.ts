import type { LoraRole } from "@loramill/contracts";
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

/** A save, with its step unless it is the last one, and the expert that it is for where the model has two. */
const SAVE = new RegExp(`^${OUTPUT_NAME}/${OUTPUT_NAME}(?:_(\\d{9}))?(?:_(high|low)_noise)?\\.safetensors$`);
/** State of the optimiser, overwritten at every save. */
const OPTIMISER = `${OUTPUT_NAME}/optimizer.pt`;
const SAMPLE = new RegExp(`^${OUTPUT_NAME}/samples/\\d+__(\\d{9})_\\d+\\.(?:jpg|png|webp)$`);

/**
 * ostris/ai-toolkit by its command line. It counts steps from the start of the whole training, and goes on by itself from
 * the newest save that lies in its output folder.
 */
export const aiToolkit: TrainerAdapter = {
  name: "ai-toolkit",
  families: ["sd15", "sdxl", "sd3", "flux", "wan22", "flux2", "qwen-image", "z-image"],
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

  /** Of a pair, a save is there with its second file. */
  findCheckpoints(files, { totalSteps, roles }) {
    const paths = files.map(({ path }) => path);
    const state = paths.includes(OPTIMISER) ? [OPTIMISER] : [];
    const saves = new Map<string, { role: LoraRole; path: string }[]>();
    for (const path of paths) {
      const [isSave, step = "", role = "both"] = SAVE.exec(path) ?? [];
      if (isSave === undefined) continue;
      saves.set(step, [...(saves.get(step) ?? []), { role: role as LoraRole, path }]);
    }
    return [...saves].flatMap(([step, found]): FoundCheckpoint[] => {
      const weights = roles.flatMap((role) => found.find((file) => file.role === role) ?? []);
      if (weights.length < roles.length) return [];
      const own = weights.map(({ path }) => path);
      return step === ""
        ? [{ step: totalSteps, final: true, weights, files: own }]
        : [{ step: Number(step), final: false, weights, files: [...own, ...state] }];
    });
  },

  findSamples: (files) =>
    files.flatMap(({ path }) => {
      const step = SAMPLE.exec(path)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path }];
    }),
};
