import {
  AgentHealth,
  type AgentTokens,
  agentToken,
  type Clock,
  type Pod,
  type PodHealth,
  redact,
} from "@loramill/contracts";

/** What the agent of a machine says; words where it says nothing that can be understood. */
export type AgentProbe = (
  pod: Pick<Pod, "name" | "provider">,
  address: string,
  signal: AbortSignal,
) => Promise<PodHealth | { readonly silence: string }>;

const ANSWER_MS = 5_000;
/** Whoever owns the machine may answer in its agent's place, with whatever would fill our memory. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** They come largest first: after so many, none is worth placing a training by. */
const MOST_HELD = 64;

/** Asks agents over HTTP, each by its own token. Being asked renews the agent's lease. */
export function createAgentProbe(parts: {
  readonly tokens: AgentTokens;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}): AgentProbe {
  return async (pod, address, signal) => {
    const token = agentToken(parts.tokens, pod);
    try {
      const response = await parts.fetch(`${address.replace(/\/+$/, "")}/v1/health`, {
        // Networks in front of rented machines refuse clients by the usual names of their libraries.
        headers: { authorization: `Bearer ${token}`, "user-agent": "loramill" },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        return { silence: `it answers with status ${response.status}` };
      }
      const { trainers, maxJobs, activeJobs, cache } = AgentHealth.parse(await readJson(response));
      const holds = cache?.digests.slice(0, MOST_HELD) ?? [];
      return { at: parts.clock.now(), trainers, slots: maxJobs, active: activeJobs, holds };
    } catch (error) {
      signal.throwIfAborted();
      return { silence: redact(error instanceof Error ? error.message : "it cannot be reached") };
    }
  };
}

async function readJson({ body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new RangeError(`it answers with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
