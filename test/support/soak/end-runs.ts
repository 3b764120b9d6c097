import type { Catalog } from "@loramill/catalog";
import type { Client } from "@loramill/sdk";
import { eventually } from "../runs.ts";
import { openRuns } from "./submit-runs.ts";

/**
 * Waits for all runs. One whose job lost five workers in a row has failed for its input being taken for poison, as it
 * must, and one whose budget was too small has ended exhausted; they are resumed, as their owner would, the latter with enough.
 * Answers which were.
 */
export async function endRuns(
  catalog: Catalog,
  client: Client,
): Promise<{ readonly poisoned: readonly string[]; readonly exhausted: readonly string[] }> {
  const resumed = { poisoned: [] as string[], exhausted: [] as string[] };
  for (;;) {
    await eventually(
      "all runs end",
      () => openRuns(catalog),
      (open) => open === 0,
      300_000,
    );
    const { rows: stopped } = await catalog.pool.query<{ run: string; kind: "poisoned" | "exhausted" }>(
      `select distinct r.id as run, 'poisoned' as kind from loramill.runs r join loramill.jobs j on j.run = r.id
       where r.state = 'failed' and j.state = 'quarantined' and j.error->>'code' = 'worker-lost'
       union all select id, 'exhausted' from loramill.runs where state = 'exhausted' and budget_micro_usd is not null`,
    );
    if (stopped.length === 0) return resumed;
    for (const { run, kind } of stopped) {
      // The API of the last round may still be starting, or have taken the call and not answered: its state decides.
      await eventually(
        `run ${run} is resumed`,
        async () => {
          await client.resumeRun(run, kind === "exhausted" ? { budgetUsd: null } : {}).catch(() => undefined);
          const { rows } = await catalog.pool.query<{ state: string }>(
            "select state from loramill.runs where id = $1",
            [run],
          );
          return rows[0]?.state;
        },
        (state) => state !== undefined && state !== "failed" && state !== "exhausted",
        180_000,
      );
    }
    for (const { run, kind } of stopped) resumed[kind].push(run);
  }
}
