import {
  familyOfAll,
  type InputOf,
  type JobContext,
  type JobOutput,
  JsonObject,
  type LoraDocument,
  type LoraMaking,
  type LoraRole,
  loraFiles,
} from "@loramill/contracts";
import { runOperation } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { madeFromDocuments } from "./made-from.ts";
import { publishFiles, type StoredResult, storeResult } from "./publish-lora.ts";
import { openLoras } from "./stored-inputs.ts";
import { toolRun } from "./tool-run.ts";

/** Makes one LoRA of those of the library: of pairs for the experts of Wan 2.2, one file for each expert. */
export async function editLora(
  { params }: InputOf<"edit-lora">,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { name, operation, from } = params;
  const documents = await Promise.all(from.map(({ document }) => deps.stores.documents.get("lora", document)));
  const roles = rolesOf(documents);
  const stored: StoredResult[] = [];
  for (const [at, role] of roles.entries()) {
    const loras = await openLoras(from, { ...deps, signal: ctx.signal, role });
    const run = { name, ...toolRun(deps.threads, ctx, { at, of: roles.length }) };
    stored.push(await storeResult(await runOperation(operation, loras, run), { name, role }, deps, ctx));
  }
  const made: LoraMaking = {
    operation: operation.kind,
    settings: JsonObject.parse(JSON.parse(JSON.stringify(operation))),
    from: madeFromDocuments(from, documents),
  };
  const family = familyOfAll(documents.map((document) => document.family)) ?? "unknown";
  const { baseModel = "unknown" } = documents[0] ?? {};
  return publishFiles({ stored, name, family, baseModel, made }, deps, ctx);
}

/** The files of the result: where a LoRA of single experts goes in, one for each expert that any of them changes. */
function rolesOf(loras: readonly LoraDocument[]): readonly LoraRole[] {
  const there = new Set(loras.flatMap((lora) => loraFiles(lora).map(({ role }) => role)));
  const experts = (["high", "low"] as const).filter((role) => there.has(role));
  return experts.length === 0 ? ["both"] : experts;
}
