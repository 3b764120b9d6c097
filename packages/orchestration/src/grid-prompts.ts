import {
  expandWildcards,
  type GenerateSpec,
  type GenerationGrid,
  type GenerationTemplate,
  type GridPrompt,
  hasChoices,
  nearNames,
  readLoraTags,
  UnknownWildcard,
} from "@loramill/contracts";
import { isDrawnTemplate } from "./generation-template.ts";
import { refuse } from "./refuse.ts";

const MAX_PROMPTS = 100_000;

/**
 * The prompts of the grid: every combination of their wildcards where the spec says `all`, else as they are written, with
 * the wildcards beside them. LoRA tags become LoRAs of their prompt.
 */
export function gridPrompts(
  generate: GenerateSpec,
  template: GenerationTemplate,
): Pick<GenerationGrid, "prompts" | "wildcards"> {
  const { prompts, wildcards, combine } = generate;
  if (!isDrawnTemplate(template)) return { prompts: [""], wildcards: {} };
  if (prompts.length === 0) {
    return refuse({
      code: "no-prompts",
      field: "generate.prompts",
      problem: `${template.kind} draws what a prompt says, and there is none`,
      likely: 'list one at least; [""] draws without',
    });
  }
  checkNames(prompts, wildcards);
  const texts = combine === "all" ? expandAll(prompts, wildcards) : prompts;
  const isRandom = combine === "random" && prompts.some(hasChoices);
  return { prompts: texts.map((text) => tagged(text, template)), wildcards: isRandom ? wildcards : {} };
}

function tagged(prompt: string, { loras }: Pick<GridPrompt, "loras">): string | GridPrompt {
  const { text, loras: named } = readLoraTags(prompt);
  return named.length === 0 ? prompt : { text, loras: [...(loras ?? []), ...named] };
}

/** In a prompt or in the lines of a wildcard. */
function checkNames(prompts: readonly string[], wildcards: GenerateSpec["wildcards"]): void {
  const texts = [...prompts.filter(hasChoices), ...Object.values(wildcards).flat().filter(hasChoices)];
  for (const [, name = ""] of texts.join("\n").matchAll(/__([\w-]{1,64}?)__/g)) {
    if (wildcards[name] !== undefined) continue;
    const [near] = nearNames(name, Object.keys(wildcards));
    refuse({
      code: "unknown-wildcard",
      field: "generate.prompts",
      problem: `nothing says what __${name}__ stands for`,
      given: name,
      likely: near === undefined ? `add it to generate.wildcards` : `did you mean __${near}__?`,
    });
  }
}

function expandAll(prompts: readonly string[], wildcards: GenerateSpec["wildcards"]): string[] {
  const all: string[] = [];
  for (const prompt of prompts) {
    try {
      for (const text of expandWildcards(prompt, wildcards, MAX_PROMPTS - all.length)) all.push(text);
    } catch (error) {
      if (!(error instanceof RangeError) || error instanceof UnknownWildcard) throw error;
      refuse({
        code: "too-many-prompts",
        field: "generate.prompts",
        problem: `the combinations of wildcards have no end or are too many: ${error.message}`,
        allowed: `at most ${MAX_PROMPTS} prompts`,
        likely: "combine: random draws one combination per seed",
      });
    }
  }
  return all;
}
