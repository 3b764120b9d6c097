import type { Availability } from "@loramill/contracts";
import type { AgentOptions } from "./agent-config.ts";
import type { KnownAgent } from "./find-agents.ts";

/**
 * Whether any agent answers that has a trainer, in words that name what does not. Where machines come when there is work,
 * none needs to be there yet.
 */
export async function lookAtAgents(
  agents: readonly KnownAgent[],
  { dnsName, fleet }: Pick<AgentOptions, "dnsName" | "fleet">,
  signal?: AbortSignal,
): Promise<Availability> {
  const answers = await Promise.allSettled(agents.map(({ client }) => client.health(signal)));
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const trainers = [...new Set(found.flatMap((health) => health.trainers))].join(", ");
  const failure = answers.find((answer) => answer.status === "rejected")?.reason as Error | undefined;
  const trouble = failure === undefined ? "" : `; ${failure.message}`;
  const answering = `${found.length} of ${agents.length} agents answer, with ${trainers || "no trainer"}${trouble}`;
  const coming = [
    ...(dnsName === undefined || trainers !== ""
      ? []
      : [`one behind ${dnsName.host} starts when a training waits for it`]),
    ...(fleet ? [`machines are rented from ${fleet.providers.join(", ")} when there is work`] : []),
  ];
  const said = agents.length === 0 && fleet ? [] : [answering];
  return { available: trainers !== "" || coming.length > 0, message: [...said, ...coming].join("; ") };
}
