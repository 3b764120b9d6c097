import type { GenerationBackend, KnownModel, TrainingBackend } from "@loramill/contracts";
import type { GenerationChoice, PlanContext, TrainingChoice } from "@loramill/orchestration";
import type { PlanningDeps } from "./planning-deps.ts";

/** Looks at every backend at once: whether it is there, and in which version. */
export async function readBackends(
  deps: Pick<PlanningDeps, "trainingBackends" | "generationBackends">,
  models: readonly KnownModel[],
  signal?: AbortSignal,
): Promise<Pick<PlanContext, "trainingBackends" | "generationBackends">> {
  const [trainingBackends, generationBackends] = await Promise.all([
    Promise.all(deps.trainingBackends.map((backend) => trainingChoice(backend, models, signal))),
    Promise.all(deps.generationBackends.map((backend) => generationChoice(backend, signal))),
  ]);
  return { trainingBackends, generationBackends };
}

async function trainingChoice(
  backend: TrainingBackend,
  models: readonly KnownModel[],
  signal?: AbortSignal,
): Promise<TrainingChoice> {
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    limits: backend.limits,
    validate: (recipe) => backend.validate(recipe, models),
    estimate: (recipe, dataset) => backend.estimate(recipe, dataset),
    ...(await presence(backend, signal)),
  };
}

async function generationChoice(backend: GenerationBackend, signal?: AbortSignal): Promise<GenerationChoice> {
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    validate: (spec) => backend.validate(spec),
    estimate: (spec, items) => backend.estimate(spec, items),
    ...(await presence(backend, signal)),
  };
}

/** One that is away cannot tell its version, and is not chosen. */
async function presence(
  backend: Pick<TrainingBackend | GenerationBackend, "isAvailable" | "version">,
  signal?: AbortSignal,
) {
  const availability = await backend.isAvailable(signal);
  return { ...availability, version: availability.available ? await backend.version() : "" };
}
