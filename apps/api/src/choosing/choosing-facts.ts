import type { Catalog } from "@loramill/catalog";
import type { ProjectId, Stores } from "@loramill/contracts";
import type { Learned, PastGeneration } from "@loramill/intelligence";
import { type KnownLora, knownLoras } from "./lora-facts.ts";
import { pastGenerations } from "./past-generations.ts";
import type { Learner } from "./remember-ratings.ts";

/** What choices of a project rest on. */
export interface ChoosingFacts {
  readonly loras: readonly KnownLora[];
  readonly past: readonly PastGeneration[];
  readonly learned: Learned;
}

export interface FactSources {
  readonly catalog: Catalog;
  readonly stores: Pick<Stores, "documents">;
  readonly learner: Learner;
}

/** Looks everything up at once, so that what is chosen by it is a function of it. */
export async function gatherFacts(project: ProjectId, sources: FactSources): Promise<ChoosingFacts> {
  const { catalog, learner } = sources;
  const learned = await learner.learned(project);
  const [loras, records] = await Promise.all([
    knownLoras(project, learned.ratings, sources),
    catalog.choosing.pastGenerations(),
  ]);
  return { loras, past: pastGenerations(records), learned };
}
