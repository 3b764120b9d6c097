import type { Offload, Priority, WeightPrecision } from "@loramill/contracts";
import type { Profile } from "./profiles/profile.ts";
import type { Settings } from "./settings.ts";

/** Each smaller size or shorter clip has about this share of the one before. */
const SHARE = 0.85;
const MOST_LEVELS = 40;

/** The size asked for, then smaller ones of the same shape down to the smallest that still gives a whole picture. */
export function smallerSizes({ width, height }: Pick<Settings, "width" | "height">, { sizes }: Profile) {
  const found = [{ width, height }];
  for (let level = 1; level <= MOST_LEVELS; level += 1) {
    const scale = Math.sqrt(SHARE ** level);
    const size = { width: toStep(width * scale, sizes.step), height: toStep(height * scale, sizes.step) };
    if (size.width * size.height < sizes.leastArea) break;
    const last = found.at(-1);
    if (last?.width !== size.width || last.height !== size.height) found.push(size);
  }
  return found;
}

const toStep = (side: number, step: number): number => Math.max(step, Math.floor(side / step) * step);

/** The length asked for, then shorter ones that the model can draw. */
export function shorterClips(frames: number, profile: Profile): number[] {
  if (profile.frames === null) return [frames];
  const { least, step } = profile.frames;
  const found = [frames];
  for (let level = 1; level <= MOST_LEVELS; level += 1) {
    const wanted = frames * SHARE ** level;
    const length = step === 1 ? Math.floor(wanted) : Math.floor((wanted - 1) / step) * step + 1;
    if (length < least) break;
    if (length !== found.at(-1)) found.push(length);
  }
  return found;
}

export interface MemoryPlan {
  readonly precision: WeightPrecision;
  readonly offload: Offload;
}

const OFFLOADS: readonly Offload[] = ["none", "text-encoders", "blocks", "sequential"];

/**
 * How the weights may be kept, best first. For quality the full precision waits for its blocks before it is given up; else
 * less precision comes before such waiting. Layer by layer is the last resort.
 */
export function memoryPlans(
  profile: Profile,
  given: { readonly precision?: WeightPrecision | undefined; readonly offload?: Offload | undefined },
  priority: Priority,
): MemoryPlan[] {
  const precisions = given.precision === undefined ? profile.precisions : [given.precision];
  const offloads = given.offload === undefined ? OFFLOADS : [given.offload];
  const rank = ({ precision, offload }: MemoryPlan): number => {
    const less = precisions.indexOf(precision);
    if (offload === "sequential") return 100 + less;
    const waits = OFFLOADS.indexOf(offload);
    if (priority === "quality") return less * 10 + waits;
    return offload === "blocks" ? 50 + less : less * 10 + waits;
  };
  return precisions
    .flatMap((precision) => offloads.map((offload) => ({ precision, offload })))
    .sort((a, b) => rank(a) - rank(b));
}
