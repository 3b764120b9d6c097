import { setTimeout as wait } from "node:timers/promises";
import type { Catalog } from "@loramill/catalog";
import type { RunSpecInput } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { wholeWay, withLoras } from "./run-specs.ts";

const OPEN_RUNS = 8;

export interface Submitter {
  /** Ids that were answered. */
  readonly acknowledged: readonly string[];
  stop(): Promise<void>;
}

/**
 * Keeps some runs open. A run counts as acknowledged when its id was answered; a call that was not answered is made again
 * with the same Idempotency-Key.
 */
export function submitRuns(options: {
  readonly client: Client;
  readonly catalog: Catalog;
  readonly folders: readonly string[];
}): Submitter {
  const { client, catalog, folders } = options;
  const acknowledged: string[] = [];
  let stopping = false;

  async function submit(n: number, spec: RunSpecInput): Promise<void> {
    for (;;) {
      const signal = AbortSignal.timeout(20_000);
      const run = await client.createRun(spec, { idempotencyKey: `soak-${n}`, signal }).catch(() => null);
      if (run !== null) return void acknowledged.push(run.id);
      await wait(100);
    }
  }

  const submitting = (async () => {
    for (let n = 0; !stopping; n += 1) {
      while (!stopping && (await openRuns(catalog)) >= OPEN_RUNS) await wait(100);
      if (stopping) return;
      // Every fourth run is made of LoRAs that there are.
      const loras = n % 4 === 3 ? await newestLoras(catalog) : null;
      // Every third of the others asks for what the one before it asks for: one of the two works, the other takes the result.
      await submit(n, loras === null ? wholeWay(n % 3 === 2 ? n - 1 : n, folders) : withLoras(n, loras));
    }
  })();
  return {
    acknowledged,
    async stop() {
      stopping = true;
      await submitting;
    },
  };
}

export async function openRuns({ pool }: Catalog): Promise<number> {
  const { rows } = await pool.query<{ open: number }>(
    "select count(*)::int as open from loramill.runs where state in ('planned', 'running')",
  );
  return rows[0]?.open ?? 0;
}

/** Ids of two, or null while there are fewer. */
async function newestLoras({ pool }: Catalog): Promise<[string, string] | null> {
  const { rows } = await pool.query<{ id: string }>(
    "select id from loramill.loras where source = 'trained' order by id desc limit 2",
  );
  const [a, b] = rows;
  return a === undefined || b === undefined ? null : [a.id, b.id];
}
