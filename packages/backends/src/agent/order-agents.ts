import type { AgentModelFile, Placement } from "@loramill/contracts";
import type { KnownAgent } from "./find-agents.ts";
import { misplacedOn } from "./fits-placement.ts";

/** What decides which agents a training is offered to. */
interface PlacedTraining {
  readonly job: string;
  readonly placement: Placement | undefined;
  /** Files of its base model. */
  readonly models: readonly Pick<AgentModelFile, "sha256" | "bytes">[];
}

/**
 * The agents that a new training may be offered to, in the order in which they are asked: the pods that were rented for it,
 * machines of one's own, which cost nothing more, then other pods: first where the fleet's plan has it next, last where the plan has others
 * next, and of equal ones those that have most of its base model already. `refusals` says of the rest why not.
 */
export function orderAgents(
  agents: readonly KnownAgent[],
  training: PlacedTraining,
): { readonly offered: readonly KnownAgent[]; readonly refusals: readonly string[] } {
  const isFor = ({ pod }: KnownAgent) => pod?.reservedFor.some((job) => job === training.job) ?? false;
  const looked = agents.map((agent) => ({ agent, refusal: reasonAgainst(agent, isFor(agent), training.placement) }));
  return {
    offered: looked
      .filter(({ refusal }) => refusal === null)
      .map(({ agent }) => ({
        agent,
        rank: isFor(agent) ? 0 : rankOf(agent, training),
        bytes: missing(agent, training),
      }))
      .sort((a, b) => a.rank - b.rank || a.bytes - b.bytes)
      .map(({ agent }) => agent),
    refusals: looked.flatMap(({ agent, refusal }) => (refusal === null ? [] : [`${nameOf(agent)} ${refusal}`])),
  };
}

/** Of an agent on which nothing is kept for it. */
function rankOf({ pod }: KnownAgent, { job }: PlacedTraining): number {
  if (pod === null) return 1;
  if (pod.plannedFor.length === 0) return 3;
  return pod.plannedFor.some((planned) => planned === job) ? 2 : 4;
}

/** Bytes that a pod would have to fetch; machines of one's own are all taken to have the same. */
function missing({ pod }: KnownAgent, { models }: PlacedTraining): number {
  if (pod === null) return 0;
  const held = new Set(pod.holds);
  return models.reduce((sum, { sha256, bytes }) => sum + (held.has(sha256) ? 0 : bytes), 0);
}

const nameOf = ({ client, pod }: KnownAgent): string => pod?.name ?? new URL(client.url).host;

function reasonAgainst({ pod }: KnownAgent, isForIt: boolean, placement: Placement | undefined): string | null {
  const misplaced = misplacedOn(pod, placement);
  if (misplaced !== null) return misplaced;
  if (pod === null) return null;
  if (!pod.takesWork) return "takes no more work";
  return pod.reservedFor.length > 0 && !isForIt ? "is kept for others" : null;
}
