import { canonicalJson, networkOf, UserError } from "@loramill/contracts";
import type { Refusal } from "../adapters/cannot-convert.ts";
import { toLayout } from "../adapters/layouts.ts";
import { moduleNames } from "../adapters/module-names.ts";
import { readAdapters } from "../adapters/read-adapters.ts";
import type { ByteSource } from "../byte-source.ts";
import { blockWeight } from "../merge/block-weights.ts";
import { carryMetadata } from "../metadata/carry-metadata.ts";
import type { OperationInput } from "../operations/operation-input.ts";
import type { OperationResult } from "../operations/run-operation.ts";
import { readSafetensors, readSafetensorsHeader } from "../safetensors/read-safetensors.ts";
import { streamSafetensors } from "../safetensors/write-safetensors.ts";
import { type LazyAdapter, loaded } from "../streams/lazy-adapter.ts";
import { openLora } from "../streams/open-lora.ts";
import type { ToolRun } from "../streams/progress.ts";
import type { RunModule } from "../threads/module-work.ts";
import { mergeIntoCheckpoint } from "../tools/merge-into-checkpoint.ts";
import { withAttentionTogether } from "./open-clip.ts";
import { type Checkpoint, readCheckpoint } from "./read-checkpoint.ts";

export interface FileMerge extends ToolRun {
  /** Of the result. */
  readonly name: string;
  /** Whether modules that the checkpoint has no weight for are left out, instead of refused. */
  readonly leaveOut: boolean;
  readonly runModule: RunModule;
}

/**
 * A checkpoint with LoRAs of its family in its weights, as a file that is computed while it is read. What the checkpoint
 * cuts otherwise than a LoRA does (Flux's fused attention) is brought into its layout first, in memory. Throws UserError
 * `unknown-checkpoint`, `wrong-family`, or `no-weight` with the modules that the checkpoint does not have.
 */
export async function mergeIntoFile(
  source: ByteSource,
  inputs: readonly OperationInput[],
  { name, leaveOut, ...run }: FileMerge,
): Promise<OperationResult> {
  const header = await readSafetensorsHeader(source);
  const model = readCheckpoint(header);
  const loras = await Promise.all(inputs.map((input) => openFor(input, model)));
  const { tensors, missing } = mergeIntoCheckpoint({
    ...run,
    checkpoint: { source, header: { ...header, tensors: model.tensors } },
    loras,
    weightOf: (module) => model.weights.get(module) ?? null,
  });
  const left = [...new Set([...missing, ...loras.flatMap(({ refused }) => refused.map(({ module }) => module))])];
  const modules = new Set(loras.flatMap(({ adapters }) => adapters.map(({ module }) => module)));
  const merged = [...modules].filter((module) => model.weights.has(module)).length;
  if (left.length > 0 && (!leaveOut || merged === 0)) throw noWeight(left, merged, model);
  const from = inputs.map(({ name: of, weight, blocks }) => {
    return { name: of, weight, ...(blocks === undefined ? {} : { blocks }) };
  });
  const metadata = {
    ...carryMetadata(header.metadata),
    "modelspec.title": name,
    "loramill.made": canonicalJson({ operation: { kind: "merge-into" }, from }),
  };
  return {
    file: streamSafetensors(withAttentionTogether(tensors), metadata),
    modules: merged,
    notes: left.map((module) => `${module} was left out: the checkpoint has no weight for it`),
  };
}

interface FittedLora {
  readonly adapters: readonly LazyAdapter[];
  readonly refused: readonly Refusal[];
  readonly strength: number;
  readonly moduleWeight?: (module: string) => number;
}

async function openFor(
  { name, source, weight, blocks }: OperationInput,
  { family, variant, layout, weights }: Checkpoint,
): Promise<FittedLora> {
  const lora = await openLora(source);
  if (lora.family !== null && networkOf(lora.family.family) !== family) {
    throw new UserError(`${name} is for ${lora.family.family} and the checkpoint is of ${family}`, {
      code: "wrong-family",
    });
  }
  const how = { strength: weight, ...(blocks === undefined ? {} : { moduleWeight: blockWeight(blocks) }) };
  if (lora.adapters.every(({ module }) => weights.has(module))) return { ...how, adapters: lora.adapters, refused: [] };
  const refused: Refusal[] = [];
  const { adapters } = readAdapters(readSafetensors(await source.bytes(0, source.size)));
  const names = moduleNames(family, variant);
  const fitted = toLayout(adapters, names, layout, (refusal) => void refused.push(refusal));
  return { ...how, adapters: fitted.map(loaded), refused };
}

function noWeight(left: readonly string[], merged: number, { family }: Checkpoint): UserError {
  const shown = left.slice(0, 3).join(", ");
  const more = left.length > 3 ? ` and ${left.length - 3} more` : "";
  const advice = merged === 0 ? "is it for another base model?" : "it can be left out";
  return new UserError(`the ${family} checkpoint has no weight for ${shown}${more}: ${advice}`, {
    code: "no-weight",
    details: { modules: left.slice(0, 100) },
  });
}
