import type { GenerateSpec, Recipe, RunSpec } from "@loramill/contracts";
import { openChoices } from "./open-choices.ts";
import type { PlanContext } from "./plan-context.ts";
import { familyOfMade } from "./plan-lora.ts";
import { findLora } from "./plan-lora-inputs.ts";
import { refuse } from "./refuse.ts";

/** The LoRA whose strengths the batch gives. */
export interface MainLora {
  /** The step of this run that makes it; null for one of the library, and for none. */
  readonly madeBy: "train" | "lora" | null;
  readonly document?: string;
  /** Null where there is no LoRA. */
  readonly family: string | null;
}

/** The one that the spec names, else the one that this run makes. Refuses strengths above 0 where there is neither. */
export function mainLora(
  generate: GenerateSpec,
  { lora }: Pick<RunSpec, "lora">,
  recipe: Recipe | null,
  context: PlanContext,
): MainLora {
  if (generate.lora !== undefined) {
    const { document, family } = findLora("generate.lora", generate.lora, context);
    return { madeBy: null, document, family };
  }
  const made = lora === undefined ? null : familyOfMade(lora, context);
  if (made !== null) return { madeBy: "lora", family: made };
  if (recipe !== null) return { madeBy: "train", family: recipe.family };
  // A request that names LoRAs of its own, or takes none, says with them what it wants.
  const isOwn = generate.request !== undefined;
  const isChosen = context.choose !== undefined && openChoices(generate, false).loras;
  if (isOwn || isChosen || generate.strengths.every((strength) => strength === 0))
    return { madeBy: null, family: null };
  return refuse({
    code: "no-lora",
    field: "generate.lora",
    problem: "this run makes no LoRA and names none, yet applies one at a strength above 0",
    likely: "name a LoRA, add train, or set generate.strengths to [0] for pictures of the base model",
  });
}
