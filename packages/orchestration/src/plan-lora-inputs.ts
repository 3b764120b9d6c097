import {
  type LoraSpec,
  type ModelInput,
  nearNames,
  networkOf,
  type StoredLora,
  type StoredModel,
} from "@loramill/contracts";
import type { FoundLora, PlanContext } from "./plan-context.ts";
import { refuse } from "./refuse.ts";

/** One that the context was asked for, by what the spec calls it. */
export function findLora(
  field: string,
  wanted: string,
  { loras, loraNames = [] }: Pick<PlanContext, "loras" | "loraNames">,
): FoundLora {
  const found = loras?.[wanted];
  if (found !== undefined) return found;
  const [near] = nearNames(wanted, loraNames);
  return refuse({
    code: "unknown-lora",
    field,
    problem: `no LoRA "${wanted}" is in the library`,
    given: wanted,
    likely: near === undefined ? "`loramill lora list` shows what is there" : `did you mean ${near}?`,
  });
}

/** Those of `lora.from`, which must be for one network: LoRAs of two change different modules. */
export function findInputs({ from }: Pick<LoraSpec, "from">, context: PlanContext): readonly FoundLora[] {
  const found = from.map(({ lora }, at) => findLora(`lora.from.${at}.lora`, lora, context));
  const [first] = found;
  const other = found.find(({ family }) => networkOf(family) !== networkOf(first?.family ?? ""));
  if (first !== undefined && other !== undefined) {
    refuse({
      code: "mixed-families",
      field: "lora.from",
      problem: `${first.name} is for ${first.family} and ${other.name} for ${other.family}`,
      likely: "only LoRAs for one network change the same modules",
    });
  }
  return found;
}

/** What a job is told of them: documents, with how strongly each goes in. */
export function storedInputs({ from }: Pick<LoraSpec, "from">, found: readonly FoundLora[]): StoredLora[] {
  return from.map(({ lora: _, ...input }, at) => ({ ...input, document: found[at]?.document ?? "" }));
}

/** The file of a base model that a job reads. It must be in the store before the run: a job fetches nothing. */
export function findModel(
  field: string,
  { model: id, file: path }: ModelInput,
  { models = [] }: Pick<PlanContext, "models">,
): StoredModel & { readonly bytes: number } {
  const model = models.find((one) => one.id === id);
  if (model === undefined) {
    const names = models.map((one) => one.id);
    const [near] = nearNames(id, names);
    return refuse({
      code: "unknown-model",
      field: `${field}.model`,
      problem: `no base model "${id}" is written down`,
      given: id,
      likely:
        near === undefined
          ? "`loramill models add` writes one down, `loramill models list` names them"
          : `did you mean ${near}?`,
    });
  }
  const paths = model.files.map((file) => file.path);
  const checkpoints = paths.filter((each) => each.endsWith(".safetensors"));
  const chosen = path ?? (checkpoints.length === 1 ? checkpoints[0] : undefined);
  const file = model.files.find((each) => each.path === chosen);
  if (file === undefined) {
    return refuse({
      code: "which-file",
      field: `${field}.file`,
      problem: path === undefined ? `${id} has ${checkpoints.length} .safetensors files` : `${id} has no file ${path}`,
      ...(path === undefined ? {} : { given: path }),
      allowed: `one of ${checkpoints.join(", ") || "none: a checkpoint is one .safetensors file"}`,
    });
  }
  if (file.stored === null) {
    return refuse({
      code: "model-not-stored",
      field: `${field}.model`,
      problem: `${file.path} of ${id} is not in the object store`,
      given: id,
      likely: `\`loramill models pull ${id}\` fetches it`,
    });
  }
  return { model: id, family: model.family, file: file.path, ...file.stored };
}
