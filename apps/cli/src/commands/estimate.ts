import { formatMicroUsd, nearNames, type Recipe, UserError } from "@loramill/contracts";
import { estimateOn, estimateOnAll, estimateVram, findGpu, type GpuEstimate, gpus, shortName } from "@loramill/recipes";
import { calibrationLines, correctEstimates } from "../corrected-estimates.ts";
import { exitCodes } from "../exit-codes.ts";
import { findCalibrations } from "../find-calibrations.ts";
import { findRecipe } from "../find-recipe.ts";
import { formatDuration, formatTable } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface EstimateOptions {
  readonly project?: string;
  readonly images?: number;
  readonly gpu?: readonly string[];
}

const USUAL_IMAGES = 30;

/** Memory, time and cost of a training per GPU type, before anything is rented: 1 when it fits none of them. */
export async function estimateCommand(
  argument: string,
  { images = USUAL_IMAGES, gpu: wanted, project }: EstimateOptions,
  context: CommandContext,
): Promise<number> {
  const { name, template } = await findRecipe(argument, project === undefined ? {} : { project }, context);
  if (template.family === "pocket") {
    throw new UserError("the pocket engine trains on this machine's CPU: `loramill quote FOLDER` says how long", {
      code: "no-gpu-needed",
    });
  }
  const recipe = resolved(template, images);
  const ofModel =
    wanted === undefined
      ? estimateOnAll(recipe, { images })
      : wanted.map((one) => estimateOn(recipe, gpuNamed(one), { images }));
  const calibrations = await findCalibrations(context);
  const estimates = correctEstimates(ofModel, recipe.family, calibrations ?? []);
  const vram = estimateVram(recipe);
  if (context.json) printJson(context, { recipe: name, images, steps: recipe.steps, vram, gpus: estimates });
  else {
    print(name, recipe, images, vram, estimates, context);
    printLine(context, `\n${calibrationLines(estimates, calibrations).join("\n")}`);
    printLine(context, "cost: of the work alone, at list prices; `loramill quote` prices a rented machine as a whole");
  }
  return estimates.some(({ fits }) => fits !== "no") ? exitCodes.ok : exitCodes.failed;
}

function print(
  name: string,
  recipe: Recipe,
  images: number,
  vram: ReturnType<typeof estimateVram>,
  estimates: readonly GpuEstimate[],
  context: CommandContext,
): void {
  const parts = vram.parts.map((part) => `${part.name} ${gigabytes(part.bytes)}`).join(", ");
  printLine(context, `${name}: ${recipe.steps} steps on ${images} pictures`);
  printLine(context, `memory ${gigabytes(vram.bytes.p50)} – ${gigabytes(vram.bytes.p90)} (${parts})\n`);
  const rows = estimates.map(({ gpu, gpuVramBytes, fits, seconds, costMicroUsd, changes }) => [
    gpu,
    gigabytes(gpuVramBytes),
    fits,
    `${formatDuration(seconds.p50)} – ${formatDuration(seconds.p90)}`,
    costMicroUsd === null ? "?" : `${formatMicroUsd(costMicroUsd.p50)} – ${formatMicroUsd(costMicroUsd.p90)}`,
    changes === null ? "nothing helps" : changes.map(({ change, costs }) => `${change} (${costs})`).join("; "),
  ]);
  printLine(context, formatTable(["GPU", "memory", "fits", "time", "cost", "to make it fit"], rows));
}

/** Epochs by the pictures given, as a plan resolves them. */
function resolved({ epochs, steps, ...rest }: Awaited<ReturnType<typeof findRecipe>>["template"], images: number) {
  const perStep = rest.batchSize * rest.gradientAccumulation * rest.gpus;
  return { ...rest, steps: steps ?? (epochs ?? 1) * Math.ceil((images * rest.repeats) / perStep) };
}

function gpuNamed(name: string) {
  const found = findGpu(name);
  if (found !== undefined) return found;
  const names = gpus.map(shortName);
  const near = nearNames(name, names);
  const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `known: ${names.join(", ")}`;
  throw new UserError(`there is no GPU "${name}"; ${hint}`, { code: "unknown-gpu" });
}

const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
