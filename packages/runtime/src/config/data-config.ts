import { join, resolve } from "node:path";
import { defineConfig } from "@loramill/contracts";
import { z } from "zod";
import type { Environment } from "./environment.ts";

const DATA_DIR = "./data";

/** The folder of everything that a mill keeps on its own machine. */
export const dataConfig = defineConfig(
  {
    DATA_DIR: z
      .string()
      .min(1)
      .default(DATA_DIR)
      .describe("Folder of the embedded database, of objects and results, as far as they have no place of their own"),
    LORA_OUTPUT_DIR: z
      .string()
      .min(1)
      .default(`${DATA_DIR}/lora_models`)
      .describe("Where finished LoRA files are put; default: lora_models under DATA_DIR"),
    DATASET_OUTPUT_DIR: z
      .string()
      .min(1)
      .default(`${DATA_DIR}/datasets`)
      .describe("Where datasets are written out; default: datasets under DATA_DIR"),
  },
  (env) => ({
    dir: resolve(env.DATA_DIR),
    loraOutputDir: resolve(env.LORA_OUTPUT_DIR),
    datasetOutputDir: resolve(env.DATASET_OUTPUT_DIR),
  }),
);

/** Folders whose default lies in the data folder, so that DATA_DIR alone moves all of them. */
const UNDER_DATA_DIR = { STORAGE_URL: "objects", LORA_OUTPUT_DIR: "lora_models", DATASET_OUTPUT_DIR: "datasets" };

/** Fills in the folders that follow from DATA_DIR where they have no value of their own. */
export function withDataFolders(env: Environment): Environment {
  const folder = env.DATA_DIR;
  if (folder === undefined) return env;
  const derived = Object.entries(UNDER_DATA_DIR).map(([variable, name]) => [variable, join(folder, name)]);
  return { ...Object.fromEntries(derived), ...env };
}
