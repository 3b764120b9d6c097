import type { TrainerName } from "@loramill/contracts";
import { aiToolkit } from "./ai-toolkit/ai-toolkit.ts";
import { sdScripts } from "./sd-scripts/sd-scripts.ts";
import { simpleTuner } from "./simpletuner/simpletuner.ts";
import type { TrainerAdapter } from "./trainer-adapter.ts";

/** Every trainer that an agent can run. */
export const trainerAdapters: Readonly<Record<TrainerName, TrainerAdapter>> = {
  "ai-toolkit": aiToolkit,
  "sd-scripts": sdScripts,
  simpletuner: simpleTuner,
};
