import { availableParallelism } from "node:os";
import { compareLoras, type LoraComparison, openLike, openLora, openModuleThreads } from "@loramill/lora";
import { createProgressLine } from "../../progress-line.ts";
import { aboutFile, withTensorFile } from "../../tensor-file.ts";
import type { CommandContext } from "../context.ts";
import { compareInLibrary } from "./compare-in-library.ts";
import { readLibraryLoras } from "./lora-argument.ts";
import { tellLikeness } from "./tell-likeness.ts";

export interface CompareOptions {
  readonly modules?: boolean;
  /** Of LoRAs of the library. */
  readonly project?: string;
}

/** How alike the changes of two LoRAs are: in all, by block, and by module where asked for. */
export async function compareCommand(
  a: string,
  b: string,
  options: CompareOptions,
  context: CommandContext,
): Promise<number> {
  if ((await readLibraryLoras([a, b])) !== null) return compareInLibrary(a, b, options, context);
  return tellLikeness(await compare(a, b, context), [a, b], options, context);
}

async function compare(a: string, b: string, { interrupts, err }: CommandContext): Promise<LoraComparison> {
  const threads = openModuleThreads({ size: availableParallelism() });
  const progress = createProgressLine(err);
  try {
    return await withTensorFile(a, ({ source: first }) =>
      withTensorFile(b, async ({ source: second }) => {
        const lora = await aboutFile(a, () => openLora(first));
        const other = await aboutFile(b, () => openLike(second, lora));
        return compareLoras(lora.adapters, other.adapters, {
          runModule: threads.runModule,
          ahead: threads.size,
          signal: interrupts.signal,
          onProgress: ({ done, total }) => progress.show(`${done} of ${total} modules`, done, total),
        });
      }),
    );
  } finally {
    progress.end();
    await threads.close();
  }
}
