import {
  digestOf,
  type GenerateSpec,
  type GenerationGrid,
  generateImagesJob,
  ITEMS_PER_PART,
  type Recipe,
  type RunSpec,
} from "@loramill/contracts";
import { chooseBackend } from "./choose-backend.ts";
import { resolveSides } from "./generation-size.ts";
import type { GenerationChoice, PlanContext } from "./plan-context.ts";
import { findLora } from "./plan-lora.ts";
import { refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** A step's output lists at most this many parts. */
const MAX_JOBS = 1_000_000;
const SEED_RANGE = 2 ** 32;

export function planGenerate(
  spec: RunSpec,
  recipe: Recipe | null,
  context: PlanContext,
): StepPlan & { readonly grid: GenerationGrid } {
  const generate = spec.generate;
  if (generate === undefined) throw new TypeError("the spec generates nothing");
  const lora = loraOf(generate, spec, recipe, context);
  const { backend, notes } = chooseBackend({
    field: "generate.backend",
    wanted: generate.backend,
    candidates: context.generationBackends,
    unfit: (candidate) => unfit(candidate, lora.family, context),
  });
  const {
    width,
    height,
    notes: sizeNotes,
  } = resolveSides(generate, recipe?.resolution ?? spec.dataset.prepare.resolution ?? null, backend.capabilities);
  const grid: GenerationGrid = {
    prompts: generate.prompts,
    negativePrompt: generate.negativePrompt,
    seeds: listedOnce("generate.seeds", seedsOf(generate)),
    strengths: listedOnce("generate.strengths", generate.strengths),
  };
  const request = { steps: generate.steps, guidance: generate.guidance, width, height };
  const problems = backend.validate(request);
  if (problems.length > 0) {
    refuse({ code: "generation-refused", field: "generate", problem: `${backend.name}: ${problems.join("; ")}` });
  }
  const perJob = Math.max(1, Math.min(ITEMS_PER_PART, Math.floor(backend.capabilities.imagesPerJob)));
  const items = countImages(grid, perJob);
  const estimate = backend.estimate({ images: items, steps: generate.steps, width, height });
  return {
    grid,
    step: {
      name: "generate",
      kind: "generate",
      job: generateImagesJob.name,
      jobVersion: generateImagesJob.version,
      needs: lora.madeBy === null ? [] : [lora.madeBy],
      fanOut: { type: "range", items, perJob },
      params: asParams({
        ...request,
        grid: digestOf(grid),
        backend: backend.name,
        backendVersion: backend.version,
        lora: lora.document,
      }),
      external: null,
      estimate: { items, seconds: estimate.seconds.p50, microUsd: Math.ceil(estimate.costMicroUsd.p90) },
    },
    notes: [...notes, ...sizeNotes, ...repeatedPrompts(grid.prompts)],
  };
}

interface ChosenLora {
  /** The step of this run that makes it; null for one of the library, and for none. */
  readonly madeBy: "train" | "lora" | null;
  readonly document?: string;
  readonly family: string | null;
}

function loraOf(
  generate: GenerateSpec,
  { lora }: Pick<RunSpec, "lora">,
  recipe: Recipe | null,
  context: PlanContext,
): ChosenLora {
  if (generate.lora !== undefined) {
    const { document, family } = findLora("generate.lora", generate.lora, context);
    return { madeBy: null, document, family };
  }
  const edited = lora?.from[0]?.lora;
  if (edited !== undefined) return { madeBy: "lora", family: findLora("lora.from.0.lora", edited, context).family };
  if (recipe !== null) return { madeBy: "train", family: recipe.family };
  if (generate.strengths.every((strength) => strength === 0)) return { madeBy: null, family: null };
  return refuse({
    code: "no-lora",
    field: "generate.lora",
    problem: "this run makes no LoRA and names none, yet applies one at a strength above 0",
    likely: "name a LoRA, add train, or set generate.strengths to [0] for pictures of the base model",
  });
}

function unfit(candidate: GenerationChoice, family: string | null, { storeReachable }: PlanContext): string | null {
  const { loraFamilies, maxLoras, needsReachableStore } = candidate.capabilities;
  if (family !== null && (maxLoras < 1 || !loraFamilies.includes(family))) {
    return `applies no LoRAs of family ${family}`;
  }
  if (needsReachableStore && storeReachable === false) {
    return "runs elsewhere and cannot reach the object store: use S3 or set PUBLIC_URL";
  }
  return null;
}

function seedsOf({ seeds, imagesPerPrompt, baseSeed }: GenerateSpec): number[] {
  if (seeds === undefined)
    return Array.from({ length: imagesPerPrompt }, (_, index) => (baseSeed + index) % SEED_RANGE);
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

function countImages({ prompts, seeds, strengths }: GenerationGrid, perJob: number): number {
  const items = prompts.length * seeds.length * strengths.length;
  if (items > MAX_JOBS * perJob) {
    refuse({
      code: "too-many-images",
      field: "generate",
      problem: `${prompts.length} prompts × ${seeds.length} seeds × ${strengths.length} strengths are ${items} images`,
      given: items,
      allowed: `at most ${MAX_JOBS * perJob} images in one run`,
      likely: "split the prompts over several runs",
    });
  }
  return items;
}
