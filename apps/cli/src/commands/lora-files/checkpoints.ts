import { UserError } from "@loramill/contracts";
import { extractFromFiles, type MappedFamily, mergeIntoFile } from "@loramill/lora";
import { withTensorFile } from "../../tensor-file.ts";
import type { CommandContext } from "../context.ts";
import { withLoras } from "./lora-argument.ts";
import { type MakeOptions, makeFile } from "./make-file.ts";

/** The commands between LoRAs and whole models. */

export interface ExtractOptions extends MakeOptions {
  readonly original: string;
  readonly tuned: string;
  readonly rank: number;
  readonly convRank?: number;
  readonly dtype: "F32" | "F16" | "BF16";
  readonly family?: MappedFamily;
}

export function extractCommand(options: ExtractOptions, context: CommandContext): Promise<number> {
  const { rank, convRank, dtype, family } = options;
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
}

export function mergeIntoCommand(
  checkpoint: string,
  loras: readonly string[],
  options: MergeIntoOptions,
  context: CommandContext,
): Promise<number> {
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
