import { parseBar, parseLoss, parseTrouble } from "../progress-line.ts";
import { checkpointOrId, type FoundCheckpoint, type TrainerAdapter } from "../trainer-adapter.ts";
import { backendConfig, simpleTunerConfig } from "./simpletuner-config.ts";
import { simpleTunerSupport } from "./simpletuner-support.ts";

const WEIGHTS = "pytorch_lora_weights.safetensors";
const SAVE = new RegExp(`^checkpoint-(\\d+)/${WEIGHTS}$`);
const TITLE = /^Epoch \d+\/\d+\s+Steps$/;

/** SimpleTuner by its training script. It counts absolute steps, and goes on from the newest folder of its output. */
export const simpleTuner: TrainerAdapter = {
  name: "simpletuner",
  families: ["sd15", "sdxl", "sd3", "flux", "flux2", "qwen-image", "z-image"],
  support: simpleTunerSupport,
  restoresTo: "output",
  // The table says it all.
  check: () => [],
  modelFiles: checkpointOrId,

  command(input) {
    const { place } = input;
    return {
      files: [
        { path: `${place.work}/config.json`, text: simpleTunerConfig(input) },
        { path: `${place.work}/multidatabackend.json`, text: backendConfig(input) },
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
      if (path === WEIGHTS) return [{ step: totalSteps, final: true, weights: path, files: [path] }];
      const step = SAVE.exec(path)?.[1];
      if (step === undefined) return [];
      const all = paths.filter((other) => other.startsWith(`checkpoint-${step}/`));
      return [{ step: Number(step), final: false, weights: path, files: all }];
    });
  },

  // It names its pictures by prompt and date; which step they show is not told by them.
  findSamples: () => [],
};
