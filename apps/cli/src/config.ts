import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { EndpointUrl, UserError } from "@loramill/contracts";
import { z } from "zod";

/** What the command line reads from the environment, `.env.local` and `.env`, first found wins. */
export const cliEnv = z.object({
  LORAMILL_URL: EndpointUrl.optional().describe("API to talk to; unset: the mill on this machine, started when needed"),
  LORAMILL_API_KEY: z.string().min(1).optional().describe("Key of the API, when it wants one"),
  DATA_DIR: z.string().min(1).default("./data").describe("Folder of the local mill's database, objects and logs"),
  LORA_OUTPUT_DIR: z
    .string()
    .min(1)
    .default("./data/lora_models")
    .describe(
      "Where `run`, `resume`, `save` and `lora download` put LoRA files, and where `lora status` looks for them, on the machine of the command; mill and workers write to the object store only. Default: lora_models under DATA_DIR",
    ),
  LORA_WARN_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(500_000_000)
    .describe("LoRA files above this size come with a warning when they are imported or listed"),
  DATASET_OUTPUT_DIR: z
    .string()
    .min(1)
    .default("./data/datasets")
    .describe(
      "Where the same commands with `--save-dataset` put prepared pictures and captions, a folder per run name. Default: datasets under DATA_DIR",
    ),
  FFPROBE_PATH: z.string().min(1).default("ffprobe").describe("The ffprobe that comes with it: a name or a path"),
  EDITOR: z
    .string()
    .min(1)
    .optional()
    .describe("What `generate --mode assisted` lets recommendations be edited with, such as `nano` or `code --wait`"),
  OUTPUT_DIR: z
    .string()
    .min(1)
    .default("./data/runs")
    .describe("Where the same commands put everything else, a folder per run. Default: runs under DATA_DIR"),
});

type Environment = Readonly<Record<string, string | undefined>>;

export interface CliConfig {
  /** The whole environment, for the mill that a command starts. */
  readonly env: NodeJS.ProcessEnv;
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly dataDir: string;
  /** Command of a text editor; null where none is set. */
  readonly editor: string | null;
  /** Reads the tags of clips. */
  readonly ffprobePath: string;
  readonly loraOutputDir: string;
  readonly loraWarnBytes: number;
  readonly datasetOutputDir: string;
  readonly outputDir: string;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env, folder = process.cwd()): CliConfig {
  const layers = [".env", ".env.local"].map((name) => resolve(folder, name)).filter((path) => existsSync(path));
  const merged: Environment = Object.assign(
    {} as Record<string, string | undefined>,
    ...layers.map((path) => parseEnv(readFileSync(path, "utf8"))),
    env,
  );
  const filled: Environment = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
  const parsed = cliEnv.safeParse({ ...foldersUnder(filled.DATA_DIR), ...filled });
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new UserError(`the configuration is wrong:\n  ${problems.join("\n  ")}`, { code: "bad-config" });
  }
  return Object.freeze({
    env,
    url: parsed.data.LORAMILL_URL,
    apiKey: parsed.data.LORAMILL_API_KEY,
    editor: parsed.data.EDITOR ?? null,
    ffprobePath: parsed.data.FFPROBE_PATH,
    dataDir: resolve(folder, parsed.data.DATA_DIR),
    loraOutputDir: resolve(folder, parsed.data.LORA_OUTPUT_DIR),
    loraWarnBytes: parsed.data.LORA_WARN_BYTES,
    datasetOutputDir: resolve(folder, parsed.data.DATASET_OUTPUT_DIR),
    outputDir: resolve(folder, parsed.data.OUTPUT_DIR),
  });
}

/** DATA_DIR alone moves what has no folder of its own. */
function foldersUnder(dataDir: string | undefined): Record<string, string> {
  if (dataDir === undefined) return {};
  const names = { LORA_OUTPUT_DIR: "lora_models", DATASET_OUTPUT_DIR: "datasets", OUTPUT_DIR: "runs" };
  return Object.fromEntries(Object.entries(names).map(([variable, name]) => [variable, join(dataDir, name)]));
}
