import type { PastTraining, Range, Recipe, StepId } from "@loramill/contracts";
import { calibrate, calibrationOf, estimateOn, findGpu, type GpuEstimate } from "@loramill/recipes";

/** One training as its estimate takes it. */
export interface Work {
  readonly step: StepId;
  readonly recipe: Recipe;
  readonly images: number;
}

/** A whole training on one GPU type. */
export interface WorkEstimate {
  readonly seconds: Range;
  readonly fits: GpuEstimate["fits"];
}

export interface WorkEstimates {
  /** Corrected by trainings that have ended; null for a type that nothing is known of. */
  on(gpuType: string, work: Work, past: readonly PastTraining[]): WorkEstimate | null;
  /** Forgets all but these steps. */
  keep(steps: ReadonlySet<StepId>): void;
}

/** Estimates the time of trainings, each once: what is asked every few seconds changes only with the trainings that have ended. */
export function createWorkEstimates(): WorkEstimates {
  const known = new Map<StepId, Map<string, GpuEstimate | null>>();

  function modelled(gpuType: string, { step, recipe, images }: Work): GpuEstimate | null {
    const ofStep = known.get(step) ?? new Map<string, GpuEstimate | null>();
    known.set(step, ofStep);
    const found = ofStep.get(gpuType);
    if (found !== undefined) return found;
    const gpu = findGpu(gpuType);
    const made = gpu === undefined ? null : estimateOn(recipe, gpu, { images });
    ofStep.set(gpuType, made);
    return made;
  }

  return {
    on(gpuType, work, past) {
      const model = modelled(gpuType, work);
      if (model === null) return null;
      const { seconds, fits } = calibrate(model, calibrationOf({ family: work.recipe.family, gpu: model.gpuId }, past));
      return { seconds, fits };
    },
    keep(steps) {
      for (const step of known.keys()) if (!steps.has(step)) known.delete(step);
    },
  };
}
