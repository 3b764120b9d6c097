import type { Digest, Json } from "../digest.ts";
import { UserError } from "../errors.ts";
import type { GenerationGrid, GridChoices, GridPrompt } from "./generation-grid.ts";
import type { LoraUse } from "./generation-parts.ts";
import { GenerationSpec, type GenerationTemplate } from "./generation-spec.ts";
import { setField } from "./set-field.ts";
import { fillWildcards } from "./wildcards.ts";

/** What a template calls the LoRA whose strengths the batch gives. */
export const MAIN_LORA = "main";

const PICTURE_FROM_TEXT: GenerationTemplate = {
  kind: "text-to-image",
  negativePrompt: "",
  loras: [],
  sampling: {},
  controls: [],
  imagePrompts: [],
  output: { format: "png", privacy: false },
  moreSeeds: [],
};

type Axes = Pick<GenerationGrid, "axes">;

export function gridSize(grid: GenerationGrid): number {
  const { prompts, seeds, strengths } = grid;
  return axisCombinations(grid) * prompts.length * seeds.length * strengths.length;
}

/** In how many ways the axes can be combined. */
export function axisCombinations({ axes }: Axes): number {
  return axes.reduce((product, { values }) => product * values.length, 1);
}

/**
 * The item at a place of the grid, complete but for what is usual for the model. Throws RangeError outside of the grid and
 * UserError `impossible-variation` where an axis gives a field a value that it cannot take.
 */
export function gridItem(grid: GenerationGrid, index: number): GenerationSpec {
  if (!Number.isInteger(index) || index < 0 || index >= gridSize(grid)) {
    throw new RangeError(`the grid has ${gridSize(grid)} items, and none at ${index}`);
  }
  const { prompts, seeds, strengths } = grid;
  const strength = strengths[index % strengths.length] ?? 0;
  const seed = seeds[Math.floor(index / strengths.length) % seeds.length] ?? 0;
  const prompt = asPrompt(prompts[promptPlace(grid, index)] ?? "");
  const template = withAxes(grid, Math.floor(index / (strengths.length * seeds.length * prompts.length)));
  const text = fillWildcards(prompt.text, grid.wildcards, seed);
  const drawing = { prompt: { ...prompt, text }, seed, strength, negativePrompt: grid.negativePrompt };
  return parse(withPrompt(template, drawing), grid);
}

/** The `choice` document of the item at a place of the grid; undefined where nothing was chosen for it. */
export function gridChoice(grid: GenerationGrid, { documents, of }: GridChoices, index: number): Digest | undefined {
  return documents[of[promptPlace(grid, index)] ?? -1];
}

function promptPlace({ prompts, seeds, strengths }: GenerationGrid, index: number): number {
  return Math.floor(index / (strengths.length * seeds.length)) % prompts.length;
}

function asPrompt(prompt: string | GridPrompt): GridPrompt {
  return typeof prompt === "string" ? { text: prompt } : prompt;
}

/** The first axis varies slowest. */
function withAxes(grid: GenerationGrid, combination: number): GenerationTemplate {
  let template = grid.template ?? PICTURE_FROM_TEXT;
  let rest = combination;
  for (const { field, values } of grid.axes.toReversed()) {
    template = setField(template, field, values[rest % values.length] as Json);
    rest = Math.floor(rest / values.length);
  }
  return template;
}

interface Drawing {
  readonly prompt: GridPrompt;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly strength: number;
}

function withPrompt(template: GenerationTemplate, { prompt, negativePrompt, seed, strength }: Drawing): object {
  if (!("loras" in template)) return template;
  const { text, loras, sampling, width, height, frames, negativePrompt: own } = prompt;
  return {
    ...template,
    prompt: text,
    negativePrompt: own ?? (template.negativePrompt === "" ? negativePrompt : template.negativePrompt),
    seed,
    loras: atStrength(loras ?? template.loras, strength),
    sampling: { ...template.sampling, ...sampling },
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(frames === undefined ? {} : { frames }),
  };
}

/** A strength of 0 means the base model: no LoRA at all. */
function atStrength(loras: readonly LoraUse[], strength: number): LoraUse[] {
  return loras
    .map((use) => (use.lora === MAIN_LORA ? { ...use, strength } : use))
    .filter((use) => use.lora !== MAIN_LORA || use.strength > 0);
}

function parse(spec: object, { axes }: Axes): GenerationSpec {
  const parsed = GenerationSpec.safeParse(spec);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  const axis = axes.find((each) => field.startsWith(each.field) || each.field.startsWith(field));
  const where = axis === undefined ? `generate.request.${field}` : `generate.vary.${axis.field}`;
  throw new UserError(`${where}: ${issue?.message ?? "cannot be read"}`, {
    code: "impossible-variation",
    details: { field: where },
  });
}
