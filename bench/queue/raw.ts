import type { Catalog } from "@loramill/catalog";
import type { QueueConnection } from "@loramill/queue";
import { openPlainQueue } from "@loramill/queue/testing";
import type { Side } from "../harness.ts";
import { IMAGES_PER_JOB, releaseJobs } from "./jobs.ts";

/** The same rows as our claim writes, and no more. */
const CLAIM = `
with claimed as (
  update loramill.jobs set state = 'active', epoch = epoch + 1, heartbeat_at = now()
  where id = any($1::text[]) and state = 'released'
  returning id, epoch, run, step, release
), attempted as (
  insert into loramill.attempts (job, epoch, run, step, worker, release, started_at)
  select id, epoch, run, step, 'raw', release, now() from claimed
)
select id, epoch from claimed`;

/** The same rows as our settlement of a success writes, conditional on the epoch. */
const SETTLE = `
with settled as (
  update loramill.jobs j set state = 'succeeded', output = s.output, ended_at = now()
  from json_to_recordset($1::json) as s(id text, epoch int, output jsonb)
  where j.id = s.id and j.epoch = s.epoch and j.state = 'active'
  returning j.id, j.epoch, j.step
), closed as (
  update loramill.attempts a set ended_at = now(), outcome = 'succeeded'
  from settled s where a.job = s.id and a.epoch = s.epoch
)
update loramill.steps st set jobs_open = st.jobs_open - d.count, jobs_succeeded = st.jobs_succeeded + d.count
from (select step, count(*)::int as count from settled group by step) d where st.id = d.step`;

/** Rows of one statement. */
const BATCH = 500;

/**
 * BullMQ with a processor that does nothing, and after that the durable writes of all claims and settlements by plain SQL
 * in large batches: the least that the same promises can cost.
 */
export function rawOn(options: {
  readonly connection: QueueConnection;
  readonly catalog: Catalog;
  readonly jobs: number;
  readonly concurrency: number;
}): Side & { close(): Promise<void> } {
  const { connection, catalog, jobs, concurrency } = options;
  const queue = openPlainQueue(connection, "raw");
  let ids: string[] = [];
  let left = 0;
  let finish = () => {};
  let stop: (() => Promise<void>) | undefined;
  return {
    prepare: async () => {
      const { deliveries } = await releaseJobs(catalog, jobs);
      ids = deliveries.map((delivery) => delivery.job);
      stop ??= await queue.work(async () => {
        left -= 1;
        if (left === 0) finish();
      }, concurrency);
    },
    run: async () => {
      left = jobs;
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      await queue.addBulk(ids);
      await finished;
      for (let at = 0; at < ids.length; at += BATCH) await write(catalog, ids.slice(at, at + BATCH));
      return jobs;
    },
    close: async () => {
      await stop?.();
      await queue.close();
    },
  };
}

async function write(catalog: Catalog, ids: readonly string[]): Promise<void> {
  const claimed = await catalog.pool.query({ name: "raw-claim", text: CLAIM, values: [ids] });
  if (claimed.rowCount !== ids.length) throw new Error(`claimed ${claimed.rowCount} of ${ids.length}`);
  const rows = claimed.rows.map(({ id, epoch }) => ({
    id,
    epoch,
    output: { digest: id, shape: "part", items: IMAGES_PER_JOB, summary: {} },
  }));
  await catalog.pool.query({ name: "raw-settle", text: SETTLE, values: [JSON.stringify(rows)] });
}
