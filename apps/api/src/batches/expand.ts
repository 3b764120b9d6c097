import type { BatchSpec, PlannedMember } from "@loramill/contracts";
import { expandBatch } from "@loramill/orchestration";
import { type Caller, projectNameOf } from "../auth.ts";
import { checkSources } from "../planning/check-sources.ts";

/** Specs of all members of a batch together, in characters of JSON: they are written in one transaction. */
const MAX_CHARACTERS = 64_000_000;

/** The members of a caller's batch, in the project that the caller may use, with sources that this server reads. */
export function membersOf(
  spec: BatchSpec,
  caller: Caller,
  { maxRuns, localSources }: { readonly maxRuns: number; readonly localSources: boolean },
): { readonly batch: BatchSpec; readonly members: readonly PlannedMember[] } {
  const batch = { ...spec, project: projectNameOf(caller, spec.project) };
  const members = expandBatch(batch, { maxRuns, maxCharacters: MAX_CHARACTERS });
  for (const { spec: run } of members) checkSources(run.dataset.sources, localSources);
  return { batch, members };
}
