import { type Availability, type Digest, type PlannedStep, Source, UserError } from "@loramill/contracts";
import type { Installation } from "@loramill/orchestration";
import { z } from "zod";
import type { PlanningDeps } from "./planning-deps.ts";

type Asked = Pick<
  PlanningDeps,
  | "trainingBackends"
  | "generationBackends"
  | "captioners"
  | "fuser"
  | "embedder"
  | "tokenCounters"
  | "faceFinder"
  | "fingerprint"
>;

/** Looks at what the steps of a locked plan need, as it is here now. */
export async function readInstallation(
  steps: readonly PlannedStep[],
  deps: Asked,
  signal?: AbortSignal,
): Promise<Installation> {
  const versions = steps.flatMap(({ params }) =>
    typeof params.backendVersion === "string" ? [params.backendVersion] : [],
  );
  const [train, generate, tools, sources] = await Promise.all([
    readBackends(deps.trainingBackends, versions, signal),
    readBackends(deps.generationBackends, versions, signal),
    readTools(deps, signal),
    readSources(steps, deps, signal),
  ]);
  return { backends: { train, generate }, tools, sources };
}

interface Backend {
  readonly name: string;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  version(): Promise<string>;
  serves?(version: string): boolean;
}

/** One that serves several versions has the planned one if it is among them. */
async function readBackends(backends: readonly Backend[], planned: readonly string[], signal?: AbortSignal) {
  const entries = backends.map(async (backend) => {
    const availability = await backend.isAvailable(signal);
    const served = planned.find((version) => backend.serves?.(version));
    const version = availability.available ? (served ?? (await backend.version())) : "";
    return [backend.name, { ...availability, version }] as const;
  });
  return new Map(await Promise.all(entries));
}

async function readTools(deps: Asked, signal?: AbortSignal): Promise<Map<string, Availability>> {
  const { captioners, fuser, embedder, faceFinder, tokenCounters } = deps;
  const asked = [...captioners.map(({ captioner }) => captioner), fuser, embedder, faceFinder];
  const entries = asked.flatMap((tool) =>
    tool === null ? [] : [tool.isAvailable(signal).then((availability) => [tool.id, availability] as const)],
  );
  const counters = Object.values(tokenCounters).map((counter) => [counter.id, counter] as const);
  return new Map([...(await Promise.all(entries)), ...counters]);
}

/** Null where no step reads sources, and where they cannot be read any more. */
async function readSources(steps: readonly PlannedStep[], deps: Asked, signal?: AbortSignal): Promise<Digest | null> {
  const step = steps.find(({ external }) => external !== null);
  if (step === undefined) return null;
  const { sources } = z.object({ sources: z.array(Source) }).parse(step.params);
  try {
    return (await deps.fingerprint(sources, signal)).digest;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
