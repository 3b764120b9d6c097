import { parseBar, parseLoss, parseTrouble } from "../progress-line.ts";
import { checkpointOrId, type FoundCheckpoint, type TrainerAdapter } from "../trainer-adapter.ts";
import { backendConfig, promptLibrary, simpleTunerConfig } from "./simpletuner-config.ts";
import { checkSimpleTuner, simpleTunerSupport } from "./simpletuner-support.ts";

const WEIGHTS = "pytorch_lora_weights.safetensors";
const SAVE = new RegExp(`^checkpoint-(\\d+)/${WEIGHTS}$`);
/** With a comma once it trains. */
const TITLE = /^Epoch \d+\/\d+,?\s+Steps$/;
const SAMPLE = /^validation_images\/step_(\d+)_p\d{2}_0_\d+x\d+\.(?:png|jpg|webp)$/;

/** SimpleTuner by its training script. It counts absolute steps, and goes on from the newest folder of its output. */
export const simpleTuner: TrainerAdapter = {
  name: "simpletuner",
  families: ["sd15", "sdxl", "sd3", "flux", "flux2", "qwen-image", "z-image"],
  support: simpleTunerSupport,
  restoresTo: "output",
  check: checkSimpleTuner,
  modelFiles: checkpointOrId,

  command(input) {
    const { place, recipe } = input;
    const prompts = promptLibrary(recipe);
    const promptFile = `${place.work}/prompts.json`;
    return {
      files: [
        {
          path: `${place.work}/config.json`,
          text: simpleTunerConfig(input, prompts === null ? null : promptFile),
        },
        { path: `${place.work}/multidatabackend.json`, text: backendConfig(input) },
        ...(prompts === null ? [] : [{ path: promptFile, text: prompts }]),
      ],
      command: place.python,
      args: ["-m", "accelerate.commands.launch", "--num_processes", "1", "simpletuner/train.py"],
      cwd: place.trainer,
      // The script adds the extension itself.
      env: { CONFIG_BACKEND: "json", CONFIG_PATH: `${place.work}/config` },
    };
  },

  readLine(line) {
    const bar = parseBar(line);
    if (bar === null) return parseTrouble(line);
    if (!TITLE.test(bar.title)) return null;
    const { done, perSecond, etaSeconds, rest } = bar;
    return { kind: "progress", step: done, loss: parseLoss(rest), stepsPerSecond: perSecond, etaSeconds };
  },

  findCheckpoints(files, { totalSteps }) {
    const paths = files.map(({ path }) => path);
    return paths.flatMap((path): FoundCheckpoint[] => {
      if (path === WEIGHTS)
        return [{ step: totalSteps, final: true, weights: [{ role: "both", path }], files: [path] }];
      const step = SAVE.exec(path)?.[1];
      if (step === undefined) return [];
      const all = paths.filter((other) => other.startsWith(`checkpoint-${step}/`));
      return [{ step: Number(step), final: false, weights: [{ role: "both", path }], files: all }];
    });
  },

  findSamples: (files) =>
    files.flatMap(({ path }) => {
      const step = SAMPLE.exec(path)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path }];
    }),
};
