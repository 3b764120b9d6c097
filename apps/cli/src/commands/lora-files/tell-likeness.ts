import type { Likeness, LoraComparison } from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { formatTable, printable } from "../../format.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";

/** A comparison as a table, or for programs; `names` are what the user calls the two. */
export function tellLikeness(
  { whole, blocks, modules, onlyA, onlyB }: LoraComparison,
  names: readonly [string, string],
  options: { readonly modules?: boolean },
  context: CommandContext,
): number {
  if (context.json) {
    printJson(context, { whole, blocks, ...(options.modules ? { modules } : {}), onlyA, onlyB });
    return exitCodes.ok;
  }
  const named = options.modules
    ? modules.map((one) => ({ name: one.module, ...one }))
    : blocks.map((one) => ({ name: one.block, ...one }));
  const rows = [...named, { name: "all", ...whole }].map(likenessRow);
  printLine(
    context,
    formatTable([options.modules ? "module" : "block", "cosine", "norm A", "norm B", "distance"], rows),
  );
  for (const [alone, at] of [
    [onlyA, 0],
    [onlyB, 1],
  ] as const) {
    if (alone.length > 0) printLine(context, `${alone.length} modules are in ${printable(names[at])} alone`);
  }
  return exitCodes.ok;
}

function likenessRow({ name, cosine, normA, normB, distance }: Likeness & { readonly name: string }): string[] {
  const [size, other, apart] = [normA, normB, distance].map((norm) => norm.toPrecision(4));
  return [printable(name), cosine === null ? "–" : cosine.toFixed(4), size ?? "", other ?? "", apart ?? ""];
}
