import type { RunSpec } from "@loramill/contracts";
import { type FoundLora, namedLoras, type PlanContext } from "@loramill/orchestration";
import type { PlanningDeps } from "./planning-deps.ts";

/** The presets, and what the project has saved where the spec names something that is none of them. */
export async function findRecipes(
  { train, project }: Pick<RunSpec, "train" | "project">,
  { presets, savedRecipes }: Pick<PlanningDeps, "presets" | "savedRecipes">,
): Promise<PlanContext["presets"]> {
  const name = typeof train?.recipe === "string" ? train.recipe : train?.preset;
  const isSaved = name !== undefined && !Object.hasOwn(presets, name);
  return isSaved ? { ...(await savedRecipes(project)), ...presets } : presets;
}

/** The base models that are written down, where the spec needs one of them. */
export async function findModels(
  { train, lora }: Pick<RunSpec, "train" | "lora">,
  { models }: Pick<PlanningDeps, "models">,
): Promise<NonNullable<PlanContext["models"]>> {
  const operation = lora?.operation;
  const isNamed = operation !== undefined && ("model" in operation || "original" in operation);
  return train !== undefined || isNamed ? models() : [];
}

/** By what the spec calls them, as far as there are any; and other names where the library lacks one. */
export async function findLoras(
  { lora, generate, project }: Pick<RunSpec, "lora" | "generate" | "project">,
  deps: Pick<PlanningDeps, "findLora" | "loraNames">,
): Promise<Pick<PlanContext, "loras" | "loraNames">> {
  const wanted = new Set(lora?.from.map((one) => one.lora));
  if (generate?.lora !== undefined) wanted.add(generate.lora);
  for (const name of generate === undefined ? [] : namedLoras(generate)) wanted.add(name);
  const found: Record<string, FoundLora> = {};
  for (const name of wanted) {
    const one = await deps.findLora(name, project);
    if (one !== null) found[name] = one;
  }
  const isComplete = Object.keys(found).length === wanted.size;
  return isComplete ? { loras: found } : { loras: found, loraNames: await deps.loraNames(project) };
}
