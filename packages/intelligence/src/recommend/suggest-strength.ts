import type { ChosenLora } from "@loramill/contracts";
import type { LoraFacts } from "./lora-facts.ts";

export type Strength = ChosenLora["strength"];

/** Strong enough to be seen, weak enough not to burn most pictures. */
const USUAL = 0.8;
/** Below this a LoRA is hardly seen: rather fewer LoRAs than weaker ones. */
export const LEAST_STRENGTH = 0.25;
/** Fewer ratings of a strength tell more about their pictures. */
const LEAST_RATINGS = 3;

/** The strength a LoRA would get if it were alone. */
export function suggestStrength(
  facts: Pick<LoraFacts, "bestStrength" | "usualStrength"> | null,
  given?: number,
): Strength {
  if (given !== undefined) return { value: given, source: "given", reason: "you set it" };
  const best = facts?.bestStrength ?? null;
  if (best !== null && best.ratings >= LEAST_RATINGS) {
    const reason = `its pictures at this strength were rated best (${best.ratings} ratings)`;
    return { value: clamp(best.strength), source: "ratings", reason };
  }
  const usual = facts?.usualStrength ?? null;
  if (usual !== null) return { value: clamp(usual), source: "metadata", reason: "its metadata recommend it" };
  return { value: USUAL, source: "default", reason: "usual where nothing is known" };
}

/**
 * Makes strengths add up to the budget at most, by one factor for all that were not given. What is given stays, and
 * nothing falls below `LEAST_STRENGTH` by it.
 */
export function shareBudget(strengths: readonly Strength[], budget: number): Strength[] {
  const given = sum(strengths.filter(({ source }) => source === "given"));
  const asked = sum(strengths.filter(({ source }) => source !== "given"));
  const factor = asked === 0 ? 1 : Math.min(1, Math.max(0, budget - given) / asked);
  if (factor === 1) return [...strengths];
  return strengths.map((strength) => {
    if (strength.source === "given") return strength;
    // Rounded down, so that the sum stays within the budget.
    const scaled = Math.floor(strength.value * factor * 100) / 100;
    const value = Math.max(Math.min(LEAST_STRENGTH, strength.value), scaled);
    const reason = `${strength.reason}; ${strength.value.toFixed(2)} alone, lowered so that all add up to ${budget}`;
    return { ...strength, value, reason };
  });
}

/** Whether every strength that was not given is still seen after sharing, and all fit into the budget. */
export function fitsBudget(strengths: readonly Strength[], budget: number): boolean {
  return sum(shareBudget(strengths, budget)) <= budget + 1e-9;
}

const sum = (strengths: readonly Strength[]): number => strengths.reduce((total, { value }) => total + value, 0);
const clamp = (strength: number): number => Math.min(2, Math.max(0, strength));
