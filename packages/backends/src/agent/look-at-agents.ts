import type { Availability } from "@loramill/contracts";
import type { AgentClient } from "./agent-client.ts";

/** Whether any agent answers that has a trainer, in words that name what does not. */
export async function lookAtAgents(clients: readonly AgentClient[], signal?: AbortSignal): Promise<Availability> {
  const answers = await Promise.allSettled(clients.map((client) => client.health(signal)));
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const trainers = [...new Set(found.flatMap((health) => health.trainers))].join(", ");
  const failure = answers.find((answer) => answer.status === "rejected")?.reason as Error | undefined;
  const trouble = failure === undefined ? "" : `; ${failure.message}`;
  const message = `${found.length} of ${clients.length} agents answer, with ${trainers || "no trainer"}${trouble}`;
  return { available: trainers !== "", message };
}
