import { lookup } from "node:dns/promises";
import { TransientError } from "@loramill/contracts";
import type { fetch as undiciFetch } from "undici";
import { type AgentClient, createAgentClient } from "./agent-client.ts";
import type { AgentOptions } from "./agent-config.ts";

/**
 * Answers the agents behind a name, which come and go with the pods of a cluster, in an order that stays. `given` is the
 * address of the agent that a training was given to: it is one of them also when it is not listed, since that it does not
 * answer must be seen. A name that was just asked by another worker may not be known here yet, and the training goes on.
 * TransientError `agents-unknown` while nobody can be asked for the name.
 */
export type NamedAgents = (given: string | undefined) => Promise<readonly AgentClient[]>;

interface NamedAgentsParts {
  readonly fetch?: typeof undiciFetch | undefined;
  /** Addresses of a host, as they stand in a URL; asks the system unless given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** A name without addresses, or one that is not there: a service whose pods have all ended is both. */
const NOBODY = new Set(["ENODATA", "ENOTFOUND"]);

/** Null where no name is configured. */
export function openNamedAgents(
  { dnsName, token }: Pick<AgentOptions, "dnsName" | "token">,
  { fetch, resolve = addressesOf }: NamedAgentsParts = {},
): NamedAgents | null {
  if (dnsName === undefined) return null;
  const { host, port } = dnsName;

  async function listed(): Promise<string[]> {
    try {
      const addresses = await resolve(host);
      return addresses.map((address) => `http://${address}:${port}`).sort();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (NOBODY.has(code)) return [];
      throw new TransientError(`the agents behind ${host} cannot be looked up (${code || error})`, {
        code: "agents-unknown",
        cause: error,
      });
    }
  }

  return async (given) => {
    const urls = await listed();
    const isUnlisted = given !== undefined && isBehind(port, given) && !urls.includes(given);
    return [...urls, ...(isUnlisted ? [given] : [])].map((url) => createAgentClient(url, token, { fetch }));
  };
}

function isBehind(port: number, address: string): boolean {
  const url = new URL(address);
  return url.protocol === "http:" && url.port === String(port);
}

/** As the system looks names up, so that those of a cluster's own namespace are found. */
async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
}
