import { availableParallelism } from "node:os";
import {
  compareLoras,
  type Likeness,
  type LoraComparison,
  openLike,
  openLora,
  openModuleThreads,
} from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { formatTable, printable } from "../../format.ts";
import { createProgressLine } from "../../progress-line.ts";
import { aboutFile, withTensorFile } from "../../tensor-file.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";

export interface CompareOptions {
  readonly modules?: boolean;
}

/** How alike the changes of two LoRAs are: in all, by block, and by module where asked for. */
export async function compareCommand(
  a: string,
  b: string,
  options: CompareOptions,
  context: CommandContext,
): Promise<number> {
  const comparison = await compare(a, b, context);
  const { modules, ...summary } = comparison;
  if (context.json) printJson(context, options.modules ? comparison : summary);
  else {
    const named = options.modules
      ? modules.map((one) => ({ name: one.module, ...one }))
      : comparison.blocks.map((one) => ({ name: one.block, ...one }));
    const rows = [...named, { name: "all", ...comparison.whole }].map(likenessRow);
    printLine(
      context,
      formatTable([options.modules ? "module" : "block", "cosine", "norm A", "norm B", "distance"], rows),
    );
    for (const [modulesOfOne, name] of [
      [comparison.onlyA, a],
      [comparison.onlyB, b],
    ] as const) {
      if (modulesOfOne.length > 0) printLine(context, `${modulesOfOne.length} modules are in ${printable(name)} alone`);
    }
  }
  return exitCodes.ok;
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

function likenessRow({ name, cosine, normA, normB, distance }: Likeness & { readonly name: string }): string[] {
  const [size, other, apart] = [normA, normB, distance].map((norm) => norm.toPrecision(4));
  return [printable(name), cosine === null ? "–" : cosine.toFixed(4), size ?? "", other ?? "", apart ?? ""];
}
