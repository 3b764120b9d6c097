import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname } from "node:path";
import { type LoraFamily, UserError } from "@loramill/contracts";
import { type LoraVerdict, openModuleThreads, validateStored } from "@loramill/lora";
import { createProgressLine } from "../../progress-line.ts";
import { aboutFile, type TensorFile, withTensorFile } from "../../tensor-file.ts";
import type { CommandContext } from "../context.ts";
import { namesFile } from "./file-or-library.ts";
import { tellVerdict } from "./tell-verdict.ts";
import { validateInLibrary } from "./validate-in-library.ts";

export interface ValidateOptions {
  readonly family?: LoraFamily;
  readonly strength?: number;
  readonly beside?: string;
  /** A base model instead of a family; of LoRAs of the library, as `project` is. */
  readonly model?: string;
  readonly project?: string;
}

/** What is wrong with a file, or a LoRA of the library, and how much of it its model takes. 1 when there is an error. */
export async function validateCommand(
  path: string,
  options: ValidateOptions,
  context: CommandContext,
): Promise<number> {
  if (!(await namesFile(path))) return validateInLibrary(path, options, context);
  if (options.model !== undefined) {
    throw new UserError("--model is for LoRAs of the library: name its family with --family", { code: "bad-option" });
  }
  return withTensorFile(path, async (file) => {
    const verdict = await aboutFile(path, () => validate(file, options, context));
    return tellVerdict({ file: path }, path, verdict, context);
  });
}

async function validate(
  { path, source }: TensorFile,
  { family, strength, beside = dirname(path) }: ValidateOptions,
  { interrupts, err }: CommandContext,
): Promise<LoraVerdict> {
  const neighbours = await readdir(beside).catch(() => {
    throw new UserError(`--beside ${beside}: no such folder`, { code: "file-missing" });
  });
  const threads = openModuleThreads({ size: availableParallelism() });
  const progress = createProgressLine(err);
  try {
    return await validateStored(
      source,
      { family, strength, name: basename(path), neighbours },
      {
        runModule: threads.runModule,
        ahead: threads.size,
        signal: interrupts.signal,
        onProgress: ({ done, total }) => progress.show("looked at", done, total),
      },
    );
  } finally {
    progress.end();
    await threads.close();
  }
}
