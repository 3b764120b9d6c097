import { type Clock, type Digest, digestOf, PermanentError, type Stores, TransientError } from "@loramill/contracts";
import { missingModels, missingNodes, type NodeClasses } from "@loramill/graphs";
import { z } from "zod";
import type { ComfyUiClient } from "../client.ts";
import type { PlannedItem } from "./plan-item.ts";

/** What servers said of themselves: of each, the newest answer of this process, and its version for every process. */
export interface ServerKnowledge {
  /** Its classes and files; asked anew when the last answer is older than `maxAgeMs`, by default a minute. */
  look(client: ComfyUiClient, signal: AbortSignal, maxAgeMs?: number): Promise<NodeClasses>;
  /** The servers that were looked at within a minute. */
  recent(): readonly KnownServer[];
  /** Versions and classes of the servers; `assumed` while none of them was ever seen. */
  version(): Promise<string>;
}

export interface KnownServer {
  readonly server: string;
  readonly classes: NodeClasses;
}

/** What one server lacks for an item; nothing where it can make it. */
export interface Lack {
  readonly kind: "node" | "model";
  /** The class, or the file. */
  readonly name: string;
  readonly message: string;
}

const KIND = "comfyui-server";
const Facts = z.object({ version: z.string(), classes: z.string(), lookedAt: z.iso.datetime() });
type Facts = z.output<typeof Facts>;

const FRESH_MS = 60_000;
/** A version decides whether work is done again: all processes go by the same answer for this long. */
const VERSION_FRESH_MS = 600_000;
const VERSION_TIMEOUT_MS = 5_000;

export function openServerKnowledge(
  clients: readonly ComfyUiClient[],
  { stores, clock }: { readonly stores: Pick<Stores, "memos">; readonly clock: Clock },
): ServerKnowledge {
  const known = new Map<string, { readonly classes: NodeClasses; readonly at: number }>();
  const now = () => clock.now().getTime();
  const keyOf = (server: string): Digest => digestOf({ server });

  async function ask(client: ComfyUiClient, signal: AbortSignal): Promise<NodeClasses> {
    const [{ version }, { classes, core }] = await Promise.all([client.system(signal), client.catalogue(signal)]);
    known.set(client.name, { classes, at: now() });
    const facts: Facts = { version, classes: digestOf(core).slice(0, 12), lookedAt: clock.now().toISOString() };
    await stores.memos.put(KIND, keyOf(client.name), facts);
    return classes;
  }

  async function factsOf(client: ComfyUiClient): Promise<Facts | null> {
    const find = async () => Facts.safeParse(await stores.memos.find(KIND, keyOf(client.name))).data ?? null;
    const found = await find();
    if (found !== null && now() - Date.parse(found.lookedAt) < VERSION_FRESH_MS) return found;
    const timeout = AbortSignal.timeout(VERSION_TIMEOUT_MS);
    try {
      await ask(client, timeout);
      return await find();
    } catch (error) {
      // One that is away is taken for what it was: whether it works is found out by working with it.
      if (timeout.aborted || error instanceof TransientError || error instanceof PermanentError) return found;
      throw error;
    }
  }

  return {
    async look(client, signal, maxAgeMs = FRESH_MS) {
      const found = known.get(client.name);
      return found !== undefined && now() - found.at < maxAgeMs ? found.classes : ask(client, signal);
    },
    recent: () => [...known].flatMap(([server, { classes, at }]) => (now() - at < FRESH_MS ? { server, classes } : [])),
    async version() {
      const all = await Promise.all(clients.map(factsOf));
      const seen = all.flatMap((facts) => (facts === null ? [] : `${facts.version}+${facts.classes}`));
      return seen.length === 0 ? "assumed" : [...new Set(seen)].sort().join(",");
    },
  };
}

/** What a server of these classes lacks for an item; LoRAs and inputs are brought along. */
export function lacksOf({ models, build }: Pick<PlannedItem, "models" | "build">, classes: NodeClasses): Lack[] {
  const { graph } = build("loramill");
  return [
    ...missingNodes(graph, classes).map(({ type, message }): Lack => ({ kind: "node", name: type, message })),
    ...missingModels(models, classes).map(
      ({ folder, name, message }): Lack => ({ kind: "model", name: `${folder}/${name}`, message }),
    ),
  ];
}
