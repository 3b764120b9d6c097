import { join } from "node:path";
import {
  copyRange,
  type Dialect,
  describeLora,
  type LoraDescription,
  type OperationResult,
  runModuleHere,
  runOperation,
} from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { formatBytes } from "../../format.ts";
import { type TensorFile, withTensorFile } from "../../tensor-file.ts";
import { refuseExisting, writeWhole } from "../../write-whole.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";
import type { ExportTarget } from "./export-targets.ts";
import { copyToFile } from "./make-file.ts";
import { readOperation } from "./read-operation.ts";

export interface ExportOptions {
  readonly for: ExportTarget;
  readonly output: string;
  readonly name?: string;
  readonly leaveOut?: boolean;
  readonly force?: boolean;
}

/** How a tool wants its LoRAs. */
interface Target {
  readonly dialect: Dialect;
  fileName(name: string): string;
  /** What the tool reads beside the file, by the name without extension. */
  sidecar?(description: LoraDescription): Readonly<Record<string, unknown>>;
  /** How the file is used there. */
  hint(name: string, folder: string): string;
}

const targets: Readonly<Record<ExportTarget, Target>> = {
  comfyui: {
    dialect: "comfyui",
    fileName: (name) => `${name}.safetensors`,
    hint: (name) => `put it into models/loras and choose ${name}.safetensors in "Load LoRA"`,
  },
  a1111: {
    dialect: "kohya",
    fileName: (name) => `${name}.safetensors`,
    sidecar: a1111Card,
    hint: (name) => `put both files into models/Lora and write <lora:${name}:1> into the prompt`,
  },
  diffusers: {
    dialect: "diffusers",
    // What `load_lora_weights` looks for in a folder.
    fileName: () => "pytorch_lora_weights.safetensors",
    hint: (_, folder) => `pipeline.load_lora_weights(${JSON.stringify(folder)})`,
  },
};

/** Writes a LoRA as another tool reads it; one that is in its dialect already is copied byte for byte. */
export function exportCommand(path: string, options: ExportOptions, context: CommandContext): Promise<number> {
  const target = targets[options.for];
  return withTensorFile(path, async (file) => {
    const name = promptSafe(options.name ?? file.name);
    const description = describeLora(file.header);
    const output = join(options.output, target.fileName(name));
    const sidecar = target.sidecar === undefined ? null : join(options.output, `${name}.json`);
    for (const each of [output, ...(sidecar === null ? [] : [sidecar])]) await refuseExisting(each, options.force);
    const { file: made, notes } = await written(file, description, name, target, options, context);
    await copyToFile(output, made, context);
    if (sidecar !== null) {
      await writeWhole(sidecar, [Buffer.from(`${JSON.stringify(target.sidecar?.(description), null, 2)}\n`)]);
    }
    const files = [output, ...(sidecar === null ? [] : [sidecar])];
    const hint = target.hint(name, options.output);
    if (context.json) printJson(context, { files, dialect: target.dialect, notes, hint });
    else {
      printLine(context, `${files.join("\n")}\n${formatBytes(made.size)} in the dialect ${target.dialect}; ${hint}`);
      for (const note of notes) printLine(context, `note: ${note}`);
    }
    return exitCodes.ok;
  });
}

async function written(
  { name: of, source, isTorch }: TensorFile,
  { dialect }: LoraDescription,
  name: string,
  target: Target,
  { leaveOut }: ExportOptions,
  { interrupts: { signal } }: CommandContext,
): Promise<Pick<OperationResult, "file" | "notes">> {
  if (dialect === target.dialect && !isTorch) {
    return { file: { size: source.size, chunks: copyRange(source, 0, source.size) }, notes: [] };
  }
  const operation = readOperation({ kind: "convert", dialect: target.dialect, leaveOut });
  return runOperation(operation, [{ name: of, source, weight: 1 }], { name, runModule: runModuleHere, signal });
}

/** Prompts end a LoRA's name at these, and file systems take offence at others. */
function promptSafe(name: string): string {
  return name.replace(/[<>:"/\\|?*]/g, "_");
}

const a1111Versions: Readonly<Record<string, string>> = { sd15: "SD1", sd2: "SD2", sdxl: "SDXL" };

/** The card of a LoRA in the extra networks of A1111, which Forge reads, too. */
function a1111Card({ family, triggerWords, modelSpec }: LoraDescription): Record<string, unknown> {
  return {
    description: modelSpec.description ?? "",
    "sd version": a1111Versions[family?.family ?? ""] ?? "Unknown",
    "activation text": triggerWords[0]?.word ?? "",
    "preferred weight": 1,
    notes: "",
  };
}
