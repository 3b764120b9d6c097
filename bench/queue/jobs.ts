import type { Catalog } from "@loramill/catalog";
import { type Delivery, digestOf, type JobId, type RunId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";

/** Pictures in one job. */
export const IMAGES_PER_JOB = 64;

/** A run with one step of this many released caption jobs, as the dispatcher leaves them. */
export async function releaseJobs(catalog: Catalog, count: number): Promise<{ run: RunId; deliveries: Delivery[] }> {
  const project = (await catalog.projects.ensure("bench")).id;
  const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]) });
  const step = (await catalog.runs.get({ run }))?.steps[0]?.id;
  if (step === undefined) throw new Error("the run has no step");
  await catalog.dispatch.moveRun(run, "start", null);
  await catalog.dispatch.unblockStep({ run, step });
  const jobs = Array.from({ length: count }, (_, ordinal) => ({
    ordinal,
    name: "caption-images" as const,
    queue: "caption" as const,
    input: {
      part: digestOf({ run, ordinal }),
      params: { style: { triggerWord: "sks", className: "dog" }, provider: "describe/1" },
    },
    estimateMicroUsd: 0,
  }));
  await catalog.dispatch.startStep({ run, step }, { key: digestOf({ run }), inputs: {}, reason: "bench", jobs });
  const { rows } = await catalog.pool.query<{ job: JobId }>("select id as job from loramill.jobs where run = $1", [
    run,
  ]);
  await catalog.dispatch.release(rows.map(({ job }) => job));
  const deliveries = await deliveriesOf(catalog, run);
  await catalog.dispatch.markSent(deliveries.map((each) => ({ ...each, queue: "caption" as const, delayMs: 0 })));
  return { run, deliveries };
}

async function deliveriesOf(catalog: Catalog, run: RunId): Promise<Delivery[]> {
  const { rows } = await catalog.pool.query<{ job: JobId; release: number }>(
    "select id as job, release from loramill.jobs where run = $1 order by ordinal",
    [run],
  );
  return rows;
}
