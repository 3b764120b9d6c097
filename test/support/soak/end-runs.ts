import type { Catalog } from "@loramill/catalog";
import type { Client } from "@loramill/sdk";
import { eventually } from "../runs.ts";
import { openRuns } from "./submit-runs.ts";

/**
 * Waits for all runs. One whose job lost five workers in a row has failed for its input being taken for poison, as it
 * must; it is resumed, as its owner would. Answers which were.
 */
export async function endRuns(catalog: Catalog, client: Client): Promise<string[]> {
  const resumed: string[] = [];
  for (;;) {
    await eventually(
      "all runs end",
      () => openRuns(catalog),
      (open) => open === 0,
      300_000,
    );
    const { rows: poisoned } = await catalog.pool.query<{ run: string }>(
      `select distinct r.id as run from loramill.runs r join loramill.jobs j on j.run = r.id
       where r.state = 'failed' and j.state = 'quarantined' and j.error->>'code' = 'worker-lost'`,
    );
    if (poisoned.length === 0) return resumed;
    for (const { run } of poisoned) {
      // The API of the last round may still be starting, or have taken the call and not answered: its state decides.
      await eventually(
        `run ${run} is resumed`,
        async () => {
          await client.resumeRun(run).catch(() => undefined);
          const { rows } = await catalog.pool.query<{ state: string }>(
            "select state from loramill.runs where id = $1",
            [run],
          );
          return rows[0]?.state;
        },
        (state) => state !== undefined && state !== "failed",
        180_000,
      );
    }
    resumed.push(...poisoned.map(({ run }) => run));
  }
}
