import {
  type ChoiceExplanation,
  type DrawnSpec,
  digestOf,
  type GenerateSpec,
  type GenerationGrid,
  type GridChoices,
  type GridPrompt,
  gridItem,
  isDrawn,
  type LoraUse,
  type Sampling,
} from "@loramill/contracts";
import type { OpenChoices } from "./open-choices.ts";
import type { GenerationChoice, PlanContext, PromptChoice } from "./plan-context.ts";

/** Each is in the input of every job of the step, whose size is limited. */
const MAX_LORAS = 64;

export interface PromptsQuestion {
  readonly grid: GenerationGrid;
  readonly generate: GenerateSpec;
  readonly backend: GenerationChoice;
  readonly open: OpenChoices;
  /** Whether nobody has said a size: neither the spec, nor the resolution that a LoRA was trained at. */
  readonly isSizeOpen: boolean;
}

export interface ChosenPrompts {
  readonly prompts: GenerationGrid["prompts"];
  /** Documents of the LoRAs, by what the prompts call them. */
  readonly loras: Readonly<Record<string, string>>;
  readonly documents: readonly ChoiceExplanation[];
  /** Null where nothing was chosen. */
  readonly choices: GridChoices | null;
  readonly notes: readonly string[];
}

/** What a choice gives a prompt, brought to what the backend takes. */
type Given = Pick<GridPrompt, "loras" | "sampling" | "width" | "height" | "frames">;

/**
 * Chooses for each prompt what the spec leaves open and writes it into the grid, with the document that says why. Prompts
 * of equal choices share one document.
 */
export function chooseForPrompts(question: PromptsQuestion, choose: NonNullable<PlanContext["choose"]>): ChosenPrompts {
  const { grid, open, backend, isSizeOpen } = question;
  const spec = gridItem(grid, 0);
  const unchanged = { prompts: grid.prompts, loras: {}, documents: [], choices: null, notes: [] };
  if (!isDrawn(spec)) return unchanged;
  const own = ownLoras(grid);
  const loras: Record<string, string> = {};
  const documents: ChoiceExplanation[] = [];
  const known = new Map<PromptChoice, { readonly given: Given; readonly place: number } | null>();
  const used = new Map<PromptChoice, number>();
  let without = 0;
  const ask = (prompt: GridPrompt) => {
    const choice = choose({
      spec,
      prompt: prompt.text,
      negativePrompt: prompt.negativePrompt ?? grid.negativePrompt,
      open,
      isSizeOpen,
      isLengthOpen: open.parameters && isLengthOpen(spec) && !isVaried(grid, "frames"),
      loras: prompt.loras ?? own,
      loraFamilies: backend.capabilities.loraFamilies,
      maxLoras: backend.capabilities.maxLoras,
    });
    if (choice === null) return null;
    const seen = known.get(choice);
    const given = seen === undefined ? accept(choice, prompt) : seen;
    known.set(choice, given);
    if (given !== null) used.set(choice, (used.get(choice) ?? 0) + 1);
    return given;
  };
  const accept = (choice: PromptChoice, prompt: GridPrompt) => {
    const all = new Set([...Object.keys(loras), ...choice.loras.map(({ called }) => called)]);
    if (all.size > MAX_LORAS) return null;
    for (const { called, document } of choice.loras) loras[called] = document;
    documents.push(choice.explanation);
    return { given: fitting(choice, prompt, question), place: documents.length - 1 };
  };
  const of: number[] = [];
  const prompts = grid.prompts.map((written) => {
    const prompt = typeof written === "string" ? { text: written } : written;
    const asked = ask(prompt);
    of.push(asked?.place ?? -1);
    if (asked !== null) return { ...prompt, ...asked.given };
    without += 1;
    return written;
  });
  const choices = documents.length === 0 ? null : { documents: documents.map((each) => digestOf(each)), of };
  return { prompts, loras, documents, choices, notes: notesOn(used, { without, prompts: prompts.length }) };
}

/** The choice without what the spec varies and what the backend would refuse or do in another way. */
function fitting(choice: PromptChoice, prompt: GridPrompt, { grid, backend, isSizeOpen }: PromptsQuestion): Given {
  const uses: LoraUse[] = choice.loras.map(({ called, strength }) => ({ lora: called, strength }));
  let sampling: Sampling = omit(choice.sampling, (name) => isVaried(grid, `sampling.${name}`));
  const side = isSizeOpen && !isVaried(grid, "width") && !isVaried(grid, "height") ? choice.size : null;
  const { maxSidePixels, sideStep } = backend.capabilities;
  const fits = side !== null && [side.width, side.height].every((s) => s <= maxSidePixels && s % sideStep === 0);
  const size = fits ? side : {};
  const loras = uses.length === 0 ? {} : { loras: [...(prompt.loras ?? ownLoras(grid)), ...uses] };
  const length = choice.frames === null ? {} : { frames: choice.frames };
  const item = gridItem({ ...grid, axes: [], prompts: [{ ...prompt, ...loras, ...size, ...length, sampling }] }, 0);
  const refused = new Set(backend.validate(item).map(({ field }) => field));
  sampling = omit(sampling, (name) => refused.has(`sampling.${name}`));
  const clip = refused.has("frames") ? {} : length;
  return { ...loras, ...size, ...clip, ...(Object.keys(sampling).length === 0 ? {} : { sampling }) };
}

const isVaried = ({ axes }: GenerationGrid, field: string): boolean =>
  axes.some((axis) => axis.field === field || field.startsWith(`${axis.field}.`));

/** Kinds of clips that are as long as they are asked to be; what follows a sound or a clip is as long as that. */
function isLengthOpen(spec: DrawnSpec): boolean {
  if (spec.kind === "text-to-video") return spec.frames === undefined && !spec.still;
  return (spec.kind === "image-to-video" || spec.kind === "motion-transfer") && spec.frames === undefined;
}

const ownLoras = ({ template }: GenerationGrid): readonly LoraUse[] =>
  template !== undefined && "loras" in template ? template.loras : [];

function omit(sampling: Sampling, isOut: (name: string) => boolean): Sampling {
  return Object.fromEntries(Object.entries(sampling).filter(([name]) => !isOut(name)));
}

/** Most of the choices that are told one by one. */
const MAX_TOLD = 3;

function notesOn(
  used: ReadonlyMap<PromptChoice, number>,
  { without, prompts }: { readonly without: number; readonly prompts: number },
): string[] {
  const most = [...used].sort(([, a], [, b]) => b - a);
  const told = most.slice(0, MAX_TOLD).flatMap(([{ explanation }, count]) => {
    const whose = prompts === 1 ? "" : ` (${count} of ${prompts} prompts)`;
    return [
      `generate: ${explanation.summary}${whose}`,
      ...explanation.warnings.map((warning) => `generate: ${warning}`),
    ];
  });
  return [
    ...new Set(told),
    ...(most.length > MAX_TOLD ? [`generate: and ${most.length - MAX_TOLD} other choices`] : []),
    ...(without > 0 ? [`generate: nothing is chosen for ${without} of ${prompts} prompts; they draw as usual`] : []),
  ];
}
