import type { ProjectId } from "@loramill/contracts";
import type { Learned, PastGeneration } from "@loramill/intelligence";
import { type KnownLora, knownLoras, type LibrarySources } from "./lora-facts.ts";
import { pastGenerations } from "./past-generations.ts";
import type { Learner } from "./remember-ratings.ts";

/** What choices of a project rest on. */
export interface ChoosingFacts {
  readonly loras: readonly KnownLora[];
  readonly past: readonly PastGeneration[];
  readonly learned: Learned;
}

export interface FactSources extends LibrarySources {
  readonly learner: Learner;
}

/** Looks everything up at once, so that what is chosen by it is a function of it. */
export async function gatherFacts(
  project: ProjectId,
  sources: FactSources,
  signal?: AbortSignal,
): Promise<ChoosingFacts> {
  const { catalog, learner } = sources;
  const learned = await learner.learned(project);
  const [loras, records] = await Promise.all([
    knownLoras(project, learned.ratings, sources, signal),
    catalog.choosing.pastGenerations(),
  ]);
  return { loras, past: pastGenerations(records), learned };
}
