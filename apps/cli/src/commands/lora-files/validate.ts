import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { UserError } from "@loramill/contracts";
import {
  type LoadCoverage,
  type LoraFamily,
  type LoraFinding,
  loadCoverage,
  mappedFamilies,
  readAdapterOutlines,
  readSafetensors,
  validateLora,
} from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { printable } from "../../format.ts";
import { aboutFile, type TensorFile, withTensorFile } from "../../tensor-file.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";

export interface ValidateOptions {
  readonly family?: LoraFamily;
  readonly strength?: number;
  readonly beside?: string;
}

/** Every value is looked at, so the whole file is in memory for the time. */
const MAX_BYTES = 4 * 1024 ** 3;

/** What is wrong with a file, and how much of it its model takes. 1 when there is an error. */
export function validateCommand(path: string, options: ValidateOptions, context: CommandContext): Promise<number> {
  return withTensorFile(path, async (file) => {
    const { findings, coverage } = await aboutFile(path, () => validate(file, options));
    const isValid = findings.every(({ severity }) => severity !== "error");
    if (context.json) printJson(context, { file: path, valid: isValid, findings, coverage });
    else {
      for (const { severity, message } of findings) printLine(context, `${severity.padEnd(7)} ${printable(message)}`);
      const isTold = findings.some(({ code }) => code === "partly-loaded");
      if (coverage !== null && !isTold) printLine(context, inWords(coverage));
      printLine(context, isValid ? `${printable(path)} can be used` : `${printable(path)} should not be used`);
    }
    return isValid ? exitCodes.ok : exitCodes.failed;
  });
}

async function validate(
  { path, source, header }: TensorFile,
  { family, strength, beside = dirname(path) }: ValidateOptions,
): Promise<{ findings: LoraFinding[]; coverage: LoadCoverage | null }> {
  if (source.size > MAX_BYTES) {
    throw new UserError("it has more than 4 GiB: this is no LoRA", { code: "file-too-large" });
  }
  const neighbours = await readdir(beside).catch(() => {
    throw new UserError(`--beside ${beside}: no such folder`, { code: "file-missing" });
  });
  const findings = validateLora(readSafetensors(await source.bytes(0, source.size)), {
    ...(family === undefined ? {} : { family }),
    ...(strength === undefined ? {} : { strength }),
    name: basename(path),
    neighbours,
  });
  const detected = readAdapterOutlines(header).family;
  const wanted = family ?? detected?.family;
  const target = mappedFamilies.find((mapped) => mapped === wanted);
  const variant = wanted === detected?.family ? (detected?.variant ?? null) : null;
  return { findings, coverage: target === undefined ? null : loadCoverage(header, target, variant) };
}

function inWords({ loaded, total, family }: LoadCoverage): string {
  return `will load ${loaded} of ${total} keys on ${family}`;
}
