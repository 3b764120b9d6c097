import {
  axisCombinations,
  type GenerationGrid,
  gridItem,
  gridSize,
  isDrawn,
  LORA_STRENGTH_BUDGET,
} from "@loramill/contracts";
import type { GenerationChoice } from "./plan-context.ts";
import { refuse } from "./refuse.ts";

/** Items that are looked at, at most: all combinations of the axes where there are no more. */
const MAX_LOOKS = 1_000;

/**
 * Asks the backend about one item of every combination of the axes. Refuses with the field that cannot be honoured;
 * answers what the backend does in another way than it was asked.
 */
export function checkVariations(grid: GenerationGrid, backend: GenerationChoice): string[] {
  const combinations = axisCombinations(grid);
  const perCombination = gridSize(grid) / combinations;
  const looks = Math.min(combinations, MAX_LOOKS);
  const warnings = new Set<string>();
  for (let look = 0; look < looks; look += 1) {
    const combination = Math.floor((look * combinations) / looks);
    // The last of a combination has the last strength, which is seldom 0.
    const spec = gridItem(grid, (combination + 1) * perCombination - 1);
    const strength = (isDrawn(spec) ? spec.loras : []).reduce((sum, use) => sum + use.strength, 0);
    if (strength > LORA_STRENGTH_BUDGET) {
      const together = `the strengths of all LoRAs are ${Number(strength.toFixed(2))} together`;
      warnings.add(`generate.request.loras: ${together}; above ${LORA_STRENGTH_BUDGET} pictures usually break up`);
    }
    for (const { field, severity, message } of backend.validate(spec)) {
      const where = `generate.request.${field}`;
      if (severity === "warning") warnings.add(`${where}: ${message}`);
      else refuse({ code: "generation-refused", field: where, problem: `${backend.name}: ${message}` });
    }
  }
  return [...warnings];
}
