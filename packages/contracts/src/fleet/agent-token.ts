import { UserError } from "../errors.ts";
import type { Pod } from "./pod.ts";
import { podToken } from "./pod-token.ts";

/** What the bearer tokens of agents are made of. */
export interface AgentTokens {
  /** Tokens of agents on machines that are rented are derived from it. */
  readonly secret: string;
  /** Of agents that somebody started by hand; null where there are none. */
  readonly own: string | null;
}

/**
 * The bearer token of a machine's agent. On own servers (`static`) the agent ran before the fleet knew its machine by a name, so
 * that it has the token that it was started with; on all others it was started with `podToken`.
 * @throws UserError `bad-config` for an own server where AGENT_TOKEN is not set.
 */
export function agentToken({ secret, own }: AgentTokens, { name, provider }: Pick<Pod, "name" | "provider">): string {
  if (provider !== "static") return podToken(secret, name);
  if (own !== null) return own;
  throw new UserError("AGENT_TOKEN: set it to what the agents on your own servers were started with", {
    code: "bad-config",
  });
}
