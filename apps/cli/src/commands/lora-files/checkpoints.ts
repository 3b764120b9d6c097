import { UserError } from "@loramill/contracts";
import { extractFromFiles, type MappedFamily, mergeIntoFile } from "@loramill/lora";
import { withTensorFile } from "../../tensor-file.ts";
import type { CommandContext } from "../context.ts";
import { readModelArgument } from "./file-or-library.ts";
import { readLibraryLoras, withLoras } from "./lora-argument.ts";
import { makeByRun } from "./make-by-run.ts";
import { type MakeOptions, makeFile } from "./make-file.ts";

/** The commands between LoRAs and whole models. */

export interface ExtractOptions extends MakeOptions {
  readonly original: string;
  readonly tuned: string;
  readonly rank: number;
  readonly convRank?: number;
  readonly dtype: "F32" | "F16" | "BF16";
  readonly family?: MappedFamily;
  /** Of the result, where models of the API are worked on. */
  readonly project?: string;
}

export async function extractCommand(options: ExtractOptions, context: CommandContext): Promise<number> {
  const { rank, convRank, dtype, family } = options;
  const [original, tuned] = await Promise.all([options.original, options.tuned].map(readModelArgument));
  if (original != null && tuned != null) {
    if (family !== undefined)
      throw badOption("--family is for files: a base model is of the family it was written down with");
    const convolutions = convRank === undefined ? {} : { convRank };
    return makeByRun(
      { operation: { kind: "extract", original, tuned, rank, ...convolutions, dtype } },
      options,
      context,
    );
  }
  if (original != null || tuned != null) {
    throw badOption("name two files of this machine, or two base models that the API has (`loramill models list`)");
  }
  return withTensorFile(options.original, (original) =>
    withTensorFile(options.tuned, (tuned) =>
      makeFile(options, context, (tools) =>
        extractFromFiles({
          ...tools,
          original,
          tuned,
          rank,
          dtype,
          ...(convRank === undefined ? {} : { convRank }),
          ...(family === undefined ? {} : { family }),
        }),
      ),
    ),
  );
}

export interface MergeIntoOptions extends MakeOptions {
  readonly leaveOut?: boolean;
  /** Of the LoRAs, where they are of the library. */
  readonly project?: string;
}

export async function mergeIntoCommand(
  checkpoint: string,
  loras: readonly string[],
  options: MergeIntoOptions,
  context: CommandContext,
): Promise<number> {
  const model = await readModelArgument(checkpoint);
  if (model !== null) {
    const operation = { kind: "merge-into" as const, model, leaveOut: options.leaveOut ?? false };
    const from = await readLibraryLoras(loras);
    if (from !== null) return makeByRun({ operation, from }, options, context);
    throw badOption("what goes into a base model is of the library: `loramill lora import` brings files there");
  }
  return withTensorFile(checkpoint, ({ source }) =>
    withLoras(loras, (inputs) =>
      makeFile(options, context, (tools) =>
        mergeIntoFile(source, inputs, { ...tools, leaveOut: options.leaveOut ?? false }).catch((error: unknown) => {
          if (!(error instanceof UserError) || error.code !== "no-weight") throw error;
          throw new UserError(`${error.message} (--leave-out goes on without)`, {
            code: error.code,
            details: error.details,
          });
        }),
      ),
    ),
  );
}

const badOption = (message: string) => new UserError(message, { code: "bad-option" });
