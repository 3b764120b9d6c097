import type { Placement } from "@loramill/contracts";
import type { KnownAgent } from "./find-agents.ts";
import { misplacedOn } from "./fits-placement.ts";

/**
 * The agents that a new training may be offered to, in the order in which they are asked: the pods that were rented for it,
 * machines of one's own, which cost nothing more, then other pods. `refusals` says of the rest why not.
 */
export function orderAgents(
  agents: readonly KnownAgent[],
  training: { readonly job: string; readonly placement: Placement | undefined },
): { readonly offered: readonly KnownAgent[]; readonly refusals: readonly string[] } {
  const isFor = ({ pod }: KnownAgent) => pod?.reservedFor.some((job) => job === training.job) ?? false;
  const rank = (agent: KnownAgent) => (isFor(agent) ? 0 : agent.pod === null ? 1 : 2);
  const looked = agents.map((agent) => ({ agent, refusal: reasonAgainst(agent, isFor(agent), training.placement) }));
  return {
    offered: looked
      .filter(({ refusal }) => refusal === null)
      .map(({ agent }) => agent)
      .sort((a, b) => rank(a) - rank(b)),
    refusals: looked.flatMap(({ agent, refusal }) => (refusal === null ? [] : [`${nameOf(agent)} ${refusal}`])),
  };
}

const nameOf = ({ client, pod }: KnownAgent): string => pod?.name ?? new URL(client.url).host;

function reasonAgainst({ pod }: KnownAgent, isForIt: boolean, placement: Placement | undefined): string | null {
  const misplaced = misplacedOn(pod, placement);
  if (misplaced !== null) return misplaced;
  if (pod === null) return null;
  if (!pod.takesWork) return "takes no more work";
  return pod.reservedFor.length > 0 && !isForIt ? "is kept for others" : null;
}
