import { AgentHealth, type Clock, type Pod, type PodHealth, podToken, redact } from "@loramill/contracts";

/** What the agent of a machine says; words where it says nothing that can be understood. */
export type AgentProbe = (
  pod: Pick<Pod, "name">,
  address: string,
  signal: AbortSignal,
) => Promise<PodHealth | { readonly silence: string }>;

const ANSWER_MS = 5_000;

/** Asks agents over HTTP, each by the token of its own machine. Being asked renews the agent's lease. */
export function createAgentProbe(parts: {
  readonly secret: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}): AgentProbe {
  return async ({ name }, address, signal) => {
    try {
      const response = await parts.fetch(`${address.replace(/\/+$/, "")}/v1/health`, {
        headers: { authorization: `Bearer ${podToken(parts.secret, name)}` },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        return { silence: `it answers with status ${response.status}` };
      }
      const { trainers, maxJobs, activeJobs, cache } = AgentHealth.parse(await response.json());
      return { at: parts.clock.now(), trainers, slots: maxJobs, active: activeJobs, holds: cache?.digests ?? [] };
    } catch (error) {
      signal.throwIfAborted();
      return { silence: redact(error instanceof Error ? error.message : "it cannot be reached") };
    }
  };
}
