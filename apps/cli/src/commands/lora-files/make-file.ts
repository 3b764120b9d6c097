import { availableParallelism } from "node:os";
import { basename, extname } from "node:path";
import { UserError } from "@loramill/contracts";
import { type OperationResult, openModuleThreads, type RunModule, type ToolRun } from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { formatBytes } from "../../format.ts";
import { createProgressLine } from "../../progress-line.ts";
import { refuseExisting, writeWhole } from "../../write-whole.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";

/** What every command takes that makes a file. */
export interface MakeOptions {
  readonly output: string;
  readonly name?: string;
  readonly force?: boolean;
}

/** What a tool is run with: threads, the signal of Ctrl-C, and where it says how far it is. */
export type Tools = Required<ToolRun> & { readonly name: string; readonly runModule: RunModule };

/** Computes a safetensors file in threads while it is written, and says what was made. */
export async function makeFile(
  options: MakeOptions,
  context: CommandContext,
  make: (tools: Tools) => Promise<OperationResult>,
): Promise<number> {
  const { output, force } = options;
  checkExtension(output);
  await refuseExisting(output, force);
  const { signal } = context.interrupts;
  const threads = openModuleThreads({ size: availableParallelism() });
  const progress = createProgressLine(context.err);
  try {
    const { file, modules, notes } = await make({
      name: options.name ?? basename(output, extname(output)),
      runModule: threads.runModule,
      ahead: threads.size,
      signal,
      onProgress: ({ done, total }) => progress.show(`${done} of ${total} modules`, done, total),
    });
    await writeWhole(output, file.chunks, { signal });
    progress.end();
    if (context.json) printJson(context, { output, bytes: file.size, modules, notes });
    else {
      printLine(context, `${output} (${formatBytes(file.size)}, ${modules} modules)`);
      for (const note of notes) printLine(context, `note: ${note}`);
    }
    return exitCodes.ok;
  } finally {
    progress.end();
    await threads.close();
  }
}

/** Writes a file that is copied rather than computed. */
export async function copyToFile(
  path: string,
  { size, chunks }: OperationResult["file"],
  context: CommandContext,
): Promise<void> {
  const progress = createProgressLine(context.err);
  try {
    const onBytes = (written: number) => progress.show(`of ${formatBytes(size)}`, written, size);
    await writeWhole(path, chunks, { signal: context.interrupts.signal, onBytes });
  } finally {
    progress.end();
  }
}

export function checkExtension(output: string): void {
  if (/\.safetensors$/i.test(output)) return;
  throw new UserError(`${output}: what is written is a safetensors file; let its name end in .safetensors`, {
    code: "bad-option",
  });
}
