import {
  type GenerateSpec,
  GenerationFamily,
  type GenerationModel,
  GenerationTemplate,
  MAIN_LORA,
  sideStepOf,
} from "@loramill/contracts";
import { resolveSides } from "./generation-size.ts";
import type { MainLora } from "./main-lora.ts";
import type { GenerationChoice } from "./plan-context.ts";
import { refuse } from "./refuse.ts";

type Drawn = Extract<GenerationTemplate, { readonly loras: unknown }>;

export const isDrawnTemplate = (template: GenerationTemplate): template is Drawn => "loras" in template;

/** What the spec asks for, with its short forms written out: the request of every item, but for its model and size. */
export function requestOf(generate: GenerateSpec, lora: MainLora): GenerationTemplate {
  const request = generate.request ?? GenerationTemplate.parse({ kind: "text-to-image" });
  if (!isDrawnTemplate(request)) {
    for (const field of ["steps", "guidance", "width", "height", "lora"] as const) {
      if (generate[field] !== undefined) refuseShort(field, `${request.kind} has nothing like it`);
    }
    return request;
  }
  const { steps, guidance } = generate;
  for (const [field, value] of Object.entries({ steps, guidance })) {
    const own = request.sampling[field as "steps" | "guidance"];
    if (value !== undefined && own !== undefined) refuseShort(field, `generate.request.sampling.${field} says it too`);
  }
  const isNamed = request.loras.some((use) => use.lora === MAIN_LORA);
  const main = lora.family === null || isNamed ? [] : [{ lora: MAIN_LORA, strength: 1 }];
  return {
    ...request,
    loras: [...main, ...request.loras],
    sampling: {
      ...request.sampling,
      ...(steps === undefined ? {} : { steps }),
      ...(guidance === undefined ? {} : { guidance }),
    },
  };
}

function refuseShort(field: string, problem: string): never {
  return refuse({ code: "said-twice", field: `generate.${field}`, problem, likely: "leave it out here" });
}

/** The base model's family: as the request says, else the LoRAs' own; null where neither does. */
export function familyOf(template: GenerationTemplate, loraFamilies: readonly string[]): GenerationFamily | null {
  if (!isDrawnTemplate(template)) return null;
  const given = template.model?.family;
  if (given !== undefined) return given;
  const [family] = loraFamilies;
  if (family === undefined) return null;
  const known = GenerationFamily.safeParse(family);
  if (known.success) return known.data;
  return refuse({
    code: "family-unknown",
    field: "generate.request.model.family",
    problem: `nothing here draws with LoRAs of family ${family}`,
    allowed: GenerationFamily.options.join(", "),
  });
}

interface Sides {
  readonly generate: Pick<GenerateSpec, "width" | "height">;
  /** What the LoRA was trained at, or the dataset is cut to; null where neither is known. */
  readonly resolution: number | null;
}

/**
 * The template with its model, and with the size that pictures from text are drawn at. A size that nothing tells is left
 * out: the backend takes what is usual for the model.
 */
export function completeTemplate(
  template: GenerationTemplate,
  family: GenerationFamily,
  { generate, resolution }: Sides,
  { capabilities }: GenerationChoice,
): { readonly template: GenerationTemplate; readonly notes: readonly string[] } {
  if (!isDrawnTemplate(template)) return { template, notes: [] };
  const model: GenerationModel = { files: {}, weightDtype: "default", ...template.model, family };
  const given = sidesOf(template, generate);
  const isOpen = given.width === undefined && given.height === undefined;
  const hasUsualSize = resolution === null && isOpen;
  if (hasUsualSize || (template.kind !== "text-to-image" && isOpen)) {
    return { template: { ...template, model }, notes: [] };
  }
  const { maxSidePixels } = capabilities;
  const limits = { maxSidePixels, sideStep: sideStepOf(capabilities, model) };
  const { width, height, notes } = resolveSides(given, resolution, limits);
  return { template: { ...template, model, width, height } as GenerationTemplate, notes };
}

function sidesOf(template: Drawn, generate: Sides["generate"]): Sides["generate"] {
  const own = "width" in template ? template : { width: undefined, height: undefined };
  const width = generate.width ?? own.width;
  const height = generate.height ?? own.height;
  return { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
}
