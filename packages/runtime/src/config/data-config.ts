import { join, resolve } from "node:path";
import { defineConfig } from "@loramill/contracts";
import { z } from "zod";
import type { Environment } from "./environment.ts";

/** The folder of everything that a mill keeps on its own machine. */
export const dataConfig = defineConfig(
  {
    DATA_DIR: z
      .string()
      .min(1)
      .default("./data")
      .describe(
        "Folder of the embedded database, of objects, logs and results, as far as they have no place of their own",
      ),
  },
  (env) => ({ dir: resolve(env.DATA_DIR) }),
);

/** Folders whose default lies in the data folder, so that DATA_DIR alone moves all of them. */
const UNDER_DATA_DIR = { STORAGE_URL: "objects" };

/** Fills in the folders that follow from DATA_DIR where they have no value of their own. */
export function withDataFolders(env: Environment): Environment {
  const folder = env.DATA_DIR;
  if (folder === undefined) return env;
  const derived = Object.entries(UNDER_DATA_DIR).map(([variable, name]) => [variable, join(folder, name)]);
  return { ...Object.fromEntries(derived), ...env };
}
