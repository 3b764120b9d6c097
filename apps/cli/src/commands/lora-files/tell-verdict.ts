import type { LoraFinding } from "@loramill/contracts";
import type { LoadCoverage } from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { printable } from "../../format.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";

/** What is wrong with a LoRA in sentences, or for programs with what they know it by; 1 when it should not be used. */
export function tellVerdict(
  known: Readonly<Record<string, string>>,
  name: string,
  { findings, coverage }: { readonly findings: readonly LoraFinding[]; readonly coverage: Counted | null },
  context: CommandContext,
): number {
  const isValid = findings.every(({ severity }) => severity !== "error");
  if (context.json) printJson(context, { ...known, valid: isValid, findings, coverage });
  else {
    for (const { severity, message } of findings) printLine(context, `${severity.padEnd(7)} ${printable(message)}`);
    const isTold = findings.some(({ code }) => code === "partly-loaded");
    if (coverage !== null && !isTold) printLine(context, inWords(coverage));
    printLine(context, isValid ? `${printable(name)} can be used` : `${printable(name)} should not be used`);
  }
  return isValid ? exitCodes.ok : exitCodes.failed;
}

type Counted = Pick<LoadCoverage, "loaded" | "total"> & { readonly family: string };

function inWords({ loaded, total, family }: Counted): string {
  return `will load ${loaded} of ${total} keys on ${family}`;
}
