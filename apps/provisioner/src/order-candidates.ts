import type { MachineOffer } from "@loramill/contracts";
import { offerKey } from "@loramill/fleet";
import type { Turn } from "./turn.ts";

/**
 * The candidates in the order in which they are asked for: the planner's, but that an offer which has just taken a machine from one of
 * its trainings comes last. It would soon take the next one too, and where nothing else is to be had it is better than none.
 */
export async function orderCandidates({ pod, deps }: Pick<Turn, "pod" | "deps">): Promise<readonly MachineOffer[]> {
  const { wantedFor: jobs, provider } = pod;
  if (jobs.length === 0 || deps.options.avoidSeconds === 0) return pod.candidates;
  const taken = await deps.fleet.takenFrom({ jobs, provider, withinSeconds: deps.options.avoidSeconds });
  const hasTaken = (offer: MachineOffer) => Number(taken.has(offerKey(offer)));
  return pod.candidates.toSorted((a, b) => hasTaken(a) - hasTaken(b));
}
