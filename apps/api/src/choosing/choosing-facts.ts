import type { Catalog } from "@loramill/catalog";
import type { Clock, ProjectId, Stores } from "@loramill/contracts";
import { type Learned, learn, type PastGeneration } from "@loramill/intelligence";
import { type KnownLora, knownLoras } from "./lora-facts.ts";
import { pastGenerations } from "./past-generations.ts";
import { readRatings } from "./rating-events.ts";

/** What choices of a project rest on. */
export interface ChoosingFacts {
  readonly loras: readonly KnownLora[];
  readonly past: readonly PastGeneration[];
  readonly learned: Learned;
}

export interface FactSources {
  readonly catalog: Catalog;
  readonly stores: Pick<Stores, "documents">;
  readonly clock: Clock;
}

/** Looks everything up at once, so that what is chosen by it is a function of it. */
export async function gatherFacts(project: ProjectId, sources: FactSources): Promise<ChoosingFacts> {
  const { catalog, clock } = sources;
  const ratings = await readRatings(catalog, project);
  const [loras, records] = await Promise.all([
    knownLoras(project, ratings, sources),
    catalog.choosing.pastGenerations(),
  ]);
  return { loras, past: pastGenerations(records), learned: learn(ratings, { now: clock.now().getTime() }) };
}
