import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type RunSpecInput, UserError } from "@loramill/contracts";
import type { GenerateOptions } from "../generate/generate-options.ts";
import { generateSpec } from "../generate/generate-spec.ts";
import { checkSpec } from "../read-spec.ts";
import { readSpecFile, readSpecValue, withAbsolutePaths } from "../read-spec-file.ts";
import { resumeCommand } from "./change.ts";
import type { CommandContext } from "./context.ts";
import { type RunOptions, runSpec } from "./run.ts";

export type GenerateCommandOptions = GenerateOptions &
  Pick<RunOptions, "detach" | "output" | "saveDataset"> & { readonly resume?: string };

/** Makes pictures or clips: a run of one step, followed to its end, with what it made saved. */
export function generateCommand(
  prompts: readonly string[],
  options: GenerateCommandOptions,
  context: CommandContext,
): Promise<number> {
  if (options.resume !== undefined) {
    if (prompts.length > 0) {
      throw new UserError("--resume goes on with a run as it is: leave the prompts out", { code: "bad-usage" });
    }
    return resumeCommand(options.resume, options, context);
  }
  const written = options.file === undefined ? null : readRequestFile(resolve(options.file));
  const spec = generateSpec({ prompts, options, written, folder: resolve(), readText });
  return runSpec(checkSpec(spec, options.file ?? "generate"), options, context);
}

/** Parts of a run spec that what generates pictures has not. */
const OF_A_RUN = ["generate", "dataset", "train", "policy", "version"];

/** A file that holds a whole run spec, or only what its `generate` would. */
function readRequestFile(path: string): RunSpecInput {
  const value = readSpecValue(path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${path}: expected fields of a request, such as prompts`, { code: "bad-spec" });
  }
  if (OF_A_RUN.some((field) => field in value)) return readSpecFile(path);
  return { name: "", generate: withAbsolutePaths(value, dirname(path)) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(`${path}: cannot be read`, { code: "file-missing", cause });
  }
}
