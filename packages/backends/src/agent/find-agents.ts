import { type AgentPod, agentToken } from "@loramill/contracts";
import type { fetch as undiciFetch } from "undici";
import { type AgentClient, createAgentClient } from "./agent-client.ts";
import type { AgentOptions } from "./agent-config.ts";
import type { AgentRecord } from "./agent-record.ts";
import { openNamedAgents } from "./named-agents.ts";

/** An agent, and the pod that it is on; null on a machine that was not rented by the fleet. */
export interface KnownAgent {
  readonly client: AgentClient;
  readonly pod: AgentPod | null;
}

/** The agents of this moment, for a training that was given to one of them as its record says. */
export type FindAgents = (record: Pick<AgentRecord, "agent" | "pod"> | null) => Promise<readonly KnownAgent[]>;

/** Answers the agents of the configuration, those behind its name, then those on the pods that there are now. */
export function openAgentFinder(
  options: Pick<AgentOptions, "urls" | "dnsName" | "token" | "fleet">,
  parts: { readonly pods?: () => Promise<readonly AgentPod[]>; readonly fetch?: typeof undiciFetch },
): FindAgents {
  const { urls, token, fleet } = options;
  const own = urls.map((url) => ({ client: createAgentClient(url, token, parts), pod: null }));
  const named = openNamedAgents(options, parts);
  return async (record) => {
    const behind = (await named?.(record?.pod === null ? record.agent : undefined)) ?? [];
    const all = [...own, ...behind.map((client) => ({ client, pod: null }))];
    if (!fleet || parts.pods === undefined) return all;
    const tokens = { secret: fleet.secret, own: token === "" ? null : token };
    const rented = (await parts.pods()).map((pod) => {
      const url = pod.address.replace(/\/+$/, "");
      return { client: createAgentClient(url, agentToken(tokens, pod), { ...parts, isRented: true }), pod };
    });
    return [...all, ...rented];
  };
}
