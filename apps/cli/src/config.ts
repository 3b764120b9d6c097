import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { EndpointUrl, UserError } from "@loramill/contracts";
import { z } from "zod";

/** What the command line reads from the environment, `.env.local` and `.env`, first found wins. */
export const cliEnv = z.object({
  LORAMILL_URL: EndpointUrl.optional().describe("API to talk to; unset: the mill on this machine, started when needed"),
  LORAMILL_API_KEY: z.string().min(1).optional().describe("Key of the API, when it wants one"),
  DATA_DIR: z.string().min(1).default("./data").describe("Folder of the local mill's database, objects and logs"),
  LORA_OUTPUT_DIR: z.string().min(1).default("./data/lora_models").describe("Where `run` puts the LoRA file"),
  DATASET_OUTPUT_DIR: z
    .string()
    .min(1)
    .default("./data/datasets")
    .describe("Where `run --save-dataset` puts pictures and captions"),
  OUTPUT_DIR: z.string().min(1).default("./data/runs").describe("Where `run` puts everything else, a folder per run"),
});

export interface CliConfig {
  /** The whole environment, for the mill that a command starts. */
  readonly env: NodeJS.ProcessEnv;
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly dataDir: string;
  readonly loraOutputDir: string;
  readonly datasetOutputDir: string;
  readonly outputDir: string;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env, folder = process.cwd()): CliConfig {
  const layers = [".env", ".env.local"].map((name) => resolve(folder, name)).filter((path) => existsSync(path));
  const merged = Object.assign({}, ...layers.map((path) => parseEnv(readFileSync(path, "utf8"))), env);
  const filled = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
  const parsed = cliEnv.safeParse(filled);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new UserError(`the configuration is wrong:\n  ${problems.join("\n  ")}`, { code: "bad-config" });
  }
  return Object.freeze({
    env,
    url: parsed.data.LORAMILL_URL,
    apiKey: parsed.data.LORAMILL_API_KEY,
    dataDir: resolve(folder, parsed.data.DATA_DIR),
    loraOutputDir: resolve(folder, parsed.data.LORA_OUTPUT_DIR),
    datasetOutputDir: resolve(folder, parsed.data.DATASET_OUTPUT_DIR),
    outputDir: resolve(folder, parsed.data.OUTPUT_DIR),
  });
}
