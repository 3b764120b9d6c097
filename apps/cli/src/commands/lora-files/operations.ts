import { UserError } from "@loramill/contracts";
import { copyRange, runOperation } from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { formatBytes } from "../../format.ts";
import { withTensorFile } from "../../tensor-file.ts";
import { refuseExisting } from "../../write-whole.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";
import { readLibraryLoras, withLoras } from "./lora-argument.ts";
import { makeByRun } from "./make-by-run.ts";
import { checkExtension, copyToFile, type MakeOptions, makeFile } from "./make-file.ts";
import { type FlagNames, readOperation } from "./read-operation.ts";

/** The commands that make one LoRA of one or several: of files here, of LoRAs of the library by a job of the queue `lora`. */

interface OperateOptions extends MakeOptions {
  /** Of LoRAs of the library. */
  readonly project?: string;
}

export interface MergeOptions extends OperateOptions {
  readonly method: string;
  readonly rank?: number;
  readonly density?: number;
  readonly t?: number;
  readonly ties?: boolean;
  readonly dtype?: string;
  readonly seed?: number;
}

export function mergeCommand(
  loras: readonly string[],
  options: MergeOptions,
  context: CommandContext,
): Promise<number> {
  const { method: kind, rank, density, t, ties, dtype, seed } = options;
  const method = { kind, rank, density, t, ties };
  return operate(loras, { kind: "merge", method, dtype, seed }, options, context);
}

export interface ResizeOptions extends OperateOptions {
  readonly rank?: number;
  readonly ratio?: number;
  readonly cumulative?: number;
  readonly frobenius?: number;
  readonly maxRank?: number;
  readonly convRank?: number;
  readonly dtype?: string;
}

export function resizeCommand(lora: string, options: ResizeOptions, context: CommandContext): Promise<number> {
  const { rank, ratio, cumulative, frobenius, maxRank, convRank, dtype } = options;
  const rules = [
    { flag: "rank", value: rank, rule: { kind: "fixed", rank, maxRank } },
    { flag: "ratio", value: ratio, rule: { kind: "ratio", ratio, maxRank } },
    { flag: "cumulative", value: cumulative, rule: { kind: "cumulative", share: cumulative, maxRank } },
    { flag: "frobenius", value: frobenius, rule: { kind: "frobenius", share: frobenius, maxRank } },
  ].filter(({ value }) => value !== undefined);
  const [only] = rules;
  if (only === undefined || rules.length > 1) {
    throw new UserError("name one of --rank, --ratio, --cumulative and --frobenius", { code: "bad-option" });
  }
  const convRule = convRank === undefined ? undefined : { kind: "fixed", rank: convRank };
  const operation = { kind: "resize", rule: only.rule, convRule, dtype };
  return operate([lora], operation, options, context, { share: only.flag });
}

export interface ConvertOptions extends OperateOptions {
  readonly dialect?: string;
  readonly leaveOut?: boolean;
}

/** Into another dialect; without one, a PyTorch file into a safetensors file with the same names. */
export async function convertCommand(path: string, options: ConvertOptions, context: CommandContext): Promise<number> {
  const { dialect, leaveOut } = options;
  if (dialect !== undefined) return operate([path], { kind: "convert", dialect, leaveOut }, options, context);
  const { output, force } = options;
  checkExtension(output);
  await refuseExisting(output, force);
  return withTensorFile(path, async ({ source, header, isTorch }) => {
    if (!isTorch) {
      throw new UserError(`${path} is a safetensors file already: name the --dialect that it is to be written in`, {
        code: "bad-option",
      });
    }
    await copyToFile(output, { size: source.size, chunks: copyRange(source, 0, source.size) }, context);
    if (context.json) printJson(context, { output, bytes: source.size, tensors: header.tensors.size });
    else printLine(context, `${output} (${formatBytes(source.size)}, ${header.tensors.size} tensors)`);
    return exitCodes.ok;
  });
}

export interface PruneOptions extends OperateOptions {
  readonly minNorm?: number;
}

export function pruneCommand(lora: string, options: PruneOptions, context: CommandContext): Promise<number> {
  return operate([lora], { kind: "prune", minNorm: options.minNorm }, options, context);
}

async function operate(
  loras: readonly string[],
  given: object,
  options: OperateOptions,
  context: CommandContext,
  flags: FlagNames = {},
): Promise<number> {
  const operation = readOperation(given, flags);
  const from = await readLibraryLoras(loras);
  if (from !== null) return makeByRun({ operation, from }, options, context);
  return withLoras(loras, (inputs) =>
    makeFile(options, context, ({ name, ...run }) => runOperation(operation, inputs, { name, ...run })),
  );
}
