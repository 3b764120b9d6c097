import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Catalog } from "@loramill/catalog";
import { startTestServer } from "@loramill/catalog/testing";
import type { BatchSpecInput, PlannedMember } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { drawSamplePictures } from "../scripts/sample-pictures.ts";
import { startApiProcess } from "./batch/api-process.ts";
import { copyRuns, insertBatch, insertRuns, type RunRows, readRuns } from "./batch/raw.ts";
import { type Bench, compare, type Side } from "./harness.ts";

const RUNS = 500;
const POLL_MS = 10;

/**
 * A batch of 500 subjects that each caption a folder, train and draw, given to an API of one process. `accepted`: from the request
 * to the answer, against one statement that inserts the same rows; `planned`: from the request until each member has its run,
 * against statements that insert the same rows, a run at a time. Both are runs per second by runs per second.
 */
export const bench: Bench = {
  name: "batch",
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), "loramill-bench-"));
    const server = await startTestServer();
    try {
      const pictures = join(folder, "pictures");
      await drawSamplePictures(pictures);
      const catalog = await server.open();
      const api = await startApiProcess({ databaseUrl: catalog.url, dataDir: join(folder, "data") });
      try {
        const { client } = api;
        const spec = batchOf(pictures);
        const members = await client.batches.plan(spec);
        const accepted = await compare(acceptedBy({ catalog, client, spec, members }));
        const planned = await compare(plannedBy({ catalog, client, spec, members }), { rounds: 3 });
        return {
          accepted: accepted.ratio,
          acceptedSeconds: RUNS / accepted.ours,
          planned: planned.ratio,
          plannedPerSecond: planned.ours,
          rawPlannedPerSecond: planned.reference,
        };
      } finally {
        await api.stop();
      }
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

interface Setting {
  readonly catalog: Catalog;
  readonly client: Client;
  readonly spec: BatchSpecInput;
  readonly members: readonly PlannedMember[];
}

function acceptedBy({ catalog, client, spec, members }: Setting): { ours: Side; reference: Side } {
  let last: string | null = null;
  // What was submitted is not planned beside what is measured next.
  const cancelLast = async () => {
    if (last !== null) await client.batches.cancel(last);
    last = null;
  };
  return {
    ours: {
      prepare: cancelLast,
      run: async () => {
        last = (await client.batches.create(spec)).id;
        return RUNS;
      },
    },
    reference: {
      prepare: cancelLast,
      run: async () => {
        await insertBatch(catalog, (await catalog.projects.ensure("raw")).id, members);
        return RUNS;
      },
    },
  };
}

function plannedBy({ catalog, client, spec, members }: Setting): { ours: Side; reference: Side } {
  let last: string | null = null;
  let planned: readonly RunRows[] = [];
  let rows: readonly RunRows[] = [];
  const planOne = async () => {
    const { id } = await client.batches.create(spec);
    await untilPlanned(catalog, id);
    return id;
  };
  return {
    ours: {
      run: async () => {
        last = await planOne();
        return RUNS;
      },
    },
    reference: {
      prepare: async () => {
        if (planned.length === 0) planned = await readRuns(catalog, last ?? (await planOne()));
        rows = copyRuns(planned);
      },
      run: async () => {
        const batch = await insertBatch(catalog, (await catalog.projects.ensure("raw")).id, members);
        await insertRuns(catalog, batch, rows);
        return RUNS;
      },
    },
  };
}

async function untilPlanned({ pool }: Catalog, batch: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ left: number; refused: number }>(
      `select count(*) filter (where run is null)::int as left, count(*) filter (where error is not null)::int as refused
       from loramill.batch_members where batch = $1`,
      [batch],
    );
    const { left = 0, refused = 0 } = rows[0] ?? {};
    if (refused > 0) throw new Error(`${refused} members of the batch were refused`);
    if (left === 0) return;
    await delay(POLL_MS);
  }
}

const batchOf = (pictures: string): BatchSpecInput => ({
  kind: "batch",
  name: "subjects",
  rows: Array.from({ length: RUNS }, (_, at) => ({ word: `subject${at + 1}` })),
  budgetUsd: 1_500,
  run: {
    name: "${row.word}",
    dataset: { sources: [{ type: "folder", path: pictures }] },
    caption: { provider: "simple", triggerWord: "sks${row.word}", className: "creature" },
    train: { preset: "pocket", recipe: { steps: 200, seed: 7 } },
    generate: { prompts: ["a photo of sks${row.word}"], imagesPerPrompt: 50 },
  },
});
