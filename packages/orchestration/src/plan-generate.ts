import {
  digestOf,
  type GenerateSpec,
  type GenerationGrid,
  type GenerationTemplate,
  generateImagesJob,
  gridItem,
  gridSize,
  ITEMS_PER_PART,
  inputFilesOf,
  type Recipe,
  type RunSpec,
} from "@loramill/contracts";
import { checkVariations } from "./check-variations.ts";
import { chooseBackend } from "./choose-backend.ts";
import { type ChosenPrompts, chooseForPrompts } from "./choose-for-prompts.ts";
import { completeTemplate, familyOf, isDrawnTemplate, requestOf } from "./generation-template.ts";
import { gridPrompts } from "./grid-prompts.ts";
import { type MainLora, mainLora } from "./main-lora.ts";
import { namedLoras } from "./named-loras.ts";
import { asksToChoose, openChoices } from "./open-choices.ts";
import type { GenerationChoice, PlanContext } from "./plan-context.ts";
import { findLora } from "./plan-lora-inputs.ts";
import { refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** A step's output lists at most this many parts. */
const MAX_JOBS = 1_000_000;
const SEEDS = Number.MAX_SAFE_INTEGER + 1;

export function planGenerate(
  spec: RunSpec,
  recipe: Recipe | null,
  context: PlanContext,
): StepPlan & Pick<ChosenPrompts, "documents" | "choices"> & { readonly grid: GenerationGrid } {
  const generate = spec.generate;
  if (generate === undefined) throw new TypeError("the spec generates nothing");
  const main = mainLora(generate, spec, recipe, context);
  const request = requestOf(generate, main);
  const others = otherLoras(generate, context);
  const loraFamilies = [...(main.family === null ? [] : [main.family]), ...others.map(({ family }) => family)];
  const wanted = familyOf(request, loraFamilies);
  const { backend, notes } = chooseBackend({
    field: "generate.backend",
    wanted: generate.backend,
    candidates: context.generationBackends,
    unfit: (candidate) => unfit(candidate, { request, family: wanted, loraFamilies }, context),
  });
  const family = wanted ?? backend.capabilities.families[0] ?? "pocket";
  const resolution = recipe?.resolution ?? spec.dataset.prepare.resolution ?? null;
  const { template, notes: sizeNotes } = completeTemplate(request, family, { generate, resolution }, backend);
  const asWritten: GenerationGrid = {
    template,
    ...gridPrompts(generate, template),
    negativePrompt: generate.negativePrompt,
    seeds: isDrawnTemplate(template) ? listedOnce("generate.seeds", seedsOf(generate)) : [0],
    strengths: main.family === null ? [0] : listedOnce("generate.strengths", generate.strengths),
    axes: Object.entries(generate.vary).map(([field, values]) => ({ field, values })),
  };
  const chosen = choosePrompts(asWritten, { generate, backend, makesLora: main.madeBy !== null, resolution }, context);
  const grid = { ...asWritten, prompts: chosen.prompts };
  const perJob = Math.max(1, Math.min(ITEMS_PER_PART, Math.floor(backend.capabilities.itemsPerJob)));
  const items = countImages(grid, perJob);
  const warnings = checkVariations(grid, backend);
  checkInputs(grid);
  const estimate = backend.estimate(gridItem(grid, 0), items);
  return {
    grid,
    documents: chosen.documents,
    choices: chosen.choices,
    step: {
      name: "generate",
      kind: "generate",
      job: generateImagesJob.name,
      jobVersion: generateImagesJob.version,
      needs: main.madeBy === null ? [] : [main.madeBy],
      fanOut: { type: "range", items, perJob },
      params: asParams({
        grid: digestOf(grid),
        backend: backend.name,
        backendVersion: backend.version,
        lora: main.document,
        loras: { ...Object.fromEntries(others.map(({ called, document }) => [called, document])), ...chosen.loras },
        onLoraFailure: generate.onLoraFailure,
      }),
      external: null,
      ...(chosen.choices === null ? {} : { about: { choices: digestOf(chosen.choices) } }),
      affinity: affinityOf(grid, { backend: backend.name, main, others, chosen: Object.values(chosen.loras) }),
      estimate: { items, seconds: estimate.seconds.p50, microUsd: Math.ceil(estimate.costMicroUsd.p90) },
    },
    notes: [...notes, ...sizeNotes, ...chosen.notes, ...warnings, ...repeatedPrompts(generate.prompts)],
  };
}

interface Choosing {
  readonly generate: GenerateSpec;
  readonly backend: GenerationChoice;
  readonly makesLora: boolean;
  readonly resolution: number | null;
}

/** The prompts with what was chosen for them; as they are written where nothing is to be chosen, or nobody can. */
function choosePrompts(
  grid: GenerationGrid,
  { generate, backend, makesLora, resolution }: Choosing,
  { choose }: PlanContext,
): ChosenPrompts {
  if (choose === undefined || !asksToChoose(generate, makesLora)) {
    return { prompts: grid.prompts, loras: {}, documents: [], choices: null, notes: [] };
  }
  const { request, width, height } = generate;
  const hasSize = request !== undefined && "width" in request && (request.width ?? request.height) !== undefined;
  const isSizeOpen = !hasSize && (width ?? height) === undefined && resolution === null && takesSize(grid);
  return chooseForPrompts({ grid, generate, backend, open: openChoices(generate, makesLora), isSizeOpen }, choose);
}

/** What follows a picture or clip takes its size from it. */
const takesSize = ({ template }: GenerationGrid): boolean =>
  template?.kind === "text-to-image" || template?.kind === "text-to-video";

/** The LoRAs of the library that are named beside the main one. */
function otherLoras(generate: GenerateSpec, context: PlanContext) {
  return namedLoras(generate).map((called) => ({ called, ...findLora("generate.request.loras", called, context) }));
}

interface Wanted {
  readonly request: GenerationTemplate;
  readonly family: string | null;
  readonly loraFamilies: readonly string[];
}

function unfit(
  { capabilities }: GenerationChoice,
  { request, family, loraFamilies }: Wanted,
  { storeReachable }: PlanContext,
): string | null {
  const { kinds, families, maxLoras, needsReachableStore } = capabilities;
  if (!kinds.includes(request.kind)) return `makes nothing like ${request.kind}`;
  if (family !== null && !families.some((each) => each === family)) return `does not draw with models of ${family}`;
  const foreign = loraFamilies.find((each) => !capabilities.loraFamilies.includes(each));
  if (foreign !== undefined) return `applies no LoRAs of family ${foreign}`;
  if (loraFamilies.length > maxLoras) return `applies at most ${maxLoras} LoRAs at once`;
  if (needsReachableStore && storeReachable === false) {
    return "runs elsewhere and cannot reach the object store: use S3 or set PUBLIC_URL";
  }
  return null;
}

/** Equal where the same base model and LoRAs are loaded; of a LoRA that the run still makes, nobody else has it loaded. */
function affinityOf(
  { template }: GenerationGrid,
  loaded: {
    readonly backend: string;
    readonly main: MainLora;
    readonly others: ReturnType<typeof otherLoras>;
    readonly chosen: readonly string[];
  },
): string {
  const model = template !== undefined && isDrawnTemplate(template) ? (template.model ?? null) : null;
  const { backend, main, others, chosen } = loaded;
  const loras = [main.document ?? main.madeBy, ...[...others.map(({ document }) => document), ...chosen].sort()];
  return digestOf({ backend, model, kind: model === null ? (template?.kind ?? null) : null, loras });
}

/** What goes in must be in the store by now: a worker elsewhere sees no file of the client's machine. */
function checkInputs(grid: GenerationGrid): void {
  const specs = [gridItem(grid, 0), gridItem(grid, gridSize(grid) - 1)];
  for (const file of new Set(specs.flatMap(inputFilesOf))) {
    if (/^sha256:[0-9a-f]{64}$/.test(file)) continue;
    refuse({
      code: "input-not-stored",
      field: "generate.request",
      problem: `${file} is not in the store`,
      given: file,
      allowed: "sha256: and the digest of a stored file",
      likely: "`loramill generate` uploads files by itself; an API client sends them to PUT /v1/blobs/<sha256> first",
    });
  }
}

function seedsOf({ seeds, imagesPerPrompt, baseSeed }: GenerateSpec): number[] {
  if (seeds === undefined) return Array.from({ length: imagesPerPrompt }, (_, index) => (baseSeed + index) % SEEDS);
  if (imagesPerPrompt !== 1 && imagesPerPrompt !== seeds.length) {
    refuse({
      code: "seeds-and-count",
      field: "generate.imagesPerPrompt",
      problem: `${seeds.length} seeds are listed and ${imagesPerPrompt} images per prompt are asked for`,
      given: imagesPerPrompt,
      likely: "every seed gives one image per prompt and strength: leave imagesPerPrompt out",
    });
  }
  return seeds;
}

/** The same seed or strength twice would draw, and pay for, the same pictures twice. */
function listedOnce(field: string, values: number[]): number[] {
  const seen = new Set<number>();
  for (const value of values) {
    if (seen.has(value)) {
      refuse({
        code: "listed-twice",
        field,
        problem: `${value} is listed twice and would give the same picture twice`,
        given: value,
        likely: "list every value once",
      });
    }
    seen.add(value);
  }
  return values;
}

function repeatedPrompts(prompts: readonly string[]): string[] {
  const repeated = prompts.length - new Set(prompts).size;
  return repeated === 0 ? [] : [`generate.prompts: ${repeated} are repeated and give the same pictures again`];
}

function countImages(grid: GenerationGrid, perJob: number): number {
  const items = gridSize(grid);
  if (items <= MAX_JOBS * perJob) return items;
  const { prompts, seeds, strengths, axes } = grid;
  const factors = [prompts, seeds, strengths, ...axes.map(({ values }) => values)].map(({ length }) => length);
  return refuse({
    code: "too-many-images",
    field: "generate",
    problem: `${factors.join(" × ")} (prompts, seeds, strengths, variations) are ${items} images`,
    given: items,
    allowed: `at most ${MAX_JOBS * perJob} images in one run`,
    likely: "split the prompts over several runs",
  });
}
